# SPDX-License-Identifier: GPL-2.0-or-later
"""Every STM32 script loads, with any probe, and finds its chip on the virtual boards."""
import re
import subprocess

import pytest

from kit import BUILD, TOP, board_arguments

TARGETS = sorted(p.name for p in (TOP / "tcl/target").glob("stm32*.cfg"))
BOARDS = sorted(p.name for p in (TOP / "tcl/board").glob("*.cfg") if "virtual" not in p.name)
VIRTUAL = {"nucleo-l476rg": 1024, "stm32l4r5": 2048, "stm32l432": 256, "nucleo-g0b1": 512, "nucleo-g474": 512,
           "nucleo-u575": 2048, "nucleo-l552": 512, "nucleo-wb55": 1024}
PORTS = "gdb_port disabled; telnet_port disabled; tcl_port disabled"


def probed(*arguments):
    done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "-c", PORTS, *arguments], timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("probe", ["adapter driver cmsis-dap", "source [find interface/stlink.cfg]",
                                   "source [find interface/jlink.cfg]",
                                   "source [find interface/remote_bitbang.cfg]"])
def test_every_line_s_script_loads_with_any_probe(probe):
    for name in TARGETS:
        code, text = probed("-c", f"{probe}; transport select swd", "-f", f"target/{name}", "-c",
                            "noinit; foreach t [target names] {echo \"$t [$t cget -work-area-size] "
                            "[$t cget -work-area-backup]\"}; echo [flash list]; shutdown")
        assert code == 0, (name, text)
        chip = name[:-len(".cfg")]
        assert re.search(rf"{chip}\.cpu0? 0x[0-9a-f]+ 1$", text, re.M), text
        assert re.search(rf"name {chip}\.flash(_ns|\.cpu0)? base 134217728 .* driver stm32l4x", text), text
        assert f"name {chip}.otp" in text


def test_jtag_where_the_line_has_it():
    for name in TARGETS:
        code, text = probed("-c", "source [find interface/jlink.cfg]; transport select jtag", "-f", f"target/{name}",
                            "-c", "noinit; echo [jtag names]; shutdown")
        if re.match("stm32[gcu]0", name):
            assert code != 0 and 'has no JTAG: use "transport select swd"' in text
        else:
            assert code == 0, (name, text)
            assert re.search(r"stm32\w+\.cpu0? stm32\w+\.bs", text), text


def test_every_board_s_script_loads():
    for name in BOARDS:
        code, text = probed("-f", f"board/{name}", "-c", "noinit; echo [target names]; shutdown")
        assert code == 0, (name, text)


def test_what_a_user_sets_before_holds():
    code, text = probed("-c", "adapter driver cmsis-dap; transport select swd; set CHIPNAME mychip; "
                        "set WORKAREASIZE 0x800; set CPUTAPID 0x12345678; set DUAL_CORE 1",
                        "-f", "target/stm32wlx.cfg", "-c",
                        "noinit; echo [target names]; echo [mychip.cpu0 cget -work-area-size]; "
                        "echo [mychip.cpu1 cget -ap-num]; echo [flash list]; echo [target current]; shutdown")
    assert code == 0, text
    assert "mychip.cpu0 mychip.cpu1\n0x800\n1\n" in text
    assert "mychip.flash.cpu1" in text and text.rstrip().split("\n")[-2] == "mychip.cpu0"


@pytest.mark.parametrize("name", VIRTUAL)
def test_a_virtual_board_is_found_and_probed(name):
    code, text = probed("-f", f"board/virtual-{name}.cfg", "-c", "init; reset init; flash probe 0; "
                        "echo [flash list]; flash info 0; echo [debug_bits list]; "
                        "foreach b [lrange [flash list] 1 end] {flash probe [dict get $b name]}; shutdown")
    assert code == 0, text
    assert f"base 134217728 size {VIRTUAL[name] << 10} " in text, text
    assert "Error executing" not in text and "expected" not in text, text
    assert re.search(r"OTP size is (1024|512) bytes", text), text
    assert "address 0x" in text


@pytest.mark.parametrize("name", ["nucleo-g0b1", "nucleo-u575"])
def test_programming_needs_no_more_than_the_script(make_board, make_daemon, tmp_path, name):
    board = make_board(name=name)
    daemon = make_daemon(*board_arguments(board))
    path = tmp_path / "image.bin"
    path.write_bytes(bytes(range(256)) * 40)
    assert "verified" in daemon.tcl(f"reset init; flash write_image erase {path} 0x08000000; "
                                    f"flash verify_image {path} 0x08000000")
    assert board.memory(0x08000000, 10240) == path.read_bytes()
