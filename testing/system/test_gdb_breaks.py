# SPDX-License-Identifier: GPL-2.0-or-later
"""Breakpoints and watchpoints at GDB's prompt: conditions in the server, more breakpoints than comparators,
what a watchpoint has seen."""
import re
import subprocess

import pytest

from kit import BOARD, Board, Daemon, Gdb, board_arguments, wait_for
from rsp_client import Rsp, frame

FLASH = 0x08000000
PAGE = 0x800


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A board and a daemon that the tests of this file share."""
    tmp = tmp_path_factory.mktemp("breaks")
    board = Board(tmp, "--deterministic")
    daemon = Daemon(*board_arguments(board), "-c", "stm32l4x.cpu configure -gdb-max-connections 2",
                    cwd=tmp)
    yield board, daemon, Gdb(daemon)
    daemon.stop()
    board.stop()


def symbol(elf, name):
    out = subprocess.run(["arm-none-eabi-nm", str(elf)], stdout=subprocess.PIPE, check=True).stdout.decode()
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", out, re.M).group(1), 16)


def reason(daemon):
    return daemon.tcl("[target current] debug_reason")


def pc(daemon):
    return int(daemon.tcl("lindex [reg pc] end"), 16)


def instructions(elf, function):
    """Addresses of a function's instructions, up to its return."""
    out = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex", f"disassemble {function}", str(elf)],
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    found = []
    for address, text in re.findall(r"^ +(0x[0-9a-f]+) <\+\d+>:\t(.*)$", out, re.M):
        found.append(int(address, 16))
        if text.startswith("bx\tlr") or (text.startswith("pop") and "pc}" in text):
            return found
    raise AssertionError(out)


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


def test_a_condition_that_cannot_be_evaluated_stops(bench, firmware):
    _, daemon, gdb = bench
    out = gdb.run(["load", "tbreak main", "continue", "break step if 100 / (n - 3) == 7",
                   "continue", "print n"], elf=firmware("blink"))
    assert "Division by zero" in out and "$1 = 3" in out, out
    assert "(it divides by zero)" in daemon.text
    out = gdb.run(["monitor gdb_report_data_abort enable", "break step if *(int *) 0x30000000 == 7", "continue",
                   "monitor gdb breakpoints"], elf=firmware("blink"))
    assert "(memory cannot be read)" in daemon.text
    assert re.search(r"conditions: \d+ evaluated, \d+ stops passed over, [1-9]", out), out


def test_conditions_of_two_gdbs(bench, firmware):
    """What one of them wants without a condition stops; a condition can be changed; Ctrl-C gets through."""
    _, daemon, gdb = bench
    gdb.run(["load"], elf=firmware("blink"))
    step = symbol(firmware("blink"), "step")
    one, two = Rsp(daemon.gdb_port), Rsp(daemon.gdb_port)
    for client in (one, two):
        assert b"ConditionalBreakpoints+" in client.ask("qSupported:swbreak+;hwbreak+")
    stop = b"T05hwbreak:;thread:1;"
    assert one.ask(f"Z1,{step:x},2;X3,220027") == b"OK"     # never
    assert two.ask(f"Z1,{step:x},2") == b"OK"
    one.send(frame("vCont;c"))
    assert one.packet() == stop
    assert two.ask(f"z1,{step:x},2") == b"OK"
    one.send(frame("vCont;c"))
    assert one.is_quiet(0.2)
    one.send(b"\x03")
    assert one.packet().startswith(b"T02")
    assert one.ask(f"Z1,{step:x},2;X3,220127") == b"OK"     # always
    one.send(frame("vCont;c"))
    assert one.packet() == stop
    assert one.ask(f"Z1,{step:x},2;X3,220027") == b"OK"     # changed: never again
    one.send(frame("vCont;c"))
    assert one.is_quiet(0.2)
    one.send(b"\x03")
    assert one.packet().startswith(b"T02")
    assert one.ask(f"Z1,{step:x},2;X3,220027X3,220127") == b"OK"    # one of two
    one.send(frame("vCont;c"))
    assert one.packet() == stop
    for bad in ("X3,2201", "X", "Y", "X3,22zz27", "cmds:0,X3,220127", "Xffffffff,22"):
        assert one.ask(f"Z1,{step:x},2;{bad}").startswith(b"E"), bad
    assert one.ask(f"z1,{step:x},2") == b"OK"
    one.close()
    two.close()


SHOWN = 'printf "at %x\\n", $pc'


def stops(text):
    return [int(a, 16) for a in re.findall(r"^at ([0-9a-f]+)$", text, re.M)]


