"""What rests on people's word, or on a result's own limit, as time goes by: carried, resumed, within one run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from textwrap import dedent

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate, Outcome
from signing import LINES, TESTED, approve, moment, signoff

from pytest_deploycheck import activation
from pytest_deploycheck.cli import main
from pytest_deploycheck.clock import now

LINE = "# Build <!-- deploycheck: phase=phase1 -->\n- [ ] **Backups** are there\n"


def ship(gate: Gate) -> Outcome:
    return gate.run("-m", "phase2")


@pytest.fixture
def cleared(gate: Gate) -> Gate:
    """A record on which phase 1 is GO by a person's word."""
    gate.write({"test_it.py": HEAD + TESTED}, checklist=LINES)
    approve(gate, signoff(), signoff("phase2.shipped"))
    assert gate.run("-m", "phase1").ret == 0
    return gate


def test_a_verdict_that_rests_on_a_word_carries_while_that_stands(cleared: Gate) -> None:
    seen = ship(cleared)

    assert (seen.ret, seen.json["verdict"], seen.verdict("phase1")) == (0, "GO", "GO"), seen.stdout


@pytest.mark.parametrize(
    ("entries", "status", "verdict"),
    [
        ([], "PENDING", "HOLD"),
        ([signoff(), signoff(hours=-0.5, more='decision = "reject"')], "FAIL", "NO-GO"),
        ([signoff(more=f"expires = {moment(-0.5)}")], "PENDING", "HOLD"),
    ],
)
def test_a_word_that_was_taken_back_since_does_not_carry(
    entries: list[str], status: str, verdict: str, cleared: Gate
) -> None:
    approve(cleared, signoff("phase2.shipped"), *entries)

    seen = ship(cleared)

    assert (seen.verdict("phase1"), seen.status("phase1.backups")) == (verdict, status)
    assert seen.json["verdict"] == verdict
    assert seen.ret == (12 if verdict == "NO-GO" else 0)


def test_a_resumed_run_asks_the_approvals_again(cleared: Gate) -> None:
    approve(cleared)

    seen = cleared.run("-m", "phase1", "--deploycheck-resume")

    assert (seen.ret, seen.status("phase1.backups"), seen.status("phase1.tests")) == (10, "PENDING", "PASS")
    assert seen.check("phase1.tests")["carried_from"]


def test_what_a_test_judges_by_now_carries_no_persons_word(cleared: Gate) -> None:
    judged = HEAD + TESTED + '@pytest.mark.check("phase1.backups")\ndef test_backups(): assert 0\n'
    cleared.write({"test_it.py": judged}, checklist=LINES)

    seen = ship(cleared)

    assert (seen.verdict("phase1"), seen.status("phase1.backups")) == ("INCOMPLETE", "NOT_RUN")
    assert seen.json["verdict"] != "GO"


@pytest.mark.parametrize("arguments", [("-m", "phase2"), ("-m", "phase1", "--deploycheck-resume")])
def test_what_a_person_judges_by_now_carries_no_tests_pass(arguments: tuple[str, ...], cleared: Gate) -> None:
    cleared.write({"test_it.py": "def test_nothing(): pass\n"}, checklist=LINES)

    seen = cleared.run(*arguments)

    assert (seen.verdict("phase1"), seen.status("phase1.tests")) == ("HOLD", "PENDING")
    assert seen.json["verdict"] != "GO"


class Clock:
    """Says what it is told to."""

    def __init__(self, hours: float) -> None:
        self.now = now() + timedelta(hours=hours)

    def __call__(self) -> datetime:
        return self.now


