# SPDX-License-Identifier: GPL-2.0-or-later
"""Two cores behind one debug port (the boards dual-m4 and dual-m4-held): a GDB port for each, halts and
resumes together or apart, flash and memory that both see, a second core that is not there yet."""
import re
import shutil
import subprocess

import pytest

from kit import TOP, Board, Daemon, Gdb, board_arguments, wait_for
from rsp_client import Rsp, frame

FLASH0, FLASH1 = 0x08000000, 0x08080000
COUNTS = 0x10000000             # of both programs, in SRAM2
RAM = 0x20018000 - 0x1000       # of neither


def start(folder, name, firmware, *options):
    board = Board(folder, *options, name=name)
    board.ctl(f"load {FLASH0:#x} {firmware('dual0').with_suffix('.bin')}")
    board.ctl(f"load {FLASH1:#x} {firmware('dual1').with_suffix('.bin')}")
    board.ctl("power off")
    board.ctl("power on")
    return board


@pytest.fixture(scope="module", name="dual")
def dual_board(tmp_path_factory, firmware):
    board = start(tmp_path_factory.mktemp("dual"), "dual-m4", firmware)
    yield board
    board.stop()


@pytest.fixture(scope="module", name="held")
def held_board(tmp_path_factory, firmware):
    board = start(tmp_path_factory.mktemp("held"), "dual-m4-held", firmware)
    yield board
    board.stop()


class Two(Daemon):
    """A daemon on both cores; ports[k] is the GDB port of core k."""

    def __init__(self, board, settings, *arguments, cwd=None):
        super().__init__("-f", "interface/cmsis-dap-tcp.cfg", "-c",
                         f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}; "
                         f"transport select swd; adapter speed 4000; {settings}",
                         "-f", "target/dual_m4.cfg", *arguments, cwd=cwd)
        self.board = board
        found = wait_for(lambda: len(self.gdb_ports()) == 2 and self.gdb_ports(), "both GDB ports")
        self.ports = [int(p) for p in found]

    def gdb_ports(self):
        return re.findall(r"Listening on port (\d+) for gdb", self.text)

    def states(self):
        return re.findall(r"dual\.cpu\d .*dual\.cpu +(\S.*?) *$", self.tcl("targets"), re.M)

    def gdb(self, core, commands, elf=None, **kwargs):
        self.gdb_port = self.ports[core]
        return Gdb(self).run(commands, elf=elf, **kwargs)


@pytest.fixture(name="two")
def make_two(tmp_path):
    daemons = []

    def make(board, settings="", *arguments):
        board.ctl("power off")
        board.ctl("power on")
        daemons.append(Two(board, settings, *arguments, cwd=tmp_path))
        return daemons[-1]
    yield make
    for daemon in daemons:
        daemon.stop()


def counts(board):
    data = board.memory(COUNTS, 8)
    return [int.from_bytes(data[i:i + 4], "little") for i in (0, 4)]


def stands(board, core):
    before = counts(board)[core]
    board.ctl("run 5000000")
    return counts(board)[core] == before


def test_both_are_found_and_have_a_port_each(dual, two):
    daemon = two(dual)
    assert daemon.states() == ["running", "running"]
    for core in (0, 1):
        assert re.search(rf"Info : \[dual.cpu{core}\] Cortex-M4 r0p1 processor detected", daemon.text)
        assert f"starting gdb server for dual.cpu{core} on {daemon.ports[core]}" in daemon.text
    assert daemon.tcl("dual.cpu1 cget -ap-num") == "1"
    assert daemon.tcl("targets dual.cpu1; target current") == "dual.cpu1"


def test_apart_one_stands_while_the_other_runs(dual, two):
    daemon = two(dual)
    daemon.tcl("dual.cpu1 arp_halt; dual.cpu1 arp_waitstate halted 1000")
    assert daemon.states() == ["running", "halted"]
    assert stands(dual, 1) and not stands(dual, 0)
    assert re.search(r"^\[dual.cpu1\] halted due to debug-request", daemon.text, re.M)
    daemon.tcl("targets dual.cpu1; resume")
    assert not stands(dual, 1)


