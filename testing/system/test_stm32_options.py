# SPDX-License-Identifier: GPL-2.0-or-later
"""Option bytes by name: what they are, what a change brings, and that none is left half written."""
import re

import pytest

from kit import BOARD, board_arguments, wait_for

BOARDS = [BOARD, "stm32l4r5", "stm32l432", "nucleo-g474", "nucleo-g0b1", "nucleo-u575", "nucleo-l552",
          "nucleo-wb55"]
FACTORY = 0xffeff8aa


class Bench:
    """A board with a daemon that can be replaced; the journal is in a folder of its own."""

    def __init__(self, make_board, make_daemon, folder, *options, name=BOARD):
        self.make_daemon, self.folder = make_daemon, folder
        self.board = make_board("--deterministic", *options, name=name)
        self.daemon = None
        self.start()

    def start(self, first="halt"):
        if self.daemon:
            self.daemon.stop()
        self.daemon = self.make_daemon(*board_arguments(self.board))
        self.daemon.tcl(f"poll off; stm32l4x log {self.folder}/options.log; {first}")

    def tcl(self, command):
        result = self.daemon.tcl(f"list [catch {{{command}}} probed_result] $probed_result")
        assert result.startswith("0 "), f"{command}: {result}\n{self.daemon.text}"
        return result[3:-1] if result[2:3] == "{" else result[2:]

    def fails(self, command):
        return self.daemon.fails(command)

    def ctl(self, line):
        return self.board.ctl(line).get("result")

    def active(self):
        return self.ctl("options")["active"]

    def journal(self):
        path = self.folder / "options.log"
        return re.findall(r"state=(\w+)", path.read_text()) if path.exists() else []

    def power_cycle(self):
        self.board.ctl("power off")
        self.board.ctl("power on")
        self.board.ctl("run 20000000")


@pytest.fixture
def start(make_board, make_daemon, tmp_path):
    return lambda *options, name=BOARD: Bench(make_board, make_daemon, tmp_path, *options, name=name)


@pytest.fixture
def bench(start):
    return start()


def test_every_field_is_listed_in_words(bench):
    bench.ctl("options BOR_LEV=2 WRP1A=0..31 IWDG_SW=0")
    text = bench.tcl("stm32l4x option")
    for line in ("[7:0] RDP = 0xAA: level 0: open", "[10:8] BOR_LEV = 2: about 2.2 V",
                 "[16] IWDG_SW = 0: hardware: IWDG starts at every reset", "[20] BFB2 = 0: normal boot",
                 "WRP1A = 0xff1fff00: pages 0..31 write-protected, 0x08000000..0x0800ffff",
                 "[31] PCROP_RDP = 0"):
        assert line in text, text
    assert text == bench.tcl("stm32l4x option 0")


def test_a_change_is_planned_written_loaded_and_verified(bench):
    plan = bench.tcl("stm32l4x option set --dry-run BFB2=1 WRP1A=0x08000000..0x08007fff")
    assert "FLASH_OPTR = 0xffeff8aa -> 0xfffff8aa" in plan
    assert "BFB2 = 0: normal boot  ->  1: boot from bank 2" in plan
    assert "WRP1A: off  ->  pages 0..15, 0x08000000..0x08007fff" in plan
    assert bench.board.stats()["option_writes"] == 0 and bench.journal() == []
    done = bench.tcl("stm32l4x option set BFB2=1 WRP1A=0x08000000..0x08007fff")
    assert plan in done and "written, loaded and verified" in done
    assert bench.board.stats()["option_writes"] == 1, "all registers in one go"
    assert bench.active()["BFB2"] == 1 and bench.active()["WRP1A"] == [0, 15]
    assert bench.journal() == ["started", "written", "loaded"]
    assert bench.tcl("[target current] curstate") == "halted"
    assert "nothing to change" in bench.tcl("stm32l4x option set BFB2=1")
    assert bench.board.stats()["option_writes"] == 1
    bench.tcl("stm32l4x option set 0 WRP1A=off BFB2=0")
    assert bench.active()["WRP1A"] == [255, 0] and bench.active()["BFB2"] == 0


def test_a_running_core_and_old_errors_do_not_matter(bench):
    bench.tcl("resume")
    bench.ctl("preset-sr 0xc3fa")
    bench.ctl("preset-cr 0x1")
    assert "verified" in bench.tcl("stm32l4x option set IWDG_STOP=0")
    assert bench.active()["IWDG_STOP"] == 0


