# SPDX-License-Identifier: GPL-2.0-or-later
"""`flash plan` and --dry-run: what they say, that they touch nothing, and that the time comes true."""
import json
import os
import random

import pytest

from kit import board_arguments, wait_for

FLASH = 0x08000000
TOUCHED = ("flash_erases", "flash_programs", "flash_page_erases", "flash_mass_erases", "option_writes")


@pytest.fixture
def chip(make_board, make_daemon):
    """chip(name, *options): a board in virtual time and its daemon."""
    def make(name="nucleo-l476rg", *options):
        board = make_board("--deterministic", *options, name=name)
        return board, make_daemon(*board_arguments(board))
    return make


def image(folder, n, seed=1):
    path = folder / f"image{n}.bin"
    path.write_bytes(random.Random(seed).randbytes(n))
    return path


def touched(board):
    stats = board.stats()
    return [stats[key] for key in TOUCHED if key in stats]


def plan(daemon, arguments):
    return json.loads(daemon.tcl(f"flash plan -json {arguments}"))


def test_a_plan_touches_nothing_and_does_not_halt(chip, tmp_path):
    board, daemon = chip()
    path = image(tmp_path, 5000)
    daemon.tcl("reset halt; write_memory 0x20000000 32 {0xe7fee7fe}; set_reg {pc 0x20000000 xPSR 0x01000000}; resume")
    before = touched(board), board.memory(0x20000000, 0x8000)
    text = daemon.tcl(f"flash plan --skip-same {path} {FLASH + 0x400:#x}")
    assert "sectors 0..2 at 0x08000000: blank, not erased, program 5000 bytes from 0x08000400" in text
    assert "nothing was erased or written" in text
    for line in (f"flash write_image erase --dry-run {path} {FLASH:#x}", f"flash write_bank --dry-run 0 {path}",
                 "flash fillw 0x08000000 1 64 --dry-run", "flash erase_sector 0 0 last --dry-run",
                 "flash erase_address --dry-run pad 0x08000100 64", f"program {path} {FLASH:#x} --dry-run",
                 "flash protect --dry-run 0 0 3 on"):
        assert "sector" in daemon.tcl(line) or "program" in line, line
    assert (touched(board), board.memory(0x20000000, 0x8000)) == before
    assert daemon.tcl("[target current] curstate") == "running"
    assert "write_image failed" not in daemon.text


def test_what_is_kept_skipped_blank_and_right_is_counted(chip, tmp_path):
    _, daemon = chip()
    path = image(tmp_path, 3 * 2048)
    daemon.tcl(f"reset halt; flash write_image {path} {FLASH:#x}")
    changed = bytearray(path.read_bytes())
    changed[2048] ^= 0xff
    path.write_bytes(changed + bytes(range(100)))
    found = plan(daemon, f"--skip-same --keep {path} {FLASH:#x}")["banks"][0]
    assert found["erase"] == [[1, 1]]
    assert found["sectors_skipped"] == 2 and found["skipped_bytes"] == 4096
    assert found["kept_bytes"] == 2048 - 100
    assert found["program_bytes"] == 4096               # page 1, and page 3 with its rest
    assert found["blank_sectors"] == 1
    found = plan(daemon, f"{path} {FLASH:#x}")["banks"][0]
    assert found["erase"] == [[0, 3]]
    assert found["same_sectors"] == 2 and found["blank_sectors"] == 1
    text = daemon.tcl(f"flash plan {path} {FLASH:#x}")
    assert '2 sectors (4096 bytes) hold the data already: "--skip-same" leaves them alone' in text
    assert daemon.tcl(f"dict get [lindex [dict get [flash plan -dict {path} {FLASH:#x}] banks] 0] sectors_erased") == "4"


def test_what_stands_in_the_way_is_said_before(chip, tmp_path):
    _, daemon = chip()
    path = image(tmp_path, 8192)
    daemon.tcl("reset halt; flash protect 0 1 2 on; catch {stm32l4x option_load 0}; flash probe 0")
    wait_for(lambda: daemon.tcl("[target current] was_examined") == "1", "the chip to be back")
    text = daemon.tcl(f"flash plan {path} {FLASH:#x}")
    assert "sectors 1..2 are write-protected: the write is refused" in text
    assert "the protection is taken off first" in daemon.tcl(f"flash plan unlock {path} {FLASH:#x}")
    text = daemon.tcl(f"flash plan {path} {FLASH + 0xff000:#x}")
    assert "no flash bank found for address 0x08100000: 4096 bytes are not written" in text
    assert "no flash bank found" in daemon.fails(f"flash plan {path} 0x30000000")
    daemon.tcl(f"flash fillw {FLASH + 0x8000:#x} 0 2")
    text = daemon.tcl(f"flash write_image --dry-run {path} {FLASH + 0x8000:#x}")
    assert "1 of 4 sectors are not blank, and nothing is erased before" in text


def test_a_closed_chip_is_planned_with_the_reason(chip, tmp_path):
    _, daemon = chip("nucleo-l476rg", "--preset", "rdp1")
    text = daemon.tcl(f"flash plan {image(tmp_path, 4096)} {FLASH:#x}")
    assert "read-out protection (RDP) is at level 1" in text
    assert "sectors 0..1 at 0x08000000: erase" in text


@pytest.mark.parametrize("name, speed, n", [("nucleo-l476rg", 4000, 100000), ("nucleo-l476rg", 500, 40000),
                                            ("nucleo-g0b1", 4000, 20000), ("nucleo-u575", 4000, 100000),
                                            ("nucleo-wb55", 10000, 100000), ("mimxrt1064-evk", 4000, 100000)])
def test_the_time_comes_true(chip, tmp_path, name, speed, n):
    board, daemon = chip(name)
    path = image(tmp_path, n)
    daemon.tcl(f"adapter speed {speed}; reset init; flash probe 0")
    base = int(daemon.tcl("lindex [lindex [flash list] 0] 3")) + (0x4000 if "rt" in name else 0)
    foreseen = plan(daemon, f"{path} {base:#x}")["estimate_us"]
    before = board.stats()["virtual_ns"]
    daemon.tcl(f"flash write_image erase {path} {base:#x}")
    took = (board.stats()["virtual_ns"] - before) / 1000
    assert abs(took - foreseen) <= 0.15 * took, (took, foreseen)


def test_the_boot_rom_s_view_is_in_the_plan(chip, tmp_path):
    board, daemon = chip("mimxrt1064-evk")
    path = image(tmp_path, 20000)
    daemon.tcl("reset run; sleep 100; flash probe 0")
    text = daemon.tcl(f"flash plan {path} 0x70000000")
    assert "the ROM will not boot this: no FCB at 0x70000000" in text
    assert "erase: 5 times 4 KiB" in text
    assert daemon.tcl("[target current] curstate") == "running"
    assert os.path.exists(path) and board.stats().get("nor_erases", 0) == 0
