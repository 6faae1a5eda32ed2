"""The options of the command line, and their keys in the ini file.

Loaded by every pytest start, so it imports pytest alone.
"""

from __future__ import annotations

import pytest


def add_to(parser: pytest.Parser) -> None:
    """Every option has an ini key of the same name, with underscores, and an environment variable in capitals."""
    group = parser.getgroup("deploycheck", "deployment checklist (pytest-deploycheck)")

    def add(name: str, help: str, *, ini: str = "string", **options: object) -> None:
        key = name.lstrip("-").replace("-", "_")
        group.addoption(name, dest=key, default=None, help=help, **options)
        parser.addini(key, help, type=ini, default=None)  # type: ignore[arg-type] # a literal, chosen below

    add("--deploycheck-release", "the release under check (default: git describe of the target's folder)", metavar="ID")
    add(
        "--deploycheck-target",
        "the installation under check, as an execnet specification; repeatable",
        metavar="SPEC",
        action="append",
        ini="linelist",
    )
    add(
        "--deploycheck-report",
        "write the HTML report here (default: deploycheck-report.html; empty: none)",
        metavar="PATH",
    )
    add(
        "--deploycheck-css",
        "the styles of the HTML report: inline (default), or link: in deploycheck-report.css beside it",
        choices=("inline", "link"),
    )
    add("--deploycheck-json", "write the run as JSON here", metavar="PATH")
    add("--deploycheck-summary", "write a Markdown summary here, for a merge request or a ticket", metavar="PATH")
    add("--deploycheck-record", "the folder of the journals of all runs (default: .deploycheck)", metavar="DIR")
    add(
        "--deploycheck-approvals",
        "the file of sign-offs and waivers (default: deploycheck-approvals.toml in the root folder)",
        metavar="PATH",
    )
    add("--deploycheck-keep-going", "run later phases after a NO-GO; the verdict stays", action="store_true")
    add("--deploycheck-resume", "keep the passes of the last run of this release", action="store_true")
    add(
        "--deploycheck-prerequisites",
        "when an earlier phase that was not selected is not on record: warn (default), require it, or ignore that",
        choices=("warn", "require", "ignore"),
    )
    _add_command_line_options(group)
    _add_ini_keys(parser)


def _add_ini_keys(parser: pytest.Parser) -> None:
    # What belongs to the project, and not to one run of it.
    parser.addini(
        "deploycheck_phases", 'the phases in their order, as "marker: title" lines', type="linelist", default=[]
    )
    parser.addini(
        "deploycheck_four_eyes", "who signs or waives must be another than who runs the gate", default="false"
    )
    parser.addini(
        "deploycheck_signers",
        'who may sign for which owner, as "group: address, address" lines',
        "linelist",
        default=[],
    )
    parser.addini("deploycheck_checklist", "the Markdown checklist whose lines the tests automate", default="")
    parser.addini(
        "deploycheck_worker_timeout",
        "with pytest-xdist: a worker that gives no sign of life for so long counts as dead (default: 60s)",
        default="60s",
    )
    parser.addini(
        "deploycheck_secrets",
        "environment variables whose values are secrets though their names do not say so",
        type="linelist",
        default=[],
    )
    parser.addini(
        "deploycheck_evidence_limit",
        "how much of one piece of evidence stands in the record itself (default: 64 KiB); the whole stands beside it",
        default="64 KiB",
    )
    parser.addini("deploycheck_max_age", "how long a verdict on record stays good (default: 24h)", default="24h")


def _add_command_line_options(group: pytest.OptionGroup) -> None:
    # For the command line alone: a pytest that a check starts must not inherit them.
    group.addoption(
        "--deploycheck-run-id",
        dest="deploycheck_run_id",
        metavar="ID",
        help="the run's id in the record, instead of one made from the time and chance",
    )
    group.addoption(
        "--deploycheck-witness",
        dest="deploycheck_witness",
        metavar="PATH",
        help="write here, as the run begins, where its journal lies; deploycheck run asks for it",
    )
    group.addoption(
        "--deploycheck-plan",
        dest="deploycheck_plan",
        metavar="PATH",
        help="with --collect-only: write the checklist as it would run, as JSON",
    )
