"""What a reader of the page sees beyond a line's title is in its text, so that a signature holds for it too."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdowns import Reader

from pytest_deploycheck.core.approvals import text_digest


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- [ ] **C** [the runbook](https://x/v1)", "- [ ] **C** [the runbook](https://x/v2)"),
        ("- [ ] **C** ![how](v1.png)", "- [ ] **C** ![how](v2.png)"),
        ("- [ ] **C** [the book]\n\n[the book]: https://x/v1", "- [ ] **C** [the book]\n\n[the book]: https://x/v2"),
        (
            "- [ ] **C**\n\n  See [the book].\n\n[the book]: v1.md",
            "- [ ] **C**\n\n  See [the book].\n\n[the book]: v2.md",
        ),
        ("- [ ] **C**\n  - see [b][]\n\n[b]: v1.md", "- [ ] **C**\n  - see [b][]\n\n[b]: v2.md"),
        ("- [ ] **C** is not required", "- [ ] **C** is ~~not~~ required"),
        ("- [ ] **C** is not required", "- [ ] **C** is <del>not</del> required"),
        ("- **DB** orders\n  - [ ] **C**", "- **DB** users\n  - [ ] **C**"),
        ("- **DB** [a](v1)\n  - 1. x\n    - [ ] **C**", "- **DB** [a](v2)\n  - 1. x\n    - [ ] **C**"),
        ("- **DB**\n\n  Orders.\n\n  - [ ] **C**", "- **DB**\n\n  Users.\n\n  - [ ] **C**"),
    ],
)
def test_a_change_that_readers_see_changes_the_digest_and_no_id(read: Reader, before: str, after: str) -> None:
    one, other = read.line(before), read.line(after)
    assert one.id == other.id
    assert one.text != other.text
    assert text_digest(one) != text_digest(other)


def test_who_signs_can_read_it(read: Reader) -> None:
    body = (
        "- **DB** of the [shop][]\n  - [ ] **C**: see ~~[a](b)~~ <!-- deploycheck: owner=dba -->\n\n    More.\n\n"
        "[shop]: https://shop.example\n"
    )
    assert read.line(body).text == (
        "Under: **DB** of the [shop][]\nIt refers to: https://shop.example\n\nAs written: **C**: see ~~[a](b)~~\n\nMore."
    )


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] **C**: *all* of `it`<br> <!-- x -->",
        "- group:\n  - [ ] C",
        "- **DB**:\n  - [ ] **C**",
        "- [ ] **C** a\n  b",
    ],
)
def test_what_the_title_says_is_not_said_twice(read: Reader, body: str) -> None:
    assert read.line(body).text == ""


def test_a_tick_and_a_comment_change_nothing(read: Reader) -> None:
    plain = read.line("- [ ] **C** [a](b)")
    assert text_digest(plain) == text_digest(read.line("- [x] **C** [a](b) <!-- deploycheck: owner=dba -->"))
