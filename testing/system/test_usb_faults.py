# SPDX-License-Identifier: GPL-2.0-or-later
"""What USB does to people, for every kind of probe: the fault is told in words, nothing that was lost is
taken for done, and the session goes on, by itself or after the line that the message names."""
import os
import re

import pytest

from kit import wait_for

RAM = 0x20000000
TARGET = ["-f", "target/stm32l4x.cfg"]
# One of each way to the bus, and the lines that open it.
PROBES = {
    "mcu-link": ["-f", "interface/cmsis-dap.cfg"],
    "cmsis-dap-v2-fs": ["-f", "interface/cmsis-dap.cfg"],
    "daplink": ["-f", "interface/cmsis-dap.cfg"],
    "ft2232h,wiring=swd": ["-f", "interface/ftdi/minimodule-swd.cfg"],
    "jlink": ["-f", "interface/jlink.cfg"],
    "st-link-v2-1": ["-f", "interface/stlink.cfg"],
    "st-link-v3": ["-f", "interface/stlink.cfg"],
}
FAULTS = {
    "stall in": "stall in 1 {skip}", "stall out": "stall out 1 {skip}", "error in": "error in 1 {skip}",
    "short": "short in 1 {skip} 1", "timeout": "silent in 1 {skip}", "late": "late in 1 {skip} 300",
    "dropped": "drop out 1 {skip}",
}
LOST = r"unplugged|is gone|connection|was lost"


@pytest.fixture
def attach(make_board, make_daemon):
    def start(kind, *more, options=()):
        board = make_board(*options, usb=[kind])
        daemon = make_daemon(*PROBES[kind], "-c", "transport select swd; adapter speed 2000", *TARGET, *more,
                             env=board.usb_env)
        daemon.tcl("halt")
        return board, daemon
    return start


def errors_of(text):
    return re.findall("^Error: (.*)$", text, re.M)


def lives_on(board, daemon, told):
    """The next command works; if the probe must be opened or plugged in again first, the message said so."""
    again = daemon.tcl(f"list [catch {{read_memory {RAM:#x} 32 1}} text] $text")
    if again.startswith("0"):
        return
    told += again
    assert re.search('adapter reconnect|plug the probe in again', told), told
    again = daemon.tcl("list [catch {adapter reconnect} text] $text")
    if again.startswith("1"):       # the driver of HID never clears a halt of an OUT endpoint
        assert "plug" in again, again
        board.ctl("usb unplug")
        board.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe")
    daemon.tcl("halt")
    daemon.tcl(f"read_memory {RAM:#x} 32 1")


# --- One transfer goes wrong ---

@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", PROBES)
def test_one_word(attach, kind, fault):
    board, daemon = attach(kind)
    daemon.tcl(f"poll off; mww {RAM:#x} 0x12345678")
    before = len(daemon.text)
    board.ctl("usb fault " + FAULTS[fault].format(skip=0))
    result = daemon.tcl(f"list [catch {{read_memory {RAM:#x} 32 1}} text] $text")
    told = result + daemon.text[before:]
    board.ctl("usb fault none")
    if result.startswith("0"):
        assert result == "0 0x12345678"
    else:
        assert len(result) > 40, f"an error with no words: {result}"
        assert len(errors_of(daemon.text[before:])) <= 2, daemon.text[before:]
    if fault == "late":
        assert result == "0 0x12345678", result
    lives_on(board, daemon, told)
    assert daemon.tcl(f"read_memory {RAM:#x} 32 1") == "0x12345678"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", PROBES)
def test_in_the_middle_of_a_block(attach, tmp_path, kind, fault):
    board, daemon = attach(kind)
    daemon.tcl("poll off")
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(8192))
    for command, skip in ((f"load_image {image} {RAM:#x} bin", 4),
                          (f"dump_image {tmp_path}/got.bin {RAM:#x} 8192", 4)):
        before = len(daemon.text)
        board.ctl("usb fault " + FAULTS[fault].format(skip=skip))
        result = daemon.tcl(f"list [catch {{{command}}} text] $text")
        told = result + daemon.text[before:]
        board.ctl("usb fault none")
        if result.startswith("1"):
            assert len(result) > 40, f"an error with no words: {result}"
            assert fault != "late", result
            lives_on(board, daemon, told)
            daemon.tcl(command)
        assert board.memory(RAM, 8192) == image.read_bytes()
    assert (tmp_path / "got.bin").read_bytes() == image.read_bytes()


