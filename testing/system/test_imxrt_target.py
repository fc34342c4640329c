# SPDX-License-Identifier: GPL-2.0-or-later
"""i.MX RT targets: identification, resets that stop before the program, RAM programs, GDB."""
import re
import subprocess

import pytest

from imxrt import BOARDS, PARTS, ROM, WINDOWS, answer, pc, word
from kit import Gdb, board_arguments


@pytest.fixture
def start(make_board, make_daemon):
    def make(name="mimxrt1064-evk", preset="good"):
        board = make_board("--deterministic", "--preset", preset, name=name)
        return board, make_daemon(*board_arguments(board))
    return make


@pytest.mark.parametrize("name", BOARDS)
def test_identified_without_a_halt(start, name):
    part = PARTS[name]
    board, daemon = start(name)
    result = answer(daemon.tcl("imxrt identify"))
    assert result["part"] == part and result["certain"] == "1"
    small = part == "RT1024"
    assert (result["itcm"], result["dtcm"], result["ocram"]) == (
        ("65536", "65536", "131072") if small else ("131072", "131072", "262144"))
    assert result["ocram2"] == ("524288" if part in ("RT1060", "RT1064") else "0")
    assert not board.ctl("state")["halted"]


def test_watchdogs_are_described(start):
    _, daemon = start()
    daemon.tcl("halt; mwh 0x400b8000 0x0736")
    text = daemon.tcl("imxrt watchdogs")
    assert "WDOG1 is on and cannot be stopped before a reset: 4.0 s, stands still while" in text, text
    assert "WDOG2 is off" in text
    daemon.tcl("mmw 0x400fc074 0 0x00030000")
    assert "WDOG1 has no clock" in daemon.tcl("imxrt watchdogs")


def test_flexspi_is_described(start):
    _, daemon = start()
    text = daemon.tcl("imxrt flexspi")
    assert "FlexSPI2 at 0x402a4000, window 0x70000000" in text
    assert re.search(r"FlexSPI2.*\n  clock: \d+ kHz .*\n  pads: all are the FlexSPI's", text), text


@pytest.mark.parametrize("name", BOARDS)
def test_reset_halt_stops_before_the_first_instruction_of_the_program(start, name):
    base = WINDOWS[name]
    board, daemon = start(name)
    entry = int.from_bytes(board.memory(base + 0x2004, 4), "little") & ~1
    for _ in range(2):
        text = daemon.tcl("capture {reset halt}")
        assert "halted due to debug-request" in text
        assert pc(daemon) == entry
        daemon.tcl("resume")


def test_reset_halt_from_the_rom_reads_the_flash_by_commands(start):
    _, daemon = start()
    daemon.tcl("imxrt reset rom")
    assert pc(daemon) in ROM
    assert word(daemon, 0x402A4000) & 2     # the ROM has not set up FlexSPI2
    daemon.tcl("reset halt")
    assert pc(daemon) not in ROM


def test_reset_halt_from_the_rom_reads_hyperflash_too(start):
    _, daemon = start("imxrt1050-evkb-hyper")
    daemon.tcl("imxrt reset rom; reset halt")
    assert pc(daemon) not in ROM


@pytest.mark.parametrize("preset", ["steals-swd", "good"])
def test_connected_under_reset_the_program_is_caught_at_its_start(make_board, make_daemon, preset):
    board = make_board("--deterministic", "--preset", preset, name="mimxrt1064-evk")
    entry = int.from_bytes(board.memory(0x70002004, 4), "little") & ~1
    daemon = make_daemon(*board_arguments(board), "-c",
                         "reset_config srst_only srst_nogate connect_assert_srst")
    daemon.tcl("reset halt")
    assert pc(daemon) == entry


def test_reset_halt_finds_a_board_that_does_not_answer(make_board, make_daemon):
    board = make_board("--deterministic", "--preset", "steals-swd", name="mimxrt1064-evk")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("poll off")
    board.ctl("run 40000000")
    daemon.tcl("reset halt")
    assert pc(daemon) in ROM
    daemon.tcl("reset halt")
    assert pc(daemon) not in ROM


def test_reset_run_of_a_board_that_does_not_answer_leaves_it_running(make_board, make_daemon):
    board = make_board("--deterministic", "--preset", "steals-swd", name="mimxrt1064-evk")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("poll off")
    board.ctl("run 40000000")
    daemon.tcl("catch {reset run}")
    board.ctl("run 40000000")
    assert not board.ctl("state")["halted"]
    assert board.ctl("state")["pc"] >= 0x70000000


def test_reset_halt_without_an_image_stops_in_the_rom_and_says_why(start):
    _, daemon = start(preset="blank")
    daemon.tcl("reset halt")
    assert pc(daemon) in ROM
    assert "no program to stop at (the boot flash holds no image vector table)" in daemon.text


def test_an_image_that_the_rom_does_not_start_is_told(start):
    board, daemon = start()
    board.ctl("boot-mode 01")
    board.ctl("power off")
    board.ctl("power on")
    daemon.tcl("sleep 100; targets; reset halt")
    assert pc(daemon) in ROM
    assert "the boot ROM found no bootable image and waits in the serial downloader" in daemon.text
    assert "BOOT_MODE 01" in daemon.text


def test_reset_run_lets_the_program_go(start):
    board, daemon = start()
    daemon.tcl("reset run")
    board.ctl("run 20000000")
    assert board.ctl("state")["pc"] >= 0x70000000
    assert not board.ctl("state")["halted"]


