"""What is wrong with a checklist before anybody runs it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import LATER, NOON, checks, make_check, texts
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.lint import Rule, lint, vague
from pytest_deploycheck.core.model import Check, Kind, Signoff, Waiver
from pytest_deploycheck.core.standing import Standing, Worth
from pytest_deploycheck.core.trace import trace

GOOD = make_check("phase1.good", title="The start page answers", owner="sre", remediation="Restart it.")


def rules(check: Check) -> list[Rule]:
    return [finding.rule for finding in lint([check])]


@pytest.mark.parametrize(
    "title",
    ["Configuration", "Check things", "TODO", "Verify that everything works", "Back up the database (TBD)", "...", ""],
)
def test_a_vague_title_says_nothing_that_could_be_true(title: str) -> None:
    assert vague(title)
    assert rules(replace(GOOD, title=title)) == [Rule.VAGUE]


@pytest.mark.parametrize(
    "title", ["The database is backed up", "Configuration: the settings parse", "数据库已备份", "Check the disk"]
)
def test_a_telling_title_is_not_vague(title: str) -> None:
    assert not vague(title)


def test_a_good_line_has_no_findings() -> None:
    assert rules(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ticked": True}, Rule.TICKED),
        ({"remediation": ""}, Rule.NO_REMEDIATION),
        ({"kind": Kind.MANUAL, "owner": ""}, Rule.NO_OWNER),
        ({"kind": Kind.MANUAL, "text": "Look here.\n\n```bash\ncurl shop\n```"}, Rule.COMMAND),
    ],
)
def test_each_rule_has_its_case(changes: dict[str, object], rule: Rule) -> None:
    found = lint([replace(GOOD, **changes)])  # type: ignore[arg-type] # fields by name

    assert [finding.rule for finding in found] == [rule]
    assert (found[0].check, found[0].source) == (GOOD.id, GOOD.source)
    assert found[0].advice


def test_an_automated_line_may_show_its_commands_and_a_person_needs_no_remediation() -> None:
    assert rules(replace(GOOD, text="```\nls\n```", owner="")) == []
    assert rules(replace(GOOD, kind=Kind.MANUAL, remediation="")) == []


def test_a_line_is_told_of_once_however_many_checks_it_is() -> None:
    """Parameters and targets."""
    twice = [replace(GOOD, id=f"phase1.good[{number}]", remediation="") for number in (1, 2)]

    assert len(lint(twice)) == 1


def test_a_command_that_may_fail_unseen_is_told_of_where_a_block_runs() -> None:
    text = "```bash check\n! grep ERROR log\necho done\n```"

    assert rules(replace(GOOD, text=text)) == [Rule.UNSEEN]
    assert rules(replace(GOOD, text=text.replace(" check", ""))) == []


def test_what_nearly_is_a_line_has_its_place_and_its_way_out() -> None:
    (found,) = lint([GOOD], loose=["my list.md:9: '[] x' is nearly a box; and none; write `- [ ] ` before its text"])

    assert (found.rule, found.source) == (Rule.LOOSE, "my list.md:9")
    assert (found.what, found.advice) == ("'[] x' is nearly a box; and none", "write `- [ ] ` before its text")


def test_strays_renamed_and_changed_lines_have_their_place() -> None:
    old = replace(GOOD, id="phase1.old")
    before = [old, make_check("phase1.b", title="It was so")]
    now = [GOOD, make_check("phase1.b", title="It is so", remediation="x")]
    found = lint(now, strays=["list.md:9"], trace=trace(before, now))

    assert [(finding.rule, finding.source) for finding in found] == [
        (Rule.STRAY, "list.md:9"),
        (Rule.RENAMED, GOOD.source),
        (Rule.CHANGED, "test_it.py:1"),
    ]
    assert "<!-- deploycheck: id=phase1.old -->" in found[1].advice
    assert "It was so" in found[2].what


NOON_SIGNOFF = Signoff(check=GOOD.id, by="a@b.org", at=NOON, release="r1", source="a.toml:1")
NOON_WAIVER = Waiver(check=GOOD.id, by="a@b.org", at=NOON, reason="x", expires=LATER, source="a.toml:1")


@pytest.mark.parametrize(
    ("entry", "worth", "found"),
    [
        (NOON_SIGNOFF, Worth.COUNTED, []),
        (NOON_SIGNOFF, Worth.REFUSED, [Rule.APPROVAL]),
        (replace(NOON_SIGNOFF, release="r0"), Worth.REFUSED, []),
        (replace(NOON_SIGNOFF, release="r0", check="phase1.gone"), Worth.UNUSED, [Rule.APPROVAL]),
        (NOON_WAIVER, Worth.COUNTED, []),
        (NOON_WAIVER, Worth.UNUSED, []),
        (NOON_WAIVER, Worth.REFUSED, [Rule.WAIVER]),
        (NOON_WAIVER, Worth.REMOVABLE, [Rule.WAIVER]),
        (replace(NOON_WAIVER, release="r0"), Worth.REFUSED, []),
        (replace(NOON_WAIVER, check="phase1.gone"), Worth.UNUSED, [Rule.WAIVER]),
    ],
)
def test_of_the_approvals_only_what_is_of_no_use_is_told(
    entry: Signoff | Waiver, worth: Worth, found: list[Rule]
) -> None:
    """Sign-offs of other releases are history; a waiver that was not needed yet may be."""
    standing = Standing(entry=entry, worth=worth, why="so it is")

    assert [finding.rule for finding in lint([GOOD], standings=[standing], release="r1")] == found


@given(st.lists(checks, max_size=6), texts)
def test_any_checklist_can_be_looked_at(listed: list[Check], title: str) -> None:
    vague(title)

    assert all(finding.what and finding.advice for finding in lint(listed))
