"""What time it is, whatever the checks do to the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import CLOCK_REALTIME, clock_gettime


def now() -> datetime:
    """The moment, aware, in UTC."""
    # What stops the clock for a test puts other functions in place of `datetime.now` and `time.time`.
    return datetime.fromtimestamp(clock_gettime(CLOCK_REALTIME), UTC)


class Forward:
    """A clock that never goes back: what has ended does not hold again when somebody sets the machine's clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._latest = clock()

    def __call__(self) -> datetime:
        """The moment, or the latest one told where that was later."""
        self._latest = max(self._latest, self._clock())
        return self._latest
