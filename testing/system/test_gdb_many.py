# SPDX-License-Identifier: GPL-2.0-or-later
"""Several clients on one core, GDBs, telnet and RPC: nobody reads what is no longer so, nobody stops a
core that another one runs, and reads of a running core do not disturb it."""
import re
import socket
import subprocess
import time

import pytest

from kit import Board, Daemon, Gdb, board_arguments, wait_for
from rsp_client import Rsp, frame

FLASH, RAM = 0x08000000, 0x20000000
FREE = 0x20010000               # RAM no program here uses
SPARE = 0x08010000              # flash no program here uses
MAX = "[target current] configure -gdb-max-connections"


@pytest.fixture(scope="module", name="shared")
def shared_board(tmp_path_factory, firmware):
    board = Board(tmp_path_factory.mktemp("board"))
    board.ctl(f"load {FLASH:#x} {firmware('watch').with_suffix('.bin')}")
    yield board
    board.stop()


@pytest.fixture(name="many")
def make_many(shared, tmp_path):
    """A daemon that takes four GDBs; the core stands at its reset."""
    shared.ctl("power off")
    shared.ctl("power on")
    daemon = Daemon(*board_arguments(shared), "-c", f"{MAX} 4", "-c", "init; reset halt", cwd=tmp_path)
    yield daemon
    daemon.stop()


@pytest.fixture(name="clients")
def make_clients(many):
    made = []

    def make(count=2):
        made.extend(Rsp(many.gdb_port) for _ in range(count))
        return made[-count:]
    yield make
    for client in made:
        client.close()


