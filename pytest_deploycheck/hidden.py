"""Checks that stand in a test file and yet judge nothing: never collected, hidden by a name, or always true."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.written import DEFINITIONS, is_pytestmark, marks_of

#: What may be worth parsing a file for: most have neither, and parsing takes longer than all the rest.
_DEFINED = re.compile(rb"^\s*(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_LITERAL_ASSERTED = re.compile(
    rb"""\bassert(?:[\s\\]*(?:[(\[{"']|lambda\b|[bBfFrRuU]{1,2}["'])"""
    rb"""|\b.*\bor[\s\\]+(?:[(\[{"'1-9]|lambda\b|True\b|[bBfFrRuU]{1,2}["']))"""
)
#: The same, where the assertion began on a line before.
_OR_LITERAL = re.compile(rb"""\n[ \t)\]}]*\bor[ \t]+(?:[\[{"'1-9]|lambda\b|True\b|[bBfFrRuU]{1,2}["'])""")
#: A bare name that is asserted: of a function, it always holds.
_NAME_ASSERTED = re.compile(rb"\bassert[ \t]+([A-Za-z_]\w*)[ \t]*(?:[,;#]|$)", re.MULTILINE)
_MARKED_AGAIN = re.compile(rb"^[ \t]*pytestmark\b", re.MULTILINE)


def refuse_hidden_checks(
    checks: Mapping[Path, Sequence[Callable[..., object]]], *, markers: frozenset[str], root: Path
) -> None:
    """Raise ``ChecklistError``, naming file and line, for the first check that cannot judge anything.

    `checks` are the collected files, each with the functions of the checks that came of it, or with the class of the
    item where a check is no function. A test is hidden when a later definition of the same scope has its name, and when
    it, its class or its module is marked as a check and none came of it; it is void when it asserts what always holds,
    such as a tuple.
    """
    modules = _modules_by_file()
    for path, functions in checks.items():
        shown = _shown(path, root)
        try:
            source = path.read_bytes()
            _refuse_by_source(source, shown, _names_of(functions), markers)
        except (OSError, SyntaxError, ValueError):
            continue  # pytest has read it in its own way
        if (module := modules.get(str(path))) is not None:
            collected = set(map(id, functions))
            _refuse_marked_things(module, collected, markers, shown)
            for function in _marked_functions(module, markers):
                if id(function) not in collected:
                    line = function.__code__.co_firstlineno
                    raise ChecklistError(_not_collected(shown, line, function.__qualname__))
            _refuse_barren(module, collected, markers, shown)
    refuse_void_assertions(checks, root)


def refuse_void_assertions(paths: Iterable[Path], root: Path) -> None:
    """Raise ``ChecklistError`` for an assertion in these files that is always true."""
    modules = _modules_by_file()
    for path in paths:
        try:
            source = path.read_bytes()
            functions = _functions_asserted(source, modules.get(str(path)))
            if functions or _may_always_hold(source):
                _refuse_void_assertions(ast.parse(source), functions, _shown(path, root))
        except (OSError, SyntaxError, ValueError):
            continue


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _names_of(functions: Sequence[Callable[..., object]]) -> frozenset[str]:
    """What the source may call these functions: one that a factory made may have got a name of its own."""
    codes = (getattr(function, "__code__", None) for function in functions)
    return frozenset(
        [*(function.__name__ for function in functions), *(code.co_name for code in codes if code is not None)]
    )


def _refuse_by_source(source: bytes, shown: str, names: frozenset[str], markers: frozenset[str]) -> None:
    defined = [name.decode() for name in _DEFINED.findall(source)]
    marked_again = len(_MARKED_AGAIN.findall(source)) > 1
    if not marked_again and len(set(defined)) == len(defined) and names.issuperset(defined):
        return
    tree = ast.parse(source)
    _refuse_redefinitions(tree.body, shown)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name not in names and markers.intersection(marks_of(node)):
                raise ChecklistError(_not_collected(shown, node.lineno, node.name))
        elif marked_again and isinstance(node, (ast.Module, ast.ClassDef)):
            _refuse_replaced_marks(node.body, markers, shown)


def _refuse_replaced_marks(body: Iterable[ast.stmt], markers: frozenset[str], shown: str) -> None:
    """A second ``pytestmark`` takes away what the first one says."""
    said: dict[str, int] = {}
    for node in body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and is_pytestmark(node):
            own = markers.intersection(marks_of(node))
            for lost in said.keys() - own:
                raise ChecklistError(
                    f"{shown}:{node.lineno}: this pytestmark takes the place of the one at line {said[lost]}, and "
                    f"{lost} with it; put all marks into one list"
                )
            said = dict.fromkeys(own, node.lineno)


def refuse_void_helpers(known: Collection[Path], root: Path) -> None:
    """Raise ``ChecklistError`` for an assertion that is always true in a module of the project that tests imported."""
    helpers = []
    for file in _modules_by_file():
        path = Path(file)
        if path not in known and "site-packages" not in path.parts and path.is_relative_to(root):
            helpers.append(path)
    refuse_void_assertions(helpers, root)


def _not_collected(shown: str, line: int, name: str) -> str:
    return (
        f"{shown}:{line}: {name} is marked as a check, but pytest does not collect it as one; give it and its class "
        "names that begin with test and Test, define it in no function, put the mark above other decorators, or find "
        "the hook that takes it away"
    )


def _modules_by_file() -> Mapping[str, ModuleType]:
    return {file: module for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}


def _refuse_redefinitions(body: Sequence[ast.stmt], shown: str) -> None:
    """Raise where a test hides another of its name, in a scope or in a class of it."""

    def look(statements: Sequence[ast.stmt], known: dict[str, int]) -> dict[str, int]:
        for node in statements:
            if isinstance(node, DEFINITIONS):
                if node.name.lower().startswith("test") and node.name in known:
                    raise ChecklistError(
                        f"{shown}:{node.lineno}: {node.name} is defined twice; the first, at line "
                        f"{known[node.name]}, never runs: give each a name of its own"
                    )
                known[node.name] = node.lineno
                if isinstance(node, ast.ClassDef):
                    look(node.body, {})
            else:
                # The branches of one statement exclude each other; what comes after it hides any of them.
                branches = [look(branch, dict(known)) for branch in _branches(node)]
                for branch in branches:
                    known.update(branch)
        return known

    look(body, {})


def _branches(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that belong to the scope around it."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _may_always_hold(source: bytes) -> bool:
    """Whether a literal is asserted somewhere, as far as can be told without parsing."""
    return b"assert" in source and bool(_LITERAL_ASSERTED.search(source) or _OR_LITERAL.search(source))


def _functions_asserted(source: bytes, module: ModuleType | None) -> frozenset[str]:
    """Names that are asserted somewhere and are the module's functions or classes, as the module knows them."""
    if module is None or b"assert" not in source:
        return frozenset()
    asserted = (name.decode() for name in _NAME_ASSERTED.findall(source))
    known = vars(module)
    return frozenset(
        name for name in asserted if isinstance(known.get(name), FunctionType) or inspect.isclass(known.get(name))
    )


def _refuse_void_assertions(tree: ast.Module, functions: frozenset[str], shown: str) -> None:
    if functions:
        # One that is a parameter, or is bound in a function, is something else there.
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        functions -= bound | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assert):
            continue
        if _is_always_true(node.test) or (isinstance(node.test, ast.Name) and node.test.id in functions):
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
        case ast.BoolOp(op=ast.Or(), values=parts):
            # Such as a message behind `or` that was meant to stand behind a comma.
            return any(_is_always_true(part) or (isinstance(part, ast.Constant) and part.value) for part in parts)
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(map(_is_always_true, parts))
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
                function = _function_in(member)
                if isinstance(function, FunctionType) and (
                    _is_marked(function, markers) or (of_class and name.startswith("test"))
                ):
                    yield function


def _function_in(member: object) -> object:
    """What a class's attribute calls: a static or a class method has the function inside."""
    return getattr(member, "__func__", member)


def _refuse_barren(module: ModuleType, collected: set[int], markers: frozenset[str], shown: str) -> None:
    """A module or a class that is marked, and no check came of it, was not marked for nothing."""
    if not collected and _is_marked(module, markers):
        raise ChecklistError(
            f"{shown}:1: pytestmark marks the whole file as checks, and pytest collects no test in it; give its tests "
            "names that begin with test, or take the mark out"
        )
    for value in vars(module).values():
        of_module = inspect.isclass(value) and value.__module__ == module.__name__
        if of_module and _is_marked(value, markers) and not _bears(value, collected):
            raise ChecklistError(
                f"{shown}:{_line_of(value)}: {value.__qualname__} is marked as a class of checks, and pytest collects "
                "no test in it; give its tests names that begin with test, or take the mark out"
            )


def _bears(kind: type, collected: set[int]) -> bool:
    """Whether a check came of the class: of itself, of what it inherits, of a class within it, or of an heir."""
    if any(id(_function_in(member)) in collected for member in vars(kind).values()):
        return True
    inherited = (_function_in(member) for base in kind.__mro__[1:] for member in vars(base).values())
    within = [member for member in vars(kind).values() if inspect.isclass(member)]
    return any(id(function) in collected for function in inherited) or any(
        _bears(other, collected) for other in (*within, *kind.__subclasses__())
    )


def _line_of(kind: type) -> int:
    """The line of a class's definition; 1 where the source does not tell."""
    try:
        return inspect.getsourcelines(kind)[1]
    except (OSError, TypeError):
        return 1


def _refuse_marked_things(module: ModuleType, collected: set[int], markers: frozenset[str], shown: str) -> None:
    """What is marked and is neither a function nor a class, pytest leaves out with no more than a warning."""
    for name, value in vars(module).items():
        if isinstance(value, (FunctionType, ModuleType)) or inspect.isclass(value) or id(value) in collected:
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
