# SPDX-License-Identifier: GPL-2.0-or-later
"""The emulated USB probes under the real USB libraries, judged by programs that know nothing of us: the
distribution's OpenOCD 0.12 (libusb and hidapi-hidraw) and pyOCD 0.13 (libusb's interrupt transfers)."""
import os
import shutil
import subprocess

import pytest

from kit import BUILD, openocd, wait_for

needs_openocd = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
needs_pyocd = pytest.mark.skipif(not shutil.which("pyocd-tool"), reason="python3-pyocd is not installed")

FLASH = 0x08000000
RAM = 0x20000000
FREE = 0x20010000    # behind OpenOCD's work area
UID = 0x1fff7590
CMSIS_DAP = ["-f", "interface/cmsis-dap.cfg", "-c", "transport select swd"]
KINDS = ["mcu-link", "cmsis-dap-v2-fs", "debugprobe", "daplink", "cmsis-dap-hid", "edbg"]


@pytest.fixture
def image(tmp_path):
    """A program whose core would start in it: stack, entry, then noise."""
    path = tmp_path / "image.bin"
    path.write_bytes((RAM + 0x8000).to_bytes(4, "little") + (FLASH + 0x101).to_bytes(4, "little") +
                     os.urandom(0xf8) + b"\xfe\xe7" + os.urandom(9000 - 0x102))
    return path


def bare_client(board, code, **kwargs):
    """A Python program that has the device `d` open through pyusb."""
    script = "import usb.core, sys\nd = usb.core.find(idVendor=0xc251)\n" + code
    return board.usb_run(["/usr/bin/python3", "-c", script], **kwargs)


# --- The judge ---

@needs_openocd
@pytest.mark.parametrize("kind", KINDS)
def test_openocd_programs_verifies_and_resets(make_board, image, kind):
    board = make_board("--deterministic", usb=[kind])
    text = openocd(board, *CMSIS_DAP,
                   commands=f"program {image} {FLASH:#x} verify; reset halt")
    assert "** Verified OK **" in text
    assert f"pc: {FLASH + 0x100:#010x} msp: {RAM + 0x8000:#010x}" in text
    assert board.memory(FLASH, 9000) == image.read_bytes()
    assert board.stats()["double_writes"] == 0


@needs_openocd
def test_openocd_over_jtag(make_board, image):
    board = make_board(usb=["mcu-link"])
    openocd(board, "-f", "interface/cmsis-dap.cfg", "-c", "transport select jtag",
            commands=f"reset halt; load_image {image} {FREE:#x} bin; verify_image {image} {FREE:#x} bin")
    assert board.memory(FREE, 9000) == image.read_bytes()


@needs_openocd
def test_openocd_takes_the_wrong_interface_of_an_xds110(make_board):
    """Its product string says CMSIS-DAP and a vendor interface looks like v2: OpenOCD 0.12 takes that one
    and waits in vain, as on the real thing. Told to use HID it works."""
    board = make_board(usb=["xds110"])
    openocd(board, *CMSIS_DAP, "-c", "cmsis_dap_backend hid", commands="reset halt")
    argv = ["openocd", *CMSIS_DAP, "-c", "cmsis_dap_backend usb_bulk", "-c", "init; shutdown"]
    done = board.usb_run(argv, timeout=60)
    assert done.returncode != 0, done.stdout


def test_the_same_session_costs_the_same(make_board):
    """Virtual time does not depend on how busy the machine is, nor on when the host sleeps."""
    code = """
import time
def command(*data):
    d.write(1, bytes(data)); return list(d.read(0x81, 512))
command(2, 1)                                   # DAP_Connect: SWD
command(0x11, 0x40, 0x42, 0x0f, 0)              # DAP_SWJ_Clock: 1 MHz
for i in range(100):
    command(0x12, i, *bytes(32))                # DAP_SWJ_Sequence
    if i % 30 == 0: time.sleep(float(sys.argv[1]))
"""
    seen = []
    for pause in ("0", "0.05"):
        board = make_board("--deterministic", usb=["mcu-link"])
        script = "import usb.core, sys\nd = usb.core.find(idVendor=0xc251)\n" + code
        done = board.usb_run(["/usr/bin/python3", "-c", script, pause])
        assert done.returncode == 0, done.stdout
        stats = board.stats()
        seen.append([stats[key] for key in ("wire_clocks", "urbs", "round_trips", "virtual_ns")])
    assert seen[0] == seen[1]
    assert seen[0][0] >= 256 + sum(range(1, 100))


@needs_pyocd
@pytest.mark.parametrize("kind", ["daplink", "cmsis-dap-hid"])
def test_pyocd_programs(make_board, image, kind):
    """pyOCD's own flash algorithm runs on the board's core."""
    board = make_board(usb=[kind])
    done = board.usb_run(["pyocd-flashtool", "-t", "stm32l475xg", image])
    assert done.returncode == 0, done.stdout
    assert board.memory(FLASH, 9000) == image.read_bytes()


