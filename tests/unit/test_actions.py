"""What to do next: one action for each thing between the release and GO, worst first."""

from __future__ import annotations

import shlex

import pytest
from builders import (
    carried_event,
    decided_event,
    ending,
    finished_event,
    green_outcomes,
    make_check,
    make_events,
    make_phase,
    make_result,
    make_run,
    outcomes,
    start_event,
)
from hypothesis import strategies as st

from pytest_deploycheck.core.actions import accounted, advisories, next_actions
from pytest_deploycheck.core.model import Flag, Kind, Rollback, Severity, Status, Verdict
from pytest_deploycheck.core.run import fold

even = st.sampled_from(Status)
two_phases = st.tuples(
    outcomes(statuses=even, max_size=3) | green_outcomes(),
    outcomes("phase2", statuses=even, max_size=3) | green_outcomes("phase2"),
).map(lambda pair: [*pair[0], *pair[1]])
PHASES = [make_phase("phase1"), make_phase("phase2")]


def test_a_release_that_is_go_has_nothing_left_to_do() -> None:
    assert next_actions(make_run([make_result(), make_result("NOT_APPLICABLE", "phase1.b")])) == ()


def test_an_action_says_who_does_what_and_how_to_run_just_that() -> None:
    check = make_check("phase1.x", remediation="poetry lock", owner="release engineer")
    (action,) = next_actions(make_run([make_result("FAIL", check)]))
    assert (action.subject, action.what, action.owner) == ("phase1.x", "poetry lock", "release engineer")
    assert action.verdict is Verdict.NO_GO
    assert action.command == "pytest -m phase1 test_it.py::test_x"


def test_actions_come_worst_first_and_in_checklist_order_within() -> None:
    run = make_run(
        [
            make_result("PENDING", "phase1.sign"),
            make_result("FAIL", "phase1.x"),
            make_result("SKIPPED", "phase1.s"),
            make_result("ERROR", "phase1.y"),
            make_result("INCONCLUSIVE", "phase1.i"),
        ]
    )
    assert [action.subject for action in next_actions(run)] == [
        "phase1.x",
        "phase1.y",
        "phase1.s",
        "phase1.sign",
        "phase1.i",
    ]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("PENDING", "a person must"),
        ("SKIPPED", "a skip is no evidence"),
        ("INCONCLUSIVE", "more data"),
        ("FAIL", "mend what the reason names"),
        ("ERROR", "mend what the reason names"),
    ],
)
def test_a_check_without_a_remediation_has_advice_that_fits_its_end(status: str, advice: str) -> None:
    (action,) = next_actions(make_run([make_result(status)]))
    assert advice in action.what


def test_a_manual_check_is_signed_for_the_release_of_the_run() -> None:
    waits = make_result("PENDING", make_check("phase1.a b", kind=Kind.MANUAL), reason="it waits for a person's word")
    options = "--deploycheck-record=x '--deploycheck-approvals=my file.toml'"

    (plain,) = next_actions(make_run([waits], release="v 2"))
    (given,) = next_actions(make_run([waits], environment={"options": options}))
    (odd,) = next_actions(make_run([waits], environment={"options": "'cut"}))

    assert shlex.split(plain.command) == ["deploycheck", "sign", "phase1.a b", "--release", "v 2"]
    assert shlex.split(given.command)[-2:] == ["--approvals", "my file.toml"]
    assert "--approvals" not in odd.command
    assert plain.what == "a person must look at this and confirm it; it holds the phase until then"


def test_a_sign_off_that_does_not_count_is_told_with_what_to_do() -> None:
    check = make_check(kind=Kind.MANUAL, remediation="Call support.")
    (action,) = next_actions(make_run([make_result("PENDING", check, reason="signed 3 days ago by a, valid 24 h")]))
    (rejected,) = next_actions(make_run([make_result("FAIL", make_check(kind=Kind.MANUAL), reason="rejected by a")]))

    assert action.what == "Call support. (signed 3 days ago by a, valid 24 h)"
    assert rejected.what == "mend what was rejected; it stands until the same person accepts (rejected by a)"


def test_nobody_is_told_to_waive_a_failure() -> None:
    (action,) = next_actions(make_run([make_result("FAIL", reason="broken")]))

    assert "waive" not in f"{action.what} {action.command}"


def test_a_command_survives_the_shell() -> None:
    nodeid = "test_it.py::test_x[a b; rm -rf $HOME 'q']"
    (action,) = next_actions(make_run([make_result("FAIL", make_check(nodeid=nodeid))]))
    assert shlex.split(action.command) == ["pytest", "-m", "phase1", nodeid]


def test_a_command_names_release_and_target_as_the_run_was_told_them() -> None:
    options = "--deploycheck-release 'v 2' --deploycheck-target popen"
    run = make_run([make_result("FAIL")], environment={"options": options})
    assert next_actions(run)[0].command == f"pytest -m phase1 test_it.py::test_a {options}"


def test_checks_that_are_blocked_by_others_have_no_action_of_their_own() -> None:
    run = make_run(
        [make_result("FAIL", "phase1.x"), make_result("BLOCKED", "phase2.a", reason="phase1 is NO-GO: phase1.x FAIL")]
    )
    assert [action.subject for action in next_actions(run)] == ["phase1.x"]


