"""``deploycheck waive``."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from pytest_deploycheck.record.approvals import read_approvals

Cli = Callable[..., Result]
GOOD = ("--reason", "known leak", "--expires", "2999-12-01T18:00Z", "--by", "ann@example.org")


def test_a_waiver_says_who_why_and_until_when(desk: Cli) -> None:
    """For every release, unless one is named."""
    assert desk("waive", "phase1.config", *GOOD, "--ticket", "SHOP-7").exit_code == 0
    result = desk("waive", "phase1.config", *GOOD, "--release", "r9")

    assert "waived: phase1.config for release r9 by ann@example.org, until 2999-12-01T18:00+00:00" in result.output
    first, second = read_approvals(Path("deploycheck-approvals.toml"), "it").waivers
    assert (first.check, first.by, first.reason, first.ticket) == (
        "phase1.config",
        "ann@example.org",
        "known leak",
        "SHOP-7",
    )
    assert first.expires == datetime(2999, 12, 1, 18, tzinfo=UTC)
    assert (first.release, second.release) == ("", "r9")


def test_its_end_may_be_told_from_now(desk: Cli) -> None:
    """As `sign --valid` does."""
    assert desk("waive", "phase1.config", *GOOD, "--expires", "7d").exit_code == 0

    (waiver,) = read_approvals(Path("deploycheck-approvals.toml"), "it").waivers
    assert waiver.expires - waiver.at == timedelta(days=7)


@pytest.mark.parametrize(
    ("check", "change", "said"),
    [
        ("phase1.confg", (), "did you mean phase1.config?"),
        ("phase1.backup", (), "the check may not be waived"),
        ("phase1.config", ("--expires", "2001-01-01T00:00Z"), "is over already"),
        ("phase1.config", ("--expires", "2999-12-01"), "has no time zone; write for example 2026-12-01T18:00Z"),
        ("phase1.config", ("--expires", "soon"), "is no moment"),
        ("phase1.config", ("--expires", "0d"), "is no moment"),
        ("phase1.config", ("--expires", "-7d"), "is no moment"),
        ("phase1.config", ("--expires", "99999999d"), "is no moment"),
        ("phase1.config", ("--reason", " "), "say why"),
        ("phase1.config", ("--by", "<>"), "names nobody"),
    ],
)
def test_what_would_not_count_is_refused(desk: Cli, check: str, change: tuple[str, ...], said: str) -> None:
    """One line, exit 4, nothing written."""
    result = desk("waive", check, *GOOD, *change)

    assert result.exit_code == 4
    assert said in result.output
    assert not Path("deploycheck-approvals.toml").exists()


@pytest.mark.parametrize("missing", ["--reason", "--expires"])
def test_a_reason_and_an_end_are_required(desk: Cli, missing: str) -> None:
    """Exit 4, as for any wrong call."""
    words = [word for name, word in zip(GOOD[::2], GOOD[1::2], strict=True) if name != missing for word in (name, word)]

    result = desk("waive", "phase1.config", *words)

    assert result.exit_code == 4
    assert f"Missing option '{missing}'" in result.output


def test_json_says_what_was_written(desk: Cli) -> None:
    document = json.loads(desk("waive", "phase1.config", *GOOD, "--json").stdout)

    assert set(document) == {"schema", "approvals", "waiver"}
    assert document["schema"] == "pytest-deploycheck/waive/1"
    assert document["waiver"]["expires"] == "2999-12-01T18:00:00+00:00"
