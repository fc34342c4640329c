# SPDX-License-Identifier: GPL-2.0-or-later
"""Cortex-Debug (VS Code): its command line, its helper file's contract, its bursts of MI, on the emulated
ST-LINK with the real GDB."""
import re
import socket
import subprocess
import time

import pytest

from ide import FLASH, Rpc, Workplace, free_ports, image_of
from kit import wait_for
from mi import Mi, quoted

# What the extension's helper file does, in our words: ports by the new names where they exist, and the
# procedures that its settings call.
HELPERS = r"""
set CORTEX_DEBUG_HELPERS_LOADED 1

proc CDSWOConfigure {CPUHZ SWOHZ PORT} {
	if {[catch {tpiu names} ports]} {
		puts stderr "[info script]: no 'tpiu names' in this server"
		return
	}
	if {[llength $ports] == 0} {
		puts stderr "no TPIU"
		return
	}
	set port [lindex $ports 0]
	puts "SWO: $port"
	$port configure -protocol uart -output $PORT -traceclk $CPUHZ -pin-freq $SWOHZ
	$port enable
	tpiu init
}

proc CDRTOSConfigure {RTOS} {
	set core [target current]
	try {
		$core configure -rtos $RTOS
	} on error {} {
		puts stderr "no RTOS support for $RTOS on [target names]"
	}
}

proc CDLiveWatchSetup {} {
	try {
		set core [target current]
		set clients [$core cget -gdb-max-connections]
		if {$clients >= 0} {
			incr clients
			$core configure -gdb-max-connections $clients
		}
	} on error {} {
		puts stderr "live watch: one GDB only"
	}
}

foreach group {gdb tcl telnet} {
	if {[info commands $group] ne ""} {
		proc ${group}_port {args} [format {eval %s port $args} $group]
	}
}
"""


class Session(Workplace):
    """launch() starts the server as the extension does."""

    def __init__(self, tmp):
        super().__init__(tmp)
        (tmp / "openocd-helpers.tcl").write_text(HELPERS, encoding="ascii")
        (tmp / "stm32l4.cfg").write_text("source [find interface/stlink.cfg]\ntransport select hla_swd\n"
                                         "source [find target/stm32l4x.cfg]\n", encoding="ascii")
        self.gdbs = []

    def launch(self, *before, rtos=None, live=False, after=(), commands=()):
        self.gdb_port, self.tcl_port, self.telnet_port, self.swo_port = free_ports(4)
        argv = ["openocd", "-f", self.tmp / "openocd-helpers.tcl", "-c", f"gdb_port {self.gdb_port}",
                "-c", f"tcl_port {self.tcl_port}", "-c", f"telnet_port {self.telnet_port}", "-s", self.tmp]
        for command in before:
            argv += ["-c", command]
        argv += ["-f", "stm32l4.cfg"]
        if rtos:
            argv += ["-c", f"CDRTOSConfigure {rtos}"]
        argv += after
        for command in commands:
            argv += ["-c", command]
        if live:
            argv += ["-c", "CDLiveWatchSetup"]
        self.argv = argv
        return self.server(argv)

    def gdb(self):
        self.gdbs.append(Mi())
        return self.gdbs[-1]

    def start_commands(self, elf):
        return ["-gdb-set mi-async on", "-interpreter-exec console \"set print demangle on\"",
                "-interpreter-exec console \"set mem inaccessible-by-default off\"",
                f"-file-exec-and-symbols {quoted(elf)}",
                f"-target-select extended-remote localhost:{self.gdb_port}"]

    def launch_commands(self, elf):
        return [*self.start_commands(elf), '-interpreter-exec console "monitor reset halt"',
                "-target-download", '-interpreter-exec console "monitor reset halt"',
                "-enable-pretty-printing"]

    def end(self):
        while self.gdbs:
            child = self.gdbs.pop()
            if child.alive():
                child.process.kill()
                child.wait()
        super().end()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Session(tmp_path_factory.mktemp("cortex-debug"))
    yield place
    place.close()


@pytest.fixture
def session(place):
    place.erase()
    yield place
    place.end()


def number(text):
    return int(re.search(r"(\d+)", text).group(1))


