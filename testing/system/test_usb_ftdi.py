# SPDX-License-Identifier: GPL-2.0-or-later
"""FTDI probes: probed drives the emulated chips through real libftdi1 and libusb, wired in every way."""
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from kit import BUILD, PATIENCE, TOP, wait_for

RAM = 0x20000000
GONE = "the ftdi probe FT2VB001 is gone: targets are out of reach"
OURS = sorted((TOP / "tcl/interface/ftdi").glob("*.cfg"))
STOCK = Path("/usr/share/openocd/scripts/interface/ftdi")
# These add to a probe's script; and these name files that OpenOCD does not have either.
ADDITIONS = {"swd-resistor-hack.cfg", "olimex-arm-jtag-swd.cfg", "rowley-cc-arm-swd.cfg"}
BROKEN = {"calao-usb-a9260-c01.cfg", "calao-usb-a9260-c02.cfg"}

RESISTOR = ["-f", "interface/ftdi/minimodule.cfg", "-f", "interface/ftdi/swd-resistor-hack.cfg"]
SWD = ["-c", "transport select swd"]
BARE = "adapter driver ftdi; ftdi vid_pid 0x0403 {}; ftdi layout_init 0x0008 0x000b; " \
       "ftdi layout_signal nSRST -data 0x0020 -oe 0x0020"

# What is plugged in, and the lines that open it.
WIRINGS = {
    "jtag": ("ft2232h", ["-f", "interface/ftdi/minimodule.cfg"]),
    "jtag-channel-b": ("ft2232h,channel=b", ["-f", "interface/ftdi/minimodule.cfg", "-c", "ftdi channel 1"]),
    "jtag-um232h": ("ft232h,wiring=jtag", ["-f", "interface/ftdi/um232h.cfg"]),
    "jtag-buffer": ("ft2232h,wiring=jtagkey,product=Dual RS232-HS", ["-f", "interface/ftdi/dp_busblaster.cfg"]),
    "jtag-kt-link": ("kt-link", ["-f", "interface/ftdi/kt-link.cfg"]),
    "jtag-ft4232h": ("ft4232h", ["-c", BARE.format("0x6011")]),
    "jtag-ft2232d": ("ft2232d", ["-c", BARE.format("0x6010")]),
    "swd-resistor": ("ft2232h,wiring=swd-resistor", RESISTOR),
    "swd-tristate": ("ft2232h,wiring=swd", ["-f", "interface/ftdi/minimodule-swd.cfg"]),
    "swd-ft232h": ("ft232h", ["-f", "interface/ftdi/ft232h-module-swd.cfg"]),
    "swd-kt-link": ("kt-link", ["-f", "interface/ftdi/kt-link.cfg", *SWD]),
    "swd-busblaster": ("ft2232h,wiring=swd-buffer,product=Dual RS232-HS",
                       ["-f", "interface/ftdi/dp_busblaster_kt-link.cfg", *SWD]),
}


@pytest.fixture
def attach(make_board, make_daemon):
    def start(wiring="swd-tristate", *more, speed=6000, options=("--deterministic",), ready=True):
        usb, arguments = WIRINGS[wiring]
        board = make_board(*options, usb=[usb])
        daemon = make_daemon(*arguments, "-f", "target/stm32l4x.cfg", "-c", f"adapter speed {speed}", *more,
                             env=board.usb_env, ready=ready)
        return board, daemon
    return start


@pytest.fixture
def fails(make_board, make_daemon):
    """Starts probed, which must end, and returns what it said."""
    def start(usb, *arguments):
        board = make_board("--deterministic", usb=[usb])
        daemon = make_daemon(*arguments, "-f", "target/stm32l4x.cfg", "-c", "init", env=board.usb_env, ready=False)
        assert daemon.wait() != 0, daemon.text
        return daemon.text
    return start


@pytest.mark.parametrize("wiring", WIRINGS)
def test_examines_programs_verifies_and_resets(attach, firmware, tmp_path, wiring):
    board, daemon = attach(wiring)
    daemon.tcl("reset halt")
    daemon.tcl(f"program {firmware('blink')} verify")
    daemon.tcl("reset halt")
    data, image = os.urandom(30001), tmp_path / "image.bin"
    image.write_bytes(data)
    daemon.tcl(f"load_image {image} {RAM:#x} bin")
    assert board.memory(RAM, len(data)) == data
    daemon.tcl(f"dump_image {tmp_path / 'got.bin'} {RAM:#x} {len(data)}")
    assert (tmp_path / "got.bin").read_bytes() == data
    stats = board.stats()
    assert stats["protocol_errors"] == 0
    assert stats["bad_commands"] == 2 + 1     # the synchronisation, and the check of the set-up


