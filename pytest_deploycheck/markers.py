"""From a test's markers to a Check; refuses what it does not know, naming file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import pytest

from pytest_deploycheck.core.checklist import Checklist, base_id
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check, Rollback, Severity

Word = TypeVar("Word", bound=StrEnum)

NUMBERED_PHASE = re.compile(r"phase(\d+)")
_TEXTS = ("title", "remediation", "owner")
_KEYWORDS = {"id", *_TEXTS, "severity", "mutating", "rollback", "waivable"}


def phase_names(items: Iterable[pytest.Item]) -> list[str]:
    """The markers named ``phase<N>`` that these items carry, by number."""
    found = {mark.name for item in items for mark in item.iter_markers() if NUMBERED_PHASE.fullmatch(mark.name)}
    return sorted(found, key=lambda name: (int(name.removeprefix("phase")), name))


def read_check(
    item: pytest.Item, phases: Iterable[str], checklist: Checklist | None, target: str, parameters: str
) -> Check | None:
    """The check that an item is; None when it belongs to no phase and claims to be none.

    `parameters` is the item's parametrisation without the target, ``"[a-1]"`` or empty.
    Raises ``ChecklistError`` naming file and line.
    """
    where = place(item)
    placed = list(item.iter_markers_with_node())
    marks = [mark for _, mark in placed]
    known = set(phases)
    own = list(dict.fromkeys(mark.name for mark in marks if mark.name in known))
    unknown = [mark.name for mark in marks if mark.name not in known and _looks_like_a_phase(mark.name, known)]
    declared = [(node, mark) for node, mark in placed if mark.name == "check"]
    if unknown:
        raise ChecklistError(f"{where}: {unknown[0]} is no phase of this checklist; phases: {', '.join(phases)}")
    if len(own) > 1:
        raise ChecklistError(f"{where}: two phases on one test: {' and '.join(own)}; keep the one it belongs to")
    if not own and not declared:
        return None
    arguments = _merged(declared, where)
    given = _given_id(arguments, where)
    phase = own[0] if own else _phase_of_line(given, checklist, where)
    words = _words(arguments, where)
    function = getattr(item, "obj", None)
    title = words["title"] or (getattr(function, "__doc__", "") or "").strip().partition("\n")[0].strip() or item.name
    return Check(
        id=(given or f"{phase}.{getattr(item, 'originalname', None) or item.name}") + parameters,
        phase=phase,
        title=title,
        severity=_choice(arguments, "severity", Severity, where) or Severity.BLOCKER,
        remediation=words["remediation"],
        owner=words["owner"],
        mutating=_boolean(arguments, "mutating", where),
        rollback=_choice(arguments, "rollback", Rollback, where),
        waivable=_boolean(arguments, "waivable", where, default=True),
        nodeid=item.nodeid,
        source=where,
        target=target,
    )


def _looks_like_a_phase(name: str, known: Iterable[str]) -> bool:
    """Whether a marker is a numbered phase, or one that is known, spelt in another way."""
    plain = name.replace("_", "").casefold()
    return NUMBERED_PHASE.fullmatch(plain) is not None or plain in {
        phase.replace("_", "").casefold() for phase in known
    }


def place(item: pytest.Item) -> str:
    """``file:line`` of a test."""
    path, line, _ = item.location
    return f"{path}:{(line or 0) + 1}"


def _merged(marks: Iterable[tuple[object, pytest.Mark]], where: str) -> Mapping[str, Any]:
    """What a test's markers say together, the closest first: a class may say what holds for all its tests."""
    merged: dict[str, Any] = {}
    said_by: dict[str, object] = {}
    for node, mark in marks:
        for name, value in _arguments(mark, where).items():
            if name in merged and (name == "id" or said_by[name] is node):
                raise ChecklistError(
                    f"{where}: two @pytest.mark.check on one test give {name}={merged[name]!r} and {name}={value!r}; "
                    "keep one"
                )
            merged.setdefault(name, value)
            said_by.setdefault(name, node)
    return merged


def _arguments(mark: pytest.Mark, where: str) -> Mapping[str, Any]:
    """The marker's arguments by name; the id alone may be positional."""
    if len(mark.args) > 1 or (mark.args and "id" in mark.kwargs):
        raise ChecklistError(f"{where}: @pytest.mark.check takes one id; everything else by keyword")
    arguments = {"id": mark.args[0], **mark.kwargs} if mark.args else dict(mark.kwargs)
    if "signers" in arguments:
        raise ChecklistError(
            f"{where}: signers says how many people sign a line of the checklist, and this test judges by itself; "
            "take it out"
        )
    if unknown := set(arguments) - _KEYWORDS:
        known = ", ".join(sorted(_KEYWORDS))
        raise ChecklistError(f"{where}: @pytest.mark.check does not know {min(unknown)!r}; known: {known}")
    return arguments


def _given_id(arguments: Mapping[str, Any], where: str) -> str:
    if "id" not in arguments:
        return ""
    given = arguments["id"]
    if not (isinstance(given, str) and re.fullmatch(r"[^\s\[\]]+", given)):
        raise ChecklistError(
            f"{where}: the id {given!r} must be text without spaces and brackets, as in check('phase1.core-imports')"
        )
    return given


def _phase_of_line(given: str, checklist: Checklist | None, where: str) -> str:
    for line in checklist.lines if checklist else ():
        if line.id == base_id(given):
            return line.phase
    way_out = f"or the id of a line in {checklist.path}" if checklist else "such as @pytest.mark.phase1"
    raise ChecklistError(f"{where}: this check belongs to no phase; give it a phase's marker, {way_out}")


def _words(arguments: Mapping[str, Any], where: str) -> dict[str, str]:
    for name in _TEXTS:
        if not isinstance(arguments.get(name, ""), str):
            raise ChecklistError(f"{where}: {name}={arguments[name]!r} must be text")
    return {name: arguments.get(name, "") for name in _TEXTS}


def _boolean(arguments: Mapping[str, Any], name: str, where: str, *, default: bool = False) -> bool:
    value = arguments.get(name, default)
    if not isinstance(value, bool):
        raise ChecklistError(f"{where}: {name}={value!r} must be True or False")
    return value


def _choice(arguments: Mapping[str, Any], name: str, kind: type[Word], where: str) -> Word | None:
    value = arguments.get(name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(repr(str(word)) for word in kind)
        raise ChecklistError(f"{where}: {name}={value!r} is not one of {known}") from None
