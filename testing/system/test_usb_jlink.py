# SPDX-License-Identifier: GPL-2.0-or-later
"""J-Links: probed drives the emulated ones through real libjaylink and libusb."""
import os
import re
from pathlib import Path

import pytest

from kit import wait_for

FLASH = 0x08000000
RAM = 0x20000000
# The V5 hardware cannot select SWD.
KINDS = [("jlink", "swd"), ("jlink", "jtag"), ("jlink-ob", "swd"), ("jlink-ob", "jtag"),
         ("jlink-v8", "swd"), ("jlink-v8", "jtag"), ("jlink-old", "jtag")]
STOCK = Path("/usr/share/openocd/scripts/interface/jlink.cfg")


def arguments(transport="swd", speed=4000, before="", config="interface/jlink.cfg"):
    """`before` stands where a user's own lines stand, after the interface script."""
    return ["-f", config, "-c", before, "-c", f"transport select {transport}",
            "-f", "target/stm32l4x.cfg", "-c", f"adapter speed {speed}"]


@pytest.fixture
def attach(make_board, make_daemon):
    def start(kind="jlink", transport="swd", options=("--deterministic",), ready=True, **kwargs):
        board = make_board(*options, usb=[kind])
        daemon = make_daemon(*arguments(transport, **kwargs), env=board.usb_env, ready=ready)
        if ready:
            daemon.tcl("adapter name")      # the start is over when the first answer comes
        return board, daemon
    return start


