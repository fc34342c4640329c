# SPDX-License-Identifier: GPL-2.0-or-later
"""`stm32l4x doctor`: every way an STM32 is known to refuse programming. The fault is set, the user's action
says what is wrong, the doctor names the cause with its evidence, the very command it names is run, and then
the flash takes a program and verifies it."""
import re
from dataclasses import dataclass

import pytest

from kit import board_arguments

L476 = "nucleo-l476rg"
WRITE = "flash write_image erase {file}"
VERIFY = "flash verify_image {file}"
MASS_ERASE = "stm32l4x mass_erase 0"
MAIN = 0x08000000


@dataclass
class Row:
    name: str
    number: int                 # of the table of field failures
    id: str                     # the doctor's
    evidence: str               # a register and its value or bit
    preset: str = ""            # default: the name
    board: str = L476
    before: tuple = ()          # verbs of the board, and daemon commands (with a leading ">")
    action: str = "halt; " + MASS_ERASE
    says: str = ""              # what the user's action says, in its error or in the log
    fails: bool = True
    doctor: str = "stm32l4x doctor 0"
    first: bool = False         # the doctor is asked before the action, which cures it
    power_cycle: bool = False   # the cure is told, not run
    leads: bool = True
    after: tuple = ()


def harmless(name, number, id_, evidence, **more):
    return Row(name, number, id_, evidence, first=True, fails=False, **more)


