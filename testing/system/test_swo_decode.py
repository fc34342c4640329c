# SPDX-License-Identifier: GPL-2.0-or-later
"""SWO, ITM and DWT: what testing/firmware/trace.c prints, where it spends its time and which exceptions it
takes arrives whole, raw and decoded, through probes and a serial port; and nothing is lost without a sign.
"""
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from ide import free_ports
from kit import Gdb, board_arguments, wait_for

FLASH = 0x08000000
HCLK = 4000000
TICK_CYCLES = 100000
STEP_NS = 5000000
BLOCK = 512             # an endpoint keeps less than this until 50 ms have passed
DBGMCU_CR = 0xe0042004
PROBES = {
    "cmsis-dap-tcp": (None, None),
    "cmsis-dap": ("mcu-link", "interface/cmsis-dap.cfg"),
    "jlink": ("jlink", "interface/jlink.cfg"),
    "st-link": ("st-link-v2-1", "interface/stlink.cfg"),
}
UART = "stm32l4x.tpiu configure -protocol uart -traceclk 4000000"


def dictionary(text):
    words = [a or b for a, b in re.findall(r"\{([^}]*)\}|(\S+)", text)]
    return dict(zip(words[::2], words[1::2]))


def symbols(elf):
    out = subprocess.run(["arm-none-eabi-nm", "-S", str(elf)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in out.splitlines()]
    return {row[-1]: (int(row[0], 16), int(row[1], 16) if len(row) == 4 else 0) for row in rows}


def lines_of(text):
    """The numbers of the program's lines; every byte must belong to one."""
    body, _, rest = text.rpartition(b"\n")
    assert b"line 00 of the program\n".startswith(rest[:5]) and len(rest) < 23
    numbers = [int(re.fullmatch(rb"line (\d\d) of the program", line).group(1)) for line in body.split(b"\n")]
    return numbers


class Client:
    """Collects what a port sends."""

    def __init__(self, port):
        self.data = b""
        self.socket = socket.create_connection(("localhost", port), timeout=60)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while chunk := self.socket.recv(65536):
                self.data += chunk
        except OSError:
            pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()


class Traced:
    """The board's time moves with requests and by steps, so a slow machine loses nothing."""

    def __init__(self, board, daemon, elf):
        self.board, self.daemon, self.elf = board, daemon, elf
        self.base = 0

    def begin(self, setup):
        """Halted at the program's first instruction; then these verbs."""
        self.daemon.tcl("reset halt")
        self.base = self.board.stats()["swo_bytes"]
        return self.daemon.tcl(setup)

    def port(self, command):
        """A verb that opens port 0; returns the real one."""
        seen = len(re.findall(r"tpiu_swo_trace connections", self.daemon.text))
        self.daemon.tcl(command)
        ports = re.findall(r"Listening on port (\d+) for tpiu_swo_trace", self.daemon.text)
        assert len(ports) == seen + 1, self.daemon.text
        return int(ports[-1])

    def status(self, key=None):
        status = dictionary(self.daemon.tcl("swo status"))
        return int(status[key]) if key else status

    def run(self, ms, waits=True):
        self.daemon.tcl("resume")
        for _ in range(ms * 1000000 // STEP_NS):
            self.board.ctl(f"run {STEP_NS}")
            sent = self.board.stats()["swo_bytes"] - self.base
            if waits:
                wait_for(lambda: self.status("bytes") + BLOCK > sent, f"{sent} bytes of trace")
        self.daemon.tcl("halt")

    def word(self, name):
        address = symbols(self.elf)[name][0]
        return int(self.daemon.tcl(f"read_memory {address:#x} 32 1"), 16)


@pytest.fixture
def start(make_board, make_daemon, firmware):
    def make(probe="cmsis-dap-tcp", *extra, elf="trace"):
        kind, interface = PROBES[probe]
        board = make_board("--deterministic", usb=[kind] if kind else [])
        board.ctl(f"load {FLASH:#x} {firmware(elf).with_suffix('.bin')}")
        arguments = ["-f", interface, "-c", "transport select swd; adapter speed 4000",
                     "-f", "target/stm32l4x.cfg"] if kind else board_arguments(board)
        daemon = make_daemon(*arguments, *extra, env=board.usb_env if kind else None)
        return Traced(board, daemon, firmware(elf))
    return make


@pytest.mark.parametrize("probe", PROBES)
def test_printf_arrives_whole(start, tmp_path, probe):
    """Raw to two clients of one port, decoded to a client and a file."""
    trace = start(probe)
    trace.begin(f"{UART} -output :0 -pin-freq 1000000; itm port 0 on; swo decode port 0 {tmp_path}/text")
    raw_port = trace.port("stm32l4x.tpiu enable")
    text_port = trace.port("swo decode port 0 :0")
    clients = [Client(raw_port), Client(raw_port), Client(text_port)]
    wait_for(lambda: trace.daemon.text.count("accepting 'tpiu_swo_trace'") == 3, "clients")
    trace.board.ctl(f"swo {tmp_path}/sent")
    trace.run(100)
    rounds = trace.word("rounds")
    trace.daemon.tcl("stm32l4x.tpiu disable")
    trace.board.ctl("swo off")
    sent = (tmp_path / "sent").read_bytes()
    text = (tmp_path / "text").read_bytes()
    wait_for(lambda: clients[0].data == sent and clients[1].data == sent, "the raw bytes")
    wait_for(lambda: clients[2].data == text, "the text")
    assert text[:46] == b"line 00 of the program\nline 01 of the program\n"
    assert lines_of(text) in (list(range(rounds)), list(range(rounds + 1)))
    assert rounds >= 3 and trace.status("skipped") == 0 and trace.status("gaps") == 0
    for client in clients:
        client.close()


def test_exceptions_are_those_of_the_program(start, tmp_path):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 2000000; itm timestamps on; dwt exceptions on; "
                f"swo decode exceptions {tmp_path}/log; stm32l4x.tpiu enable")
    trace.run(400)
    count = trace.word("systick_count")
    trace.daemon.tcl("stm32l4x.tpiu disable")
    log = [line.split(None, 1) for line in (tmp_path / "log").read_text().splitlines()]
    entered = [int(ticks) for ticks, what in log if what == "exception 15 SysTick entered"]
    assert count >= 3 and count <= len(entered) <= count + 1
    actions = [what for _, what in log]
    cycle = ["exception 15 SysTick entered", "exception 15 SysTick exited", "exception 0 thread returned to"]
    assert actions[:6] == cycle * 2
    # Timestamps count the core's clock.
    assert all(abs(b - a - TICK_CYCLES) < 200 for a, b in zip(entered, entered[1:]))


def test_profile_names_the_hot_addresses(start, tmp_path):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 2000000; itm port 0 on; stm32l4x.tpiu enable")
    assert trace.daemon.tcl("dwt pc_sampling 4000") == "4096"
    trace.run(200)
    start_of, size = symbols(trace.elf)["hot"]
    text = trace.daemon.tcl("swo profile")
    rows = re.findall(r"([\d.]+) +[\d.]+ +(\d+)  0x([0-9a-f]{8})", text)
    hot = sum(float(share) for share, _, pc in rows if start_of <= int(pc, 16) < start_of + size)
    assert hot > 90, text
    trace.daemon.tcl(f"swo profile {tmp_path}/gmon.out")
    data = (tmp_path / "gmon.out").read_bytes()
    assert data[:8] == b"gmon\x01\0\0\0"
    if shutil.which("arm-none-eabi-gprof"):
        flat = subprocess.run(["arm-none-eabi-gprof", "-b", "-p", str(trace.elf), f"{tmp_path}/gmon.out"],
                              capture_output=True, text=True, check=True).stdout
        first = [line for line in flat.splitlines() if re.match(r" *\d", line)][0]
        assert first.split()[-1] == "hot" and float(first.split()[0]) > 90, flat
    trace.daemon.tcl("swo profile_clear")
    assert trace.daemon.tcl("swo profile").startswith("0 samples")


def test_overflow_is_counted(start, tmp_path):
    """A sample every 64 cycles needs 2.5 Mbit/s and more; the pin has 0.1."""
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 100000; dwt pc_sampling 64; swo decode packets {tmp_path}/log; "
                "stm32l4x.tpiu enable")
    trace.run(30)
    trace.daemon.tcl("stm32l4x.tpiu disable")
    assert trace.status("overflows") > 3
    assert (tmp_path / "log").read_text().count("overflow: packets were lost on the chip") == \
        trace.status("overflows")


