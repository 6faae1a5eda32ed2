"""Writes the file of approvals as people would, with moments around this one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from gating import Gate

NAME = "deploycheck-approvals.toml"
ANNA, BOB = "anna@example.org", "bob@example.org"
#: Lines that people judge, two phases.
LINES = """
# Build <!-- deploycheck: phase=phase1 -->
- [ ] **Backups** are there
- [ ] **Tests** pass
# Ship <!-- deploycheck: phase=phase2 -->
- [ ] **Shipped** by hand
"""
#: The second line's test.
TESTED = '@pytest.mark.check("phase1.tests")\ndef test_tests(): pass\n'


def moment(hours: float) -> str:
    """So many hours from now, as TOML has it."""
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def signoff(
    check: str = "phase1.backups", *, by: str = ANNA, hours: float = -1, release: str = "r1", more: str = ""
) -> str:
    """A sign-off of an hour ago."""
    return (
        f'[[signoff]]\ncheck = {json.dumps(check)}\nby = "{by}"\nat = {moment(hours)}\nrelease = "{release}"\n{more}\n'
    )


def waiver(check: str = "phase1.tests", *, by: str = BOB, hours: float = -1, ends: float = 48, more: str = "") -> str:
    """A waiver of an hour ago, for two days."""
    return (
        f'[[waiver]]\ncheck = {json.dumps(check)}\nby = "{by}"\nat = {moment(hours)}\nreason = "known"\n'
        f"expires = {moment(ends)}\n{more}\n"
    )


def approve(gate: Gate, *entries: str, name: str = NAME) -> None:
    """The file of approvals holds these entries."""
    (gate.path / name).write_text("".join(entries), encoding="utf-8")
