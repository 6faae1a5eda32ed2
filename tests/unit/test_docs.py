"""What the README says about the program is what the program says."""

import re
from pathlib import Path

from pytest_deploycheck.core.model import ExitCode

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")


def test_the_table_of_exit_codes_is_the_enum() -> None:
    """Row by row, in order."""
    rows = re.findall(r"^\| (\d+) \| `?([A-Z_]+)`? \| (.+?) \|$", README, flags=re.MULTILINE)

    assert rows == [(str(int(code)), code.name, code.meaning) for code in ExitCode]


def test_the_test_command_is_there_for_ci() -> None:
    """Once: the script that runs before a change lands takes the command from here."""
    assert README.count(".venv/bin/pytest tests") == 1
