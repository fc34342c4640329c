# SPDX-License-Identifier: GPL-2.0-or-later
"""RTT: a user's program talks through RAM while it runs."""
import re
import socket
import struct
import subprocess
import time

import pytest

from kit import Board, Daemon, Gdb, board_arguments, wait_for

PATIENCE = 20
BANNER = b"rtt: hello\n"
FLOOD, HAND_OVER, TERMINALS, NEWS = 1, 2, 3, 4
OLD_BLOCK = 0x20010000      # of rtt_late


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("rtt")
    board = Board(tmp)
    yield board, tmp
    board.stop()


@pytest.fixture
def rtt(bench, firmware):
    """A daemon of its own on the shared board, with the program in flash and the core at its start."""
    board, tmp = bench
    daemon = Daemon(*board_arguments(board), cwd=tmp)
    r = Rtt(board, daemon, firmware, tmp)
    yield r
    r.close()
    daemon.stop()


class Rtt:
    in_flash = None         # shared by all tests of the module

    def __init__(self, board, daemon, firmware, tmp):
        self.board, self.daemon, self.firmware, self.tmp = board, daemon, firmware, tmp
        self.sockets = []

    def load(self, name="rtt", wipe=True):
        self.daemon.tcl("reset halt")
        if Rtt.in_flash != name:
            out = self.daemon.tcl(f"capture {{program {self.firmware(name)}}}")
            assert "Programming Finished" in out, out
            Rtt.in_flash = name
        if wipe:
            self.daemon.tcl("mww 0x20000000 0 0x6000")
        self.daemon.tcl("reset halt")

    def symbol(self, name, program="rtt"):
        out = subprocess.run(["arm-none-eabi-nm", self.firmware(program)], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
        return int(re.search(rf"^(\w+) \w {name}$", out, re.M).group(1), 16)

    def poke(self, name, value, program="rtt"):
        self.daemon.tcl(f"mww {self.symbol(name, program):#x} {value}")

    def peek(self, name):
        return int(self.daemon.tcl(f"read_memory {self.symbol(name):#x} 32 1"), 16)

    def serve(self, channel=0, message=""):
        before = len(self.daemon.text)
        self.daemon.tcl(f"rtt server start 0 {channel} {message}")
        return int(re.search(r"Listening on port (\d+) for rtt connections", self.daemon.text[before:]).group(1))

    def connect(self, port):
        s = socket.create_connection(("localhost", port), timeout=PATIENCE * 4)
        self.sockets.append(s)
        return s

    def running(self, name="rtt"):
        """Program started, block found."""
        self.load(name)
        self.daemon.tcl("rtt start; resume")
        self.found()

    def found(self, address=None):
        want = f"state found address {address:#010x}" if address else "state found"
        wait_for(lambda: self.daemon.tcl("rtt status").startswith(want), f"rtt {want}", PATIENCE)

    def close(self):
        for s in self.sockets:
            s.close()


def receive(s, n):
    data = b""
    while len(data) < n:
        chunk = s.recv(min(65536, n - len(data)))
        assert chunk, f"closed after {data!r}"
        data += chunk
    return data


def quiet(s, seconds=0.3):
    s.settimeout(seconds)
    try:
        return s.recv(65536)
    except TimeoutError:
        return b""
    finally:
        s.settimeout(PATIENCE * 4)


def test_sequence_of_cortex_debug(rtt):
    """All before the program runs; then the found line reaches GDB's console while it runs."""
    rtt.load()
    block = rtt.symbol("_SEGGER_RTT")
    gdb = Gdb(rtt.daemon).start(rtt.firmware("rtt"))
    try:
        gdb.send("monitor reset halt")
        gdb.send(f"monitor mwb {block:#x} 0 16")
        gdb.send(f'monitor rtt setup {block:#x} 16 {{SEGGER RTT}}')
        gdb.send("monitor rtt polling_interval 50")
        gdb.send("monitor rtt server start 0 0")
        gdb.send("monitor rtt start")
        gdb.expect(r"rtt: No control block found, will retry")
        port = int(rtt.daemon.expect(r"Listening on port (\d+) for rtt connections").group(1))
        gdb.send("continue")
        gdb.expect(rf"rtt: Control block found at {block:#x}")
        assert receive(rtt.connect(port), len(BANNER)) == BANNER
        assert rtt.daemon.tcl("rtt polling_interval") == "50 ms"
        assert f"Control block found at {block:#x}" in rtt.daemon.tcl('capture "rtt start"')
    finally:
        gdb.stop()


def test_the_symbol_is_taken_from_the_elf_file(rtt):
    rtt.load()
    block = rtt.symbol("_SEGGER_RTT")
    assert rtt.daemon.tcl(f"rtt symbols {rtt.firmware('rtt')}") == f"{block:#010x}"
    rtt.daemon.tcl("rtt start; resume")
    rtt.found(block)
    assert "no symbol" in rtt.daemon.fails(f"rtt symbols {rtt.firmware('blink')}")
    assert "no-such" in rtt.daemon.fails("rtt symbols no-such.elf")


def test_channels_in_the_words_of_openocd(rtt):
    rtt.load()
    assert rtt.daemon.tcl("rtt polling_interval") == "100 ms"
    rtt.daemon.tcl("rtt polling_interval 20")
    assert rtt.daemon.fails("rtt channels").startswith("rtt: Control block not available")
    rtt.daemon.tcl("rtt start; resume")
    rtt.found()
    assert rtt.daemon.tcl("rtt channels").split("\n") == [
        "Channels: up=2, down=1", "Up-channels:", "0: Terminal 256 0", "1: Data 4096 2", "Down-channels:",
        "0: Terminal 64 0"]
    assert rtt.daemon.tcl("rtt channellist") == (
        "{{name Terminal size 256 flags 0} {name Data size 4096 flags 2}} {{name Terminal size 64 flags 0}}")
    assert "no control block" not in rtt.daemon.text


def test_echo_for_two_clients_after_a_message_and_what_came_before(rtt):
    port = rtt.serve(0, "{welcome }")
    rtt.running()
    first = rtt.connect(port)
    assert receive(first, 8 + len(BANNER)) == b"welcome " + BANNER
    second = rtt.connect(port)
    assert receive(second, 8) == b"welcome "
    text = bytes(i % 251 for i in range(1500))
    second.sendall(text)
    assert receive(first, len(text)) == text
    assert receive(second, len(text)) == text
    rtt.daemon.tcl(f"rtt server stop {port}")
    assert first.recv(1) == b""
    assert "nothing to stop" in rtt.daemon.tcl(f"capture {{rtt server stop {port}}}")


def words_of(data):
    return struct.unpack(f"<{len(data) // 4}I", data)


def test_blocking_mode_loses_nothing(rtt):
    port = rtt.serve(1)
    rtt.running()
    client = rtt.connect(port)
    rtt.poke("flood_bytes", 96 * 1024)
    rtt.poke("command", FLOOD)
    data = receive(client, 96 * 1024)
    assert words_of(data) == tuple(range(24 * 1024))
    assert rtt.peek("flood_done") == 1


def test_skip_mode_with_a_stalled_client_goes_on_and_counts(rtt):
    """Its socket and queue fill, then the oldest goes; the program and the other client do not notice."""
    port = rtt.serve(1)
    rtt.daemon.tcl("adapter speed 24000")
    rtt.running()
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.connect(("localhost", port))
    reader = rtt.connect(port)
    rtt.sockets.append(stalled)
    rtt.poke("flood_mode", 0)
    rtt.poke("flood_bytes", 0xfffffff0)
    rtt.poke("command", FLOOD)
    got = 0
    reader.settimeout(0.05)
    end = time.monotonic() + 60

    def lost(key):
        return int(rtt.daemon.tcl(f"dict get [dict get [trace status] rtt] {key}"))
    while lost("lost") == 0:
        assert time.monotonic() < end, rtt.daemon.tcl("trace status")
        try:
            got += len(reader.recv(1 << 20))
        except TimeoutError:
            pass
    assert got > 0
    assert rtt.daemon.text.count("does not read channel 1") == 1
    assert rtt.daemon.text.count("connection closed") == 0


def test_reset_arms_again(rtt):
    port = rtt.serve(0)
    rtt.running()
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    for command in ("reset run", "reset halt; resume", "reset run"):
        rtt.daemon.tcl(command)
        assert receive(client, len(BANNER)) == BANNER
        assert quiet(client, 0.2) == b""    # once, not twice
    rtt.board.ctl("reset")    # the button
    assert receive(client, len(BANNER)) == BANNER
    rtt.daemon.tcl("halt; resume")
    client.sendall(b"still there\n")
    assert receive(client, 12) == b"still there\n"


def test_another_program_with_another_layout_arms_again(rtt):
    """The new program's block is elsewhere, has other channels, and comes late: the old block stays in
    RAM all that time."""
    port = rtt.serve(0)
    rtt.running("rtt")
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    rtt.load("rtt_late", wipe=False)
    rtt.daemon.tcl("resume")
    assert quiet(client) == b""
    rtt.poke("go", 1, "rtt_late")
    assert receive(client, len(BANNER)) == BANNER
    rtt.found(OLD_BLOCK)
    assert "Channels: up=1, down=1" in rtt.daemon.tcl("rtt channels")
    rtt.load("rtt", wipe=False)
    rtt.daemon.tcl("resume")
    assert receive(client, len(BANNER)) == BANNER
    rtt.found(rtt.symbol("_SEGGER_RTT"))


def stale_block(rtt, wr=11, rd=0, size=128, buffer=0x20010400, address=OLD_BLOCK):
    """What a program of the past left: a sound block with unread bytes."""
    rtt.daemon.tcl(f"write_memory {buffer:#x} 8 [list {' '.join(map(str, b'old garbage'))}]")
    words = [*struct.unpack("<4I", b"SEGGER RTT".ljust(16, b"\0")), 1, 1, 0, buffer, size, wr, rd, 0,
             0, 0x20010800, 64, 0, 0, 0]
    rtt.daemon.tcl(f"write_memory {address:#x} 32 [list {' '.join(map(str, words))}]")


def test_a_block_left_by_an_earlier_program_is_not_read(rtt):
    rtt.load("rtt_late")
    port = rtt.serve(0)
    stale_block(rtt)
    client = rtt.connect(port)
    assert "will retry" in rtt.daemon.tcl("capture {rtt start}")
    rtt.daemon.tcl("resume")
    assert quiet(client) == b""
    assert rtt.daemon.tcl("rtt status") == "state searching"
    rtt.poke("go", 1, "rtt_late")
    assert receive(client, len(BANNER)) == BANNER
    assert quiet(client, 0.2) == b""


def test_after_a_reset_the_old_block_is_quiet_until_it_is_set_up(rtt):
    """Its program comes to set it up only when it likes; until then the bytes of its last life are there."""
    port = rtt.serve(0)
    rtt.load("rtt_late")
    rtt.daemon.tcl("rtt start; resume")
    rtt.poke("go", 1, "rtt_late")
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    for reset in (lambda: rtt.daemon.tcl("reset run"), lambda: rtt.board.ctl("reset"),
                  lambda: rtt.daemon.tcl("reset halt; resume")):
        reset()
        assert quiet(client) == b""
        rtt.poke("go", 1, "rtt_late")
        assert receive(client, len(BANNER)) == BANNER
        assert quiet(client, 0.1) == b""


@pytest.mark.parametrize("spoilt", [{"size": 8}, {"buffer": 0x40000000}, {"wr": 4000}, {"rd": 128}])
def test_a_block_that_cannot_be_is_ignored(rtt, spoilt):
    rtt.load()
    stale_block(rtt, **{"buffer": 0x20010400, **spoilt})
    rtt.daemon.tcl("rtt start; resume")
    rtt.found(rtt.symbol("_SEGGER_RTT"))


def test_a_buffer_that_cannot_be_read_holds_no_other_channel_up(rtt):
    rtt.running()
    s = rtt.connect(rtt.serve(0))
    assert receive(s, len(BANNER)) == BANNER
    data = rtt.symbol("_SEGGER_RTT") + 24 + 24
    good = int(rtt.daemon.tcl(f"read_memory {data + 4:#x} 32 1"), 16)
    rtt.daemon.tcl(f"mww {data + 4:#x} 0x30000000; mww {data + 12:#x} 5")
    wait_for(lambda: "the buffer of channel 1 at 0x30000000 cannot be read" in rtt.daemon.text, "the bad channel")
    s.sendall(b"echo")
    assert receive(s, 4) == b"echo"
    rtt.daemon.tcl(f"mww {data + 4:#x} {good:#x}")
    heard = rtt.connect(rtt.serve(1))
    rtt.daemon.tcl(f"mww {data + 12:#x} 7")
    assert len(receive(heard, 2)) == 2


def test_bootloader_hands_over_to_an_application(rtt):
    port = rtt.serve(0)
    rtt.running()
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    rtt.poke("command", HAND_OVER)
    assert receive(client, 12) == b"application\n"
    rtt.found(rtt.symbol("second"))
    client.sendall(b"x")
    assert receive(client, 1) == b"x"
    # RAM lives through the reset: the application's block is sound, near and dead.
    rtt.daemon.tcl("reset run")
    assert receive(client, len(BANNER)) == BANNER
    rtt.found(rtt.symbol("_SEGGER_RTT"))
    assert quiet(client) == b""
    rtt.poke("command", HAND_OVER)
    assert receive(client, 12) == b"application\n"
    assert quiet(client, 0.1) == b""


def test_bytes_that_look_like_another_protocol_are_the_programs(rtt):
    rtt.running()
    for text in (b"GET / HTTP/1.0\r\n", b"HELO shell\n", b"\x16\x03\x01\0"):
        port = rtt.serve()
        s = rtt.connect(port)
        receive(s, len(BANNER)) if text.startswith(b"GET") else None
        s.sendall(text)
        assert receive(s, len(text)) == text
        rtt.daemon.tcl(f"rtt server stop {port}")


def test_more_than_the_down_buffer_holds_waits_its_turn(rtt):
    """The buffer has 64 bytes; what is sent goes round it many times, in order and whole."""
    port = rtt.serve(0)
    rtt.running()
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    text = b"".join(b"%04d " % n for n in range(600))
    client.sendall(text)
    assert receive(client, len(text)) == text


def test_a_halted_core_is_no_error(rtt):
    port = rtt.serve(0)
    rtt.running()
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    rtt.daemon.tcl("halt")
    before = len(rtt.daemon.text)
    client.sendall(b"wait for me")
    assert quiet(client) == b""
    rtt.daemon.tcl("resume")
    assert receive(client, 11) == b"wait for me"
    assert not re.search(r"^(Error|Warn)", rtt.daemon.text[before:], re.M)


def test_stop_leaves_the_rest_for_later_and_start_goes_on(rtt):
    port = rtt.serve(0)
    rtt.running()
    client = rtt.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    rtt.daemon.tcl("rtt stop")
    assert rtt.daemon.tcl("rtt status") == "state stopped"
    rtt.poke("command", NEWS)
    assert quiet(client) == b""
    rtt.daemon.tcl("rtt start")
    assert receive(client, 5) == b"news\n"
    assert quiet(client, 0.2) == b""


def test_log_has_times_and_keeps_terminals_apart(rtt):
    path = rtt.tmp / "rtt.log"
    path.unlink(missing_ok=True)
    rtt.load()
    rtt.daemon.tcl(f"rtt log {path}")
    rtt.daemon.tcl("rtt start; resume")
    rtt.found()
    rtt.poke("command", TERMINALS)
    wait_for(lambda: "zero" in path.read_text(), "the terminals", PATIENCE)
    lines = path.read_text().splitlines()
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6} "
    assert re.fullmatch(stamp + "rtt0: rtt: hello", lines[0])
    assert re.fullmatch(stamp + "rtt0/2: two", lines[1])
    assert re.fullmatch(stamp + "rtt0: zero", lines[2])
    rtt.daemon.tcl(f"rtt log stop {path}")
    rtt.poke("command", TERMINALS)
    time.sleep(0.3)
    assert len(path.read_text().splitlines()) == 3
    assert "no log" in rtt.daemon.fails(f"rtt log stop {path}")


