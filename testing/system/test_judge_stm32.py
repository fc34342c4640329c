# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judge on every STM32 board: the distribution's OpenOCD 0.12 with its own scripts, over
an emulated CMSIS-DAP v2 probe. It knows nothing of us: what it takes for the part, erases, programs,
protects and reads back, the part would have done."""
import re
import shutil

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")

FLASH = 0x08000000


class Row:
    """What the judge must find. `kib` of flash in `banks` of `page` bytes; OPTR at `optr`, WRP1AR at
    `wrp`; an option bit that changes nothing while nobody sleeps; the number of the OTP bank in the
    judge's script; does an empty flash boot the loader until options are loaded?"""
    def __init__(self, script, firmware, name, kib, banks, page, optr=0x20, factory=0xffeff8aa,
                 wrp=0x2c, bit=0x1000, otp=1, empty=False):
        self.script, self.firmware, self.name, self.kib = script, firmware, name, kib
        self.banks, self.page, self.optr, self.factory = banks, page, optr, factory
        self.wrp, self.bit, self.otp, self.empty = wrp, bit, otp, empty

    @property
    def middle(self):
        return FLASH + self.kib * 1024 // 2

    @property
    def pages(self):
        return self.kib * 1024 // self.page


ROWS = {
    "nucleo-l476rg": Row("stm32l4x", "blink", "STM32L47/L48xx", 1024, 2, 2048),
    "stm32l4r5": Row("stm32l4x", "l4r5_blink", "STM32L4R/L4Sxx", 2048, 2, 4096, empty=True),
    "stm32l432": Row("stm32l4x", "l432_blink", "STM32L43/L44xx", 256, 1, 2048, empty=True),
    "nucleo-g0b1": Row("stm32g0x", "g0b1_blink", "STM32G0B/G0Cx", 512, 2, 2048, factory=0xfffffeaa,
                       bit=0x2000, empty=True),
    "nucleo-g474": Row("stm32g4x", "g474_blink", "STM32G47/G48xx", 512, 2, 2048),
    "nucleo-u575": Row("stm32u5x", "u575_blink", "STM32U57/U58xx", 2048, 2, 8192, optr=0x40,
                       factory=0x1feff8aa, wrp=0x58, otp=2),
    "nucleo-l552": Row("stm32l5x", "l552_blink", "STM32L55/L56xx", 512, 2, 2048, optr=0x40,
                       factory=0x7feff8aa, wrp=0x58, otp=2),
    "nucleo-wb55": Row("stm32wbx", "wb55_blink", "STM32WB5x", 1024, 1, 4096, factory=0x2d8f71aa,
                       empty=True),
}


class Judge:
    def __init__(self, board, row):
        self.board, self.row = board, row

    def run(self, *commands, code=0, wires="reset_config srst_only srst_nogate"):
        argv = ["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                "-c", "adapter driver cmsis-dap; transport select swd",
                "-f", f"target/{self.row.script}.cfg", "-c", f"{wires}; adapter srst delay 0", "-c", "init"]
        for command in (*commands, "shutdown"):
            argv += ["-c", command]
        done = self.board.usb_run(argv)
        assert code is None or done.returncode == code, done.stdout
        return done.stdout

    def fails(self, *commands):
        text = self.run(*commands, code=None)
        assert "Error:" in text, text
        return text

    def load_options(self, *commands):
        """option_load resets the chip and the debug port with it: the judge may complain there."""
        self.run("reset init", *commands, "catch {stm32l4x option_load 0}", code=None)

    def options(self):
        return self.board.ctl("options")["result"]

    def power_cycle(self):
        self.board.ctl("power off")
        self.board.ctl("power on")

    def hexes(self, text, name):
        return [int(x, 16) for x in re.findall(rf"{name}.*?= (0x[0-9a-f]+)", text)]

    def info(self):
        return self.board.ctl("flash-info")["result"]


@pytest.fixture(params=ROWS)
def judge(request, make_board):
    # The judge gives a mass erase 250 polls: the 195 ms of U5 pass with the wall clock only.
    is_slow = request.param == "nucleo-u575" and "erase" in request.function.__name__
    options = () if is_slow else ("--deterministic",)
    return Judge(make_board(*options, name=request.param, usb=["mcu-link"]), ROWS[request.param])