def test_data_trace_tells_what_was_written(start, tmp_path):
    trace = start()
    address = symbols(trace.elf)["traced"][0]
    trace.begin(f"{UART} -output - -pin-freq 2000000; swo decode watch {tmp_path}/log; stm32l4x.tpiu enable")
    assert trace.daemon.tcl(f"dwt trace {address:#x} 4 w pc_value") == "3"
    trace.run(60)
    trace.daemon.tcl("dwt untrace; stm32l4x.tpiu disable")
    log = (tmp_path / "log").read_text()
    values = re.findall(r"comparator 3 wrote 0x([0-9a-f]{8})", log)
    # The start-up code clears it; what comes right behind may be too fast for the pin, and then is counted.
    wanted = ["00000000"] + [f"{0xa5000000 + n:08x}" for n in range(trace.word("rounds"))]
    assert len(wanted) >= 3 and [v for v in wanted if v in values] == values[:len(wanted)]
    assert len(wanted) - len(values) <= trace.status("overflows")
    main, size = symbols(trace.elf)["main"]
    places = [int(pc, 16) for pc in re.findall("comparator 3 pc 0x([0-9a-f]{8})", log)]
    assert len(places) == len(values) and all(main <= pc < main + size for pc in places[1:])
    # The names of the program that the daemon knows.
    trace.daemon.tcl(f"symbols file {trace.elf}")
    assert trace.daemon.tcl(f"dwt trace {address:#x} 4 w address") == "3"
    trace.daemon.tcl("stm32l4x.tpiu enable")
    trace.run(60)
    trace.daemon.tcl("dwt untrace; stm32l4x.tpiu disable")
    assert f"comparator 3 address {address:#010x} traced\n" in (tmp_path / "log").read_text()
    assert "not be one" in trace.daemon.fails(f"dwt trace {address + 1:#x} 4")


