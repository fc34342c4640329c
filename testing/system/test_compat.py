# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts and launch configurations written for OpenOCD rely on."""
import re
import struct
import subprocess

import pytest

from kit import BUILD, PATIENCE, TOP, board_arguments


def events(text):
    return [line[3:] for line in text.split("\n") if line.startswith("EV:")]


TRACED = ("gdb-halt halted resumed resume-start resume-end step-start step-end reset-start "
          "reset-assert-pre reset-assert-post reset-deassert-pre reset-deassert-post reset-init "
          "reset-end examine-start examine-end").split()


def test_a_halt_after_program_and_reset_is_a_debug_request(daemon, firmware):
    """DFSR outlives a system reset: the flash loader's breakpoint is no reason of a later halt."""
    daemon.tcl(f"program {firmware('blink')} verify reset")
    assert daemon.tcl("halt; stm32l4x.cpu debug_reason") == "debug-request"
    assert daemon.tcl("debug_reason") == "debug-request"
    assert daemon.tcl("resume; sleep 20; debug_reason") == "target-not-halted"


def test_a_core_that_a_session_left_halted_was_a_debug_request(board, make_daemon, firmware):
    first = make_daemon(*board_arguments(board))
    first.tcl(f"program {firmware('blink')}; reset halt")
    first.stop()
    second = make_daemon(*board_arguments(board))
    second.expect("halted due to debug-request, current mode: Thread")
    assert second.tcl("stm32l4x.cpu debug_reason") == "debug-request"


def test_events_come_in_the_documented_order(daemon, firmware):
    daemon.tcl(f"program {firmware('blink')}")
    for event in TRACED:
        daemon.tcl(f"stm32l4x.cpu configure -event {event} {{echo EV:{event}}}")
    daemon.tcl("rename init_reset old_init_reset")
    daemon.tcl("proc init_reset {mode} {echo EV:init_reset; old_init_reset $mode}")
    begin = ["reset-start", "init_reset", "examine-start", "examine-end", "reset-assert-pre",
             "reset-assert-post", "reset-deassert-pre", "reset-deassert-post"]
    halted = ["gdb-halt", "halted"]
    assert events(daemon.tcl("capture {reset init}")) == begin + halted + ["reset-init", "reset-end"]
    assert events(daemon.tcl("capture {reset halt}")) == begin + halted + ["reset-end"]
    assert events(daemon.tcl("capture {reset run}")) == begin + ["reset-end"]
    assert events(daemon.tcl("capture {halt}")) == halted
    assert events(daemon.tcl("capture {step}")) == ["step-start", "resumed", *halted, "step-end"]
    assert events(daemon.tcl("capture {resume}")) == ["resume-start", "resumed", "resume-end"]


def test_a_reset_in_two_steps_with_a_poll_between(daemon, firmware):
    daemon.tcl(f"program {firmware('blink')}; resume")
    for halt, state in ((1, "halted"), (0, "running")):
        daemon.tcl(f"stm32l4x.cpu arp_reset assert {halt}; stm32l4x.cpu arp_poll; stm32l4x.cpu arp_poll")
        assert daemon.tcl(f"stm32l4x.cpu arp_reset deassert {halt}; stm32l4x.cpu curstate") == state


def test_data_may_be_negative_as_expr_makes_it(daemon):
    daemon.tcl("halt; mww 0x20000000 [expr {~0x55}]; mwb 0x20000004 -2; write_memory 0x20000005 8 {-1}")
    daemon.tcl("array set a {0 -3}; array2mem a 16 0x20000006 1; set_reg {r0 -1}; reg r1 -2")
    assert daemon.tcl("read_memory 0x20000000 32 2") == "0xffffffaa 0xfffdfffe"
    assert daemon.tcl("get_reg {r0 r1}") == "r0 0xffffffff r1 0xfffffffe"
    assert "not valid" in daemon.fails("mww -4 0")


