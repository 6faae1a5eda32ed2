"""``deploycheck plan``: the checklist as it would run."""

from __future__ import annotations

import json

import click

from pytest_deploycheck.cli.common import example
from pytest_deploycheck.cli.planning import Planned, collect_plan
from pytest_deploycheck.cli.tables import print_table
from pytest_deploycheck.core.checklist import base_id
from pytest_deploycheck.core.trace import lines_of


@click.command(
    short_help="Show every check, and the test or the person that judges it.",
    context_settings={"ignore_unknown_options": True},
    epilog=example("plan checks -m 'phase1 or phase2'", "plan --json"),
)
@click.option("--json", "as_json", is_flag=True, help='Print {"phases": [...], "checks": [...]} instead of a table.')
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def plan(*, as_json: bool, pytest_args: tuple[str, ...]) -> None:
    """Show every check: its phase, id, title, and the test or the person that judges it.

    PYTEST_ARGS are handed to pytest, which collects the checklist and runs nothing. Ticked boxes, checks without a
    remediation and task lines that belong to no phase are called out.
    """
    found = collect_plan(pytest_args)
    if as_json:
        click.echo(json.dumps(found.document, indent=1))
        return
    _print(found)
    for source in found.strays:
        click.echo(f"no check: the task line at {source} stands under no phase's heading")
    for slip in found.loose:
        click.echo(f"no check: {slip}")


def _print(found: Planned) -> None:
    document, judges = found.document, lines_of(found.checks)
    phases = [phase for phase in document["phases"] if phase["selected"]]
    checks = [check for phase in phases for check in document["checks"] if check["phase"] == phase["marker"]]
    for phase in phases:
        own = [check for check in checks if check["phase"] == phase["marker"]]
        rows = [
            (check["id"], check["title"], check["severity"], check["owner"], judges[base_id(check["id"])].judge)
            for check in own
        ]
        print_table(
            f"{phase['marker']}: {phase['title']} ({len(own)})", ("id", "title", "severity", "owner", "judged by"), rows
        )
    automated = sum(check["kind"] == "automated" for check in checks)
    click.echo(f"{len(checks)} checks: {automated} automated, {len(checks) - automated} manual")
    for check in checks:
        if check["ticked"]:
            click.echo(f"ticked: {check['id']} at {check['source']}: a tick is no evidence")
    for check in checks:
        if not check["remediation"]:
            click.echo(f"no remediation: {check['id']} at {check['source']}")
