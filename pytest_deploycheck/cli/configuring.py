"""Where pytest keeps its settings here, and one setting more in it with everything else left as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The parser that pytest itself reads its ini files with, and brings along.
import iniconfig

from pytest_deploycheck.cli.common import CliError

KEY = "deploycheck_checklist"
#: In the order in which pytest looks; those behind pyproject.toml count only with a section for pytest in them.
_INI_FILES = ("pytest.ini", ".pytest.ini")
_TOML_FILES = ("pytest.toml", ".pytest.toml")
_SECTIONS = {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """The file that pytest reads its settings from, or would."""

    path: Path
    #: Empty where the file is not there yet.
    text: str
    #: The table's path in a TOML file, else the section of an ini file.
    table: tuple[str, ...]
    #: What it says now.
    values: dict[str, Any]

    @property
    def folder(self) -> Path:
        """The folder that paths in it start at."""
        return self.path.parent

    def with_checklist(self, checklist: str) -> str:
        """The file's text with the checklist in it; as it is where it names one already."""
        if KEY in self.values:
            return self.text
        return self._toml(checklist) if self.path.suffix == ".toml" else self._ini(checklist)

    def _toml(self, checklist: str) -> str:
        import tomlkit

        document = tomlkit.parse(self.text)
        table: Any = document
        for place, name in enumerate(self.table):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=place < len(self.table) - 1)
            table = table[name]
        table[KEY] = checklist
        text: str = tomlkit.dumps(document)
        # What is new ends its lines as the others do, where they agree.
        alike = "\r\n" in self.text and not re.search(r"(?<!\r)\n", self.text)
        return re.sub(r"(?<!\r)\n", "\r\n", text) if alike else text

    def _ini(self, checklist: str) -> str:
        (section,) = self.table
        newline = "\r\n" if "\r\n" in self.text else "\n"
        setting = f"{KEY} = {checklist}{newline}"
        head = re.search(rf"^\[{re.escape(section)}\][^\r\n]*(\r?\n|$)", self.text, re.MULTILINE)
        if head is None:
            return f"{self.text}{newline if self.text.strip() else ''}[{section}]{newline}{setting}"
        end = newline if not head[1] else ""
        return self.text[: head.end()] + end + setting + self.text[head.end() :]


def find_configuration(folder: Path) -> Configuration:
    """The settings of a pytest run in this folder; where there are none, those that are best written.

    Looks upwards as pytest does, as far as the folder of the repository. Raises ``CliError`` for a file that cannot be
    read.
    """
    for place in _upwards(folder):
        for path in (place / name for name in (*_TOML_FILES, *_INI_FILES, "pyproject.toml", *_SECTIONS)):
            if path.is_file() and (found := _read(path)) is not None:
                return found
    path = folder / "pyproject.toml"
    if path.is_file():
        return Configuration(path=path, text=_text(path), table=("tool", "pytest", "ini_options"), values={})
    return Configuration(path=folder / "pytest.ini", text="", table=("pytest",), values={})


def _upwards(folder: Path) -> Iterator[Path]:
    tree = [folder, *folder.parents]
    top = next((place for place in tree if (place / ".git").exists()), folder)
    yield from tree[: tree.index(top) + 1]


def _read(path: Path) -> Configuration | None:
    """What pytest finds in the file; None where it would look on."""
    text = _text(path)
    if path.suffix == ".toml":
        return _from_toml(path, text)
    section = _SECTIONS.get(path.name, "pytest")
    try:
        sections = iniconfig.IniConfig(str(path), data=text).sections
    except iniconfig.ParseError as error:
        raise CliError(f"{path}: pytest cannot read it either: {error.msg} (line {error.lineno + 1})") from error
    if section not in sections and path.name in _SECTIONS:
        return None
    return Configuration(path=path, text=text, table=(section,), values=dict(sections.get(section, {})))


def _from_toml(path: Path, text: str) -> Configuration | None:
    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CliError(f"{path}: pytest cannot read it either: {error}") from error
    tables: tuple[tuple[str, ...], ...] = (("tool", "pytest", "ini_options"), ("tool", "pytest"))
    if path.name in _TOML_FILES:
        tables = (("pytest",),)
    for names in tables:
        table = data
        for name in names:
            table = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict):
            return Configuration(path=path, text=text, table=names, values=table)
    return Configuration(path=path, text=text, table=tables[0], values={}) if path.name in _TOML_FILES else None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}") from error
