"""Front matter above a document: what is taken for it holds no checks, and what might hold some is not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdowns import PHASE, Reader


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


@pytest.mark.parametrize(
    "body",
    ["- [ ] one", "Words.\n\n- [ ] one", "- [ ] **one**: two", "# Head: one\n- [ ] one", "Note: read\n- [ ] one"],
)
def test_a_document_that_begins_with_a_break_has_no_front_matter(read: Reader, body: str) -> None:
    checklist = read(f"---\n{body}\n\n---\n\n{PHASE}- [ ] two\n")
    assert len(checklist.strays) == 1
    assert len(checklist.lines) == 1


@pytest.mark.parametrize("matter", ["title: x", "# note\ntitle:\n  - [x]", "'a b': c"])
@pytest.mark.parametrize("end", ["---", "--- \t", "..."])
def test_front_matter_holds_no_lines(read: Reader, matter: str, end: str) -> None:
    checklist = read(f"---\n{matter}\n{end}\n\n{PHASE}- [ ] two\n")
    assert checklist.strays == checklist.loose == ()
    (line,) = checklist.lines
    assert line.source == f"docs/list.md:{len(matter.splitlines()) + 6}"


@pytest.mark.parametrize("matter", ["title = 'x'", "[params]\n- [x]", "# note\nweight=1"])
def test_front_matter_may_be_toml(read: Reader, matter: str) -> None:
    assert len(read(f"+++\n{matter}\n+++\n{PHASE}- [ ] two\n").lines) == 1


@pytest.mark.parametrize("end", ["---\u00a0", "---\x0b", "--- x", " ---", "--", ""])
def test_what_does_not_end_it_hides_nothing_below(read: Reader, end: str) -> None:
    checklist = read(f"---\na: 1\n{end}\n{PHASE}- [ ] one\n\n---\n\n- [ ] two\n")
    assert [line.id for line in checklist.lines] == ["phase1.one", "phase1.two"]


def test_a_phase_is_never_hidden_as_a_setting(read: Reader) -> None:
    assert len(read(f"---\na: 1\n\n{PHASE}- plain\n\n---\n\n- [ ] one\n").lines) == 1