ROWS = [
    Row("rdp1", 1, "rdp1", "RDP = 0xBB", action="halt; " + WRITE, says="level 1.*stm32l4x unlock 0"),
    harmless("stale-sr", 2, "stale-errors", "FLASH_SR = 0x000000a0", says="left FLASH_SR = 0x000000a0"),
    harmless("pg-left", 3, "modes-left", r"FLASH_CR = 0x40000001 \(unlocked, PG", says="left a mode on in FLASH_CR"),
    harmless("stray-write", 4, "stray-write", "PGSERR", doctor="stm32l4x doctor 0 --trial"),
    Row("wrp-page", 5, "wrp-page", "WRP1A = 0xff05ff05", says="page 5 is write-protected.*flash protect 0 5 5 off"),
    Row("wrp-bank", 6, "wrp-bank", "WRP1A = 0xffffff00", action="halt; " + WRITE,
        says="page 0 is write-protected.*flash protect 0 0 255 off"),
    Row("pcrop", 7, "pcrop", "PCROP1 = 0xffff0400", says="PCROP1 covers 0x08002000..0x08002fff"),
    harmless("optverr", 8, "optverr", "FLASH_SR = 0x00008000", says="OPTVERR.*cleared"),
    Row("torn-options", 9, "torn-options", "OPTVERR.*RDP = 0xFF", action="halt; " + WRITE,
        says="OPTVERR.*option_factory 0 confirm"),
    harmless("key-lockout", 10, "key-lockout", "LOCK stays 1", doctor="stm32l4x doctor 0 --trial", before=(">halt",)),
    Row("bank-swap", 11, "bank-swap", "BFB2 = 1", before=(">halt", ">" + WRITE, ">" + VERIFY, ">reset halt"),
        action=VERIFY, says="the image is in the other bank.*stm32l4x option set 0 BFB2=0", leads=False,
        doctor=""),
    harmless("bank-swap-found", 11, "bank-swap", "FB_MODE = 1", preset="bank-swap"),
    harmless("bfb2", 12, "bfb2", "BFB2 = 1"),
    Row("wrong-bank", 13, "wrong-bank", "PROGERR", preset="good",
        before=("flash-load {bin} 0x08080000", ">halt", ">flash erase_sector 0 0 0"), doctor="",
        action="flash write_image {bin} 0x08080000 bin", says="does not select the bank.*flash erase_sector 0 256 511"),
    harmless("half-size", 14, "half-size", "flash size register = 512 KiB"),
    harmless("half-size-one-bank", 14, "half-size", "DUALBANK = 0", preset="half-size", before=("options DUALBANK=0",)),
    harmless("size-unknown", 15, "size-unknown", "0x1fff75e0 = 0xffff"),
    harmless("iwdg-hw", 16, "iwdg-hw", "FLASH_OPTR = 0xffeef8aa"),
    harmless("iwdg-fw", 16, "iwdg-fw", "IWDGRSTF", before=("run 700000000",)),
    Row("brownout", 17, "brownout", "", action="halt; " + WRITE, says="supply sagged.*RCC_CSR = 0x", doctor=""),
    Row("stop-mode", 18, "no-bus", "DPIDR = 0x2ba01477", says="not been identified"),
    Row("ones-programmed", 20, "ones-programmed", "PROGERR", action="halt; flash write_image {file}",
        says="reads as erased and is not.*flash erase_sector 0 0 0", doctor=""),
    harmless("unaligned", 21, "unaligned", "PGAERR", preset="good", before=("preset-sr 0x20",), says="PGAERR.*cleared"),
    harmless("byte-write", 22, "byte-write", "SIZERR", preset="good", before=(">halt", ">catch \"mwb 0x08004000 0x12\""),
             says="SIZERR.*cleared"),
    harmless("ecc-double", 23, "ecc-double", "FLASH_ECCR = 0x80004000"),
    harmless("fast-mode", 24, "fast-mode", "MISERR", preset="good", before=("preset-sr 0x380",), says="FASTERR.*cleared"),
    Row("option-pending", 25, "option-pending", "stored is 0xff00ffff", before=(">reset halt",), action=WRITE,
        says="write-protected.*stored and not loaded.*option_load 0", leads=False),
    Row("option-pending-unseen", 25, "option-pending", "", preset="option-pending", action="halt; " + WRITE,
        says="written and not loaded.*option_load 0", doctor=""),
    Row("intruded", 26, "intruded", "RDP = 0xBB", action="halt; " + WRITE, says="level 1", leads=True,
        power_cycle=True, after=(">stm32l4x unlock 0; stm32l4x option_load 0",)),
    Row("rdp-not-loaded", 30, "rdp-not-loaded", "is a bus error", preset="intruded",
        before=(">halt", ">stm32l4x unlock 0"), action=WRITE, says="power", power_cycle=True),
    harmless("run-pd", 31, "run-pd", "RUN_PD"),
    harmless("app-busy", 32, "modes-left", "PG"),
    harmless("low-power-run", 32, "low-power-run", "LPR"),
    harmless("slow-clock", 32, "slow-clock", "HCLK = 1000 kHz"),
    Row("sfsa", 27, "cpu2-area", "SFSA", board="nucleo-wb55", says="second core"),
    harmless("half-dw", 28, "half-dw", "CFGBSY", board="nucleo-g0b1"),
    harmless("vos-range", 29, "voltage-range", "VOS = range 2", board="nucleo-l552", before=(">halt",)),
    harmless("tzen", 29, "trustzone", "TZEN = 1", board="nucleo-u575"),
]


