# SPDX-License-Identifier: GPL-2.0-or-later
"""The queued transfers of src/adapter/usb.c: a C program that calls them, real libusb, an emulated probe
that stalls, errs and is pulled out."""
import subprocess

import pytest

from kit import BUILD

PROGRAM = BUILD / "testing/unit/test_usb"


def test_transfers_under_faults(make_board):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built: make check")
    board = make_board(usb=["mcu-link"])
    done = board.usb_run([PROGRAM], env={"CONTROL_PORT": str(board.ports["control"])})
    assert done.returncode == 0, done.stdout


def test_alone_it_is_skipped():
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built: make check")
    assert subprocess.run([PROGRAM], check=False, stderr=subprocess.DEVNULL).returncode == 77