def test_reset_halt_stops_both_at_their_first_instruction(dual, two):
    daemon = two(dual)
    daemon.tcl("reset halt")
    assert daemon.states() == ["halted", "halted"]
    entries = [int(re.search(r"0x\w+", daemon.tcl(f"targets dual.cpu{k}; reg pc")).group(), 16) for k in (0, 1)]
    assert FLASH0 < entries[0] < FLASH0 + 0x1000 and FLASH1 < entries[1] < FLASH1 + 0x1000
    daemon.tcl("reset run")
    assert daemon.states() == ["running", "running"]


@pytest.mark.parametrize("cti", [0, 1], ids=["software", "hardware"])
def test_a_group_halts_and_runs_together(dual, two, cti):
    daemon = two(dual, f"set SMP 1; set CTI {cti}")
    daemon.tcl("halt")
    assert daemon.states() == ["halted", "halted"]
    assert stands(dual, 0) and stands(dual, 1)
    daemon.tcl("resume")
    assert daemon.states() == ["running", "running"]
    daemon.tcl("targets dual.cpu1; halt; step; targets dual.cpu0")
    assert daemon.states() == ["halted", "halted"]
    before = counts(dual)[0]
    daemon.tcl("targets dual.cpu1; step; step")
    assert counts(dual)[0] == before        # a step is one core's
    assert daemon.tcl("smp") == "on" and daemon.tcl("dual.cpu0 smp off") == "off"
    daemon.tcl("targets dual.cpu0; resume")
    assert daemon.states() == ["running", "halted"]
    daemon.tcl("halt; smp on; resume")
    assert daemon.states() == ["running", "running"]
    assert "target named dual.cpu7" in daemon.fails("target smp dual.cpu0 dual.cpu7")


@pytest.mark.parametrize("cti", [0, 1], ids=["software", "hardware"])
def test_a_breakpoint_of_one_stops_the_group(dual, two, firmware, cti):
    daemon = two(dual, f"set SMP 1; set CTI {cti}")
    other = Rsp(daemon.ports[1])
    other.send(frame("vCont;c"))            # its GDB waits
    out = daemon.gdb(0, ["hbreak count_round", "continue", "monitor targets", "info breakpoints"],
                     elf=firmware("dual0"))
    assert re.search(r"Breakpoint 1, count_round", out), out
    assert len(re.findall(r"dual\.cpu\d .* halted", out)) == 2, out
    while (packet := other.packet()).startswith(b"O"):
        pass
    assert packet == b"T02thread:1;"        # halted with it, not by a breakpoint of its own
    other.close()


LINK = "list [dual.cti0 read CTR] [dual.cti0 read INEN0] [dual.cti1 read OUTEN0] [dual.cti1 read OUTEN7]"


def link(daemon):
    """GLBEN of core 0, its "halted" input; debug request and restart output of core 1."""
    return [int(v, 16) for v in daemon.tcl(LINK).split()]


def apart_by(board, run):
    """How many instructions one core has executed more than the other in what `run` does."""
    before = board.stats()
    run()
    after = board.stats()
    spent = [after[k] - before[k] for k in ("instructions", "instructions2")]
    return abs(spent[0] - spent[1]), min(spent)


