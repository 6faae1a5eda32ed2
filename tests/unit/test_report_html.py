"""The HTML report: valid, escaped, the same bytes for the same run, and readable with no styles at all."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from builders import ENVIRONMENT, green_outcomes, make_check, make_phase, make_result, make_run, outcomes, texts
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import CheckResult, Evidence, Flag, Measurement, Run, Severity
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.report.html import render

HOSTILE = [
    "<script>alert(1)</script>",
    "</title></head><body onload=x>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- not a comment",
    "]]></pre></details></table><h1>GO</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;amp; &#x3c;",
    "javascript:alert(1)",
    "größe 部署 🚀",
]
RICH = [
    make_result("PASS", measurements=(Measurement(name="free", value=2.5, unit="GB", min=2.0),)),
    make_result(
        "FAIL",
        make_check("phase1.x", title="Core imports", owner="sre", remediation="poetry lock"),
        reason="9 errors, 7 allowed",
        measurements=(Measurement(name="errors", value=9.0, max=7.0),),
        evidence=(Evidence(kind="command", name="mypy src", text="a.py:1: error\n  indented"),),
    ),
    make_result("PENDING", make_check("phase1.sign", owner="support", remediation="see the runbook")),
    make_result("FAIL", make_check("phase1.slow", severity=Severity.ADVISORY), reason="slower"),
    make_result("PASS", "phase1.flaky", flags=(Flag.FLAKY,)),
    make_result("BLOCKED", "phase2.a", reason="phase1 is NO-GO: phase1.x FAIL: 9 errors, 7 allowed"),
]


def parse(run: Run, **options: Any) -> Element:
    """The page as a browser sees it; every error of its markup is raised."""
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(render(run, **options))
    return page


def text(element: Element | None) -> str:
    """The text as it reads, spaces joined."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def section(page: Element, anchor: str) -> Element:
    """The section that a heading's id names."""
    (found,) = (part for part in page.iter("section") if part.get("aria-labelledby") == anchor)
    return found


def check_rows(page: Element) -> dict[str, list[str]]:
    """The rows of all phases, by what their heading says."""
    parts = [part for part in page.iter("section") if str(part.get("aria-labelledby")).startswith("phase-")]
    return {row[0]: row for part in parts for table in tables(part) for row in table[1:]}


def tables(page: Element) -> list[list[list[str]]]:
    return [[[text(cell) for cell in row] for row in table.iter("tr")] for table in page.iter("table")]


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["PASS", "FAIL", "PENDING", "NOT_RUN"])
def test_the_verdict_stands_in_the_title_and_in_the_heading(status: str) -> None:
    run = make_run([make_result(status)])
    page = parse(run)
    verdict = str(run.selected_verdict)
    assert text(page.find(".//title")) == f"{verdict} - v1.0 - deployment checklist"
    headings = [text(heading) for heading in page.iter("h1")]
    assert headings == [f"Release v1.0: {verdict}"]


def test_the_board_shows_every_phase_with_its_verdict_counts_and_reason() -> None:
    board = tables(parse(make_run(RICH)))[0]
    assert board[0] == ["Phase", "Verdict", "Passed", "Failed", "Waiting", "Not run", "Reason"]
    assert board[1] == ["phase1Title of phase1", "NO-GO", "2/5", "2", "1", "0", "phase1.x FAIL: 9 errors, 7 allowed"]
    assert board[2][1:] == ["BLOCKED", "0/1", "0", "0", "1", "phase1 is NO-GO: phase1.x FAIL: 9 errors, 7 allowed"]


