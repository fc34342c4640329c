# SPDX-License-Identifier: GPL-2.0-or-later
"""The independent judge on the i.MX RT boards: the distribution's OpenOCD 0.12 with nothing but a generic
cortex_m target, over an emulated CMSIS-DAP probe. What it does with plain reads and writes - halt, break,
step, boot pins, the flash window, and the FlexSPI register by register - works as on a real part."""
import re
import shutil

import pytest


pytestmark = pytest.mark.skipif(not shutil.which("openocd"), reason="openocd is not installed")
needs_pyocd = pytest.mark.skipif(not shutil.which("pyocd-tool"), reason="python3-pyocd is not installed")

OCRAM = 0x20210000
SBMR2 = 0x400f801c
SCRIPT = """
adapter speed 4000
swd newdap rt cpu -irlen 4
dap create rt.dap -chain-position rt.cpu
target create rt.cpu cortex_m -dap rt.dap
cortex_m reset_config sysresetreq
"""

# FlexSPI by hand: IMXRT1064RM and IMXRT1024RM, "FlexSPI Controller", "CCM", "IOMUXC".
FLEXSPI = """
proc r {a} { return [lindex [read_memory [expr {$::fs + $a}] 32 1] 0] }
proc w {a v} { mww [expr {$::fs + $a}] $v }
proc until {what} {
    for {set i 0} {$i < 2000} {incr i} { if {[uplevel 1 [list expr $what]]} return }
    error "never: $what"
}
proc clocks {} {
    mww $::gate 0x00000000
    eval $::podf
    mww $::gate 0xffffffff
}
proc pads {} {
    foreach {mux pad} $::pads { mww [expr {0x401f0000 + $mux}] $::alt; mww [expr {0x401f0000 + $pad}] 0x10f1 }
    foreach {reg value} $::daisy { mww [expr {0x401f0000 + $reg}] $value }
}
proc bring_up {} {
    clocks
    pads
    w 0x00 0xffff8000
    w 0x00 0xffff8001
    until {([r 0x00] & 1) == 0}
    w 0x00 0xffff0112
    w 0x04 0xffffffff
    w 0x0c 0x00000040
    w 0xb8 0
    w 0xbc 0
    w 0x60 0x1000
    foreach a {0x64 0x68 0x6c} { w $a 0 }
    w 0x70 0x00020063
    w 0x80 0
    w 0xc0 0x100
    w 0x00 0xffff0110
    until {([r 0xe0] & 3) == 3}
    w 0x18 0x5af05af0
    w 0x1c 2
    foreach {i words} {0 {0x08180403 0x2404} 1 {0x2404049f 0} 2 {0x24040405 0} 3 {0x0406 0}
                       4 {0x08180420 0} 5 {0x08180402 0x2004} 6 {0x0a1804eb 0x26043206}
                       7 {0x0466 0} 8 {0x0499 0} 9 {0x24040435 0} 10 {0x04ab 0}
                       11 {0x06ff06ff 0x06ff06ff} 12 {0x20040401 0} 13 {0x0475 0} 14 {0x047a 0}} {
        foreach k {0 1} word $words { w [expr {0x200 + 16 * $i + 4 * $k}] $word }
        w [expr {0x208 + 16 * $i}] 0
    }
    w 0x18 0x5af05af0
    w 0x1c 1
}
proc start {seq offset bytes} {
    until {([r 0xe0] & 3) == 3}
    w 0x14 0x1f
    w 0xa0 $offset
    w 0xb8 1
    w 0xbc 1
    w 0xa4 [expr {$seq << 16 | $bytes}]
    w 0xb0 1
}
proc finish {} {
    until {[r 0x14] & 1}
    if {[r 0x14] & 0xa} { error "IP command: INTR [r 0x14], STS1 [r 0xe4]" }
    w 0x14 0x0b
}
proc ip {seq {offset 0}} { start $seq $offset 0; finish }
proc ip_read {seq offset bytes} {
    start $seq $offset $bytes
    until {([r 0xf0] & 0xff) * 8 >= $bytes}
    set words {}
    for {set i 0} {$i < $bytes} {incr i 4} { lappend words [r [expr {0x100 + $i}]] }
    w 0x14 0x20
    finish
    return $words
}
proc ip_write {seq offset words} {
    start $seq $offset [expr {4 * [llength $words]}]
    foreach {a b} $words { until {[r 0x14] & 0x40}; w 0x180 $a; w 0x184 $b; w 0x14 0x40 }
    finish
}
proc ready {} { until {([ip_read 2 0 1] & 1) == 0} }
proc erase {offset} { ip 3; ip 4 $offset; ready }
proc program {offset words} { ip 3; ip_write 5 $offset $words; ready }
"""
BOARDS = {
    "mimxrt1064-evk": {
        "window": 0x70000000,
        "tcl": """set fs 0x402a4000; set gate 0x400fc084; set alt 0x10
                  set podf {mww 0x400fc018 0xedae8324}
                  set pads {0x86ac 0x8704 0x867c 0x86d4 0x8664 0x86bc 0x86a0 0x86f8 0x869c 0x86f4
                            0x8684 0x86dc 0x8694 0x86ec}
                  set daisy {0x8750 2 0x8730 2 0x8734 0 0x8738 0 0x873c 2 0x872c 0}""",
    },
    "mimxrt1024-evk": {
        "window": 0x60000000,
        "tcl": """set fs 0x402a8000; set gate 0x400fc080; set alt 0x11
                  set podf {mww 0x400fc01c 0x27900000}
                  set pads {0x816c 0x82e0 0x8184 0x82f8 0x8174 0x82e8 0x8178 0x82ec 0x8180 0x82f4
                            0x817c 0x82f0 0x8170 0x82e4}
                  set daisy {0x8378 0 0x8368 0 0x836c 0 0x8370 0 0x8374 0}""",
    },
}