class Bench:
    """A board, its daemon, and the program that shall get into it."""

    def __init__(self, row, board, daemon, file, binary):
        self.row, self.board, self.daemon = row, board, daemon
        self.names = {"file": file, "bin": binary}

    def run(self, command):
        """A board's verb, or with ">" a command of the daemon."""
        command = command.format(**self.names)
        if command.startswith(">"):
            self.tcl(command[1:])
        else:
            self.board.ctl(command)

    def tcl(self, command):
        out = self.daemon.tcl(f"set code [catch {{{command}}} text]; return \"$code\\n$text\"")
        code, _, text = out.partition("\n")
        assert code == "0", f"{command}: {text}\n{self.daemon.text[-3000:]}"
        return text

    def act(self):
        """The user's action; returns what it said."""
        command, before = self.row.action.format(**self.names), len(self.daemon.text)
        out = self.daemon.tcl(f"set code [catch {{{command}}} text]; return \"$code\\n$text\"")
        code, _, text = out.partition("\n")
        assert (code != "0") is self.row.fails, f"{command}: {text}\n{self.daemon.text[-3000:]}"
        return text + "\n" + self.daemon.text[before:]

    def ask(self):
        """The doctor's finding about the row: its rank in the list, its text, its command."""
        report = self.tcl(f"capture {{{self.row.doctor}}}")
        found = re.findall(r"^  (\d+)\. \[([\w-]+), \w+\] (.*)\n     because: (.*)\n     cure: (.*)$", report, re.M)
        mine = [f for f in found if f[1] == self.row.id]
        assert mine, report
        place, _, why, evidence, cure = mine[0]
        assert re.search(self.row.evidence, evidence), evidence
        assert int(place) == 1 or not self.row.leads, report
        return why, evidence, cure

    def cure(self, text):
        """Runs the command that the text names, as it stands there."""
        if self.row.power_cycle:
            assert "power-cycle" in text, text
            self.board.ctl("power off")
            self.board.ctl("power on")
            self.tcl("catch {adapter reconnect}; reset halt")
            return
        command = re.search(r'"((?:stm32l4x|flash [ep]\w+|reset)\S* [^"]*\d[^"]*|reset_config[^"]*|reset halt)"', text)
        if command:
            self.tcl(command.group(1))

    def program(self):
        self.tcl("reset halt")
        self.tcl(WRITE.format(**self.names))
        self.tcl(VERIFY.format(**self.names))


@pytest.fixture
def bench(make_board, make_daemon, firmware, tmp_path):
    def make(row):
        board = make_board("--deterministic", "--preset", row.preset or row.name, name=row.board)
        binary = tmp_path / "some.bin"
        binary.write_bytes(bytes(range(1, 65)))
        return Bench(row, board, make_daemon(*board_arguments(board)), firmware("blink"), binary)
    return make


@pytest.mark.parametrize("row", ROWS, ids=[f"{r.number}-{r.name}" for r in ROWS])
def test_a_known_failure_is_named_and_cured(bench, row):
    b = bench(row)
    for command in row.before:
        b.run(command)
    cure = ""
    if row.first:
        cure = b.ask()[2]
    said = b.act()
    assert re.search(row.says, said, re.S), said
    if not row.first and row.doctor:
        cure = b.ask()[2]
    b.cure(cure or said)
    for command in row.after:
        b.run(command)
    b.program()


BOARDS = [L476, "stm32l4r5", "stm32l432", "nucleo-g0b1", "nucleo-g474", "nucleo-u575", "nucleo-l552", "nucleo-wb55"]


@pytest.fixture
def start(make_board, make_daemon):
    """start("rdp1") gives a board in that state and its daemon."""
    def make(preset, name=L476):
        board = make_board("--deterministic", "--preset", preset, name=name)
        return board, make_daemon(*board_arguments(board))
    return make


@pytest.mark.parametrize("name", BOARDS)
def test_a_healthy_chip_is_called_healthy_and_left_alone(start, name):
    board, daemon = start("good", name)
    before = board.ctl("flash-regs")["result"], board.stats()["resets"]
    report = daemon.tcl("capture {stm32l4x doctor}")
    assert re.search("nothing is wrong|nothing hinders programming", report), report
    assert "the core runs" in report or "the core sleeps" in report
    assert board.ctl("flash-regs")["result"] == before[0] and board.stats()["resets"] == before[1]
    assert daemon.tcl("[target current] curstate") == "running"


def test_a_chip_that_is_held_in_reset_is_told(start):
    _, daemon = start("good")
    daemon.tcl("reset_config srst_only srst_nogate; adapter assert srst")
    report = daemon.tcl("capture {stm32l4x doctor}")
    assert "[held-in-reset, cause]" in report and "FLASH_OPTR: not read" in report, report
    assert "DBGMCU_IDCODE = 0x10076415" in report
    daemon.tcl("adapter deassert srst")
    assert "nothing is wrong" in daemon.tcl("reset halt; capture {stm32l4x doctor}")


