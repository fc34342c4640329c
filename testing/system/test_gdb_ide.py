# SPDX-License-Identifier: GPL-2.0-or-later
"""What IDEs do: their command lines and their GDB conversations, replayed with the real GDB."""
import os
import re
import signal
import subprocess
import time

import pytest

from kit import BUILD, TOP, board_arguments, wait_for
from mi import Mi, quoted


@pytest.fixture
def mi():
    started = []

    def start(*arguments):
        started.append(Mi(*arguments))
        return started[-1]
    yield start
    for child in started:
        if child.alive():
            child.process.kill()
            child.wait()


def cortex_debug_launch(port, elf):
    return ["-gdb-set mi-async on", "-gdb-set breakpoint pending on",
            f"-file-exec-and-symbols {quoted(elf)}",
            f"-target-select extended-remote localhost:{port}",
            '-interpreter-exec console "monitor reset halt"', "-target-download",
            '-interpreter-exec console "monitor reset halt"', "-enable-pretty-printing"]


def test_cortex_debug_launch_pause_and_detach(daemon, firmware, mi):
    assert re.search(r"Info\s:[^\n]*Listening on port \d+ for gdb connection", daemon.text, re.I)
    gdb = mi()
    gdb.burst(cortex_debug_launch(daemon.gdb_port, firmware("blink")))
    gdb.ask("-break-insert -t main")
    gdb.ask("-exec-continue --all")
    gdb.expect(r'^\*stopped,reason="breakpoint-hit".*func="main"')
    gdb.ask("-exec-continue --all")
    time.sleep(0.3)
    gdb.ask("-exec-interrupt --all")
    gdb.expect(r'^\*stopped,reason="signal-received",signal-name="SIGINT"')
    assert 'id="1"' in gdb.ask("-thread-info")
    assert 'level="0"' in gdb.ask("-stack-list-frames --thread 1")
    gdb.ask("-stack-list-variables --thread 1 --frame 0 --all-values")
    assert gdb.ask("-data-list-register-values x").count("number=") > 20
    assert "contents=" in gdb.ask("-data-read-memory-bytes 0x20000000 64")
    # the reset button: the registers of the reset, without a step
    gdb.console("monitor reset halt")
    gdb.console("monitor gdb_sync")
    gdb.ask("-exec-step-instruction")
    gdb.expect(r'^\*stopped,.*func="Reset_Handler"')
    # breakpoint while running: pause, insert, go on
    gdb.ask("-exec-continue --all")
    stops = gdb.text.count("*stopped")
    gdb.ask("-exec-interrupt --all")
    wait_for(lambda: gdb.text.count("*stopped") > stops, "the stop after the interrupt")
    gdb.ask("-break-insert step")
    gdb.ask("-exec-continue --all")
    gdb.expect(r'^\*stopped,reason="breakpoint-hit".*func="step"')
    gdb.ask("-break-delete")
    gdb.ask("-target-detach")
    gdb.send("-gdb-exit")
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the end of the connection")


def test_a_front_end_hears_that_the_probe_is_gone(board, daemon, firmware, mi):
    gdb = mi()
    gdb.burst(cortex_debug_launch(daemon.gdb_port, firmware("blink")))
    gdb.ask("-exec-continue --all")
    gdb.expect(r"^\*running")
    board.ctl("unplug")
    gdb.stopped('signal-name="SIGLOST"')
    assert 'level="0"' in gdb.ask("-stack-list-frames")
    assert 'state="stopped"' in gdb.ask("-thread-info")


def test_cortex_debug_live_watch(board, make_daemon, firmware, mi):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -gdb-max-connections "
                         "[expr {[[target current] cget -gdb-max-connections] + 1}]")
    gdb, watch = mi(), mi()
    gdb.burst(cortex_debug_launch(daemon.gdb_port, firmware("blink")))
    watch.burst(["-gdb-set mi-async on", "-gdb-set stack-cache off",
                 "-gdb-set remote interrupt-on-connect off",
                 f"-file-exec-and-symbols {quoted(firmware('blink'))}",
                 f"-target-select extended-remote localhost:{daemon.gdb_port}"])
    gdb.ask("-exec-continue --all")
    stops = gdb.text.count("*stopped")
    seen = int(watch.value("counter"))
    wait_for(lambda: int(watch.value("counter")) > seen, "another value of a counter that runs")
    assert daemon.tcl("[target current] curstate") == "running"
    watch.ask("-target-detach")
    watch.send("-gdb-exit")
    watch.wait()
    late = mi()             # and one that connects while the core runs
    late.burst([f"-file-exec-and-symbols {quoted(firmware('blink'))}",
                f"-target-select extended-remote localhost:{daemon.gdb_port}"])
    assert int(late.value("counter")) > seen
    assert daemon.tcl("[target current] curstate") == "running"
    assert gdb.text.count("*stopped") == stops
    gdb.ask("-exec-interrupt --all")
    gdb.expect(r'^\*stopped,reason="signal-received"')


