"""The command line. Each command's module is imported when the command is used.

``from giflab.cli import metrics`` gives the click command of that name, loaded the same way.
"""

import errno
import importlib
from typing import Any

import click

from .. import __version__
from ..errors import GifLabError, one_line

#: Name on the command line: module, one-line help (the listing must not import the module).
COMMANDS: dict[str, tuple[str, str]] = {
    "cache": ("housekeeping", "Show or clear the cache of decoded frames."),
    "deps": ("diagnosing", "Check what this installation can do."),
    "metrics": ("measuring", "Measure a compressed GIF against its original."),
    "organize-directories": ("housekeeping", "Sort GIFs into folders by size."),
    "run": ("measuring", "Compress every GIF of a folder and measure it."),
    "select-pipelines": ("reviewing", "Choose the best pipeline for each size."),
    "tag": ("reviewing", "Add content features to a results table."),
    "validate": ("reviewing", "Check a results table for implausible rows."),
    "view-failures": ("reviewing", "Show what went wrong in a run."),
}


def load_command(name: str) -> click.Command:
    """Import and return the command `name`; raises KeyError, and ClickException if its module can't be."""
    try:
        module = importlib.import_module(f".{COMMANDS[name][0]}", __name__)
        command: click.Command = getattr(module, name.replace("-", "_"))
    except ImportError as error:
        raise click.ClickException(f"'{name}' can't be loaded ({error}); see 'giflab deps check'") from error
    return command


class LazyGroup(click.Group):
    """Lists its commands from `COMMANDS` and imports one only to run it.

    Errors GifLab raises on purpose, missing packages and files that can't be used end as one line on stderr.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, None for a name that isn't one."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list for ``--help`` without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with mistakes of the user's and the machine's mapped to one line."""
        try:
            return super().invoke(ctx)
        except ImportError as error:
            raise click.ClickException(f"{one_line(error)}; see 'giflab deps check'") from error
        except GifLabError as error:
            raise click.ClickException(one_line(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe has gone; click ends quietly
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or one_line(error)}") from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="giflab")
def main() -> None:
    """GifLab: compress GIFs in several ways, measure what each way costs, choose."""


def __getattr__(name: str) -> click.Command:
    command = name.replace("_", "-")
    if command not in COMMANDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load_command(command)
