# SPDX-License-Identifier: GPL-2.0-or-later
"""Which probe: the list, the choice, what is in the way of it, and a probe that goes and comes back.
The probes are emulated, libusb is real."""
import os
import re
import subprocess

import pytest

from kit import BUILD, TOP, board_arguments, wait_for

TARGET = ["-f", "target/stm32l4x.cfg"]
ST_A, ST_B, JLINK = "066EFF333133464E43162234", "49FF68066684505267188701", "123456789"
NOBODY = 65534
# One of each way to the bus: libusb bulk, hidraw, libjaylink, libftdi.
KINDS = {"cmsis-dap-v2-fs": "cmsis-dap", "daplink": "cmsis-dap", "jlink": "jlink",
         "kt-link": "ftdi", "st-link-v2": "st-link", "st-link-v3": "st-link"}


@pytest.fixture
def two(make_board):
    """Two ST-LINKs, each with its own board."""
    return make_board(usb=[f"st-link-v2-1,serial={ST_A}", f"st-link-v2-1,serial={ST_B}"])


@pytest.fixture
def one(make_board):
    return make_board(usb=[f"st-link-v2-1,serial={ST_A}"])


def probed(board, *arguments, env=None, **kwargs):
    """Runs probed until it ends; returns its output."""
    env = env or board.usb_env
    if "user" in kwargs:        # libudev's emulated monitor puts a socket into the root
        os.chmod(env["UMOCKDEV_DIR"], 0o777)
    done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "-c",
                           "gdb_port 0; telnet_port 0; tcl_port 0", *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=60,
                          stderr=subprocess.STDOUT, errors="replace", check=False,
                          env={**os.environ, **env}, **kwargs)
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


def refused(board, *arguments, **kwargs):
    """The error of a probed that cannot start; it is one line."""
    text = probed(board, *arguments, "-c", "init; shutdown", **kwargs)
    errors = re.findall("^Error: (.*)$", text, re.M)
    assert len(errors) == 1, text
    return errors[0]


def opened(board, *arguments):
    """Where the probe is that was opened."""
    text = probed(board, *arguments, "-c",
                  "init; foreach p [adapter probes] {echo \"$p(state) [dict get $p location] "
                  "[dict get $p state]\"}; shutdown".replace("$p(state) ", "probe "))
    match = re.findall(r"^probe (\S+) open$", text, re.M)
    assert len(match) == 1, text
    return match[0]


# --- The list ---

def test_list_shows_every_probe_with_the_way_to_use_it(make_board):
    board = make_board(usb=[f"st-link-v2-1,serial={ST_A}", f"jlink,serial={JLINK}"])
    text = probed(board, "--list")
    assert text.index("1: cmsis-dap") < text.index("ST-LINK/V2-1")
    line = re.search(r"^ +ST-LINK/V2-1, serial (\S+), firmware (V2J\S+), target (\S+) V, at USB "
                     r"(\S+) \(full speed\)$", text, re.M)
    assert line, text
    assert line.group(1) == ST_A and 3.0 < float(line.group(3)) < 3.6
    assert f'-f interface/stlink.cfg -c "adapter serial {ST_A}"' in text
    assert JLINK in text and "-f interface/jlink.cfg" in text


def test_probes_are_dicts_for_scripts(one):
    text = probed(one, "-c", "set p [lindex [adapter probes] 0]; foreach k {kind driver serial "
                  "location speed vid pid state problem} {echo \"$k=[dict get $p $k]\"}; shutdown")
    for line in ("kind=ST-LINK/V2-1", "driver=st-link", f"serial={ST_A}", "location=1-1",
                 "speed=full", "vid=0x0483", "pid=0x374b", "state=ready", "problem="):
        assert re.search(rf"^{line}$", text, re.M), text


def test_the_list_does_not_disturb_an_open_probe(one, make_daemon):
    daemon = make_daemon(*TARGET, env=one.usb_env)
    daemon.tcl("halt")
    assert "open here" in daemon.tcl("adapter list")
    assert "state open" in daemon.tcl("lindex [adapter probes] 0")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_nothing_plugged_in_says_what_to_check(one):
    one.ctl("usb unplug")
    assert "No debug probe is plugged in" in probed(one, "--list")
    text = refused(one, *TARGET)
    assert text.startswith('Debug Adapter has to be specified, see "adapter driver" command: ')
    assert "no debug probe is plugged in" in text and "cable" in text and "virtual machine" in text
    text = refused(one, "-f", "interface/stlink.cfg", *TARGET)
    assert text.startswith("open failed: no st-link probe is plugged in")
    text = refused(one, "-f", "interface/cmsis-dap.cfg", *TARGET)
    assert text.startswith("unable to find a matching CMSIS-DAP device: no cmsis-dap probe is plugged in")