def test_a_word_that_ends_while_the_run_goes_on_opens_nothing_more(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(-2)
    monkeypatch.setattr(activation, "now", clock)
    monkeypatch.setattr("signing.moving", clock, raising=False)
    source = """
    @pytest.mark.check("phase1.tests")
    def test_tests(): pass

    @pytest.mark.check("phase2.shipped")
    def test_later():
        import signing, datetime
        signing.moving.now += datetime.timedelta(hours=1.5)

    @pytest.mark.check("phase3.deployed", mutating=True)
    def test_deployed(): say("deployed")
    """
    gate.write(
        {"test_it.py": HEAD + dedent(source)},
        checklist=dedent(LINES).lstrip() + "# Deploy <!-- deploycheck: phase=phase3 -->\n- [ ] **Deployed** it is\n",
    )
    approve(gate, signoff(hours=-3, more=f"expires = {moment(-1)}"))

    seen = gate.run()

    assert (seen.status("phase3.deployed"), gate.seen()) == ("BLOCKED", []), seen.stdout
    assert "phase1 is HOLD" in seen.check("phase3.deployed")["reason"]


def test_a_word_that_has_ended_holds_no_more_when_the_clock_is_set_back(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(0)
    monkeypatch.setattr(activation, "now", clock)
    monkeypatch.setattr("signing.moving", clock, raising=False)
    source = """
    @pytest.mark.check("phase1.tests")
    def test_tests():
        import signing, datetime
        signing.moving.now -= datetime.timedelta(hours=2)
    """
    gate.write({"test_it.py": HEAD + dedent(source)}, checklist=LINES)
    approve(gate, signoff(hours=-3, more=f"expires = {moment(-1)}"))

    seen = gate.run("-m", "phase1")

    assert (seen.ret, seen.status("phase1.backups")) == (10, "PENDING"), seen.stdout
    assert seen.json["finished"] >= seen.json["started"]


def test_a_word_that_ended_before_the_run_did_is_no_go_at_its_end(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(-2)
    monkeypatch.setattr(activation, "now", clock)
    monkeypatch.setattr("signing.moving", clock, raising=False)
    gate.write(
        {
            "test_it.py": HEAD + TESTED,
            "conftest.py": """
            def pytest_runtest_logfinish(nodeid):
                import signing, datetime
                if "shipped" in nodeid:
                    signing.moving.now += datetime.timedelta(hours=1.5)
            """,
        },
        checklist=LINES,
    )
    approve(gate, signoff(hours=-3, more=f"expires = {moment(-1)}"), signoff("phase2.shipped", hours=-3))

    seen = gate.run()

    assert (seen.ret, seen.json["exit_code"], seen.verdict("phase1")) == (10, 10, "GO"), seen.stdout
    assert "phase1 was GO, and is HOLD by now: phase1.backups PENDING: signed" in " ".join(seen.json["notes"])


def test_a_tests_result_stays_good_as_long_as_its_line_says(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(-2)
    lines = LINES.replace("**Tests** pass", "**Tests** pass <!-- deploycheck: valid=1h -->").replace(
        "- [ ] **Backups** are there\n", ""
    )
    gate.write({"test_it.py": HEAD + TESTED}, checklist=lines)
    approve(gate, signoff("phase2.shipped"))
    with monkeypatch.context() as patch:
        patch.setattr(activation, "now", clock)
        assert gate.run("-m", "phase1").ret == 0

    seen = ship(gate)

    assert (seen.verdict("phase1"), seen.status("phase1.tests")) == ("INCOMPLETE", "NOT_RUN")
    assert seen.check("phase1.tests")["reason"] == "PASS 2 h ago, valid 60 min: run it again"
    again = gate.run("-m", "phase1", "--deploycheck-resume")
    assert (again.ret, again.check("phase1.tests")["carried_from"]) == (0, "")


def test_the_record_alone_knows_when_a_word_ended(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    two_hours_ago = now() - timedelta(hours=2)
    gate.write({"test_beside.py": "def test_nothing(): pass\n"}, checklist=LINE)
    approve(gate, signoff(hours=-3, more=f"expires = {moment(-1)}"))
    with monkeypatch.context() as patch:
        patch.setattr(activation, "now", lambda: two_hours_ago)
        assert gate.run().ret == 0

    told = CliRunner().invoke(main, ["gate", "--release", "r1", "--json"])

    assert (told.exit_code, json.loads(told.output)["verdict"]) == (10, "HOLD"), told.output
