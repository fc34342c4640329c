# SPDX-License-Identifier: GPL-2.0-or-later
"""The GDB server byte by byte: cuts, glue, races and the packets no GDB sends."""
import random
import re
import select
import time

import pytest

from kit import board_arguments, wait_for
from rsp_client import Rsp, escape, frame, unescape

RAM = 0x20001000
SPIN = "fee7"              # b . : a program of one instruction


def sane(board, firmware, daemon):
    """A chip whose flash is not blank: a core that is not in lockup."""
    board.ctl(f"load 0x08000000 {firmware('blink').with_suffix('.bin')}")
    daemon.tcl("reset halt")


@pytest.fixture
def rsp(board, firmware, daemon):
    sane(board, firmware, daemon)
    client = Rsp(daemon.gdb_port)
    yield client
    client.close()


def stop_reply(rsp):
    """The next packet that is not console text."""
    while True:
        answer = rsp.packet()
        if answer[:1] != b"O":
            return answer


def spin(rsp):
    """Puts an endless loop into RAM and the core at its start."""
    assert rsp.ask(f"M{RAM:x},2:{SPIN}") == b"OK"
    assert rsp.ask(f"Pf={RAM.to_bytes(4, 'little').hex()}") == b"OK"


def document(rsp, name, step):
    text = b""
    while True:
        answer = rsp.ask(f"qXfer:{name}:{len(text):x},{step:x}")
        text += unescape(answer[1:])
        if answer[:1] == b"l":
            return text.decode()
        assert answer[:1] == b"m" and len(answer) > 1


def test_what_it_can_do(rsp):
    answer = rsp.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+;xmlRegisters=arm").decode()
    items = answer.split(";")
    assert "PacketSize=4000" in items
    for name in ("qXfer:features:read", "qXfer:memory-map:read", "qXfer:threads:read", "QStartNoAckMode",
                 "vContSupported", "swbreak", "hwbreak"):
        assert name + "+" in items
    assert rsp.ask("vMustReplyEmpty") == b""
    assert {b"c", b"C", b"s", b"S", b"r"} <= set(rsp.ask("vCont?").split(b";")[1:])


def test_documents_in_portions_of_one_byte(rsp):
    for name in ("features:read:target.xml", "memory-map:read:", "threads:read:"):
        whole = document(rsp, name, 0xffb)
        assert document(rsp, name, 7) == whole
        assert rsp.ask(f"qXfer:{name}:{len(whole):x},1") == b"l"
        assert re.match(rb"E\d\d", rsp.ask(f"qXfer:{name}:{len(whole) + 1:x},1"))
    assert rsp.ask("qXfer:features:read:nothing.xml:0,10") == b"E00"


def test_memory_map_covers_everything(rsp):
    regions = re.findall(r'<memory type="(\w+)" start="(\w+)" length="(\w+)"',
                         document(rsp, "memory-map:read:", 0xffb))
    at = 0
    for _, start, length in regions:
        assert int(start, 0) == at
        at += int(length, 0)
    assert at == 1 << 32
    assert ("flash", "0x8000000", "0x100000") in regions


def test_acks_cuts_and_glue(daemon):
    rsp = Rsp(daemon.gdb_port, acks=True)
    rsp.send(b"+")
    for byte in frame("qC"):
        rsp.send(bytes((byte,)))
        time.sleep(0.001)
    assert rsp.take(1) == b"+"
    assert rsp.packet() == b"QC1"
    rsp.send(b"$qC#00")
    assert rsp.take(1) == b"-"
    rsp.send(b"-")                            # nothing is on its way: no answer again
    rsp.send(b"$m2000" + frame("qC"))         # started over
    assert rsp.packet() == b"QC1"
    rsp.no_ack()
    rsp.send(frame("qC") + frame("T1") + frame("qAttached"))
    assert [rsp.packet() for _ in range(3)] == [b"QC1", b"OK", b"1"]
    rsp.close()


def test_output_of_megabytes_in_ack_mode(daemon):
    client = Rsp(daemon.gdb_port, acks=True)
    text, answer = client.monitor("string repeat {0123456789abcde } 100000")
    assert (len(text.rstrip()), answer) == (1599999, b"OK")
    client.close()


