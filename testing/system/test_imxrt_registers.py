# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual i.MX RT boards by memory accesses of a plain Cortex-M target: what every register reads that a
debugger looks at when the core stops at its reset vector, and what pokes do to it."""
import pytest

from imxrt import BOARDS, GUARD_OFF, plain_target

DHCSR, DEMCR, AIRCR, VTOR = 0xE000EDF0, 0xE000EDFC, 0xE000ED0C, 0xE000ED08
FLEXSPI, FLEXSPI2, OCOTP, IOMUXC, GPR = 0x402A8000, 0x402A4000, 0x401F4000, 0x401F8000, 0x400AC000
CCM, ANALOG, SRC = 0x400FC000, 0x400D8000, 0x400F8000
WDOG1, WDOG2, RTWDOG = 0x400B8000, 0x400D0000, 0x400BC000

FLEXSPI_RESETS = {
    0x00: 0xFFFF80C2, 0x04: 0xFFFFFFFF, 0x08: 0x200081F7, 0x0C: 0x18, 0x10: 0, 0x14: 0x40, 0x18: 0x5AF05AF0, 0x1C: 2,
    0x20: 0x80000020, 0x24: 0x80010020, 0x28: 0x80020020, 0x2C: 0x80030020,
    0x60: 0x10000, 0x64: 0x10000, 0x68: 0x10000, 0x6C: 0x10000, 0x70: 0x63, 0x74: 0x63, 0x78: 0x63, 0x7C: 0x63,
    0x80: 0, 0x84: 0, 0x88: 0, 0x8C: 0, 0x94: 0, 0xA0: 0, 0xA4: 0, 0xB0: 0, 0xB4: 0, 0xB8: 0, 0xBC: 0,
    0xC0: 0x100, 0xC4: 0x100, 0xE0: 3, 0xE4: 0, 0xE8: 0x01000100, 0xEC: 0, 0xF0: 0, 0xF4: 0}
CCM_RESETS = {
    0x00: 0x0401107F, 0x08: 0x10, 0x0C: 0x100, 0x10: 1, 0x14: 0x000A8300, 0x18: 0x2DAE8324, 0x1C: 0x04900000,
    0x20: 0x13192F06, 0x24: 0x06490B00, 0x48: 0, 0x54: 0x79, 0x68: 0xFFFFFFFF, 0x6C: 0xFFFFFFFF, 0x70: 0xFC3FFFFF,
    0x74: 0xFFFFFFCF, 0x78: 0xFFFFFFFF, 0x7C: 0xFFFFFFFF, 0x80: 0xFFFFFFFF, 0x84: 0xFFFFFFFF}
ANALOG_RESETS = {0x00: 0x13063, 0x10: 0x12000, 0x30: 0x13001, 0xF0: 0x1311100C, 0x100: 0x1018101B}
OCOTP_RESETS = {0x00: 0, 0x10: 0x0C0D9755, 0x20: 0, 0x30: 0, 0x40: 0, 0x50: 0, 0x60: 0, 0x90: 0x03000000,
                0x100: 0x01C30092}
DIGPROG = {"mimxrt1064-evk": 0x6C0000, "mimxrt1060-evk": 0x6C0000, "mimxrt1024-evk": 0x6B0000,
           "imxrt1050-evkb": 0x6A0001, "imxrt1050-evkb-hyper": 0x6A0001}
ROM_WORDS = {"mimxrt106": (0xB0893000, 0x80DBF000, 0xF2C44100), "mimxrt1024": (0x4038F88D, 0xE9DD9A03, 0x7831688A),
             "imxrt1050-": (0x9E016037, 0x2101EB10, 0xF04FD502)}


class Chip:
    """A daemon that knows nothing of the chip, and its board."""

    def __init__(self, board, daemon):
        self.board, self.daemon = board, daemon

    def read(self, address, width=32, count=None):
        words = [int(w, 16) for w in self.daemon.tcl(f"read_memory {address:#x} {width} {count or 1}").split()]
        return words if count else words[0]

    def write(self, address, value, width=32):
        self.daemon.tcl(f"write_memory {address:#x} {width} {{{value & 0xFFFFFFFF:#x}}}")

    def faults(self, address):
        self.daemon.fails(f"mdw {address:#x}")

    def core_reset(self, request=4):
        """AIRCR with the vector catch set: the core stops at the first instruction of the ROM."""
        self.write(DEMCR, 0x01000001)
        self.daemon.tcl(f"catch {{mww {AIRCR:#x} {0x05FA0000 | request:#x}}}")
        self.daemon.tcl("poll; catch {halt}; poll")
        self.write(DEMCR, 0x01000000)


@pytest.fixture
def make_chip(make_board, make_daemon):
    def make(name, *arguments):
        board = make_board(*arguments, name=name)
        daemon = make_daemon(*plain_target(board))
        daemon.tcl(f"init; halt; {GUARD_OFF}")
        return Chip(board, daemon)
    return make


def check(chip, base, expected):
    seen = {offset: chip.read(base + offset) for offset in expected}
    assert {hex(o): hex(v) for o, v in seen.items()} == {hex(o): hex(v) for o, v in expected.items()}


@pytest.mark.parametrize("name", BOARDS)
def test_reset_values(make_chip, name):
    chip = make_chip(name)
    chip.core_reset()
    pc = chip.read(0x00200004) & ~1
    assert int(chip.daemon.tcl("dict get [get_reg pc] pc"), 16) == pc
    assert int(chip.daemon.tcl("dict get [get_reg msp] msp"), 16) == chip.read(0x00200000)
    assert chip.read(VTOR) == 0x00200000
    assert chip.read(0xE000ED00) == 0x411FC271
    check(chip, FLEXSPI, FLEXSPI_RESETS)
    check(chip, CCM, CCM_RESETS)
    check(chip, ANALOG, ANALOG_RESETS)
    check(chip, OCOTP, OCOTP_RESETS)
    assert chip.read(ANALOG + 0x260) == DIGPROG[name]
    for prefix, words in ROM_WORDS.items():
        if name.startswith(prefix):
            assert tuple(chip.read(a) for a in (0x208000, 0x20A000, 0x20C000)) == words
    assert bool(chip.read(OCOTP + 0x440) >> 20 & 1) == (name in ("mimxrt1064-evk", "mimxrt1024-evk"))
    assert chip.read(SRC) == 0xA0480520
    assert chip.read(SRC + 8) & 3 == 3
    assert chip.read(SRC + 0x1C) == 0x02000001
    assert chip.read(GPR + 0xC) == 0xF0F0 and chip.read(GPR + 0x40) == 0x00200003 and chip.read(GPR + 0x44) == 0
    for dog in (WDOG1, WDOG2):
        assert [chip.read(dog + o, 16) for o in (0, 6, 8)] == [0x30, 4, 1]
    assert [chip.read(RTWDOG + o) for o in (0, 8)] == [0x2980, 0x400]
    if name.startswith("mimxrt106"):
        check(chip, FLEXSPI2, FLEXSPI_RESETS)
    else:
        chip.faults(FLEXSPI2)
    chip.faults(0x60000000)


def read_fuse(chip, index):
    chip.write(OCOTP + 8, 0x200)
    chip.write(OCOTP + 8, 0x3F)
    chip.write(OCOTP + 4, index)
    chip.write(OCOTP + 0x30, 1)
    wait_fuse(chip)
    return chip.read(OCOTP + 0x40)


def wait_fuse(chip):
    for _ in range(200):
        if not chip.read(OCOTP) & 0x500:
            return
    raise AssertionError("OCOTP stays busy")


def burn(chip, index, data, key=0x3E77, timing=0x0002001F):
    chip.write(OCOTP + 8, 0x200)
    chip.write(OCOTP + 0x10, timing)
    chip.write(OCOTP + 8, 0xFFFF003F)
    chip.write(OCOTP + 4, index | key << 16)
    chip.write(OCOTP + 0x20, data)
    wait_fuse(chip)
    return chip.read(OCOTP)


def reload(chip):
    chip.write(OCOTP + 4, 0x400)
    wait_fuse(chip)


@pytest.mark.parametrize("name", ("mimxrt1064-evk", "mimxrt1024-evk"))
def test_fuses(make_chip, name):
    chip = make_chip(name)
    chip.core_reset()                                       # 3 MHz IPG
    chip.write(OCOTP + 4, 0x12340015)
    assert chip.read(OCOTP) == 0x12340015
    chip.write(OCOTP + 0xC, 0x0000003F)
    assert chip.read(OCOTP) == 0x1234002A
    chip.write(OCOTP + 8, 0xFFFF003F)
    assert chip.read(OCOTP + 4) == 0
    assert burn(chip, 0x26, 0xA5) == 0x26                   # GP1; the key is gone
    assert chip.read(OCOTP + 0x660) == 0
    reload(chip)
    assert chip.read(OCOTP + 0x660) == 0xA5 and read_fuse(chip, 0x26) == 0xA5
    assert burn(chip, 0x26, 0x5A00) & 0x200 == 0            # no ECC: once more
    assert burn(chip, 0x26, 0) & 0xFFFF0300 == 0
    assert read_fuse(chip, 0x26) == 0x5AA5
    assert burn(chip, 0x26, 0xF0000, key=0x3E76) & 0x200
    assert burn(chip, 0x26, 0x80000000, timing=0x0C0D9755) & 0x200      # 600 us
    # shadow registers last until the reload
    chip.write(OCOTP + 8, 0x200)
    chip.write(OCOTP + 0x660, 0xFFFF0000)
    assert chip.read(OCOTP + 0x660) == 0xFFFF0000 and read_fuse(chip, 0x26) & 0xFFFFFF == 0x5AA5
    reload(chip)
    assert chip.read(OCOTP + 0x660) & 0xFFFFFF == 0x5AA5
    # LOCK: GP1 write protect, then override protect
    burn(chip, 0, 1 << 10)
    reload(chip)
    assert burn(chip, 0x26, 1 << 20) & 0x200
    chip.write(OCOTP + 8, 0x200)
    chip.write(OCOTP + 0x660, 0x11)
    assert chip.read(OCOTP + 0x660) == 0x11
    burn(chip, 0, 1 << 11)
    reload(chip)
    chip.write(OCOTP + 0x660, 0x11)
    assert chip.read(OCOTP + 0x660) & 0xFFFFFF == 0x5AA5
    chip.write(OCOTP + 8, 0x200)
    # SCS has its aliases, and a lock; sticky bits are set only
    chip.write(OCOTP + 0x64, 0x1234)
    chip.write(OCOTP + 0x68, 0x0030)
    chip.write(OCOTP + 0x6C, 0x0001)
    assert chip.read(OCOTP + 0x60) == 0x1205
    chip.write(OCOTP + 0x64, 1 << 31)
    chip.write(OCOTP + 0x68, 0x5)
    assert chip.read(OCOTP + 0x60) == 0x80001205
    chip.write(OCOTP + 0x50, 2)
    chip.write(OCOTP + 0x50, 0)
    assert chip.read(OCOTP + 0x50) == 2
    # its clock
    chip.write(CCM + 0x70, chip.read(CCM + 0x70) & ~0x3000)
    chip.faults(OCOTP)
    chip.write(CCM + 0x70, chip.read(CCM + 0x70) | 0x3000)
    chip.write(OCOTP + 0x450, 0x20)
    chip.core_reset()
    assert chip.read(OCOTP + 0x450) == 0 and chip.read(OCOTP + 0x660) & 0xFFFFFF == 0x5AA5
    assert chip.read(OCOTP + 0x50) == 0 and chip.read(OCOTP + 0x60) == 0


def test_what_survives_which_reset(make_chip):
    chip = make_chip("imxrt1050-evkb")
    chip.core_reset()
    for n in range(10):
        chip.write(SRC + 0x20 + 4 * n, 0x1000 + n)
    chip.write(SRC + 8, 0x1FF)
    assert chip.read(SRC + 8) == 0
    chip.write(SRC, 0x50480420 | 0x80 | 0x200)              # both masks
    chip.write(GPR + 0x44, 0x55AFFA55)
    chip.write(GPR + 0x40, 0x00200007)
    chip.write(GPR + 0xC, 0)
    chip.write(CCM + 0x1C, 0x05900000)
    chip.core_reset()
    assert chip.read(SRC + 8) == 2
    assert chip.read(SRC + 0x20, count=10) == [0x1000 + n for n in range(10)]
    assert chip.read(GPR + 0x40) == 0x00200007 and chip.read(GPR + 0x44) == 0x55AFFA55
    assert chip.read(GPR + 0xC) == 0xF0F0 and chip.read(CCM + 0x1C) == 0x04900000
    # VECTRESET: peripherals stay
    chip.write(CCM + 0x1C, 0x05900000)
    chip.write(VTOR, 0x20000000)
    chip.core_reset(1)
    assert chip.read(CCM + 0x1C) == 0x05900000 and chip.read(VTOR) == 0x00200000
    assert chip.read(SRC + 8) == 2
    # CORE0_RST
    chip.write(DEMCR, 0x01000001)
    chip.write(SRC, chip.read(SRC) | 1 << 13)
    chip.daemon.tcl("poll; catch {halt}; poll")
    assert chip.read(SRC) & 1 << 13 == 0
    assert int(chip.daemon.tcl("dict get [get_reg pc] pc"), 16) == chip.read(0x00200004) & ~1
    assert chip.read(CCM + 0x1C) == 0x05900000
    # the pin
    chip.board.ctl("nrst low")
    chip.board.ctl("nrst high")
    chip.daemon.tcl("poll; catch {halt}; poll")
    assert chip.read(SRC + 8) == 1 and chip.read(SRC + 0x20, count=10) == [0] * 10
    assert chip.read(GPR + 0x40) & 0x7 == 3 and chip.read(GPR + 0x44) == 0


def test_boot_pins_are_sampled_at_reset(make_chip):
    chip = make_chip("mimxrt1060-evk")
    assert chip.read(SRC + 0x1C) == 0x02000001
    chip.board.ctl("boot-mode 01")
    chip.board.ctl("boot-cfg 0xabc")
    assert chip.read(SRC + 0x1C) == 0x02000001 and chip.read(SRC + 4) == 0
    chip.core_reset()
    assert chip.read(SRC + 0x1C) == 0x01000001 and chip.read(SRC + 4) == 0xABC
    chip.write(SRC + 4, 0)
    chip.write(SRC + 0x1C, 0)
    assert chip.read(SRC + 0x1C) == 0x01000001 and chip.read(SRC + 4) == 0xABC
    assert burn(chip, 6, 0x10) & 0x200 == 0
    assert burn(chip, 5, 0x00C30020) & 0x200 == 0
    reload(chip)
    assert chip.read(SRC + 0x1C) == 0x01000001 and chip.read(SRC + 4) == 0xABC
    chip.core_reset()
    assert chip.read(SRC + 0x1C) == 0x01000011 and chip.read(SRC + 4) == 0x00C30020


def test_watchdog_one_and_two(make_chip):
    chip = make_chip("mimxrt1064-evk")
    chip.core_reset()
    for dog in (WDOG1, WDOG2):
        chip.faults(dog)
        chip.write(dog + 8, 0, 16)
        assert chip.read(dog + 8, 16) == 0
        chip.write(dog, 0x0036 | 3 << 8, 16)                # WDE, WDBG, 2 s
        chip.write(dog, 0x0032 | 3 << 8, 16)
        assert chip.read(dog, 16) == 0x0336
    before = chip.board.ctl("wdog")["result"]
    assert not before["wdog1"]["running"] and not before["wdog2"]["running"]
    chip.write(SRC + 8, 0x1FF)
    chip.write(DEMCR, 0x01000001)
    chip.write(WDOG1, 0x0326, 16)                           # SRS: now
    chip.daemon.tcl("poll; catch {halt}; poll")
    assert chip.read(SRC + 8) == 0x10
    assert chip.read(WDOG1, 16) == 0x30 and chip.read(WDOG1 + 4, 16) & 3 == 1


def test_rtwdog(make_chip):
    chip = make_chip("mimxrt1024-evk")
    chip.core_reset()
    chip.daemon.tcl(f"mww {RTWDOG + 4:#x} 0xd928c520; mww {RTWDOG + 8:#x} 0xffff; mww {RTWDOG:#x} 0x2120")
    cs = chip.read(RTWDOG)
    assert cs & 0x2080 == 0x2000 and cs & 0x20 and cs & 0x400
    assert chip.read(RTWDOG + 8) == 0xFFFF
    chip.daemon.tcl("sleep 50")
    chip.write(RTWDOG + 8, 0x1234)                          # the window has closed
    assert chip.read(RTWDOG + 8) == 0xFFFF and chip.read(RTWDOG) & 0x800 == 0
    chip.core_reset()                                       # who configures it first is not hurried
    assert chip.read(RTWDOG) == 0x2980
    chip.write(SRC + 8, 0x1FF)
    chip.write(RTWDOG + 8, 0x200)
    chip.write(RTWDOG, 0x2184)
    chip.write(DEMCR, 0x01000001)                           # DBG=1, UPDATE=0: it bites a halted core
    chip.daemon.tcl("sleep 100")
    chip.daemon.tcl("poll; catch {halt}; poll")
    assert chip.read(SRC + 8) & 0x80
    assert chip.read(RTWDOG) == 0x2980


@pytest.mark.parametrize("name", BOARDS)
def test_what_the_rom_leaves_without_a_program(make_chip, name):
    chip = make_chip(name, "--preset", "blank")
    chip.core_reset()
    assert chip.read(0x400D9030) >> 30 == 3                 # USBPHY1_CTRL: in reset, no clock
    chip.daemon.tcl("resume; sleep 100; halt")
    assert int(chip.daemon.tcl("dict get [get_reg pc] pc"), 16) >> 16 in (0x20, 0x21)
    assert chip.read(0xE000ED94) & 1                        # the MPU is on
    assert chip.read(0x400D9030) >> 30 == 0 and chip.read(0x400D9000) == 0
    assert chip.read(RTWDOG) & 0xA0 == 0x20                 # off, and open to the next one


@pytest.mark.parametrize("name", BOARDS)
def test_what_the_rom_leaves_to_a_program(make_chip, name):
    chip = make_chip(name, "--preset", "xip-running")
    base = FLEXSPI2 if name == "mimxrt1064-evk" else FLEXSPI
    kbytes = {"mimxrt1064-evk": 4096, "mimxrt1024-evk": 4096, "imxrt1050-evkb-hyper": 65536}.get(name, 8192)
    assert chip.read(base) >> 16 == 0xFFFF and not chip.read(base) & 0xC3
    assert chip.read(base + 0xC) & 0x60 == 0x60             # PREFETCHEN, READADDROPT
    assert [w & 0xFF for w in chip.read(base + 0x20, count=4)] == [0, 0, 0, 128]
    assert chip.read(base + 0x60) == kbytes and chip.read(base + 0x80) & 0xF0F == 0x900
    assert chip.read(0xE000ED94) & 1 and chip.read(0xE000ED14) & 1 << 17
    assert not chip.read(ANALOG) & 1 << 16


@pytest.mark.parametrize("preset", ("good", "crashed", "blank"))
def test_a_watchpoint_on_sbmr1_catches_the_rom(make_chip, preset):
    chip = make_chip("mimxrt1064-evk", "--preset", preset)
    chip.write(DEMCR, 0x01000000)
    for register, value in ((0x20, 0x400F8004), (0x24, 0), (0x28, 0x807)):
        chip.write(0xE0001000 + register, value)
    chip.daemon.tcl(f"catch {{mww {AIRCR:#x} 0x05fa0004}}; sleep 100; poll")
    assert chip.board.ctl("state")["halted"]
    assert int(chip.daemon.tcl("dict get [get_reg pc] pc"), 16) >> 16 in (0x20, 0x21)
    assert chip.read(0xE000ED30) & 4                        # DFSR.DWTTRAP


def test_flexspi_fifos_and_their_windows(make_chip):
    chip = make_chip("mimxrt1064-evk")
    chip.core_reset()
    chip.faults(0x7F400000)                                 # MDIS
    chip.write(FLEXSPI2, 0xFFFF00C0)
    assert chip.read(0x7F400000) == 0
    chip.write(0x7F000000, 0x12345678)
    chip.faults(0x7F000000)                                 # write only
    chip.write(FLEXSPI2 + 0x14, 0x40)                       # a push: the word was there by the window
    assert chip.read(FLEXSPI2 + 0xF4) == 0x00010001
    chip.write(FLEXSPI2 + 0xBC, 1)
    assert chip.read(FLEXSPI2 + 0xF4) & 0xFF == 0 and chip.read(FLEXSPI2 + 0xBC) == 0
    chip.write(FLEXSPI2, 0xFFFF0000)
    chip.faults(0x7F400000)
    for _ in range(16):
        chip.write(FLEXSPI2 + 0x14, 0x40)
    assert chip.read(FLEXSPI2 + 0xF4) & 0xFF == 16 and chip.read(FLEXSPI2 + 0x14) & 0x40 == 0
    chip.write(FLEXSPI2 + 0x14, 0x40)                       # full: nothing is pushed
    assert chip.read(FLEXSPI2 + 0xF4) & 0xFF == 16
    chip.write(FLEXSPI2, 0xFFFF0001)
    assert chip.read(FLEXSPI2) & 1                          # seen at least once
    assert 0 in [chip.read(FLEXSPI2) & 1 for _ in range(4)]
    assert chip.read(FLEXSPI2 + 0xF4) == 0 and chip.read(FLEXSPI2 + 0x14) & 0x40


def test_flexspi_errors(make_chip):
    chip = make_chip("mimxrt1060-evk")
    chip.core_reset()
    chip.write(FLEXSPI, 0xFFFF0000)
    lut = {0: (0x08180403, 0x2404), 1: (0x7C01049F,), 2: (0xFC00,), 3: (0x22188720, 0x24043008),
           4: (0x0818B706, 0x2404), 5: (0,), 6: (0x08180402, 0x2004)}
    chip.write(FLEXSPI + 0x200, 0x11111111)                 # unlocked out of reset
    assert chip.read(FLEXSPI + 0x200) == 0x11111111
    chip.write(FLEXSPI + 0x1C, 1)                           # no key
    assert chip.read(FLEXSPI + 0x1C) == 2
    for number, words in lut.items():
        for i in range(4):
            chip.write(FLEXSPI + 0x200 + 16 * number + 4 * i, words[i] if i < len(words) else 0)
    chip.write(FLEXSPI + 0x18, 0x5AF05AF0)
    chip.write(FLEXSPI + 0x1C, 1)
    chip.write(FLEXSPI + 0x200, 0)
    assert chip.read(FLEXSPI + 0x1C) == 1 and chip.read(FLEXSPI + 0x200) == 0x08180403
    sizes = (0x1000, 0, 0x1000, 0)
    for i, kbytes in enumerate(sizes):
        chip.write(FLEXSPI + 0x60 + 4 * i, kbytes)

    def command(sequence, offset, size=4):
        chip.write(FLEXSPI + 0x14, 0xF1F)
        chip.write(FLEXSPI + 0xB8, 1)
        chip.write(FLEXSPI + 0xA0, offset)
        chip.write(FLEXSPI + 0xA4, size | sequence << 16)
        chip.write(FLEXSPI + 0xB0, 1)
        assert chip.read(FLEXSPI + 0xB0) == 0
        for _ in range(100):
            if chip.read(FLEXSPI + 0x14) & 1:
                break
        return chip.read(FLEXSPI + 0x14) & 0xF1F, chip.read(FLEXSPI + 0xE4) >> 16

    before = chip.board.ctl("flexspi")["result"]["flexspi"]["serial_clocks"]
    assert command(1, 0) == (9, 0x201)                      # JMP_ON_CS
    assert command(2, 0) == (9, 0x302)                      # no such opcode
    assert command(3, 0) == (9, 0x403)                      # SDR dummy in DDR
    assert command(4, 0) == (9, 0x504)
    assert command(0, 0x800000) == (9, 0x600)               # behind A1 and B1
    assert command(0, 0x3FFFFE) == (9, 0xF00)               # over the end of A1
    assert chip.board.ctl("flexspi")["result"]["flexspi"]["serial_clocks"] == before
    assert command(0, 0x3FFFFC) == (1, 0)
    chip.write(FLEXSPI + 0x04, 0x0001FFFF)                  # SEQWAIT: 1024 clocks, and no data come
    assert command(6, 0) == (0x809 | 0x200, 0xE06)
    chip.write(FLEXSPI + 0x14, 8)
    assert chip.read(FLEXSPI + 0xE4) == 0
    chip.write(FLEXSPI + 0x80, 5)                           # AHB: STOP first
    chip.faults(0x60000000)
    assert chip.read(FLEXSPI + 0x14) & 0x10 and chip.read(FLEXSPI + 0xE4) & 0xF == 5
    chip.write(FLEXSPI + 0x14, 0x10)
    assert chip.read(FLEXSPI + 0xE4) == 0 and chip.read(FLEXSPI + 0x14) & 0x10 == 0
    chip.write(FLEXSPI + 0x80, 2)
    chip.faults(0x60000000)
    assert chip.read(FLEXSPI + 0xE4) & 0xFFFF == 0x302
    chip.write(FLEXSPI + 0x80, 1 << 31)
    assert chip.read(FLEXSPI + 0x80) == 0                   # CLRINSTRPTR clears itself
