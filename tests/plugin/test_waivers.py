"""Waivers in the gate: an accepted failure stays visible, and stops nothing."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate, Outcome
from jsonschema import Draft202012Validator
from signing import NAME, approve, moment, waiver

from pytest_deploycheck import activation
from pytest_deploycheck.cli import main
from pytest_deploycheck.clock import now
from pytest_deploycheck.report.json import run_schema

FAILS = """
@pytest.mark.phase1
def test_fine(): pass

@pytest.mark.phase1
@pytest.mark.check("phase1.tests"{more})
def test_tests(): {body}

@pytest.mark.phase2
def test_later(): say("later")
"""
BROKEN = 'assert 0, "broken"'


def failing(gate: Gate, *entries: str, body: str = BROKEN, more: str = "", arguments: tuple[str, ...] = ()) -> Outcome:
    """A run in which one check of phase 1 fails, with these approvals."""
    approve(gate, *entries)
    return gate(FAILS.format(body=body, more=more), *arguments)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BROKEN, "FAIL"),
        ("1 / 0", "ERROR"),
        ("pytest.skip('no time')", "SKIPPED"),
        ("__import__('pytest_deploycheck').inconclusive('too few')", "INCONCLUSIVE"),
    ],
)
def test_a_waived_check_keeps_its_status_and_stops_nothing(body: str, status: str, workers: str, gate: Gate) -> None:
    seen = failing(gate, waiver(), body=body, arguments=("-p", "xdist", f"-n{workers}"))

    assert (seen.ret, seen.json["verdict"], seen.json["exit_code"]) == (0, "GO", 0), seen.stdout
    row = seen.check("phase1.tests")
    assert (row["status"], row["flags"], row["waiver"]["by"]) == (status, ["waived"], "bob@example.org")
    assert seen.phase("phase1")["reason"] == "1 passed, 1 waived"
    assert gate.seen() == ["later"]


def test_the_exit_status_of_the_process_is_that_of_the_gate(gate: Gate) -> None:
    approve(gate, waiver())

    assert gate(FAILS.format(body=BROKEN, more=""), process=True).ret == 0
    approve(gate)
    assert gate.run(process=True).ret == 1


def test_the_board_says_who_until_when_and_why(gate: Gate) -> None:
    seen = failing(gate, waiver(more='ticket = "OPS-7"'))

    assert f"waived: phase1.tests by bob@example.org until {moment(48)[:10]}" in seen.stdout
    assert ", which is soon: known (OPS-7)" in seen.stdout


UNWAIVED = {
    "expired": (waiver(ends=-0.5), "", "it expired on"),
    "of another release": (waiver(more='release = "r0"'), "", "it is for release r0, this is r1"),
    "from the future": (waiver(hours=1), "", "it is dated"),
    "of a check that may not be waived": (waiver(), ", waivable=False", "the check may not be waived"),
}


@pytest.mark.parametrize("told", UNWAIVED)
def test_a_waiver_that_does_not_count_says_why(told: str, gate: Gate) -> None:
    entry, more, reason = UNWAIVED[told]

    seen = failing(gate, entry, more=more)

    assert (seen.ret, seen.verdict("phase1"), gate.seen()) == (1, "NO-GO", [])
    row = seen.check("phase1.tests")
    assert (row["flags"], row["waiver"]) == ([], None)
    assert f"the waiver of bob@example.org does not count: {reason}" in row["reason"]
    assert f"note: {NAME}:1: phase1.tests: the waiver of bob" in seen.stdout


def test_a_waiver_of_a_pass_is_told_as_removable(gate: Gate) -> None:
    seen = failing(gate, waiver(), body="pass")

    assert (seen.ret, seen.check("phase1.tests")["flags"]) == (0, [])
    assert f"note: {NAME}:1: phase1.tests: it is PASS, and nothing is left to waive" in seen.stdout
    assert seen.json["approvals"]["standing"][0]["worth"] == "removable"


def test_what_did_not_run_is_not_waived(gate: Gate) -> None:
    approve(gate, waiver())
    gate.write({"test_it.py": HEAD + FAILS.format(body=BROKEN, more="")})

    narrowed = gate.run("-m", "phase1", "-k", "fine")

    assert (narrowed.ret, narrowed.status("phase1.tests"), narrowed.check("phase1.tests")["flags"]) == (
        11,
        "NOT_RUN",
        [],
    )
    assert narrowed.json["approvals"]["standing"][0]["worth"] == "unused"


def test_a_phase_in_which_nothing_passed_is_not_go(gate: Gate) -> None:
    approve(gate, waiver())

    seen = gate(f"@pytest.mark.phase1\n@pytest.mark.check('phase1.tests')\ndef test_tests(): {BROKEN}")

    assert (seen.ret, seen.verdict("phase1")) == (11, "INCOMPLETE")


def test_a_failure_beside_the_checks_is_not_waived_with_them(gate: Gate) -> None:
    seen = failing(gate, waiver(), body=f"{BROKEN}\ndef test_no_check(): assert 0")

    assert (seen.ret, seen.json["verdict"]) == (1, "GO")


def test_a_waived_trigger_does_not_roll_back(gate: Gate) -> None:
    assert failing(gate, more=", rollback='immediate'").ret == 13
    assert failing(gate, waiver(), more=", rollback='immediate'").ret == 0


def test_who_runs_the_gate_does_not_waive(gate: Gate) -> None:
    subprocess.run(["git", "init", "-q"], cwd=gate.path, check=True)
    subprocess.run(["git", "config", "user.email", "BOB@example.org"], cwd=gate.path, check=True)
    gate.write({}, ini="deploycheck_four_eyes = true")

    seen = failing(gate, waiver())

    assert seen.ret == 1
    assert "four eyes are asked for, and BOB@example.org runs this gate" in seen.check("phase1.tests")["reason"]


def test_a_line_that_may_not_be_waived(gate: Gate) -> None:
    line = "# Build <!-- deploycheck: phase=phase1 -->\n- [ ] **Tests** pass <!-- deploycheck: waivable=no -->\n"
    source = f"{HEAD}@pytest.mark.check('phase1.tests')\ndef test_it(): {BROKEN}"
    approve(gate, waiver())

    gate.write({"test_it.py": source}, checklist=line)
    assert gate.run().ret == 1
    gate.write({}, checklist=line.replace("waivable=no", "waivable=yes") + "- [ ] **Other**\n")
    seen = gate.run()
    assert (seen.ret, seen.check("phase1.tests")["flags"]) == (10, ["waived"])


def test_the_document_keeps_to_its_schema(gate: Gate) -> None:
    seen = failing(gate, waiver(), waiver(ends=-0.5), waiver(more='release = "r0"\nticket = "T"'))

    Draft202012Validator(run_schema()).validate(seen.json)
    assert [row["worth"] for row in seen.json["approvals"]["standing"]] == ["counted", "not counted", "not counted"]


# -- later -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cleared(gate: Gate) -> Gate:
    """A record on which phase 1 is GO by a waiver."""
    assert failing(gate, waiver(), arguments=("-m", "phase1")).ret == 0
    return gate


def test_a_waived_phase_carries_while_the_waiver_stands(cleared: Gate) -> None:
    seen = cleared.run("-m", "phase2")

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout
    assert set(seen.check("phase1.tests")["flags"]) == {"waived", "carried"}


@pytest.mark.parametrize("entries", [[], [waiver(ends=-0.5)], [waiver(more='release = "r0"')]])
def test_a_waived_phase_does_not_carry_without_its_waiver(entries: list[str], cleared: Gate) -> None:
    approve(cleared, *entries)

    seen = cleared.run("-m", "phase2")

    assert (seen.ret, seen.verdict("phase1"), seen.verdict("phase2")) == (12, "NO-GO", "BLOCKED"), seen.stdout
    assert "waived" not in seen.check("phase1.tests")["flags"]
    assert cleared.seen() == []


def test_a_waived_check_runs_again_when_resumed(cleared: Gate) -> None:
    approve(cleared)

    seen = cleared.run("-m", "phase1", "--deploycheck-resume")

    assert (seen.ret, seen.status("phase1.tests"), seen.check("phase1.tests")["carried_from"]) == (1, "FAIL", "")
    assert seen.check("phase1.test_fine")["carried_from"]


def gate_command() -> tuple[int, str]:
    told = CliRunner().invoke(main, ["gate", "--release", "r1", "--require", "phase1", "--json"])
    return told.exit_code, json.loads(told.output)["verdict"]


def test_the_record_alone_knows_when_a_waiver_ended(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    two_hours_ago = now() - timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr(activation, "now", lambda: two_hours_ago)
        seen = failing(gate, waiver(hours=-3, ends=-1), arguments=("-m", "phase1"))

    assert seen.ret == 0
    assert gate_command() == (1, "NO-GO")


def test_the_record_alone_holds_a_waived_phase_go(cleared: Gate) -> None:
    assert gate_command() == (0, "GO")
    assert CliRunner().invoke(main, ["status"]).exit_code == 0
