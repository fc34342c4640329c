# SPDX-License-Identifier: GPL-2.0-or-later
"""`adapter swo start`: what the daemon writes to the file is what left the board's SWO pin, through every
kind of probe that can capture it, plugged in on USB or behind a socket.
"""
import re

import pytest

from kit import board_arguments, wait_for

FLASH = 0x08000000
HCLK = 4000000

# name: what is plugged in, the driver's script, the highest rate that is asked for: what the probe takes,
# and less where it cannot give it away that fast (HID: 60 bytes in a round trip of 2 ms).
PROBES = {
    "cmsis-dap-stream": ("mcu-link", "interface/cmsis-dap.cfg", 4000000),
    "cmsis-dap-polled": ("cmsis-dap-v2-fs", "interface/cmsis-dap.cfg", 1000000),
    "cmsis-dap-hid": ("cmsis-dap-hid", "interface/cmsis-dap.cfg", 200000),
    "cmsis-dap-tcp": (None, "interface/cmsis-dap-tcp.cfg", 4000000),
    "jlink": ("jlink", "interface/jlink.cfg", 1000000),
    "jlink-ob": ("jlink-ob", "interface/jlink.cfg", 1000000),
    "st-link-v2": ("st-link-v2", "interface/stlink.cfg", 1000000),
    "st-link-v2-1": ("st-link-v2-1", "interface/stlink.cfg", 2000000),
    "st-link-v3": ("st-link-v3", "interface/stlink.cfg", 4000000),
}
SETUP = """mww 0xe000edfc 0x01000000; mww 0xe0042004 0x20; mww 0xe0040010 {divider}; mww 0xe00400f0 {protocol};
mww 0xe0040304 0x100; mww 0xe0000fb0 0xc5acce55; mww 0xe0000e80 0; mww 0xe0000e00 0x80000007;
mww 0xe0000e80 0x0001000d"""


def line(n):
    """What testing/firmware/swo.c prints in round n, as packets of port 0."""
    return b"".join(bytes((1, c)) for c in f"round {n} of the trace test\n".encode())


STEP_NS = 5000000       # what is sent in it fits into the buffer of every probe
BLOCK = 512             # an endpoint keeps less than this until 50 ms have passed


