# SPDX-License-Identifier: GPL-2.0-or-later
"""Fuses of the i.MX RT boards: read while the program runs, explained, planned, burnt only with the plan's
token, and out of reach of every other way to write. The board is the witness of what was burnt."""
import re
import struct

import pytest

from imxrt import plain_target
from kit import board_arguments, wait_for

BOARDS = ["mimxrt1064-evk", "mimxrt1060-evk", "mimxrt1024-evk", "imxrt1050-evkb"]
RT1064, RT1024 = "mimxrt1064-evk", "mimxrt1024-evk"
every_board = pytest.mark.parametrize("name", BOARDS)
CTRL, CTRL_SET, TIMING, DATA = 0x401f4000, 0x401f4004, 0x401f4010, 0x401f4020
GP1 = "0x660"


class Bench:
    """A board, its daemon in a folder of its own, and the fuses as the board has them."""

    def __init__(self, board, daemon, folder):
        self.board, self.daemon, self.folder = board, daemon, folder
        self.tcl, self.fails = daemon.tcl, daemon.fails

    def fuse(self, address):
        return int(self.board.ctl("fuses")["result"]["words"].get(address, {"fuse": "0"})["fuse"], 16)

    def shadow(self, address):
        return int(self.board.ctl("fuses")["result"]["words"].get(address, {"shadow": "0"})["shadow"], 16)

    def touched(self):
        """DATA writes of any kind."""
        fuses = self.board.ctl("fuses")["result"]
        return fuses["burnt_bits"], fuses["programs"], fuses["refused"]

    def word(self, address):
        return int(self.tcl(f"read_memory {address:#x} 32 1"), 16)

    def plan(self, what, value, words=""):
        """The plan's text and its token."""
        text = self.tcl(f"ocotp program {what} {value} {words}")
        found = re.search(r"confirm (\S+)", text)
        assert found, text
        return text, found.group(1)

    def burn(self, what, value, allow=""):
        token = self.plan(what, value, allow)[1]
        return self.tcl(f"ocotp program {what} {value} confirm {token} {allow}")

    def log(self):
        path = self.folder / "probed-fuses.log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def bench(make_board, make_daemon, tmp_path):
    def make(name=RT1064, *options, init=""):
        board = make_board("--deterministic", *options, name=name)
        daemon = make_daemon(*board_arguments(board), "-c", f"init; {init}")
        daemon.tcl(f"ocotp log {tmp_path}/probed-fuses.log")
        return Bench(board, daemon, tmp_path)
    return make


# --- reading ---

@every_board
def test_everything_can_be_read_while_the_program_runs(bench, name):
    b = bench(name, "--preset", "good")
    resets = b.board.stats()["resets"]
    b.board.ctl("fuses burn 0x660 0x1234")
    b.board.ctl("fuses burn 0x450 0x2")
    assert "shadow 0x00001234" in b.tcl("ocotp read 0x660"), "the value is what the board has"
    assert b.tcl("dict get [ocotp read 0x26] fuse") == "0x00001234"
    assert b.tcl("dict get [ocotp read GP1] shadow") == "0x00001234"
    listing = b.tcl("ocotp list")
    for field in ("BT_FUSE_SEL", "FORCE_INTERNAL_BOOT", "JTAG_SMODE", "SDP_DISABLE", "LOCK_BOOT_CFG",
                  "EEPROM_RECOVERY", "SRK_REVOKE", "UID_LOW"):
        assert field in listing, field
    assert "0x660 word 38 GP1             fuse 0x00001234 shadow 0x00001234" in listing
    assert len(b.tcl("ocotp dump").splitlines()) == (65 if "106" in name else 57)
    assert "lost for ever" in b.tcl("ocotp describe SJC_DISABLE")
    assert "running" in b.tcl("targets")
    assert b.board.stats()["resets"] == resets
    assert b.touched() == (0, 0, 0)


