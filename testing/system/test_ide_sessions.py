# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded sessions of the IDEs' GDBs, played to today's server: a change of the protocol is seen here. If it
is meant, testing/record-session renews the tapes."""
import pytest

from kit import TOP
from session_flows import FLOWS, Studio
from session_tape import Tape, exchanges, facts, flash_of

TAPES = TOP / "testing/sessions"


@pytest.fixture(scope="module")
def studio(tmp_path_factory, firmware):
    studio = Studio(tmp_path_factory.mktemp("sessions"), firmware)
    yield studio
    studio.close()


@pytest.mark.parametrize("name", FLOWS)
def test_replay(studio, name):
    tape = Tape(TAPES / f"{name}.txt")
    studio.replay(tape, flash_of(tape.text))


def test_every_tape_is_small_and_has_a_flow():
    tapes = sorted(TAPES.glob("*.txt"))
    assert [t.stem for t in tapes] == sorted(FLOWS)
    assert sum(t.stat().st_size for t in tapes) < 300_000
    for tape in tapes:
        assert len(exchanges(tape.read_text(encoding="ascii"))) > 20, tape


def test_a_changed_answer_is_seen(studio, tmp_path):
    """The comparison can fail: one digit of one register in a tape, and a feature that the server lost."""
    text = (TAPES / "esp-idf.txt").read_text(encoding="ascii")
    lines = text.split("\n")
    stop = [i for i, line in enumerate(lines) if line.startswith("< T05")][-1]
    lines[stop] = lines[stop].replace("T05", "T0b")
    broken = tmp_path / "broken.txt"
    broken.write_text("\n".join(lines), encoding="ascii")
    with pytest.raises(AssertionError, match="signal"):
        studio.replay(Tape(broken), flash_of(text))
    assert "hwbreak+" in facts("qSupported", "PacketSize=4000;hwbreak+")
