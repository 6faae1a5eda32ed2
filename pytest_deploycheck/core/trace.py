"""From the lines of a checklist to the tests that automate them, and what became of them since they were last seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pytest_deploycheck.core.checklist import base_id
from pytest_deploycheck.core.model import Check, Kind

#: How alike two titles must be, from 0 to 1, where more than one line of a place vanished or came.
_ALIKE = 0.6
#: How many pairs of titles are compared in one place; beyond, the list was written anew and no guess is worth much.
_MOST_PAIRS = 2_500


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the checklist, with what judges it."""

    id: str
    phase: str
    title: str
    kind: Kind
    #: ``file:line`` of it; of its test, where there is no Markdown checklist.
    source: str
    text: str = ""
    #: The node ids of the tests that automate it; none for a manual line, and for one whose test was not collected.
    tests: tuple[str, ...] = ()
    #: Its title and text when it was last seen, where they are others now; else empty.
    was: str = ""
    #: The id of the line that stood in its place and is gone, where it is probably the same line; else empty.
    renamed_from: str = ""

    @property
    def automated(self) -> bool:
        """Whether a test judges it."""
        return self.kind is Kind.AUTOMATED

    @property
    def judge(self) -> str:
        """Who judges it, in words: a person, its own block of commands, or the node ids of its tests."""
        if not self.automated:
            return "a person"
        # A block under the line is an item of the document itself.
        block = f"{self.source.rpartition(':')[0]}::{self.id}"
        return ", ".join("its own block" if test == block else test for test in self.tests) or (
            "a test that was not collected"
        )

    @property
    def proposal(self) -> str:
        """The comment that gives a renamed line its history back; empty where it was not renamed."""
        return f"<!-- deploycheck: id={self.renamed_from} -->" if self.renamed_from else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """Every line in the order of the checklist, and those that are there no more."""

    lines: tuple[Line, ...]
    #: Lines that were seen before and are gone, renamed ones left out.
    gone: tuple[Line, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are, and how many of each kind."""
        return {
            "lines": len(self.lines),
            "automated": sum(line.automated for line in self.lines),
            "manual": sum(not line.automated for line in self.lines),
            "changed": sum(bool(line.was) for line in self.lines),
            "renamed": sum(bool(line.renamed_from) for line in self.lines),
            "gone": len(self.gone),
        }


def trace(before: Iterable[Check], now: Iterable[Check]) -> Trace:
    """Bind the checks of a plan, or of a run, to their lines, and compare them with those that were `before`.

    Both are in checklist order; a check that is there with several parameters or on several targets is one line.
    Without `before` nothing is changed, renamed or gone.
    """
    old, new = lines_of(before), lines_of(now)
    renamed = _renamed(old, new) if old else {}
    lines = tuple(_compared(line, old.get(line.id), renamed.get(line.id, "")) for line in new.values())
    kept = {*new, *renamed.values()}
    gone = tuple(line for line in old.values() if line.id not in kept)
    return Trace(lines=lines, gone=gone)


def lines_of(checks: Iterable[Check]) -> dict[str, Line]:
    """Id -> line, in the order of the checks."""
    first: dict[str, Check] = {}
    tests: dict[str, dict[str, None]] = {}
    for check in checks:
        own = base_id(check.id)
        first.setdefault(own, check)
        if check.kind is Kind.AUTOMATED and check.nodeid:
            # One test with many parameters is one test.
            tests.setdefault(own, {})[base_id(check.nodeid)] = None
    return {
        own: Line(
            id=own,
            phase=check.phase,
            title=check.title.removesuffix(check.id[len(own) :]).rstrip(),
            kind=check.kind,
            source=check.source,
            text=check.text,
            tests=tuple(tests.get(own, ())),
        )
        for own, check in first.items()
    }


def _compared(line: Line, before: Line | None, renamed_from: str) -> Line:
    was = _words(before) if before is not None and _words(before) != _words(line) else ""
    return replace(line, was=was, renamed_from=renamed_from) if was or renamed_from else line


def _words(line: Line) -> str:
    """What a person reads, however its lines are broken."""
    return " ".join(f"{line.title} {line.text}".split())


# -- renamed lines -----------------------------------------------------------------------------------------------------


def _renamed(old: Mapping[str, Line], new: Mapping[str, Line]) -> dict[str, str]:
    """Id of a new line -> id of the vanished one that it probably is."""
    vanished = [line for line in old.values() if line.id not in new]
    came = [line for line in new.values() if line.id not in old]
    if not vanished or not came:
        return {}
    found = _moved(vanished, came)
    taken = set(found.values())
    there, here = list(old), list(new)
    for what, start, stop, begin, end in SequenceMatcher(None, there, here, autojunk=False).get_opcodes():
        if what == "replace":
            # What stood, and what stands now, between two lines that stayed neighbours.
            gone = [old[name] for name in there[start:stop] if name not in new and name not in taken]
            added = [new[name] for name in here[begin:end] if name not in old and name not in found]
            found.update(_pairs(gone, added))
    return found


def _moved(vanished: Sequence[Line], came: Sequence[Line]) -> dict[str, str]:
    """Lines with the same words elsewhere: a heading above them, or the place in the list, is another."""
    by_words: dict[str, list[str]] = {}
    for line in vanished:
        by_words.setdefault(_words(line), []).append(line.id)
    again: dict[str, list[str]] = {}
    for line in came:
        again.setdefault(_words(line), []).append(line.id)
    return {
        ids[0]: by_words[words][0]
        for words, ids in again.items()
        if len(ids) == 1 and len(by_words.get(words, ())) == 1
    }


def _pairs(gone: Sequence[Line], added: Sequence[Line]) -> dict[str, str]:
    if len(gone) == len(added) == 1:
        # The neighbours say it, unless the line went to another phase.
        same = gone[0].phase == added[0].phase
        return {added[0].id: gone[0].id} if same else {}
    if not gone or len(gone) * len(added) > _MOST_PAIRS:
        return {}
    likeness = sorted(
        (
            (-SequenceMatcher(None, old.title, new.title).ratio(), place, old.id, new.id)
            for place, (old, new) in enumerate((old, new) for old in gone for new in added)
            if old.phase == new.phase
        ),
    )
    pairs: dict[str, str] = {}
    for worse, _, old_id, new_id in likeness:
        if -worse >= _ALIKE and new_id not in pairs and old_id not in pairs.values():
            pairs[new_id] = old_id
    return pairs
