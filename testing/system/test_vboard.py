# SPDX-License-Identifier: GPL-2.0-or-later
"""probed-vboard as a program: its doors, its control port, its files, its clock."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

import pytest

from kit import BOARD, BUILD, PATIENCE, Process, wait_for

FLASH = 0x08000000
SRAM1 = 0x20000000
NO_INCREMENT_WORD = 0x23000002
DPIDR = struct.pack("<I", 0x2ba01477)


class Probe:
    """A CMSIS-DAP client on the board's TCP port."""

    def __init__(self, board):
        self.sock = socket.create_connection(("localhost", board.ports["cmsis_dap_tcp"]), timeout=20 * PATIENCE)

    def _exactly(self, n):
        data = b""
        while len(data) < n:
            chunk = self.sock.recv(n - len(data))
            if not chunk:
                raise ConnectionResetError("the probe is gone")
            data += chunk
        return data

    def post(self, *packets):
        self.sock.sendall(b"".join(struct.pack("<IHBB", 0x00504144, len(p), 1, 0) + p for p in packets))

    def answer(self):
        signature, length, kind, _ = struct.unpack("<IHBB", self._exactly(8))
        assert (signature, kind) == (0x00504144, 2)
        return self._exactly(length)

    def command(self, *data):
        self.post(bytes(data))
        return self.answer()

    def connect(self, hz=4000000):
        assert self.command(0x02, 1) == b"\x02\x01"
        assert self.command(0x11, *struct.pack("<I", hz)) == b"\x11\x00"
        self.command(0x12, 136, *([0xff] * 7), 0x9e, 0xe7, *([0xff] * 7), 0)
        assert self.command(0x05, 0, 1, 2) == b"\x05\x01\x01" + DPIDR
        self.transfer((0x00, 0x1e), (0x08, 0), (0x04, 0x50000000), (0x01, NO_INCREMENT_WORD))

    def transfer(self, *requests):
        """(request, value) writes, request reads. Returns the answer after the id."""
        body = b"".join(bytes([r]) if isinstance(r, int) else struct.pack("<BI", *r) for r in requests)
        return self.command(0x05, 0, len(requests), *body)[1:]


@pytest.fixture
def still(make_board):
    return make_board("--deterministic")


def test_ready_line_names_all_doors(tmp_path):
    read_end, write_end = os.pipe()
    board = Process([BUILD / "probed-vboard", BOARD, "--cmsis-dap-tcp", "0", "--remote-bitbang",
                     tmp_path / "rbb", "--control", tmp_path / "ctl", "--ready-fd", str(write_end),
                     "--ports-file", tmp_path / "ports"], pass_fds=[write_end])
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        assert pipe.read() == "ready\n"
    match = board.expect(rf"^probed-vboard: {BOARD} ready: cmsis-dap-tcp (\d+), remote-bitbang (\S+), control (\S+)$")
    ports = json.loads((tmp_path / "ports").read_text())
    assert ports["cmsis-dap-tcp"] == int(match.group(1))
    assert ports["remote-bitbang"] == str(tmp_path / "rbb")
    assert ports["pid"] == board.process.pid
    board.process.send_signal(signal.SIGTERM)
    assert board.wait() == 0
    assert not (tmp_path / "rbb").exists()


