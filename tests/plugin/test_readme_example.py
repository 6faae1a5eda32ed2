"""The README's own checklist, as a reader who copies it gets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
#: Language and text of each block, in order.
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
FIRST = [language for language, _ in BLOCKS].index("markdown")


def board(text: str) -> list[str]:
    """What is said of the checklist, without the tracebacks, empty lines and how long it took."""
    text = re.sub(r"^=+ FAILURES =+$.*?(?=^=+ deployment checklist)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^=+ short test summary info =+$.*?(?=^=+ \d)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"=* (.*) in \d+\.\d+s =*$", r"\1", text, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[next(place for place, line in enumerate(lines) if line.startswith("phase1: ")) :]


@pytest.mark.parametrize(("currency", "place", "status"), [("EUR", 3, 10), ("EURO", 4, 1)])
def test_the_boards_of_the_readme_are_those_that_come(
    currency: str, place: int, status: int, pytester: pytest.Pytester
) -> None:
    """With the settings as they should be, and as they should not."""
    assert [language for language, _ in BLOCKS[FIRST : FIRST + 5]] == ["markdown", "ini", "python", "text", "text"]
    for name, (_, content) in zip(
        ("release-checklist.md", "pytest.ini", "test_release.py"), BLOCKS[FIRST : FIRST + 3], strict=True
    ):
        (pytester.path / name).write_text(content, encoding="utf-8")
    (pytester.path / "settings.toml").write_text(f'currency = "{currency}"\n', encoding="utf-8")

    done = pytester.runpytest_subprocess("-p", "no:randomly", "--deploycheck-release", "1.4.0")

    assert done.ret == status
    assert board("\n".join(done.outlines)) == board(BLOCKS[FIRST + place][1])
