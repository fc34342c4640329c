# SPDX-License-Identifier: GPL-2.0-or-later
"""The emulated USB seen by hosts that are neither ours nor OpenOCD: small programs on the real libusb, hidapi,
libjaylink and libftdi1, called as their documents say (libusb's API, USB 2.0 chapter 9, HID 1.11, RM08001, AN_108)."""
import json
import signal
import subprocess

import pytest

from kit import BUILD, PATIENCE, openocd

PYTHON = "/usr/bin/python3"

LIBUSB = """
import ctypes as C, json, sys
L = C.CDLL("libusb-1.0.so.0")
L.libusb_open_device_with_vid_pid.restype = C.c_void_p
context = C.c_void_p()
L.libusb_init(C.byref(context))
def open_device(vid, pid):
    return C.c_void_p(L.libusb_open_device_with_vid_pid(context, C.c_uint16(vid), C.c_uint16(pid)))
def control(kind, request, value, index, length):
    b = C.create_string_buffer(max(length, 1))
    n = L.libusb_control_transfer(h, C.c_uint8(kind), C.c_uint8(request), C.c_uint16(value), C.c_uint16(index), b,
                                  C.c_uint16(length), 1000)
    return [n, b.raw[:max(n, 0)].hex()]
def bulk(endpoint, data, timeout=1000):
    b = C.create_string_buffer(data, len(data)) if isinstance(data, bytes) else C.create_string_buffer(data)
    n = C.c_int()
    rc = L.libusb_bulk_transfer(h, C.c_uint8(endpoint), b, len(b), C.byref(n), timeout)
    return [rc, b.raw[:n.value].hex()]
def say(*what):
    print(json.dumps(what), flush=True)
"""
MCU_LINK = "h = open_device(0xc251, 0xf00b)\n"


def peer(board, code, before=LIBUSB):
    """Runs a program; returns what it said, line by line."""
    done = board.usb_run([PYTHON, "-c", before + code])
    assert done.returncode == 0, done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- libusb ---

def test_standard_requests(make_board):
    """LIBUSB_ERROR_PIPE (-9) is a stall, NOT_FOUND (-5) what the kernel refuses."""
    board = make_board(usb=["mcu-link"])
    said = peer(board, MCU_LINK + """
say(control(0x80, 0, 0, 0, 2), control(0x81, 0, 0, 2, 2), control(0x81, 0, 0, 9, 2))
say(control(0x80, 8, 0, 0, 1), control(0x81, 10, 0, 0, 1), control(0x81, 10, 0, 9, 1))
say(control(0x80, 6, 0x0600, 0, 10), control(0x80, 6, 0x0f00, 0, 5), control(0x80, 6, 0x03ee, 0, 255))
say(control(0x80, 6, 0x0300, 0, 255), control(0x80, 6, 0x0363, 0x409, 255), control(0xc0, 0x77, 0, 0, 8))
say(control(0x21, 0x77, 0, 0, 0), control(0x00, 9, 7, 0, 0), control(0xc0, 1, 0, 5, 10))
say(L.libusb_claim_interface(h, 0), L.libusb_set_interface_alt_setting(h, 0, 0),
    L.libusb_set_interface_alt_setting(h, 0, 1), L.libusb_set_configuration(h, 1))
say(L.libusb_release_interface(h, 0), L.libusb_set_configuration(h, 7), L.libusb_set_configuration(h, 1),
    L.libusb_kernel_driver_active(h, 0))
""")
    assert said == [
        [[2, "0000"], [2, "0000"], [-9, ""]],
        [[1, "01"], [1, "00"], [-9, ""]],
        [[10, "0a060002ef0201400100"], [-9, ""], [18, "12034d005300460054003100300030000100"]],
        [[4, "04030904"], [-9, ""], [-9, ""]],
        [[-9, ""], [-9, ""], [10, "8e000000000105000100"]],
        [0, 0, -5, -6],
        [0, -5, 0, 0],
    ]


def test_an_endpoint_belongs_to_who_claimed_it(make_board):
    """Two handles of one program, as two programs would be: the second one is refused, also at the endpoint."""
    board = make_board(usb=["mcu-link"])
    said = peer(board, MCU_LINK + """
first, h = h, open_device(0xc251, 0xf00b)
say(L.libusb_claim_interface(first, 0), L.libusb_claim_interface(h, 0), bulk(1, bytes([0, 0xff]))[0])
L.libusb_close(first)
say(bulk(1, bytes([0, 0xff]))[0], bulk(0x81, 512))
""")
    assert said == [[0, -6, -1], [0, [0, "00020002"]]]    # BUSY; libusb says IO for a refused submission


