# SPDX-License-Identifier: GPL-2.0-or-later
"""A debugger with nothing on top, for the STM32 boards: SWD transfers over CMSIS-DAP/TCP, and the
registers of STM32L476 by their names (RM0351)."""
import socket
import struct

FLASH, SRAM1, SRAM2, SYSTEM = 0x08000000, 0x20000000, 0x10000000, 0x1fff0000
BANK, PAGE = 0x80000, 0x800
ACR, PDKEYR, KEYR, OPTKEYR, SR, CR, ECCR = (0x40022000 + x for x in (0, 4, 8, 0xc, 0x10, 0x14, 0x18))
OPTR, PCROP1SR, PCROP1ER, WRP1AR, WRP1BR = (0x40022000 + x for x in (0x20, 0x24, 0x28, 0x2c, 0x30))
PCROP2SR, PCROP2ER, WRP2AR, WRP2BR = (0x40022000 + x for x in (0x44, 0x48, 0x4c, 0x50))
RCC_APB2ENR, RCC_CSR, MEMRMP = 0x40021060, 0x40021094, 0x40010000
IDCODE, DBGMCU_CR, APB1FZR1 = 0xe0042000, 0xe0042004, 0xe0042008
DHCSR, DCRSR, DCRDR, DEMCR, AIRCR = 0xe000edf0, 0xe000edf4, 0xe000edf8, 0xe000edfc, 0xe000ed0c
BSY, LOCK, OPTLOCK = 1 << 16, 1 << 31, 1 << 30
STRT, OPTSTRT, OBL_LAUNCH = 1 << 16, 1 << 17, 1 << 27
OK, WAIT, FAULT, NO_ACK = 1, 2, 4, 7


class Refused(Exception):
    """A transfer that was not acknowledged: ack is WAIT, FAULT or NO_ACK."""
    def __init__(self, ack):
        super().__init__({WAIT: "WAIT", FAULT: "FAULT", NO_ACK: "no answer"}.get(ack, str(ack)))
        self.ack = ack


