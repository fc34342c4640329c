# SPDX-License-Identifier: GPL-2.0-or-later
"""The emulated FTDI chips before the independent judge: stock OpenOCD 0.12 with its own interface scripts,
through real libusb.

`halt` comes before `reset halt`, since a board without a program is in lockup, which OpenOCD cures by
examining again; that is its business and not the probe's.
"""
import os
import shutil
import sys

import pytest

from kit import openocd, wait_for

pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")

FLASH = 0x08000000
SRAM1 = 0x20000000

RESISTOR = ["-f", "interface/ftdi/swd-resistor-hack.cfg"]
KT_SWD = ["-f", "interface/ftdi/kt-link.cfg", "-c", "transport select swd"]
BLASTER = ["-f", "interface/ftdi/dp_busblaster_kt-link.cfg", "-c", "transport select swd"]

# The emulated probe, OpenOCD's arguments, and whether the script knows a reset line.
PROBES = {
    "minimodule": ("ft2232h", ["-f", "interface/ftdi/minimodule.cfg"], "srst_only"),
    "minimodule-swd": ("ft2232h,wiring=swd", ["-f", "interface/ftdi/minimodule-swd.cfg"], "srst_only"),
    "minimodule-b": ("ft2232h,channel=b", ["-f", "interface/ftdi/minimodule.cfg", "-c", "ftdi channel 1"],
                     "srst_only"),
    "resistor": ("ft2232h,wiring=swd-resistor", ["-f", "interface/ftdi/minimodule.cfg", *RESISTOR],
                 "srst_only"),
    "ft232h-module-swd": ("ft232h", ["-f", "interface/ftdi/ft232h-module-swd.cfg"], "srst_only"),
    "full-speed": ("ft232h-fs", ["-f", "interface/ftdi/ft232h-module-swd.cfg"], "srst_only"),
    "um232h": ("ft232h,wiring=jtag", ["-f", "interface/ftdi/um232h.cfg"], "trst_and_srst"),
    "kt-link-jtag": ("kt-link", ["-f", "interface/ftdi/kt-link.cfg"], "trst_and_srst"),
    "kt-link-swd": ("kt-link", KT_SWD, "srst_only"),
    "busblaster": ("ft2232h,wiring=swd-buffer,product=Dual RS232-HS", BLASTER, "srst_only"),
    "jtagkey-buffer": ("ft2232h,wiring=jtagkey,product=Dual RS232-HS",
                       ["-f", "interface/ftdi/dp_busblaster.cfg"], "trst_and_srst"),
    "ft4232h": ("ft4232h", ["-c", "adapter driver ftdi; ftdi vid_pid 0x0403 0x6011; "
                            "ftdi layout_init 0x0008 0x000b; "
                            "ftdi layout_signal nSRST -data 0x0020 -oe 0x0020"], "srst_only"),
    "ft2232d": ("ft2232d", ["-c", "adapter driver ftdi; ftdi vid_pid 0x0403 0x6010; "
                            "ftdi layout_init 0x0008 0x000b; "
                            "ftdi layout_signal nSRST -data 0x0020 -oe 0x0020"], "srst_only"),
}


@pytest.fixture(params=list(PROBES))
def probe(request, make_board):
    model, arguments, resets = PROBES[request.param]
    board = make_board(usb=[model])
    return board, [*arguments, "-c", f"reset_config {resets}"]


def test_examine_program_verify_reset(probe, tmp_path):
    board, arguments = probe
    image = tmp_path / "image.bin"
    data = os.urandom(20480)
    image.write_bytes(data)
    out = openocd(board, *arguments,
                  commands=f"adapter speed 6000; halt; reset halt; flash write_image erase {image} {FLASH:#x}; "
                           f"verify_image {image} {FLASH:#x}; reset halt; echo IDCODE=[mrw 0xe0042000]")
    assert "Cortex-M4 r0p1 processor detected" in out
    assert "IDCODE=0x10076415" in out
    assert board.memory(FLASH, len(data)) == data
    assert board.stats()["bad_commands"] == 0


def test_ram_both_ways(probe, tmp_path):
    board, arguments = probe
    sent, got = tmp_path / "sent.bin", tmp_path / "got.bin"
    data = os.urandom(30001)
    sent.write_bytes(data)
    openocd(board, *arguments,
            commands=f"adapter speed 6000; halt; load_image {sent} {SRAM1:#x}; dump_image {got} {SRAM1:#x} {len(data)}")
    assert board.memory(SRAM1, len(data)) == data
    assert got.read_bytes() == data


