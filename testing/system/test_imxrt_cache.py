# SPDX-License-Identifier: GPL-2.0-or-later
"""A debugger and the L1 caches of the Cortex-M7: what the core wrote and what memory holds differ."""
import pytest

from imxrt import RT1024, RT1064, plain_target, word

CCR, IC, DC = 0xe000ed14, 1 << 17, 1 << 16
OCRAM, DTCM = 0x20208000, 0x20000000


@pytest.fixture(params=[RT1064, RT1024])
def halted(request, make_board, make_daemon):
    """Board and daemon, the core halted in the ROM with both caches on."""
    board = make_board("--deterministic", name=request.param)
    daemon = make_daemon(*plain_target(board))
    daemon.tcl("reset halt")
    daemon.tcl("mww 0xe000ed94 0; mww 0xe000ef50 0")
    daemon.tcl(f"mww {CCR:#x} {IC | DC | 0x200:#x}")
    return board, daemon


def in_memory(board, addr):
    return int.from_bytes(bytes.fromhex(board.ctl(f"read {addr:#x} 4")["data"]), "little")


def run_code(daemon, at, halfwords, **registers):
    """Executes until the BKPT at the end."""
    for n, op in enumerate((*halfwords, 0xbe00)):
        daemon.tcl(f"mwh {at + 2 * n:#x} {op:#x}")
    for name, value in registers.items():
        daemon.tcl(f"reg {name} {value:#x}")
    daemon.tcl(f"resume {at:#x}; wait_halt 1000")


STR, LDR = 0x6001, 0x6801       # r1, [r0]


def test_the_debugger_sees_what_the_core_wrote(halted):
    board, daemon = halted
    before = in_memory(board, OCRAM)
    run_code(daemon, DTCM, [STR], r0=OCRAM, r1=0x12345678)
    assert in_memory(board, OCRAM) == before != 0x12345678      # a dirty line
    assert word(daemon, OCRAM) == 0x12345678


def test_the_core_sees_what_the_debugger_wrote(halted):
    _, daemon = halted
    daemon.tcl(f"mww {OCRAM:#x} 1")
    run_code(daemon, DTCM, [LDR], r0=OCRAM)
    assert "0x00000001" in daemon.tcl("reg r1")
    daemon.tcl(f"mww {OCRAM:#x} 0xcafe")                        # the line is in the cache
    run_code(daemon, DTCM, [LDR], r0=OCRAM)
    assert "0x0000cafe" in daemon.tcl("reg r1")
    run_code(daemon, DTCM, [STR], r0=OCRAM + 4, r1=0xbabe)      # dirty, and a neighbour is written
    daemon.tcl(f"mww {OCRAM:#x} 0xbeef")
    run_code(daemon, DTCM, [LDR], r0=OCRAM + 4)
    assert "0x0000babe" in daemon.tcl("reg r1")
    assert word(daemon, OCRAM) == 0xbeef


def test_new_code_runs_where_old_code_ran(halted):
    _, daemon = halted
    for value in (1, 2, 3):
        run_code(daemon, OCRAM, [0x2200 | value], r2=0)         # movs r2, #value
        assert f"0x0000000{value}" in daemon.tcl("reg r2")


def test_a_software_breakpoint_in_code_that_is_cached(halted):
    _, daemon = halted
    run_code(daemon, OCRAM, [0x2201, 0x2202, 0x2203], r2=0)     # everything is in the I-cache
    daemon.tcl(f"bp {OCRAM + 4:#x} 2")
    daemon.tcl(f"resume {OCRAM:#x}; wait_halt 1000")
    assert f"{OCRAM + 4:#x}"[2:] in daemon.tcl("reg pc")
    assert "0x00000002" in daemon.tcl("reg r2")
    daemon.tcl(f"rbp {OCRAM + 4:#x}")
    daemon.tcl("resume; wait_halt 1000")
    assert "0x00000003" in daemon.tcl("reg r2")
