"""``deploycheck approvals``: who said what, and what of it counts now."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Cli = Callable[..., Result]
FILE = """
[[signoff]]
check = "phase1.told"
by = "ann@example.org"
at = 2026-01-02T12:00:00Z
release = "r0"

[[signoff]]
check = "phase1.backup"
by = "ann@example.org"
at = 2026-01-02T12:00:00Z
release = "r1"

[[signoff]]
check = "phase2.start-page"
by = "ann@example.org"
at = 2026-01-02T12:00:00Z
release = "r1"
text_digest = "00000000000000000000000000000000"

[[waiver]]
check = "phase1.config"
by = "bob@example.org"
at = 2026-01-02T12:00:00Z
expires = 2026-01-03T12:00:00Z
reason = "known leak"
"""


def test_it_tells_what_does_not_count_and_why(desk: Cli) -> None:
    """Another release, too old, another text, over; and what waits."""
    Path("deploycheck-approvals.toml").write_text(FILE)

    document = json.loads(desk("approvals", "--json").output)

    assert (document["schema"], document["release"]) == ("pytest-deploycheck/approvals/1", "r1")
    why = {entry["check"]: (entry["worth"], entry["why"]) for entry in document["entries"]}
    assert {worth for check, (worth, _) in why.items() if check != "phase1.config"} == {"not counted"}
    assert "for release r0" in why["phase1.told"][1]
    assert "valid 24 h" in why["phase1.backup"][1]
    assert "its text has changed since" in why["phase2.start-page"][1]
    assert [row["check"] for row in document["pending"]] == ["phase1.told", "phase1.backup", "phase2.start-page"]
    assert document["entries"][0]["source"] == "deploycheck-approvals.toml:2"


def test_the_table_names_people_and_ends(desk: Cli) -> None:
    """One row for each entry, then what waits."""
    desk("sign", "phase1.told", "--by", "Ann <ann@example.org>", "--valid", "24h")
    desk("waive", "phase1.config", "--reason", "leak", "--expires", "2999-12-01T18:00Z", "--by", "bob@example.org")

    said = desk("approvals").output

    assert "Ann <ann@example.org>" in said
    assert "waived: phase1.config: leak" in said
    assert "2999-12-01 18:00 UTC" in said
    assert "ends within 7 days" in said
    assert "pending: phase1.backup: " in said
    assert "2 checks to sign: deploycheck sign" in said


def test_a_waiver_is_judged_by_how_its_check_ended(desk: Cli, run_gate: Callable[..., int]) -> None:
    """One on a check that passed can go."""
    desk("waive", "phase1.config", "--reason", "leak", "--expires", "2999-12-01T18:00Z", "--by", "bob@example.org")
    before = json.loads(desk("approvals", "--json").output)["entries"]
    run_gate()
    after = json.loads(desk("approvals", "--json").output)["entries"]

    assert [entry["worth"] for entry in before] == ["unused"]
    assert [entry["worth"] for entry in after] == ["removable"]


def test_a_waived_check_waits_for_nobody(desk: Cli) -> None:
    """It may still be signed, but nobody is asked."""
    desk("waive", "phase1.told", "--reason", "x", "--expires", "2999-12-01T18:00Z", "--by", "bob@example.org")

    pending = json.loads(desk("approvals", "--json").output)["pending"]

    assert [row["check"] for row in pending] == ["phase1.backup", "phase2.start-page"]


def test_no_file_is_no_approval(desk: Cli) -> None:
    said = desk("approvals").output

    assert "no approvals stand in deploycheck-approvals.toml" in said
    assert "3 checks to sign" in said


def test_a_file_that_is_no_toml_is_told_with_its_line(desk: Cli) -> None:
    Path("deploycheck-approvals.toml").write_text("\n[[signoff]\n")

    result = desk("approvals")

    assert result.exit_code == 4
    assert "deploycheck-approvals.toml:2: " in result.output


def test_where_four_eyes_are_asked_for_that_is_said(desk: Cli, pytester: pytest.Pytester) -> None:
    """Who will run the gate is not known here."""
    pytester.makeini("[pytest]\ndeploycheck_checklist = list.md\ndeploycheck_four_eyes = true\n")

    signed = desk("sign", "phase1.told", "--by", "ann@example.org")

    assert signed.exit_code == 0
    assert "somebody else than ann@example.org must run the gate" in signed.stderr
    assert "does not count in that person's own run" in desk("approvals").stderr