def every_second(board, daemon, elf, first, count):
    """A breakpoint on every second instruction of three functions (GDB itself finds one that is a step away):
    each is hit in its turn, as stepping shows it, and the flash is written twice: in and out."""
    gdb = Gdb(daemon)
    places = [a for f in ("square", "sum_of_squares", "step") for a in instructions(elf, f)]
    assert len(places) > 16, places
    places = places[first::2]
    gdb.run(["load"], elf=elf)
    clean = board.memory(FLASH, 2 * PAGE)
    start = ["monitor reset halt", "break *step", "continue", "delete"]
    end = ["print counter", "print squares", "print origin.x", "info registers"]
    walk = stops(gdb.run([*start, *[SHOWN, "stepi"] * 4 * count], elf=elf))
    passed = [i for i, pc in enumerate(walk) if pc in places]
    passed = [i for i in passed if i > 0]
    stepped = gdb.run([*start, f"stepi {passed[count - 1]}", *end], elf=elf)
    before = board.stats()["flash_page_erases"]
    ran = gdb.run(["monitor gdb breakpoint_flash enable", *start, *(f"break *{a:#x}" for a in places),
                   *[SHOWN, "continue"] * count, *end, "compare-sections", "x/4i step",
                   "monitor gdb breakpoints"], elf=elf)
    daemon.tcl("gdb breakpoint_flash disable")
    assert stops(ran)[1:] == [walk[i] for i in passed][:count - 1], ran
    assert set(re.findall(r"^\$\d.*|^r\d+ .*|^sp .*|^lr .*|^pc .*|^xpsr .*", ran, re.M)) == \
        set(re.findall(r"^\$\d.*|^r\d+ .*|^sp .*|^lr .*|^pc .*|^xpsr .*", stepped, re.M))
    assert "MIS-MATCHED" not in ran and "bkpt" not in ran
    assert re.search(r"sector at 0x08000\d00: erased \d+ times? for them", ran), ran
    assert board.memory(FLASH, 2 * PAGE) == clean
    assert board.stats()["flash_page_erases"] == before + 2


def test_more_breakpoints_than_comparators(bench, firmware):
    board, daemon, _ = bench
    for first in (0, 1):
        every_second(board, daemon, firmware("blink"), first, 32)


@pytest.mark.parametrize("name,program", [("nucleo-g0b1", "g0b1_blink"), ("nucleo-u575", "u575_blink")])
def test_breakpoints_in_flash_of_other_cores(make_board, make_daemon, firmware, name, program):
    """v6-M and v8-M."""
    board = make_board("--deterministic", name=name)
    daemon = make_daemon(*board_arguments(board))
    for first in (0, 1):
        every_second(board, daemon, firmware(program), first, 20)


def test_a_watchpoint_tells_who_did_what(bench, firmware):
    """On the console and at GDB's prompt: old and new value, and the instruction, which PC is behind."""
    _, daemon, gdb = bench
    elf = firmware("watch")
    show = "monitor gdb breakpoints"
    out = gdb.run(["load", "break main", "continue", "delete", "watch watched", "continue", show, "continue",
                   show], elf=elf)
    at = symbol(elf, "watched")
    told = re.findall(rf'watchpoint: store to {at:#010x} by "(str[^"]*)" at (0x[0-9a-f]+) '
                      r"\(the core stops behind it\), value (0x\w+) -> (0x\w+)", out)
    assert [t[2:] for t in told] == [("0x00000000", "0x00000001"), ("0x00000001", "0x00000002")], out
    pc = symbol(elf, "write_watched")
    assert all(pc <= int(t[1], 16) < pc + 16 for t in told)
    daemon.tcl(f"reset halt; wp {at:#x} 4 r; resume; sleep 20; halt; rwp all")
    daemon.tcl(f"wp {symbol(elf, 'read_only'):#x} 4 r; resume; wait_halt 2000; rwp all")
    daemon.expect(rf'watchpoint: load from {symbol(elf, "read_only"):#010x} by "ldr[^"]*" at .*'
                  r"value still 0x00001234")


