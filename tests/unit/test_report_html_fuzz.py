"""The HTML report of anything: what is written becomes no markup, and what is hostile does nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import html5lib
import pytest
from builders import make_check, make_result, make_run, moments
from hostile import HOSTILE, any_text, hostile_runs
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pytest_deploycheck.core.model import Approvals, Evidence, Measurement, Run, Section, Signoff, Waiver
from pytest_deploycheck.report.html import Source, render
from pytest_deploycheck.report.html.evidence import MOST_OF_A_PIECE, MOST_OF_ALL
from pytest_deploycheck.report.inert import inert

#: Every element a report may hold; whatever else is found was written by somebody else.
OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "section",
        "h1",
        "h2",
        "p",
        "dl",
        "dt",
        "dd",
    ),
    *("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "a", "br", "ol", "ul", "li", "strong", "small"),
    *("span", "bdi", "code", "pre", "details", "summary", "svg", "rect", "polyline", "circle", "desc"),
    *("figure", "figcaption"),
}


def elements(page: str) -> list[str]:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return [str(element.tag).rpartition("}")[2] for element in parser.parse(page).iter()]


@given(hostile_runs())
@settings(max_examples=60)
def test_any_run_is_a_page_without_a_fault(run: Run) -> None:
    page = render(run, history=[run])
    assert set(elements(page)) <= OURS
    # What one parser mends silently, another may not.
    tags = [
        element.tag for element in etree.fromstring(page, etree.HTMLParser()).iter() if isinstance(element.tag, str)
    ]
    assert set(tags) <= OURS
    assert page.encode("utf-8")


numbers = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 0.0])
limits = st.none() | numbers
measured = st.builds(
    Measurement,
    name=any_text,
    value=numbers,
    unit=any_text,
    min=limits,
    max=limits,
    samples=st.lists(numbers, max_size=5).map(tuple),
)
signoffs = st.builds(
    Signoff,
    check=st.just("phase1.a"),
    by=any_text,
    at=moments,
    release=any_text,
    note=any_text,
    expires=st.none() | moments,
)
waivers = st.builds(
    Waiver, check=st.just("phase1.b"), by=any_text, at=moments, reason=any_text, expires=moments, ticket=any_text
)
sections = st.builds(
    Section,
    title=any_text,
    text=any_text,
    columns=st.lists(any_text, max_size=3).map(tuple),
    rows=st.lists(st.lists(any_text, max_size=3).map(tuple), max_size=3).map(tuple),
)


@st.composite
def telling_runs(draw: st.DrawFn) -> Run:
    """A run with all that stands beside the checks: numbers, moments in any order, people's words, others' sections."""
    results = [
        make_result("PASS", "phase1.a", measurements=tuple(draw(st.lists(measured, max_size=3)))),
        make_result(
            "FAIL", "phase1.b", waiver=draw(st.none() | waivers), signoffs=tuple(draw(st.lists(signoffs, max_size=2)))
        ),
    ]
    run = make_run([make_result("PASS", "phase1.a"), make_result("FAIL", "phase1.b")])
    phase = replace(run.phases[0], opened=draw(moments), decided=draw(st.none() | moments))
    approvals = Approvals(
        path=draw(any_text),
        digest=draw(any_text),
        signoffs=tuple(draw(st.lists(signoffs, max_size=3))),
        waivers=tuple(draw(st.lists(waivers, max_size=3))),
    )
    return replace(
        run,
        started=draw(moments),
        finished=draw(moments),
        phases=(phase,),
        checks=tuple(results),
        approvals=approvals,
        sections=tuple(draw(st.lists(sections, max_size=2))),
    )


@given(telling_runs(), telling_runs())
@settings(max_examples=60)
def test_whatever_stands_beside_the_checks_is_a_page_without_a_fault(run: Run, before: Run) -> None:
    page = render(run, history=[before], source=Source(path=before.approvals.path, sha256=before.approvals.digest))
    assert set(elements(page)) <= OURS
    assert page == render(
        run, history=[before], source=Source(path=before.approvals.path, sha256=before.approvals.digest)
    )


@given(hostile_runs())
@settings(max_examples=60)
def test_no_text_is_lost(run: Run) -> None:
    text = "".join(html5lib.parse(render(run), namespaceHTMLElements=False).itertext())
    for result in run.checks:
        for said in (result.check.title, result.check.id, result.reason, *(item.text for item in result.evidence)):
            shown = inert(said[:4000]) if said is result.reason else inert(said)
            assert shown.lstrip("\n") in text
        assert str(result.status) in text


@pytest.mark.parametrize("value", HOSTILE)
def test_the_release_and_the_title_are_inert(value: str) -> None:
    page = render(make_run([make_result()], release=value))
    title = html5lib.parse(page, namespaceHTMLElements=False).find(".//title")
    assert title is not None
    assert inert(value) in str(title.text)


def evidence_of(sizes: list[int], status: str = "PASS") -> Run:
    results = [
        make_result(status, f"phase1.c{number}", evidence=(Evidence(kind="text", name="log", text="x" * size),))
        for number, size in enumerate(sizes)
    ]
    return make_run(results)


def test_a_hundred_megabytes_are_cut_and_the_page_says_so() -> None:
    size = 100_000_000
    page = render(evidence_of([size]))
    assert len(page) < 100_000
    assert f"{size - MOST_OF_A_PIECE} of {size} characters are left out here; the record has them" in page


def test_all_evidence_together_has_a_bound_and_failures_come_first() -> None:
    # Passing ones before the failing one in the checklist, and more of them than the page has room for.
    many = [
        make_result(
            "PASS", f"phase1.c{number}", evidence=(Evidence(kind="text", name="log", text="<" * MOST_OF_A_PIECE),)
        )
        for number in range(MOST_OF_ALL // MOST_OF_A_PIECE)
    ]
    failed = make_result("FAIL", "phase1.last", evidence=(Evidence(kind="text", name="log", text="the reason why"),))
    page = render(make_run([*many, failed]))
    assert len(page) < MOST_OF_ALL + 1_000_000
    assert "the reason why" in page
    assert f"{MOST_OF_A_PIECE} of {MOST_OF_A_PIECE} characters are left out here" in page


def test_ten_thousand_long_reasons_have_a_bound_together() -> None:
    said = {"text": "t" * 5_000, "remediation": "r" * 5_000}
    results = [make_result("FAIL", make_check(f"phase1.c{n}", **said), reason="y" * 5_000) for n in range(10_000)]
    assert len(render(make_run(results)).encode()) < 12_000_000


def test_a_long_reason_is_cut_and_says_so() -> None:
    page = render(make_run([make_result("FAIL", make_check(), reason="y" * 1_000_000)]))
    assert len(page) < 100_000
    assert "characters more are in the record" in page
