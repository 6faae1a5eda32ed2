"""Durations as people write them: ``90s``, ``30m``, ``24h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta

from pytest_deploycheck.core.errors import SettingsError

#: A moment that lies further back, or ahead, may be none of the calendar's.
_LONGEST = timedelta(days=36_525)
#: Numbers with their units, side by side.
_PARTS = re.compile(r"[+-]?(?:0|(?:\d+(?:\.\d+)?[a-zA-Zµ]+)+)")


def parse_duration(text: str, *, where: str) -> timedelta:
    """The duration; units are durationpy's (``ms s m h d w``, combined as in ``1h30m``).

    Raises ``SettingsError`` naming `where` for anything else, for zero, for negative ones and beyond a hundred years.
    """
    import durationpy

    wrong = SettingsError(f"{where}: {text!r} is no duration; write for example 90s, 30m, 24h or 7d")
    if not _PARTS.fullmatch(text.strip()):
        raise wrong  # durationpy passes over words and signs between the parts
    try:
        duration = durationpy.from_str(text.strip())
    except (durationpy.DurationError, ValueError, OverflowError) as error:
        raise wrong from error
    if not isinstance(duration, timedelta) or duration <= timedelta(0):
        raise SettingsError(f"{where}: {text!r} must be longer than nothing; write for example 24h")
    if duration > _LONGEST:
        raise SettingsError(f"{where}: {text!r} is longer than a hundred years; write for example 24h")
    return duration
