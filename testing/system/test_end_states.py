# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of doc/end-states.md that no other story covers: how core, breakpoints and work stand after
each end. The other rows: test_target.py (left as configured, power, reset button), test_consoles.py (signals,
foreign protocols, half-closed connections), test_gdb*.py (detach, pipes, monitor shutdown)."""
import os
import random
import re
import signal
import socket
import time

import pytest

from kit import BUILD, TOP, Process, board_arguments, wait_for
from rsp_client import Rsp, escape, frame
from test_consoles import Telnet
from test_target import DWT_FUNCTION0, FP_CTRL, RAM, peek, symbols, word

FLASH_CR = 0x40022014
FP_COMP = 0xE0002008
FLASH = 0x08000000         # where comparators of an FPB version 1 reach
LOOP = f"mww {RAM:#x} 0xe7fdbf00; set_reg {{pc {RAM:#x} xPSR 0x01000000}}"


def state(daemon):
    return daemon.tcl("[target current] curstate")


@pytest.fixture
def prepared(daemon):
    """A daemon whose core stands halted before a loop in RAM."""
    daemon.tcl(f"reset halt; {LOOP}")
    return daemon


@pytest.fixture
def console(prepared):
    client = Telnet(prepared.telnet_port)
    client.expect(b"\r> ")
    return client


def closed(client):
    """Everything up to the end of the connection."""
    client.settimeout(60)
    data = b""
    try:
        while chunk := client.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


# ---- one client ends ----

@pytest.mark.parametrize("end", ["detach", "quit", "kill"])
def test_gdbs_end_keeps_the_core_and_takes_its_breakpoints(prepared, board, make_gdb, end):
    gdb = make_gdb(prepared).start()
    gdb.send(f"break *{RAM + 0x100:#x}")
    gdb.send(f"hbreak *{FLASH + 0x200:#x}")
    gdb.send("stepi")                           # GDB inserts while the core runs only
    gdb.send("print 6*7")
    gdb.expect("= 42")
    gdb.send(end)
    if end != "quit":
        gdb.send("quit")
    gdb.child.wait()
    wait_for(lambda: "dropped 'gdb' connection" in prepared.text, "GDB's end")
    assert state(prepared) == "halted"
    assert prepared.tcl("bp") == ""
    assert peek(board, RAM + 0x100) & 0xFFFF != 0xBE00


def test_a_broken_gdb_connection_takes_its_breakpoints_along(prepared, board):
    prepared.tcl("[target current] configure -event gdb-detach {echo {the handler ran}}")
    client = Rsp(prepared.gdb_port)
    assert client.ask(f"Z0,{RAM + 0x100:x},2") == b"OK"
    assert client.ask(f"Z2,{RAM + 0x300:x},4") == b"OK"
    client.send(frame("vCont;c"))
    wait_for(lambda: state(prepared) == "running", "the core to run")
    client.close()
    prepared.expect("the handler ran")
    assert state(prepared) == "running"
    assert prepared.tcl("bp") == "" and prepared.tcl("wp") == ""
    wait_for(lambda: peek(board, RAM + 0x100) & 0xFFFF != 0xBE00, "the breakpoint to be gone")


def test_flash_data_collected_for_a_lost_gdb_is_dropped(prepared, board):
    before = board.memory(0x08000000, 4096)
    client = Rsp(prepared.gdb_port)
    assert client.ask("vFlashErase:08000000,00001000") == b"OK"
    assert client.ask(b"vFlashWrite:8000000:" + escape(b"\x55" * 1024)) == b"OK"
    client.close()
    wait_for(lambda: "dropped 'gdb' connection" in prepared.text, "the end of the connection")
    assert prepared.tcl("expr 1") == "1"
    assert board.memory(0x08000000, 4096) == before


def test_gdb_lost_in_a_flash_write_leaves_the_controller_locked(prepared, board):
    client = Rsp(prepared.gdb_port, timeout=60)
    data = random.Random(1).randbytes(128 * 1024)
    assert client.ask("vFlashErase:08000000,00020000") == b"OK"
    for at in range(0, len(data), 4096):
        assert client.ask(b"vFlashWrite:%x:" % (0x08000000 + at) + escape(data[at:at + 4096])) == b"OK"
    client.send(frame("vFlashDone"))
    wait_for(lambda: board.memory(0x08000000, 64) == data[:64], "the write to be under way")
    client.close()
    prepared.expect("dropped 'gdb' connection")
    wait_for(lambda: prepared.tcl("catch {halt}") == "0", "the write to have stopped")
    assert state(prepared) == "halted"
    assert word(prepared, FLASH_CR) >> 31 == 1
    assert board.memory(0x08000000, len(data)) != data
    assert re.search(r"in an unknown state|was written|are written|cancelled", prepared.text), prepared.text


def test_one_of_two_gdbs_takes_only_its_own_breakpoints(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -gdb-max-connections 2")
    daemon.tcl(f"reset halt; {LOOP}")
    first, second = Rsp(daemon.gdb_port), Rsp(daemon.gdb_port)
    assert first.ask(f"Z1,{FLASH + 0x100:x},2") == b"OK"
    assert second.ask(f"Z1,{FLASH + 0x200:x},2") == b"OK"
    second.close()
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the end of the second")
    left = daemon.tcl("bp")
    assert f"{FLASH + 0x100:08x}" in left and f"{FLASH + 0x200:08x}" not in left
    assert state(daemon) == "halted"
    first.close()
    wait_for(lambda: daemon.tcl("bp") == "", "the first one's breakpoint to go")


@pytest.mark.parametrize("end", ["exit\n", "\x04", "break"])
def test_the_console_ends_and_its_breakpoints_stay(console, prepared, end):
    console.send(f"bp {FLASH + 0x100:#x} 2 hw\n")
    console.expect(b"\r> ")
    if end == "break":
        console.socket.close()
    else:
        console.send(end)
        closed(console.socket)
    wait_for(lambda: "dropped 'telnet' connection" in prepared.text, "the end of the connection")
    assert f"{FLASH + 0x100:08x}" in prepared.tcl("bp")
    assert state(prepared) == "halted"


@pytest.mark.parametrize("interrupt", [b"\x03", b"\xff\xf4"])
def test_an_interrupt_ends_a_wait_and_changes_nothing(console, prepared, interrupt):
    prepared.tcl("resume")
    console.send("echo [string repeat go 2]; wait_halt 600000\n")
    console.expect(b"gogo")
    console.send(interrupt)
    console.expect(b"\r> ")
    assert state(prepared) == "running"


@pytest.mark.parametrize("port", ["telnet", "tcl"])
def test_a_command_of_a_client_that_left_is_finished(prepared, port):
    number = prepared.telnet_port if port == "telnet" else prepared.tcl_port
    client = socket.create_connection(("localhost", number))
    client.sendall(b"set finished 0; sleep 600; set finished 1" + (b"\n" if port == "telnet" else b"\x1a"))
    time.sleep(0.2)
    client.close()
    wait_for(lambda: prepared.tcl("set finished") == "1", "the command to be finished", 5)


def test_requests_behind_exit_are_dropped(prepared):
    client = socket.create_connection(("localhost", prepared.tcl_port))
    client.sendall(b"set behind no\x1aexit\x1aset behind yes\x1a")
    closed(client)
    assert prepared.tcl("set behind") == "no"
    assert state(prepared) == "halted"


def test_who_does_not_read_is_hung_up_on(prepared):
    prepared.tcl(f"log_output {os.devnull}")    # the answer is in the log, too
    deaf = socket.create_connection(("localhost", prepared.tcl_port))
    deaf.sendall(b"string repeat x 40000000\x1a")
    assert len(closed(deaf)) < 40000000
    assert state(prepared) == "halted"
    deaf.close()


def test_a_console_that_does_not_read_loses_log_lines(prepared):
    deaf = Telnet(prepared.telnet_port)
    deaf.send("for {set i 0} {$i < 100} {incr i} {echo [string repeat x 100000]}; set all done\n")
    wait_for(lambda: prepared.tcl("set all") == "done", "the loop to end")
    deaf.expect(b"done", timeout=60)
    wait_for(lambda: prepared.text.count("x" * 100000) == 100, "all lines in the daemon's own log")
    assert state(prepared) == "halted"


# ---- the daemon ends ----

def test_sigquit_ends_by_the_same_signal(prepared):
    prepared.process.send_signal(signal.SIGQUIT)
    assert prepared.wait() == -signal.SIGQUIT
    assert "shutdown command invoked" in prepared.text


def test_the_script_stops_at_shutdown():
    daemon = Process([BUILD / "probed", "-c", "shutdown; echo behind", "-c", "echo {behind too}"])
    assert daemon.wait() == 0
    assert "behind" not in daemon.text


def test_sigquit_is_gdbs_in_pipe_mode(board, tmp_path):
    read, write = os.pipe()
    daemon = Process([BUILD / "probed", "-s", TOP / "tcl", "-c",
                      "gdb_port pipe; telnet_port disabled; tcl_port disabled", *board_arguments(board)],
                     stdin=read, cwd=tmp_path)
    os.close(read)
    daemon.expect("watchpoints|listening|Listening|processor detected")
    for signo in (signal.SIGQUIT, signal.SIGINT):
        daemon.process.send_signal(signo)
    time.sleep(0.3)
    assert daemon.alive()
    os.close(write)
    assert daemon.wait() == 0


@pytest.mark.parametrize("failing", ["-c", "-f"])
def test_a_failing_script_leaves_the_core_as_configured(board, make_daemon, tmp_path, failing):
    (tmp_path / "bad.cfg").write_text("no_such_command\n")
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -on-exit run",
                         "-c", f"init; reset halt; {LOOP}; bp {FLASH + 0x100:#x} 2 hw",
                         failing, "no_such_command" if failing == "-c" else "bad.cfg", ready=False)
    assert daemon.wait() == 1
    assert board.ctl("state")["halted"] is False
    assert peek(board, FP_CTRL) & 1 == 0


def test_a_failing_program_exit_is_code_1_and_leaves_the_core_as_configured(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -on-exit halt",
                         "-c", "program no-such-file.elf verify reset exit", ready=False)
    assert daemon.wait() == 1
    assert board.ctl("state")["halted"] is True


def test_the_next_start_cleans_what_sigkill_left(board, daemon, make_daemon):
    daemon.tcl(f"reset halt; {LOOP}; bp {FLASH + 0x100:#x} 2 hw; wp {RAM + 0x300:#x} 4; step")
    daemon.process.kill()
    daemon.wait()
    assert board.ctl("state")["halted"] is True
    assert peek(board, FP_COMP) & 1 == 1
    again = make_daemon(*board_arguments(board))
    assert word(again, FP_COMP) & 1 == 0
    assert word(again, DWT_FUNCTION0) & 0xF == 0
    assert again.tcl("bp") == ""


# ---- the probe or the target goes away ----

@pytest.fixture
def blinking(board, prepared, firmware):
    """blink is in flash, the core halted at its reset vector; returns the program's symbols."""
    elf = firmware("blink")
    board.ctl(f"load {FLASH:#x} {elf.with_suffix('.bin')}")
    prepared.tcl("reset halt")
    return symbols(elf)


def stops_at(daemon, address):
    daemon.tcl("reset halt; resume; wait_halt 5000")
    return int(daemon.tcl("dict get [get_reg pc] pc"), 16) == address


def test_breakpoints_are_set_again_after_the_probe_came_back(board, prepared, blinking):
    prepared.tcl(f"bp {blinking['step']:#x} 2 hw")
    board.ctl("unplug")
    assert "adapter.lost" in prepared.fails("mdw 0x20000000") + prepared.text or \
        "reconnect" in prepared.text
    assert len(re.findall("^Error: ", prepared.text, re.M)) >= 1
    board.ctl("replug")
    board.ctl("power off")
    board.ctl("power on")
    prepared.tcl("adapter reconnect")
    assert stops_at(prepared, blinking["step"])


def test_comparators_are_written_again_after_the_target_lost_power(board, prepared, blinking):
    prepared.tcl(f"bp {blinking['step']:#x} 2 hw")
    board.ctl("power off")
    board.ctl("power on")
    wait_for(lambda: prepared.tcl("catch {halt}") == "0" and state(prepared) == "halted", "the core")
    assert stops_at(prepared, blinking["step"])
    assert len(prepared.tcl("bp").strip().split("\n")) == 1
