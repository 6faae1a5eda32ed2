"""Read a Markdown checklist: headings that carry a phase, task-list lines that are its checks."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_deploycheck.core.checklist import Checklist, refuse_duplicates, slug
from pytest_deploycheck.core.errors import ChecklistError, SettingsError
from pytest_deploycheck.core.model import Check, Kind, Phase, Rollback, Severity
from pytest_deploycheck.durations import parse_duration

if TYPE_CHECKING:
    from markdown_it.token import Token

Word = TypeVar("Word", bound=StrEnum)

_COMMENT = re.compile(r"<!--\s*deploycheck:(?P<body>.*?)-->", re.DOTALL)
_MEANT = re.compile(r"<!--\s*deploycheck\b", re.IGNORECASE)
_ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BOX = re.compile(r"\[(?P<tick>[ xX])\](?=\s|$)")
_HEADING_KEYS = {"phase"}
_LINE_KEYS = {"id", "severity", "owner", "valid", "remediation", "rollback"}


def read_checklist(path: Path, *, shown_as: str) -> Checklist:
    """The checklist in the file at `path`; messages and sources name it `shown_as`.

    Raises ``ChecklistError`` with file and line for what cannot be meant: a phase comment on nothing, an unknown
    key, an id twice, a document that is not UTF-8 or has no phase.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChecklistError(f"{shown_as}: it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise ChecklistError(
            f"{shown_as}: the checklist cannot be read ({error.strerror}); mend the ini key deploycheck_checklist"
        ) from error
    reader = _Reader(shown_as=shown_as)
    reader.read(text)
    if not reader.phases:
        raise ChecklistError(
            f"{shown_as}: no heading carries a phase; add <!-- deploycheck: phase=phase1 --> to a heading"
        )
    refuse_duplicates(reader.lines)
    return Checklist(
        path=shown_as,
        digest=hashlib.sha256(raw).hexdigest(),
        phases=tuple(reader.phases.values()),
        lines=tuple(reader.lines),
        strays=tuple(reader.strays),
    )


@dataclass(kw_only=True)
class _Reader:
    """Walks the block tokens once; a phase lasts until a heading of its own level or above."""

    shown_as: str
    phases: dict[str, Phase] = field(default_factory=dict)
    lines: list[Check] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    _phase: str = ""
    _level: int = 0

    def read(self, text: str) -> None:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.front_matter import front_matter_plugin

        tokens = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).parse(text)
        for position, token in enumerate(tokens):
            match token.type:
                case "heading_open":
                    self._take_heading(int(token.tag[1:]), tokens[position + 1])
                case "list_item_open":
                    self._take_item(tokens, position)
                case "inline" if tokens[position - 1].type != "heading_open":
                    self._refuse_stray_comments(tokens, position)
                case "html_block":
                    self._refuse_stray_comments(tokens, position)

    def _take_heading(self, level: int, inline: Token) -> None:
        line = _line(inline)
        values = self._values(inline.content, line, _HEADING_KEYS)
        marker = values.get("phase")
        if marker is None:
            if level <= self._level:
                self._phase, self._level = "", 0
            return
        if not marker.isidentifier():
            raise ChecklistError(f"{self.shown_as}:{line}: {marker!r} cannot be a pytest marker; use a Python name")
        title = _ANY_COMMENT.sub("", _plain(inline)).strip()
        # A phase may go on under a later heading: its place is where it first stood.
        self.phases.setdefault(marker, Phase(marker=marker, title=title or marker))
        self._phase, self._level = marker, level

    def _take_item(self, tokens: list[Token], position: int) -> None:
        inline = _task_inline(tokens, position)
        if inline is None:
            return
        line = _line(inline)
        source = f"{self.shown_as}:{line}"
        if not self._phase:
            self.strays.append(source)
            return
        comments = inline.content + "".join(_own_comments(tokens, position))
        values = self._values(comments, line, _LINE_KEYS)
        box = _BOX.match(inline.content)
        assert box is not None  # _task_inline looked for it
        title = _BOX.sub("", _ANY_COMMENT.sub("", _plain(inline)), count=1).strip()
        self.lines.append(
            Check(
                id=self._id(values.get("id"), _label(inline) or title, source),
                phase=self._phase,
                title=title,
                kind=Kind.MANUAL,
                severity=self._word(Severity, values.get("severity", "blocker"), "severity", line),
                owner=values.get("owner", ""),
                remediation=values.get("remediation", ""),
                rollback=self._word(Rollback, values["rollback"], "rollback", line) if "rollback" in values else None,
                valid=self._duration(values["valid"], source) if "valid" in values else None,
                source=source,
                ticked=box["tick"] != " ",
            )
        )

    def _id(self, given: str | None, label: str, source: str) -> str:
        if given is not None:
            if re.fullmatch(r"[^\s\[\]]+", given):
                return given
            raise ChecklistError(f"{source}: the id {given!r} must have no spaces and no brackets")
        own = slug(label)
        if not own:
            raise ChecklistError(f"{source}: the line has no text to make an id from; add <!-- deploycheck: id=... -->")
        return f"{self._phase}.{own}"

    def _duration(self, text: str, source: str) -> timedelta:
        try:
            return parse_duration(text, where=f"{source}: valid")
        except SettingsError as error:
            raise ChecklistError(str(error)) from error

    def _word(self, kind: type[Word], text: str, key: str, line: int) -> Word:
        try:
            return kind(text)
        except ValueError as error:
            known = ", ".join(kind)
            raise ChecklistError(f"{self.shown_as}:{line}: {key}={text} is not one of {known}") from error

    def _values(self, content: str, line: int, keys: set[str]) -> dict[str, str]:
        values: dict[str, str] = {}
        self._refuse_misspelt(content, line)
        for comment in _COMMENT.finditer(content):
            try:
                words = shlex.split(comment["body"])
            except ValueError as error:
                raise ChecklistError(f"{self.shown_as}:{line}: the deploycheck comment has an open quote") from error
            for word in words:
                key, equals, value = word.partition("=")
                if key not in keys or not equals or not value:
                    known = ", ".join(f"{name}=..." for name in sorted(keys))
                    raise ChecklistError(f"{self.shown_as}:{line}: {word!r} is not understood here; known: {known}")
                if key in values:
                    raise ChecklistError(f"{self.shown_as}:{line}: {key} is given twice")
                values[key] = value
        return values

    def _refuse_misspelt(self, content: str, line: int) -> None:
        if _MEANT.search(_COMMENT.sub("", content)):
            raise ChecklistError(
                f"{self.shown_as}:{line}: this comment is not understood; write it as <!-- deploycheck: key=value -->"
            )

    def _refuse_stray_comments(self, tokens: list[Token], position: int) -> None:
        token = tokens[position]
        if not _COMMENT.search(token.content) or _stands_in_task(tokens, position):
            return
        raise ChecklistError(
            f"{self.shown_as}:{_line(token)}: this deploycheck comment stands on nothing; put phase=... on a heading's "
            "own line and everything else on a task-list line"
        )


