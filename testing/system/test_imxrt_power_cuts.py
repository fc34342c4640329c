# SPDX-License-Identifier: GPL-2.0-or-later
"""The supply fails at every single step of a small write and of a burn: whoever comes next, with a new
daemon, is told what was found and completes it."""
import re

import pytest

from imxrt import FIRMWARE, HYPER, ROM, RT1064, WINDOWS
from kit import board_arguments

FUSE = 0x80000107       # five bits


def restart(board):
    board.ctl("power on")
    board.ctl("run 20000000")


@pytest.mark.parametrize("kind, fewest", [("erase", 3), ("program", 8)])
def test_every_step_of_a_write(make_board, make_daemon, firmware, tmp_path, kind, fewest):
    name = RT1064
    base = WINDOWS[name]
    data = firmware(f"{FIRMWARE[name]}_blink").with_suffix(".bin").read_bytes()
    pages = [data[at:at + 256] for at in range(0, len(data), 256)]
    data = b"".join(page if any(page) else b"\xff" * len(page) for page in pages)    # few steps
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    command = f"flash write_image erase {path} {base:#x} bin"
    board = make_board("--deterministic", "--preset", "good", name=name)
    for step in range(1, 100):
        board.ctl("preset good")
        board.ctl("run 20000000")
        first = make_daemon(*board_arguments(board))
        first.tcl("poll off; halt; flash probe 0")
        board.ctl(f"power-off-at {step} {kind}")
        result = first.tcl(f"catch {{{command}}} result; set result")
        first.stop()
        if "wrote" in result:
            break
        assert "flash write failed" in result and "power" in result, result
        restart(board)
        assert board.ctl("state")["pc"] in ROM, f"{kind} {step}: what is half written was started"
        second = make_daemon(*board_arguments(board))
        second.tcl("poll off; halt")
        told = second.tcl("flexspi doctor")
        assert "a write was interrupted" in told, f"{kind} {step}: {told}"
        assert "wrote" in second.tcl(command), second.text
        assert "interrupted; the chip does not boot until" in second.text, f"{kind} {step}: {second.text}"
        assert board.memory(base, len(data)) == data
        second.stop()
    assert step > fewest, f"only {step - 1} steps were cut"


def test_the_erase_of_a_hyperflash(make_board, make_daemon, firmware):
    board = make_board("--deterministic", "--preset", "good", name=HYPER)
    path = firmware(f"{FIRMWARE[HYPER]}_blink").with_suffix(".bin")
    command = f"flash write_image erase {path} {WINDOWS[HYPER]:#x} bin"
    board.ctl("run 20000000")
    first = make_daemon(*board_arguments(board))
    first.tcl("poll off; halt; flash probe 0")
    board.ctl("power-off-at 1 erase")
    assert "power" in first.fails(command)
    first.stop()
    restart(board)
    second = make_daemon(*board_arguments(board))
    second.tcl("poll off; halt")
    assert "wrote" in second.tcl(command), second.text
    assert "is damaged: an earlier erase or write was interrupted" in second.text


def test_every_bit_of_a_burn(make_board, make_daemon, tmp_path):
    for cut in range(1, 10):
        (tmp_path / f"fuses{cut}").mkdir()
        log = f"ocotp log {tmp_path}/fuses{cut}/probed-fuses.log"
        board = make_board("--deterministic", "--preset", "good", name=RT1064)
        first = make_daemon(*board_arguments(board))
        plan = first.tcl(f"poll off; {log}; ocotp program GP1 {FUSE:#x}")
        token = re.search(r"confirm (\S+)", plan).group(1)
        board.ctl(f"power-off-at {cut} burn")
        result = first.tcl(f"catch {{ocotp program GP1 {FUSE:#x} confirm {token}}} result; set result")
        first.stop()
        if "burnt:" in result:
            break
        assert "debug power was lost" in result, result
        restart(board)
        burnt = int(board.ctl("fuses")["result"]["words"]["0x660"]["fuse"], 16)
        assert bin(burnt).count("1") == cut
        second = make_daemon(*board_arguments(board))
        told = second.tcl(f"poll off; {log}; ocotp read GP1")
        assert "was cut off" in told, told
        if burnt == FUSE:
            assert "all of its bits are burnt" in told
            assert "nothing to burn" in second.fails(f"ocotp program GP1 {FUSE:#x}")
        else:
            assert f"0x{burnt:08x} are burnt and 0x{FUSE & ~burnt:08x} are not" in told, told
            plan = second.tcl(f"ocotp program GP1 {FUSE:#x}")
            token = re.search(r"confirm (\S+)", plan).group(1)
            assert "burnt:" in second.tcl(f"ocotp program GP1 {FUSE:#x} confirm {token}")
            assert "cut off" not in second.tcl("ocotp read GP1")
        assert int(board.ctl("fuses")["result"]["words"]["0x660"]["fuse"], 16) == FUSE
        second.stop()
    assert cut == 6