def pattern(size, seed):
    return bytes((i * 131 + (i >> 8) * 7 + seed) & 0xff for i in range(size))


def test_probe_and_program_over_the_middle(judge, tmp_path):
    row = judge.row
    data = pattern(2048, 1)
    image = tmp_path / "image.bin"
    image.write_bytes(data)
    start = row.middle - 1024
    text = judge.run("reset init", "echo [flash probe 0]", "echo [flash info 0]",
                     f"program {image} verify {start:#x}", f"stm32l4x option_read 0 {row.optr:#x}",
                     f"stm32l4x otp {row.otp} show")
    assert row.name in text and f"flash size = {row.kib} KiB" in text, text
    assert "size failed" not in text, text
    assert ("dual-bank" if row.banks == 2 else "single-bank") in text, text
    assert "** Verified OK **" in text, text
    assert judge.board.memory(start, len(data)) == data
    assert judge.hexes(text, "Option Register") == [row.factory], text
    assert judge.board.memory(FLASH, 64) == b"\xff" * 64
    stats = judge.board.stats()
    assert (stats["flash_rejected_writes"], stats["flash_key_errors"]) == (0, 0)
    assert stats["flash_page_erases"] == 2


def test_erase_one_sector_beyond_the_middle_then_all(judge, tmp_path):
    row = judge.row
    image = tmp_path / "image.bin"
    data = pattern(row.kib * 1024, 5)
    image.write_bytes(data)
    judge.board.ctl(f"flash-load {image}")
    number = row.pages // 2 + 1
    judge.run("reset init", f"flash erase_sector 0 {number} {number}")
    at = number * row.page
    expected = data[:at] + b"\xff" * row.page + data[at + row.page:]
    assert judge.board.memory(FLASH, len(data)) == expected
    if judge.board.name == "nucleo-wb55":       # the upper pages are CPU2's: no mass erase for CPU1
        last = judge.options()["active"]["SFSA"] - 1
        assert "protected" in judge.fails("reset init", "stm32l4x mass_erase 0")
        assert "protected" in judge.fails("reset init", f"flash erase_sector 0 {last + 1} {last + 1}")
        judge.run("reset init", f"flash erase_sector 0 {last} {last}")
        at = last * row.page
        assert judge.board.memory(FLASH, len(data))[at:] == b"\xff" * row.page + data[at + row.page:]
        return
    text = judge.run("reset init", "stm32l4x mass_erase 0")
    assert "mass erase complete" in text, text
    assert judge.board.memory(FLASH, len(data)) == b"\xff" * len(data)
    assert judge.board.stats()["flash_mass_erases"] == 1


def test_options_are_written_and_loaded(judge):
    row = judge.row
    judge.run("reset init", f"stm32l4x option_write 0 {row.optr:#x} 0 {row.bit:#x}")
    assert judge.options()["active"]["nRST_STOP"] == 1
    assert judge.options()["stored"]["nRST_STOP"] == 0
    judge.load_options()
    assert judge.options()["active"]["nRST_STOP"] == 0
    text = judge.run("reset init", f"stm32l4x option_read 0 {row.optr:#x}")
    assert judge.hexes(text, "Option Register") == [row.factory & ~row.bit], text
    assert judge.options()["level"] == 0


def test_protection_on_and_off(judge, tmp_path):
    row = judge.row
    image = tmp_path / "image.bin"
    image.write_bytes(pattern(256, 9))
    judge.load_options("flash protect 0 2 3 on")
    active = judge.options()["active"]
    assert [2, 3] in (active["WRP1A"], active["WRP1B"])
    text = judge.run("reset init", "stm32l4x wrp_info 0")
    assert re.search(r"\[\s*2\s*,\s*3\s*\]", text), text
    at = FLASH + 2 * row.page
    judge.fails("reset init", f"flash write_image erase {image} {at:#x}")
    assert judge.board.memory(at, 256) == b"\xff" * 256
    judge.load_options("flash protect 0 2 3 off")
    if judge.board.name == "nucleo-u575":
        # 0.12 writes WRPxyR without UNLOCK: that area is as it is for ever (RM0456 7.9.18).
        assert judge.options()["active"]["WRP1A"] == [2, 3]
        return
    judge.run("reset init", f"flash write_image erase {image} {at:#x}")
    assert judge.board.memory(at, 256) == image.read_bytes()


