"""docs/compatibility.md says what the tests beside this one show."""

from __future__ import annotations

import re

from compatibility import HERE, PAGE, friends, page


def _without_versions(text: str) -> str:
    # A newer version that passes the same tests makes the page older, not wrong.
    return re.sub(r"^(\| \S+ \|)[^|]*\|", r"\1", text, flags=re.MULTILINE)


def test_the_page_is_that_of_the_tests() -> None:
    """Else run: python tests/compat/compatibility.py."""
    assert _without_versions(PAGE.read_text("utf-8")) == _without_versions(page())


def test_every_row_names_a_version() -> None:
    """And no cell breaks its table."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]

    assert len(rows) == len(friends())
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4
        assert all(cells)
        assert re.fullmatch(r"\d+(\.\d+)+", cells[1])


def test_every_friend_that_is_tested_stands_there() -> None:
    """One file each; none without a FRIEND."""
    assert len(friends()) == len(list(HERE.glob("test_with_*.py")))
