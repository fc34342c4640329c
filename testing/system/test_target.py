# SPDX-License-Identifier: GPL-2.0-or-later
"""Run control, breakpoints, memory and the verbs around them, over the Tcl port of the daemon."""
import os
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest

from kit import board_arguments, wait_for

RAM = 0x20000000
DEMCR, FP_CTRL, DWT_FUNCTION0 = 0xE000EDFC, 0xE0002000, 0xE0001028
DBGMCU_CR, DBGMCU_FZ = 0xE0042004, 0xE0042008


def symbols(elf):
    """Names and addresses of a program, code addresses with bit 0 clear."""
    out = subprocess.run(["arm-none-eabi-nm", elf], stdout=subprocess.PIPE, check=True).stdout.decode()
    return {name: int(address, 16) & ~1 if kind in "tT" else int(address, 16)
            for address, kind, name in re.findall(r"^([0-9a-f]+) (\w) (\S+)$", out, re.M)}


@pytest.fixture
def program(board, firmware):
    """program("watch") puts a program into flash behind the debugger's back, and names its symbols."""
    def load(name):
        elf = firmware(name)
        board.ctl(f"load 0x08000000 {elf.with_suffix('.bin')}")
        return symbols(elf)
    return load


def reg(daemon, name):
    return int(daemon.tcl(f"dict get [get_reg {name}] {name}"), 16)


def word(daemon, address):
    return int(daemon.tcl(f"read_memory {address:#x} 32 1"), 16)


def peek(board, address):
    """A word as the board has it, past the debug port."""
    return int.from_bytes(bytes.fromhex(board.ctl(f"read {address:#x} 4")["data"]), "little")


def test_reset_halt_stops_before_the_first_instruction(daemon, program):
    names = program("blink")
    text = daemon.tcl("capture {reset halt}")
    assert re.search(r"^\[stm32l4x\.cpu\] halted due to debug-request, current mode: Thread $", text, re.M), text
    assert f"xPSR: 0x01000000 pc: {names['Reset_Handler']:#010x} msp: " in text
    assert reg(daemon, "pc") == names["Reset_Handler"]
    assert reg(daemon, "lr") == 0xFFFFFFFF
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
    assert daemon.tcl("stm32l4x.cpu debug_reason") == "debug-request"


@pytest.mark.parametrize("config", ["none", "srst_only srst_nogate", "srst_only srst_gates_jtag"])
def test_all_ways_to_reset_agree(daemon, program, config):
    names = program("blink")
    daemon.tcl(f"reset_config {config}")
    for _ in range(2):
        daemon.tcl("reset run")
        assert daemon.tcl("stm32l4x.cpu curstate") == "running"
        wait_for(lambda: word(daemon, names["counter"]) > 0, "the program to run")
        daemon.tcl("reset init")
        assert reg(daemon, "pc") == names["Reset_Handler"]
        assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_a_vectreset_does_not_touch_clocks(daemon, program):
    names = program("blink")
    daemon.tcl("reset halt; mmw 0x4002104c 1 0")    # GPIOA on
    daemon.tcl("cortex_m reset_config vectreset; reset_config none; reset halt")
    assert reg(daemon, "pc") == names["Reset_Handler"]
    assert word(daemon, 0x4002104C) & 1
    daemon.tcl("resume; sleep 20; soft_reset_halt")
    assert reg(daemon, "pc") == names["Reset_Handler"]
    assert word(daemon, 0x4002104C) & 1
    daemon.tcl("cortex_m reset_config sysresetreq; reset halt")
    assert not word(daemon, 0x4002104C) & 1


def test_connect_under_reset(board, make_daemon, firmware):
    """A program that takes the debug pins at once cannot be reached but under reset."""
    elf = firmware("blink")
    board.ctl(f"load 0x08000000 {elf.with_suffix('.bin')}")
    board.ctl("reset")
    board.ctl("swd-pins off")
    daemon = make_daemon(*board_arguments(board), "-c",
                         "reset_config srst_only srst_nogate connect_assert_srst")
    daemon.tcl("reset halt")
    assert reg(daemon, "pc") == symbols(elf)["Reset_Handler"]