def _line(token: Token) -> int:
    """The number, from 1, of the line on which a block token begins."""
    return token.map[0] + 1 if token.map else 0


def _plain(inline: Token) -> str:
    """The text that a reader sees, without markup and without comments."""
    parts = []
    for child in inline.children or ():
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
    return re.sub(r"\s+", " ", "".join(parts))


def _label(inline: Token) -> str:
    """The text of the first bold run, without a closing colon."""
    parts: list[str] = []
    inside = False
    for child in inline.children or ():
        if child.type == "strong_close":
            break
        if inside and child.type in ("text", "code_inline", "softbreak"):
            parts.append(child.content or " ")
        inside = inside or child.type == "strong_open"
    return "".join(parts).strip().removesuffix(":")


def _task_inline(tokens: list[Token], position: int) -> Token | None:
    """The inline token of the list item that opens at `position`, when the item is a task."""
    following = tokens[position + 1 : position + 3]
    if following and following[0].type == "paragraph_open" and _BOX.match(following[1].content):
        return following[1]
    return None


def _own_blocks(tokens: list[Token], position: int) -> Iterator[int]:
    """Where the blocks stand that belong to the item opening at `position` itself, not to an item nested in it."""
    level = tokens[position].level
    for index in range(position + 1, len(tokens)):
        token = tokens[index]
        if token.type == "list_item_close" and token.level == level:
            return
        # An item's own blocks lie one level in; the inline content of its paragraphs two.
        if (token.type == "html_block" and token.level == level + 1) or (
            token.type == "inline" and token.level == level + 2 and tokens[index - 1].type == "paragraph_open"
        ):
            yield index


def _own_comments(tokens: list[Token], position: int) -> Iterator[str]:
    """The item's comments beyond its first line."""
    yield from (tokens[index].content for index in list(_own_blocks(tokens, position))[1:])


def _stands_in_task(tokens: list[Token], position: int) -> bool:
    for index in range(position, -1, -1):
        if tokens[index].type == "list_item_open" and position in _own_blocks(tokens, index):
            return _task_inline(tokens, index) is not None
    return False