def test_formatter_frames_are_decoded(start, tmp_path):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 2000000 -formatter on; itm port 0 on; "
                f"swo decode port 0 {tmp_path}/text; stm32l4x.tpiu enable")
    trace.run(60)
    trace.daemon.tcl("stm32l4x.tpiu disable")
    assert len(lines_of((tmp_path / "text").read_bytes())) >= 2


def test_manchester_is_decoded(start, tmp_path):
    trace = start()
    trace.begin("stm32l4x.tpiu configure -protocol manchester -traceclk 4000000 -output - -pin-freq 500000; "
                f"itm port 0 on; swo decode port all {tmp_path}/text; stm32l4x.tpiu enable")
    trace.run(60)
    trace.daemon.tcl("stm32l4x.tpiu disable")
    assert len(lines_of((tmp_path / "text").read_bytes())) >= 2


def test_reset_and_power_loss_arm_again(start, tmp_path):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 1000000; stm32l4x.cpu itm port 0 on; stm32l4x.tpiu enable; "
                f"swo decode port 0 {tmp_path}/text")
    trace.run(30)
    trace.daemon.tcl("reset halt")
    trace.run(30)
    wait_for(lambda: (tmp_path / "text").read_bytes().count(b"line 00 of the program\n") == 2, "the second start")
    trace.board.ctl("power off")
    trace.board.ctl("run 10000000")
    trace.board.ctl("power on")
    trace.daemon.tcl("catch {poll}; catch {reset halt}; reset halt")
    assert "set up again" in trace.daemon.text
    trace.run(30, waits=False)
    wait_for(lambda: (tmp_path / "text").read_bytes().count(b"line 00 of the program\n") == 3, "the third start")


