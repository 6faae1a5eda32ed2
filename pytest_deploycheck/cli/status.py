"""``deploycheck status``: the board of a run on record."""

from __future__ import annotations

from pathlib import Path

import click

from pytest_deploycheck.cli.common import example, load_run, run_options, styled
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.report.approvals import approval_lines
from pytest_deploycheck.report.text import board_lines, next_lines, summary_line


@click.command(
    short_help="Show the newest run, and exit with its exit code.",
    epilog=example("status --release 2026.11"),
)
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@click.pass_context
def status(ctx: click.Context, *, record: Path, release: str | None, run_id: str | None, as_json: bool) -> None:
    """Show the newest run of a release, read from its journal, and exit with its exit code.

    A run that died is INCOMPLETE here whatever its own exit status was.
    """
    run = load_run(record, release, run_id)
    if as_json:
        click.echo(RENDERERS["json"](run), nl=False)
        ctx.exit(run.exit_code)
    finished = run.finished.strftime("%Y-%m-%d %H:%M:%S %Z") if run.finished else "never finished"
    click.echo(f"release {run.release}, run {run.run_id}, {finished}")
    for line, verdict in board_lines(run):
        click.echo(styled(line, verdict))
    for note in run.notes:
        click.echo(f"note: {note}")
    for check in () if run.closed else run.in_flight:
        click.echo(f"note: {check.id} was running when the run was last heard of")
    for line in approval_lines(run):
        click.echo(line)
    for line in next_lines(run):
        click.echo(line)
    click.echo(styled(summary_line(run), run.selected_verdict))
    ctx.exit(run.exit_code)
