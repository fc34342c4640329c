# SPDX-License-Identifier: GPL-2.0-or-later
"""A link that does not work: one message with the right cause; `probe doctor`; the chip's own id."""
import re

import pytest

from kit import board_arguments, wait_for

# Stack, reset vector, and a branch to itself.
IDLE_PROGRAM = "0080012009000008fee7fee7"
# The same with the pins of GPIOA (SWDIO and SWCLK among them) made analog before: RCC_AHB2ENR = 1,
# GPIOA_MODER = ~0.
PINS_OFF_PROGRAM = "0080012009000008" "03480121016003480021c9430160fee7" "4c10024000000048"
UID_ADDRESS = 0x1fff7590


def bitbang_arguments(board, transport="swd"):
    return ["-c", "adapter driver remote_bitbang; remote_bitbang host localhost; "
                  f"remote_bitbang port {board.ports['remote_bitbang']}",
            "-c", f"transport select {transport}; adapter speed 1000", "-f", "target/stm32l4x.cfg"]


def cmsis_arguments(board, transport="swd", speed=4000):
    return [a.replace("transport select swd", f"transport select {transport}")
            for a in board_arguments(board, speed)]


DOORS = {"cmsis-dap": cmsis_arguments, "remote_bitbang": bitbang_arguments}


def idle_board(make_board, *verbs, **kwargs):
    board = make_board(**kwargs)
    board.ctl(f"write 0x08000000 {IDLE_PROGRAM}")
    board.ctl("reset")
    for verb in verbs:
        board.ctl(verb)
    return board


def errors(daemon):
    daemon.drain()
    return re.findall(r"^Error: (.*)$", daemon.text, re.M)


def failing(make_daemon, *arguments):
    """The one error line of a daemon that cannot connect."""
    daemon = make_daemon(*arguments, ready=False)
    assert daemon.wait() != 0
    lines = errors(daemon)
    assert len(lines) == 1, daemon.text
    assert "Warn" not in daemon.text, daemon.text
    return lines[0]


