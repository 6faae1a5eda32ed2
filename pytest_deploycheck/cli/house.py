"""What all commands have in common: how they end, how they are told, when they are coloured."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from pytest_deploycheck.cli.common import CliError, told_plainly
from pytest_deploycheck.core.model import ExitCode

#: Set to anything, it shows where an unforeseen error came from.
TRACEBACK = "DEPLOYCHECK_TRACEBACK"


class House(click.Group):
    """A group of commands that ends with the gate's exit codes, and never with a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  # click's signature
        **extra: Any,
    ) -> Any:
        """As click's, but a wrong call ends with 4, an interruption with 2, an unforeseen error with 3.

        click's own numbers for these mean something else here: 1 would be NO-GO. A reader who has gone away, as
        ``head`` does, is an interruption too.
        """
        call: Callable[[], Any] = partial(super().main, args, prog_name, complete_var, False, **extra)
        if not standalone_mode:
            return call()
        try:
            with told_plainly():
                status = call()
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code if isinstance(error, CliError) else ExitCode.USAGE_ERROR)
        except SystemExit as error:
            # click's own: 1 for a pipe that nobody reads any more, whose streams it has silenced; else a completion's.
            sys.exit(ExitCode.INTERRUPTED if error.code == 1 else error.code)
        except click.Abort:
            click.echo("interrupted", err=True)
            sys.exit(ExitCode.INTERRUPTED)
        except Exception as error:  # noqa: BLE001  # whatever it is, a person gets a line and a pipeline a number
            if os.environ.get(TRACEBACK):
                traceback.print_exc()
            said = " ".join(str(error).split())
            click.echo(
                f"Error: deploycheck itself failed: {type(error).__name__}: {said}; set {TRACEBACK}=1 to see where",
                err=True,
            )
            sys.exit(ExitCode.INTERNAL_ERROR)
        sys.exit(status if isinstance(status, int) else ExitCode.GO)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of a release, not of the alphabet."""
        return list(self.commands)


def colour_wanted() -> bool | None:
    """False where NO_COLOR is set; else None: colours on a terminal only."""
    return False if os.environ.get("NO_COLOR") else None
