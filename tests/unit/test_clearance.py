"""Which verdict on a phase counts among several runs: the laws, and the cases that people will argue about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import (
    NOON,
    closing_event,
    decided_event,
    finished_event,
    make_check,
    make_phase,
    make_result,
    start_event,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.clearance import Clearance, clear_phase, clear_release
from pytest_deploycheck.core.model import CheckResult, Rollback, Run, Verdict
from pytest_deploycheck.core.run import SEAL, fold

PHASES = [make_phase("phase1"), make_phase("phase2")]
DAY = timedelta(hours=24)
#: Verdict of phase 1 -> the status of its check.
STATUS = {"GO": "PASS", "HOLD": "PENDING", "INCOMPLETE": "SKIPPED", "NO-GO": "FAIL", "BLOCKED": "BLOCKED"}


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def run_of(
    results: Sequence[CheckResult], *, hours: float = 0, closed: bool = True, code: int = 0, **start: Any
) -> Run:
    """A run that decided each of its selected phases as its results say."""
    given: dict[str, Any] = {"phases": PHASES, "run_id": f"run-{hours:+07.2f}", "at": at(hours).isoformat(), **start}
    events = [start_event([result.check for result in results], **given), *map(finished_event, results)]
    moment = at(hours).isoformat()
    for phase in given["phases"]:
        if phase.selected:
            verdict = next(one for one in fold(events).phases if one.phase.marker == phase.marker)
            said = "GO" if verdict.verdict is Verdict.INCOMPLETE else verdict.verdict
            events.append({**decided_event(phase.marker, str(said)), "at": moment})
    return fold([*events, {**closing_event(code), "at": moment}, SEAL] if closed else events)


def simple(verdict: str, hours: float = 0, **changes: Any) -> Run:
    """A run of phase 1 alone that left it so."""
    return run_of(
        [make_result(STATUS[verdict])],
        hours=hours,
        phases=[make_phase("phase1"), make_phase("phase2", selected=False)],
        **changes,
    )


def verdict_of(runs: Sequence[Run], *, oldest: float | None = None, target: str | None = None) -> str:
    """The verdict on phase 1 that counts, empty for none."""
    found = clear_phase(runs, "phase1", not_before=None if oldest is None else at(oldest), target=target)
    return "" if found is None else str(found.verdict)


def rank(found: Clearance | None) -> int:
    assert found is not None
    return found.verdict.rank


# -- laws --------------------------------------------------------------------------------------------------------------

some_run = st.tuples(st.sampled_from(list(STATUS)), st.booleans())


@st.composite
def histories(draw: st.DrawFn, min_size: int = 0) -> list[Run]:
    """Runs that looked at phase 1, newest first."""
    drawn = draw(st.lists(some_run, min_size=min_size, max_size=5))
    return [simple(verdict, -place, closed=closed) for place, (verdict, closed) in enumerate(drawn)]


def entered(run: Run) -> bool:
    return run.phases[0].verdict is not Verdict.BLOCKED


def complete(run: Run) -> bool:
    return run.closed and str(run.phases[0].verdict) in ("GO", "HOLD", "NO-GO")


@given(histories())
def test_go_is_what_the_newest_run_that_entered_says_and_it_was_closed(runs: list[Run]) -> None:
    newest = next((run for run in runs if entered(run)), None)
    go = newest is not None and newest.closed and newest.phases[0].verdict is Verdict.GO
    assert (verdict_of(runs) == "GO") is go


@given(histories(1), histories(1))
def test_an_older_run_never_improves_what_a_newer_one_left(newer: list[Run], older: list[Run]) -> None:
    if any(map(entered, newer)):
        before, after = clear_phase(newer, "phase1"), clear_phase([*newer, *older], "phase1")
        assert rank(after) >= rank(before)


@given(histories(), histories())
def test_behind_a_complete_run_nothing_matters(newer: list[Run], older: list[Run]) -> None:
    for whole in ("GO", "HOLD", "NO-GO"):
        stop = simple(whole, -50)
        assert clear_phase([*newer, stop], "phase1") == clear_phase([*newer, stop, *older], "phase1")


@given(histories(), histories(), st.booleans())
def test_a_no_go_is_superseded_by_a_later_complete_run_alone(newer: list[Run], older: list[Run], closed: bool) -> None:
    found = verdict_of([*newer, simple("NO-GO", -50, closed=closed), *older])
    assert found == "NO-GO" or any(map(complete, newer))


@given(histories(1), some_run)
def test_a_newer_run_that_is_not_complete_never_improves(runs: list[Run], newest: tuple[str, bool]) -> None:
    latest = simple(newest[0], 1, closed=newest[1])
    if any(map(entered, runs)) and not complete(latest):
        assert rank(clear_phase([latest, *runs], "phase1")) >= rank(clear_phase(runs, "phase1"))


@given(histories(), st.integers(-6, 1))
def test_a_verdict_that_is_too_old_never_lets_an_older_one_speak(runs: list[Run], oldest: int) -> None:
    """What does not count any more is not replaced by something better."""
    assert verdict_of(runs, oldest=oldest) in ("", "NO-GO", "INCOMPLETE", verdict_of(runs))


@given(st.lists(st.sampled_from(["ok", "bad", "held"]), min_size=1, max_size=3), histories())
def test_the_worst_target_decides(ends: list[str], older: list[Run]) -> None:
    statuses = {"ok": "PASS", "bad": "FAIL", "held": "PENDING"}
    runs = []
    for place, end in enumerate(ends):
        check = make_check(target=f"t{place}")
        runs.append(run_of([make_result(statuses[end], check)], hours=-place, phases=PHASES[:1], targets=[f"t{place}"]))
    standing = clear_release(runs, required=None, now=at(1), max_age=DAY)
    expected = "NO-GO" if "bad" in ends else "HOLD" if "held" in ends else "GO"
    assert str(standing.verdict) == expected


# -- one phase ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        ([], ""),
        (["GO"], "GO"),
        (["HOLD", "NO-GO"], "HOLD"),
        (["GO", "NO-GO"], "GO"),
        (["NO-GO", "GO"], "NO-GO"),
        (["INCOMPLETE", "GO"], "INCOMPLETE"),
        (["INCOMPLETE", "NO-GO"], "NO-GO"),
        (["INCOMPLETE", "GO", "NO-GO"], "INCOMPLETE"),
        (["BLOCKED", "GO"], "GO"),
        (["BLOCKED"], "BLOCKED"),
        (["BLOCKED", "INCOMPLETE", "NO-GO"], "NO-GO"),
        (["killed GO", "GO"], "INCOMPLETE"),
        (["killed GO", "NO-GO"], "NO-GO"),
        (["killed NO-GO", "GO"], "NO-GO"),
        (["INCOMPLETE", "killed NO-GO", "GO"], "NO-GO"),
        (["GO", "killed NO-GO"], "GO"),
    ],
)
def test_what_counts(newest_first: list[str], expected: str) -> None:
    runs = [
        simple(said.removeprefix("killed "), -place, closed=not said.startswith("killed"))
        for place, said in enumerate(newest_first)
    ]
    assert verdict_of(runs) == expected


def test_the_reason_names_the_run_that_did_not_settle_it() -> None:
    found = clear_phase([simple("INCOMPLETE", 1), simple("NO-GO", 0)], "phase1")
    assert found is not None
    assert found.run.run_id == "run-+000.00"
    assert "phase1.a FAIL" in found.phase.reason
    assert "since then was not complete" in found.phase.reason


def test_a_killed_run_says_so() -> None:
    found = clear_phase([simple("GO", closed=False)], "phase1")
    assert found is not None
    assert "never finished" in found.phase.reason


def test_a_run_that_ended_in_an_internal_error_is_not_complete() -> None:
    runs = [simple("GO", 1, code=3), simple("NO-GO")]
    assert verdict_of(runs) == "NO-GO"
    assert verdict_of(runs[:1]) == "INCOMPLETE"


def test_a_run_that_was_not_asked_says_nothing() -> None:
    other = run_of(
        [make_result("FAIL", "phase2.a")], hours=1, phases=[make_phase("phase1", selected=False), make_phase("phase2")]
    )
    assert verdict_of([other, simple("GO")]) == "GO"
    assert verdict_of([other]) == ""


def test_age_is_that_of_the_verdict_and_not_of_the_runs_end() -> None:
    """A run that watches for a week does not keep its first phase fresh."""
    run = simple("GO")
    week = replace(run, finished=at(24 * 7))
    assert verdict_of([week], oldest=24 * 6) == ""
    assert verdict_of([week], oldest=-1) == "GO"


def test_a_verdict_that_is_too_old_does_not_uncover_an_older_good_one() -> None:
    long_run = simple("GO", 5)
    assert verdict_of([simple("INCOMPLETE", 1), long_run], oldest=2) == ""


# -- a release ---------------------------------------------------------------------------------------------------------


def standing(runs: Sequence[Run], *, required: Sequence[str] | None = None, hours: float = 1) -> dict[str, str]:
    found = clear_release(runs, required=required, now=at(hours), max_age=DAY)
    return {"release": str(found.verdict), **{one.phase.marker: str(one.verdict) for one in found.phases}}


BOTH = [make_result(), make_result("PASS", "phase2.a")]


def test_no_run_at_all_is_incomplete() -> None:
    assert standing([]) == {"release": "INCOMPLETE"}
    assert standing([], required=["phase1"]) == {"release": "INCOMPLETE", "phase1": "INCOMPLETE"}


def test_every_phase_of_the_checklist_is_required_by_default() -> None:
    assert standing([run_of(BOTH)]) == {"release": "GO", "phase1": "GO", "phase2": "GO"}
    assert standing([simple("GO")]) == {"release": "INCOMPLETE", "phase1": "GO", "phase2": "INCOMPLETE"}
    assert standing([simple("GO")], required=["phase1"])["release"] == "GO"


def test_a_phase_that_no_run_knows_is_incomplete() -> None:
    found = clear_release([run_of(BOTH)], required=["phase1", "phase9"], now=at(1), max_age=DAY)
    assert found.verdict is Verdict.INCOMPLETE
    assert "they know phase1, phase2" in found.phases[-1].on[0].reason


def test_runs_of_another_checklist_do_not_count() -> None:
    old, new = run_of(BOTH, digest="old"), simple("GO", 0.5, digest="new")
    found = clear_release([new, old], required=None, now=at(1), max_age=DAY)
    assert (str(found.verdict), found.outdated) == ("INCOMPLETE", 1)
    assert standing([replace(new, digest="old"), old])["release"] == "GO"


def test_a_run_without_a_checklist_does_not_take_the_place_of_one() -> None:
    whole = run_of([make_result(), make_result("FAIL", "phase2.a")], digest="list")
    found = clear_release([simple("GO", 0.5), whole], required=None, now=at(1), max_age=DAY)
    assert (str(found.verdict), found.outdated) == ("NO-GO", 1)
    assert standing([run_of(BOTH, hours=0.5, digest="list"), simple("GO")])["release"] == "GO"


def test_runs_on_two_machines_add_up() -> None:
    second = run_of(
        [make_result("PASS", "phase2.a")],
        hours=0.5,
        phases=[make_phase("phase1", selected=False), make_phase("phase2")],
    )
    assert standing([second, simple("GO")])["release"] == "GO"


def test_phases_of_older_runs_are_not_forgotten() -> None:
    """Without a document a run knows the phases of the tests that it collected, and no others."""
    one = run_of([make_result("FAIL")], phases=PHASES[:1])
    two = run_of([make_result("PASS", "phase2.a")], hours=0.5, phases=PHASES[1:])
    assert standing([two, one]) == {"release": "NO-GO", "phase2": "GO", "phase1": "NO-GO"}
    whole = run_of(BOTH, hours=-1)
    assert list(standing([two, whole])) == ["release", "phase1", "phase2"]


def test_a_verdict_that_is_too_old_is_incomplete_and_says_so() -> None:
    found = clear_release([run_of(BOTH)], required=None, now=at(25), max_age=DAY)
    assert found.verdict is Verdict.INCOMPLETE
    assert "GO in run run-" in found.phases[0].on[0].reason
    assert "too old" in found.phases[0].on[0].reason


def triggered(status: str, hours: float = 0, **changes: Any) -> Run:
    return run_of(
        [make_result(status, make_check(rollback=Rollback.IMMEDIATE))], hours=hours, phases=PHASES[:1], **changes
    )


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([triggered("FAIL")], "ROLLBACK"),
        ([triggered("FAIL", closed=False)], "ROLLBACK"),
        ([triggered("PASS", 1), triggered("FAIL")], "GO"),
        ([triggered("PASS", 1, closed=False), triggered("FAIL")], "ROLLBACK"),
        ([triggered("SKIPPED", 1), triggered("FAIL")], "ROLLBACK"),
        ([simple("NO-GO", 1, closed=False), triggered("FAIL")], "ROLLBACK"),
    ],
)
def test_a_trigger_that_fired_stands_until_a_complete_run_supersedes_it(runs: list[Run], expected: str) -> None:
    found = clear_release(runs, required=["phase1"], now=at(2), max_age=DAY)
    assert str(found.verdict) == expected


def test_a_trigger_in_a_phase_that_is_not_required_rolls_back_all_the_same() -> None:
    fired = make_result("FAIL", make_check("phase2.a", rollback=Rollback.IMMEDIATE))
    assert standing([run_of([make_result(), fired])], required=["phase1"])["release"] == "ROLLBACK"


# -- several targets in one run ----------------------------------------------------------------------------------------


def on_targets(a: str, b: str, hours: float = 0, **changes: Any) -> Run:
    results = [make_result(a, make_check(target="a")), make_result(b, make_check(target="b"))]
    return run_of(results, hours=hours, phases=PHASES[:1], targets=["a", "b"], **changes)


def on_one(target: str, status: str, hours: float) -> Run:
    return run_of([make_result(status, make_check(target=target))], hours=hours, phases=PHASES[:1], targets=[target])


def test_each_target_has_a_verdict_of_its_own() -> None:
    runs = [on_targets("PASS", "FAIL")]
    assert (verdict_of(runs, target="a"), verdict_of(runs, target="b")) == ("GO", "NO-GO")
    assert standing(runs)["release"] == "NO-GO"
    assert standing([on_one("b", "PASS", 0.5), *runs])["release"] == "GO"
    assert standing([on_one("a", "PASS", 0.5), *runs])["release"] == "NO-GO"
    assert verdict_of(runs, target="c") == ""


def test_a_check_for_all_targets_counts_for_each() -> None:
    results = [make_result("PASS", make_check(target="a")), make_result("FAIL", make_check("phase1.all"))]
    run = run_of(results, phases=PHASES[:1], targets=["a", "b"])
    assert verdict_of([run], target="a") == verdict_of([run], target="b") == "NO-GO"


@pytest.mark.parametrize("changes", [{"narrowed": {"phase1": "--lf"}}, {"code": 2}, {"code": 3}, {"closed": False}])
def test_what_speaks_against_a_run_speaks_against_it_on_every_target(changes: dict[str, Any]) -> None:
    run = on_targets("PASS", "FAIL", **changes)
    assert verdict_of([run], target="a") != "GO"


def test_a_target_whose_verdict_is_too_old_keeps_the_phase_from_go() -> None:
    runs = [on_one("a", "PASS", 30), on_targets("PASS", "PASS")]
    found = clear_release(runs, required=None, now=at(31), max_age=DAY)
    assert [(on.target, str(on.verdict)) for on in found.phases[0].on] == [("a", "GO"), ("b", "INCOMPLETE")]
    assert found.verdict is Verdict.INCOMPLETE