def test_the_reset_line_resets(probe):
    """RCC_AHB2ENR is reset with the chip, RAM is not."""
    board, arguments = probe
    out = openocd(board, *arguments,
                  commands="halt; mww 0x20000000 0x12345678; mww 0x4002104c 1; "
                           "echo BEFORE=[mrw 0x4002104c]; adapter assert srst; sleep 20; "
                           "adapter deassert srst; sleep 50; halt; "
                           "echo AFTER=[mrw 0x4002104c]; echo RAM=[mrw 0x20000000]")
    assert "BEFORE=0x1" in out
    assert "AFTER=0x0" in out
    assert "RAM=0x12345678" in out


def test_every_clock_that_openocd_asks_for(make_board):
    """The divisors of both base clocks, and what the chip makes of them."""
    board = make_board(usb=["ft2232h"])
    for khz, hz in ((30000, 30000000), (15000, 15000000), (10000, 10000000), (4000, 3750000), (1000, 1000000),
                    (100, 100000)):
        openocd(board, "-f", "interface/ftdi/minimodule.cfg", commands=f"adapter speed {khz}; halt")
        assert board.ctl("ftdi")["result"][0]["tck_hz"] == hz


def test_falling_edge_sampling(make_board):
    board = make_board(usb=["ft2232h"])
    out = openocd(board, "-f", "interface/ftdi/minimodule.cfg",
                  "-c", "ftdi tdo_sample_edge falling",
                  commands="adapter speed 30000; halt; echo IDCODE=[mrw 0xe0042000]")
    assert "tap/device found: 0x4ba00477" in out
    assert "IDCODE=0x10076415" in out


def test_a_wrong_wiring_shows(make_board):
    """SWD scripts on a board that is wired for JTAG get no answer: the model does not help."""
    board = make_board(usb=["ft2232h"])
    done = board.usb_run(["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                          "-f", "interface/ftdi/minimodule-swd.cfg", "-f", "target/stm32l4x.cfg",
                          "-c", "init; shutdown"])
    assert done.returncode != 0
    assert "Error connecting DP: cannot read IDR" in done.stdout


def test_serial_chooses_between_two(make_board):
    board = make_board(usb=["ft232h,serial=AAA", "ft232h,serial=BBB"])
    out = openocd(board, "-f", "interface/ftdi/ft232h-module-swd.cfg",
                  "-c", "adapter speed 1000; adapter serial AAA", commands="halt; mww 0x20000000 0xcafe")
    assert "SWD DPIDR 0x2ba01477" in out
    assert board.memory(SRAM1, 4) == (0xcafe).to_bytes(4, "little")
    openocd(board, "-f", "interface/ftdi/ft232h-module-swd.cfg",
            "-c", "adapter speed 1000; adapter serial BBB", commands="halt; mww 0x20000000 0xbeef")
    assert board.memory(SRAM1, 4) == (0xcafe).to_bytes(4, "little")     # the other one has its own board


def test_unplugged_in_the_middle(make_board, tmp_path):
    board = make_board(usb=["ft2232h"])
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(200000))
    peer = board.usb_start(["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                            "-f", "interface/ftdi/minimodule.cfg", "-f", "target/stm32l4x.cfg",
                            "-c", f"adapter speed 1000; init; halt; flash write_image erase {image} 0x8000000; "
                                  "shutdown"])
    try:
        wait_for(lambda: board.memory(FLASH, 2048) != b"\xff" * 2048, "the first page")
        board.ctl("usb unplug")
        wait_for(lambda: "LIBUSB_ERROR_NO_DEVICE" in peer.text or "failed" in peer.text or not peer.alive(),
                 "openocd's complaint")
    finally:
        peer.stop()


