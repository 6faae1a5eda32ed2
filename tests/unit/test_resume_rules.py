"""What a resumed run keeps, and what it does not run a third time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from builders import NOON, ending, finished_event, make_check, make_result, start_event, started_event
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import CheckResult, Flag, Run, Status
from pytest_deploycheck.core.resume import Resumption, resume
from pytest_deploycheck.core.run import fold

CHECK = make_check()
DAY = timedelta(hours=24)
GIVEN_UP = make_result("ERROR", flags=(Flag.CARRIED,), carried_from="x")


def run(end: str | CheckResult = "", name: str = "r") -> Run:
    """A run in which the check ended so; ``died`` is one that died in it, ``before`` one that died before it."""
    events = [start_event([CHECK, make_check("phase1.other")], run_id=name)]
    if end == "before":
        return fold(events)
    events.append(started_event(CHECK))
    if end == "died":
        return fold(events)
    result = end if isinstance(end, CheckResult) else make_result(end)
    return fold([*events, finished_event(result), *ending(11)])


def resumed(*newest_first: str | CheckResult) -> Resumption:
    runs = [run(end, f"r{len(newest_first) - place}") for place, end in enumerate(newest_first)]
    return resume(runs, {CHECK.key: CHECK}, now=NOON + timedelta(hours=1), max_age=DAY)


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        ([], "runs"),
        (["PASS"], "kept"),
        (["FAIL"], "runs"),
        (["FAIL", "PASS"], "runs"),
        (["BLOCKED", "PASS"], "kept"),
        (["NOT_RUN", "PASS"], "kept"),
        (["SKIPPED", "PASS"], "runs"),
        (["died"], "runs"),
        (["died", "PASS"], "runs"),
        (["died", "died"], "given up"),
        (["before", "died", "before", "died"], "given up"),
        (["died", "FAIL", "died"], "runs"),
        (["PASS", "died", "died"], "kept"),
        (["FAIL", "died", "died"], "runs"),
        ([GIVEN_UP, "died", "died"], "given up"),
        ([GIVEN_UP, GIVEN_UP, "died", "died", "PASS"], "given up"),
        (["PASS", GIVEN_UP, "died", "died"], "kept"),
        (["died", GIVEN_UP, "died", "died"], "given up"),
    ],
)
def test_what_becomes_of_a_check(newest_first: list[str | CheckResult], expected: str) -> None:
    found = resumed(*newest_first)
    assert ("kept" if found.kept else "given up" if found.crashed else "runs") == expected


def test_the_reason_names_the_runs_and_the_way_out() -> None:
    (given_up,) = resumed("died", "died").crashed
    assert given_up.status is Status.ERROR
    assert "the runs r1 and r2 died in it" in given_up.reason
    assert "without --deploycheck-resume" in given_up.reason
    assert given_up.carried_from == "r2"


def test_a_kept_pass_says_where_it_is_from() -> None:
    (kept,) = resumed("PASS").kept
    assert (kept.status, kept.flags, kept.carried_from) == (Status.PASS, (Flag.CARRIED,), "r1")


def test_an_old_pass_is_not_kept() -> None:
    found = resume([run("PASS")], {CHECK.key: CHECK}, now=NOON + DAY + timedelta(seconds=1), max_age=DAY)
    assert found == Resumption()


def test_only_what_is_wanted_is_settled() -> None:
    assert resume([run("PASS")], {}, now=NOON, max_age=DAY) == Resumption()


@given(st.lists(st.sampled_from(["PASS", "FAIL", "BLOCKED", "died", "before"]), max_size=6))
def test_a_pass_is_kept_only_where_nothing_happened_to_the_check_since(ends: Sequence[str]) -> None:
    found = resumed(*ends)
    since = [end for end in ends if end not in ("BLOCKED", "before")]
    assert bool(found.kept) is (since[:1] == ["PASS"])
    assert bool(found.crashed) is (since[:2] == ["died", "died"])