def test_step_moves_one_instruction_and_reports_it(daemon, program):
    names = program("blink")
    daemon.tcl("reset halt")
    text = daemon.tcl("capture {step}")
    assert "halted due to single-step, current mode: Thread" in text
    assert reg(daemon, "pc") - names["Reset_Handler"] in (2, 4)
    daemon.tcl(f"step {names['main']:#x}")
    assert reg(daemon, "pc") - names["main"] in (2, 4)


def test_hardware_breakpoint_in_flash(daemon, program):
    names = program("blink")
    daemon.tcl("reset halt")
    assert daemon.tcl(f"bp {names['square']:#x} 2 hw") == f"breakpoint set at {names['square']:#010x}"
    assert daemon.tcl("bp") == f"Breakpoint(IVA): {names['square']:#010x}, 0x2, 0"
    for _ in range(3):
        daemon.tcl("resume")
        daemon.tcl("wait_halt 2000")
        assert reg(daemon, "pc") == names["square"]
        assert daemon.tcl("stm32l4x.cpu debug_reason") == "breakpoint"
    daemon.tcl("rbp all; resume; sleep 50")
    assert daemon.tcl("stm32l4x.cpu curstate") == "running"


def test_a_breakpoint_set_before_a_reset_is_there_after_it(daemon, program):
    names = program("blink")
    daemon.tcl(f"reset halt; bp {names['main']:#x} 2 hw; reset run; wait_halt 2000")
    assert reg(daemon, "pc") == names["main"]


def test_a_soft_breakpoint_asked_for_in_flash_becomes_a_hard_one(daemon, program):
    names = program("blink")
    daemon.tcl("reset halt")
    daemon.tcl(f"bp {names['main']:#x} 2; resume; wait_halt 2000")
    assert reg(daemon, "pc") == names["main"]


def test_six_fit_and_the_seventh_says_so(daemon, program):
    names = program("blink")
    daemon.tcl("reset halt")
    for i in range(6):
        daemon.tcl(f"bp {names['main'] + 4 * i:#x} 2 hw")
    text = daemon.fails(f"bp {names['square']:#x} 2 hw")
    assert "all 6 hardware breakpoint comparators are in use" in text
    text = daemon.fails(f"bp {names['main']:#x} 2 hw")
    assert f"Duplicate Breakpoint address: {names['main']:#010x}" in text
    daemon.tcl("rbp all")
    daemon.tcl(f"bp {names['square']:#x} 2 hw; resume; wait_halt 2000")
    assert reg(daemon, "pc") == names["square"]


def test_software_breakpoint_in_ram_is_not_seen_in_memory(board, daemon, firmware):
    elf = firmware("ram")
    names = symbols(elf)
    daemon.tcl("reset halt")
    daemon.tcl(f"load_image {elf}")
    before = word(daemon, names["add"] & ~3)
    daemon.tcl(f"bp {names['add']:#x} 2")
    assert "IVA breakpoint:" in daemon.tcl("bp")
    assert word(daemon, names["add"] & ~3) == before
    stored = peek(board, names["add"] & ~3)
    assert 0xBE00 in (stored & 0xFFFF, stored >> 16)
    daemon.tcl(f"reg sp 0x20010000; resume {names['main']:#x}; wait_halt 2000")
    assert reg(daemon, "pc") == names["add"]
    for _ in range(3):
        daemon.tcl("resume; wait_halt 2000")
        assert reg(daemon, "pc") == names["add"]
    daemon.tcl("rbp all")
    assert peek(board, names["add"] & ~3) == before


@pytest.mark.parametrize("kind, variable, length, words", [
    ("w", "watched", 4, "watchpoint"), ("r", "read_only", 4, "watchpoint"), ("a", "half", 2, "watchpoint"),
    ("w", "bytes", 3, "watchpoint"), ("w", "bytes", 1, "watchpoint")])
