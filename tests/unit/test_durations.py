"""Durations as people write them, and nothing that only looks like one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("250ms", timedelta(milliseconds=250)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        (" 24h ", timedelta(hours=24)),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, expected: timedelta) -> None:
    assert parse_duration(text, where="here") == expected


@pytest.mark.parametrize("text", ["0", "0s", "-1h", "-0", "0.0000001s"])
def test_nothing_and_less_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="must be longer than nothing"):
        parse_duration(text, where="here")


@pytest.mark.parametrize("text", ["1h-30m", "1h and 30m", "1h, 30m", "24", "h", "soon"])
def test_what_is_not_numbers_with_units_alone_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no duration"):
        parse_duration(text, where="here")


@pytest.mark.parametrize("text", ["36526d", "999999999d", "99999999h"])
def test_what_no_calendar_holds_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is longer than a hundred years"):
        parse_duration(text, where="here")


@given(st.integers(1, 10_000), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_every_whole_number_of_every_unit_is_understood(number: int, unit: tuple[str, int]) -> None:
    assert parse_duration(f"{number}{unit[0]}", where="here") == timedelta(seconds=number * unit[1])


@given(st.text(max_size=12) | st.text("0123456789.smhdw +-", max_size=8))
def test_any_text_is_a_positive_duration_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text, where="here")
    except SettingsError as error:
        assert str(error).startswith("here: ")
    else:
        assert duration > timedelta(0)
