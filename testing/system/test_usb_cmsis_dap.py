# SPDX-License-Identifier: GPL-2.0-or-later
"""CMSIS-DAP probes on USB, v2 and v1: probed drives the emulated ones through real libusb and hidapi."""
import os
import re
from pathlib import Path

import pytest

FLASH = 0x08000000
RAM = 0x20000000
KINDS = ["mcu-link", "cmsis-dap-v2-fs", "daplink", "cmsis-dap-hid", "edbg", "xds110", "debugprobe"]
HID = {"daplink", "cmsis-dap-hid", "edbg", "xds110"}
STOCK = Path("/usr/share/openocd/scripts/interface/cmsis-dap.cfg")


def arguments(before="", transport="swd", speed=4000, config="interface/cmsis-dap.cfg"):
    """`before` stands where a user's own lines stand, after the interface script."""
    return ["-f", config, "-c", before, "-c", f"transport select {transport}",
            "-f", "target/stm32l4x.cfg", "-c", f"adapter speed {speed}"]


@pytest.fixture
def attach(make_board, make_daemon):
    def start(kind="mcu-link", options=("--deterministic",), ready=True, **kwargs):
        board = make_board(*options, usb=[kind])
        daemon = make_daemon(*arguments(**kwargs), env=board.usb_env, ready=ready)
        if ready:
            daemon.tcl("poll off; halt")
        return board, daemon
    return start


def write_image(tmp_path, size):
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(size))
    return image


def ends_saying(daemon, pattern):
    assert daemon.wait() != 0
    assert re.search(pattern, daemon.text), daemon.text


def in_out(kind):
    return {"mcu-link": ("0x81", "0x01"), "cmsis-dap-v2-fs": ("0x81", "0x01"), "daplink": ("0x81", "0x01")}[kind]