def test_watchpoints_stop_at_the_access(daemon, program, kind, variable, length, words):
    names = program("watch")
    daemon.tcl("reset halt")
    daemon.tcl(f"bp {names['main']:#x} 2 hw; resume; wait_halt 2000; rbp all")
    daemon.tcl(f"wp {names[variable]:#x} {length} {kind}")
    letter = {"r": 0, "w": 1, "a": 2}[kind]
    assert daemon.tcl("wp") == (f"address: {names[variable]:#010x}, len: {length:#010x}, r/w/a: {letter}, "
                                "value: 0x00000000, mask: 0xffffffff")
    rounds = set()
    for _ in range(3):
        daemon.tcl("resume; wait_halt 2000")
        assert daemon.tcl("stm32l4x.cpu debug_reason") == words
        rounds.add(word(daemon, names["rounds"]))
    assert len(rounds) == 3
    every = {"watched": 16, "read_only": 8, "half": 64}.get(variable)
    if every:
        assert all(n % every == 0 for n in rounds), rounds
    daemon.tcl("rwp all; resume; sleep 30")
    assert daemon.tcl("stm32l4x.cpu curstate") == "running"


def test_more_watchpoints_than_comparators(daemon, program):
    names = program("watch")
    daemon.tcl("reset halt")
    for i in range(4):
        daemon.tcl(f"wp {RAM + 0x1000 + 4 * i:#x} 4 w")
    text = daemon.fails(f"wp {names['watched']:#x} 4 w")
    assert "takes 1 of the 4 comparators, 0 are free" in text


def test_a_range_that_needs_more_comparators_than_are_free_still_stops_only_for_itself(daemon, program):
    names = program("watch")
    assert names["sink"] == names["watched"] + 4    # the neighbour, written twice as often
    daemon.tcl(f"reset halt; bp {names['main']:#x} 2 hw; resume; wait_halt 2000; rbp all")
    for i in range(3):
        daemon.tcl(f"wp {RAM + 0x1000 + 4 * i:#x} 4 w")
    daemon.tcl(f"wp {names['watched'] - 2:#x} 6 w")
    daemon.expect(r"with one larger comparator")
    for i in range(1, 4):
        daemon.tcl("resume; wait_halt 3000")
        assert daemon.tcl("stm32l4x.cpu debug_reason") == "watchpoint"
        assert word(daemon, names["rounds"]) == 16 * i


FAULTS = [
    (1, "a division by zero (DIVBYZERO)", "divide"),
    (2, "an unaligned access (UNALIGNED): a load from 0x2", "fault"),
    (3, "(PRECISERR): a load from 0x60000000", "fault"),
    (4, "an undefined instruction (UNDEFINSTR): opcode 0xde00", "fault"),
    (7, "execution from memory that may not be executed", None),
    (8, "a jump to an even address", None),
    (9, "an FPU or coprocessor instruction while it is disabled (CPACR) (NOCP)", "fault"),
]


@pytest.mark.parametrize("select, words, where", FAULTS)
def test_a_fault_is_explained(daemon, program, select, words, where):
    names = program("fault")
    daemon.tcl("reset halt; cortex_m vector_catch hard_err; resume; sleep 20; halt")
    daemon.tcl(f"mww {names['select']:#x} {select}")
    text = daemon.tcl("capture {resume; wait_halt 2000}")
    assert "halted due to exception-catch, current mode: Handler HardFault" in text, text
    assert words in text, text
    assert reg(daemon, "pc") == names["HardFault_Handler"]
    at = int(re.search(r"HardFault .*? at (0x[0-9a-f]{8})", text).group(1), 16)
    if where:
        assert names[where] <= at < names[where] + 0x100, text
    assert words in daemon.tcl("cortex_m fault")


def test_a_fault_is_explained_when_the_handler_loops(daemon, program):
    names = program("fault")
    daemon.tcl("reset halt; resume; sleep 20; halt")
    daemon.tcl(f"mww {names['select']:#x} 3; resume; sleep 50")
    text = daemon.tcl("capture halt")
    assert "current mode: Handler HardFault" in text
    assert "HardFault (escalated BusFault) at" in text and "a load from 0x60000000" in text, text


@pytest.mark.parametrize("select", [5, 6])
def test_lockup_is_ended_and_explained(daemon, program, select):
    names = program("fault")
    daemon.tcl("reset halt; resume; sleep 20; halt")
    daemon.tcl(f"mww {names['select']:#x} {select}; resume")
    wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "halted", "the lockup to be found")
    daemon.expect("clearing lockup after double fault")
    assert "Lockup: a fault inside the HardFault or NMI handler" in daemon.tcl("fault")
    daemon.tcl("reset halt")
    assert reg(daemon, "pc") == names["Reset_Handler"]


def test_an_empty_flash_is_called_empty(daemon):
    text = daemon.tcl("capture {reset halt}")
    assert "no program (erased flash?)" in text