def test_cross_triggers_keep_a_group_together(tmp_path, firmware, two):
    """The skew of a start, a breakpoint and a halt, in instructions of 250 ns."""
    board = start(tmp_path, "dual-m4", firmware, "--deterministic")
    skew = {}
    try:
        for cti in (0, 1):
            daemon = two(board, f"set SMP 1; set CTI {cti}; poll_interval 100")
            daemon.tcl("reset halt; resume; sleep 5; halt")

            def to_breakpoint(core):
                daemon.tcl(f"targets dual.cpu{core}; bp {0x08000188 + 0x80000 * core:#x} 2 hw; resume; "
                           f"wait_halt 1000; dual.cpu{1 - core} arp_waitstate halted 1000; rbp all")

            def by_hand():
                daemon.tcl("targets dual.cpu0; resume; sleep 5; halt")
            skew[cti] = [apart_by(board, run) for run in (lambda: to_breakpoint(0), lambda: to_breakpoint(1), by_hand)]
            daemon.stop()
    finally:
        board.stop()
    assert all(more <= 25 for more, _ in skew[1]), skew        # a slice of the model is 20 instructions
    assert all(by_hardware * 10 < by_software for (by_hardware, _), (by_software, _) in zip(skew[1], skew[0])), skew


def test_the_cross_triggers_are_left_as_they_were_found(dual, two, tmp_path):
    before = two(dual)
    before.tcl("dual.cti1 write OUTEN7 4")
    before.stop()
    daemon = Two(dual, "set SMP 1", cwd=tmp_path)
    try:
        wait_for(lambda: link(daemon) == [1, 1, 1, 4], "the link of two cores that run")
        daemon.tcl("targets dual.cpu1; halt")
        assert link(daemon) == [0, 0, 0, 4]
        daemon.tcl("resume")
        assert link(daemon) == [1, 1, 1, 6]
        daemon.tcl("reset halt")
        assert link(daemon) == [0, 0, 0, 4]
        daemon.tcl("resume; smp off")
        assert link(daemon) == [0, 0, 0, 4]
        daemon.tcl("smp on")
        wait_for(lambda: link(daemon) == [1, 1, 1, 4], "the link anew")
        daemon.tcl("dual.cpu0 arp_examine; dual.cpu1 arp_examine")      # as after a probe that was lost
        wait_for(lambda: link(daemon) == [1, 1, 1, 4], "the link of cores examined again")
        daemon.tcl("halt")
        assert link(daemon) == [0, 0, 0, 4]
        daemon.tcl("resume")
    finally:
        daemon.stop()
    after = Two(dual, "", cwd=tmp_path)
    try:
        assert link(after) == [0, 0, 0, 4] and after.states() == ["running", "running"]
    finally:
        after.stop()


def test_a_stop_that_is_none_lets_the_other_go_too(dual, two, firmware):
    """A condition that is false, a semihosting call: what halted both by hardware is no stop."""
    daemon = two(dual, "set SMP 1", "-c", "init; reset halt")
    out = daemon.gdb(0, ["hbreak count_round if own == 60", "continue", "print own", "monitor targets", "delete"],
                     elf=firmware("dual0"))
    assert "$1 = 60" in out and len(re.findall(r"dual\.cpu\d .* halted", out)) == 2, out
    daemon.tcl("reset halt; targets dual.cpu0; arm semihosting enable")
    # SYS_TIME, count in r4 and at r5, again
    daemon.tcl(f"write_memory {RAM:#x} 16 {{0x2011 0xbeab 0x3401 0x602c 0xe7fa}}; mww {RAM + 64:#x} 0; "
               f"mww {COUNTS + 4:#x} 0; reg r4 0; reg r5 {RAM + 64:#x}; reg pc {RAM:#x}; resume")
    wait_for(lambda: int.from_bytes(dual.memory(RAM + 64, 4), "little") > 3 and counts(dual)[1] > 30,
             "calls of one, rounds of both")
    assert daemon.states() == ["running", "running"]
    daemon.tcl("halt")
    assert daemon.states() == ["halted", "halted"]


@pytest.mark.parametrize("base, reason", [("0x60000000", r"bad \(AP 0, 0x60000000\): "),
                                          ("0xe00ff000", "a pulse on its restart channel did not let the core go")])
