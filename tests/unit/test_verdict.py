"""From results to verdicts: the laws, the table of the contract, and the reasons that people read."""

from collections import Counter
from dataclasses import replace

import pytest
from builders import green_outcomes, make_check, make_phase, make_result, outcomes
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import (
    CheckResult,
    Flag,
    PhaseResult,
    Rollback,
    Severity,
    Status,
    Verdict,
)
from pytest_deploycheck.core.verdict import decide_phase, decide_release, weigh

PHASE = make_phase()
FAILURES = (Status.FAIL, Status.ERROR)
#: The check did not happen in this run, whoever accepted whatever about it.
ABSENT = (Status.NOT_RUN, Status.BLOCKED)
narrowings = st.sampled_from(["", "--lf"])
severities = st.sampled_from(Severity)


def verdict_of(results: list[CheckResult], narrowed: str = "") -> Verdict:
    return decide_phase(PHASE, results, narrowed=narrowed).verdict


def failure(severity: Severity = Severity.BLOCKER, status: Status = Status.FAIL) -> CheckResult:
    return make_result(status, make_check("phase1.failing", severity=severity))


# -- laws --------------------------------------------------------------------------------------------------------------


@given(outcomes() | green_outcomes(), st.sampled_from(FAILURES), st.integers(0, 6), narrowings)
def test_a_failed_blocker_anywhere_is_no_go(
    results: list[CheckResult], status: Status, place: int, narrowed: str
) -> None:
    results.insert(place, failure(status=status))
    decided = decide_phase(PHASE, results, narrowed=narrowed)
    assert decided.verdict is Verdict.NO_GO
    assert decide_release([decided], results).rank >= Verdict.NO_GO.rank


@given(outcomes(), severities, st.sampled_from(FAILURES), st.integers(0, 6), narrowings)
def test_an_added_failure_never_improves_a_verdict(
    results: list[CheckResult], severity: Severity, status: Status, place: int, narrowed: str
) -> None:
    before = decide_phase(PHASE, results, narrowed=narrowed)
    more = [*results[:place], failure(severity, status), *results[place:]]
    after = decide_phase(PHASE, more, narrowed=narrowed)
    assert after.verdict.rank >= before.verdict.rank
    assert decide_release([after], more).rank >= decide_release([before], results).rank


@given(outcomes().filter(bool), st.sampled_from(FAILURES), st.integers(0, 5))
def test_a_blocker_that_fails_instead_never_improves_a_verdict(
    results: list[CheckResult], status: Status, place: int
) -> None:
    changed = list(results)
    old = changed[place % len(changed)]
    changed[place % len(changed)] = replace(
        old, status=status, flags=(), check=replace(old.check, severity=Severity.BLOCKER)
    )
    assert verdict_of(changed).rank >= verdict_of(results).rank


@given(st.data(), outcomes(), narrowings)
def test_the_order_of_results_never_matters(data: st.DataObject, results: list[CheckResult], narrowed: str) -> None:
    shuffled = data.draw(st.permutations(results))
    one, other = (decide_phase(PHASE, order, narrowed=narrowed) for order in (results, shuffled))
    assert one.verdict is other.verdict
    assert one.counts == other.counts
    assert decide_release([one], results) is decide_release([other], shuffled)


@given(outcomes() | green_outcomes(), narrowings)
def test_go_is_exactly_what_the_contract_says(results: list[CheckResult], narrowed: str) -> None:
    accepted = (Status.PASS, Status.NOT_APPLICABLE)
    allowed = (
        any(result.status is Status.PASS for result in results)
        and all(result.status not in ABSENT for result in results)
        and all(
            result.status in accepted or Flag.WAIVED in result.flags or result.check.severity is Severity.ADVISORY
            for result in results
        )
        and not narrowed
    )
    assert (verdict_of(results, narrowed) is Verdict.GO) is allowed


@given(green_outcomes(), narrowings)
def test_green_results_are_go_unless_the_run_was_narrowed(results: list[CheckResult], narrowed: str) -> None:
    assert verdict_of(results, narrowed) is (Verdict.INCOMPLETE if narrowed else Verdict.GO)


@given(green_outcomes(), severities, st.sampled_from(ABSENT), st.sampled_from([(), (Flag.WAIVED,)]))
def test_a_check_that_was_not_there_is_never_go_whatever_its_severity_and_waiver(
    results: list[CheckResult], severity: Severity, status: Status, flags: tuple[Flag, ...]
) -> None:
    missing = make_result(status, make_check("phase1.missing", severity=severity), flags=flags)
    assert verdict_of([*results, missing]) is not Verdict.GO