@pytest.mark.parametrize("kind", PROBES)
def test_a_wrong_answer(attach, kind):
    """USB has a CRC: an inverted byte is the firmware's. No hang, no crash, and the next answer is right."""
    board, daemon = attach(kind)
    daemon.tcl(f"poll off; mww {RAM:#x} 0x12345678")
    for byte in (0, 1, 2, 3, 5):
        board.ctl(f"usb fault flip in 1 0 {byte}")
        before = len(daemon.text)
        result = daemon.tcl(f"list [catch {{read_memory {RAM:#x} 32 1}} text] $text")
        board.ctl("usb fault none")
        assert result.startswith("0") or len(result) > 40, f"an error with no words: {result}"
        lives_on(board, daemon, result + daemon.text[before:] + ("adapter reconnect" if byte > 3 else ""))
        assert daemon.tcl(f"read_memory {RAM:#x} 32 1") == "0x12345678"


@pytest.mark.parametrize("kind", PROBES)
def test_a_target_that_answers_busy(attach, kind):
    """A storm of WAIT that ends is nobody's business; one that does not end is told as what it is."""
    board, daemon = attach(kind)
    daemon.tcl(f"poll off; mww {RAM:#x} 0x12345678")
    board.ctl("inject wait 3 20")
    assert daemon.tcl(f"read_memory {RAM:#x} 32 1") == "0x12345678"
    board.ctl("inject wait 0 100000000")
    said = daemon.fails(f"read_memory {RAM:#x} 32 1")
    board.ctl("inject none")
    assert re.search("WAIT|busy", said), said
    lives_on(board, daemon, said)
    assert daemon.tcl(f"read_memory {RAM:#x} 32 1") == "0x12345678"


# --- The probe leaves ---

@pytest.mark.parametrize("how", ["unplug", "reset"])
@pytest.mark.parametrize("kind", PROBES)
def test_it_leaves_in_the_middle_of_a_flash_write(attach, firmware, kind, how):
    board, daemon = attach(kind, "-c", "adapter auto_reconnect on")
    daemon.text = ""
    board.ctl(f"usb fault {how} out 1 60")
    said = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert re.search(LOST, said), said
    assert daemon.tcl("expr {6 * 7}") == "42"
    if how == "unplug":
        board.ctl("usb replug")
    daemon.expect("is back and open again")
    told = errors_of(daemon.text)
    assert len([e for e in told if re.search(LOST, e)]) <= 1, told
    daemon.tcl(f"program {firmware('big')} verify")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def step_once(gdb):
    gdb.send("stepi")
    gdb.expect(r"0x[0-9a-f]+|square|main|Reset_Handler")


@pytest.mark.parametrize("during", ["continue", "load", "stepi"])
@pytest.mark.parametrize("kind", PROBES)
def test_gdb_is_told_and_goes_on(attach, make_gdb, firmware, kind, during):
    """GDB gets an error rather than a hang, and when the probe is back its breakpoints hold again."""
    board, daemon = attach(kind, "-c", "adapter auto_reconnect on")
    gdb = make_gdb(daemon).start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    speed = daemon.tcl("adapter speed")
    if during == "continue":
        gdb.send("continue")
        gdb.expect("Continuing")
        wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "running", "the core to run")
        board.ctl("usb unplug")
        gdb.expect("(?i)SIGLOST|remote failure reply")
    elif during == "load":
        gdb.send(f"file {firmware('big')}")
        board.ctl("usb fault unplug out 1 60")
        gdb.send("load")
        gdb.expect(r"[Ee]rror .*\n|Load failed|failed")
    else:
        step_once(gdb)
        board.ctl("usb fault unplug out 1 0")
        gdb.send("stepi")
        gdb.expect("SIGLOST|[Rr]emote failure|[Ee]rror|Could not|Cannot|E[0-9a-f][0-9a-f]")
    daemon.expect(LOST)
    gdb.send("monitor echo {still here}")
    gdb.expect("still here")
    board.ctl("usb replug")
    daemon.expect("is back and open again")
    assert daemon.tcl("adapter speed") == speed
    gdb.send(f"file {firmware('blink')}")
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("hbreak square")
    gdb.expect("reakpoint 1")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")