# The octal part: commands are write cycles; the ROM has set up clock, pads and strobe.
HYPER = """
set fs 0x402a8000
proc bring_up {} {
    until {([r 0xe0] & 3) == 3}
    w 0x18 0x5af05af0
    w 0x1c 2
    foreach {a v} {0x210 0x8b188720 0x214 0xa3028f10 0x218 0 0x220 0x8b1887a0 0x224 0xb3068f10 0x228 0xa704
                   0x22c 0} { w $a $v }
    w 0x18 0x5af05af0
    w 0x1c 1
}
proc cycle {word value} {
    start 1 [expr {2 * $word}] 2
    until {[r 0x14] & 0x40}
    w 0x180 [expr {($value & 0xff) << 8 | $value >> 8}]
    w 0x184 0
    w 0x14 0x40
    finish
}
proc command {word value} { cycle 0x555 0xaa; cycle 0x2aa 0x55; cycle $word $value }
proc ready {} { until {[cycle 0x555 0x70; ip_read 2 0 2] & 0x8000} }
"""


class Judge:
    def __init__(self, board, tmp_path):
        self.board = board
        chip = BOARDS.get(board.name, {"window": 0x60000000, "tcl": HYPER})
        self.window = chip["window"]
        self.script = tmp_path / "generic.cfg"
        self.script.write_text(SCRIPT + FLEXSPI + chip["tcl"])

    def run(self, *commands, timeout=120):
        """The commands after init; all must succeed. Returns what OpenOCD said."""
        argv = ["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
                "-f", "interface/cmsis-dap.cfg", "-c", "transport select swd", "-f", self.script,
                "-c", "init"]
        for command in commands:
            argv += ["-c", command]
        done = self.board.usb_run([*argv, "-c", "shutdown"], timeout=timeout)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def value(self, text, name):
        """`echo "NAME=..."` in a command, found again in the output."""
        match = re.search(rf"^{name}=(.*)$", text, re.M)
        assert match, f"no {name}= in:\n{text}"
        return match.group(1).strip()

    def number(self, text, name):
        return int(self.value(text, name).split()[-1], 16)


@pytest.fixture(params=list(BOARDS))
def judge(request, make_board, tmp_path):
    def make(preset):
        board = make_board("--deterministic", "--preset", preset, name=request.param, usb=["mcu-link"])
        return Judge(board, tmp_path)
    return make


def test_examine_finds_a_cortex_m7(judge):
    text = judge("blank").run("echo [dap info]")
    assert re.search(r"Cortex-M7 r\dp\d processor detected", text)
    assert "target has 8 breakpoints, 4 watchpoints" in text
    for part in ("Cortex-M7 ROM", "Cortex-M7 PPB", "Cortex-M7 FPB", "Cortex-M7 ETM", "SCS", "DWT", "ITM"):
        assert part in text
    assert "End of ROM table" in text