def test_registers_are_put_back(start, make_daemon):
    trace = start()
    words = "lmap a {0xe0040010 0xe00400f0 0xe0040304 0xe0000e00 0xe0000e80 0xe0001000} {read_memory $a 32 1}"
    trace.daemon.tcl("reset halt")
    before = trace.daemon.tcl(words)
    trace.daemon.tcl(f"{UART} -output - -pin-freq 1000000; stm32l4x.tpiu enable")
    assert trace.daemon.tcl(words) != before
    trace.daemon.tcl("stm32l4x.tpiu disable")
    assert trace.daemon.tcl(words) == before
    trace.daemon.tcl("stm32l4x.tpiu enable; itm ports on; dwt exceptions on")
    trace.daemon.stop()         # and at the end of the daemon, too
    after = make_daemon(*board_arguments(trace.board))
    assert after.tcl(words) == before


HELPER = """
proc CDSWOConfigure {CPUHZ SWOHZ OUT} {
    catch {tpiu init}
    if {[llength [tpiu names]] == 0} {
        puts stderr "no TPIU"
        return
    }
    set port [lindex [tpiu names] 0]
    $port configure -protocol uart -output $OUT -traceclk $CPUHZ -pin-freq $SWOHZ
    $port enable
    tpiu init
}
"""


def test_sequence_of_cortex_debug(start, tmp_path):
    """monitor CDSWOConfigure, gdb_sync, stepi, then GDB writes the registers; a client reads raw bytes."""
    (tmp_path / "helper.tcl").write_text(HELPER)
    trace = start("cmsis-dap-tcp", "-f", f"{tmp_path}/helper.tcl")
    port, = free_ports(1)
    gdb = Gdb(trace.daemon)
    writes = {0xe000edfc: 0x01000000, 0xe0000fb0: 0xc5acce55, 0xe0000e80: 0, 0xe0000e00: 1, 0xe0000e40: 0,
              0xe0001000: 0x40000001}
    out = gdb.run(["monitor reset halt", f"monitor CDSWOConfigure {HCLK} 1000000 :{port}", "monitor gdb_sync",
                   "stepi", *[f"set *(unsigned int *){a:#x} = {v:#x}" for a, v in writes.items()],
                   "set *(unsigned int *)0xe0000e80 = 0x1000d",
                   f"monitor CDSWOConfigure {HCLK} 1000000 :{port}", "monitor reset halt"],
                  elf=trace.elf, connect="target extended-remote")
    assert "rror" not in out, out
    assert trace.daemon.text.count(f"Listening on port {port} for tpiu_swo_trace connections") == 1
    assert f"starting trace server for stm32l4x.tpiu on {port}\n" in trace.daemon.text
    clients = [Client(port) for _ in range(3)]
    wait_for(lambda: trace.daemon.text.count("accepting 'tpiu_swo_trace'") == 3, "clients")
    trace.daemon.tcl("halt")
    trace.board.ctl(f"swo {tmp_path}/sent")
    trace.base = trace.board.stats()["swo_bytes"] - trace.status("bytes")
    trace.run(30)
    trace.daemon.tcl("stm32l4x.tpiu disable")
    trace.board.ctl("swo off")
    sent = (tmp_path / "sent").read_bytes()
    assert b"\x01p\x01r\x01o\x01g\x01r\x01a\x01m" in sent
    for client in clients:
        wait_for(lambda c=client: c.data and c.data.endswith(sent[-100:]), "the raw bytes")
        assert sent.endswith(client.data[-len(sent):])
        client.close()


def test_enable_before_init_waits_for_it(start, tmp_path):
    trace = start("cmsis-dap-tcp", "-c", f"{UART} -output - -pin-freq 1000000; itm port 0 on; "
                  f"stm32l4x.tpiu enable; swo decode port 0 {tmp_path}/text")
    trace.begin("tpiu init; tpiu init")
    assert trace.status()["enabled"] == "stm32l4x.tpiu"
    trace.run(30)
    wait_for(lambda: b"line 00 of the program\n" in (tmp_path / "text").read_bytes(), "the first line")


def test_old_tpiu_config(start, tmp_path):
    trace = start()
    trace.begin(f"tpiu config internal {tmp_path}/itm.txt uart off {HCLK} 1000000; itm port 0 on")
    assert "Info : DEPRECATED 'tpiu config' command: " in trace.daemon.text
    trace.run(30)
    trace.daemon.tcl("tpiu config disable")
    raw = (tmp_path / "itm.txt").read_bytes()
    assert raw[:12] == b"\x01l\x01i\x01n\x01e\x01 \x010"
    assert trace.status()["enabled"] == ""


