# SPDX-License-Identifier: GPL-2.0-or-later
"""`imxrt doctor` on every board and in every state: what it says is what the board is, it does not disturb a
program that runs, and it says something useful when nothing can be reached."""
import pytest

from imxrt import BOARDS, PARTS, WINDOWS
from kit import board_arguments

ROWS = [(name, PARTS[name], WINDOWS[name]) for name in BOARDS]
SECTIONS = ["Connection", "Part", "Core", "Fault", "Reset cause", "Boot", "Debug fuses", "Clocks", "RAM",
            "Watchdogs", "FlexSPI", "Flash", "Image in the flash", "What to do next"]


def parse(report):
    """Section titles and their lines."""
    found, lines = {}, None
    for line in report.splitlines():
        if line and not line.startswith(" "):
            lines = found.setdefault(line, [])
        elif lines is not None:
            lines.append(line.strip())
    return {title: "\n".join(lines) for title, lines in found.items()}


@pytest.fixture
def doctor(make_board, make_daemon):
    def make(name, *options, words="", before=()):
        board = make_board("--deterministic", *options, name=name)
        board.ctl("run 40000000")
        daemon = make_daemon(*board_arguments(board))
        for command in before:
            board.ctl(command[1:]) if command.startswith("!") else daemon.tcl(command)
        return board, daemon, parse(daemon.tcl(f"imxrt doctor {words}"))
    return make


@pytest.mark.parametrize("name,part,window", ROWS, ids=BOARDS)
def test_a_healthy_board(doctor, name, part, window):
    board, daemon, report = doctor(name, "--preset", "good", words="halt")
    assert list(report) == SECTIONS
    assert part in report["Part"] and f"0x{window:08x}" in report["Part"]
    assert "no fault is recorded" in report["Fault"]
    assert "power-on" in report["Reset cause"]
    assert "internal boot from FlexSPI NOR (pins)" in report["Boot"]
    assert "debugging is open" in report["Debug fuses"]
    assert "IPG" in report["Clocks"]
    assert "the ROM can start it" in report["Image in the flash"]
    assert "no fault was found" in report["What to do next"], report["What to do next"]
    assert "running" in daemon.tcl("targets"), "it was stopped for the look only"
    assert "goes on afterwards" in report["Core"]
    told = "\n".join(report.values())
    assert told.count("AHBCR") == 1, "each controller once, and nothing of those that are off"
    assert "What still works" not in told, "nothing was lost"


@pytest.mark.parametrize("name,part,window", ROWS[:4], ids=BOARDS[:4])
def test_a_running_program_is_left_alone(doctor, name, part, window):
    board, daemon, report = doctor(name, "--preset", "good")
    resets = board.stats()["resets"]
    assert "the core runs" in report["Core"]
    assert "left out: the core runs" in report["Flash"] and "left out" in report["Image in the flash"]
    assert "imxrt doctor halt" in report["What to do next"]
    daemon.tcl("imxrt doctor")
    assert board.stats()["resets"] == resets
    assert board.ctl("state")["core"] == "running"
    assert not daemon.text.count("halted due to")


def test_a_flash_that_the_rom_cannot_read_after_a_reset(doctor):
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "continuous-read", words="halt")
    assert "in another mode" in report["Flash"]
    assert "another mode" in report["What to do next"], report["What to do next"]


def test_a_bank_that_is_not_the_boot_flash(make_board, make_daemon):
    board = make_board("--deterministic", "--preset", "good", name="mimxrt1064-evk")
    daemon = make_daemon("-c", "set FLASHBASE 0x60000000", *board_arguments(board))
    report = parse(daemon.tcl("imxrt doctor halt"))
    assert "no flash bank is declared for the boot flash at 0x70000000" in report["What to do next"]
    assert "program FILE" not in report["What to do next"]


