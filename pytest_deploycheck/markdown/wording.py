"""What a line of Markdown says: as a reader of the page sees it, and to us."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_deploycheck.markdown.comments import speaks_to_us

if TYPE_CHECKING:
    from markdown_it.token import Token

#: The box of a task, where its text begins.
BOX = re.compile(r"\[(?P<tick>[ xX])\](?=\s|$)")


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


def bold_words(inline: Token) -> str:
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


def without_comments(inline: Token) -> str:
    content = inline.content
    for comment in _all_comments(inline):
        content = content.replace(comment, "", 1)
    return content


def targets(inline: Token) -> list[str]:
    """The addresses of links and pictures that the text itself does not hold, because it names them by reference."""
    hrefs = (child.attrGet("href") or child.attrGet("src") for child in inline.children or ())
    return [f"It refers to: {href}" for href in dict.fromkeys(hrefs) if href and str(href) not in inline.content]


def as_written(inline: Token) -> list[str]:
    """A task's own line as Markdown, where the title leaves out of it what a reader of the page sees."""
    if not any(
        child.type in ("link_open", "image", "s_open")
        or (child.type == "html_inline" and child.content[1] != "!" and not child.content.lower().startswith("<br"))
        for child in inline.children or ()
    ):
        return []
    return [f"As written: {BOX.sub('', without_comments(inline), count=1).strip()}", *targets(inline)]


def _all_comments(inline: Token) -> list[str]:
    return [child.content for child in inline.children or () if child.type == "html_inline" and child.content[1] == "!"]


def comments(inline: Token) -> list[str]:
    """The comments that speak to us, and text that tries to and that the parser takes for no comment."""
    html = [content for content in _all_comments(inline) if speaks_to_us(content)]
    return html + [
        child.content for child in inline.children or () if child.type == "text" and speaks_to_us(child.content)
    ]
