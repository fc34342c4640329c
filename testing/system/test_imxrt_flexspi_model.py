# SPDX-License-Identifier: GPL-2.0-or-later
"""FlexSPI2 of the virtual MIMXRT1064-EVK by nothing but memory accesses of a plain Cortex-M target: bring-up,
LUT, IP reads and writes as IMXRT1064RM "FlexSPI Controller" tells them, and the AHB window beside them."""
import pytest

from imxrt import RT1064, plain_target
from kit import wait_for

FLEXSPI2, WINDOW = 0x402A4000, 0x70000000
MCR0, MCR1, AHBCR, INTR, LUTKEY, LUTCR = 0x00, 0x04, 0x0C, 0x14, 0x18, 0x1C
FLSHA1CR0, FLSHA1CR1, FLSHA1CR2, IPCR0, IPCR1, IPCMD = 0x60, 0x70, 0x80, 0xA0, 0xA4, 0xB0
IPRXFCR, IPTXFCR, DLLACR, STS0, STS1, IPRXFSTS = 0xB8, 0xBC, 0xC0, 0xE0, 0xE4, 0xF0
RFDR, TFDR, LUT = 0x100, 0x180, 0x200
UP = 0xFFFF0010             # FIFOs on the IP bus, sample clock looped back through the DQS pad
DONE, GRANT_ERROR, ERROR, RX, TX = 1, 2, 8, 0x20, 0x40
READ, RDID, PROGRAM, WREN, RDSR, ERASE, QUAD = range(7)
SEQUENCES = {READ: (0x08180403, 0x2404), RDID: (0x2404049F,), PROGRAM: (0x08180402, 0x2004), WREN: (0x406,),
             RDSR: (0x24040405,), ERASE: (0x08180420,), QUAD: (0x0A1804EB, 0x32041E00, 0x2604)}
# Pads of the flash in the package (ALT0 with SION), and their daisy registers
MUX = (0x86AC, 0x867C, 0x8664, 0x86A0, 0x869C, 0x8684, 0x8694)
PAD = (0x8704, 0x86D4, 0x86BC, 0x86F8, 0x86F4, 0x86DC, 0x86EC)
DAISY = ((0x8750, 2), (0x8730, 2), (0x8734, 0), (0x8738, 0), (0x873C, 2), (0x872C, 0))
CBCMR, CCGR7 = 0x400FC018, 0x400FC084


