# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judge: the distribution's OpenOCD 0.12 with its own stm32l4x script on our board.

It knows nothing of us and speaks remote_bitbang over JTAG. What it takes for a real STM32L476 is one.
Its remote_bitbang driver has no clock, so the script's "adapter speed" in the reset events reports an
error that belongs to OpenOCD and is ignored here.
"""
import re
import shutil
import subprocess

import pytest

from kit import Process

pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")

FLASH = 0x08000000
SRAM1 = 0x20000000


class Judge:
    def __init__(self, board):
        self.board = board

    def argv(self, *commands, before=""):
        port = self.board.ports["remote_bitbang"]
        argv = ["openocd", "-c", "adapter driver remote_bitbang", "-c", "remote_bitbang host localhost",
                "-c", f"remote_bitbang port {port}", "-c", "transport select jtag"]
        if before:
            argv += ["-c", before]
        argv += ["-f", "target/stm32l4x.cfg"]
        for command in commands:
            argv += ["-c", command]
        return argv

    def run(self, *commands, before="", timeout=120):
        """Runs the commands after init; returns the exit status and all OpenOCD said."""
        argv = self.argv("gdb_port disabled; telnet_port disabled; tcl_port disabled", "init", *commands,
                         "shutdown", before=before)
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def ok(self, *commands, **kwargs):
        """As run(), for commands that must succeed."""
        code, text = self.run(*commands, **kwargs)
        assert code == 0, text
        return text

    def value(self, text, name):
        """`echo "NAME=..."` in a command list, found again in the output."""
        match = re.search(rf"^{name}=(.*)$", text, re.M)
        assert match, f"no {name}= in:\n{text}"
        return match.group(1).strip()


@pytest.fixture(params=[(), ("--deterministic",)], ids=["real-time", "deterministic"])
def judge(request, make_board):
    return Judge(make_board(*request.param))


@pytest.fixture
def still(make_board):
    """A judge on a board whose time moves only with requests."""
    return Judge(make_board("--deterministic"))


def symbol(elf, name):
    out = subprocess.run(["arm-none-eabi-nm", str(elf)], stdout=subprocess.PIPE, check=True).stdout.decode()
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", out, re.M).group(1), 16)


def test_examine_finds_an_stm32l476(judge):
    text = judge.ok("scan_chain", "echo [dap info]", "echo [flash probe 0]", "echo [flash info 0]")
    assert "stm32l4x.cpu tap/device found: 0x4ba00477" in text
    assert "stm32l4x.bs tap/device found: 0x06415041" in text
    assert "Cortex-M4 r0p1 processor detected" in text
    assert "target has 6 breakpoints, 4 watchpoints" in text
    assert "AP ID register 0x24770011" in text
    assert "MEM-AP BASE 0xe00ff003" in text
    for part in ("SCS", "DWT", "FPB", "ITM", "TPIU", "ETM"):
        assert re.search(rf"Part is 0x[0-9a-f]+, Cortex-M\d {part}|Cortex-M\d \w+ \({part}\)|{part}", text)
    assert "End of ROM table" in text
    assert "STM32L47/L48xx" in text
    assert "flash size = 1024 KiB" in text
    assert "dual-bank" in text


def test_halt_step_resume_and_registers(still, firmware):
    still.board.ctl(f"load {FLASH:#x} {firmware('blink').with_suffix('.bin')}")
    text = still.ok("reset halt", "echo pc0=[reg pc]", "step", "echo pc1=[reg pc]",
                    "reg r7 0xdeadbeef", "reg d3 0x1122334455667788", "reg xPSR 0x61000000",
                    "echo r7=[reg r7]", "echo xpsr=[reg xPSR]", "echo d3=[reg d3]", "resume", "sleep 20", "halt",
                    "echo pc2=[reg pc]", "echo msp=[reg msp]", "echo control=[reg control]")
    entry = symbol(firmware("blink"), "Reset_Handler") & ~1
    assert int(still.value(text, "pc0").split()[-1], 16) == entry
    assert int(still.value(text, "pc1").split()[-1], 16) in (entry + 2, entry + 4)
    assert still.value(text, "r7").endswith("0xdeadbeef")
    assert still.value(text, "xpsr").endswith("0x61000000")
    assert still.value(text, "d3").endswith("0x1122334455667788")
    assert FLASH < int(still.value(text, "pc2").split()[-1], 16) < FLASH + 0x10000
    assert still.board.stats()["instructions"] > 100


def test_memory_in_every_width(judge):
    text = judge.ok("halt", f"mww {SRAM1:#x} 0x03020100 64", f"mwh {SRAM1 + 6:#x} 0xbeef",
                    f"mwb {SRAM1 + 9:#x} 0xa5",
                    f"echo words=[mdw {SRAM1:#x} 3]", f"echo odd=[mdb {SRAM1 + 5:#x} 5]",
                    f"echo half=[mdh {SRAM1 + 2:#x} 3]")
    assert judge.value(text, "words").split()[1:] == ["03020100", "beef0100", "0302a500"]
    assert judge.value(text, "odd").split()[1:] == ["01", "ef", "be", "00", "a5"]
    assert judge.value(text, "half").split()[1:] == ["0302", "0100", "beef"]
    assert judge.board.memory(SRAM1, 12) == bytes.fromhex("000102030001efbe00a50203")


def test_block_transfer_over_the_page_boundary(still, tmp_path):
    image = tmp_path / "image.bin"
    data = bytes((i * 7 + i // 251) & 0xff for i in range(20000))
    image.write_bytes(data)
    back = tmp_path / "back.bin"
    base = SRAM1 + 0x8001       # the verify helper runs at the start of SRAM1
    still.ok("halt", f"load_image {image} {base:#x} bin", f"verify_image {image} {base:#x} bin",
             f"dump_image {back} {base:#x} {len(data)}")
    assert still.board.memory(base, len(data)) == data
    assert back.read_bytes() == data


def test_bus_error_is_reported_and_recovered(still):
    text = still.ok("halt", "catch {read_memory 0x60000000 32 1}", f"mww {SRAM1:#x} 0x12345678",
                    f"echo again=[mdw {SRAM1:#x}]")
    assert "JTAG-DP STICKY ERROR" in text
    assert still.value(text, "again").endswith("12345678")


@pytest.mark.parametrize("work_area", [True, False], ids=["loader", "no-work-area"])
def test_program_and_verify(judge, firmware, work_area):
    elf = firmware("blink")
    text = judge.ok(f"program {elf} verify", before="" if work_area else "set WORKAREASIZE 0")
    assert "** Verified OK **" in text
    image = elf.with_suffix(".bin").read_bytes()
    assert judge.board.memory(FLASH, len(image)) == image
    stats = judge.board.stats()
    assert stats["flash_programs"] == (len(image) + 7) // 8
    assert stats["flash_erases"] >= 1
    assert stats["flash_key_errors"] == 0


def test_programmed_firmware_runs(judge, firmware):
    elf = firmware("blink")
    text = judge.ok(f"program {elf} verify", "reset run", "sleep 300", "halt",
                    f"echo counter=[read_memory {symbol(elf, 'counter'):#x} 32 1]",
                    f"echo ticks=[read_memory {symbol(elf, 'ticks'):#x} 32 1]")
    if "--deterministic" in judge.board.argv:
        return      # the judge's sleeps do not move this board's time
    assert int(judge.value(text, "counter"), 16) > 100
    assert int(judge.value(text, "ticks"), 16) > 50
    assert judge.board.stats()["uart_sent"] == len("hello\r\n")


def test_large_image_with_the_loader(still, firmware):
    elf = firmware("big")
    image = elf.with_suffix(".bin").read_bytes()
    text = still.ok(f"program {elf} verify", timeout=300)
    assert "** Verified OK **" in text
    assert still.board.memory(FLASH, len(image)) == image


def test_erase_check_protect_and_mass_erase(still, firmware):
    elf = firmware("blink")
    text = still.ok(f"program {elf}", "flash erase_sector 0 0 0", "flash erase_check 0",
                    "echo [flash info 0]", f"flash fillw {FLASH + 0x800:#x} 0x5aa55aa5 8",
                    "stm32l4x mass_erase 0")
    assert "stm32l4x mass erase complete" in text
    assert still.board.memory(FLASH, 0x1000) == b"\xff" * 0x1000
    assert still.board.stats()["flash_mass_erases"] >= 1


def test_write_protection(still, firmware):
    # Loading options resets the chip and the debug port with it: the judge may complain there.
    still.run("halt", "flash protect 0 0 3 on", "stm32l4x option_load 0")
    code, text = still.run(f"program {firmware('blink')}")
    assert code != 0 or "Programming Failed" in text
    assert still.board.memory(FLASH, 16) == b"\xff" * 16
    still.run("halt", "flash protect 0 0 3 off", "stm32l4x option_load 0")
    assert "Verified OK" in still.ok(f"program {firmware('blink')} verify")


def test_breakpoint_and_watchpoint(still, firmware):
    elf = firmware("watch")
    target, watched = symbol(elf, "read_it"), symbol(elf, "watched")
    text = still.ok(f"program {elf}", "reset halt", f"bp {target:#x} 2 hw", "resume", "wait_halt 2000",
                    "echo at=[reg pc]", f"rbp {target:#x}", f"wp {watched:#x} 4 w", "resume",
                    "wait_halt 2000", f"echo value=[read_memory {watched:#x} 32 1]",
                    f"echo rounds=[read_memory {symbol(elf, 'rounds'):#x} 32 1]")
    assert int(still.value(text, "at").split()[-1], 16) == target & ~1
    assert int(still.value(text, "value"), 16) == 1
    assert int(still.value(text, "rounds"), 16) == 16


def test_connect_under_reset(still, firmware):
    still.board.ctl(f"load {FLASH:#x} {firmware('blink').with_suffix('.bin')}")
    still.board.ctl("reset")
    still.board.ctl("run 2000000")
    text = still.ok("reset halt", "echo pc=[reg pc]",
                    before="reset_config srst_only srst_nogate connect_assert_srst")
    assert int(still.value(text, "pc").split()[-1], 16) == symbol(firmware("blink"), "Reset_Handler") & ~1


def test_slow_bus_is_waited_for(still):
    """Reads behind WAIT are recovered by the judge with its overrun logic. (Its own check after a write
    is not prepared for WAIT, so the bus is slow during reads only.)"""
    def control(line):
        return ("set s [socket stream localhost:%d]; puts $s {%s}; flush $s; gets $s; close $s"
                % (still.board.ports["control"], line))
    values = [0xcafe0000 + i for i in range(16)]
    writes = [f"mww {SRAM1 + 4 * i:#x} {value:#x}" for i, value in enumerate(values)]
    text = still.ok("halt", *writes, control("ap-latency 30000"), f"echo w=[mdw {SRAM1:#x} 8]",
                    control("ap-latency 0"), f"echo v=[mdw {SRAM1:#x} 8]")
    assert "DAP transaction stalled (WAIT)" in text
    expected = " ".join(f"{value:08x}" for value in values[:8])
    assert still.value(text, "v").endswith(expected)
    assert still.value(text, "w").endswith(expected)
    assert still.board.stats()["waits"] >= 8


def test_semihosting(judge, firmware):
    text = judge.ok(f"program {firmware('semi')}", "arm semihosting enable", "reset halt",
                    "arm semihosting enable", "resume", "sleep 500")
    if "--deterministic" not in judge.board.argv:
        assert "hello from the target" in text


def test_gdb_session(make_board, firmware):
    """The judge serves a real GDB: load, break, step, watch, finish."""
    judge = Judge(make_board())
    elf = firmware("blink")
    server = Process(judge.argv("gdb_port 0; telnet_port disabled; tcl_port disabled", "init"))
    try:
        port = server.expect(r"Listening on port (\d+) for gdb connections").group(1)
        commands = [f"target extended-remote localhost:{port}", "monitor reset halt", "load",
                    "compare-sections", "tbreak main", "continue", "print origin", "next", "next",
                    "break square", "continue", "backtrace", "finish", "watch counter", "delete 2",
                    "continue", "info registers", "detach"]
        argv = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set pagination off", "-ex",
                "set remotetimeout 30", str(elf)]
        for command in commands:
            argv += ["-ex", command]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        text = done.stdout.decode(errors="replace")
        assert "Transfer rate" in text, text + server.text
        assert "matched" in text and "MIS-MATCHED" not in text, text
        assert re.search(r"main \(\)", text), text
        assert "x = 3, y = -4" in text, text
        assert re.search(r"#0 +square .*\n#1 .*sum_of_squares", text), text
        assert "Value returned" in text, text
        assert re.search(r"Hardware watchpoint \d+: counter\s+Old value = \d+\s+New value = \d+", text), text
        assert re.search(r"^xPSR +0x", text, re.M | re.I), text
    finally:
        server.stop()