def test_stepping_does_not_fall_into_handlers_and_they_still_run(daemon, program):
    names = program("irq")
    daemon.tcl(f"reset halt; bp {names['main']:#x} 2 hw; resume; wait_halt 2000; rbp all")
    daemon.tcl("resume; sleep 100; halt")
    while reg(daemon, "xPSR") & 0x1FF:
        daemon.tcl("resume; sleep 1; halt")
    before = word(daemon, names["systick_count"]), word(daemon, names["tim6_count"])
    for _ in range(150):
        daemon.tcl("step")
        assert reg(daemon, "xPSR") & 0x1FF == 0, "a step ended in a handler"
    after = word(daemon, names["systick_count"]), word(daemon, names["tim6_count"])
    assert after[1] > before[1], "no handler ran while stepping"
    assert word(daemon, names["errors"]) == 0
    daemon.tcl("cortex_m maskisr steponly")
    before = after
    for _ in range(50):
        daemon.tcl("step")
    after = word(daemon, names["systick_count"]), word(daemon, names["tim6_count"])
    assert after == before
    daemon.tcl("cortex_m maskisr auto; resume; sleep 50; halt")
    assert word(daemon, names["tim6_count"]) > after[1]
    assert word(daemon, names["errors"]) == 0


def test_semihosting_prints_and_exits(daemon, program):
    program("semi")
    assert daemon.tcl("arm semihosting enable") == "semihosting is enabled"
    daemon.tcl("reset halt")
    text = daemon.tcl("capture {resume; wait_halt 3000}")
    assert "hello from the target" in text
    assert "semihosting: *** application exited normally ***" in text
    assert daemon.tcl("stm32l4x.cpu debug_reason") == "program-exit"


def test_without_semihosting_the_call_is_a_breakpoint(daemon, program):
    program("semi")
    daemon.tcl("reset halt; resume; wait_halt 2000")
    assert daemon.tcl("stm32l4x.cpu debug_reason") == "breakpoint"
    assert daemon.fails("arm semihosting_cmdline a b c; arm semihosting_fileio enable").startswith(
        "semihosting not yet enabled for current target")
    assert daemon.tcl(f"mrh {reg(daemon, 'pc'):#x}") == str(0xBEAB)


def test_memory_verbs_print_as_openocd_does(daemon):
    daemon.tcl("halt")
    daemon.tcl(f"mww {RAM:#x} 0x12345678; mww {RAM + 4:#x} 0 9")
    assert daemon.tcl(f"mdw {RAM:#x}") == "0x20000000: 12345678 "
    assert daemon.tcl(f"mdw {RAM:#x} 9").split("\n") == [
        "0x20000000: 12345678 00000000 00000000 00000000 00000000 00000000 00000000 00000000 ",
        "0x20000020: 00000000 "]
    assert daemon.tcl(f"mdh phys {RAM:#x} 2") == "0x20000000: 5678 1234 "
    assert daemon.tcl(f"mdb {RAM + 1:#x} 3") == "0x20000001: 56 34 12 "
    daemon.tcl(f"mwd {RAM:#x} 0x1122334455667788")
    assert daemon.tcl(f"mdd {RAM:#x}") == "0x20000000: 1122334455667788 "
    daemon.tcl(f"mwb {RAM:#x} 0xaa 3; mwh {RAM + 4:#x} 0xbbcc")
    assert daemon.tcl(f"read_memory {RAM:#x} 8 6") == "0xaa 0xaa 0xaa 0x55 0xcc 0xbb"
    daemon.tcl(f"write_memory {RAM:#x} 16 {{1 0x2 03}}")
    assert daemon.tcl(f"read_memory {RAM:#x} 16 3") == "0x1 0x2 0x3"
    assert daemon.tcl(f"mem2array v 16 {RAM:#x} 3; set v(2)") == "3"
    assert daemon.tcl(f"set v(0) 9; array2mem v 16 {RAM:#x} 1; mrh {RAM:#x}") == "9"
    assert daemon.tcl(f"mww {RAM:#x} 0xf0; mmw {RAM:#x} 0x3 0x30; mrw {RAM:#x}") == str(0xC3)
    assert daemon.tcl(f"stm32l4x.cpu mdw {RAM:#x}") == "0x20000000: 000000c3 "
    assert daemon.tcl(f"ocd_mdw {RAM:#x}") == "0x20000000: 000000c3 "


