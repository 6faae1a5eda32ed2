"""The run as Markdown: worst first, bounded, and nothing in it but what we wrote."""

import re
from dataclasses import replace
from xml.etree.ElementTree import Element

import html5lib
import pytest
from builders import make_check, make_phase, make_result, make_run
from hostile import hostile_runs
from hypothesis import given
from markdown_it import MarkdownIt
from vouching import waiver

from pytest_deploycheck.core.model import Flag, Run, Section, Severity
from pytest_deploycheck.report.inert import one_line
from pytest_deploycheck.report.markdown import LIMIT, render

OURS = {"html", "head", "body", "h2", "h3", "p", "strong", "code", "br", "table", "thead", "tbody", "tr", "th", "td"}


def shown(text: str) -> Element:
    """The page as GitHub would show it: tables, struck text and HTML included."""
    page: Element = html5lib.parse(
        MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text), namespaceHTMLElements=False
    )
    return page


def rows(page: Element, title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    body = page.findall("body/*")
    place = next(
        (number for number, element in enumerate(body) if element.tag == "h3" and words(element) == title), None
    )
    return (
        [] if place is None else [[words(cell) for cell in row.findall("td")] for row in body[place + 1].iter("tr")][1:]
    )


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_the_first_lines_tell_what_a_manager_asks() -> None:
    page = shown(
        render(make_run([make_result("FAIL", reason="9 errors"), make_result("PASS", "phase1.b")], release="1.4.0"))
    )
    body = page.find("body")
    assert body is not None

    assert [words(element) for element in body[:2]] == [
        "NO-GO: 1.4.0",
        "NO-GO, a check failed. 2/2 checks accounted for: 1 PASS, 1 FAIL.",
    ]
    assert rows(page, "Phases") == [["phase1 Title of phase1", "NO-GO", "1/2", "phase1.a FAIL: 9 errors"]]


def test_a_part_is_not_the_release() -> None:
    run = make_run([make_result("PASS", "phase2.x")], phases=[make_phase(selected=False), make_phase("phase2")])

    assert "The release as a whole: **INCOMPLETE**." in render(run)
    assert [row[1] for row in rows(shown(render(run)), "Phases")] == ["(INCOMPLETE)", "GO"]


def test_steps_and_checks_stand_worst_first_with_their_people() -> None:
    results = [
        make_result("PENDING", make_check("phase1.sign", owner="ops")),
        make_result("FAIL", make_check("phase1.x", remediation="see https://example.org/a_b", owner="@sre")),
        make_result("BLOCKED", "phase2.b"),
    ]
    page = shown(render(make_run(results)))

    assert [row[:2] for row in rows(page, "Next, worst first")] == [
        ["NO-GO phase1.x", "@sre"],
        ["HOLD phase1.sign", "ops"],
    ]
    assert [row[0] for row in rows(page, "Checks that have not passed")] == ["phase1.x", "phase1.sign"]
    assert "https://example.org/a_b" in render(make_run(results))


def test_what_was_accepted_and_what_is_advisory_have_their_place() -> None:
    results = [
        make_result(),
        make_result("FAIL", "phase1.w", flags=(Flag.WAIVED,)),
        make_result("FAIL", make_check("phase1.adv", severity=Severity.ADVISORY)),
    ]
    page = shown(render(make_run(results)))

    assert [row[:2] for row in rows(page, "Accepted by a waiver")] == [["phase1.w", "FAIL"]]
    assert [row[0] for row in rows(page, "Advisory, stopping nothing")] == ["phase1.adv"]
    assert not rows(page, "Checks that have not passed")


def test_a_waiver_says_who_until_when_and_why() -> None:
    run = make_run([make_result(), make_result("FAIL", "phase1.a2", flags=(Flag.WAIVED,), waiver=waiver())])

    assert rows(shown(render(run)), "Accepted by a waiver") == [
        ["phase1.a2", "FAIL", "bob@example.org", "2026-01-03 12:00:00 UTC", "known"]
    ]


def test_what_others_added_stands_last() -> None:
    section = Section(title="On call", text="two\nlines", columns=("who",), rows=(("ann",), ("bob",)))
    text = render(replace(make_run([make_result()]), sections=(section,)))

    assert text.count("### On call (added)") == 2
    assert rows(shown(text), "On call (added)") == [["two"], ["lines"]]
    assert "| ann |" in text


def test_an_exit_code_beyond_the_verdict_is_told() -> None:
    run = make_run([make_result("PENDING")])

    assert "**Exit code 14, a record or evidence does not verify.**" in render(replace(run, exit_code=14))
    assert "xit code" not in render(run)


def test_a_run_that_died_says_so() -> None:
    assert "The run did not come to its end." in render(make_run([make_result()], closed=False))


@pytest.mark.parametrize("limit", [5000, 60_000, LIMIT])
def test_it_keeps_its_limit_and_says_what_was_left_out(limit: int) -> None:
    """The worst stay; GitHub would drop the whole page without a word."""
    results = [
        make_result("PENDING", make_check(f"phase1.p{n}", title="部署" * 50), reason="|" * 300) for n in range(3000)
    ]
    results.append(make_result("FAIL", "phase1.worst", reason="the worst"))
    text = render(make_run(results), limit)

    assert len(text.encode()) <= limit
    assert "the worst" in text
    left = re.search(r"\*\*Left out for want of room:\*\* (.*)\. The report has all\.", text)
    assert left is not None
    assert "of 3001 rows of “Checks that have not passed”" in left[1]


@given(hostile_runs())
def test_no_text_becomes_markup_and_none_is_lost(run: Run) -> None:
    text = render(run)
    page = shown(text)
    said = words(page)

    text.encode("utf-8")
    assert {element.tag for element in page.iter()} <= OURS
    assert not {name for element in page.iter() for name in element.attrib}
    for note in run.notes:
        assert " ".join(one_line(note, 400).split()) in said
    told = [row[0] for row in rows(page, "Phases")]
    assert len(told) == len(run.phases)
    assert all(words(element).startswith(str(run.selected_verdict)) for element in page.iter("h2"))
