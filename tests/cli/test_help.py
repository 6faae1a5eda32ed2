"""What all commands have in common: help, the README, how they end, colours, completion."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import command_table
import pytest
from click.testing import CliRunner, Result

from pytest_deploycheck import __version__
from pytest_deploycheck.cli import main

Cli = Callable[..., Result]
PAGE = Path(__file__).parents[2].joinpath("docs", "command-line.md").read_text(encoding="utf-8")
COMMANDS = sorted(main.commands)


def options(name: str) -> set[str]:
    return {word for parameter in main.commands[name].params for word in parameter.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_what_it_does_with_an_example(name: str) -> None:
    """One line for the list, a text, and a call that can be copied."""
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert main.commands[name].short_help
    assert f"Example: deploycheck {name}" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_are_calls_that_the_command_understands(name: str) -> None:
    """Its options exist."""
    for example in re.findall(rf"Example: deploycheck {name}(.*)", main.commands[name].epilog or ""):
        for option in re.findall(r"(?<= )--[a-z-]+", example.partition(" -- ")[0]):
            assert option in options(name), f"{name} has no {option}"


def test_the_readme_has_the_table_of_commands() -> None:
    """Row by row; ``python tests/cli/command_table.py`` writes it anew."""
    assert command_table.in_readme() == command_table.table()


@pytest.mark.parametrize("name", [name for name in COMMANDS if "--json" in options(name)])
def test_every_json_document_stands_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize(
    "words",
    [
        ["lint", "--json"],
        ["trace", "--json"],
        ["sign", "phase1.told", "--by", "a@b.org", "--json"],
        ["waive", "phase1.config", "--reason", "x", "--expires", "2999-01-01T00:00Z", "--by", "a@b.org", "--json"],
        ["approvals", "--json"],
        ["plan", "--json"],
        ["gate", "--release", "r1", "--json"],
    ],
)
def test_the_keys_on_the_page_are_those_that_are_printed(desk: Cli, words: list[str]) -> None:
    """At the top; further down they are examples of the tests of each command."""
    document = json.loads(desk(*words).stdout)
    row = next(line for line in PAGE[PAGE.index("## The JSON") :].splitlines() if line.startswith(f"| `{words[0]}` |"))
    keys = re.findall(r"`([a-z_]+)`", row.split("|")[3].partition(":")[0])

    assert list(document) == keys
    assert f"`{document.get('schema', '')}`" in row or words[0] == "plan"


@pytest.mark.parametrize(
    "words", [["nonsense"], ["status", "--nonsense"], ["waive"], ["report", "--format", "nonsense"], []]
)
def test_a_wrong_call_ends_with_4(words: list[str], pytester: pytest.Pytester) -> None:
    """Not with click's 2, which is an interruption here; nothing at all is a wrong call too."""
    result = CliRunner().invoke(main, words)

    assert result.exit_code == 4
    assert "Usage: " in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(("error", "code"), [(RuntimeError("boom\nbang"), 3), (click.Abort(), 2), (OSError("gone"), 3)])
def test_whatever_happens_is_one_line_and_no_traceback(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click error without a code of ours is a usage error."""

    def fail(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(main.commands["completion"], "callback", fail)
    result = CliRunner().invoke(main, ["completion", "bash"])

    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert len(result.stderr.splitlines()) == 1


def test_a_reader_that_went_away_is_an_interruption(desk: Cli) -> None:
    """And no NO-GO, nor a fault of ours: nothing is said of it."""
    program = [sys.executable, "-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')"]
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run([*program, "plan"], stdout=writing, stderr=subprocess.PIPE, check=False)

    os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"")


def test_where_it_came_from_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an environment variable that the line names."""
    monkeypatch.setattr(main.commands["completion"], "callback", lambda **_: 1 / 0)

    said = CliRunner().invoke(main, ["completion", "bash"]).stderr
    monkeypatch.setenv("DEPLOYCHECK_TRACEBACK", "1")

    assert "ZeroDivisionError: division by zero; set DEPLOYCHECK_TRACEBACK=1" in said
    assert "Traceback" in CliRunner().invoke(main, ["completion", "bash"]).stderr


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"deploycheck, version {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(shell: str) -> None:
    """It asks the program itself what may come next."""
    result = CliRunner().invoke(main, ["completion", shell])

    assert result.exit_code == 0
    assert f"_DEPLOYCHECK_COMPLETE={shell}_complete" in result.stdout


def test_the_completion_knows_commands_and_the_checks_of_the_newest_run(
    desk: Cli, run_gate: Callable[..., int]
) -> None:
    """What a shell would ask."""
    run_gate()

    def completed(*words: str) -> list[str]:
        line = " ".join(("deploycheck", *words))
        environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(words)), "_DEPLOYCHECK_COMPLETE": "bash_complete"}
        done = subprocess.run(
            [sys.executable, "-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return [word.partition(",")[2] for word in done.stdout.splitlines()]

    assert {"sign", "status"} <= {*completed("s")}
    assert completed("sign", "phase1.t") == ["phase1.told"]


def test_colours_are_for_terminals_and_can_be_refused(
    desk: Cli, run_gate: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe gets none; NO_COLOR takes them from a terminal too."""
    run_gate()
    coloured = desk("status", color=True).output
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[" in coloured
    assert "\x1b[" not in desk("status", color=True).output
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[" not in desk("status").output
