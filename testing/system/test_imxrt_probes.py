# SPDX-License-Identifier: GPL-2.0-or-later
"""i.MX RT through every kind of probe and both transports: what works over CMSIS-DAP on TCP works over each."""
import re
import socket

import pytest

from imxrt import FIRMWARE, HYPER, PARTS, ROM, RT1024, RT1064, WINDOWS, pc
from kit import board_arguments

BITBANG = "remote_bitbang"
TARGET = 8      # where in board_arguments() those of the target begin
SCRIPTS = {"st-link": "stlink.cfg", "jlink": "jlink.cfg", "kt-link": "ftdi/kt-link.cfg",
           "mcu-link": "cmsis-dap.cfg", "daplink": "cmsis-dap.cfg"}
# The state of the board whose program took the pads before anybody came.
STOLEN = {"preset": "steals-swd", "first": ("run 40000000",)}


def way_in(board, probe, transport):
    """probed's arguments for this probe, before those of the target."""
    if probe == BITBANG:
        arguments = ["-f", "interface/remote_bitbang.cfg", "-c",
                     f"remote_bitbang host localhost; remote_bitbang port {board.ports['remote_bitbang']}"]
    else:
        arguments = ["-f", "interface/" + next(SCRIPTS[kind] for kind in SCRIPTS if probe.startswith(kind))]
    return [*arguments, "-c", f"transport select {transport}; adapter speed 4000"]


@pytest.fixture
def attach(make_board, make_daemon):
    """attach(board's name, probe, transport): board and daemon. What is in `first` happens before."""
    def make(name, probe, transport="swd", preset="good", more=(), first=(), options=()):
        usb = [] if probe == BITBANG else [probe]
        board = make_board("--deterministic", "--preset", preset, *options, name=name, usb=usb)
        for line in first:
            board.ctl(line)
        daemon = make_daemon(*way_in(board, probe, transport), *board_arguments(board)[TARGET:],
                             *more, env=board.usb_env if usb else None)
        return board, daemon
    return make


def entry_of(board):
    return int.from_bytes(board.memory(WINDOWS[board.name] + 0x2004, 4), "little") & ~1


@pytest.mark.parametrize("name, probe, transport", [
    (RT1064, BITBANG, "swd"), (RT1064, BITBANG, "jtag"), (RT1064, "st-link-v2-1", "swd"), (RT1064, "jlink", "jtag"),
    (RT1024, "jlink", "swd"), (RT1024, "kt-link", "swd"), (HYPER, "daplink", "swd"), (HYPER, "st-link-v3", "swd"),
    (HYPER, "kt-link", "jtag"), (HYPER, "mcu-link", "swd")])
def test_programs_diagnoses_and_debugs(attach, make_gdb, firmware, name, probe, transport):
    board, daemon = attach(name, probe, transport)
    daemon.tcl("poll off; reset halt")
    assert pc(daemon) == entry_of(board)
    elf = firmware(f"{FIRMWARE[name]}_blink")
    assert "wrote" in daemon.tcl(f"flash write_image erase {elf}"), daemon.text
    assert "verified" in daemon.tcl(f"flash verify_image {elf}")
    report = daemon.tcl("imxrt doctor")
    assert PARTS[name] in report and "FCB" in report, report
    assert "BOOT_CFG" in daemon.tcl("ocotp list")
    daemon.tcl("poll on")
    out = make_gdb(daemon).run(["load", "compare-sections", "monitor reset halt", "break main", "continue", "next"],
                               elf=elf)
    assert "Transfer rate" in out and "MIS-MATCHED" not in out, out + daemon.text
    assert re.search(r"Breakpoint 1, main \(\)", out), out + daemon.text
    data = elf.with_suffix(".bin").read_bytes()
    assert board.memory(WINDOWS[name] + 0x2000, len(data) - 0x2000) == data[0x2000:]


@pytest.mark.parametrize("name, transport, khz", [(HYPER, "swd", 100), (RT1064, "jtag", 10000)])
def test_slow_and_fast_clocks(attach, firmware, name, transport, khz):
    """A fast wire meets WAIT at the first read of the flash's window: after "reset" looked at the chain, too."""
    board, daemon = attach(name, BITBANG, transport, options=("--wire-khz", str(khz)),
                           more=("-c", f"adapter speed {khz}"))
    daemon.tcl("poll off; reset halt")
    assert pc(daemon) == entry_of(board)
    elf = firmware(f"{FIRMWARE[name]}_blink")
    assert "wrote" in daemon.tcl(f"flash write_image erase {elf}"), daemon.text
    assert "verified" in daemon.tcl(f"flash verify_image {elf}")


