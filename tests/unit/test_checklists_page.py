"""docs/checklists.md: its tables and examples are what the reader does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown.blocks import LANGUAGES
from pytest_deploycheck.markdown.reader import read_text
from pytest_deploycheck.target import DEFAULT_TIMEOUT

PAGE = Path(__file__).parents[2] / "docs" / "checklists.md"


def cells(heading: str) -> list[str]:
    """The first cells of the table under a heading of the page, without their code marks."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_the_table_of_keys_is_whole() -> None:
    with pytest.raises(ChecklistError) as caught:
        read_text("# A <!-- deploycheck: phase=a -->\n- [ ] a <!-- deploycheck: x=y -->\n", shown_as="x", digest="")
    assert sorted(cells("Lines")) == re.findall(r"(\w+)=\.\.\.", str(caught.value))


def test_the_table_of_languages_is_whole() -> None:
    assert cells("Blocks that run") == [f"{language} check" for language in LANGUAGES]
    assert DEFAULT_TIMEOUT == 60


def test_the_examples_can_be_read() -> None:
    examples = re.findall(r"^(`{3,})markdown\n(.*?)^\1$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    first, block = (text for _, text in examples)
    titles = [line.title for line in read_text(first, shown_as="x", digest="").lines]
    assert titles[1:4] == ["Backup", "Backup: taken after the freeze", "Backup: restored on staging"]
    checklist = read_text(f"# A <!-- deploycheck: phase=a -->\n\n{block}", shown_as="x", digest="")
    assert set(checklist.blocks) == {"a.configuration"}