def test_a_shut_clock_gate_is_opened_for_the_moment(bench):
    b = bench(RT1064, init="reset halt")
    b.tcl("mmw 0x400fc070 0 0x3000")
    assert "fuse 0x00000000" in b.tcl("ocotp read 6")
    assert int(b.tcl("read_memory 0x400fc070 32 1"), 16) & 0x3000 == 0


def test_dump_to_a_file(bench, tmp_path):
    b = bench()
    b.tcl(f"ocotp dump {tmp_path}/fuses.txt")
    lines = (tmp_path / "fuses.txt").read_text().splitlines()
    assert lines[1] == "0x400 0x00000000 0x00000000 LOCK"
    assert "0x510 ---------- ---------- OTPMK1" in lines
    assert "cannot be written" in b.fails("ocotp dump /nonexistent/x")


def test_names_that_do_not_exist(bench):
    b = bench(RT1024)
    assert "has no fuse field or word" in b.fails("ocotp read NONSENSE")
    assert "has no fuse field or word" in b.fails("ocotp read 0x8f0")
    assert "has no fuse field or word" in b.fails("ocotp program 64 1")
    assert "no fuse of the RT1024" in b.fails("ocotp list NONSENSE")


def test_values_that_do_not_fit(bench):
    b = bench(RT1024)
    for verb in ("shadow", "program"):
        assert "which has 1 bit(s): see \"ocotp describe BT_FUSE_SEL\"" in b.fails(f"ocotp {verb} bt_fuse_sel 5")
    token = b.plan("GP1", 3)[1]
    b.tcl(f"ocotp program GP1 3 confirm {token}")
    assert b.fails("ocotp program GP1 4").endswith("bits 0x00000003: ask for 0x00000007, which keeps those bits")
    assert 'add "allow LOCK_TESTER ..."' in b.fails("ocotp program 0 0xffffffff")
    b.tcl("ocotp shadow BT_FUSE_SEL 1")
    text = b.fails("ocotp program BT_FUSE_SEL 1 -dry-run")
    assert "as its shadow register says, which can be overridden" in text, text


# --- what is refused ---

def test_writing_zeros_is_answered_with_the_whole_story(bench):
    b = bench(RT1024, "--preset", "story-fuses")
    out = b.fails("ocotp program 6 0")
    for words in ("only go from 0 to 1", "0x00010010", "bit 4 BT_FUSE_SEL", "bit 16 FORCE_INTERNAL_BOOT",
                  "Lost: the serial downloader", "SWD still works", "imxrt rescue", "imxrt ram_boot"):
        assert words in out, words
    assert "only go from 0 to 1" in b.fails("ocotp program BT_FUSE_SEL 0")
    assert "only go from 0 to 1" in b.fails("ocotp program 0x460 0x10000")
    assert "nothing to burn" in b.fails("ocotp program 6 0x10010")
    assert "nothing to burn" in b.fails("ocotp program BT_FUSE_SEL 1")
    assert b.touched() == (0, 0, 0) and b.fuse("0x460") == 0x00010010


DANGERS = [("SEC_CONFIG1", 1, ["SEC_CONFIG1", "NO_SRK"]), ("BT_FUSE_SEL", 1, ["BT_FUSE_SEL"]),
           ("FORCE_INTERNAL_BOOT", 1, ["FORCE_INTERNAL_BOOT"]), ("SDP_DISABLE", 1, ["SDP_DISABLE"]),
           ("SDP_READ_DISABLE", 1, ["SDP_READ_DISABLE"]), ("DAP_SJC_SWD_SEL", 1, ["DAP_SJC_SWD_SEL"]),
           ("SJC_DISABLE", 1, ["SJC_DISABLE"]), ("JTAG_SMODE", 1, ["JTAG_SMODE"]),
           ("JTAG_SMODE", 3, ["JTAG_SMODE"]), ("KTE", 1, ["KTE"]), ("JTAG_HEO", 1, ["JTAG_HEO"]),
           ("0x460", 0x30000, ["FORCE_INTERNAL_BOOT", "SDP_DISABLE", "NO_DOWNLOADER"]),
           ("LOCK_BOOT_CFG", 3, ["LOCK_BOOT_CFG"]), ("LOCK", 0x80000000, ["FIELD_RETURN"]),
           ("SRK0", 1, ["SRK_HASH_255_224"]), ("SJC_RESP0", 1, ["SJC_RESP_31_0"]), ("MEM2", 1, ["MEM2"]),
           ("UID0", 1 << 31, ["UID_LOW", "UID0"]), ("BOOT_DEVICE", 1, ["BOOT_DEVICE"])]


