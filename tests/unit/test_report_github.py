"""GitHub's workflow commands."""

import re

import pytest
from builders import make_check, make_result, make_run
from hostile import hostile_runs
from hypothesis import given

from pytest_deploycheck.core.model import Run, Severity
from pytest_deploycheck.report.github import MOST, render

COMMAND = re.compile(r"::(error|warning) ((?:file=[^:,\n]+,line=[0-9]+,)?title=[^:,\n]*)::([^\n]*)")


def test_the_phase_and_its_check_stand_at_the_line_of_the_checklist() -> None:
    check = make_check(source="checks/list.md:12", title="Core, all: 100%", remediation="mend\nit")

    assert render(make_run([make_result("FAIL", check, reason="9 errors")])).splitlines() == [
        "::error title=phase1 is NO-GO::phase1.a FAIL: 9 errors",
        "::error file=checks/list.md,line=12,title=phase1.a FAIL%3A Core%2C all%3A 100%25::9 errors%0ANext: mend%0Ait",
    ]


def test_a_run_that_is_go_says_nothing() -> None:
    assert not render(
        make_run([make_result(), make_result("FAIL", make_check("phase1.x", severity=Severity.ADVISORY))])
    )


@pytest.mark.parametrize(
    ("status", "kind"), [("FAIL", "error"), ("ERROR", "error"), ("PENDING", "warning"), ("SKIPPED", "warning")]
)
def test_what_is_no_failure_is_a_warning(status: str, kind: str) -> None:
    assert re.findall("^::([a-z]+)", render(make_run([make_result(status)])), re.MULTILINE) == [kind, kind]


def test_ten_at_most_worst_first_and_the_last_counts_the_rest() -> None:
    """GitHub drops the eleventh without a word."""
    results = [make_result("PENDING", f"phase1.p{n}") for n in range(30)] + [
        make_result("FAIL", f"phase1.f{n}") for n in range(5)
    ]
    lines = render(make_run(results)).splitlines()

    assert len(lines) == MOST == 10
    assert [line for line in lines if "title=phase1.f" in line] == lines[1:6]
    assert lines[-1].endswith("::27 more are in the report")


def test_blocked_checks_are_told_with_their_phase() -> None:
    lines = render(
        make_run([make_result("FAIL"), *(make_result("BLOCKED", f"phase2.b{n}") for n in range(20))])
    ).splitlines()

    assert [line.partition("title=")[2].partition(":")[0] for line in lines] == [
        "phase1 is NO-GO",
        "phase2 is BLOCKED",
        "phase1.a FAIL%3A Title of phase1.a",
    ]


def test_a_run_that_died_is_an_error_line_or_a_warning() -> None:
    assert "INCOMPLETE" in render(make_run([make_result()], closed=False))


@given(hostile_runs())
def test_no_text_makes_a_command_of_its_own(run: Run) -> None:
    """Every line is one of ours, whole."""
    text = render(run)

    text.encode("utf-8")
    assert all(COMMAND.fullmatch(line) for line in text.split("\n")[:-1])
    assert text.count("\n") <= MOST
    assert bool(text) == (run.exit_code != 0)
