"""The barrier between phases, in the checks' own timestamps: the monotonic clock is one for all processes of a machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from crossing import across, both
from gating import HEAD, Gate

#: What a check writes down of itself, in a file of its own.
TIMING = """
import contextlib, json, pathlib, time

@contextlib.contextmanager
def timed(name, phase, alone=False, seconds=0.05):
    start = time.monotonic()
    time.sleep(seconds)
    yield
    row = {"phase": phase, "alone": alone, "start": start, "end": time.monotonic()}
    pathlib.Path(f"{name}.time").write_text(json.dumps(row))
"""
FOUR_PHASES = """
from timing import timed
SOME = pytest.mark.parametrize("n", range(5))

@pytest.mark.phase1
@SOME
def test_one(n):
    with timed(f"one{n}", 1, seconds=0.02 * n): pass

@pytest.mark.phase2
@SOME
def test_two(n):
    with timed(f"two{n}", 2): pass
@pytest.mark.phase2
@pytest.mark.check(mutating=True)
def test_two_changes():
    with timed("changes", 2, alone=True): pass
@pytest.mark.phase2
@SOME
def test_two_again(n):
    with timed(f"again{n}", 2): pass
@pytest.mark.phase2
@pytest.mark.serial
def test_two_serial():
    with timed("serial", 2, alone=True): pass

@pytest.mark.phase3
@SOME
def test_three(n):
    with timed(f"three{n}", 3): assert n != WRONG
@pytest.mark.phase4
def test_four():
    with timed("four", 4): pass

def test_plain():
    with timed("plain", 5): pass
"""

MEETING = """
import pathlib, time

def meet(own, other):
    pathlib.Path(own).touch()
    end = time.monotonic() + 20
    while not pathlib.Path(other).exists():
        assert time.monotonic() < end, f"{other} never began"
        time.sleep(0.01)

@pytest.mark.phase1
def test_a(): meet("a", "b")
@pytest.mark.phase1
def test_b(): meet("b", "a")
@pytest.mark.phase2
def test_c(): meet("c", "d")
@pytest.mark.phase2
def test_d(): meet("d", "c")
"""


@dataclass(frozen=True, kw_only=True)
class Span:
    """When a check ran; `phase` is 5 for a plain test."""

    name: str
    phase: int
    alone: bool
    start: float
    end: float


def spans(folder: Path) -> list[Span]:
    return [Span(name=path.stem, **json.loads(path.read_text())) for path in folder.glob("*.time")]


def assert_kept_apart(found: list[Span]) -> None:
    """Nothing starts before everything of an earlier phase has ended, and what is to run alone does."""
    for one in found:
        early = [other.name for other in found if other.phase > one.phase and other.start < one.end]
        assert not early, f"{early} began before {one.name} had ended"
        if one.alone:
            beside = [other.name for other in found if other is not one and _overlap(one, other)]
            assert not beside, f"{beside} ran beside {one.name}"


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


@both
def test_no_phase_begins_before_the_one_before_it_has_ended(gate: Gate, dist: str) -> None:
    """Four phases on three workers, with checks that must run alone among the others."""
    gate.write({"timing.py": TIMING, "test_it.py": HEAD + FOUR_PHASES.replace("WRONG", "None")})
    seen = across(gate, dist=dist, workers=3)

    assert seen.ret == 0
    found = spans(gate.path)
    assert len(found) == len(seen.json["checks"]) + 1
    assert_kept_apart(found)


@both
def test_nothing_of_a_blocked_phase_begins(gate: Gate, dist: str) -> None:
    """A check of phase 3 fails; what belongs to no phase runs all the same, last."""
    gate.write({"timing.py": TIMING, "test_it.py": HEAD + FOUR_PHASES.replace("WRONG", "2")})
    seen = across(gate, dist=dist)

    assert seen.ret == 1
    assert [seen.verdict(f"phase{number}") for number in (1, 2, 3, 4)] == ["GO", "GO", "NO-GO", "BLOCKED"]
    assert not (gate.path / "four.time").exists()
    assert_kept_apart(spans(gate.path))


@both
def test_checks_of_one_phase_run_beside_each_other(gate: Gate, dist: str) -> None:
    """Each of two waits for the other, which in one process would never come."""
    gate.write({"test_it.py": HEAD + MEETING})
    seen = across(gate, dist=dist)

    assert seen.ret == 0, seen.stdout
