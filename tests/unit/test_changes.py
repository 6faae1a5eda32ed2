"""What changed between two runs."""

from dataclasses import replace
from typing import Any

import pytest
from builders import make_check, make_phase, make_result, make_run, outcomes
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.changes import Changes, Pair, PhaseChange, changes, last_go
from pytest_deploycheck.core.model import CheckResult, Flag, Measurement, Run, Severity, Verdict

runs = st.lists(outcomes(), max_size=1).map(lambda drawn: make_run(drawn[0] if drawn else [], phases=[make_phase()]))


def compare(before: CheckResult, after: CheckResult) -> Changes:
    return changes(make_run([before]), make_run([after]))


def said(found: Changes) -> set[str]:
    """The parts that are not empty."""
    parts = ("failing", "fixed", "worse", "settled", "waived", "slower", "weakened", "lowered", "added", "removed")
    return {part for part in parts if getattr(found, part)}


@given(runs)
def test_a_run_has_not_changed_from_itself(run: Run) -> None:
    found = changes(run, run)

    assert found.empty
    assert all(phase.before is phase.after for phase in found.phases)


@given(runs, runs)
def test_seen_backwards_what_was_fixed_is_what_fails(one: Run, other: Run) -> None:
    """Only what was fine counts as fixed: a failure that was not run again is none."""
    there, back = changes(one, other), changes(other, one)

    assert there.fixed == tuple(
        map(swapped, (pair for pair in back.failing if pair.before.status in ("PASS", "NOT_APPLICABLE")))
    )
    assert there.worse == tuple(map(swapped, back.settled))
    assert (there.added, there.removed) == (back.removed, back.added)


def swapped(pair: Pair) -> Pair:
    return Pair(before=pair.after, after=pair.before)


@given(runs, runs)
def test_every_failure_is_told_or_was_there(one: Run, other: Run) -> None:
    """Nobody may read the list of changes and miss a new failure."""
    found = changes(one, other)
    told = {pair.check.key for pair in found.failing} | {check.key for check in found.added}
    known = {result.check.key for result in one.checks if result.status in ("FAIL", "ERROR")}

    assert {result.check.key for result in other.checks if result.status in ("FAIL", "ERROR")} <= told | known


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("PASS", "FAIL", {"failing"}),
        ("PENDING", "ERROR", {"failing"}),
        ("FAIL", "ERROR", set()),
        ("FAIL", "PASS", {"fixed"}),
        ("ERROR", "NOT_APPLICABLE", {"fixed"}),
        ("FAIL", "NOT_RUN", set()),
        ("PASS", "PENDING", {"worse"}),
        ("PASS", "SKIPPED", {"worse"}),
        ("PENDING", "PASS", {"settled"}),
        ("SKIPPED", "INCONCLUSIVE", {"settled"}),
        ("PASS", "NOT_APPLICABLE", set()),
    ],
)
def test_a_status_that_changed(before: str, after: str, expected: set[str]) -> None:
    assert said(compare(make_result(before), make_result(after))) == expected


def test_a_phase_that_was_not_asked_for_is_no_news() -> None:
    """Nobody looked: the verdicts of the phases tell that, and not a row for each of its checks."""
    whole = make_run([make_result(), make_result("PASS", "phase2.x")])
    part = make_run(
        [make_result("NOT_RUN"), make_result("PASS", "phase2.x")],
        phases=[make_phase(selected=False), make_phase("phase2")],
    )

    assert said(changes(whole, part)) == said(changes(part, whole)) == set()
    assert [phase.marker for phase in changes(whole, part).phases if phase.changed] == ["phase1"]


def test_a_failure_that_is_accepted_now_is_newly_waived() -> None:
    found = compare(make_result("FAIL"), make_result("FAIL", flags=(Flag.WAIVED,)))

    assert said(found) == {"waived"}
    assert not found.empty