def test_a_controller_that_takes_no_key_is_reset_first(bench):
    bench.ctl("lock-keys")
    assert "verified" in bench.tcl("stm32l4x option set BFB2=1")
    bench.daemon.expect("does not take its key any more: resetting the chip")
    assert bench.active()["BFB2"] == 1


def test_nothing_is_written_that_makes_no_sense(bench):
    assert "the nearest name is BFB2" in bench.fails("stm32l4x option set BBF2=1")
    assert "about 2.8 V" in bench.fails("stm32l4x option set BOR_LEV=7 BFB2=1")
    assert "not in its bank" in bench.fails("stm32l4x option set WRP1A=0x08080000..0x08081000")
    assert "no option field 'nSWBOOT0'" in bench.fails("stm32l4x option set nSWBOOT0=0")
    assert bench.board.stats()["option_writes"] == 0 and bench.journal() == []
    assert bench.fails("stm32l4x log /nowhere/x; reset halt; stm32l4x option set BFB2=1") \
        .startswith("option bytes not written: the journal")
    assert "FLASH_OPTR = 0xffeff8aa" in bench.tcl("stm32l4x option")
    assert bench.board.stats()["option_writes"] == 0


def test_level_1_and_back(bench, tmp_path):
    (tmp_path / "image.bin").write_bytes(bytes(range(256)))
    bench.tcl(f"flash write_image erase {tmp_path}/image.bin 0x08000000 bin")
    done = bench.tcl("stm32l4x option set RDP=level1")
    assert "going back to level 0 erases" in done and "verified" in done
    assert bench.active()["RDP"] == 0xbb
    assert bench.board.memory(0x08000000, 256) == bytes(range(256))
    told = bench.fails("stm32l4x option set RDP=0xaa")
    assert "erases the whole flash, SRAM2 and the backup registers" in told and '"confirm"' in told
    assert bench.active()["RDP"] == 0xbb
    bench.tcl("stm32l4x option set RDP=0xaa confirm")
    assert bench.active()["RDP"] == 0xaa
    assert bench.board.memory(0x08000000, 256) == b"\xff" * 256
    bench.power_cycle()
    bench.start()
    assert "wrote" in bench.tcl(f"flash write_image --verify {tmp_path}/image.bin 0x08000000 bin")


def test_level_2_needs_the_token_of_this_change_on_this_chip(bench):
    told = bench.fails("stm32l4x option set RDP=0xcc")
    assert "closed for ever" in told
    token = re.search(r'confirm (\w{8})"', told).group(1)
    assert token in bench.tcl("stm32l4x option set RDP=0xcc --dry-run")
    for wrong in ("confirm", "confirm 12345678", token):
        bench.fails(f"stm32l4x option set RDP=0xcc {wrong}")
    assert "not for this change" in bench.fails(f"stm32l4x option set RDP=0xcc BFB2=1 confirm {token}")
    told = bench.fails("stm32l4x option_write 0 0x20 0xcc 0xff confirm")
    assert "closed for ever" in told and re.search(r'confirm \w{8}"', told)
    assert bench.active()["RDP"] == 0xaa and bench.board.stats()["option_writes"] == 0
    assert "debug port is closed" in bench.tcl(f"stm32l4x option set RDP=0xcc confirm {token}")
    assert bench.ctl("options")["level"] == 2


def test_pcrop_grows_but_does_not_shrink(bench):
    assert "it goes only with RDP" in bench.tcl("stm32l4x option set PCROP1=0x08001000..0x080017ff")
    assert bench.active()["PCROP1"] == [0x200, 0x2ff]
    assert "can grow but not shrink" in bench.fails("stm32l4x option set PCROP1=off")
    assert "P" in bench.tcl("stm32l4x wrp").splitlines()[1]
    bench.tcl("stm32l4x option set RDP=1")
    assert "survive (PCROP_RDP = 0)" in bench.tcl("stm32l4x option set RDP=0 --dry-run")
    bench.tcl("stm32l4x option set RDP=0 PCROP_RDP=1 confirm")
    assert bench.active()["PCROP1"][0] > bench.active()["PCROP1"][1]


def test_the_trap_of_the_wrong_offset_is_told(bench):
    bench.tcl("stm32l4x option_write 0 0x28 0x00ff0000 0x00ff00ff")
    bench.daemon.expect("offset 0x28 is PCROP1ER, the end of a PCROP area; WRP1AR is 0x2c")


