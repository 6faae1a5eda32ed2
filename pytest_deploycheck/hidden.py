"""Checks that stand in a test file and yet judge nothing: never collected, hidden by a name, or always true."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from pytest_deploycheck.core.errors import ChecklistError

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

#: What may be worth parsing a file for: most have neither, and parsing takes longer than all the rest.
_DEFINED = re.compile(rb"^\s*(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_LITERAL_ASSERTED = re.compile(rb"""\bassert[\s\\]*(?:[(\[{"']|lambda\b|[bBfFrRuU]{1,2}["'])""")


def refuse_hidden_checks(checks: Mapping[Path, Sequence[FunctionType]], *, markers: frozenset[str], root: Path) -> None:
    """Raise ``ChecklistError``, naming file and line, for the first check that cannot judge anything.

    `checks` are the collected files, each with the functions of the checks that came of it. A test is hidden when a
    later definition of the same scope has its name, and when it is marked as a check and did not become one; it is
    void when it asserts what always holds, such as a tuple.
    """
    modules = _modules_by_file()
    for path, functions in checks.items():
        shown = str(path.relative_to(root) if path.is_relative_to(root) else path)
        try:
            _refuse_by_source(path.read_bytes(), shown, frozenset(function.__name__ for function in functions), markers)
        except (OSError, SyntaxError, ValueError):
            continue  # pytest has read it in its own way
        if (module := modules.get(str(path))) is not None:
            _refuse_marked_things(module, markers, shown)
            collected = set(map(id, functions))
            for function in _marked_functions(module, markers):
                if id(function) not in collected:
                    line = function.__code__.co_firstlineno
                    raise ChecklistError(_not_collected(shown, line, function.__qualname__))


def _refuse_by_source(source: bytes, shown: str, names: frozenset[str], markers: frozenset[str]) -> None:
    defined = [name.decode() for name in _DEFINED.findall(source)]
    literal_asserted = _LITERAL_ASSERTED.search(source)
    if not literal_asserted and len(set(defined)) == len(defined) and names.issuperset(defined):
        return
    tree = ast.parse(source)
    for definition in _refuse_redefinitions(tree.body, shown):
        if definition.name not in names and markers.intersection(_marks_of(definition)):
            raise ChecklistError(_not_collected(shown, definition.lineno, definition.name))
    if literal_asserted:
        _refuse_void_assertions(tree, shown)


def refuse_void_helpers(known: Collection[Path], root: Path) -> None:
    """Raise ``ChecklistError`` for an assertion that is always true in a module of the project that tests imported."""
    for file in _modules_by_file():
        path = Path(file)
        if path in known or "site-packages" in path.parts or not path.is_relative_to(root):
            continue
        try:
            source = path.read_bytes()
            if _LITERAL_ASSERTED.search(source):
                _refuse_void_assertions(ast.parse(source), str(path.relative_to(root)))
        except (OSError, SyntaxError, ValueError):
            continue


def _not_collected(shown: str, line: int, name: str) -> str:
    return (
        f"{shown}:{line}: {name} is marked as a check, but pytest does not collect it as one; give it and its class "
        "names that begin with test and Test, put the mark above other decorators, or find the hook that takes it away"
    )


def _modules_by_file() -> Mapping[str, ModuleType]:
    return {file: module for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}


def _refuse_redefinitions(body: Sequence[ast.stmt], shown: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a scope and of the classes in it; raises where a test hides another of its name."""
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []

    def look(statements: Sequence[ast.stmt], known: dict[str, int]) -> dict[str, int]:
        for node in statements:
            if isinstance(node, _DEFINITIONS):
                if node.name.lower().startswith("test") and node.name in known:
                    raise ChecklistError(
                        f"{shown}:{node.lineno}: {node.name} is defined twice; the first, at line "
                        f"{known[node.name]}, never runs: give each a name of its own"
                    )
                known[node.name] = node.lineno
                if isinstance(node, ast.ClassDef):
                    look(node.body, {})
                else:
                    functions.append(node)
            else:
                # The branches of one statement exclude each other; what comes after it hides any of them.
                branches = [look(branch, dict(known)) for branch in _branches(node)]
                for branch in branches:
                    known.update(branch)
        return known

    look(body, {})
    return functions


def _branches(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that belong to the scope around it."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _refuse_void_assertions(tree: ast.Module, shown: str) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and _is_always_true(node.test):
            raise ChecklistError(
                f"{shown}:{node.lineno}: this assertion is always true: it is about "
                f"{ast.unparse(node.test)[:60]!r} itself; compare something"
            )


def _is_always_true(test: ast.expr) -> bool:
    match test:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.JoinedStr(values=parts):
            return bool(parts)
        case ast.Dict(keys=keys):
            return bool(keys)
        case ast.Constant(value=str() | bytes() as value):
            return bool(value)
        case _:
            return isinstance(test, (ast.GeneratorExp, ast.Lambda))


def _marked_functions(module: ModuleType, markers: frozenset[str]) -> Iterator[FunctionType]:
    """The functions defined in the module that are marked as a check, by themselves or by their class."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            if _is_marked(value, markers):
                yield value
        elif inspect.isclass(value):
            of_class = _is_marked(value, markers)
            for name, member in vars(value).items():
                function = getattr(member, "__func__", member)
                if isinstance(function, FunctionType) and (
                    _is_marked(function, markers) or (of_class and name.startswith("test"))
                ):
                    yield function


def _refuse_marked_things(module: ModuleType, markers: frozenset[str], shown: str) -> None:
    """What is marked and is neither a function nor a class, pytest leaves out with no more than a warning."""
    for name, value in vars(module).items():
        if isinstance(value, (FunctionType, ModuleType)) or inspect.isclass(value):
            continue
        # A mark takes a lambda or a partial for one of its arguments, and is a mark still.
        is_mark = isinstance(value, pytest.MarkDecorator) and value.name in markers and any(map(callable, value.args))
        if is_mark or ("pytestmark" in getattr(value, "__dict__", ()) and _is_marked(value, markers)):
            raise ChecklistError(
                f"{shown}: {name} is marked as a check and is no function with a name, which pytest does not collect; "
                "define it by def, with a name that begins with test"
            )


def _is_marked(thing: object, markers: frozenset[str]) -> bool:
    marks = vars(thing).get("pytestmark", ())
    return any(
        getattr(mark, "name", "") in markers for mark in (marks if isinstance(marks, (list, tuple)) else [marks])
    )


def marked_elsewhere(paths: Iterable[Path], markers: re.Pattern[str]) -> dict[str, str]:
    """Marker -> ``path:line`` of the first test, class or module in these files that carries it.

    For files that were not collected: they are read, not imported.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            source = path.read_text(encoding="utf-8", errors="replace")
            if not markers.search(source):
                continue
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            for marker in _marks_of(node):
                if markers.fullmatch(f"mark.{marker}"):
                    found.setdefault(marker, f"{path}:{getattr(node, 'lineno', 1)}")
    return found


def _marks_of(node: ast.AST) -> Iterator[str]:
    """The names in ``mark.<name>`` that decorate a definition or are assigned to ``pytestmark``."""
    if isinstance(node, _DEFINITIONS):
        carriers: list[ast.expr] = node.decorator_list
    elif isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in node.targets):
        carriers = [node.value]
    else:
        return
    for carrier in carriers:
        for part in ast.walk(carrier):
            if isinstance(part, ast.Attribute) and ast.unparse(part.value).endswith("mark"):
                yield part.attr
