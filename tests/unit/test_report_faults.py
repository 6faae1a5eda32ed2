"""What must be red for readers that know tests alone."""

from dataclasses import replace

import pytest
from builders import make_check, make_phase, make_result, make_run

from pytest_deploycheck.core.model import Verdict
from pytest_deploycheck.report.faults import faults


def test_a_run_that_is_go_has_none() -> None:
    assert not list(faults(make_run([make_result()])))


def test_every_selected_phase_that_is_not_go_with_the_checks_behind_it() -> None:
    results = [
        make_result("FAIL", make_check(remediation="mend it"), reason="9 errors"),
        make_result("PASS", "phase1.b"),
        make_result("BLOCKED", "phase2.c"),
    ]
    one, two = faults(make_run(results))

    assert (one.name, one.verdict, one.reason) == ("phase1", Verdict.NO_GO, "phase1.a FAIL: 9 errors")
    assert one.details == "phase1.a FAIL: 9 errors (next: mend it)"
    assert (two.name, two.verdict) == ("phase2", Verdict.BLOCKED)


def test_phases_that_were_not_asked_for_are_none() -> None:
    run = make_run([make_result("PASS", "phase2.x")], phases=[make_phase(selected=False), make_phase("phase2")])

    assert not list(faults(run))


def test_evidence_that_was_changed_is_told_beside_the_phase_that_waits() -> None:
    found = list(faults(replace(make_run([make_result("PENDING")]), exit_code=14)))

    assert [fault.name for fault in found] == ["phase1", "run"]
    assert found[1].reason == "exit code 14, a record or evidence does not verify"


@pytest.mark.parametrize(("code", "meaning"), [(3, "an internal error"), (77, "another plugin's")])
def test_an_exit_code_that_no_phase_tells_of_is_the_runs_own(code: int, meaning: str) -> None:
    [fault] = faults(replace(make_run([make_result()]), exit_code=code))

    assert (fault.name, fault.reason) == ("run", f"exit code {code}, {meaning}")