# The other judge: libftdi1 as a program uses it, its synchronous and its asynchronous calls.
LIBFTDI = """
import ctypes, os, time
f = ctypes.CDLL("libftdi1.so.2")
f.ftdi_new.restype = f.ftdi_write_data_submit.restype = f.ftdi_read_data_submit.restype = ctypes.c_void_p
f.ftdi_get_error_string.restype = ctypes.c_char_p
P = ctypes.c_void_p
c = P(f.ftdi_new())

def ok(rc, least=0):
    assert rc >= least, (rc, f.ftdi_get_error_string(c))
    return rc

def write(data):
    assert ok(f.ftdi_write_data(c, bytes(data), len(data))) == len(data)

def read(n, seconds=5):
    got, end = b"", time.monotonic() + seconds
    buffer = ctypes.create_string_buffer(n)
    while len(got) < n and time.monotonic() < end:
        count = ok(f.ftdi_read_data(c, buffer, n - len(got)))
        got += buffer.raw[:count]
    return got

ok(f.ftdi_set_interface(c, CHANNEL))
ok(f.ftdi_usb_open_desc(c, 0x0403, PID, PRODUCT, SERIAL))
ok(f.ftdi_set_latency_timer(c, 2))
latency = ctypes.c_ubyte()
ok(f.ftdi_get_latency_timer(c, ctypes.byref(latency)))
assert latency.value == 2
ok(f.ftdi_set_baudrate(c, 1000000))
status = ctypes.c_ushort()
ok(f.ftdi_poll_modem_status(c, ctypes.byref(status)))
ok(f.ftdi_tcioflush(c))
ok(f.ftdi_set_bitmode(c, 0, 0))
ok(f.ftdi_set_bitmode(c, 0, 2))
write([0xaa]); got = read(2); assert got == b"\\xfa\\xaa", got     # by the latency timer
write([0xab, 0x87]); assert read(2) == b"\\xfa\\xab"
write([0x84, 0x8a, 0x97, 0x8d, 0x86, 0, 0, 0x80, 0x08, 0x0b])
for size in (1, 2, 61, 62, 63, 508, 509, 510, 511, 512, 900):
    data = os.urandom(size)
    write([0x39, (size - 1) & 0xff, size - 1 >> 8, *data, 0x87])
    assert read(size) == data, size
# More than any FIFO holds: only if reading and writing go on at once.
data = os.urandom(16000)
out = bytes([0x39, 15999 & 0xff, 15999 >> 8]) + data + b"\\x87"
into = ctypes.create_string_buffer(16000)
tw = P(f.ftdi_write_data_submit(c, out, len(out)))
tr = P(f.ftdi_read_data_submit(c, into, 16000))
assert ok(f.ftdi_transfer_data_done(tw)) == len(out)
assert ok(f.ftdi_transfer_data_done(tr)) == 16000
assert into.raw == data
pins = ctypes.c_ubyte()
ok(f.ftdi_read_pins(c, ctypes.byref(pins)))
assert pins.value & 0x08
word = ctypes.c_ushort()
ok(f.ftdi_read_eeprom_location(c, 3, ctypes.byref(word)))
assert word.value == 0xffff
ok(f.ftdi_usb_close(c))
f.ftdi_free(c)
print("all fine")
"""


@pytest.mark.parametrize("kind, pid, product, channel", [
    ("ft2232h", 0x6010, b"FT2232H MiniModule", 1), ("ft2232h", 0x6010, b"FT2232H MiniModule", 2),
    ("ft232h", 0x6014, b"Single RS232-HS", 1), ("ft232h-fs", 0x6014, b"Single RS232-HS", 1),
    ("ft4232h", 0x6011, b"FT4232H MiniModule", 2)])
def test_libftdi(make_board, kind, pid, product, channel):
    board = make_board(usb=[f"{kind},serial=FT123456"])
    program = (LIBFTDI.replace("CHANNEL", str(channel)).replace("PID", hex(pid))
               .replace("PRODUCT", repr(product)).replace("SERIAL", repr(b"FT123456")))
    done = board.usb_run([sys.executable, "-c", program])
    assert done.stdout.strip().endswith("all fine"), done.stdout


def test_writing_without_reading_ends_in_a_deadlock(make_board):
    """AN_108's trap is real: the reply FIFO fills, the engine stops, OUT is refused until the time-out."""
    board = make_board(usb=["ft232h,serial=FT123456"])
    program = LIBFTDI.split("for size in")[0].replace("CHANNEL", "1").replace("PID", "0x6014") \
        .replace("PRODUCT", "None").replace("SERIAL", "None")
    program += ("import struct\n"
                "data = bytes([0x39, 0xff, 0x0f]) + bytes(4096)\n"
                "class Head(ctypes.Structure):\n"
                "    _fields_ = [('ctx', P), ('dev', P), ('read_ms', ctypes.c_int), ('write_ms', ctypes.c_int)]\n"
                "ctypes.cast(c, ctypes.POINTER(Head)).contents.write_ms = 300\n"
                "assert f.ftdi_write_data(c, data, len(data)) < 0\n"
                "print('stuck')\n")
    done = board.usb_run([sys.executable, "-c", program])
    assert done.stdout.strip().endswith("stuck"), done.stdout
    state = board.ctl("ftdi")["result"][0]
    assert state["reply_held"] >= 1000 and state["commands_held"] >= 512 and state["refusals"] > 0