def test_resends_what_was_not_understood(daemon):
    rsp = Rsp(daemon.gdb_port, acks=True)
    rsp.send(frame("qC"))
    assert rsp.take(8) == b"+$QC1#c5"[:8]
    rsp.send(b"-")
    assert rsp.take(7) == b"$QC1#c5"
    rsp.send(b"+-")
    assert rsp.is_quiet()
    rsp.close()


def test_largest_write_of_awkward_bytes(rsp):
    data = bytes(random.Random(1).choices(b"\x7d\x23\x24\x2a\x03\x00\xff", k=4096))
    for at in range(0, len(data), 2048):
        part = data[at:at + 2048]
        assert rsp.ask(b"X%x,%x:" % (RAM + at, len(part)) + escape(part)) == b"OK"
    assert bytes.fromhex(rsp.ask(f"m{RAM:x},{len(data):x}").decode()) == data
    answer = rsp.ask(f"x{RAM:x},{len(data):x}")
    assert answer[:1] == b"b" and unescape(answer[1:]) == data


def test_memory_at_the_edges(rsp, daemon):
    assert re.match(rb"E\d\d$", rsp.ask(f"m{RAM:x},0"))
    assert len(rsp.ask("mffffffff,4")) in (2, 3)
    assert 0 < len(rsp.ask(f"m{RAM:x},ffff")) <= 0x4000
    assert rsp.ask("X20000000,0:") == b"OK"
    assert rsp.ask("X90000000,0:") == b"OK"
    for addr, size in ((RAM + 1, 3), (RAM + 3, 7), (RAM + 2, 2), (RAM + 1, 1)):
        data = bytes(range(0x41, 0x41 + size))
        assert rsp.ask(f"M{addr:x},{size:x}:{data.hex()}") == b"OK"
        assert rsp.ask(f"m{addr:x},{size:x}").decode() == data.hex()


def test_failed_reads_are_zeros_until_asked_otherwise(rsp, daemon):
    assert rsp.ask("m90000000,4") == b"00000000"
    daemon.tcl("gdb_report_data_abort enable")
    assert rsp.ask("m90000000,4") == b"E0e"
    assert rsp.ask("M90000000,1:00") == b"E0e"
    assert rsp.ask("qC") == b"QC1"


def test_ctrl_c_before_with_and_after_a_stop(rsp):
    spin(rsp)
    assert rsp.ask(f"Z0,{RAM:x},2") == b"OK"
    for i in range(60):
        pause = (i % 3) * 0.001
        rsp.send(frame("vCont;c"))
        time.sleep(pause)
        rsp.send(b"\x03")
        assert rsp.packet()[:3] in (b"T02", b"T05")
        assert rsp.ask("qC") == b"QC1"      # no second stop reply in between
    rsp.send(b"\x03")
    assert rsp.is_quiet()


def test_ctrl_c_halts(rsp):
    spin(rsp)
    rsp.send(frame("vCont;c"))
    assert rsp.is_quiet()
    rsp.send(b"\x03")
    assert rsp.packet() == b"T02thread:1;"
    assert rsp.ask("pf").decode() == RAM.to_bytes(4, "little").hex()


def test_step_forms_and_range(rsp):
    assert rsp.ask(f"M{RAM:x},8:00bf00bf00bf{SPIN}") == b"OK"
    start = RAM.to_bytes(4, "little").hex()
    for form in ("s", "vCont;s:1;c", "S05", f"s{RAM:x}", "vCont;r0,0:1;c"):
        assert rsp.ask(f"Pf={start}") == b"OK"
        assert rsp.ask(form) == b"T05thread:1;"
        assert rsp.ask("pf").decode() == (RAM + 2).to_bytes(4, "little").hex(), form
    assert rsp.ask(f"Pf={start}") == b"OK"
    assert rsp.ask(f"vCont;r{RAM:x},{RAM + 6:x}:1;c") == b"T05thread:1;"
    assert rsp.ask("pf").decode() == (RAM + 6).to_bytes(4, "little").hex()
    rsp.send(frame(f"vCont;r{RAM:x},{RAM + 8:x}:1;c"))      # never leaves the range
    assert rsp.is_quiet()
    rsp.send(b"\x03")
    assert rsp.packet() == b"T02thread:1;"