def test_verbs_of_openocd(bench, firmware):
    _, daemon, gdb = bench
    gdb.run(["load"], elf=firmware("blink"))
    daemon.tcl("reset halt")
    step = symbol(firmware("blink"), "step")
    assert daemon.tcl(f"bp {step:#x} 2 hw") == f"breakpoint set at {step:#010x}"
    assert daemon.tcl("bp") == f"Breakpoint(IVA): {step:#010x}, 0x2, 0"
    assert "Duplicate Breakpoint address" in daemon.fails(f"bp {step:#x} 2 hw")
    assert "do not exist on Cortex-M" in daemon.fails(f"bp {step:#x} 1 2 hw_ctx")
    assert "do not exist on Cortex-M" in daemon.fails(f"bp {step:#x} 1 2")
    assert "length" in daemon.fails(f"bp {step + 4:#x} 4 hw")
    daemon.tcl("wp 0x20000000 4 w; wp 0x20000000 4 r")
    assert daemon.tcl("wp") == "\n".join(f"address: 0x20000000, len: 0x00000004, r/w/a: {k}, value: "
                                         "0x00000000, mask: 0xffffffff" for k in (1, 0))
    daemon.tcl("rbp all; rwp all")
    assert daemon.tcl("bp") == daemon.tcl("wp") == ""


def test_the_refusal_names_the_way_out(bench, firmware):
    _, daemon, gdb = bench
    out = gdb.run(["load", *(f"hbreak *(square + {4 * i})" for i in range(7)), "continue", "monitor echo x"],
                  elf=firmware("blink"))
    assert re.search(r"all 6 hardware breakpoint comparators are in use \(0x0.*\).*gdb breakpoint_flash "
                     r"enable", daemon.text), daemon.text[-2000:]
    assert "breakpoint_flash enable" in out, out


def path(elf):
    """More places than the comparators can have, though one comparator takes two neighbours."""
    return instructions(elf, "step") + instructions(elf, "sum_of_squares")


def patched(daemon, elf):
    """A client whose breakpoints are in, at its first stop."""
    daemon.tcl("gdb breakpoint_flash enable; reset halt")
    client = Rsp(daemon.gdb_port)
    for a in path(elf):
        assert client.ask(f"Z1,{a:x},2") == b"OK"
    client.send(frame("vCont;c"))
    assert client.packet().startswith(b"T05")
    return client


def test_a_lost_gdb_leaves_clean_flash_and_a_running_program(bench, firmware):
    board, daemon, gdb = bench
    elf = firmware("blink")
    gdb.run(["load"], elf=elf)
    clean = board.memory(FLASH, PAGE)
    client = patched(daemon, elf)
    assert board.memory(FLASH, PAGE) != clean
    for a in path(elf):
        assert client.ask(f"z1,{a:x},2") == b"OK"
    client.send(frame("vCont;c"))       # what is left in flash does not stop it
    assert client.is_quiet(0.2)
    client.close()
    wait_for(lambda: board.memory(FLASH, PAGE) == clean, "the flash to be restored")
    wait_for(lambda: daemon.tcl("[target current] curstate") == "running", "it runs on")
    counter = symbol(elf, "counter")
    before = daemon.tcl(f"read_memory {counter:#x} 32 1")
    wait_for(lambda: daemon.tcl(f"read_memory {counter:#x} 32 1") != before, "it counts")


def test_a_load_over_breakpoints_in_flash(bench, firmware):
    board, daemon, gdb = bench
    gdb.run(["load"], elf=firmware("blink"))
    client = patched(daemon, firmware("blink"))
    out = daemon.tcl(f"flash write_image erase {firmware('watch')}; verify_image {firmware('watch')}")
    assert "verified" in out or "verified" in daemon.text, out
    new = board.memory(FLASH, PAGE)
    client.close()
    wait_for(lambda: "dropped 'gdb'" in daemon.text, "the end of the session")
    assert daemon.tcl("gdb breakpoints").count("in flash,") == 0
    assert board.memory(FLASH, PAGE) == new


def test_killed_daemon_and_power_cut(make_board, make_daemon, firmware, tmp_path):
    board = make_board("--deterministic")
    arguments = board_arguments(board)
    elf = firmware("blink")
    daemon = make_daemon(*arguments)
    Gdb(daemon).run(["load"], elf=elf)
    clean = board.memory(FLASH, PAGE)
    patched(daemon, elf)
    daemon.process.kill()
    daemon.process.wait()
    journal = tmp_path / ".probed-breakpoints.log"
    lines = journal.read_text()
    assert board.memory(FLASH, PAGE) != clean and " done " in lines

    daemon = make_daemon(*arguments)
    daemon.expect(r"breakpoints of an earlier session are still in flash")
    step = symbol(elf, "step")
    shown = daemon.tcl(f"read_memory {step:#x} 16 2").split()
    assert "0xbe00" not in shown
    assert daemon.tcl("gdb breakpoint_flash restore") == ""
    assert board.memory(FLASH, PAGE) == clean
    assert not journal.exists()
    daemon.stop()

    journal.write_text("\n".join(line for line in lines.splitlines() if " done " not in line) + "\n")
    journal.chmod(0o600)
    for at in range(0, PAGE, 256):
        board.ctl(f"write {FLASH + at:#x} {'ff' * 256}")
    daemon = make_daemon(*arguments)
    daemon.expect(r"was cut off: .gdb breakpoint_flash restore. writes back")
    daemon.tcl("halt; gdb breakpoint_flash restore")
    assert board.memory(FLASH, PAGE) == clean
    assert not journal.exists()
    daemon.stop()

    # The same board type on the same bench, but another chip: its flash is left alone.
    other, count = re.subn(r"/[0-9a-f]{24} ", "/0123456789abcdef01234567 ", lines)
    assert count == len(lines.splitlines())
    journal.write_text("\n".join(line for line in other.splitlines() if " done " not in line) + "\n")
    journal.chmod(0o600)
    board.ctl(f"write {FLASH:#x} {'00' * 256}")
    now = board.memory(FLASH, PAGE)
    daemon = make_daemon(*arguments)
    daemon.tcl("halt; gdb breakpoint_flash restore")
    assert board.memory(FLASH, PAGE) == now and "cut off" not in daemon.text
    assert journal.exists()


