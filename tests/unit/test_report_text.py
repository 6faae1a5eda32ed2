"""The board as plain lines: phase, verdict, counts, reason; then what to do next, and what is accounted for."""

import pytest
from builders import green_outcomes, make_check, make_phase, make_result, make_run, outcomes
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import CheckResult, Kind, Severity, Verdict
from pytest_deploycheck.report.text import board_lines, next_lines, summary_line, verdict_style

FAILED = make_result(
    "FAIL", make_check("phase1.x", owner="sre", remediation="poetry lock"), reason="broken\nlong story"
)
BLOCKED = make_result("BLOCKED", "later_phase.a", reason="phase1 is NO-GO: phase1.x FAIL: broken")


def test_the_board_is_a_table_of_the_phases() -> None:
    run = make_run([make_result(), FAILED, make_result("NOT_APPLICABLE", "phase1.n"), BLOCKED])
    assert [line for line, _ in board_lines(run)] == [
        "phase        verdict  passed  reason",
        "phase1       NO-GO    2/3     phase1.x FAIL: broken",
        "later_phase  BLOCKED  0/1     phase1 is NO-GO: phase1.x FAIL: broken",
    ]


def test_every_line_comes_with_the_verdict_it_shows() -> None:
    assert [verdict for _, verdict in board_lines(make_run([FAILED, BLOCKED]))] == [None, "NO-GO", "BLOCKED"]


def test_a_phase_that_was_not_selected_stands_in_brackets() -> None:
    phases = [make_phase("phase1", selected=False), make_phase("phase2")]
    run = make_run([make_result("NOT_RUN", "phase1.a"), make_result("PASS", "phase2.a")], phases=phases)
    assert [line.split()[:2] for line, _ in board_lines(run)][1:] == [["phase1", "(INCOMPLETE)"], ["phase2", "GO"]]


@given(st.tuples(outcomes() | green_outcomes(), outcomes("phase2")).map(lambda pair: [*pair[0], *pair[1]]))
def test_the_board_has_one_line_for_each_phase_and_its_columns_are_aligned(results: list[CheckResult]) -> None:
    run = make_run(results, phases=[make_phase("phase1"), make_phase("phase2")])
    head, *rows = [line for line, _ in board_lines(run)]
    place = head.index("verdict")
    assert [row[place:].split()[0] for row in rows] == [str(phase.verdict) for phase in run.phases]
    assert not any("\n" in row for row in rows)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_colour_and_only_go_is_green(verdict: Verdict) -> None:
    style = verdict_style(verdict)
    assert style
    assert ("green" in style) is (verdict is Verdict.GO)


def test_the_next_lines_say_what_to_do_who_does_it_and_how_to_run_it_again() -> None:
    sign = make_result("PENDING", make_check("phase1.sign", kind=Kind.MANUAL, remediation="Call support."))
    assert list(next_lines(make_run([sign, FAILED]))) == [
        "next: phase1.x [sre]: poetry lock",
        "      pytest -m phase1 test_it.py::test_x",
        "next: phase1.sign: Call support.",
        "      deploycheck sign phase1.sign --release v1.0",
    ]


def test_a_go_has_no_next_lines() -> None:
    assert list(next_lines(make_run([make_result()]))) == []


def test_an_advisory_check_is_told_in_one_line() -> None:
    advisory = make_result("FAIL", make_check("phase1.b", severity=Severity.ADVISORY), reason="slow\nlong story")
    assert list(next_lines(make_run([make_result(), advisory]))) == ["advisory: phase1.b FAIL: slow"]


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, "1 more"), (25, "15 more")])
def test_what_does_not_fit_is_counted(count: int, more: str) -> None:
    lines = list(next_lines(make_run([make_result("FAIL", f"phase1.c{number}") for number in range(count)])))
    assert sum(line.startswith("next: ") for line in lines) == 10
    assert [line for line in lines if "more" in line] == ([f"      ... and {more} in the report"] if more else [])


def test_the_last_line_gives_the_verdict_and_accounts_for_every_check() -> None:
    assert summary_line(make_run([make_result(), FAILED])) == "NO-GO  2/2 checks accounted for: 1 PASS, 1 FAIL"


def test_a_selection_that_is_go_does_not_pass_for_the_release() -> None:
    phases = [make_phase("phase1", selected=False), make_phase("phase2")]
    missing = make_result("NOT_RUN", "phase1.a", reason="x")
    run = make_run([missing, make_result("PASS", "phase2.a")], phases=phases)
    assert summary_line(run).startswith("GO (the release: INCOMPLETE)  ")
