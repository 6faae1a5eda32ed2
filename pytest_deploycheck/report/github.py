"""GitHub's workflow commands: the worst of a run beside the lines of the checklist, ten at most."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_deploycheck.core.model import Run, Status, Verdict
from pytest_deploycheck.core.naming import name_of, several
from pytest_deploycheck.core.verdict import weigh
from pytest_deploycheck.report.faults import faults
from pytest_deploycheck.report.inert import inert, place_of

#: GitHub shows so many of a step, and drops the rest without a word.
MOST = 10
#: Characters of one message; GitHub cuts them at a few kilobytes.
_LIMIT = 1000


def render(run: Run, folder: str = "") -> str:
    """One command a line, worst first: ``error`` for what is NO-GO or ROLLBACK, ``warning`` for the rest.

    Nothing for a run that is GO. `folder` stands before every file: it leads from the root of the repository to
    pytest's. Where there are more than ten, the last one says how many are left out.
    """
    found = list(_annotations(run, folder))
    if len(found) > MOST:
        left = len(found) - MOST + 1
        found[MOST - 1 :] = [_command(Verdict.NO_GO, None, "deployment checklist", f"{left} more are in the report")]
    return "".join(f"{line}\n" for line in found)


def _annotations(run: Run, folder: str) -> Iterator[str]:
    for fault in faults(run):
        yield _command(fault.verdict, None, f"{fault.name} is {fault.verdict}", fault.reason)
    selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
    # Those that are blocked or missing only because of others are told with their phase.
    own = [
        (weigh(result), result)
        for result in run.checks
        if result.check.phase in selected and result.status not in (Status.BLOCKED, Status.NOT_RUN)
    ]
    for verdict, result in sorted(own, key=lambda pair: -pair[0].rank):
        if verdict is Verdict.GO:
            return
        check = result.check
        advice = f"\nNext: {check.remediation}" if check.remediation else ""
        place = place_of(f"{folder}{check.source}")
        name = name_of(check, targets=several(run))
        yield _command(verdict, place, f"{name} {result.status}: {check.title}", f"{result.reason}{advice}")


def _command(verdict: Verdict, place: tuple[str, int] | None, title: str, message: str) -> str:
    kind = "error" if verdict.rank >= Verdict.NO_GO.rank else "warning"
    fields = {"file": place[0], "line": str(place[1])} if place else {}
    said = ",".join(f"{name}={_property(value)}" for name, value in {**fields, "title": title}.items())
    return f"::{kind} {said}::{_data(message)}"


def _data(text: str) -> str:
    """A message as GitHub wants it: per cent signs and line ends are escaped, so that it stays on its line."""
    return inert(text[:_LIMIT]).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
