# SPDX-License-Identifier: GPL-2.0-or-later
"""Breakpoints and watchpoints at GDB's prompt: conditions in the server, more breakpoints than comparators,
what a watchpoint has seen."""
import re

import pytest

from kit import Board, Daemon, Gdb, board_arguments


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A board and a daemon that all tests of this file share."""
    tmp = tmp_path_factory.mktemp("breaks")
    board = Board(tmp, "--deterministic")
    daemon = Daemon(*board_arguments(board), cwd=tmp)
    yield board, daemon, Gdb(daemon)
    daemon.stop()
    board.stop()


def test_a_condition_is_evaluated_in_the_server(bench, firmware):
    """GDB hears of one stop; evaluated by GDB it is one for every call."""
    _, _, gdb = bench
    run = ["load", "tbreak main", "continue"]
    counted = ["break step if n == 40", "set debug remote 1", "continue", "set debug remote 0", "print n",
               "print counter"]
    server = gdb.run([*run, *counted], elf=firmware("blink"))
    host = gdb.run([*run, "set breakpoint condition-evaluation host", *counted], elf=firmware("blink"))
    for out in (server, host):
        assert "$1 = 40\n$2 = 40" in out, out
    assert server.count("Packet received: T05hwbreak") == 1, server
    assert host.count("Packet received: T05hwbreak") == 41
    assert server.count("Sending packet") * 10 < host.count("Sending packet")
