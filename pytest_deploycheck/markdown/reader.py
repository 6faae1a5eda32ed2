"""From a Markdown document to a checklist: what is a phase, what is a line, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from pytest_deploycheck.core.checklist import Block, Checklist, no_marker, refuse_duplicates
from pytest_deploycheck.core.errors import ChecklistError, SettingsError
from pytest_deploycheck.core.model import Check, Kind, Phase, Rollback, Severity
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.markdown.blocks import is_marked, read_block, read_timeout
from pytest_deploycheck.markdown.comments import read_values
from pytest_deploycheck.markdown.document import Document, Heading, Task, parse
from pytest_deploycheck.markdown.ids import numbered, readable_slug

Word = TypeVar("Word", bound=StrEnum)

_HEADING_KEYS = frozenset({"phase"})
_LINE_KEYS = frozenset(
    {"id", "severity", "owner", "valid", "remediation", "rollback", "mutating", "waivable", "signers", "timeout"}
)
_YES_OR_NO = {"yes": True, "true": True, "no": False, "false": False}
#: What a line without any word is called.
_NO_TEXT = "(no text)"
_NO_SLUG = "item"


def read_text(text: str, *, shown_as: str, digest: str) -> Checklist:
    """The checklist that the text is; messages and sources name it `shown_as`.

    Raises ``ChecklistError`` with file and line.
    """
    return read_document(parse(text, shown_as=shown_as), shown_as=shown_as, digest=digest)


def read_document(document: Document, *, shown_as: str, digest: str) -> Checklist:
    """As `read_text`, of a document that was parsed already."""
    reader = _Reader(shown_as=shown_as)
    reader.read(document)
    if not reader.phases:
        raise ChecklistError(
            f"{shown_as}: no heading carries a phase; add <!-- deploycheck: phase=phase1 --> to a heading, or let "
            f"`deploycheck init {shown_as}` propose phases"
        )
    lines = reader.settled()
    return Checklist(
        path=shown_as,
        digest=digest,
        phases=tuple(reader.phases.values()),
        lines=tuple(lines),
        strays=tuple(reader.strays),
        loose=tuple(f"{shown_as}:{line}: {what}" for line, what in document.slips),
        blocks={line.id: blocks for line, blocks in zip(lines, reader.blocks, strict=True) if blocks},
    )


def refuse_marker(marker: str, where: str) -> None:
    """Raise ``ChecklistError`` for what cannot be a phase's marker."""
    if why := no_marker(marker):
        raise ChecklistError(f"{where}: {why}")


