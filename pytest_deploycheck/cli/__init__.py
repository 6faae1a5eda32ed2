"""``deploycheck``: look at the checklist and at the record, sign and waive, run pytest as a child."""

from __future__ import annotations

import click

from pytest_deploycheck import __version__
from pytest_deploycheck.cli.approvals import approvals
from pytest_deploycheck.cli.completion import PROGRAM, completion
from pytest_deploycheck.cli.diff import diff
from pytest_deploycheck.cli.gate import gate
from pytest_deploycheck.cli.history import history
from pytest_deploycheck.cli.house import House, colour_wanted
from pytest_deploycheck.cli.init import init
from pytest_deploycheck.cli.lint import lint_command
from pytest_deploycheck.cli.plan import plan
from pytest_deploycheck.cli.report import report
from pytest_deploycheck.cli.run import run
from pytest_deploycheck.cli.sign import sign
from pytest_deploycheck.cli.status import status
from pytest_deploycheck.cli.trace import trace_command
from pytest_deploycheck.cli.waive import waive
from pytest_deploycheck.core.model import ExitCode


@click.group(cls=House, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Deployment checklists that run: the plan, a run, and what the record says of a release."""
    ctx.color = colour_wanted()
    if ctx.invoked_subcommand is None:
        # A pipeline whose variable for the command is empty must not go on.
        click.echo(ctx.get_help(), err=True)
        ctx.exit(ExitCode.USAGE_ERROR)


for command in (
    init,
    plan,
    lint_command,
    trace_command,
    sign,
    waive,
    approvals,
    run,
    status,
    gate,
    report,
    diff,
    history,
    completion,
):
    main.add_command(command)
