# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads: a kernel with FreeRTOS' structures on three cores, seen through the real GDB and the console."""
import re

import pytest

from kit import Board, Daemon, Gdb, board_arguments, made_once

EXTENDED = "target extended-remote"
TASKS = {"IDLE": 0, "worker": 2, "blink": 3, "waiter": 4, "sleeper <1>": 4}
VARIANTS = {            # program: board, -rtos
    "rtos": ("nucleo-l476rg", "FreeRTOS"),
    "rtos_check": ("nucleo-l476rg", "auto"),
    "g0b1_rtos": ("nucleo-g0b1", "auto"),
    "u575_rtos": ("nucleo-u575", "FreeRTOS"),
    "rtos_still": ("nucleo-l476rg", "Zephyr"),
    "rtos_switch": ("nucleo-l476rg", "Zephyr"),
}
# A name, to stop in the middle: the worker has been preempted, blink has just got the core.
IN_BLINK = ["break blink_round", "continue"]


class Bench:
    def __init__(self, tmp, program, firmware):
        board, self.rtos = VARIANTS[program]
        self.elf = firmware(program)
        self.board = Board(tmp, "--deterministic", name=board)
        self.daemon = Daemon(*board_arguments(self.board), "-c",
                             f"[target current] configure -rtos {self.rtos}", cwd=tmp)
        self.gdb = Gdb(self.daemon)
        self.daemon.tcl(f"program {self.elf}")

    def run(self, *commands):
        return self.gdb.run(commands, elf=self.elf, connect=EXTENDED, timeout=30)

    def from_reset(self, *commands):
        """From the reset vector on, with RAM as the last run left it."""
        return self.run("monitor reset halt", "maintenance flush register-cache", *commands)

    def symbol(self, name):
        out = self.run(f"print/x (unsigned)&{name}")
        return int(re.search(r"= (0x[0-9a-f]+)", out).group(1), 16)

    def stop(self):
        self.daemon.stop()
        self.board.stop()


@pytest.fixture(scope="module")
def benches(tmp_path_factory, firmware):
    with made_once(lambda name: Bench(tmp_path_factory.mktemp(name), name, firmware)) as get:
        yield get


def switch(name):
    """The GDB command that selects the thread of this name."""
    return f"python [t.switch() for t in gdb.selected_inferior().threads() if t.name == '{name}']"


def thread_lines(out):
    """{name: (number, is selected, details, frame)} of the last `info threads`."""
    text = out[out.rindex("Target Id"):]
    found = re.findall(r'^(\*)? +(\d+) +Thread \d+ "([^"]+)"(?: \((.*?)\))? +(.*)$', text, re.M)
    return {name: (int(number), star == "*", details, frame)
            for star, number, name, details, frame in found}


def states(line):
    return re.match(r".*priority -?\d+", line[2]).group(0)


