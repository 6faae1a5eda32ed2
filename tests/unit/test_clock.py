"""The clock of a run."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
from builders import NOON

from pytest_deploycheck import clock


def test_a_moment_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC


class Stopped(datetime):
    """What libraries put in place of ``datetime`` to freeze the time for a test."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2020, 1, 1, tzinfo=tz)


def test_another_class_in_place_of_datetime_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.now()
    monkeypatch.setattr(clock, "datetime", Stopped)
    monkeypatch.setattr(time, "time", lambda: 0)
    assert before <= clock.now()


def test_a_clock_that_is_set_back_stands_still_until_it_is_later() -> None:
    hours = iter([0, 1, -5, 0.5, 2])
    forward = clock.Forward(lambda: NOON + timedelta(hours=next(hours)))
    assert [forward() - NOON for _ in range(4)] == [timedelta(hours=told) for told in (1, 1, 1, 2)]