def test_what_is_written_but_not_loaded_is_shown(bench):
    bench.tcl("stm32l4x option_write 0 0x20 0x400 0x700")
    assert bench.journal() == ["started", "written"]
    bench.tcl("reset halt")
    text = bench.tcl("stm32l4x option")
    assert "not loaded yet" in text and "option_load 0" in text
    assert "[10:8] BOR_LEV = 0: about 1.7 V  -- stored: 4: about 2.8 V" in text
    bench.tcl("stm32l4x option_load 0")
    assert "BOR_LEV = 4: about 2.8 V\n" in bench.tcl("stm32l4x option")
    assert bench.journal()[-1] == "loaded"
    assert "stored" not in bench.tcl("stm32l4x option")


@pytest.mark.parametrize("which", ["meant", "before", "factory"])
def test_a_power_cut_in_the_middle_is_recognised_and_mended(start, which):
    bench = start()
    bench.ctl("options BOR_LEV=1 WRP2A=3..4")
    bench.tcl("stm32l4x option set IWDG_STOP=0")
    before = bench.active()
    bench.ctl("fail-after 1 power")
    told = bench.fails("stm32l4x option set BFB2=1 WRP1A=0..15")
    assert "cut off" in told, told
    bench.power_cycle()
    assert bench.ctl("options")["optverr"]
    bench.start("halt; flash probe 0")
    assert "was cut off in the middle" in bench.daemon.text, bench.daemon.text
    assert f'"stm32l4x option restore 0 meant confirm" finishes it' in bench.tcl("stm32l4x option")
    assert "erases the whole flash" in bench.fails(f"stm32l4x option restore {which}")
    assert "verified" in bench.tcl(f"stm32l4x option restore {which} confirm")
    after = bench.active()
    if which == "meant":
        assert after == {**before, "BFB2": 1, "WRP1A": [0, 15]}
    elif which == "before":
        assert after == before
    else:
        bench.ctl("options factory")
        assert after == bench.active()
    assert bench.journal()[-1] == "loaded"
    assert "cut off" not in bench.tcl("stm32l4x option")


def test_spoiled_option_bytes_nobody_recorded(bench):
    bench.ctl("corrupt-options")
    bench.power_cycle()
    bench.start("halt; flash probe 0")
    assert "of which nothing is recorded here" in bench.daemon.text
    assert "option restore 0 factory confirm" in bench.tcl("stm32l4x option")
    assert "knows no option write of this chip" in bench.fails("stm32l4x option restore meant confirm")
    bench.tcl("stm32l4x option restore factory confirm")
    assert bench.active()["RDP"] == 0xaa and bench.active()["PCROP1"] == [0xffff, 0]


def test_the_link_or_the_power_goes_at_any_step(start):
    bench = start()
    wanted = "BFB2=1 WRP1A=0..15"
    steps = cuts = 0
    while cuts < 60:
        bench.ctl("options factory")
        bench.tcl("reset halt; flash probe 0")
        bench.board.ctl(f"inject no-ack {steps} 1000000")
        result = bench.daemon.tcl(f"catch {{stm32l4x option set {wanted}}} result; set result")
        bench.board.ctl("inject none")
        if "verified" in result:
            break
        cuts += 1
        if cuts % 2:                # every second time the supply goes, too
            bench.power_cycle()
        steps += 9
        bench.start()
        open_record = bench.journal() and bench.journal()[-1] == "started"
        if open_record:
            assert "cut off" in bench.tcl("stm32l4x option"), steps
            bench.tcl("stm32l4x option restore meant")
        else:
            bench.tcl(f"stm32l4x option set {wanted}; stm32l4x option_load 0")
        assert bench.active()["BFB2"] == 1 and bench.active()["WRP1A"] == [0, 15], steps
        assert "cut off" not in bench.tcl("stm32l4x option")
    assert cuts > 8, f"only {cuts} steps were cut"


def test_the_cable_goes_in_the_middle(bench):
    bench.ctl("fail-after 1 unplug")
    bench.fails("stm32l4x option set BFB2=1")
    bench.board.ctl("replug")
    bench.start()
    assert "was cut off; the registers hold what was meant" in bench.tcl("stm32l4x option")
    assert "verified" in bench.tcl("stm32l4x option restore")
    assert bench.active()["BFB2"] == 1


