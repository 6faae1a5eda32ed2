"""Rows as aligned text."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.tables import MOST_ROWS, Row, aligned


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], ""),
        ([{}], ""),
        ([{"a": 1}, {"b": 2}], "a  b\n1\n   2"),
        ([[1, 22], [333]], "1    22\n333"),
        ([{"a": None, "b": float("nan")}], "a     b\nNone  nan"),
        ([["line\nbreak", "tab\t", "\x1b[0m", "\u202e", "\ud800"]], r"line\nbreak  tab\t  \x1b[0m  \u202e  \ud800"),
        ([["größe", "部"]], "größe  部"),
    ],
)
def test_rows_become_lines(rows: Sequence[Row], text: str) -> None:
    assert aligned(rows) == text


def test_an_endless_cell_does_not_widen_its_column() -> None:
    first, second = aligned([["x" * 5000, "a"], ["y", "b"]]).splitlines()
    assert first == "x" * 5000 + "  a"
    assert second == "y" + " " * 79 + "  b"


def test_too_many_rows_are_counted() -> None:
    lines = aligned([n] for n in range(MOST_ROWS + 5)).splitlines()
    assert len(lines) == MOST_ROWS + 1
    assert lines[-1] == "[... 5 more rows ...]"


@pytest.mark.parametrize("rows", [["row"], [1], [b"row"], [{"a": 1}, None]])
def test_what_is_no_row_is_refused(rows: list[object]) -> None:
    with pytest.raises(TypeError, match="no row of a table"):
        aligned(rows)  # type: ignore[arg-type] # on purpose


@given(
    st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=9) | st.integers() | st.none(), max_size=3), max_size=5
    )
)
def test_a_table_has_a_line_for_each_row(rows: list[dict[str, object]]) -> None:
    assert len(aligned(rows).split("\n")) == (len(rows) + 1 if any(rows) else max(len(rows), 1))
