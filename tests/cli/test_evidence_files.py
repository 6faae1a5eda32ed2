"""What the commands say of evidence that stands beside the record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Cli = Callable[..., Result]
COMMANDS = [("status",), ("report", "--format=json"), ("report",), ("gate", "--release=r1")]


@pytest.fixture
def blob(pytester: pytest.Pytester) -> Path:
    """The one file of evidence of a run that is GO."""
    pytester.makepyfile(
        "import pytest\n@pytest.mark.phase1\ndef test_it(evidence): evidence.text('log', 'line\\n' * 100_000)"
    )
    assert pytester.runpytest_subprocess("--deploycheck-release=r1", "-p", "no:randomly").ret == 0
    [path] = (pytester.path / ".deploycheck" / "r1" / "evidence").iterdir()
    return path


@pytest.mark.usefixtures("blob")
@pytest.mark.parametrize("command", COMMANDS)
def test_evidence_that_is_there_is_not_spoken_of(command: tuple[str, ...], deploycheck: Cli) -> None:
    """It verifies."""
    result = deploycheck(*command)

    assert result.exit_code == 0
    assert "evidence is missing" not in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_evidence_that_was_changed_makes_the_record_invalid(
    command: tuple[str, ...], blob: Path, deploycheck: Cli
) -> None:
    """14, naming the file and the way out."""
    blob.write_bytes(blob.read_bytes().replace(b"line", b"liar", 1))

    result = deploycheck(*command)

    assert result.exit_code == 14
    assert blob.name in result.output
    assert "put the file back" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_evidence_that_is_missing_is_said_and_the_verdict_stays(
    command: tuple[str, ...], blob: Path, deploycheck: Cli
) -> None:
    """Its begin and its end are in the record."""
    blob.unlink()

    result = deploycheck(*command)

    assert result.exit_code == 0
    assert "evidence is missing: evidence/" in result.output
    if "json" in command[-1]:
        assert json.loads(result.output)["verdict"] == "GO"


def test_evidence_may_lie_in_any_of_the_merged_folders(pytester: pytest.Pytester, blob: Path, deploycheck: Cli) -> None:
    """Merging is copying files, also in parts."""
    other = pytester.path / "other"
    shutil.copytree(pytester.path / ".deploycheck", other)
    blob.unlink()

    result = deploycheck("gate", "--release=r1", ".deploycheck", "other")

    assert result.exit_code == 0
    assert "evidence is missing" not in result.output
