"""``deploycheck diff``: what changed between two runs on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import example, record_option, release_option, told_plainly
from pytest_deploycheck.cli.history import run_row
from pytest_deploycheck.cli.tables import print_table
from pytest_deploycheck.core.changes import Changes, Pair, Weakened, changes, last_go
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Check, Run
from pytest_deploycheck.record.store import find_run, journals, read_run
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/diff/1"
#: Characters of a reason.
_REASON = 100
_PAIRS = {
    "failing": "Newly failing",
    "fixed": "Fixed",
    "worse": "Not failing, but no longer cleared",
    "settled": "Settled",
    "waived": "Newly waived",
    "lowered": "Blocker before, advisory now",
    "slower": "More than twice as slow",
}
#: What makes a release less safe than the one before, or harder to judge.
_FOR_THE_WORSE = ("failing", "worse", "waived", "weakened", "lowered", "removed")


@click.command(
    short_help="What changed between two runs.",
    epilog=example("diff", "diff last-go last --release 1.4.0 --json", "diff RUN_ID .deploycheck/1.4.0/RUN_ID.jsonl"),
)
@click.argument("before", metavar="[RUN]", default="previous")
@click.argument("after", metavar="[RUN]", default="last")
@record_option
@release_option
@click.option("--exit-code", "as_exit_code", is_flag=True, help="Exit with 1 when something changed for the worse.")
@click.option("--json", "as_json", is_flag=True, help="Print both runs and every list of changes as JSON.")
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    before: str,
    after: str,
    record: Path,
    release: str | None,
    as_exit_code: bool,
    as_json: bool,
) -> None:
    """Compare two runs, by default the last one with the one before it.

    A RUN is an id, the path of a journal, or a word: `last` is the newest run, `previous` the newest before the other
    RUN, `last-go` the newest before it whose release was GO. --release keeps the words to the runs of one release.
    """
    with told_plainly():
        new = _find(after, record, release, other=None)
        old = _find(before, record, release, other=new)
    found = changes(old, new)
    if as_json:
        click.echo(json.dumps(_document(old, new, found), indent=1))
    else:
        _print(old, new, found)
    worse = any(getattr(found, part) for part in _FOR_THE_WORSE)
    ctx.exit(int(as_exit_code and worse))


def _find(word: str, record: Path, release: str | None, *, other: Run | None) -> Run:
    if word.endswith(".jsonl"):
        return read_run(Path(word).resolve())
    if word not in ("last", "previous", "last-go"):
        return find_run(record, run_id=word)
    if other is None and word != "last":
        raise RecordError(
            f"{word!r} is found from the run it is compared with, so only the first of the two can be called so"
        )
    runs = (read_run(path) for path in journals(record, release))
    earlier = (run for run in runs if other is None or _is_before(run, other))
    found = last_go(earlier) if word == "last-go" else next(earlier, None)
    if found is None:
        of = f" of the release {release!r}" if release else ""
        before = f" before the run {other.run_id}" if other else ""
        what = "run with a release that is GO" if word == "last-go" else "run"
        raise RecordError(f"no {what}{of} is on record in {record}{before}; name a run by its id: deploycheck history")
    return found


def _is_before(run: Run, other: Run) -> bool:
    return run.run_id != other.run_id and run.started <= other.started


# -- for people --------------------------------------------------------------------------------------------------------


def _print(old: Run, new: Run, found: Changes) -> None:
    for name, run in (("before", old), ("after", new)):
        said = one_line(f"{name}: release {run.release}, run {run.run_id}: {run.selected_verdict}")
        click.echo(said if run.verdict is run.selected_verdict else f"{said} (the release: {run.verdict})")
    if found.empty:
        click.echo("nothing changed")
        return
    phases = [
        (phase.marker, str(phase.before or "-"), str(phase.after or "-")) for phase in found.phases if phase.changed
    ]
    if phases:
        print_table("Phases whose verdict changed", ("phase", "before", "after"), phases)
    for part, title in _PAIRS.items():
        if pairs := getattr(found, part):
            print_table(f"{title} ({len(pairs)})", ("check", "before", "after", "what"), map(_pair_cells, pairs))
    if found.weakened:
        limits = map(_weakened_cells, found.weakened)
        print_table(f"Limits that let more pass ({len(found.weakened)})", ("check", "limit", "before", "after"), limits)
    for title, checks in (("Added", found.added), ("Removed", found.removed)):
        if checks:
            rows = ((_name(check), one_line(check.title)) for check in checks)
            print_table(f"{title} ({len(checks)})", ("check", "title"), rows)


def _name(check: Check) -> str:
    return one_line(f"{check.id} on {check.target}" if check.target else check.id)


def _pair_cells(pair: Pair) -> tuple[str, ...]:
    said = [
        f"{result.status}{''.join(f', {flag}' for flag in result.flags)} in {result.duration_s:.2f} s"
        for result in (pair.before, pair.after)
    ]
    return _name(pair.check), *said, one_line(pair.after.reason or pair.check.title, _REASON)


def _weakened_cells(item: Weakened) -> tuple[str, ...]:
    unit = f" {item.unit}" if item.unit else ""
    now = "gone" if item.after is None else f"{item.after:g}{unit}"
    return _name(item.check), *map(one_line, (f"{item.limit} of {item.name}", f"{item.before:g}{unit}", now))


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(old: Run, new: Run, found: Changes) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "before": run_row(old),
        "after": run_row(new),
        "empty": found.empty,
        "phases": [
            {"marker": phase.marker, "before": _word(phase.before), "after": _word(phase.after)}
            for phase in found.phases
        ],
        **{part: [_pair(pair) for pair in getattr(found, part)] for part in _PAIRS},
        "weakened": [
            {**_check(item.check), "name": item.name, "limit": item.limit, "before": item.before, "after": item.after}
            for item in found.weakened
        ],
        "added": [_check(check) for check in found.added],
        "removed": [_check(check) for check in found.removed],
    }


def _word(verdict: object) -> str | None:
    return None if verdict is None else str(verdict)


def _check(check: Check) -> dict[str, Any]:
    return {"id": check.id, "target": check.target, "title": check.title}


def _pair(pair: Pair) -> dict[str, Any]:
    sides = {"before": pair.before, "after": pair.after}
    return _check(pair.check) | {
        side: {"status": str(result.status), "reason": result.reason, "duration_s": round(result.duration_s, 6)}
        for side, result in sides.items()
    }
