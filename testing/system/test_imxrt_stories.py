# SPDX-License-Identifier: GPL-2.0-or-later
"""Two users' stories from broken to solved, on the virtual boards: an RT1064 whose flash nothing programs
any more, and an RT1024 whose fuses were burnt by mistake. What is typed and answered is doc/stories.md:

    PROBED_STORIES=doc/stories.md testing/run ... testing/system/test_imxrt_stories.py

writes it anew."""
import re
import struct

import pytest

from imxrt import ROM
from kit import board_arguments
from stories import write_chapters

COUNTER = 0x20000000


class Story:
    """A board, its daemon, and the page that is written meanwhile."""

    def __init__(self, board, daemon, firmware_dir):
        self.board, self.daemon, self.folder = board, daemon, firmware_dir
        self.page = []

    def say(self, text):
        self.page.append("\n" + text + "\n")

    def type(self, command, fails=False, only=None):
        """Types a command; `only`: the sections of a report that are worth showing."""
        out = self.daemon.tcl(f"set code [catch {{capture {{{command}}}}} text]; return \"$code\\n$text\"")
        code, _, out = out.partition("\n")
        assert (code != "0") is fails, f"{command}: {out}\n{self.daemon.text[-2000:]}"
        out = re.sub(r"in \d+\.\d+s \(.*?\)", "in ...", out.replace(str(self.folder) + "/", ""))
        shown = out if only is None else sections(out, only)
        typed = command.replace(str(self.folder) + "/", "")
        self.page.append(f"\n```\n> {typed}\n{shown.rstrip()}\n```\n")
        return out

    def word(self, address):
        return struct.unpack("<I", self.board.memory(address, 4))[0]

    def runs_from(self, base):
        """The board's own view: the program executes in its flash, and counts."""
        self.board.ctl("run 40000000")
        pcs = set()
        for _ in range(20):
            self.board.ctl("run 1000")
            pcs.add(self.board.ctl("state")["pc"])
        return all(base <= pc < base + 0x10000 for pc in pcs) and len(pcs) > 1

    def in_rom(self):
        self.board.ctl("run 40000000")
        return self.board.ctl("state")["pc"] in ROM


def sections(report, titles):
    kept, keep = [], False
    for line in report.splitlines():
        if not line.startswith(" "):
            keep = line in titles
        if keep:
            kept.append(line)
    return "\n".join(kept)


@pytest.fixture(scope="module")
def pages():
    """Collects the stories' pages in the order of the tests."""
    found = {}
    yield found
    if {"one", "two"} <= set(found):
        write_chapters({1: "".join(found["one"]), 2: "".join(found["two"])})


@pytest.fixture
def begin(make_board, make_daemon, firmware):
    def make(name, preset):
        board = make_board("--deterministic", "--preset", preset, name=name)
        board.ctl("run 40000000")
        folder = firmware("rt1064_blink").parent
        return Story(board, make_daemon(*board_arguments(board)), folder)
    return make


def test_one_the_flash_that_nothing_programs_any_more(begin, pages):
    s = begin("mimxrt1064-evk", "raw-bin")
    s.say("## 1. The RT1064 whose flash nothing programs any more\n\n"
          "A demo's plain .bin was written to 0x70000000. Since then the board does not start, and programming "
          "fails with a number. First question: what is wrong?")
    out = s.type("imxrt doctor halt")
    for words in ("RT1064", "in the boot ROM", "no FCB at 0x70000000", "no IVT at 0x70001000", "W25Q32JV",
                  "What to do next", "FCB and IVT"):
        assert words in out, words
    s.say("The flash is healthy. What is in it is a program without the headers that the boot ROM looks for. The "
          "same file once more would change nothing, and `probed` says so before it writes:")
    s.type("reset halt")
    out = s.type(f"flash write_image erase {s.folder}/rt1064_blink_raw.bin 0x70000000 bin")
    assert "the ROM will not boot this" in out and "0x70002000" in out
    s.type("reset run")
    assert s.in_rom()
    s.say("With the headers in the file:")
    out = s.type(f"program {s.folder}/rt1064_blink.elf verify reset")
    assert "Verified OK" in out
    assert s.runs_from(0x70000000), s.board.ctl("state")
    out = s.type("imxrt doctor halt", only=["Core", "Image in the flash", "What to do next"])
    assert "in FlexSPI2 flash" in out and "the ROM can start it" in out
    s.say("The board runs. Nothing had to be set on its boot switch.")
    pages["one"] = s.page


