# SPDX-License-Identifier: GPL-2.0-or-later
"""The target script of another chip on a board: words, and no harm. A reset in the middle of a write."""
import threading

import pytest

from imxrt import RT1024, RT1064
from kit import PATIENCE, board_arguments, wait_for


def arguments(board, script):
    return ("-f", "interface/cmsis-dap-tcp.cfg",
            "-c", f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
            "-c", "transport select swd; adapter speed 4000",
            "-f", script, "-c", "reset_config srst_only srst_nogate")


def test_imxrt_script_on_an_stm32(make_board, make_daemon):
    board = make_board(name="nucleo-l476rg")
    daemon = make_daemon(*arguments(board, "target/imxrt10xx.cfg"))
    daemon.expect(r"no i\.MX RT10xx: those have a Cortex-M7.*use the target script")
    for command in ("imxrt identify", "flash probe 0", "flash erase_sector 0 0 0", "ocotp list",
                    "ocotp explain boot", "flexspi doctor", "imxrt rescue"):
        assert "no i.MX RT10xx" in daemon.fails(command), command
    report = daemon.tcl("imxrt doctor")
    assert "use the target script of the chip that is on the board" in report
    assert "rescue" not in report and "out of reach" not in report
    daemon.tcl("reset halt")
    assert daemon.tcl("imxrt10xx.cpu curstate") == "halted"


def test_stm32_script_on_an_imxrt(make_board, make_daemon):
    board = make_board("--preset", "good", name=RT1064)
    daemon = make_daemon(*arguments(board, "target/stm32l4x.cfg"))
    daemon.tcl("halt")
    for command in ("flash probe 0", "flash erase_sector 0 0 0", "stm32l4x mass_erase 0"):
        assert "no STM32 answers" in daemon.fails(command), command
    daemon.tcl("reset run")
    daemon.tcl("sleep 100; halt")
    # The program in the flash is what it was, and runs.
    assert int(daemon.tcl("dict get [get_reg pc] pc"), 16) >> 24 in (0x00, 0x20, 0x70)


@pytest.mark.parametrize("loader", (True, False), ids=("loader", "without"))
def test_a_reset_in_the_middle_of_a_write_is_told(make_board, make_daemon, tmp_path, loader):
    board = make_board(name=RT1024)
    no_ram = ("-c", "imxrt1024.cpu configure -event examine-end {} -event reset-end {} -work-area-size 0")
    daemon = make_daemon(*board_arguments(board), *(() if loader else no_ram))
    daemon.tcl("reset halt; flash probe 0")
    path = tmp_path / "noise.bin"
    path.write_bytes(bytes((i * 7 + i // 256) & 0xfe for i in range(0x100000)))
    answers = []
    writer = threading.Thread(target=lambda: answers.append(
        daemon.fails(f"flash write_image erase {path} 0x60010000 bin")))
    writer.start()
    wait_for(lambda: board.memory(0x60012000, 16) != b"\xff" * 16, "the write to begin")
    board.ctl("reset")
    writer.join(timeout=60 * PATIENCE)
    assert answers, "the write goes on"
    assert "was reset" in answers[0], answers[0]
    daemon.expect("the chip was reset while its flash was being accessed")
    # The chip began anew, and nothing of the session before it is in its way.
    assert "wrote" in daemon.tcl(f"reset halt; flash write_image erase {path} 0x60010000 bin")
    assert board.memory(0x60010000, 0x100000) == path.read_bytes()