def test_a_bad_address_is_named(daemon):
    daemon.tcl("halt")
    text = daemon.fails("mdw 0x60000000")
    assert "Failed to read memory at 0x60000000" in text
    assert "read_memory: failed to read memory" in daemon.fails("read_memory 0x60000000 32 1")
    assert "is not a multiple of" in daemon.fails(f"mdw {RAM + 1:#x}")
    assert daemon.tcl(f"mdw {RAM:#x}").startswith("0x20000000: ")


def test_memory_works_while_the_core_runs(daemon, program):
    names = program("blink")
    daemon.tcl("reset run")
    wait_for(lambda: word(daemon, names["counter"]) > 10, "the counter")
    assert daemon.tcl("stm32l4x.cpu curstate") == "running"
    assert "not halted" in daemon.fails("resume")
    assert "not halted" in daemon.fails("get_reg pc")
    assert re.search(r"^\(15\) pc \(/32\)$", daemon.tcl("reg"), re.M)


def test_registers(daemon, program):
    program("blink")
    daemon.tcl("reset halt")
    assert daemon.tcl("reg 15") == daemon.tcl("reg pc")
    assert daemon.tcl("reg r3 0x1234") == "r3 (/32): 0x00001234"
    assert daemon.tcl("get_reg {r3 control}") == "r3 0x00001234 control 0x00"
    daemon.tcl("set_reg {psp 0x20004000 control 2}")
    assert reg(daemon, "sp") == 0x20004000
    daemon.tcl("set_reg {control 0 d3 0x3ff8000000000000 fpscr 0x03000000}")
    daemon.tcl("step")
    assert reg(daemon, "d3") == 0x3FF8000000000000
    assert reg(daemon, "fpscr") == 0x03000000
    assert reg(daemon, "psp") == 0x20004000
    assert daemon.tcl("reg nosuch") == "register nosuch not found in current target"
    assert "unknown register 'nosuch'" in daemon.fails("get_reg nosuch")
    lines = daemon.tcl("reg").split("\n")
    assert lines[0] == "===== arm v7m registers" and lines[-1] == "===== Cortex-M DWT registers"


def test_images(daemon, tmp_path):
    daemon.tcl("halt")
    data = bytes(range(256)) * 20
    image = tmp_path / "a b.bin"
    image.write_bytes(data)
    text = daemon.tcl(f"load_image {{{image}}} {RAM:#x} bin")
    assert "5120 bytes written at address 0x20000000" in text
    assert re.search(r"^downloaded 5120 bytes in \d+\.\d{6}s \(\d+\.\d{3} KiB/s\)$", text, re.M), text
    assert re.search(r"^verified 5120 bytes in \d+\.\d{6}s", daemon.tcl(f"verify_image {{{image}}} {RAM:#x}"))
    back = tmp_path / "back.bin"
    assert daemon.tcl(f"dump_image {back} {RAM:#x} {len(data)}").startswith("dumped 5120 bytes in ")
    assert back.read_bytes() == data
    daemon.tcl(f"mwb {RAM + 3000:#x} 0x55 2")
    text = daemon.fails(f"verify_image {{{image}}} {RAM:#x}")
    assert "2 bytes differ" in text
    daemon.expect(r"diff 0 address 0x20000bb8\. Was 0x55 instead of 0xb8")
    assert "checksum mismatch" in daemon.fails(f"verify_image_checksum {{{image}}} {RAM:#x}")
    assert "address 0x00000000 length 0x00001400" in daemon.tcl(f"test_image {{{image}}}")
    assert "nofile.bin" in daemon.fails("load_image nofile.bin 0x20000000")
    assert "beyond 32 bits" in daemon.fails("load_image nofile.bin 0x120000000")


