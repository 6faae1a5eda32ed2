"""What several commands share: the options that find a run, and how a mistake is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.core.errors import DeployCheckError, RecordError
from pytest_deploycheck.core.model import ExitCode, Run, Verdict
from pytest_deploycheck.record.blobs import with_missing_evidence
from pytest_deploycheck.record.store import NeverBegunError, find_run, journal_path
from pytest_deploycheck.report.text import verdict_style


class CliError(click.ClickException):
    """A mistake in how the command was called: one line on standard error."""

    exit_code = int(ExitCode.USAGE_ERROR)


class InvalidRecordError(CliError):
    """A record that does not verify."""

    exit_code = int(ExitCode.INVALID)


class NeverBegunRecordError(CliError):
    """The newest journal is that of a run which died before its first line."""

    exit_code = int(ExitCode.INCOMPLETE)


def example(*commands: str) -> str:
    """The epilog of a command's help: how it is called, each call on a line of its own."""
    # The mark keeps click from filling the lines anew.
    return "\b\n" + "\n".join(f"Example: deploycheck {command}" for command in commands)


def count(number: int, what: str) -> str:
    """``1 check``, ``2 checks``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


@contextmanager
def told_plainly() -> Iterator[None]:
    """A user's mistake is a line and exit 4; a record that does not verify, exit 14; a run that never began, 11."""
    try:
        yield
    except NeverBegunError as error:
        raise NeverBegunRecordError(f"INCOMPLETE: {error}") from error
    except RecordError as error:
        raise (CliError if error.line is None else InvalidRecordError)(str(error)) from error
    except DeployCheckError as error:
        raise CliError(str(error)) from error


record_option = click.option(
    "--record",
    type=click.Path(path_type=Path),
    default=Path(".deploycheck"),
    show_default=True,
    help="The folder of the journals.",
)
release_option = click.option("--release", metavar="ID", help="The release; by default the runs of all of them.")


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--record``, ``--release`` and ``--run``: which run a command is about."""
    for option in (
        click.option("--run", "run_id", metavar="ID", help="The run; by default the newest."),
        click.option("--release", metavar="ID", help="The release; by default that of the newest run."),
        record_option,
    ):
        command = option(command)
    return command


def load_run(record: Path, release: str | None, run_id: str | None) -> Run:
    """The run that the options name; raises ``CliError``."""
    with told_plainly():
        run = find_run(record, release=release, run_id=run_id)
        return with_missing_evidence(run, [journal_path(record, run.release, run.run_id).parent])


def styled(line: str, verdict: Verdict | None) -> str:
    """The line in its verdict's colour; click takes the colour out where the output is no terminal."""
    style = verdict_style(verdict) if verdict else {"bold": True}
    colour = next((name for name in style if name != "bold"), None)
    return click.style(line, fg=colour, bold=style.get("bold", False))
