"""The story of the README, told by the programs themselves; run it to draw docs/story.svg anew.

A document becomes a run in three commands; two of its checks are signed, one is waived, and the board moves.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pexpect

PICTURE = Path(__file__).parents[2] / "docs" / "story.svg"
WIDTH = 100
_DOCUMENT = """# Shop: release checklist

## Before the switch

- [ ] **Support told**: the support team knows the date.
- [ ] **Backup**: last night's dump restores.

## After the switch

- [ ] **Start page**: it answers within a second.
"""
_ANN = "Ann <ann@shop.example>"
#: When the waiver ends, so far away that the story stays true, and what is shown for it.
_FAR, _SHOWN = "2999-12-01", "2026-12-01"
#: What is typed, and the keys that answer.
_STEPS: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (("cat", "release.md"), ()),
    (("deploycheck", "init", "release.md", "--write"), ()),
    (("pytest",), ()),
    (
        ("deploycheck", "sign", "--by", _ANN),
        (
            ("uit ", "a"),
            ("nothing: ", "in the support channel\r"),
            ("uit ", "s"),
            ("uit ", "a"),
            ("nothing: ", "\r"),
        ),
    ),
    (
        (
            *("deploycheck", "waive", "phase1.backup", "--reason", "the restore runs tonight"),
            *("--expires", f"{_FAR}T18:00Z", "--by", _ANN),
        ),
        (),
    ),
    (("pytest",), ()),
)
_CODE = {
    "deploycheck": ["-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')"],
    "pytest": ["-m", "pytest", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", "--color=yes"],
}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def play() -> str:
    """What the terminal shows, with its colours; what differs from run to run is made alike."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "release.md").write_text(_DOCUMENT, encoding="utf-8")
        return "".join(_step(words, answers, folder) for words, answers in _STEPS)


def plain(recording: str) -> str:
    """The recording without its colours."""
    return _ANSI.sub("", recording)


def picture(recording: str) -> str:
    """The recording as an SVG image that needs nothing from elsewhere; what it shows stands in it as text too."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(recording), soft_wrap=False)
    drawn = console.export_svg(title="a checklist, three commands, a verdict", unique_id="story")
    # A font from another site would not be loaded where images are shown, and would be asked for all the same.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    title, described = "A terminal, from a Markdown list to GO", escape(plain(recording))
    return re.sub(r"(<svg[^>]*>)", rf'\1<title>{title}</title><desc id="text">', drawn, count=1).replace(
        '<desc id="text">', f'<desc id="text">{described}</desc>', 1
    )


def told_by(svg: str) -> str:
    """The text of the recording that a picture was drawn from."""
    found = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}desc")
    assert found is not None
    return found.text or ""


def _step(words: tuple[str, ...], answers: tuple[tuple[str, str], ...], folder: str) -> str:
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    if words[0] == "cat":
        return f"$ {typed}\n{_DOCUMENT}\n"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NO_COLOR"))}
    environment |= {"DEPLOYCHECK_RELEASE": "1.4.0", "TERM": "xterm", "COLUMNS": str(WIDTH)}
    child = pexpect.spawn(
        sys.executable,
        [*_CODE[words[0]], *words[1:]],
        cwd=folder,
        env=environment,
        encoding="utf-8",
        timeout=60,
        dimensions=(60, WIDTH),
    )
    said = io.StringIO()
    child.logfile_read = said
    for question, answer in answers:
        child.expect(question)
        child.send(answer)
    child.expect(pexpect.EOF)
    child.wait()
    return f"$ {typed}\n{_alike(said.getvalue())}\n".replace(_FAR, _SHOWN)


def _alike(said: str) -> str:
    # pytest writes over its "collecting ..." when it has the time to show it.
    lines = (line.rpartition("\r")[2] for line in said.replace("\r\n", "\n").split("\n"))
    said = "\n".join(re.sub(r"^(?:\x1b\[\d*m)*collecting \.\.\. (?:\x1b\[\d*m)*", "", line) for line in lines)
    said = re.sub(r" +((?:\x1b\[\d*m)*)$", r"\1", said, flags=re.MULTILINE)
    said = re.sub(r"in \d+\.\d+s", "in 0.10s", said)
    said = re.sub(r"=+( [^=\n]+ )=+(?=\x1b|\n)", r"===\1===", said)
    return re.sub(r"\(\d+:\d\d:\d\d\)", "", said)


if __name__ == "__main__":
    PICTURE.write_text(picture(play()), encoding="utf-8")
