"""What is left of a secret where somebody cut a text: ``'a...cret-77'``, as pytest does with what is long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pytest_deploycheck.core.shapes import MARK, MARK_BEGIN

#: Characters; less than that of a secret tells nothing, and would be found in words.
_LEAST = 6
_DOTS = "..."
_ELISION = re.compile(r"\.{3,}")
#: What stands for a secret already.
_ENDS_A_MARK = re.compile(rf"{MARK}$")
_LONGEST_MARK = 80

#: Six characters in a row -> the secrets in which they stand, and where.
_Grams = Mapping[str, list[tuple[str, int]]]


def elisions(values: Mapping[str, str]) -> Callable[[str], str]:
    """A function that takes out what three dots or more leave of the secret values (value -> what to put there).

    Before the dots that is how one begins, behind them how one ends, of six characters at least.
    """
    grams: dict[str, list[tuple[str, int]]] = {}
    for value in values:
        for place in range(len(value) - _LEAST + 1):
            grams.setdefault(value[place : place + _LEAST], []).append((value, place))

    def clean(text: str) -> str:
        if not grams or _DOTS not in text:
            return text
        parts: list[str] = []
        done = 0
        for start, end, value in _remains(text, grams):
            if start >= done:
                parts += (text[done:start], values[value])
                done = end
        return "".join((*parts, text[done:])) if parts else text

    return clean


def _remains(text: str, grams: _Grams) -> Iterator[tuple[int, int, str]]:
    """Where something is left, from and to, and of which secret; in their order."""
    for dots in _ELISION.finditer(text):
        start, end = dots.span()
        before, behind = text[max(start - _LEAST, 0) : start], text[end : end + _LEAST]
        if before in grams and _ENDS_A_MARK.search(text, max(start - _LONGEST_MARK, 0), start):
            before = ""
        if text.startswith(MARK_BEGIN, end):
            behind = ""
        for value, place in grams.get(before, ()):
            begin = place + _LEAST
            if text.endswith(value[:begin], 0, start):
                yield start - begin, start, value
                break
        for value, place in grams.get(behind, ()):
            rest = value[place:]
            kept = _in_common(rest, text[end : end + len(rest)])
            if kept == len(rest) or text.startswith(_DOTS, end + kept):
                yield end, end + kept, value
                break


def _in_common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