@given(outcomes() | green_outcomes())
def test_without_a_pass_there_is_no_go(results: list[CheckResult]) -> None:
    assert verdict_of([result for result in results if result.status is not Status.PASS]) is not Verdict.GO


@given(outcomes())
def test_a_narrowed_phase_is_incomplete_at_best(results: list[CheckResult]) -> None:
    assert verdict_of(results, "--lf").rank == max(verdict_of(results).rank, Verdict.INCOMPLETE.rank)


@given(outcomes())
def test_every_result_is_counted_by_its_raw_status(results: list[CheckResult]) -> None:
    assert decide_phase(PHASE, results).counts == Counter(result.status for result in results)


@given(outcomes())
def test_every_verdict_has_a_reason_and_only_go_has_no_cause_among_those_with_checks(
    results: list[CheckResult],
) -> None:
    decided = decide_phase(PHASE, results)
    assert decided.reason
    if decided.cause is not None:
        assert decided.verdict is not Verdict.GO
        assert any(result.check == decided.cause and weigh(result) is decided.verdict for result in results)


@given(st.data(), st.lists(st.sampled_from(Verdict), min_size=1, max_size=5))
def test_the_release_is_as_good_as_its_worst_phase_in_any_order(data: st.DataObject, verdicts: list[Verdict]) -> None:
    phases = [PhaseResult(phase=PHASE, verdict=verdict) for verdict in verdicts]
    shuffled = data.draw(st.permutations(phases))
    assert decide_release(phases, []) is decide_release(shuffled, [])
    assert decide_release(phases, []) is max(verdicts, key=lambda verdict: verdict.rank)


# -- the table of the contract ---------------------------------------------------------------------------------------

TABLE = [
    ("PASS", "GO"),
    ("NOT_APPLICABLE", "GO"),
    ("PENDING", "HOLD"),
    ("INCONCLUSIVE", "HOLD"),
    ("BLOCKED", "BLOCKED"),
    ("SKIPPED", "INCOMPLETE"),
    ("NOT_RUN", "INCOMPLETE"),
    ("FAIL", "NO-GO"),
    ("ERROR", "NO-GO"),
]


def test_the_table_misses_no_status() -> None:
    assert {status for status, _ in TABLE} == {str(status) for status in Status}


@pytest.mark.parametrize(("status", "verdict"), TABLE)
def test_what_one_blocker_makes_of_a_phase_with_a_pass(status: str, verdict: str) -> None:
    assert weigh(make_result(status)) is Verdict(verdict)
    assert verdict_of([make_result("PASS", "phase1.good"), make_result(status)]) is Verdict(verdict)


@pytest.mark.parametrize(("status", "verdict"), TABLE)
def test_an_advisory_check_stops_nothing_unless_it_was_not_there(status: str, verdict: str) -> None:
    advisory = make_result(status, make_check(severity=Severity.ADVISORY))
    expected = verdict if Status(status) in ABSENT else "GO"
    assert verdict_of([make_result("PASS", "phase1.good"), advisory]) is Verdict(expected)


@pytest.mark.parametrize("status", ["FAIL", "ERROR", "INCONCLUSIVE", "PENDING", "SKIPPED"])
def test_a_waiver_accepts_the_failure_and_leaves_it_visible(status: str) -> None:
    decided = decide_phase(
        PHASE, [make_result("PASS", "phase1.good"), make_result(status, "phase1.bad", flags=(Flag.WAIVED,))]
    )
    assert decided.verdict is Verdict.GO
    assert decided.counts[Status(status)] == 1
    assert decided.reason == "1 passed, 1 waived"


def test_waivers_alone_are_no_evidence() -> None:
    assert verdict_of([make_result("FAIL", flags=(Flag.WAIVED,))]) is Verdict.INCOMPLETE


def test_a_waiver_covers_its_own_check_only() -> None:
    waived = make_result("FAIL", "phase1.a", flags=(Flag.WAIVED,))
    assert verdict_of([make_result("PASS", "phase1.good"), waived, make_result("FAIL", "phase1.b")]) is Verdict.NO_GO


def test_a_phase_without_checks_is_incomplete() -> None:
    decided = decide_phase(PHASE, [])
    assert decided.verdict is Verdict.INCOMPLETE
    assert decided.reason == "it has no checks"


def test_a_phase_in_which_nothing_applied_is_incomplete() -> None:
    decided = decide_phase(PHASE, [make_result("NOT_APPLICABLE", f"phase1.{name}") for name in "ab"])
    assert decided.verdict is Verdict.INCOMPLETE
    assert decided.reason == "no check passed"