def test_the_consoles_halt_ends_a_range_step(rsp, daemon):
    spin(rsp)
    rsp.send(frame(f"vCont;r{RAM:x},{RAM + 2:x}:1;c"))
    assert rsp.is_quiet(0.3)
    daemon.tcl("halt")
    assert stop_reply(rsp) == b"T02thread:1;"
    assert rsp.ask(f"vCont;r{RAM:x},{RAM:x}:1;c") == b"T05thread:1;"


def test_flash_is_not_written_like_memory_even_before_the_map_is_read(rsp, board):
    before = board.memory(0x08000000, 8)
    assert rsp.ask("M8000000,4:00000000") == b"E01"
    assert rsp.ask(b"X8000004,4:abcd")[:1] == b"E"
    assert board.memory(0x08000000, 8) == before


FOREIGN_BANK = "flash bank odd stm32f2x 0x08000000 0 0 0 cortex_m.cpu"


@pytest.mark.parametrize("bank, reason", [((), "that no bank covers"), (("-c", FOREIGN_BANK), "'stm32f2x' is not")],
                         ids=["no bank", "no driver"])
def test_a_load_into_flash_that_nobody_knows_does_not_end_well(board, make_daemon, bank, reason):
    arguments = ["target/cortex_m.cfg" if a == "target/stm32l4x.cfg" else a for a in board_arguments(board)]
    daemon = make_daemon(*arguments, *bank)
    client = Rsp(daemon.gdb_port)
    assert client.ask("M8000000,4:00000000")[:1] == b"E"
    daemon.expect(f"0x08000000 did not take what was written: .*{reason}")
    assert client.ask(f"M{RAM:x},4:01020304") == b"OK"
    assert client.ask("X10000000,4:abcd") == b"OK"      # SRAM2, which does take it
    client.close()


def test_comparators_run_out_and_come_back(rsp):
    for _ in range(2):
        for i in range(6):
            assert rsp.ask(f"Z1,{0x08000000 + 4 * i:x},2") == b"OK"
        assert rsp.ask("Z1,8000000,2") == b"OK"            # the same again
        assert re.match(rb"E\d\d$", rsp.ask("Z1,8000100,2"))
        for i in range(6):
            assert rsp.ask(f"z1,{0x08000000 + 4 * i:x},2") == b"OK"


def test_watch_reports_the_object(rsp):
    assert rsp.ask(f"M{RAM:x},8:0860086800bf{'fbe7'}") == b"OK"   # str r0,[r1]; ldr r0,[r1]; nop; b
    assert rsp.ask(f"P1={(RAM + 0x100).to_bytes(4, 'little').hex()}") == b"OK"
    for kind, word in ((2, b"watch"), (3, b"rwatch"), (4, b"awatch")):
        assert rsp.ask(f"Pf={RAM.to_bytes(4, 'little').hex()}") == b"OK"
        assert rsp.ask(f"Z{kind},{RAM + 0x100:x},4") == b"OK"
        answer = rsp.ask("vCont;c")
        assert answer == b"T05%s:%x;thread:1;" % (word, RAM + 0x100)
        assert rsp.ask(f"z{kind},{RAM + 0x100:x},4") == b"OK"


def test_search_and_checksum(rsp):
    assert rsp.ask(b"X%x,6:needle" % (RAM + 0x7fe)) == b"OK"
    assert rsp.ask(b"qSearch:memory:%x;2000;needle" % RAM) == b"1,%08x" % (RAM + 0x7fe)
    assert rsp.ask(b"qSearch:memory:%x;100;needle" % RAM) == b"0"
    assert rsp.ask(b"X%x,9:123456789" % RAM) == b"OK"
    assert rsp.ask(f"qCRC:{RAM:x},9").lower() == b"c0376e6e7"     # the check value of CRC-32/MPEG-2


def test_long_silence_of_a_monitor_command_is_filled(rsp):
    start = time.monotonic()
    text, answer = rsp.monitor("sleep 2500")
    assert answer == b"OK" and text == ""
    assert time.monotonic() - start > 2.4
    assert rsp.notifications >= 3


def test_ctrl_c_ends_a_monitor_command(rsp):
    rsp.send(frame(b"qRcmd," + b"echo go; sleep 600000".hex().encode()))
    assert rsp.packet() == b"O" + b"go\n".hex().encode()
    rsp.send(b"\x03")
    while rsp.packet()[:1] == b"O":
        pass
    assert rsp.ask("qC") == b"QC1"


