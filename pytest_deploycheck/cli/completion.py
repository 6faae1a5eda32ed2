"""``deploycheck completion``: the script by which a shell completes commands and options."""

from __future__ import annotations

import click

from pytest_deploycheck.cli.common import example

PROGRAM = "deploycheck"


@click.command(
    short_help="Print the completion script for bash, zsh or fish.", epilog=example("completion bash >> ~/.bashrc")
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script for bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # click knows the three shells above
    click.echo(found(ctx.find_root().command, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())
