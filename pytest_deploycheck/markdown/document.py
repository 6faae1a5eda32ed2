"""A Markdown document as headings and task-list lines, in the order in which they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from pytest_deploycheck.markdown.comments import ANY_COMMENT, speaks_to_us
from pytest_deploycheck.markdown.matter import matter_lines
from pytest_deploycheck.markdown.parser import Parser, line_of
from pytest_deploycheck.markdown.slips import slips
from pytest_deploycheck.markdown.wording import BOX, as_written, bold_words, comments, plain, targets, without_comments

if TYPE_CHECKING:
    from markdown_it.token import Token

#: Where Markdown ends a line; Python's own ``splitlines`` knows more places.
LINE_END = re.compile(r"\r\n?|\n")
_LONGEST_NAME = 60
_CLOSING = " .:;,"
_LISTS = ("bullet_list_open", "ordered_list_open")
#: Blocks that are shown under a line as they stand in the source.
_AS_THEY_STAND = ("fence", "blockquote_open", "table_open", "heading_open", *_LISTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading at the margin; one in a quote or in a list divides nothing."""

    level: int
    title: str
    #: Numbers of the first and the last line of its text, from 1; an underline is not counted.
    line: int
    last_line: int
    underlined: bool
    comments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """A fenced block."""

    info: str
    code: str
    line: int


@dataclass(kw_only=True, slots=True)
class Task:
    """A line with a box, and what stands under it."""

    line: int
    #: What a reader sees, after what he sees of the items it is nested in.
    title: str
    #: What its id is made from: its bold words, else all of its own.
    label: str
    ticked: bool
    comments: list[str]
    fences: list[Fence] = field(default_factory=list)
    #: Its further paragraphs and blocks as Markdown, without comments; what nested tasks say is theirs.
    text: str = ""


@dataclass(kw_only=True, slots=True)
class Document:
    """What a checklist can be made from."""

    parts: list[Heading | Task] = field(default_factory=list)
    #: Comments that speak to us, and fences, outside of headings and tasks: (line, comment or fence).
    loose: list[tuple[int, str | Fence]] = field(default_factory=list)
    #: What is nearly a task: (line, what it is and the way out).
    slips: list[tuple[int, str]] = field(default_factory=list)
    #: How many lines front matter takes at the top.
    matter: int = 0

    def shifted(self, by: int) -> Document:
        """The same as if it stood so many lines further down."""
        parts = [replace(part, line=part.line + by) for part in self.parts]
        for part in parts:
            if isinstance(part, Task):
                part.fences = [replace(fence, line=fence.line + by) for fence in part.fences]
        loose = [
            (line + by, replace(thing, line=thing.line + by) if isinstance(thing, Fence) else thing)
            for line, thing in self.loose
        ]
        return replace(self, parts=parts, loose=loose, slips=[(line + by, what) for line, what in self.slips])


def parse(text: str, *, shown_as: str, parser: Parser | None = None) -> Document:
    """Read the text; raises ``ChecklistError`` where it is nested too deeply to be read whole.

    A `parser` that has read nearly the same text before is quicker.
    """
    lines = LINE_END.split(text)
    # Blank lines in its place: every other line keeps its number.
    matter = matter_lines(lines)
    lines[:matter] = [""] * matter
    tokens = (parser or Parser()).parse(lines, shown_as=shown_as)
    walker = _Walker(tokens, lines)
    walker.document.matter = matter
    walker.walk()
    walker.document.slips.extend(slips(tokens, lines))
    return walker.document


@dataclass(kw_only=True, slots=True)
class _Item:
    """A list item that is open: a task, or a plain one that may hold tasks."""

    level: int
    #: What the titles of tasks within it begin with.
    name: str
    task: Task | None
    #: What of a plain item's text its name does not show.
    wording: list[str] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)