def test_checksum_by_helper_code_agrees_with_reading_back(daemon, tmp_path):
    """Sizes and alignments around the helper's word loop; a work area that must come back."""
    data = random.Random(1).randbytes(10000)
    image = tmp_path / "random.bin"
    image.write_bytes(data)
    daemon.tcl("halt; stm32l4x.cpu configure -work-area-backup 1")
    daemon.tcl(f"load_image {image} {RAM + 0x8000:#x} bin; mww {RAM:#x} 0x600df00d 16; set_reg {{r4 77}}")
    for skip, size in ((0, 10000), (1, 9000), (2, 4097), (3, 2048), (0, 2049)):
        part = tmp_path / "part.bin"
        part.write_bytes(data[skip:skip + size])
        assert f"verified {size} bytes" in daemon.tcl(f"verify_image {part} {RAM + 0x8000 + skip:#x}")
    assert daemon.tcl(f"mdw {RAM:#x} 2") == "0x20000000: 600df00d 600df00d "
    assert reg(daemon, "r4") == 77


def test_disassemble(daemon, program):
    names = program("semi")
    daemon.tcl("reset halt")
    text = daemon.tcl(f"arm disassemble {names['main']:#x} 4")
    lines = text.split("\n")
    assert len(lines) == 4
    assert re.fullmatch(rf"{names['main']:#010x}  [0-9a-f]{{4}}( [0-9a-f]{{4}})?\t.+", lines[0]), text
    assert daemon.tcl(f"disassemble {names['main']:#x}") == lines[0]


def test_profile(daemon, program, tmp_path):
    names = program("irq")
    daemon.tcl("reset run")
    out = tmp_path / "gmon.out"
    assert daemon.tcl(f"profile 1 {out}") == f"Wrote {out}"
    assert "1 second or more" in daemon.fails(f"profile 0 {out}")
    data = out.read_bytes()
    assert data[:4] == b"gmon"
    low, high, buckets = (int.from_bytes(data[21 + 4 * i:25 + 4 * i], "little") for i in range(3))
    assert 0x08000000 <= low < high <= 0x08010000 and len(data) == 21 + 16 + 16 + 2 * buckets
    counts = [int.from_bytes(data[53 + 2 * i:55 + 2 * i], "little") for i in range(buckets)]
    work = (names["work"] - low) * buckets // (high - low)
    assert sum(counts[work:work + 16]) > sum(counts) / 2, "work() is where this program spends its time"
    assert daemon.tcl("stm32l4x.cpu curstate") == "running"


def test_targets_and_configure(daemon):
    assert daemon.tcl("target names") == "stm32l4x.cpu"
    assert daemon.tcl("target current") == "stm32l4x.cpu"
    table = daemon.tcl("halt; targets").split("\n")
    assert table[0] == "    TargetName         Type       Endian TapName            State       "
    assert table[1] == "--  ------------------ ---------- ------ ------------------ ------------"
    assert table[2] == " 0* stm32l4x.cpu       cortex_m   little stm32l4x.cpu       halted"
    for option, value in (("-work-area-phys", "0x20000000"), ("-endian", "little"), ("-type", "cortex_m"),
                          ("-gdb-max-connections", "1"), ("-dap", "stm32l4x.dap"), ("-coreid", "0"),
                          ("-chain-position", "stm32l4x.cpu"), ("-rtos", "none"), ("-on-exit", "leave")):
        assert daemon.tcl(f"stm32l4x.cpu cget {option}") == value
    daemon.tcl("stm32l4x.cpu configure -event halted {set seen halted} -gdb-max-connections 3")
    assert daemon.tcl("stm32l4x.cpu cget -event halted") == "set seen halted"
    assert "halted                    | set seen halted" in daemon.tcl("stm32l4x.cpu eventlist")
    assert daemon.tcl("resume; halt; set seen") == "halted"
    assert "unknown event" in daemon.fails("stm32l4x.cpu configure -event nosuch {}")
    assert "unknown target option" in daemon.fails("stm32l4x.cpu configure -nosuch 1")


def test_a_failing_handler_is_told_and_stops_nothing(daemon, program):
    program("blink")
    daemon.tcl("stm32l4x.cpu configure -event reset-init {nosuchcommand}")
    daemon.tcl("reset init")
    daemon.expect(r"Error executing event reset-init on target stm32l4x\.cpu:")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_a_reset_in_a_reset_handler_is_refused(daemon, program):
    program("blink")
    daemon.tcl("stm32l4x.cpu configure -event reset-init {reset halt}")
    daemon.tcl("reset init")
    daemon.expect("'reset' can not be invoked recursively")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_the_reset_button_is_noticed(board, daemon, program):
    program("blink")
    daemon.tcl("reset halt; resume; bp 0x08001000 2 hw")
    board.ctl("reset")
    daemon.expect(r"\[stm32l4x\.cpu\] external reset detected")
    assert daemon.tcl("stm32l4x.cpu curstate") == "running"
    daemon.tcl("halt")
    assert daemon.text.count("external reset detected") == 1