@pytest.mark.parametrize("probe, transport", [("st-link-v2-1", "swd"), ("kt-link", "jtag"), ("daplink", "swd")])
def test_connected_under_reset_no_program_is_too_quick(attach, probe, transport):
    board, daemon = attach(RT1064, probe, transport, **STOLEN, more=(
        "-c", "reset_config srst_only srst_nogate connect_assert_srst"))
    daemon.tcl("poll off; reset halt")
    assert pc(daemon) == entry_of(board)


# --- A program that takes the pads ---



@pytest.mark.parametrize("probe, transport", [(BITBANG, "jtag"), ("st-link-v2-1", "swd")])
def test_stolen_pads_are_rescued(attach, probe, transport):
    """JTAG: a chain that does not answer is no reason to give up, either."""
    board, daemon = attach(RT1064, probe, transport, **STOLEN, more=("-c", "reset_config none"))
    daemon.tcl("poll off; reset_config srst_only srst_nogate")
    assert 'run "imxrt rescue"' in daemon.text
    assert "part RT1064" in daemon.tcl("imxrt rescue")
    assert 'done by "under reset (nRST)"' in daemon.text
    assert board.memory(0x70000000, 0x2000) == b"\xff" * 0x2000
    assert pc(daemon) in ROM


@pytest.mark.parametrize("transport", ["swd", "jtag"])
def test_reset_halt_of_a_board_whose_program_took_the_pads(attach, transport):
    """Before and after it was identified; a pulse of nRST alone would only start the program again."""
    board, daemon = attach(RT1064, BITBANG, transport, **STOLEN)
    daemon.tcl("poll off; reset halt")
    assert pc(daemon) in ROM
    daemon.tcl("reset halt")
    assert pc(daemon) == entry_of(board)
    daemon.tcl("resume")
    board.ctl("run 40000000")
    daemon.tcl("reset halt")
    assert pc(daemon) in ROM


def test_a_chain_that_is_not_the_declared_one_is_told(attach, make_daemon, make_board):
    """ST-LINK's firmware does not know NXP's TAP: that is the end, and says what to do."""
    board = make_board("--deterministic", name=RT1064, usb=["st-link-v2-1"])
    daemon = make_daemon(*way_in(board, "st-link-v2-1", "jtag"), *board_arguments(board)[TARGET:], "-c", "init; shutdown",
                         env=board.usb_env, ready=False)
    assert daemon.wait() == 1
    assert 'use "transport select swd"' in daemon.text


@pytest.mark.parametrize("probe, transport", [
    ("st-link-v2-1", "swd"), ("jlink", "swd"), ("daplink", "swd"), (BITBANG, "jtag")])
def test_a_watchdog_and_a_stopped_clock_are_rescued(attach, probe, transport):
    board, daemon = attach(RT1064, probe, transport, preset="watchdog-sleep")
    assert "part RT1064" in daemon.tcl("imxrt rescue"), daemon.text
    assert board.memory(0x70000000, 0x2000) == b"\xff" * 0x2000
    assert pc(daemon) in ROM


# --- Interrupted ---

def test_ctrl_c_in_a_chip_erase_tells_what_is_not_known(attach):
    """The flash goes on erasing: no sector is erased yet, and the next command waits for it."""
    board, daemon = attach(RT1064, BITBANG)
    daemon.tcl("poll off; reset halt")
    with socket.create_connection(("localhost", daemon.telnet_port), timeout=60) as console:
        console.sendall(b"flash erase_sector 0 0 last\n")
        daemon.expect("erasing the whole flash")
        assert "is busy with flash erase" in daemon.fails("reset halt")
        console.sendall(b"\x03")
        daemon.expect("sectors 0..1023 in an unknown state")
        daemon.expect("interrupted")
    daemon.tcl("reset halt; flash erase_sector 0 0 1")
    assert "the flash is busy with an erase or program that somebody started: waiting" in daemon.text
    assert board.memory(WINDOWS[RT1064], 0x2000) == b"\xff" * 0x2000


def test_a_probe_that_is_pulled_out_in_a_write_comes_back(attach, tmp_path):
    board, daemon = attach(RT1064, "jlink")
    daemon.tcl("poll off; reset halt")
    data = bytes((7 * i + (i >> 8)) & 0x7f for i in range(20000))
    image = tmp_path / "image.bin"
    image.write_bytes(data)
    command = f"flash write_image erase {image} 0x70100000 bin"
    board.ctl("usb fault unplug any 1 400")
    assert "unplugged: plug it in again" in daemon.fails(command)
    assert re.search(r"sectors? .* in an unknown state|not touched", daemon.text), daemon.text
    assert 'run "adapter reconnect"' in daemon.fails("flash probe 0")
    board.ctl("usb replug")
    daemon.tcl("adapter reconnect; halt")
    assert "wrote" in daemon.tcl(command), daemon.text
    assert board.memory(0x70100000, len(data)) == data
    daemon.tcl("reset halt")
    assert pc(daemon) == entry_of(board)
