"""The parser remembers lines, and nobody can tell but by the clock."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown.document import parse
from pytest_deploycheck.markdown.parser import Parser

_lines = st.lists(
    st.sampled_from(
        [
            *(
                "- [ ] a \\* b &amp; ![c \\_ d](e)",
                "- [x] see [it]",
                "# [it] & [x]",
                "[it]: https://a.example",
                "[x]: y",
            ),
            *("", "- [ ] **bold** <!-- deploycheck: id=a -->", "text\\\nmore", "  - [ ] [it][x]"),
        ]
    ),
    max_size=8,
).map("\n".join)


@given(st.lists(_lines, min_size=2, max_size=4))
def test_what_was_read_before_changes_nothing(texts: list[str]) -> None:
    parser = Parser()
    for text in texts:
        assert parse(text, shown_as="list.md", parser=parser) == parse(text, shown_as="list.md")


@pytest.mark.parametrize("text", ["- [ ] a", "> " * 200 + "a"])
def test_garbage_is_collected_again_afterwards(text: str) -> None:
    assert gc.isenabled()
    try:
        parse(text, shown_as="list.md")
    except ChecklistError as error:
        assert "nested too deeply" in str(error)  # the second of the texts
    assert gc.isenabled()
