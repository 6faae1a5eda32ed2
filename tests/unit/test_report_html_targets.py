"""On several targets every check says where it ran, wherever it is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders import make_check, make_result, make_run
from test_report_html import parse, section, tables, text

from pytest_deploycheck.core.model import CheckResult, Kind, Measurement, Rollback, Run, Severity

BOTH = ["ssh=one", "ssh=two"]


def seen_on(target: str, status: str = "PASS", value: float = 61.0) -> CheckResult:
    check = make_check("phase1.certificate", target=target, rollback=Rollback.IMMEDIATE)
    days = Measurement(name="days left", value=value, unit="d", min=30.0, samples=(value, value + 1))
    return make_result(status, check, measurements=(days,), reason="" if status == "PASS" else "12 days")


def run_on_both(second: CheckResult) -> Run:
    signed = make_result("PASS", make_check("phase1.log", kind=Kind.MANUAL, nodeid=""), duration_s=0.001)
    return make_run([seen_on("ssh=one"), second, signed], targets=BOTH)


def test_the_rows_of_the_phase_name_the_target_and_those_of_people_none() -> None:
    (rows,) = tables(section(parse(run_on_both(seen_on("ssh=two"))), "phase-phase1"))
    assert [row[0] for row in rows[1:]] == [
        "Title of phase1.certificatephase1.certificate on ssh=one",
        "Title of phase1.certificatephase1.certificate on ssh=two",
        "Title of phase1.logphase1.log",
    ]
    # Nobody ran what a person judges.
    assert [row[2] for row in rows[1:]] == ["0.250", "0.250", ""]


def test_measurements_and_charts_name_the_target() -> None:
    part = section(parse(run_on_both(seen_on("ssh=two"))), "measurements")
    assert [row[0] for row in tables(part)[0][1:]] == [f"phase1.certificate on {target}" for target in BOTH]
    assert [text(caption).partition(": days")[0] for caption in part.iter("figcaption")] == [
        f"phase1.certificate on {target}" for target in BOTH
    ]


def test_changes_name_the_target() -> None:
    before, now = run_on_both(seen_on("ssh=two")), run_on_both(seen_on("ssh=two", "FAIL", 12.0))
    before = replace(before, started=before.started - timedelta(hours=1), run_id="20260101T000000.000000Z-000000")
    (rows,) = tables(section(parse(now, history=[before]), "changes"))
    assert ["phase1.certificate on ssh=two", "newly failing", "was PASS, is FAIL: 12 days"] in rows


def test_the_answer_names_the_target_on_which_a_trigger_fired() -> None:
    page = parse(run_on_both(seen_on("ssh=two", "FAIL", 12.0)))
    assert "The trigger phase1.certificate on ssh=two fired: 12 days." in text(page)


def test_the_board_the_steps_and_the_advisories_name_the_target() -> None:
    lenient = make_check("phase1.docs", target="ssh=one", severity=Severity.ADVISORY)
    run = run_on_both(seen_on("ssh=two", "ERROR"))
    page = parse(make_run([*run.checks, make_result("FAIL", lenient)], targets=BOTH))
    (board,) = tables(section(page, "board"))
    assert board[1][-1] == "phase1.certificate on ssh=two ERROR: 12 days"
    step, advisory = (text(item) for item in section(page, "next").iter("li"))
    assert step.startswith("phase1.certificate on ssh=two (NO-GO)")
    assert advisory.startswith("phase1.docs on ssh=one FAIL")


def test_each_target_has_its_verdict() -> None:
    page = parse(run_on_both(seen_on("ssh=two", "ERROR")))
    (rows,) = tables(section(page, "targets"))
    assert rows[1:] == [
        ["phase1", "ssh=one", "GO", "2 passed"],
        ["phase1", "ssh=two", "NO-GO", "phase1.certificate ERROR: 12 days"],
    ]


def test_on_one_target_nothing_names_it() -> None:
    page = parse(make_run([seen_on("ssh=one")], targets=BOTH[:1]))
    assert "on ssh=one" not in text(page)