def test_reset_halt_step_and_registers(judge):
    judge = judge("good")
    text = judge.run("reset halt", "echo pc0=[reg pc]", "step", "echo pc1=[reg pc]", "reg r7 0xdeadbeef",
                     "reg d3 0x1122334455667788", "echo r7=[reg r7]", "echo d3=[reg d3]", "resume", "sleep 50",
                     "halt", "echo pc2=[reg pc]", "reset run", "sleep 50", "halt", "echo pc3=[reg pc]")
    pc0, pc1 = judge.number(text, "pc0"), judge.number(text, "pc1")
    assert 0x200000 < pc0 < 0x220000            # the ROM's first instruction
    assert pc1 != pc0 and 0x200000 < pc1 < 0x220000
    assert judge.value(text, "r7").endswith("0xdeadbeef")
    assert judge.value(text, "d3").endswith("0x1122334455667788")
    for name in ("pc2", "pc3"):                 # the ROM went on to the image
        assert judge.window < judge.number(text, name) < judge.window + 0x400000


def test_memory_in_every_width(judge):
    judge = judge("blank")
    text = judge.run("halt", f"mww {OCRAM:#x} 0x03020100 64", f"mwh {OCRAM + 6:#x} 0xbeef",
                     f"mwb {OCRAM + 9:#x} 0xa5", f"echo words=[mdw {OCRAM:#x} 3]",
                     f"echo odd=[mdb {OCRAM + 5:#x} 5]", "mww 0x20000100 0x600dcafe",
                     "echo dtcm=[mdw 0x20000100]", "mww 0x00000100 0xfeedface", "echo itcm=[mdw 0x100]")
    assert judge.value(text, "words").split()[1:] == ["03020100", "beef0100", "0302a500"]
    assert judge.value(text, "odd").split()[1:] == ["01", "ef", "be", "00", "a5"]
    assert judge.value(text, "dtcm").endswith("600dcafe")
    assert judge.value(text, "itcm").endswith("feedface")


def test_boot_pins_in_sbmr2(judge):
    judge = judge("blank")
    for pins, mode in (("01", 1), ("10", 2), ("00", 0)):
        judge.board.ctl(f"boot-mode {pins}")
        judge.board.ctl("power off")
        judge.board.ctl("power on")
        text = judge.run("halt", f"echo sbmr2=[mdw {SBMR2:#x}]")
        assert judge.number(text, "sbmr2") >> 24 & 3 == mode


def test_breakpoint_and_watchpoint_on_a_program_in_flash(judge):
    judge = judge("xip-running")
    text = judge.run("halt", "echo pc0=[reg pc]", "step", "echo pc1=[reg pc]",
                     "set where [lindex [reg pc] end]", "step", "bp $where 2 hw", "resume",
                     "wait_halt 5000", "echo pc2=[reg pc]", "echo [bp]", "rbp $where",
                     "resume", "sleep 20", "halt")
    assert judge.number(text, "pc2") == judge.number(text, "pc1")
    assert judge.window < judge.number(text, "pc2") < judge.window + 0x400000
    assert "halted due to breakpoint" in text


@pytest.mark.parametrize("name", [*BOARDS, "mimxrt1060-evk", "imxrt1050-evkb", "imxrt1050-evkb-hyper"])
def test_the_window_shows_the_flash(make_board, name, tmp_path):
    judge = Judge(make_board("--deterministic", "--preset", "good", name=name, usb=["mcu-link"]), tmp_path)
    out = tmp_path / "window.bin"
    judge.run("reset run", "sleep 50", "halt", f"dump_image {out} {judge.window:#x} 0x4000")
    assert out.read_bytes() == judge.board.memory(judge.window, 0x4000)
    assert out.read_bytes()[:4] == b"FCFB"


def test_jedec_id_and_status_by_hand(judge):
    judge = judge("blank")
    text = judge.run("reset halt", "bring_up", "echo id=[ip_read 1 0 3]", "echo again=[ip_read 1 0 3]",
                     "echo sr1=[ip_read 2 0 1]", "echo sr2=[ip_read 9 0 1]")
    assert judge.number(text, "id") & 0xffffff in (0x1640ef, 0x1670ef)
    assert judge.number(text, "again") == judge.number(text, "id")
    assert judge.number(text, "sr1") & 0xff == 0
    assert judge.number(text, "sr2") & 0xff in (0, 2)


