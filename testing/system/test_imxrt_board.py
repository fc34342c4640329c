# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual i.MX RT boards, seen by a debugger that knows no more than that there is a Cortex-M, and
by the control port."""
import pytest

from imxrt import BOARDS, GUARD_OFF, HYPER, RT1024, RT1050, RT1060, RT1064, plain_target, word

DIGPROG = {RT1064: 0x6c, RT1060: 0x6c, RT1024: 0x6b, RT1050: 0x6a, HYPER: 0x6a}
MS = 1_000_000


@pytest.fixture
def attach(make_daemon):
    def make(board, *more, transport="swd"):
        return make_daemon(*plain_target(board, transport), *more)
    return make


def result(board, line):
    return board.ctl(line)["result"]


@pytest.mark.parametrize("name", BOARDS)
def test_a_bare_cortex_m_attaches_and_reads_the_part(make_board, attach, name):
    board = make_board("--deterministic", name=name)
    daemon = attach(board)
    assert word(daemon, 0x400d8260) >> 16 == DIGPROG[name]
    assert word(daemon, 0xe000ed00) == 0x411fc271
    info = daemon.tcl("rt.dap info").lower()
    assert "0x04770041" in info and "0xe00fd003" in info
    daemon.tcl("halt")
    assert "0x002" in daemon.tcl("reg pc")          # a blank board: in the ROM


def test_jtag_leads_to_the_same_core(make_board, attach):
    board = make_board("--deterministic", name=RT1050)
    daemon = attach(board, transport="jtag")
    assert word(daemon, 0x400d8260) == 0x006a0001
    assert "188c301d" in daemon.tcl("scan_chain").lower()


@pytest.mark.parametrize("name", BOARDS)
def test_every_preset_starts_or_says_why_not(make_board, name):
    board = make_board("--deterministic", name=name)
    presets = board.ctl("preset")["presets"]
    assert {"blank", "good", "raw-bin", "steals-swd", "watchdog-sleep", "qpi", "deep-power-down",
            "protected", "xip-running", "flexram", "story-fuses", "continuous-read", "4-byte",
            "crashed"} <= presets.keys()
    for preset in presets:
        refused = preset == "4-byte" and name != HYPER
        if name == HYPER and preset in ("qpi", "continuous-read", "4-byte", "deep-power-down",
                                        "protected"):
            continue
        answer = board.ctl(f"preset {preset}", fails=refused)
        assert not refused or "cannot" in answer["error"]
    assert "presets: blank" in board.ctl("preset nonsense", fails=True)["error"]


def test_presets_are_what_they_say(make_board):
    board = make_board("--deterministic", "--preset", "good", name=RT1060)
    assert result(board, "flash-read 0 4") == "46434642"
    board.ctl("preset raw-bin")
    assert result(board, "flash-read 0x60000000 4") != "46434642"
    board.ctl("preset blank")
    assert result(board, "flash-read 0x1000 4") == "ffffffff"
    board.ctl("preset steals-swd")
    assert result(board, "pads")["debug_port"] is False
    board.ctl("preset crashed")
    assert board.ctl("state")["locked_up"]
    board.ctl("preset qpi")
    assert result(board, "flash-info")["flexspi"]["protocol"] == "qpi"
    board.ctl("preset continuous-read")
    assert result(board, "flash-info")["flexspi"]["protocol"] == "continuous-read"
    board.ctl("preset deep-power-down")
    assert result(board, "flash-info")["flexspi"]["deep_power_down"]
    board.ctl("preset protected")
    assert result(board, "flash-info")["flexspi"]["registers"]["sr"] & 0x3c == 0x3c
    board.ctl("preset flexram")
    assert result(board, "flexram")["ocram_kib"] == 0
    board.ctl("preset watchdog-sleep")
    assert result(board, "wdog")["wdog1"]["running"] and result(board, "wdog")["rtwdog"]["running"]
    assert result(board, "clocks")["waits"]


@pytest.mark.parametrize("name", (RT1064, RT1060, RT1024, RT1050))
def test_protection_outlives_the_rom(make_board, name):
    board = make_board("--deterministic", "--preset", "protected", name=name)
    key = "flexspi2" if name == RT1064 else "flexspi"
    before = result(board, "flash-info")[key]["non_volatile"]
    board.ctl(f"run {20 * MS}")
    assert board.ctl("state")["pc"] >> 28 in (6, 7)         # the image runs
    assert result(board, "flash-info")[key]["non_volatile"] == before
    board.ctl("reset")
    board.ctl(f"run {20 * MS}")
    assert result(board, "flash-info")[key]["non_volatile"] == before


def test_a_preset_leaves_nothing_of_the_one_before(make_board):
    board = make_board("--deterministic", "--preset", "protected", name=RT1064)
    assert result(board, "flash-info")["flexspi2"]["registers"]["sr1"] != 0
    board.ctl("preset good")
    assert result(board, "flash-info")["flexspi2"]["registers"]["sr1"] == 0
    board.ctl("preset qpi")                         # the IM code of the same flash
    assert result(board, "flash-info")["flexspi2"]["protocol"] == "qpi"
    board.ctl("preset blank")
    assert result(board, "flash-info")["flexspi2"]["model"] == "w25q32jv-iq"


def test_the_fuse_story_reads_as_its_user_saw_it(make_board, attach):
    board = make_board("--deterministic", "--preset", "story-fuses", name=RT1024)
    daemon = attach(board)
    assert word(daemon, 0x401f4460) == 0x00010010
    assert word(daemon, 0x400f801c) == 0x01000011
    assert word(daemon, 0x400f8004) == 0


def test_boot_pins_count_from_the_next_power_on(make_board):
    board = make_board("--deterministic", name=RT1064)
    assert result(board, "resets")["sbmr2"] == 0x02000001
    board.ctl("boot-mode 01")
    board.ctl("boot-cfg 0x20")
    assert result(board, "resets")["sbmr2"] == 0x02000001
    board.ctl("power off")
    board.ctl("power on")
    assert result(board, "resets")["sbmr2"] == 0x01000001
    assert result(board, "resets")["sbmr1"] == 0x20
    board.ctl("boot-mode 02", fails=True)
    board.ctl("boot-cfg 0x1000", fails=True)


def test_fuses_stay_burnt_and_are_in_the_state_file(make_board, tmp_path):
    state = tmp_path / "state"
    board = make_board("--deterministic", "--state", str(state), name=RT1064)
    board.ctl("fuses burn 0x660 0x5")
    assert result(board, "fuses burn 0x26 0x2")["fuse"] == 7
    (tmp_path / "image").write_bytes(b"probed!!")
    board.ctl(f"flash-load {tmp_path}/image 0x70001000")
    board.ctl(f"flash-load {tmp_path}/image 0x60002000")
    board.ctl("flash-load /nonsense 0", fails=True)
    board.stop()
    board = make_board("--deterministic", "--state", str(state), name=RT1064)
    assert result(board, "fuses burn 0x26 0")["fuse"] == 7
    assert bytes.fromhex(result(board, "flash-read 0x1000 8")) == b"probed!!"
    assert bytes.fromhex(result(board, "flash-read 0x60002000 8")) == b"probed!!"
    board.ctl("flash-erase flexspi")
    assert result(board, "flash-read 0x60002000 1") == "ff"
    board.ctl("flash-erase nowhere", fails=True)


def test_swd_pads_taken_by_a_program_are_dead_until_reset(make_board, attach):
    board = make_board("--deterministic", name=RT1064)
    daemon = attach(board)
    assert word(daemon, 0x400d8260) >> 16 == 0x6c
    board.ctl("swd-pins off")
    assert daemon.tcl("catch {mdw 0x400d8260}") == "1"
    board.ctl("reset")
    assert result(board, "pads")["debug_port"]


def test_a_fused_part_has_jtag_only(make_board, attach):
    board = make_board("--deterministic", name=RT1050)
    board.ctl("fuses burn 0x460 0x80000")
    board.ctl("power off")
    board.ctl("power on")
    daemon = attach(board, transport="jtag")
    assert word(daemon, 0x400d8260) == 0x006a0001


def ip_command(daemon, base, address, sequence, size=0):
    daemon.tcl(f"mww {base + 0xa0:#x} {address:#x}")
    daemon.tcl(f"mww {base + 0xa4:#x} {sequence << 16 | size:#x}")
    daemon.tcl(f"mww {base + 0xb0:#x} 1")


@pytest.mark.parametrize("kind", ("program", "erase"))
def test_the_power_fails_in_the_middle_of_flash_work(make_board, attach, kind, tmp_path):
    """With the LUT that the ROM left: 3 write enable, 5 sector erase, 9 page program."""
    board = make_board("--deterministic", "--preset", "xip-running", name=RT1064)
    (tmp_path / "zeros").write_bytes(bytes(4096))
    board.ctl(f"flash-load {tmp_path}/zeros 0x70020000")
    daemon = attach(board)
    daemon.tcl("halt")
    board.ctl(f"power-off-at 1 {kind}")
    base = 0x402a4000
    ip_command(daemon, base, 0x20000, 3)
    if kind == "erase":
        ip_command(daemon, base, 0x20000, 5)
    else:
        daemon.tcl(f"mww {base + 0xbc:#x} 1")
        ip_command(daemon, base, 0x30000, 9, 8)
        daemon.tcl(f"mww {base + 0x180:#x} 0; mww {base + 0x184:#x} 0; mww {base + 0x14:#x} 0x40")
    board.ctl(f"run {100 * MS}")
    assert board.ctl("state")["powered"] is False
    where, size = ("0x70020000", 4096) if kind == "erase" else ("0x70030000", 8)
    left = bytes.fromhex(result(board, f"flash-read {where} {size}"))
    assert left != bytes(size) and left != b"\xff" * size
    board.ctl("power on")
    assert result(board, "flash-info")["flexspi2"]["busy"] is False


def test_the_power_fails_while_fuses_burn(make_board, attach):
    board = make_board("--deterministic", name=RT1064)
    daemon = attach(board)
    daemon.tcl(f"halt; {GUARD_OFF}")
    board.ctl("power-off-at 2 burn")
    # IPG 132 MHz after the ROM
    daemon.tcl("mww 0x401f4010 0x04e1d543; mww 0x401f4000 0x3e770026; mww 0x401f4020 0xff")
    board.ctl(f"run {10 * MS}")
    board.ctl("power on")
    assert 0 < result(board, "fuses burn 0x660 0")["fuse"] < 0xff


def test_verbs_answer(make_board):
    board = make_board("--deterministic", "--preset", "xip-running", name=RT1064)
    assert result(board, "clocks")["core"] == 396_000_000
    assert result(board, "clocks")["flexspi2"] == 120_000_000
    assert len(result(board, "pads")["flexspi2"]) == 7
    assert result(board, "led")["toggles"] == board.stats()["led_toggles"] > 0
    assert set(result(board, "flash-info")) == {"flexspi", "flexspi2"}
    assert result(board, "flexspi")["flexspi2"]["direct"]
    assert result(board, "flexram") == {"itcm_kib": 128, "dtcm_kib": 128, "ocram_kib": 256,
                                        "ocram2_kib": 512}
    assert result(board, "gpio 1 3 1")["level"] == 1
    assert result(board, "uart-rx hello")["queued"] == 5
    for wrong in ("gpio 11 1", "fuses burn 99 1", "flash-read 0x80000000 1", "flash-state sleepy",
                  "flash-fault gremlin", "power-off-at 0 program", "power-off-at 1 lunch",
                  "fuse-fault gremlin", "boot-mode 2"):
        assert board.ctl(wrong, fails=True)["error"]


def test_a_preset_is_an_option_too(make_board):
    board = make_board("--preset", "raw-bin", name=RT1024)
    assert result(board, "flash-read 0 4") != "ffffffff"