def test_capture_from_a_serial_port(start, tmp_path):
    """What the probe heard, once more from a file, a FIFO and a terminal."""
    trace = start()
    trace.begin(f"{UART} -output {tmp_path}/raw -pin-freq 1000000; itm port 0 on; stm32l4x.tpiu enable; "
                f"swo decode port 0 {tmp_path}/text")
    trace.run(30)
    assert "captured already" in trace.daemon.fails(f"swo capture uart {tmp_path}/raw 1000000")
    trace.daemon.tcl("stm32l4x.tpiu disable; swo decode stop; stm32l4x.tpiu configure -output external; "
                     "stm32l4x.tpiu enable")
    raw, text = (tmp_path / "raw").read_bytes(), (tmp_path / "text").read_bytes()
    os.mkfifo(tmp_path / "fifo")
    control, terminal = os.openpty()
    for path in (tmp_path / "raw", tmp_path / "fifo", os.ttyname(terminal)):
        copy = tmp_path / ("copy-" + str(path).replace("/", "-"))
        trace.daemon.tcl(f"swo decode port 0 {copy}; swo capture uart {path} 1000000")
        if str(path).endswith("fifo"):
            (tmp_path / "fifo").write_bytes(raw)
        elif str(path).startswith("/dev"):
            os.write(control, raw[:3000])
            wait_for(lambda: copy.read_bytes() == text[:len(copy.read_bytes())] != b"", "the terminal's text")
            trace.daemon.tcl("swo capture stop; swo decode stop")
            continue
        wait_for(lambda c=copy: c.read_bytes() == text, "the same text")
        trace.daemon.tcl("swo capture stop; swo decode stop")
    os.close(control)
    os.close(terminal)
    assert "cannot be read" in trace.daemon.fails("swo capture uart /nonexistent 9600")


