"""The rows of checks, of which there can be ten thousand.

A template takes eight times as long for a row that only says PASS, so what all rows have in common is put together
here, escaped by hand; the template adds the details of those that have any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from markupsafe import Markup

from pytest_deploycheck.core.model import Check, CheckResult, Flag, Kind, Severity, Status
from pytest_deploycheck.core.naming import name_of

_STATUS = {status: f'<span class="status {status.lower().replace("_", "-")}">{status}</span>' for status in Status}

_NEVER_RAN = (Status.BLOCKED, Status.NOT_RUN)


def rows(
    results: Iterable[CheckResult], anchors: Mapping[tuple[str, str], str], *, targets: bool
) -> Iterator[tuple[Markup, CheckResult | None]]:
    """The rows of a table in stretches: markup, then the check whose details follow it, None at the end.

    `anchors` are those of the checks that something points to, by key; `targets` is whether each says on which it ran.
    """
    done: list[str] = []
    for result in results:
        done.append(_head(result, anchors.get(result.check.key, ""), targets=targets))
        if result.status is not Status.PASS or _has_details(result):
            yield Markup("".join(done)), result  # noqa: S704  # escaped below
            done = []
        done.append(_tail(result.check))
    yield Markup("".join(done)), None  # noqa: S704  # escaped below


def _has_details(result: CheckResult) -> bool:
    return bool(
        result.reason
        or result.measurements
        or result.evidence
        or result.check.text
        or result.carried_from
        or result.waiver
    )


def _head(result: CheckResult, anchor: str, *, targets: bool) -> str:
    check = result.check
    flags = result.flags
    if check.severity is Severity.ADVISORY and Flag.ADVISORY not in flags:
        flags = (*flags, Flag.ADVISORY)
    said = "".join(f" <small>{flag}</small>" for flag in flags) if flags else ""
    # What nobody ran took no time, and not 0.000 s.
    ran = result.duration_s and check.kind is not Kind.MANUAL and result.status not in _NEVER_RAN
    took = f"{result.duration_s:.3f}" if ran else ""
    return (
        f'<tr{f" id={anchor}" if anchor else ""}><th scope="row"><bdi>{escape(check.title)}</bdi><br>'
        f"<small>{escape(name_of(check, targets=targets))}</small></th><td>{_STATUS[result.status]}{said}</td>"
        f"<td>{took}</td><td>"
    )


def _tail(check: Check) -> str:
    judge = "judged by a person" if check.kind is Kind.MANUAL else escape(check.nodeid)
    return f"<small>{escape(check.source)}<br>{judge}</small></td></tr>\n"
