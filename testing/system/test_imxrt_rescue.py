# SPDX-License-Identifier: GPL-2.0-or-later
"""imxrt rescue: every state a program can leave an i.MX RT board in ends with a core in the boot ROM and a
flash without boot header."""
import re
import threading

import pytest

from imxrt import BOARDS, HYPER, ROM, RT1024, RT1050, RT1060, RT1064, WINDOWS, answer, pc
from kit import board_arguments, wait_for

HEADER = 0x2000


def check_revived(board, daemon, rung=None):
    """The core stands in the ROM, the header is gone, and the next power-on starts no program."""
    assert daemon.tcl("[target current] curstate") == "halted"
    assert pc(daemon) in ROM
    assert board.memory(WINDOWS[board.name], HEADER) == b"\xff" * HEADER
    if rung:
        assert f'done by "{rung}"' in daemon.text
    board.ctl("power off")
    board.ctl("power on")
    board.ctl("run 20000000")
    assert board.ctl("state")["pc"] in ROM


@pytest.fixture
def stuck(make_board, make_daemon):
    """A board in this state, and a daemon on it."""
    def make(name, preset):
        board = make_board("--deterministic", "--preset", preset, name=name)
        return board, make_daemon(*board_arguments(board))
    return make


@pytest.mark.parametrize("preset", ["blank", "good", "raw-bin", "watchdog-sleep", "deep-power-down", "protected",
                                    "xip-running", "flexram", "mpu-ocram", "crashed"])
def test_rt1064_is_revived(stuck, preset):
    board, daemon = stuck("mimxrt1064-evk", preset)
    result = answer(daemon.tcl("imxrt rescue"))
    assert result["part"] == "RT1064" and result["flash"] == "W25Q32JV" and result["erased"] == "8192"
    assert "read back: 0x2000 bytes are blank" in daemon.text
    assert "program the flash now, or power-cycle the board" in daemon.text
    check_revived(board, daemon)


# What a flash cannot be put into: HyperFlash has no protocols, no block protection.
NOT_HYPER = {"qpi", "continuous-read", "protected"}
OTHERS = [(name, preset) for name in (RT1060, RT1024, RT1050, HYPER)
          for preset in ("blank", "good", "raw-bin", "watchdog-sleep", "qpi", "deep-power-down", "protected",
                         "xip-running", "flexram", "story-fuses", "continuous-read", "crashed", "mpu-ocram",
                         "steals-swd")
          if name != HYPER or preset not in NOT_HYPER]


@pytest.mark.parametrize("name, preset", [*OTHERS, (RT1064, "qpi"), (RT1064, "continuous-read"),
                                          (RT1064, "story-fuses")])
def test_every_board_is_revived_from_every_state(stuck, name, preset):
    board, daemon = stuck(name, preset)
    if preset == "steals-swd":
        daemon.tcl("poll off")
        board.ctl("run 40000000")
    daemon.tcl("imxrt rescue")
    check_revived(board, daemon, "under reset (nRST)" if preset == "steals-swd" else None)


@pytest.mark.parametrize("state", ["busy", "suspended"])
@pytest.mark.parametrize("name", BOARDS)
def test_a_flash_in_the_middle_of_an_erase_is_mended(stuck, name, state):
    board, daemon = stuck(name, "good")
    board.ctl("run 40000000")    # past the boot ROM, which has a new flash write its QE bit
    board.ctl(f"flash-state {state}")
    daemon.tcl("imxrt rescue")
    check_revived(board, daemon)


def test_hyperflash_header_is_erased(stuck):
    board, daemon = stuck("imxrt1050-evkb-hyper", "good")
    assert answer(daemon.tcl("imxrt rescue"))["erased"] == str(0x40000)
    assert board.memory(0x60000000, HEADER) == b"\xff" * HEADER


def test_a_core_asleep_with_its_clock_off_is_caught_when_its_watchdog_resets_it(make_board, make_daemon):
    """In real time: the program waits (CLPCR.LPM), the access port finds no bus until WDOG1 comes by."""
    board = make_board("--preset", "watchdog-sleep", name="mimxrt1064-evk")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("poll off")
    wait_for(lambda: board.ctl("state")["sleeping"], "the program's WFI")
    daemon.tcl("imxrt rescue")
    assert "imxrt rescue: done by" in daemon.text, daemon.text
    assert board.memory(0x70000000, HEADER) == b"\xff" * HEADER


def test_protection_is_named_before_it_is_removed(stuck):
    _, daemon = stuck("mimxrt1064-evk", "protected")
    daemon.tcl("imxrt rescue")
    assert "the flash protects 0x400000 bytes from 0x0 on: unprotecting" in daemon.text


def test_only_the_header_goes_unless_the_chip_is_asked_for(stuck):
    board, daemon = stuck("mimxrt1064-evk", "good")
    program = board.memory(0x70002000, 256)
    assert program != b"\xff" * 256
    daemon.tcl("imxrt rescue")
    assert board.memory(0x70002000, 256) == program
    daemon.tcl("imxrt rescue erase_chip")
    assert board.memory(0x70000000, 0x400000) == b"\xff" * 0x400000


def steal(stuck):
    """A board whose program has taken the debug pads, and a daemon that went on without contact."""
    board, daemon = stuck("mimxrt1064-evk", "steals-swd")
    daemon.tcl("poll off")
    assert "run \"imxrt rescue\"" in daemon.text
    board.ctl("run 40000000")       # the search for the cause may have reset the board
    return board, daemon


def test_stolen_debug_pads_take_the_reset_line(stuck):
    board, daemon = steal(stuck)
    daemon.tcl("imxrt rescue")
    assert "imxrt rescue: 1. normal attach: failed" in daemon.text
    check_revived(board, daemon, "under reset (nRST)")


def test_without_a_reset_line_the_board_is_power_cycled(stuck):
    board, daemon = steal(stuck)
    daemon.tcl("reset_config none")
    text = daemon.fails("imxrt rescue")
    assert "under reset (nRST): not tried, no nRST is configured" in daemon.text
    assert "waiting for power-on: not tried" in daemon.text
    assert "imxrt rescue wait" in text
    board.ctl("power off")
    waiting = threading.Thread(target=daemon.tcl, args=("imxrt rescue wait 60",))
    waiting.start()
    wait_for(lambda: "I am waiting" in daemon.text, "the invitation to power-cycle")
    board.ctl("power on")
    waiting.join()
    check_revived(board, daemon, "waiting for power-on")


def test_a_dead_board_fails_with_every_rung_named(stuck):
    board, daemon = stuck("mimxrt1064-evk", "good")
    board.ctl("power off")
    text = daemon.fails("imxrt rescue")
    for number, rung in enumerate(["normal attach", "slower clock", "WAIT retry with power-up held",
                                   "under reset \\(nRST\\)", "dormant wake-up",
                                   "catching the boot ROM by vector catch",
                                   "catching the boot ROM by a watchpoint on SBMR1", "waiting for power-on"], 1):
        assert re.search(rf"imxrt rescue: {number}\. {rung}: (failed|not tried), ", daemon.text), daemon.text
    assert "no rung of the ladder reached the core" in text


@pytest.mark.parametrize("arguments", ["all", "wait 0", "wait 99999"])
def test_bad_arguments_touch_nothing(stuck, arguments):
    board, daemon = stuck("mimxrt1064-evk", "good")
    before = board.memory(0x70000000, HEADER)
    text = daemon.fails(f"imxrt rescue {arguments}")
    assert arguments != "all" or "imxrt rescue wait ?seconds?" in text, text
    assert board.memory(0x70000000, HEADER) == before
