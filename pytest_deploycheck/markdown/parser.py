"""The parser behind the reader: Markdown as GitHub takes it, as far as a checklist goes."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.core.errors import ChecklistError

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

#: Levels of lists and quotes within each other. The parser drops what lies deeper without a word.
_DEEPEST = 100


class Parser:
    """Reads documents, and remembers what their lines hold: a text that it has nearly read before goes quicker."""

    def __init__(self) -> None:
        from markdown_it import MarkdownIt
        from markdown_it.rules_block import table

        self._markdown = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("strikethrough")
        # Behind lists, or a line with a pipe above dashes would be taken for a table's head.
        self._markdown.block.ruler.after("list", "table behind lists", table, {"alt": ["paragraph", "reference"]})
        self._markdown.core.ruler.at("inline", self._take_inline)
        self._known: dict[str, list[Token]] = {}
        #: What the known lines' references lead to.
        self._references: Any = None

    def parse(self, lines: Sequence[str], *, shown_as: str) -> list[Token]:
        """The tokens of a document; raises ``ChecklistError`` where it is nested too deeply to be read whole."""
        try:
            with _uncollected():
                tokens = self._markdown.parse("\n".join(lines))
        except RecursionError as error:
            said = "links or pictures are nested too deeply to be read; unfold them"
            raise ChecklistError(f"{shown_as}: {said}") from error
        for token in tokens:
            if token.level >= _DEEPEST - 1 and token.type in ("list_item_open", "blockquote_open"):
                said = "lists are nested too deeply to be read; unfold them"
                raise ChecklistError(f"{shown_as}:{line_of(token)}: {said}")
        # Only now: the parser's last rules have written into what the first ones found.
        self._known = {token.content: token.children or [] for token in tokens if token.type == "inline"}
        return tokens

    def _take_inline(self, state: StateCore) -> None:
        references = state.env.get("references", {})
        if references != self._references:
            self._known, self._references = {}, references
        for token in state.tokens:
            if token.type == "inline" and token.content in self._known:
                token.children = self._known[token.content]
            elif token.type == "inline":
                token.children = []
                state.md.inline.parse(token.content, state.md, state.env, token.children)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage while tokens pile up: there is none, and each would walk through all there is."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def line_of(token: Token) -> int:
    """The number, from 1, of the line on which a block token begins."""
    return token.map[0] + 1 if token.map else 0