@pytest.mark.parametrize("kind, transport", KINDS, ids=["-".join(k) for k in KINDS])
def test_examines_programs_verifies_and_resets(attach, firmware, tmp_path, kind, transport):
    board, daemon = attach(kind, transport)
    daemon.tcl("reset halt")
    daemon.tcl(f"program {firmware('blink')} verify")
    daemon.tcl("reset halt")
    image = tmp_path / "image.bin"
    data = os.urandom(30001)
    image.write_bytes(data)
    daemon.tcl(f"load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, len(data)) == data
    daemon.tcl(f"dump_image {tmp_path / 'got.bin'} {RAM:#x} {len(data)}")
    assert (tmp_path / "got.bin").read_bytes() == data
    assert "J-Link" in daemon.text
    assert "Hardware version: " in daemon.text
    assert "VTarget = 3.300 V" in daemon.text
    assert "Error" not in daemon.text.replace("Error: [stm32l4x.cpu] clearing lockup", "")


@pytest.mark.skipif(not STOCK.exists(), reason="openocd's scripts are not installed")
def test_the_stock_script_loads(attach):
    _, daemon = attach(config=str(STOCK))
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_jtag_is_what_comes_without_a_transport(make_board, make_daemon):
    board = make_board("--deterministic", usb=["jlink"])
    daemon = make_daemon("-f", "interface/jlink.cfg", "-f", "target/stm32l4x.cfg", env=board.usb_env)
    daemon.tcl("adapter name")
    assert "auto-selecting first available session transport \"jtag\"" in daemon.text
    assert "tap/device found: 0x4ba00477" in daemon.text


def test_the_reset_line_resets(attach):
    _, daemon = attach(before="reset_config srst_only srst_nogate")
    daemon.tcl("halt; mww 0x4002104c 1")
    assert "00000001" in daemon.tcl("capture {mdw 0x4002104c}")
    daemon.tcl("adapter assert srst; sleep 5")
    assert "SRST = 0" in daemon.tcl("jlink hwstatus")
    daemon.tcl("adapter deassert srst; sleep 5")
    assert "SRST = 1" in daemon.tcl("jlink hwstatus")
    daemon.tcl("halt")
    assert "00000000" in daemon.tcl("capture {mdw 0x4002104c}")


def test_connect_under_reset(attach, firmware):
    board, daemon = attach(before="reset_config srst_only srst_nogate connect_assert_srst")
    daemon.tcl(f"program {firmware('blink')} verify; reset halt")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
    assert not board.stats().get("nrst_low", False)


@pytest.mark.parametrize("kind, transport, asked, real", [
    ("jlink-ob", "swd", 20000, 8000), ("jlink-ob", "jtag", 20000, 6000)])
def test_too_high_a_speed_is_reduced_to_the_maximum(attach, kind, transport, asked, real):
    _, daemon = attach(kind, transport, speed=asked)
    assert f"Reduced speed from {asked} kHz to {real} kHz (maximum)" in daemon.text
    assert daemon.tcl("adapter speed") == f"adapter speed: {real} kHz"


def test_the_true_speed_is_told_and_never_above_what_was_asked(attach):
    _, daemon = attach("jlink-ob")
    for khz in (7999, 7000, 5000, 3000, 1000, 100):
        real = int(re.search(r"(\d+) kHz", daemon.tcl(f"adapter speed {khz}")).group(1))
        assert real <= khz
        divider = -(-48000 // khz)
        assert real == 48000 // divider


def test_hwstatus_freemem_config(attach):
    _, daemon = attach()
    status = daemon.tcl("jlink hwstatus")
    assert "VTarget = 3.300 V" in status
    assert re.search(r"TCK = \d TDI = \d TDO = \d TMS = \d SRST = 1 TRST = 1", status)
    assert re.search(r"Device has \d+ bytes of free memory", daemon.tcl("jlink freemem"))
    assert "USB-Address: [not configured]" in daemon.tcl("jlink config")
    assert daemon.tcl("jlink jtag") == "JTAG command version: 3"


def test_target_power(attach):
    board, daemon = attach()
    daemon.tcl("jlink targetpower on")
    assert "Target power supply: on" in daemon.tcl("jlink hwstatus")
    assert board.stats()["target_power"]
    daemon.tcl("jlink targetpower off")
    assert not board.stats()["target_power"]


def test_config_is_written_only_with_the_word(attach):
    _, daemon = attach()
    daemon.tcl("jlink config usb 2; jlink config targetpower on")
    assert "changed, not written" in daemon.tcl("jlink config")
    text = daemon.fails("jlink config write")
    assert "jlink config write confirm" in text
    daemon.tcl("jlink config write confirm")
    shown = daemon.tcl("jlink config")
    assert "USB-Address: 2" in shown and "Target power: on" in shown and "changed" not in shown


def test_swd_on_hardware_that_cannot_select_it(attach):
    _, daemon = attach("jlink-old", ready=False)
    assert daemon.wait() == 1
    assert "SELECT_IF" in daemon.text
    assert "transport select jtag" in daemon.text


def test_no_target_power_gets_one_diagnosis(make_board, make_daemon):
    board = make_board(usb=["jlink"])
    board.ctl("power off")
    daemon = make_daemon(*arguments(), env=board.usb_env, ready=False)
    assert daemon.wait() == 1
    assert "VTarget = 0.000 V" in daemon.text
    errors = re.findall(r"^Error: .*", daemon.text, re.M)
    assert 1 <= len(errors) <= 3, daemon.text
    assert re.search(r"power", "\n".join(errors)), daemon.text


def test_power_that_fails_is_told_by_the_voltage(attach):
    board, daemon = attach(options=())
    daemon.tcl("halt; poll off")
    board.ctl("power off")
    text = daemon.fails("mdw 0x20000000")
    assert re.search("power|VTref|voltage", text), text
    assert "VTarget = 0.000 V" in daemon.tcl("jlink hwstatus")
    board.ctl("power on")
    daemon.tcl("poll on")
    wait_for(lambda: "12345678" in daemon.tcl("catch {halt; mww 0x20000000 0x12345678}; "
                                              "catch {capture {mdw 0x20000000}} text; set text"),
             "the target", 20)


@pytest.mark.parametrize("number", ["123456789", "000123456789"])
def test_serial_with_and_without_leading_zeros(make_board, make_daemon, number):
    board = make_board("--deterministic", usb=["jlink,serial=000123456789", "jlink,serial=000000000777"])
    daemon = make_daemon(*arguments(before=f"adapter serial {number}"), env=board.usb_env)
    daemon.tcl("halt; mww 0x20000000 0xabcd1234")
    assert board.memory(RAM, 4) == bytes.fromhex("3412cdab")


def test_two_and_no_choice_is_refused_with_the_list(make_board, make_daemon):
    board = make_board("--deterministic", usb=["jlink,serial=000123456789", "jlink,serial=000000000777"])
    daemon = make_daemon(*arguments(), env=board.usb_env, ready=False)
    assert daemon.wait() == 1
    assert "000123456789" in daemon.text and "000000000777" in daemon.text
    assert "adapter serial" in daemon.text


def test_no_jlink_is_said(make_board, make_daemon):
    board = make_board("--deterministic", usb=["ft232h"])
    daemon = make_daemon(*arguments(), env=board.usb_env, ready=False)
    assert daemon.wait() == 1
    assert "No J-Link device found" in daemon.text


def test_a_busy_probe_names_who_has_it(attach, make_daemon):
    board, first = attach(options=())
    second = make_daemon(*arguments(), env=board.usb_env, ready=False)
    assert second.wait() == 1
    assert f"{first.process.pid}" in second.text, second.text
    assert "10076415" in first.tcl("capture {mdw 0xe0042000}")


def test_unplugged_while_idle_is_noticed(attach):
    board, daemon = attach(options=())
    board.ctl("usb unplug")
    gone = "^Error: .* jlink probe .*is gone"
    wait_for(lambda: daemon.drain() or re.search(gone, daemon.text, re.M), "the message")
    assert len(re.findall(gone, daemon.text, re.M)) == 1
    assert daemon.tcl("expr 1+1") == "2"
    daemon.fails("mdw 0x20000000")
    board.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe", 20)
    daemon.tcl("halt")
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_unplugged_in_the_middle_of_a_flash_write(attach, tmp_path):
    board, daemon = attach(options=(), speed=1000)
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(120000))
    daemon.tcl("reset halt")
    daemon.tcl("proc later {} { catch {flash write_image erase " + str(image) +
               " 0x08000000} ::outcome }; after 10 later")
    wait_for(lambda: board.memory(FLASH + 2048, 64) != b"\xff" * 64, "the second page", 60)
    board.ctl("usb unplug")
    wait_for(lambda: daemon.tcl("info exists ::outcome") == "1", "the end of the write", 30)
    text = daemon.tcl("set ::outcome")
    assert re.search("gone|lost|unplugged|no answer", text), text
    assert daemon.tcl("expr 6*7") == "42"
    board.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe", 20)
    daemon.tcl("reset halt")
    daemon.tcl(f"flash write_image erase {image} 0x08000000")
    assert board.memory(FLASH, 120000) == image.read_bytes()


def test_a_small_memory_makes_small_calls(make_board, make_daemon, tmp_path):
    board = make_board("--deterministic", usb=["jlink,memory=200"])
    daemon = make_daemon(*arguments(), env=board.usb_env)
    image = tmp_path / "image.bin"
    data = os.urandom(5000)
    image.write_bytes(data)
    daemon.tcl(f"halt; load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, len(data)) == data


def test_describe_for_the_doctor(attach):
    _, daemon = attach()
    text = daemon.tcl("probe doctor")
    assert "J-Link V10" in text, text
    assert "bits" in text


# STM32L476 after reset: 4 MHz. TRCENA, TRACE_IOEN, TPIU at 1 Mbaud in UART mode, ITM with port 0.
TRACE_ON = ("mww 0xe000edfc 0x01000000; mww 0xe0042004 0x27; mww 0xe0040010 3; mww 0xe00400f0 2; "
            "mww 0xe0040304 0x100; mww 0xe0000fb0 0xc5acce55; mww 0xe0000e80 0x00010001; "
            "mww 0xe0000e00 1")


def test_swo_brings_what_the_pin_sent(attach, tmp_path):
    board, daemon = attach(options=())
    daemon.tcl("reset halt")
    capture, pin = tmp_path / "swo.bin", tmp_path / "pin.bin"
    board.ctl(f"swo {pin}")
    assert 970000 <= int(daemon.tcl(f"adapter swo start {capture} 1000000")) <= 1030000
    daemon.tcl(TRACE_ON)
    text = b"The quick brown fox jumps over the lazy dog. "
    for byte in text:
        daemon.tcl(f"mwb 0xe0000000 {byte}")
    expected = b"".join(bytes([1, byte]) for byte in text)
    wait_for(lambda: expected in capture.read_bytes(), "the text on SWO")
    status = daemon.tcl("adapter swo stop")
    board.ctl("swo off")
    assert "losses 0" in status
    assert expected in pin.read_bytes()
    assert pin.read_bytes().endswith(capture.read_bytes())
    # The probe's other work went on meanwhile, and does now.
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_swo_that_the_probe_cannot_receive(attach):
    _, daemon = attach()
    assert "nearest" in daemon.fails("adapter swo start - 40000000")
    assert "UART" in daemon.fails("adapter swo start - 1000000 manchester")


def test_swo_on_a_probe_without(attach):
    _, daemon = attach("jlink-old", "jtag")
    assert "cannot capture SWO" in daemon.fails("adapter swo start - 1000000")


@pytest.mark.parametrize("fault, words", [
    ("stall in", "USB transfer failed"), ("stall out", "USB transfer failed"), ("error out", "USB transfer failed"),
    ("silent in", "no answer"), ("short in", "no answer"), ("drop out", "no answer")])
def test_a_usb_fault_is_told_and_reconnecting_cures_it(attach, fault, words):
    board, daemon = attach(options=())
    daemon.tcl("halt; poll off; mww 0x20000000 0x12345678")
    board.ctl(f"usb fault {fault}")
    text = daemon.fails("mdw 0x20000000")
    assert words in text, text
    assert "adapter reconnect" in text
    daemon.tcl("adapter reconnect")
    daemon.tcl("halt")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}")


def test_a_late_answer_is_waited_for(attach):
    board, daemon = attach(options=())
    daemon.tcl("halt; poll off; mww 0x20000000 0x12345678")
    board.ctl("usb fault late in 1 0 1500")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}")


