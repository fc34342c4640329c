# SPDX-License-Identifier: GPL-2.0-or-later
"""Erasing and programming STM32 flash: every line's board, both banks, and what must never go wrong."""
import random

import pytest

from kit import board_arguments

FLASH = 0x08000000

# name: page, offset of the upper bank (0: none)
BOARDS = {
    "nucleo-l476rg": (2048, 0x80000), "stm32l4r5": (4096, 0x100000), "stm32l432": (2048, 0),
    "nucleo-g474": (2048, 0x40000), "nucleo-g0b1": (2048, 0x40000), "nucleo-u575": (8192, 0x100000),
    "nucleo-l552": (2048, 0x40000), "nucleo-wb55": (4096, 0),
}


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def image(tmp_path, data, name="image.bin"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def write(daemon, path, address, words="erase"):
    result = daemon.tcl(f"flash write_image {words} {path} {address:#x} bin")
    assert "wrote" in result, result


def surroundings(daemon):
    """ACR, RCC_CR, CFGR, AHB1ENR, APB1ENR1, APB2ENR, PWR_CR1, VTOR of an STM32L4."""
    return daemon.tcl("list " + " ".join(
        f"[read_memory {address} 32 1]" for address in (
            "0x40022000", "0x40021000", "0x40021008", "0x40021048", "0x40021058", "0x40021060",
            "0x40007000", "0xe000ed08")))


@pytest.fixture(params=BOARDS)
def place(request, make_board, make_daemon):
    board = make_board("--deterministic", name=request.param)
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    return board, daemon, *BOARDS[request.param]


def test_every_board_is_programmed_across_its_banks_and_again(place, tmp_path):
    board, daemon, page, upper = place
    first = FLASH + (upper - 2 * page if upper else 8 * page)
    data = noise(4 * page + 100)
    write(daemon, image(tmp_path, data), first, "erase --verify")
    assert board.memory(first, len(data)) == data
    # Again, shifted, with a hole of all ones: only what is named changes.
    other = noise(page, 2) + b"\xff" * page + noise(page, 3)
    write(daemon, image(tmp_path, other), first + page, "erase --verify")
    assert board.memory(first, 4 * page) == data[:page] + other
    assert board.memory(first + 4 * page, 100) == data[4 * page:]


def test_odd_segments_share_a_unit(place, tmp_path):
    """Two ELF-like segments that meet inside one unit of 8 or 16 bytes."""
    board, daemon, page, _ = place
    at = FLASH + 4 * page
    lines = []
    for address, data in ((at + 3, b"one"), (at + 9, b"two!"), (at + 40, noise(21))):
        for kind, addr, body in ((4, 0, (address >> 16).to_bytes(2, "big")),
                                 (0, address & 0xffff, data)):
            record = bytes([len(body)]) + addr.to_bytes(2, "big") + bytes([kind]) + body
            lines.append(":" + (record + bytes([-sum(record) & 0xff])).hex())
    path = tmp_path / "odd.hex"
    path.write_text("\n".join([*lines, ":00000001FF"]) + "\n", encoding="ascii")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {path}")
    assert board.memory(at, 16) == b"\xff" * 3 + b"one" + b"\xff" * 3 + b"two!" + b"\xff" * 3
    assert board.memory(at + 40, 21) == noise(21)


@pytest.fixture(name="l4")
def nucleo(make_board, make_daemon):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    return board, daemon


def test_a_blank_bank_is_mass_erased_and_goes_fast(l4, tmp_path):
    board, daemon = l4
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH)
    stats = board.stats()
    assert stats["flash_mass_erases"] == 1 and stats["flash_page_erases"] == 0
    assert stats["flash_fast_rows"] == 160


def test_a_page_that_is_not_ours_keeps_the_bank_from_a_mass_erase(l4, tmp_path):
    board, daemon = l4
    write(daemon, image(tmp_path, b"mine"), FLASH + 0x7f800)
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH)
    assert board.stats()["flash_mass_erases"] == 0
    assert board.memory(FLASH + 0x7f800, 4) == b"mine"
    assert board.memory(FLASH, 20 * 2048) == noise(20 * 2048)


