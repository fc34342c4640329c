# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judge of the emulated J-Links: the distribution's OpenOCD with libjaylink and its own
interface/jlink.cfg. What it takes for a J-Link is one.
"""
import json
import re
import shutil

import pytest

from kit import openocd

pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")

# The V5 has no SELECT_IF: OpenOCD then knows it for JTAG only.
KINDS = [("jlink", "swd"), ("jlink", "jtag"), ("jlink-ob", "swd"), ("jlink-ob", "jtag"), ("jlink-v8", "swd"),
         ("jlink-v8", "jtag"), ("jlink-old", "jtag")]
FIRMWARE = {"jlink": "J-Link V10 compiled", "jlink-ob": "J-Link OB-K22-NordicSemi compiled",
            "jlink-v8": "J-Link ARM V8 compiled", "jlink-old": "J-Link ARM V5 compiled"}


def run(board, transport, commands, before="", speed=4000):
    return openocd(board, "-f", "interface/jlink.cfg", "-c", before, "-c", f"transport select {transport}",
                   commands=f"adapter speed {speed}; {commands}")


@pytest.mark.parametrize("kind, transport", KINDS, ids=["-".join(k) for k in KINDS])
def test_examines_programs_verifies_and_resets(make_board, firmware, kind, transport):
    board = make_board("--deterministic", usb=[kind])
    elf = firmware("blink")
    text = run(board, transport, f"reset halt; program {elf} verify; reset run; sleep 20; halt; reg pc; echo [targets]")
    assert FIRMWARE[kind] in text
    assert "VTarget = 3.300 V" in text
    assert ("SWD DPIDR 0x2ba01477" if transport == "swd" else "tap/device found: 0x4ba00477") in text
    assert "Cortex-M4 r0p1 processor detected" in text
    assert "** Verified OK **" in text
    assert re.search(r"stm32l4x\.cpu .* halted", text)


def test_reset_line_holds_the_core(make_board, firmware):
    board = make_board("--deterministic", usb=["jlink"])
    text = run(board, "swd", f"program {firmware('blink')} verify; reset halt; echo [reg pc]",
               before="reset_config srst_only srst_nogate connect_assert_srst")
    assert "halted due to debug-request" in text


def test_speeds_are_those_of_the_interface(make_board):
    """48 MHz / 6 on SWD, 48 MHz / 8 on JTAG: OpenOCD reads the table after it selected."""
    board = make_board("--deterministic", usb=["jlink-ob"])
    text = run(board, "swd", "", speed=20000)
    assert "Reduced speed from 20000 kHz to 8000 kHz (maximum)" in text
    text = run(board, "jtag", "", speed=20000)
    assert "Reduced speed from 20000 kHz to 6000 kHz (maximum)" in text


def test_the_verbs_of_the_driver_find_what_they_ask_for(make_board):
    board = make_board("--deterministic", usb=["jlink,serial=000123456789"])
    text = run(board, "swd", "echo [capture {jlink hwstatus}]; echo [capture {jlink freemem}]; "
               "jlink targetpower on; echo [capture {jlink config}]", before="adapter serial 123456789")
    assert "VTarget = 3.300 V" in text
    assert re.search(r"SRST = 1 TRST = 1", text), text
    assert "Device has 69096 bytes of free memory" in text
    assert "USB address:" in text
    assert '"target_power": true' in json.dumps(board.ctl("stats"))


def test_a_small_memory_is_respected_by_the_host_and_refused_by_the_probe(make_board):
    """OpenOCD sizes its transfers by the free memory: with 200 bytes it still reads RAM."""
    board = make_board("--deterministic", usb=["jlink,memory=200"])
    text = run(board, "swd", "halt; mww 0x20000000 0x12345678; echo VALUE=[read_memory 0x20000000 32 1]")
    assert "VALUE=0x12345678" in text


def test_swo_reaches_the_host(make_board, firmware, tmp_path):
    """OpenOCD sets the TPIU up and reads the probe's buffer; the firmware's ITM is not needed for the
    synchronisation packets."""
    board = make_board(usb=["jlink"])
    trace = tmp_path / "trace.bin"
    run(board, "swd", f"halt; stm32l4x.tpiu configure -protocol uart -traceclk 4000000 -pin-freq 1000000 "
        f"-output {trace} -formatter off; stm32l4x.tpiu enable; "
        "mww 0xe0042004 0x20; itm port 0 on; mww 0xe0000fb0 0xc5acce55; mww 0xe0000e80 0x1000d; "
        "mwb 0xe0000000 0x41; sleep 200; stm32l4x.tpiu disable")
    assert b"\x01A" in trace.read_bytes()


def test_an_old_probe_cannot_do_swd(make_board):
    board = make_board("--deterministic", usb=["jlink-old"])
    done = board.usb_run(["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                          "-f", "interface/jlink.cfg", "-c", "transport select swd",
                          "-f", "target/stm32l4x.cfg", "-c", "init; shutdown"])
    assert done.returncode != 0
    assert "Device supports JTAG transport only" in done.stdout


def test_counts_what_it_was_asked(make_board):
    board = make_board("--deterministic", usb=["jlink"])
    run(board, "swd", "halt")
    stats = json.dumps(board.ctl("stats"))
    assert '"unknown_commands": 0' in stats, stats
