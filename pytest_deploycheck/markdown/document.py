"""A Markdown document as headings and task-list lines, in the order in which they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown.comments import ANY_COMMENT, speaks_to_us
from pytest_deploycheck.markdown.matter import matter_lines
from pytest_deploycheck.markdown.slips import slips

if TYPE_CHECKING:
    from markdown_it.token import Token

#: Where Markdown ends a line; Python's own ``splitlines`` knows more places.
LINE_END = re.compile(r"\r\n?|\n")
#: Levels of lists and quotes within each other. The parser drops what lies deeper without a word.
_DEEPEST = 100
_BOX = re.compile(r"\[(?P<tick>[ xX])\](?=\s|$)")
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


def parse(text: str, *, shown_as: str) -> Document:
    """Read the text; raises ``ChecklistError`` where it is nested too deeply to be read whole."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import table

    lines = LINE_END.split(text)
    # Blank lines in its place: every other line keeps its number.
    matter = matter_lines(lines)
    lines[:matter] = [""] * matter
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("strikethrough")
    # Behind lists, or a line with a pipe above dashes would be taken for a table's head.
    parser.block.ruler.after("list", "table behind lists", table, {"alt": ["paragraph", "reference"]})
    try:
        tokens = parser.parse("\n".join(lines))
    except RecursionError as error:
        raise ChecklistError(f"{shown_as}: links or pictures are nested too deeply to be read; unfold them") from error
    for token in tokens:
        if token.level >= _DEEPEST - 1 and token.type in ("list_item_open", "blockquote_open"):
            raise ChecklistError(f"{shown_as}:{_line(token)}: lists are nested too deeply to be read; unfold them")
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
                    self._take_comments(position, [token.content], _line(token))
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
                comments=tuple(_comments(inline)),
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
        box = _BOX.match(inline.content) if inline else None
        title = plain(inline, box=box is not None) if inline else ""
        label = (_label(inline) if inline else "") or title
        task = None
        if box is not None and inline is not None:
            names = [item.name for item in self._open if item.name]
            task = Task(
                line=_line(inline),
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
            item.chunks += [*above, "\n".join(_as_written(inline))]
        elif inline is not None and (item.name != title.rstrip(_CLOSING) or _as_written(inline)):
            item.wording = ["\n".join([f"Under: {_without_comments(inline)}", *targets(inline)])]
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
        self._take_comments(paragraph, _comments(inline), _line(inline))
        if self._tokens[paragraph].type != "paragraph_open" or self._is_line(paragraph):
            return
        self._show(paragraph, _without_comments(inline))

    def _take_block(self, position: int) -> None:
        token = self._tokens[position]
        if token.type == "fence":
            fence = Fence(info=token.info.strip(), code=token.content, line=_line(token))
            owner = self._owner(position)
            if owner is None or owner.task is None:
                self.document.loose.append((fence.line, fence))
            else:
                owner.task.fences.append(fence)
            self._show(position, self._source(token))
        elif position not in self._holding:
            self._show(position, ANY_COMMENT.sub("", self._source(token)))

    def _take_comments(self, position: int, contents: list[str], line: int) -> None:
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


def plain(inline: Token, *, box: bool = False) -> str:
    """The text that a reader sees, on one line, without markup and comments; without its `box`, where it has one."""
    parts = []
    for child in inline.children or ():
        match child.type:
            case "text" | "code_inline" | "image":
                parts.append(child.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "html_inline" if child.content.lower().startswith("<br"):
                parts.append(" ")
    text = "".join(parts)
    if box:
        # Where the document defines a link called x, the parser takes [x] for it.
        text = text[3:] if text.startswith("[") else text[1:]
    return re.sub(r"\s+", " ", text).strip()


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


def _short(label: str) -> str:
    """What an item is called in the titles of those nested in it."""
    if len(label) > _LONGEST_NAME:
        label = label[: label.rfind(" ", 0, _LONGEST_NAME)] + "\N{HORIZONTAL ELLIPSIS}"
    return label.rstrip(_CLOSING)


def _without_comments(inline: Token) -> str:
    content = inline.content
    for comment in _all_comments(inline):
        content = content.replace(comment, "", 1)
    return content


def targets(inline: Token) -> list[str]:
    """The addresses of links and pictures that the text itself does not hold, because it names them by reference."""
    hrefs = (child.attrGet("href") or child.attrGet("src") for child in inline.children or ())
    return [f"It refers to: {href}" for href in dict.fromkeys(hrefs) if href and str(href) not in inline.content]


def _as_written(inline: Token) -> list[str]:
    """A task's own line as Markdown, where the title leaves out of it what a reader of the page sees."""
    if not any(
        child.type in ("link_open", "image", "s_open")
        or (child.type == "html_inline" and child.content[1] != "!" and not child.content.lower().startswith("<br"))
        for child in inline.children or ()
    ):
        return []
    return [f"As written: {_BOX.sub('', _without_comments(inline), count=1).strip()}", *targets(inline)]


def _all_comments(inline: Token) -> list[str]:
    return [child.content for child in inline.children or () if child.type == "html_inline" and child.content[1] == "!"]


def _comments(inline: Token) -> list[str]:
    """The comments that speak to us, and text that tries to and that the parser takes for no comment."""
    html = [content for content in _all_comments(inline) if speaks_to_us(content)]
    return html + [
        child.content for child in inline.children or () if child.type == "text" and speaks_to_us(child.content)
    ]


def _line(token: Token) -> int:
    """The number, from 1, of the line on which a block token begins."""
    return token.map[0] + 1 if token.map else 0


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
            if inline is not None and _BOX.match(inline.content):
                holding.update((*around, position))
        if token.type in (*_LISTS, "list_item_open", "blockquote_open"):
            around.append(position)
        elif token.type in ("bullet_list_close", "ordered_list_close", "list_item_close", "blockquote_close"):
            around.pop()
    return holding, {item for item, of_list in items if of_list in holding and item not in holding}