def test_fix_needs_a_word_before_it_changes_option_bytes(start):
    board, daemon = start("wrp-page")
    report = daemon.tcl("capture {stm32l4x doctor 0 --fix}")
    assert 'wrp-page: left alone: its cure changes option bytes; add "confirm"' in report
    assert board.ctl("options")["result"]["active"]["WRP1A"] == [5, 5]
    report = daemon.tcl("halt; capture {stm32l4x doctor 0 --fix confirm}")
    assert "wrp-page: done (flash protect 0 5 5 off)" in report
    assert "nothing is wrong" in report.partition("Now:")[2], report
    assert board.ctl("options")["result"]["active"]["WRP1A"] != [5, 5]


def test_fix_names_what_is_lost_before_it_erases(start):
    board, daemon = start("rdp1")
    report = daemon.tcl("halt; capture {stm32l4x doctor 0 --fix}")
    assert "left alone: its cure erases the whole flash, SRAM2 and the backup registers" in report
    assert board.ctl("options")["result"]["level"] == 1
    daemon.tcl("capture {stm32l4x doctor 0 --fix confirm}")
    assert board.ctl("options")["result"]["active"]["RDP"] == 0xaa


def test_a_trial_leaves_a_blank_page_blank(start):
    board, daemon = start("good")
    image = board.memory(MAIN, 0x100000)
    report = daemon.tcl("capture {stm32l4x doctor --trial}")
    assert "page 511, which was blank" in report and "all good" in report
    assert board.memory(MAIN, 0x100000) == image
    board.ctl("lock-keys")
    assert "[key-lockout, cause]" in daemon.tcl("capture {stm32l4x doctor --trial}")


def test_a_verify_that_a_stale_cache_spoils_is_read_again(start, tmp_path):
    """Row 19: the second look is right, and the user hears why the first was not."""
    _, daemon = start("stale-cache")
    (tmp_path / "erased.bin").write_bytes(bytes([255]) * 256)
    daemon.tcl("halt")
    daemon.tcl(f"flash verify_image {tmp_path}/erased.bin 0x08004000 bin")
    assert "a cache held what was there before the erase" in daemon.text


def test_firmware_that_takes_the_swd_pins_is_met_under_reset(make_board, make_daemon, firmware):
    """Row 18: the daemon names the way in; with it the flash is programmed."""
    board = make_board("--deterministic", "--preset", "swd-off")
    daemon = make_daemon(*board_arguments(board), ready=False)
    assert daemon.wait() == 1
    way = re.search(r'"(reset_config [^"]*connect_assert_srst)"', daemon.text).group(1)
    daemon = make_daemon(*board_arguments(board), "-c", way)
    daemon.tcl(f"reset halt; flash write_image erase {firmware('blink')}; flash verify_image {firmware('blink')}")


def test_a_reset_in_the_middle_of_a_write_is_named(start, firmware):
    board, daemon = start("good")
    daemon.tcl("halt")
    board.ctl("fail-after 20 reset")
    text = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert re.search(r"reset.* in the middle of the operation.*RCC_CSR = 0x", text), text
    daemon.tcl(f"reset halt; flash write_image erase {firmware('big')}; flash verify_image {firmware('big')}")


def test_gdb_hears_the_cause_of_a_failed_load(start, make_gdb, firmware):
    _, daemon = start("wrp-bank")
    gdb = make_gdb(daemon)
    out = gdb.run(["load", "monitor reset halt"], elf=firmware("blink"))
    assert "page 0 is write-protected" in out + daemon.text, out
    assert 'flash protect 0 0 255 off' in out + daemon.text and "WRP1A = 0xffffff00" in out + daemon.text
