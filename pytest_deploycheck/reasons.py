"""Why a check failed, in one readable line: what was got, what was expected, what was measured.

pytest's own account, with its diff, stays whole as evidence.
"""

from __future__ import annotations

import ast
import linecache
import re
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

#: Characters of a reason.
LONGEST = 500
#: Characters of either side of a comparison.
_LONGEST_SIDE = 160
#: Of where a side came from; what is longer tells of the code rather than of the installation.
_LONGEST_ORIGIN = 80
_ASSERT = "assert "
#: Of an object, in its repr; another one in each run.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")
#: What can change its sides without changing its meaning.
_EVEN = ("==", "!=", "is", "is not")


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A comparison that did not hold, its sides as text."""

    operator: str
    left: str
    right: str

    def in_words(self, *, swapped: bool) -> str:
        """``got 500, expected 200``; by custom the left side is what was got, and `swapped` says otherwise."""
        got, expected = (self.right, self.left) if swapped else (self.left, self.right)
        operator = "" if self.operator == "==" else f"{self.operator} "
        unlike = " (they differ in what is not shown)" if got == expected and operator == "" else ""
        return f"got {got}, expected {operator}{expected}{unlike}"


def compare(operator: str, left: object, right: object, redact: Callable[[str], str]) -> Comparison:
    """The comparison as text, bounded; secrets go before anything is cut, which would leave half of one."""
    return Comparison(operator=operator, left=_short(left, redact), right=_short(right, redact))


def _short(value: object, redact: Callable[[str], str]) -> str:
    try:
        # The text of a long collection is as long; the first of it will do.
        text = repr(value) if not isinstance(value, list | tuple | dict | set | frozenset) else _Repr().repr(value)
    except Exception as error:  # noqa: BLE001  # anybody's __repr__
        return f"<{type(value).__name__}, whose repr() raised {type(error).__name__}>"
    text = " ".join(redact(text).split())
    if len(text) <= _LONGEST_SIDE:
        return text
    half = (_LONGEST_SIDE - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


class _Repr(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 12
        # Strings and numbers in it stay whole until their secrets are out.
        self.maxstring = self.maxother = self.maxlong = 20_000


def explain(text: str, comparison: Comparison | None, where: TracebackType | None) -> str:
    """What an ``AssertionError`` says, as one line.

    `comparison` is the last one that did not hold; it counts when the text is about it.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    place = next((number for number, line in enumerate(lines) if line.startswith(_ASSERT)), None)
    if place is None:
        return fold(lines)
    message, said = fold(lines[:place]), lines[place]
    if comparison is not None and _is_about(said, comparison):
        said = comparison.in_words(swapped=comparison.operator in _EVEN and _is_yoda(where))
    elif message:
        return message
    # What the sides came from; more of them is told in the evidence.
    known = next((line for line in lines[place + 1 :] if line.startswith("+  where ")), "").removeprefix("+  ")
    if not known and said.startswith(_ASSERT):
        known = _origin(said.removeprefix(_ASSERT), where)
    if known and len(known) <= _LONGEST_ORIGIN:
        said += f" ({known})"
    said = _ADDRESS.sub("", said)
    return fold([f"{message.rstrip(':;,. ')}:", said]) if message else said


def _is_about(said: str, comparison: Comparison) -> bool:
    # What is joined by "and" and "or", or turned by "not", is not that comparison alone.
    plain = not said.startswith(("assert (", "assert not "))
    return plain and f" {comparison.operator} " in said


def _is_yoda(where: TracebackType | None) -> bool:
    """Whether the assertion has its constant on the left: ``assert 200 == status``."""
    test = _asserted(where)
    if not isinstance(test, ast.Compare):
        return False
    return _is_constant(test.left) and not _is_constant(test.comparators[0])


def _origin(value: str, where: TracebackType | None) -> str:
    """``where False = settings['tls']``, for what pytest shows the value of and not the expression; else empty."""
    test = _asserted(where)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and value.startswith("not "):
        test, value = test.operand, value.removeprefix("not ")
    if test is None or isinstance(test, ast.Compare) or _is_constant(test):
        return ""
    source = ast.unparse(test)
    return f"where {value} = {source}" if source != value else ""


def _asserted(where: TracebackType | None) -> ast.expr | None:
    """What the assertion asserts that was raised there; None where it was none, or takes more than a line."""
    try:
        statement = ast.parse(statement_at(where)).body[0]
    except (SyntaxError, ValueError, IndexError):
        return None
    return statement.test if isinstance(statement, ast.Assert) else None


def _is_constant(node: ast.AST) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(node))


def statement_at(where: TracebackType | None) -> str:
    """The line of source where an exception was raised; empty where it is not at hand."""
    if where is None:
        return ""
    while where.tb_next is not None:
        where = where.tb_next
    return linecache.getline(where.tb_frame.f_code.co_filename, where.tb_lineno).strip()


def fold(lines: list[str]) -> str:
    """Several lines as one."""
    folded = ""
    for line in lines:
        folded += ("" if not folded else " " if folded[-1] in ":;,.!?([{" else "; ") + line
    return folded


def shorten(text: str) -> str:
    """A reason within its length; what is cut ends at a space, since half a word may be half a secret."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rpartition(' ')[0] or text[: LONGEST // 10]} ..."
