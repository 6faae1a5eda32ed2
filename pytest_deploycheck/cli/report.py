"""``deploycheck report``: render a run on record again."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_deploycheck.cli.common import load_run, run_options, told_plainly
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.report import RENDERERS


@click.command(epilog="Example: deploycheck report --format html --output ticket.html")
@run_options
@click.option("--format", "format_name", type=click.Choice(sorted(RENDERERS)), default="html", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; by default standard output.")
def report(*, record: Path, release: str | None, run_id: str | None, format_name: str, output: Path | None) -> None:
    """Render a run from its journal: also that of a run that was killed."""
    text = RENDERERS[format_name](load_run(record, release, run_id))
    if output is None:
        click.echo(text, nl=False)
        return
    with told_plainly():
        write_atomically(output, text)
    click.echo(f"written: {output}", err=True)