# --- The choice ---

def test_the_only_probe_needs_no_configuration(one):
    text = probed(one, *TARGET, "-c", "init; echo [adapter name]; shutdown")
    assert re.search(r"^st-link$", text, re.M), text
    assert len(re.findall("no adapter driver was chosen", text)) == 1
    assert 'add "adapter driver st-link"' in text and ST_A in text
    assert "Cortex-M4" in text


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_only_probe_is(make_board, kind):
    text = probed(make_board(usb=[kind]), *TARGET, "-c", "init; echo [adapter name]; shutdown")
    assert re.search(rf"^{KINDS[kind]}$", text, re.M), text
    assert "Cortex-M4" in text


@pytest.mark.parametrize("kind, transport", [("jlink", "swd"), ("ft2232h", "jtag")])
def test_the_automatic_transport_fits_the_probe(make_board, kind, transport):
    text = probed(make_board(usb=[kind]), *TARGET, "-c", "init; echo [transport select]; shutdown")
    assert f'transport "{transport}"' in text and "Cortex-M4" in text


def test_a_named_driver_keeps_its_own_first_transport(make_board):
    text = probed(make_board(usb=["jlink"]), "-f", "interface/jlink.cfg", *TARGET, "-c", "init; shutdown")
    assert 'transport "jtag"' in text and "Cortex-M4" in text


def test_a_chip_without_a_known_wiring_is_not_guessed(make_board):
    board = make_board(usb=["ft232h"])
    text = refused(board, *TARGET)
    assert "seen instead: FT232H" in text and "-f interface/ftdi/WIRING.cfg" in text
    assert "-f interface/ftdi/WIRING.cfg" in probed(board, "--list")


def test_a_driver_named_later_takes_the_place_of_the_automatic_choice(one):
    text = probed(one, *TARGET, "-c", "adapter driver st-link", "-c", "init; shutdown")
    assert "Cortex-M4" in text and "ignoring" not in text


def test_several_are_refused_with_the_line_for_each(two):
    for arguments in (TARGET, ["-f", "interface/stlink.cfg", *TARGET]):
        text = refused(two, *arguments)
        assert f'"adapter serial {ST_A}"' in text and f'"adapter serial {ST_B}"' in text, text


@pytest.mark.parametrize("choice, place", [
    (f"adapter serial {ST_B}", "1-2"),
    (f"adapter serial {ST_A.lower()}", "1-1"),
    ("adapter usb location 1-2", "1-2"),
    (f"adapter alias left {ST_A}; adapter serial LEFT", "1-1"),
    (f"adapter alias left {ST_B}; adapter use left", "1-2"),
    (f"adapter use {ST_B}", "1-2"),
    ("adapter use 1-1", "1-1"),
])
def test_each_way_to_choose(two, choice, place):
    assert opened(two, "-c", choice, *TARGET) == place
    assert opened(two, "-f", "interface/stlink.cfg", "-c", choice, *TARGET) == place


def test_choice_by_kind_product_and_ids(make_board):
    board = make_board(usb=["st-link-v2", "st-link-v2-1"])
    for choice in ("adapter use stlink-v2-1", "adapter usb vid_pid 0x0483 0x374b"):
        assert opened(board, "-f", "interface/stlink.cfg", "-c", choice, *TARGET) == "1-2"
    text = refused(board, "-f", "interface/stlink.cfg", "-c", "adapter usb product_name Nonesuch",
                   *TARGET)
    assert 'named "Nonesuch"' in text and "seen instead: ST-LINK/V2 " in text


def test_a_wrong_serial_tells_the_right_ones(two):
    text = refused(two, "-f", "interface/stlink.cfg", "-c", "adapter serial 066E", *TARGET)
    assert "no st-link probe with serial 066E is plugged in" in text
    assert f"probes with these serials are plugged in: {ST_A} (ST-LINK/V2-1), {ST_B}" in text


def test_the_choice_is_made_before_the_probe_is_open(one, make_daemon):
    daemon = make_daemon(*TARGET, env=one.usb_env)
    for verb in ("adapter serial X", "adapter use X", "adapter usb location 1-2"):
        assert "already open" in daemon.fails(verb)


# --- What is in the way ---

