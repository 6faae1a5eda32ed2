"""Documents for the tests of the Markdown reader, and a reader that takes them as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check
from pytest_deploycheck.markdown import read_checklist

PHASE = "# Build <!-- deploycheck: phase=phase1 -->\n\n"


class Reader:
    """Reads documents given as text or bytes."""

    def __init__(self, page: Path) -> None:
        self.page = page

    def __call__(self, document: str | bytes) -> Checklist:
        self.page.write_bytes(document if isinstance(document, bytes) else document.encode())
        return read_checklist(self.page, shown_as="docs/list.md")

    def lines(self, body: str) -> list[Check]:
        """The lines of a document of one phase; the body begins on its third line."""
        return list(self(PHASE + body).lines)

    def line(self, text: str) -> Check:
        """The only line of a document, on its third line."""
        (found,) = self.lines(text)
        return found

    def refusal(self, document: str | bytes) -> str:
        """What the refused document is told."""
        with pytest.raises(ChecklistError) as caught:
            self(document)
        return str(caught.value)
