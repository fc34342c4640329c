# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judges of the emulated ST-LINKs: the distribution's OpenOCD 0.12 by every road it has
to an ST-LINK (hla, raw DAP access over SWD and JTAG), and the stlink-tools."""
import re
import shutil

import pytest

from kit import wait_for

FLASH = 0x08000000
SRAM1 = 0x20000000

needs_openocd = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
needs_stlink_tools = pytest.mark.skipif(not shutil.which("st-flash"),
                                        reason="stlink-tools are not installed")


def openocd(board, transport, *commands, speed=4000, code=0):
    """Runs the commands after init and returns what OpenOCD said."""
    script = "interface/stlink.cfg" if transport == "hla_swd" else "interface/stlink-dap.cfg"
    done = board.usb_run(["openocd", "-f", script, "-c", f"transport select {transport}",
                          "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                          "-f", "target/stm32l4x.cfg", "-c", f"adapter speed {speed}", "-c", "init",
                          *[word for c in commands for word in ("-c", c)], "-c", "shutdown"])
    assert done.returncode == code, done.stdout
    return done.stdout


def image_of(firmware, name="blink"):
    return firmware(name).with_suffix(".bin")


# Every kind that OpenOCD 0.12 knows, and each generation of firmware by its own road.
ROADS = [
    ("st-link-v2", "hla_swd"),
    ("st-link-v2,fw=J17", "hla_swd"),
    ("st-link-v2-1", "hla_swd"),
    ("st-link-v3", "hla_swd"),
    ("st-link-v2", "dapdirect_swd"),
    ("st-link-v2,fw=J24", "dapdirect_swd"),
    ("st-link-v2-1", "dapdirect_jtag"),
    ("st-link-v2,fw=J28", "dapdirect_jtag"),
    ("st-link-v3", "dapdirect_swd"),
    ("st-link-v3-set", "dapdirect_jtag"),
    ("st-link-v3-minie", "dapdirect_swd"),
]


@needs_openocd
@pytest.mark.parametrize("probe, transport", ROADS)
def test_openocd_examines_programs_verifies_and_resets(make_board, firmware, probe, transport):
    board = make_board("--deterministic", usb=[probe])
    text = openocd(board, transport, f"program {image_of(firmware)} verify reset {FLASH:#x}")
    assert "Cortex-M4 r0p1 processor detected" in text
    assert "target has 6 breakpoints, 4 watchpoints" in text
    assert "** Verified OK **" in text
    data = image_of(firmware).read_bytes()
    assert board.memory(FLASH, len(data)) == data
    wait_for(lambda: board.ctl("run 1")["ok"] and board.stats()["instructions"] > 0, "the program runs")


@needs_openocd
@pytest.mark.parametrize("probe, transport", [("st-link-v2", "hla_swd"), ("st-link-v3", "dapdirect_swd"),
                                              ("st-link-v2-1", "dapdirect_jtag")])
def test_openocd_memory_in_every_width(make_board, tmp_path, probe, transport):
    board = make_board("--deterministic", usb=[probe])
    data = bytes((i * 7 + i // 251) & 0xff for i in range(20001))
    image = tmp_path / "image.bin"
    image.write_bytes(data)
    text = openocd(board, transport, "halt", f"mww {SRAM1:#x} 0x03020100 64", f"mwh {SRAM1 + 6:#x} 0xbeef",
                   f"mwb {SRAM1 + 9:#x} 0xa5", f"echo words=[mdw {SRAM1:#x} 3]",
                   f"load_image {image} {SRAM1 + 0x101:#x} bin",
                   f"dump_image {tmp_path}/back.bin {SRAM1 + 0x101:#x} {len(data)}")
    assert "03020100 beef0100 0302a500" in text
    assert board.memory(SRAM1 + 0x101, len(data)) == data
    assert (tmp_path / "back.bin").read_bytes() == data


@needs_openocd
def test_openocd_sees_versions_and_voltage(make_board):
    board = make_board(usb=["st-link-v3-set"])
    text = openocd(board, "dapdirect_swd", speed=8000)
    assert "STLINK V3J7M3B5S1 (API v3) VID:PID 0483:374F" in text
    assert "clock speed 8000 kHz" in text
    assert re.search(r"Target voltage: 3\.(29|30)", text)


@needs_openocd
def test_openocd_misses_the_voltage_of_a_board_that_is_off(make_board):
    board = make_board(usb=["st-link-v2-1"])
    board.ctl("power off")
    text = openocd(board, "hla_swd", code=1)
    assert "target voltage may be too low for reliable debugging" in text
    assert "unable to connect to the target" in text


@needs_openocd
def test_openocd_bus_error_is_told_and_the_next_command_works(make_board):
    board = make_board(usb=["st-link-v2"])
    text = openocd(board, "hla_swd", "halt", "catch {mdw 0x60000000} said; echo said=$said",
                   f"mww {SRAM1:#x} 0x12345678", f"echo after=[mdw {SRAM1:#x}]")
    assert "after=0x20000000: 12345678" in text
    text = openocd(board, "dapdirect_swd", "halt", "catch {mdw 0x60000000} said; echo said=$said",
                   f"echo after=[mdw {SRAM1:#x}]")
    assert "after=0x20000000: 12345678" in text


@needs_openocd
def test_openocd_refuses_raw_access_with_old_firmware(make_board):
    board = make_board(usb=["st-link-v2,fw=J17"])
    text = openocd(board, "dapdirect_swd", code=1)
    assert "ST-Link version does not support DAP direct transport" in text


@needs_openocd
def test_openocd_0_12_does_not_know_the_v3pwr(make_board):
    """Its scripts have no 0483:3757, and told of it, it takes it for a V2, whose commands go to another
    endpoint. The V3PWR is judged by its sibling, the V3MINIE, which has the same firmware here."""
    board = make_board("--deterministic", usb=["st-link-v3pwr"])
    for ids in ("", "hla_vid_pid 0x0483 0x3757"):
        done = board.usb_run(["openocd", "-f", "interface/stlink.cfg", "-c", ids, "-c",
                              "transport select hla_swd", "-f", "target/stm32l4x.cfg", "-c", "init",
                              "-c", "shutdown"])
        assert done.returncode == 1
        assert ("read version failed" if ids else "open failed") in done.stdout


@needs_stlink_tools
@pytest.mark.parametrize("probe, version", [("st-link-v2", "V2J37S7"), ("st-link-v2,fw=J17", "V2J17S7"),
                                            ("st-link-v2-1", "V2J39M27|V2J39S27")])
def test_st_info_finds_the_probe(make_board, probe, version):
    board = make_board("--deterministic", usb=[probe])
    done = board.usb_run(["st-info", "--probe"])
    assert "Found 1 stlink programmers" in done.stdout
    assert re.search(rf"version: +({version})", done.stdout), done.stdout
    assert "chipid:     0x0415" in done.stdout
    assert "flash:      1048576 (pagesize: 2048)" in done.stdout


@needs_stlink_tools
def test_st_flash_writes_reads_and_erases(make_board, firmware, tmp_path):
    """stlink-tools 1.7.0 never opens an AP: that AP 0 is open all the same is what real probes do."""
    board = make_board("--deterministic", usb=["st-link-v2"])
    image = image_of(firmware)
    data = image.read_bytes()
    done = board.usb_run(["st-flash", "write", image, f"{FLASH:#x}"])
    assert done.returncode == 0 and "Flash written and verified! jolly good!" in done.stdout, done.stdout
    assert board.memory(FLASH, len(data)) == data
    done = board.usb_run(["st-flash", "read", tmp_path / "back.bin", f"{FLASH:#x}", str(len(data))])
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "back.bin").read_bytes() == data
    done = board.usb_run(["st-flash", "erase"])
    assert done.returncode == 0, done.stdout
    assert board.memory(FLASH, 64) == b"\xff" * 64


@needs_stlink_tools
def test_st_info_shows_a_binary_serial_number_as_hex(make_board):
    board = make_board("--deterministic", usb=["st-link-v2,serial=4943680666644950551220AB,serial_format=binary"])
    done = board.usb_run(["st-info", "--probe"])
    assert "Found 1 stlink programmers" in done.stdout, done.stdout
    # libusb gives what is no ASCII as '?': all tools that use its helper show 3f there.
    assert re.search(r"serial: +4943680666644950551220(AB|3F)", done.stdout, re.I), done.stdout
