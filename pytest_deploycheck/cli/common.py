"""What several commands share: the options that find a run, and how a mistake is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.core.errors import DeployCheckError, RecordError
from pytest_deploycheck.core.model import ExitCode, Run
from pytest_deploycheck.record.store import find_run


class CliError(click.ClickException):
    """A mistake in how the command was called: one line on standard error."""

    exit_code = int(ExitCode.USAGE_ERROR)


class InvalidRecordError(CliError):
    """A record that does not verify."""

    exit_code = int(ExitCode.INVALID)


@contextmanager
def told_plainly() -> Iterator[None]:
    """A user's mistake is a line and exit 4; a record that does not verify, exit 14."""
    try:
        yield
    except RecordError as error:
        raise (CliError if error.line is None else InvalidRecordError)(str(error)) from error
    except DeployCheckError as error:
        raise CliError(str(error)) from error


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--record``, ``--release`` and ``--run``: which run a command is about."""
    for option in (
        click.option("--run", "run_id", metavar="ID", help="The run; by default the newest."),
        click.option("--release", metavar="ID", help="The release; by default that of the newest run."),
        click.option(
            "--record",
            type=click.Path(path_type=Path),
            default=Path(".deploycheck"),
            show_default=True,
            help="The folder of the journals.",
        ),
    ):
        command = option(command)
    return command


def load_run(record: Path, release: str | None, run_id: str | None) -> Run:
    """The run that the options name; raises ``CliError``."""
    with told_plainly():
        return find_run(record, release=release, run_id=run_id)