def test_a_cross_trigger_that_does_not_work_is_no_obstacle(dual, two, base, reason):
    daemon = two(dual, "set SMP 1; set CTI 0", "-c",
                 f"cti create bad -dap dual.dap -ap-num 0 -baseaddr {base}; "
                 "cti create good -dap dual.dap -ap-num 1 -baseaddr 0xe0043000; "
                 "dual.cpu0 configure -cti bad; dual.cpu1 configure -cti good")
    daemon.tcl("halt; resume")
    daemon.expect(r"Warn : \[dual.cpu0\] its cross trigger interface cannot be used, the group halts by software: "
                  + reason)
    assert daemon.states() == ["running", "running"] and not stands(dual, 0) and not stands(dual, 1)
    daemon.tcl("halt; resume; halt")
    assert daemon.states() == ["halted", "halted"] and stands(dual, 0) and stands(dual, 1)
    assert daemon.text.count("[dual.cpu0] its cross trigger interface cannot be used") == 1
    assert daemon.tcl("good read CTR") == "0x00000000"


def test_breakpoints_are_each_cores_own(dual, two, firmware):
    daemon = two(dual)
    out = daemon.gdb(1, ["hbreak count_round", "continue", "continue", "print own", "info symbol $pc",
                         "monitor targets"], elf=firmware("dual1"))
    assert out.count("Breakpoint 1, count_round") == 2, out
    assert "count_round in section .text" in out
    assert re.search(r"dual\.cpu0 .*running", out) and re.search(r"dual\.cpu1 .*halted", out), out
    assert not stands(dual, 0)
    assert daemon.tcl("targets dual.cpu0; bp") == ""


def test_one_gdb_with_two_inferiors(dual, two, firmware):
    daemon = two(dual, "", "-c", "init; reset halt")
    out = daemon.gdb(0, [
        "hbreak count_round", "continue", "delete", f"add-inferior -no-connection -exec {firmware('dual1')}",
        "inferior 2", f"target extended-remote localhost:{daemon.ports[1]}", "hbreak -q *&count_round",
        "info inferiors", "info registers pc", "inferior 1", "info registers pc", "detach", "inferior 2", "detach"],
        elf=firmware("dual0"), connect="target extended-remote")
    assert re.search(r"^\* 2 .*remote.*dual1\.elf", out, re.M), out
    first, second = [int(v, 16) for v in re.findall(r"^pc +(0x\w+)", out, re.M)]
    assert FLASH1 < first < FLASH1 + 0x1000 and FLASH0 < second < FLASH0 + 0x1000, out


def test_what_one_gdb_writes_the_other_sees(dual, two):
    daemon = two(dual, "", "-c", "init; reset halt")
    first, second = Rsp(daemon.ports[0]), Rsp(daemon.ports[1])
    for value in ("01020304", "aabbccdd"):
        assert first.ask(f"M{RAM:x},4:{value}") == b"OK"
        assert second.ask(f"m{RAM:x},4").decode() == value
        assert first.ask(f"m{RAM:x},4").decode() == value
    first.close()
    second.close()


def test_a_software_breakpoint_of_one_is_hidden_from_the_other(dual, two):
    daemon = two(dual, "", "-c", "init; reset halt")
    first, second = Rsp(daemon.ports[0]), Rsp(daemon.ports[1])
    code = "00bf00bfbee7"
    assert first.ask(f"M{RAM:x},6:{code}") == b"OK"
    assert first.ask(f"Z0,{RAM:x},2") == b"OK"
    assert dual.memory(RAM, 2) == b"\x00\xbe"
    assert second.ask(f"m{RAM:x},6").decode() == code
    assert second.ask(f"Z0,{RAM:x},2") == b"OK"             # both want it there
    assert first.ask(f"z0,{RAM:x},2") == b"OK"
    assert dual.memory(RAM, 2) == b"\x00\xbe"               # the other one still does
    assert second.ask(f"M{RAM:x},2:c046") == b"OK"          # under the breakpoint
    assert first.ask(f"m{RAM:x},2") == b"c046"
    assert second.ask(f"z0,{RAM:x},2") == b"OK"
    assert dual.memory(RAM, 2) == b"\xc0\x46"
    first.close()
    second.close()