def test_eclipse_plain_remote(board, make_daemon, firmware, make_gdb):
    daemon = make_daemon(*board_arguments(board), "-c", 'echo "Started by GNU MCU Eclipse"')
    daemon.expect("^Started by GNU MCU Eclipse$", 15)
    out = make_gdb(daemon).run(
        ["monitor reset init", "monitor halt", "monitor arm semihosting enable", "load",
         "monitor reset halt", "monitor halt", "tbreak main", "monitor reg", "continue"],
        elf=firmware("blink"))
    assert "Temporary breakpoint 1, main" in out
    assert re.search(r"\(15\) pc \(/32\): 0x08", out)
    assert "Protocol error" not in out and "rror" not in out.replace("errors", "")


def test_platformio_pipe(board, firmware, tmp_path):
    server = " ".join(f"'{a}'" for a in
                      [BUILD / "probed", "-s", TOP / "tcl", "-c",
                       "gdb_port pipe; tcl_port disabled; telnet_port disabled", *board_arguments(board)])
    argv = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set pagination off", "-ex",
            f"target extended-remote | {server}", "-ex", "monitor init", "-ex", "load", "-ex",
            "monitor reset halt", "-ex", "tbreak main", "-ex", "continue", "-ex", "print counter",
            str(firmware("blink"))]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False, cwd=tmp_path)
    out = done.stdout.decode()
    assert "Temporary breakpoint 1, main" in out, out
    assert "$1 = 0" in out


def test_pipe_ends_with_its_gdb(board, tmp_path):
    child = subprocess.Popen([BUILD / "probed", "-s", TOP / "tcl", "-c",
                              "gdb_port pipe; tcl_port disabled; telnet_port disabled",
                              *board_arguments(board)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=tmp_path)
    child.stdin.write(b"+$qC#b4")
    child.stdin.flush()
    assert os.read(child.stdout.fileno(), 1) == b"+"
    rest = b""
    while b"#c5" not in rest:
        rest += os.read(child.stdout.fileno(), 100)
    assert rest == b"$QC1#c5"           # nothing but packets
    child.send_signal(signal.SIGINT)    # GDB's terminal sends it to all
    time.sleep(0.3)
    assert child.poll() is None
    child.stdin.close()
    assert child.wait(10) == 0
    assert child.stdout.read() == b""
    child.stdout.close()
    child.stderr.close()


def test_exit_on_detach(board, make_daemon, make_gdb):
    daemon = make_daemon("--exit-on-detach", *board_arguments(board))
    make_gdb(daemon).run(["detach"])
    assert daemon.wait() == 0


def test_events_of_a_load(board, make_daemon, make_gdb, firmware):
    events = ("gdb-attach gdb-flash-erase-start gdb-flash-erase-end gdb-flash-write-start "
              "gdb-flash-write-end gdb-start gdb-halt halted gdb-end gdb-detach")
    board.ctl(f"load 0x08000000 {firmware('blink').with_suffix('.bin')}")
    board.ctl("reset")
    daemon = make_daemon(*board_arguments(board), "-c", f"foreach e {{{events}}} "
                         "{ [target current] configure -event $e \"echo event:$e\" }")
    make_gdb(daemon).run(["monitor halt", "load", "stepi", "detach"], elf=firmware("blink"))
    wait_for(lambda: "event:gdb-detach" in daemon.text, "gdb-detach")
    seen = re.findall(r"^event:(\S+)", daemon.text, re.M)
    flash = [e for e in seen if "flash" in e]
    assert flash == ["gdb-flash-erase-start", "gdb-flash-erase-end", "gdb-flash-write-start",
                     "gdb-flash-write-end"], seen
    assert seen[0] == "gdb-attach" and seen[-2:] == ["gdb-end", "gdb-detach"]
    step = seen.index("gdb-start")
    assert seen[step:step + 4] == ["gdb-start", "gdb-halt", "halted", "gdb-end"], seen
