# SPDX-License-Identifier: GPL-2.0-or-later
"""Power cuts, resets, brown-outs and unplugging in the middle of erase and program: the next run finishes."""
import random

import pytest

from kit import board_arguments, wait_for

FLASH = 0x08000000
BYTES = 24 * 2048 + 1000
DATA = random.Random(7).randbytes(BYTES)
OLD = random.Random(8).randbytes(BYTES)


def image(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.fixture
def ready(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    return board, daemon, image(tmp_path, OLD, "old.bin"), image(tmp_path, DATA, "new.bin")


def come_back(board, daemon, how="power"):
    if how == "unplug":
        board.ctl("replug")
        wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe to come back")
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {reset halt}") == "0", "the target to come back")


# 1: the first operation (an erase); then early, in the middle of a row, across pages, near the end.
@pytest.mark.parametrize("how,fast,counts", [
    ("power", "auto", (1, 2, 3, 40, 2500, 6000)), ("reset", "auto", (1, 2, 700, 6000)),
    ("brownout", "auto", (1, 2500)), ("power", "off", (2, 700)), ("reset", "off", (3, 6000))])
def test_a_cut_anywhere_is_found_and_finished(ready, how, fast, counts):
    board, daemon, old, new = ready
    daemon.tcl(f"stm32l4x fast {fast}")
    for n in counts:
        daemon.tcl(f"flash write_image erase {old} {FLASH:#x} bin")
        board.ctl(f"fail-after {n} {how}")
        text = daemon.fails(f"flash write_image erase {new} {FLASH:#x} bin")
        assert "flash write failed" in text, (n, text)
        come_back(board, daemon)
        # What is right already is left alone, what is half done is not.
        result = daemon.tcl(f"flash write_image erase --skip-same --verify {new} {FLASH:#x} bin")
        assert "wrote" in result, (n, result)
        assert board.memory(FLASH, BYTES) == DATA, n


@pytest.mark.parametrize("how", ["power", "unplug"])
def test_a_cut_between_page_erases(ready, how, tmp_path):
    board, daemon, old, new = ready
    daemon.tcl(f"flash write_image erase {image(tmp_path, b'kept', 'kept.bin')} {FLASH + 0x40000:#x} bin")
    for n in (1, 258):
        daemon.tcl(f"flash write_image erase {old} {FLASH:#x} bin")
        board.ctl(f"fail-after {n} {how}")
        daemon.fails(f"flash write_image erase {new} {FLASH:#x} bin")
        come_back(board, daemon, how)
        result = daemon.tcl(f"flash write_image erase --verify {new} {FLASH:#x} bin")
        assert "wrote" in result, (n, result)
        assert board.memory(FLASH, BYTES) == DATA, n
        assert board.memory(FLASH + 0x40000, 4) == b"kept"


def test_after_a_lost_session_the_options_are_reached_again(make_board, make_daemon, tmp_path):
    """With TrustZone on a write goes through the secure registers, option bytes never do (RM0438 6.4.2)."""
    board = make_board("--deterministic", "--preset", "tzen", name="nucleo-l552")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("reset halt; flash probe 0")
    board.ctl("fail-after 100 unplug")
    daemon.fails(f"flash write_image erase {image(tmp_path, DATA, 'new.bin')} {FLASH:#x} bin")
    come_back(board, daemon, "unplug")
    assert "<0x40022058>" in daemon.tcl("stm32l4x option_read 0 0x58")
    daemon.tcl("flash protect 0 4 5 on")
    assert daemon.tcl("stm32l4x option_read 0 0x58").endswith("0xff85ff84")


def test_a_cut_in_a_plain_erase(ready):
    board, daemon, old, _ = ready
    for n in (1, 3):
        daemon.tcl(f"flash write_image erase {old} {FLASH:#x} bin")
        daemon.tcl(f"flash write_image erase {old} {FLASH + 0x40000:#x} bin")
        board.ctl(f"fail-after {n} power")
        daemon.fails("flash erase_sector 0 0 5")
        come_back(board, daemon)
        daemon.tcl("flash erase_sector 0 0 5")
        assert board.memory(FLASH, 6 * 2048) == b"\xff" * 6 * 2048
        assert daemon.tcl("catch {flash erase_check 0}") == "0"