@pytest.mark.parametrize("wiring", ["swd-tristate", "jtag", "jtag-ft2232d"])
@pytest.mark.parametrize("wanted, real", [(30000, 30000), (29999, 15000), (14000, 10000), (10000, 10000), (8000, 7500),
                                          (5000, 5000), (4500, 4286), (4000, 3750), (1000, 1000), (7, 7), (1, 1)])
def test_the_true_speed_is_told(attach, wiring, wanted, real):
    board, daemon = attach(wiring, speed=500)
    if wiring == "jtag-ft2232d":
        exact = [6000000 / n for n in range(1, 65537)]
        real = round(max(hz for hz in exact if hz <= wanted * 1000) / 1000)
    assert daemon.tcl(f"adapter speed {wanted}") == f"adapter speed: {real} kHz"
    assert round(board.ctl("ftdi")["result"][0]["tck_hz"] / 1000) == real
    assert daemon.tcl("adapter speed") == f"adapter speed: {real} kHz"
    if real != wanted:
        assert re.search(rf"ftdi: the clock is \d+\.\d+ kHz: .* the nearest below {wanted} kHz", daemon.text)


def test_reset_lines_follow_reset_config(attach):
    board, daemon = attach("jtag-um232h", "-c", "reset_config trst_and_srst")

    def pin(bit):
        state = board.ctl("ftdi")["result"][0]
        return "out" if state["direction"] >> bit & 1 else "in", state["value"] >> bit & 1
    daemon.tcl("adapter assert srst")
    assert pin(9) == ("out", 0)
    daemon.tcl("adapter deassert srst")
    assert pin(9)[0] == "in"            # open drain: let go
    daemon.tcl("adapter assert trst")
    assert pin(8) == ("out", 0)
    daemon.tcl("adapter deassert trst")
    assert pin(8) == ("out", 1)         # push-pull
    daemon.tcl("reset_config trst_and_srst srst_push_pull; adapter assert srst; adapter deassert srst")
    assert pin(9) == ("out", 1)


def test_signals(attach):
    board, daemon = attach("jtag", "-c", "ftdi layout_signal PIN -data 0x0010 -oe 0x0010 -input 0x0010; "
                           "ftdi layout_signal NOT -ninput 0x0010; ftdi layout_signal BOTH -nalias PIN; "
                           "ftdi layout_signal OD -oe 0x8000")

    def pins():
        state = board.ctl("ftdi")["result"][0]
        return state["value"], state["direction"]
    daemon.tcl("ftdi set_signal PIN 1")
    assert pins()[0] & 0x10 and pins()[1] & 0x10
    assert daemon.tcl("ftdi get_signal PIN") == "Signal PIN = 0x10"
    assert daemon.tcl("ftdi_get_signal NOT") == "Signal NOT = 0x00"
    daemon.tcl("ftdi_set_signal BOTH 1")
    assert not pins()[0] & 0x10 and pins()[1] & 0x10
    daemon.tcl("ftdi set_signal PIN z")
    assert not pins()[1] & 0x10
    daemon.tcl("ftdi set_signal OD 0")
    assert pins()[0] & 0x8000
    daemon.tcl("ftdi set_signal OD z")
    assert not pins()[0] & 0x8000
    assert "the wiring of signal OD cannot do high" in daemon.fails("ftdi set_signal OD 1")
    assert "doesn't define signal 'X'" in daemon.fails("ftdi set_signal X 1")
    assert "doesn't support signal 'OD' as an input" in daemon.fails("ftdi get_signal OD")
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_led_is_on_only_while_something_is_done(attach):
    board, daemon = attach("jtag-kt-link")
    daemon.tcl("poll off; mdw 0xe0042000")
    assert not board.ctl("ftdi")["result"][0]["value"] & 0x8000


def test_tdo_may_be_sampled_half_a_clock_later(attach):
    _, daemon = attach("jtag", "-c", "ftdi tdo_sample_edge falling", speed=30000)
    assert daemon.tcl("ftdi tdo_sample_edge") == "ftdi samples TDO on falling edge of TCK"
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_one_batch_is_one_round_trip(attach):
    """The answers of many transfers come in one stream: round trips do not grow with the size."""
    board, daemon = attach("swd-resistor", speed=30000)
    daemon.tcl("poll off; halt")
    board.ctl("reset-stats")
    daemon.tcl(f"read_memory {RAM:#x} 32 16")
    few = board.stats()["round_trips"]
    board.ctl("reset-stats")
    daemon.tcl(f"read_memory {RAM:#x} 32 256")
    assert board.stats()["round_trips"] <= few <= 3
    # The chip is told once per batch to send what it has.
    before = board.ctl("ftdi")["result"][0]["flushes"]
    daemon.tcl(f"read_memory {RAM:#x} 32 256")
    assert board.ctl("ftdi")["result"][0]["flushes"] - before <= few


