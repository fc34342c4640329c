# SPDX-License-Identifier: GPL-2.0-or-later
"""The boot of the virtual i.MX RT boards as a debugger without any chip support sees it: which image
the ROM starts, by pins, fuses and flash, and where it can be caught on the way."""
import struct

import pytest

from imxrt import FIRMWARE, HYPER, ROM, RT1024, RT1060, RT1064, WINDOWS, pc
from imxrt import word as read

COUNTER = 0x20000100            # of the images of the presets
MS = 1_000_000
FLEXSPI = {name: 0x402a4000 if name == RT1064 else 0x402a8000 for name in WINDOWS}
BOOT_TIME = 12 * MS             # a new flash takes no writes for 5 ms, and then QE must be set


@pytest.fixture
def boot(make_board):
    """boot(name, preset, ...) is a board that has had time for its ROM."""
    def make(name, *options, preset=None):
        if preset:
            options = (*options, "--preset", preset)
        board = make_board("--deterministic", *options, name=name)
        board.board_name = name
        board.ctl(f"run {BOOT_TIME}")
        return board
    return make


@pytest.fixture
def attach(make_daemon):
    """A daemon that knows no more than that there is a Cortex-M."""
    def make(board):
        return make_daemon("-f", "interface/cmsis-dap-tcp.cfg",
                           "-c", "cmsis-dap tcp host localhost; "
                           f"cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
                           "-c", "transport select swd; adapter speed 4000",
                           "-f", "target/cortex_m.cfg")
    return make


def word(board, address):
    return struct.unpack("<I", board.memory(address, 4))[0]


def is_in_rom(board):
    return board.ctl("state")["pc"] in ROM


def is_counting(board):
    before = word(board, COUNTER)
    board.ctl(f"run {MS}")
    pc, base = board.ctl("state")["pc"], WINDOWS[board.board_name]
    return word(board, COUNTER) > before and base <= pc < base + 0x10000


def power_cycle(board):
    board.ctl("power off")
    board.ctl("power on")
    board.ctl(f"run {BOOT_TIME}")


@pytest.mark.parametrize("name", WINDOWS)
def test_an_empty_flash_ends_in_the_serial_downloader(boot, attach, name):
    board = boot(name)
    daemon = attach(board)
    daemon.tcl("halt")
    assert pc(daemon) in ROM
    assert read(daemon, 0x0020001c) == 0        # no API of the vendor's
    assert read(daemon, 0xe000ed08) == 0x00200000


@pytest.mark.parametrize("name", WINDOWS)
def test_a_good_image_runs_in_place(boot, name):
    board = boot(name, preset="good")
    assert is_counting(board)


@pytest.mark.parametrize("name", WINDOWS)
def test_the_test_firmware_boots(boot, firmware, name):
    board = boot(name)
    image = firmware(f"{FIRMWARE[name]}_blink").with_suffix(".bin")
    board.ctl(f"flash-load {image}")
    power_cycle(board)
    base = WINDOWS[name]
    assert base + 0x2000 <= board.ctl("state")["pc"] < base + 0x4000


def test_a_plain_binary_is_no_image(boot, attach, firmware):
    board = boot(RT1064, preset="raw-bin")
    assert is_in_rom(board)
    # The flash was left mapped after the failed boot: the program is there to be looked at.
    daemon = attach(board)
    daemon.tcl("halt")
    assert read(daemon, 0x70000000) == 0x20010000
    board.ctl(f"flash-load {firmware('rt1064_blink_raw').with_suffix('.bin')}")
    power_cycle(board)
    assert is_in_rom(board)


@pytest.mark.parametrize("preset", ["crashed"])
def test_an_image_that_faults_locks_up_and_is_not_the_rom_s_business(boot, preset):
    board = boot(RT1060, preset=preset)
    assert board.ctl("state")["locked_up"]
    assert not is_in_rom(board)


# BOOT_MODE pins, BT_FUSE_SEL, FORCE_INTERNAL_BOOT: does the image run?
DECISIONS = [
    ("00", False, False, False),
    ("00", True, False, True),
    ("01", False, False, False),
    ("01", True, False, False),
    ("10", False, False, True),
    ("10", True, False, True),
    ("11", False, False, False),
    ("00", False, True, True),
    ("01", False, True, True),
    ("01", True, True, True),
]


