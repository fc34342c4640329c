# SPDX-License-Identifier: GPL-2.0-or-later
"""Semihosting: testing/firmware/semi_all.c makes every call there is, on cores of three architectures. What
it gets is what Arm's semihosting.rst says; its exit ends the daemon where that is asked for.
"""
import re
import shutil
import socket
import struct
import subprocess

import pytest

from kit import PATIENCE, Board, Daemon, Gdb, board_arguments, wait_for
from rsp_client import Rsp

FLASH = 0x08000000
MODE, CODE, REASON = 0x20008000, 0x20008004, 0x20008008
ALL, ECHO, EXTENDED, LARGE, EXIT = range(5)
FAILED = 0xffffffff
EACCES, EBADF = 13, 9
HALT = "wait_halt 60000"
BOARDS = {"nucleo-l476rg": "semi_all", "nucleo-g0b1": "g0b1_semi_all", "nucleo-u575": "u575_semi_all"}


def symbols(elf):
    out = subprocess.run(["arm-none-eabi-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    return {row[2]: int(row[0], 16) for row in (line.split() for line in out.splitlines()) if len(row) == 3}


class Program:
    """The program in a board's flash, and folders for it."""

    def __init__(self, tmp, firmware, name="nucleo-l476rg", *options):
        self.tmp, self.name = tmp, name
        self.elf = firmware(BOARDS[name])
        self.names = symbols(self.elf)
        self.board = Board(tmp, "--deterministic", *options, name=name)
        if name == "nucleo-l476rg":
            self.board.ctl(f"load {FLASH:#x} {self.elf.with_suffix('.bin')}")
        self.base = tmp / "base"
        self.base.mkdir()

    def arguments(self, *more):
        return (*board_arguments(self.board), "-c", "init; reset halt", *more)

    def daemon(self, *more, **kwargs):
        daemon = Daemon(*self.arguments("-c", "arm semihosting enable", "-c",
                                        f"arm semihosting_basedir {self.base}", *more), cwd=self.tmp, **kwargs)
        return daemon

    def words(self, name, count):
        return struct.unpack(f"<{count}I", self.board.memory(self.names[name], 4 * count))

    def text(self, name, size):
        return self.board.memory(self.names[name], size).split(b"\0")[0].decode()


@pytest.fixture(scope="module")
def bench(tmp_path_factory, firmware):
    program = Program(tmp_path_factory.mktemp("semi"), firmware)
    yield program
    program.board.stop()


@pytest.fixture
def daemon(bench):
    daemon = bench.daemon()
    yield daemon
    daemon.stop()


def choose(daemon, mode, code=0, reason=0x20026):
    daemon.tcl(f"reset halt; mww {MODE:#x} {mode}; mww {CODE:#x} {code:#x}; mww {REASON:#x} {reason:#x}")


def check_results(program, runs_system):
    r = program.words("result", 30)
    in_handle, out_handle, err_handle = r[0] & 0xff, r[0] >> 8 & 0xff, r[0] >> 16
    assert len({in_handle, out_handle, err_handle, 0}) == 4
    assert r[1] == 0 and r[2] == 1
    assert r[3] == 32 and r[4] == FAILED, "nobody types: the end of the input, at once"
    assert r[5] not in (0, FAILED) and r[6] == 0 and r[7] == 0
    assert r[8] == 4, "six of ten bytes are left"
    assert program.text("back", 32) == "456789"
    assert (r[9], r[10], r[11], r[12], r[13]) == (10, 0, 0, FAILED, EBADF)
    assert (r[14], r[15]) == (0, 0) and list(program.base.glob("*.txt")) == []
    assert r[16:19] == (FAILED,) * 3, "outside of the folder"
    assert r[19] & 0xff != 0 and r[19] >> 8 == 0
    assert (r[20], r[21]) == (0, 5) and program.board.memory(program.names["features"], 5) == b"SHFB\x03"
    assert r[22] == 0 and program.text("temporary", 32) != ""
    assert r[23] < 360000 and r[24] > 1700000000
    assert r[25] == (7 if runs_system else FAILED)
    assert r[26] == 0 and program.text("cmdline", 80) == "semi_all one two"
    assert program.words("cmdline_length", 1)[0] == len("semi_all one two")
    assert program.words("heap", 4) == (0, 0, 0, 0)
    low, high = program.words("elapsed", 2)
    assert (r[27], r[28], r[29]) == (0, 1000000, FAILED) and high == 0 and low // 10000 in range(r[23], r[23] + 3000)
    assert program.words("it_block", 1)[0] == 0x10001


@pytest.mark.parametrize("name", BOARDS)
def test_every_call(bench, firmware, tmp_path, name):
    program = bench if name == bench.name else Program(tmp_path, firmware, name)
    (program.base / "link").symlink_to("/etc")
    runs_system = name == "nucleo-g0b1"
    daemon = program.daemon(*["--allow-exec"] * runs_system)
    if program is not bench:
        daemon.tcl(f"program {program.elf}")    # an STM32G0 with empty flash starts its boot loader
    choose(daemon, ALL)
    daemon.tcl("arm semihosting_cmdline semi_all one two")
    text = daemon.tcl(f"capture {{resume; {HALT}}}")
    assert "stdout\nstderr\nwrite0\n" in text, text
    assert "semihosting: *** application exited with 42 ***" in text
    check_results(program, runs_system)
    # Who watches learns what was refused, and what to do.
    assert '"/etc/passwd": it is outside of the directory' in daemon.text
    assert '"../secret": ".." leaves the directory' in daemon.text
    assert '"link/passwd": a symbolic link is on the way' in daemon.text
    assert f"those below {program.base} (arm semihosting_basedir)" in daemon.text
    assert ("--allow-exec" in daemon.text) is not runs_system
    assert "unknown semihosting call 0x77" in daemon.text
    daemon.stop()
    (program.base / "link").unlink()
    if program is not bench:
        program.board.stop()


@pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
def test_the_judge_sees_the_same(firmware, tmp_path):
    """The distribution's OpenOCD serves the same program, in a folder of its own, over JTAG."""
    bench = Program(tmp_path, firmware)
    folder = bench.tmp / "judge"
    folder.mkdir()
    (folder / "link").symlink_to("/nonexistent")
    port = bench.board.ports["remote_bitbang"]
    argv = ["openocd", "-c", "adapter driver remote_bitbang; remote_bitbang host localhost",
            "-c", f"remote_bitbang port {port}; transport select jtag; gdb_port disabled; tcl_port disabled; "
            "telnet_port disabled", "-f", "target/stm32l4x.cfg", "-c", "init", "-c", "reset halt", "-c",
            f"mww {MODE:#x} {ALL}; arm semihosting enable; arm semihosting_cmdline semi_all one two", "-c",
            "resume", "-c", "wait_halt 60000", "-c", "shutdown"]
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60 * PATIENCE, check=False)
    assert done.returncode == 0, done.stdout
    r = bench.words("result", 30)
    # (Its console is no terminal here, and it says so.)
    assert (r[1], r[6], r[7], r[8], r[9], r[10], r[11]) == (0, 0, 0, 4, 10, 0, 0), done.stdout
    assert r[14:16] == (0, 0) and bench.text("back", 32) == "456789"
    assert bench.text("cmdline", 80) == "semi_all one two"
    bench.board.stop()


@pytest.mark.parametrize("how, value, code", [
    ("good", (EXTENDED, 0, 0x20026), 0), ("code", (EXTENDED, 42, 0x20026), 42), ("old", (EXIT, 0, 0x20026), 0),
    ("minus one", (EXTENDED, 0xffffffff, 0x20026), 255), ("looks like 0", (EXTENDED, 256, 0x20026), 1),
    ("run time error", (EXIT, 0, 0x20023), 1), ("stack overflow", (EXTENDED, 0, 0x20027), 1)])
def test_the_programs_exit_code_is_the_daemons(bench, how, value, code):
    mode, exit_code, reason = value
    daemon = Daemon(*bench.arguments(
        "--exit-on-semihosting", "--timeout", "100", "-c",
        f"mww {MODE:#x} {mode}; mww {CODE:#x} {exit_code:#x}; mww {REASON:#x} {reason:#x}; resume"),
        cwd=bench.tmp, ready=False)
    assert daemon.wait() == code, f"{how}\n{daemon.text}"
    told = {"minus one": "exited with -1 ", "run time error": "0x20023 (RunTimeErrorUnknown), exit code 1 "}
    assert told.get(how, "") in daemon.text
    assert "semihosting: ***" in daemon.text


def test_a_program_that_hangs_ends_at_the_time_limit(bench):
    daemon = Daemon(*bench.arguments("--exit-on-semihosting", "--timeout", "1"), cwd=bench.tmp, ready=False)
    assert daemon.wait() == 124
    assert "the program has not ended within 1 s" in daemon.text and "stm32l4x.cpu is halted" in daemon.text
    for text in ("0", "soon"):
        refused = Daemon("--timeout", text, cwd=bench.tmp, ready=False)
        assert refused.wait() == 1 and "needs a number of seconds" in refused.text


@pytest.mark.parametrize("mode, what", [
    (5, r"HardFault \(escalated UsageFault\) at 0x0800\w+: an undefined instruction"),
    (6, "it stands at a BKPT of its own"), (7, "Lockup: .* an undefined instruction")])
def test_a_program_that_crashes_ends_the_daemon(bench, mode, what):
    daemon = Daemon(*bench.arguments("--exit-on-semihosting", "--timeout", "100", "-c",
                                     f"mww {MODE:#x} {mode}; resume"), cwd=bench.tmp, ready=False)
    assert daemon.wait() == 1, daemon.text
    assert re.search(rf"Error: \[stm32l4x.cpu\] the program has crashed: {what}", daemon.text), daemon.text


def test_a_breakpoint_is_no_crash_nor_is_what_a_gdb_looks_at(bench):
    daemon = bench.daemon("--exit-on-semihosting")
    choose(daemon, EXTENDED, code=5)
    daemon.tcl(f"bp {bench.names['main'] & ~1:#x} 2 hw; resume; wait_halt")
    daemon.tcl("sleep 700")
    daemon.tcl("rbp all")
    choose(daemon, 6)
    out = Gdb(daemon).run(["continue", "shell sleep 0.7", "print $pc", "monitor reset halt"], elf=bench.elf)
    assert "SIGTRAP" in out and "$1 = " in out, out
    choose(daemon, EXTENDED, code=5)
    daemon.tcl("resume")
    assert daemon.wait() == 5 and "crashed" not in daemon.text


def test_the_verb_does_the_same_as_the_option(bench, daemon):
    choose(daemon, EXTENDED, code=9)
    assert daemon.tcl("arm semihosting_exit_daemon") == "semihosting exit of the daemon is disabled"
    assert daemon.tcl("arm semihosting_exit_daemon enable 100") == "semihosting exit of the daemon is enabled"
    daemon.tcl("resume")
    assert daemon.wait() == 9


def test_gdb_hears_of_the_exit_before_the_daemon_ends(bench):
    daemon = bench.daemon("--exit-on-semihosting")
    choose(daemon, EXTENDED, code=5)
    out = Gdb(daemon).run(["continue"], elf=bench.elf)
    assert "exited with code 05" in out, out
    assert daemon.wait() == 5


def redirect(daemon, what="all"):
    seen = len(daemon.text)
    daemon.tcl(f"arm semihosting_redirect tcp 0 {what}")
    port = int(re.search(r"Listening on port (\d+) for semihosting", daemon.text[seen:]).group(1))
    return socket.create_connection(("localhost", port), timeout=20 * PATIENCE)


def receive(s, mark):
    data = b""
    while mark not in data:
        chunk = s.recv(4096)
        assert chunk, data
        data += chunk
    return data


def test_a_conversation_over_tcp(bench, daemon):
    """The program waits for input as long as somebody can type; the daemon does not wait with it."""
    choose(daemon, ECHO)
    s = redirect(daemon)
    daemon.tcl("resume")
    assert receive(s, b"> ") == b"echo> "
    assert daemon.tcl("expr {1 + 1}") == "2"
    s.sendall(b"hello\n")
    assert receive(s, b"\n") == b"hello\n"
    s.sendall(b"two\nlines\n")
    assert receive(s, b"lines\n") == b"two\nlines\n"
    # Halted in the middle of the wait, and on again: nothing of what was typed is lost.
    daemon.tcl("halt")
    pc = int(daemon.tcl("get_reg -force pc").split()[1], 0)
    assert daemon.tcl(f"read_memory {pc:#x} 16 1") == "0xbeab"
    assert daemon.tcl("stm32l4x.cpu debug_reason") == "debug-request"
    s.sendall(b"late\n")
    daemon.tcl("resume")
    assert receive(s, b"\n") == b"late\n"
    s.shutdown(socket.SHUT_WR)
    s.close()
    daemon.tcl(HALT)
    assert "end of input\n" in daemon.text and "application exited normally" in daemon.text


def test_another_client_goes_on_typing(bench, daemon):
    choose(daemon, ECHO)
    first = redirect(daemon)
    daemon.tcl("resume")
    assert receive(first, b"> ") == b"echo> "
    wait_for(lambda: bench.board.ctl("state")["core"] == "halted", "the call that reads")
    daemon.tcl("poll")
    second = socket.create_connection(first.getpeername(), timeout=20 * PATIENCE)
    assert first.recv(1) == b""
    second.sendall(b"still here\n")
    assert receive(second, b"\n") == b"still here\n"
    second.close()
    first.close()


def test_a_conversation_from_the_console(bench, daemon):
    choose(daemon, ECHO)
    daemon.tcl("arm semihosting_input on; resume; arm semihosting_input line how do you do")
    wait_for(lambda: "how do you do\n" in daemon.text, "the echo")
    assert "timed out" in daemon.fails("wait_halt 50")      # it waits: for clients it runs
    daemon.tcl(f"arm semihosting_input text x; arm semihosting_input end; {HALT}")
    assert "xend of input\n" in daemon.text
    assert "usage" in daemon.fails("arm semihosting_input line").lower()


def test_gdb_interrupts_a_program_that_waits(bench, daemon):
    choose(daemon, ECHO)
    daemon.tcl("arm semihosting_input on")
    gdb = Gdb(daemon).start(bench.elf)
    try:
        gdb.send("continue")
        gdb.expect("echo> ")
        gdb.interrupt()
        gdb.expect("SIGINT")
        gdb.send("x/i $pc")
        gdb.expect("bkpt\t0x00ab")
        gdb.send("monitor arm semihosting_input line again")
        gdb.send("continue")
        gdb.expect("again")
        daemon.tcl("arm semihosting_input end")
        gdb.expect("exited normally")
    finally:
        gdb.stop()


def test_a_step_on_a_call_makes_it(bench, daemon):
    choose(daemon, EXIT)
    daemon.tcl(f"bp {bench.names['semihost']:#x} 2 hw; resume; {HALT}; rbp all; "
               "while {[read_memory [lindex [get_reg pc] 1] 16 1] != 0xbeab} {step}")
    choose_pc = int(daemon.tcl("get_reg -force pc").split()[1], 0)
    daemon.tcl("reg r0 0x31; step")
    assert int(daemon.tcl("get_reg -force pc").split()[1], 0) == choose_pc + 2
    assert int(daemon.tcl("get_reg -force r0").split()[1], 0) == 1000000
    assert daemon.tcl("stm32l4x.cpu debug_reason") == "single-step"


def test_a_large_file_costs_few_round_trips(bench, daemon):
    choose(daemon, LARGE)
    before = bench.board.stats()["round_trips"]
    daemon.tcl(f"resume; {HALT}")
    trips = bench.board.stats()["round_trips"] - before
    assert bench.words("result", 3) == (0, 0, 0)
    data = (bench.base / "big.bin").read_bytes()
    assert data == bytes(i * 7 & 0xff for i in range(16384))
    assert trips < 600, f"{trips}; 8192 words went over the wire"


def test_settings_are_refused_with_a_reason(bench, daemon):
    daemon.tcl("arm semihosting disable")
    assert "semihosting not yet enabled for current target" in daemon.fails("arm semihosting_resexit enable")
    daemon.tcl("arm semihosting enable")
    assert "only be set from the command line" in daemon.fails("arm semihosting_basedir /")
    assert daemon.tcl("arm semihosting_basedir") == f"semihosting base dir: {bench.base}"
    assert "has made no user call" in daemon.fails("reset halt; arm semihosting_read_user_param")
    assert "not a TCP port" in daemon.fails("arm semihosting_redirect tcp 70000")
    assert daemon.tcl("arm semihosting_resexit enable") == "semihosting resumable exit is enabled"


CALL, BLOCK, NAME = 0x20010000, 0x20010100, 0x20010200
FEATURES = b":semihosting-features"


def put(daemon, address, data):
    words = struct.unpack(f"<{(len(data) + 3) // 4}I", data.ljust((len(data) + 3) & ~3, b"\0"))
    daemon.tcl(f"write_memory {address:#x} 32 {{{' '.join(map(hex, words))}}}")


def prepare(daemon, op, *block, code="abbe 00be"):
    """The core stands at a call in RAM, with a BKPT behind it."""
    put(daemon, CALL, bytes.fromhex(code))
    put(daemon, BLOCK, struct.pack(f"<{len(block)}I", *block))
    daemon.tcl(f"reg r0 {op}; reg r1 {BLOCK:#x}; reg r5 {BLOCK:#x}; reg sp 0x20017f00; reg pc {CALL:#x}")


def answer(daemon, register="r0"):
    return int(daemon.tcl(f"get_reg -force {register}").split()[1], 0)


def test_a_breakpoint_at_a_call_stops_before_it_once(bench, daemon):
    for kind, verb in (("2", "resume; wait_halt"), ("2", "step")):
        choose(daemon, ALL)
        prepare(daemon, 0x31, code="00bf abbe 00be")
        daemon.tcl(f"bp {CALL + 2:#x} {kind}; resume; wait_halt")
        assert (answer(daemon, "pc"), answer(daemon)) == (CALL + 2, 0x31)
        daemon.tcl(f"{verb}; rbp all")
        assert (answer(daemon, "pc"), answer(daemon)) == (CALL + 4, 1000000), verb


def test_a_reset_closes_the_programs_files(bench, daemon):
    (bench.base / "open.bin").write_bytes(b"x")
    put(daemon, NAME, b"open.bin")
    seen = set()
    for _ in range(3):
        prepare(daemon, 1, NAME, 1, 8)
        daemon.tcl(f"resume; {HALT}")
        seen.add(answer(daemon))
        daemon.tcl("reset halt")
    assert len(seen) == 1 and seen.isdisjoint({0, FAILED}), seen
    (bench.base / "open.bin").unlink()


def test_a_client_that_does_not_read_holds_nobody_up(bench, daemon):
    """Of what waits for it the oldest is dropped, and that is told."""
    with redirect(daemon) as watched:
        port = watched.getpeername()[1]
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(20 * PATIENCE)
        s.connect(("localhost", port))
        choose(daemon, ALL)
        # loop: movs r0, #5; mov r1, r5; bkpt 0xab; b loop: the flash as text
        prepare(daemon, 5, 2, FLASH, 0x40000, code="0520 2946 abbe fbe7")
        daemon.tcl("resume")
        wait_for(lambda: "does not read: the oldest output is dropped" in daemon.text, "the drop", 60)
        assert daemon.tcl("expr 1 + 1") == "2"
        daemon.tcl("halt")
        while not re.search(r"reads again; \d+ bytes were dropped", daemon.text):
            assert s.recv(1 << 16)
    daemon.tcl("arm semihosting_redirect disable")


def test_what_is_typed_by_a_pipe_is_answered_to_it(bench, daemon):
    """`echo hello | nc localhost PORT` closes its half at once, and reads on."""
    choose(daemon, ECHO)
    with redirect(daemon) as s:
        s.sendall(b"hello\n")
        s.shutdown(socket.SHUT_WR)
        daemon.tcl(f"resume; {HALT}")
        assert receive(s, b"end of input\n") == b"echo> hello\nend of input\n"
    assert "end of input\n" in daemon.text      # it might have left
    daemon.tcl("arm semihosting_redirect disable")


@pytest.fixture
def served(bench, daemon):
    """A client that serves file calls, at one that opens NAME."""
    (bench.base / "mine").write_bytes(b"abc")
    daemon.tcl("arm semihosting_fileio enable; reset halt")
    rsp = Rsp(daemon.gdb_port, timeout=60 * PATIENCE)
    put(daemon, NAME, b"mine")
    prepare(daemon, 1, NAME, 0, 4)
    assert continued(rsp) == f"Fopen,{NAME:x}/5,0,1a4".encode()
    yield rsp
    rsp.close()


def continued(rsp, body=b"c"):
    reply = rsp.ask(body)
    while reply[:1] == b"O":
        reply = rsp.packet()
    return reply


def test_a_gdb_that_leaves_in_a_file_call_takes_nothing_with_it(daemon, served):
    served.close()
    wait_for(lambda: "GDB has left in the middle of a file call" in daemon.text, "the end of the session")
    daemon.tcl(HALT)
    assert answer(daemon, "pc") == CALL + 2 and answer(daemon) not in (0, FAILED)


def test_a_reset_in_a_file_call_ends_it(daemon, served):
    daemon.tcl("reset halt")
    assert continued(served, b"F3")[:3] == b"T02"
    assert answer(daemon, "pc") != CALL + 2
    prepare(daemon, 0x31)
    assert continued(served)[:3] == b"T05"
    assert answer(daemon) == 1000000


def test_gdb_serves_files_but_what_is_no_file(bench, daemon, served):
    """The features are the daemon's own to tell; where GDB puts a file's state the stack is put back."""
    assert continued(served, b"F3")[:3] == b"T05" and answer(daemon) == 4
    below = bytes(range(128))
    put(daemon, 0x20017f00 - 128, below)
    prepare(daemon, 0x0c, 4)
    request = continued(served).split(b",")
    assert request[:2] == [b"Ffstat", b"3"]
    assert served.ask(b"M%s,40:%s" % (request[2], (bytes(35) + b"\x07" + bytes(28)).hex().encode())) == b"OK"
    assert continued(served, b"F0")[:3] == b"T05"
    assert answer(daemon) == 7 and bench.board.memory(0x20017f00 - 128, 128) == below
    put(daemon, NAME, FEATURES)
    prepare(daemon, 1, NAME, 0, len(FEATURES))
    assert continued(served)[:3] == b"T05"
    handle = answer(daemon)
    assert handle not in (0, 4, FAILED)
    prepare(daemon, 6, handle, NAME, 5)
    assert continued(served)[:3] == b"T05"
    assert answer(daemon) == 0 and bench.board.memory(NAME, 5) == b"SHFB\x03"
