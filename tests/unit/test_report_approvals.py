"""The lines on waivers under the board, by `report.approvals`."""

from __future__ import annotations

from dataclasses import replace

from builders import NOON, make_result, make_run
from vouching import DAY, manual, signoff, waiver

from pytest_deploycheck.core.model import Approvals, CheckResult, Flag, Signoff, Waiver
from pytest_deploycheck.report.approvals import approval_lines


def lines(result: CheckResult, *waivers: Waiver, signoffs: tuple[Signoff, ...] = ()) -> list[str]:
    run = make_run([make_result("PASS", "phase1.b"), result])
    return list(approval_lines(replace(run, approvals=Approvals(waivers=waivers, signoffs=signoffs))))


def test_a_waiver_is_told_with_its_end() -> None:
    over = waiver(reason="known\nfor long", ticket="OPS-7", expires=NOON + 9 * DAY)
    result = make_result("FAIL", flags=(Flag.WAIVED,), waiver=over)

    assert lines(result, over) == [
        "waived: phase1.a by bob@example.org until 2026-01-11 12:00 UTC: known for long (OPS-7)"
    ]
    soon = replace(over, expires=NOON + DAY)
    assert lines(replace(result, waiver=soon), soon) == [
        "waived: phase1.a by bob@example.org until 2026-01-03 12:00 UTC, which is soon: known for long (OPS-7)"
    ]


def test_waivers_to_look_at_are_notes() -> None:
    expired = waiver(expires=NOON, source="file:3")

    assert lines(make_result("FAIL"), expired) == [
        "note: file:3: phase1.a: the waiver of bob@example.org does not count: it expired on 2026-01-02 12:00 UTC"
    ]
    assert lines(make_result("PASS"), expired) == ["note: file:3: phase1.a: it is PASS, and nothing is left to waive"]


def test_sign_offs_and_unused_waivers_have_no_line() -> None:
    assert lines(make_result("PENDING", manual()), signoffs=(signoff(release="v0"),)) == []
    assert lines(make_result("NOT_RUN"), waiver()) == []


def test_many_are_cut() -> None:
    told = lines(make_result("PASS"), *[waiver() for _ in range(12)])

    assert len(told) == 11
    assert told[-1] == "... and 2 more in the report"