@pytest.mark.parametrize("pins,fuse_sel,force,runs", DECISIONS)
def test_the_decision_table(boot, pins, fuse_sel, force, runs):
    board = boot(RT1024, preset="good")
    if fuse_sel or force:
        board.ctl(f"fuses burn 0x460 {fuse_sel << 4 | force << 16:#x}")
    board.ctl(f"boot-mode {pins}")
    power_cycle(board)
    assert is_in_rom(board) is not runs
    if runs:
        assert is_counting(board)


def test_another_boot_device_finds_no_card(boot):
    board = boot(RT1060, preset="good")
    board.ctl("boot-cfg 0x40")          # SD
    power_cycle(board)
    assert is_in_rom(board)
    board.ctl("boot-cfg 0")
    power_cycle(board)
    assert is_counting(board)


def test_fuses_choose_the_device_and_the_pins_do_not(boot):
    board = boot(RT1060, preset="good")
    board.ctl("boot-cfg 0x40")
    board.ctl("fuses burn 0x460 0x10")
    power_cycle(board)
    assert is_counting(board)
    board.ctl("fuses burn 0x450 0x40")
    power_cycle(board)
    assert is_in_rom(board)


def test_a_reset_halt_stops_before_the_flash_is_set_up(boot, attach):
    board = boot(RT1064, preset="good")
    daemon = attach(board)
    daemon.tcl("reset halt")
    assert pc(daemon) == struct.unpack("<I", board.memory(0x00200004, 4))[0] & ~1
    assert read(daemon, FLEXSPI[RT1064]) == 0xffff80c2
    assert read(daemon, 0x400d8000) & 0x10000          # PLL_ARM is bypassed
    assert read(daemon, 0xe000ed94) == 0               # no MPU yet
    daemon.fails("read_memory 0x70000000 32 1")
    daemon.tcl("resume")
    board.ctl(f"run {BOOT_TIME}")
    assert is_counting(board)


def test_a_watchpoint_on_the_boot_pins_stops_in_the_rom(boot, attach):
    board = boot(RT1064, preset="good")
    daemon = attach(board)
    daemon.tcl("reset halt; wp 0x400f8004 4 r; resume")
    daemon.tcl("wait_halt 1000")
    assert pc(daemon) in ROM
    assert read(daemon, FLEXSPI[RT1064]) == 0xffff80c2


@pytest.mark.parametrize("name,mcr0,kib", [(RT1064, 0xffff0010, 4096), (RT1024, 0xffff0000, 4096),
                                           (RT1060, 0xffff0010, 8192), (HYPER, 0xffff2030, 65536)])
def test_what_the_rom_leaves_to_the_application(boot, attach, name, mcr0, kib):
    board = boot(name, preset="good")
    daemon = attach(board)
    daemon.tcl("halt")
    flexspi = FLEXSPI[name]
    assert read(daemon, flexspi) == mcr0
    assert read(daemon, flexspi + 0x0c) & 0x60 == 0x60         # AHBCR: prefetch, any start
    assert [read(daemon, flexspi + 0x20 + 4 * n) & 0xff for n in range(4)] == [0, 0, 0, 0x80]
    assert read(daemon, flexspi + 0x60) == kib
    assert read(daemon, flexspi + 0x80) & 0xfff == 0x900
    assert read(daemon, 0xe000ed08) == WINDOWS[name] + 0x2000
    assert read(daemon, 0xe000ed94) & 1                        # MPU
    assert read(daemon, 0xe000ed14) & 0x30000 == 0x20000       # I-cache, no D-cache
    assert read(daemon, 0x400d8000) & 0x80010000 == 0x80000000  # PLL_ARM runs
    assert read(daemon, 0x400bc000) & 0xa0 == 0x20             # RTWDOG: off, UPDATE
    clocks = board.ctl("clocks")["result"]
    assert clocks["core"] == 396_000_000 and clocks["ipg"] == 132_000_000


def test_fuses_that_the_rom_obeys(boot, attach):
    board = boot(RT1060, preset="good")
    board.ctl("fuses burn 0x470 0x6")          # no MPU, no I-cache
    board.ctl("fuses burn 0x460 0x4")          # 528 MHz
    power_cycle(board)
    daemon = attach(board)
    daemon.tcl("halt")
    assert read(daemon, 0xe000ed94) & 1 == 0
    assert read(daemon, 0xe000ed14) & 0x30000 == 0
    clocks = board.ctl("clocks")["result"]
    assert clocks["core"] == 528_000_000 and clocks["ipg"] == 132_000_000