def test_a1_launch(session, firmware):
    """Everything in one burst, then what the editor asks at each stop."""
    server = session.launch('set FROM_PRE_LAUNCH "a b"', rtos="auto", commands=["echo started"])
    assert "started" in server.text
    gdb = session.gdb()
    gdb.burst(session.launch_commands(firmware("blink")))
    want = image_of(firmware("blink"))
    assert session.flash(len(want)) == want
    gdb.ask("-break-insert -t main")
    gdb.ask("-exec-continue --all")
    gdb.stopped('reason="breakpoint-hit".*func="main"')
    assert 'threads=[{id="1"' in gdb.ask("-thread-info")
    tokens = [gdb.send(line) for line in (
        "-thread-list-ids", "-thread-info 1", "-stack-info-depth --thread 1 10000",
        "-stack-list-frames --thread 1 0 0", "-stack-list-variables --thread 1 --frame 0 --simple-values",
        "-data-list-register-names", "-data-list-register-values --skip-unavailable x",
        "-var-create --thread 1 --frame 0 - @ counter",
        "-data-read-memory-bytes 0x20000000 64", "-data-disassemble -s $pc -e \"$pc + 16\" -- 2")]
    for token in tokens:
        assert gdb.answer(token).group(1) == "done"
    gdb.ask("-break-insert -f step")
    gdb.ask("-exec-continue --all")
    gdb.stopped('reason="breakpoint-hit".*func="step"')
    for verb, where in (("-exec-next", "step"), ("-exec-step", "step|sum_of_squares"), ("-exec-finish", "")):
        gdb.ask(verb)
        gdb.stopped(where)
    gdb.ask("-var-update --all-values *")
    gdb.ask("-exec-continue --all")
    gdb.stopped('func="step"')


def test_a1_attach_pause_reset_and_end(session, firmware):
    """Attach leaves the flash alone; the reset button shows the first instruction; the last commands come
    without anybody waiting for answers, then the server is told to end; the ports are free at once."""
    session.preload(firmware("blink"))
    server = session.launch()
    gdb = session.gdb()
    gdb.burst([*session.start_commands(firmware("blink")), '-interpreter-exec console "monitor halt"',
               "-enable-pretty-printing"])
    assert number(gdb.value("counter")) > 0
    gdb.ask("-exec-continue --all")
    gdb.ask("-exec-interrupt --all")
    gdb.stopped('reason="signal-received",signal-name="SIGINT"')
    gdb.burst(['-interpreter-exec console "monitor reset halt"', '-interpreter-exec console "monitor gdb_sync"',
               "-exec-step-instruction"])
    gdb.stopped('func="Reset_Handler"')
    start = int.from_bytes(session.flash(4, FLASH + 4), "little") & ~1
    assert int(gdb.value("(unsigned)$pc")) == start
    # running, and the window is closed
    gdb.ask("-exec-continue --all")
    for line in ("-exec-interrupt --all", "-break-delete", "-target-detach", "-gdb-exit"):
        gdb.send(line)
    time.sleep(0.1)
    gdb.process.kill()
    gdb.wait()
    server.stop()
    assert "shutdown command invoked" in server.text
    again = session.start(session.argv)
    again.expect("Listening on port")
    again.expect("for gdb connections")
    assert "in use" not in again.text


def test_a1_a_dead_gdb_does_not_take_the_server_with_it(session, firmware):
    session.preload(firmware("blink"))
    server = session.launch()
    for _ in range(3):
        gdb = session.gdb()
        for line in session.launch_commands(firmware("blink")):
            gdb.send(line)
        gdb.expect(r"\^connected")
        gdb.process.kill()
        gdb.wait()
    gdb = session.gdb()
    gdb.burst([*session.start_commands(firmware("blink")), '-interpreter-exec console "monitor halt"'])
    assert gdb.value("$xpsr & 0x01000000") == "16777216"
    assert server.alive() and "rejected" not in server.text


