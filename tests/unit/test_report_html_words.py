"""The words of the HTML report's first screen: may we ship, why not, who must act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, green_outcomes, make_check, make_phase, make_result, make_run, outcomes
from hypothesis import given
from test_report_html import parse, text

from pytest_deploycheck.core.model import (
    Approvals,
    CheckResult,
    Flag,
    Kind,
    Policy,
    Proof,
    Rollback,
    Run,
    Severity,
    Signoff,
    Verdict,
)
from pytest_deploycheck.report.html import words


def answer(run: Run) -> str:
    return next(text(part) for part in parse(run).iter("p") if text(part).startswith("May we ship?"))


@pytest.mark.parametrize("status", ["FAIL", "ERROR", "PENDING", "INCONCLUSIVE", "SKIPPED", "NOT_RUN", "BLOCKED"])
def test_only_a_go_gets_a_yes(status: str) -> None:
    good = make_result("PASS", "phase1.a")
    assert answer(make_run([good])) == "May we ship? Yes. The only phase is GO."
    assert answer(make_run([good], closed=False)).startswith("May we ship? No")
    assert answer(make_run([good, make_result(status, "phase2.a")])).startswith(
        ("May we ship? No. ", "May we ship? Not")
    )


def test_the_worst_phase_is_told_with_its_reason_and_the_rest_counted() -> None:
    results = [
        make_result("PENDING", "phase1.a"),
        make_result("FAIL", "phase2.a", reason="9 errors\nand more lines"),
        make_result("FAIL", "phase3.a"),
    ]
    said = "May we ship? No. phase2 is NO-GO: phase2.a FAIL: 9 errors. 2 more phases are not GO."
    assert answer(make_run(results)) == said


def test_what_is_still_to_be_decided_is_told_after_what_was() -> None:
    phases = [make_phase(f"phase{number}", selected=number < 4) for number in range(1, 6)]
    run = make_run([make_result("PASS", f"phase{number}.a") for number in range(1, 4)], phases=phases)
    said = "May we ship? Not yet. phase1 to phase3 are GO, but phase4, phase5 are still to be decided."
    assert answer(run) == said


def test_a_phase_that_nobody_looked_at_does_not_stand_before_one_that_waits() -> None:
    phases = [make_phase("phase1"), make_phase("phase2", selected=False)]
    run = make_run([make_result("PENDING", "phase1.a"), make_result("NOT_RUN", "phase2.a")], phases=phases)
    assert answer(run) == "May we ship? Not yet. phase1 is HOLD: phase1.a PENDING. 1 more phase is not GO."


def test_a_run_that_was_broken_off_is_told_as_that() -> None:
    run = make_run([make_result("PASS")])
    said = answer(replace(run, verdict=Verdict.INCOMPLETE, exit_code=2))
    assert said.startswith("May we ship? Not yet. The run was broken off (exit status 2)")


def test_a_fired_trigger_is_named() -> None:
    check = make_check("phase1.errors", rollback=Rollback.IMMEDIATE)
    run = make_run([make_result("FAIL", check, reason="3 % of answers fail")])
    assert answer(run) == "May we ship? No: roll back. The trigger phase1.errors fired: 3 % of answers fail."


def test_an_advisory_trigger_does_not_stand_for_the_one_that_fired() -> None:
    advisory = make_check("phase1.a", rollback=Rollback.IMMEDIATE, severity=Severity.ADVISORY)
    fired = make_check("phase1.b", rollback=Rollback.IMMEDIATE)
    assert "The trigger phase1.b fired." in answer(
        make_run([make_result("FAIL", advisory), make_result("FAIL", fired)])
    )


def test_an_accepted_trigger_does_not_stand_for_the_one_that_fired() -> None:
    triggers = [make_check(f"phase1.{name}", rollback=Rollback.IMMEDIATE) for name in ("a", "b")]
    results = [make_result("FAIL", triggers[0], flags=(Flag.WAIVED,)), make_result("FAIL", triggers[1])]
    assert "The trigger phase1.b fired." in answer(make_run(results))


def test_accepted_failures_do_not_hide_behind_the_yes() -> None:
    results = [make_result("PASS", "phase1.a"), make_result("FAIL", "phase1.b", flags=(Flag.WAIVED,))]
    assert answer(make_run(results)) == "May we ship? Yes. The only phase is GO; 1 failed and was accepted by a waiver."


def test_an_advisory_that_did_not_pass_is_told_beside_the_yes() -> None:
    """Otherwise the count of failures would contradict it."""
    advisory = make_result("FAIL", make_check("phase1.b", severity=Severity.ADVISORY))
    said = "May we ship? Yes. The only phase is GO; 1 that is only advisory did not pass."
    assert answer(make_run([make_result(), advisory])) == said


def test_who_must_act_is_counted_by_owner() -> None:
    results = [
        make_result("FAIL", make_check("phase1.a", owner="sre")),
        make_result("FAIL", make_check("phase1.b")),
        make_result("PENDING", make_check("phase1.c", owner="sre")),
    ]
    assert "Who must act? sre (2), no owner named (1)" in text(parse(make_run(results)).find(".//header"))


def test_of_very_many_owners_some_are_counted() -> None:
    results = [make_result("FAIL", make_check(f"phase1.c{number}", owner=f"team {number}")) for number in range(30)]
    assert "team 11 (1), 18 more" in text(parse(make_run(results)).find(".//header"))


def test_what_was_under_way_when_the_run_died_is_named() -> None:
    run = replace(make_run([make_result("PASS")], closed=False), in_flight=(make_check("phase1.slow"),))
    assert "It had begun and not ended: phase1.slow" in text(parse(run).find(".//header"))


@given(outcomes() | green_outcomes())
def test_a_yes_is_a_go_and_a_go_is_a_yes(results: list[CheckResult]) -> None:
    run = make_run(results, phases=[make_phase()])
    assert words.answer(run).startswith("Yes. ") == (run.verdict is Verdict.GO)


def test_what_is_not_what_was_signed_is_told_at_the_top() -> None:
    check = make_check("phase1.a", kind=Kind.MANUAL, nodeid="")
    proof = Proof(name="shots/x.png", sha256="ab" * 32)
    signoff = Signoff(check="phase1.a", by="Ann", at=NOON - timedelta(hours=1), release="v1.0", evidence=(proof,))
    run = make_run([make_result("PENDING", check)])
    told = replace(
        run, approvals=Approvals(path="x.toml", signoffs=(signoff,)), policy=Policy(proofs={"shots/x.png": "cd" * 32})
    )
    assert "Invalid: not what was signed: shots/x.png" in text(parse(told).find(".//header"))
    same = replace(told, policy=Policy(proofs={"shots/x.png": "ab" * 32}))
    assert "Invalid" not in text(parse(same).find(".//header"))
