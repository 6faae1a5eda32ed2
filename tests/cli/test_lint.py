"""``deploycheck lint``: what to mend before anybody runs."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Cli = Callable[..., Result]


def rules(result: Result) -> list[tuple[str, str | None]]:
    return [(row["rule"], row["check"]) for row in json.loads(result.stdout)["findings"]]


def test_a_good_checklist_has_nothing_to_mend(desk: Cli) -> None:
    """Exit 0."""
    result = desk("lint")

    assert (result.exit_code, result.output) == (0, "nothing to mend\n")


def test_every_kind_of_finding_is_told_with_its_place_and_the_way_out(desk: Cli) -> None:
    """Exit 1, unless only a report was asked for."""
    Path("list.md").write_text(
        "# Before <!-- deploycheck: phase=phase1 -->\n"
        "- [ ] **Config**: the settings parse.\n"
        "- [x] TODO <!-- deploycheck: id=phase1.todo -->\n\n  ```sh\n  make all\n  ```\n\n"
        "- [] Nearly\n\n# Appendix\n- [ ] nobody's\n"
    )
    Path("deploycheck-approvals.toml").write_text(
        '[[signoff]]\ncheck = "phase1.gone"\nby = "a@b.org"\nat = 2026-01-02T12:00:00Z\nrelease = "r0"\n'
        '[[waiver]]\ncheck = "phase1.todo"\nby = "a@b.org"\nat = 2026-01-02T12:00:00Z\n'
        'expires = 2026-01-03T12:00:00Z\nreason = "x"\n'
    )

    result = desk("lint", "--json")

    assert result.exit_code == 1
    assert rules(result) == [
        ("no-remediation", "phase1.config"),
        ("ticked", "phase1.todo"),
        ("vague-title", "phase1.todo"),
        ("no-owner", "phase1.todo"),
        ("manual-command", "phase1.todo"),
        ("stray", None),
        ("nearly-a-line", None),
        ("approval", "phase1.gone"),
        ("waiver-to-remove", "phase1.todo"),
    ]
    table = desk("lint", "--exit-zero")
    assert table.exit_code == 0
    assert "9 findings" in table.output
    assert "list.md:12" in table.output


def test_a_waiver_of_a_check_that_passed_is_to_be_removed(desk: Cli, run_gate: Callable[..., int]) -> None:
    """Known once the check has run; before, it may still be needed."""
    desk("waive", "phase1.config", "--reason", "leak", "--expires", "2999-12-01T18:00Z", "--by", "bob@example.org")
    assert rules(desk("lint", "--json")) == []

    run_gate()

    assert rules(desk("lint", "--json")) == [("waiver-to-remove", "phase1.config")]


def test_a_renamed_line_is_told_with_the_comment_that_keeps_its_history(
    desk: Cli, run_gate: Callable[..., int]
) -> None:
    """Its neighbours are the same."""
    run_gate()
    text = Path("list.md").read_text()
    Path("list.md").write_text(text.replace("**Told**: support knows the date", "**Support**: they know the date"))

    result = desk("lint", "--json")

    assert rules(result) == [("renamed", "phase1.support")]
    assert "<!-- deploycheck: id=phase1.told -->" in json.loads(result.output)["findings"][0]["advice"]


def test_a_reworded_line_that_a_test_automates_is_told_with_the_comment_too(desk: Cli) -> None:
    """pytest refuses the test that lost its line, and says how to keep it."""
    Path("list.md").write_text(Path("list.md").read_text().replace("**Config**", "**Configs**"))

    result = desk("lint")

    assert result.exit_code == 4
    assert "if it is the line at list.md:2, reworded, put <!-- deploycheck: id=phase1.config --> on that line" in (
        result.output
    )


def test_a_checklist_that_cannot_be_collected_is_a_usage_error(desk: Cli) -> None:
    """No findings do not mean that all is well."""
    Path("list.md").write_text("# no phase\n")

    result = desk("lint")

    assert result.exit_code == 4
    assert "no heading carries a phase" in result.output