def test_wrong_answers_do_not_derail_the_session(attach):
    """USB has a CRC, so an inverted byte is the firmware's: SWD's parity sees some of them, and an OK that
    looks like a WAIT nobody can tell. What counts: no hang, and the next answer is right."""
    board, daemon = attach(options=())
    daemon.tcl("halt; poll off; mww 0x20000000 0x12345678")
    for byte in range(26):
        board.ctl(f"usb fault flip in 1 0 {byte}")
        daemon.tcl("catch {read_memory 0x20000000 32 1}")
        board.ctl("usb fault none")
        if daemon.tcl("catch {read_memory 0x20000000 32 1} text") == "1":
            daemon.tcl("catch {adapter reconnect}; catch {halt}; catch {poll off}")
        assert daemon.tcl("read_memory 0x20000000 32 1") == "0x12345678"


def test_a_hub_reset_is_a_loss_that_reconnecting_cures(attach):
    board, daemon = attach(options=())
    daemon.tcl("halt; mww 0x20000000 0x12345678")
    board.ctl("usb fault reset out")
    wait_for(lambda: daemon.drain() or "gone" in daemon.text or "unplugged" in daemon.text, "the loss")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe", 20)
    daemon.tcl("halt")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}")


def test_a_call_that_is_too_long_is_halved(make_board, make_daemon, tmp_path):
    """A firmware that does not tell its memory, and has less than every known one: it refuses with status 6."""
    board = make_board("--deterministic", usb=["jlink,caps=bf73ffb9,memory=100"])
    daemon = make_daemon(*arguments(), env=board.usb_env)
    image = tmp_path / "image.bin"
    data = os.urandom(2000)
    image.write_bytes(data)
    daemon.tcl(f"halt; load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, len(data)) == data
    assert "does not tell" in daemon.fails("jlink freemem")
    assert "halved: the firmware refused longer ones" in daemon.tcl("probe doctor")


def test_emucom_and_ethernet_where_there_are_any(make_board, make_daemon):
    """Capabilities 33 and 38 in the extended set."""
    board = make_board(usb=["jlink,caps=bf7bffb942"])
    daemon = make_daemon(*arguments(), env=board.usb_env)
    assert re.fullmatch("[0-9a-f]{8}", daemon.tcl("jlink emucom read 0 4"))     # milliseconds since power-up
    assert "0x10" not in daemon.tcl("catch {jlink emucom write 0x10000 0011} text; set text")
    assert "10.1.2.3" in daemon.tcl("jlink config ip 10.1.2.3 255.0.0.0")
    assert "00:1a:2b:3c:4d:5e" in daemon.tcl("jlink config mac 00:1a:2b:3c:4d:5e")
    daemon.tcl("jlink config write confirm")
    shown = daemon.tcl("jlink config")
    assert "IP address: 10.1.2.3\nSubnet mask: 255.0.0.0\nMAC address: 00:1a:2b:3c:4d:5e" in shown
    for wrong in ("ip 10.1.2", "mac 00:1a:2b", "mac 01:00:00:00:00:00", "usb 4"):
        daemon.fails(f"jlink config {wrong}")


def test_what_a_probe_lacks_is_said(attach):
    _, daemon = attach("jlink-ob")
    for command in ("jlink targetpower on", "jlink emucom read 0 4", "jlink config ip 10.0.0.1"):
        text = daemon.fails(command)
        assert "this J-Link" in text and "capability" in text


@pytest.mark.parametrize("kind, transport, khz, kib_per_s", [
    ("jlink", "swd", 15000, 840), ("jlink", "jtag", 15000, 900), ("jlink-v8", "swd", 12000, 165),
    ("jlink-ob", "swd", 8000, 150)])
def test_memory_moves_as_fast_as_the_probe_allows(attach, tmp_path, kind, transport, khz, kib_per_s):
    """In virtual time: the same on every host."""
    board, daemon = attach(kind, transport, speed=khz)
    daemon.tcl(f"halt; poll off; adapter speed {khz}")
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(65536))
    for command in (f"load_image {image} {RAM:#x} bin", f"dump_image {tmp_path / 'got.bin'} {RAM:#x} 65536"):
        before = board.stats()["virtual_ns"]
        daemon.tcl(command)
        rate = 64 / ((board.stats()["virtual_ns"] - before) * 1e-9)
        assert rate > kib_per_s, f"{command}: {rate:.0f} KiB/s"
    assert (tmp_path / "got.bin").read_bytes() == image.read_bytes()