def test_the_watchdog_fuse_resets_whom_nobody_serves(boot, attach):
    board = boot(RT1060, preset="good")
    board.ctl("fuses burn 0x460 0x200000")
    board.ctl("fuses burn 0x6d0 0x8000")       # WDOG timeout code 4: 4 s
    power_cycle(board)
    assert is_counting(board)
    daemon = attach(board)
    daemon.tcl("halt")                         # WDBG = 0: it goes on counting
    before = board.ctl("resets")["result"]
    board.ctl(f"run {4100 * MS}")
    after = board.ctl("resets")["result"]
    assert after["wdog"] == before["wdog"] + 1
    assert after["srsr"] & 0x10


def test_sdp_disable_leaves_nothing(boot):
    board = boot(RT1024, preset="blank")
    board.ctl("fuses burn 0x460 0x20000")
    power_cycle(board)
    assert is_in_rom(board)
    assert board.ctl("read 0x40184018 4")["data"] == "00000000"     # LPUART1 was never switched on


def test_without_ocram_a_system_reset_leaves_a_dead_rom(boot, attach):
    board = boot(RT1024, preset="flexram")
    assert board.ctl("flexram")["result"]
    daemon = attach(board)
    daemon.tcl("halt; mww 0xe000ed0c 0x05fa0004")
    board.ctl(f"run {BOOT_TIME}")
    state = board.ctl("state")
    assert state["locked_up"] or state["pc"] in ROM
    power_cycle(board)
    base = WINDOWS[RT1024]
    assert base <= board.ctl("state")["pc"] < base + 0x10000


def test_rt1064_keeps_its_fixed_ocram_and_boots_again(boot, attach):
    board = boot(RT1064, preset="flexram")
    daemon = attach(board)
    daemon.tcl("halt; mww 0xe000ed0c 0x05fa0004")
    board.ctl(f"run {BOOT_TIME}")
    assert is_counting(board)


def test_an_image_takes_the_pads_of_swd_five_milliseconds_after_its_start(make_board):
    board = make_board("--deterministic", name=RT1024)
    board.ctl("preset steals-swd")
    assert board.ctl("pads")["result"]["debug_port"] is False
    board.ctl("reset")
    board.ctl(f"run {4 * MS}")
    assert board.ctl("pads")["result"]["debug_port"] is True
    board.ctl(f"run {4 * MS}")
    assert board.ctl("pads")["result"]["debug_port"] is False


def test_continuous_read_outlives_a_reset_and_the_rom_does_not_know_it(boot):
    board = boot(RT1060, preset="continuous-read")
    assert not is_in_rom(board)
    board.ctl("reset")
    board.ctl(f"run {BOOT_TIME}")
    assert is_in_rom(board)
    power_cycle(board)
    assert not is_in_rom(board)


def test_two_watchdogs_reset_a_sleeping_board_for_ever(boot):
    board = boot(RT1064, preset="watchdog-sleep")
    assert board.ctl("state")["sleeping"]
    for _ in range(10):
        board.ctl(f"run {100 * MS}")
    assert board.ctl("resets")["result"]["rtwdog"] >= 5


def test_the_firmware_in_ram_is_an_image_too(boot, attach, firmware):
    """Loaded by hand into OCRAM and started at its vector table, as `imxrt ram_boot` does it."""
    board = boot(RT1024)
    daemon = attach(board)
    image = firmware("rt_ram").with_suffix(".bin")
    daemon.tcl(f"halt; load_image {image} 0x20208000 bin")
    sp, entry = struct.unpack("<II", board.memory(0x2020a000, 8))
    daemon.tcl(f"mww 0xe000ed08 0x2020a000; mww 0xe000ed94 0; reg sp {sp:#x}; reg pc {entry:#x}; resume")
    board.ctl(f"run {MS}")
    assert 0x2020a000 <= board.ctl("state")["pc"] < 0x2020b000


@pytest.mark.parametrize("name", [RT1064, RT1024])
def test_the_serial_downloader_answers_on_its_uart(boot, tmp_path, name):
    out = tmp_path / "uart"
    board = boot(name, "--uart", out)
    board.ctl("uart-rx \x05\x05" + 14 * "-")           # error status; nothing in it is looked at
    board.ctl(f"run {5 * MS}")
    assert out.read_bytes().hex() == "56787856f0f0f0f0"  # open part, HAB success
    board.ctl("uart-rx \x0c\x0c" + 14 * "-")           # skip DCD
    board.ctl(f"run {5 * MS}")
    assert out.read_bytes()[8:].hex() == "56787856900dd009"
    assert is_in_rom(board)