def test_a_transfer_times_out_and_the_answer_waits_for_the_next_one(make_board):
    board = make_board(usb=["cmsis-dap-v2-fs"])
    said = peer(board, MCU_LINK + """
L.libusb_claim_interface(h, 0)
say(bulk(0x81, 64, 20))
say(bulk(1, bytes([0, 0xff]))[0], bulk(0x81, 64))
say(bulk(1, bytes([0, 0xfe]))[0], bulk(0x81, 1))
say(bulk(0x81, 64, 20)[0], L.libusb_clear_halt(h, 0x81), bulk(0x8f, 64)[0])
""")
    # TIMEOUT; OVERFLOW for a packet that does not fit, which is lost; NOT_FOUND turned IO for no such endpoint.
    assert said[:2] == [[[-7, ""]], [0, [0, "00024000"]]]
    assert said[2][1][0] == -8
    assert said[3] == [-7, 0, -1]


def test_the_bridge_of_a_v3set_has_two_endpoints(make_board):
    board = make_board(usb=["st-link-v3-set"])
    said = peer(board, """
h = open_device(0x483, 0x374f)
L.libusb_get_device.restype = C.c_void_p
d = C.c_void_p(L.libusb_get_device(h))
say([L.libusb_get_max_packet_size(d, C.c_ubyte(e)) for e in (0x81, 0x01, 0x82, 0x86, 0x06)])
""")
    assert said == [[[512] * 5]]


# --- hidapi ---

def test_hidapi_knows_the_device_of_an_open_node(make_board):
    board = make_board(usb=["daplink"])
    said = peer(board, """
H.hid_open.restype = C.c_void_p
d, other = C.c_void_p(H.hid_open(0x0d28, 0x0204, None)), C.c_void_p(H.hid_open(0x0d28, 0x0204, None))
text = C.create_unicode_buffer(100)
for name in ("manufacturer", "product", "serial_number"):
    say(getattr(H, f"hid_get_{name}_string")(d, text, 100), text.value)
def read(which, ms=500):
    b = C.create_string_buffer(80)
    return H.hid_read_timeout(which, b, 80, ms), b.raw[:4].hex()
say(H.hid_write(d, bytes([0, 0, 0xff]) + bytes(62), 65), read(d), read(other), read(d, 0))
""", before="""
import ctypes as C, json
H = C.CDLL("libhidapi-hidraw.so.0")
def say(*what):
    print(json.dumps(what), flush=True)
""")
    assert said[:3] == [[0, "ARM"], [0, "DAPLink CMSIS-DAP"],
                        [0, "0240000031754e45002f00199485002b6461000097969900"]]
    # Every open node gets all reports.
    assert said[3] == [65, [64, "00024000"], [64, "00024000"], [0, "00000000"]]


# --- libjaylink ---

JAYLINK = """
import ctypes as C, json
J = C.CDLL("libjaylink.so.0")
def say(*what):
    print(json.dumps(what), flush=True)
c, d, h, n = C.c_void_p(), C.POINTER(C.c_void_p)(), C.c_void_p(), C.c_size_t()
J.jaylink_init(C.byref(c)); J.jaylink_discovery_scan(c, 1); J.jaylink_get_devices(c, C.byref(d), C.byref(n))
J.jaylink_open(C.c_void_p(d[0]), C.byref(h))
def swd(bits):
    size = (len(bits) + 7) // 8
    way, out, back = (C.c_uint8 * size)(), (C.c_uint8 * size)(), (C.c_uint8 * size)()
    for i, (w, o) in enumerate(bits):
        way[i // 8] |= w << i % 8; out[i // 8] |= o << i % 8
    rc = J.jaylink_swd_io(h, way, out, back, len(bits))
    return rc, [back[i // 8] >> i % 8 & 1 for i in range(len(bits))]
def drive(value, bits):
    return [(1, value >> i & 1) for i in range(bits)]
"""


@pytest.mark.parametrize("kind", ["jlink", "jlink-ob", "jlink-v8"])
def test_libjaylink_reads_dpidr_and_every_length(make_board, kind):
    """The answer's end on a packet boundary needs an empty packet, or libjaylink waits a second each time."""
    board = make_board(usb=[kind])
    said = peer(board, """
J.jaylink_select_interface(h, 1, None); J.jaylink_set_speed(h, 4000)
start = drive(-1, 56) + drive(0xe79e, 16) + drive(-1, 56) + drive(0, 8) + drive(0xa5, 8)
rc, back = swd(start + [(0, 0)] * 38 + drive(0, 8))
back = back[len(start):]
say(rc, back[:3], sum(b << i for i, b in enumerate(back[3:35])), back[35])
say([swd([(1, 0)] * n)[0] for n in (1, 8, 63 * 8, 64 * 8, 511 * 8, 512 * 8, 2048 * 8, 4095 * 8)])
""", before=JAYLINK)
    assert said == [[0, [1, 0, 0], 0x2ba01477, 0], [[0] * 8]]