def test_live_reads_through_the_halted_core_are_new(dual, two):
    """Core 0 runs and counts; what a GDB on the halted core 1 reads is never an old copy."""
    daemon = two(dual)
    second = Rsp(daemon.ports[1])
    seen = []
    for _ in range(6):
        seen.append(int.from_bytes(bytes.fromhex(second.ask(f"m{COUNTS:x},4").decode()), "little"))
        dual.ctl("run 1000000")
    assert seen == sorted(set(seen)), seen
    assert daemon.states() == ["running", "halted"]
    second.close()


def test_helper_code_keeps_out_of_ram_that_a_running_core_may_use(dual, two):
    daemon = two(dual)
    daemon.tcl("halt; mww 0x20004000 0x12345678")
    assert daemon.states() == ["halted", "running"]
    rsp = Rsp(daemon.ports[0])
    before = dual.stats()["instructions"]
    by_hand = rsp.ask("qCRC:8000000,2000")
    assert dual.stats()["instructions"] == before       # read back, not computed on the chip
    daemon.tcl("targets dual.cpu1; halt")
    assert rsp.ask("qCRC:8000000,2000") == by_hand
    assert dual.stats()["instructions"] > before
    rsp.close()


def test_flash_is_written_with_both_halted(dual, two, firmware):
    daemon = two(dual)
    daemon.tcl("halt")
    text = daemon.tcl(f"capture {{flash write_image erase {firmware('dual0')}}}")
    assert "wrote" in text
    assert re.search(r"Info : \[dual.cpu1\] halted for flash programming by dual.cpu0", daemon.text)
    assert daemon.states() == ["halted", "halted"]
    daemon.tcl("reset run")
    out = daemon.gdb(1, ["load", "compare-sections", "monitor reset run"], elf=firmware("dual1"))
    assert "MIS-MATCHED" not in out and "Transfer rate" in out, out
    assert daemon.states() == ["running", "running"]
    assert not stands(dual, 0) and not stands(dual, 1)


def test_a_second_core_that_is_not_started_yet(held, two):
    daemon = two(held, "set DEFER_CPU1 1; reset_config none", "-c", "init; halt")
    assert "dual.cpu1] Cortex" not in daemon.text
    assert daemon.states()[1] == "examine deferred"
    daemon.tcl("reset halt")
    assert held.ctl("state")["core2"] == "unclocked"
    assert "own registers do not answer" in daemon.fails("dual.cpu1 arp_examine")
    early = Rsp(daemon.ports[1], acks=True)
    early.send(frame("qC"))
    assert early.is_closed()
    daemon.expect(r"Error: Target dual.cpu1 not examined yet, refuse gdb connection 1!: .*do not answer")
    daemon.expect(r"Info : dual.cpu0 answers behind the same debug port \(it is halted\)")
    assert daemon.states()[0] == "halted"
    daemon.tcl("resume; sleep 50; dual.cpu1 arp_examine; dual.cpu1 arp_poll")
    assert daemon.states() == ["running", "running"]
    late = Rsp(daemon.ports[1])
    assert late.ask("?").startswith(b"T")
    late.close()


def test_a_reset_that_takes_the_second_core_away(held, two):
    daemon = two(held)
    wait_for(lambda: daemon.states() == ["running", "running"], "both cores")
    assert daemon.tcl("catch {reset halt}") == "0"
    assert re.search(r"Warn : \[dual.cpu1\] does not answer after the reset: it may wait for another core",
                     daemon.text)
    assert daemon.states()[0] == "halted"
    transfers = held.stats()["transfers"]
    assert daemon.tcl("sleep 20; catch {reset run}") == "0"
    assert held.stats()["transfers"] > transfers
    wait_for(lambda: daemon.states() == ["running", "running"], "core 1 found again")