def test_a_command_gdb_has_left_does_not_answer_the_next(rsp):
    rsp.send(frame(b"qRcmd," + b"sleep 60000".hex().encode()))
    time.sleep(1.5)
    assert rsp.ask("qC") == b"QC1"


def test_a_chatty_command_gdb_has_left_ends_the_connection(rsp, daemon):
    rsp.send(frame(b"qRcmd," + b"while 1 {echo tick; sleep 100}".hex().encode()))
    time.sleep(1.5)
    rsp.send(frame("qC"))
    assert rsp.is_closed()                  # nobody can tell what it has not read yet
    again = Rsp(daemon.gdb_port)
    assert again.ask("qC") == b"QC1"
    again.close()


def test_monitor_results_and_errors(rsp):
    assert rsp.monitor("") == ("", b"OK")
    assert rsp.monitor("echo hello") == ("hello\n", b"OK")
    assert rsp.monitor("set x 42") == ("", b"34320a")
    text, answer = rsp.monitor("no_such_command")
    assert answer == b"E01" and text.startswith('invalid command name "no_such_command"')
    text, answer = rsp.monitor("reset halt")
    assert answer == b"OK" and "halted due to debug-request, current mode: Thread" in text
    assert "xPSR: 0x01000000 pc: 0x" in text


def test_output_comes_as_it_appears(rsp, daemon):
    loop = b"echo one; while {![info exists go_on]} {sleep 20}; echo two"
    rsp.send(frame(b"qRcmd," + loop.hex().encode()))
    assert rsp.packet() == b"O" + b"one\n".hex().encode()
    assert daemon.tcl("set go_on 1") == "1"
    assert rsp.packet() == b"O" + b"two\n".hex().encode()
    assert rsp.packet() == b"OK"


def send_image(rsp, data):
    assert rsp.ask(f"vFlashErase:08000000,{len(data):08x}") == b"OK"
    for at in range(0, len(data), 4096):
        assert rsp.ask(b"vFlashWrite:%x:" % (0x08000000 + at) + escape(data[at:at + 4096])) == b"OK"


def test_flash_packets_and_gdbs_slips(rsp, board):
    data = bytes(range(1, 256)) * 8
    assert rsp.ask("vFlashErase:08000800,00000800") == b"OK"
    assert rsp.ask("vFlashErase:08003000,00000000") == b"OK"
    assert rsp.ask(b"vFlashWrite:8000800:" + escape(data[:1000])) == b"OK"
    assert rsp.ask(b"vFlashWrite:%x:" % (0x08000800 + 1000) + escape(data[1000:])) == b"OK"
    assert rsp.ask(b"vFlashWrite:8001000:!") == b"OK"           # one byte past what was erased
    assert rsp.ask("vFlashDone") == b"OK"
    assert board.memory(0x08000800, len(data)) == data
    assert board.memory(0x08001000, 2) == b"!\xff"
    assert rsp.ask(b"vFlashWrite:20000000:data") == b"E.memtype"
    assert re.match(rb"E\d\d", rsp.ask("vFlashErase:20000000,00000800"))
    assert rsp.ask("vFlashDone") == b"OK"


def test_an_image_larger_than_the_flash_is_refused(rsp, board):
    assert rsp.ask("vFlashErase:080ff800,00000800") == b"OK"
    assert rsp.ask(b"vFlashWrite:080ffffc:12345678") == b"E.memtype"
    assert rsp.ask("vFlashErase:080ff800,00001000")[:1] == b"E"


def test_flash_erase_of_all_regions_leaves_otp_alone(rsp, board, daemon):
    board.ctl("write 0x08040000 12345678")
    regions = re.findall(r'type="flash" start="0x(\w+)" length="0x(\w+)"', document(rsp, "memory-map:read:", 0xffb))
    assert len(regions) == 2
    for start, length in regions:
        assert rsp.ask(f"vFlashErase:{int(start, 16):08x},{int(length, 16):08x}") == b"OK"
    assert rsp.ask("vFlashDone") == b"OK", daemon.text
    assert board.memory(0x08040000, 4) == b"\xff" * 4


def test_point_types_that_are_not_there(rsp):
    assert rsp.ask("Z5,20000000,4") == rsp.ask("z5,20000000,4") == b""


