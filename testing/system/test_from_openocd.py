# SPDX-License-Identifier: GPL-2.0-or-later
"""Configurations as users wrote them for OpenOCD between 2010 and 2024 (testing/configs), run on a virtual
board to real effect.

A file's comments say what must be seen: "# expect: REGEX" in the output, "# once: TEXT" exactly once,
"# memory: ADDRESS HEX" on the board afterwards, "# code: N" the exit code (0).
"""
import re
import struct
from pathlib import Path

import pytest

from kit import BUILD, TOP, Board, has_usb_emulation

CONFIGS = sorted((TOP / "testing/configs").glob("*.cfg"))
STOCK = Path("/usr/share/openocd/scripts")
PROBES = ("st-link-v2-1", "jlink", "kt-link", "daplink")

pytestmark = pytest.mark.skipif(not has_usb_emulation(), reason="umockdev's preload library is not installed")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One board with every kind of probe on its pins."""
    board = Board(tmp_path_factory.mktemp("bench"), "--deterministic", usb=PROBES)
    yield board
    board.stop()


def notes(text, word):
    return re.findall(rf"^# {word}: (.*)$", text, re.M)


@pytest.mark.parametrize("scripts", [(TOP / "tcl", STOCK), (STOCK, TOP / "tcl")], ids=["ours", "stock"])
@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_a_configuration_of_the_old_days(bench, firmware, tmp_path, path, scripts):
    """With our scripts found first, and with those of the distribution's OpenOCD."""
    config = path.read_text(encoding="utf-8")
    if not STOCK.is_dir() and (scripts[0] == STOCK or "find memory.tcl" in config):
        pytest.skip("openocd's scripts are not installed")
    bench.ctl(f"load 0x08000000 {firmware('blink').with_suffix('.bin')}")     # whatever the last one left
    bench.ctl("reset")
    binary = tmp_path / "image.bin"
    binary.write_bytes(struct.pack("<II", 0x20004000, 0x08000009) + b"\xfe\xe7" * 500)   # a stack, and a loop
    done = bench.usb_run([BUILD / "probed", "-s", scripts[0], "-s", scripts[1], "-c",
                          "gdb_port disabled; telnet_port disabled; tcl_port disabled", "-c",
                          f"set FIRMWARE {firmware('blink')}; set BINARY {binary}", "-f", path],
                         timeout=60, env={"HOME": str(tmp_path)}, cwd=tmp_path)
    text = done.stdout
    assert done.returncode == int((notes(config, "code") or ["0"])[0]), text
    for pattern in notes(config, "expect"):
        assert re.search(pattern, text, re.M), f"no {pattern!r} in:\n{text}"
    for part in notes(config, "once"):
        assert text.count(part) == 1, f"not once {part!r}:\n{text}"
    for line in notes(config, "memory"):
        address, data = line.split()
        assert bench.memory(int(address, 16), len(data) // 2).hex() == data
    if done.returncode == 0:
        assert not re.search(r"^Error: ", text, re.M), text
