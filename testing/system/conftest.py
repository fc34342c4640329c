# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the system tests. Every test gets its own board and daemon on free ports, so tests run
in parallel. The parts are in kit.py."""
import pytest

from kit import (Board, Daemon, Gdb, board_arguments, build_firmware, has_usb_emulation,  # noqa: F401
                 wait_for)


@pytest.fixture(scope="session")
def firmware():
    """firmware("blink") is the ELF of testing/firmware/blink.c, built once."""
    return build_firmware()


@pytest.fixture
def make_board(tmp_path):
    """make_board("--deterministic", ...) starts another board; all are stopped after the test."""
    boards = []

    def make(*options, **kwargs):
        if kwargs.get("usb") and not has_usb_emulation():
            pytest.skip("umockdev's preload library is not installed (libumockdev0)")
        folder = tmp_path / f"board{len(boards)}"
        folder.mkdir()
        boards.append(Board(folder, *options, **kwargs))
        return boards[-1]
    yield make
    for board in boards:
        board.stop()


@pytest.fixture
def make_daemon(tmp_path):
    """make_daemon("-c", "...") starts probed with these arguments after the port settings."""
    daemons = []

    def make(*arguments, **kwargs):
        daemons.append(Daemon(*arguments, cwd=tmp_path, **kwargs))
        return daemons[-1]
    yield make
    for daemon in reversed(daemons):
        daemon.stop()


@pytest.fixture
def board(make_board):
    return make_board()


@pytest.fixture
def daemon(board, make_daemon):
    return make_daemon(*board_arguments(board))


@pytest.fixture
def gdb(daemon):
    gdb = Gdb(daemon)
    yield gdb
    gdb.stop()


@pytest.fixture
def make_gdb():
    """make_gdb(daemon): a second GDB, or one for a daemon of the test's own."""
    gdbs = []

    def make(daemon):
        gdbs.append(Gdb(daemon))
        return gdbs[-1]
    yield make
    for gdb in gdbs:
        gdb.stop()
