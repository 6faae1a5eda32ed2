"""Marks as they are written in a file of tests: read from its syntax tree, whether or not pytest collected it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def marked_elsewhere(
    paths: Iterable[Path], names: str, collected: Callable[[], Iterable[Callable[..., object]]]
) -> dict[str, str]:
    """Marker -> ``path:line`` of the first test, class or module in these files that carries it.

    For files that were not collected: they are read, not imported. `names` is a pattern of the markers, and `collected`
    gives the functions of the checks, some of which may have been imported or inherited from there.
    """
    marks, seen = re.compile(rf"(?:\bmark\.|^\s*@)(?:{names})\b", re.MULTILINE), re.compile(names)
    found: dict[str, str] = {}
    lines: dict[str, set[int]] | None = None
    for path in paths:
        try:
            source = path.read_text(encoding="utf-8", errors="replace")
            if not marks.search(source):
                continue
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError):
            continue
        lines = _lines_of(collected()) if lines is None else lines
        for line, marker in _marks_in(tree, lines.get(str(path), set())):
            if seen.fullmatch(marker):
                found.setdefault(marker, f"{path}:{line}")
    return found


def sources_of(functions: Iterable[Callable[..., object]]) -> set[Path]:
    """The files in which these functions stand."""
    return set(map(Path, _lines_of(functions)))


def _lines_of(functions: Iterable[Callable[..., object]]) -> dict[str, set[int]]:
    """File -> the lines at which these functions begin."""
    lines: dict[str, set[int]] = {}
    for function in functions:
        if (code := getattr(inspect.unwrap(function), "__code__", None)) is not None:
            lines.setdefault(code.co_filename, set()).add(code.co_firstlineno)
    return lines


def _marks_in(tree: ast.Module, known: set[int]) -> Iterator[tuple[int, str]]:
    """Each mark on what does not begin at a known line: its line and its name, or what the file calls it."""
    aliases = {
        target.id: tuple(_marks_within(node.value))
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and not is_pytestmark(node)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and known and all(_begins_at(test, known) for test in _tests_of(node)):
            passed.update([node, *node.body])
        if node in passed or _begins_at(node, known):
            continue
        for carrier in _carriers(node):
            yield from ((getattr(node, "lineno", 1), marker) for marker in _marks_within(carrier))
            for part in ast.walk(carrier):
                if isinstance(part, ast.Name):
                    # A mark that was imported under its own name, where it stands on a test.
                    own = (part.id,) if getattr(node, "name", "").lower().startswith("test") else ()
                    yield from ((getattr(node, "lineno", 1), marker) for marker in aliases.get(part.id, own))


def _tests_of(node: ast.ClassDef) -> list[ast.stmt]:
    return [part for part in node.body if getattr(part, "name", "").startswith("test")]


def _begins_at(node: ast.AST, lines: set[int]) -> bool:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    # To Python a function begins with its first decorator.
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) in lines


def marks_of(node: ast.AST) -> Iterator[str]:
    """The names in ``mark.<name>`` that decorate a definition or are assigned to ``pytestmark``."""
    for carrier in _carriers(node):
        yield from _marks_within(carrier)


def _carriers(node: ast.AST) -> list[ast.expr]:
    """What a definition is decorated with, or what is assigned to ``pytestmark``."""
    if isinstance(node, DEFINITIONS):
        return node.decorator_list
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and is_pytestmark(node) and node.value is not None:
        return [node.value]
    return []


def _marks_within(expression: ast.expr) -> Iterator[str]:
    for part in ast.walk(expression):
        if isinstance(part, ast.Attribute) and ast.unparse(part.value).endswith("mark"):
            yield part.attr


def is_pytestmark(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """Whether the name ``pytestmark`` is assigned to."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)