VARIATIONS = [("crashed", "locked up", "the program faults"),
              ("protected", "block protection", "write-protected"),
              ("continuous-read", "W25Q32JV", None),
              ("deep-power-down", "W25Q32JV", None),
              ("watchdog-sleep", None, None),
              ("steals-swd", None, None)]


@pytest.mark.parametrize("preset,shown,advice", VARIATIONS, ids=[v[0] for v in VARIATIONS])
def test_one_with_another_cause(begin, preset, shown, advice):
    """The same complaint, another reason: each is seen, and ends with the good program running."""
    s = begin("mimxrt1064-evk", preset)
    out = s.type("imxrt doctor halt")
    if shown is not None:
        assert shown in out, out
    if advice is not None:
        assert advice in out.partition("What to do next")[2], out
    if "imxrt rescue" in out.partition("What to do next")[2]:
        s.type("imxrt rescue")
    if preset == "protected":
        s.type("flexspi unprotect")
    s.type(f"program {s.folder}/rt1064_blink.elf verify reset")
    assert s.runs_from(0x70000000), s.board.ctl("state")


def test_two_the_fuses_that_were_burnt_by_mistake(begin, pages):
    s = begin("mimxrt1024-evk", "story-fuses")
    s.board.ctl("boot-mode 01")
    s.board.ctl("power off")
    s.board.ctl("power on")
    s.board.ctl("run 40000000")
    s.daemon.tcl("catch {reset run}; catch {[target current] arp_examine}")
    s.board.ctl("run 40000000")
    s.say("## 2. The RT1024 whose fuses were burnt by mistake\n\n"
          "A program burnt two bits of fuse word 6, BT_FUSE_SEL and FORCE_INTERNAL_BOOT. The serial downloader "
          "does not come any more, whatever the boot switch says, and the image in the flash is a wrong one. "
          "Writing 0 to the fuses did nothing. What can be read while that program runs:")
    out = s.type("ocotp read 6")
    assert "0x00010010" in out
    out = s.type("ocotp explain boot")
    for words in ("BOOT_MODE pins 01", "taken as 10", "internal boot from FlexSPI NOR (fuses)", "What no longer works",
                  "choosing the serial downloader", "What still works", "imxrt rescue"):
        assert words in out, words
    s.say("And the zeros:")
    out = s.type("ocotp program 6 0", fails=True)
    assert "only go from 0 to 1" in out and "SWD still works" in out
    s.say("So the fuses stay. What helps is that the ROM falls back to the serial downloader when it finds no image: "
          "the headers are taken out of the flash, over SWD.")
    out = s.type("imxrt rescue")
    s.type("reset run")
    assert s.in_rom(), s.board.ctl("state")
    out = s.type("imxrt doctor halt", only=["Core", "Image in the flash", "What to do next"])
    assert "in the boot ROM" in out
    s.say("The serial downloader is back, without a word to the fuses. Nor is it needed: a new program goes into the "
          "flash directly.")
    out = s.type(f"program {s.folder}/rt1024_blink.elf verify reset")
    assert "Verified OK" in out
    assert s.runs_from(0x60000000), s.board.ctl("state")
    out = s.type("imxrt doctor halt", only=["Core", "Image in the flash", "What to do next"])
    assert "the ROM can start it" in out
    fuses = s.board.ctl("fuses")["result"]
    assert fuses["words"]["0x460"]["fuse"] == "0x00010010" and fuses["programs"] == 0
    pages["two"] = s.page