def test_an_advisory_or_waived_failure_asks_for_nothing() -> None:
    advisory = make_result("FAIL", make_check("phase1.b", severity=Severity.ADVISORY))
    waived = make_result("FAIL", "phase1.c", flags=(Flag.WAIVED,))
    assert next_actions(make_run([make_result(), advisory, waived])) == ()


def test_a_phase_that_was_not_selected_asks_for_nothing() -> None:
    phases = [make_phase("phase1", selected=False), make_phase("phase2")]
    run = make_run([make_result("FAIL", "phase1.x"), make_result("PASS", "phase2.a")], phases=phases)
    assert run.selected_verdict is Verdict.GO
    assert next_actions(run) == ()


@pytest.mark.parametrize("why", ["", "it changes the target, and "])
def test_what_blocks_from_the_record_is_to_be_done_though_it_was_not_selected(why: str) -> None:
    """Otherwise nobody would be told to act; what is broken on record and blocks nothing stays where it is."""
    broken = make_check("phase1.x", owner="sre", remediation="mend it")
    checks = [broken, make_check("phase2.b"), make_check("phase3.a")]
    phases = [make_phase("phase1", selected=False), make_phase("phase2", selected=False), make_phase("phase3")]
    events = [
        start_event(checks, phases=phases),
        carried_event("NO-GO", [make_result("FAIL", broken)]),
        carried_event("NO-GO", [make_result("FAIL", checks[1])], phase="phase2"),
        finished_event(make_result("BLOCKED", checks[2], reason=f"{why}phase1 is NO-GO: phase1.x FAIL")),
        decided_event("phase3", "BLOCKED"),
        *ending(12),
    ]
    (action,) = next_actions(fold(events))
    assert (action.subject, action.owner, action.what) == ("phase1.x", "sre", "mend it")


def test_a_phase_that_is_missing_on_record_and_blocks_is_to_be_run() -> None:
    phases = [make_phase("phase1", selected=False), make_phase("phase2")]
    blocked = make_result("BLOCKED", "phase2.a", reason="phase1 has no verdict on record for this release; run: ...")
    (action,) = next_actions(make_run([make_result("NOT_RUN", "phase1.x"), blocked], phases=phases))
    assert (action.subject, action.command) == ("phase1", "pytest -m phase1")


def test_an_incomplete_phase_is_to_be_run_as_a_whole() -> None:
    (action,) = next_actions(make_run([make_result(), make_result("NOT_RUN", "phase1.b", reason="deselected")]))
    assert (action.subject, action.command, action.verdict) == ("phase1", "pytest -m phase1", Verdict.INCOMPLETE)
    assert "phase1.b NOT_RUN: deselected" in action.what


def test_a_narrowed_phase_is_to_be_run_as_a_whole() -> None:
    (action,) = next_actions(make_run([make_result()], narrowed={"phase1": "--lf"}))
    assert action.command == "pytest -m phase1"
    assert "narrowed by --lf" in action.what


# -- accounted for -----------------------------------------------------------------------------------------------------


def test_every_check_that_ended_or_says_why_not_is_accounted_for() -> None:
    run = make_run(
        [
            make_result(),
            make_result("PASS", "phase1.b"),
            make_result("FAIL", "phase1.c"),
            make_result("NOT_RUN", "phase1.d", reason="deselected"),
        ]
    )
    assert accounted(run) == "4/4 checks accounted for: 2 PASS, 1 FAIL, 1 NOT_RUN"


def test_checks_that_a_dead_run_lost_are_not_accounted_for() -> None:
    checks = [make_check(f"phase1.{name}") for name in "abc"]
    run = fold([start_event(checks), finished_event(make_result("PASS", checks[0]))])
    assert accounted(run) == "1/3 checks accounted for: 1 PASS, 2 NOT_RUN"


def test_an_empty_run_accounts_for_nothing() -> None:
    assert accounted(make_run([], phases=[make_phase()])) == "0/0 checks accounted for"


# -- advisories --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("FAIL", True),
        ("ERROR", True),
        ("SKIPPED", True),
        ("PENDING", True),
        ("INCONCLUSIVE", True),
        ("PASS", False),
        ("NOT_APPLICABLE", False),
    ],
)
def test_an_advisory_check_that_did_not_pass_is_told(*, status: str, told: bool) -> None:
    advisory = make_result(status, make_check("phase1.b", severity=Severity.ADVISORY))
    run = make_run([make_result(), advisory])
    assert [result.check.id for result in advisories(run)] == (["phase1.b"] if told else [])


def test_a_blocker_is_no_advisory() -> None:
    assert advisories(make_run([make_result("FAIL")])) == ()


def test_a_rollback_names_the_trigger_first() -> None:
    trigger = make_check("phase1.t", rollback=Rollback.IMMEDIATE, remediation="roll back now")
    run = fold(make_events([make_result("PENDING", "phase1.sign"), make_result("FAIL", trigger)]))
    assert run.selected_verdict is Verdict.ROLLBACK
    assert next_actions(run)[0].what == "roll back now"