def test_a_release_without_phases_is_incomplete() -> None:
    assert decide_release([], []) is Verdict.INCOMPLETE


# -- rollback ----------------------------------------------------------------------------------------------------------


def trigger(status: str, *, severity: Severity = Severity.BLOCKER, flags: tuple[Flag, ...] = ()) -> CheckResult:
    return make_result(status, make_check(rollback=Rollback.IMMEDIATE, severity=severity), flags=flags)


def release_of(result: CheckResult) -> Verdict:
    return decide_release([decide_phase(PHASE, [make_result("PASS", "phase1.good"), result])], [result])


def test_an_immediate_trigger_that_failed_rolls_the_release_back() -> None:
    assert release_of(trigger("FAIL")) is Verdict.ROLLBACK


def test_a_rollback_is_a_releases_verdict_never_a_phases() -> None:
    assert verdict_of([trigger("FAIL")]) is Verdict.NO_GO


def test_a_trigger_that_could_not_be_evaluated_is_no_reason_to_roll_back_and_none_to_go_on() -> None:
    assert release_of(trigger("ERROR")) is Verdict.NO_GO


@pytest.mark.parametrize(("status", "verdict"), [row for row in TABLE if row[0] != "FAIL"])
def test_a_trigger_that_did_not_fail_weighs_like_any_other(status: str, verdict: str) -> None:
    assert release_of(trigger(status)) is Verdict(verdict)


def test_a_planned_trigger_does_not_roll_back() -> None:
    planned = make_result("FAIL", make_check(rollback=Rollback.PLANNED))
    assert release_of(planned) is Verdict.NO_GO


def test_a_waived_or_advisory_trigger_does_not_roll_back() -> None:
    assert release_of(trigger("FAIL", flags=(Flag.WAIVED,))) is Verdict.GO
    assert release_of(trigger("FAIL", severity=Severity.ADVISORY)) is Verdict.GO


# -- reasons -----------------------------------------------------------------------------------------------------------


def test_the_reason_names_the_first_of_the_worst_and_how_many_there_are() -> None:
    decided = decide_phase(
        PHASE,
        [
            make_result("PENDING", "phase1.sign"),
            make_result("FAIL", "phase1.x", reason="9 errors, 7 allowed\nand a long story"),
            make_result("ERROR", "phase1.y", reason="boom"),
        ],
    )
    assert decided.reason == "phase1.x FAIL: 9 errors, 7 allowed (and 1 more)"
    assert decided.cause is not None
    assert decided.cause.id == "phase1.x"


def test_on_several_targets_the_reason_names_the_one() -> None:
    good, bad = (make_result(status, make_check(target=target)) for status, target in (("PASS", "a"), ("FAIL", "b")))
    anywhere = make_result("PASS", "phase1.b")
    assert decide_phase(PHASE, [good, bad, anywhere]).reason == "phase1.a on b FAIL"
    assert decide_phase(PHASE, [bad, anywhere]).reason == "phase1.a FAIL"


def test_a_check_without_a_reason_is_named_all_the_same() -> None:
    assert decide_phase(PHASE, [make_result("SKIPPED", "phase1.x")]).reason == "phase1.x SKIPPED"


def test_a_blocked_phase_says_what_blocked_it() -> None:
    why = "phase1 is NO-GO: phase1.x FAIL"
    blocked = [make_result("BLOCKED", "phase2.a", reason=why), make_result("BLOCKED", "phase2.b", reason=why)]
    assert decide_phase(make_phase("phase2"), blocked).reason == why


def test_the_praise_tells_what_was_lenient() -> None:
    results = [
        make_result("PASS", "phase1.a"),
        make_result("PASS", "phase1.b"),
        make_result("NOT_APPLICABLE", "phase1.c"),
        make_result("FAIL", "phase1.d", flags=(Flag.WAIVED,)),
        make_result("FAIL", make_check("phase1.e", severity=Severity.ADVISORY)),
    ]
    assert decide_phase(PHASE, results).reason == "2 passed, 1 not applicable, 1 waived, 1 advisory not passed"


def test_a_narrowed_phase_says_by_what() -> None:
    decided = decide_phase(PHASE, [make_result("PASS")], narrowed="a node id, --lf")
    assert decided.reason == "the run was narrowed by a node id, --lf"
    assert decided.cause is None


def test_a_failure_is_told_before_the_narrowing() -> None:
    assert decide_phase(PHASE, [make_result("FAIL", "phase1.x")], narrowed="--lf").reason == "phase1.x FAIL"
