"""``deploycheck``: look at the checklist and at the record, and run pytest where only the record is believed."""

from __future__ import annotations

import click

from pytest_deploycheck import __version__
from pytest_deploycheck.cli.gate import gate
from pytest_deploycheck.cli.plan import plan
from pytest_deploycheck.cli.report import report
from pytest_deploycheck.cli.run import run
from pytest_deploycheck.cli.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="deploycheck")
def main() -> None:
    """Deployment checklists that run: the plan, a run, and what the record says of a release."""


for command in (plan, run, status, gate, report):
    main.add_command(command)