def test_write_protection_as_a_map(bench):
    text = bench.tcl("stm32l4x wrp set 0x08000000..0x08000fff on; stm32l4x wrp set 300..301 on")
    rows = text.splitlines()
    assert re.search(r"0x08000000\s+0  ##\.{62}$", rows[1]), text
    assert "bank 2: pages 0..255 of 2 KiB, 0x08080000..0x080fffff" in text
    assert re.search(r"0x08080000\s+0  \.{44}##\.{18}$", text, re.M), text
    assert bench.active()["WRP1A"] == [0, 1] and bench.active()["WRP2A"] == [44, 45]
    bench.tcl("stm32l4x wrp set 8 on")
    told = bench.fails("stm32l4x wrp set 0 20..21 on")
    assert "bank 1 would need more than its 2 protected ranges: 0..1, 8..8, 20..21" in told
    bench.tcl("stm32l4x wrp set 0..511 off")
    assert "no area is protected" in bench.tcl("stm32l4x wrp")


def test_the_map_follows_the_swapped_banks(start):
    bench = start("--preset", "bank-swap")
    bench.ctl("fb-mode on")
    text = bench.tcl("stm32l4x wrp")
    assert "bank 1: pages 0..255 of 2 KiB, 0x08080000..0x080fffff (the banks are swapped)" in text
    bench.tcl("stm32l4x option set WRP2A=0x08000000..0x080007ff")
    assert bench.active()["WRP2A"] == [0, 0] and bench.active()["WRP1A"] == [255, 0]


def test_the_bank_mode_is_changed_only_on_request(start):
    bench = start("--preset", "half-size")
    told = bench.fails("stm32l4x option set DUALBANK=0")
    assert "considered lost" in told
    assert "mass_erase 0" in bench.tcl("stm32l4x option set DUALBANK=0 confirm")
    assert "in one bank" in bench.tcl("stm32l4x info")
    assert len(bench.tcl("flash info 0").splitlines()) > 256


def test_unlock_and_lock_stay_what_scripts_know(bench):
    bench.tcl("stm32l4x lock 0; stm32l4x option_load 0")
    assert bench.active()["RDP"] == 0
    bench.tcl("stm32l4x unlock 0")
    bench.daemon.expect("erases the whole flash, SRAM2 and the backup registers: that is being done")
    bench.daemon.expect(r'run "stm32l4x option_load 0"')
    bench.tcl("stm32l4x option_load 0")
    assert bench.active()["RDP"] == 0xaa
    assert bench.tcl("stm32l4x wrp_desc 0").strip() == "no protected areas"


WORDS = {
    BOARD: ("STM32L47/L48xx, revision 4", "in two banks", "by the BOOT0 pin: low main flash"),
    "stm32l4r5": ("STM32L4R/L4Sxx", "512 pages of 4 KiB in two banks", "main flash"),
    "stm32l432": ("STM32L43/L44xx", "256 KiB, 128 pages of 2 KiB in one bank", "main flash"),
    "nucleo-g474": ("STM32G47/G48xx", "256 pages of 2 KiB in two banks", "main flash"),
    "nucleo-g0b1": ("STM32G0B/G0Cx", "256 pages of 2 KiB in two banks", "main flash"),
    "nucleo-u575": ("STM32U57/U58xx", "256 pages of 8 KiB in two banks", "TrustZone: off"),
    "nucleo-l552": ("STM32L55/L56xx", "256 pages of 2 KiB in two banks", "TrustZone: off"),
    "nucleo-wb55": ("STM32WB5x", "256 pages of 4 KiB in one bank", "second core:"),
}


@pytest.mark.parametrize("name", BOARDS)
def test_every_line_by_its_own_fields(start, name):
    bench = start(name=name)
    info = bench.tcl("stm32l4x info")
    for words in WORDS[name]:
        assert words in info, info
    page = int(re.search(r"pages of (\d+) KiB", info).group(1)) * 1024
    done = bench.tcl(f"stm32l4x option set IWDG_STOP=0 WRP1B=2..3 WRP1A=0x08000000..{0x08000000 + page - 1:#x}")
    assert "verified" in done
    text = bench.tcl("stm32l4x option")
    assert "IWDG_STOP = 0: IWDG frozen in Stop" in text
    assert "pages 0..0 write-protected" in text and "pages 2..3 write-protected" in text
    assert re.search(r"0x08000000\s+0  #\.##\.", bench.tcl("stm32l4x wrp"))
    active = bench.active()
    assert active["IWDG_STOP"] == 0 and active["WRP1A"] == [0, 0] and active["WRP1B"] == [2, 3]
    bench.power_cycle()
    bench.start()
    assert "IWDG_STOP = 0" in bench.tcl("stm32l4x option")
    assert "verified" in bench.tcl("stm32l4x option set IWDG_STOP=1 WRP1A=off WRP1B=off")
    assert "no area is protected" in bench.tcl("stm32l4x wrp")


