# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard of the debug bits (DBGMCU): set at attach, set again when the program clears them, put back when
the last GDB or the daemon leaves; and what is said when the chip then sleeps."""
import re
import subprocess
import time

import pytest

from kit import BUILD, board_arguments, wait_for
from rsp_client import Rsp

RAM = 0x20000000
CR, FZ = 0xE0042004, 0xE0042008
# board: DBGMCU_CR and its bits, freeze register, clock of both
PLACES = {
    "nucleo-l476rg": (CR, 7, FZ, None), "nucleo-g474": (CR, 7, FZ, None),
    "nucleo-wb55": (CR, 7, 0xE004203C, None), "nucleo-u575": (0xE0044004, 6, 0xE0044008, None),
    "nucleo-l552": (0xE0044004, 6, 0xE0044008, None),
    "nucleo-g0b1": (0x40015804, 6, 0x40015808, (0x4002103C, 1 << 27)),
}
HELP = subprocess.run([BUILD / "probed-vboard", "--help"], stdout=subprocess.PIPE, check=False,
                      text=True).stdout
START = f"set_reg {{pc {RAM:#x} xPSR 0x01000000 primask 1}}; resume"


def word(daemon, address):
    return int(daemon.tcl(f"read_memory {address:#x} 32 1"), 0)


def load_code(daemon, *words):
    daemon.tcl("reset halt; write_memory %#x 32 {%s}" % (RAM, " ".join(f"{w:#x}" for w in words)))


def loop(daemon):
    load_code(daemon, 0xE7FEE7FE)                       # b .


def clears_debug_bits(daemon, address=CR):
    """ldr r0, =address; movs r1, #0; str r1, [r0]; b ."""
    load_code(daemon, 0x21004802, 0xE7FE6001, 0, address)


def clears_and_stops(daemon):
    """The same with WFI in its loop; SLEEPDEEP and LPMS = Stop 2 are set already (RM0351 5.4.1)."""
    load_code(daemon, 0x21004802, 0xBF306001, 0xBF00E7FD, CR)
    daemon.tcl("mmw 0x40021058 0x10000000 0; mww 0x40007000 0x202; mww 0xe000ed10 4")


@pytest.fixture
def bus(make_daemon):
    """bus(board, address, ...): words of the bus, read by a daemon that knows no core."""
    def read(board, *addresses):
        daemon = make_daemon("-f", "interface/cmsis-dap-tcp.cfg", "-c",
                             f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
                             "-c", "transport select swd; adapter speed 4000; swd newdap x cpu; "
                             "dap create x.dap -chain-position x.cpu; "
                             "target create x.bus mem_ap -dap x.dap -ap-num 0", ready=False)
        daemon.tcl_port = daemon.port("tcl")
        words = [word(daemon, address) for address in addresses]
        daemon.stop()
        return words
    return read


@pytest.mark.parametrize("name", [n for n in PLACES if re.search(rf"^  {n} ", HELP, re.M)])
def test_bits_are_set_at_attach_and_put_back_at_the_end(make_board, make_daemon, bus, name):
    board = make_board(name=name)
    cr, bits, fz, clock = PLACES[name]
    daemon = make_daemon(*board_arguments(board))
    assert word(daemon, cr) & bits == bits
    assert word(daemon, fz) & 0x1800 == 0x1800
    if clock:
        assert word(daemon, clock[0]) & clock[1]
        daemon.tcl("reset halt")                        # takes the clock away
        assert word(daemon, clock[0]) & clock[1]
        assert word(daemon, cr) & bits == bits
    listed = daemon.tcl("[target current] debug_bits list")
    assert f"address {cr:#010x} bits {bits:#010x} guarded {bits:#010x} before 0x00000000" in listed
    daemon.stop()
    if clock:                                           # off as it was: the registers show only with it
        assert bus(board, clock[0])[0] & clock[1] == 0
    else:
        assert [value & mask for value, mask in zip(bus(board, cr, fz), (7, 0x1800))] == [0, 0]


def test_what_the_program_clears_is_set_again_and_told_once(daemon):
    clears_debug_bits(daemon)
    daemon.tcl(START)
    daemon.expect(r"debug in Sleep, Stop and Standby \(DBGMCU_CR\), 0xe0042004 = 0x00000000: cleared by the "
                  "application")
    assert word(daemon, CR) == 7
    for _ in range(2):                                  # again, at the next halt, without a word
        daemon.tcl(f"halt; {START}; sleep 20; halt")
        assert word(daemon, CR) == 7
    assert daemon.text.count("cleared by the application") == 1
    assert word(daemon, FZ) == 0x1800


def test_a_user_may_clear_them(daemon):
    daemon.tcl("reset halt; mww 0xe0042004 0")
    assert "are cleared as you say" in daemon.text
    loop(daemon)
    daemon.tcl(f"{START}; sleep 700; halt")
    assert word(daemon, CR) == 0
    assert word(daemon, FZ) == 0x1800
    daemon.tcl("debug_bits apply")
    assert word(daemon, CR) == 7


def test_other_bits_of_the_word_stay_with_their_owner(daemon, board, bus):
    daemon.tcl("mmw 0xe0042004 0x20 0")                 # TRACE_IOEN
    daemon.stop()
    assert bus(board, CR) == [0x20]


