# SPDX-License-Identifier: GPL-2.0-or-later
"""dump_core: what the target was, opened by a GDB that has no target."""
import os
import re
import subprocess

import pytest

from kit import PATIENCE, Board, Daemon, Gdb, board_arguments

EXTENDED = "target extended-remote"


class Bench:
    def __init__(self, tmp, name, *arguments):
        self.tmp = tmp
        self.board = Board(tmp, "--deterministic", name=name)
        self.daemon = Daemon(*board_arguments(self.board), *arguments, cwd=tmp)
        self.gdb = Gdb(self.daemon)

    def stop_at(self, elf, *commands):
        """A program that has come to a place, with its GDB gone."""
        self.daemon.tcl(f"program {elf}")
        out = self.gdb.run(["monitor reset halt", "maintenance flush register-cache", *commands], elf=elf,
                           connect=EXTENDED)
        return out

    def dump(self, *arguments, name="core"):
        path = self.tmp / name
        return path, self.daemon.tcl(f"dump_core {path} {' '.join(arguments)}")

    def stop(self):
        self.daemon.stop()
        self.board.stop()


@pytest.fixture(scope="module")
def benches(tmp_path_factory):
    made = {}

    def get(name, *arguments):
        if (name, arguments) not in made:
            made[name, arguments] = Bench(tmp_path_factory.mktemp(name), name, *arguments)
        return made[name, arguments]
    yield get
    for bench in made.values():
        bench.stop()


def offline(core, elf, *commands):
    """A GDB without a target, on the file alone."""
    argv = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set pagination off", "-ex",
            "set style enabled off", str(elf), "-c", str(core)]
    for command in commands:
        argv += ["-ex", command]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60 * PATIENCE, check=False)
    return done.stdout.decode(errors="replace")


def test_backtrace_registers_and_locals_offline(benches, firmware):
    bench = benches("nucleo-l476rg")
    live = bench.stop_at(firmware("blink"), "break square", "continue", "continue", "backtrace",
                         "info registers", "print squares")
    path, said = bench.dump()
    assert re.search(r"bytes of memory in \d+ parts, 1 thread, in", said), said
    out = offline(path, firmware("blink"), "backtrace", "info registers", "print squares", "info locals",
                  "x/2i $pc")
    assert "Program terminated with signal SIGTRAP" in out
    for line in re.findall(r"^(?:#\d|r\d+ |sp |lr |pc |xpsr |\$\d+ = ).*$", live, re.M)[-22:]:
        assert re.sub(r"^\$\d+", "$1", line) in out, (line, out)
    assert "square (n=" in out and "main ()" in out
    assert "warning" not in out.lower(), out


def test_memory_is_what_the_board_has_and_the_parts_are_exact(benches, firmware):
    bench = benches("nucleo-l476rg")
    bench.stop_at(firmware("blink"))
    path, _ = bench.dump("--flash", "0x1fff7590", "12")
    ram, flash = bench.board.memory(0x20000000, 0x18000), bench.board.memory(0x08000000, 0x4000)
    headers = subprocess.run(["readelf", "-lW", path], stdout=subprocess.PIPE, check=True, text=True).stdout
    loads = {int(m[1], 16): (int(m[0], 16), int(m[2], 16))
             for m in re.findall(r"LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+)", headers)}
    assert loads[0x20000000][1] == 0x18000 and loads[0x10000000][1] == 0x8000
    assert loads[0x08000000][1] == 0x100000 and loads[0x1fff7590][1] == 12
    data = path.read_bytes()
    assert data[loads[0x20000000][0]:][:0x18000] == ram
    assert data[loads[0x08000000][0]:][:0x4000] == flash
    assert 0xe000ed00 in loads


def test_floating_point_registers(benches, firmware):
    bench = benches("nucleo-l476rg")
    live = bench.stop_at(firmware("fpu"), "break length", "continue", "print x", "print $d7",
                         "info registers fpscr")
    path, _ = bench.dump()
    out = offline(path, firmware("fpu"), "print x", "print $d7", "info registers fpscr")
    for pattern in (r"\$1 = .*", r"\$2 = .*", r"fpscr .*"):
        assert re.search(pattern, live).group() in out


def test_a_fault_is_a_fault_offline(benches, firmware):
    bench = benches("nucleo-l476rg")
    bench.stop_at(firmware("fault"), "break main", "continue", "set var select = SELECT_UNDEFINED",
                  "monitor cortex_m vector_catch hard_err", "continue")
    path, _ = bench.dump()
    out = offline(path, firmware("fault"), "backtrace")
    assert "SIGSEGV" in out
    assert "<signal handler called>" in out and "fault (which=" in out, out
    text = path.read_bytes()
    assert b"HardFault" in text and b"msp 0x" in text
    bench.daemon.tcl("cortex_m vector_catch none")


