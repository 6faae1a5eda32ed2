"""``deploycheck history``: the last runs on record, how they ended, and how long they took."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import example, record_option, release_option, told_plainly
from pytest_deploycheck.cli.tables import print_table
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import ExitCode, Run, Status
from pytest_deploycheck.record.store import journals, read_run
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/history/1"
_BARS = "▁▂▃▄▅▆▇█"
#: For a terminal that knows no others.
_DIGITS = "12345678"
_UNKNOWN = "."


@click.command(
    short_help="The last runs: verdicts, durations, a sparkline.", epilog=example("history --release 1.4.0 --limit 10")
)
@record_option
@release_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, the newest.")
@click.option("--json", "as_json", is_flag=True, help='Print {"runs": [...]}, newest first, instead of a table.')
@click.pass_context
def history(ctx: click.Context, *, record: Path, release: str | None, limit: int, as_json: bool) -> None:
    """Show the newest runs on record, of every release or of one.

    A run that died has no duration. A journal that does not verify is shown as INVALID, and the exit code is 14.
    """
    with told_plainly():
        found = journals(record, release)[:limit]
        if not found:
            of = f" of the release {release!r}" if release else ""
            raise RecordError(
                f"no run{of} is on record in {record}; run pytest first, or name the folder with --record"
            )
        rows = [_row(path) for path in found]
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "runs": rows}, indent=1))
    else:
        _print(rows)
    ctx.exit(ExitCode.INVALID if any(row["verdict"] == "INVALID" for row in rows) else ExitCode.GO)


def _row(path: Path) -> dict[str, Any]:
    try:
        return run_row(read_run(path))
    except RecordError as error:
        return {"run_id": path.stem, "verdict": "INVALID", "problem": str(error)}


def run_row(run: Run) -> dict[str, Any]:
    """What is told of a run among others; the duration is in seconds, null for a run that died."""
    counts = Counter(result.status for result in run.checks)
    return {
        "run_id": run.run_id,
        "release": run.release,
        "targets": list(run.targets),
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat() if run.finished else None,
        "duration_s": round((run.finished - run.started).total_seconds(), 3) if run.finished else None,
        "verdict": str(run.verdict),
        "selected_verdict": str(run.selected_verdict),
        "selected": [phase.phase.marker for phase in run.phases if phase.phase.selected],
        "exit_code": run.exit_code,
        "total": len(run.checks),
        "by_status": {str(status): counts[status] for status in Status},
    }


def _print(rows: Sequence[dict[str, Any]]) -> None:
    columns = ("started", "release", "run", "verdict", "the release", "passed", "took", "phases")
    print_table("Runs, newest first", columns, (_cells(row) for row in rows))
    for row in rows:
        if "problem" in row:
            click.echo(f"INVALID: {one_line(row['problem'])}")
    took = [row.get("duration_s") for row in reversed(rows)]
    known = [seconds for seconds in took if seconds is not None]
    if known:
        click.echo(f"durations, oldest first: {sparkline(took)}  {min(known):.1f} s to {max(known):.1f} s")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if "problem" in row:
        return "", "", row["run_id"], row["verdict"], "", "", "", ""
    passed = row["by_status"]["PASS"] + row["by_status"]["NOT_APPLICABLE"]
    took = row["duration_s"]
    return (
        f"{row['started'][:19].replace('T', ' ')} UTC",
        *map(one_line, (row["release"], row["run_id"], row["selected_verdict"], row["verdict"])),
        f"{passed}/{row['total']}",
        "died" if took is None else f"{took:.1f} s",
        one_line(", ".join(row["selected"]), 60),
    )


def sparkline(values: Iterable[float | None]) -> str:
    """One character a value, as high as it is large beside the others; a dot for None."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    low, high = min(known, default=0), max(known, default=0)
    bars = _BARS if _can_say(_BARS) else _DIGITS
    steps = (len(bars) - 1) / (high - low) if high > low else 0
    return "".join(_UNKNOWN if value is None else bars[round((value - low) * steps)] for value in listed)


def _can_say(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