def nobody_may_look(path):
    """The folders of the build must be open to another user."""
    done = subprocess.run(["test", "-r", path], user=NOBODY, check=False)
    return done.returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_no_permission_shows_the_rule_that_cures_it(one):
    if not nobody_may_look(BUILD / "probed"):
        pytest.skip("the build folder is closed to other users")
    one.ctl("usb 1 mode 600")
    text = refused(one, *TARGET, user=NOBODY)
    assert "this user may not open" in text and "/dev/bus/usb/001/" in text
    assert ('SUBSYSTEM=="usb", ATTRS{idVendor}=="0483", ATTRS{idProduct}=="374b", MODE="0660", '
            'GROUP="plugdev", TAG+="uaccess"') in text
    assert "udevadm control --reload" in text
    listed = probed(one, "--list", user=NOBODY)
    assert "ST-LINK/V2-1" in listed and "problem: this user may not open" in listed
    assert "cure:    put 'SUBSYSTEM" in listed


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_without_permission_shows_its_rule(make_board, kind):
    if not nobody_may_look(BUILD / "probed"):
        pytest.skip("the build folder is closed to other users")
    board = make_board(usb=[kind])
    board.ctl("usb 1 mode 600")
    text = refused(board, *TARGET, user=NOBODY)
    assert "this user may not open" in text and re.search(r'ATTRS\{idVendor\}=="\w{4}"', text), text
    assert "udevadm control --reload" in text
    if kind.startswith("st-link"):      # OpenOCD's words
        assert text.startswith("open failed: libusb_open() failed with LIBUSB_ERROR_ACCESS: ")
    assert "problem: this user may not open" in probed(board, "--list", user=NOBODY)


def test_a_probe_in_use_says_by_whom(one, make_daemon):
    first = make_daemon(*TARGET, env=one.usb_env)
    first.tcl("halt")
    text = refused(one, "-f", "interface/stlink.cfg", *TARGET)
    assert re.search(rf"in use by .*pid {first.process.pid} \(probed\)", text), text
    listed = probed(one, "--list")
    assert re.search(rf"problem: .*in use by .*pid {first.process.pid} \(probed\)", listed), listed
    assert first.tcl("stm32l4x.cpu curstate") == "halted"       # and is not disturbed by it
    assert first.tcl("catch {mdw 0x20000000}") == "0"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_in_use_says_by_whom(make_board, make_daemon, kind):
    board = make_board(usb=[kind])
    env = board.usb_env         # a hidraw node tells its users only in one and the same /dev
    first = make_daemon(*TARGET, env=env)
    first.tcl("halt")
    text = refused(board, *TARGET, env=env)
    assert re.search(rf"in use by .*pid {first.process.pid} \(probed\)", text), text
    assert re.search(rf"problem: .*in use by .*pid {first.process.pid} \(probed\)",
                     probed(board, "--list", env=env))
    assert first.tcl("catch {mdw 0x20000000}") == "0"


def test_a_probe_in_use_by_openocd(one):
    other = one.usb_start(["openocd", "-c", "gdb_port disabled; telnet_port disabled; "
                           "tcl_port disabled", "-f", "interface/stlink.cfg", *TARGET])
    try:
        other.expect("processor detected")
        text = refused(one, "-f", "interface/stlink.cfg", *TARGET)
        assert re.search(rf"in use by .*pid {other.process.pid} \(openocd\)", text), text
    finally:
        other.stop()
    assert opened(one, "-f", "interface/stlink.cfg", *TARGET) == "1-1"


# --- It goes and comes back ---

def test_unplugged_is_told_once_and_the_console_stays(one, make_daemon):
    daemon = make_daemon(*TARGET, env=one.usb_env)
    daemon.tcl("halt")
    one.ctl("usb unplug")
    daemon.expect(r"^Error: .* is gone")
    assert daemon.tcl("expr {6 * 7}") == "42"
    for _ in range(3):
        assert "is gone" in daemon.fails("mdw 0x20000000") and daemon.tcl("sleep 50; expr 1") == "1"
    daemon.drain()
    assert len(re.findall(r"^Error: .* is gone", daemon.text, re.M)) == 1, daemon.text
    assert "adapter reconnect" in daemon.text
    assert "no st-link probe" in daemon.fails("adapter reconnect")
    one.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
    assert daemon.tcl("catch {mdw 0x20000000}") == "0"


def test_unplugged_while_nothing_is_polled_is_noticed_all_the_same(one, make_daemon):
    daemon = make_daemon(*TARGET, "-c", "init; poll off", env=one.usb_env)
    one.ctl("usb unplug")
    daemon.expect(r"^Error: .* is gone")


