# SPDX-License-Identifier: GPL-2.0-or-later
"""The STM32L476RG that a tool identifies, and that takes neither write nor verify nor mass erase: each of the
causes that this can have, from the complaint to the board that works. What is typed and answered is the third
chapter of doc/stories.md:

    PROBED_STORIES=doc/stories.md testing/run ... testing/system/test_stm32_stories.py

writes it anew."""
import re

import pytest

from kit import board_arguments
from stories import write_chapters

TITLE = """## 3. The STM32L476RG that identifies and does nothing else

The complaint is always the same: the tool detects the chip, then write, verify and mass erase fail, each with no more than
that word. The device code is read from the core's side, so that it answers says nothing about the flash. There are eight
candidates. Below, each has been put on a board; the three things that the user did are done again, and `probed` says which
of the eight it is.
"""


class Story:
    def __init__(self, board, daemon, file):
        self.board, self.daemon, self.file = board, daemon, str(file)
        self.page = []

    def say(self, text):
        self.page.append("\n" + text + "\n")

    def type(self, command, fails=None, show=None):
        """Types a command with its log; `show`: only lines that match."""
        typed = command.replace("FILE", self.file)
        out = self.daemon.tcl(f"set code [catch {{capture {{{typed}}}}} text]; return \"$code\\n$text\"")
        code, _, out = out.partition("\n")
        if fails is not None:
            assert (code != "0") is fails, f"{command}: {out}\n{self.daemon.text[-2000:]}"
        shown = re.sub(r"in \d+\.\d+s \(.*?\)", "in ...", out.replace(self.file, "demo.elf"))
        lines = [line for line in shown.splitlines() if show is None or re.search(show, line)]
        text = "\n".join([f"> {command.replace('FILE', 'demo.elf')}", *lines])
        self.page.append(f"\n```\n{text}\n```\n")
        return out

    def doctor(self, id_, command="stm32l4x doctor"):
        """What is wrong, and the command that cures it."""
        out = self.daemon.tcl(f"capture {{{command}}}").partition("What is wrong")[2].split("\nTrial")[0]
        self.page.append(f"\n```\n> {command}\n...\nWhat is wrong{out.rstrip()}\n```\n")
        found = re.search(rf"\[{id_}, \w+\].*\n     because: .*\n     cure: (.*)", out)
        assert found, out
        return found.group(1)

    def cure(self, text):
        command = re.search(r'"((?:stm32l4x|flash [ep]|reset)[^"]*)"', text).group(1)
        self.type(command, fails=False, show="^$")

    def three(self, expect):
        """Write, verify, mass erase; expect: which fail."""
        out = ""
        for command, fails in zip(("flash write_image erase FILE", "flash verify_image FILE",
                                   "stm32l4x mass_erase 0"), expect):
            out += self.type(command, fails=fails, show=SHOWN if fails else "wrote|verified|complete|left|reset")
        return out

    def works(self):
        """The same three, in the order that leaves the program in."""
        self.say("Then all three work:")
        self.type("stm32l4x mass_erase 0", fails=False, show="complete")
        self.type("flash write_image erase FILE", fails=False, show="wrote")
        self.type("flash verify_image FILE", fails=False, show="verified")


SHOWN = r"failed|RDP|holds|flash"


@pytest.fixture(scope="module")
def pages():
    found = {}
    yield found
    if set(found) == set(range(1, 9)):
        text = "".join("".join(found[n]) for n in sorted(found))
        write_chapters({3: TITLE + text.replace("\n```\n\n```\n", "\n")})


@pytest.fixture
def begin(make_board, make_daemon, firmware):
    def make(preset, *verbs):
        board = make_board("--deterministic", "--preset", preset)
        for verb in verbs:
            board.ctl(verb)
        story = Story(board, make_daemon(*board_arguments(board)), firmware("blink"))
        story.daemon.tcl("halt; flash probe 0")
        return story
    return make


ALL, NONE = (True, True, True), (False, False, False)


def test_cause_1_read_protection(begin, pages):
    s = begin("rdp1")
    s.say("### Read-out protection")
    out = s.three(ALL)
    assert out.count("read-out protection (RDP) is at level 1") == 3
    s.cure(s.doctor("rdp1"))
    s.works()
    pages[1] = s.page