def test_protection_anywhere_in_the_bank_too(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic")
    board.ctl("options WRP1A=200..200")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt")
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH, "erase --verify")
    assert board.stats()["flash_mass_erases"] == 0


def test_fast_programming_can_be_switched_off(l4, tmp_path):
    board, daemon = l4
    assert daemon.tcl("stm32l4x fast") == "auto"
    daemon.tcl("stm32l4x fast off")
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH, "erase --verify")
    assert board.stats()["flash_fast_rows"] == 0 and board.stats()["flash_programs"] == 20 * 256
    assert daemon.tcl("stm32l4x fast auto") == "auto"


@pytest.mark.parametrize("operations", (2, 33, 1000))
def test_a_fast_row_that_breaks_off_is_written_the_slow_way(l4, tmp_path, operations):
    board, daemon = l4
    board.ctl(f"fail-after {operations} late")
    before = surroundings(daemon)
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH, "erase --verify")
    assert "fast programming broke off" in daemon.text and "came too late" in daemon.text
    assert board.memory(FLASH, 20 * 2048) == noise(20 * 2048)
    assert board.stats()["flash_mass_erases"] == 2 and surroundings(daemon) == before
    assert daemon.tcl("read_memory 0x40022010 32 1") == "0x0"


def test_everything_around_the_flash_is_put_back(l4, tmp_path):
    board, daemon = l4
    # SYSCLK from MSI at 2 MHz in voltage range 2, caches off, SYSCFG without clock.
    daemon.tcl("mww 0x40021058 0x10000000; mww 0x40007000 0x400; mww 0x40021000 0x5b; "
               "mww 0x40022000 0x100")
    before = surroundings(daemon)
    write(daemon, image(tmp_path, noise(20 * 2048)), FLASH, "erase --verify")
    assert board.stats()["flash_fast_rows"] == 160
    assert surroundings(daemon) == before
    # Also after a failure.
    board.ctl("options WRP1A=0..0")
    daemon.fails(f"flash write_image erase {image(tmp_path, noise(2048))} {FLASH:#x} bin")
    assert surroundings(daemon) == before