# --- libftdi1 ---

@pytest.mark.parametrize("kind, pid, fifo", [("ft2232h", 0x6010, 4096), ("ft232h", 0x6014, 1024),
                                             ("ft232h-fs", 0x6014, 1024), ("ft4232h", 0x6011, 1024)])
def test_libftdi_loops_back_what_it_shifts(make_board, kind, pid, fifo):
    board = make_board(usb=[kind])
    said = peer(board, f"""
F.ftdi_new.restype = C.c_void_p
c = C.c_void_p(F.ftdi_new())
say(F.ftdi_usb_open(c, 0x403, {pid}), F.ftdi_set_latency_timer(c, 2), F.ftdi_tcioflush(c),
    F.ftdi_set_bitmode(c, 0, 0), F.ftdi_set_bitmode(c, 0, 2))
def ask(data, n):
    F.ftdi_write_data(c, bytes(data), len(data))
    got, b = b"", C.create_string_buffer(n)
    while len(got) < n:
        step = F.ftdi_read_data(c, b, n - len(got))
        assert step >= 0
        got += b.raw[:step]
    return got
say(ask([0xaa], 2).hex(), ask([0xab, 0x87], 2).hex())
F.ftdi_write_data(c, bytes([0x80, 8, 0x0b, 0x84, 0x8a, 0x86, 0, 0]), 8)
say(ask([0x3b, 4, 0x15, 0x33, 4, 0xa8, 0x6b, 2, 0x85, 0x87], 3).hex())
for n in (510, 62, {fifo}):    # whole packets, a full FIFO
    data = bytes(i * 7 & 0xff for i in range(n))
    say(ask([0x39, n - 1 & 0xff, n - 1 >> 8, *data, 0x87], n) == data)
""", before="""
import ctypes as C, json
F = C.CDLL("libftdi1.so.2")
def say(*what):
    print(json.dumps(what), flush=True)
""")
    assert said == [[0, 0, 0, 0, 0], ["faaa", "faab"], ["a815e0"], [True], [True], [True]]


# --- Time ---

CLIENTS = [("cmsis-dap-v2-fs", "cmsis-dap.cfg"), ("daplink", "cmsis-dap.cfg"), ("st-link-v2-1", "stlink.cfg"),
           ("jlink-ob", "jlink.cfg"), ("ft2232h", "ftdi/minimodule.cfg")]


@pytest.mark.parametrize("kind, script", CLIENTS, ids=[kind for kind, _ in CLIENTS])
def test_the_same_openocd_session_costs_the_same(make_board, kind, script):
    """Memory only: a core without a program is locked up, and how often OpenOCD then looks at it is wall time."""
    transport = ["-c", "transport select swd"] if script in ("cmsis-dap.cfg", "jlink.cfg") else []
    times = []
    for _ in range(2):
        board = make_board("--deterministic", usb=[kind])
        openocd(board, "-f", f"interface/{script}", *transport,
                    commands="poll off; mdw 0x20000000 256; mww 0x20001000 5 64")
        times.append(board.stats()["virtual_ns"])
    assert times[0] == times[1]


# --- The launcher ---

def launch(*command, **kwargs):
    return subprocess.Popen([BUILD / "probed-vboard", "nucleo-l476rg", "--usb", "daplink", "--", *command],
                            stderr=subprocess.PIPE, start_new_session=True, **kwargs)


@pytest.mark.parametrize("command, code", [("exit 7", 7), ("kill -9 $$", 137), ("sleep 2 & exit 3", 3)])
def test_the_commands_end_is_the_boards(make_board, command, code):
    make_board(usb=["daplink"])    # skips where there is no emulation
    board = launch("sh", "-c", command)
    board.communicate(timeout=30 * PATIENCE)
    assert board.returncode == code


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_without_a_terminal_reaches_the_command(make_board, signo):
    make_board(usb=["daplink"])
    board = launch("sh", "-c", "echo go; exec sleep 60", stdout=subprocess.PIPE)
    assert board.stdout.readline() == b"go\n"
    board.send_signal(signo)
    board.communicate(timeout=30 * PATIENCE)
    assert board.returncode == 128 + signo