def test_a_fifo_that_nobody_reads_holds_nothing_up(start, tmp_path):
    """As Cortex-Debug of old had its trace: the FIFO is opened by its reader when the server runs."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    trace = start()
    trace.begin(f"{UART} -output {fifo} -pin-freq 1000000; itm port 0 on; dwt pc_sampling 64; "
                "stm32l4x.tpiu enable")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    trace.run(60)
    assert trace.status("bytes") > 4096
    assert trace.daemon.text.count("nobody reads") == 1
    raw = os.read(reader, 65536)
    assert 3000 < len(raw) <= 4096
    trace.run(10)
    assert os.read(reader, 65536)
    os.close(reader)


def test_raw_bytes_for_tcl_connections(start):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 1000000; itm port 0 on; stm32l4x.tpiu enable")
    rpc = Client(trace.daemon.tcl_port)
    rpc.socket.sendall(b"tcl_trace on\x1a")
    wait_for(lambda: rpc.data, "the answer")
    trace.run(20)
    wait_for(lambda: b"type target_trace data 016c0169016e0165" in rpc.data, "trace data")
    assert b"\r\n\x1a" in rpc.data
    rpc.close()


def test_wrong_settings_say_what_to_do(start):
    trace = start()
    daemon = trace.daemon
    assert daemon.tcl("tpiu names") == daemon.tcl("swo names") == "stm32l4x.tpiu"
    assert "Trace clock-in frequency not set" in daemon.fails("stm32l4x.tpiu enable")
    assert "-protocol uart" in daemon.fails("stm32l4x.tpiu configure -traceclk 4000000 -output -; "
                                            "stm32l4x.tpiu enable")
    assert "SWO pin frequency not set" in daemon.fails("stm32l4x.tpiu configure -protocol uart -output external; "
                                                       "stm32l4x.tpiu enable")
    assert "the options are" in daemon.fails("stm32l4x.tpiu configure -speed 3")
    assert "sync, uart or manchester" in daemon.fails("stm32l4x.tpiu configure -protocol spi")
    assert "pre-enable" in daemon.fails("stm32l4x.tpiu configure -event enabled {}")
    assert "-dap required when creating TPIU" in daemon.fails("tpiu create x.tpiu")
    assert "1 to 32" in daemon.fails("stm32l4x.tpiu configure -port-width 33")
    assert "0 to 31" in daemon.fails("itm port 32 on")
    daemon.tcl("tpiu create x.tpiu -dap stm32l4x.dap -ap-num 0 -baseaddr 0xe0040000 -protocol uart")
    assert daemon.tcl("x.tpiu cget -protocol; x.tpiu cget -baseaddr") == "0xe0040000"
    daemon.tcl("x.tpiu configure -event post-enable {echo switched-on}")
    assert "post-enable" in daemon.tcl("x.tpiu eventlist")
    daemon.tcl("x.tpiu configure -traceclk 4000000 -pin-freq 1100000 -output external; x.tpiu enable")
    assert re.search(r"x\.tpiu: uart at 1000000 Hz, 9\.1 % off 1100000", daemon.text)
    assert "switched-on" in daemon.text


def test_profile_takes_the_samples_of_the_trace(start, tmp_path):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 2000000; stm32l4x.tpiu enable; dwt pc_sampling 1024")
    assert trace.daemon.tcl(f"profile 1 {tmp_path}/gmon.out").strip() == f"Wrote {tmp_path}/gmon.out"
    assert "taking the PC samples of the trace" in trace.daemon.text
    data = (tmp_path / "gmon.out").read_bytes()
    assert data[:4] == b"gmon" and int.from_bytes(data[21:25], "little") >= FLASH
    assert trace.daemon.tcl("stm32l4x.cpu curstate") == "halted"
    trace.daemon.tcl("dwt pc_sampling off")
    trace.daemon.tcl(f"profile 1 {tmp_path}/gmon2.out")
    assert trace.daemon.text.count("taking the PC samples of the trace") == 1


def test_a_wrong_clock_is_told_with_the_next_step(start):
    """The program runs at 4 MHz; somebody believes 16."""
    trace = start()
    trace.begin("stm32l4x.tpiu configure -protocol uart -traceclk 16000000 -output - -pin-freq 1000000; "
                "itm port 0 on; stm32l4x.tpiu enable")
    assert "only a running one traces" in trace.daemon.tcl("swo doctor")
    trace.run(100, waits=False)
    wait_for(lambda: trace.status("bytes") > 100, "garbage")
    text = trace.daemon.tcl("swo doctor")
    assert re.search(r"!!  \d+ % of \d+ bytes means nothing, the rate is wrong: -traceclk \(16000000\) must be", text)
    assert "trace less" not in text, "what is counted in garbage is no news"
    trace.daemon.expect(r"Warn : stm32l4x.tpiu: \d+ % of the trace means nothing, the rate is wrong: ")
    trace.begin(f"{UART} -output - -pin-freq 1000000; stm32l4x.tpiu enable")
    trace.run(60)
    trace.daemon.tcl("resume")
    text = trace.daemon.tcl("swo doctor")
    assert "ok  the probe captures" in text and "ok  ITM is on: ports 0x00000001" in text
    assert re.search(r"ok  \d+ bytes, \d+ packets, 0 % of them strange", text), text
    assert "\n0 problems" in text
    assert trace.daemon.text.count("the trace means nothing") == 1


def test_doctor_finds_what_is_off(start):
    trace = start()
    assert '"stm32l4x.tpiu enable"' in trace.daemon.tcl("swo doctor")
    trace.begin(f"{UART} -output external -pin-freq 1000000; stm32l4x.tpiu enable; resume")
    text = trace.daemon.tcl("swo doctor")
    assert "nobody here captures" in text and 'run "itm port 0 on"' in text and "no byte has come" in text
    trace.daemon.tcl("halt")


def test_global_time_puts_records_on_the_chips_clock(start, tmp_path):
    """From a recording: an L4 has no global timestamps, the packets are as in D4.2.5."""
    trace = start()
    low = bytes([0x94, 0x80, 0x81, 0x80, 0x00])         # 128
    wrapped = bytes([0x94, 0x83, 0x80, 0x80, 0x40])     # 3, and the high bits have changed
    high = bytes([0xb4, 0x82, 0x80, 0x80, 0x00])        # 2 << 26
    (tmp_path / "raw").write_bytes(bytes([1, 65]) + low + bytes([1, 66]) + wrapped + high + bytes([1, 67]))
    trace.daemon.tcl(f"trace stream {tmp_path}/json -format json; swo decode packets {tmp_path}/log; "
                     f"swo capture uart {tmp_path}/raw 1000000")
    wait_for(lambda: (tmp_path / "json").read_text().count("\n") >= 3, "three records")
    records = [json.loads(line) for line in (tmp_path / "json").read_text().splitlines()]
    assert [(r["text"], r.get("global")) for r in records] == [("A", None), ("B", 128), ("C", (2 << 26) + 3)]
    assert "global time 3 (the high bits follow)" in (tmp_path / "log").read_text()
    assert trace.status("global") == (2 << 26) + 3
    trace.daemon.tcl("trace stop; swo decode stop; itm global_timestamps 8192")
    assert int(trace.daemon.tcl("read_memory 0xe0000e80 32 1"), 16) >> 10 & 3 == 2
    assert "packet" in trace.daemon.fails("itm global_timestamps 5")


def test_fastest_rate_is_found(start):
    trace = start()
    trace.begin(f"{UART} -output - -pin-freq 0; stm32l4x.tpiu enable")
    assert trace.board.ctl("swo off")["result"]["baud"] == HCLK


def test_everything_in_one_stream(start, tmp_path):
    """Lines, exceptions and overflows in the order in which they came."""
    trace = start()
    trace.daemon.tcl(f"trace stream {tmp_path}/stream")
    trace.begin(f"{UART} -output - -pin-freq 2000000; itm port 0 on; itm timestamps on; dwt exceptions on; "
                "stm32l4x.tpiu enable")
    trace.run(60)
    trace.daemon.tcl("stm32l4x.tpiu disable; trace stop")
    text = (tmp_path / "stream").read_text()
    assert "itm0: line 01 of the program" in text and "exception15: SysTick entered\n" in text, text


def test_ports_switched_on_before_examination_are_remembered(start):
    trace = start("cmsis-dap-tcp", "-c", "itm port 0 on; itm port 3 on; itm port 0 off")
    assert trace.daemon.tcl("read_memory 0xe0000e00 32 2").split()[0] == "0x8"
    assert int(trace.daemon.tcl("read_memory 0xe0000e80 32 1"), 16) & 0x7f000f == 0x1000d


def test_overrun_of_the_probe_is_counted(start):
    """The board runs on while nobody fetches."""
    trace = start("jlink")
    trace.begin(f"{UART} -output - -pin-freq 2000000; dwt pc_sampling 1024; stm32l4x.tpiu enable; resume")
    trace.board.ctl("run 1000000000")
    wait_for(lambda: trace.status("gaps") >= 1, "a gap")
    trace.daemon.tcl("halt; stm32l4x.tpiu disable")


def test_an_imxrt_has_its_pad_and_clock_switched(make_board, make_daemon):
    """The pin and the trace clock are the chip's: NXP's registers, as the pre-enable script left them."""
    board = make_board("--deterministic", name="mimxrt1064-evk")
    daemon = make_daemon(*board_arguments(board), "-c", "init; halt")
    assert daemon.tcl("tpiu names") == "imxrt1064.tpiu"
    daemon.tcl("mww 0x400d8100 0x1018101b; mww 0x400fc018 [expr {[mrw 0x400fc018] | 0xc000}]; mmw 0x400fc068 0 0xc00000")
    assert daemon.tcl("imxrt_trace_clock") == str(528000000 * 18 // 16 // 4)
    daemon.tcl("imxrt1064.tpiu configure -protocol uart -traceclk 600000000 -pin-freq 1000000 -output external; "
               "imxrt1064.tpiu enable")
    assert "SWO is on pad GPIO_AD_B0_10, the trace clock is 148500000 Hz" in daemon.text
    assert 'run "imxrt1064.tpiu configure -traceclk 148500000" and "imxrt1064.tpiu enable"' in daemon.text
    assert int(daemon.tcl("mrw 0x401f80e4"), 0) == 9 and int(daemon.tcl("mrw 0x400fc068"), 0) >> 22 & 3 == 3
    assert "the trace clock as the program sets it" in daemon.tcl("swo doctor")
