# SPDX-License-Identifier: GPL-2.0-or-later
"""How a core stops and what GDB is told: faults, lock-ups, halts that nobody asked for."""
import re

import pytest

from kit import Board, Daemon, Gdb, board_arguments, made_once, wait_for
from rsp_client import Rsp

EXTENDED = "target extended-remote"
PROGRAMS = {"nucleo-l476rg": "fault", "nucleo-g0b1": "g0b1_fault", "nucleo-u575": "u575_fault"}


class Bench:
    def __init__(self, tmp, name, firmware):
        self.elf = firmware(PROGRAMS[name])
        self.board = Board(tmp, "--deterministic", name=name)
        self.daemon = Daemon(*board_arguments(self.board), cwd=tmp)
        self.gdb = Gdb(self.daemon)
        self.daemon.tcl(f"program {self.elf}")

    def run(self, *commands, connect=EXTENDED):
        return self.gdb.run(["monitor reset halt", "maintenance flush register-cache", *commands],
                            elf=self.elf, connect=connect)

    def fault(self, select, *commands, catch="faults"):
        """What GDB shows of a fault that is caught, and what the log says of it."""
        before = len(self.daemon.text)
        out = self.run(f"monitor cortex_m vector_catch {catch}", "tbreak main", "continue",
                       f"set var select = {select}", "continue", *commands,
                       "monitor cortex_m vector_catch none")
        self.daemon.tcl("version")
        return out.split("Temporary breakpoint 1, main")[1], self.daemon.text[before:]

    def stop(self):
        self.daemon.stop()
        self.board.stop()


@pytest.fixture(scope="module")
def benches(tmp_path_factory, firmware):
    with made_once(lambda name: Bench(tmp_path_factory.mktemp(name), name, firmware)) as get:
        yield get


CAUSES = [
    ("nucleo-l476rg", "SELECT_DIV0", r"HardFault \(escalated UsageFault\) at 0x[0-9a-f]{8}: a division by "
     r"zero \(DIVBYZERO\); instruction: sdiv .*: look at the divisor"),
    ("nucleo-l476rg", "SELECT_BUS", r"\(PRECISERR\): a load from 0x60000000; instruction: ldr .*; lr 0x\w+, "
     r"sp 0x\w+ \[CFSR 0x00008200, HFSR 0x40000000\]: look at the pointer"),
    ("nucleo-l476rg", "SELECT_NO_FPU", r"\(NOCP\).*: enable the FPU in CPACR"),
    ("nucleo-u575", "SELECT_UNDEFINED", r"\(UNDEFINSTR\): opcode 0xde00.*: look for overwritten code"),
    ("nucleo-u575", "SELECT_NO_THUMB", r"\(INVSTATE\).*: look for a function pointer"),
    ("nucleo-g0b1", "SELECT_BUS", r"HardFault at 0x[0-9a-f]{8}: a load from 0x60000000: unaligned, or nothing "
     r"answers there; instruction: ldr"),
    ("nucleo-g0b1", "SELECT_UNALIGNED", r"HardFault at 0x[0-9a-f]{8}: a load from 0x2\w+[13579bdf]: unaligned"),
    ("nucleo-g0b1", "SELECT_UNDEFINED", r"HardFault at 0x[0-9a-f]{8}: an undefined instruction: opcode 0xde00"),
    ("nucleo-g0b1", "SELECT_NO_THUMB", r"HardFault at 0x[0-9a-f]{8}: a jump to an even address"),
]


@pytest.mark.parametrize("board, select, message", CAUSES)
def test_a_caught_fault_is_told_before_the_stop_and_logged_once(benches, board, select, message):
    out, log = benches(board).fault(select, "backtrace", "stepi", "stepi")
    found = re.search(message, out)
    assert found, out
    assert found.end() < out.index("received signal SIGTRAP") < out.index("#0 "), out
    assert out.index("#1  <signal handler called>")
    assert len(re.findall("HardFault (?:at|.escalated)", out)) == 1, out
    assert len(re.findall(message, log)) == 1, log
    if select != "SELECT_NO_THUMB":         # there is no frame to find where that one ran
        assert re.search(r"#\d+ .*(?:fault|divide) \((?:which|a)=", out), out