def test_a_probe_that_comes_back_is_opened_by_itself(one, make_daemon):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on; adapter speed 950",
                         env=one.usb_env)
    daemon.tcl("halt")
    before = daemon.tcl("adapter speed")
    for _ in range(2):
        one.ctl("usb unplug")
        daemon.expect(r"^Error: .* is gone: .*opened again by itself")
        one.ctl("usb replug")
        daemon.expect("is back and open again")
        assert daemon.tcl("adapter speed") == before
        assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
        assert daemon.tcl("catch {mdw 0x20000000}") == "0"
        daemon.text = ""


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back(make_board, make_daemon, kind):
    board = make_board(usb=[kind])
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=board.usb_env)
    daemon.tcl("halt")
    board.ctl("usb unplug")
    daemon.expect("is gone")
    assert daemon.tcl("expr {6 * 7}") == "42"
    daemon.fails("mdw 0x20000000")
    board.ctl("usb replug")
    daemon.expect("is back and open again")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"
    assert daemon.tcl("catch {mdw 0x20000000}") == "0"
    assert len(re.findall("^Error: ", daemon.text.split("is gone")[1], re.M)) == 0, daemon.text


def test_only_the_same_probe_is_opened_again(two, make_daemon):
    daemon = make_daemon("-c", f"adapter serial {ST_A}", *TARGET, "-c", "adapter auto_reconnect on",
                         env=two.usb_env)
    daemon.tcl("halt")
    two.ctl("usb unplug 1")
    daemon.expect("is gone")
    daemon.tcl("sleep 1500")
    assert "is back and" not in daemon.text
    two.ctl("usb replug 1")
    daemon.expect("is back and open again")


def test_switched_off_it_stays_away(one, make_daemon):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=one.usb_env)
    daemon.tcl("halt")
    assert daemon.tcl("adapter auto_reconnect") == "on"
    one.ctl("usb unplug")
    daemon.expect("is gone")
    assert daemon.tcl("adapter auto_reconnect off") == "off"
    one.ctl("usb replug")
    daemon.tcl("sleep 1500")
    assert "is back and" not in daemon.text
    daemon.tcl("adapter auto_reconnect on")         # wanted again: it is there
    daemon.expect("is back and open again")


@pytest.mark.parametrize("door", ["cmsis_dap_tcp", "remote_bitbang"])
def test_a_probe_on_the_network_is_opened_again_too(board, make_daemon, door):
    arguments = board_arguments(board)
    if door == "remote_bitbang":
        arguments = ["-c", "adapter driver remote_bitbang; remote_bitbang host localhost; "
                     f"remote_bitbang port {board.ports[door]}; transport select swd", *TARGET]
    daemon = make_daemon(*arguments, "-c", "adapter auto_reconnect on")
    daemon.tcl("halt")
    board.ctl("unplug")
    daemon.expect("is gone")
    board.ctl("replug")
    daemon.expect("is back and open again")
    assert daemon.tcl("catch {mdw 0x20000000}") == "0"


def test_gdb_goes_on_after_an_unplug(one, make_daemon, make_gdb, firmware):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=one.usb_env)
    gdb = make_gdb(daemon).start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("hbreak square")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")
    one.ctl("usb unplug")
    daemon.expect("is gone")
    gdb.send("x/4x 0x20000000")
    gdb.expect(r"Cannot access memory|rror")
    gdb.send("monitor echo {still here}")
    gdb.expect("still here")
    one.ctl("usb replug")
    daemon.expect("is back and open again")
    gdb.send("x/4x 0x20000000")
    gdb.expect(r"0x20000000.*0x")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")
    assert len(re.findall(r"^Error: .*(?:probe|connection)", daemon.text, re.M)) == 1, daemon.text


def test_gdb_that_waits_is_told_and_goes_on(one, make_daemon, make_gdb, firmware):
    daemon = make_daemon(*TARGET, env=one.usb_env)
    gdb = make_gdb(daemon).start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("continue")
    gdb.expect("Continuing")
    wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "running", "the core to run")
    one.ctl("usb unplug")
    text = gdb.expect(r"(?si).*(SIGLOST|remote failure reply)").group()
    assert text.count("is gone") == 1, text
    daemon.drain()
    assert len(re.findall("^Error: .*probe", daemon.text, re.M)) == 1, daemon.text
    one.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe")
    gdb.send("hbreak square")
    gdb.expect("breakpoint 1")
    gdb.send("continue")
    gdb.expect("Breakpoint 1, square")