def test_each_danger_must_be_allowed_by_its_name(bench):
    b = bench()
    for what, value, names in DANGERS:
        before = int(b.tcl(f"dict get [ocotp read {what}] fuse"), 16)
        value |= before
        out = b.fails(f"ocotp program {what} {value}")
        assert "takes away" in out and f"allow {names[-1]}" in out, (what, out)
        for left_out in names:
            allowed = " ".join(n for n in names if n != left_out)
            words = f"allow {allowed}" if allowed else ""
            if what != "UID0":
                assert "takes away" in b.fails(f"ocotp program {what} {value} {words}")
                assert "takes away" in b.fails(f"ocotp program {what} {value} confirm burn-0 {words}")
    assert "no danger of this plan" in b.fails("ocotp program GP1 1 allow SJC_DISABLE")
    assert b.touched() == (0, 0, 0)


def test_a_boot_device_that_is_not_there_is_a_danger(bench):
    b = bench()
    b.board.ctl("fuses burn 0x450 0x10")        # SEMC NOR, which an RT1064 does not boot from
    out = b.fails("ocotp program BT_FUSE_SEL 1 allow BT_FUSE_SEL")
    assert "NO_BOOT_DEVICE" in out, out


LOCKS = [("0x450", 2), ("0x460", 2), ("0x470", 2), ("0x660", 10), ("0x670", 12), ("0x680", 16), ("0x6d0", 22),
         ("0x880", 26), ("0x8c0", 24), ("0x620", 8)]


@pytest.mark.parametrize("address,bit", LOCKS)
def test_locked_words_are_refused_before_anything_is_sent(bench, address, bit):
    b = bench()
    b.board.ctl(f"fuses burn 0x400 {1 << bit}")
    out = b.fails(f"ocotp program {address} 4 allow BT_FUSE_SEL")
    assert "write-protected" in out and "cannot be taken back" in out or "cannot be read" in out, out
    assert b.touched()[:2] == (0, 0)


def test_a_word_that_cannot_be_read_is_not_burnt(bench):
    b = bench()
    assert "cannot be read" in b.fails("ocotp program OTPMK0 1")
    b.board.ctl(f"fuses burn 0x400 {1 << 6:#x}")
    assert "cannot be read" in b.fails("ocotp program SJC_RESP0 1")
    assert "locked against reading" in b.fails("ocotp read SJC_RESP0")
    assert b.touched()[:2] == (0, 0)


# --- plan, token, burning ---

@pytest.mark.parametrize("words", ["-dry-run", "--dry-run"])
def test_a_dry_run_touches_nothing(bench, words):
    b = bench(RT1064, "--preset", "good")
    timing = b.word(TIMING)
    out = b.tcl(f"ocotp program BT_FUSE_SEL 1 allow BT_FUSE_SEL {words}")
    assert "to burn 0x00000010" in out and "Dry run" in out and "confirm" not in out, out
    token = b.plan("GP1", 3)[1]
    assert "Dry run" in b.tcl(f"ocotp program GP1 3 confirm {token} {words}")
    assert b.touched() == (0, 0, 0) and b.word(TIMING) == timing
    assert b.log() == []


