"""Approvals at work in a run, by `approving`; who runs the gate is in the tests of the plugin."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from builders import NOON, make_check, make_result
from hypothesis import given
from hypothesis import strategies as st
from vouching import BOB, DAY, HOUR, manual, rejection, signoff, waiver

from pytest_deploycheck.approving import Approver, runner
from pytest_deploycheck.core.model import Approvals, CheckResult, Flag, Policy, Proof, Signoff, Status, Waiver
from pytest_deploycheck.core.verdict import weigh


def make_approver(*entries: Signoff | Waiver, **policy: object) -> Approver:
    approvals = Approvals(
        signoffs=tuple(entry for entry in entries if isinstance(entry, Signoff)),
        waivers=tuple(entry for entry in entries if isinstance(entry, Waiver)),
    )
    return Approver(approvals, Policy(**policy), release="v1.0", clock=lambda: NOON)  # type: ignore[arg-type] # as given


@pytest.mark.parametrize(
    ("told", "entry", "status"),
    [
        ("PASS", signoff(), "PASS"),
        ("PASS", signoff(release="v0"), "PENDING"),
        ("PASS", rejection(), "FAIL"),
        ("PENDING", signoff(), "PENDING"),
        ("PENDING", rejection(), "FAIL"),
        ("FAIL", signoff(), "FAIL"),
        ("ERROR", signoff(), "ERROR"),
        ("SKIPPED", signoff(), "SKIPPED"),
        ("NOT_RUN", signoff(), "NOT_RUN"),
        ("BLOCKED", rejection(), "BLOCKED"),
    ],
)
def test_what_pytest_saw_and_what_people_say_the_worse_holds(told: str, entry: Signoff, status: str) -> None:
    """A sign-off makes no green of what did not run or broke, and pytest none of what is not signed."""
    result = make_approver(entry).settle(make_result(told, manual(), reason="as seen"))

    assert result.status == status
    assert result.signoffs == (
        (entry,) if (told, status) in (("PASS", "PASS"), ("PASS", "FAIL"), ("PENDING", "FAIL")) else ()
    )


def test_a_test_s_result_is_not_signed() -> None:
    result = make_result("FAIL", make_check())

    assert make_approver(signoff()).settle(result) is result


def test_broken_evidence_is_remembered_of_this_run_s_checks_alone() -> None:
    entry = signoff(evidence=(Proof(name="x", sha256="a" * 64),))
    approver = make_approver(entry, proofs={"x": "b" * 64})

    carried = approver.again(make_result("PASS", manual(), signoffs=(entry,)), None)
    assert (carried.status, approver.broken) == (Status.PENDING, set())
    approver.settle(make_result("PENDING", manual()))
    assert approver.broken == {"x"}


def test_a_newer_waiver_stands_in_for_the_one_of_then() -> None:
    then = waiver(expires=NOON)
    result = make_result("FAIL", flags=(Flag.WAIVED, Flag.FLAKY), waiver=then)

    after = make_approver(then, waiver()).again(result, None)

    assert (after.waiver, set(after.flags)) == (waiver(), {Flag.WAIVED, Flag.FLAKY})


@given(
    status=st.sampled_from(Status),
    is_waived=st.booleans(),
    is_manual=st.booleans(),
    entries=st.lists(
        st.sampled_from(
            [
                signoff(),
                signoff(BOB),
                rejection(BOB, age=2 * HOUR),
                waiver(),
                waiver(expires=NOON),
                waiver(release="v0"),
            ]
        )
    ),
)
def test_what_carries_is_never_better_than_it_was(
    status: Status, is_waived: bool, is_manual: bool, entries: list[Signoff | Waiver]
) -> None:
    check = manual() if is_manual else make_check()
    result = make_result(status, check)
    if is_waived:
        result = replace(result, flags=(Flag.WAIVED,), waiver=waiver(expires=NOON + 9 * DAY))

    after = make_approver(*entries).again(result, None)

    assert weigh(after).rank >= weigh(result).rank
    assert isinstance(after, CheckResult)


def test_git_says_who_runs_the_gate_before_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("GITLAB_USER_EMAIL", "lab@example.org")
    monkeypatch.setenv("GITHUB_ACTOR", "hub")
    assert runner(tmp_path) == "lab@example.org"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "config", "user.email", "git@example.org"], check=True)
    assert runner(tmp_path) == "git@example.org"
    monkeypatch.setenv("PATH", "/nowhere")
    assert runner(tmp_path) == "lab@example.org"
    monkeypatch.delenv("GITLAB_USER_EMAIL")
    assert runner(tmp_path) == "hub"
