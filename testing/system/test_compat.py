# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts and launch configurations written for OpenOCD rely on."""
import struct

from kit import board_arguments


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


def test_names_that_are_accepted_without_a_meaning(daemon):
    assert "no history" in daemon.tcl("capture {trace history}")
    assert "no RTOS" in daemon.tcl("capture ps")
    assert "help trace" in daemon.fails("trace nonsense")


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