def test_the_plan_then_the_token_then_the_fuse(bench):
    b = bench(RT1064, init="halt")
    text, token = b.plan("BOOT_FREQ", 1)
    for words in ("0x460 BOOT_CFG1", "now     0x00000000", "to burn 0x00000004 (1 bit)", "528/132 MHz",
                  "one-time only", "LOCK_BOOT_CFG"):
        assert words in text, words
    for wrong in ("nonsense", token[:-1], token + "0", token.upper()):
        assert "token is not the one" in b.fails(f"ocotp program BOOT_FREQ 1 confirm {wrong}")
    assert "token is not the one" in b.fails(f"ocotp program GP1 1 confirm {token}")
    assert b.touched() == (0, 0, 0) and b.log() == []
    assert "burnt" in b.tcl(f"ocotp program BOOT_FREQ 1 confirm {token}")
    assert b.fuse("0x460") == 4 and b.shadow("0x460") == 4
    assert b.touched() == (1, 1, 0)
    started, done = b.log()
    assert "word=6 name=BOOT_CFG1 before=0x00000000 burn=0x00000004 wanted=0x00000004 state=started" in started
    assert done.endswith("after=0x00000004 state=done") and "uid=0x" in done
    assert "nothing to burn" in b.fails(f"ocotp program BOOT_FREQ 1 confirm {token}")
    assert b.touched() == (1, 1, 0)


def test_a_token_is_for_one_chip_and_one_state(bench):
    b = bench()
    token = b.plan("GP1", 6)[1]
    b.board.ctl("fuses burn 0x660 2")           # somebody else was faster
    assert "token is not the one" in b.fails(f"ocotp program GP1 6 confirm {token}")
    token = b.plan("GP1", 6)[1]
    b.board.ctl("fuses burn 0x410 1")           # another chip
    assert "token is not the one" in b.fails(f"ocotp program GP1 6 confirm {token}")
    assert b.touched() == (0, 0, 0)


def test_a_danger_that_is_wanted(bench):
    b = bench(RT1024)
    allow = "allow BT_FUSE_SEL FORCE_INTERNAL_BOOT"
    assert "burnt" in b.burn("6", 0x00010010, allow)
    assert b.fuse("0x460") == 0x00010010 and b.touched() == (2, 1, 0)
    assert "FORCE_INTERNAL_BOOT is burnt" in b.tcl("ocotp explain boot")


STATES = [("good", ""), ("good", "reset halt"), ("blank", ""), ("blank", "halt")]


@every_board
@pytest.mark.parametrize("preset,init", STATES)
def test_the_pulse_fits_the_clock_that_runs(bench, name, preset, init):
    """The board refuses to burn with a TIMING that does not suit its IPG clock."""
    b = bench(name, "--preset", preset, init=init)
    b.board.ctl("run 20000000")
    state = b.tcl("[target current] curstate")
    timing = b.word(TIMING)
    assert "burnt" in b.burn("GP1", 0x80000101)
    assert b.fuse(GP1) == 0x80000101 and b.touched() == (3, 1, 0)
    assert b.tcl("[target current] curstate") == state, "it goes on as it was"
    assert b.word(TIMING) == timing


def test_the_debugger_shuts_itself_out_if_that_is_wanted(bench):
    b = bench(RT1064, init="halt")
    assert "burnt" in b.burn("SJC_DISABLE", 1, "allow SJC_DISABLE")
    assert b.fuse("0x460") == 1 << 20 and b.log()[-1].endswith("after=0x00100000 state=done")


def test_a_watchdog_does_not_bite_meanwhile(bench):
    b = bench(RT1064, init="halt")
    scr = b.word(0x400f8000)
    b.tcl("mwh 0x400b8000 0x0034")              # on, 0.5 s, counts in Debug state
    assert "burnt" in b.burn("GP1", 0xffffffff)
    assert b.fuse(GP1) == 0xffffffff and b.word(0x400f8000) == scr