def symbol(firmware, name):
    out = subprocess.run(["arm-none-eabi-nm", str(firmware("watch"))], stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", out, re.M).group(1), 16) & ~1


def stop_reply(rsp):
    while (packet := rsp.packet()).startswith(b"O"):
        pass
    return packet


def go(rsp):
    rsp.send(frame("vCont;c"))
    assert rsp.is_quiet(0.1)


def word(rsp, address):
    return int.from_bytes(bytes.fromhex(rsp.ask(f"m{address:x},4").decode()), "little")


def poke(board, address, value):
    """A write that is not the daemon's: firmware, DMA."""
    board.ctl(f"write {address:#x} {value.to_bytes(4, 'little').hex()}")


def telnet(daemon, command):
    with socket.create_connection(("localhost", daemon.telnet_port), timeout=60) as s:
        s.sendall(command.encode() + b"\nexit\n")
        text = b""
        while chunk := s.recv(4096):
            text += chunk
    return text.decode(errors="replace")


# What one changes, all others see.

WRITERS = {
    "gdb": lambda daemon, a, value: a.ask(f"M{FREE:x},4:{value}"),
    "gdb-binary": lambda daemon, a, value: a.ask(b"X%x,4:" % FREE + bytes.fromhex(value)),
    "rpc": lambda daemon, a, value: daemon.tcl(f"mww {FREE:#x} 0x{bytes.fromhex(value)[::-1].hex()}"),
    "write_memory": lambda daemon, a, value: daemon.tcl(f"write_memory {FREE:#x} 8 {{"
                                                        + " ".join(f"0x{b:02x}" for b in bytes.fromhex(value)) + "}"),
    "telnet": lambda daemon, a, value: telnet(daemon, f"mww {FREE:#x} 0x{bytes.fromhex(value)[::-1].hex()}"),
    "monitor": lambda daemon, a, value: a.monitor(f"mww {FREE:#x} 0x{bytes.fromhex(value)[::-1].hex()}"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_of_one_is_seen_by_all(many, clients, writer):
    a, b = clients()
    for value in ("01020304", "cafebabe"):
        WRITERS[writer](many, a, value)
        assert b.ask(f"m{FREE:x},4").decode() == value
        assert a.ask(f"m{FREE:x},4").decode() == value
        assert many.tcl(f"read_memory {FREE:#x} 8 4").split() == [f"0x{x:x}" for x in bytes.fromhex(value)]


def test_a_flash_write_of_one_is_seen_by_all(many, clients, tmp_path):
    a, b = clients()
    for fill in (0x5a, 0xa7):
        image = tmp_path / "image.bin"
        image.write_bytes(bytes([fill]) * 64)
        b.ask(f"m{SPARE:x},8")                                   # b has a copy
        many.tcl(f"flash write_image erase {image} {SPARE:#x} bin")
        assert b.ask(f"m{SPARE:x},8").decode() == f"{fill:02x}" * 8
    assert a.ask(f"vFlashErase:{SPARE:x},800") == b"OK"          # and by one GDB's load
    assert a.ask(b"vFlashWrite:%x:" % SPARE + b"abcdefgh") == b"OK"
    assert a.ask("vFlashDone") == b"OK"
    assert b.ask(f"m{SPARE:x},8") == b"abcdefgh".hex().encode()


def test_a_register_of_one_is_everybodys(many, clients):
    a, b = clients()
    assert b.ask("p3") != b"78563412"
    assert a.ask("P3=78563412") == b"OK"
    assert b.ask("p3") == b"78563412" and b.ask("g")[24:32] == b"78563412"
    assert "0x12345678" in many.tcl("reg r3")
    many.tcl("reg r3 0x55")
    assert a.ask("p3") == b"55000000"


def test_the_original_instruction_under_anothers_breakpoint(many, clients):
    a, b = clients()
    code = "00bf00bf00bf00be"
    assert a.ask(f"M{FREE:x},8:{code}") == b"OK"
    assert a.ask(f"Z0,{FREE + 2:x},2") == b"OK"
    assert b.ask(f"m{FREE:x},8").decode() == code
    assert "bf00bf00" in many.tcl(f"mdw {FREE:#x}")
    assert b.ask(f"Z0,{FREE + 2:x},2") == b"OK"         # both have it
    assert a.ask("D") == b"OK"                          # a leaves: b keeps it
    assert f"0x{FREE + 2:08x}" in many.tcl("bp").lower()
    assert b.ask(f"z0,{FREE + 2:x},2") == b"OK"
    assert many.tcl("bp") == ""


# Who runs, who waits, who thinks.

def test_both_wait_and_both_hear_of_the_stop(many, clients, firmware):
    a, b = clients()
    here = symbol(firmware, "write_watched")
    for client in (a, b):
        go(client)
    many.tcl(f"bp {here:#x} 2 hw")
    replies = stop_reply(a), stop_reply(b)
    assert replies[0].startswith(b"T05") and replies[1].startswith(b"T05"), replies
    assert a.ask("pf") == b.ask("pf")


def test_one_that_leaves_changes_nothing_for_the_other(many, clients, shared):
    a, b = clients()
    b.ask(f"Z1,{FLASH + 0x400:x},2")
    go(a)
    halts = shared.stats()["halts"]
    assert b.ask("D") == b"OK"
    b.close()
    assert a.is_quiet()
    assert many.tcl("[target current] curstate") == "running"
    assert shared.stats()["halts"] == halts
    a.send(b"\x03")
    assert stop_reply(a) == b"T02thread:1;"


def test_the_one_that_was_overtaken(many, clients, firmware):
    a, b = clients()
    rounds = symbol(firmware, "rounds")
    go(a)
    assert word(b, rounds) <= word(b, rounds)
    assert re.match(rb"E", b.ask("P3=78563412"))        # a running core has no registers to write
    assert len(b.ask("g")) == 17 * 8
    text, last = b.monitor("mdw 0x20000000")
    assert text.count("maintenance flush register-cache") == 1 and not last.startswith(b"E"), text
    text, _ = b.monitor("mdw 0x20000000")
    assert "maintenance" not in text                    # said once
    a.send(b"\x03")
    assert stop_reply(a) == b"T02thread:1;"
    many.tcl("resume; halt")                            # it has moved again
    b.send(frame("vCont;s:1;c"))
    packet, text = b"O", b""
    while packet.startswith(b"O"):
        text += bytes.fromhex(packet[1:].decode())
        packet = b.packet()
    assert packet.startswith(b"T05") and text.count(b"maintenance flush register-cache") == 1
    assert b.ask("pf") == a.ask("pf")


def test_a_resume_that_comes_second_waits_for_the_stop(many, clients):
    a, b = clients()
    go(a)
    b.send(frame("vCont;c"))
    assert b.packet().startswith(b"O" + b"WARNING! The target is already running".hex().encode())
    b.send(b"\x03")                                     # either of them may stop it
    assert stop_reply(b) == b"T02thread:1;" and stop_reply(a) == b"T02thread:1;"


def test_a_reset_by_the_console_is_a_stop_for_who_waits(many, clients):
    a, b = clients()
    before = b.ask("pf")
    go(a)
    many.tcl("reset halt")
    assert stop_reply(a).startswith(b"T")
    assert b.is_quiet(0.1)
    assert a.ask("pf") == b.ask("pf") == before         # the reset vector again
    assert a.ask("?").startswith(b"T05")


def test_monitor_commands_that_move_the_core_say_how_to_look_again(many, clients):
    a, b = clients()
    a.ask("vCont;s:1;c")
    text, _ = a.monitor("reset halt")
    assert text.count("maintenance flush register-cache") == 1
    assert "maintenance" not in a.monitor("reset halt")[0]
    text, _ = b.monitor("targets")                      # b was not asked
    assert text.count("maintenance flush register-cache") == 1
    pc = a.ask("pf")
    assert a.monitor("gdb_sync") == ("", b"OK")
    assert a.ask("vCont;s:1;c") == b"T02thread:1;" and a.ask("pf") == pc
    assert a.ask("vCont;s:1;c").startswith(b"T05") and a.ask("pf") != pc


# Reads of a running core.

def test_reads_while_it_runs_never_halt_it(many, clients, shared, firmware):
    a, b = clients()
    rounds = symbol(firmware, "rounds")
    go(a)
    before = shared.stats()
    seen = []
    for _ in range(20):
        seen.append(word(b, rounds))
        b.ask(f"m{RAM:x},100")
        b.ask(f"x{RAM:x},40")
        b.ask(f"m{FLASH:x},10")
        b.monitor(f"mdw {rounds:#x}")
        many.tcl(f"read_memory {rounds:#x} 32 1")
        b.ask(f"M{FREE:x},4:01020304")
    many.tcl("dump_image /dev/null 0x20000000 0x8000")
    late, = clients(1)                                   # and one that connects now
    assert late.ask("?").startswith(b"T") and b"memory-map" in late.ask("qXfer:memory-map:read::0,1000")
    late.ask("D")
    after = shared.stats()
    assert seen == sorted(set(seen)), seen
    assert after["halts"] == before["halts"]
    assert shared.memory(FREE, 4) == bytes((1, 2, 3, 4))
    assert a.is_quiet(0.1)


def test_a_big_read_of_a_running_core_is_as_fast_as_the_wire(make_board, make_daemon, firmware):
    board = make_board("--deterministic")
    board.ctl(f"load {FLASH:#x} {firmware('watch').with_suffix('.bin')}")
    daemon = make_daemon(*board_arguments(board), "-c", "init; reset run; poll off")
    daemon.tcl("read_memory 0x20000000 32 1")
    before = board.stats()
    daemon.tcl("set data [read_memory 0x20000000 32 4096]; llength $data")
    cost = {k: board.stats()[k] - before[k] for k in before if isinstance(before[k], int)}
    assert cost["halts"] == 0
    # A word by SWD: 8 bits of request, 3 of ACK, 33 of data, 2 turnarounds (ADIv5 B4.2).
    assert cost["wire_clocks"] < 4096 * 46 * 1.15, cost
    assert cost["round_trips"] <= 4096 * 4 / 400 + 8, cost


@pytest.fixture(name="still")
def still_board(make_board, make_daemon, firmware):
    board = make_board("--deterministic")
    board.ctl(f"load {FLASH:#x} {firmware('watch').with_suffix('.bin')}")
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -event gdb-attach {}",
                         "-c", "init; reset run; sleep 20; poll; poll off")
    return board, daemon


def test_one_live_read_is_one_round_trip(still):
    board, daemon = still
    rsp = Rsp(daemon.gdb_port)
    rsp.ask("?")
    for address, length in ((FREE, 4), (0x40021000, 4), (FREE + 0x1000, 2), (FREE + 0x2001, 1), (FREE, 64)):
        rsp.ask(f"m{address:x},{length:x}")
        before = board.stats()
        rsp.ask(f"m{address:x},{length:x}")
        after = board.stats()
        assert after["round_trips"] - before["round_trips"] == 1, hex(address)
        assert after["halts"] == before["halts"]
    rsp.close()


def test_a_watch_list_costs_few_round_trips_and_is_new_each_time(still):
    board, daemon = still
    rsp = Rsp(daemon.gdb_port)
    rsp.ask("?")
    places = [FREE + 0x40 * (i // 8) + 4 * (i % 8) for i in range(100)]

    def look(value):
        for i, place in enumerate(places):
            poke(board, place, value + i)
        time.sleep(0.06)                                 # the next time the list is read
        before = board.stats()["round_trips"]
        assert [word(rsp, p) for p in places] == [value + i for i in range(100)]
        return board.stats()["round_trips"] - before
    look(0)
    # On a host that is slow to ask, the list takes longer than what came along serves.
    assert any(look(1000 * k) <= 25 for k in range(1, 20))
    # The same place twice in a row is read twice.
    word(rsp, FREE)
    for value in (7, 8, 9):
        poke(board, FREE, value)
        assert word(rsp, FREE) == value
    # What is written through the daemon is never read from before.
    for value in range(5):
        word(rsp, FREE + 4)
        assert rsp.ask(f"M{FREE:x},4:{value:02x}000000") == b"OK"
        assert word(rsp, FREE) == value
    rsp.close()


def test_a_read_across_the_lines_of_a_full_cache(make_board, make_daemon, firmware):
    """What is fetched for the one half of a read may take the place of the other half."""
    board = make_board("--deterministic")
    board.ctl(f"load {FLASH:#x} {firmware('watch').with_suffix('.bin')}")
    daemon = make_daemon(*board_arguments(board), "-c", "init; reset halt; flash probe 0")
    rsp = Rsp(daemon.gdb_port)
    rsp.ask("?")
    expect = board.memory(FLASH, 128 * 64)
    for line in range(1, 33):
        assert rsp.ask(f"m{FLASH + line * 128:x},4") == expect[line * 128:line * 128 + 4].hex().encode()
    for line in [*range(1, 60), *range(60, 0, -1)]:
        at = line * 128 - 2
        assert rsp.ask(f"m{FLASH + at:x},4") == expect[at:at + 4].hex().encode()
    rsp.close()


def test_areas_that_do_not_answer_are_quick_errors(still):
    board, daemon = still
    daemon.tcl("gdb_report_data_abort enable")
    rsp = Rsp(daemon.gdb_port)
    rsp.ask("?")
    before = board.stats()
    assert rsp.ask("m30000000,4").startswith(b"E")       # nothing there
    assert rsp.ask("m40004400,4") == b"00000000"         # USART2 without its clock
    assert rsp.ask(f"m{FREE:x},4") != b""
    assert board.stats()["round_trips"] - before["round_trips"] < 20
    assert board.stats()["halts"] == before["halts"]
    assert daemon.tcl("[target current] curstate") == "running"
    rsp.close()


def test_live_reads_go_on_over_a_reset_of_the_firmware(many, clients, shared, firmware):
    a, b = clients()
    rounds = symbol(firmware, "rounds")
    go(a)
    high = word(b, rounds)
    shared.ctl("reset")
    wait_for(lambda: 0 < word(b, rounds), "counts after the reset")
    assert high >= 0
    assert many.tcl("[target current] curstate") == "running"
    assert a.is_quiet(0.1)


def test_reads_while_another_flashes(many, clients, tmp_path):
    a, b = clients()
    image = tmp_path / "big.bin"
    image.write_bytes(bytes(range(256)) * 256)
    a.send(frame(f"qRcmd,{f'flash write_image erase {image} {SPARE:#x} bin'.encode().hex()}"))
    answers = []
    for _ in range(20):
        answers.append(b.ask(f"m{FREE:x},4"))
    assert all(re.fullmatch(rb"[0-9a-f]{8}|E\d\d", answer) for answer in answers), answers
    while (packet := a.packet()).startswith(b"O") and packet != b"OK":
        pass
    assert not packet.startswith(b"E"), packet
    assert b.ask(f"m{SPARE:x},10") == bytes(range(16)).hex().encode()


# Places.

def test_the_place_of_a_dead_client_can_be_had(shared, tmp_path):
    shared.ctl("power off")
    shared.ctl("power on")
    daemon = Daemon(*board_arguments(shared), cwd=tmp_path)
    try:
        assert daemon.tcl("[target current] cget -gdb-max-connections") == "1"
        first = Rsp(daemon.gdb_port)
        second = Rsp(daemon.gdb_port, acks=True)
        second.send(frame("qC"))
        assert second.is_closed()
        daemon.expect(r"Error: rejected 'gdb' connection, no more connections allowed")
        daemon.expect(r"Info : \[stm32l4x.cpu\] has a GDB already, 127\.0\.0\.1:\d+: .*\"gdb drop\" ends it")
        daemon.expect(r"Info : \"stm32l4x.cpu configure -gdb-max-connections 2\" allows one more")
        assert first.ask("?").startswith(b"T")           # the first one is none the worse
        assert daemon.tcl("gdb drop") == "1"
        assert first.is_closed()
        third = Rsp(daemon.gdb_port)
        assert third.ask("?").startswith(b"T")
        daemon.tcl("[target current] configure -gdb-max-connections "
                   "[expr {[[target current] cget -gdb-max-connections] + 1}]")
        fourth = Rsp(daemon.gdb_port)
        assert fourth.ask("?").startswith(b"T")
        third.close()
        fourth.close()
    finally:
        daemon.stop()


def test_two_real_gdbs_and_a_console(many, shared, firmware):
    a, b = Gdb(many), Gdb(many)
    try:
        a.start(firmware("watch"))
        b.start(firmware("watch"))
        a.expect(r"Reset_Handler|main")
        b.expect(r"Reset_Handler|main")
        a.send("hbreak write_watched")
        a.send("continue")
        a.expect("Breakpoint 1, write_watched")
        a.send("delete")
        a.send("continue")
        a.expect("Continuing")
        wait_for(lambda: many.tcl("[target current] curstate") == "running", "a runs")
        b.send("print rounds > 0")
        b.expect(r"\$1 = 1")
        b.send("monitor targets")
        b.expect("maintenance flush register-cache")
        b.send("continue")
        b.expect("already running")
        assert "running" in telnet(many, "targets")
        telnet(many, "halt")
        a.expect("received signal SIGINT")
        b.expect("received signal SIGINT")
        for gdb in (a, b):
            gdb.send("print/x $pc")
        pcs = [gdb.expect(r"= (0x8\w+)").group(1) for gdb in (a, b)]
        assert pcs[0] == pcs[1]
        b.send("detach")
        b.expect("detached")
        a.send("stepi")
        a.send("info registers pc")
        a.expect(r"pc +0x8")
    finally:
        a.stop()
        b.stop()


def test_a_real_gdb_joins_a_running_core(still, firmware):
    """gdb-attach {}: it connects, reads and interrupts; the core has run all the time."""
    board, daemon = still
    before = board.stats()
    gdb = Gdb(daemon).start(firmware("watch"))
    try:
        gdb.expect("Remote debugging")
        gdb.send("monitor mdw 0x20000000")
        gdb.expect(r"0x20000000: [0-9a-f]{8}")
        gdb.send("print rounds >= 0")
        gdb.expect(r"= 1")
        assert board.stats()["halts"] == before["halts"]
        assert board.ctl("state")["core"] == "running"
        gdb.send("continue")
        gdb.expect("already running")
        gdb.interrupt()
        gdb.expect("received signal SIGINT")
        gdb.send("backtrace")
        gdb.expect(r"#0 .*(main|write_watched|read_it)")
        assert board.stats()["halts"] == before["halts"] + 1
    finally:
        gdb.stop()


@pytest.mark.parametrize("depth", ["wfi", "stop"])
def test_reads_of_a_core_that_sleeps(make_board, make_daemon, depth):
    """WFI keeps the bus; Stop without DBG_STOP takes clock and bus away: errors, one by one, no hang."""
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -event gdb-attach {}", "-c",
                         "gdb_report_data_abort enable", "-c", "init; halt; poll off")
    deep = 0xE000ED10, 0x4 if depth == "stop" else 0
    daemon.tcl("mww 0xe0042004 0")                       # no DBGMCU help
    daemon.tcl(f"mww {deep[0]:#x} {deep[1]}; mwh 0x20000400 0xbf30; mwh 0x20000402 0xe7fd")
    daemon.tcl("reg pc 0x20000400; reg xPSR 0x01000000; reg primask 1; poll off; resume")
    board.ctl("run 1000000")
    assert board.ctl("state")["sleeping"]
    rsp = Rsp(daemon.gdb_port)
    before = board.stats()
    answers = [rsp.ask(f"m{FREE + 16 * i:x},4") for i in range(20)]
    after = board.stats()
    if depth == "wfi":
        assert all(re.fullmatch(rb"[0-9a-f]{8}", a) for a in answers), answers
    else:
        assert all(a.startswith(b"E") for a in answers), answers
    assert after["halts"] == before["halts"]
    assert after["round_trips"] - before["round_trips"] < 200
    assert board.ctl("state")["sleeping"]
    rsp.close()