def test_cause_2_a_write_protected_bank(begin, pages):
    s = begin("wrp-bank")
    s.say("### Write protection\n\nA single page in a WRP or PCROP area is enough to make a mass erase fail; here it is the bank.")
    out = s.three(ALL)
    assert "page 0 is write-protected (WRP1A covers pages 0..255)" in out
    s.cure(s.doctor("wrp-bank"))
    s.works()
    pages[2] = s.page


def test_cause_3_flags_and_modes_of_the_application(begin, pages):
    s = begin("pg-left", "preset-sr 0xa0")
    s.say("### Old error bits, and a mode that the application left on\n\nOther tools stop at them. `probed` clears them and "
          "says so; asked before, the doctor names them:")
    cure = s.doctor("stale-errors")
    s.cure(cure)
    assert "nothing is wrong" in s.daemon.tcl("capture {stm32l4x doctor}")
    s.board.ctl("preset-sr 0xa0")
    s.say("The same without the doctor:")
    assert "FLASH_SR = 0x000000a0" in s.three(NONE)
    s.works()
    pages[3] = s.page


def test_cause_4_option_bytes_that_fail_their_check(begin, pages):
    s = begin("torn-options")
    s.say("### Option bytes that fail their check\n\nOn a new chip OPTVERR is only a flag, which is cleared. After a power cut in "
          "an option write the chip closes itself:")
    out = s.three(ALL)
    assert out.count("OPTVERR") >= 3
    s.cure(s.doctor("torn-options"))
    s.works()
    pages[4] = s.page


def test_cause_4_also_a_virgin_chip(begin):
    s = begin("optverr")
    s.doctor("optverr")
    assert "OPTVERR" in s.three(NONE)


def test_cause_5_a_wrong_key(begin, pages):
    s = begin("key-lockout")
    s.say("### The lock that a wrong key has shut\n\nNothing shows it before somebody tries: hence the trial.")
    cure = s.doctor("key-lockout", "stm32l4x doctor --trial")
    assert cure == 'run "reset halt"'
    s.say("A write does that reset by itself:")
    assert "resetting the chip" in s.three(NONE)
    s.cure(cure)
    s.works()
    pages[5] = s.page


def test_cause_6_the_supply_sags_while_it_writes(begin, pages):
    s = begin("brownout")
    s.say("### The chip is reset in the middle\n\nBy a brown-out, a watchdog, or its reset pin.")
    out = s.type("flash write_image erase FILE", fails=True, show=SHOWN)
    assert "the supply sagged (brown-out reset) in the middle of the operation" in out and "RCC_CSR" in out
    s.say("With a better supply:")
    s.cure(out)
    s.works()
    pages[6] = s.page


def test_cause_6_also_a_hardware_watchdog(begin):
    s = begin("iwdg-hw")
    cure = s.doctor("iwdg-hw")
    s.three(NONE)
    s.cure(cure)
    s.works()


def test_cause_7_the_banks_are_swapped(begin, pages):
    s = begin("bank-swap")
    s.say("### The banks are swapped\n\nBFB2 starts the application of bank 2, and puts that bank at 0x08000000. A tool that "
          "does not look erases one bank and programs the other. `probed` looks; but after the next reset the other bank "
          "stands there:")
    s.type("flash write_image erase FILE", fails=False, show="wrote|swapped")
    s.type("flash verify_image FILE", fails=False, show="verified")
    s.type("reset halt", fails=False, show="halted")
    out = s.type("flash verify_image FILE", fails=True, show=SHOWN)
    assert "the image is in the other bank" in out and "BFB2" in out
    s.cure(out)
    s.works()
    pages[7] = s.page


def test_cause_8_the_wrong_geometry(begin, pages):
    s = begin("half-size", "options DUALBANK=0")
    s.say("### The wrong geometry\n\nA 512 KiB part has its second bank at 0x08040000, or, with DUALBANK = 0, none. On the 1 MiB "
          "part that option has no effect, whatever one is told about it.")
    cure = s.doctor("half-size")
    s.three(NONE)
    s.cure(cure)
    s.works()
    pages[8] = s.page