def test_ctrl_c_while_flashing(rsp, board):
    data = random.Random(2).randbytes(1024 * 1024)
    send_image(rsp, data)
    rsp.send(frame("vFlashDone"))
    select.select([rsp.socket], [], [])                 # the first sign of life; then half is still to do
    rsp.send(b"\x03")
    assert rsp.packet() == b"E04"
    assert board.stats()["flash_programs"] < len(data) / 8
    assert rsp.notifications >= 1
    assert rsp.ask("m20000000,4") != b""
    send_image(rsp, data[:4096])
    assert rsp.ask("vFlashDone") == b"OK"


def test_a_client_lost_while_flashing(rsp, daemon, board):
    data = random.Random(3).randbytes(128 * 1024)
    send_image(rsp, data)
    rsp.send(frame("vFlashDone"))
    wait_for(lambda: board.stats()["flash_programs"] > 100, "the write to be under way")
    rsp.close()
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the end of the connection")
    again = Rsp(daemon.gdb_port, timeout=60)
    send_image(again, data[:8192])
    assert again.ask("vFlashDone") == b"OK"
    assert board.memory(0x08000000, 8192) == data[:8192]
    again.close()


def test_the_console_stays_live_while_gdb_flashes(rsp, daemon, board):
    send_image(rsp, random.Random(4).randbytes(512 * 1024))
    rsp.send(frame("vFlashDone"))
    wait_for(lambda: board.stats()["flash_programs"] > 100, "the write to be under way")
    assert "busy" in daemon.fails("resume")
    assert daemon.tcl("expr 6*7") == "42"
    assert board.stats()["flash_programs"] < 512 * 1024 / 8
    rsp.socket.settimeout(60)
    assert rsp.packet() == b"OK"


def test_kill_and_run_in_extended_mode(rsp):
    assert rsp.ask("!") == b"OK"
    assert rsp.ask("vKill;a410") == b"OK"
    assert rsp.ask("?") == b"W00"
    assert rsp.ask("qfThreadInfo") == b"l"
    assert rsp.ask("vRun;") == b"T05thread:1;"
    assert rsp.ask("?") == b"T05thread:1;"
    rsp.send(frame("k"))
    rsp.send(frame("R00"))
    assert rsp.ask("?") == b"T05thread:1;"


def test_a_web_page_cannot_talk_to_it(daemon):
    rsp = Rsp(daemon.gdb_port, acks=True)
    rsp.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n$qC#b4")
    assert rsp.is_closed()
    daemon.expect("HTTP")


def test_endless_packet_is_cut_off(daemon):
    rsp = Rsp(daemon.gdb_port, acks=True)
    try:
        rsp.send(b"+$" + b"a" * 1_000_000)
    except ConnectionError:
        pass
    assert rsp.is_closed()
    rsp = Rsp(daemon.gdb_port)
    assert rsp.ask("qC") == b"QC1"
    rsp.close()


def test_a_gdb_that_is_started_again_at_once(daemon):
    for _ in range(30):
        client = Rsp(daemon.gdb_port)
        client.send(frame("qXfer:threads:read::0,ffb") + b"$X20000000,100:cut off")
        client.close()
    client = Rsp(daemon.gdb_port)
    assert client.ask("?")[:1] == b"T"
    client.close()
    assert "rejected" not in daemon.text


def test_a_gdb_that_speaks_while_the_one_before_is_still_leaving(daemon):
    daemon.tcl("[target current] configure -event gdb-detach {sleep 30}")
    for _ in range(10):
        client = Rsp(daemon.gdb_port)
        client.send(frame("qXfer:threads:read::0,ffb"))
        client.close()
    daemon.tcl("[target current] configure -event gdb-detach {}")
    client = Rsp(daemon.gdb_port)
    assert client.ask("?")[:1] == b"T"
    client.close()


def test_second_client_is_refused_by_default(daemon):
    first = Rsp(daemon.gdb_port)
    assert first.ask("qC") == b"QC1"
    second = Rsp(daemon.gdb_port, acks=True)
    assert second.is_closed()
    daemon.expect("rejected 'gdb' connection, no more connections allowed")
    assert first.ask("qC") == b"QC1"
    first.close()
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the first one's end")
    third = Rsp(daemon.gdb_port)
    assert third.ask("qC") == b"QC1"
    third.close()