def test_erase_and_program_by_hand(judge):
    judge = judge("good")
    words = [0x01020304 * (i + 1) & 0xffffffff for i in range(64)]
    before = judge.board.memory(judge.window, 0x4000)
    text = judge.run("reset halt", "bring_up", "erase 0x2000", "echo blank=[ip_read 0 0x2000 16]",
                     f"program 0x2000 {{{' '.join(map(hex, words))}}}",
                     "echo first=[ip_read 0 0x2000 16]", "w 0x00 0xffff0111", "until {([r 0] & 1) == 0}",
                     f"echo window=[mdw {judge.window + 0x2000:#x} 2]", timeout=300)
    assert judge.value(text, "blank").split() == ["0xffffffff"] * 4
    assert [int(word, 16) for word in judge.value(text, "first").split()] == words[:4]
    assert judge.value(text, "window").split()[1:] == [f"{word:08x}" for word in words[:2]]
    stats = judge.board.stats()
    assert (stats["flash_erases"], stats["flash_programs"]) == (1, 1)
    after = judge.board.memory(judge.window, 0x4000)
    assert after[0x2000:0x2100] == b"".join(word.to_bytes(4, "little") for word in words)
    assert after[0x2100:0x3000] == b"\xff" * 0xf00
    assert after[:0x2000] == before[:0x2000] and after[0x3000:] == before[0x3000:]


def test_without_write_enable_nothing_is_erased(judge):
    judge = judge("good")
    before = judge.board.memory(judge.window, 0x4000)
    judge.run("reset halt", "bring_up", "ip 4 0x2000", "ready", "ip 3", "ip 7", "ip 8", "sleep 1",
              "ip 4 0x2000", "ready")        # 66h-99h clears WEL
    assert judge.board.memory(judge.window, 0x4000) == before


@pytest.mark.parametrize("state, cure", [
    ("deep-power-down", "ip 10"),
    ("continuous-read", "ip 11"),
    ("busy", "ready"),
    ("busy", "ip 7; ip 8; sleep 1"),
])
def test_a_flash_in_another_state_is_deaf_until_cured(judge, state, cure):
    judge = judge("blank")
    judge.run("reset halt")         # the ROM reads the flash now and then, which ends a continuous read
    judge.board.ctl(f"flash-state {state} {'flexspi2' if '1064' in judge.board.name else 'flexspi'}")
    text = judge.run("halt", "bring_up", "echo before=[ip_read 1 0 3]", cure, "sleep 1",
                     "echo after=[ip_read 1 0 3]")
    assert judge.number(text, "before") & 0xffffff != 0x1640ef
    assert judge.number(text, "after") & 0xffffff == 0x1640ef


def test_another_order_code_has_qpi(judge):
    judge = judge("blank")
    where = "flexspi2" if "1064" in judge.board.name else "flexspi"
    judge.run("reset halt")
    judge.board.ctl(f"flash-part w25q32jv-im {where}")
    text = judge.run("halt", "bring_up", "echo id=[ip_read 1 0 3]", "echo sr2=[ip_read 9 0 1]")
    assert judge.number(text, "id") & 0xffffff == 0x1670ef
    assert judge.number(text, "sr2") & 0xff == 0            # QE = 0
    judge.board.ctl(f"flash-state qpi {where}")
    text = judge.run("halt", "bring_up", "echo before=[ip_read 1 0 3]", "ip 11", "echo after=[ip_read 1 0 3]")
    assert judge.number(text, "before") & 0xffffff != 0x1670ef
    assert judge.number(text, "after") & 0xffffff == 0x1670ef


def test_protected_flash_ignores_an_erase_until_unprotected(judge):
    judge = judge("good")
    before = judge.board.memory(judge.window, 0x4000)
    judge.board.ctl(f"flash-state protected {'flexspi2' if '1064' in judge.board.name else 'flexspi'}")
    text = judge.run("reset halt", "bring_up", "erase 0x2000", "echo sr1=[ip_read 2 0 1]")
    assert judge.number(text, "sr1") & 0xff == 0x1c
    assert judge.board.memory(judge.window, 0x4000) == before
    text = judge.run("reset halt", "bring_up", "ip 3", "start 12 0 1; w 0x180 0; w 0x14 0x40; finish", "ready",
                     "erase 0x2000", "echo sr1=[ip_read 2 0 1]")
    assert judge.number(text, "sr1") & 0xff == 0
    assert judge.board.memory(judge.window + 0x2000, 0x1000) == b"\xff" * 0x1000


