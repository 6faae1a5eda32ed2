"""`deps`: what this installation can do."""

import json
from typing import Any

import click

from ..dependencies import EXTERNAL_TOOLS, dependency_report, missing, probe_tool
from ..lazy_imports import CORE_PACKAGES, OPTIONAL_PACKAGES, probe
from .output import print_table

_SECTIONS = {
    "core": "Core dependencies",
    "optional": "Optional dependencies",
    "external_tools": "External tools",
}


@click.group()
def deps() -> None:
    """Check what this installation can do."""


@deps.command()
@click.option("--verbose", is_flag=True, help="Add the reasons and the system's capabilities.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check(verbose: bool, as_json: bool) -> None:
    """Import every dependency and report; exits with 1 when a core dependency is missing."""
    report = dependency_report()
    if as_json:
        click.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print_report(report, verbose)
    require_core(report)


def require_core(report: dict[str, Any]) -> None:
    """Raise ClickException, which ends the command with 1, when a core dependency is missing."""
    absent = missing(report["core"])
    if absent:
        raise click.ClickException(
            f"core dependencies missing: {', '.join(absent)}; see 'giflab deps install-help'"
        )


def _print_report(report: dict[str, Any], verbose: bool) -> None:
    columns = ("name", "state", "version", "reason") if verbose else ("name", "state", "version")
    for key, title in _SECTIONS.items():
        rows = []
        for name, entry in report[key].items():
            state = "available" if entry["available"] else "missing"
            row = (name, state, entry["version"] or "", entry["error"] or "")
            rows.append(row[: len(columns)])
        print_table(title, columns, rows)
        click.echo()
    if verbose:
        system = report["system"]
        click.echo("System capabilities")
        click.echo(f"  Python:            {system['python_version']} on {system['platform']}")
        click.echo(f"  Caching:           {caching_line(system['caching_status'])}")
        click.echo(f"  Memory monitoring: {memory_line(system['memory_monitoring'])}")


def caching_line(status: dict[str, Any]) -> str:
    """Describe a caching status in one line."""
    if status["enabled"] is None:
        return f"unknown ({status['error']})"
    note = f" ({status['note']})" if status["note"] else ""
    return f"{'on' if status['enabled'] else 'off'}, {status['implementation']}{note}"


def memory_line(report: dict[str, Any]) -> str:
    """Describe a memory report in one line: availability, level, GiB."""
    current = report["current"]
    state = "enabled" if report["enabled"] else "disabled"
    if not report["available"]:
        return f"not available, {state}, level {current['level']} ({current['error']})"
    return (
        f"available, {state}, level {current['level']}, "
        f"{current['available_gb']:.1f} of {current['total_gb']:.1f} GB available, "
        f"{current['percent']:.0%} in use"
    )


@deps.command()
def status() -> None:
    """Summarise: how many dependencies are there, how tight memory is; exits like check."""
    report = dependency_report()
    for key, title in _SECTIONS.items():
        absent = missing(report[key])
        suffix = f", missing: {', '.join(absent)}" if absent else ""
        click.echo(f"{title}: {len(report[key]) - len(absent)} of {len(report[key])} available{suffix}")
    memory = report["system"]["memory_monitoring"]
    click.echo(f"Memory pressure: {memory['current']['level']}")
    click.echo(f"Memory monitoring: {memory_line(memory)}")
    require_core(report)
    click.echo("Ready.")


@deps.command("install-help")
def install_help() -> None:
    """Say how to install what is missing."""
    absent = [package for package in (*CORE_PACKAGES, *OPTIONAL_PACKAGES) if not probe(package).available]
    if not absent:
        click.echo("Every package is installed.")
    for package in absent:
        click.echo(f"{package.distribution} ({package.purpose}): pip install {package.distribution}")
    click.echo(
        "With Poetry: 'poetry install' for what is needed, 'poetry install --extras plots' for matplotlib."
    )
    for tool, purpose in EXTERNAL_TOOLS.items():
        if probe_tool(tool).available:
            continue
        click.echo(f"{tool} ({purpose}): from the system's package manager, e.g. 'apt install {tool}'.")
