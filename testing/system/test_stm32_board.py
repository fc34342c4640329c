# SPDX-License-Identifier: GPL-2.0-or-later
"""The STM32 boards as a debugger without any knowledge meets them: register writes over SWD, and what the
chip makes of them (RM0351 unless another manual is named)."""
import re
import subprocess

import pytest

import stm32
from kit import TOP, wait_for
from stm32 import (ACR, BANK, CR, DBGMCU_CR, DHCSR, ECCR, FAULT, FLASH, IDCODE, KEYR, LOCK, MEMRMP, NO_ACK,
                   OPTKEYR, OPTLOCK, OPTR, PAGE, PCROP1ER, RCC_CSR, SR, SRAM1, SRAM2, WRP1AR, Swd)

BOARDS = ["nucleo-l476rg", "stm32l4r5", "stm32l432", "nucleo-g0b1", "nucleo-g474", "nucleo-u575",
          "nucleo-l552", "nucleo-wb55"]


@pytest.fixture
def board(make_board):
    return make_board("--deterministic")


@pytest.fixture
def swd(board):
    swd = Swd(board)
    swd.attach()
    swd.reset()
    return swd


@pytest.fixture
def start(make_board):
    """start("rdp1"): a board in that state, and a debugger that has not attached yet."""
    def start(preset, *options):
        return Swd(make_board("--deterministic", "--preset", preset, *options))
    return start


def pattern(size):
    return bytes((i * 37 + (i >> 8) + 1) & 0xff for i in range(size))


def fill(board, tmp_path, size=2 * BANK):
    image = tmp_path / "all.bin"
    image.write_bytes(pattern(size))
    board.ctl(f"flash-load {image}")
    return image.read_bytes()


