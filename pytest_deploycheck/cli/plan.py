"""``deploycheck plan``: the checklist as it would run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import CliError

_PIPED_WIDTH = 240
_EPILOG = "Example: deploycheck plan checks -m 'phase1 or phase2'"


@click.command(context_settings={"ignore_unknown_options": True}, epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help='Print {"phases": [...], "checks": [...]} instead of a table.')
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def plan(*, as_json: bool, pytest_args: tuple[str, ...]) -> None:
    """Show every check: its phase, id, title, and the test or the person that judges it.

    PYTEST_ARGS are handed to pytest, which collects the checklist and runs nothing. Ticked boxes, checks without a
    remediation and task lines that belong to no phase are called out.
    """
    document = _collect(pytest_args)
    strays = document.pop("strays", [])
    click.echo(json.dumps(document, indent=1) if as_json else "", nl=as_json)
    if not as_json:
        _print_table(document)
        for source in strays:
            click.echo(f"no check: the task line at {source} stands under no phase's heading")


def _collect(pytest_args: tuple[str, ...]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--deploycheck-plan={path}", *pytest_args]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not path.exists():
            said = (done.stderr or done.stdout).strip() or "it said nothing"
            if done.returncode == 0:
                said = (
                    "no collected test belongs to a phase; mark one with @pytest.mark.phase1, or set the ini key "
                    "deploycheck_checklist"
                )
            raise CliError(f"pytest could not collect the checklist: {said}")
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document


def _print_table(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Piped, a table must not be cut to an invented width.
    console = Console() if sys.stdout.isatty() else Console(width=_PIPED_WIDTH)
    phases = [phase for phase in document["phases"] if phase["selected"]]
    checks = [check for phase in phases for check in document["checks"] if check["phase"] == phase["marker"]]
    for phase in phases:
        own = [check for check in checks if check["phase"] == phase["marker"]]
        table = Table(title=Text(f"{phase['marker']}: {phase['title']} ({len(own)})"), title_justify="left")
        for column in ("id", "title", "severity", "owner", "judged by"):
            table.add_column(column, overflow="fold")
        for check in own:
            judge = check["nodeid"] or "a test not collected" if check["kind"] == "automated" else "a person"
            table.add_row(*map(Text, (check["id"], check["title"], check["severity"], check["owner"], judge)))
        console.print(table)
    automated = sum(check["kind"] == "automated" for check in checks)
    console.print(Text(f"{len(checks)} checks: {automated} automated, {len(checks) - automated} manual"))
    for check in checks:
        if check["ticked"]:
            console.print(Text(f"ticked: {check['id']} at {check['source']}: a tick is no evidence"))
    for check in checks:
        if not check["remediation"]:
            console.print(Text(f"no remediation: {check['id']} at {check['source']}"))