def test_the_mode_of_a_command(daemon):
    modes = [daemon.tcl(f"command mode {name}") for name in
             ("gdb_port", "tcl port", "bindto", "mdw", "init", "stm32l4x.cpu mdw", "nonsense")]
    assert modes == ["config", "config", "config", "exec", "any", "exec", "unknown"]
    assert daemon.fails("gdb_port 5").startswith("The 'gdb_port' command must be used before 'init'.")
    assert daemon.tcl("gdb_port") == "0"


def test_names_that_are_accepted_without_a_meaning(daemon):
    assert "no history" in daemon.tcl("capture {trace history}")
    assert "no RTOS" in daemon.tcl("capture ps")
    assert "help trace" in daemon.fails("trace nonsense")
    assert daemon.tcl("tcl_notifications; tcl_trace") == ""
    assert daemon.tcl("catch {halt 1 2 3}") == "1"
    assert daemon.tcl("set errorCode").startswith("OpenOCD -601 ")      # another request
    assert daemon.tcl("stm32l4x.dap apsel") == "0x0"


def test_what_is_not_there_is_said_with_a_next_step_that_fits(daemon):
    daemon.tcl("halt")
    assert daemon.fails("targets nobody").endswith('try one of the names in "target names"')
    assert "-s" not in daemon.tcl("capture {rbp 0x9999}")
    assert "no breakpoint at address 0x00009999 found" in daemon.text
    assert "no watchpoint at address 0x00009999 found" in daemon.tcl("capture {rwp 0x9999}")


def test_a_configuration_for_a_flash_driver_we_lack_loads(daemon):
    assert "no banks made" in daemon.tcl("capture {kinetis create_banks}")
    assert "is not available" in daemon.fails("kinetis mdm mass_erase")


def test_resume_and_step_need_a_halted_core(daemon, firmware):
    daemon.tcl(f"program {firmware('blink')}; reset run")
    assert "not halted" in daemon.fails("resume")
    assert "not halted" in daemon.fails("step")
    assert daemon.tcl("targets").rstrip().endswith("running")


def test_the_end_of_program_does_not_mend_the_core(board, make_daemon, tmp_path):
    """Firmware that locks up at once: the upload was a success, and IDEs take any Error line for a failure."""
    image = tmp_path / "lockup.bin"
    image.write_bytes(struct.pack("<II", 0x20001000, 0xF0000001))
    daemon = make_daemon(*board_arguments(board), "-c",
                         f"program {image} verify reset exit 0x08000000", ready=False)
    assert daemon.wait() == 0
    tail = daemon.text[daemon.text.index("** Programming Started **"):]
    assert "** Verified OK **" in tail and "Error:" not in tail, tail


def config(*arguments, cwd=None):
    """probed with these arguments and no ports; returns its exit code and all it said."""
    done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "-c",
                           "gdb_port disabled; telnet_port disabled; tcl_port disabled", *arguments], cwd=cwd,
                          timeout=30 * PATIENCE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("words, hint", [
    ("flsh banks", 'invalid command name "flsh": did you mean "flash"?'),
    ("flash_bank x", 'did you mean "flash bank"?'),
    ("gdb-port 3333", 'did you mean "gdb_port"?'),
    ("flash prob 0", 'invalid subcommand "flash prob": did you mean "flash probe"?'),
    ("adapter sped 100", 'did you mean "adapter speed"?'),
    ("target count", 'use "llength [target names]"'),
    ("arm mrc 15 0 1 0 0", "a Cortex-M has no CP15 registers"),
    ("svf file.svf", "CPLDs and FPGAs"),
    ("ft2232_layout jtagkey", "the driver ft2232 became ftdi"),
    ("arm7_9 dcc_downloads enable", "not Cortex-M"),
    ("parport_port 0x378", "this build has no driver for"),
    ("jtag_speed 10", 'use "adapter speed KHZ"'),
    ("monitor reset halt", "that is GDB's word"),
    ("rename sleep doze; sleep 1", 'invalid command name "sleep"\n'),
])
def test_a_word_we_do_not_have_says_what_to_use(words, hint):
    code, text = config("-c", f"noinit; {words}; shutdown")
    assert code == 1 and hint in text, text