def blank_pages(data, page=PAGE):
    return [i for i in range(len(data) // page) if data[i * page:(i + 1) * page] == b"\xff" * page]


def options(board):
    return board.ctl("options")["result"]


# --- Erase and program, bit by bit (3.3.5 to 3.3.7) ---

@pytest.mark.parametrize("fb_mode,values", [
    (False, [(0x00010002, 0), (0x000107fa, 255), (0x00010802, 256), (0x00010ffa, 511)]),
    (True, [(0x00010802, 0), (0x00010ffa, 255), (0x00010002, 256), (0x000107fa, 511)])])
def test_a_page_erase_counts_in_the_physical_bank(board, swd, tmp_path, fb_mode, values):
    fill(board, tmp_path)
    swd.set_fb_mode(fb_mode)
    erased = []
    for cr, page in values:
        assert swd.erase(cr) == 0
        erased.append(page)
        assert blank_pages(board.memory(FLASH, 2 * BANK)) == sorted(erased)


def test_a_page_number_beyond_the_bank_wraps(board, swd, tmp_path):
    """PNB has 8 bits: page "256" without BKER is page 0, the vector table."""
    fill(board, tmp_path)
    swd.erase(0x00010002 | 256 << 3 & 0x7f8)
    assert blank_pages(board.memory(FLASH, 2 * BANK)) == [0]


def test_mass_erase_of_one_and_of_both_banks(board, swd, tmp_path):
    data = fill(board, tmp_path)
    assert swd.erase(0x00010004) == 0
    assert board.memory(FLASH, 2 * BANK) == b"\xff" * BANK + data[BANK:]
    swd.open()
    swd.write(CR, 0x00008004)
    swd.write(CR, 0x00018004)
    assert swd.poll() == 0
    assert board.memory(FLASH, 2 * BANK) == b"\xff" * 2 * BANK


def test_a_double_word_is_programmed_once(board, swd):
    assert swd.program(FLASH + 8, 0x11223344, 0x55667788) == 0
    assert (swd.read(FLASH + 8), swd.read(FLASH + 12)) == (0x11223344, 0x55667788)
    assert swd.program(FLASH + 8, 0x11223344, 0x55667788) == 0xa8
    swd.write(SR, 0xc3fb)
    assert swd.program(FLASH + 8, 0, 0) == 0                 # zeros may go over anything
    assert board.memory(FLASH + 8, 8) == bytes(8)
    assert board.stats()["double_writes"] == 1


def test_ones_that_were_programmed_are_not_erased(board, swd):
    assert swd.program(FLASH, 0xffffffff, 0xffffffff) == 0
    assert board.ctl(f"cell-state {FLASH:#x}")["result"]["state"] == "programmed"
    assert swd.read(FLASH) == 0xffffffff
    assert swd.program(FLASH, 1, 2) == 0xa8
    swd.write(SR, 0xc3fb)
    assert swd.erase(0x00010002) == 0
    assert swd.program(FLASH, 1, 2) == 0


def test_programming_follows_fb_mode(board, swd):
    swd.set_fb_mode(True)
    assert swd.program(FLASH, 1, 2) == 0
    swd.set_fb_mode(False)
    assert swd.read(FLASH) == 0xffffffff
    assert swd.read(FLASH + BANK) == 1


# --- SR (3.7.5) ---

def test_a_write_to_locked_flash(swd):
    assert swd.pair(FLASH, 1, 2) == 0xa0
    swd.write(SR, 0x20)
    assert swd.read(SR) == 0x80


def test_a_write_to_a_protected_page(board, swd):
    board.ctl("options WRP1A=3..5")
    assert swd.program(FLASH + 4 * PAGE, 1, 2) == 0xb0
    assert swd.read(FLASH + 4 * PAGE) == 0xffffffff


@pytest.mark.parametrize("address,size,expected", [(0, 1, 0x40), (0, 2, 0x40), (4, 1, 0x60)])
def test_narrow_writes(swd, address, size, expected):
    swd.open()
    swd.write(CR, 1)
    swd.sized(FLASH + address, 0x5a, size)
    assert swd.read(SR) == expected


def test_fast_programming_without_a_mass_erase(swd):
    swd.open()
    swd.write(CR, 1 << 18)
    swd.write(FLASH, 1)
    assert swd.read(SR) == 0x80
    swd.write(SR, 0xc3fb)
    swd.write(CR, 1 << 18 | 1 << 25)        # ERRIE: OPERR as well
    swd.write(FLASH, 1)
    assert swd.read(SR) == 0x82


@pytest.mark.parametrize("left,then", [(1, 0x00018004), (1, 0x00010002), (1 << 18, 0x00018004), (2, 0x00018004)],
                         ids=["pg-mass", "pg-page", "fstpg-mass", "per-mass"])
def test_a_mode_that_was_left_set_refuses_the_erase(board, swd, tmp_path, left, then):
    data = fill(board, tmp_path)
    swd.open()
    swd.write(CR, left)
    swd.write(CR, left | then)
    assert swd.poll() == 0x80
    assert board.memory(FLASH, 2 * BANK) == data


def test_an_old_error_refuses_what_comes_next(board, swd):
    swd.pair(FLASH, 1, 2)
    swd.write(KEYR, 0x45670123)
    swd.write(KEYR, 0xcdef89ab)
    swd.write(CR, 1)
    assert swd.pair(FLASH, 1, 2) & 0x80
    assert board.memory(FLASH, 8) == b"\xff" * 8
    swd.write(SR, 0xc3fb)
    assert swd.read(SR) == 0
    assert swd.pair(FLASH, 1, 2) == 0


def test_eop_only_with_its_interrupt(swd):
    swd.open()
    swd.write(CR, 1)
    assert swd.pair(FLASH, 1, 2) == 0
    swd.write(CR, 1 | 1 << 24)
    assert swd.pair(FLASH + 8, 1, 2) == 1


def test_one_protected_page_stops_the_mass_erase_of_both_banks(board, swd, tmp_path):
    data = fill(board, tmp_path)
    board.ctl("options WRP2B=7..7")
    assert swd.erase(0x00018004) == 0x10
    assert board.memory(FLASH, 2 * BANK) == data
    swd.write(SR, 0xc3fb)
    assert swd.erase(0x00010004) == 0
    assert board.memory(FLASH, 2 * BANK) == b"\xff" * BANK + data[BANK:]


# --- Locks and keys (3.3.5) ---

@pytest.mark.parametrize("keys", [(0xcdef89ab,), (0x45670123, 0x45670123), (0x12345678,)])
def test_a_wrong_key_locks_until_reset(swd, keys):
    for key in keys[:-1]:
        swd.write(KEYR, key)
    assert swd.refused(swd.write, KEYR, keys[-1]) == FAULT
    swd.write(KEYR, 0x45670123)
    swd.write(KEYR, 0xcdef89ab)
    assert swd.read(CR) == LOCK | OPTLOCK
    swd.reset()
    swd.open()


def test_a_key_for_an_open_lock_shuts_it(swd):
    swd.open()
    assert swd.refused(swd.write, KEYR, 0x45670123) == FAULT
    assert swd.read(CR) & LOCK


def test_the_option_key_needs_the_first_lock_open(swd):
    assert swd.refused(swd.write, OPTKEYR, 0x08192a3b) == FAULT
    swd.reset()
    swd.open(options=True)
    swd.write(CR, LOCK)
    assert swd.read(CR) == LOCK | OPTLOCK


def test_locked_registers_drop_writes(swd):
    swd.write(CR, 2)
    assert swd.read(CR) == LOCK | OPTLOCK
    swd.open()
    swd.write(OPTR, 0xffffffaa)
    assert swd.read(OPTR) == 0xffeff8aa
    swd.write(CR, OPTLOCK | stm32.OPTSTRT | stm32.OBL_LAUNCH)
    assert swd.read(CR) == OPTLOCK


# --- Option bytes (3.4) ---

def test_an_edit_is_a_shadow_until_it_is_stored(swd):
    swd.open(options=True)
    swd.write(OPTR, 0xffeefcaa)
    assert swd.read(OPTR) == 0xffeefcaa
    swd.reset()
    assert swd.read(OPTR) == 0xffeff8aa


def test_stored_options_wait_for_their_loading(board, swd):
    swd.store_options(OPTR=0xffeffcaa)
    swd.reset()
    assert swd.read(OPTR) == 0xffeff8aa
    assert options(board)["stored"]["BOR_LEV"] == 4
    swd.launch()
    assert swd.read(OPTR) == 0xffeffcaa
    assert swd.read(RCC_CSR) & 1 << 25          # OBLRSTF
    swd.store_options(OPTR=0xffeff8aa)
    board.ctl("power off")
    board.ctl("power on")
    swd.attach()
    assert swd.read(OPTR) == 0xffeff8aa


@pytest.mark.parametrize("value,field,meaning", [
    (0xffeff8aa, "level", 0), (0xffeff8bb, "level", 1), (0xffeff800, "level", 1), (0xffeff8cc, "level", 2),
    (0xfffff8aa, "BFB2", 1), (0xffcff8aa, "DUALBANK", 0), (0xffeef8aa, "IWDG_SW", 0),
    (0xffeffcaa, "BOR_LEV", 4), (0xfffff8ff, "level", 1)])
def test_what_optr_means(board, swd, value, field, meaning):
    swd.store_options(OPTR=value)
    board.ctl("power off")
    board.ctl("power on")
    now = options(board)
    assert (now["level"] if field == "level" else now["active"][field]) == meaning
    assert now["registers"]["OPTR"] == value


@pytest.mark.parametrize("value,pages", [(0xff00ffff, []), (0xffffff00, range(256)),
                                         (0xff1fff00, range(32)), (0xff05ff05, [5])], ids=["none", "all", "32", "5"])
def test_what_a_write_protection_word_covers(board, swd, tmp_path, value, pages):
    data = fill(board, tmp_path)
    swd.write_options(WRP1AR=value)
    for page in (0, 4, 5, 6, 31, 32, 255):
        sr = swd.erase(0x00010002 | page << 3)
        assert sr == (0x10 if page in pages else 0), page
        swd.write(SR, 0xc3fb)
    kept = [p for p in (0, 4, 5, 6, 31, 32, 255) if p in pages]
    now = board.memory(FLASH, BANK)
    assert all(now[p * PAGE:(p + 1) * PAGE] == data[p * PAGE:(p + 1) * PAGE] for p in kept)


def test_removing_all_write_protection(board, swd):
    board.ctl("options WRP1A=0..255 WRP1B=1..2 WRP2A=3..4 WRP2B=9..9")
    swd.write_options(**{name: 0xff00ffff for name in ("WRP1AR", "WRP1BR", "WRP2AR", "WRP2BR")})
    assert swd.erase(0x00018004) == 0


def test_pcrop_reads_as_an_error_and_cannot_be_taken_back(start):
    swd = start("pcrop")
    swd.attach()
    swd.halt()
    assert swd.refused(swd.read, FLASH + 4 * PAGE) == FAULT
    assert swd.read(SR) & 1 << 14               # RDERR
    assert swd.erase(0x00010002 | 4 << 3) == 0x10
    swd.write(SR, 0xc3fb)
    swd.write_options(PCROP1SR=0xffffffff, PCROP1ER=0x0fff0000)
    assert options(swd.board)["active"]["PCROP1"] == [4 * PAGE // 8, 6 * PAGE // 8 - 1]


# --- Read protection (3.5.1) ---

def test_level_1_as_a_debugger_sees_it(start):
    swd = start("rdp1")
    assert swd.attach() == 0x2ba01477
    assert not swd.board.ctl("flash-info")["result"]["intruded"]
    assert swd.read(IDCODE) == 0x10076415
    assert swd.read(OPTR) & 0xff == 0xbb
    assert swd.read(0x1fff75e0) & 0xffff == 1024
    swd.write(SRAM1, 0x12345678)
    assert swd.read(SRAM1) == 0x12345678
    assert swd.refused(swd.read, FLASH) == FAULT
    assert swd.refused(swd.read, SRAM2) == FAULT
    assert swd.board.ctl("flash-info")["result"]["intruded"]
    swd.reset(halt=False)
    swd.board.ctl("run 3000000")
    assert swd.board.ctl("led")["result"]["toggles"] == swd.board.ctl("led")["result"]["toggles"]
    assert swd.refused(swd.read, FLASH) == FAULT
    swd.board.ctl("power off")
    swd.board.ctl("power on")
    before = swd.board.ctl("led")["result"]["toggles"]
    swd.board.ctl("run 5000000")
    assert swd.board.ctl("led")["result"]["toggles"] > before


def test_level_1_to_0_erases_the_flash(start):
    swd = start("rdp1")
    swd.attach()
    swd.halt()
    swd.open(options=True)
    swd.write(PCROP1ER, swd.read(PCROP1ER) | 1 << 31)
    swd.write(OPTR, swd.read(OPTR) & ~0xff | 0xaa)
    swd.write(CR, stm32.OPTSTRT)
    swd.poll()
    swd.launch()
    assert options(swd.board)["level"] == 0
    assert swd.read(FLASH) == 0xffffffff
    assert swd.board.ctl("flash-info")["result"]["programmed"] == 0


def test_level_2_is_silent_for_ever(board, swd):
    swd.store_options(OPTR=0xffeff8cc)
    board.ctl("power off")
    board.ctl("power on")
    assert swd.refused(swd.attach) == NO_ACK
    swd.nrst(True)
    assert swd.refused(swd.attach) == NO_ACK


# --- BFB2 and FB_MODE (2.6, AN2606) ---

def test_bank_2_is_started_by_the_boot_loader(start):
    swd = start("bank-swap")
    swd.attach()
    swd.write(stm32.RCC_APB2ENR, swd.read(stm32.RCC_APB2ENR) | 1)
    assert swd.read(MEMRMP) & 0x100
    swd.reset()
    assert swd.reg(15) & 0xffff0000 == 0x1fff0000       # the PC: system memory
    assert swd.read(4) == 0x1fff6145
    assert swd.read(stm32.RCC_APB2ENR) & 1 == 0
    assert swd.read(MEMRMP) == 0                        # without its clock it reads 0
    swd.write(stm32.RCC_APB2ENR, 1)
    assert swd.read(MEMRMP) & 0x107 == 1
    swd.resume()
    swd.board.ctl("run 5000000")
    assert swd.read(MEMRMP) & 0x107 == 0x100


def test_no_valid_bank_leaves_the_boot_loader_running(start):
    swd = start("bfb2")
    swd.attach()
    swd.halt()
    assert swd.reg(15) & 0xffff0000 == 0x1fff0000
    swd.write_options(OPTR=swd.read(OPTR) & ~0x00100000)
    swd.board.ctl("run 5000000")
    assert swd.board.ctl("led")["result"]["toggles"] > 0


# --- Connecting, watchdogs, supply ---

def test_stop_mode_loses_the_memory_port_until_connect_under_reset(start):
    swd = start("stop-mode")
    assert swd.attach() == 0x2ba01477
    swd.retries(5)
    swd.refused(swd.read, DHCSR)
    swd.under_reset()
    assert swd.reg(15) == FLASH + 0x100
    assert swd.read(DBGMCU_CR) == 7
    swd.resume()
    swd.board.ctl("run 5000000")
    assert swd.board.ctl("stop-mode")["result"]["power"] == "stop"
    assert swd.read(DHCSR) & 1                          # DBG_STOP keeps the clock


def test_pins_that_firmware_took_come_back_under_reset(start):
    swd = start("swd-off")
    assert swd.refused(swd.attach) == NO_ACK
    swd.under_reset()
    assert swd.reg(15) == FLASH + 0x100


def test_the_hardware_watchdog_resets_and_can_be_frozen(start):
    swd = start("iwdg-hw")
    swd.board.ctl("run 600000000")
    swd.attach()
    assert swd.read(RCC_CSR) & 1 << 29
    swd.write(RCC_CSR, 1 << 23)
    swd.halt()
    swd.write(stm32.APB1FZR1, 0x1800)
    swd.board.ctl("run 2000000000")
    assert not swd.read(RCC_CSR) & 1 << 29
    swd.write_options(OPTR=swd.read(OPTR) | 0x00090000)
    swd.write(RCC_CSR, 1 << 23)
    swd.board.ctl("run 2000000000")
    assert not swd.read(RCC_CSR) & 1 << 29


def test_a_firmware_watchdog_does_not_start_under_vector_catch(start):
    swd = start("iwdg-fw")
    swd.board.ctl("run 600000000")
    swd.attach()
    assert swd.read(RCC_CSR) & 1 << 29
    swd.reset()
    swd.write(RCC_CSR, 1 << 23)
    swd.board.ctl("run 2000000000")
    assert not swd.read(RCC_CSR) & 1 << 29


def test_the_supply_sags_in_the_third_operation(start, tmp_path):
    swd = start("brownout")
    swd.attach()
    swd.halt()
    swd.write(RCC_CSR, 1 << 23)
    assert swd.erase(0x00010002) == 0
    assert swd.erase(0x0001000a) == 0
    with pytest.raises(Exception):
        swd.erase(0x00010012)
    swd.board.ctl("run 30000000")
    swd.attach()
    assert swd.read(RCC_CSR) & 1 << 27                  # BORRSTF
    assert swd.read(CR) == LOCK | OPTLOCK
    assert swd.board.stats()["flash_aborted"] == 1


def cut(swd, what, count=1):
    """The supply goes in the middle of the next operation and comes back."""
    board = swd.board
    board.ctl(f"fail-after {count} power")
    try:
        what()
    except stm32.Refused:
        pass
    board.ctl("run 60000000")
    assert not board.ctl("state")["powered"]
    board.ctl("power on")
    swd.attach()
    swd.halt()


def test_a_power_cut_in_a_double_word_is_a_double_ecc_error(swd):
    cut(swd, lambda: swd.program(FLASH + BANK + 16, 0x55555555, 0xaaaaaaaa))
    assert swd.read(ECCR) & 1 << 31 == 0
    swd.read(FLASH + BANK + 16)
    assert swd.read(ECCR) & 0xc00fffff == 0x80080010    # ECCD, BK_ECC, offset in the bank
    assert swd.program(FLASH + BANK + 16, 1, 2) == 0xa8
    swd.write(SR, 0xc3fb)
    swd.write(ECCR, 1 << 31)
    assert swd.erase(0x00010802) == 0
    swd.write(ACR, 0)
    swd.write(ACR, 0x1000)
    assert swd.read(FLASH + BANK + 16) == 0xffffffff
    assert swd.read(ECCR) & 1 << 31 == 0


def test_a_power_cut_in_an_erase_leaves_neither_old_nor_blank(board, swd, tmp_path):
    data = fill(board, tmp_path)
    cut(swd, lambda: swd.erase(0x00010002 | 3 << 3))
    now = board.memory(FLASH, 2 * BANK)
    page = now[3 * PAGE:4 * PAGE]
    assert page not in (data[3 * PAGE:4 * PAGE], b"\xff" * PAGE)
    assert now[:3 * PAGE] == data[:3 * PAGE] and now[4 * PAGE:] == data[4 * PAGE:]
    assert swd.erase(0x00010002 | 3 << 3) == 0
    assert blank_pages(board.memory(FLASH, 2 * BANK)) == [3]


def test_a_power_cut_in_an_option_write_loads_the_mismatch_values(board, swd):
    cut(swd, lambda: swd.store_options(OPTR=0xffeffcaa))
    assert swd.read(SR) & 0x8000
    assert swd.read(OPTR) == 0xfffff8ff
    assert options(board)["level"] == 1
    assert options(board)["active"]["PCROP1"] == [0, 0xffff]
    assert swd.read(WRP1AR) & 0x00ff00ff == 0xff
    swd.write(SR, 0xc3fb)
    swd.open(options=True)
    for name, value in (("OPTR", 0xffeff8aa), ("PCROP1SR", 0xffffffff), ("PCROP1ER", 0x80000000),
                        ("PCROP2SR", 0xffffffff), ("PCROP2ER", 0)):
        swd.write(getattr(stm32, name), value)
    swd.write(CR, stm32.OPTSTRT)
    swd.poll()
    swd.launch()
    assert swd.read(SR) == 0
    assert swd.read(OPTR) == 0xffeff8aa
    assert swd.program(FLASH, 1, 2) == 0


def test_the_cable_goes_in_the_middle_of_an_erase(board, swd):
    board.ctl("fail-after 1 unplug")
    with pytest.raises((ConnectionError, OSError)):
        for _ in range(100):
            swd.erase(0x00010002)
    board.ctl("replug")
    again = Swd(board)
    again.attach()
    assert again.poll() == 0                            # the chip knows nothing of it


def test_failures_count_bytes(swd):
    swd.board.ctl("fail-after 24 bytes reset")
    for i in range(2):
        assert swd.program(FLASH + 8 * i, 1, 2) == 0
    swd.open()
    swd.write(CR, 1)
    swd.write(FLASH + 16, 1)
    swd.write(FLASH + 20, 2)
    swd.board.ctl("run 1000000")
    assert swd.read(CR) == LOCK | OPTLOCK
    assert swd.board.stats()["flash_aborted"] == 1


def test_the_stale_data_cache(start):
    swd = start("stale-cache")
    swd.attach()
    swd.halt()
    assert swd.board.ctl(f"cell-state {FLASH + 0x4000:#x}")["result"]["state"] == "erased"
    assert swd.read(FLASH + 0x4000) != 0xffffffff
    acr = swd.read(ACR)
    swd.write(ACR, acr & ~0x600)
    swd.write(ACR, acr & ~0x600 | 0x1800)
    swd.write(ACR, acr)
    assert swd.read(FLASH + 0x4000) == 0xffffffff


def test_the_flash_is_down_until_its_key(start):
    swd = start("run-pd")
    swd.attach()
    swd.halt()
    assert swd.reg(15) & 0xffff0000 == SRAM1
    assert swd.read(ACR) & 1 << 13
    swd.write(stm32.PDKEYR, 0x04152637)
    swd.write(stm32.PDKEYR, 0xfafbfcfd)
    swd.write(ACR, swd.read(ACR) & ~(1 << 13))
    assert swd.read(FLASH + 4) == FLASH + 0x101


# --- The state file ---

def test_what_survives_a_restart(make_board, tmp_path):
    state = tmp_path / "state"
    first = make_board("--deterministic", "--state", state, "--preset", "ones-programmed")
    first.ctl("options WRP1A=3..5 BOR_LEV=2")
    first.ctl(f"ecc {FLASH + 0x1000:#x} double")
    first.stop()
    again = make_board("--deterministic", "--state", state)
    assert again.ctl(f"cell-state {FLASH:#x}")["result"]["state"] == "programmed"
    assert again.ctl(f"cell-state {FLASH + 0x1000:#x}")["result"]["state"] == "bad"
    assert options(again)["active"]["WRP1A"] == [3, 5]
    assert options(again)["active"]["BOR_LEV"] == 2


# --- Presets and knobs of every board ---

@pytest.mark.parametrize("name", BOARDS)
def test_every_preset_can_be_set_twice(make_board, name):
    board = make_board("--deterministic", name=name)
    presets = list(board.ctl("preset")["presets"])
    for preset in presets:
        board.ctl(f"preset {preset}")
    assert "good" in presets and board.ctl("preset good")["ok"]
    assert board.ctl("flash-info")["result"]["intruded"] is False
    assert options(board)["level"] == 0
    before = board.ctl("led")["result"]["toggles"]
    board.ctl("run 20000000")
    assert board.ctl("led")["result"]["toggles"] > before


def test_what_a_board_cannot_have_is_refused_in_words(board):
    listed = board.ctl("preset")["presets"]
    for preset, words in (("sfsa", "no second core"), ("tzen", "no TrustZone")):
        assert preset not in listed
        error = board.ctl(f"preset {preset}", fails=True)["error"]
        assert "STM32L476RG has " + words in error
    error = board.ctl("preset nonsense", fails=True)["error"]
    assert "rdp1" in error and "sfsa" not in error


@pytest.mark.parametrize("name", BOARDS)
def test_every_verb_answers_nonsense_in_one_sentence(make_board, name):
    board = make_board("--deterministic", name=name)
    for verb in board.ctl("help")["verbs"]:
        if verb["name"] in ("quit", "help", "dump", "save", "swo", "uart-rx", "flash-dump"):
            continue
        for arguments in ("", "nonsense", "0x", "-1 -1 -1", "999999999999 off off off"):
            board.lines.write(f"{verb['name']} {arguments}\n")
            board.lines.flush()
            line = board.lines.readline()
            assert line.startswith('{"ok":'), (verb["name"], arguments, line)
            if line.startswith('{"ok":false'):
                assert len(line) > 25, line
    assert wait_for(board.alive, "the board")


# --- The knobs, on the lines that differ ---

@pytest.mark.parametrize("name", BOARDS)
def test_every_option_takes_its_values_by_name(make_board, name):
    board = make_board("--deterministic", name=name)
    factory = options(board)["active"]
    assert {"RDP", "IWDG_SW", "WRP1A"} <= set(factory)
    for option, value in factory.items():
        if isinstance(value, list):
            board.ctl(f"options {option}=3..5")
            assert options(board)["active"][option] == [3, 5], option
        elif option in ("RDP", "TZEN", "BOOT_LOCK") or option.endswith("UNLOCK"):
            continue        # another value closes the part
        else:
            board.ctl(f"options {option}={value ^ 1} pending")
            assert options(board)["stored"][option] == value ^ 1, option
            assert options(board)["active"][option] == value, option
        board.ctl("options factory")
    assert options(board)["active"] == factory
    assert "takes one value" in board.ctl("options IWDG_SW=0..1", fails=True)["error"]
    assert "first and last" in board.ctl("options WRP1A=3", fails=True)["error"]
    assert "more than IWDG_SW can hold" in board.ctl("options IWDG_SW=2", fails=True)["error"]
    assert "has no option NONSENSE; it has RDP" in board.ctl("options NONSENSE=1", fails=True)["error"]
    assert options(board)["active"] == factory


def test_a_trimmed_g4_has_a_hole_between_its_banks(make_board, tmp_path):
    """RM0440 3.3.1: bank 2 of a smaller part is where it is in the largest one."""
    board = make_board("--deterministic", "--preset", "half-size", name="nucleo-g474")
    info = board.ctl("flash-info")["result"]
    assert (info["size_kb"], info["bank_bytes"]) == (256, 0x20000)
    image = tmp_path / "image"
    image.write_bytes(pattern(4096))
    board.ctl(f"flash-load {image} {FLASH + 0x40000:#x}")
    assert board.ctl(f"flash-read {FLASH + 0x40000:#x} 4")["result"] == pattern(4).hex()
    assert "not in main flash" in board.ctl(f"flash-load {image} {FLASH + 0x20000:#x}", fails=True)["error"]
    assert "larger" in board.ctl(f"flash-load {image} {FLASH + 0x1f800:#x}", fails=True)["error"]
    dump = tmp_path / "dump"
    assert board.ctl(f"flash-dump {dump}")["result"]["bytes"] == 0x60000
    assert dump.read_bytes()[0x20000:0x41000] == b"\xff" * 0x20000 + pattern(4096)
    swd = Swd(board)
    swd.attach()
    assert swd.refused(swd.read, FLASH + 0x20000) == FAULT
    assert swd.read(FLASH + 0x40000) == int.from_bytes(pattern(4), "little")


def test_half_a_double_word_makes_g0_busy_configuring(make_board):
    swd = Swd(make_board("--deterministic", "--preset", "half-dw", name="nucleo-g0b1"))
    assert swd.attach() == 0x0bc11477
    swd.halt()
    assert swd.read(SR) & 1 << 18
    assert swd.refused(swd.write, CR, 0) == FAULT
    swd.write(FLASH + 0x2004, 0xffffffff)
    swd.board.ctl("run 200000")
    assert swd.read(SR) & (1 << 18 | stm32.BSY) == 0
    swd.write(CR, LOCK)
    assert swd.read(FLASH + 0x2000) == 0x12345678


def test_pages_of_the_second_core_refuse(make_board):
    swd = Swd(make_board("--deterministic", "--preset", "sfsa", name="nucleo-wb55"))
    swd.attach()
    swd.halt()
    base = 0x58004000
    first = options(swd.board)["active"]["SFSA"]
    for key in (0x45670123, 0xcdef89ab):
        swd.write(base + 8, key)
    swd.write(base + 0x10, 0xc3fb)
    for page, expected in ((first - 1, 0), (first, 0x10)):
        swd.write(base + 0x14, 0x10002 | page << 3)
        while swd.read(base + 0x10) & stm32.BSY:
            swd.board.ctl("run 1000000")
        assert swd.read(base + 0x10) & 0x3fa == expected


def test_l5_programs_in_its_upper_voltage_ranges_only(make_board):
    swd = Swd(make_board("--deterministic", "--preset", "vos-range", name="nucleo-l552"))
    swd.attach()
    swd.halt()
    swd.write(0x40021058, swd.read(0x40021058) | 1 << 28)       # PWREN
    assert swd.read(0x40007000) >> 9 & 3 == 2

    def program():
        for key in (0x45670123, 0xcdef89ab):
            swd.write(0x40022008, key)
        swd.write(0x40022028, 1)
        swd.write(FLASH + 0x4000, 1)
        swd.write(FLASH + 0x4004, 2)
        swd.board.ctl("run 200000")
        swd.write(0x40022020, 0xffff)
        swd.write(0x40022028, LOCK)
        return swd.read(FLASH + 0x4000)
    assert program() == 0xffffffff
    swd.write(0x40007000, swd.read(0x40007000) & ~0x600 | 0x200)
    swd.board.ctl("run 200000")
    assert program() == 1


@pytest.mark.parametrize("name", ["nucleo-g0b1", "nucleo-u575", "nucleo-l552"])
def test_banks_that_an_option_swaps(make_board, name):
    board = make_board("--deterministic", name=name)
    bank = board.ctl("flash-info")["result"]["bank_bytes"]
    board.ctl(f"write {FLASH:#x} 1111111111111111")
    board.ctl(f"write {FLASH + bank:#x} 2222222222222222")
    board.ctl("options nSWAP_BANK=0" if name == "nucleo-g0b1" else "options SWAP_BANK=1")
    assert board.memory(FLASH, 4) == b"\x22" * 4
    assert board.memory(FLASH + bank, 4) == b"\x11" * 4
    assert "no FB_MODE" in board.ctl("fb-mode on", fails=True)["error"]


def test_what_an_application_left(board, swd):
    board.ctl("app-state range-2 lpr pg")
    swd.write(0x40021058, 1 << 28)
    assert swd.read(0x40007000) & 0x4600 == 0x4400
    assert swd.read(CR) == OPTLOCK | 1
    assert board.ctl("slow-clock 1000000")["result"]["hclk"] == 1000000
    assert board.ctl("clocks")["result"]["hclk"] == 1000000
    assert "divided by" in board.ctl("slow-clock 1234567", fails=True)["error"]
    assert board.ctl("slow-clock off")["result"]["hclk"] == 4000000
    swd.reset()
    assert swd.read(CR) == LOCK | OPTLOCK


def test_a_supply_below_the_brownout_level(board, swd):
    board.ctl("options BOR_LEV=3")
    assert board.ctl("vtarget 2400")["result"]["in_reset"]
    assert swd.refused(swd.attach) == NO_ACK
    assert not board.ctl("vtarget 2600")["result"]["in_reset"]
    assert swd.attach() == 0x2ba01477
    assert "destroy" in board.ctl("vtarget 5000", fails=True)["error"]


def test_one_time_programmable_words(board, swd):
    otp = stm32.SYSTEM + 0x7000
    assert swd.program(otp, 0xfffffffe, 0xffffffff) == 0
    assert swd.read(otp) == 0xfffffffe
    for low, high in ((0, 0), (0xfffffffe, 0xffffffff)):
        assert swd.program(otp, low, high) & 0x8
        swd.write(SR, 0xc3fb)
    assert swd.erase(0x00018004) == 0
    assert swd.read(otp) == 0xfffffffe


@pytest.mark.parametrize("name,eccr", [
    ("nucleo-l476rg", 0x40022018), ("stm32l4r5", 0x40022018), ("nucleo-g0b1", 0x4002201c),
    ("nucleo-g474", 0x40022018), ("nucleo-u575", 0x40022030), ("nucleo-l552", 0x40022030),
    ("nucleo-wb55", 0x58004018)])
def test_ecc_errors_on_every_line(make_board, tmp_path, name, eccr):
    """Bit 30 ECCC, bit 31 ECCD; G0 keeps bank 2's in a register of its own."""
    board = make_board("--deterministic", name=name)
    image = tmp_path / "image"
    image.write_bytes(pattern(0x1000))
    at = FLASH + board.ctl("flash-info")["result"]["bank_bytes"] // (1 if name != "nucleo-wb55" else 2)
    board.ctl(f"flash-load {image} {at:#x}")
    swd = Swd(board)
    swd.attach()
    swd.halt()
    for offset, kind, flag in ((0x100, "single", 30), (0x200, "double", 31)):
        board.ctl(f"ecc {at + offset:#x} {kind}")
        value = swd.read(at + offset)
        assert swd.read(eccr) >> 30 == 1 << (flag - 30)
        assert (value == int.from_bytes(pattern(0x1000)[offset:offset + 4], "little")) is (kind == "single")
        swd.write(eccr, 3 << 30)
        assert swd.read(eccr) >> 30 == 0
    board.ctl(f"flip-bits {at + 0x300:#x} 0xff raw")
    assert swd.read(at + 0x300) & 0xff == pattern(0x1000)[0x300] ^ 0xff
    assert swd.read(eccr) >> 30 == 0


@pytest.mark.parametrize("name,dpidr,idcode,dev_id,size_reg,kib,optr,factory", [
    ("nucleo-l476rg", 0x2ba01477, 0xe0042000, 0x415, 0x1fff75e0, 1024, 0x40022020, 0xffeff8aa),
    ("stm32l4r5", 0x2ba01477, 0xe0042000, 0x470, 0x1fff75e0, 2048, 0x40022020, 0xffeff8aa),
    ("stm32l432", 0x2ba01477, 0xe0042000, 0x435, 0x1fff75e0, 256, 0x40022020, 0xffeff8aa),
    ("nucleo-g0b1", 0x0bc11477, 0x40015800, 0x467, 0x1fff75e0, 512, 0x40022020, 0xfffffeaa),
    ("nucleo-g474", 0x2ba01477, 0xe0042000, 0x469, 0x1fff75e0, 512, 0x40022020, 0xffeff8aa),
    ("nucleo-u575", 0x0be12477, 0xe0044000, 0x482, 0x0bfa07a0, 2048, 0x40022040, 0x1feff8aa),
    ("nucleo-l552", 0x0be12477, 0xe0044000, 0x472, 0x0bfa05e0, 512, 0x40022040, 0x7feff8aa),
    ("nucleo-wb55", 0x6ba02477, 0xe0042000, 0x495, 0x1fff75e0, 1024, 0x58004020, 0x2d8f71aa)])
def test_who_it_says_it_is(make_board, tmp_path, name, dpidr, idcode, dev_id, size_reg, kib, optr, factory):
    state = tmp_path / "state"
    board = make_board("--deterministic", "--state", state, "--preset", "good", name=name)
    swd = Swd(board)
    assert swd.attach() == dpidr
    swd.halt()
    assert swd.read(idcode) & 0xfff == dev_id
    assert swd.read(size_reg) & 0xffff == kib
    assert swd.read(optr) == factory
    vectors = swd.read(FLASH), swd.read(FLASH + 4)
    assert vectors[0] & 0xfff00000 == SRAM1 and vectors[1] == FLASH + 0x101
    board.ctl("options WRP1A=2..3")
    board.ctl(f"cell-state {FLASH + 0x1000:#x} programmed")
    board.stop()
    again = make_board("--deterministic", "--state", state, name=name)
    assert options(again)["active"]["WRP1A"] == [2, 3]
    assert again.ctl(f"cell-state {FLASH + 0x1000:#x}")["result"]["state"] == "programmed"
    assert again.memory(FLASH, 8) == vectors[0].to_bytes(4, "little") + vectors[1].to_bytes(4, "little")


def test_a_fast_row_after_a_mass_erase(board, swd):
    """3.3.8: 64 words of one row, the clock at 8 MHz or more."""
    swd.erase(0x00018004)
    swd.write(ACR, 0x601)                                    # one wait state
    swd.write(0x40021000, 0x8b)                              # MSI at 16 MHz
    swd.open()
    swd.write(CR, 1 << 18)
    swd.transfer((0x01, 0x23000012), (0x05, FLASH + 0x100))
    swd.block(range(64))
    assert swd.poll() == 0
    swd.write(CR, 0)
    swd.transfer((0x01, 0x23000002),)
    assert board.memory(FLASH + 0x100, 256) == b"".join(i.to_bytes(4, "little") for i in range(64))
    assert board.stats()["flash_fast_rows"] == 1
    swd.write(CR, 1 << 18)
    swd.write(FLASH + 0x204, 1)                              # not where a row begins
    assert swd.read(SR) & 0x220 == 0x220


def test_the_bytes_of_the_presets_firmware_are_those_of_its_source(tmp_path):
    """`make stm32-program` makes them."""
    chip = TOP / "src/vboard/chip"
    elf, binary = tmp_path / "a.elf", tmp_path / "a.bin"
    subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-nostdlib", "-Wl,-Ttext=0,--build-id=none", "-o", elf,
                    chip / "stm32_chip_program.S"], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", elf, binary], check=True)
    header = (chip / "stm32_chip_program.h").read_text()
    assert bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2}),", header)) == binary.read_bytes()
    names = subprocess.run(["arm-none-eabi-nm", elf], check=True, stdout=subprocess.PIPE).stdout.decode()
    stop = int(re.search(r"([0-9a-f]+) t stop", names).group(1), 16)
    assert f"STOP_LABEL {stop:#x}u" in (chip / "stm32_chip_firmware.c").read_text()