# verbs of the board, transport, what is seen, the cause, the next step; None: the door cannot tell
FAULTS = [
    ("swapped", ["wire swap"], "swd", "SWDIO stays low", "SWDIO and SWCLK are swapped",
     "exchange the two wires"),
    ("no SWDIO", ["wire open swdio"], "swd", "SWDIO stays high", "SWDIO or SWCLK not connected",
     "check target power and SWDIO/SWCLK"),
    ("no SWCLK", ["wire open swclk"], "swd", "SWDIO stays high", "SWDIO or SWCLK not connected",
     "check target power and SWDIO/SWCLK"),
    ("SWDIO on ground", ["wire short swdio low"], "swd",
     "SWDIO stays low, even when the probe drives it high", "SWDIO is shorted to ground",
     "look for the short"),
    ("SWDIO on the supply", ["wire short swdio high"], "swd",
     "SWDIO stays high, even when the probe drives it low", "SWDIO is shorted to the supply",
     "look for the short"),
    ("no TDO", ["wire open tdo"], "jtag", "TDO stays high", "the target answers on SWD, not on JTAG",
     'use "transport select swd"'),
    ("no TDI", ["wire open tdi"], "jtag", "0x2ba01477", "TDI is not connected",
     "check the TDI wire"),
    ("no TCK", ["wire open tck"], "jtag", "TDO stays high", "TDO, TCK or TMS not connected",
     "check target power and wires"),
    ("off, SWD", ["power off"], "swd", "SWDIO stays high", "no power|no target power",
     "check target power"),
    ("off, JTAG", ["power off"], "jtag", "TDO stays high", "no power|no target power",
     "check target power"),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fault", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_one_line_with_the_right_cause(make_board, make_daemon, door, fault):
    _, verbs, transport, seen, cause, step = fault
    board = idle_board(make_board, *verbs)
    line = failing(make_daemon, *DOORS[door](board, transport))
    assert seen in line
    assert re.search(cause, line)
    assert step in line
    assert line.startswith("Error connecting DP: " if "no TDI" == fault[0] or transport == "swd"
                           else "JTAG scan chain interrogation failed: ")


@pytest.mark.parametrize("door", DOORS)
def test_firmware_that_turns_the_debug_pins_off(make_board, make_daemon, door):
    board = make_board()
    board.ctl(f"write 0x08000000 {PINS_OFF_PROGRAM}")
    board.ctl("reset")
    arguments = [*DOORS[door](board), "-c", "reset_config srst_only srst_nogate"]
    wait_for(lambda: int(board.ctl("read 0x48000000 4")["data"], 16) == 0xffffffff, "the pins off")
    line = failing(make_daemon, *arguments)
    assert "answers only while nRST is low" in line and "connect_assert_srst" in line
    daemon = make_daemon(*arguments, "-c", "reset_config connect_assert_srst")
    daemon.tcl("reset halt")
    assert board.ctl("state")["core"] == "halted"


def test_power_and_reset_are_told_by_the_pin(make_board, make_daemon):
    board = idle_board(make_board, "power off")
    assert "nRST is low" in failing(make_daemon, *cmsis_arguments(board))


@pytest.mark.parametrize("transport", ["swd", "jtag"])
def test_a_clock_too_fast_is_lowered_with_one_warning(make_board, make_daemon, transport):
    board = idle_board(make_board, "wire max-khz 1000")
    arguments = cmsis_arguments(board, transport)
    if transport == "jtag":     # the target's script asks for 500 kHz
        arguments += ["-c", "adapter speed 4000"]
    daemon = make_daemon(*arguments)
    daemon.expect("processor detected")
    warnings = re.findall(r"^Warn : (.*)$", daemon.text, re.M)
    assert len(warnings) == 1, daemon.text
    assert "does not hold 4000 kHz: going on at 1000 kHz" in warnings[0]
    assert '"adapter speed 1000"' in warnings[0]
    assert errors(daemon) == []
    assert daemon.tcl("adapter speed").startswith("adapter speed: 1000 kHz")
    daemon.tcl("halt")
    daemon.tcl("write_memory 0x20000000 32 {1 2 3 4 5 6 7 8}")
    assert daemon.tcl("read_memory 0x20000000 32 8") == "0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8"


@pytest.mark.parametrize("transport", ["swd", "jtag"])
def test_a_wire_that_is_very_slow(make_board, make_daemon, transport):
    board = idle_board(make_board, "wire max-khz 30")
    daemon = make_daemon(*cmsis_arguments(board, transport))
    daemon.expect("processor detected")
    assert daemon.tcl("adapter speed").startswith("adapter speed: 25 kHz")


@pytest.mark.parametrize("transport", ["swd", "jtag"])
@pytest.mark.parametrize("limit", [100, 300, 500, 800])
def test_noise_is_not_taken_for_the_other_protocol(make_board, make_daemon, transport, limit):
    """remote_bitbang has one clock: bits are wrong, and that is what is told."""
    board = idle_board(make_board, f"wire max-khz {limit}")
    daemon = make_daemon(*bitbang_arguments(board, transport), ready=False)
    wait_for(lambda: not daemon.alive() or "examination failed" in daemon.text or
             "processor detected" in daemon.text, "the end of the start")
    daemon.drain()
    assert "the target answers on" not in daemon.text
    if not daemon.alive():
        assert "bits are wrong" in errors(daemon)[0]


def test_reset_init_does_not_raise_the_clock_again(make_board, make_daemon):
    board = idle_board(make_board, "wire max-khz 1000")
    daemon = make_daemon(*cmsis_arguments(board), "-c", "[target current] configure -event reset-init "
                         "{ adapter speed 4000 }")
    daemon.tcl("reset init")
    assert daemon.tcl("adapter speed").startswith("adapter speed: 1000 kHz")
    assert "the wire holds 1000 kHz, it stays there" in daemon.text
    board.ctl("wire good")      # a better cable: who asks in person gets it
    daemon.tcl("adapter speed 4000")
    daemon.tcl("reset init")
    assert daemon.tcl("adapter speed").startswith("adapter speed: 4000 kHz")


def test_a_clock_that_becomes_too_fast(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon(*cmsis_arguments(board))
    daemon.tcl("halt")
    board.ctl("wire max-khz 2000")
    daemon.tcl("catch {read_memory 0x20000000 32 4096}; catch {read_memory 0x20000000 32 4096}")
    assert "this wire does not hold 4000 kHz: going on at 2000 kHz" in daemon.text
    assert len(daemon.tcl("read_memory 0x20000000 32 4096").split()) == 4096
    assert daemon.text.count("does not hold") == 1


def test_a_glitch_does_not_cost_the_clock(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon(*cmsis_arguments(board))
    daemon.tcl("halt")
    board.ctl("inject parity 3 1")
    daemon.tcl("catch {read_memory 0x20000000 32 64}")
    daemon.tcl("read_memory 0x20000000 32 64")
    assert daemon.tcl("adapter speed").startswith("adapter speed: 4000 kHz")
    assert "does not hold" not in daemon.text


def test_a_good_wire_costs_no_more_than_a_line_sequence_and_two_batches(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon("-c", "noinit", *cmsis_arguments(board),
                         "-c", "transport init; adapter stats reset; dap init; "
                               "echo \"stats: [adapter stats]\"; init")
    stats = daemon.expect(r"^stats: (.*)$").group(1).split()
    assert int(stats[stats.index("runs") + 1]) <= 2


def test_held_in_reset_by_somebody_else(make_board, make_daemon):
    board = idle_board(make_board, "wire nrst stuck")
    daemon = make_daemon(*cmsis_arguments(board))
    message = daemon.fails("halt")
    assert "held in reset" in message and "who pulls nRST low" in message
    board.ctl("wire nrst free")
    daemon.tcl("halt")
    assert daemon.tcl("lindex [targets] end") == "halted"


def doctor(daemon, *options):
    items = daemon.tcl(f"probe doctor -dict {' '.join(options)}")
    keys = daemon.tcl(f"dict keys {{{items}}}").split()
    return {key: daemon.tcl(f"dict get {{{items}}} {key}") for key in keys}


@pytest.mark.parametrize("door", DOORS)
def test_doctor_of_a_sound_link(make_board, make_daemon, door):
    board = idle_board(make_board)
    daemon = make_daemon(*DOORS[door](board))
    before = board.memory(0x20000000, 0x18000)
    found = doctor(daemon, "-speed-max 6000")
    assert found["driver"] == door and found["link"] == "up"
    assert found["dpidr"] == "0x2ba01477"
    assert found["swdio"] == "follows"
    assert found["chip"] == "STM32L47x/L48x"
    assert found["uid"] == "420032001450323553323620"
    assert found["block_words"] == "1024" and found["block_round_trips"] == "1"
    assert "bad" not in found["clocks"]
    # The target noticed nothing.
    assert board.ctl("state")["core"] == "running"
    assert board.memory(0x20000000, 0x18000) == before
    daemon.tcl("halt")
    daemon.tcl("write_memory 0x20000100 32 {0xcafe}")
    assert daemon.tcl("read_memory 0x20000100 32 1") == "0xcafe"


def test_doctor_does_not_wake_or_halt(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon(*cmsis_arguments(board))
    daemon.tcl("halt")
    daemon.tcl("probe doctor")
    assert board.ctl("state")["core"] == "halted"
    daemon.tcl("resume")
    daemon.tcl("probe doctor")
    assert board.ctl("state")["core"] == "running"


def test_doctor_proves_clocks(make_board, make_daemon):
    board = idle_board(make_board, "wire max-khz 5000")
    daemon = make_daemon(*cmsis_arguments(board))
    found = doctor(daemon)
    assert found["best_khz"] == "5000"
    assert "5000 good" in found["clocks"] and "6000 bad" in found["clocks"]
    assert "24000" not in found["clocks"]       # two bad ones are enough
    assert daemon.tcl("adapter speed").startswith("adapter speed: 4000 kHz")
    daemon.tcl("halt")
    assert daemon.tcl("read_memory 0x20000000 32 1")
    text = daemon.tcl("probe doctor")
    assert "6000 kHz: bad" in text and "highest good clock: 5000 kHz" in text
    assert "What to do next" in text


def test_doctor_finds_the_clock_in_use_bad(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon(*cmsis_arguments(board))
    daemon.tcl("poll off")
    board.ctl("wire max-khz 3500")
    found = doctor(daemon, "-speed-max 4000")
    assert found["best_khz"] == "3000"
    assert "does not hold 4000 kHz" in found["advice"]
    assert daemon.tcl("adapter speed").startswith("adapter speed: 3000 kHz")


def test_doctor_without_a_target(make_board, make_daemon):
    board = idle_board(make_board, "wire open swdio")
    daemon = make_daemon(*cmsis_arguments(board), "-c", "echo [probe doctor]; shutdown", ready=False)
    daemon.wait()
    assert "no link: SWDIO stays high" in daemon.text
    assert "What to do next" in daemon.text
    assert errors(daemon) == []


def test_doctor_needs_no_target_script(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon("-f", "interface/cmsis-dap-tcp.cfg",
                         "-c", "cmsis-dap tcp host localhost; "
                               f"cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
                         "-c", "transport select swd; adapter speed 2000",
                         "-c", "echo [probe doctor]; shutdown", ready=False)
    assert daemon.wait() == 0
    assert "DPIDR 0x2ba01477" in daemon.text and "chip: STM32L47x/L48x" in daemon.text


def test_doctor_and_the_reset_line(make_board, make_daemon):
    board = idle_board(make_board)
    daemon = make_daemon(*cmsis_arguments(board), "-c", "reset_config srst_only srst_nogate")
    found = doctor(daemon, "-reset", "-speed-max 1000")
    assert found["reset_reads_back"] == "yes" and found["reset_reaches_core"] == "yes"
    wait_for(lambda: board.ctl("state")["core"] == "running", "the core after its reset")
    board.ctl("wire open nrst")
    found = doctor(daemon, "-reset", "-speed-max 1000")
    assert found["reset_reaches_core"] == "no"
    assert "nRST does not reach the chip" in found["advice"]


@pytest.mark.parametrize("door", DOORS)
def test_doctor_sees_a_held_reset(make_board, make_daemon, door):
    board = idle_board(make_board, "wire nrst stuck")
    daemon = make_daemon(*DOORS[door](board))
    assert "who pulls nRST low" in daemon.tcl("probe doctor -speed-max 1000") or \
        "this probe does not pull it" in daemon.tcl("probe doctor -speed-max 1000")


def test_the_id_of_the_target(make_board, make_daemon):
    board = idle_board(make_board, f"write {UID_ADDRESS:#x} 0102030405060708090a0b0c")
    daemon = make_daemon(*cmsis_arguments(board), "-c", "adapter target_uid 0x01020304-05060708-090A0B0C")
    assert daemon.tcl("adapter target_uid") == "0102030405060708090a0b0c"


def test_the_wrong_target_is_refused(make_board, make_daemon):
    board = idle_board(make_board)
    line = failing(make_daemon, *cmsis_arguments(board), "-c", "adapter target_uid 0102")
    assert "the target's id is 420032001450323553323620 (STM32L47x/L48x), not 0102" in line


# --- The same over USB: what the probe can see decides what is told ---

USB = {
    "mcu-link": ["interface/cmsis-dap.cfg", None],
    "daplink": ["interface/cmsis-dap.cfg", None],
    "st-link-v2-1": ["interface/stlink.cfg", 3.3],
    "st-link-v3": ["interface/stlink.cfg", 3.3],
    "jlink": ["interface/jlink.cfg", 3.3],
    "ft232h": ["interface/ftdi/ft232h-module-swd.cfg", None],
}


def usb_arguments(model, speed=1800):
    return ["-f", USB[model][0], "-c", f"transport select swd; adapter speed {speed}",
            "-f", "target/stm32l4x.cfg"]


def usb_failing(make_daemon, board, model):
    daemon = make_daemon(*usb_arguments(model), ready=False, env=board.usb_env)
    assert daemon.wait() != 0
    lines = errors(daemon)
    assert len(lines) == 1, daemon.text
    return lines[0]


@pytest.mark.parametrize("model", USB)
def test_usb_doctor(make_board, make_daemon, model):
    board = idle_board(make_board, "wire max-khz 3000", usb=[model])
    daemon = make_daemon(*usb_arguments(model), env=board.usb_env)
    found = doctor(daemon)
    assert found["link"] == "up" and found["uid"] == "420032001450323553323620"
    if USB[model][1] is None:
        assert found["millivolts"] == "-1"
    else:
        assert abs(int(found["millivolts"]) / 1000 - USB[model][1]) < 0.05
    assert 900 <= int(found["best_khz"]) <= 3000 and "bad" in found["clocks"]
    assert int(found["block_round_trips"]) <= 4
    assert found["swdio"] == ("unknown" if "st-link" in model else "follows")
    assert board.ctl("state")["core"] == "running"
    daemon.tcl("halt")
    assert daemon.tcl("read_memory 0x08000000 32 1") == "0x20018000"


@pytest.mark.parametrize("model", [m for m in USB if USB[m][1]])
def test_usb_no_power(make_board, make_daemon, model):
    board = idle_board(make_board, "power off", usb=[model])
    line = usb_failing(make_daemon, board, model)
    assert "VTref is 0.0" in line and "the target has no power" in line
    assert "power the target, check the VTref wire" in line


@pytest.mark.parametrize("model", [m for m in USB if not USB[m][1]])
def test_usb_no_power_behind_a_probe_that_does_not_measure_it(make_board, make_daemon, model):
    board = idle_board(make_board, "power off", usb=[model])
    line = usb_failing(make_daemon, board, model)
    assert "power" in line and "check" in line


@pytest.mark.parametrize("model", USB)
def test_usb_held_in_reset(make_board, make_daemon, model):
    board = idle_board(make_board, "wire nrst stuck", usb=[model])
    daemon = make_daemon(*usb_arguments(model), env=board.usb_env)
    daemon.expect("processor detected")
    message = daemon.fails("halt")
    assert "held in reset" in message and "who pulls nRST low" in message
    board.ctl("wire nrst free")
    daemon.tcl("halt")


@pytest.mark.parametrize("model", USB)
def test_usb_wrong_transport(make_board, make_daemon, model):
    """JTAG is asked for where only SWD is wired: TDO and TDI of the board lead nowhere."""
    if model == "ft232h":
        pytest.skip("which transport an FTDI probe can do is its wiring, which its script has")
    board = idle_board(make_board, "wire open tdo", "wire open tdi", usb=[model])
    daemon = make_daemon("-f", USB[model][0], "-c", "transport select jtag; adapter speed 1000",
                         "-f", "target/stm32l4x.cfg", ready=False, env=board.usb_env)
    assert daemon.wait() != 0
    lines = errors(daemon)
    assert len(lines) == 1, daemon.text
    assert "SWD" in lines[0] and "transport select swd" in lines[0], lines[0]


@pytest.mark.parametrize("model", USB)
def test_usb_swapped_wires(make_board, make_daemon, model):
    board = idle_board(make_board, "wire swap", usb=[model])
    line = usb_failing(make_daemon, board, model)
    assert "swapped" in line
    assert ("nothing answers" if "st-link" in model else "SWDIO stays low") in line


@pytest.mark.parametrize("model", USB)
def test_usb_clock_too_fast(make_board, make_daemon, model):
    board = idle_board(make_board, "wire max-khz 700", usb=[model])
    daemon = make_daemon(*usb_arguments(model), env=board.usb_env)
    daemon.expect("processor detected")
    assert len(re.findall("this wire does not hold", daemon.text)) == 1
    assert errors(daemon) == []
    assert 100 <= int(daemon.tcl("adapter speed").split()[2]) <= 700


@pytest.mark.parametrize("model", ["st-link-v2-1", "jlink", "mcu-link"])
def test_the_probe_is_chosen_by_its_target(make_board, make_daemon, model):
    board = idle_board(make_board, usb=[f"{model},serial=11111111", f"{model},serial=22222222"])
    second = "430032001450323553323620"
    daemon = make_daemon(*usb_arguments(model), "-c", f"adapter target_uid {second.upper()}",
                         env=board.usb_env)
    assert daemon.tcl("adapter target_uid") == second
    assert f"target {second} is behind" in daemon.text and "22222222" in daemon.text


def test_no_probe_has_that_target(make_board, make_daemon):
    board = idle_board(make_board, usb=["jlink,serial=11111111", "jlink,serial=22222222"])
    daemon = make_daemon(*usb_arguments("jlink"), "-c", "adapter target_uid 1234", ready=False,
                         env=board.usb_env)
    assert daemon.wait() != 0
    line = errors(daemon)[0]
    assert "no probe's target has the id 1234" in line
    assert "420032001450323553323620" in line and "430032001450323553323620" in line


@pytest.mark.parametrize("model", ["mcu-link", "st-link-v2-1", "jlink", "ft232h"])
def test_a_clock_too_fast_is_not_called_a_locked_chip(make_board, make_daemon, model):
    board = idle_board(make_board, "wire max-khz 1200", usb=[model])
    daemon = make_daemon(*usb_arguments(model, 2000), "-c", "noinit; echo [probe doctor]; shutdown",
                         ready=False, env=board.usb_env)
    assert daemon.wait() == 0
    assert "chip: STM32L47x/L48x" in daemon.text and "420032001450323553323620" in daemon.text
    assert "locked" not in daemon.text and 'put "adapter speed 1000"' in daemon.text


@pytest.mark.parametrize("wire", ["tdi", "tdo"])
def test_what_the_probe_cannot_do_is_no_advice(make_board, make_daemon, wire):
    board = idle_board(make_board, f"wire open {wire}", usb=["jlink-old"])
    daemon = make_daemon("-f", "interface/jlink.cfg", "-c", "transport select jtag", "-f",
                         "target/stm32l4x.cfg", ready=False, env=board.usb_env)
    assert daemon.wait() != 0
    line, = errors(daemon)
    assert wire.upper() in line and "check the" in line
    assert "select swd" not in line


def test_doctor_and_the_unplugged_probe(make_board, make_daemon):
    board = idle_board(make_board, usb=["jlink"])
    daemon = make_daemon(*usb_arguments("jlink"), env=board.usb_env)
    daemon.expect("processor detected")
    board.ctl("unplug")
    daemon.expect("is gone")
    assert "gone" in daemon.fails("probe doctor")
    board.ctl("replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe again")
    assert "highest good clock" in daemon.tcl("probe doctor -speed-max 2000")