def test_a2_live_watch(session, firmware):
    """A second GDB reads four bytes again and again while the first has the core running."""
    session.launch(live=True)
    gdb, watch = session.gdb(), session.gdb()
    gdb.burst(session.launch_commands(firmware("blink")))
    watch.burst(["-gdb-set mi-async on", "-gdb-set stack-cache off", "-gdb-set remote interrupt-on-connect off",
                 f"-file-exec-and-symbols {quoted(firmware('blink'))}",
                 f"-target-select extended-remote localhost:{session.gdb_port}"])
    address = watch.value("&counter").split()[-2 if "<" in watch.value("&counter") else -1]
    gdb.ask("-exec-continue --all")
    seen = set()

    def changes():
        answer = watch.ask(f"-data-read-memory-bytes {address} 4")
        seen.add(re.search(r'contents="(\w{8})"', answer).group(1))
        return len(seen) > 2
    wait_for(changes, "other values of a counter that runs")
    assert "*stopped" not in gdb.text[gdb.text.rindex("*running"):]
    assert session.board.ctl("state")["core"] in ("running", "sleeping")
    gdb.ask("-exec-interrupt --all")
    gdb.stopped("SIGINT")
    gdb.console("monitor reset halt")       # a restart with the second one still there
    gdb.ask("-exec-continue --all")
    time.sleep(0.1)
    assert "contents=" in watch.ask(f"-data-read-memory-bytes {address} 4")
    watch.ask("-target-detach")
    watch.leave()
    gdb.ask("-exec-interrupt --all")
    gdb.stopped("SIGINT")


def test_a3_rtt(session, firmware):
    """Set up before the firmware runs, polled on the Tcl port, bytes on a TCP port."""
    session.launch()
    nm = subprocess.run(["arm-none-eabi-nm", firmware("rtt")], capture_output=True, text=True, check=True).stdout
    block = int(re.search(r"^(\w+) \w _SEGGER_RTT$", nm, re.M).group(1), 16)
    rtt_port, = free_ports(1, 30000)
    gdb = session.gdb()
    tcl = Rpc(session.tcl_port)
    gdb.burst([*session.launch_commands(firmware("rtt")),
               f'-interpreter-exec console "monitor mwb {block} 0 16"',
               f'-interpreter-exec console "monitor rtt setup {block} 16 {{SEGGER RTT}}"',
               '-interpreter-exec console "monitor rtt polling_interval 20"',
               f'-interpreter-exec console "monitor rtt server start {rtt_port} 0"',
               '-interpreter-exec console "monitor rtt start"'])
    early = tcl.ask('capture "rtt start"')
    assert re.search("rtt:.*will retry", early) and "No control block found" in early, early
    with socket.create_connection(("localhost", rtt_port), timeout=60) as console:
        gdb.ask("-exec-continue --all")
        wait_for(lambda: "Control block found at" in tcl.ask('capture "rtt start"'), "the control block")
        gdb.expect("Control block found at")
        data = b""
        while b"rtt: hello\n" not in data:
            chunk = console.recv(100)
            assert chunk, data
            data += chunk
        assert data.startswith(b"rtt: hello\n")
    tcl.close()
    gdb.ask("-exec-interrupt --all")
    gdb.stopped("SIGINT")


ITM_WRITES = ["0xE000EDFC=0x01000000", "0xE0000FB0=0xC5ACCE55", "0xE0000E80=0x00010005", "0xE0000E00=0x1",
              "0xE0001000=0x40000001"]


def test_swo(session, firmware):
    """CDSWOConfigure with the extension's port; registers are written by GDB; raw bytes come by TCP."""
    session.launch()
    gdb = session.gdb()
    gdb.burst(session.launch_commands(firmware("swo_self")))
    gdb.burst([f'-interpreter-exec console "monitor CDSWOConfigure 4000000 1000000 :{session.swo_port}"',
               '-interpreter-exec console "monitor gdb_sync"', "-exec-step-instruction"])
    gdb.stopped("Reset_Handler")
    for write in ITM_WRITES:
        address, value = write.split("=")
        gdb.ask(f'-data-evaluate-expression "*(unsigned *){address} = {value}"')
    with socket.create_connection(("localhost", session.swo_port), timeout=60) as viewer:
        gdb.ask("-exec-continue --all")
        data = b""
        while len(data) < 64:
            chunk = viewer.recv(4096)
            assert chunk, data
            data += chunk
    gdb.ask("-exec-interrupt --all")
    gdb.stopped("SIGINT")


def test_notifications_for_the_debug_groups(session, firmware):
    """Chained sessions listen on the Tcl port and send the user's pause and resume."""
    session.preload(firmware("blink"))
    session.launch()
    tcl = Rpc(session.tcl_port)
    tcl.ask("tcl_notifications on")

    def until(line, command):
        tcl.socket.sendall(command.encode() + b"\x1a")
        seen = []
        while line not in seen:
            seen.append(tcl.message().rstrip("\r\n"))
        return seen
    assert "type target_event event gdb-halt" in until("type target_state state halted", "halt")
    until("type target_state state running", "resume")
    until("type target_reset mode halt", "reset halt")
    tcl.close()
