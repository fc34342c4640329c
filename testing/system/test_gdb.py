# SPDX-License-Identifier: GPL-2.0-or-later
"""A person at GDB's prompt: what is typed, what is shown, and what the board says happened."""
import re
import signal
import time

import pytest

from kit import Gdb, board_arguments, wait_for

EXTENDED = "target extended-remote"


def test_attach_halts_and_detach_leaves_it_so(daemon, gdb):
    out = gdb.run(["info registers pc sp", "info threads", "detach"])
    assert re.search(r"pc +0x[0-9a-f]+", out)
    assert "detached" in out
    assert daemon.tcl("[target current] curstate") == "halted"
    assert "dropped 'gdb' connection" in daemon.text
    assert "pc " in gdb.run(["info registers pc"])           # and again


def test_the_log_lines_ides_wait_for(daemon, gdb):
    gdb.run(["detach"])
    for line in (r"^Info : starting gdb server for \S+ on \d+$",
                 r"^Info : Listening on port \d+ for gdb connections$",
                 r"^Info : accepting 'gdb' connection on tcp/\d+$",
                 r"^Info : dropped 'gdb' connection$"):
        assert re.search(line, daemon.text, re.M), line
    assert "Prefer GDB command" in daemon.text


def test_load_break_step_next_finish(gdb, firmware):
    out = gdb.run(["load", "break main", "continue", "next", "break square", "continue", "backtrace",
                   "finish", "step", "next", "print counter", "print origin", "print/d squares",
                   "info breakpoints"], elf=firmware("blink"))
    assert "Start address" in out and "Transfer rate" in out
    assert re.search(r"Breakpoint 1, main \(\)", out)
    assert re.search(r"Breakpoint 2, square \(n=n@entry=0\)", out)
    assert re.search(r"#2 .* step \(n=", out) and re.search(r"#3 .* main \(\)", out)
    assert "Value returned is $1 = 0" in out
    assert "Breakpoint 2, square (n=n@entry=2)" in out      # `next` runs into it
    assert '{x = 3, y = -4, name = 0x' in out and '"origin"' in out
    assert "breakpoint already hit 2 times" in out


def test_compare_sections_and_load_twice(gdb, firmware):
    out = gdb.run(["load", "compare-sections", "load", "compare-sections"], elf=firmware("blink"))
    assert out.count("matched.") >= 4, out
    assert "MIS-MATCHED" not in out
    out = gdb.run(["compare-sections"], elf=firmware("watch"))
    assert "MIS-MATCHED" in out


def test_watchpoints(gdb, firmware):
    out = gdb.run(["load", "break main", "continue", "delete", "watch watched", "continue",
                   "backtrace", "delete", "rwatch read_only", "continue", "backtrace", "delete",
                   "awatch half", "continue", "delete", "watch bytes[2]", "continue"],
                  elf=firmware("watch"))
    assert re.search(r"Hardware watchpoint \d+: watched\n\nOld value = 0\nNew value = 1", out), out
    assert re.search(r"Hardware read watchpoint \d+: read_only\n\nValue = 4660", out), out
    assert re.search(r"Hardware access \(read/write\) watchpoint \d+: half\n\nOld value = 0\nNew value = 64",
                     out), out
    assert re.search(r"Hardware watchpoint \d+: bytes\[2\]", out), out
    assert out.count("New value =") >= 3, out


def test_software_breakpoints_in_ram(gdb, firmware, daemon, board):
    board.ctl(f"load 0x08000000 {firmware('blink').with_suffix('.bin')}")   # vectors, so a stack
    daemon.tcl("reset halt")
    out = gdb.run(["load", "tbreak main", "continue", "break add", "continue", "continue", "backtrace",
                   "x/2i $pc", "monitor bp"], elf=firmware("ram"))
    assert "Temporary breakpoint 1, main" in out
    assert len(re.findall(r"Breakpoint 2, add \(a=\d+, b=\d+\)", out)) == 2, out
    assert "bkpt" not in out
    assert "no symbol" not in out.lower()


def test_more_breakpoints_than_comparators(gdb, firmware):
    places = ["main", "step", "sum_of_squares", "square", "led_init", "uart_init", "uart_print"]
    out = gdb.run(["load", *(f"hbreak {name}" for name in places), "continue", "delete 7", "continue"],
                  elf=firmware("blink"))
    assert "too many hardware breakpoints" in out
    assert "Breakpoint 1, main" in out


def test_fpu_registers(gdb, firmware):
    out = gdb.run(["load", "break length", "continue", "print $s0 + 0", "print x", "info registers fpscr",
                   "set var $s5 = 2.5", "print $s5", "print $d2", "info all-registers", "finish"],
                  elf=firmware("fpu"))
    assert re.search(r"Breakpoint 1, length \(x=0\.09\d+, y=0\.99\d+\)", out), out
    assert re.search(r"\$\d+ = 2\.5", out)
    assert "Value returned is" in out and re.search(r"Value returned is \$\d+ = (1|0\.99)", out)