def test_every_check_has_a_row_with_status_reason_way_out_numbers_and_evidence() -> None:
    page = parse(make_run(RICH))
    rows = check_rows(page)
    failed = rows["Core importsphase1.x"]
    assert failed[1:3] == ["FAIL", "0.250"]
    for said in ("9 errors, 7 allowed", "Way out: poetry lock (sre)", "errors = 9 (max 7) out of limits", "mypy src"):
        assert said in failed[3]
    assert rows["Title of phase1.slowphase1.slow"][1] == "FAIL advisory"
    assert rows["Title of phase1.flakyphase1.flaky"][1] == "PASS flaky"
    assert "free = 2.5 GB (min 2)" in rows["Title of phase1.aphase1.a"][3]
    assert "out of limits" not in rows["Title of phase1.aphase1.a"][3]
    assert "Way out" not in rows["Title of phase1.aphase1.a"][3]
    assert [row[1] for row in rows.values()] == [
        "PASS",
        "FAIL",
        "PENDING",
        "FAIL advisory",
        "PASS flaky",
        "BLOCKED",
    ]


def test_evidence_keeps_its_lines() -> None:
    page = parse(make_run(RICH))
    (shown,) = page.iter("pre")
    assert "".join(shown.itertext()) == "a.py:1: error\n  indented"


def test_what_to_do_next_comes_worst_first_and_advisories_apart() -> None:
    page = parse(make_run(RICH))
    (steps,) = page.iter("ol")
    assert [text(step) for step in steps] == [
        "phase1.x (NO-GO), sre: poetry lockpytest -m phase1 test_it.py::test_x",
        "phase1.sign (HOLD), support: see the runbookpytest -m phase1 test_it.py::test_sign",
    ]
    assert "phase1.slow FAIL: slower" in text(page.find(".//main"))


def test_of_many_next_steps_ten_are_seen_and_the_others_folded_under_their_number() -> None:
    run = make_run([make_result("FAIL", f"phase1.c{number}") for number in range(12)])
    part = section(parse(run), "next")
    (seen, folded) = part.iter("ol")
    assert (len(list(seen)), len(list(folded)), folded.get("start")) == (10, 2, "11")
    (fold,) = part.iter("details")
    assert text(fold.find("summary")) == "2 more steps"
    assert fold.get("open") is None
    assert not list(section(parse(make_run(list(run.checks[:10]))), "next").iter("details"))


def test_a_go_has_nothing_to_do_next() -> None:
    page = parse(make_run([make_result()]))
    assert list(page.iter("ol")) == []
    assert "What to do next" not in text(page)


def test_every_check_is_accounted_for() -> None:
    assert "6/6 checks accounted for: 2 PASS, 2 FAIL, 1 PENDING, 1 BLOCKED" in text(parse(make_run(RICH)))


def test_a_selection_that_is_go_says_what_the_release_is() -> None:
    phases = [make_phase("phase1", selected=False), make_phase("phase2")]
    run = make_run(
        [make_result("NOT_RUN", "phase1.a"), make_result("PASS", "phase2.a")],
        phases=phases,
        notes=["phase1 was not looked at"],
    )
    page = text(parse(run).find(".//header"))
    assert "Release v1.0: GO for phase2, INCOMPLETE as a whole" in page
    assert "May we ship? Not yet. phase2 is GO, but phase1 is still to be decided." in page
    assert "Note: phase1 was not looked at" in page
    assert "not selected" in tables(parse(run))[0][1][1]


def test_a_run_that_did_not_end_says_so() -> None:
    page = text(parse(make_run([make_result()], closed=False)).find(".//header"))
    assert "Release v1.0: INCOMPLETE" in page
    assert "May we ship? No. The run did not come to its end" in page
    assert "not finished" in page


def test_times_are_utc_and_the_environment_is_told() -> None:
    page = parse(make_run([make_result()], targets=["popen//chdir=app"], digest="d" * 64))
    for said in ("2026-01-02 12:00:00 UTC", "2026-01-02 12:01:30 UTC", "ann on box", "popen//chdir=app"):
        assert said in text(page.find(".//header"))
    (environment,), (record,) = tables(section(page, "environment")), tables(section(page, "record"))
    assert dict(environment) == ENVIRONMENT
    assert dict(record) == {
        "run": "20260102T120000.000000Z-abc123",
        "exit status": "0: everything selected is GO",
        "checklist sha256": "d" * 64,
    }