def test_a_cortex_m7_with_its_block_in_dtcm(tmp_path, firmware, make_board, make_daemon):
    """The search ends where each RAM ends, and finds the block again after the boot ROM has run."""
    board = make_board(name="mimxrt1064-evk")
    daemon = make_daemon(*board_arguments(board, 10000))
    r = Rtt(board, daemon, firmware, tmp_path)
    daemon.tcl(f"program {firmware('rt1064_rtt')}; reset halt")
    port = r.serve(0)
    daemon.tcl("rtt start; resume")
    client = r.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    daemon.tcl("reset run")
    assert receive(client, len(BANNER)) == BANNER
    assert "data cache" not in daemon.text
    r.close()


@pytest.mark.parametrize("kind", ["jtag", "st-link-v2-1", "jlink", "cmsis-dap-hid"])
def test_every_kind_of_probe_and_wire(tmp_path, firmware, make_board, make_daemon, kind):
    """Batches of other sizes, memory accesses that the probe's own firmware makes, JTAG."""
    if kind == "jtag":
        board = make_board()
        arguments = [a.replace("select swd", "select jtag") for a in board_arguments(board)]
        daemon = make_daemon(*arguments)
    else:
        board = make_board(usb=[kind])
        interface = {"st-link-v2-1": "stlink", "jlink": "jlink"}.get(kind, "cmsis-dap")
        daemon = make_daemon("-f", f"interface/{interface}.cfg", "-c", "transport select swd; adapter speed 4000",
                             "-f", "target/stm32l4x.cfg", env=board.usb_env)
    r = Rtt(board, daemon, firmware, tmp_path)
    kept, Rtt.in_flash = Rtt.in_flash, None
    port, data_port = r.serve(0), r.serve(1)
    r.running()
    Rtt.in_flash = kept
    client = r.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    client.sendall(b"echo" * 50)
    assert receive(client, 200) == b"echo" * 50
    r.poke("flood_bytes", 16384)
    data_client = r.connect(data_port)
    r.poke("command", FLOOD)
    assert words_of(receive(data_client, 16384)) == tuple(range(4096))
    r.close()


def test_lost_probe_and_back(tmp_path, firmware, make_board, make_daemon):
    board = make_board(usb=["debugprobe"])
    daemon = make_daemon("-f", "interface/cmsis-dap.cfg", "-c", "transport select swd; adapter speed 4000",
                         "-f", "target/stm32l4x.cfg", env=board.usb_env)
    r = Rtt(board, daemon, firmware, tmp_path)
    Rtt.in_flash, kept = None, Rtt.in_flash
    port = r.serve(0)
    r.running()
    client = r.connect(port)
    assert receive(client, len(BANNER)) == BANNER
    board.ctl("usb unplug")
    daemon.expect("is gone")
    client.sendall(b"hello ")
    board.ctl("usb replug")
    wait_for(lambda: "OK" in daemon.tcl("if {![catch {adapter reconnect}]} {set x OK}"), "the probe", PATIENCE)
    client.sendall(b"again")
    assert receive(client, 11) == b"hello again"
    r.close()
    Rtt.in_flash = kept