@pytest.mark.parametrize("name", BOARDS)
def test_a_power_cut_on_every_line(start, name):
    bench = start(name=name)
    before = bench.active()
    bench.ctl("fail-after 1 power")
    assert "cut off" in bench.fails("stm32l4x option set IWDG_STOP=0 WRP1A=1..2")
    bench.power_cycle()
    bench.start("halt; flash probe 0")
    assert "was cut off" in bench.daemon.text, bench.daemon.text
    done = bench.tcl("stm32l4x option restore meant confirm")
    assert "verified" in done
    for kept in ("SFSA", "DDS"):        # no debugger of the first core can write them
        if kept in before and bench.active()[kept] != before[kept]:
            assert f"{kept} is {bench.active()[kept]:#x} and was {before[kept]:#x}" in done
            before[kept] = bench.active()[kept]
    assert bench.active() == {**before, "IWDG_STOP": 0, "WRP1A": [1, 2]}
    bench.power_cycle()
    bench.start("halt; flash probe 0")
    assert "cut off" not in bench.daemon.text
    assert "verified" in bench.tcl("stm32l4x option restore before")
    assert bench.active() == before


@pytest.mark.parametrize("name", BOARDS)
def test_level_1_and_back_on_every_line(start, name):
    bench = start(name=name)
    before = bench.active()
    assert "verified" in bench.tcl("stm32l4x option set RDP=1")
    bench.power_cycle()
    bench.start()
    assert bench.active() == {**before, "RDP": 0xbb}
    bench.fails("stm32l4x option set RDP=0")
    assert "verified" in bench.tcl("stm32l4x option set RDP=0 confirm")
    assert bench.active() == before


def test_a_wrp_lock_is_for_ever(start):
    bench = start(name="nucleo-u575")
    bench.tcl("stm32l4x option set WRP1A=0..1")
    told = bench.fails("stm32l4x option set UNLOCK_1A=0")
    assert "write-protected for ever" in told
    token = re.search(r'confirm (\w{8})"', told).group(1)
    assert "verified" in bench.tcl(f"stm32l4x option set UNLOCK_1A=0 confirm {token}")
    assert "locked for ever" in bench.fails("stm32l4x option set WRP1A=off")
    assert "locked for ever" in bench.fails("stm32l4x wrp set 0..1 off")


def test_the_boot_lock_with_level_1_is_for_ever(start):
    bench = start(name="nucleo-g474")
    assert "only place to boot from" in bench.tcl("stm32l4x option set BOOT_LOCK=1")
    told = bench.fails("stm32l4x option set RDP=1")
    assert "for ever" in told and re.search(r'confirm \w{8}"', told)
    assert "for ever" in bench.fails("stm32l4x lock 0")
    assert bench.ctl("options")["level"] == 0
    assert "verified" in bench.tcl("stm32l4x option set BOOT_LOCK=0")
    assert "verified" in bench.tcl("stm32l4x option set RDP=1")


@pytest.mark.parametrize("name", ["nucleo-l552", "nucleo-u575"])
def test_trustzone(start, name):
    bench = start(name=name)
    assert "RDP level 0.5 needs TrustZone" in bench.fails("stm32l4x option set RDP=0.5")
    assert "disabled" in bench.tcl("stm32l4x trustzone 0")
    bench.tcl("stm32l4x trustzone 0 enable")
    assert "enabled" in bench.tcl("stm32l4x trustzone 0")
    assert "only together with RDP" in bench.fails("stm32l4x option set TZEN=0")
    assert "level 0.5 or 1 only" in bench.fails("stm32l4x trustzone 0 disable")
    bench.tcl("stm32l4x option set RDP=1")
    bench.tcl("stm32l4x trustzone 0 disable confirm")
    assert "disabled" in bench.tcl("stm32l4x trustzone 0")
    assert bench.active()["RDP"] == 0xaa