def test_second_client_reads_while_the_first_runs(board, firmware, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -gdb-max-connections 2")
    sane(board, firmware, daemon)
    first = Rsp(daemon.gdb_port)
    spin(first)
    first.send(frame("vCont;c"))
    assert first.is_quiet()
    second = Rsp(daemon.gdb_port)
    assert second.ask("?").startswith(b"T")
    assert second.ask(f"m{RAM:x},2").decode() == SPIN
    assert len(second.ask("g")) == 17 * 8
    second.send(b"\x03")                    # it does not wait: nothing to interrupt
    assert second.ask("D") == b"OK"
    second.close()
    assert first.is_quiet()
    assert daemon.tcl("[target current] curstate") == "running"
    first.send(b"\x03")
    assert stop_reply(first) == b"T02thread:1;"
    first.close()


def test_a_halt_by_the_console_is_reported_only_to_who_waits(rsp, daemon):
    spin(rsp)
    rsp.send(frame("vCont;c"))
    assert rsp.is_quiet()
    daemon.tcl("halt")
    assert stop_reply(rsp) == b"T02thread:1;"
    daemon.tcl("resume; halt")
    assert rsp.is_quiet()
    daemon.tcl("resume")
    rsp.send(frame("vCont;c"))              # GDB does not know: it waits for the halt
    assert rsp.packet().startswith(b"O" + b"WARNING".hex().encode())
    rsp.send(b"\x03")
    assert rsp.packet() == b"T02thread:1;"


def test_unplugged_probe_ends_the_wait_with_a_stop(rsp, board, daemon):
    spin(rsp)
    rsp.send(frame("vCont;c"))
    assert rsp.is_quiet()
    board.ctl("unplug")
    assert stop_reply(rsp) == b"T1dthread:1;"
    assert rsp.ask("m20000000,4").startswith(b"E")
    assert set(rsp.ask("g")[:16 * 8]) == set(b"0")     # GDB needs a PC to tell its front end
    assert daemon.tcl("gdb_report_register_access_error enable") == ""
    assert rsp.ask("g").startswith(b"E")


def test_gdb_sync_makes_the_next_step_a_report(rsp, daemon):
    spin(rsp)
    rsp.monitor("reset halt")
    before = rsp.ask("pf")
    assert rsp.monitor("gdb_sync") == ("", b"OK")
    assert rsp.ask("vCont;s:1;c") == b"T02thread:1;"
    assert rsp.ask("pf") == before
    assert "can only be run from within gdb" in daemon.fails("gdb_sync")


def test_ports_that_are_only_tried_leave_no_trace(daemon):
    daemon.tcl("halt")
    before = daemon.text
    Rsp(daemon.gdb_port, acks=True).close()
    time.sleep(0.3)
    assert "Error" not in daemon.text[len(before):]
    assert "accepting" not in daemon.text[len(before):]


def test_a_core_out_of_reach_is_refused_with_the_reason(board, daemon):
    daemon.tcl("halt")
    board.ctl("power off")
    wait_for(lambda: "trying to reexamine" in daemon.text, "the loss of the core")
    rsp = Rsp(daemon.gdb_port, acks=True)
    rsp.send(frame("qC"))
    assert rsp.is_closed()
    daemon.expect(r"Error: Target \S+ not examined yet, refuse gdb connection 1!: .+")


def test_an_attach_without_halt(board, firmware, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -event gdb-attach {}")
    sane(board, firmware, daemon)
    daemon.tcl("[target current] configure -event gdb-attach {echo attached}")
    daemon.tcl("resume")
    rsp = Rsp(daemon.gdb_port)
    assert rsp.ask("?") == b"T05thread:1;"
    daemon.expect(r"Warn : GDB connection 1 on target \S+ not halted")
    assert daemon.tcl("[target current] curstate") == "running"
    assert rsp.ask("m20000000,4") != b""
    rsp.send(frame("vCont;c"))
    assert rsp.is_quiet()
    rsp.send(b"\x03")
    assert stop_reply(rsp) == b"T02thread:1;"
    rsp.close()


def test_waits_for_a_slow_init(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -event examine-start "
                         "{ after 2500 set ::done 1; vwait ::done }", ready=False)
    port = daemon.port("gdb")
    rsp = Rsp(port, acks=True)
    rsp.send(frame("qC"))
    assert rsp.take(1) == b"+"
    assert rsp.packet() == b"QC1"
    rsp.close()
