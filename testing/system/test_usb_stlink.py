# SPDX-License-Identifier: GPL-2.0-or-later
"""ST-LINK probes: the real libusb under probed, emulated firmware behind it."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kit import BUILD, TOP, wait_for

RAM = 0x20000000
STOCK = Path("/usr/share/openocd/scripts")
KINDS = ["st-link-v2", "st-link-v2-1", "st-link-v3", "st-link-v3-set", "st-link-v3pwr", "st-link-v3-minie"]
FIRMWARE = {"st-link-v2": r"STLINK V2J37S7 \(API v2\) VID:PID 0483:3748",
            "st-link-v2-1": r"STLINK V2J39M27 \(API v2\) VID:PID 0483:374B",
            "st-link-v3": r"STLINK V3J\d+M\d+ \(API v3\) VID:PID 0483:374E",
            "st-link-v3-set": r"STLINK V3J\d+M\d+B\d+(S\d+)? \(API v3\) VID:PID 0483:374F",
            "st-link-v3pwr": r"STLINK V4J\d+\S* \(API v3\) VID:PID 0483:3757",
            "st-link-v3-minie": r"STLINK V3J\d+\S* \(API v3\) VID:PID 0483:3754"}


def arguments(transport="swd", speed=4000, interface="interface/stlink.cfg", before=""):
    return ["-f", interface, "-c", f"{before}; transport select {transport}; adapter speed {speed}",
            "-f", "target/stm32l4x.cfg"]


@pytest.fixture
def probe(make_board, make_daemon):
    """probe("st-link-v2", transport=..., ...) plugs one in and attaches: board, daemon."""
    def make(kind="st-link-v2", *extra, options=(), **kwargs):
        board = make_board(*options, usb=[kind])
        daemon = make_daemon(*arguments(**kwargs), *extra, env=board.usb_env)
        daemon.expect("processor detected")
        return board, daemon
    return make


def assert_lives_on(daemon):
    daemon.tcl(f"mww {RAM:#x} 0x12345678")
    assert "12345678" in daemon.tcl(f"capture {{mdw {RAM:#x}}}")


@pytest.mark.parametrize("transport", ["swd", "jtag"])
@pytest.mark.parametrize("kind", KINDS)
def test_attaches_programs_verifies_and_resets(probe, firmware, kind, transport):
    board, daemon = probe(kind, transport=transport, options=["--deterministic"])
    daemon.expect("Cortex-M4 r0p1 processor detected")
    assert re.search(FIRMWARE[kind], daemon.text), daemon.text
    assert re.search(r"Target voltage: 3\.(299|300)", daemon.text), daemon.text
    if transport == "jtag":
        assert "JTAG tap: stm32l4x.cpu tap/device found: 0x4ba00477" in daemon.text
        assert "JTAG tap: stm32l4x.bs tap/device found: 0x06415041" in daemon.text
    elf = firmware("blink")
    daemon.tcl(f"program {elf} verify reset")
    daemon.tcl("halt")
    image = BUILD / "firmware" / "blink-flash.bin"
    if not image.exists():
        subprocess.run([shutil.which("arm-none-eabi-objcopy") or "objcopy", "-O", "binary", str(elf), str(image)],
                       check=True)
    assert board.memory(0x08000000, 64) == image.read_bytes()[:64]
    daemon.tcl("reset halt")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_memory_of_every_size_and_place(probe):
    board, daemon = probe("st-link-v2")
    daemon.tcl("halt")
    board.ctl("write 0x20000000 " + bytes(range(256)).hex())
    for width, count, first in [(8, 100, 1), (16, 33, 2), (32, 40, 4), (8, 1, 3), (16, 1, 6), (32, 1, 8)]:
        values = daemon.tcl(f"read_memory {RAM + first:#x} {width} {count}").split()
        size = width // 8
        assert [int(v, 0) for v in values] == [
            int.from_bytes(bytes(range(256))[first + i * size:first + (i + 1) * size], "little")
            for i in range(count)]
    for width, address in [(8, 0x20001001), (16, 0x20001102), (32, 0x20001204)]:
        mask = (1 << width) - 1
        data = [(0x9e3779b9 * i) & mask for i in range(1, 151)]
        daemon.tcl(f"write_memory {address:#x} {width} {{{' '.join(map(str, data))}}}")
        raw = board.memory(address, len(data) * width // 8)
        assert [int.from_bytes(raw[i:i + width // 8], "little") for i in range(0, len(raw), width // 8)] == data


@pytest.mark.parametrize("kind, transport", [("st-link-v2", "swd"), ("st-link-v2,fw=V2J24S4", "jtag"),
                                             ("st-link-v3", "jtag")])
def test_a_session_with_gdb(probe, make_gdb, firmware, kind, transport):
    _, daemon = probe(kind, transport=transport)
    out = make_gdb(daemon).run(["monitor reset halt", "load", "break main", "continue", "stepi", "info registers pc",
                                "set var *(int*)0x20000100=0x1234", "x/xb 0x20000101", "x/xw 0x20000100"],
                               elf=firmware("blink"))
    assert "Breakpoint 1, main" in out, out
    assert re.search(r"pc +0x80[0-9a-f]+ +0x80[0-9a-f]+ <main", out), out
    assert re.search(r"0x20000101.*0x12", out) and re.search(r"0x20000100.*0x00001234", out), out


# Round trips to the probe. A V2 takes 64 items in one batch, so a step and all registers are two.
BUDGET = [("step", 2, 1), ("mdw 0xe000ed00", 1, 1), ("mww 0x20000000 1", 1, 1), ("mdw 0x20000000 1024", 2, 2),
          ("mwb 0x20000001 3", 1, 1)]


@pytest.mark.parametrize("kind, column", [("st-link-v2", 1), ("st-link-v3", 2)])
def test_round_trips_are_within_their_budget(make_board, make_daemon, firmware, kind, column):
    board = make_board("--deterministic", usb=[kind])
    first = make_daemon(*arguments(), env=board.usb_env)
    first.tcl(f"program {firmware('blink')} verify reset; halt")
    first.stop()
    before = board.stats()["round_trips"]
    daemon = make_daemon(*arguments(), env=board.usb_env)
    daemon.expect("processor detected")
    daemon.tcl("poll off; halt")
    assert board.stats()["round_trips"] - before <= 36
    daemon.tcl("step")
    for row in BUDGET:
        before = board.stats()["round_trips"]
        daemon.tcl(row[0])
        assert board.stats()["round_trips"] - before <= row[column], row[0]


# ---- The clock that is really there. ----

@pytest.mark.parametrize("kind, transport, asked, got", [
    ("st-link-v2", "swd", 4000, 3600), ("st-link-v2", "swd", 2000, 1800), ("st-link-v2", "swd", 480, 450),
    ("st-link-v2", "swd", 1, 4), ("st-link-v2", "jtag", 18000, 9000), ("st-link-v2", "jtag", 1000, 562),
    ("st-link-v3", "swd", 24000, 24000), ("st-link-v3", "swd", 4000, 3300), ("st-link-v3", "swd", 1800, 1000),
    ("st-link-v3", "swd", 1, 5)])
def test_speed_is_the_true_one(make_board, make_daemon, kind, transport, asked, got):
    board = make_board(usb=[kind])
    daemon = make_daemon("-f", "interface/stlink.cfg", "-c",
                         f"transport select {transport}; adapter speed {asked}", env=board.usb_env, ready=False)
    daemon.tcl_port = daemon.port("tcl")
    daemon.expect("clock speed")
    assert f"clock speed {got} kHz" in daemon.text
    if asked != got:
        assert f"Unable to match requested speed {asked} kHz, using {got} kHz" in daemon.text
    assert daemon.tcl("adapter speed 1000") == f"adapter speed: {daemon.tcl('lindex [adapter speed] 2')} kHz"


# ---- Reset and voltage. ----

def test_connect_under_reset_of_a_chip_that_sleeps_or_shuts_its_pins(make_board, make_daemon, firmware):
    board = make_board(usb=["st-link-v2-1"])
    daemon = make_daemon(*arguments(), "-c", "reset_config srst_only srst_nogate connect_assert_srst", "-c",
                         "stm32l4x.cpu configure -event examine-end {}", env=board.usb_env)
    daemon.expect("Connecting under reset")
    assert board.ctl("state")["nrst_low"] is True
    daemon.tcl("reset halt")
    assert board.ctl("state")["nrst_low"] is False
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_reset_line_by_hand_and_released_at_the_end(probe):
    board, daemon = probe("st-link-v2")
    daemon.tcl("reset_config srst_only")
    daemon.tcl("adapter assert srst")
    assert board.ctl("state")["nrst_low"] is True
    daemon.tcl("adapter deassert srst")
    assert board.ctl("state")["nrst_low"] is False
    daemon.tcl("adapter assert srst")
    daemon.stop()
    assert board.ctl("state")["nrst_low"] is False


def test_no_voltage_is_told(make_board, make_daemon):
    board = make_board(usb=["st-link-v2"])
    board.ctl("power off")
    daemon = make_daemon(*arguments(), env=board.usb_env, ready=False)
    daemon.wait()
    assert "target voltage may be too low" in daemon.text
    assert "Target voltage: 0.0" in daemon.text


def test_target_power_that_fails_in_the_session(probe):
    board, daemon = probe("st-link-v2")
    daemon.tcl("halt; poll off")
    board.ctl("power off")
    text = daemon.fails(f"mdw {RAM:#x}")
    assert len(text) > 20
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {halt}") == "0", "the target to come back")
    assert_lives_on(daemon)


# ---- Firmware. ----

def test_old_firmware_is_told_what_is_missing(make_board, make_daemon):
    board = make_board(usb=["st-link-v2,fw=V2J17S4"])
    daemon = make_daemon(*arguments(), env=board.usb_env, ready=False)
    assert daemon.wait() == 1
    error = re.search(r"^Error: .*", daemon.text, re.M).group()
    assert "V2J17S4" in error and "V2J24" in error and "READ_DAP_REG" in error and "STSW-LINK007" in error, error
    assert len(re.findall(r"^Error: ", daemon.text, re.M)) <= 2, daemon.text


@pytest.mark.parametrize("version", ["V2J24S4", "V2J26S7", "V2J28S7", "V2J31S7", "V2J32S7", "V3J1M1", "V3J5M2"])
@pytest.mark.parametrize("transport", ["swd", "jtag"])
def test_firmware_of_all_ages_is_used_as_far_as_it_goes(make_board, make_daemon, firmware, version, transport):
    kind = "st-link-v2" if version.startswith("V2") else "st-link-v3"
    board = make_board("--deterministic", usb=[f"{kind},fw={version}"])
    daemon = make_daemon(*arguments(transport), env=board.usb_env)
    daemon.tcl(f"program {firmware('blink')} verify")
    daemon.tcl("reset halt")
    board.ctl("write 0x20000000 " + bytes(range(200)).hex())
    assert [int(v, 0) for v in daemon.tcl(f"read_memory {RAM + 1:#x} 8 150").split()] == list(range(1, 151))
    daemon.tcl(f"write_memory {RAM + 0x402:#x} 16 {{1 2 3 4 5 6 7}}")
    assert board.memory(RAM + 0x402, 6) == bytes([1, 0, 2, 0, 3, 0])
    text = daemon.fails("mdw 0xd0000000")
    assert "bus error at 0xd0000000" in text
    assert_lives_on(daemon)


@pytest.mark.parametrize("mode", ["dfu", "mass", "debug", "swim"])
def test_any_mode_the_probe_was_left_in(probe, mode):
    _, daemon = probe(f"st-link-v2,start={mode}")
    daemon.tcl("halt")
    assert_lives_on(daemon)


def test_binary_serial_is_shown_and_taken(make_board, make_daemon):
    board = make_board(usb=["st-link-v2,serial=49FF68066684555075180621,serial_format=binary"])
    daemon = make_daemon(*arguments(before="adapter serial 49ff68066684555075180621"), env=board.usb_env)
    daemon.expect("STLINK V2J37S7")
    assert "49FF68066684555075180621" in daemon.tcl("capture {adapter list}")
    daemon.stop()
    text = '"\\x49\\xff\\x68\\x06\\x66\\x84\\x55\\x50\\x75\\x18\\x06\\x21"'
    for command in ("hla_serial", "st-link serial", "adapter serial"):
        other = make_daemon(*arguments(before=f"{command} {text}"), env=board.usb_env)
        other.expect("STLINK V2J37S7")
        other.stop()


def test_the_list_shows_what_each_is_and_what_is_wrong(make_board):
    board = make_board(usb=["st-link-v2", "st-link-v3", "st-link-v2-1,fw=J17"])
    text = board.usb_run([BUILD / "probed", "--list"]).stdout
    assert re.search(r"ST-LINK/V2, serial 30FF\w+, firmware V2J37S7, target 3\.\d+ V", text), text
    assert re.search(r"STLINK-V3, serial \w+, firmware V3J\d+M\d+, target 3\.\d+ V", text), text
    assert re.search(r"ST-LINK/V2-1, .*firmware V2J17.*\n.*\n *problem: .*too old.*V2J24", text), text


# ---- Failures. ----

@pytest.mark.parametrize("transport", ["swd", "jtag"])
def test_bus_error_in_a_block_names_the_address(probe, transport):
    board, daemon = probe("st-link-v2", transport=transport)
    daemon.tcl("halt")
    end = 0x20018000
    board.ctl(f"write {end - 16:#x} {'11223344' * 4}")
    text = daemon.fails(f"read_memory {end - 64:#x} 32 64")
    assert f"bus error at {end:#010x}" in text, text
    text = daemon.fails(f"write_memory {end - 8:#x} 32 {{1 2 3 4 5 6}}")
    assert f"bus error at {end:#010x}" in text, text
    assert board.memory(end - 8, 8) == bytes([1, 0, 0, 0, 2, 0, 0, 0])
    text = daemon.fails(f"read_memory {end - 3:#x} 8 30")
    assert f"bus error at {end:#010x}" in text, text
    assert_lives_on(daemon)


def test_unplugged_in_the_middle_of_a_flash_write(probe, firmware):
    board, daemon = probe("st-link-v2-1")
    daemon.tcl("reset halt")
    board.ctl("usb fault unplug out 1 60")
    text = daemon.fails(f"program {firmware('big')} verify")
    assert "unplug" in text + daemon.text or "gone" in text + daemon.text, text
    assert daemon.tcl("expr {6 * 7}") == "42"
    assert "reconnect" in text + daemon.text
    board.ctl("usb fault none")
    board.ctl("usb replug")
    daemon.tcl("adapter reconnect")
    daemon.tcl(f"program {firmware('blink')} verify")


def test_short_wait_storm_is_ridden_out_a_long_one_reported(probe):
    board, daemon = probe("st-link-v2")
    daemon.tcl("halt; poll off")
    board.ctl("inject wait 3 20")
    assert_lives_on(daemon)
    board.ctl("inject wait 0 100000000")
    text = daemon.fails(f"mdw {RAM:#x}")
    board.ctl("inject none")
    assert "WAIT" in text or "busy" in text, text
    daemon.tcl("poll on")
    wait_for(lambda: daemon.tcl("catch {halt}") == "0", "the target to come back")
    assert_lives_on(daemon)


@pytest.mark.parametrize("fault", ["stall 0x81 1 0", "short 0x81 1 0 1", "error 0x81 1 0", "late 0x81 1 0 200",
                                   "flip 0x81 1 0 0"])
def test_one_usb_fault_is_one_error_and_no_more(probe, fault):
    board, daemon = probe("st-link-v2")
    daemon.tcl("halt; poll off")
    daemon.tcl(f"mww {RAM:#x} 0xcafe0001")
    board.ctl(f"usb fault {fault}")
    result = daemon.tcl(f"list [catch {{read_memory {RAM:#x} 32 1}} text] $text")
    if result.startswith("0"):
        assert "0xcafe0001" in result
    else:
        assert len(result) > 20, f"an error with no words: {result}"
    board.ctl("usb fault none")
    if daemon.tcl("catch {halt}") != "0":
        daemon.tcl("adapter reconnect; halt")
    assert_lives_on(daemon)


def test_firmware_that_hangs_is_given_up_and_comes_back(probe):
    board, daemon = probe("st-link-v2")
    daemon.tcl("halt; poll off")
    board.ctl("usb fault silent 0x81 1 0")
    text = daemon.fails(f"mdw {RAM:#x}")
    assert "does not answer" in text, text
    board.ctl("usb fault none")
    daemon.tcl("adapter reconnect")
    daemon.tcl("halt")
    assert_lives_on(daemon)


def test_firmware_that_hangs_when_it_is_opened_is_reset(make_board, make_daemon):
    board = make_board(usb=["st-link-v2-1"])
    board.ctl("usb fault silent 0x81 1 0")
    daemon = make_daemon(*arguments(), env=board.usb_env)
    daemon.expect("it is reset over USB")
    daemon.expect("processor detected")
    assert_lives_on(daemon)


# ---- What cannot be done is said. ----

def test_what_cannot_be_done_is_said(probe, make_daemon):
    _, daemon = probe("st-link-v2", transport="jtag")
    assert "JTAG scans" in daemon.fails("irscan stm32l4x.cpu 0xe")
    daemon.tcl("reset_config trst_and_srst")
    assert "nTRST" in daemon.fails("adapter assert trst")
    tcp = make_daemon(*arguments(before="st-link backend tcp 1"), ready=False)
    assert tcp.wait() == 1
    assert "no stlink-server" in tcp.text


# ---- Names of the past. ----

@pytest.mark.parametrize("interface", ["stlink", "stlink-dap", "stlink-v2", "stlink-v2-1", "stlink-hla", "stlink-v1"])
@pytest.mark.parametrize("transport", ["hla_swd", "hla_jtag", "dapdirect_swd", "dapdirect_jtag"])
def test_old_interface_files_and_transports(make_board, make_daemon, interface, transport):
    stock = STOCK / f"interface/{interface}.cfg"
    board = make_board(usb=["st-link-v2-1"])
    daemon = make_daemon("-f", stock if stock.exists() else f"interface/{interface}.cfg",
                         "-c", f"transport select {transport}", "-f", "target/stm32l4x.cfg", env=board.usb_env)
    daemon.tcl("halt")
    assert_lives_on(daemon)


HLA = """
adapter driver hla
hla_layout stlink
hla_device_desc "ST-LINK/V2-1"
hla_vid_pid 0x0483 0x374b 0x0483 0x3748
hla_serial {serial}
hla_command "x"
hla_stlink_backend usb
transport select hla_swd
hla newtap l4 cpu -irlen 4 -expected-id 0x2ba01477
target create l4.cpu hla_target -endian little -chain-position l4.cpu
adapter_khz 1800
"""


def test_a_script_of_2012(make_board, make_daemon, tmp_path):
    board = make_board(usb=["st-link-v2-1,serial=066EFF485550755187154221"])
    script = tmp_path / "old.cfg"
    script.write_text(HLA.format(serial="066eff485550755187154221"), encoding="ascii")
    daemon = make_daemon("-f", script, env=board.usb_env)
    assert len(re.findall("hla is the st-link driver here", daemon.text)) == 1
    daemon.tcl("halt")
    assert_lives_on(daemon)


def test_another_hla_layout_is_refused_when_it_is_opened(make_daemon):
    daemon = make_daemon("-c", "adapter driver hla; hla_layout ti-icdi; transport select hla_jtag", ready=False)
    assert daemon.wait() == 1
    assert "ti-icdi" in daemon.text and "not supported" in daemon.text


def sources(script, seen):
    """The text of a stock script and of all it sources, comments left out."""
    path = STOCK / script
    if script in seen or not path.exists():
        return ""
    seen.add(script)
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8", errors="replace"))
    return text + "".join(sources(name, seen) for name in re.findall(r"source \[find ([^\]\s]+)\]", text))


# Boards of chips that are no Cortex-M: an STM8, or a Cortex-A beside it.
OTHER_CHIPS = {"st_nucleo_8l152r8.cfg": "swim", "st_nucleo_8s208rb.cfg": "swim",
               "stm32mp13x_dk.cfg": "cortex_a", "stm32mp15x_dk2.cfg": "cortex_a"}


@pytest.mark.skipif(not STOCK.exists(), reason="the openocd package is not installed")
def test_every_stock_board_with_an_stlink_loads(tmp_path):
    boards = [path for path in sorted((STOCK / "board").glob("*.cfg"))
              if re.search(r"adapter driver (st-link|hla)", sources(f"board/{path.name}", set()))]
    assert len(boards) >= 50
    for path in boards:
        done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "-s", STOCK, "-c",
                               "gdb_port disabled; telnet_port disabled; tcl_port disabled", "-f", path, "-c",
                               "echo \"driver [adapter name] [transport select]\"; noinit; shutdown"],
                              capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
        text = done.stdout + done.stderr
        if path.name in OTHER_CHIPS:
            assert OTHER_CHIPS[path.name] in text and done.returncode != 0, text
        else:
            assert re.search("driver st-link (swd|jtag)", text) and done.returncode == 0, f"{path.name}: {text}"
            assert not re.search("^Error", text, re.M), f"{path.name}: {text}"