def patched(board, tmp_path, image, patches):
    """Puts the image with other words at some offsets into the boot flash."""
    data = bytearray(image)
    for offset, value in patches.items():
        data[offset:offset + 4] = struct.pack("<I", value)
    path = tmp_path / "patched.bin"
    path.write_bytes(data)
    board.ctl("flash-erase")
    board.ctl(f"flash-load {path}")
    power_cycle(board)


@pytest.mark.parametrize("what,patches", [
    ("FCB tag", {0x000: 0x42464347}),
    ("FCB version", {0x004: 0x00010400}),
    ("a read sequence with an unknown opcode: the AHB read faults", {0x080: 0xfcfcfcfc}),
    ("a read sequence that stops at once", {0x080: 0}),
    ("no size", {0x050: 0}),
    ("IVT tag", {0x1000: 0x412000d2}),
    ("IVT length", {0x1000: 0x410020d1}),
    ("IVT version", {0x1000: 0x502000d1}),
    ("IVT.self", {0x1014: 0x60001000}),
    ("boot data elsewhere", {0x1010: 0x20000000}),
    ("start of the image", {0x1020: 0x70001000}),
    ("length that does not reach the entry", {0x1024: 0x1800}),
    ("entry outside", {0x1004: 0x60002000}),
    ("DCD without tag", {0x100c: 0x70002000}),
])
def test_what_the_rom_calls_no_image(boot, firmware, tmp_path, what, patches):
    board = boot(RT1064)
    image = firmware("rt1064_blink").with_suffix(".bin").read_bytes()
    patched(board, tmp_path, image, patches)
    assert is_in_rom(board), what
    assert not board.ctl("state")["locked_up"]


def test_a_dcd_runs_before_the_image_and_only_where_it_may(boot, firmware, tmp_path):
    def words(*dcd):
        return {0x1030 + 4 * n: struct.unpack("<I", struct.pack(">I", w))[0] for n, w in enumerate(dcd)}

    board = boot(RT1064)
    image = firmware("rt1064_blink").with_suffix(".bin").read_bytes()
    pointer = {0x100c: 0x70001030}
    # CCM_CCGR0: write, then clear, then set bits.
    patched(board, tmp_path, image, {**pointer, **words(
        0xd2002841, 0xcc000c04, 0x400fc068, 0xfffffff0, 0xcc000c0c, 0x400fc068, 0x00000f00,
        0xcc000c1c, 0x400fc068, 0x0000000c)})
    assert not is_in_rom(board)
    assert board.ctl("clocks")["result"]["gates"][0] == 0xfffff0fc
    # SRC_GPR1 is none of its business.
    patched(board, tmp_path, image, {**pointer, **words(0xd2001041, 0xcc000c04, 0x400f8020, 1)})
    assert is_in_rom(board)


def test_the_second_image_is_started_when_the_first_is_none(boot, tmp_path):
    board = boot(RT1064, preset="good")
    dump = tmp_path / "flash.bin"
    board.ctl(f"flash-dump {dump} flexspi2")
    image = bytearray(dump.read_bytes()[:0x3000])
    fcb, second = bytes(image[:0x1000]), 0x40000
    for at in range(0x1000, 0x2400, 4):            # IVT, boot data, vectors: linked elsewhere
        value = struct.unpack_from("<I", image, at)[0]
        if 0x70000000 <= value < 0x70010000 and at < 0x23c0:
            struct.pack_into("<I", image, at, value + second)
    board.ctl("fuses burn 0x6e0 0x10000")          # 1 x 256 KiB
    (tmp_path / "fcb.bin").write_bytes(fcb)
    (tmp_path / "second.bin").write_bytes(image)
    board.ctl("flash-erase")
    board.ctl(f"flash-load {tmp_path / 'fcb.bin'}")
    power_cycle(board)
    assert is_in_rom(board)
    board.ctl(f"flash-load {tmp_path / 'second.bin'} {second:#x}")
    power_cycle(board)
    assert 0x70042000 <= board.ctl("state")["pc"] < 0x70043000


def test_the_jedec_reset_of_the_rom_does_no_harm(boot):
    board = boot(RT1064, preset="good")
    board.ctl("fuses burn 0x6e0 0x40")
    power_cycle(board)
    assert is_counting(board)


def test_a_closed_part_refuses_what_nobody_signed(boot):
    board = boot(RT1060, preset="good")
    board.ctl("fuses burn 0x460 0x2")
    power_cycle(board)
    assert is_in_rom(board)
