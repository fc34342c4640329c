# SPDX-License-Identifier: GPL-2.0-or-later
"""The OTP area as a bank: read like a flash, written once, by plan and token."""
import re

import pytest

from kit import board_arguments

# board: number of its OTP bank, base, bytes, bytes of a unit
AREAS = {"nucleo-l476rg": (1, 0x1FFF7000, 1024, 8), "nucleo-g0b1": (1, 0x1FFF7000, 1024, 8),
         "nucleo-u575": (2, 0x0BFA0000, 512, 16), "nucleo-l552": (2, 0x0BFA0000, 512, 8),
         "nucleo-wb55": (1, 0x1FFF7000, 1024, 8)}


@pytest.mark.parametrize("name", AREAS)
def test_otp_is_planned_confirmed_and_written_once(make_board, make_daemon, tmp_path, name):
    number, base, size, unit = AREAS[name]
    board = make_board("--deterministic", name=name)
    daemon = make_daemon(*board_arguments(board))
    path, dump = tmp_path / "otp.bin", tmp_path / "dump.bin"
    data = bytes(range(2 * unit))
    path.write_bytes(data)
    write = f"stm32l4x otp {number} write {path} {unit}"

    daemon.tcl("reset halt")
    daemon.tcl(f"flash read_bank {number} {dump}")
    assert dump.read_bytes() == b"\xff" * size
    assert "disabled for write" in daemon.fails(f"flash write_bank {number} {path}")
    plan = daemon.tcl(write)
    assert re.search(rf"s 1\.\.2 at {base + unit:#010x}: free: will be written, for ever", plan), plan
    token = re.search(r"confirm (\w+)$", plan).group(1)
    assert "does not belong" in daemon.fails(f"{write} confirm 00000000")
    daemon.tcl(f"flash read_bank {number} {dump}")
    assert dump.read_bytes() == b"\xff" * size          # until here nothing was written

    assert "written for ever, and verified" in daemon.tcl(f"{write} confirm {token}")
    daemon.tcl(f"flash read_bank {number} {dump}")
    assert dump.read_bytes()[unit:3 * unit] == data
    assert daemon.tcl(f"flash mdb {base + unit:#x} 4").split(": ")[1].split() == ["00", "01", "02", "03"]
    assert "nothing is left to write" in daemon.tcl(write)

    path.write_bytes(data[::-1] * 2)                    # over used and free units
    assert "used: can never be written again" in daemon.tcl(write)
    daemon.tcl(f"stm32l4x otp {number} enable")
    before = board.stats()["flash_programs"]
    text = daemon.fails(f"flash write_bank {number} {path} {unit}")
    assert "are used and can never be written again: the first is number 1" in text
    assert board.stats()["flash_programs"] == before
    path.write_bytes(b"\x00" * unit)                    # zeros over zeros' neighbours do not go either
    assert "is used and can never be written" in daemon.fails(f"flash write_bank {number} {path} {unit}")

    path.write_bytes(b"abc")
    assert f"of the {unit} bytes of the {unit}-byte units" in daemon.fails(f"flash write_bank {number} {path}")
    path.write_bytes(data)                              # what is there is left alone, the rest written
    daemon.tcl(f"flash write_bank {number} {path} {unit}; flash write_bank {number} {path} {3 * unit}; "
               f"flash verify_bank {number} {path} {3 * unit}")
    assert "flash erase failed: OTP cannot be erased" in daemon.fails(f"flash erase_sector {number} 0 0")
    plan = daemon.tcl(f"flash plan {path} {base + unit:#x}")
    assert "holds this already: left alone" in plan and "OTP cannot be erased" in plan
