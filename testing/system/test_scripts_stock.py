# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripts of the distribution's OpenOCD 0.12 for our probes and for Cortex-M chips, all of them, load.

What a file needs is read from it and from what it sources; no file is known by name. A chip without a flash
driver of ours loads with placeholder banks and a warning; a driver's own verb fails when it is called.
"""
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit import BUILD, PATIENCE

ROOT = Path("/usr/share/openocd/scripts")
PROBES = {"ftdi", "hla", "cmsis-dap", "jlink", "st-link", "remote_bitbang"}
CORES = {"cortex_m", "hla_target", "mem_ap"}
BANKS = {"stm32l4x", "virtual"}
# Driver words outside of their bank: at the top of a file, in an event's body, in a proc.
OWN_VERBS = r"^\s*(?:kinetis(?:_ke)?|at91samd|at91sam4l|atsame5|psoc4|psoc6|stmqspi|acquire_psoc|\$\S+ acquire_psoc)\b"
PORTS = "gdb_port disabled; tcl_port disabled; telnet_port disabled"

pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="openocd's scripts are not installed")


def closure(name, seen):
    """The text of a file with all it sources, comments removed."""
    if name not in seen and (ROOT / name).is_file():
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        seen[name] = re.sub(r"^\s*#.*$", "", text, flags=re.M)
        for inner in re.findall(r"(?:source|script)\s+\[find\s+([^\]\s]+)\s*\]", seen[name]):
            closure(inner, seen)
    return seen


class Script:
    def __init__(self, name):
        self.name = name
        self.kind = name.split("/")[0]
        text = "\n".join(closure(name, {}).values())
        self.probes = set(re.findall(r"^\s*adapter driver\s+(\S+)", text, re.M))
        self.cores = set(re.findall(r"target create\s+\S+\s+(\S+)", text)) - {"$_TARGETTYPE"}
        self.foreign_banks = set(re.findall(r"flash bank\s+\S+\s+(\S+)", text)) - BANKS
        self.own_verbs = bool(re.search(OWN_VERBS, text, re.M))

    def is_ours(self):
        if self.kind == "interface":
            return bool(self.probes) and self.probes <= PROBES
        return bool(self.cores) and self.cores <= CORES and self.probes <= PROBES

    def tier(self):
        return "C" if self.own_verbs else "B" if self.foreign_banks else "A"

    def load(self):
        before = [] if self.kind == "interface" or self.probes else \
            ["-c", "adapter driver cmsis-dap; transport select swd"]
        done = subprocess.run([BUILD / "probed", "-c", PORTS, "-s", ROOT, *before, "-f", self.name, "-c",
                               "noinit; shutdown"], timeout=60 * PATIENCE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              env={**os.environ, "HOME": "/nonexistent"})
        self.code, self.text = done.returncode, done.stdout.decode(errors="replace")
        return self


@pytest.fixture(scope="module")
def loaded():
    scripts = [Script(str(p.relative_to(ROOT))) for folder in ("interface", "target", "board")
               for p in sorted((ROOT / folder).rglob("*.cfg"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(Script.load, [s for s in scripts if s.is_ours()]))


def count(scripts, kind, tiers="ABC"):
    return sum(s.kind == kind and s.tier() in tiers and s.code == 0 for s in scripts)


def test_every_script_loads_that_can_load_by_itself(loaded):
    """The rest wants a variable or a TAP from whoever sources it, or names a file that is not there."""
    for s in loaded:
        assert s.code == 0 or re.search(r"no such variable|not set\. Please do not include|Can't find|"
                                        r"Tap '\S+' could not be found", s.text), f"{s.name}:\n{s.text}"


def test_as_many_as_there_are(loaded):
    """90 interfaces, 109 targets (one of them wants its TAP declared by the board) and 152 boards of 0.12.0 are
    for our probes and Cortex-M; each tier has its share."""
    assert count(loaded, "interface") >= 90
    assert count(loaded, "target") >= 108 and count(loaded, "board") >= 152
    for kind, least in (("target", (19, 70, 10)), ("board", (8, 115, 18))):
        assert all(count(loaded, kind, tier) >= n for tier, n in zip("ABC", least)), kind


def test_a_bank_without_a_driver_is_told(loaded):
    for s in loaded:
        if s.code == 0 and s.kind == "target" and s.foreign_banks - {"$_FLASHDRIVER"}:
            assert re.search(r"flash driver '\S+' not found: bank \S+ cannot be used|no banks made|"
                             r"is not available", s.text) or "flash bank" not in s.text, s.text


def test_a_foreign_driver_s_verb_fails_when_it_is_called():
    done = subprocess.run([BUILD / "probed", "-c", PORTS, "-c", "adapter driver cmsis-dap; transport select swd",
                           "-s", ROOT, "-f", "target/at91samdXX.cfg", "-c",
                           "proc later {} {at91samd set-security enable}", "-c", "echo LOADED", "-c", "later"],
                          timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True)
    assert done.returncode == 1 and "LOADED" in done.stdout
    assert "flash driver 'at91samd' is not available" in done.stdout
