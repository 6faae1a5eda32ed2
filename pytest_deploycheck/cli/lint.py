"""``deploycheck lint``: what to mend in a checklist before anybody runs it."""

from __future__ import annotations

import json

import click

from pytest_deploycheck.cli.approvals import standings_of
from pytest_deploycheck.cli.common import count, example
from pytest_deploycheck.cli.desk import open_desk
from pytest_deploycheck.cli.tables import print_table
from pytest_deploycheck.cli.trace import newest_run
from pytest_deploycheck.core.lint import Finding, Rule, lint
from pytest_deploycheck.core.model import ExitCode
from pytest_deploycheck.core.trace import trace

SCHEMA = "pytest-deploycheck/lint/1"


@click.command(
    "lint",
    short_help="Tell what to mend in the checklist and its approvals.",
    context_settings={"ignore_unknown_options": True},
    epilog=example("lint", "lint --json --exit-zero"),
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also when there are findings.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def lint_command(ctx: click.Context, *, as_json: bool, exit_zero: bool, pytest_args: tuple[str, ...]) -> None:
    """Tell of ticked boxes, vague titles, checks without owner or remediation, and task lines under no phase.

    Also of manual checks that carry commands, lines that were renamed or reworded since the newest run on record, and
    of sign-offs and waivers that are of no use any more. Exits with 1 when there is anything to tell.
    """
    desk = open_desk(pytest_args=pytest_args)
    planned = desk.planned
    seen = newest_run(planned.record)
    traced = trace((result.check for result in seen.checks), planned.checks) if seen else None
    findings = lint(
        planned.checks,
        strays=planned.strays,
        loose=planned.loose,
        trace=traced,
        standings=standings_of(desk),
        release=desk.context.release,
    )
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "findings": [_row(finding) for finding in findings]}, indent=1))
    else:
        _print(findings)
    ctx.exit(ExitCode.GO if exit_zero or not findings else ExitCode.NO_GO)


def _row(finding: Finding) -> dict[str, str | None]:
    return {
        "rule": str(finding.rule),
        "check": finding.check or None,
        "source": finding.source,
        "what": finding.what,
        "advice": finding.advice,
    }


def _print(findings: tuple[Finding, ...]) -> None:
    for rule in Rule:
        own = [finding for finding in findings if finding.rule is rule]
        if own:
            rows = [(finding.source, finding.check, finding.what, finding.advice) for finding in own]
            print_table(f"{rule} ({len(own)})", ("where", "check", "what", "way out"), rows)
    click.echo(count(len(findings), "finding") if findings else "nothing to mend")