@pytest.mark.parametrize("probe, script", [("st-link-v3", "stlink"), ("jlink", "jlink")])
def test_over_other_probes(make_board, make_daemon, firmware, probe, script):
    board = make_board(name="dual-m4", usb=[probe])
    board.ctl(f"load {FLASH0:#x} {firmware('dual0').with_suffix('.bin')}")
    daemon = make_daemon("-f", f"interface/{script}.cfg", "-c", "transport select swd; adapter speed 4000",
                         "-f", "target/dual_m4.cfg", "-c", "init; reset halt", env=board.usb_env)
    daemon.tcl(f"targets dual.cpu1; flash write_image erase {firmware('dual1')}; reset halt")
    pcs = [daemon.tcl(f"targets dual.cpu{k}; reg pc") for k in (0, 1)]
    assert "0x08000" in pcs[0] and "0x08080" in pcs[1], pcs
    daemon.tcl("targets dual.cpu1; resume")
    assert stands(board, 0) and not stands(board, 1)


def stock_openocd(board, commands, settings=""):
    """What it printed: JTAG, our target script."""
    board.ctl("power off")
    board.ctl("power on")
    argv = ["openocd", "-s", str(TOP / "tcl"), "-c", "adapter driver remote_bitbang; remote_bitbang host localhost",
            "-c", f"remote_bitbang port {board.ports['remote_bitbang']}; transport select jtag",
            "-c", settings, "-f", "target/dual_m4.cfg",
            "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled"]
    for command in commands:
        argv += ["-c", command]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


CTIS = ["cti create c0 -dap dual.dap -ap-num 0 -baseaddr 0xe0043000",
        "cti create c1 -dap dual.dap -ap-num 1 -baseaddr 0xe0043000"]


def test_cross_triggers_by_hand(dual, two):
    daemon = two(dual, "", "-c", "; ".join(CTIS))
    tcl, fails = daemon.tcl, daemon.fails
    assert tcl("cti names") == "dual.cti0 dual.cti1 c0 c1"
    dump = tcl("c0 dump").splitlines()
    assert dump[0] == "     CTR (0x0000) 0x00000000" and dump[1] == "    GATE (0x0140) 0x0000000f" and len(dump) == 28
    tcl("c1 channel 2 gate")
    assert tcl("c1 read GATE") == "0x0000000b"
    tcl("c1 channel 2 ungate; c1 testmode on")
    assert tcl("c1 read GATE; dual.cpu1 read_memory 0xe0043f00 32 1") == "0x1"
    tcl("c1 testmode off; c0 write INEN0 1; c1 write OUTEN0 1; c0 enable on; c1 enable on")
    tcl("dual.cpu0 arp_halt; dual.cpu1 arp_waitstate halted 1000")
    assert daemon.states() == ["halted", "halted"]
    assert tcl("c1 read TROUT; c1 ack 0; c1 read TROUT") == "0x00000000"
    tcl("targets dual.cpu1; resume; c1 channel 0 set; c1 ack 0")
    daemon.expect(r"Warn : c1: output 0 stays asserted: a channel that drives it is active")
    assert daemon.states()[1] == "halted"
    tcl("c1 channel 0 clear; c1 ack 0; resume; c0 enable off; c1 enable off; targets dual.cpu0; resume")
    assert daemon.states() == ["running", "running"]
    assert "c0 has no channel 4 (0..3)" in fails("c0 channel 4 pulse")
    assert "c0 has no trigger output 8 (0..7)" in fails("c0 ack 8")
    assert "unknown CTI register NOSUCH: the names are CTR GATE INEN0 OUTEN0 TRIN" in fails("c0 read NOSUCH")
    assert "gate" in fails("c0 channel 0 open")
    assert "-baseaddr is missing" in fails("cti create c2 -dap dual.dap -ap-num 0")
    assert "there is already a CTI named c0" in fails("cti create c0 -dap dual.dap -ap-num 0 -baseaddr 0xe0043000")
    assert "there is no DAP named no.dap" in fails("cti create c2 -dap no.dap -ap-num 0 -baseaddr 0xe0043000")
    assert "there is no CTI named c7" in fails("dual.cpu0 configure -cti c7")
    assert tcl("dual.cpu0 configure -cti c0; dual.cpu0 cget -cti") == "c0"
    tcl("cti create wrong -dap dual.dap -ap-num 0 -baseaddr 0xe0001000; wrong read CTR")
    daemon.expect(r"Warn : wrong: what answers at 0xe0001000 of AP 0 is no CTI \(DEVTYPE 0x00\)")
    assert "nowhere (AP 0, 0x60000000)" in fails("cti create nowhere -dap dual.dap -ap-num 0 -baseaddr 0x60000000; "
                                                 "nowhere dump")


@pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
def test_the_judge_drives_the_cross_triggers(dual):
    text = stock_openocd(dual, CTIS + [
        "init", "reset halt", "c0 dump", "c0 write INEN0 1", "c1 write OUTEN0 1", "c0 enable on", "c1 enable on",
        "targets dual.cpu1", "resume", "targets dual.cpu0", "bp 0x08000188 2 hw", "resume", "wait_halt 1000",
        "targets dual.cpu1", "wait_halt 1000", "echo trout=[c1 read TROUT]", "resume", "wait_halt 1000",
        "echo again=[dual.cpu1 curstate]", "c1 ack 0", "echo acked=[c1 read TROUT]", "resume", "sleep 10",
        "poll", "echo gone=[dual.cpu1 curstate]", "shutdown"])
    assert re.search(r"^ +GATE \(0x0140\) 0x0000000f$", text, re.M), text
    assert "[dual.cpu0] halted due to breakpoint" in text
    assert text.count("[dual.cpu1] halted due to debug-request") == 3, text      # reset, cross trigger, not acknowledged
    assert re.search(r"^trout=0x00000001", text, re.M) and re.search(r"^acked=0x00000000", text, re.M), text
    assert "again=halted" in text and "gone=running" in text, text


@pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
@pytest.mark.parametrize("group", [False, True], ids=["apart", "smp"])
def test_the_judge_finds_two_cores(dual, group):
    """Stock OpenOCD."""
    commands = ["init", "reset halt", "targets dual.cpu1", "echo pc1=[reg pc]", "bp 0x08080188 2 hw", "resume",
                "wait_halt 1000", "echo hit=[reg pc]", "rbp 0x08080188", "step", "echo step=[reg pc]",
                "targets dual.cpu0", "echo pc0=[reg pc]", "mww 0x20017000 0x12345678", "targets dual.cpu1",
                "echo ram=[mdw 0x20017000]", "echo flash=[flash probe 0]", "targets", "shutdown"]
    text = stock_openocd(dual, commands, f"set SMP {int(group)}")
    for core in (0, 1):
        assert f"[dual.cpu{core}] Cortex-M4 r0p1 processor detected" in text
    assert re.search(r"^pc1=pc \(/32\): 0x080802", text, re.M), text
    assert re.search(r"^hit=pc \(/32\): 0x08080188", text, re.M), text
    assert re.search(r"^step=pc \(/32\): 0x0808018a", text, re.M), text
    assert re.search(r"^ram=0x20017000: 12345678", text, re.M), text
    assert "STM32L47/L48xx" in text


def test_an_access_port_beside_the_core_is_no_second_core(make_board, make_daemon, firmware):
    """It cannot be halted for flash programming, and nothing runs on it that helper code could disturb."""
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board), "-c",
                         "target create ahb mem_ap -dap stm32l4x.dap -ap-num 0; targets stm32l4x.cpu")
    image = firmware("blink").with_suffix(".bin")
    daemon.tcl(f"reset halt; flash write_image erase {image} 0x08000000")
    assert board.memory(FLASH0, image.stat().st_size) == image.read_bytes()
    assert daemon.tcl("ahb read_memory 0x08000000 32 1") == daemon.tcl("read_memory 0x08000000 32 1")