@pytest.mark.parametrize("transport", ["swd", "jtag"])
@pytest.mark.parametrize("kind", KINDS)
def test_attach_program_verify_reset(attach, firmware, tmp_path, kind, transport):
    if kind == "debugprobe" and transport == "jtag":
        pytest.skip("a debugprobe has SWD only")
    board, daemon = attach(kind, transport=transport)
    daemon.tcl(f"program {firmware('blink')} verify")
    daemon.tcl("reset halt")
    image = write_image(tmp_path, 10001)
    daemon.tcl(f"load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, 10001) == image.read_bytes()
    daemon.tcl(f"dump_image {tmp_path / 'got.bin'} {RAM:#x} 10001")
    assert (tmp_path / "got.bin").read_bytes() == image.read_bytes()
    daemon.tcl("reset run; sleep 10")
    assert board.stats()["instructions"] > 100
    assert f"v{1 if kind in HID else 2}" in daemon.tcl("adapter list") or kind not in ("cmsis-dap-hid",)


@pytest.mark.skipif(not STOCK.exists(), reason="openocd's scripts are not installed")
def test_the_stock_script_loads(attach):
    _, daemon = attach(config=str(STOCK))
    assert "10076415" in daemon.tcl("mdw 0xe0042000")


def test_debugprobe_has_no_jtag_and_says_so(attach):
    _, daemon = attach("debugprobe", ready=False, transport="jtag")
    ends_saying(daemon, "JTAG not supported by this probe")


@pytest.mark.parametrize("backend, kind, said", [
    ("hid", "mcu-link", 'has no interface for "cmsis-dap backend hid"'),
    ("usb_bulk", "daplink", 'has no interface for "cmsis-dap backend usb_bulk"'),
    # TI's vendor interfaces look like v2 to a driver that believes the product string.
    ("usb_bulk", "xds110", 'has no interface for "cmsis-dap backend usb_bulk"'),
])
def test_a_backend_the_probe_has_not(attach, backend, kind, said):
    _, daemon = attach(kind, ready=False, before=f"cmsis-dap backend {backend}")
    ends_saying(daemon, re.escape(said))


@pytest.mark.parametrize("before", ["cmsis-dap backend usb_bulk", "cmsis-dap backend auto",
                                    "cmsis-dap vid_pid 0xc251 0xf00b", "cmsis-dap usb interface 0",
                                    "cmsis_dap_serial 00A1B2C3D4E5"])
def test_the_ways_to_name_a_probe(attach, before):
    _, daemon = attach(before=before)
    assert "10076415" in daemon.tcl("mdw 0xe0042000")


def test_another_vid_pid_is_not_found(attach):
    _, daemon = attach(ready=False, before="cmsis-dap vid_pid 0x1234 0x5678")
    ends_saying(daemon, "1234:5678")


def test_an_interface_that_is_not_there(attach):
    _, daemon = attach(ready=False, before="cmsis-dap usb interface 7")
    ends_saying(daemon, "has no CMSIS-DAP interface")


# --- Firmware that needs care ---

@pytest.mark.parametrize("spec", ["cmsis-dap-v2-fs,packets=64,buffers=2,lossy=1", "daplink,packets=64,buffers=2",
                                  "cmsis-dap-v2-fs,packets=8,buffers=1,lossy=1"])
def test_a_probe_that_claims_more_packets_than_it_holds(attach, tmp_path, spec):
    """It drops the third packet: that is found out before anything depends on it, and nothing is lost."""
    board, daemon = attach(spec)
    held = re.search(r"buffers=(\d)", spec).group(1)
    daemon.expect(rf"announces \d+ packets at a time but loses some: going on with {'one' if held == '1' else held}")
    image = write_image(tmp_path, 16384)
    daemon.tcl(f"load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, 16384) == image.read_bytes()
    assert "repeating" not in daemon.text
    assert f"packets: {held} of 64 bytes" in daemon.tcl("cmsis-dap info")


def test_edbg_needs_and_says_so(attach):
    _, daemon = attach("edbg")
    assert re.search(r"EDBG: one packet at a time", daemon.text)
    assert "packets: 1 of 512 bytes" in daemon.tcl("cmsis-dap info")


def test_full_speed_firmware_that_announces_512_bytes(attach, tmp_path):
    """Commands that are a multiple of the endpoint's size end with an empty packet."""
    board, daemon = attach("cmsis-dap-v2-fs,size=512")
    for size in (4 * n for n in range(12, 20)):
        image = write_image(tmp_path, size)
        daemon.tcl(f"load_image {image} {RAM:#x} bin")
        assert board.memory(RAM, size) == image.read_bytes()
        daemon.tcl(f"dump_image {tmp_path / 'got.bin'} {RAM:#x} {size}")
        assert (tmp_path / "got.bin").read_bytes() == image.read_bytes()


# --- What USB does to people ---

def test_a_second_daemon_is_told_who_has_the_probe(attach, make_daemon):
    board, first = attach("mcu-link")
    second = make_daemon(*arguments(), env=board.usb_env, ready=False)
    ends_saying(second, rf"in use by .*pid {first.process.pid} \(probed\)")


def test_a_hid_probe_has_one_user(make_board, make_daemon):
    board = make_board("--deterministic", usb=["daplink"])
    env = board.usb_env
    first = make_daemon(*arguments(), env=env)
    first.tcl("poll off")       # the start is over when the first answer comes
    second = make_daemon(*arguments(), env=env, ready=False)
    ends_saying(second, rf"in use by .*pid {first.process.pid} \(probed\)")


@pytest.mark.parametrize("fault", ["stall in", "stall out", "short in 1 0 1", "flip in 1 0 0", "error in"])
def test_one_bad_transfer_is_an_error_and_the_next_command_works(attach, fault):
    board, daemon = attach("cmsis-dap-v2-fs")
    ends = dict(zip(("in", "out"), in_out("cmsis-dap-v2-fs")))
    words = fault.split()
    board.ctl(" ".join(["usb", "fault", words[0], ends[words[1]], *words[2:]]))
    before = len(daemon.text)
    said = daemon.tcl("catch {mdw 0xe0042000} said; set said")
    # A look at the core's state may come first and meet it.
    assert "10076415" not in said or "memory read at 0xe000edf0 failed" in daemon.text[before:]
    assert "10076415" in daemon.tcl("mdw 0xe0042000"), said
    daemon.tcl(f"mww {RAM:#x} 0x12345678")
    assert "12345678" in daemon.tcl(f"mdw {RAM:#x}")


@pytest.mark.parametrize("kind", ["cmsis-dap-v2-fs", "daplink"])
def test_a_lost_packet_in_a_block_loses_nothing(attach, tmp_path, kind):
    board, daemon = attach(kind)
    image = write_image(tmp_path, 4096)
    board.ctl(f"usb fault drop {in_out(kind)[1]} 1 9")
    daemon.tcl(f"load_image {image} {RAM:#x} bin")
    assert "repeating the block" in daemon.text
    assert re.search(r"announces \d packets at a time but loses some", daemon.text)
    assert board.memory(RAM, 4096) == image.read_bytes()
    board.ctl(f"usb fault silent {in_out(kind)[0]} 1 9")
    daemon.tcl(f"dump_image {tmp_path / 'got.bin'} {RAM:#x} 4096")
    assert (tmp_path / "got.bin").read_bytes() == image.read_bytes()


def test_a_late_answer_is_not_taken_for_another(attach):
    board, daemon = attach("cmsis-dap-v2-fs")
    daemon.tcl(f"mww {RAM:#x} 0x11111111; mww {RAM + 4:#x} 0x22222222")
    board.ctl("usb fault late 0x81 1 0 6500")
    said = daemon.fails(f"mdw {RAM:#x}")
    assert "no answer" in said
    assert "22222222" in daemon.tcl(f"mdw {RAM + 4:#x}")
    assert "11111111" in daemon.tcl(f"mdw {RAM:#x}")


@pytest.mark.parametrize("kind", ["mcu-link", "daplink"])
def test_unplugged_while_flash_is_written(attach, firmware, kind):
    board, daemon = attach(kind)
    board.ctl(f"usb fault unplug {in_out(kind)[1]} 1 40")
    said = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert "unplugged" in said
    assert daemon.tcl("expr {1 + 1}") == "2"      # the console stays
    assert "20000000" in daemon.fails("mdw 0x20000000")
    board.ctl("usb replug")
    daemon.tcl("adapter reconnect")
    daemon.tcl("halt")
    daemon.tcl(f"program {firmware('blink')} verify")


def test_what_another_program_left_unread_is_read_away(attach, make_daemon):
    """A daemon that dies in the middle leaves answers in the probe."""
    board, first = attach("mcu-link")
    first.process.kill()
    first.process.wait()
    second = make_daemon(*arguments(), env=board.usb_env)
    assert "10076415" in second.tcl("halt; mdw 0xe0042000")


def test_a_reset_line_that_somebody_holds_is_told(attach):
    board, daemon = attach(before="reset_config srst_only")
    daemon.tcl("adapter assert srst; adapter deassert srst")
    assert "nRESET" not in daemon.text.split("Interface ready")[1]
    board.ctl("wire nrst stuck")
    daemon.tcl("adapter assert srst; adapter deassert srst")
    assert "nRESET stays low though it is released" in daemon.text