def test_the_last_result_of_a_file_is_printed(tmp_path):
    (tmp_path / "last.cfg").write_text("set first 0x11\nset last 0x22\n", encoding="utf-8")
    text = config("-f", "last.cfg", "-c", "shutdown", cwd=tmp_path)[1]
    assert re.search("^0x22$", text, re.M) and "0x11" not in text, text


def test_old_names_warn_once_each(tmp_path):
    old = "adapter_khz 100; adapter_khz 200; jtag_nsrst_delay 10; adapter_nsrst_delay 20; ftdi_channel 0; ftdi_channel 1"
    code, text = config("-c", f"adapter driver ftdi; {old}; noinit; echo [adapter speed]; shutdown")
    assert code == 0 and "adapter speed: 200 kHz" in text
    assert text.count("DEPRECATED! use") == 4
    assert text.count("Warn : DEPRECATED! use 'adapter speed' not 'adapter_khz'\n") == 1


def test_the_last_choice_of_a_transport_holds(tmp_path):
    """Before or after the adapter, as often as files do it; the line of the one before is told."""
    (tmp_path / "board.cfg").write_text("# a board\ntransport select jtag\nadapter driver cmsis-dap\n")
    code, text = config("-f", tmp_path / "board.cfg", "-c", "transport select hla_swd; noinit; "
                        "echo \"[transport select] [using_jtag] [using_swd] [using_hla]\"; shutdown")
    assert code == 0 and "\nswd 0 1 0\n" in text
    assert f'takes the place of "jtag" ({tmp_path}/board.cfg:2)' in text


def test_a_transport_the_adapter_does_not_have(tmp_path):
    code, text = config("-c", "adapter driver cmsis-dap; transport select swim")
    assert code == 1 and "Debug adapter doesn't support 'swim' transport" in text


def test_an_open_probe_keeps_its_transport(board, make_daemon, tmp_path):
    path = tmp_path / "late.cfg"
    path.write_text("\n\ntransport select jtag\n")
    daemon = make_daemon(*board_arguments(board))
    why = daemon.fails(f"script {path}")
    assert "Can't change session's transport after the initial selection was made" in why
    assert f'"jtag" is asked for at {path}:3' in why
    assert daemon.tcl("transport select swd; transport select") == "swd"


@pytest.mark.parametrize("wire, khz", [(None, 4000), (1500, 1500)])
def test_no_speed_given_is_a_fast_one_that_was_tested(make_board, make_daemon, wire, khz):
    board = make_board("--deterministic")
    if wire:
        board.ctl(f"wire max-khz {wire}")
    daemon = make_daemon("-f", "interface/cmsis-dap-tcp.cfg", "-c", "cmsis-dap tcp host localhost; cmsis-dap tcp "
                         f"port {board.ports['cmsis_dap_tcp']}", "-c", "swd newdap l4 cpu; dap create l4.dap "
                         "-chain-position l4.cpu; target create l4.cpu cortex_m -dap l4.dap")
    daemon.expect('no "adapter speed" was given: 4000 kHz if the wire passes a test of it')
    speed = int(re.search(r"\d+", daemon.tcl("adapter speed")).group())
    assert khz // 2 < speed <= khz
    assert ("this wire does not hold 4000 kHz" in daemon.text) == bool(wire)


def test_a_path_is_taken_as_it_was_typed(daemon, tmp_path):
    """Tcl makes a line end of the \\n in C:\\new: the text that was typed still has it."""
    (tmp_path / "new folder").mkdir()
    (tmp_path / "new folder" / "firmware.bin").write_bytes(bytes(range(64)))
    assert "verified 64 bytes" in daemon.tcl(r'test_image "new folder\firmware.bin" 0x20000000')
    assert "verified 64 bytes" in daemon.tcl(r"test_image {new folder\firmware.bin}")
    daemon.tcl(r'halt; load_image "new folder\firmware.bin" 0x20000000')
    assert daemon.tcl("read_memory 0x20000000 32 1") == "0x3020100"
    assert "couldn't open" in daemon.fails(r'test_image "new folder\nothing.bin"')
    (tmp_path / "flash.cfg").write_text(r"""proc test {file} { return [test_image $file 0x20000000] }
test "new folder\firmware.bin"
""", encoding="utf-8")
    assert "verified 64 bytes" in daemon.tcl(f"script {tmp_path}/flash.cfg")


