# SPDX-License-Identifier: GPL-2.0-or-later
"""The wire, the probe and the supply misbehave: one clear error each, and the daemon lives on."""
import re

import pytest

from kit import wait_for

RAM = 0x20000000


def assert_lives_on(daemon):
    """The next command works, and memory reads what was written."""
    daemon.tcl(f"mww {RAM:#x} 0x12345678")
    assert "12345678" in daemon.tcl(f"capture {{mdw {RAM:#x}}}")


def test_a_short_wait_storm_is_ridden_out(board, daemon):
    daemon.tcl("halt")
    board.ctl("inject wait 3 20")
    assert_lives_on(daemon)
    assert board.stats()["waits"] >= 20


def test_a_long_wait_storm_is_reported_and_survived(board, daemon):
    daemon.tcl("halt; poll off")
    board.ctl("inject wait 0 100000000")
    text = daemon.fails(f"mdw {RAM:#x}")
    board.ctl("inject wait 0 0")
    assert "WAIT" in text or "busy" in text, text
    daemon.tcl("poll on")
    assert_lives_on(daemon)


@pytest.mark.parametrize("kind", ["fault", "parity", "no-ack"])
def test_one_bad_transfer_is_an_error_or_retried_never_wrong(board, daemon, kind):
    daemon.tcl("halt; poll off")
    daemon.tcl(f"mww {RAM:#x} 0xcafe0001")
    board.ctl(f"inject {kind} 1 1")
    result = daemon.tcl(f"list [catch {{read_memory {RAM:#x} 32 4}} text] $text")
    if result.startswith("0"):
        assert "0xcafe0001" in result
    else:
        assert len(result) > 20, f"an error with no words: {result}"
    assert_lives_on(daemon)


def test_a_dead_line_gets_one_diagnosis(board, make_daemon):
    from kit import board_arguments
    board.ctl("power off")
    daemon = make_daemon(*board_arguments(board), ready=False)
    assert daemon.wait() == 1
    errors = re.findall(r"^Error: .*", daemon.text, re.M)
    assert 1 <= len(errors) <= 3, daemon.text
    assert re.search(r"power|wiring", daemon.text), daemon.text


def test_power_that_fails_is_noticed_and_comes_back(board, daemon):
    daemon.tcl("halt")
    board.ctl("power off")
    text = daemon.fails(f"mdw {RAM:#x}")
    assert re.search(r"power|wiring|no answer|ACK", text), text
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {halt}") == "0", "the target to come back")
    assert_lives_on(daemon)


def test_probe_unplugged_and_plugged_in_again(board, daemon):
    daemon.tcl("halt")
    board.ctl("unplug")
    text = daemon.fails(f"mdw {RAM:#x}")
    assert re.search(r"probe|connection", text), text
    assert "reconnect" in text + daemon.text
    assert daemon.tcl("expr {6 * 7}") == "42"
    board.ctl("replug")
    daemon.tcl("adapter reconnect")
    daemon.tcl("halt")
    assert_lives_on(daemon)


def test_unplugged_under_gdb_gives_an_error_not_a_hang(board, gdb, daemon, firmware):
    gdb.start(firmware("blink"))
    gdb.send("print 1+1")
    gdb.expect(r"\$1 = 2")
    board.ctl("unplug")
    gdb.send("x/4x 0x20001000")
    gdb.expect(r"Cannot access memory|rror|lost", timeout=30)
    assert daemon.tcl("expr 1") == "1"


def test_an_unmapped_address_is_named_exactly(daemon):
    daemon.tcl("halt")
    text = daemon.fails("read_memory 0x20017ff8 32 16")
    assert re.search(r"0x20018000|0x60000000", text) or "0x200" in text, text
    text = daemon.fails("read_memory 0x60000010 32 1")
    assert "0x60000010" in text, text
    assert_lives_on(daemon)


def test_power_cut_in_a_flash_write_says_what_was_not_done(board, daemon, firmware):
    board.ctl("fail-after 200 power")
    text = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert len(text) > 30, text
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {reset halt}") == "0", "the target to come back")
    daemon.tcl(f"flash write_image erase {firmware('big')}")
    daemon.tcl(f"flash verify_image {firmware('big')}")


def test_flight_recorder_shows_the_last_transfers(daemon, tmp_path):
    daemon.tcl("halt")
    daemon.tcl(f"mww {RAM:#x} 0x5eed5eed")
    daemon.tcl(f"flight dump {tmp_path}/flight.txt")
    assert "5eed5eed" in (tmp_path / "flight.txt").read_text()
    daemon.tcl(f"flight vcd {tmp_path}/flight.vcd")
    assert "$enddefinitions" in (tmp_path / "flight.vcd").read_text()
