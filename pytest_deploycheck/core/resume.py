"""What a resumed run need not do again, and what it must not do again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pytest_deploycheck.core.model import Check, CheckResult, Flag, Kind, Run, Status

#: In how many runs a check may be running as they die, before it is not run again.
MOST_DEATHS = 2
_NO_END = (Status.NOT_RUN, Status.BLOCKED)

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumption:
    """The results that a resumed run begins with."""

    #: Passes of earlier runs.
    kept: tuple[CheckResult, ...] = ()
    #: ERROR, for the checks in which runs keep dying.
    crashed: tuple[CheckResult, ...] = ()


@dataclass(kw_only=True, slots=True)
class _History:
    """What is known of one check, as far back as its last end."""

    #: The runs that died in it since then, newest first.
    deaths: list[str] = field(default_factory=list)
    end: CheckResult | None = None


def resume(runs: Iterable[Run], wanted: Mapping[Key, Check], *, now: datetime, max_age: timedelta) -> Resumption:
    """What earlier runs of the same release, targets and checklist, newest first, settle for the checks in `wanted`.

    The newest end of a check counts: when it is a pass of a test, not older than `max_age`, and no run died in the
    check since, it is kept. A check in which two runs died since its last end is an ERROR; one in which one died runs
    again.
    """
    histories: dict[Key, _History] = {key: _History() for key in wanted}
    open_keys = set(wanted)
    for run in runs:
        if not open_keys:
            break
        for check in () if run.closed else run.in_flight:
            if check.key in open_keys:
                histories[check.key].deaths.append(run.run_id)
        for result in run.checks:
            key = result.check.key
            if key in open_keys and _is_end(result):
                open_keys.discard(key)
                histories[key].end = replace(result, carried_from=result.carried_from or run.run_id)
    return Resumption(
        kept=tuple(
            _carry(history.end)
            for history in histories.values()
            if history.end is not None
            and not history.deaths
            and _is_good(history.end, wanted[history.end.check.key], now, max_age)
        ),
        crashed=tuple(
            _give_up(wanted[key], history.deaths, now)
            for key, history in histories.items()
            if len(history.deaths) >= MOST_DEATHS
        ),
    )


def _is_end(result: CheckResult) -> bool:
    # An ERROR that was carried is one of `_give_up`: the check was not run, so it did not end.
    return result.status not in _NO_END and not (result.status is Status.ERROR and result.carried_from)


def _is_good(result: CheckResult, check: Check, now: datetime, max_age: timedelta) -> bool:
    # What a person signed is asked for again, which costs nothing and sees what was written since.
    good = result.status is Status.PASS and result.check.kind is check.kind is Kind.AUTOMATED
    oldest = now - (max_age if check.valid is None else min(max_age, check.valid))
    return good and result.finished is not None and result.finished >= oldest


def _carry(result: CheckResult) -> CheckResult:
    return replace(result, flags=tuple(dict.fromkeys([*result.flags, Flag.CARRIED])))


def _give_up(check: Check, deaths: list[str], now: datetime) -> CheckResult:
    return CheckResult(
        check=check,
        status=Status.ERROR,
        reason=(
            f"not run again: the runs {' and '.join(reversed(deaths))} died in it; mend it, then run once without "
            "--deploycheck-resume"
        ),
        flags=(Flag.CARRIED,),
        finished=now,
        carried_from=deaths[0],
    )