def test_expressions_without_braces():
    code, text = config("-c", "noinit; set a 5; echo \"<[expr $a + 1] [expr {$a*2}] [expr $a<<2 | 1]>\"; shutdown")
    assert code == 0 and "<6 10 21>" in text


def test_dropped_results_are_seen_at_debug_level_only(board):
    """The middle of a line prints nothing, as tools expect."""
    line = ("-c", "noinit; version; add_script_search_dir /nowhere; shutdown")
    assert "Open On-Chip Debugger" not in config(*line)[1].split("\n", 1)[1]
    text = config("-d3", *line)[1]
    assert "version: Open On-Chip Debugger" in text.split("\n", 1)[1]
    assert text.startswith("Open On-Chip Debugger")
    for prefix in ("Debug", "User "):       # number, milliseconds, place
        assert re.search(rf"^{prefix}: \d+ \d+ \w+\.c:\d+ \w+\(\): ", text, re.M), text


def test_all_groups_stand_below_the_target_s_name(daemon):
    daemon.tcl('stm32l4x.cpu rtt setup 0x20000000 0x100 "SEGGER RTT"')
    assert "state stopped" in daemon.tcl("stm32l4x.cpu rtt status")
    for verb in ("arm core_state", "cortex_m vector_catch", "itm ports on", "tpiu config disable"):
        daemon.tcl(f"halt; stm32l4x.cpu {verb}")
    assert daemon.tcl("dap apid") == daemon.tcl("stm32l4x.dap apid")
    assert "receiving debug messages from current target disabled" in daemon.tcl("target_request debugmsgs enable")


def test_nothing_asserted_is_released_already(daemon):
    daemon.tcl("reset_config none; adapter deassert srst; adapter deassert trst")
    assert "adapter has no srst signal" in daemon.fails("adapter assert srst")


def test_echo_goes_on_where_the_one_without_a_line_end_stopped(daemon):
    code, text = config("-c", "noinit; echo -n one; echo -n two; echo three; echo four; shutdown")
    assert code == 0 and "\nonetwothree\nfour\nshutdown" in text
    assert daemon.tcl("capture {echo -n a; echo b}") == "ab"


def test_an_unknown_event_has_its_neighbour_named_and_a_dropped_one_is_ignored(daemon):
    assert 'did you mean "reset-init"?' in daemon.fails("stm32l4x.cpu configure -event reset_init {}")
    daemon.tcl("stm32l4x.cpu configure -event old-gdb_program_config {}")
    daemon.expect("event old-gdb_program_config no longer exists")


def test_a_handler_that_failed_is_named_at_the_end_of_the_reset(daemon):
    daemon.tcl("stm32l4x.cpu configure -event reset-init {error boo}")
    text = daemon.tcl("capture {reset init}")
    assert "Error executing event reset-init on target stm32l4x.cpu:" in text and "boo" in text
    assert text.rstrip().endswith("handlers were to do that failed: reset-init of stm32l4x.cpu")
    daemon.tcl("stm32l4x.cpu configure -event reset-init {}")
    assert "handlers" not in daemon.tcl("capture {reset init}")


def test_a_bank_that_cannot_be_probed_does_not_keep_gdb_out(board, make_daemon, make_gdb):
    daemon = make_daemon(*board_arguments(board), "-c",
                         "flash bank dead stm32f2x 0x90000000 0x1000 0 0 stm32l4x.cpu")
    out = make_gdb(daemon).run(["info mem", "print/x $sp"])
    assert "0x08000000 0x08100000 flash" in out and "0x90000000" not in out
    assert "$1 = 0x" in out