@pytest.mark.parametrize("board, program", [("nucleo-l476rg", "rtos"), ("nucleo-g0b1", "g0b1_rtos"),
                                            ("nucleo-u575", "u575_rtos")])
def test_every_task_has_its_backtrace(benches, firmware, board, program):
    bench = benches(board, "-c", "[target current] configure -rtos FreeRTOS")
    elf = firmware(program)
    bench.stop_at(elf, "break blink_round", "continue")
    bench.daemon.tcl(f"rtos symbols {elf}")
    path, said = bench.dump()
    count = int(re.search(r"(\d+) threads", said).group(1))
    assert count >= 4, said
    out = offline(path, elf, "info threads", "thread apply all backtrace")
    assert out.count("\nThread ") == count, out
    assert "blink_round" in out.split("\n", 5)[2] + out and "worker" in out
    assert b"blink" in path.read_bytes() and b"Blocked" in path.read_bytes()


def test_in_a_handler_the_interrupted_task_is_a_thread(benches, firmware):
    bench = benches("nucleo-l476rg", "-c", "[target current] configure -rtos FreeRTOS")
    elf = firmware("rtos")
    bench.stop_at(elf, "break blink_round", "continue", "delete", "break SysTick_Handler", "continue")
    bench.daemon.tcl(f"rtos symbols {elf}")
    path, _ = bench.dump()
    out = offline(path, elf, "info threads", "thread 2", "backtrace")
    assert re.search(r"\* 1 .*SysTick_Handler", out), out
    assert "what the handler has interrupted" in path.read_bytes().decode(errors="replace")
    pc = re.search(r"#0 +(0x[0-9a-f]+)?", out.split("[Switching")[1])
    assert pc and "??" not in out.split("[Switching")[1].split("\n")[1], out


def test_a_running_core_is_halted_and_goes_on_if_asked(benches, firmware):
    bench = benches("nucleo-l476rg")
    bench.stop_at(firmware("blink"))
    bench.daemon.tcl("reset run")
    path, _ = bench.dump("--resume")
    assert bench.daemon.tcl("[target current] curstate") == "running"
    assert "SIGINT" in offline(path, firmware("blink"), "backtrace")
    bench.dump()
    assert bench.daemon.tcl("[target current] curstate") == "halted"


def test_a_gdb_that_waits_does_not_hear_of_it(benches, firmware):
    bench = benches("nucleo-l476rg")
    gdb = bench.gdb
    gdb.start(firmware("blink"))
    gdb.send("monitor reset halt")
    gdb.send("continue")
    gdb.expect("Continuing")
    while bench.daemon.tcl("[target current] curstate") != "running":
        pass
    bench.dump("--resume")
    assert bench.daemon.tcl("[target current] curstate") == "running"
    gdb.interrupt()
    gdb.expect("received signal SIGINT")
    gdb.send("monitor dump_core %s" % (bench.tmp / "from-gdb"))
    gdb.expect("open it with")
    gdb.stop()


def test_holes_are_told_and_left_out(benches, firmware):
    bench = benches("nucleo-l476rg")
    bench.stop_at(firmware("blink"))
    path, said = bench.dump("--no-ram", "0x20017f00", "0x400")
    assert re.search(r"^Warn : core dump: not readable from 0x20018000 on: \S", bench.daemon.text, re.M)
    headers = subprocess.run(["readelf", "-lW", path], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert re.search(r"LOAD +0x\w+ 0x20017f00 0x20017f00 0x00100 ", headers), headers


def test_errors_leave_no_file(benches, firmware):
    bench = benches("nucleo-l476rg")
    bench.stop_at(firmware("blink"))
    text = bench.daemon.fails(f"dump_core {bench.tmp}/nowhere/core")
    assert "No such file" in text, text
    os.mkfifo(bench.tmp / "fifo")
    assert "no regular file" in bench.daemon.fails(f"dump_core {bench.tmp}/fifo")
    assert (bench.tmp / "fifo").is_fifo()
    (bench.tmp / "fifo").unlink()
    assert "not a part of memory" in bench.daemon.fails(f"dump_core {bench.tmp}/c 0xfffffff0 0x20")
    before = set(bench.tmp.iterdir())
    bench.board.ctl("unplug")
    assert "no core dump" in bench.daemon.fails(f"dump_core {bench.tmp}/lost")
    assert set(bench.tmp.iterdir()) == before
    bench.board.ctl("replug")
    bench.daemon.tcl("adapter reconnect")
