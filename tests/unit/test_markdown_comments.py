"""What comments say of phases and lines, and those that are refused rather than guessed at."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from markdowns import PHASE, Reader

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check, Kind, Rollback, Severity


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


# -- comments ----------------------------------------------------------------------------------------------------------


def test_a_comment_says_everything_about_its_line(read: Reader) -> None:
    line = read.line(
        "- [ ] **One**: thing <!-- deploycheck: id=own.id severity=advisory owner='release engineer' valid=24h "
        'remediation="Say \\"go\\", then -m phase1." rollback=planned -->'
    )
    assert line == Check(
        id="own.id",
        phase="phase1",
        title="One: thing",
        kind=Kind.MANUAL,
        severity=Severity.ADVISORY,
        owner="release engineer",
        valid=timedelta(hours=24),
        remediation='Say "go", then -m phase1.',
        rollback=Rollback.PLANNED,
        source="docs/list.md:3",
    )


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] one <!-- deploycheck: id=own owner=sre -->",
        "- [ ] <!-- deploycheck: id=own owner=sre --> one",
        "- [ ] one <!--deploycheck:id=own owner=sre-->",
        "- [ ] one <!-- deploycheck: id=own --> <!-- deploycheck: owner=sre -->",
        "- [ ] one <!-- deploycheck:\n  id=own\n  owner=sre -->",
        "- [ ] one\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  more\n\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  more <!-- deploycheck: id=own owner=sre -->",
    ],
)
def test_a_comment_may_stand_anywhere_in_its_own_item(read: Reader, text: str) -> None:
    line = read.line(f"{text}\n")
    assert (line.id, line.owner, line.title) == ("own", "sre", "one")


def test_a_nested_lines_comment_is_not_its_parents(read: Reader) -> None:
    outer, inner = read.lines("- [ ] outer\n  - [ ] inner <!-- deploycheck: owner=sre -->\n")
    assert (outer.owner, inner.owner) == ("", "sre")


def test_a_parents_late_comment_is_not_its_childs(read: Reader) -> None:
    body = "- [ ] outer\n\n  - [ ] inner\n\n  <!-- deploycheck: owner=sre -->\n"
    assert [(line.title, line.owner) for line in read.lines(body)] == [("outer", "sre"), ("outer: inner", "")]


def test_a_comment_in_code_is_code(read: Reader) -> None:
    line = read.line("- [ ] Write `<!-- deploycheck: id=x -->`\n\n  and `<!-- deploycheck: owner=x -->`.\n")
    assert (line.id, line.owner) == ("phase1.write-deploycheck-id-x", "")
    read(f"{PHASE}# Use `<!-- deploycheck: phase=phase2 -->`\n\nOr `<!-- deploycheck: id=x -->`.\n")


def test_a_line_says_who_may_waive_it_and_how_many_sign(read: Reader) -> None:
    line = read.line("- [ ] one <!-- deploycheck: waivable=no signers=2 mutating=yes -->\n")
    assert (line.waivable, line.signers, line.mutating) == (False, 2, True)
    plain = read.line("- [ ] one\n")
    assert (plain.waivable, plain.signers, plain.mutating) == (True, 1, False)


@pytest.mark.parametrize("comment", ["<!-- Deploycheck: phase=phase2 -->", "<!-- deploycheck phase=phase2 -->"])
def test_a_misspelt_comment_by_itself_is_not_passed_over(read: Reader, comment: str) -> None:
    assert "docs/list.md:3: this comment is not understood" in read.refusal(f"{PHASE}{comment}\n")


def test_other_comments_are_nobodys_business(read: Reader) -> None:
    assert read.line("<!-- a note -->\n\n- [ ] one <!-- TODO: id=x -->\n").id == "phase1.one"


@pytest.mark.parametrize(
    ("comment", "complaint"),
    [
        ("phase=phase2", "'phase=phase2' is not understood here; known: id=..., mutating=..., owner=..., "),
        ("serverity=advisory", "'serverity=advisory' is not understood here"),
        ("title=x", "'title=x' is not understood here"),
        ("mutating", "'mutating' is not understood here"),
        ("owner=", "'owner=' is not understood here"),
        ("severity=low", "severity=low is not one of blocker, advisory"),
        ("rollback=maybe", "rollback=maybe is not one of immediate, planned"),
        ("valid=soon", "'soon' is no duration"),
        ("valid=0s", "'0s' must be longer than nothing"),
        ("mutating=maybe", "mutating=maybe is neither yes nor no"),
        ("waivable=False", "waivable=False is neither yes nor no"),
        ("signers=0", "signers=0 is no number of people"),
        ("signers=two", "signers=two is no number of people"),
        ("timeout=5m", "timeout=5m is for a line with a block that runs"),
        ("owner=a owner=b", "owner is given twice"),
        ("id=a --> <!-- deploycheck: id=b", "id is given twice"),
        ("owner=O'Brien", "has an open quote"),
        ("id='two words'", "the id 'two words' must have no spaces and no brackets"),
        ("id=a[1]", "the id 'a[1]' must have no spaces and no brackets"),
    ],
)
def test_a_comment_that_cannot_be_meant_is_refused_with_its_place(read: Reader, comment: str, complaint: str) -> None:
    said = read.refusal(f"{PHASE}text\n\n- [ ] one <!-- deploycheck: {comment} -->\n")
    assert said.startswith("docs/list.md:5: ")
    assert complaint in said


@pytest.mark.parametrize(
    "body",
    [
        "<!-- deploycheck: id=x -->\n",
        "text <!-- deploycheck: id=x -->\n",
        "- plain item <!-- deploycheck: id=x -->\n",
        "- [ ] task\n  - plain item <!-- deploycheck: id=x -->\n",
        "| a |\n|---|\n| <!-- deploycheck: id=x --> |\n",
        "> <!-- deploycheck: id=x -->\n",
        "<!-- deploycheck: phase=phase2 -->\n",
        "- [ ] task\n\n<!-- deploycheck: owner=sre -->\n",
        "<div>\n<!-- deploycheck: id=x -->\n</div>\n",
    ],
)
def test_a_comment_on_nothing_is_refused(read: Reader, body: str) -> None:
    said = read.refusal(PHASE + body + "\n- [ ] one\n")
    assert re.match(r"docs/list\.md:[3-5]: this deploycheck comment stands on nothing", said)


def test_a_comment_on_nothing_before_the_first_phase_is_refused_too(read: Reader) -> None:
    said = read.refusal(f"intro\n\n<!-- deploycheck: phase=phase1 -->\n\n{PHASE}")
    assert said.startswith("docs/list.md:3: this deploycheck comment stands on nothing")


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- deploycheck id=own -->",
        "<!-- Deploycheck: id=own -->",
        "<!-- DEPLOYCHECK: id=own -->",
        "<!-- deploycheck : id=own -->",
        "<!-- deploycheck: id=own",
    ],
)
def test_a_misspelt_comment_is_not_passed_over(read: Reader, comment: str) -> None:
    document = f"{PHASE}- [ ] one {comment}\n"
    try:
        line = read(document).lines[0]
    except ChecklistError as error:
        assert str(error).startswith("docs/list.md:3: ")
    else:
        assert (line.id, line.title) == ("own", "one")