def test_the_last_gdb_takes_them_along_and_the_first_brings_them(daemon):
    loop(daemon)
    daemon.tcl("[target current] configure -gdb-max-connections 2")
    first, second = Rsp(daemon.gdb_port), Rsp(daemon.gdb_port)
    first.ask("?"), second.ask("?")
    daemon.tcl(START)
    assert word(daemon, CR) == 7
    first.socket.close()
    daemon.expect("dropped 'gdb' connection")
    assert word(daemon, CR) == 7                        # the other one is still there
    second.socket.close()
    wait_for(lambda: (word(daemon, CR), word(daemon, FZ)) == (0, 0), "the bits to be put back")
    daemon.tcl("sleep 700")
    assert word(daemon, CR) == 0                        # and nobody sets them meanwhile
    daemon.tcl("halt")
    assert word(daemon, FZ) == 0x1800                   # a halted core needs its watchdogs frozen
    daemon.tcl("resume")
    assert word(daemon, FZ) == 0
    third = Rsp(daemon.gdb_port)
    third.ask("?")
    assert word(daemon, CR) == 7
    third.socket.close()


@pytest.mark.parametrize("policy, after_gdb, after_end", [("exit", 7, 0), ("keep", 7, 7)])
def test_the_policy_says_when(daemon, board, bus, policy, after_gdb, after_end):
    loop(daemon)
    assert daemon.tcl("debug_bits policy") == "detach"
    daemon.tcl(f"debug_bits policy {policy}")
    gdb = Rsp(daemon.gdb_port)
    gdb.ask("?")
    daemon.tcl(START)
    gdb.socket.close()
    daemon.expect("dropped 'gdb' connection")
    daemon.tcl("sleep 300")
    assert word(daemon, CR) == after_gdb
    daemon.stop()
    assert bus(board, CR) == [after_end]


def test_a_real_gdb_detaches_and_the_chip_sleeps_with_one_message(daemon, board, bus, gdb):
    clears_and_stops(daemon)
    daemon.tcl("mww 0x20000004 0xbf00bf30")             # wfi; nop: the bits are left as they are
    daemon.tcl("mww 0x20000008 0xbf00e7fc")
    daemon.tcl(f"[target current] configure -event gdb-detach {{{START}}}")
    gdb.run(["detach"])
    daemon.expect(r"stm32l4x\.cpu sleeps, it seems: its debug bits were put back when GDB left")
    told = len(daemon.text)
    time.sleep(2)
    assert daemon.text.count("sleeps, it seems") == 1
    assert "Warn" not in daemon.text[told:] and "Error" not in daemon.text[told:], daemon.text[told:]
    assert "could not be put back" not in daemon.text
    daemon.stop()
    board.ctl("reset")                                  # keeps DBGMCU, wakes the chip
    assert bus(board, CR, FZ) == [0, 0]


def test_a_program_that_clears_them_and_stops_is_told_once_and_found_again(make_daemon, board):
    daemon = make_daemon(*board_arguments(board), "-c",
                         "reset_config srst_only srst_nogate connect_assert_srst")
    clears_and_stops(daemon)
    daemon.tcl(START)
    daemon.expect(r"sleeps \(Stop, Standby\), it seems, after its application has cleared the debug bits")
    daemon.tcl("reset halt")
    assert daemon.tcl("[target current] curstate") == "halted"
    assert word(daemon, CR) == 7
    assert daemon.text.count("it seems") == 1


def test_an_old_script_s_mmw_is_guarded_too(make_daemon, board, bus):
    daemon = make_daemon(*board_arguments(board)[:-2], "-c", "swd newdap x cpu -irlen 4; "
                         "dap create x.dap -chain-position x.cpu; target create x.cpu cortex_m -dap x.dap; "
                         "x.cpu configure -event examine-end { mmw 0xE0042004 0x00000007 0 }")
    assert word(daemon, CR) == 7
    clears_debug_bits(daemon)
    daemon.tcl(START)
    daemon.expect("cleared by the application")
    assert word(daemon, CR) == 7
    daemon.stop()
    assert bus(board, CR) == [0]


def test_polling_pays_nothing_for_it(make_board, make_daemon):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    loop(daemon)
    daemon.tcl(START + "; poll off; sleep 600")

    def cost():
        before = board.stats()["round_trips"]
        daemon.tcl("[target current] arp_poll")
        return board.stats()["round_trips"] - before
    first, second = cost(), cost()
    assert first <= second + 1                          # one more when a look is due
    assert second == 1


def test_a_hardware_watchdog_is_said_at_attach(make_board, make_daemon):
    board = make_board("--preset", "iwdg-hw") if "iwdg-hw" in HELP else make_board()
    daemon = make_daemon(*board_arguments(board))
    if "iwdg-hw" not in HELP:
        daemon.tcl("reset halt; stm32l4x option_write 0 0x20 0 0x10000; stm32l4x option_load 0")
        daemon.stop()
        daemon = make_daemon(*board_arguments(board))
    assert daemon.text.count("the independent watchdog starts with every reset (option IWDG_SW = 0)") == 1


def test_wrong_words_are_explained(daemon):
    assert "not a multiple of 4" in daemon.fails("debug_bits add 0xe0042005 1")
    assert "is not guarded" in daemon.fails("debug_bits remove 0xe0042010")
    assert "detach" in daemon.fails("debug_bits policy never")
    assert "takes detach, exit or keep" in daemon.fails("[target current] configure -debug-bits never")
    daemon.tcl("[target current] configure -debug-bits exit")
    assert daemon.tcl("debug_bits policy") == "exit" == daemon.tcl("[target current] cget -debug-bits")