@pytest.mark.parametrize("name,program", [(BOARD, "breaks"), ("nucleo-u575", "u575_breaks")])
def test_a_watchpoint_that_compares_a_value(make_board, make_daemon, firmware, name, program):
    """Of many stores to one place the one with this value stops, and no other."""
    board = make_board("--deterministic", name=name)
    daemon = make_daemon(*board_arguments(board))
    at = symbol(firmware(program), "rounds")
    Gdb(daemon).run(["load"], elf=firmware(program))
    # The program stores words: a halfword of the same value is another access.
    daemon.tcl(f"reset halt; wp {at:#x} 2 w 5; resume; sleep 30; halt; rwp all; reset halt")
    daemon.tcl(f"wp 0x20000800 4 w; wp 0x20000804 4 w; wp {at:#x} 4 w 300")
    assert daemon.tcl("wp").splitlines()[2] == (
        f"address: {at:#010x}, len: 0x00000004, r/w/a: 1, value: 0x0000012c, mask: 0x00000000")
    assert f"4 bytes at {at:#010x}, write of 0x0000012c" in daemon.tcl("gdb breakpoints")
    daemon.tcl("resume; wait_halt 5000")
    assert reason(daemon) == "watchpoint"
    assert int(daemon.tcl(f"read_memory {at:#x} 32 1"), 0) == 300
    daemon.expect(rf"watchpoint: store to {at:#010x} .*0x0000012c")
    daemon.tcl("resume; sleep 30; halt")
    assert reason(daemon) == "debug-request"
    # A load; and without a value every store stops again.
    now = int(daemon.tcl(f"read_memory {at:#x} 32 1"), 0)
    daemon.tcl(f"rwp all; wp {at:#x} 4 r {now + 20}; resume; wait_halt 5000")
    assert int(daemon.tcl(f"read_memory {at:#x} 32 1"), 0) == now + 20
    daemon.tcl(f"rwp all; wp {at:#x} 4 w; resume; wait_halt 5000")
    assert int(daemon.tcl(f"read_memory {at:#x} 32 1"), 0) == now + 21


def test_what_cannot_compare_a_value_says_so(bench, make_board, make_daemon):
    _, daemon, _ = bench
    daemon.tcl("halt")
    assert "leaves a part of the 4 bytes out" in daemon.fails("wp 0x20000000 4 w 5 0xffffff00")
    assert "1, 2 or 4 bytes at a multiple" in daemon.fails("wp 0x20000002 4 w 5")
    assert "1, 2 or 4 bytes at a multiple" in daemon.fails("wp 0x20000000 3 w 5")
    daemon.tcl("wp 0x20000000 1 w 5 0xffffff00; wp 0x20000010 4 w 5 0xffffffff")
    assert "2 of the 4 comparators, one of them comparator 1, 1 are free" in daemon.fails("wp 0x20000020 4 w 5")
    daemon.tcl("rwp all")
    assert daemon.tcl("wp") == ""
    board = make_board("--deterministic", name="nucleo-g0b1")
    daemon = make_daemon(*board_arguments(board))
    assert "Cortex-M0+ watchpoints compare addresses, not data values" in daemon.fails("halt; wp 0x20000000 4 w 5")
    assert daemon.tcl("wp") == ""


@pytest.fixture
def awkward(bench, firmware):
    """The program with the awkward places, in flash, its core held in reset, no breakpoints; its symbols."""
    board, daemon, gdb = bench
    elf = firmware("breaks")
    gdb.run(["load"], elf=elf)
    daemon.tcl("reset halt")
    yield board, daemon, gdb, lambda name: symbol(elf, name)
    daemon.tcl("halt; rbp all; rwp all; gdb breakpoint_flash disable")