def backtraces(out):
    """{name: text} of `thread apply all bt`."""
    parts = re.split(r'^Thread \d+ \(Thread \d+ "([^"]+)".*$', out, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("program", ["rtos", "rtos_check", "g0b1_rtos", "u575_rtos"])
def test_names_states_priorities_and_backtraces(benches, program):
    bench = benches(program)
    out = bench.from_reset(*IN_BLINK, "info threads", "thread apply all bt")
    threads = thread_lines(out)
    assert set(threads) == set(TASKS), out
    for name, priority in TASKS.items():
        assert f"priority {priority}" in threads[name][2], threads[name]
    words = {name: line[2].split(",")[0] for name, line in threads.items()}
    assert words["blink"] == "Running" and threads["blink"][1], out
    assert words["worker"] == "Ready" and words["IDLE"] == "Ready"
    assert words["sleeper <1>"] == "Suspended"
    assert re.fullmatch(r"Blocked on empty queue 0x2000\w+ <orders>", words["waiter"])
    for name, line in threads.items():          # what is left of each stack, in the same line
        assert re.search(r"\d+ bytes of stack free, \d+ never used$", line[2]), line
    traces = backtraces(out)
    assert re.search(r"worker_round \(n=.*worker_task \(", traces["worker"], re.S), out
    assert re.search(r"queue_receive \(.*waiter_task \(", traces["waiter"], re.S), out
    assert re.search(r"task_suspend \(.*sleeper_task \(", traces["sleeper <1>"], re.S), out
    assert re.search(r"blink_pause \(.*blink_task \(argument=0x7\)", traces["blink"], re.S), out
    assert "idle_task (" in traces["IDLE"]
    assert '"damage' not in out and bench.daemon.tcl("dict get [rtos info] damage") == ""


@pytest.mark.parametrize("program", ["rtos", "u575_rtos"])
def test_registers_of_a_task_that_was_using_the_fpu(benches, program):
    bench = benches(program)
    out = bench.from_reset(*IN_BLINK, switch("worker"), "print $s16", "print $fpscr", "print $d0",
                           "print $sp - (unsigned)&stacks[1] < sizeof stacks[1]",
                           "info registers msp control", "frame 1", "print kept")
    assert re.search(r"\$1 = 2\.5$", out, re.M), out
    assert "<unavailable>" not in re.search(r"\$2 = .*\n\$3 = .*", out).group(0)
    assert re.search(r"\$4 = 1$", out, re.M), out
    assert re.search(r"\$5 = 4660$", out, re.M), out
    assert re.search(r"^control +<unavailable>$", out, re.M), out   # nobody saves it: not a wrong value
    # The main stack is the core's. Without it GDB unwinds nothing that has no debug information.
    assert re.search(r"^msp +0x20\w+", out, re.M), out
    out = bench.run(switch("worker"), "set var $pc = *(unsigned *)0x8000004 & ~1", "symbol-file", "bt")
    assert "not available" not in out and re.search(r"^#1 ", out, re.M), out


def test_what_is_written_reaches_the_task_when_it_runs(benches):
    bench = benches("rtos")
    out = bench.from_reset(
        *IN_BLINK, switch("worker"), "set var $r11 = 0x11223344", "print/x $r11", "set var $s20 = 7.5",
        "set var $sp = $sp + 8",                            # that has no place to be written to
        "info threads", "tbreak *$pc", "continue", "print/x $r11", "print $s20", "info threads",
        switch("sleeper <1>"), "set var $pc = task_ended", "print $pc")
    assert re.search(r"\$1 = 0x11223344$", out, re.M), out
    assert "Could not write register" in out
    # The task runs: it has what was written while it waited.
    assert re.search(r"\$2 = 0x11223344$", out, re.M), out
    assert re.search(r"\$3 = 7\.5$", out, re.M), out
    assert thread_lines(out)["worker"][1] and "Running, priority 2" in thread_lines(out)["worker"][2], out
    assert re.search(r"\$4 = .*<task_ended>", out), out


def test_a_task_that_waits_is_not_stepped_but_words_say_why(benches):
    bench = benches("rtos")
    out = bench.from_reset(*IN_BLINK, switch("sleeper <1>"), "stepi", "next", "print $pc", "info threads",
                           "delete", "break worker_round", "continue", "info threads")
    assert out.count("is not the one that runs, it cannot be stepped") == 2, out
    assert "sleeper" in out[out.index("cannot be stepped"):]
    assert re.search(r"\$1 = .*<yield\+\d+>", out), out
    assert thread_lines(out)["worker"][1], out      # and all go on together
    out = bench.from_reset(*IN_BLINK, switch("sleeper <1>"), "set scheduler-locking on", "continue", "finish",
                           "info threads")
    assert "cannot go on alone" in out and "internal-error" not in out, out
    assert thread_lines(out)["sleeper <1>"][1], out


def test_before_the_kernel_starts(benches):
    bench = benches("rtos")
    out = bench.from_reset(                         # RAM is full of tasks then
        *IN_BLINK, "delete", "monitor reset halt", "maintenance flush register-cache",
        "info threads", "thbreak main", "continue", "info threads", "next", "info threads",
        "thbreak start_scheduler", "continue", "info threads")
    lists = out.split("Target Id")[1:]
    for text in lists[:3]:
        assert text.count('"Current Execution"') >= 1 and '"worker"' not in text, out
    started = thread_lines(out)
    assert set(started) == {*TASKS, "Current Execution"}, out
    assert started["Current Execution"][1] and "start_scheduler" in started["Current Execution"][3]
    assert all("Ready" in started[name][2] for name in TASKS)
    assert "waiter_task (argument=0x0)" in started["waiter"][3]
    # Start-up code that has called a function, before it has cleared RAM: none of the tasks runs.
    stale = thread_lines(bench.from_reset(*IN_BLINK, "delete", "monitor reset halt",
                                          "maintenance flush register-cache", "stepi", "set $lr = 0x08000101",
                                          "stepi", "info threads"))
    assert stale["Current Execution"][1] and not any("Running" in stale[name][2] for name in TASKS), stale


def test_damaged_lists_are_said_and_the_rest_is_shown(benches):
    bench = benches("rtos")
    suspended, ready = bench.symbol("xSuspendedTaskList"), bench.symbol("pxReadyTasksLists")
    tcbs = bench.symbol("tcbs")
    bench.from_reset(*IN_BLINK)
    tcl = bench.daemon.tcl
    good = tcl("rtos threads")
    assert len(good.splitlines()) == 1 + len(TASKS)

    def with_word(address, value, missing, says):
        old = tcl(f"read_memory {address:#x} 32 1")
        tcl(f"mww {address:#x} {value:#x}")
        table = tcl("rtos threads")
        for name in TASKS:
            assert (name in table) is (name not in missing), f"{name}\n{table}"
        assert re.search(says, table), table
        assert re.search(says, tcl("dict get [rtos info] damage"))
        tcl(f"mww {address:#x} {old}")
        assert tcl("rtos threads") == good

    gone = {"waiter", "sleeper <1>"}
    first = suspended + 12
    for value in (0xdeadbeef, 0x40022000, 0x20017ffe, 0, 0x20040000, 0xe000ed00):
        with_word(first, value, gone, r"list at 0x[0-9a-f]+ (begins at|leads to)|0x2004|no place|memory")
    with_word(suspended, 0x5a5a5a5a, gone, "says it has 1515870810 members")
    with_word(suspended, 7, set(), "")                    # more than there are: the end marker ends it
    with_word(first, ready, gone, "which is not of this list")
    # An item that leads to itself, and a list that says it is long: no end, no hang.
    item = int(tcl(f"read_memory {first:#x} 32 1"), 16)
    tcl(f"mww {suspended:#x} 200")
    with_word(item + 4, item, {"sleeper <1>"} if item - tcbs < 4 * 0x44 else {"waiter"}, "tasks")
    tcl(f"mww {suspended:#x} 2")
    assert tcl("rtos threads") == good
    # GDB goes on as well.
    tcl(f"mww {first:#x} 0xdeadbeef")
    out = bench.run("info threads", "thread apply all bt 1")
    assert set(thread_lines(out)) == set(TASKS) - gone, out
    assert "begins at 0xdeadbeef" in bench.daemon.text


def test_a_saved_frame_that_is_none(benches):
    bench = benches("rtos")
    tcbs = bench.symbol("tcbs")
    bench.from_reset(*IN_BLINK)
    bench.daemon.tcl(f"mww {tcbs:#x} 0x12345678")        # IDLE's pxTopOfStack
    out = bench.run("info threads", "thread apply all bt 1")
    assert set(thread_lines(out)) == set(TASKS), out
    assert "blink_round" in out
    assert re.search(r"IDLE +Ready +0 +\d+ -$", bench.daemon.tcl("rtos threads"), re.M)


def test_the_console_without_gdb(benches, firmware):
    bench = benches("rtos")
    bench.from_reset(*IN_BLINK)
    tcl = bench.daemon.tcl
    table = tcl("rtos threads")
    assert re.search(r"^\* 0x2000\w+ blink +Running +3 +\d+ 0x0800\w+ blink_round$", table, re.M), table
    unused = {name: int(free) for name, free in
              re.findall(r"0x\w+ (\S+).* (\d+) 0x08\w+ \S+$", table, re.M)}
    assert 400 < unused["worker"] < unused["IDLE"] <= 768 - 64, table
    assert tcl("capture ps").strip() == table.strip()
    info = tcl("rtos info")
    assert "rtos FreeRTOS threads 5" in info and "name blink" in info
    # Another program's symbols: no kernel; then the right ones again.
    assert "no kernel is found" in bench.daemon.fails(f"rtos symbols {firmware('blink')}; rtos threads")
    assert "no symbol" in bench.daemon.text
    symbols = tcl(f"rtos symbols {bench.elf}")
    assert re.search(r"pxReadyTasksLists 0x2000\w+", symbols)
    assert tcl("rtos threads") == table
    assert "is no 32-bit ELF" in bench.daemon.fails(f"rtos symbols {bench.elf.with_suffix('.bin')}")


def test_a_stop_costs_few_round_trips(benches):
    bench = benches("rtos")
    bench.from_reset(*IN_BLINK)
    tcl = bench.daemon.tcl
    for _ in range(3):
        tcl("step; rtos info")
    before = bench.board.stats()
    tcl("step")
    step = bench.board.stats()
    tcl("rtos info")
    after = bench.board.stats()
    assert after["packets"] - step["packets"] <= 4, (before, step, after)


def test_kernels_that_are_not_known(benches):
    bench = benches("rtos")
    tcl = bench.daemon.tcl
    tcl("[target current] configure -rtos chibios")
    out = bench.from_reset(*IN_BLINK, "info threads")
    assert len(thread_lines(out)) == 1
    assert bench.daemon.text.count("threads of chibios are not known") == 1
    assert "-rtos chibios" in bench.daemon.fails("rtos threads")
    tcl("[target current] configure -rtos FreeRTOS")
    assert len(thread_lines(bench.run("info threads"))) >= len(TASKS)


def test_breakpoint_in_one_thread_only(benches):
    bench = benches("rtos")
    out = bench.from_reset(*IN_BLINK, "delete", switch("worker"),
                           "python gdb.execute(f'break task_delay thread {gdb.selected_thread().num}')",
                           "break worker_round", "continue", "info threads")
    assert thread_lines(out)["worker"][1], out


def test_zephyr_and_threadx(benches):
    bench = benches("rtos_still")
    tcl = bench.daemon.tcl
    at = ["monitor reset halt", "maintenance flush register-cache", "break waits_here", "continue"]
    out = bench.run(*at, "info threads", switch("sysworkq"), "bt", "print/x $r11", "print/x $r12")
    threads = thread_lines(out)
    assert {name: states(line) for name, line in threads.items()} == {
        "main": "Running, priority 0", "sysworkq": "Pending, priority -1", "idle": "Ready, priority 15"}, out
    assert threads["main"][1], out
    assert re.search(r"#0  waits_here \(\).*\n#1 .* waiting_thread \(\)", out), out
    assert "$1 = 0x10b" in out and "$2 = 0x10c" in out, out
    assert "RTOS Zephyr: its variables are found" in bench.daemon.text
    tcl("[target current] configure -rtos ThreadX")
    out = bench.run(*at, "info threads", switch("consumer"), "bt", "print/x $r11", "print/x $r0")
    threads = thread_lines(out)
    assert {name: states(line) for name, line in threads.items()} == {
        "producer": "Running, priority 16", "consumer": "Waits for a queue, priority 17"}, out
    assert re.search(r"#0  waits_here \(\).*\n#1 .* waiting_thread \(\)", out), out
    assert "$1 = 0x50b" in out and "$2 = 0x500" in out, out
    assert re.search(r"consumer +Waits for a queue +17 +80 0x08", tcl("rtos threads"))


def test_zephyr_that_switches_without_exceptions(benches):
    """Debug information tells of CONFIG_USE_SWITCH."""
    bench = benches("rtos_switch")
    out = bench.from_reset("break waits_here", "continue", switch("sysworkq"), "bt", "print/x $r11", "print/x $r12",
                           "print $sp - (unsigned)&stacks[1][4]")
    if "libdw" in bench.daemon.tcl("catch {symbols member k_thread} why; set why"):
        pytest.skip("built without libdw")
    assert re.search(r"#0  waits_here \(\).*\n#1 .* waiting_thread \(\)", out), out
    assert "$1 = 0x10b" in out and "$2 = 0x10c" in out and re.search(r"^\$3 = .*0x44$", out, re.M), out


def test_where_the_numbers_come_from(benches):
    bench = benches("rtos")
    tcl = bench.daemon.tcl
    tcl(f"symbols clear; rtos symbols {bench.elf}")
    bench.from_reset(*IN_BLINK)
    info = tcl("rtos info")
    if "libdw" not in info:
        assert re.search(r"lists \{debug information of \S+rtos.elf\} tcb \{debug information of", info), info
    assert "priorities {5, the size of pxReadyTasksLists}" in info
    table = tcl("rtos threads")
    tcl("symbols clear")                        # GDB's addresses are what is left
    bench.run("info threads")
    assert "plain, by their contents" in tcl("rtos info") and "by what looks like ready lists" in tcl("rtos info")
    bare = [line.split()[:3] for line in tcl("rtos threads").replace("*", " ").splitlines()]
    assert bare == [line.split()[:3] for line in table.replace("*", " ").splitlines()]


def test_debug_information_of_another_program_is_not_used(benches, firmware):
    bench = benches("rtos")
    tcl = bench.daemon.tcl
    bench.from_reset(*IN_BLINK)
    good = tcl("rtos threads")
    tcl(f"symbols clear; symbols file {firmware('rtos_check')}")
    bench.run("info threads")                   # GDB's addresses are newer than this file
    info = tcl("rtos info")
    assert "libdw" in info or "the debug information is of another program" in info, info
    assert [line[:24] for line in tcl("rtos threads").splitlines()] == [line[:24] for line in good.splitlines()]
    tcl(f"symbols clear; rtos symbols {bench.elf}")


def test_who_holds_the_mutex_and_what_is_wrong(benches):
    bench = benches("rtos")
    tcl = bench.daemon.tcl
    bench.from_reset(*IN_BLINK)
    assert tcl("rtos check").startswith("nothing wrong with 5 threads; the least stack is left to worker: ")
    assert "worker (0x2000" in tcl("rtos check 600") and "were never used, less than 600" in tcl("rtos check 600")
    queue = int(tcl("dict get [symbols find orders] address"), 16)
    sleeper, waiter = (int(re.search(rf"(0x\w+) {name} ", tcl("rtos threads")).group(1), 16)
                       for name in ("sleeper <1>", "waiter"))
    words = tcl(f"read_memory {queue:#x} 32 17").split()
    tcl(f"mww {queue:#x} 0; mww {queue + 8:#x} {sleeper:#x}; mww {queue + 64:#x} 0")    # now a mutex
    assert re.search(r"Blocked on mutex 0x\w+ <orders> held by sleeper <1>", tcl("rtos threads"))
    tcl(f"mww {queue + 8:#x} {waiter:#x}")
    assert "waits for what it holds itself" in tcl("rtos check")
    tcl(f"write_memory {queue:#x} 32 {{{' '.join(words)}}}")
    assert tcl("rtos check").startswith("nothing wrong")


def test_names_of_kernels_in_any_case(benches):
    bench = benches("rtos")
    tcl = bench.daemon.tcl
    for name in ("freertos", "FREERTOS", "Auto", "FreeRTOS"):
        tcl(f"[target current] configure -rtos {name}")
        bench.from_reset(*IN_BLINK)
        assert len(tcl("rtos threads").splitlines()) == 1 + len(TASKS), name
    for name in ("hwthread", "mqx", "embKernel", "ChibiOS", "linux", "eCos", "uCOS-III", "RIOT", "rtkernel",
                 "Chromium-EC", "homemade"):
        tcl(f"[target current] configure -rtos {name}")
    assert 'no RTOS "homemade" is known' in bench.daemon.text
    tcl("[target current] configure -rtos hwthread")
    threads = thread_lines(bench.run("info threads"))
    assert list(threads) == ["stm32l4x.cpu"]
    tcl("[target current] configure -rtos FreeRTOS")


def test_stopped_in_an_exception_the_task_it_came_from_is_named(benches):
    bench = benches("u575_rtos")
    out = bench.from_reset(*IN_BLINK, "delete", "break vTaskSwitchContext", "continue", "info threads", "bt",
                           switch("waiter"), "bt", "print/x $psplim", "print/x (unsigned)&stacks[3]")
    running = [name for name, line in thread_lines(out).items() if line[1]]
    assert running and running[0] in TASKS, out
    assert thread_lines(out)[running[0]][3].startswith("vTaskSwitchContext"), out
    assert re.search(r"waiter_task \(", out[out.rindex("vTaskSwitchContext"):]), out
    limits = re.findall(r"^\$\d+ = (0x\w+)$", out, re.M)
    assert len(limits) == 2 and limits[0] == limits[1], out