class FlexSpi:
    """The registers by mww and read_memory."""

    def __init__(self, daemon):
        self.daemon = daemon

    def write(self, register, value):
        self.daemon.tcl(f"mww {FLEXSPI2 + register:#x} {value & 0xFFFFFFFF:#x}")

    def words(self, register, count=1, base=FLEXSPI2):
        return [int(w, 16) for w in self.daemon.tcl(f"read_memory {base + register:#x} 32 {count}").split()]

    def read(self, register):
        return self.words(register)[0]

    def until(self, register, mask, value):
        for _ in range(500):
            seen = self.read(register)
            if seen & mask == value:
                return seen
        raise AssertionError(f"register {register:#x} stays {seen:#x}")

    def pads(self):
        for mux, pad in zip(MUX, PAD):
            self.daemon.tcl(f"mww {0x401F0000 + mux:#x} 0x10; mww {0x401F0000 + pad:#x} 0x10f1")
        for daisy, value in DAISY:
            self.daemon.tcl(f"mww {0x401F0000 + daisy:#x} {value}")

    def clock(self):
        """PLL2 PFD2 or its bypass, by 8: at most 66 MHz, halved by SERCLKDIV."""
        self.daemon.tcl(f"mmw {CCGR7:#x} 0 0xc; mmw {CBCMR:#x} 0xe0000300 0; mmw {CCGR7:#x} 0xc 0")

    def bring_up(self, kbytes=4096):
        self.write(MCR0, self.read(MCR0) & ~2)
        self.write(MCR0, self.read(MCR0) | 1)
        self.until(MCR0, 1, 0)
        self.write(MCR0, UP | 0x100 | 2)
        self.write(MCR1, 0xFFFFFFFF)
        self.write(AHBCR, 0x78)
        self.write(FLSHA1CR0, kbytes)
        for other in range(4, 16, 4):
            self.write(FLSHA1CR0 + other, 0)
        self.write(FLSHA1CR1, 0x00020063)
        self.write(FLSHA1CR2, READ)
        self.write(DLLACR, 0x100)
        self.write(MCR0, UP | 0x100)
        self.until(STS0, 3, 3)
        self.lut()

    def lut(self):
        self.write(LUTKEY, 0x5AF05AF0)
        self.write(LUTCR, 2)
        for number, words in SEQUENCES.items():
            for i in range(4):
                self.write(LUT + number * 16 + i * 4, words[i] if i < len(words) else 0)
        self.write(LUTKEY, 0x5AF05AF0)
        self.write(LUTCR, 1)

    def start(self, sequence, offset, size):
        self.until(STS0, 3, 3)
        self.write(FLSHA1CR2, self.read(FLSHA1CR2) | 1 << 31)
        self.write(INTR, 0x1F)
        self.write(IPCR0, offset)
        self.write(IPRXFCR, 15 << 2 | 1)
        self.write(IPTXFCR, 15 << 2 | 1)
        self.write(IPCR1, size | sequence << 16)
        self.write(IPCMD, 1)

    def finish(self):
        seen = self.until(INTR, DONE, DONE)
        assert not seen & (ERROR | GRANT_ERROR), f"INTR {seen:#x}, STS1 {self.read(STS1):#x}"
        self.write(INTR, 0x1F)

    def receive(self, sequence, offset, size):
        data = b""
        self.start(sequence, offset, size)
        while len(data) < size:
            part = min(size - len(data), 128)
            for _ in range(500):
                if (self.read(IPRXFSTS) & 0xFF) * 8 >= part:
                    break
            else:
                raise AssertionError("the data do not come")
            words = self.words(RFDR, (part + 3) // 4)
            data += b"".join(w.to_bytes(4, "little") for w in words)[:part]
            self.write(INTR, RX)
        self.finish()
        return data

    def send(self, sequence, offset, data=b""):
        self.start(sequence, offset, len(data))
        for at in range(0, len(data), 128):
            self.until(INTR, TX, TX)
            for i in range(0, min(128, len(data) - at), 4):
                self.write(TFDR + i, int.from_bytes(data[at + i:at + i + 4], "little"))
            self.write(INTR, TX)
        self.finish()

    def wait_ready(self):
        for _ in range(500):
            if not self.receive(RDSR, 0, 1)[0] & 1:
                return
        raise AssertionError("the flash stays busy")

    def window(self, offset, size):
        return b"".join(w.to_bytes(4, "little") for w in self.words(offset, size // 4, base=WINDOW))


@pytest.fixture
def board(make_board):
    return make_board(name=RT1064)


@pytest.fixture
def flexspi(board, make_daemon):
    daemon = make_daemon(*plain_target(board))
    daemon.tcl("init; halt")
    chip = FlexSpi(daemon)
    chip.clock()
    chip.pads()
    chip.bring_up()
    return chip


def test_jedec_id_program_erase_and_both_ways_to_read(flexspi, board):
    page = bytes((i * 37 + 11) & 0xFF for i in range(256))
    assert flexspi.receive(RDID, 0, 3) == bytes.fromhex("ef4016")
    flexspi.send(WREN, 0)
    flexspi.send(ERASE, 0x3000)
    flexspi.wait_ready()
    flexspi.send(WREN, 0)
    flexspi.send(PROGRAM, 0x3100, page)
    flexspi.wait_ready()
    assert flexspi.receive(READ, 0x3100, 256) == page
    assert flexspi.receive(QUAD, 0x3101, 99) == page[1:100]
    assert flexspi.window(0x3100, 256) == page
    assert flexspi.window(0x30F0, 16) == b"\xff" * 16
    assert board.memory(WINDOW + 0x3100, 256) == page


def test_without_wel_nothing_is_programmed(flexspi):
    flexspi.send(WREN, 0)
    flexspi.send(ERASE, 0x3000)
    flexspi.wait_ready()
    flexspi.send(PROGRAM, 0x3000, bytes(16))
    assert flexspi.receive(READ, 0x3000, 16) == b"\xff" * 16


def test_the_window_shows_what_its_buffer_holds(flexspi):
    flexspi.send(WREN, 0)
    flexspi.send(ERASE, 0x5000)
    flexspi.wait_ready()
    assert flexspi.window(0x5000, 16) == b"\xff" * 16
    flexspi.send(WREN, 0)
    flexspi.send(PROGRAM, 0x5000, bytes(16))
    flexspi.wait_ready()
    assert flexspi.window(0x5000, 16) == b"\xff" * 16
    flexspi.write(MCR0, UP | 0x101)
    flexspi.until(MCR0, 1, 0)
    assert flexspi.window(0x5000, 16) == bytes(16)


def test_wrong_pads_read_ones(flexspi):
    flexspi.daemon.tcl("mww 0x401f8684 0x15")               # DATA3 as GPIO: a quad read loses a line
    assert flexspi.receive(RDID, 0, 3) == bytes.fromhex("ef4016")
    flexspi.daemon.tcl("mww 0x401f86a0 0x15")               # DATA1: nothing comes back
    assert flexspi.receive(RDID, 0, 3) == b"\xff" * 3
    flexspi.daemon.tcl("mww 0x401f86a0 0x10; mww 0x401f867c 0x15")
    assert flexspi.receive(RDID, 0, 3) == b"\xff" * 3
    flexspi.daemon.tcl("mww 0x401f867c 0x10; mww 0x401f8750 0")      # SCLK from another pad
    assert flexspi.receive(RDID, 0, 3) == b"\xff" * 3
    flexspi.daemon.tcl("mww 0x401f8750 2")
    assert flexspi.receive(RDID, 0, 3) == bytes.fromhex("ef4016")


def test_errors_and_the_end_of_the_flash(flexspi):
    flexspi.start(9, 0, 4)                                  # whatever is there, it is not ours
    flexspi.until(INTR, DONE, DONE)
    flexspi.start(READ, 0x400000, 4)
    assert flexspi.read(INTR) & (DONE | ERROR) == DONE | ERROR
    assert flexspi.read(STS1) >> 16 == 0x600
    flexspi.start(READ, 0x3FFFFE, 4)
    assert flexspi.read(STS1) >> 16 == 0xF00
    flexspi.write(INTR, 0x1F)
    assert flexspi.read(STS1) == 0
    assert flexspi.window(0x3FFFF0, 16) == b"\xff" * 16
    assert "0x70400000" in flexspi.daemon.fails("mdw 0x70400000")
    assert flexspi.read(INTR) & 0x10
    assert flexspi.daemon.tcl("rt.cpu curstate") == "halted"


def test_a_gated_controller_is_a_bus_error(flexspi):
    flexspi.daemon.tcl(f"mmw {CCGR7:#x} 0 0xc")
    assert "0x402a4000" in flexspi.daemon.fails("mdw 0x402a4000")
    assert "0x70000000" in flexspi.daemon.fails("mdw 0x70000000")
    flexspi.daemon.tcl(f"mmw {CCGR7:#x} 0xc 0")
    assert flexspi.receive(RDID, 0, 3) == bytes.fromhex("ef4016")


def test_a_program_that_ran_from_flash_leaves_its_buffer_behind(make_board, make_daemon):
    board = make_board("--preset", "xip-running", name=RT1064)
    wait_for(lambda: board.ctl("state")["pc"] >> 24 == WINDOW >> 24, "the program in flash")
    wait_for(lambda: board.ctl("flexspi")["result"]["flexspi2"]["direct"], "the core to see the flash directly")
    daemon = make_daemon(*plain_target(board))
    daemon.tcl("init; halt")
    pc = int(daemon.tcl("dict get [get_reg pc] pc"), 16) & ~7
    chip = FlexSpi(daemon)
    chip.lut()
    before = board.memory(pc, 16)
    assert before != b"\xff" * 16
    chip.send(WREN, 0)
    chip.send(ERASE, pc - WINDOW)
    chip.wait_ready()
    assert board.memory(pc, 16) == b"\xff" * 16
    assert chip.window(pc - WINDOW, 16) == before           # as on silicon, until somebody clears it
    chip.write(MCR0, chip.read(MCR0) | 1)
    chip.until(MCR0, 1, 0)
    assert chip.window(pc - WINDOW, 16) == b"\xff" * 16
    assert not board.ctl("flexspi")["result"]["flexspi2"]["direct"]