def test_a_breakpoint_at_the_reset_vector(awkward):
    """After reset halt the core stands on it and leaves it; the next reset comes to it."""
    _, daemon, _, at = awkward
    start = at("Reset_Handler")
    daemon.tcl(f"bp {start:#x} 2 hw; reset halt")
    assert pc(daemon) == start
    daemon.tcl("resume; sleep 20")
    assert daemon.tcl("[target current] curstate") == "running"
    daemon.tcl("reset run; wait_halt 2000")
    assert (pc(daemon), reason(daemon)) == (start, "breakpoint")
    daemon.tcl("reset halt; step")
    assert pc(daemon) in (start + 2, start + 4)


def test_a_breakpoint_on_wfi(awkward):
    """It stops there each time round; a step over it does not wait for an interrupt (the step ends the sleep)."""
    _, daemon, _, at = awkward
    daemon.tcl(f"bp {at('doze'):#x} 2 hw")
    for turn in (1, 2, 3):
        daemon.tcl("resume; wait_halt 2000")
        assert (pc(daemon), reason(daemon)) == (at("doze"), "breakpoint")
        assert int(daemon.tcl(f"read_memory {at('rounds'):#x} 32 1"), 0) == turn
    daemon.tcl("step")
    assert pc(daemon) == at("doze") + 2


def test_stepping_through_a_loop_of_ldrex_and_strex(awkward):
    """The reservation of this board's core outlives a debug stop (others may lose it: the manual says so)."""
    _, daemon, _, at = awkward
    daemon.tcl(f"bp {at('take'):#x} 2 hw; bp {at('take') + 6:#x} 2 hw; resume; wait_halt 2000")
    before = int(daemon.tcl(f"read_memory {at('owned'):#x} 32 1"), 0)
    for _ in range(5):
        daemon.tcl("step")
    assert pc(daemon) == at("take_end")
    assert int(daemon.tcl(f"read_memory {at('owned'):#x} 32 1"), 0) == before + 1
    daemon.tcl("resume; wait_halt 2000; resume; wait_halt 2000; rbp all")
    daemon.tcl(f"bp {at('take_end'):#x} 2 hw; resume; wait_halt 2000")
    assert int(daemon.tcl(f"read_memory {at('owned'):#x} 32 1"), 0) == before + 2


def test_breakpoints_in_flash_within_an_it_block(awkward):
    """A BKPT is not conditional: it stops for the instruction that is passed over, too, as a comparator does.
    What the instructions compute does not depend on where the breakpoints are."""
    board, daemon, _, at = awkward
    block = ("choose_lo", "choose_hs", "choose_end")
    names = {at(name): name for name in block}

    def walk():
        seen = []
        for _ in range(12):
            daemon.tcl("resume; wait_halt 2000")
            seen.append((names[pc(daemon)], daemon.tcl("lindex [reg r0] end")))
        return seen

    for name in block:
        daemon.tcl(f"bp {at(name):#x} 2 hw")
    compared = walk()
    assert [n for n, _ in compared] == list(block) * 4
    clean = board.memory(FLASH, PAGE)
    daemon.tcl("rbp all; reset halt; gdb breakpoint_flash enable")
    for name in block:
        daemon.tcl(f"bp {at(name):#x} 2 hw")
    for i in range(6):      # the oldest go into flash
        daemon.tcl(f"bp {FLASH + 0x400 + 8 * i:#x} 2 hw")
    assert walk() == compared
    patched = board.memory(FLASH, PAGE)
    written = [FLASH + i for i in range(0, PAGE, 2) if patched[i:i + 2] != clean[i:i + 2]]
    assert written[:3] == [at(name) for name in block]
    daemon.tcl("rbp all; gdb breakpoint_flash disable")
    assert board.memory(FLASH, PAGE) == clean


def test_a_watchpoint_hit_under_a_breakpoint_that_is_stepped_over(awkward):
    """The instruction at the breakpoint is the one that stores: leaving it is a stop of its own."""
    _, daemon, _, at = awkward
    daemon.tcl(f"bp {at('store'):#x} 2 hw; resume; wait_halt 2000; wp {at('chosen'):#x} 4 w")
    for _ in range(3):
        assert (pc(daemon), reason(daemon)) == (at("store"), "breakpoint")
        daemon.tcl("resume; wait_halt 2000")
        assert (pc(daemon), reason(daemon)) == (at("store_end"), "watchpoint")
        daemon.tcl("resume; wait_halt 2000")
