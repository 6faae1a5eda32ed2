"""``deploycheck``: look at the checklist and at the record, without running a check."""

from __future__ import annotations

import click

from pytest_deploycheck import __version__
from pytest_deploycheck.cli.plan import plan
from pytest_deploycheck.cli.report import report
from pytest_deploycheck.cli.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="deploycheck")
def main() -> None:
    """Deployment checklists that run: see the plan, the status, and the report of a release."""


for command in (plan, status, report):
    main.add_command(command)