class _Walker:
    """Goes through the block tokens once."""

    def __init__(self, tokens: list[Token], lines: list[str]) -> None:
        self.document = Document()
        self._tokens = tokens
        self._lines = lines
        self._open: list[_Item] = []
        self._quotes = 0
        self._holding, self._beside = _holding_tasks(tokens)

    def walk(self) -> None:
        """Fill the document."""
        for position, token in enumerate(self._tokens):
            match token.type:
                case "heading_open" if token.level == 0:
                    self._take_heading(token, self._tokens[position + 1])
                case "list_item_open":
                    self._open_item(position)
                case "list_item_close":
                    self._close_item()
                case "inline" if not self._is_heading(position):
                    self._take_inline(position)
                case "html_block":
                    self._takecomments(position, [token.content], line_of(token))
                    self._show(position, ANY_COMMENT.sub("", token.content))
                case "code_block":
                    self._show(position, indent(token.content, "    "))
                case name if name in _AS_THEY_STAND and not self._is_line(position):
                    self._take_block(position)
            self._quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")

    def _take_heading(self, token: Token, inline: Token) -> None:
        first, end = token.map or (0, 1)
        underlined = token.markup in ("=", "-")
        self.document.parts.append(
            Heading(
                level=int(token.tag[1:]),
                title=plain(inline),
                line=first + 1,
                last_line=end - underlined,
                underlined=underlined,
                comments=tuple(comments(inline)),
            )
        )

    def _is_heading(self, position: int) -> bool:
        """Whether this is the text of a heading at the margin, which was read with it."""
        before = self._tokens[position - 1]
        return before.type == "heading_open" and before.level == 0

    def _is_line(self, position: int) -> bool:
        """Whether the block at `position` is an item's first line, which is no text under it."""
        return self._tokens[position - 1].type == "list_item_open" and _is_text(self._tokens[position])

    def _open_item(self, position: int) -> None:
        token, inline = self._tokens[position], _first_paragraph(self._tokens, position)
        box = BOX.match(inline.content) if inline else None
        title = plain(inline, box=box is not None) if inline else ""
        label = (bold_words(inline) if inline else "") or title
        task = None
        if box is not None and inline is not None:
            names = [item.name for item in self._open if item.name]
            task = Task(
                line=line_of(inline),
                title=": ".join([*names, *filter(None, [title])]),
                label=label,
                ticked=box["tick"] != " ",
                comments=[],
            )
            self.document.parts.append(task)
        elif position in self._beside and self._open:
            self._open[-1].chunks.append(self._source(token))
        item = _Item(level=token.level, name=_short(label), task=task)
        if task is not None and inline is not None:
            above = [part for item in self._open if item.task is None for part in (*item.wording, *item.chunks)]
            item.chunks += [*above, "\n".join(as_written(inline))]
        elif inline is not None and (item.name != title.rstrip(_CLOSING) or as_written(inline)):
            item.wording = ["\n".join([f"Under: {without_comments(inline)}", *targets(inline)])]
        self._open.append(item)

    def _close_item(self) -> None:
        item = self._open.pop()
        if item.task is not None:
            item.task.text = "\n\n".join(filter(None, (chunk.strip("\n").rstrip() for chunk in item.chunks)))

    def _take_inline(self, position: int) -> None:
        inline = self._tokens[position]
        paragraph = position - 1
        if not self._is_line(paragraph) or (self._open and self._open[-1].task is None):
            self._show_targets(inline)
        self._takecomments(paragraph, comments(inline), line_of(inline))
        if self._tokens[paragraph].type != "paragraph_open" or self._is_line(paragraph):
            return
        self._show(paragraph, without_comments(inline))

    def _take_block(self, position: int) -> None:
        token = self._tokens[position]
        if token.type == "fence":
            fence = Fence(info=token.info.strip(), code=token.content, line=line_of(token))
            owner = self._owner(position)
            if owner is None or owner.task is None:
                self.document.loose.append((fence.line, fence))
            else:
                owner.task.fences.append(fence)
            self._show(position, self._source(token))
        elif position not in self._holding:
            self._show(position, ANY_COMMENT.sub("", self._source(token)))

    def _takecomments(self, position: int, contents: list[str], line: int) -> None:
        """Give comments to the task whose own block begins at `position`, or to nobody."""
        owner = self._owner(position)
        for content in filter(speaks_to_us, contents):
            if owner is None or owner.task is None:
                self.document.loose.append((line, content))
            else:
                owner.task.comments.append(content)

    def _show(self, position: int, text: str) -> None:
        if (owner := self._owner(position)) is not None:
            owner.chunks.append(text)

    def _show_targets(self, inline: Token) -> None:
        """Give the addresses behind references to the innermost task whose text shows what refers to them."""
        for item in reversed(self._open):
            if item.task is not None:
                item.chunks += targets(inline)
                return

    def _owner(self, position: int) -> _Item | None:
        """The item whose own block, not one of a list or quote within it, begins at `position`."""
        token = self._tokens[position]
        if self._open and token.level == self._open[-1].level + 1:
            return self._open[-1]
        return None

    def _source(self, token: Token) -> str:
        first, last = token.map or (0, 0)
        lines = self._lines[first:last]
        prefix = re.compile(rf"(?:[ \t]*>[ ]?){{0,{self._quotes}}}")
        return dedent("\n".join(prefix.sub("", line, count=1) for line in lines)).rstrip()


def _short(label: str) -> str:
    """What an item is called in the titles of those nested in it."""
    if len(label) > _LONGEST_NAME:
        space = label.rfind(" ", 0, _LONGEST_NAME)
        label = label[: space if space > 0 else _LONGEST_NAME] + "\N{HORIZONTAL ELLIPSIS}"
    return label.rstrip(_CLOSING)


def _first_paragraph(tokens: list[Token], position: int) -> Token | None:
    """The text with which the list item that opens at `position` begins; None where it begins with another block."""
    following = tokens[position + 1 : position + 3]
    return following[1] if following and _is_text(following[0]) else None


def _is_text(token: Token) -> bool:
    """Whether a paragraph begins here, be it one that dashes below it make a heading."""
    return token.type == "paragraph_open" or (token.type == "heading_open" and token.markup in ("=", "-"))


def _holding_tasks(tokens: list[Token]) -> tuple[set[int], set[int]]:
    """Where the containers open that hold a task, and the items without one whose list holds one all the same."""
    holding: set[int] = set()
    around: list[int] = []
    items: list[tuple[int, int]] = []
    for position, token in enumerate(tokens):
        if token.type == "list_item_open":
            items.append((position, around[-1]))
            inline = _first_paragraph(tokens, position)
            if inline is not None and BOX.match(inline.content):
                holding.update((*around, position))
        if token.type in (*_LISTS, "list_item_open", "blockquote_open"):
            around.append(position)
        elif token.type in ("bullet_list_close", "ordered_list_close", "list_item_close", "blockquote_close"):
            around.pop()
    return holding, {item for item, of_list in items if of_list in holding and item not in holding}
