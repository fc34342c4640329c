# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judge of the board's SWO pin: the distribution's OpenOCD sets up the trace with its own
stm32l4x script, captures through an emulated probe, and must find in its file what left the pin.
"""
import shutil

import pytest

from kit import openocd

pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")

FLASH = 0x08000000
CMSIS_DAP = ("-f", "interface/cmsis-dap.cfg", "-c", "transport select swd")
JLINK = ("-f", "interface/jlink.cfg", "-c", "transport select swd")
STLINK = ("-f", "interface/stlink-dap.cfg", "-c", "transport select dapdirect_swd")
HLA = ("-f", "interface/stlink.cfg",)

# Rates the probe's own clock can come near enough to: the J-Links divide 60 and 48 MHz.
PROBES = {
    "mcu-link": ("mcu-link", CMSIS_DAP, 2000000),
    "mcu-link-slow": ("mcu-link", CMSIS_DAP, 500000),
    "cmsis-dap-v2-fs": ("cmsis-dap-v2-fs", CMSIS_DAP, 500000),
    "cmsis-dap-hid": ("cmsis-dap-hid", CMSIS_DAP, 100000),
    "jlink": ("jlink", JLINK, 2000000),
    "jlink-ob": ("jlink-ob", JLINK, 1000000),
    "st-link-v2": ("st-link-v2", STLINK, 1000000),
    "st-link-v2-1": ("st-link-v2-1", STLINK, 2000000),
    "st-link-v3": ("st-link-v3", STLINK, 2000000),
    "st-link-v2-1-hla": ("st-link-v2-1", HLA, 2000000),
}


def line(n):
    """What testing/firmware/swo.c prints in round n, as packets of port 0."""
    return b"".join(bytes((1, c)) for c in f"round {n} of the trace test\n".encode())


def capture(board, elf, tmp_path, interface, baud, after="itm port 0 on", configure="-formatter off"):
    """Returns what OpenOCD wrote and what left the pin. The board's time moves with OpenOCD's requests only,
    so a slow machine loses nothing."""
    sent, heard = tmp_path / "sent", tmp_path / "heard"
    board.ctl(f"load {FLASH:#x} {elf.with_suffix('.bin')}")
    board.ctl(f"swo {sent}")
    # Halted before the end, so that nothing is on its way when the capture stops.
    text = openocd(board, *interface, commands="; ".join([
        "reset halt",
        f"stm32l4x.tpiu configure -protocol uart -output {heard} -traceclk 4000000 -pin-freq {baud} {configure}",
        "stm32l4x.tpiu enable", after, "resume", "sleep 300", "halt", "sleep 200", "stm32l4x.tpiu disable"]))
    state = board.ctl("swo off")["result"]
    assert state["baud"] == baud, text
    return heard.read_bytes(), sent.read_bytes()


@pytest.mark.parametrize("name", PROBES)
def test_text_of_port_0(make_board, firmware, tmp_path, name):
    probe, interface, baud = PROBES[name]
    board = make_board("--deterministic", usb=[probe])
    heard, sent = capture(board, firmware("swo"), tmp_path, interface, baud)
    assert len(sent) > 500
    assert heard == sent
    assert heard.startswith(line(0) + line(1) + line(2))


def test_ports_of_all_sizes(make_board, firmware, tmp_path):
    board = make_board("--deterministic", usb=["mcu-link"])
    heard, sent = capture(board, firmware("swo"), tmp_path, CMSIS_DAP, 2000000, after="itm ports on")
    assert heard == sent
    first = line(0) + b"\x0b\0\0\0\0" + b"\x12\0\0" + b"\xf9\0"
    assert heard.startswith(first)


def test_formatter_frames(make_board, firmware, tmp_path):
    board = make_board("--deterministic", usb=["mcu-link"])
    heard, sent = capture(board, firmware("swo"), tmp_path, CMSIS_DAP, 2000000, configure="-formatter on")
    assert heard == sent
    assert heard.startswith(b"\xff\xff\xff\x7f")
    assert (len(heard) - 4) % 16 == 0