def test_a_second_fault_of_the_same_kind_is_told_again(benches):
    bench = benches("nucleo-l476rg")
    out, log = bench.fault("SELECT_DIV0", "monitor reset halt", "maintenance flush register-cache",
                           "tbreak main", "continue", "set var select = SELECT_DIV0", "continue")
    assert out.count("DIVBYZERO") == 2 and log.count("DIVBYZERO") == 2, out


# Core, what GDB is told exists, what must not be there.
REGISTERS = [
    ("nucleo-g0b1", ["msp", "psp", "primask", "control"], ["basepri", "faultmask", "d0", "msplim", "msp_ns"]),
    ("nucleo-l476rg", ["basepri", "faultmask", "d15", "fpscr"], ["msplim", "msp_ns", "d16"]),
    ("nucleo-u575", ["msplim", "psplim", "basepri", "d15"], ["d16", "msp_s"]),
]


@pytest.mark.parametrize("board, there, absent", REGISTERS)
def test_the_registers_of_each_core(benches, board, there, absent):
    out = benches(board).run("info registers all")
    names = re.findall(r"^(\w+) +(?:0x|\d|-|\{|<unav)", out, re.M)
    assert set(there) <= set(names), out
    assert not set(absent) & set(names), out
    assert "<unavailable>" not in out, out


def test_a_lockup_stops_and_says_what_it_is(benches):
    out, log = benches("nucleo-l476rg").fault("SELECT_LOCKUP", catch="none")
    assert re.search(r"Lockup: a fault inside the HardFault or NMI handler", out), out
    assert out.index("Lockup") < out.index("received signal SIGSEGV")
    assert log.count("Lockup: a fault") == 1, log


def test_a_halt_inside_a_handler_explains_the_fault(benches):
    bench = benches("nucleo-l476rg")
    bench.run("tbreak main", "continue", "set var select = SELECT_UNDEFINED", "detach")
    bench.daemon.tcl("resume; sleep 20")
    before = len(bench.daemon.text)
    out = bench.gdb.run(["info registers pc"], elf=bench.elf)
    assert "HardFault_Handler" in out or "stay" in out, out
    bench.daemon.tcl("version")
    assert bench.daemon.text[before:].count("UNDEFINSTR") == 1


def test_the_catch_of_reset_is_a_vector_too(benches):
    out = benches("nucleo-l476rg").run("monitor cortex_m vector_catch reset", "monitor fault catch",
                                       "monitor cortex_m vector_catch none", "monitor fault catch faults")
    assert re.search(r"reset: catch", out) and re.search(r"hard_err: ignore", out)
    assert out.count("reset: catch") == 2 and re.findall(r"hard_err: (\w+)", out)[-1] == "catch"
    assert "secure_err" not in out


def test_a_gdb_without_a_core_has_its_console(make_board, make_daemon, make_gdb, firmware):
    board = make_board()
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl(f"program {firmware('blink')}")
    daemon.tcl("halt")
    board.ctl("power off")
    wait_for(lambda: "trying to reexamine" in daemon.text, "the loss of the core")
    gdb = make_gdb(daemon)
    gdb.start(firmware("blink"), connect=EXTENDED)
    gdb.send("monitor echo {still here}")
    gdb.expect("not examined yet, refuse gdb connection 1!: ")
    gdb.expect("monitor. commands work")
    gdb.expect("still here")
    daemon.expect(r"Error: Target \S+ not examined yet, refuse gdb connection 1!: .+")
    gdb.send("attach 1")
    gdb.expect("Attaching to Remote target failed|failed")
    gdb.send("monitor echo {and here}")
    gdb.expect("and here")
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {halt}") == "0", "the target to come back")
    gdb.send("attach 1")
    gdb.expect(r"0x[0-9a-f]{8} in|\w+\.[chS]:\d+")       # wherever it was halted
    gdb.send("monitor reset halt")
    gdb.send("tbreak main")
    gdb.send("run")
    gdb.expect("Temporary breakpoint 1, main")
    gdb.send("info registers msp")
    gdb.expect("msp +0x2")


