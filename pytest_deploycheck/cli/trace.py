"""``deploycheck trace``: from the lines of the checklist to the tests, and what became of the lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import count, example
from pytest_deploycheck.cli.planning import collect_plan
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Run
from pytest_deploycheck.core.trace import Line, Trace, trace
from pytest_deploycheck.record.store import find_run
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/trace/1"
_HEAD = "| line | check | title | judged by |\n|---|---|---|---|"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


@click.command(
    "trace",
    short_help="Tell which test automates which line, and which lines have changed.",
    context_settings={"ignore_unknown_options": True},
    epilog=example("trace > traceability.md", "trace --json"),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of Markdown.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def trace_command(*, as_json: bool, pytest_args: tuple[str, ...]) -> None:
    """Tell of each line of the checklist which tests automate it, as Markdown.

    Lines whose words have changed since the newest run on record are listed with what they said then, and lines that
    were renamed with the comment that keeps their history. PYTEST_ARGS are handed to pytest, which runs nothing.
    """
    planned = collect_plan(pytest_args)
    seen = newest_run(planned.record)
    found = trace((result.check for result in seen.checks) if seen else (), planned.checks)
    if as_json:
        click.echo(json.dumps(_document(found, seen), indent=1))
        return
    for line in _markdown(found, seen, {phase["marker"]: phase["title"] for phase in planned.document["phases"]}):
        click.echo(line)


def newest_run(record: Path) -> Run | None:
    """The newest run of any release; None where there is none, and, said on standard error, where it cannot be read."""
    if not record.is_dir():
        return None
    try:
        return find_run(record)
    except RecordError as error:
        click.echo(f"note: nothing on record to compare with: {error}", err=True)
        return None


# -- Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(found: Trace, seen: Run | None, titles: dict[str, str]) -> Iterator[str]:
    counts = found.counts
    yield "# Traceability"
    yield ""
    yield f"{count(counts['lines'], 'line')}: {counts['automated']} judged by tests, {counts['manual']} by people."
    yield (
        f"Compared with the run {_plain(seen.run_id)} of release {_plain(seen.release)}: "
        f"{counts['changed']} changed, {counts['renamed']} renamed, {counts['gone']} gone."
        if seen
        else "No run is on record to compare them with."
    )
    for marker in dict.fromkeys(line.phase for line in found.lines):
        yield f"\n## {_plain(marker)}: {_plain(titles.get(marker, marker))}\n"
        yield _HEAD
        for line in found.lines:
            if line.phase == marker:
                yield "| " + " | ".join(map(_plain, (line.source, line.id, line.title, line.judge))) + " |"
    yield from _news(found)


def _news(found: Trace) -> Iterator[str]:
    if changed := [line for line in found.lines if line.was]:
        yield "\n## Changed words\n"
        yield "The tests bound to these lines may check what the lines no longer say.\n"
        for line in changed:
            yield f"- {_plain(line.id)} ({_plain(line.source)}, {_plain(line.judge)}) was: {_plain(line.was)}"
    if renamed := [line for line in found.lines if line.renamed_from]:
        yield "\n## Renamed lines\n"
        yield "If it is the same item, this comment on the line keeps its history:\n"
        for line in renamed:
            yield f"- {_plain(line.id)} ({_plain(line.source)}), was {_plain(line.renamed_from)}: `{line.proposal}`"
    if found.gone:
        yield "\n## Gone lines\n"
        for line in found.gone:
            yield f"- {_plain(line.id)} (was at {_plain(line.source)}): {_plain(line.title)}"


def _plain(text: str) -> str:
    """The text in one line of Markdown, where nothing in it is markup."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(found: Trace, seen: Run | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "compared_with": {"release": seen.release, "run_id": seen.run_id} if seen else None,
        "counts": found.counts,
        "lines": [
            {
                **_line(line),
                "tests": list(line.tests),
                "was": line.was or None,
                "renamed_from": line.renamed_from or None,
                "proposal": line.proposal or None,
            }
            for line in found.lines
        ],
        "gone": [_line(line) for line in found.gone],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "phase": line.phase,
        "title": line.title,
        "kind": str(line.kind),
        "source": line.source,
    }
