"""What others add to a report, and the events that carry it."""

from typing import Any

import pytest
from builders import LATER, make_events, make_result, texts
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Section, Verdict
from pytest_deploycheck.core.run import Event, fold
from pytest_deploycheck.core.sections import read_section, section_to_wire

AT = LATER.isoformat()
NOTED: Event = {"event": "noted", "text": "nobody heard", "at": AT}
ADDED: Event = {
    "event": "section_added",
    "title": "On call",
    "text": "",
    "columns": ["who"],
    "rows": [["ann"]],
    "at": AT,
}


@given(texts.filter(str.strip), texts, st.lists(st.lists(texts, min_size=2, max_size=2)))
def test_what_is_read_is_read_again_from_the_journal(title: str, text: str, rows: list[list[str]]) -> None:
    section = read_section({"title": title, "text": text, "columns": ["a", "b"], "rows": rows})

    assert read_section(section_to_wire(section)) == section
    assert section.rows == tuple(map(tuple, rows))


def test_cells_are_whatever_has_a_text() -> None:
    assert read_section({"title": "T", "rows": [(1, None)]}) == Section(title="T", rows=(("1", "None"),))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"title": " "},
        {"title": "x", "rows": [1]},
        {"title": "x", "rows": [[1], [1, 2]]},
        {"title": "x", 1: 2},
    ],
)
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        read_section(data)


def with_events(*more: Event) -> list[Event]:
    """A run that is GO, with events before its end."""
    events = make_events([make_result()])
    return [*events[:-2], *more, *events[-2:]]


def test_notes_and_sections_are_kept_in_their_order_and_change_no_verdict() -> None:
    run = fold(with_events(NOTED, ADDED, {**NOTED, "text": "again"}))

    assert (run.verdict, run.exit_code) == (Verdict.GO, 0)
    assert run.notes == ("nobody heard", "again")
    assert run.sections == (Section(title="On call", columns=("who",), rows=(("ann",),)),)


@pytest.mark.parametrize(
    "event",
    [
        {**NOTED, "text": 7},
        {**NOTED, "at": "yesterday"},
        {"event": "noted", "at": AT},
        {**NOTED, "more": 1},
        {**ADDED, "title": ""},
        {**ADDED, "rows": "abc"},
        {**ADDED, "html": "<b>"},
    ],
)
def test_one_of_a_wrong_shape_is_no_journal_of_ours(event: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        fold(with_events(event))


def test_nothing_is_added_after_the_end() -> None:
    with pytest.raises(RecordError, match="out of order"):
        fold([*make_events([make_result()]), NOTED])