@pytest.mark.parametrize("wiring, speed", [("swd-tristate", 30000), ("swd-resistor", 15000), ("jtag", 30000),
                                           ("swd-ft232h", 6000)])
def test_throughput_is_that_of_the_wire(attach, tmp_path, wiring, speed):
    """Within 15 % of 4 bytes per packet of 46 clocks (SWD) or scan of 40 (JTAG), in the board's time."""
    board, daemon = attach(wiring, speed=speed)
    image, size = tmp_path / "image.bin", 65536
    image.write_bytes(os.urandom(size))
    daemon.tcl("poll off; halt")
    wire = speed * 1000 * 4 / (40 if wiring == "jtag" else 46)
    for command in (f"load_image {image} {RAM:#x} bin", f"dump_image {tmp_path / 'back.bin'} {RAM:#x} {size}"):
        before = board.stats()["virtual_ns"]
        daemon.tcl(command)
        rate = size / ((board.stats()["virtual_ns"] - before) * 1e-9)
        assert rate > wire / 1.15, f"{command}: {rate / 1000:.0f} of {wire / 1000:.0f} kB/s"
    assert (tmp_path / "back.bin").read_bytes() == image.read_bytes()


def test_unplugged_in_the_middle_of_a_flash_write(attach, firmware):
    board, daemon = attach("swd-tristate")
    daemon.tcl("reset halt")
    board.ctl("usb fault unplug out 1 60")
    text = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert "the probe" in text or "FT2232H" in text, text
    wait_for(lambda: GONE in daemon.text, "the loss to be told")
    assert daemon.text.count(GONE) == 1
    board.ctl("usb replug")
    daemon.tcl("adapter reconnect")
    daemon.tcl(f"reset halt; flash write_image erase {firmware('blink')}; verify_image {firmware('blink')}")


def test_unplugged_while_nothing_is_done(attach):
    board, daemon = attach("swd-tristate", options=())
    daemon.tcl("poll off")
    board.ctl("usb unplug")
    wait_for(lambda: GONE in daemon.text, "the loss to be told")
    board.ctl("usb replug")
    daemon.tcl("adapter reconnect")
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_a_command_that_the_chip_does_not_know(fails):
    text = fails("ft232h,rejects=0x8d", "-f", "interface/ftdi/ft232h-module-swd.cfg")
    assert "it does not know MPSSE command 0x8d, which every FT232H knows" in text
    assert "clone" in text


@pytest.mark.parametrize("wiring", ["swd-tristate", "jtag"])
def test_a_dropped_packet_is_told_and_the_data_arrives(attach, tmp_path, wiring):
    """A packet of the stream is lost: what follows makes no sense to the chip. The engine and the target are put
    in step again and the block is repeated."""
    board, daemon = attach(wiring)
    data, image = os.urandom(16384), tmp_path / "image.bin"
    image.write_bytes(data)
    daemon.tcl("poll off; halt")
    board.ctl("usb fault drop out 1 5")
    assert "16384 bytes written" in daemon.tcl(f"load_image {image} {RAM:#x} bin"), daemon.text
    assert board.memory(RAM, len(data)) == data
    told = r"Warn : .*answer bytes did not come.*|Warn : .*more than the commands ask for.*|Warn : .*repeating"
    assert re.search(told, daemon.text), daemon.text