@needs_pyocd
def test_pyocd_of_this_age_knows_v1_only(make_board):
    """CMSIS-DAP v2 came with pyOCD 0.15: this one lists such a probe and cannot open it."""
    board = make_board(usb=["mcu-link"])
    done = board.usb_run(["pyocd-tool", "-t", "stm32l475xg", "status"])
    assert "00A1B2C3D4E5 has no hid interface" in done.stdout, done.stdout


# --- Several probes ---

@needs_openocd
def test_each_probe_has_a_chip_of_its_own(make_board):
    board = make_board(usb=["mcu-link,serial=FIRST", "mcu-link,serial=SECOND", "daplink"])
    uids = []
    for serial in ("FIRST", "SECOND"):
        text = openocd(board, *CMSIS_DAP, "-c", f"adapter serial {serial}",
                       commands=f"echo UID=[read_memory {UID:#x} 32 3]")
        uids.append(text.split("UID=")[1].splitlines()[0])
    assert uids[0] != uids[1]
    devices = board.ctl("usb list")["devices"]
    assert [d["location"] for d in devices] == ["1-1", "1-2", "1-3"]
    assert devices[1]["round_trips"] > 10 and devices[2]["round_trips"] < 10


# --- Plugging ---

HOTPLUG = """
import ctypes, sys
usb = ctypes.CDLL("libusb-1.0.so.0")
usb.libusb_init(None)
FN = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def on_event(context, device, event, data):
    address = usb.libusb_get_device_address(ctypes.c_void_p(device))
    print({1: "ARRIVED", 2: "LEFT"}[event], address, flush=True)
    return 0
fn = FN(on_event)
usb.libusb_hotplug_register_callback(None, 3, 1, -1, -1, -1, fn, None, None)
while True:
    usb.libusb_handle_events(None)
"""


def test_libusb_sees_unplug_and_replug(make_board):
    board = make_board(usb=["mcu-link", "daplink"])
    client = board.usb_start(["/usr/bin/python3", "-c", HOTPLUG])
    client.expect("ARRIVED 2")
    client.expect("ARRIVED 3")
    board.ctl("usb unplug 2")
    client.expect("LEFT 3")
    board.ctl("usb replug 2")
    client.expect("ARRIVED 4")
    board.ctl("unplug")         # the old verbs take the first probe
    client.expect("LEFT 2")
    board.ctl("replug")
    client.expect("ARRIVED 5")
    board.ctl("usb 1 reset")
    client.expect("LEFT 5")
    client.expect("ARRIVED 6")
    client.stop()


@needs_openocd
def test_unplug_in_the_middle_of_flash_programming(make_board, image):
    board = make_board(usb=["mcu-link"])
    board.ctl("usb fault unplug 0x01 1 300")
    done = board.usb_run(["openocd", *CMSIS_DAP, "-f", "target/stm32l4x.cfg", "-c",
                          f"init; program {image} {FLASH:#x}; shutdown"])
    assert done.returncode != 0
    assert board.ctl("usb list")["devices"][0]["plugged"] is False
    board.ctl("usb replug")
    openocd(board, *CMSIS_DAP, commands=f"program {image} {FLASH:#x} verify")


def test_a_client_that_dies_leaves_the_probe_free(make_board):
    board = make_board(usb=["mcu-link"])
    client = board.usb_start(["/usr/bin/python3", "-c", "import usb.core, usb.util, time\n"
                              "d = usb.core.find(idVendor=0xc251)\n"
                              "usb.util.claim_interface(d, 0)\nprint('mine', flush=True)\n"
                              "time.sleep(60)"])
    client.expect("mine")
    busy = bare_client(board, "import usb.util; usb.util.claim_interface(d, 0)")
    assert "Resource busy" in busy.stdout
    client.process.kill()
    client.wait()
    wait_for(lambda: board.ctl("usb list")["devices"][0]["open"] == 0, "the handle's end")
    assert bare_client(board, "import usb.util; usb.util.claim_interface(d, 0)").returncode == 0


# --- Faults ---

@pytest.mark.parametrize("fault,says", [
    ("stall 0x81", "Pipe error"),
    ("error 0x81", "Input/Output Error"),
    ("silent 0x81", "timed out"),
    ("silent 0x01", "timed out"),
    ("drop 0x01", "timed out"),
    ("late 0x81 1 0 600", "timed out"),
    ("unplug 0x01", "No such device"),
    ("reset 0x81", "No such device"),
    ("short 0x81 1 0 2", "[0, 2]"),
    ("flip 0x81 1 0 3", "[0, 2, 0, 253]"),
    ("none", "[0, 2, 0, 2]"),
])
def test_a_fault_shows_in_libusb(make_board, fault, says):
    board = make_board(usb=["mcu-link"])
    board.ctl(f"usb fault {fault}")
    done = bare_client(board, "d.write(1, b'\\x00\\xff', 300)\nprint(list(d.read(0x81, 512, 300)))")
    assert says in done.stdout, done.stdout
    assert board.ctl("usb list")["devices"][0]["faults"] == []