def test_a_reset_just_before_a_halt_is_not_taken_for_one_of_helper_code(make_board, make_daemon):
    board = make_board()
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("poll off; reset run")
    board.ctl("reset")
    daemon.tcl("halt")
    daemon.expect(r"\[stm32l4x\.cpu\] external reset detected")
    daemon.tcl("flash erase_check 0")


def test_lost_power_is_said_once_and_the_core_comes_back(board, daemon, program):
    program("blink")
    daemon.tcl("reset run")
    board.ctl("power off")
    daemon.expect(r"Polling target stm32l4x\.cpu failed, trying to reexamine")
    daemon.tcl("sleep 1500")
    assert daemon.text.count("trying to reexamine") == 1
    assert len(daemon.text.split("trying to reexamine")[1].strip().split("\n")) <= 4, daemon.text
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "running", "the core to come back")
    daemon.tcl("halt")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


@pytest.fixture
def bus(make_daemon, board):
    """bus(address): a word of the private peripheral bus, read by a daemon that knows no core."""
    def read(*addresses):
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


@pytest.mark.parametrize("how", ["leave", "run", "halt"])
@pytest.mark.parametrize("halted", [True, False])
def test_the_end_leaves_the_core_as_configured(board, daemon, program, bus, how, halted):
    names = program("blink")
    daemon.tcl(f"stm32l4x.cpu configure -on-exit {how}; reset halt")
    daemon.tcl(f"bp {names['square']:#x} 2 hw; wp {RAM + 0x1000:#x} 4 w; bp {RAM + 0x2000:#x} 2")
    daemon.tcl("cortex_m vector_catch all")
    if not halted:
        daemon.tcl(f"rbp {names['square']:#x}; resume")
    assert word(daemon, DBGMCU_CR) & 7 == 7
    daemon.stop(signal.SIGTERM)
    fp_ctrl, cr, fz, demcr, function = bus(FP_CTRL, DBGMCU_CR, DBGMCU_FZ, DEMCR, DWT_FUNCTION0)
    assert fp_ctrl & 1 == 0 and function & 0xF == 0
    assert cr == 0 and fz == 0
    assert demcr & 0x7F1 == 0
    assert peek(board, RAM + 0x2000) & 0xFFFF != 0xBE00
    wanted_halted = {"leave": halted, "run": False, "halt": True}[how]
    before = peek(board, names["counter"])
    assert board.ctl("state")["halted"] is wanted_halted
    if not wanted_halted:
        wait_for(lambda: peek(board, names["counter"]) != before, "the program to go on")


def test_the_virtual_board_starts_from_its_config_alone(make_daemon):
    daemon = make_daemon("-f", "board/virtual-nucleo-l476rg.cfg")
    daemon.tcl("halt")
    assert word(daemon, 0xE0042000) & 0xFFF == 0x415
    pid = int(daemon.tcl("dict get $_VBOARD_PORTS pid"))
    daemon.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_clients_cannot_launch_programs(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "noinit", ready=False)
    daemon.tcl_port = daemon.port("tcl")
    assert "refused" in daemon.fails("launch_board nucleo-l476rg")


STOCK = Path("/usr/share/openocd/scripts")


@pytest.mark.skipif(not STOCK.exists(), reason="the openocd package is not installed")
def test_stock_scripts_of_openocd_drive_the_board(board, make_daemon, firmware):
    daemon = make_daemon("-f", "interface/cmsis-dap-tcp.cfg", "-c",
                         f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
                         "-c", "transport select swd", "-f", STOCK / "target/stm32l4x.cfg")
    daemon.tcl("reset init")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
    assert word(daemon, DBGMCU_CR) & 7 == 7
    elf = firmware("blink")
    daemon.tcl(f"program {elf} verify")
    daemon.tcl(f"bp {symbols(elf)['main']:#x} 2 hw; reset run; wait_halt 2000")
    assert reg(daemon, "pc") == symbols(elf)["main"]