@pytest.mark.parametrize("fault", ["stall in", "stall out", "error in", "short in 1 0 3", "silent in"])
def test_a_transfer_that_fails_is_told_and_not_the_end(attach, fault):
    """Small accesses are not repeated, they may be to registers. A look at the target's state may be what meets
    the fault."""
    board, daemon = attach("swd-tristate")
    daemon.tcl("poll off; halt; mww 0x20000000 0x12345678")
    board.ctl(f"usb fault {fault}")
    result = daemon.tcl("catch {read_memory 0x20000000 32 1} result; set result")
    told = r"refused it \(stall\)|answer bytes did not come|Input/Output Error on the way"
    assert re.search(told, daemon.text + result) or fault.startswith("short") and result == "0x12345678", daemon.text
    assert daemon.tcl("read_memory 0x20000000 32 1") == "0x12345678", daemon.text
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_a_late_answer_is_waited_for(attach):
    board, daemon = attach("swd-tristate")
    daemon.tcl("poll off; halt")
    board.ctl("usb fault late in 1 0 700")
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_a_chip_left_in_the_middle_of_a_command(make_board, make_daemon, tmp_path):
    """Another program died while it wrote: the first bytes of ours are the rest of its command."""
    board = make_board("--deterministic", usb=["ft2232h,wiring=swd"])
    arguments = ["-f", "interface/ftdi/minimodule-swd.cfg", "-f", "target/stm32l4x.cfg"]
    image = tmp_path / "image.bin"
    image.write_bytes(os.urandom(65536))
    first = make_daemon(*arguments, env=board.usb_env)
    first.tcl("poll off; halt")
    before = board.stats()["usb_out_packets"]
    board.ctl("usb fault drop out 1 20")
    first.rpc.sendall(f"load_image {image} {RAM:#x} bin\x1a".encode())
    wait_for(lambda: board.stats()["usb_out_packets"] > before + 40, "the stream")
    first.process.kill()
    first.wait()
    second = make_daemon(*arguments, env=board.usb_env)
    assert "10076415" in second.tcl("capture {mdw 0xe0042000}")


def test_a_packet_lost_while_the_probe_is_opened(make_board, make_daemon):
    board = make_board("--deterministic", usb=["ft2232h,wiring=swd"])
    board.ctl("usb fault drop 2 1 2")
    daemon = make_daemon(*WIRINGS["swd-tristate"][1], "-f", "target/stm32l4x.cfg", env=board.usb_env)
    assert "10076415" in daemon.tcl("capture {mdw 0xe0042000}")


def test_without_a_layout(fails):
    text = fails("ft2232h", "-c", "adapter driver ftdi")
    assert "nothing says how the" in text
    assert "interface/ftdi/minimodule.cfg" in text


def test_swd_without_swd_en(fails):
    text = fails("ft2232h", "-f", "interface/ftdi/minimodule.cfg", "-c", "transport select swd")
    assert "SWD mode is active but SWD_EN signal is not defined" in text
    assert "swd-resistor-hack.cfg" in text


def test_a_channel_without_an_engine(fails):
    text = fails("ft2232d", "-c", BARE.format("0x6010"), "-c", "ftdi channel 1")
    assert "channel B of the FT2232D has no MPSSE engine" in text


def test_another_product(fails):
    text = fails("ft2232h,product=Something else", "-f", "interface/ftdi/flyswatter2.cfg")
    assert "unable to open ftdi device with vid 0403, pid 6010, description 'Flyswatter2'" in text
    assert 'no device found: no ftdi probe' in text
    assert 'named "Flyswatter2" is plugged in; seen instead: FT2232H' in text


def test_a_second_daemon_is_told_who_has_it(attach, make_daemon):
    board, first = attach("swd-tristate")
    first.tcl("halt")
    second = make_daemon(*WIRINGS["swd-tristate"][1], "-f", "target/stm32l4x.cfg", "-c", "init",
                         env=board.usb_env, ready=False)
    assert second.wait() != 0
    assert "busy" in second.text or "in use" in second.text or "has" in second.text, second.text


def test_the_list_shows_chip_and_script(make_board):
    board = make_board("--deterministic", usb=["kt-link"])
    done = board.usb_run([BUILD / "probed", "--list"])
    assert "KT-Link" in done.stdout
    assert "interface/ftdi/kt-link.cfg" in done.stdout, done.stdout


def load(script, search):
    before = ["-f", "interface/ftdi/olimex-arm-usb-ocd-h.cfg"] if script.name in ADDITIONS else []
    return subprocess.run([BUILD / "probed", "-s", search, *before, "-f", script, "-c", "shutdown"], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=30 * PATIENCE, env={**os.environ, "HOME": "/nonexistent"})


def test_our_scripts_load():
    assert len(OURS) >= 60
    for script in OURS:
        done = load(script, TOP / "tcl")
        assert done.returncode == 0 and "Error" not in done.stdout, f"{script}: {done.stdout}"


@pytest.mark.skipif(not STOCK.exists(), reason="openocd's scripts are not installed")
def test_the_stock_scripts_load():
    for script in sorted(STOCK.glob("*.cfg")):
        if script.name in BROKEN:
            continue
        done = load(script, STOCK.parents[1])
        assert done.returncode == 0 and "Error" not in done.stdout, f"{script}: {done.stdout}"
