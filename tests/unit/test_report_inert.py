"""Nothing in a text acts."""

import unicodedata

import pytest
from hostile import any_text
from hypothesis import given

from pytest_deploycheck.report.inert import inert, one_line, place_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("größe 部署 🚀 👩\u200d💻", "größe 部署 🚀 👩\u200d💻"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x00b", "a\\x00b"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\ufdd0\uffff", "\\ufdd0\\uffff"),
        ("\U0001fffe\U0010ffff", "\\U0001fffe\\U0010ffff"),
    ],
)
def test_what_acts_is_shown_as_an_escape(text: str, expected: str) -> None:
    assert inert(text) == expected


@given(any_text)
def test_nothing_that_acts_is_left(text: str) -> None:
    said = inert(text)

    said.encode("utf-8")
    assert {char for char in said if unicodedata.category(char) == "Cc"} <= {"\n", "\t"}
    assert not {
        char
        for char in said
        if unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI", "PDF", "PDI")
    }
    assert inert(said) == said


@given(any_text)
def test_one_line_is_one_line_of_bounded_length(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert len(one_line(text, 10)) <= 10


def test_a_place_is_a_file_and_a_line() -> None:
    assert place_of("checks/a:b.md:12") == ("checks/a:b.md", 12)
    assert [place_of(text) for text in ("", "12", ":12", "a.md", "a.md:", "a.md:x", "a:" + "9" * 5000)] == [None] * 7
