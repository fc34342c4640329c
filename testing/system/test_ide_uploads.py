# SPDX-License-Identifier: GPL-2.0-or-later
"""Uploads as build tools do them: one command line, its exit code, and what is in flash afterwards."""
import re
import shlex
import shutil
import socket
import subprocess

import pytest

from ide import FLASH, Workplace, error_lines, image_of
from kit import TOP

STLINK = "-f interface/stlink.cfg -f target/stm32l4x.cfg"


@pytest.fixture(scope="module")
def place(tmp_path_factory, firmware):
    tmp = tmp_path_factory.mktemp("uploads")
    for source, name in (("blink.elf", "fw.elf"), ("blink.bin", "fw.bin"), ("blink.elf", "a b.elf"),
                         ("blink.bin", "nuttx.bin"), ("watch.elf", "app.elf")):
        shutil.copy(firmware("blink").parent / source, tmp / name)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "ihex", firmware("blink"), tmp / "fw.hex"], check=True)
    # a boot loader that does not overlap the application
    subprocess.run(["arm-none-eabi-objcopy", "-I", "binary", "-O", "elf32-littlearm", "fw.bin", "boot.o"],
                   check=True, cwd=tmp)
    subprocess.run(["arm-none-eabi-ld", f"--section-start=.data={FLASH + 0x8000:#x}", "-e",
                    f"{FLASH + 0x8000:#x}", "boot.o", "-o", "boot.elf"], check=True, cwd=tmp)
    support = tmp / "support"
    support.mkdir()
    (support / "openocd.cfg").write_text(ZEPHYR_BOARD, encoding="ascii")
    (tmp / "riot.cfg").write_text(RIOT_BOARD, encoding="ascii")
    (tmp / "variant.cfg").write_text("source [find interface/stlink.cfg]\ntransport select hla_swd\n"
                                     "source [find target/stm32l4x.cfg]\n", encoding="ascii")
    place = Workplace(tmp)
    yield place
    place.close()


@pytest.fixture(autouse=True)
def empty(place):
    place.erase()
    yield
    place.end()


# A board's support/openocd.cfg in the idiom of Zephyr's.
ZEPHYR_BOARD = """
source [find interface/stlink.cfg]
transport select hla_swd
if { [info exists _ZEPHYR_BOARD_SERIAL] } { hla_serial $_ZEPHYR_BOARD_SERIAL }
set WORKAREASIZE 0x8000
source [find target/stm32l4x.cfg]
reset_config srst_only srst_nogate
$_TARGETNAME configure -event gdb-attach {
	echo "Debugger attaching: halting execution"
	reset halt
	gdb_breakpoint_override hard
}
$_TARGETNAME configure -event gdb-detach {
	echo "Debugger detaching: resuming execution"
	resume
}
gdb_report_data_abort enable
"""
RIOT_BOARD = """
source [find interface/stlink-v2-1.cfg]
transport select hla_swd
source [find target/stm32l4x.cfg]
reset_config srst_only
"""


def is_loaded(place, firmware, name="blink", at=FLASH):
    want = image_of(firmware(name))
    return place.flash(len(want), at) == want


def is_running(place):
    return place.board.ctl("state")["core"] in ("running", "sleeping")


# ---- Zephyr west (A4, A11) ----

def west(*commands):
    """Its base line; each command is one word of the argument list, some with a blank in front."""
    return ["openocd", "-s", "support", "-s", str(TOP / "tcl"), "-f", "support/openocd.cfg", *commands]


def flags(*commands):
    return [word for command in commands for word in ("-c", command)]


def test_a11_west_reads_the_version(place):
    out = place.run(["openocd", "--version"])
    version = re.search(r"Open On-Chip Debugger v?(\d+.\d+.\d+)", out).group(1)
    assert tuple(map(int, version.split("."))) > (0, 11, 0)