def test_whoever_meets_a_lost_probe_is_told_that_it_is_lost(one, make_daemon, make_gdb, firmware):
    """Not that the target was not identified: `reset` and `targets` would not help."""
    daemon = make_daemon(*TARGET, env=one.usb_env)
    gdb = make_gdb(daemon).start(firmware("blink"))
    gdb.send("load")
    gdb.expect("Transfer rate")
    one.ctl("usb unplug")
    daemon.expect("is gone")
    for command in ("mdw 0x20000000", "halt", "reset halt", "bp 0x08000000 2 hw", "flash probe 0",
                    f"flash write_image {firmware('blink')}", "stm32l4x.cpu arp_examine"):
        text = daemon.fails(command)
        assert f"the st-link probe {ST_A} is gone" in text and "adapter reconnect" in text, command
    gdb.send("load")
    gdb.expect("Error erasing flash")
    gdb.send("monitor echo {and why}")      # GDB prints the reason when it may
    gdb.expect("flash bank stm32l4x.flash cannot be probed: the st-link probe .* is gone")
    gdb.send("load")
    gdb.expect("Error erasing flash")
    one.ctl("usb replug")
    wait_for(lambda: daemon.tcl("catch {adapter reconnect}") == "0", "the probe")
    gdb.send("load")
    gdb.expect("Transfer rate")
    gdb.send("monitor echo {fine now}")
    gdb.expect("fine now")
    assert "is gone" not in gdb.child.text
    gdb.send("echo end\\n")
    gdb.expect("end")


def test_a_hub_that_resets_costs_no_session(one, make_daemon):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=one.usb_env)
    daemon.tcl("halt")
    one.ctl("usb reset")
    daemon.expect("is gone")
    daemon.expect("is back and open again")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_connecting_under_reset_is_for_the_first_time_only(one, make_daemon):
    daemon = make_daemon("-c", "reset_config srst_only srst_nogate connect_assert_srst", *TARGET,
                         "-c", "adapter auto_reconnect on", env=one.usb_env)
    daemon.tcl("reset halt")
    one.ctl("usb unplug")
    daemon.expect("is gone")
    one.ctl("usb replug")
    daemon.expect("is back and open again")
    assert len(re.findall("Connecting under reset", daemon.text)) == 1, daemon.text
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_a_trace_capture_goes_on_with_the_probe(make_board, make_daemon, tmp_path):
    board = make_board(usb=["cmsis-dap-v2-fs"])
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=board.usb_env)
    daemon.tcl(f"adapter swo start {tmp_path}/swo.bin 1000000")
    assert "state on" in daemon.tcl("adapter swo status")
    board.ctl("usb unplug")
    daemon.expect("is gone")
    board.ctl("usb replug")
    daemon.expect("is back and open again")
    status = daemon.tcl("adapter swo status")
    assert "state on" in status and "losses 1" in status
    daemon.tcl("adapter swo stop")
    assert "state off" in daemon.tcl("adapter swo status")


def test_unplugged_while_flash_is_written(one, make_daemon, firmware):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=one.usb_env)
    daemon.tcl("halt")
    one.ctl("usb 1 fault reset 0x01 1 150")
    text = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert re.search("unplugged|gone|connection|probe", text), text
    daemon.expect("is back and open again")
    daemon.tcl(f"program {firmware('big')} verify")
    assert "verified" in daemon.tcl(f"flash verify_image {firmware('big')}")


def address_of(elf, name):
    lines = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True)
    return int(re.search(rf"^(\w+) \w {name}$", lines.stdout, re.M).group(1), 16) & ~1


def test_points_are_set_again_in_a_core_that_lost_its_power_meanwhile(one, make_daemon, firmware):
    daemon = make_daemon(*TARGET, "-c", "adapter auto_reconnect on", env=one.usb_env)
    daemon.tcl(f"program {firmware('blink')}; reset halt")
    step = address_of(firmware("blink"), "step")
    daemon.tcl(f"bp {step:#x} 2 hw; wp 0x20000ff0 4 w")
    one.ctl("usb unplug")
    daemon.expect("is gone")
    one.ctl("power off")
    one.ctl("power on")
    one.ctl("usb replug")
    daemon.expect("is back and open again")
    wait_for(lambda: daemon.tcl("stm32l4x.cpu curstate") == "halted", "the breakpoint")
    assert f"{step:#x}" in daemon.tcl("reg pc") or "pc" in daemon.tcl("reg pc")
    assert len(daemon.tcl("wp").strip().split("\n")) == 1
    assert int(daemon.tcl("read_memory 0xe0001020 32 1"), 16) == 0x20000ff0     # DWT_COMP0


# --- The same, without USB in the build ---

def test_the_verbs_are_there_without_a_probe():
    done = subprocess.run([BUILD / "probed", "-c", "adapter usb vid_pid 0x1234", "-c", "shutdown"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False)
    assert "adapter usb vid_pid" in done.stdout and done.returncode == 1