def test_a_core_that_vanishes_is_told_once(make_board, make_daemon, make_gdb, firmware):
    """With an error in place of the stop GDB, when it came from a breakpoint, resumed again for ever."""
    board = make_board()
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl(f"program {firmware('blink')}; reset halt")
    gdb = make_gdb(daemon)
    gdb.start(firmware("blink"))
    gdb.send("tbreak step")
    gdb.send("continue")
    gdb.expect("Temporary breakpoint 1, step")
    gdb.send("continue")
    wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "running", "the core to run")
    board.ctl("power off")
    gdb.expect("received signal SIGLOST, Resource lost")
    gdb.send("continue")
    gdb.expect("received signal SIGLOST, Resource lost")
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {halt}") == "0", "the target to come back")
    gdb.send("monitor reset halt")
    gdb.send("tbreak main")
    gdb.send("continue")
    gdb.expect("Temporary breakpoint 2, main")


def test_without_extended_mode_it_is_refused(make_board, make_daemon, make_gdb):
    board = make_board()
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("halt")
    board.ctl("power off")
    wait_for(lambda: "trying to reexamine" in daemon.text, "the loss of the core")
    assert "Remote connection closed" in make_gdb(daemon).run(["info registers"])
    daemon.expect(r"Error: Target \S+ not examined yet, refuse gdb connection 1!: .+")


def test_a_halt_is_one_round_trip(benches):
    """Registers, the reason, and the guarded debug bits come together."""
    bench = benches("nucleo-l476rg")
    bench.daemon.tcl("debug_bits policy exit; reset run; halt; resume; poll off")
    trips = []
    for _ in range(3):
        before = bench.board.stats()["round_trips"]
        bench.daemon.tcl("halt")
        bench.daemon.tcl("reg pc")
        trips.append(bench.board.stats()["round_trips"] - before)
        bench.daemon.tcl("resume")
    bench.daemon.tcl("poll on; debug_bits policy detach")
    assert trips == [1, 1, 1]


def test_a_stop_nearby_is_two_round_trips_and_a_step_one(benches):
    """The resume sees the halt, one more fetches the registers; a step brings the next instruction along."""
    bench = benches("nucleo-l476rg")
    client = Rsp(bench.daemon.gdb_port)

    def trips(*packets):
        before = bench.board.stats()["round_trips"]
        for packet in packets:
            answer = client.ask(packet)
        return bench.board.stats()["round_trips"] - before, answer

    def pc():
        return int.from_bytes(bytes.fromhex(client.ask("pf").decode()), "little")

    client.monitor("reset halt")
    assert client.ask(f"Z1,{pc():x},2") == b"OK"
    assert min(trips("vCont;c", "g") for _ in range(4))[0] == 2     # a poll in the background may add one
    assert client.ask(f"z1,{pc():x},2") == b"OK"
    steps = []
    for _ in range(4):
        line = pc() & ~63
        steps.append(trips("vCont;s", "g", f"m{line:x},40"))
        assert bytes.fromhex(steps[-1][1].decode()) == bench.board.memory(line, 64)
    client.close()
    assert min(steps)[0] == 1


def test_a_load_tells_its_rate_and_what_held_it_back(benches, firmware):
    bench = benches("nucleo-l476rg")
    out = bench.gdb.run(["load", "monitor echo next"], elf=firmware("blink"))
    rate = re.search(r"^load: (\d+) bytes in \d+\.\d+ s \([\d.]+ KiB/s\), (\d+) sectors? erased.*; held back by "
                     r"the (flash|wire|USB)$", out, re.M)
    assert rate and int(rate.group(1)) > 500 and int(rate.group(2)) > 0, out
    assert rate.end() < out.index("next")
    bench.daemon.tcl(f"program {bench.elf}")


def test_a_guarded_word_that_does_not_answer_stops_no_halt(make_board, make_daemon, firmware):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl(f"program {firmware('blink')}")
    daemon.tcl("reset run; debug_bits add 0x60000000 1 {no such register}")
    for _ in range(3):
        text = daemon.tcl("capture {halt}")
        assert "halted due to debug-request" in text, text
        assert int(daemon.tcl("dict get [get_reg pc] pc"), 16) >= 0x08000000
        daemon.tcl("resume; sleep 5")
    board.ctl("reset")                      # seen, though the batch that saw it first failed
    daemon.tcl("halt")
    daemon.expect("external reset detected")