@pytest.mark.parametrize("first", ["reset init", "reset halt"])
def test_a4_west_flash_hex(place, firmware, first):
    out = place.run(west("-c init", "-c targets", *flags(first, "flash write_image erase fw.hex",
                                                         "reset run", "shutdown")))
    assert re.search(r"wrote \d+ bytes from file fw.hex in [\d.]+s \([\d.]+ KiB/s\)", out)
    assert re.search(r"0\* stm32l4x.cpu +(hla_target|cortex_m) +little stm32l4x.cpu +\w+", out), out
    assert is_loaded(place, firmware) and is_running(place)


def test_a4_west_flash_with_erase_verify_and_serial(place, firmware):
    words = west("-c init", "-c targets",
                 *flags("reset init", "stm32l4x mass_erase 0", "flash write_image erase fw.hex",
                        "reset halt", "verify_image fw.hex", "reset run", "shutdown"))
    out = place.run(words)
    assert re.search(r"verified \d+ bytes in [\d.]+s \([\d.]+ KiB/s\)", out), out
    assert is_loaded(place, firmware)


def test_a4_west_flash_elf_into_ram(place, firmware):
    """--use-elf: load_image and a 16-digit start address; the core runs on afterwards."""
    place.preload(firmware("blink"))
    shutil.copy(firmware("ram"), place.tmp / "ram.elf")
    out = subprocess.run(["arm-none-eabi-readelf", "-h", firmware("ram")], capture_output=True, text=True,
                         check=True).stdout
    entry = int(re.search(r"Entry point address: +(\w+)", out).group(1), 16)
    place.run(west("-c init", "-c targets", *flags("reset init", "load_image ram.elf",
                                                   f"resume 0x{entry:016x}", "shutdown")))
    assert is_running(place)
    assert 0x20000000 <= place.board.ctl("state")["pc"] < 0x20100000


@pytest.mark.parametrize("words, text", [
    (west("-c init", "-c targets", *flags("reset init", "flash write_image erase no.hex", "reset run", "shutdown")),
     "no.hex"),
    (["openocd", "-s", "support", "-c set _ZEPHYR_BOARD_SERIAL 000000000000", "-f", "support/openocd.cfg",
      "-c init", "-c targets", "-c", "shutdown"], "000000000000"),
    (["openocd", "-f", "interface/jlink.cfg", "-c", "transport select swd", "-f", "target/stm32l4x.cfg",
      "-c init", "-c", "shutdown"], "J-Link"),
], ids=["no file", "no such serial", "no such probe"])
def test_a4_west_tells_a_failure(place, words, text):
    assert text in place.run(words, rc=1)


# ---- PlatformIO, NuttX ----

@pytest.mark.parametrize("level", ["-d1", "-d2"])
@pytest.mark.parametrize("transport", ["hla_swd", "swd", "dapdirect_swd"])
def test_platformio_upload(place, firmware, level, transport):
    out = place.run(["openocd", level, "-s", TOP / "tcl", "-f", "interface/stlink.cfg", "-c",
                     f"transport select {transport}", "-f", "target/stm32l4x.cfg", "-c",
                     f"program {{{place.tmp}/fw.bin}} 0x08000000 verify reset; shutdown;"])
    assert "** Verified OK **" in out and is_loaded(place, firmware) and is_running(place)


def test_platformio_upload_of_an_elf_and_its_failure(place, firmware):
    line = ["openocd", "-d1", "-s", TOP / "tcl", "-f", "interface/stlink.cfg", "-c",
            "transport select hla_swd", "-f", "target/stm32l4x.cfg", "-c"]
    place.run([*line, f"program {{{place.tmp}/fw.elf}}  verify reset; shutdown;"])
    assert is_loaded(place, firmware)
    assert "** Programming Failed **" in place.run([*line, "program {no.elf} verify reset; shutdown;"], rc=1)


def test_nuttx(place, firmware):
    place.shell(f'openocd {STLINK} -c "program nuttx.bin 0x08000000 verify reset exit"')
    assert is_loaded(place, firmware)


# ---- CLion (A7) ----