def test_interrupts_do_not_catch_a_step(gdb, firmware):
    out = gdb.run(["load", "break main", "continue", *["stepi"] * 20, "info symbol $pc"],
                  elf=firmware("irq"))
    assert "Handler" not in out.split("Breakpoint 1, main")[1]


def test_breakpoints_in_handlers_are_hit_while_another_is_passed(gdb, firmware):
    out = gdb.run(["load", "break main", "continue", "delete", "break work", "break TIM2_IRQHandler",
                   *["continue"] * 12], elf=firmware("irq"))
    assert "TIM2_IRQHandler ()" in out.split("Breakpoint 1, main")[1]


def test_call_a_function_of_the_program(gdb, firmware):
    out = gdb.run(["load", "break step", "continue", "print square(7)", "print squares[7]",
                   "print $pc == step"], elf=firmware("blink"))
    assert "$1 = 49" in out and "$2 = 49" in out, out


def test_semihosting_through_gdb(gdb, firmware):
    out = gdb.run(["load", "monitor arm semihosting enable", "monitor arm semihosting_fileio enable",
                   "continue"], elf=firmware("semi"), connect=EXTENDED)
    assert "hello from the target\n" in out
    assert "exited normally" in out


def test_interrupt_a_running_program_and_go_on(gdb, firmware):
    gdb.start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    for _ in range(3):
        gdb.send("continue")
        gdb.expect("Continuing")
        gdb.running()
        gdb.interrupt()
        gdb.expect("received signal SIGINT")
    gdb.send("print counter > 0")
    gdb.expect(r"\$1 = 1")


def test_killed_gdb_leaves_a_usable_daemon(gdb, firmware, daemon, make_gdb, board):
    gdb.start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("break square")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")
    gdb.send("delete")
    gdb.send("continue")
    gdb.expect("Continuing")
    gdb.running()
    gdb.stop()
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the end of the connection")
    assert daemon.tcl("[target current] curstate") == "running"     # it was, so it stays
    assert daemon.tcl("bp") == ""
    out = make_gdb(daemon).run(["print counter > 0", "break step", "continue"], elf=firmware("blink"))
    assert "= 1" in out and "Breakpoint 1, step" in out


def test_gdb_killed_in_the_middle_of_a_load(gdb, firmware, daemon, make_gdb):
    gdb.start(firmware("big"))
    gdb.send("load")
    gdb.expect("Loading section")
    time.sleep(0.5)
    gdb.stop()
    wait_for(lambda: "dropped 'gdb' connection" in daemon.text, "the end of the connection")
    out = make_gdb(daemon).run(["load", "compare-sections"], elf=firmware("big"), timeout=240)
    assert "Transfer rate" in out and "MIS-MATCHED" not in out, out


def test_two_gdbs_on_one_target(board, make_daemon, make_gdb, firmware):
    daemon = make_daemon(*board_arguments(board), "-c", "[target current] configure -gdb-max-connections 2")
    first, second = make_gdb(daemon), make_gdb(daemon)
    first.start(firmware("blink"))
    first.send("load")
    first.expect("Transfer rate")
    first.send("continue")
    first.expect("Continuing")
    first.running()
    out = second.run(["print counter", "print counter"], elf=firmware("blink"))
    values = [int(v) for v in re.findall(r"\$\d = (\d+)", out)]
    assert len(values) == 2 and values[0] > 0, out
    assert daemon.tcl("[target current] curstate") == "running"
    first.interrupt()
    first.expect("received signal SIGINT")


def test_run_start_kill_and_attach_in_extended_mode(gdb, firmware):
    out = gdb.run(["load", "start", "kill", "info threads", "tbreak step", "run", "detach", "attach 1",
                   "info registers pc"], elf=firmware("blink"), connect=EXTENDED)
    assert "Temporary breakpoint 1, main" in out, out
    assert "No threads" in out
    assert "Temporary breakpoint 2, step" in out
    assert re.search(r"pc +0x", out.split("detached")[1]), out


def test_acks_work_too(gdb, firmware):
    gdb_argv = gdb._argv
    gdb._argv = lambda elf: gdb_argv(elf) + ["-ex", "set remote noack-packet off"]
    out = gdb.run(["load", "compare-sections", "break step", "continue", "monitor echo hi", "stepi"],
                  elf=firmware("blink"))
    assert "Breakpoint 1, step" in out and "hi" in out and "MIS-MATCHED" not in out


def test_semihosting_speaks_on_gdbs_console_and_ends_the_program(gdb, firmware):
    out = gdb.run(["load", "monitor arm semihosting enable", "continue"], elf=firmware("semi"),
                  connect=EXTENDED)
    assert "hello from the target\n" in out
    assert "exited normally" in out