def test_an_erase_is_suspended_and_resumed(judge):
    judge = judge("good")
    text = judge.run("reset halt", "bring_up", "ip 3", "ip 4 0x2000", "ip 13", "sleep 1",
                     "echo sr1=[ip_read 2 0 1]", "echo sr2=[ip_read 9 0 1]", "echo tag=[ip_read 0 0 4]",
                     "ip 14", "ready", "echo end=[ip_read 9 0 1]")
    assert judge.number(text, "sr1") & 1 == 0
    assert judge.number(text, "sr2") & 0xff == 0x82
    assert judge.number(text, "tag") == 0x42464346
    assert judge.number(text, "end") & 0xff == 0x02
    assert judge.board.memory(judge.window + 0x2000, 0x1000) == b"\xff" * 0x1000


def test_a_closed_gate_is_a_bus_error(judge):
    judge = judge("blank")
    text = judge.run("halt", "mww $gate 0", "echo caught=[catch {r 0}]", "mww $gate 0xffffffff",
                     "echo open=[catch {r 0}]")
    assert judge.value(text, "caught") == "1"
    assert judge.value(text, "open") == "0"


def test_hyperflash_by_hand(make_board, tmp_path):
    board = make_board("--deterministic", "--preset", "good", name="imxrt1050-evkb-hyper", usb=["mcu-link"])
    judge = Judge(board, tmp_path)
    before = board.memory(judge.window, 0x4000)
    text = judge.run("reset run", "sleep 50", "halt", "bring_up",
                     "command 0x555 0x90", "echo id=[ip_read 2 0 4]", "cycle 0 0xf0",
                     "cycle 0x55 0x98", "echo cfi=[ip_read 2 0x20 6]", "cycle 0 0xf0",
                     "command 0x555 0x80", "command 0x20000 0x30", "ready",
                     "echo blank=[ip_read 2 0x40000 4]",
                     "command 0x555 0xa0", "cycle 0x20001 0x1234", "ready",
                     "echo word=[ip_read 2 0x40000 4]", timeout=300)
    assert judge.number(text, "id") == 0x7e000100       # 0001, 007E: high bytes first
    assert [int(word, 16) & mask for word, mask in zip(judge.value(text, "cfi").split(), (2**32 - 1, 0xffff))] == \
        [0x52005100, 0x5900]
    assert judge.number(text, "blank") == 0xffffffff
    assert judge.number(text, "word") == 0x3412ffff
    assert board.memory(judge.window, 0x4000) == before
    assert board.memory(judge.window + 0x40000, 4) == b"\xff\xff\x12\x34"


PYOCD = """
from pyocd.core.helpers import ConnectHelper
from pyocd.coresight import ap
# pyOCD 0.13 is older than its knowledge of this AHB-AP (IDR 0x04770041, Cortex-M7): tell it.
ap.AP_TYPE_MAP[(ap.AP_JEP106_ARM, ap.AP_CLASS_MEM_AP, 4, ap.AP_TYPE_AHB)] = ap.AHB_AP
with ConnectHelper.session_with_chosen_probe(blocking=False, options={"target_override": "cortex_m"}) as session:
    target = session.board.target
    target.halt()
    print("pc=%x" % target.read_core_register("pc"))
    print("window=%x" % target.read32(WINDOW))
    target.write_memory_block32(0x20210000, list(range(600)))
    print("ram=%s" % (target.read_memory_block32(0x20210000, 600) == list(range(600))))
    target.reset_stop_on_reset()
    print("rom=%x" % target.read_core_register("pc"))
    target.step()
    target.set_breakpoint(target.read_core_register("pc"))
    target.resume()
"""


@needs_pyocd
@pytest.mark.parametrize("name", list(BOARDS))
def test_pyocd_attaches_halts_and_resets(make_board, name):
    board = make_board("--deterministic", "--preset", "good", name=name, usb=["cmsis-dap-hid"])
    window = BOARDS[name]["window"]
    script = PYOCD.replace("WINDOW", hex(window))
    done = board.usb_run(["/usr/bin/python3", "-c", script])
    assert done.returncode == 0, done.stdout
    said = dict(line.split("=") for line in done.stdout.splitlines() if re.match(r"\w+=", line))
    assert window < int(said["pc"], 16) < window + 0x400000
    assert said["ram"] == "True"
    assert said["window"] == "42464346"         # FCFB
    assert 0x200000 < int(said["rom"], 16) < 0x220000
