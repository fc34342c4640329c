# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug sessions of the other IDEs: the server as each starts it, the text it waits for, the commands that
its GDB gets."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from ide import READY, Workplace, error_lines, free_ports, image_of
from kit import TOP, wait_for
from mi import Mi, quoted
from rsp_client import Rsp, frame

GDB = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set pagination off", "-ex", "set confirm off"]
STLINK_CFG = "source [find interface/stlink.cfg]\ntransport select hla_swd\nsource [find target/stm32l4x.cfg]\n"

# As the wizard of STM32CubeIDE writes it.
CUBE_CFG = """
source [find interface/stlink-dap.cfg]
set WORKAREASIZE 0x8000
transport select "dapdirect_swd"
set CHIPNAME STM32L476RGTx
set BOARDNAME genericBoard
set ENABLE_LOW_POWER 1
set STOP_WATCHDOG 1
set CLOCK_FREQ 8000
reset_config srst_only srst_nogate connect_assert_srst
set CONNECT_UNDER_RESET 1
set CORE_RESET 0
set AP_NUM 0
set GDB_PORT %d
source [find target/stm32l4x.cfg]
tpiu create $_CHIPNAME.TPIU -dap [dap names] -ap-num 0 -baseaddr 0xE0040000
$_CHIPNAME.TPIU configure -protocol uart
$_TARGETNAME configure -event gdb-attach {
	echo "Debugger attaching"
	halt
	gdb_breakpoint_override hard
}
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("servers")
    (tmp / "board.cfg").write_text(STLINK_CFG, encoding="ascii")
    (tmp / "riot.cfg").write_text(STLINK_CFG + "reset_config srst_only\n", encoding="ascii")
    (tmp / "openocd.cfg").write_text("source [find interface/stlink.cfg]\n\nsource [find target/stm32l4x.cfg]\n",
                                     encoding="ascii")
    (tmp / "support").mkdir()
    (tmp / "support/openocd.cfg").write_text(STLINK_CFG + """