def test_a_blocker_that_is_advisory_now() -> None:
    lenient = make_check(severity=Severity.ADVISORY)

    assert said(compare(make_result(), make_result("PASS", lenient))) == {"lowered"}
    assert said(compare(make_result("PASS", lenient), make_result())) == set()


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [
        (0.001, 0.003, False),
        (0.1, 0.59, False),
        (0.1, 0.7, True),
        (10.0, 19.9, False),
        (10.0, 20.1, True),
        (0.0, 0.5, True),
    ],
)
def test_a_check_that_takes_much_longer(before: float, after: float, slower: bool) -> None:
    """Twice as long, and half a second longer: a few milliseconds are no news."""
    found = compare(make_result(duration_s=before), make_result(duration_s=after))

    assert said(found) == ({"slower"} if slower else set())


def test_only_passes_of_this_run_are_slower() -> None:
    """A failure that waited for its timeout, and a result of another run, say nothing of speed."""
    quick = make_result(duration_s=0.1)

    assert not compare(quick, make_result("FAIL", duration_s=60)).slower
    assert not compare(quick, make_result(duration_s=60, carried_from="another")).slower


def measured(**limits: Any) -> CheckResult:
    return make_result(measurements=(Measurement(name="latency", value=1, unit="s", **limits),))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"max": 2}, {"max": 3}, [("max", 2, 3)]),
        ({"max": 2}, {"max": 1}, []),
        ({"min": 0.5}, {"min": 0.1}, [("min", 0.5, 0.1)]),
        ({"min": 0.5}, {"min": 0.7}, []),
        ({"min": 0.5, "max": 2}, {}, [("min", 0.5, None), ("max", 2, None)]),
        ({}, {"max": 3}, []),
    ],
)
def test_a_limit_that_lets_more_pass(before: dict[str, float], after: dict[str, float], expected: object) -> None:
    found = compare(measured(**before), measured(**after))

    assert [(item.limit, item.before, item.after) for item in found.weakened] == expected
    assert {item.name for item in found.weakened} <= {"latency"}


def test_a_measurement_that_is_gone_has_lost_its_limit() -> None:
    """Unless the check failed, or did not run: it may have had no time to measure."""
    assert [item.after for item in compare(measured(max=2), make_result()).weakened] == [None]
    for status in ("FAIL", "ERROR", "NOT_RUN", "BLOCKED"):
        assert not compare(measured(max=2), make_result(status)).weakened


def test_checks_that_came_and_went() -> None:
    before, after = (
        make_run([make_result(), make_result("PASS", "phase1.old")]),
        make_run([make_result("PASS", "phase1.new"), make_result()]),
    )
    found = changes(before, after)

    assert [check.id for check in found.added] == ["phase1.new"]
    assert [check.id for check in found.removed] == ["phase1.old"]


def test_one_check_on_two_targets_is_two() -> None:
    here, there = (make_check(target=target) for target in ("a", "b"))
    before = make_run([make_result("PASS", here), make_result("PASS", there)])
    found = changes(before, make_run([make_result("PASS", here), make_result("FAIL", there)]))

    assert [pair.check.target for pair in found.failing] == ["b"]


def test_every_phase_of_either_run_with_its_verdicts() -> None:
    before = make_run([make_result(), make_result("PASS", "phase2.x")])
    after = make_run([make_result("FAIL"), make_result("PASS", "phase3.x")])
    found = changes(before, after)

    assert [(phase.marker, phase.before, phase.after) for phase in found.phases] == [
        ("phase1", Verdict.GO, Verdict.NO_GO),
        ("phase3", None, Verdict.GO),
        ("phase2", Verdict.GO, None),
    ]
    assert found.phases[0] == PhaseChange(
        marker="phase1", title="Title of phase1", before=Verdict.GO, after=Verdict.NO_GO
    )
    assert all(phase.changed for phase in found.phases)


def test_the_last_go_is_one_of_the_release_that_came_to_its_end() -> None:
    go, red, dead = make_run([make_result()]), make_run([make_result("FAIL")]), make_run([make_result()], closed=False)
    part = make_run(
        [make_result("PASS", "phase2.x")], phases=[make_phase("phase1", selected=False), make_phase("phase2")]
    )

    assert last_go([dead, red, part, go]) is go
    assert last_go([dead, red, part]) is None
    assert last_go([dead, red, part], release=False) is part
    assert last_go([replace(go, finished=None)]) is None