def test_a_carried_result_says_from_where() -> None:
    carried = make_result("PASS", flags=(Flag.CARRIED,), carried_from="run-of-yesterday")
    assert "carried from run run-of-yesterday" in text(parse(make_run([carried])))


# -- how it says it ----------------------------------------------------------------------------------------------------


def test_it_reads_without_styles_and_scripts() -> None:
    page = parse(make_run(RICH))
    assert list(page.iter("script")) == list(page.iter("link")) == list(page.iter("img")) == []
    assert not any(name.startswith("on") or name == "style" for element in page.iter() for name in element.attrib)
    assert page.get("lang") == "en"
    # A verdict is a word, never a colour alone; headings and tables carry the structure.
    assert {element.get("scope") for element in page.iter("th")} == {"col", "row"}
    for element in page.iter("span"):
        assert text(element)
    headings = [element.tag for element in page.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}


def test_its_links_lead_to_its_own_sections() -> None:
    page = parse(make_run(RICH))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    targets = [str(link.get("href")) for link in page.iter("a")]
    assert targets == ["#phase-phase1", "#phase-phase2", "#check-1", "#check-2"]
    assert {target.removeprefix("#") for target in targets} <= set(ids)
    assert {element.get("aria-labelledby") for element in page.iter("section")} <= set(ids)


def test_the_styles_reach_the_browser_as_they_were_written() -> None:
    written = files("pytest_deploycheck.report").joinpath("templates", "report.css").read_text("utf-8")
    style = parse(make_run([make_result()])).find(".//style")
    assert style is not None
    assert style.text == written


def test_it_loads_nothing_from_anywhere() -> None:
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)|url\(|@import", render(make_run(RICH)))


def test_the_same_run_gives_the_same_bytes() -> None:
    assert render(make_run(RICH)) == render(make_run(RICH)) == RENDERERS["html"](make_run(RICH))


# -- hostile strings ---------------------------------------------------------------------------------------------------


def hostile_run(value: str) -> Run:
    """A run in which everything that people or programs write is this text."""
    check = make_check("phase1.x", title=value, owner=value, remediation=value, nodeid=value, source=value)
    result = make_result(
        "FAIL",
        check,
        reason=value,
        carried_from=value,
        measurements=(Measurement(name=value, value=1.0, unit=value, max=0.0),),
        evidence=(Evidence(kind=value, name=value, text=value),),
    )
    return make_run(
        [result],
        phases=[make_phase(title=value)],
        release=value,
        targets=[value],
        notes=[value],
        digest=value,
        run_id=value,
        environment={**ENVIRONMENT, "user": value, value: value},
    )


def shape(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes."""
    return [(str(element.tag), tuple(sorted(element.attrib))) for element in page.iter()]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_text_becomes_markup_and_none_is_lost(value: str) -> None:
    page = parse(hostile_run(value))
    assert shape(page) == shape(parse(hostile_run("harmless")))
    everything = "".join(page.itertext())
    assert everything.count(value) >= 15
    (evidence,) = page.iter("pre")
    assert "".join(evidence.itertext()) == value


@given(texts.filter(lambda text: text.strip() and text not in ENVIRONMENT and text != "harmless"))
def test_no_text_at_all_changes_the_shape_of_the_page(value: str) -> None:
    # A browser replaces what may not stand on a page, so the parser is not strict here.
    def parsed(said: str) -> Element:
        page: Element = html5lib.HTMLParser(namespaceHTMLElements=False).parse(render(hostile_run(said)))
        return page

    assert shape(parsed(value)) == shape(parsed("harmless"))


@given(st.tuples(outcomes() | green_outcomes(), outcomes("phase2")).map(lambda pair: [*pair[0], *pair[1]]))
def test_every_check_of_any_run_is_on_the_page_with_its_status(results: list[CheckResult]) -> None:
    run = make_run(results, phases=[make_phase("phase1"), make_phase("phase2")])
    found = check_rows(parse(run)).values()
    assert [(row[0], row[1].split()[0]) for row in found] == [
        (f"{result.check.title}{result.check.id}", str(result.status)) for result in results
    ]