def test_without_a_chip_name_the_boot_flash_is_found_by_the_part(make_board, make_daemon, make_gdb, firmware):
    """0x60000000, as on the other parts, would be the external flash of an RT1064."""
    board = make_board("--deterministic", name="mimxrt1064-evk")
    arguments = ["" if a.startswith("set CHIPNAME") else a for a in board_arguments(board)]
    daemon = make_daemon(*arguments)
    out = make_gdb(daemon).run(["load", "compare-sections"], elf=firmware("rt1064_blink"))
    assert "Transfer rate" in out and out.count("matched.") >= 2, out + daemon.text
    assert "at 0x70000000" in daemon.tcl("flash banks")


def test_helper_code_is_not_the_reason_of_the_next_halt(start, firmware):
    _, daemon = start()
    daemon.tcl(f"program {firmware('rt1064_blink')} verify reset")
    daemon.tcl("sleep 20; halt")
    last = re.findall(r"halted due to ([\w-]+)", daemon.text)[-1]
    assert last == "debug-request", daemon.text[-2000:]


def test_flexram_without_ocram_is_put_back_before_a_reset(start):
    _, daemon = start("mimxrt1024-evk", "flexram")
    assert int(answer(daemon.tcl("imxrt identify"))["ocram"]) < 0x8000
    daemon.tcl("imxrt reset rom")
    assert pc(daemon) in ROM
    assert "the program took all OCRAM" in daemon.text
    assert answer(daemon.tcl("imxrt identify"))["ocram"] == "131072"


def test_the_work_area_is_ram_that_exists(start):
    _, daemon = start("mimxrt1024-evk", "flexram")
    text = daemon.tcl("imxrt use_ram")
    address, size = (int(part, 0) for part in text.split())
    daemon.tcl("halt")
    for at in (address, address + size - 4):
        daemon.tcl(f"mww {at:#x} 0x12345678")
        assert word(daemon, at) == 0x12345678


@pytest.mark.parametrize("name, program", [("mimxrt1064-evk", "rt_ram"), ("mimxrt1064-evk", "rt_ram_dtcm"),
                                           ("mimxrt1024-evk", "rt_ram"), ("imxrt1050-evkb", "rt_ram_dtcm")])
@pytest.mark.parametrize("suffix", [".elf", ".bin"])
def test_a_ram_program_is_started(start, firmware, name, program, suffix):
    _, daemon = start(name, "blank")
    result = answer(daemon.tcl(f"imxrt ram_boot {firmware(program).with_suffix(suffix)}"))
    base = 0x20000000 if "dtcm" in program else 0x20208000
    assert int(result["load"], 16) == base and int(result["vectors"], 16) == base + 0x2000
    assert base <= int(result["pc"], 16) < base + 0x8000
    assert "the image runs" in daemon.text
    daemon.tcl("halt")
    assert base <= pc(daemon) < base + 0x8000
    assert word(daemon, 0xE000ED08) == base + 0x2000


@pytest.mark.parametrize("name", ["mimxrt1064-evk", "mimxrt1060-evk", "mimxrt1024-evk", "imxrt1050-evkb"])
def test_a_ram_image_may_begin_with_its_ivt(start, firmware, tmp_path, name):
    """As NXP's secure provisioning tools build a flashloader: nothing stands before the IVT."""
    _, daemon = start(name, "blank")
    data = firmware("rt_ram").with_suffix(".bin").read_bytes()
    at = data.index(b"\xd1\x00\x20")
    short = tmp_path / "short.bin"
    short.write_bytes(data[at:])
    result = answer(daemon.tcl(f"imxrt ram_boot {short}"))
    assert int(result["load"], 16) == 0x20208000 + at and int(result["vectors"], 16) == 0x2020a000
    daemon.tcl("halt")
    assert 0x2020a000 <= pc(daemon) < 0x20210000


def test_a_plain_image_needs_its_addresses(start, firmware, tmp_path):
    _, daemon = start(preset="blank")
    plain = tmp_path / "plain.bin"
    plain.write_bytes(firmware("rt_ram").with_suffix(".bin").read_bytes()[0x2000:])
    assert "give its load address" in daemon.fails(f"imxrt ram_boot {plain}")
    result = answer(daemon.tcl(f"imxrt ram_boot {plain} 0x2020a000"))
    assert result["vectors"] == "0x2020a000"
    assert "is not in RAM" in daemon.fails(f"imxrt ram_boot {plain} 0x30000000 0x30000101 0x20008000")


def test_a_crashing_ram_program_is_told(start, tmp_path):
    _, daemon = start(preset="blank")
    crash = tmp_path / "crash.bin"
    crash.write_bytes((0x20008000).to_bytes(4, "little") + (0x20208101).to_bytes(4, "little") +
                      b"\xff" * 0x200)
    text = daemon.fails(f"imxrt ram_boot {crash} 0x20208000")
    assert re.search("locked up|in a fault", text), text


def test_gdb_attaches_and_stops_in_flash(start, firmware):
    board, daemon = start()
    entry = int.from_bytes(board.memory(0x70002004, 4), "little") & ~1
    out = Gdb(daemon).run(["monitor reset halt", "maintenance flush register-cache", "p/x $pc",
                           f"hbreak *{entry + 4:#x}", "continue", "p/x $pc"])
    assert f"$1 = {entry:#x}" in out, out
    assert "breakpoint" in out.lower() and f"$2 = {entry + 4:#x}" in out, out


def test_board_scripts_load(make_daemon, tmp_path):
    """The EVK's scripts parse; there is no probe here, so nothing is opened."""
    del make_daemon, tmp_path
    from kit import BUILD, TOP      # pylint: disable=import-outside-toplevel
    for name in ("mimxrt1064_evk", "mimxrt1060_evk", "mimxrt1024_evk", "imxrt1050_evkb"):
        done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "-f", f"board/{name}.cfg", "-c",
                               "echo [target names]; shutdown"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout
        assert b".cpu" in done.stdout
