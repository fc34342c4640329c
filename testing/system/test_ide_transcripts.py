# SPDX-License-Identifier: GPL-2.0-or-later
"""What OpenOCD 0.12.0 prints and programs match: the lines, their level, their order, over remote_bitbang and JTAG."""
import re
import subprocess

import pytest

from ide import free_ports
from kit import BUILD, TOP, Board, Process
from rsp_client import Rsp

PATIENCE = 60


@pytest.fixture(scope="module")
def bench(tmp_path_factory, firmware):
    tmp = tmp_path_factory.mktemp("transcripts")
    board = Board(tmp)
    (tmp / "fw.bin").write_bytes(firmware("blink").with_suffix(".bin").read_bytes())
    (tmp / "bad.cfg").write_text("echo before\nset x [expr {1 +}]\n", encoding="ascii")
    yield board, tmp
    board.stop()


@pytest.fixture
def chip(bench, firmware):
    """A program in flash that runs."""
    board, _ = bench
    board.ctl(f"load 0x08000000 {firmware('blink').with_suffix('.bin')}")
    board.ctl("reset")
    (bench[1] / "deep.cfg").write_text('proc a {} { error "x" }\nproc b {} { a }\nb\n', encoding="ascii")
    return bench


def arguments(board):
    return ["-s", TOP / "tcl", "-c", "adapter driver remote_bitbang; remote_bitbang host localhost; "
            f"remote_bitbang port {board.ports['remote_bitbang']}; transport select jtag", "-f", "target/stm32l4x.cfg"]


def run(bench, *words, rc=0):
    board, tmp = bench
    done = subprocess.run([str(w) for w in (BUILD / "probed", *arguments(board), *words)], cwd=tmp, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == rc, done.stderr
    assert done.stdout == "", done.stdout
    return done.stderr


def in_order(text, *patterns):
    at = 0
    for pattern in patterns:
        match = re.compile(f"^{pattern}$", re.M).search(text, at)
        assert match, f"no {pattern!r} behind\n{text[:at]}\n---- in\n{text[at:]}"
        at = match.end()


START = (r"Info : Initializing remote_bitbang driver", r"Info : Connecting to localhost:\d+",
         r"Info : remote_bitbang driver initialized",
         r"Info : JTAG tap: stm32l4x.cpu tap/device found: 0x4ba00477 \(mfg: 0x23b \(ARM Ltd\), part: 0xba00, ver: 0x4\)",
         r"Info : \[stm32l4x.cpu\] Cortex-M4 r0p1 processor detected",
         r"Info : \[stm32l4x.cpu\] target has 6 breakpoints, 4 watchpoints",
         r"Info : starting gdb server for stm32l4x.cpu on \d+", r"Info : Listening on port \d+ for gdb connections")
HALTED = (r"\[stm32l4x.cpu\] halted due to debug-request, current mode: Thread ",
          r"xPSR: 0x[0-9a-f]{8} pc: 0x[0-9a-f]{8} msp: 0x[0-9a-f]{8}")


def server(bench):
    board, tmp = bench
    gdb, telnet, tcl = free_ports(3)
    child = Process([BUILD / "probed", "-c", f"gdb_port {gdb}; telnet_port {telnet}; tcl_port {tcl}",
                     *arguments(board)], cwd=tmp)
    child.expect("for gdb connections")
    return child, gdb


def test_start_of_a_server(chip):
    child, _ = server(chip)
    in_order(child.text, r"Open On-Chip Debugger 0\.12\.0.*", r"Info : Listening on port \d+ for tcl connections",
             r"Info : Listening on port \d+ for telnet connections", *START)
    child.stop()
    in_order(child.text, "shutdown command invoked", "Info : remote_bitbang interface quit")


def test_program(chip):
    text = run(chip, "-c", "gdb_port 0", "-c", "program fw.bin 0x08000000 verify reset exit")
    in_order(text, *START, *HALTED, r"\*\* Programming Started \*\*", r"Info : device idcode = 0x\w{8} \(.*\)",
             r"Info : RDP level 0 \(0xAA\)", r"Info : flash size = 1024 KiB", r"Info : flash mode : dual-bank",
             r"Warn : Adding extra erase range, 0x080003a0 \.\. 0x080007ff", r"\*\* Programming Finished \*\*",
             r"\*\* Verify Started \*\*", r"\*\* Verified OK \*\*", r"\*\* Resetting Target \*\*",
             "shutdown command invoked", "Info : remote_bitbang interface quit")
    assert "for tcl connections" not in text and "for telnet connections" not in text


def test_gdb_connects_and_asks_for_a_reset(chip):
    child, port = server(chip)
    gdb = Rsp(port)
    gdb.ask("qSupported")
    gdb.ask("?")
    gdb.ask("qXfer:memory-map:read::0,1000")
    text, answer = gdb.monitor("reset halt")
    assert answer == b"OK"
    in_order(text, *HALTED)
    assert not re.search(r"^(Info|Warn|Error) ?:", text, re.M), text
    text, answer = gdb.monitor("foo")
    assert 'invalid command name "foo"' in text and answer == b"E01"
    assert gdb.monitor("exit")[1] == b"OK"
    assert gdb.monitor("halt") == ("", b"OK")
    gdb.close()
    child.expect("Info : dropped 'gdb' connection")
    in_order(child.text, r"Info : accepting 'gdb' connection on tcp/\d+", *HALTED, r"Info : device idcode = .*",
             r"Info : OTP size is 1024 bytes, base address is 0x1fff7000", *HALTED, "Info : dropped 'gdb' connection")
    gdb = Rsp(port)
    text, answer = gdb.monitor("shutdown")
    assert "shutdown command invoked" in text and answer == b"OK"
    assert child.wait() == 0
    gdb.close()


FAILURES = [
    (["-f", "nofile.cfg"], [r".*Error: Can't find nofile\.cfg.*", r'at file "embedded:startup\.tcl", line \d+']),
    (["-f", "deep.cfg"], [r".*deep\.cfg:1: Error: x", "in procedure 'script'.*", r'at file "embedded:startup\.tcl", line \d+',
                          r"in procedure 'b' called at file \".*deep\.cfg\", line 3",
                          r"in procedure 'a' called at file \".*deep\.cfg\", line 2",
                          r'at file ".*deep\.cfg", line 1']),
    (["-c", "foo"], [r'invalid command name "foo".*']),
    (["-f", "bad.cfg"], ["before", r".*bad\.cfg:2: Error: .*"]),
    (["-c", "gdb_port 0", "-c", "program nofile.elf verify reset exit"],
     [r"\*\* Programming Started \*\*", r"Error: couldn't open nofile\.elf.*", r".*\*\* Programming Failed \*\*",
      "shutdown command invoked"]),
    (["-c", "gdb_port 0", "-c", "init; reset halt; flash write_image fw.bin 0x60000000; shutdown"], [r".*0x60000000.*"]),
]


@pytest.mark.parametrize("words, lines", FAILURES, ids=["no script", "deep", "no command", "bad script", "no image", "no bank"])
def test_failures(chip, words, lines):
    in_order(run(chip, *words, rc=1), *lines)


def test_no_adapter(tmp_path):
    done = subprocess.run([BUILD / "probed", "-c", "gdb_port 0; tcl_port 0; telnet_port 0", "-c", "init"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path,
                          check=False)
    assert done.returncode == 1
    in_order(done.stderr, 'Error: Debug Adapter has to be specified, see "adapter driver" command.*')
