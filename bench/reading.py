"""How long a large Markdown document takes: to be read as a checklist, and to be made one.

Run it from anywhere: ``python bench/reading.py [--items 5000] [--rounds 3]``. One document, nested lists with links,
code, comments and other scripts, is read in this process and goes through ``deploycheck init`` as a whole process. The
medians are told, and beside them what markdown-it-py takes for the same text, below which nobody comes who uses it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from markdown_it import MarkdownIt

from pytest_deploycheck.markdown import read_checklist

#: Seconds, for reading and for ``init``.
GOAL_S = 2.0
HEADING = "## Before"
ITEM = "{indent}- [ ] **Größe {number}**: see [the guide](x.md), in `code`{comment}\n\n{indent}  Then wait.\n\n"


def main() -> int:
    """Measure and print; 0 when the goal is reached."""
    parser = argparse.ArgumentParser(description="The time that a large checklist takes.")
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checklist, plain = folder / "checklist.md", folder / "plain.md"
        checklist.write_text(document(options.items, ready=True), encoding="utf-8")
        plain.write_text(document(options.items, ready=False), encoding="utf-8")
        found = len(read_checklist(checklist, shown_as="checklist.md").lines)
        if found != options.items:
            sys.exit(f"{found} of {options.items} items were read")
        command = [sys.executable, "-c", "from pytest_deploycheck.cli import main; main()", "init", "plain.md"]
        text = checklist.read_text(encoding="utf-8")
        ways: dict[str, Callable[[], object]] = {
            "parsed by markdown-it-py": lambda: MarkdownIt("commonmark").parse(text),
            "read as a checklist": lambda: read_checklist(checklist, shown_as="checklist.md"),
            "deploycheck init": lambda: subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True),
        }
        taken = {way: median(timed(call) for _ in range(options.rounds)) for way, call in ways.items()}
    print(f"{options.items} items, medians of {options.rounds} rounds; goal: {GOAL_S:g} s")
    for way, seconds in taken.items():
        print(f"{way:26}{seconds:6.2f} s")
    return int(max(taken.values()) > GOAL_S)


def document(items: int, *, ready: bool) -> str:
    """A document with so many task lines, nested six deep; with `ready` its heading is a phase's already."""
    lines = (
        ITEM.format(indent="  " * (n % 6), number=n, comment=" <!-- deploycheck: owner=sre -->" if ready else "")
        for n in range(items)
    )
    comment = " <!-- deploycheck: phase=phase1 -->" if ready else ""
    return f"{HEADING}{comment}\n\n{''.join(lines)}"


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