def test_a7_clion_run(place, firmware):
    out = place.run(["openocd", "-s", TOP / "tcl", "-c", "gdb_port 0", "-c", "telnet_port 0", "-c",
                     "tcl_port disabled", "-f", "variant.cfg", "-c", 'program "a b.elf";reset;shutdown'])
    assert "** Programming Finished **" in out
    assert not error_lines(out), out
    assert is_loaded(place, firmware) and is_running(place)


def test_a7_clion_is_told_of_a_failure(place):
    out = place.run(["openocd", "-s", TOP / "tcl", "-c", "gdb_port 0", "-c", "telnet_port 0", "-f",
                     "variant.cfg", "-c", 'program "no such.elf";reset;shutdown'], rc=1)
    assert "** Programming Failed **" in out
    assert any("no such.elf" in line for line in error_lines(out)), out


# ---- Arduino (A8) ----

@pytest.mark.parametrize("level", ["-d0", "-d2"])
def test_a8_arduino_samd_pattern(place, firmware, level):
    out = place.run(["openocd", level, "-s", f"{TOP}/tcl/", "-f", "variant.cfg", "-c",
                     f"telnet_port disabled; program {{{{{place.tmp}/fw.bin}}}} verify reset 0x08002000; shutdown"])
    assert "** Verified OK **" in out
    assert is_loaded(place, firmware, at=FLASH + 0x2000)


def test_a8_arduino_long_options_and_boot_loader(place, firmware):
    place.run(["openocd", "--debug=2", "--search", TOP / "tcl", "--file", "variant.cfg", "--command",
               f"telnet_port disabled; init; halt; program {{{{{place.tmp}/fw.elf}}}} verify reset; shutdown"])
    assert is_loaded(place, firmware)
    place.erase()
    place.run(["openocd", "-s", TOP / "tcl", "-f", "variant.cfg", "-c",
               "init; reset_config srst_nogate; reset halt; program {fw.elf}; reset; exit"])
    assert is_loaded(place, firmware) and is_running(place)


# ---- RIOT (A9) ----

RIOT_PORTS = flags("tcl_port 0", "telnet_port 0", "gdb_port 0")


def riot_flash_base(text):
    """As openocd.sh does it: lines that are a list of dicts, the fourth word is the base in decimal."""
    lines = [line for line in text.split("\n") if line.startswith("{") and line.endswith("}")]
    assert len(lines) == 1, text
    return int(lines[0].strip("{}").split("} ")[0].split()[3])


def test_a9_riot_finds_the_flash(place):
    first = place.run(["openocd", "-f", "riot.cfg", *flags("init", "flash probe 0", "flash list", "shutdown")])
    assert riot_flash_base(first) == FLASH
    second = place.run(["openocd", "-f", "riot.cfg", *flags("flash list", "shutdown")])
    assert riot_flash_base(second) == FLASH


@pytest.mark.parametrize("image, offset, kind", [("fw.bin", "0x08000000", "bin"), ("fw.hex", "0", ""),
                                                 ("fw.elf", "0", "")])
@pytest.mark.parametrize("quiet", [[], ["-l", "/dev/null"]], ids=["loud", "quiet"])
def test_a9_riot_flash(place, firmware, image, offset, kind, quiet):
    out = place.run(["openocd", "-f", "riot.cfg", *RIOT_PORTS, *flags(
        "init", "targets", "reset halt", f'flash write_image erase "{place.tmp}/{image}" {offset} {kind}',
        f'verify_image "{place.tmp}/{image}" {offset}', "reset run", "shutdown"), *quiet])
    assert is_loaded(place, firmware) and is_running(place)
    if quiet:
        assert len([line for line in out.split("\n") if line]) <= 4, out      # the banner at most


def test_a9_riot_reset_and_failure(place, firmware):
    place.preload(firmware("blink"))
    place.run(["openocd", "-f", "riot.cfg", *RIOT_PORTS, *flags("init", "reset run", "shutdown")])
    assert is_running(place)
    place.run(["openocd", "-f", "riot.cfg", *RIOT_PORTS, *flags(
        "init", "targets", "reset halt", 'flash write_image erase "no.bin" 0x08000000 bin', "shutdown"),
        "-l", "/dev/null"], rc=1)