@pytest.mark.parametrize("fault,seen", [("absent", "no flash answers"), ("stuck-busy", "is busy without end")])
def test_a_flash_that_does_not_answer_is_the_finding(doctor, fault, seen):
    """Also one that was there before."""
    _, _, report = doctor("mimxrt1064-evk", "--preset", "good", words="halt", before=(
        "halt", "flash probe 0", f"!flash-fault {fault} flexspi2"))
    assert seen in report["Flash"], report["Flash"]
    assert "the flash does not answer" in report["Image in the flash"]
    assert "power-cycle" in report["What to do next"], report["What to do next"]


def test_the_program_is_told_not_the_helper_code(doctor, firmware):
    elf = firmware("rt1064_blink")
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "good", before=(
        "reset halt", f"flash write_image erase {elf}"))
    assert "in FlexSPI2 flash" in report["Core"], report["Core"]


def test_without_power_that_is_what_it_says(doctor):
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "good", before=("!power off",))
    assert "nRST is low" in report["Connection"], report["Connection"]
    assert "power" in report["What to do next"].partition("imxrt rescue")[0]


def test_the_boot_switch(doctor):
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "good", before=(
        "!boot-mode 01", "!power off", "!power on", "!run 40000000", "catch {[target current] arp_examine}", "halt"))
    assert "BOOT_MODE pins 01: serial downloader" in report["Boot"]
    assert "=> serial downloader" in report["Boot"]
    assert "in the boot ROM" in report["Core"]


STATES = [("blank", "Image in the flash", "(blank)", "nothing the ROM would start"),
          ("raw-bin", "Image in the flash", "(no-fcb)", "image (no-fcb)"),
          ("crashed", "Fault", "undefined instruction", "the program faults"),
          ("protected", "Flash", "write-protected", "flexspi unprotect"),
          ("flexram", "RAM", "as GPR17 says", None),
          ("deep-power-down", "Flash", "W25Q32JV", None),
          ("continuous-read", "Flash", "W25Q32JV", None)]


@pytest.mark.parametrize("preset,section,words,advice", STATES, ids=[s[0] for s in STATES])
def test_each_state_is_named(doctor, preset, section, words, advice):
    report = doctor("mimxrt1064-evk", "--preset", preset, words="halt")[2]
    assert list(report) == SECTIONS
    assert words in report[section], report[section]
    if advice:
        assert advice in report["What to do next"], report["What to do next"]


def test_the_burnt_fuses(doctor):
    report = doctor("mimxrt1024-evk", "--preset", "story-fuses")[2]
    assert "FORCE_INTERNAL_BOOT is burnt" in report["Boot"]
    assert "writing 0 to the fuse changes nothing" in report["What to do next"]


@pytest.mark.parametrize("preset,before,seen", [("watchdog-sleep", (), "DPIDR 0x0bd11477"),
                                                ("good", ("!power off",), "does not answer")])
def test_a_core_that_is_out_of_reach(doctor, preset, before, seen):
    board, daemon, report = doctor("imxrt1050-evkb", "--preset", preset, before=before)
    assert seen in report["Connection"], report["Connection"]
    assert "cannot tell" in report["Core"]
    assert "out of reach" in report["Fuses, clocks, watchdogs, FlexSPI, flash"]
    assert report["What to do next"].startswith("1. get hold of the core: ")
    assert ("board's power" in report["What to do next"]) is (seen == "does not answer")


def test_a_section_that_fails_does_not_stop_the_others(doctor):
    """The clock of the IOMUXC is off: FlexSPI cannot be described, the rest can."""
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "good", before=(
        "halt", "mmw 0x400fc078 0 0xc"))
    assert "cannot tell" in report["FlexSPI"]
    assert "the ROM can start it" in report["Image in the flash"] or "cannot tell" in report["Image in the flash"]
    assert "WDOG1 is off" in report["Watchdogs"] and "debugging is open" in report["Debug fuses"]


def test_a_watchdog_reset_is_told(doctor):
    board, daemon, report = doctor("mimxrt1064-evk", "--preset", "blank", before=(
        "halt", "mwh 0x400b8000 0x0034", "resume", "!run 900000000", "catch {poll}",
        "catch {[target current] arp_examine}", "catch {halt}"))
    assert "WDOG1" in report["Reset cause"], report["Reset cause"]
    assert "a watchdog has reset the chip" in report["What to do next"]
