"""``deploycheck report``: render a run on record again."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_deploycheck.cli.common import example, load_run, run_options, told_plainly
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.ticket import ticket


@click.command(
    short_help="Render a run again: HTML, JSON, CTRF, Markdown, badge.",
    epilog=example(
        "report --format html --output ticket.html",
        "report --format md --release 1.4.0",
        "report --format badge --output verdict.svg",
    ),
)
@run_options
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(RENDERERS)),
    default="html",
    show_default=True,
    help="html: the report. json: everything. ctrf: test results for other tools. md: a summary. badge: a small SVG.",
)
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; by default standard output.")
def report(*, record: Path, release: str | None, run_id: str | None, format_name: str, output: Path | None) -> None:
    """Render a run from its journal: also that of a run that was killed."""
    run = load_run(record, release, run_id)
    text = ticket(run, record=record) if format_name == "html" else RENDERERS[format_name](run)
    if output is None:
        # As bytes: a terminal of another encoding, or half a surrogate pair, must not be the end of it.
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
        return
    with told_plainly():
        write_atomically(output, text)
    click.echo(f"written: {output}", err=True)