@dataclass(kw_only=True)
class _Reader:
    """Goes through the document once; a phase lasts until a heading of its own level or above."""

    shown_as: str
    phases: dict[str, Phase] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    #: For each line, what runs under it.
    blocks: list[tuple[Block, ...]] = field(default_factory=list)
    #: Each with the id that somebody wrote, else with one from its text, which others may have too.
    _lines: list[Check] = field(default_factory=list)
    _by_hand: list[bool] = field(default_factory=list)
    _phase: str = ""
    _level: int = 0

    def read(self, document: Document) -> None:
        self._refuse_loose(document)
        for part in document.parts:
            match part:
                case Heading():
                    self._take_heading(part)
                case Task():
                    self._take_task(part)

    def settled(self) -> list[Check]:
        """The lines, each with an id of its own."""
        named = [line for line, by_hand in zip(self._lines, self._by_hand, strict=True) if by_hand]
        refuse_duplicates(named)
        natural = [line.id for line, by_hand in zip(self._lines, self._by_hand, strict=True) if not by_hand]
        given = iter(numbered(natural, taken=[line.id for line in named]))
        return [
            line if by_hand else replace(line, id=next(given))
            for line, by_hand in zip(self._lines, self._by_hand, strict=True)
        ]

    def _refuse_loose(self, document: Document) -> None:
        for line, thing in document.loose:
            where = f"{self.shown_as}:{line}"
            if isinstance(thing, str):
                read_values([thing], where=where, keys=_HEADING_KEYS | _LINE_KEYS)
                raise ChecklistError(
                    f"{where}: this deploycheck comment stands on nothing; put phase=... on a heading's own line, at "
                    "the margin, and everything else on a task-list line"
                )
            if is_marked(thing):
                read_block(thing, shown_as=self.shown_as)
                raise ChecklistError(
                    f"{where}: this block is marked to run and stands under no task-list line; indent it to the line's "
                    "text, or take `check` away"
                )

    def _take_heading(self, heading: Heading) -> None:
        where = f"{self.shown_as}:{heading.line}"
        marker = read_values(heading.comments, where=where, keys=_HEADING_KEYS).get("phase")
        if marker is None:
            if heading.level <= self._level:
                self._phase, self._level = "", 0
            return
        refuse_marker(marker, where)
        # A phase may go on under a later heading: its place is where it first stood.
        self.phases.setdefault(marker, Phase(marker=marker, title=heading.title or marker))
        self._phase, self._level = marker, heading.level

    def _take_task(self, task: Task) -> None:
        source = f"{self.shown_as}:{task.line}"
        if not self._phase:
            self.strays.append(source)
            return
        values = read_values(task.comments, where=source, keys=_LINE_KEYS)
        blocks = self._blocks(task, values.get("timeout"), source)
        given = values.get("id")
        self._by_hand.append(given is not None)
        self.blocks.append(blocks)
        self._lines.append(
            Check(
                id=_given_id(given, source) if given else f"{self._phase}.{readable_slug(task.label) or _NO_SLUG}",
                phase=self._phase,
                title=task.title or _NO_TEXT,
                kind=Kind.AUTOMATED if blocks else Kind.MANUAL,
                severity=_word(Severity, values.get("severity", "blocker"), "severity", source),
                owner=values.get("owner", ""),
                remediation=values.get("remediation", ""),
                mutating=_yes(values.get("mutating", "no"), "mutating", source),
                rollback=_word(Rollback, values["rollback"], "rollback", source) if "rollback" in values else None,
                valid=_duration(values["valid"], source) if "valid" in values else None,
                source=source,
                ticked=task.ticked,
                text=task.text,
                signers=_number(values.get("signers", "1"), "signers", source),
                waivable=_yes(values.get("waivable", "yes"), "waivable", source),
            )
        )

    def _blocks(self, task: Task, timeout: str | None, source: str) -> tuple[Block, ...]:
        blocks = [read_block(fence, shown_as=self.shown_as) for fence in task.fences if is_marked(fence)]
        if timeout is None:
            return tuple(blocks)
        if not blocks:
            raise ChecklistError(f"{source}: timeout={timeout} is for a line with a block that runs (`bash check`)")
        for_all = read_timeout(timeout, source)
        return tuple(replace(block, timeout=block.timeout or for_all) for block in blocks)


def _given_id(given: str, source: str) -> str:
    if re.fullmatch(r"[^\s\[\]]+", given):
        return given
    raise ChecklistError(f"{source}: the id {given!r} must have no spaces and no brackets")


def _duration(text: str, source: str) -> timedelta:
    try:
        return parse_duration(text, where=f"{source}: valid")
    except SettingsError as error:
        raise ChecklistError(str(error)) from error


def _word(kind: type[Word], text: str, key: str, source: str) -> Word:
    try:
        return kind(text)
    except ValueError as error:
        raise ChecklistError(f"{source}: {key}={text} is not one of {', '.join(kind)}") from error


def _yes(text: str, key: str, source: str) -> bool:
    if text not in _YES_OR_NO:
        raise ChecklistError(f"{source}: {key}={text} is neither yes nor no")
    return _YES_OR_NO[text]


def _number(text: str, key: str, source: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?", text):
        raise ChecklistError(f"{source}: {key}={text} is no number of people; write for example {key}=2")
    return int(text)