def test_what_belongs_to_the_second_core_is_kept(start):
    bench = start("--preset", "sfsa", name="nucleo-wb55")
    info = bench.tcl("stm32l4x info")
    assert re.search(r"second core: pages \d+..255, 0x080\w+ and above, are its secure area", info), info
    assert "second core's firmware" in bench.fails("stm32l4x option set SFSA=255")
    sfr = bench.tcl("stm32l4x option_read 0 0x80")
    agc = re.search(r"AGC_TRIM = \d", bench.tcl("stm32l4x option")).group()
    bench.tcl("stm32l4x option set IWDG_STOP=0")
    assert bench.tcl("stm32l4x option_read 0 0x80") == sfr and agc in bench.tcl("stm32l4x option")


@pytest.mark.parametrize("preset", ["stale-sr", "pg-left", "key-lockout", "rdp1", "optverr", "iwdg-hw",
                                    "low-power-run", "slow-clock", "app-busy", "run-pd", "bank-swap",
                                    "option-pending", "wrp-bank"])
def test_whatever_was_left_behind(start, preset):
    bench = start("--preset", preset)
    assert "verified" in bench.tcl("stm32l4x option set BOR_LEV=3 WRP2B=7..8")
    assert bench.active()["BOR_LEV"] == 3 and bench.active()["WRP2B"] == [7, 8]


@pytest.mark.parametrize("name", BOARDS)
def test_the_way_back_to_factory_values(start, name):
    bench = start(name=name)
    factory = bench.active()
    bench.ctl("corrupt-options")
    bench.power_cycle()
    bench.start()
    told = bench.fails("stm32l4x option restore factory")
    assert "erases" in told
    bench.tcl("stm32l4x option restore factory confirm")
    now = bench.active()
    assert {key: now[key] for key in factory if key not in ("SFSA", "DDS", "nSWBOOT0")} == \
        {key: factory[key] for key in factory if key not in ("SFSA", "DDS", "nSWBOOT0")}


def test_the_doctor_tells_of_a_write_that_was_cut_off(bench):
    bench.ctl("fail-after 1 power")
    bench.fails("stm32l4x option set BFB2=1")
    bench.power_cycle()
    bench.start()
    assert "an option write of 20" in bench.tcl("stm32l4x doctor")
    bench.tcl("stm32l4x option restore meant confirm")
    assert "was cut off" not in bench.tcl("stm32l4x doctor")


def test_unlock_takes_pcrop_away_and_a_register_write_spares_it(bench):
    bench.tcl("stm32l4x option set PCROP1=0..255 RDP=1")
    bench.tcl("stm32l4x option_write 0 0x20 0xaa 0xff confirm; stm32l4x option_load 0")
    assert bench.active()["RDP"] == 0xaa and bench.active()["PCROP1"] == [0, 255]
    bench.tcl("stm32l4x option set RDP=1")
    bench.tcl("stm32l4x unlock 0; stm32l4x option_load 0")
    assert bench.active()["RDP"] == 0xaa and bench.active()["PCROP1"] == [0xffff, 0]


@pytest.mark.parametrize("kind", ["power", "brownout", "reset"])
def test_cut_again_while_it_is_mended(start, kind):
    """A PCROP area is wanted, and each step on the way back is cut as well."""
    bench = start()
    bench.tcl("stm32l4x option set PCROP2=0..255 IWDG_STDBY=0")
    before = bench.active()
    for command in ("stm32l4x option set BFB2=1 WRP1B=9..10", "stm32l4x option restore meant confirm",
                    "stm32l4x option restore before confirm"):
        bench.ctl(f"fail-after 1 {kind}")
        bench.fails(command)
        bench.power_cycle()
        bench.start("halt; flash probe 0")
        assert "was cut off" in bench.daemon.text, f"{command}: {bench.daemon.text}"
    assert "verified" in bench.tcl("stm32l4x option restore before confirm")
    assert bench.active() == before
    bench.tcl("stm32l4x option set BFB2=1")
    assert bench.active() == {**before, "BFB2": 1}
    bench.tcl("stm32l4x option restore before")
    assert bench.active() == before, "the last change can be taken back"


def test_cut_on_the_way_to_level_0(bench):
    bench.tcl("stm32l4x option set RDP=1 WRP2B=1..2")
    bench.ctl("fail-after 1 power")
    assert "cut off" in bench.fails("stm32l4x option set RDP=0 confirm")
    bench.power_cycle()
    bench.start("halt; flash probe 0")
    assert "was cut off" in bench.daemon.text
    bench.tcl("stm32l4x option restore meant confirm")
    assert bench.active()["RDP"] == 0xaa and bench.active()["WRP2B"] == [1, 2]
    assert "stm32l4x" in bench.tcl("flash info 0") and "cut off" not in bench.tcl("stm32l4x option")
