"""The page of all ways: built from the tests of this folder, so that it tells of each of them and of nothing else.

``python tests/gate/catalogue.py`` writes it anew.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "accidental-greens.md"
INTRO = """\
# Accidental greens

A checklist is worth as much as its worst green run. Below is every way we know in which a run of pytest could look
green though a check did not positively pass: {count} ways, each with what the gate says instead and the file of the
test that sets this trap. A check has passed only when its setup, its call and its teardown each passed, nobody expected
it to fail, no part of it failed, and it did judge something; a phase is GO only when all its blockers are accounted for.

Two things to do so that these answers reach a pipeline:

- Where the exit code alone is trusted, gate on `deploycheck run ...` instead of `pytest ...`. A process that dies can
  exit with 0, and a plugin that was not loaded says nothing; `deploycheck run`, `deploycheck gate` and
  `deploycheck status` read the record, in which a run without its closing line is INCOMPLETE.
- Keep a Markdown checklist, or declare the phases in the ini file: then what is missing can be named.

Out of reach is what leaves no trace where the gate can look: a check that catches its own failures
(`except Exception: pass`), a future that nobody asks for its result, an assertion on the wrong thing, and hooks that
were written to deceive rather than by accident.
"""
FIRST = ("test_skips", "test_expected_failures", "test_void_tests", "test_fixtures_fail", "test_collection_holes")
HEAD = "| How it would have looked green | What the gate says | Test |\n| --- | --- | --- |\n"


def modules() -> list[ModuleType]:
    """The files of traps, in the order of the page: the commonest ways first."""
    found = {path.stem for path in HERE.glob("test_*.py")} - {"test_catalogue", "test_honest_checks"}
    return [importlib.import_module(name) for name in (*FIRST, *sorted(found.difference(FIRST)))]


def tests_of(module: ModuleType) -> Iterator[FunctionType]:
    """The tests that a file defines itself."""
    for name, value in vars(module).items():
        if name.startswith("test_") and isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value


def rows_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The ways that a file is about, and what the gate says of each."""
    for told, trap in getattr(module, "TRAPS", {}).items():
        yield told, trap.says
    for test in tests_of(module):
        if told := getattr(test, "told", ""):
            yield told, vars(test)["says"]


def page() -> str:
    """The page as it must be."""
    sections, count = [], 0
    for module in modules():
        rows = [*rows_of(module)]
        count += len(rows)
        title = str(module.__doc__).splitlines()[0].rstrip(".")
        lines = (
            f"| {_cell(told)} | {_cell(says)} | [{module.__name__}](../tests/gate/{module.__name__}.py) |"
            for told, says in rows
        )
        sections.append(f"\n## {title}\n\n{HEAD}" + "\n".join(lines) + "\n")
    return INTRO.format(count=count) + "".join(sections)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent / "plugin")]
    PAGE.write_text(page(), encoding="utf-8")
