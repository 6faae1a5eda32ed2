"""Folding a journal's events: the run they tell of, and never more than they tell."""

from __future__ import annotations

import pytest
from builders import (
    EARLIER,
    LATER,
    NOON,
    OWN,
    carried_event,
    decided_event,
    ending,
    finished_event,
    green_outcomes,
    make_check,
    make_events,
    make_phase,
    make_result,
    make_run,
    outcomes,
    start_event,
    started_event,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import CheckResult, Flag, Rollback, Run, Severity, Status, Verdict
from pytest_deploycheck.core.run import ENDED_BEFORE, NOT_ON_RECORD, UNDECIDED, Event, RunBuilder, fold

two_phases = st.tuples(outcomes() | green_outcomes(), outcomes("phase2") | green_outcomes("phase2")).map(
    lambda pair: [*pair[0], *pair[1]]
)
any_verdict = st.sampled_from([str(verdict) for verdict in Verdict if verdict is not Verdict.ROLLBACK])
PHASES = [make_phase("phase1"), make_phase("phase2")]


def events_of(results: list[CheckResult]) -> list[Event]:
    return make_events(results, phases=PHASES)


def is_go(run: Run) -> bool:
    return Verdict.GO in (run.verdict, run.selected_verdict) or run.exit_code == 0


# -- laws --------------------------------------------------------------------------------------------------------------


@given(two_phases)
def test_no_beginning_of_a_journal_is_ever_go(results: list[CheckResult]) -> None:
    events = events_of(results)
    for length in range(1, len(events)):
        run = fold(events[:length])
        assert not run.closed
        assert run.finished is None
        assert not is_go(run)
        assert len(run.checks) == len(results)


@given(st.tuples(green_outcomes(), green_outcomes("phase2")))
def test_a_closed_run_of_green_phases_is_go(pair: tuple[list[CheckResult], list[CheckResult]]) -> None:
    run = fold(events_of([*pair[0], *pair[1]]))
    assert (run.verdict, run.selected_verdict) == (Verdict.GO, Verdict.GO) or any(
        check.check.rollback for check in run.checks
    )
    assert run.closed
    assert run.finished == LATER


@given(two_phases, st.sets(st.integers(0, 20)))
def test_a_run_that_lost_any_of_its_events_is_never_better(results: list[CheckResult], lost: set[int]) -> None:
    events = events_of(results)
    kept = [event for place, event in enumerate(events) if place == 0 or place not in lost]
    whole = fold(events)
    try:
        rest = fold(kept)
    except RecordError:
        return
    # Losing a failed check leaves it NOT_RUN: less is known, and less than GO it stays.
    assert rest.verdict is Verdict.GO or not is_go(rest)
    if not is_go(whole):
        assert not is_go(rest)


@given(st.data(), two_phases)
def test_a_run_is_closed_by_its_seal_alone(data: st.DataObject, results: list[CheckResult]) -> None:
    """Wherever else the seal stands, nothing is closed by it."""
    *events, seal = events_of(results)
    assert not fold(events).closed
    assert fold([*events, seal]).closed
    place = data.draw(st.integers(0, len(events) - 1))
    with pytest.raises(RecordError):
        fold([*events[:place], seal, *events[place:]])
    with pytest.raises(RecordError):
        fold([*events, seal, data.draw(st.sampled_from([*events, seal]))])


@given(two_phases, any_verdict, any_verdict, st.integers(0, 14))
def test_what_is_stored_can_make_a_run_worse_but_never_better(
    results: list[CheckResult], first: str, second: str, exit_code: int
) -> None:
    honest = fold(events_of(results))
    events = [event for event in events_of(results)[:-2] if event["event"] != "phase_decided"]
    said = fold([*events, decided_event("phase1", first), decided_event("phase2", second), *ending(exit_code)])
    for phase, true, stored in zip(said.phases, honest.phases, (first, second), strict=True):
        assert phase.verdict.rank == max(true.verdict.rank, Verdict(stored).rank)
    assert said.verdict.rank >= honest.verdict.rank
    if not is_go(honest):
        assert said.exit_code != 0
    if exit_code:
        assert said.exit_code != 0


@given(st.data(), two_phases)
def test_asking_in_between_changes_nothing(data: st.DataObject, results: list[CheckResult]) -> None:
    events = events_of(results)
    builder = RunBuilder()
    for event in events:
        builder.apply(event)
        if data.draw(st.booleans()):
            builder.build()
    assert builder.build() == fold(events)


@given(st.data(), outcomes())
def test_the_order_in_which_checks_ended_never_matters(data: st.DataObject, results: list[CheckResult]) -> None:
    first, *others, closing, seal = make_events(results, phases=PHASES[:1])
    shuffled = data.draw(st.permutations([event for event in others if event["event"] == "check_finished"]))
    opened, *rest = [event for event in others if event["event"] != "check_finished"]
    assert fold([first, opened, *shuffled, *rest, closing, seal]) == fold([first, *others, closing, seal])


# -- the denominator ---------------------------------------------------------------------------------------------------


def test_every_check_of_the_denominator_is_there_in_its_order() -> None:
    checks = [make_check("phase1.b"), make_check("phase2.a"), make_check("phase1.a")]
    run = fold([start_event(checks), finished_event(make_result("PASS", "phase1.a")), *ending()])
    assert [(result.check.id, str(result.status), result.reason) for result in run.checks] == [
        ("phase1.b", "NOT_RUN", ENDED_BEFORE),
        ("phase2.a", "NOT_RUN", ENDED_BEFORE),
        ("phase1.a", "PASS", ""),
    ]


def test_a_check_that_was_never_to_run_says_why() -> None:
    start = start_event([make_check()], absent={"deselected": [["phase1.a", ""]]})
    (result,) = fold([start, *ending()]).checks
    assert (result.status, result.reason) == (Status.NOT_RUN, "deselected")


def test_a_result_of_one_target_is_none_of_the_other() -> None:
    here, there = make_check(target="here"), make_check(target="there")
    run = fold([start_event([here, there]), finished_event(make_result("PASS", here)), *ending()])
    assert [str(result.status) for result in run.checks] == ["PASS", "NOT_RUN"]
    assert run.verdict is Verdict.INCOMPLETE


def test_a_phase_without_a_check_keeps_the_run_from_go() -> None:
    events = make_events([make_result()], phases=PHASES)
    run = fold(events)
    assert [str(phase.verdict) for phase in run.phases] == ["GO", "INCOMPLETE"]
    assert run.verdict is Verdict.INCOMPLETE
    assert run.exit_code == 11


def test_a_run_without_any_phase_is_incomplete() -> None:
    run = fold([start_event([]), *ending()])
    assert (run.verdict, run.selected_verdict, run.exit_code) == (Verdict.INCOMPLETE, Verdict.INCOMPLETE, 11)


def test_unfinished_are_the_checks_without_a_result_and_without_a_reason() -> None:
    checks = [make_check(f"phase1.{name}") for name in "abc"]
    builder = RunBuilder()
    builder.apply(start_event(checks, absent={"deselected": [["phase1.b", ""]]}))
    builder.apply(finished_event(make_result("FAIL", "phase1.a")))
    assert [check.id for check in builder.unfinished("phase1")] == ["phase1.c"]


def test_a_later_result_never_covers_up_a_failure_of_the_same_check() -> None:
    # A duplicate is either refused or loses: a pass must not overwrite a failure.
    events = [start_event([make_check()]), finished_event(make_result("FAIL")), finished_event(make_result("PASS"))]
    try:
        run = fold([*events, decided_event("phase1", "GO"), *ending(0)])
    except RecordError:
        return
    assert not is_go(run)


# -- what was decided --------------------------------------------------------------------------------------------------


def test_a_phase_is_incomplete_until_the_journal_says_it_was_decided() -> None:
    events = make_events([make_result()])
    undecided = [event for event in events if event["event"] != "phase_decided"]
    (phase,) = fold(undecided).phases
    assert (phase.verdict, phase.reason) == (Verdict.INCOMPLETE, UNDECIDED)


def test_a_failure_shows_before_its_phase_was_decided() -> None:
    (phase,) = fold([start_event([make_check()]), finished_event(make_result("FAIL"))]).phases
    assert phase.verdict is Verdict.NO_GO
    assert phase.reason == "phase1.a FAIL"


@pytest.mark.parametrize("stored", ["HOLD", "BLOCKED", "INCOMPLETE", "NO-GO"])
def test_a_stored_verdict_that_is_worse_than_the_results_holds(stored: str) -> None:
    events = [start_event([make_check()]), finished_event(make_result()), decided_event("phase1", stored, "a doubt")]
    run = fold([*events, *ending(0)])
    assert (run.phases[0].reason, run.phases[0].cause) == ("a doubt", None)
    assert run.phases[0].verdict is run.verdict is run.selected_verdict is Verdict(stored)
    assert run.exit_code != 0


def test_a_failure_after_the_decision_still_counts() -> None:
    checks = [make_check("phase1.a"), make_check("phase1.b", severity=Severity.ADVISORY)]
    events = [
        start_event(checks),
        finished_event(make_result("PASS", checks[0])),
        finished_event(make_result("PASS", checks[1])),
        decided_event("phase1", "GO"),
        finished_event(make_result("FAIL", checks[0])),
        *ending(0),
    ]
    try:
        run = fold(events)
    except RecordError:
        return
    assert not is_go(run)


def test_a_phase_keeps_the_moments_at_which_it_was_opened_and_decided() -> None:
    (phase,) = make_run([make_result()]).phases
    assert (phase.opened, phase.decided) == (NOON, NOON)


def test_narrowing_is_kept_in_the_journal() -> None:
    run = fold(make_events([make_result()], narrowed={"phase1": "--lf"}))
    assert (run.verdict, run.phases[0].reason) == (Verdict.INCOMPLETE, "the run was narrowed by --lf")


def test_an_immediate_trigger_rolls_back_even_in_a_run_that_died() -> None:
    failed = make_result("FAIL", make_check(rollback=Rollback.IMMEDIATE))
    run = make_run([failed], closed=False)
    assert (run.verdict, run.selected_verdict, run.exit_code) == (Verdict.ROLLBACK, Verdict.ROLLBACK, 13)


@pytest.mark.parametrize(("stored", "results", "expected"), [(0, "FAIL", 1), (3, "PASS", 3), (77, "PASS", 77)])
def test_the_exit_code_is_the_worse_of_the_stored_and_the_verdicts(stored: int, results: str, expected: int) -> None:
    events = make_events([make_result(results)])
    assert fold([*events[:-2], *ending(stored)]).exit_code == expected


def test_a_run_that_died_exits_incomplete_at_best() -> None:
    assert make_run([make_result()], closed=False).exit_code == 11
    assert make_run([make_result("FAIL")], closed=False).exit_code == 1


def test_a_check_that_began_and_never_ended_was_in_flight() -> None:
    checks = [make_check(f"phase1.{name}") for name in "abc"]
    builder = RunBuilder()
    builder.apply(start_event(checks))
    for check in (checks[1], checks[0]):
        builder.apply(started_event(check))
    assert [check.id for check in builder.build().in_flight] == ["phase1.b", "phase1.a"]
    builder.apply(finished_event(make_result("PASS", "phase1.b")))
    run = builder.build()
    assert [check.id for check in run.in_flight] == ["phase1.a"]
    assert run.checks[0].status is Status.NOT_RUN


@given(two_phases)
def test_that_checks_began_changes_no_verdict(results: list[CheckResult]) -> None:
    told: list[Event] = []
    by_key = {(result.check.id, result.check.target): result.check for result in results}
    for event in events_of(results):
        if event["event"] == "check_finished":
            told.append(started_event(by_key[event["check"], event.get("target", "")]))
        told.append(event)
    assert fold(told) == fold(events_of(results))


def test_the_notes_are_known_without_building_the_run() -> None:
    builder = RunBuilder()
    with pytest.raises(RecordError):
        _ = builder.notes
    builder.apply(start_event([make_check()], notes=["phase0 was not looked at"]))
    assert builder.notes == ("phase0 was not looked at",)


# -- selection and what was carried over -------------------------------------------------------------------------------


def with_carried(*carried: Event) -> Run:
    """Phase 2 alone was asked for, and passed."""
    checks = [make_check("phase1.a"), make_check("phase2.a")]
    return fold(
        [
            start_event(checks, phases=[EARLIER, OWN], absent={"its phase was not selected": [["phase1.a", ""]]}),
            *carried,
            finished_event(make_result("PASS", "phase2.a")),
            decided_event("phase2", "GO"),
            *ending(0),
        ]
    )


def test_a_phase_of_its_own_does_not_clear_the_release() -> None:
    run = with_carried()
    assert run.selected_verdict is Verdict.GO
    assert run.exit_code == 0
    assert run.verdict is Verdict.INCOMPLETE
    assert (run.phases[0].verdict, run.phases[0].reason) == (Verdict.INCOMPLETE, NOT_ON_RECORD)


def test_a_carried_phase_counts_for_the_release_and_says_where_it_is_from() -> None:
    run = with_carried(carried_event("GO", [make_result("PASS", "phase1.a")]))
    assert run.verdict is Verdict.GO
    assert run.phases[0].reason == "1 passed (run x, 2 h ago)"
    carried = run.checks[0]
    assert (carried.status, carried.flags) == (Status.PASS, (Flag.CARRIED,))
    assert carried.carried_from == "20260101T000000.000000Z-000000"


def test_a_result_carried_twice_keeps_its_first_origin_and_one_flag() -> None:
    before = make_result("PASS", "phase1.a", flags=(Flag.FLAKY, Flag.CARRIED), carried_from="first-run")
    carried = with_carried(carried_event("GO", [before])).checks[0]
    assert carried.carried_from == "first-run"
    assert carried.flags == (Flag.FLAKY, Flag.CARRIED)


@pytest.mark.parametrize("verdict", ["HOLD", "NO-GO", "INCOMPLETE", "BLOCKED"])
def test_a_carried_verdict_that_is_worse_than_its_results_holds(verdict: str) -> None:
    run = with_carried(carried_event(verdict, [make_result("PASS", "phase1.a")]))
    assert run.verdict is run.phases[0].verdict is Verdict(verdict)
    assert run.selected_verdict is Verdict.GO


def test_a_carried_go_over_a_failed_check_is_no_go() -> None:
    run = with_carried(carried_event("GO", [make_result("FAIL", "phase1.a")]))
    assert run.phases[0].verdict is run.verdict is Verdict.NO_GO
    assert run.phases[0].reason == "phase1.a FAIL"


def test_a_carried_phase_is_incomplete_when_a_check_came_since() -> None:
    run = with_carried(carried_event("GO", []))
    assert run.phases[0].verdict is Verdict.INCOMPLETE
    assert run.verdict is Verdict.INCOMPLETE


def test_a_carried_result_of_a_check_that_left_since_is_dropped() -> None:
    gone = make_result("PASS", "phase1.gone")
    run = with_carried(carried_event("GO", [gone, make_result("PASS", "phase1.a")]))
    assert [result.check.id for result in run.checks] == ["phase1.a", "phase2.a"]
    assert run.verdict is Verdict.GO


def test_a_run_tells_what_its_start_said() -> None:
    run = fold(make_events([make_result()], targets=["popen"], notes=["phase0 was not looked at"], digest="d" * 64))
    assert run.run_id == "20260102T120000.000000Z-abc123"
    assert (run.release, run.targets, run.started) == ("v1.0", ("popen",), NOON)
    assert (run.notes, run.digest) == (("phase0 was not looked at",), "d" * 64)
    assert run.environment["user"] == "ann"