def test_a_dry_run_turns_no_clock_on(bench):
    b = bench(RT1064, init="reset halt")
    b.tcl("mmw 0x400fc070 0 0x3000")
    assert "clock is off" in b.fails("ocotp program GP1 1 -dry-run")
    assert "to burn" in b.plan("GP1", 1)[0]


def test_the_log_is_a_condition(bench, tmp_path):
    b = bench()
    b.tcl("ocotp log /nonexistent/fuses.log")
    token = b.plan("GP1", 1)[1]
    assert "cannot be written" in b.fails(f"ocotp program GP1 1 confirm {token}")
    assert b.touched() == (0, 0, 0)
    b.tcl(f"ocotp log {tmp_path}/other.log")
    assert "burnt" in b.burn("GP1", 1)
    assert len((tmp_path / "other.log").read_text().splitlines()) == 2


# --- what goes wrong while it burns ---

@pytest.mark.parametrize("bits", [1, 2, 3])
def test_a_power_cut_is_recognised_by_the_next_run(bench, bits):
    b = bench()
    token = b.plan("GP1", 0x0f)[1]
    b.board.ctl(f"power-off-at {bits} burn")
    assert b.fails(f"ocotp program GP1 0x0f confirm {token}")
    b.board.ctl("power on")
    b.board.ctl("run 20000000")
    wait_for(lambda: "running" in b.tcl("catch {poll}; catch {[target current] arp_examine}; targets"), "the board")
    burnt = b.fuse(GP1)
    assert 0 < burnt < 0x0f
    text, token = b.plan("GP1", 0x0f)
    assert "was cut off" in text and f"0x{burnt:08x} are burnt" in text, text
    assert "was cut off" in b.tcl("ocotp read GP1")
    assert "burnt" in b.tcl(f"ocotp program GP1 0x0f confirm {token}")
    assert b.fuse(GP1) == 0x0f
    assert "cut off" not in b.tcl("ocotp read GP1")


def test_cells_that_do_not_take(bench):
    b = bench()
    b.board.ctl("fuse-fault weak 0x660 4")
    token = b.plan("GP1", 0x7)[1]
    out = b.fails(f"ocotp program GP1 7 confirm {token}")
    assert "0x00000004 did not take" in out and "supply" in out, out
    assert b.log()[-1].endswith("after=0x00000003 state=flash.verify")
    b.board.ctl("fuse-fault none")
    assert "burnt" in b.burn("GP1", 7)
    b.board.ctl("fuse-fault supply")
    token = b.plan("GP2", 7)[1]
    assert "did not take" in b.fails(f"ocotp program GP2 7 confirm {token}")


def test_a_controller_that_hangs(bench):
    b = bench()
    token = b.plan("GP1", 1)[1]
    b.board.ctl("fuse-fault hang")
    out = b.fails(f"ocotp program GP1 1 confirm {token}")
    assert "stayed busy" in out or "busy" in out, out
    assert "0x00000000" in b.tcl("ocotp read GP2")       # by the shadow register


# --- shadow registers ---

def test_a_shadow_register_until_the_next_reset(bench):
    b = bench(RT1064, init="halt")
    out = b.tcl("ocotp shadow BOOT_FREQ 1")
    assert "0x00000000 -> 0x00000004" in out and "next reset" in out and "no fuse was burnt" in out
    assert b.shadow("0x460") == 4 and b.fuse("0x460") == 0
    assert "(overridden)" in b.tcl("ocotp list BOOT_CFG1")
    b.tcl("ocotp shadow 0x460 0")
    assert b.shadow("0x460") == 0
    b.tcl("ocotp shadow GP1 0x55")
    b.tcl("reset halt")
    assert b.tcl("dict get [ocotp read GP1] shadow") == "0x00000000"
    b.board.ctl("fuses burn 0x400 8")           # override-protected
    assert "cannot be overridden" in b.fails("ocotp shadow BOOT_FREQ 1")
    assert "cannot be overridden" in b.fails("ocotp shadow LOCK 1")
    assert b.touched() == (0, 0, 0)


