"""The README's table of commands, as it must be; run it to write it anew."""

from __future__ import annotations

from pathlib import Path

from pytest_deploycheck.cli import main

README = Path(__file__).parents[2] / "README.md"
HEAD = "| command | what it does |\n|---|---|\n"


def table() -> str:
    """A row for each command, in the order of ``deploycheck --help``."""
    rows = (f"| `deploycheck {name}` | {command.short_help} |\n" for name, command in main.commands.items())
    return HEAD + "".join(rows)


def in_readme() -> str:
    """The table that stands in the README."""
    _, head, rest = README.read_text(encoding="utf-8").partition(HEAD)
    rows = rest.splitlines(keepends=True)
    end = next(place for place, line in enumerate(rows) if not line.startswith("|"))
    return head + "".join(rows[:end])


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").replace(in_readme(), table()), encoding="utf-8")