def test_lock_shuts_the_flash_and_unlock_erases_it(judge, tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(pattern(4096, 2))
    judge.board.ctl(f"flash-load {image}")
    judge.run("reset init", "stm32l4x lock 0")
    assert judge.options()["level"] == 0        # not loaded
    judge.power_cycle()
    assert judge.options()["level"] == 1
    text = judge.run("halt", f"set rc [catch {{read_memory {FLASH:#x} 32 1}}]; echo rc=$rc", code=None)
    assert "rc=1" in text, text
    judge.power_cycle()
    judge.run("reset init", "stm32l4x unlock 0", "sleep 250", code=None)
    judge.power_cycle()
    assert judge.options()["level"] == 0
    assert judge.info()["programmed"] == 0
    judge.run("halt", f"read_memory {FLASH:#x} 32 4")


def test_firmware_is_programmed_and_blinks(judge, firmware):
    elf = firmware(judge.row.firmware)
    image = elf.with_suffix(".bin").read_bytes()
    entry = int.from_bytes(image[4:8], "little") & ~1

    def start():
        text = judge.run("reset halt", "echo pc=[reg pc]", "reset run")
        return int(re.search(r"pc=.*(0x[0-9a-f]{8})", text).group(1), 16)
    text = judge.run(f"program {elf} verify")
    assert "** Verified OK **" in text, text
    if judge.row.empty:             # sampled with the options: a reset is not enough (RM0394 2.6)
        assert start() & 0xffff0000 == 0x1fff0000
        judge.power_cycle()
    assert start() == entry
    before = judge.board.stats()
    judge.board.ctl("run 450000000")
    after = judge.board.stats()
    assert after["led_toggles"] - before["led_toggles"] in (3, 4, 5)
    assert after["uart_sent"] > 0 and after["uart_sent"] % len("hello\r\n") == 0


@pytest.mark.parametrize("name,script,probe", [
    ("nucleo-l476rg", "st_nucleo_l4", "st-link-v2-1"), ("nucleo-g0b1", "st_nucleo_g0", "st-link-v2-1"),
    ("nucleo-g474", "st_nucleo_g4", "st-link-v3"), ("nucleo-l552", "st_nucleo_l5", "st-link-v2-1"),
    ("nucleo-wb55", "st_nucleo_wb55", "st-link-v2-1")])
def test_the_boards_own_scripts(make_board, firmware, name, script, probe):
    """Over the ST-LINK that is on the board, with the distribution's script for the board."""
    board = make_board("--deterministic", name=name, usb=[probe])
    row = ROWS[name]
    elf = firmware(row.firmware)
    done = board.usb_run(["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                          "-f", f"board/{script}.cfg", "-c", f"init; reset init; program {elf} verify; shutdown"])
    assert done.returncode == 0 and "** Verified OK **" in done.stdout, done.stdout
    assert row.name in done.stdout
    image = elf.with_suffix(".bin").read_bytes()
    assert board.memory(FLASH, len(image)) == image


def test_what_a_reset_cures_and_what_it_does_not(make_board, firmware):
    """Connect under reset and program: nothing that firmware did stands in the way, what is in the option
    bytes does."""
    judge = Judge(make_board("--deterministic", usb=["mcu-link"]), ROWS["nucleo-l476rg"])
    elf = firmware("blink")
    image = elf.with_suffix(".bin").read_bytes()
    under_reset = "reset_config srst_only srst_nogate connect_assert_srst"
    for preset in ("stray-write", "bank-swap", "iwdg-hw", "stop-mode", "swd-off", "ecc-double", "run-pd",
                   "app-busy", "rdp1", "wrp-bank", "torn-options", "brownout"):
        judge.board.ctl(f"preset {preset}")
        text = judge.run("reset init", f"program {elf} verify", code=None, wires=under_reset)
        is_refused = preset in ("rdp1", "wrp-bank", "torn-options", "brownout")
        assert ("** Verified OK **" in text) is not is_refused, (preset, text)
        if not is_refused:
            assert judge.board.memory(FLASH, len(image)) == image, preset
