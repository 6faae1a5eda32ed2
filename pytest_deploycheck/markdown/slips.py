"""Lines that nearly are task-list lines, or would be, did something not swallow them: no reader shows their boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

#: A list item with a box, as its line stands in the source.
TASK = re.compile(r"\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s+\S")
#: How an item begins that somebody took for one with a box; what goes on as a link is none.
_NEARLY = re.compile(r"(?:\[(?:\s*|\s*[xX]\s*|[^\w\s\[\]^\\]|[ovyOVY])\](?![(\[:])|[\u2610-\u2612\u25a1\u25a2])")
#: What stands for a bullet in a paragraph's line, and is none.
_NO_BULLET = re.compile(
    r"\s*(?:(?:[-*+]|\d+[.)])\[[ xX]?\](?![(\[:])|[\u2013\u2014\u2022\u2023\u00b7]\s*\[[ xX]?\]\s|\[[ xX]\]\s+\S)"
)
#: A box in a table, where there is no list.
_CELL = re.compile(r"(?:[-*+]\s+)?(?:\[[ xX]?\](?![(\[:])|[\u2610-\u2612\u25a1\u25a2])")
_HTML_BOX = re.compile(r"<input\b[^>]*\bcheckbox\b", re.IGNORECASE)
#: The text of an item behind so many blanks that it is code.
_DEEP_BOX = re.compile(r"\[[ xX]\](?:\s|$)")
#: How a block of HTML begins that goes on to an end of its own, and that end. Others go on to an empty line.
_ENDS = (
    (re.compile(r"\s*<!--"), re.compile(r"-->")),
    (
        re.compile(r"\s*<(?:pre|script|style|textarea)(?=\s|>|$)", re.IGNORECASE),
        re.compile(r"</(?:pre|script|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"\s*<\?"), re.compile(r"\?>")),
    (re.compile(r"\s*<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r"\s*<![A-Za-z]"), re.compile(r">")),
)
WRITE_A_BOX = "write `- [ ] ` before its text"


def slips(tokens: list[Token], lines: list[str]) -> Iterator[tuple[int, str]]:
    """Each with the number of its line: what it is, and the way out behind a semicolon."""
    for position, token in enumerate(tokens):
        match token.type:
            case "fence":
                yield from _of_fence(token, lines)
            case "html_block":
                yield from _of_html(token)
            case "code_block" if tokens[position - 1].type == "list_item_open" and _DEEP_BOX.match(token.content):
                line = (token.map or (0, 0))[0] + 1
                yield line, f"{_begin(token.content)} is indented so far that it is code; {WRITE_A_BOX}"
            case "code_block":
                yield from _swallowed(token, 0, "is indented so far that it is code", "indent it less, or fence it")
            case "table_open":
                yield from _of_table(tokens[position:])
            case "inline" if tokens[position - 1].type not in ("td_open", "th_open"):
                yield from _of_text(token, is_item=_begins_item(tokens, position))


def _begins_item(tokens: list[Token], position: int) -> bool:
    """Whether the text at `position` is where a box of an item may stand; a heading with hashes is not."""
    before = tokens[position - 1]
    return position > 1 and tokens[position - 2].type == "list_item_open" and not before.markup.startswith("#")


def _of_table(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """The first box in the table that `tokens` begin with, and how many there are."""
    end = next((place for place, token in enumerate(tokens) if token.type == "table_close"), len(tokens))
    row, boxes = 0, []
    for token in tokens[:end]:
        if token.type == "tr_open":
            row = (token.map or (0, 0))[0] + 1
        elif token.type == "inline" and _CELL.match(token.content):
            boxes.append((row, token.content))
    if boxes:
        more = f" (and {len(boxes) - 1} more)" if len(boxes) > 1 else ""
        line, content = boxes[0]
        yield (
            line,
            f"{_begin(content)}{more} stands in a table, where nothing is checked; write a list of `- [ ] ` lines",
        )


def _of_fence(fence: Token, lines: list[str]) -> Iterator[tuple[int, str]]:
    first, end = fence.map or (0, 0)
    mark = re.escape(fence.markup[0])
    closing = re.compile(rf"[\s>]*{mark}{{{len(fence.markup)},}}\s*$")
    if end - 1 == first or not closing.match(lines[end - 1]):
        what, advice = "is never closed", f"close it with {fence.markup} on a line of its own"
    elif re.search(rf"^\s*{mark}{{{len(fence.markup)},}}\s*\w", fence.content, re.MULTILINE):
        what, advice = "is closed only by the end of another block", f"close it with {fence.markup} before that one"
    else:
        return
    yield from _swallowed(fence, 1, f"is text of the block at line {first + 1}, which {what}", advice)


def _of_html(block: Token) -> Iterator[tuple[int, str]]:
    line = block.map[0] + 1 if block.map else 0
    if not block.content.lstrip().startswith("<!--") and (box := _HTML_BOX.search(block.content)):
        yield line + block.content.count("\n", 0, box.start()), _html_box(block.content[box.start() :])
    for begins, ends in _ENDS:
        if begins.match(block.content):
            if not ends.search(block.content):
                what, advice = "is never closed", "close it"
            elif block.content.count("<!--") > 1:
                what, advice = "is closed only by the end of another comment", "close it before that one"
            else:
                return
            break
    else:
        what, advice = "goes on to the next empty line", "put an empty line before the list"
    yield from _swallowed(block, 0, f"is text of the HTML at line {line}, which {what}", advice)


def _swallowed(block: Token, offset: int, what: str, advice: str) -> Iterator[tuple[int, str]]:
    """The first task line in a block, and how many there are; the block's text begins `offset` lines below it."""
    tasks = [number for number, line in enumerate(block.content.split("\n")) if TASK.match(line)]
    if tasks:
        more = f" (and {len(tasks) - 1} more)" if len(tasks) > 1 else ""
        yield (block.map or (0, 0))[0] + 1 + offset + tasks[0], f"the task line{more} {what}; {advice}"


def _of_text(inline: Token, *, is_item: bool) -> Iterator[tuple[int, str]]:
    first = (inline.map or (0, 0))[0] + 1
    for child in inline.children or ():
        if child.type == "html_inline" and _HTML_BOX.match(child.content):
            yield first + inline.content.count("\n", 0, inline.content.find(child.content)), _html_box(child.content)
    for number, line in enumerate(inline.content.split("\n")):
        if is_item and number == 0:
            if _NEARLY.match(line) and not re.match(r"\[[ xX]\](?=\s|$)", line):
                yield first, f"{_begin(line)} is nearly a box, and none; {WRITE_A_BOX}"
        elif _NO_BULLET.match(line):
            yield first + number, f"{_begin(line)} is no list item; {WRITE_A_BOX}"
        elif TASK.match(line):
            advice = "put an empty line before its list"
            yield first + number, f"{_begin(line)} goes on with the paragraph above it; {advice}"


def _html_box(text: str) -> str:
    return f"{_begin(text)} is a box of HTML, where nothing is checked; {WRITE_A_BOX}"


def _begin(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= 24 else line[:24] + "\N{HORIZONTAL ELLIPSIS}")