def test_a_stalled_endpoint_recovers(make_board):
    board = make_board(usb=["mcu-link"])
    board.ctl("usb fault stall 0x81")
    done = bare_client(board, "d.write(1, b'\\x00\\xff')\n"
                       "try: d.read(0x81, 512)\nexcept usb.core.USBError as e: print(e)\n"
                       "d.clear_halt(0x81)\nprint(list(d.read(0x81, 512)))")
    assert "Pipe error" in done.stdout and "[0, 2, 0, 2]" in done.stdout, done.stdout


def test_a_probe_that_claims_more_packets_than_it_has(make_board):
    """It says 64 and drops the third."""
    board = make_board(usb=["mcu-link,packets=64,buffers=2,lossy=1"])
    done = bare_client(board, """
d.write(1, b'\\x00\\xfe'); print(list(d.read(0x81, 512)))
for i in range(4): d.write(1, bytes([0, 0xff]))
try:
    for i in range(4): print('answer', i, list(d.read(0x81, 512, 300)))
except usb.core.USBError as e: print(e)
""")
    assert "[0, 1, 64]" in done.stdout and "answer 1" in done.stdout, done.stdout
    assert "answer 2" not in done.stdout and "timed out" in done.stdout
    assert board.stats()["dap_lost"] == 2


# --- The program around it ---

def test_a_command_runs_with_the_probe_and_gives_the_exit_code():
    argv = [BUILD / "probed-vboard", "nucleo-l476rg", "--usb", "mcu-link", "--",
            "/usr/bin/python3", "-c",
            "import usb.core, sys; sys.exit(usb.core.find(idVendor=0xc251).idProduct >> 8)"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0xf0, done.stderr


@pytest.mark.parametrize("option,says", [
    ("nothing", "--usb nothing: it is high, full or none (the cost of the TCP door), or a probe: mcu-link"),
    ("mcu-link,foo=1", 'no option "foo"; there are serial, mode'),
    ("mcu-link,mode=9", "mode=9: an octal number is needed"),
    ("mcu-link,packets=0", "packets=0 is not possible"),
    ("mcu-link,serial", '"serial" is no key=value'),
])
def test_a_wrong_option_is_explained(option, says):
    done = subprocess.run([BUILD / "probed-vboard", "nucleo-l476rg", "--usb", option], text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_long_root_is_refused(tmp_path):
    root = tmp_path / ("x" * 100)
    done = subprocess.run([BUILD / "probed-vboard", "nucleo-l476rg", "--usb", "mcu-link", "--usb-root",
                           root], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "too long for a socket: choose a shorter folder with --usb-root" in done.stderr


def test_a_folder_with_files_is_no_root(tmp_path):
    (tmp_path / "mine").write_text("x")
    done = subprocess.run([BUILD / "probed-vboard", "nucleo-l476rg", "--usb", "mcu-link", "--usb-root",
                           tmp_path, "--", "true"], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1 and "File exists" in done.stderr
    assert (tmp_path / "mine").read_text() == "x"


def test_kernel_drivers_hold_interfaces_if_asked_to(make_board):
    code = "import usb.util\nfor i in range(3):\n" \
           "  try: usb.util.claim_interface(d, i); print(i, 'free')\n" \
           "  except usb.core.USBError: print(i, d.is_kernel_driver_active(i))\n"
    assert "0 free\n1 free\n2 free" in bare_client(make_board(usb=["mcu-link"]), code).stdout
    held = bare_client(make_board(usb=["mcu-link,drivers=1"]), code).stdout
    assert "0 free\n1 True\n2 True" in held


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_node_without_permission(make_board):
    board = make_board(usb=["mcu-link,mode=0600"])
    code = "print(d.product)\nd.set_configuration()"
    denied = bare_client(board, code, user=65534)
    assert "Access denied" in denied.stdout or "langid" in denied.stdout, denied.stdout
    board.ctl("usb 1 mode 0666")
    assert "MCU-LINK CMSIS-DAP" in bare_client(board, code, user=65534).stdout


def test_control_port_lists_what_is_plugged_in(make_board):
    board = make_board(usb=["daplink,serial=D1"])
    device, = board.ctl("usb list")["devices"]
    assert (device["model"], device["serial"], device["plugged"]) == ("daplink", "D1", True)
    assert "usage: usb" in board.ctl("usb nonsense", fails=True)["error"]
    assert "no device 3" in board.ctl("usb unplug 3", fails=True)["error"]
    assert "usage: usb fault" in board.ctl("usb fault nonsense 1", fails=True)["error"]


def test_without_usb_the_control_port_says_so(make_board):
    assert "start with --usb MODEL" in make_board().ctl("usb list", fails=True)["error"]
