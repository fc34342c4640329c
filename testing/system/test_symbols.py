# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon knows of a program from its ELF file: names, addresses, structures."""
import re
import shutil
import subprocess

import pytest

from kit import Board, Daemon, board_arguments


class Bench:
    def __init__(self, tmp, firmware):
        self.firmware, self.tmp = firmware, tmp
        self.board = Board(tmp, "--deterministic", name="nucleo-l476rg")
        self.daemon = Daemon(*board_arguments(self.board), cwd=tmp)
        self.tcl, self.fails = self.daemon.tcl, self.daemon.fails

    def stop(self):
        self.daemon.stop()
        self.board.stop()


@pytest.fixture(scope="module")
def bench(tmp_path_factory, firmware):
    made = Bench(tmp_path_factory.mktemp("symbols"), firmware)
    yield made
    made.stop()


@pytest.fixture
def tcl(bench):
    bench.tcl("symbols clear")
    return bench.tcl


def nm(elf):
    out = subprocess.run(["arm-none-eabi-nm", "-S", str(elf)], capture_output=True, text=True, check=True)
    return {words[-1]: [int(word, 16) for word in words[:-2]]
            for words in map(str.split, out.stdout.splitlines()) if words[0] != "U"}


def test_a_program_that_is_written_brings_its_names(bench, tcl, firmware):
    elf = firmware("rtos")
    assert tcl("symbols file") == ""
    assert "symbols file FILE.elf" in bench.fails("symbols at 0x08000400")
    tcl(f"program {elf} verify")
    assert tcl("symbols file").split() == [str(elf)]
    names = nm(elf)
    address, size = names["worker_round"]
    assert tcl("symbols find worker_round") == \
        f"name worker_round address {address & ~1:#010x} size {size} kind function"
    assert tcl(f"symbols at {(address & ~1) + 6:#x}").endswith("kind function offset 6")
    assert "name worker_round" in tcl(f"symbols at {(address & ~1) + size - 1:#x}")
    assert "name worker_round" not in tcl(f"symbols at {(address & ~1) - 1:#x}")
    assert "kind data" in tcl("symbols find pxReadyTasksLists")
    assert "nothing_such is no symbol of" in bench.fails("symbols find nothing_such")
    assert "lies in no symbol" in bench.fails("symbols at 0x20017fff")


@pytest.mark.parametrize("how", ["flash write_image erase {}", "flash verify_image {}", "verify_image {}",
                                 "symbols file {}"])
def test_other_ways(tcl, firmware, how):
    elf = firmware("rtos")
    tcl(f"program {elf}; symbols clear")
    tcl(how.format(elf))
    assert tcl("symbols file").split() == [str(elf)]
    tcl("symbols clear")
    tcl(f"catch {{verify_image {firmware('blink')}}}; catch {{verify_image {elf.with_suffix('.bin')} 0x08000000}}")
    assert tcl("symbols file") == ""                # it is not there; it has no names


def test_an_overwritten_program_is_forgotten_another_is_kept(tcl, firmware):
    rtos, ram, blink = firmware("rtos"), firmware("ram"), firmware("blink")
    for elf in (rtos, ram):
        tcl(f"symbols file {elf}")
    assert tcl("symbols file").split() == [str(ram), str(rtos)]
    tcl(f"symbols file {blink}")                    # where rtos was
    assert tcl("symbols file").split() == [str(blink), str(ram)]


def test_structures_come_from_debug_information(tcl, firmware):
    tcl(f"symbols file {firmware('rtos_check')}")
    if "libdw" in tcl("catch {symbols member xLIST} e; set e"):
        pytest.skip("built without libdw")
    assert tcl("symbols member xLIST") == "size 32"         # with integrity bytes
    assert tcl("symbols member List_t") == "size 32"
    assert tcl("symbols member tskTaskControlBlock xStateListItem") == "offset 4 size 28"
    assert tcl("symbols member TCB_t xEventListItem.pvOwner") == "offset 48 size 4"
    assert tcl("symbols member xLIST xListEnd.pxNext") == "offset 20 size 4"
    assert tcl("symbols member tskTaskControlBlock pcTaskName") == "offset 68 size 16"


def test_files_that_are_no_use_say_why_and_change_nothing(bench, tcl, firmware, tmp_path):
    elf = firmware("rtos")
    tcl(f"symbols file {elf}")
    empty, noise, cut, stripped, nodebug = (tmp_path / name for name in ("e", "n", "c", "s.elf", "d.elf"))
    empty.write_bytes(b"")
    noise.write_bytes(bytes(range(256)) * 40)
    cut.write_bytes(elf.read_bytes()[:elf.stat().st_size // 2])
    subprocess.run(["arm-none-eabi-strip", "-o", str(stripped), str(elf)], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-g", str(elf), str(nodebug)], check=True)
    for path, words in ((empty, "no 32-bit ELF"), (noise, "no 32-bit ELF"), (stripped, "no symbol table"),
                        (cut, "ELF|symbol table"), ("/bin/true", "no 32-bit ELF"), (tmp_path, "find|regular"),
                        (tmp_path / "absent", "absent")):
        assert re.search(words, bench.fails(f"symbols file {path}")), path
        assert tcl("symbols file").split() == [str(elf)]
    tcl(f"symbols file {nodebug}")
    assert "no debug information" in bench.fails("symbols member xLIST") or \
        "libdw" in bench.fails("symbols member xLIST")


def test_a_file_that_is_built_again_keeps_the_old_names(bench, tcl, firmware, tmp_path):
    elf = tmp_path / "app.elf"
    shutil.copy(firmware("rtos"), elf)
    tcl(f"symbols file {elf}")
    before = tcl("symbols find worker_round")
    shutil.copy(firmware("blink"), elf)             # not written to the chip yet
    assert tcl("symbols find worker_round") == before
    if "libdw" not in bench.fails("symbols member xLIST"):
        assert "has changed since it was given" in bench.fails("symbols member xLIST")
    tcl(f"symbols file {elf}")
    assert "is no symbol of" in bench.fails("symbols find worker_round")
    elf.unlink()
    assert "cannot be opened any more" in bench.fails("symbols member xLIST") or \
        "libdw" in bench.fails("symbols member xLIST")


def test_rtt_is_found_where_the_symbol_says(bench, tcl, firmware):
    elf = firmware("rtt")
    block = tcl(f"program {elf}; reset halt; dict get [symbols find _SEGGER_RTT] address")
    tcl(f"rtt setup {int(block, 16) + 0x4000:#x} 0x100")        # it is not there
    tcl("resume; sleep 100; halt; rtt start")
    assert f"found at {block}" in bench.daemon.text
    tcl("rtt stop")


def test_a_profile_has_names(bench, tcl, firmware, tmp_path):
    tcl(f"program {firmware('rtos')}; reset run")
    tcl(f"profile 1 {tmp_path}/gmon.out")
    assert re.search(r"\d+\.\d\d %  worker_round", bench.daemon.text)