class Trace:
    """The board's time moves with requests and by steps, so a slow machine loses nothing."""

    def __init__(self, board, daemon, folder):
        self.board, self.daemon = board, daemon
        self.sent, self.heard = folder / "sent", folder / "heard"
        self.base = 0           # bytes on the pin before the capture

    def set_up(self, baud, protocol=2):
        """The core is halted at its first instruction, the trace is on."""
        self.daemon.tcl("reset halt")
        self.daemon.tcl(SETUP.format(divider=HCLK // baud - 1, protocol=protocol))
        self.record()

    def record(self):
        """A new file of what leaves the pin."""
        self.board.ctl(f"swo {self.sent}")
        self.base = self.count()

    def count(self):
        return self.board.stats()["swo_bytes"]

    def step(self, waits=True):
        self.board.ctl(f"run {STEP_NS}")
        count = self.count() - self.base
        if waits:
            wait_for(lambda: self.heard.stat().st_size + BLOCK > count, f"{count} bytes of trace")

    def run_until(self, count, waits=True):
        """Lets the firmware run until so many bytes more have left the pin."""
        end = self.count() + count
        self.daemon.tcl("resume")
        while self.count() < end:
            self.step(waits)
        self.daemon.tcl("halt")

    def bytes(self):
        """What was heard, what was sent."""
        self.board.ctl("swo off")
        return self.heard.read_bytes(), self.sent.read_bytes()


@pytest.fixture
def start(make_board, make_daemon, firmware, tmp_path):
    """start("mcu-link", "interface/cmsis-dap.cfg") attaches through this probe to a board that runs swo.c."""
    def make(probe, interface, transport="swd", elf="swo"):
        board = make_board("--deterministic", usb=[probe] if probe else [])
        board.ctl(f"load {FLASH:#x} {firmware(elf).with_suffix('.bin')}")
        arguments = ["-f", interface, "-c", f"transport select {transport}; adapter speed 4000",
                     "-f", "target/stm32l4x.cfg"] if probe else board_arguments(board)
        daemon = make_daemon(*arguments, env=board.usb_env if probe else None)
        return Trace(board, daemon, tmp_path)
    return make


def status(text):
    """A Tcl dict without lists in it."""
    words = re.findall(r"\{([^}]*)\}|(\S+)", text)
    words = [a or b for a, b in words]
    return dict(zip(words[::2], words[1::2]))


@pytest.mark.parametrize("name", PROBES)
def test_file_is_what_left_the_pin(start, name):
    probe, interface, top = PROBES[name]
    trace = start(probe, interface)
    baud = min(top, 1000000)
    trace.set_up(baud)
    actual = int(trace.daemon.tcl(f"adapter swo start {trace.heard} {baud}"))
    assert abs(actual - baud) * 100 <= 3 * baud
    trace.run_until(4000)
    last = status(trace.daemon.tcl("adapter swo stop"))
    heard, sent = trace.bytes()
    assert len(sent) >= 4000
    assert heard == sent
    assert heard.startswith(line(0) + b"\x0b\0\0\0\0" + b"\x12\0\0" + b"\xf9\0" + line(1))
    assert last["bytes"] == str(len(heard))
    assert last["losses"] == "0"


@pytest.mark.parametrize("name", PROBES)
def test_commands_go_on_during_the_capture(start, name):
    """Both share the probe: memory is right, and so is the trace."""
    probe, interface, top = PROBES[name]
    trace = start(probe, interface)
    baud = min(top, 500000)
    trace.set_up(baud)
    trace.daemon.tcl(f"adapter swo start {trace.heard} {baud}")
    trace.daemon.tcl("resume")
    for rounds in range(20):
        trace.step()
        trace.daemon.tcl(f"mww 0x20008000 {rounds}; mww 0x20008004 {rounds ^ 0xffffffff}")
        assert f"{rounds:08x} {rounds ^ 0xffffffff:08x}" in trace.daemon.tcl("capture {mdw 0x20008000 2}")
    trace.daemon.tcl("halt")
    trace.daemon.tcl("adapter swo stop")
    heard, sent = trace.bytes()
    assert heard == sent and len(sent) >= 1000


@pytest.mark.parametrize("name", PROBES)
def test_capture_can_begin_again(start, name):
    probe, interface, top = PROBES[name]
    baud = min(top, 1000000)
    trace = start(probe, interface)
    trace.set_up(baud)
    for _ in range(3):
        trace.record()
        trace.daemon.tcl(f"adapter swo start {trace.heard} {baud}")
        trace.run_until(700)
        trace.daemon.tcl("adapter swo stop")
        heard, sent = trace.bytes()
        assert heard == sent
    assert "off" in trace.daemon.tcl("adapter swo status")
    trace.run_until(500, waits=False)   # and after the stop nothing comes any more
    assert trace.heard.read_bytes() == heard


@pytest.mark.parametrize("name", PROBES)
def test_highest_rate(start, name):
    probe, interface, top = PROBES[name]
    trace = start(probe, interface)
    trace.set_up(top)
    trace.daemon.tcl(f"adapter swo start {trace.heard} {top}")
    trace.run_until(3000)
    trace.daemon.tcl("adapter swo stop")
    heard, sent = trace.bytes()
    assert heard == sent


@pytest.mark.parametrize("name", PROBES)
def test_wrong_rate_is_garbage_not_silence(start, name):
    """The probe listens at half the rate that the board was told."""
    probe, interface, top = PROBES[name]
    baud = min(top, 1000000)
    trace = start(probe, interface)
    trace.set_up(baud)
    trace.daemon.tcl(f"adapter swo start {trace.heard} {baud // 2}")
    trace.run_until(3000, waits=False)
    trace.daemon.tcl("adapter swo stop")
    heard, sent = trace.bytes()
    assert heard and b"\x01r\x01o\x01u\x01n\x01d" not in heard
    assert b"\x01r\x01o\x01u\x01n\x01d" in sent


@pytest.mark.parametrize("name", PROBES)
def test_full_buffer_is_told(start, name):
    """The board runs on while nobody fetches: the probe's buffer overruns, and the status says so."""
    probe, interface, top = PROBES[name]
    trace = start(probe, interface)
    trace.set_up(top)
    trace.daemon.tcl(f"adapter swo start {trace.heard} {top}")
    trace.daemon.tcl("resume")
    trace.board.ctl("run 1500000000")   # shorter than a host waits for a transfer, sanitizers or not
    trace.daemon.tcl("halt")
    last = status(trace.daemon.tcl("adapter swo stop"))
    heard, sent = trace.bytes()
    assert int(last["losses"]) >= 1
    assert len(heard) < len(sent)
    # One block may be away when the rest is lost, and what came later follows the gap.
    assert sent.startswith(heard[:512])


@pytest.mark.parametrize("name", ["cmsis-dap-polled", "cmsis-dap-tcp"])
def test_manchester_is_captured(start, name):
    probe, interface, _ = PROBES[name]
    trace = start(probe, interface)
    trace.set_up(500000, protocol=1)
    trace.daemon.tcl(f"adapter swo start {trace.heard} 500000 manchester")
    trace.run_until(2000)
    trace.daemon.tcl("adapter swo stop")
    heard, sent = trace.bytes()
    assert heard == sent
    assert heard.startswith(line(0))


@pytest.mark.parametrize("name", ["cmsis-dap-stream", "jlink", "st-link-v2-1"])
def test_probe_that_knows_no_manchester_says_so(start, name):
    probe, interface, _ = PROBES[name]
    trace = start(probe, interface)
    trace.set_up(1000000, protocol=1)
    assert re.search("Manchester|UART", trace.daemon.fails(f"adapter swo start {trace.heard} 1000000 manchester"))


@pytest.mark.parametrize("name", PROBES)
def test_rate_that_the_probe_cannot_do(start, name):
    probe, interface, _ = PROBES[name]
    trace = start(probe, interface)
    message = trace.daemon.fails(f"adapter swo start {trace.heard} 100000000")
    assert re.search("baud|bits per second", message)
    assert "off" in trace.daemon.tcl("adapter swo status")
    trace.daemon.tcl("reset halt")                   # and the probe works on


def test_no_trace_over_jtag(start):
    """The pin is TDO there."""
    trace = start("jlink", "interface/jlink.cfg", transport="jtag")
    trace.set_up(1000000)
    trace.daemon.tcl(f"adapter swo start {trace.heard} 1000000")
    trace.daemon.tcl("resume")
    trace.step(waits=False)
    trace.daemon.tcl("halt; adapter swo stop")
    heard, sent = trace.bytes()
    assert heard == b"" and sent == b""


@pytest.mark.parametrize("probe, interface", [("debugprobe", "interface/cmsis-dap.cfg"),
                                              ("kt-link", "interface/ftdi/kt-link.cfg")])
def test_probe_that_has_no_swo_says_so(start, probe, interface):
    trace = start(probe, interface)
    message = trace.daemon.fails(f"adapter swo start {trace.heard} 1000000")
    assert "cannot capture SWO" in message


@pytest.mark.parametrize("kind, script, mode, step", [
    ("mcu-link", "interface/cmsis-dap.cfg", "manchester", "use uart"),
    ("debugprobe", "interface/cmsis-dap.cfg", "uart", "use a probe with SWO"),
    ("kt-link", "interface/ftdi/kt-link.cfg", "uart", "use a CMSIS-DAP, ST-LINK or J-Link with SWO")])
def test_what_cannot_be_captured_names_what_can(make_board, make_daemon, tmp_path, kind, script, mode, step):
    board = make_board(usb=[kind])
    daemon = make_daemon("-f", script, "-c", "transport select swd", "-f", "target/stm32l4x.cfg",
                         env=board.usb_env)
    text = daemon.fails(f"adapter swo start {tmp_path}/x 0 {mode}")
    assert "cannot capture SWO" in text and text.endswith(step)