# --- the guard ---

def test_no_other_way_leads_to_a_fuse(bench, tmp_path, make_gdb):
    b = bench(RT1064, init="halt")
    (tmp_path / "fuse.bin").write_bytes(b"\x01\x00\x00\x00" * 16)
    ways = [f"mww {CTRL_SET:#x} 0x3e770026", f"mww {DATA:#x} 1", f"mwh {DATA:#x} 1", f"mwb {DATA + 3:#x} 1",
            f"mww {CTRL - 0x10:#x} 0 0x10", f"mmw {DATA:#x} 1 0", f"write_memory {DATA:#x} 32 {{1}}",
            f"write_memory {DATA:#x} 8 {{1 0 0 0}}", "mww 0x401f4460 0x10", "mww 0x401f4400 1",
            f"load_image {tmp_path}/fuse.bin {CTRL:#x} bin",
            f"flash write_image {tmp_path}/fuse.bin {CTRL:#x} bin",
            f"flash write_image erase {tmp_path}/fuse.bin 0x401f4400 bin",
            f"flash write_bank 1 {tmp_path}/fuse.bin 0", "flash fillw 0x401f4660 1 1",
            "flash erase_sector 1 0 0", "flash erase_address 0x401f4400 16", "flash protect 1 0 0 off",
            f"imxrt1064.dap apreg 0 4 {DATA:#x}; imxrt1064.dap apreg 0 0xc 1",
            f"imxrt1064.dap apreg 0 4 {DATA:#x}; imxrt1064.dap apreg 0 0x10 1",
            f"imxrt1064.cpu mww {DATA:#x} 1", f"imxrt1064.cpu mwb {DATA:#x} 1"]
    before = [b.word(address) for address in (CTRL, TIMING)]
    for way in ways:
        out = b.fails(way)
        assert b.touched() == (0, 0, 0), way
        assert "ocotp" in out or "fuse" in out or "no flash bank" in out.lower(), (way, out)
    out = make_gdb(b.daemon).run([f"set *(unsigned *){DATA:#x} = 1", f"set *(char *){DATA:#x} = 1",
                                  f"restore {tmp_path}/fuse.bin binary {CTRL:#x}",
                                  f"monitor mww {DATA:#x} 1"])
    assert out.count("Cannot access memory") + out.count("rror") >= 3, out
    assert b.touched() == (0, 0, 0)
    assert [b.word(address) for address in (CTRL, TIMING)] == before
    assert b.shadow("0x460") == 0


def elf_at(address, data):
    """An ELF file with one segment and one section, for GDB loads sections."""
    names = b"\0.data\0.names\0"
    end = 0x60 + len(data)
    head = struct.pack("<4sBBB9xHHIIIIIHHHHHH", b"\x7fELF", 1, 1, 1, 2, 40, 1, address, 52, end + 16, 0, 52, 32, 1,
                       40, 3, 2)
    segment = struct.pack("<8I", 1, 0x60, address, address, len(data), len(data), 6, 4)
    sections = [bytes(40), struct.pack("<10I", 1, 1, 3, address, 0x60, len(data), 0, 0, 4, 0),
                struct.pack("<10I", 7, 3, 0, 0, end, len(names), 0, 0, 1, 0)]
    return (head + segment).ljust(0x60, b"\0") + data + names.ljust(16, b"\0") + b"".join(sections)