$_TARGETNAME configure -event gdb-attach {
	reset halt
	gdb_breakpoint_override hard
}
$_TARGETNAME configure -event gdb-detach {
	resume
}
gdb_report_data_abort enable
""", encoding="ascii")
    place = Workplace(tmp)
    yield place
    place.close()


@pytest.fixture
def place(bench):
    bench.erase()
    yield bench
    bench.end()


def gdb(place, elf, *commands, network=None):
    words = [word for command in commands for word in ("-ex", command)]
    out = place.run([*GDB, *words, elf], network=network)
    for bad in ("Protocol error", "Remote replied unexpectedly", "Ignoring packet error", "not supported by this target"):
        assert bad not in out, out
    return out


def is_running(place):
    return place.board.ctl("state")["core"] in ("running", "sleeping")


def is_loaded(place, firmware):
    want = image_of(firmware("blink"))
    return place.flash(len(want)) == want


# ---- Zephyr west (A4) ----

def west(*commands):
    return ["openocd", "-s", "support", "-s", TOP / "tcl", "-f", "support/openocd.cfg", *commands]


def west_server(place, *end, rtos=True):
    gdb_port, tcl, telnet = free_ports(3)
    configure = ["-c", "$_TARGETNAME configure -rtos Zephyr"] if rtos else []
    child = place.server(west("-c", f"tcl_port {tcl}", "-c", f"telnet_port {telnet}", "-c",
                              f"gdb_port {gdb_port}", *configure, "-c init", "-c targets", *end))
    return child, gdb_port


def test_a4_west_debug(place, firmware):
    server, port = west_server(place, "-c halt")
    out = gdb(place, firmware("blink"), f"target extended-remote :{port}", "load", "break main", "continue", "bt",
              "next", "info threads")
    assert "Transfer rate" in out and "Breakpoint 1, main" in out
    wait_for(lambda: is_running(place), "gdb-detach to resume")
    server.stop()
    assert not error_lines(server.text), server.text


def test_a4_west_attach_and_debugserver(place, firmware):
    place.preload(firmware("blink"))
    server, port = west_server(place, "-c halt", rtos=False)
    assert "main" in gdb(place, firmware("blink"), f"target extended-remote :{port}", "monitor halt", "info symbol $pc",
                         "tbreak main", "monitor reset halt", "continue")
    server.stop()
    server, port = west_server(place, "-c", "reset init", rtos=False)
    assert "Reset_Handler" in gdb(place, firmware("blink"), f"target extended-remote :{port}", "info symbol $pc")


def test_a4_west_rtt(place, firmware):
    server, port = west_server(place, "-c halt", rtos=False)
    gdb(place, firmware("rtt"), f"target extended-remote :{port}", "load")
    nm = subprocess.run(["arm-none-eabi-nm", firmware("rtt")], capture_output=True, text=True, check=True).stdout
    block = int(re.search(r"^(\w+) \w _SEGGER_RTT$", nm, re.M).group(1), 16)
    rtt_port, = free_ports(1, 30000)
    gdb(place, firmware("rtt"), f"target extended-remote :{port}",
        f'monitor rtt setup {block:#x} 0x10 "SEGGER RTT"', "monitor reset run", "monitor rtt start",
        f"monitor rtt server start {rtt_port} 0", "detach")
    with socket.create_connection(("localhost", rtt_port), timeout=60) as client:
        assert client.recv(11) == b"rtt: hello\n"
    assert server.alive()


# ---- PlatformIO (A5) and arduino-cli (A8): GDB's pipe ----

def recording(place, log):
    """The server behind tee: what GDB gets from it is kept."""
    script = place.tmp / "recorded-openocd"
    script.write_text(f'#!/bin/bash\nexec {place.openocd} "$@" > >(tee {log})\n', encoding="ascii")
    script.chmod(0o755)
    return script


def assert_packets_only(data):
    rest = re.sub(rb"[$%][^#]*#[0-9a-f]{2}|[+-]", b"", data, flags=re.S)
    assert rest == b"", rest[:200]


def test_a5_platformio_debug(place, firmware):
    log = place.tmp / "pio.rsp"
    server = recording(place, log)
    pipe = (f'"{server}" "-s" "{TOP}/tcl" "-c" "gdb_port pipe; tcl_port disabled; telnet_port disabled" '
            '"-f" "interface/stlink.cfg" "-c" "transport select hla_swd" "-f" "target/stm32l4x.cfg" '
            '"-c" "adapter speed 4000"')
    out = gdb(place, firmware("blink"), f"target extended-remote | {pipe}", "monitor init", "load",
              "monitor reset halt", "tbreak main", "continue", "print counter", "monitor mdw 0x08000000",
              "monitor reset")
    assert "Temporary breakpoint 1, main" in out and "0x08000000: " in out
    place.wait_until_gone()
    assert_packets_only(log.read_bytes())
    assert log.stat().st_size > 1000


def test_a8_arduino_cli_debug_twice_at_once(tmp_path_factory, place, firmware):
    """Both sessions leave the Tcl port at its default: the second gets a warning, not an error."""
    other = Workplace(tmp_path_factory.mktemp("second"))
    (other.tmp / "board.cfg").write_text(STLINK_CFG, encoding="ascii")
    try:
        script = []
        for i, site in enumerate((place, other)):
            pipe = (f'"{site.openocd}" -s "{TOP}/tcl" --file "{site.tmp}/board.cfg" -c "gdb_port pipe" '
                    '-c "telnet_port 0"')
            words = " ".join(f"-ex '{c}'" for c in (
                "set remotetimeout 5", f"target extended-remote | {pipe}", "load", "monitor reset halt",
                "tbreak main", "continue", "shell touch $HOME/there", f"shell while ! [ -e {place.tmp}/there "
                f"-a -e {other.tmp}/there ]; do sleep 0.1; done", "print counter"))
            script.append(f"HOME={site.tmp} {' '.join(GDB[:4])} {words} {firmware('blink')} >{tmp(i, place)} 2>&1 &")
        place.shell("\n".join(script) + "\nwait", timeout=60)
        texts = [tmp(i, place).read_text() for i in range(2)]
        for text in texts:
            assert "Temporary breakpoint 1, main" in text and "$1 = 0" in text, text
        warned = [text for text in texts if "6666" in text and "Address already in use" in text]
        assert len(warned) == 1 and not error_lines(warned[0]), texts
    finally:
        other.close()


def tmp(i, place):
    return place.tmp / f"session{i}.txt"


def test_a_slow_start_does_not_put_gdb_out_of_step(place):
    """GDB repeats its first packet after two seconds; one answer is right."""
    port, telnet, tcl = free_ports(3)
    place.server(["openocd", "-f", "board.cfg", "-c", f"gdb_port {port}; telnet_port {telnet}; tcl_port {tcl}"])
    client = Rsp(port, acks=True)
    client.send(frame("qSupported:swbreak+") * 2 + frame("vMustReplyEmpty"))
    assert client.packet().startswith(b"PacketSize=")
    assert client.packet() == b""
    assert client.ask("qAttached") == b"1"
    client.close()


def test_pipe_with_its_log_in_a_file(place, firmware):
    """Nuclei, and many a .gdbinit."""
    out = gdb(place, firmware("blink"), f"target extended-remote | {place.openocd} -f board.cfg "
              "-c 'gdb_port pipe; log_output openocd.log; tcl_port disabled; telnet_port disabled'",
              "load", "monitor reset halt", "info symbol $pc")
    assert "Reset_Handler" in out and "Info :" not in out
    assert "Listening" in (place.tmp / "openocd.log").read_text() or "gdb" in (place.tmp / "openocd.log").read_text()


def test_a5_the_server_ends_when_gdb_is_killed(place, firmware):
    place.preload(firmware("blink"))
    child = Mi(env=place.env, cwd=place.tmp)
    child.console(f"target extended-remote | {place.openocd} -f board.cfg "
                  "-c 'gdb_port pipe; tcl_port disabled; telnet_port disabled'")
    child.process.kill()
    child.wait()
    place.wait_until_gone()


def test_pipe_does_not_end_on_the_interrupt_of_gdb(place, firmware):
    """Ctrl-C in the terminal reaches GDB and its child: GDB stops the program, the server lives."""
    place.preload(firmware("blink"))
    child = Mi(env=place.env, cwd=place.tmp)
    try:
        child.ask(f"-file-exec-and-symbols {quoted(firmware('blink'))}")
        child.console(f"target extended-remote | {place.openocd} -f board.cfg "
                      "-c 'gdb_port pipe; tcl_port disabled; telnet_port disabled'")
        child.send("-exec-continue")
        child.expect(r"^\*running")
        time.sleep(0.2)
        os.killpg(child.process.pid, signal.SIGINT)
        child.stopped("SIGINT")
        assert int(child.value("counter")) > 0
        child.leave()
    finally:
        if child.alive():
            child.process.kill()
            child.wait()


# ---- Eclipse Embedded CDT (A6) ----

@pytest.mark.parametrize("connect", ["remote", "extended-remote"])
@pytest.mark.parametrize("text", ["Started by GNU MCU Eclipse", "Started by GNU ARM Eclipse"])
def test_a6_eclipse(place, firmware, connect, text):
    port, telnet, tcl = free_ports(3)
    server = place.server(["openocd", "-c", f"gdb_port {port}", "-c", f"telnet_port {telnet}", "-c",
                           f"tcl_port {tcl}", "-f", "interface/stlink.cfg", "-f", "target/stm32l4x.cfg",
                           "-c", f'echo "{text}"'], ready=f"^{text}$|\n{text}\n")
    child = Mi()
    try:
        child.burst(["-gdb-set mi-async on", "-interpreter-exec console \"set mem inaccessible-by-default off\"",
                     "-gdb-set remotetimeout 15", f"-file-exec-and-symbols {quoted(firmware('blink'))}"])
        child.ask(f"-target-select {connect} localhost:{port}")     # GDB retries until the port is there
        for command in ("monitor reset init", "monitor halt", "monitor arm semihosting enable", "load",
                        "monitor reset halt", "monitor halt", "tbreak main", "monitor reg", "continue"):
            child.console(command)
        child.stopped('func="main"')
        assert re.search(r"\(15\) pc \(/32\): 0x08", child.text)
        assert re.search(r"xPSR \(/32\): 0x", child.text)
        # its peripheral view: word by word, and what is not there
        for address in range(0x48000000, 0x48000028, 4):
            child.ask(f"-data-read-memory {address:#x} x 4 1 1")
        child.ask("-target-detach")
        child.leave()
    finally:
        if child.alive():
            child.process.kill()
            child.wait()
    server.stop()
    assert not error_lines(server.text), server.text


def test_a6_semihosting_prints(place, firmware):
    port, telnet, tcl = free_ports(3)
    server = place.server(["openocd", "-c", f"gdb_port {port}", "-c", f"telnet_port {telnet}", "-c",
                           f"tcl_port {tcl}", "-f", "board.cfg", "-c", 'echo "Started by GNU MCU Eclipse"'])
    gdb(place, firmware("semi"), f"target remote localhost:{port}", "monitor reset init",
        "monitor arm semihosting enable", "load", "monitor reset halt", "break done", "continue")
    assert "semihosting" in server.text
    assert not error_lines(server.text), server.text


# ---- CLion ----

def test_clion_debug(place, firmware):
    port, telnet = free_ports(2)
    place.tmp.joinpath("a b.elf").write_bytes(firmware("blink").read_bytes())
    server = place.server(["openocd", "-s", TOP / "tcl", "-c", f"gdb_port {port}", "-c", f"telnet_port {telnet}",
                           "-c", "tcl_port disabled", "-f", "board.cfg", "-c", 'program "a b.elf";reset init;'],
                          ready=r"\*\* Programming Finished \*\*")
    out = gdb(place, firmware("blink"), f"target remote tcp:localhost:{port}", "info symbol $pc", "break main",
              "continue", "monitor reset", "monitor reset init", "continue")
    assert "Reset_Handler" in out and out.count("Breakpoint 1, main") == 2
    server.stop()
    assert not error_lines(server.text), server.text


# ---- RIOT ----

def test_riot_debug_in_its_own_session_with_no_ready_check(place, firmware):
    place.preload(firmware("blink"))
    out = place.shell(
        "setsid openocd -f riot.cfg -c 'tcl_port 6333' -c 'telnet_port 4444' -c 'gdb_port 3333' -c init -c targets "
        f"-c halt -l /dev/null & pid=$!; {' '.join(GDB[:4])} -ex 'tar ext :3333' -ex 'info symbol $pc' -ex 'detach' "
        f"{firmware('blink')}; kill $pid; wait $pid; echo rc $?")
    assert "in section .text" in out
    assert "rc 143" in out, out


def test_riot_debug_server_in_the_foreground(place, firmware):
    place.preload(firmware("blink"))
    port, tcl, telnet = free_ports(3)
    server = place.server(["openocd", "-f", "riot.cfg", "-c", f"tcl_port {tcl}", "-c", f"telnet_port {telnet}", "-c",
                           f"gdb_port {port}", "-c", "init", "-c", "targets", "-c", "halt"])
    assert "in section" in gdb(place, firmware("blink"), f"tar ext :{port}", "info symbol $pc")
    server.stop()


# ---- servers that are known by a text ----

def launch(place, *words, ready=READY):
    port, telnet, tcl = free_ports(3)
    return place.server(["openocd", "-c", f"gdb_port {port}; telnet_port {telnet}; tcl_port {tcl}", *words],
                        ready=ready), port


@pytest.mark.parametrize("pattern", [r"Listening on port \d+ for gdb connections",
                                     r"(target )?halted due to debug-request, current mode: Thread",
                                     r"Info\ :\ [\w\d\.]*:\ hardware|Listening on port \d+ for gdb"])
def test_cppdbg(place, firmware, pattern):
    """debugServerArgs, serverStarted on stderr; GDB without async: pause is SIGINT to GDB."""
    place.preload(firmware("blink"))
    halted = ["-c", "init", "-c", "reset halt"] if "halted" in pattern else []
    server, port = launch(place, "-f", "board.cfg", *halted, ready=pattern)
    child = Mi()
    try:
        child.ask("-interpreter-exec console \"set target-async off\"")
        child.ask(f"-file-exec-and-symbols {quoted(firmware('blink'))}")
        child.ask(f"-target-select remote localhost:{port}")
        for command in ("monitor reset halt", "monitor arm semihosting enable", "load", "monitor reset halt"):
            child.console(command)
        child.ask("-break-insert main")
        child.send("-exec-continue")
        child.stopped('func="main"')
        child.ask("-exec-continue")         # an interrupt before that is one of GDB itself
        time.sleep(0.2)
        child.interrupt()
        child.stopped("SIGINT")
        child.leave()
    finally:
        if child.alive():
            child.process.kill()
            child.wait()
    server.stop()


def test_esp_idf_style(place, firmware):
    place.preload(firmware("blink"))
    server, port = launch(place, "-f", "board.cfg", ready=r"Listening on port \d+ for gdb connections")
    out = gdb(place, firmware("blink"), f"target remote :{port}", "mon reset halt", "maint flush register-cache",
              "thb main", "c")
    assert "Temporary breakpoint 1, main" in out
    server.stop()
    assert "no device found" not in server.text and "Address already in use" not in server.text


def test_visual_gdb(place, firmware):
    _, port = launch(place, "-f", "board.cfg", "-c", "init", "-c", "reset init", "-c", "echo VisualGDB_OpenOCD_Ready",
                     ready="(^|\n)VisualGDB_OpenOCD_Ready\n")
    assert "Breakpoint 1, main" in gdb(place, firmware("blink"), f"target remote :{port}", "load", "mon reset init",
                                       "break main", "continue")


def test_stm32cubeide_configuration(place, firmware):
    port, telnet, tcl = free_ports(3)
    (place.tmp / "cube.cfg").write_text(CUBE_CFG % port, encoding="ascii")
    server = place.server(["openocd", "-f", "cube.cfg", "-s", TOP / "tcl", "-c", f"gdb_port {port}", "-c",
                           f"telnet_port {telnet}", "-c", f"tcl_port {tcl}"])
    out = gdb(place, firmware("blink"), f"target remote localhost:{port}", "monitor reset halt", "load",
              "monitor reset halt", "tbreak main", "continue")
    assert "Temporary breakpoint 1, main" in out
    server.stop()
    assert "Debugger attaching" in server.text


RUST_GDB = """target extended-remote :%d
set print asm-demangle on
set backtrace limit 32
break main
monitor arm semihosting enable
monitor tpiu config internal itm.txt uart off 8000000
monitor itm port 0 on
load
stepi
echo end of the script\\n
"""


def test_rust_embedded(place, firmware):
    """openocd.cfg is found in the folder without -f when no -c is given; openocd.gdb ends at the first error."""
    (place.tmp / "openocd.gdb").write_text(RUST_GDB % 3333, encoding="ascii")
    out = place.shell(
        f"openocd >server.log 2>&1 & pid=$!; gdb-multiarch -nx -q -batch -x openocd.gdb {firmware('blink')}; "
        "kill $pid; wait $pid; true")
    assert "end of the script" in out, out + (place.tmp / "server.log").read_text()
    assert is_loaded(place, firmware)
    assert not error_lines((place.tmp / "server.log").read_text())


# ---- Makefiles (A10) ----

def test_a10_server_in_the_background(place, firmware):
    line = (f"openocd -f board.cfg >/dev/null 2>&1 & {' '.join(GDB[:4])} -ex 'target remote :3333' -ex load "
            f"-ex 'monitor reset halt' -ex 'info symbol $pc' {firmware('blink')}; kill %1; wait %1; echo rc $?")
    out = place.run(["bash", "-c", line])
    assert "Reset_Handler" in out and "rc 143" in out, out


def test_a10_nc_on_the_telnet_port(place, firmware):
    place.preload(firmware("blink"))
    telnet, gdb_port, tcl = free_ports(3)
    server = place.server(["openocd", "-c", f"telnet_port {telnet}; gdb_port {gdb_port}; tcl_port {tcl}", "-f",
                           "board.cfg", "-c", "init; halt"])
    server.expect("for telnet connections")
    with socket.create_connection(("localhost", telnet), timeout=60) as nc:
        nc.sendall(b"reset run; exit\n")
        text = b""
        while chunk := nc.recv(4096):
            text += chunk
    assert b"> " in text
    assert is_running(place) and server.alive()


def test_a10_semihosting_in_ci(place, firmware):
    """Upstream has no exit code for this; with the option it is the program's."""
    entry = int.from_bytes(image_of(firmware("semi"))[4:8], "little") & ~1
    out = place.shell("openocd --exit-on-semihosting -f board.cfg -c 'gdb_port 0; tcl_port 0; telnet_port 0' -c 'init; "
                      f"reset halt; arm semihosting enable; flash write_image erase {firmware('semi')}; reset halt; "
                      f"resume {entry:#x}'")
    assert "hello from the target\n" in out
