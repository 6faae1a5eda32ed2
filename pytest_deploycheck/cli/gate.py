"""``deploycheck gate``: what the whole record says of a release, for the job that opens production."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import InvalidRecordError, example, styled, told_plainly
from pytest_deploycheck.core.approvals import Context
from pytest_deploycheck.core.clearance import PhaseStanding, ReleaseStanding, Standing, clear_release, of_checklist
from pytest_deploycheck.core.errors import RecordError, SettingsError
from pytest_deploycheck.core.model import CheckResult, Run, Verdict
from pytest_deploycheck.core.standing import judge_by
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.record.approvals import digests_of, read_approvals
from pytest_deploycheck.record.blobs import MISSING
from pytest_deploycheck.record.store import merged_runs
from pytest_deploycheck.report.text import next_lines, steps

SCHEMA = "pytest-deploycheck/gate/1"
_HEAD = ("phase", "verdict", "run", "age", "target", "reason")


@click.command(
    short_help="Judge a release by one or more records, and exit with the verdict.",
    epilog=example("gate --release 1.4.0 --require phase1,phase2 staging-record"),
)
@click.option("--release", required=True, metavar="ID", help="The release whose verdict is asked for.")
@click.option(
    "--require",
    metavar="PHASES",
    help="The phases that decide, separated by commas; by default every phase of the checklist.",
)
@click.option(
    "--max-age", default="24h", show_default=True, metavar="AGE", help="How long a verdict on record stays good."
)
@click.option(
    "--approvals",
    metavar="PATH",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Judge people's word by this file as it is now, not only by what the record says of its end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the standing of the release as JSON.")
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.pass_context
def gate(
    ctx: click.Context,
    *,
    release: str,
    require: str | None,
    max_age: str,
    approvals: Path | None,
    as_json: bool,
    folders: tuple[Path, ...],
) -> None:
    """Merge the records in every DIR (by default .deploycheck) and exit with the verdict on the release.

    Of each phase the newest run that entered it counts, on every target on which it was run. A NO-GO is superseded only
    by a later complete run of the phase. Runs of another checklist than the newest do not count, nor runs without one
    beside it, nor verdicts older than --max-age. A rollback trigger that fired counts in any phase.
    """
    now = datetime.now(UTC)
    with told_plainly():
        age = parse_duration(max_age, where="--max-age")
        required = _split(require)
        runs = _merge(folders or (Path(".deploycheck"),), release, now)
        judge = _judge_by_file(approvals, runs, now) if approvals is not None and runs else None
    standing = clear_release(runs, required=required, now=now, max_age=age, judge=judge)
    # A folder that was named and is not there may hold the run that says NO-GO.
    gaps = tuple(
        f"{folder} is no folder: what was recorded there is unknown" for folder in folders if not folder.is_dir()
    )
    standing = replace(standing, gaps=gaps)
    if as_json:
        click.echo(json.dumps(_document(release, runs, standing, now), indent=1))
    else:
        _print(release, standing, now)
    ctx.exit(standing.exit_code)


def _split(require: str | None) -> list[str] | None:
    if require is None:
        return None
    names = [name for name in (part.strip() for part in require.split(",")) if name]
    if not names:
        raise SettingsError("--require: name at least one phase, or leave the option out")
    return names


def _merge(folders: tuple[Path, ...], release: str, now: datetime) -> list[Run]:
    try:
        return merged_runs(folders, release, now=now)
    except RecordError as error:
        # Also a journal that cannot be read: nobody knows what stands in it.
        raise InvalidRecordError(f"INVALID: {error}") from error


def _judge_by_file(path: Path, runs: Sequence[Run], now: datetime) -> Callable[[CheckResult], CheckResult]:
    """The rules are those of the newest run that counts; people's word, and what it points to, is that of today."""
    found = read_approvals(path, str(path))
    newest = of_checklist(runs)[0]
    policy = replace(newest.policy, proofs=digests_of(found, path.absolute().parent))
    return judge_by(found, Context(now=now, release=newest.release, policy=policy))


# -- the board ---------------------------------------------------------------------------------------------------------


