"""Our part of pytest-html's own report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Every end that a check can have, a worker that dies among them, and plain tests beside them.
EVERY_END = """
    import os, pytest
    from pytest_deploycheck import inconclusive, not_applicable

    pytestmark = pytest.mark.phase1

    def test_pass(): pass

    @pytest.mark.check("phase1.bad", remediation="<b>mend</b> it", owner="bob")
    def test_bad():
        assert "<img onerror=x>" == ""

    def test_crash(): raise KeyError("x")
    def test_void(): return 1 == 2
    def test_skip(): pytest.skip("x")
    def test_cannot_tell(): inconclusive("x")
    def test_not_here(): not_applicable("x")
    @pytest.mark.xfail
    def test_expected(): assert 0
    @pytest.mark.parametrize("word", ["</td><script>document.title='owned'</script>"])
    def test_hostile(word): pass

    @pytest.fixture
    def torn():
        yield
        raise OSError("torn")
    def test_fails_twice(torn): assert 0
    def test_dies():
        if "PYTEST_XDIST_WORKER" in os.environ:
            os._exit(3)
        assert 0
"""
LATER = """
    import pytest

    @pytest.mark.phase2
    def test_blocked(): pass
    @pytest.mark.phase3
    def test_not_asked_for(): pass
    def test_plain(): pass
"""
PHASES = "[pytest]\ndeploycheck_phases =\n    phase1: Build\n    phase2: Later\n    phase3: Last\n"
SELF_CONTAINED = ("--self-contained-html",)
#: pytest-html's word for each of ours.
WORDS = {"PASS": "Passed", "FAIL": "Failed", "ERROR": "Error"}


class _Blob(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if blob := dict(attrs).get("data-jsonblob"):
            self.data = json.loads(blob)


@dataclass(kw_only=True)
class Report:
    """What one run left behind."""

    folder: Path
    page: str
    json: dict[str, Any]

    @property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Node id -> its rows, as the page's script gets them."""
        parser = _Blob()
        parser.feed(self.page)
        tests: dict[str, list[dict[str, Any]]] = parser.data["tests"]
        return tests

    def row(self, name: str) -> dict[str, Any]:
        """The one row of the test of that name."""
        [row] = next(rows for nodeid, rows in self.rows.items() if nodeid.endswith(f"::{name}"))
        return row


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., Report]:
    def run(*arguments: str, source: str = EVERY_END) -> Report:
        pytester.makeini(PHASES)
        pytester.makepyfile(test_it=source, test_later=LATER)
        words = [
            "--html=page.html",
            "--deploycheck-json=run.json",
            "--deploycheck-release=<i>1</i>",
            "-p",
            "no:randomly",
        ]
        pytester.runpytest_subprocess(*words, *arguments)
        page = (pytester.path / "page.html").read_text("utf-8")
        return Report(folder=pytester.path, page=page, json=json.loads((pytester.path / "run.json").read_text("utf-8")))

    return run


def static(page: str) -> str:
    """What stands in the page's own markup, before its script has done anything."""
    return page.partition("data-container")[0].partition("<section>")[2].partition("</section>")[0]


@pytest.mark.parametrize("form", [SELF_CONTAINED, ()])
def test_the_board_stands_on_top_as_static_html(run: Callable[..., Report], form: tuple[str, ...]) -> None:
    """Verdict and reason in words, every check that has not passed, and the count of each status."""
    report = run(*form)
    board = static(report.page)

    assert "<th scope='row'>phase1</th><td>NO-GO</td>" in board
    assert "<th scope='row'>phase2</th><td>BLOCKED</td>" in board
    assert "<th scope='row'>phase1.bad</th><td>phase1</td><td>FAIL</td>" in board
    assert "next: phase1.bad [bob]: &lt;b&gt;mend&lt;/b&gt; it<br><code>pytest -m phase1 test_it.py::test_bad " in board
    for status, count in report.json["accounted"]["by_status"].items():
        assert (f"<th scope='row'>{status}</th><td>{count}</td>" in board) == bool(count)


