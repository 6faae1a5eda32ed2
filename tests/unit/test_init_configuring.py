"""pytest's settings: which file holds them, and one more key in it with everything else left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_deploycheck.cli.common import CliError
from pytest_deploycheck.cli.configuring import find_configuration

LINE = "deploycheck_checklist = "


def settled(folder: Path) -> tuple[str, str]:
    """The name and the text of the file with the checklist in it."""
    found = find_configuration(folder)
    return found.path.relative_to(folder).as_posix(), found.with_checklist("a/list.md")


def test_without_any_file_there_is_a_new_one(tmp_path: Path) -> None:
    assert settled(tmp_path) == ("pytest.ini", f"[pytest]\n{LINE}a/list.md\n")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\n# note\naddopts = -q\n", f"[pytest]\n{LINE}a/list.md\n# note\naddopts = -q\n"),
        ("pytest.ini", "[pytest]\r\na = b\r\n", f"[pytest]\r\n{LINE}a/list.md\r\na = b\r\n"),
        ("pytest.ini", "[pytest]", f"[pytest]\n{LINE}a/list.md\n"),
        ("pytest.ini", "", f"[pytest]\n{LINE}a/list.md\n"),
        (".pytest.ini", "[pytest]\n", f"[pytest]\n{LINE}a/list.md\n"),
        ("tox.ini", "[tox]\nx = 1\n[pytest]\na = b\n", f"[tox]\nx = 1\n[pytest]\n{LINE}a/list.md\na = b\n"),
        ("setup.cfg", "[tool:pytest]\n[other]\n", f"[tool:pytest]\n{LINE}a/list.md\n[other]\n"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]  # ours\nx = 1 # one\n\n[tool.z]\n",
            f'[tool.pytest.ini_options]  # ours\nx = 1 # one\n{LINE}"a/list.md"\n\n[tool.z]\n',
        ),
        ("pyproject.toml", "[tool.pytest]\nx = 1\n", f'[tool.pytest]\nx = 1\n{LINE}"a/list.md"\n'),
        (
            "pyproject.toml",
            "[project]\nname = 'x'\n",
            f"[project]\nname = 'x'\n\n[tool.pytest.ini_options]\n{LINE}\"a/list.md\"\n",
        ),
        (
            "pyproject.toml",
            "[project]\r\nname = 'x'\r\n",
            f"[project]\r\nname = 'x'\r\n\r\n[tool.pytest.ini_options]\r\n{LINE}\"a/list.md\"\r\n",
        ),
        ("pytest.toml", "# a\r\n[pytest]\n", f'# a\r\n[pytest]\n{LINE}"a/list.md"\n'),
        ("pyproject.toml", "[tool.pytest]", f'[tool.pytest]\n{LINE}"a/list.md"\n'),
        ("pytest.toml", "[pytest]\nx = 1\n", f'[pytest]\nx = 1\n{LINE}"a/list.md"\n'),
    ],
)
def test_the_key_joins_what_is_there(tmp_path: Path, name: str, before: str, after: str) -> None:
    (tmp_path / name).write_text(before, encoding="utf-8", newline="")
    assert settled(tmp_path) == (name, after)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\ndeploycheck_checklist = other.md\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\ndeploycheck_checklist = 'other.md'\n"),
    ],
)
def test_a_key_that_is_there_stays(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert settled(tmp_path) == (name, text)
    assert find_configuration(tmp_path).values["deploycheck_checklist"] == "other.md"


def test_the_file_that_pytest_reads_is_the_one(tmp_path: Path) -> None:
    """Settings in a file behind it would never be seen; new ones before it would hide those that are there."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settled(tmp_path)[0] == "pyproject.toml"
    (tmp_path / "tox.ini").write_text("[tox]\n")
    assert settled(tmp_path)[0] == "pyproject.toml"
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\n")
    assert settled(tmp_path)[0] == "setup.cfg"
    (tmp_path / "tox.ini").write_text("[pytest]\n")
    assert settled(tmp_path)[0] == "tox.ini"
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    assert settled(tmp_path)[0] == "pyproject.toml"
    (tmp_path / "pytest.ini").write_text("")
    assert settled(tmp_path)[0] == "pytest.ini"


def test_it_may_lie_above_as_far_as_the_repository(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    below = tmp_path / "repository" / "docs"
    below.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert find_configuration(below).path == below / "pytest.ini"
    (tmp_path / "repository" / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    assert find_configuration(below).path == tmp_path / "repository" / "pyproject.toml"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", b"[tool.pytest\n"),
        ("pytest.ini", b"no section\n"),
        ("pytest.ini", b"[pytest]\na = \xff\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CliError, match=name):
        find_configuration(tmp_path)