# ---- make, CMake, CI (A10) ----

IDIOMS = [
    # name, the words after -f ... , rc, is the image in flash at the end, does the core run
    ("elf", '-c "program fw.elf verify reset exit"', 0, True, True),
    ("address last", '-c "program fw.bin verify reset exit 0x08000000"', 0, True, True),
    ("address first", '-c "program fw.bin 0x8000000 verify reset exit"', 0, True, True),
    ("no file", '-c "program no.elf verify reset exit"', 1, False, None),
    ("steps", '-c init -c "reset halt" -c "flash write_image erase fw.hex" -c "verify_image fw.hex" '
              '-c "reset run" -c shutdown', 0, True, True),
    ("a step fails", '-c init -c "reset halt" -c "flash write_image erase no.hex" -c "reset run" -c shutdown',
     1, False, None),
    ("verify fails", '-c init -c "reset halt" -c "verify_image fw.hex" -c "reset run" -c shutdown', 1, False, None),
    ("mass erase", '-c "init; reset halt; stm32l4x mass_erase 0; exit"', 0, False, None),
    ("init before program", '-c "init; halt; program fw.bin 0x08000000 verify; reset run; exit"', 0, True, True),
    ("trailing semicolon", '-c "program fw.elf verify; reset init; resume; shutdown;"', 0, True, True),
    ("reset and exit", '-c "init; reset run; exit"', 0, False, None),
    ("reset in three words", '-c "init" -c "reset" -c "shutdown"', 0, False, None),
    ("two loads", '-c "program boot.elf verify" -c "program fw.elf verify reset exit"', 0, True, True),
    ("write protection off", '-c "init; reset halt; flash protect 0 0 last off; exit"', 0, False, None),
    ("hex with preverify", '-c "program fw.hex preverify verify reset exit"', 0, True, True),
    ("unknown verb", '-c "init; frobnicate; exit"', 1, False, None),
    ("unlock", '-c init -c "reset halt" -c "flash write_image erase unlock nuttx.bin 0x08000000" -c shutdown',
     0, True, None),
]


@pytest.mark.parametrize("words, rc, in_flash, runs", [row[1:] for row in IDIOMS], ids=[row[0] for row in IDIOMS])
def test_a10_one_liners(place, firmware, words, rc, in_flash, runs):
    out = place.shell(f"openocd {STLINK} {words}", rc=rc)
    assert is_loaded(place, firmware) is in_flash, out
    if rc == 0 and "preverify" not in words:        # which says what differs, and goes on
        assert not error_lines(out), out
    if runs is not None:
        assert is_running(place) is runs
    if "boot.elf" in words:
        assert is_loaded(place, firmware, at=FLASH + 0x8000)


def test_a10_option_bytes(place):
    """The chip resets itself when it loads them: not an error."""
    out = place.shell(f'openocd {STLINK} -c "init; reset halt; stm32l4x option_write 0 0x20 0x03000000 0x03000000; '
                      'stm32l4x option_load 0; shutdown"')
    assert not error_lines(out), out


def test_a10_timeout_ends_it_cleanly(place):
    server = place.server(shlex.split(f'timeout 600 openocd -c "gdb_port 0; tcl_port 0; telnet_port 0" {STLINK}'))
    server.stop()           # timeout hands the signal on
    assert "shutdown command invoked" in server.text
    place.shell(f'openocd {STLINK} -c "init; exit"')        # and the probe was closed


# ---- a port that is taken (A12) ----

@pytest.mark.parametrize("kind", ["gdb", "tcl", "telnet"])
def test_a12_port_busy(place, kind):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        others = "; ".join(f"{other}_port 0" for other in ("gdb", "tcl", "telnet") if other != kind)
        out = place.shell(f'openocd -c "{others}; {kind}_port {port}" {STLINK}', rc=1, network=None)
    assert "Address already in use" in out and str(port) in out