def _print(release: str, standing: ReleaseStanding, now: datetime) -> None:
    click.echo(f"release {release}, by its record")
    rows = [(_row(phase, on, now), on.verdict) for phase in standing.phases for on in phase.on]
    widths = [max(len(row[column]) for row in (_HEAD, *(row for row, _ in rows))) for column in range(len(_HEAD) - 1)]
    board: list[tuple[tuple[str, ...], Verdict | None]] = [(_HEAD, None), *rows]
    for row, verdict in board:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        click.echo(styled("  ".join([*cells, row[-1]]).rstrip(), verdict))
    if standing.outdated:
        click.echo(f"note: {standing.outdated} of its runs do not count: the checklist was changed since")
    for gap in standing.gaps:
        click.echo(f"note: {gap}")
    for note in _missing_evidence(standing):
        click.echo(f"note: {note}")
    # Several targets may ask for the same.
    for step in dict.fromkeys(steps(_next(release, standing))):
        click.echo("\n".join(step))
    click.echo(styled(f"{standing.verdict}  {_summary(release, standing)}", standing.verdict))


def _row(phase: PhaseStanding, on: Standing, now: datetime) -> tuple[str, ...]:
    found = on.clearance
    run_id, age = (found.run.run_id, _age(now - found.since)) if found else ("-", "-")
    # As on the board of a run, brackets are round what does not decide.
    verdict = str(on.verdict) if phase.required else f"({on.verdict})"
    return phase.phase.marker, verdict, run_id, age, on.target or "-", on.reason


def _missing_evidence(standing: ReleaseStanding) -> list[str]:
    """What the runs that decided note of evidence that is no longer there; their verdicts stand."""
    runs = (on.clearance.run for phase in standing.phases for on in phase.on if on.clearance)
    return list(dict.fromkeys(note for run in runs for note in run.notes if note.startswith(MISSING)))


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds()) // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def _summary(release: str, standing: ReleaseStanding) -> str:
    if not standing.phases:
        return f"no run of the release {release!r} is on record; run: {_command('', release)}"
    required = [phase for phase in standing.phases if phase.required]
    cleared = sum(phase.verdict is Verdict.GO for phase in required)
    fired = [
        phase.phase.marker for phase in standing.phases for on in phase.on if on.clearance and on.clearance.rollback
    ]
    trigger = f"; an immediate rollback trigger fired in {', '.join(dict.fromkeys(fired))}" if fired else ""
    return f"{cleared}/{len(required)} required phases are GO{trigger}"


def _next(release: str, standing: ReleaseStanding) -> Iterator[str]:
    """What to do next for every phase that keeps the release from GO."""
    for phase in standing.phases:
        for on in phase.on:
            found = on.clearance
            counts = phase.required or (found is not None and found.rollback)
            if not counts or on.verdict is Verdict.GO:
                continue
            marker = phase.phase.marker
            if found is None:
                yield f"next: {marker}: run the whole phase: {on.reason}"
                yield f"      {_command(marker, release)}"
                continue
            # The run that decided knows its checks, their owners and how it was called.
            own = replace(
                found.run,
                phases=(found.phase,),
                checks=tuple(row for row in found.run.checks if row.check.phase == marker),
            )
            yield from next_lines(own)


def _command(marker: str, release: str) -> str:
    parts = ["pytest", *(["-m", marker] if marker else []), f"--deploycheck-release={shlex.quote(release)}"]
    return " ".join(parts)


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(release: str, runs: list[Run], standing: ReleaseStanding, now: datetime) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "release": release,
        "at": now.isoformat(),
        "verdict": str(standing.verdict),
        "exit_code": int(standing.exit_code),
        "runs": [run.run_id for run in runs],
        "outdated": standing.outdated,
        "gaps": list(standing.gaps),
        "phases": [
            {
                "marker": phase.phase.marker,
                "title": phase.phase.title,
                "required": phase.required,
                "verdict": str(phase.verdict),
                "targets": [_standing(on) for on in phase.on],
            }
            for phase in standing.phases
        ],
    }


def _standing(on: Standing) -> dict[str, Any]:
    found = on.clearance
    return {
        "target": on.target,
        "verdict": str(on.verdict),
        "reason": on.reason,
        "run_id": found.run.run_id if found else None,
        "since": found.since.isoformat() if found else None,
        "rollback": bool(found and found.rollback),
    }
