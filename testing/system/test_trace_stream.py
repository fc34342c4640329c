# SPDX-License-Identifier: GPL-2.0-or-later
"""The merged stream: everything the program tells, in one place, with time and losses."""
import json
import re
import socket
import struct

import pytest

from kit import Board, Daemon, board_arguments, wait_for

PATIENCE = 20


@pytest.fixture(scope="module")
def bench(tmp_path_factory, firmware):
    tmp = tmp_path_factory.mktemp("stream")
    board = Board(tmp)
    daemon = Daemon(*board_arguments(board), cwd=tmp)
    yield board, daemon, tmp
    daemon.stop()
    board.stop()


def start(daemon, firmware, name="rtt"):
    daemon.tcl("rtt stop; trace stop")
    daemon.tcl(f"program {firmware(name)}")
    daemon.tcl("mww 0x20000000 0 0x6000; reset halt; rtt start")


def receive_until(s, mark):
    data = b""
    while mark not in data:
        chunk = s.recv(65536)
        assert chunk, data
        data += chunk
    return data


def stream_port(daemon, options=""):
    before = len(daemon.text)
    daemon.tcl(f"trace stream 0 {options}")
    port = int(re.search(r"Listening on port (\d+) for trace connections", daemon.text[before:]).group(1))
    s = socket.create_connection(("localhost", port), timeout=60)
    wait_for(lambda: f"{port} {{clients 1" in daemon.tcl("trace status"), "the client")
    return s, port


def test_text_json_and_binary_say_the_same(bench, firmware):
    _, daemon, tmp = bench
    start(daemon, firmware)
    path = tmp / "stream.txt"
    daemon.tcl(f"trace stream {path}")
    as_json, port = stream_port(daemon, "-format json")
    as_bin, _ = stream_port(daemon, "-format bin")
    daemon.tcl("resume")
    record = json.loads(receive_until(as_json, b"\n").split(b"\n")[0])
    assert record["source"] == "rtt" and record["channel"] == 0 and record["text"] == "rtt: hello\n"
    assert record["target"] == "stm32l4x.cpu" and record["t"] > 0
    data = receive_until(as_bin, b"hello\n")
    magic, source, _, _, channel, value, host_ns, _, n = struct.unpack("<4sBBHIIQQI", data[:36])
    assert (magic, source, channel, value, n) == (b"PTTR", 0, 0, 0, 11)
    assert data[40:] == b"rtt: hello\n"
    assert abs(host_ns / 1e9 - record["t"]) < 1e-6
    wait_for(lambda: re.search(r"^\[ *\d+\.\d{6}\] rtt0: rtt: hello$", path.read_text(), re.M), "the line")
    daemon.tcl(f"trace stop {port}")
    assert as_json.recv(1) == b""
    daemon.tcl("trace stop")
    assert as_bin.recv(1) == b""
    assert daemon.tcl("dict get [trace status] outputs") == ""
    as_json.close()
    as_bin.close()


def test_only_what_was_asked_for(bench, firmware):
    _, daemon, tmp = bench
    start(daemon, firmware)
    both, others = tmp / "both.txt", tmp / "others.txt"
    daemon.tcl(f"trace stream {both} -source semihosting,rtt -format json; "
               f"trace stream {others} -source {{itm pc}}; resume")
    wait_for(lambda: "rtt: hello" in both.read_text(), "the record")
    daemon.tcl("trace stop")
    assert others.read_text() == ""


def test_semihosting_is_in_the_stream_too(bench, firmware):
    _, daemon, _ = bench
    start(daemon, firmware, "semi")
    daemon.tcl("arm semihosting enable")
    s, _ = stream_port(daemon, "-format json")
    daemon.tcl("resume")
    record = json.loads(receive_until(s, b"}\n").split(b"\n")[0])
    assert record["source"] == "semihosting" and record["text"] == "hello from the target"
    assert int(daemon.tcl("dict get [trace status] semihosting records")) >= 1
    daemon.tcl("trace stop; halt; arm semihosting disable")
    s.close()


def test_a_client_that_does_not_read_loses_whole_records(bench, firmware):
    _, daemon, _ = bench
    start(daemon, firmware, "semi")
    daemon.tcl("trace stream 0 -format json")
    port = int(re.findall(r"Listening on port (\d+) for trace connections", daemon.text)[-1])
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("localhost", port))
    wait_for(lambda: f"{port} {{clients 1" in daemon.tcl("trace status"), "the client")
    start_firmware = firmware("rtt")
    daemon.tcl(f"adapter speed 24000; program {start_firmware}; reset halt; rtt start; resume")
    wait_for(lambda: daemon.tcl("rtt status").startswith("state found"), "the block")
    nm = __import__("subprocess").check_output(["arm-none-eabi-nm", start_firmware], text=True)
    where = {name: int(re.search(rf"^(\w+) \w {name}$", nm, re.M).group(1), 16)
             for name in ("flood_bytes", "command", "flood_mode")}
    daemon.tcl(f"mww {where['flood_bytes']:#x} 0xfffffff0; mww {where['command']:#x} 1")

    def dropped():
        return int(re.search(r"dropped (\d+)", daemon.tcl("dict get [trace status] outputs")).group(1))
    wait_for(dropped, "a drop", 30)
    daemon.tcl("halt; rtt stop")
    assert daemon.text.count(f"does not read port {port}") == 1
    s.settimeout(60)
    data = b""
    while b"semihosting" not in data and len(data) < 100000:
        data += s.recv(65536)
    for line in data.split(b"\n")[:-1]:
        assert json.loads(line)["source"] in ("rtt", "loss"), line
    daemon.tcl("trace stop")
    s.close()


def test_what_cannot_be_is_said(bench):
    _, daemon, tmp = bench
    assert "already" in daemon.fails(f"trace stream {tmp}/a; trace stream {tmp}/a")
    assert "No such file" in daemon.fails("trace stream /nonexistent/dir/file")
    assert "console" in daemon.fails("trace stream - -format bin")
    assert "json" in daemon.fails(f"trace stream {tmp}/b -format xml")
    assert 'no source "rt": the sources are rtt, itm' in daemon.fails(f"trace stream {tmp}/b -source itm,rt")
    assert "names no source" in daemon.fails(f"trace stream {tmp}/b -source {{}}")
    assert "usage" in daemon.fails(f"trace stream {tmp}/b -source")
    assert "does not go" in daemon.fails("trace stop 12345")
    daemon.tcl("trace stop")
    assert "rtt {records" in daemon.tcl("trace status")