def test_a_breakpoint_in_the_program_stops_and_is_passed(gdb, firmware):
    out = gdb.run(["load", "break main", "continue", "set {short}0x20010000 = 0xbe01",
                   "set {short}0x20010002 = 0xe7fd", "set $pc = 0x20010000", "continue", "print/x $pc",
                   "continue", "print/x $pc"], elf=firmware("blink"))
    assert out.count("SIGTRAP") == 2, out
    assert out.count("= 0x20010000") == 2, out


def test_a_fault_is_explained_at_the_stop(gdb, firmware):
    out = gdb.run(["load", "monitor cortex_m vector_catch hard_err bus_err state_err", "break main",
                   "continue", "set var select = SELECT_UNDEFINED", "continue", "backtrace"],
                  elf=firmware("fault"))
    assert re.search(r"undefined|UNDEFINSTR", out, re.I), out
    assert re.search(r"fault \(which=", out), out


def test_registers_after_a_monitor_reset(gdb, firmware):
    out = gdb.run(["load", "break step", "continue", "monitor reset halt", "info registers pc",
                   "maintenance flush register-cache", "info registers pc", "monitor gdb_sync", "stepi"],
                  elf=firmware("blink"))
    assert "maintenance flush register-cache" in out        # the hint
    assert "<Reset_Handler" in out


def test_a_session_outlives_its_probe(board, daemon, gdb, firmware):
    gdb.start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("break step")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, step")
    gdb.send("delete")
    gdb.send("continue")
    gdb.expect("Continuing")
    gdb.running()
    board.ctl("unplug")
    gdb.expect("(?i)SIGLOST|remote failure reply")
    gdb.send("monitor echo {still here}")
    gdb.expect("still here")
    board.ctl("replug")
    gdb.send("monitor adapter reconnect")
    gdb.send("monitor reset halt")
    gdb.expect("halted due to debug-request")
    gdb.send("maintenance flush register-cache")
    gdb.send("tbreak main")
    gdb.send("continue")
    gdb.expect("Temporary breakpoint 2, main")


def test_unmapped_memory(gdb, firmware, daemon):
    out = gdb.run(["x/1xw 0x90000000", "monitor gdb_report_data_abort enable", "x/1xw 0x90000000",
                   "x/2xw 0xe000ed00"])
    assert "0x90000000:\t0x00000000" in out
    assert "Cannot access memory at address 0x90000000" in out
    assert "0x410fc241" in out                              # CPUID of the Cortex-M4 r0p1


def test_step_costs_at_most_three_round_trips(board, gdb, firmware):
    gdb.start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("break square")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")
    gdb.send("stepi")
    gdb.expect(r"0x|\d+\t")
    gdb.send("monitor poll off")        # it costs, too, as long as the machine takes
    before = board.stats()["round_trips"]
    for _ in range(10):
        gdb.send("stepi")
        gdb.expect(r"\n?0x[0-9a-f]+|\n?\d+\t")
    time.sleep(0.05)
    trips = board.stats()["round_trips"] - before
    assert trips <= 32, trips           # 30 for the steps


def test_protected_page_stops_load_and_says_how_to_go_on(board, daemon, gdb, firmware):
    daemon.tcl("reset halt")
    daemon.tcl("flash protect 0 0 3 on")
    before = board.memory(0x08000000, 4096)
    out = gdb.run(["load", "monitor echo next", "monitor flash protect 0 0 3 off", "load",
                   "compare-sections"], elf=firmware("blink"))
    assert "Error finishing flash operation" in out         # all that GDB 13 shows by itself
    reason = "page 0 is write-protected (WRP1A covers pages 0..3)"
    assert reason in out and reason in daemon.text
    assert out.count("matched.") == 2 and "MIS-MATCHED" not in out
    assert before == b"\xff" * 4096


def test_flash_erase_without_a_file(gdb, firmware, board):
    gdb.run(["load"], elf=firmware("blink"))
    assert board.memory(0x08000000, 4) != b"\xff" * 4
    gdb.run(["flash-erase"])
    assert board.memory(0x08000000, 4096) == b"\xff" * 4096


@pytest.mark.parametrize("end", ["detach", "kill -9"])
def test_end_state_run_lets_the_program_go(board, make_daemon, make_gdb, firmware, end):
    daemon = make_daemon(*board_arguments(board), "-c", "gdb_end_state run")
    gdb = make_gdb(daemon)
    gdb.start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("break main")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, main")
    if end == "detach":
        gdb.send("detach")
        gdb.expect("detached")
    else:
        gdb.stop()
    wait_for(lambda: daemon.tcl("[target current] curstate") == "running", "the core to run")
    wait_for(lambda: daemon.tcl("bp") == "", "the breakpoints to be gone")


def test_the_daemon_can_be_ended_from_gdb(daemon, gdb):
    out = gdb.run(["monitor shutdown"])
    assert "shutdown command invoked" in out
    assert daemon.wait() == 0