class Swd:
    def __init__(self, board, hz=4000000):
        self.board = board
        self.sock = socket.create_connection(("localhost", board.ports["cmsis_dap_tcp"]), timeout=60)
        self.command(0x02, 1)
        self.command(0x11, *struct.pack("<I", hz))
        self.retries(0xffff)

    def _exactly(self, n):
        data = b""
        while len(data) < n:
            chunk = self.sock.recv(n - len(data))
            if not chunk:
                raise ConnectionResetError("the probe is gone")
            data += chunk
        return data

    def command(self, *data):
        self.sock.sendall(struct.pack("<IHBB", 0x00504144, len(data), 1, 0) + bytes(data))
        _, length, _, _ = struct.unpack("<IHBB", self._exactly(8))
        return self._exactly(length)

    def retries(self, n):
        """How often the probe repeats a transfer after WAIT."""
        self.command(0x04, 0, *struct.pack("<HH", n, 0))

    def transfer(self, *requests):
        """(request, value) writes, request reads; returns the words read."""
        body = b"".join(bytes([r]) if isinstance(r, int) else struct.pack("<BI", *r) for r in requests)
        answer = self.command(0x05, 0, len(requests), *body)
        if answer[2] != OK:
            raise Refused(answer[2])
        assert answer[1] == len(requests)
        return struct.unpack(f"<{(len(answer) - 3) // 4}I", answer[3:])

    def block(self, words):
        """All words into DRW, in one packet."""
        data = b"".join(struct.pack("<I", word) for word in words)
        answer = self.command(0x06, 0, *struct.pack("<H", len(data) // 4), 0x0d, *data)
        if answer[3] != OK:
            raise Refused(answer[3])

    def attach(self):
        """Line reset, DPIDR, power-up; the core goes on as it was."""
        self.command(0x12, 136, *([0xff] * 7), 0x9e, 0xe7, *([0xff] * 7), 0)
        dpidr, = self.transfer(0x02)
        self.transfer((0x00, 0x1e), (0x08, 0), (0x04, 0x50000000), (0x01, 0x23000002))
        return dpidr

    def clear(self):
        """After a FAULT: the sticky flags."""
        self.transfer((0x00, 0x1e))

    def read(self, addr):
        return self.transfer((0x05, addr), 0x0f)[0]

    def write(self, addr, value):
        self.transfer((0x05, addr), (0x0d, value))

    def sized(self, addr, value, size):
        """A byte or half-word write, on its lane."""
        self.transfer((0x01, 0x23000000 | size >> 1), (0x05, addr), (0x0d, value << 8 * (addr & 3)),
                      (0x01, 0x23000002))

    def refused(self, action, *arguments):
        """The access must not be acknowledged; returns how, with the sticky flags cleared."""
        try:
            action(*arguments)
        except Refused as error:
            if error.ack != NO_ACK:
                self.clear()
            return error.ack
        raise AssertionError("the access was acknowledged")

    def nrst(self, low):
        self.command(0x10, 0 if low else 0x80, 0x80, 0, 0, 0, 0)

    # --- The core ---

    def halt(self):
        self.write(DHCSR, 0xa05f0003)
        assert self.read(DHCSR) & 1 << 17

    def resume(self):
        self.write(DHCSR, 0xa05f0001)

    def reg(self, number):
        self.write(DCRSR, number)
        return self.read(DCRDR)

    def reset(self, halt=True):
        """SYSRESETREQ; with halt the first instruction does not run."""
        self.write(DHCSR, 0xa05f0001)
        self.write(DEMCR, 1 if halt else 0)
        self.write(AIRCR, 0x05fa0004)
        self.board.ctl("run 100000")
        if halt:
            assert self.read(DHCSR) & 1 << 17
            self.write(DEMCR, 0)

    def under_reset(self):
        """Connects with nRST low and lets go: halted at the first instruction."""
        self.nrst(True)
        self.attach()
        self.write(DBGMCU_CR, 7)
        self.write(DHCSR, 0xa05f0001)
        self.write(DEMCR, 1)
        self.nrst(False)
        self.board.ctl("run 100000")
        assert self.read(DHCSR) & 1 << 17
        self.write(DEMCR, 0)

    # --- The flash of STM32L476 ---

    def open(self, options=False):
        if self.read(CR) & LOCK:
            self.write(KEYR, 0x45670123)
            self.write(KEYR, 0xcdef89ab)
            assert not self.read(CR) & LOCK
        self.write(SR, 0xc3fb)
        if options and self.read(CR) & OPTLOCK:
            self.write(OPTKEYR, 0x08192a3b)
            self.write(OPTKEYR, 0x4c5d6e7f)
            assert not self.read(CR) & OPTLOCK

    def poll(self):
        """Until BSY falls; returns SR."""
        while (sr := self.read(SR)) & BSY:
            self.board.ctl("run 100000")
        return sr

    def close(self):
        self.write(CR, LOCK)

    def pair(self, addr, low, high):
        self.write(addr, low)
        self.write(addr + 4, high)
        return self.poll()

    def program(self, addr, low, high):
        self.open()
        self.write(CR, 1)
        sr = self.pair(addr, low, high)
        self.write(CR, 0)
        self.close()
        return sr

    def erase(self, cr):
        """One CR value with STRT in it, as in the manual's procedure; returns SR."""
        self.open()
        self.write(CR, cr)
        sr = self.poll()
        self.write(CR, 0)
        self.close()
        return sr

    def write_options(self, **registers):
        """Values into their registers, OPTSTRT, and OBL_LAUNCH; attaches again."""
        self.store_options(**registers)
        self.launch()

    def store_options(self, **registers):
        self.open(options=True)
        for name, value in registers.items():
            self.write(globals()[name], value)
        self.write(CR, OPTSTRT)
        assert self.poll() & 0xc3fa == 0

    def launch(self):
        self.open(options=True)
        try:
            self.write(CR, OBL_LAUNCH)
        except Refused:
            pass            # the chip went away while it answered
        self.board.ctl("run 2000000")
        self.attach()

    def set_fb_mode(self, on):
        self.write(RCC_APB2ENR, self.read(RCC_APB2ENR) | 1)
        self.write(MEMRMP, 0x100 if on else 0)
