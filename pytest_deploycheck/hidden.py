"""Checks that stand in a test file and yet never run: what Python or a name keeps from being collected."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from pytest_deploycheck.core.errors import ChecklistError

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def refuse_hidden_checks(collected: Mapping[Path, Collection[str]], *, markers: Collection[str], root: Path) -> None:
    """Raise ``ChecklistError``, naming file and line, for the first check that cannot run.

    `collected` are the names of the functions collected from each file. A test is hidden when a later definition of
    the same scope has its name, and when it is marked as a check though its own name or its class's is not a test's.
    """
    for path, names in collected.items():
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # pytest has read it in its own way
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        for scope in _scopes(tree):
            _refuse_redefinition(scope, str(shown))
            for definition in scope:
                if _is_marked(definition, markers) and definition.name not in names:
                    raise ChecklistError(
                        f"{shown}:{definition.lineno}: {definition.name} is marked as a check, but pytest does not "
                        "collect it; give it and its class names that begin with test and Test"
                    )


def _scopes(tree: ast.Module) -> Iterator[list[Definition]]:
    """The definitions of the module and of each class in it; not those under a condition, which may not hold."""
    own = [node for node in tree.body if isinstance(node, _DEFINITIONS)]
    yield own
    for node in own:
        if isinstance(node, ast.ClassDef):
            yield [inner for inner in node.body if isinstance(inner, _DEFINITIONS)]


def _refuse_redefinition(scope: list[Definition], shown: str) -> None:
    first: dict[str, int] = {}
    for definition in scope:
        if definition.name.lower().startswith("test") and definition.name in first:
            raise ChecklistError(
                f"{shown}:{definition.lineno}: {definition.name} is defined twice; the first, at line "
                f"{first[definition.name]}, never runs: give each a name of its own"
            )
        first[definition.name] = definition.lineno


def _is_marked(definition: Definition, markers: Collection[str]) -> bool:
    if isinstance(definition, ast.ClassDef):
        return False
    for decorator in definition.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(node, ast.Attribute) and node.attr in markers and ast.unparse(node.value).endswith("mark"):
            return True
    return False
