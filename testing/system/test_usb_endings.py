# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes that hang or leave at a bad moment: what is said, and that the daemon ends when it is told to."""
import os
import re
import signal
import socket
import subprocess

import pytest

from kit import BUILD, PATIENCE, TOP, wait_for

KINDS = {"st-link-v2-1": "interface/stlink.cfg", "jlink": "interface/jlink.cfg", "mcu-link": "interface/cmsis-dap.cfg",
         "daplink": "interface/cmsis-dap.cfg"}
# Below what the drivers give a probe that does not answer, and far above what ending takes.
SOON = 5


@pytest.fixture
def attach(make_board, make_daemon):
    def start(kind, fault=None, ready=True):
        board = make_board(usb=[kind])
        if fault:
            board.ctl(f"usb fault {fault}")
        daemon = make_daemon("-f", KINDS[kind], "-c", "transport select swd; adapter speed 2000", "-f",
                             "target/stm32l4x.cfg", env=board.usb_env, ready=ready)
        if ready:
            daemon.tcl("adapter name")
        return board, daemon
    return start


@pytest.mark.parametrize("kind", KINDS)
def test_a_hung_probe_does_not_hold_up_the_end(attach, kind):
    board, daemon = attach(kind)
    daemon.tcl("poll off; halt")
    board.ctl("usb fault silent in 100")
    daemon.rpc.sendall(b"mdw 0x20000000 16\x1a")
    before = board.ctl("stats")
    while board.ctl("stats") == before:     # until the command is with the probe
        pass
    os.kill(daemon.process.pid, signal.SIGTERM)
    assert daemon.wait(SOON) == -signal.SIGTERM


@pytest.mark.parametrize("kind", KINDS)
def test_unplugged_by_its_first_answer(attach, kind):
    _, daemon = attach(kind, fault="unplug in 1 0", ready=False)
    assert daemon.wait() == 1
    assert "unplugged" in daemon.text and "in use" not in daemon.text, daemon.text


def test_a_farewell_that_nobody_answers_is_no_loss(attach):
    board, daemon = attach("st-link-v2-1")
    daemon.tcl("poll off; halt")
    board.ctl("usb fault silent in 1")      # the first answer of the closing
    daemon.tcl("adapter reconnect")
    daemon.tcl("sleep 10; mww 0x20000000 0x12345678")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}")
    assert "is gone" not in daemon.text, daemon.text


def test_ctrl_c_at_gdbs_terminal_loses_no_slow_probe(make_board, tmp_path):
    board = make_board(usb=["daplink"])
    log = tmp_path / "log"
    daemon = board.usb_start([BUILD / "probed", "-s", TOP / "tcl", "-f", "interface/cmsis-dap.cfg", "-c",
                              "transport select swd; adapter speed 2000; gdb_port pipe; tcl_port 0; "
                              f"telnet_port disabled; log_output {log}", "-f", "target/stm32l4x.cfg"],
                             stdin=subprocess.PIPE)
    try:
        wait_for(log.exists, "the log")
        port = wait_for(lambda: re.search(r"port (\d+) for tcl[\s\S]*processor detected", log.read_text()), "the start")
        board.ctl("usb fault late in 1 0 1000")
        wait_for(lambda: "late" not in str(board.ctl("usb list")), "a slow answer to a poll")
        daemon.process.send_signal(signal.SIGINT)
        with socket.create_connection(("localhost", int(port.group(1))), timeout=20 * PATIENCE) as rpc:
            rpc.sendall(b"read_memory 0xe000ed00 32 1\x1a")
            assert rpc.recv(100) == b"0x410fc241\x1a", log.read_text()
    finally:
        daemon.process.stdin.close()
        daemon.stop()
    assert "unplugged" not in log.read_text()


@pytest.mark.parametrize("fault", ["error out", "drop out", "short in 1 0 10"])
def test_a_report_that_gets_lost_is_not_the_end_of_a_hid_probe(attach, fault):
    board, daemon = attach("daplink")
    daemon.tcl("poll off; halt; mww 0x20000000 0x12345678")
    board.ctl(f"usb fault {fault}")
    daemon.tcl("catch {mdw 0x20000000 40}")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}"), daemon.text
    assert "unplugged" not in daemon.text, daemon.text


def test_one_bad_poll_does_not_end_a_capture(attach, tmp_path):
    board, daemon = attach("st-link-v2-1")
    daemon.tcl("poll off; halt")
    daemon.tcl(f"adapter swo start {tmp_path / 'swo'} 1000000")
    board.ctl("usb fault short in 1 0 1")
    wait_for(lambda: "; going on" in daemon.text, "the failed poll")
    status = daemon.tcl("adapter swo status")
    assert "state on" in status and "losses 1" in status, daemon.text
    board.ctl("usb fault short in 100 0 1")
    wait_for(lambda: "SWO capture has ended" in daemon.text, "the end")
    assert "state off" in daemon.tcl("adapter swo status")


@pytest.mark.parametrize("kind", KINDS)
def test_unplugged_while_it_is_opened_again(attach, kind):
    board, daemon = attach(kind)
    daemon.tcl("poll off; adapter auto_reconnect on; halt")
    board.ctl("usb fault unplug in 1 6")
    daemon.fails("adapter reconnect")
    daemon.expect("targets are out of reach")
    board.ctl("usb replug")
    daemon.expect("is back and open again")
    daemon.tcl("mww 0x20000000 0x12345678")
    assert "12345678" in daemon.tcl("capture {mdw 0x20000000}")