def test_swapped_banks(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", "--preset", "bank-swap")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("halt; flash probe 0")
    data = noise(40 * 2048)
    first = FLASH + 0x80000 - 20 * 2048
    write(daemon, image(tmp_path, data), first, "erase --verify")
    write(daemon, image(tmp_path, data[::-1]), first, "erase --verify")
    assert daemon.tcl(f"read_memory {first:#x} 8 4") == " ".join(f"{b:#x}" for b in data[:-5:-1])


def test_a_write_that_the_next_reset_hides_is_told(make_board, make_daemon, tmp_path):
    """BFB2 = 1 and a program in bank 2: it is the old one that runs after `program FILE verify reset`."""
    told = "BFB2 = 1 and bank 2 holds a program: a reset starts that one"
    board = make_board("--deterministic", "--preset", "bank-swap")
    daemon = make_daemon(*board_arguments(board))
    code = image(tmp_path, board.memory(FLASH, 16) + noise(4080))
    daemon.tcl(f"halt; flash write_image erase {code} {FLASH:#x} bin")      # FB_MODE = 1: into bank 2
    daemon.tcl(f"reset halt; flash write_image erase {code} {FLASH + 4096:#x} bin; flash erase_sector 0 0 0")
    assert told not in daemon.text
    daemon.tcl(f"program {code} {FLASH:#x} verify")
    assert f'{told}, at 0x08000000: "stm32l4x option set 0 BFB2=0" makes bank 1 start' in daemon.text
    daemon.tcl("stm32l4x option set 0 BFB2=0")
    told_before = daemon.text.count(told)
    daemon.tcl(f"program {code} {FLASH:#x} verify")
    assert daemon.text.count(told) == told_before


def test_a_double_word_of_ones_is_named(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    daemon.tcl("mww 0x40022008 0x45670123; mww 0x40022008 0xcdef89ab; mww 0x40022014 1; "
               "mww 0x08000010 0xffffffff; mww 0x08000014 0xffffffff; mww 0x40022014 0x80000000")
    # Part of the page: nothing is erased that was not asked for.
    text = daemon.fails(f"flash write_image {image(tmp_path, noise(64))} {FLASH:#x} bin")
    assert "not erased" in text and "erase" in text, text
    write(daemon, image(tmp_path, noise(2048)), FLASH, "erase --verify")
    assert board.memory(FLASH, 2048) == noise(2048)


@pytest.mark.parametrize("name", ("nucleo-l476rg", "nucleo-g0b1", "nucleo-u575"))
def test_a_page_that_only_looks_blank_is_erased_if_all_of_it_is_written(name, make_board, make_daemon,
                                                                        tmp_path):
    board = make_board("--deterministic", "--preset", "ones-programmed", name=name)
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    page = BOARDS[name][0]
    write(daemon, image(tmp_path, noise(2 * page)), FLASH, "")
    assert "reads blank and is not erased: erasing the page first" in daemon.text
    assert board.memory(FLASH, 2 * page) == noise(2 * page)
    assert board.stats()["flash_erases"] == 1


def test_a_window_watchdog_that_runs_stays_frozen(l4, tmp_path):
    """Helper code cannot feed WWDG, which would reset the chip in the middle of a double word."""
    board, daemon = l4
    daemon.tcl("mww 0x40021058 0x800; mww 0x40002c04 0x1ff; mww 0x40002c00 0xff")
    path = image(tmp_path, noise(4 * 2048))
    write(daemon, path, FLASH, "erase --verify")
    daemon.tcl(f"flash verify_bank 0 {path}; flash erase_check 0")
    assert board.memory(FLASH, 4 * 2048) == noise(4 * 2048)
    assert int(daemon.tcl("read_memory 0x40002c00 32 1"), 16) & 0x80, "it reset the chip"
    # Not the next time round.
    daemon.tcl("reset halt")
    write(daemon, image(tmp_path, noise(20 * 2048, 2)), FLASH, "erase --verify")
    assert board.stats()["flash_fast_rows"] > 0


def test_nothing_is_written_behind_the_end(l4, tmp_path):
    _, daemon = l4
    text = daemon.fails(f"flash write_image erase {image(tmp_path, noise(64))} 0x08100000 bin")
    assert "no flash bank" in text
    assert "end of" in daemon.fails(f"flash write_bank 0 {image(tmp_path, noise(4096))} 0xff800")


def test_a_live_program_keeps_its_ram(l4, tmp_path):
    _, daemon = l4
    write(daemon, image(tmp_path, noise(40960)), FLASH)
    daemon.tcl("stm32l4x.cpu configure -work-area-backup 1")
    for address in range(0x20000000, 0x20003000, 0x400):
        daemon.tcl(f"mww {address:#x} {address:#x}")
    daemon.tcl(f"flash erase_check 0; flash verify_bank 0 {image(tmp_path, noise(40960))}")
    for address in range(0x20000000, 0x20003000, 0x400):
        assert daemon.tcl(f"read_memory {address:#x} 32 1") == f"{address:#x}"


def test_gdb_loads_on_a_small_core(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", name="nucleo-g0b1")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt")
    daemon.tcl(f"program {image(tmp_path, noise(5000))} verify 0x08000000")
    assert board.memory(FLASH, 5000) == noise(5000)


def test_half_a_double_word_is_finished(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", "--preset", "half-dw", name="nucleo-g0b1")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("halt")
    write(daemon, image(tmp_path, noise(5000)), FLASH, "erase --verify")
    assert board.memory(FLASH, 5000) == noise(5000)


def test_pages_of_the_second_core_are_refused(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", "--preset", "sfsa", name="nucleo-wb55")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt")
    text = daemon.fails(f"flash write_image erase {image(tmp_path, noise(64))} 0x080ff000 bin")
    assert "belongs to the second core" in text and "SFSA" in text
    write(daemon, image(tmp_path, noise(5000)), FLASH, "erase --verify")


def test_voltage_range_of_an_l5(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", "--preset", "vos-range", name="nucleo-l552")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("halt")
    before = daemon.tcl("read_memory 0x40007000 32 1")
    write(daemon, image(tmp_path, noise(5000)), FLASH, "erase --verify")
    assert daemon.tcl("read_memory 0x40007000 32 1") == before
