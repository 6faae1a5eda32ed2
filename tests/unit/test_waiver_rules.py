"""What waivers are worth, by `core.approvals.waive`."""

from __future__ import annotations

from typing import Any

import pytest
from builders import NOON, make_check, make_result
from hypothesis import given
from hypothesis import strategies as st
from vouching import ANNA, BOB, DAY, HOUR, context, manual, rejection, waiver

from pytest_deploycheck.core.approvals import Context, waive
from pytest_deploycheck.core.model import Approvals, Check, CheckResult, Flag, Kind, Policy, Status, Verdict, Waiver
from pytest_deploycheck.core.verdict import weigh

SIGNERS = {"ops": (ANNA,), "qa": (BOB,)}


def waived(result: CheckResult, *waivers: Waiver, **policy: Any) -> CheckResult:
    return waive(result, Approvals(waivers=waivers), context(**policy))


def test_a_waiver_stands_over_the_status() -> None:
    before = make_result("FAIL", reason="no backup")

    after = waived(before, waiver())

    assert (after.status, after.reason, after.flags, after.waiver) == ("FAIL", "no backup", (Flag.WAIVED,), waiver())
    assert weigh(after) is Verdict.GO


UNWAIVED: dict[str, tuple[Waiver, dict[str, Any], str]] = {
    "expired": (waiver(expires=NOON), {}, "it expired on 2026-01-02 12:00 UTC"),
    "of another release": (waiver(release="v0.9"), {}, "it is for release v0.9, this is v1.0"),
    "from the future": (waiver(at=NOON + HOUR), {}, "yet to come"),
    "not waivable": (waiver(), {"waivable": False}, "may not be waived"),
}


@pytest.mark.parametrize("told", UNWAIVED)
def test_a_waiver_that_does_not_count_says_why(told: str) -> None:
    entry, changes, reason = UNWAIVED[told]

    after = waived(make_result("FAIL", make_check(**changes), reason="no backup"), entry)

    assert not after.waived
    assert after.reason.startswith("no backup; the waiver of bob@example.org does not count: ")
    assert reason in after.reason


def test_the_waiver_of_the_one_who_runs_the_gate_does_not_count() -> None:
    result = make_result("FAIL")

    assert not waived(result, waiver(by="Bob <BOB@example.org>"), four_eyes=True, runner=BOB).waived
    assert not waived(result, waiver(), four_eyes=True).waived
    assert waived(result, waiver(), four_eyes=True, runner=ANNA).waived


def test_who_may_not_sign_a_manual_check_cannot_waive_it() -> None:
    result = make_result("PENDING", manual(owner="ops"))

    assert not waived(result, waiver(), signers=SIGNERS).waived
    assert waived(result, waiver(by=ANNA), signers=SIGNERS).waived


@pytest.mark.parametrize("status", ["NOT_RUN", "BLOCKED", "PASS", "NOT_APPLICABLE"])
def test_what_was_not_there_and_what_passed_is_never_waived(status: str) -> None:
    before = make_result(status)

    assert waived(before, waiver()) is before


def test_a_waiver_of_before_a_rejection_does_not_cover_it() -> None:
    rejected = make_result("FAIL", manual(), reason="rejected", signoffs=(rejection(ANNA),))

    early, late = waived(rejected, waiver()), waived(rejected, waiver(at=NOON))

    assert (early.waived, late.waived) == (False, True)
    assert early.reason.endswith("the waiver of bob@example.org does not count: anna@example.org rejected it since")


def test_a_waiver_of_another_check_changes_nothing() -> None:
    before = make_result("FAIL", "phase1.a[slow]")

    assert waived(before, waiver()) is before


def test_the_waiver_that_lasts_longest_is_shown() -> None:
    longest = waiver(expires=NOON + 9 * DAY)

    assert waived(make_result("FAIL"), waiver(expires=NOON), longest, waiver()).waiver == longest


_people = st.sampled_from([ANNA, BOB, "Anna <ANNA@example.org>", "anna", "carl@example.org"])
_policies = st.builds(
    Policy,
    four_eyes=st.booleans(),
    runner=st.sampled_from(["", "anna", BOB]),
    signers=st.sampled_from([{}, {}, SIGNERS]),
    proofs=st.just({"x": "a" * 64}),
)
_waivers = st.builds(
    waiver,
    by=_people,
    at=st.sampled_from([NOON - DAY, NOON + HOUR]),
    expires=st.sampled_from([NOON - HOUR, NOON, NOON + DAY]),
    release=st.sampled_from(["", "v1.0", "v0.9"]),
)


@given(
    status=st.sampled_from(Status),
    check=st.builds(make_check, waivable=st.booleans(), owner=st.sampled_from(["", "ops"]), kind=st.sampled_from(Kind)),
    entries=st.lists(_waivers, max_size=4),
    policy=_policies,
)
def test_only_a_waiver_that_counts_changes_the_weight(
    status: Status, check: Check, entries: list[Waiver], policy: Policy
) -> None:
    result = make_result(status, check)
    here = Context(now=NOON, release="v1.0", policy=policy)

    after = waive(result, Approvals(waivers=tuple(entries)), here)

    assert after.status is status
    assert after.waived == (after.waiver is not None)
    if after.waived:
        assert check.waivable
        assert status not in (Status.NOT_RUN, Status.BLOCKED)
        assert after.waiver is not None
        assert after.waiver.at <= NOON < after.waiver.expires
        assert after.waiver.release in ("", "v1.0")
    else:
        assert weigh(after) is weigh(result)