def test_what_we_put_in_is_escaped(run: Callable[..., Report]) -> None:
    """pytest-html would run it: our strings must not carry markup."""
    report = run()
    section = html5lib.parseFragment(static(report.page), namespaceHTMLElements=False)

    assert "&lt;b&gt;mend&lt;/b&gt; it" in static(report.page)
    assert {element.tag for element in section.iter()} <= {
        *("DOCUMENT_FRAGMENT", "h2", "p", "strong", "ul", "li", "br", "code"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    hostile = report.row("test_hostile[</td><script>document.title='owned'</script>]")
    assert "<script>" not in "".join(hostile["resultsTableRow"])


@pytest.mark.parametrize("way", [(), ("-n2",), ("-m", "phase1 or phase2"), ("-x",), ("--deploycheck-keep-going",)])
def test_every_check_has_one_row_and_the_counts_are_the_gates(run: Callable[..., Report], way: tuple[str, ...]) -> None:
    """Also a check that no report tells of: its worker died, or the session ended before it."""
    report = run(*way)
    selected = {phase["marker"] for phase in report.json["phases"] if phase["selected"]}
    checks = [check for check in report.json["checks"] if check["phase"] in selected]
    rows = report.rows

    for check in checks:
        [row] = rows[check["nodeid"]]
        cells = [unescape(cell) for cell in row["resultsTableRow"]]
        assert row["result"] == WORDS.get(check["status"], "Skipped"), check["id"]
        assert [f"<td>{check['phase']}</td>", f"<td>{check['id']}</td>", f"<td>{check['status']}</td>"] == cells[1:4]
    shown = Counter(row["result"] for nodeid, found in rows.items() for row in found if "test_plain" not in nodeid)
    assert shown == Counter(WORDS.get(check["status"], "Skipped") for check in checks)
    for word in ("Passed", "Failed", "Skipped"):
        plain = sum(row["result"] == word for row in rows.get("test_later.py::test_plain", []))
        assert f"{shown[word] + plain} {word}," in report.page


def test_the_rows_keep_the_logs_of_both_of_a_checks_failures(run: Callable[..., Report]) -> None:
    row = run().row("test_fails_twice")

    assert "assert 0" in row["log"]
    assert "torn" in row["log"]


def test_attempts_keep_their_rows(run: Callable[..., Report]) -> None:
    """They are no end of a check."""
    report = run("--reruns=2", source="import pytest\n@pytest.mark.phase1\ndef test_bad(): assert 0\n")

    *attempts, end = [row["result"] for row in report.rows["test_it.py::test_bad"]]
    assert set(attempts) == {"Rerun"}
    assert end == "Failed"


def test_a_waived_failure_is_told_apart(run: Callable[..., Report], pytester: pytest.Pytester) -> None:
    (pytester.path / "deploycheck-approvals.toml").write_text(
        '[[waiver]]\ncheck = "phase1.test_bad"\nby = "ann@example.org"\nreason = "known"\n'
        "at = 2020-01-01T00:00:00Z\nexpires = 2100-01-01T00:00:00Z\n"
    )
    source = "import pytest\n@pytest.mark.phase1\ndef test_bad(): assert 0\n@pytest.mark.phase1\ndef test_ok(): pass\n"
    report = run(source=source)

    assert "<td>FAIL, waived</td>" in report.row("test_bad")["resultsTableRow"]
    assert "<td>FAIL, waived</td>" in static(report.page)


def test_a_run_without_checks_is_left_alone(pytester: pytest.Pytester) -> None:
    """No board, and the report is written."""
    pytester.makepyfile("def test_plain(): pass")
    pytester.runpytest_subprocess("--html=page.html", "-p", "no:randomly")

    assert "Deployment checklist" not in (pytester.path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [SELF_CONTAINED, ()])
def test_the_board_shows_under_jenkins_policy(
    run: Callable[..., Report], page: Page, jenkins: Callable[[Mapping[str, str]], str], form: tuple[str, ...]
) -> None:
    """Where pytest-html's own table is empty, because its script may not run."""
    report = run(*form)
    files = {"page.html": report.page}
    if not form:
        files["assets/style.css"] = (report.folder / "assets" / "style.css").read_text("utf-8")
    page.goto(jenkins(files))

    assert page.locator("section h2").is_visible()
    assert "NO-GO" in page.locator("section").inner_text()
    assert page.locator("th:text-is('phase1.bad')").is_visible()
    assert page.locator("#results-table tbody tr").count() == 0
    assert page.title() != "owned"


def test_no_text_of_a_check_becomes_markup_where_scripts_run(run: Callable[..., Report], page: Page) -> None:
    """The table's rows are put in by the page's script, as markup."""
    report = run(*SELF_CONTAINED)
    page.goto((report.folder / "page.html").as_uri())

    assert page.locator("#results-table tbody").count() >= len(report.json["checks"])
    assert page.title() == "page.html"
