"""What the HTML report costs: to render, to keep, and to look at in a browser.

Run it from anywhere: ``python bench/report.py [--checks 10000] [--rounds 5]``; it needs the extra ``dev`` and a
Chromium. One run of pytest writes this project's report and pytest-html's; the third page is a bare table of the same
rows. Each is opened in a fresh page, round by round, and is usable when it is loaded, drawn, scrolled to its end and
drawn there. A letter typed into the report's search takes until the page is laid out anew.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from pytest_deploycheck.core.model import Run
from pytest_deploycheck.record.store import find_run
from pytest_deploycheck.ticket import ticket

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHASES = 10
#: Goals: megabytes, seconds, how many times as long as the others, and milliseconds of a letter in the search.
MOST_MB, MOST_S, AS_TABLE, AS_OTHER, LETTER_MS = 12.0, 3.0, 2.0, 1 / 3, 200
NAMES = ("chromium", "chromium-browser", "google-chrome")
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
END = "() => window.scrollTo(0, document.documentElement.scrollHeight)"

#: Of several searches the slowest, in milliseconds; the texts of the rows are gathered once, by the first.
SEARCHED = """() => {
    const search = document.querySelector("input[type=search]");
    const type = text => {
        const begin = performance.now();
        search.value = text;
        search.dispatchEvent(new Event("input", { bubbles: true }));
        document.documentElement.getBoundingClientRect();
        return performance.now() - begin;
    };
    type("first"); type("");
    return Math.max(...["n", "check 42", "no such check", ""].map(type));
}"""

SUITE = '''
import pytest


@pytest.mark.phase{phase}
@pytest.mark.parametrize("number", range({each}))
def test_check(number, evidence):
    """A check of phase {phase}"""
    if number % 10 == 3:
        evidence.measure("latency", 0.3 + number / 10_000, "s", max=5)
    if number % 100 == 7:
        print("what it saw\\\\n" * 20)
        assert number == 7.5
'''


def main() -> int:
    """Measure and print; 0 when every goal is reached."""
    parser = argparse.ArgumentParser(description="The price of the HTML report.")
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        parser.error(f"none of {', '.join(NAMES)} is on the path")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run_pytest(work, options.checks)
        run = find_run(work / ".deploycheck")
        took = median(timed(lambda: ticket(run, record=work / ".deploycheck")) for _ in range(options.rounds))
        (work / "table.html").write_text(bare_table(run), encoding="utf-8")
        pages = {"report": work / "report.html", "bare table": work / "table.html", "pytest-html": work / "other.html"}
        usable, letter = look(browser, pages, options.rounds)
        sizes = {name: path.stat().st_size / 1e6 for name, path in pages.items()}
        return tell(len(run.checks), took, usable, sizes, letter)


def run_pytest(work: Path, checks: int) -> None:
    """Let pytest run so many checks, a tenth of them in each phase, with both reports."""
    for phase in range(1, PHASES + 1):
        text = SUITE.format(phase=phase, each=checks // PHASES)
        (work / f"test_phase{phase}.py").write_text(text, encoding="utf-8")
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:randomly", "-p", "no:cacheprovider"),
            *("--deploycheck-keep-going", "--deploycheck-report=report.html", "--deploycheck-release=bench"),
            *("--html=other.html", "--self-contained-html"),
        ],
        cwd=work,
        env={name: value for name, value in os.environ.items() if not name.startswith("DEPLOYCHECK_")},
        stdout=subprocess.DEVNULL,
        check=False,
    )


def timed(call: object) -> float:
    """Seconds that a call without arguments takes."""
    assert callable(call)
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def bare_table(run: Run) -> str:
    """The rows of the run and nothing else."""
    rows = (
        f"<tr><td>{escape(result.check.title)}<br>{escape(result.check.id)}<td>{result.status}<td>{result.duration_s:.3f}"
        f"<td>{escape(result.reason)}{''.join(escape(item.text) for item in result.evidence)}"
        for result in run.checks
    )
    return f"<!doctype html><title>rows</title><table>{''.join(rows)}</table>"


def look(path: str, pages: dict[str, Path], rounds: int) -> tuple[dict[str, float], float]:
    """Page -> the median of the seconds until it is usable, and that of a letter's milliseconds in the search.

    A first round, which warms the caches, is not counted.
    """
    from playwright.sync_api import sync_playwright

    seen: dict[str, list[float]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for _ in range(rounds + 1):
            for name, page in pages.items():
                seen[name].append(until_usable(browser, page))
        letters = [searched(browser, pages["report"]) for _ in range(rounds)]
        browser.close()
    return {name: median(found[1:]) for name, found in seen.items()}, median(letters)


def until_usable(browser: Browser, path: Path) -> float:
    """Seconds from the click on a file to its end on the screen."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(300_000)
    begin = time.perf_counter()
    page.goto(path.as_uri())
    # pytest-html makes its rows by a script, after the page is loaded.
    page.wait_for_function("document.querySelectorAll('tr').length > 100")
    page.evaluate(DRAWN)
    page.evaluate(END)
    page.evaluate(DRAWN)
    took = time.perf_counter() - begin
    page.close()
    return took


def searched(browser: Browser, path: Path) -> float:
    """Milliseconds that a letter takes in the search of the report."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(path.as_uri())
    took = float(page.evaluate(SEARCHED))
    page.close()
    return took


def tell(checks: int, rendered: float, usable: dict[str, float], sizes: dict[str, float], letter: float) -> int:
    """Print the table; 1 where a goal is missed."""
    print(f"{checks} checks; rendered in {rendered:.2f} s (goal: {MOST_S:g})")
    for name, seconds in usable.items():
        print(f"{name:12} {sizes[name]:6.2f} MB   usable in {seconds:6.2f} s")
    to_table, to_other = usable["report"] / usable["bare table"], usable["report"] / usable["pytest-html"]
    print(f"{to_table:.2f} of a bare table (goal: {AS_TABLE:g}), {to_other:.2f} of pytest-html (goal: {AS_OTHER:.2f})")
    print(f"a letter in the search takes {letter:.0f} ms (goal: {LETTER_MS})")
    reached = (rendered <= MOST_S, sizes["report"] <= MOST_MB, to_table <= AS_TABLE, to_other <= AS_OTHER)
    return 0 if all(reached) and letter <= LETTER_MS else 1


if __name__ == "__main__":
    sys.exit(main())