def test_list_help_version_and_bad_options():
    def run(*arguments):
        return subprocess.run([BUILD / "probed-vboard", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20 * PATIENCE, check=False)
    assert BOARD in run("--list").stdout.decode().split()
    assert b"--cmsis-dap-tcp PORT" in run("--help").stdout
    assert re.match(rb"probed-vboard \d+\.\d+", run("--version").stdout)
    for arguments, text in ((["no-such-board"], b'no board "no-such-board"'),
                            ([], b"one board is needed"),
                            ([BOARD, "--usb", "low"], b"high, full or none"),
                            ([BOARD, "--wire-khz", "0"], b"--wire-khz 0"),
                            ([BOARD, "--cmsis-dap-tcp", "70000"], b"70000 is no port"),
                            ([BOARD, "--control", "/nonexistent/x"], b"/nonexistent/x")):
        done = run(*arguments)
        assert done.returncode == 1
        assert text in done.stdout and done.stdout.count(b"\n") == 1, done.stdout


def test_port_in_use_is_one_line(still):
    port = str(still.ports["cmsis_dap_tcp"])
    done = subprocess.run([BUILD / "probed-vboard", BOARD, "--cmsis-dap-tcp", port],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20 * PATIENCE, check=False)
    assert done.returncode == 1
    assert port.encode() in done.stdout and b"in use" in done.stdout


def test_control_help_and_errors(still):
    verbs = {verb["name"]: verb for verb in still.ctl("help")["verbs"]}
    assert {"stats", "power", "inject", "unplug", "ap-latency"} <= set(verbs)
    assert all(verb["help"] for verb in verbs.values())
    assert "stats" in still.ctl("frobnicate", fails=True)["error"]
    assert "usage: read" in still.ctl("read 0x20000000", fails=True)["error"]
    assert "no number" in still.ctl("read zero 4", fails=True)["error"]
    assert "not all memory" in still.ctl("read 0x60000000 4", fails=True)["error"]
    assert "not all memory" in still.ctl("read 0x40021001 2", fails=True)["error"]
    assert still.ctl("read 0xe000ed00 4")["data"] == "41c20f41"     # registers: CPUID
    assert "neither" in still.ctl("power maybe", fails=True)["error"]
    assert "none of" in still.ctl("inject noise 0 1", fails=True)["error"]
    assert "cannot read" in still.ctl("load 0x20000000 /nonexistent", fails=True)["error"]
    assert "quote" in still.ctl('dump 0 1 "abc', fails=True)["error"]


def test_control_memory_and_quoted_paths(still, tmp_path):
    path = tmp_path / "with blanks.bin"
    path.write_bytes(bytes(range(64)))
    assert still.ctl(f'load {SRAM1:#x} "{path}"')["bytes"] == 64
    assert still.ctl(f"read {SRAM1 + 16:#x} 4")["data"] == "10111213"
    still.ctl(f"write {SRAM1 + 1:#x} a5A5")
    still.ctl(f'dump {SRAM1:#x} 4 "{path}"')
    assert path.read_bytes() == b"\x00\xa5\xa5\x03"


def test_a_control_line_with_a_nul_is_answered(still):
    with socket.create_connection(("localhost", still.ports["control"]), timeout=20 * PATIENCE) as sock:
        sock.sendall(b"\0\xff\ntime\n")
        lines = sock.makefile("rb")
        assert json.loads(lines.readline())["ok"] is False
        assert json.loads(lines.readline())["ok"] is True


def test_control_port_survives_garbage(still):
    with socket.create_connection(("localhost", still.ports["control"]), timeout=20 * PATIENCE) as raw:
        raw.sendall(b"\x00\xff\r\n" + b"x" * 200000)
        data = b""
        try:
            while chunk := raw.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        assert b'"ok":false' in data
    assert still.ctl("time")["ok"]


def test_state_file_survives_a_restart(make_board, tmp_path):
    state = tmp_path / "flash.state"
    board = make_board("--state", state)
    board.ctl(f"write {FLASH:#x} 00112233445566778899aabbccddeeff")
    board.stop()
    size = state.stat().st_size
    again = make_board("--state", state)
    assert again.ctl(f"read {FLASH:#x} 16")["data"] == "00112233445566778899aabbccddeeff"
    assert size == state.stat().st_size
    again.ctl(f"save {tmp_path}/copy")
    again.ctl(f"write {FLASH:#x} ffff")
    again.ctl(f"restore {tmp_path}/copy")
    assert again.ctl(f"read {FLASH:#x} 2")["data"] == "0011"
    (tmp_path / "broken").write_bytes(b"nonsense")
    assert "no state file" in again.ctl(f"restore {tmp_path}/broken", fails=True)["error"]
    assert again.ctl(f"read {FLASH:#x} 2")["data"] == "0011"


def test_quit_saves_and_ends(make_board, tmp_path):
    board = make_board("--state", tmp_path / "s")
    assert board.ctl("quit")["ok"]
    assert board.wait() == 0
    assert (tmp_path / "s").exists()


def test_unplug_refuses_until_replug(still):
    probe = Probe(still)
    probe.connect()
    still.ctl("unplug")
    with pytest.raises(ConnectionError):
        probe.command(0, 0xf0)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            Probe(still)
    still.ctl("replug")
    probe = Probe(still)
    assert probe.transfer(2) == b"\x00\x00"      # it starts afresh: not connected
    probe.connect()


def test_one_client_at_a_time(still):
    first = Probe(still)
    first.connect()
    second = Probe(still)
    with pytest.raises(ConnectionError):
        second.command(0, 0xf0)
    assert first.command(0, 0xfe) == b"\x00\x01\x08"
    first.sock.close()
    Probe(still).connect()


def test_power_cycle_loses_the_link_and_ram(still):
    probe = Probe(still)
    probe.connect()
    still.ctl("power off")
    assert probe.transfer(2) == b"\x00\x07"
    still.ctl("power on")
    assert probe.transfer(2) == b"\x00\x07"      # JTAG is selected again
    probe.connect()
    assert probe.transfer(0x06)[2:] == struct.pack("<I", 0xf0000040)


def test_nrst_holds_the_core(still):
    still.ctl("nrst low")
    assert still.ctl("state")["in_reset"] and still.ctl("state")["nrst_low"]
    assert still.ctl("state")["core"] == "reset"
    probe = Probe(still)
    assert probe.command(0x10, 0, 0, 0, 0, 0, 0)[1] & 0x80 == 0
    still.ctl("nrst high")
    assert still.ctl("state")["core"] in ("running", "locked-up")
    still.ctl("power off")
    assert still.ctl("state")["core"] == "off"


@pytest.mark.parametrize("kind,answer", [("wait", 2), ("fault", 4), ("no-ack", 7), ("parity", 8)])
def test_injection_after_good_transfers(still, kind, answer):
    probe = Probe(still)
    probe.connect()
    probe.command(0x04, 0, 0, 0, 0, 0)          # no retries
    still.ctl(f"inject {kind} 3 1")
    done = probe.transfer(0x0e, 0x0e, 0x0e, 0x0e, 0x0e)
    assert done[0] == 3 and done[1] == answer
    still.ctl("inject none")
    probe.transfer((0x00, 0x1e))
    assert probe.transfer(0x02)[2:] == DPIDR


def test_flash_that_is_busy_makes_the_port_wait(still):
    """RM0351 3.3.8: a read during an erase stalls the bus until the erase is done."""
    probe = Probe(still)
    probe.connect()
    probe.command(0x04, 0, 0, 0, 0, 0)
    for register, value in ((0x08, 0x45670123), (0x08, 0xcdef89ab), (0x14, 0x2), (0x14, 0x10002)):
        assert probe.transfer((0x05, 0x40022000 + register), (0x0d, value)) == b"\x02\x01"
    assert probe.transfer((0x05, FLASH), 0x0f)[:2] == b"\x02\x02"        # accepted, RDBUFF waits
    assert probe.transfer(0x0e)[:2] == b"\x00\x02"
    assert probe.transfer(0x06)[:2] == b"\x01\x01"                       # CTRL/STAT never does
    probe.transfer((0x00, 1))                                            # DAPABORT: the DP is free ...
    assert probe.transfer((0x05, SRAM1))[:2] == b"\x00\x02"              # ... the AP is not
    still.ctl("run 25000000")
    assert probe.transfer((0x05, FLASH), 0x0f) == b"\x02\x01\xff\xff\xff\xff"


def test_two_deterministic_runs_give_the_same_numbers(make_board, firmware):
    def run():
        board = make_board("--deterministic", "--usb", "full")
        board.ctl(f"load {FLASH:#x} {firmware('irq').with_suffix('.bin')}")
        board.ctl("reset")
        probe = Probe(board)
        probe.connect(1000000)
        for _ in range(20):
            probe.transfer((0x05, 0xe000edf0), 0x0f, 0x06)
        board.ctl("run 50000000")
        return board.stats()
    first, second = run(), run()
    assert first == second
    assert first["instructions"] > 10000


def test_real_time_follows_the_wall_clock(make_board):
    board = make_board()
    asked = time.monotonic()
    before = board.ctl("time")["virtual_ns"]
    told = time.monotonic()
    time.sleep(0.5)
    least = time.monotonic() - told     # what lies between the two answers whatever else the machine does
    passed = (board.ctl("time")["virtual_ns"] - before) * 1e-9
    assert 0.3 * least < passed < 1.3 * (time.monotonic() - asked)


def test_deterministic_time_stands_still(still):
    before = still.ctl("time")["virtual_ns"]
    time.sleep(0.1)
    assert still.ctl("time")["virtual_ns"] == before
    assert still.ctl("run 12345")["virtual_ns"] == before + 12345


def test_statistics_count_and_reset(still):
    probe = Probe(still)
    probe.connect()
    still.ctl("reset-stats")
    probe.post(b"\x05\x00\x01\x02", b"\x05\x00\x01\x02")
    assert probe.answer() == probe.answer() == b"\x05\x01\x01" + DPIDR
    stats = still.stats()
    assert (stats["packets"], stats["round_trips"]) == (2, 1)
    assert (stats["wire_clocks"], stats["transfers"]) == (92, 2)
    assert stats["virtual_ns"] > 250000 + 2 * 46 * 250


def test_death_of_the_parent_ends_the_board(tmp_path):
    ports = tmp_path / "ports"
    script = f"'{BUILD}/probed-vboard' {BOARD} --cmsis-dap-tcp 0 --parent-death --ports-file '{ports}' & wait"
    parent = subprocess.Popen(["bash", "-c", script], stderr=subprocess.DEVNULL)
    wait_for(ports.exists, "the board")
    port = json.loads(ports.read_text())["cmsis-dap-tcp"]
    parent.kill()
    parent.wait()

    def is_gone():
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        return False
    wait_for(is_gone, "the end of the board")


# --- VCD ---

def read_vcd(path):
    """Yields (time, levels by name) for each time of the file."""
    names, levels, now = {}, {}, None
    for line in path.read_text().splitlines():
        if line.startswith("$var"):
            _, _, width, code, name, _ = line.split()
            assert width == "1"
            names[code] = name
        elif line.startswith("#"):
            if now is not None:
                assert int(line[1:]) > now, "time runs backwards"
                yield now, dict(levels)
            now = int(line[1:])
        elif line[:1] in "01":
            levels[names[line[1:]]] = int(line[0])
    yield now, dict(levels)


def rising_bits(path, clock, data):
    """The level of `data` at each rising edge of `clock`, as a host samples it: just before."""
    previous = None
    for _, levels in read_vcd(path):
        if previous and levels[clock] and not previous[clock]:
            yield str(previous[data])
        previous = levels


def test_vcd_of_swd_can_be_decoded(make_board, tmp_path):
    board = make_board("--deterministic", "--vcd", tmp_path / "swd.vcd")
    Probe(board).connect()
    board.stop()
    bits = "".join(rising_bits(tmp_path / "swd.vcd", "SWCLK", "SWDIO"))
    # DPIDR: header, turnaround, OK, the word, parity; then ABORT = 0x1e with its turnarounds
    assert "10100101" "1" "100" "11101110001010000000010111010100" "0" in bits
    assert "10000001" "1" "100" "1" "01111000000000000000000000000000" "0" in bits


def test_vcd_of_jtag_can_be_decoded(make_board, tmp_path):
    board = make_board("--deterministic", "--vcd", tmp_path / "jtag.vcd", "--wire-khz", "10000")
    with socket.create_connection(("localhost", board.ports["remote_bitbang"]), timeout=20 * PATIENCE) as bitbang:
        bitbang.sendall(b"2626262626" b"04" b"26" b"04" b"04" + b"0R4" * 32)
        tdo = b""
        while len(tdo) < 32:
            tdo += bitbang.recv(64)
        bitbang.sendall(b"szr")
        time.sleep(0.1)
    board.stop()
    assert int(tdo.decode()[::-1], 2) == 0x4ba00477
    path = tmp_path / "jtag.vcd"
    assert "".join(rising_bits(path, "TCK", "TDO")).endswith(tdo.decode())
    edges = [now for now, levels in read_vcd(path) if levels["TCK"]]
    assert edges[-1] < 10000         # 41 clocks of 100 ns and 1 us of reset
    assert {levels["nRESET"] for _, levels in read_vcd(path)} == {0, 1}
