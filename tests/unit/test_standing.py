"""What each entry was worth in a run, and what a result that rests on some is worth later, by `core.standing`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from builders import NOON, make_check, make_result, make_run
from hypothesis import given
from hypothesis import strategies as st
from vouching import BOB, DAY, HOUR, context, manual, rejection, signoff, waiver

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.clearance import clear_phase, clear_release
from pytest_deploycheck.core.model import (
    Approvals,
    CheckResult,
    ExitCode,
    Flag,
    Kind,
    Phase,
    Policy,
    Proof,
    Rollback,
    Run,
    Severity,
    Signoff,
    Status,
    Verdict,
    Waiver,
)
from pytest_deploycheck.core.standing import (
    Standing,
    Worth,
    broken_evidence,
    declared_as,
    judge_by,
    lapsed,
    standing,
    standing_of,
)
from pytest_deploycheck.core.verdict import weigh


def stand(entry: Signoff | Waiver, *results: CheckResult) -> Standing:
    signoffs = (entry,) if isinstance(entry, Signoff) else ()
    waivers = (entry,) if isinstance(entry, Waiver) else ()
    (found,) = standing_of(Approvals(signoffs=signoffs, waivers=waivers), results, context())
    assert found.entry == entry
    return found


def test_an_entry_that_counted() -> None:
    entry = signoff(source="file:3")
    found = stand(entry, make_result("PASS", manual(valid=DAY), signoffs=(replace(entry, source="file:9"),)))

    assert (found.worth, found.why, found.expires) == (Worth.COUNTED, "", NOON + 23 * HOUR)
    assert found.expires_soon
    over = waiver(expires=NOON + 8 * DAY)
    found = stand(over, make_result("FAIL", flags=(Flag.WAIVED,), waiver=over))
    assert (found.worth, found.expires_soon) == (Worth.COUNTED, False)
    assert stand(waiver(), make_result("FAIL", flags=(Flag.WAIVED,), waiver=waiver())).expires_soon


def test_entries_that_did_not_count() -> None:
    refused = stand(signoff(release="v0.9"), make_result("PENDING", manual()))
    automated = stand(signoff(), make_result("PASS", make_check()))
    expired = stand(waiver(expires=NOON), make_result("FAIL"))

    assert [found.worth for found in (refused, automated, expired)] == [Worth.REFUSED] * 3
    assert "for release v0.9" in refused.why
    assert "a test judges it by now" in automated.why
    assert "it expired" in expired.why


def test_entries_that_nobody_needed() -> None:
    assert stand(signoff()).worth is Worth.UNUSED
    assert stand(signoff(), make_result("BLOCKED", manual())).worth is Worth.UNUSED
    assert stand(waiver(), make_result("NOT_RUN")).worth is Worth.UNUSED
    assert stand(waiver(), make_result("FAIL", make_check(severity=Severity.ADVISORY))).worth is Worth.UNUSED


def test_a_waiver_of_a_pass_can_be_removed_also_when_it_expired() -> None:
    assert stand(waiver(), make_result("PASS")).worth is Worth.REMOVABLE
    assert stand(waiver(expires=NOON), make_result("NOT_APPLICABLE")).worth is Worth.REMOVABLE


def test_the_standing_of_a_run_is_that_of_its_end() -> None:
    entries = Approvals(signoffs=(signoff(expires=NOON + timedelta(seconds=60)),))
    run = replace(make_run([make_result("PENDING", manual())]), approvals=entries, policy=Policy(four_eyes=True))

    (found,) = standing(run)

    assert run.finished == NOON + timedelta(seconds=90)
    assert (found.worth, found.why) == (
        Worth.REFUSED,
        "signed 61 min ago by anna@example.org, valid until 2026-01-02 12:01 UTC",
    )


def test_evidence_that_broke_is_named_where_a_sign_off_hangs_on_it() -> None:
    proof = Proof(name="x", sha256="a" * 64)
    of_another = signoff(release="v0", evidence=(Proof(name="y", sha256="a" * 64),))
    entries = Approvals(signoffs=(signoff(evidence=(proof,)), of_another))

    def broken(digest: str | None) -> tuple[str, ...]:
        run = make_run([make_result("PENDING", manual())])
        return broken_evidence(replace(run, approvals=entries, policy=Policy(proofs={"x": digest, "y": None})))

    assert [broken("a" * 64), broken("b" * 64), broken(None)] == [(), ("x",), ("x",)]
    assert broken_evidence(make_run([make_result()])) == ()


# -- later -------------------------------------------------------------------------------------------------------------


def test_a_waiver_stands_until_its_end() -> None:
    result = make_result("FAIL", reason="broken", flags=(Flag.FLAKY, Flag.WAIVED), waiver=waiver(release="v7"))

    after = lapsed(result, now=NOON + DAY)

    assert lapsed(result, now=NOON + DAY - timedelta(seconds=1)) is result
    assert (after.status, after.flags, after.waiver) == (Status.FAIL, (Flag.FLAKY,), None)
    assert after.reason == "broken; the waiver of bob@example.org does not count: it expired on 2026-01-03 12:00 UTC"


def test_a_signed_line_passes_as_long_as_enough_sign_offs_stand() -> None:
    check = manual(valid=DAY, signers=2)
    proof = Proof(name="x", sha256="a" * 64)
    signed = (signoff(evidence=(proof,)), signoff(BOB, age=2 * HOUR))
    result = make_result("PASS", check, signoffs=signed)

    after = lapsed(result, now=NOON + 22 * HOUR)

    assert lapsed(result, now=NOON + 21 * HOUR) is result
    assert (after.status, after.signoffs) == (Status.PENDING, ())
    assert after.reason.startswith(
        "1 of 2 signatures (anna@example.org); signed 24 h ago by bob@example.org, valid 24 h"
    )


@pytest.mark.parametrize("result", [make_result("PASS"), make_result("FAIL", manual(), signoffs=(rejection(),))])
def test_what_rests_on_no_approval_does_not_lapse(result: CheckResult) -> None:
    assert lapsed(result, now=NOON + 999 * DAY) is result


def signed_run() -> Run:
    phase = Phase(marker="phase1", title="Build")
    return make_run([make_result("PASS", manual(valid=DAY), signoffs=(signoff(),))], phases=[phase])


def test_a_phase_carries_as_its_results_count_by_then() -> None:
    later = NOON + 30 * HOUR
    found = clear_phase([signed_run()], "phase1", judge=partial(lapsed, now=later))
    kept = clear_phase([signed_run()], "phase1", judge=partial(lapsed, now=NOON))

    assert kept is not None
    assert (kept.verdict, kept.run) == (Verdict.GO, signed_run())
    assert found is not None
    assert found.verdict is Verdict.HOLD
    assert found.phase.reason == "phase1.a PENDING: signed 31 h ago by anna@example.org, valid 24 h"
    assert [row.status for row in found.run.checks] == [Status.PENDING]


def test_a_release_is_not_go_by_a_word_that_has_ended() -> None:
    def verdict(hours: int) -> Verdict:
        now = NOON + hours * HOUR
        return clear_release([signed_run()], required=None, now=now, max_age=9 * DAY).verdict

    assert [verdict(22), verdict(23)] == [Verdict.GO, Verdict.HOLD]


@pytest.mark.parametrize(
    ("entries", "verdict"), [((), "HOLD"), ((signoff(),), "GO"), ((signoff(), rejection(BOB)), "NO-GO")]
)
def test_a_release_stands_by_the_approvals_of_now_where_they_are_there(
    entries: tuple[Signoff, ...], verdict: str
) -> None:
    judge = judge_by(Approvals(signoffs=entries), context())

    found = clear_release([signed_run()], required=None, now=NOON, max_age=DAY, judge=judge)

    assert found.verdict == verdict


def test_a_line_that_a_newer_run_knows_as_a_tests_is_not_go_by_a_word() -> None:
    """Also where that run did not get to it."""
    newer = make_run([make_result("BLOCKED", make_check(title="Backups are there"))], run_id="newer", closed=False)

    found = clear_release([newer, signed_run()], required=None, now=NOON, max_age=DAY)

    assert found.verdict is Verdict.INCOMPLETE
    judged = declared_as(make_result("PASS", manual(), signoffs=(signoff(),)), make_check())
    assert (judged.status, judged.signoffs, judged.check) == (Status.NOT_RUN, (), make_check())


def test_what_was_stricter_when_it_was_judged_stays_so() -> None:
    before = make_result("FAIL", make_check(rollback=Rollback.IMMEDIATE))

    after = declared_as(before, make_check(severity=Severity.ADVISORY, title="new", kind=Kind.MANUAL))

    assert (after.check.severity, after.check.rollback, after.check.title) == ("blocker", "immediate", "new")
    assert after.status is Status.FAIL


def test_a_run_whose_evidence_did_not_verify_is_invalid_for_whoever_asks_later() -> None:
    run = replace(signed_run(), exit_code=ExitCode.INVALID)

    found = clear_release([run], required=None, now=NOON, max_age=DAY)
    carried = clear_phase([run], "phase1")

    assert (found.verdict, found.exit_code) == (Verdict.INCOMPLETE, ExitCode.INVALID)
    assert carried is not None
    assert carried.verdict is Verdict.INCOMPLETE
    assert "is not what was signed" in carried.phase.reason


def test_a_trigger_whose_waiver_has_ended_rolls_back() -> None:
    check = make_check(rollback="immediate")
    run = make_run([make_result("PASS", "phase1.b"), make_result("FAIL", check, flags=(Flag.WAIVED,), waiver=waiver())])

    def verdict(hours: int) -> Verdict:
        return clear_release([run], required=None, now=NOON + hours * HOUR, max_age=9 * DAY).verdict

    assert [verdict(23), verdict(24)] == [Verdict.GO, Verdict.ROLLBACK]


@given(
    status=st.sampled_from(Status),
    hours=st.integers(-2, 60),
    is_waived=st.booleans(),
    signers=st.integers(1, 2),
    valid=st.sampled_from([None, DAY]),
)
def test_time_never_improves_a_result(
    status: Status, hours: int, is_waived: bool, signers: int, valid: timedelta | None
) -> None:
    result = make_result(
        status,
        manual(signers=signers, valid=valid),
        signoffs=(signoff(), signoff(BOB)),
        flags=(Flag.WAIVED,) if is_waived else (),
        waiver=waiver() if is_waived else None,
    )

    after = lapsed(result, now=NOON + hours * HOUR)

    assert weigh(after).rank >= weigh(result).rank
    assert wire.result_from_wire(wire.result_to_wire(after), {after.check.key: after.check}) == after