def test_no_file_and_no_second_target_leads_to_a_fuse(make_board, make_daemon, make_gdb, tmp_path):
    """A section that lies on the controller, a MEM-AP target, an AP driven by hand."""
    board = make_board("--deterministic", "--preset", "good", name=RT1064)
    daemon = make_daemon(*board_arguments(board), "-c",
                         "target create mem mem_ap -dap imxrt1064.dap -ap-num 0; targets imxrt1064.cpu")
    elf = tmp_path / "fuse.elf"
    elf.write_bytes(elf_at(DATA, b"\1\0\0\0" * 4))
    (tmp_path / "fuse.hex").write_text(":02000004401F9B\n:0440200001000000" "9B\n:00000001FF\n", encoding="ascii")
    daemon.tcl("poll off; halt")
    ap = "imxrt1064.dap apreg 0"
    for way in (f"load_image {elf}", f"load_image {tmp_path}/fuse.hex 0 ihex", f"flash write_image {elf}",
                f"imxrt ram_boot {elf}", f"fast_load_image {elf}; fast_load", f"mem mww {DATA:#x} 1",
                f"mem write_memory {DATA:#x} 32 {{1}}", f"targets mem; mww {DATA:#x} 1", f"mww phys {DATA:#x} 1",
                f"targets imxrt1064.cpu; mwd {DATA:#x} 1", "mww 0x401f0000 0 0x2000",
                f"{ap} 0 0x23000052; {ap} 4 {DATA - 4:#x}; {ap} 0xc; {ap} 0xc 1"):
        out = daemon.fails(way)
        assert re.search("fuse controller|no flash bank|not in RAM", out), (way, out)
        fuses = board.ctl("fuses")["result"]
        assert (fuses["burnt_bits"], fuses["programs"], fuses["refused"]) == (0, 0, 0), way
    out = make_gdb(daemon).run(["load"], elf=elf)
    assert "Loading section .data" in out and ("rror" in out or "failed" in out), out
    fuses = board.ctl("fuses")["result"]
    assert (fuses["burnt_bits"], fuses["programs"], fuses["refused"]) == (0, 0, 0)


def test_the_guard_stands_before_the_first_command(bench):
    """The target script's bank is enough."""
    b = bench()
    assert "fuse controller" in b.fails(f"mww {TIMING:#x} 0")
    assert "refused" in b.tcl("ocotp guard")


def test_the_guard_needs_no_script_of_the_part(make_board, make_daemon):
    """target/cortex_m.cfg is enough: the access port tells what may be there."""
    board = make_board("--deterministic", name=RT1064)
    daemon = make_daemon(*plain_target(board))
    assert "fuse controller" in daemon.fails(f"mww {TIMING:#x} 0")
    assert board.ctl("fuses")["result"]["burnt_bits"] == 0


def test_the_guard_costs_no_transfer(bench):
    b = bench(RT1064, init="poll off; halt")

    def cost():
        before = b.board.stats()["round_trips"], b.board.stats()["transfers"]
        b.tcl("mww 0x20000000 0x12345678 64; mww 0x20001000 1")
        return b.board.stats()["round_trips"] - before[0], b.board.stats()["transfers"] - before[1]

    cost()
    guarded = cost()
    b.tcl("ocotp guard off fuses-cannot-be-taken-back")
    assert cost() == guarded


def test_lifting_the_guard_takes_the_words(bench):
    b = bench(RT1064, init="halt")
    out = b.fails("ocotp guard off")
    words = re.search(r"ocotp guard off (\S+)\"", out).group(1)
    assert "fuse controller" in b.fails("mww 0x401f4660 5")
    assert "no fuse can be taken back" in b.fails("ocotp guard off please")
    assert "let through" in b.tcl(f"ocotp guard off {words}")
    b.tcl("mww 0x401f4660 5")
    assert b.shadow(GP1) == 5
    assert "refused" in b.tcl("ocotp guard on")
    assert "fuse controller" in b.fails("mww 0x401f4660 6")


def test_the_bank_reads(bench, tmp_path):
    b = bench(RT1064, init="halt")
    b.board.ctl("fuses burn 0x660 0x11223344")
    assert "only" in b.tcl("flash info 1")
    b.tcl(f"flash read_bank 1 {tmp_path}/fuses.bin")
    data = (tmp_path / "fuses.bin").read_bytes()
    assert len(data) == 0x500 and data[0x260:0x264] == bytes.fromhex("44332211")
    assert data[0x300:0x400] == bytes(0x100)
