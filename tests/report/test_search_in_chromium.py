"""The search of a long report: a help where scripts run, and nothing at all where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import violations
from builders import make_phase
from scenes import large, run_of

from pytest_deploycheck.core.model import Run, Status
from pytest_deploycheck.report.html import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CONTROLS = "input, select, button, form"


@pytest.fixture
def report(page: Page, tmp_path: Path) -> Page:
    """A report of 100 checks in ten phases, of which number 7 failed."""
    return opened(page, large(100), tmp_path)


def opened(page: Page, run: Run, folder: Path) -> Page:
    path = folder / "report.html"
    path.write_text(render(run), encoding="utf-8")
    page.goto(path.as_uri())
    return page


def shown(page: Page) -> list[str]:
    """The titles of the checks that are to be seen."""
    return [row.inner_text() for row in page.locator(".phase tbody tr th bdi").all() if row.is_visible()]


def test_words_find_checks_by_anything_that_stands_with_them(report: Page) -> None:
    search = report.get_by_role("searchbox", name="Find in the checks")
    search.fill("NUMBER 42")
    assert shown(report) == ["Number 42 is there"]
    assert report.get_by_role("status").inner_text() == "1 of 100 checks shown"
    # The phases without any are out of the way, the rest of the page is not.
    assert report.locator(".phase:visible").count() == 1
    assert report.get_by_role("heading", name="Environment").is_visible()
    search.fill("assert 9 == 7")
    assert shown(report) == ["Number 7 is right"]
    search.fill("")
    assert len(shown(report)) == 100
    assert report.get_by_role("status").inner_text() == ""


def test_statuses_are_chosen_and_go_together_with_words(report: Page) -> None:
    status = report.get_by_label("Status")
    assert status.locator("option").all_inner_texts() == ["any", "not passed", "PASS", "FAIL"]
    status.select_option("not passed")
    assert shown(report) == ["Number 7 is right"]
    status.select_option("PASS")
    assert len(shown(report)) == 99
    report.get_by_role("searchbox").fill("fast 3")
    assert len(shown(report)) == 10
    report.get_by_role("searchbox").press("Enter")
    assert "?" not in report.url, "the form was sent"


def test_a_link_to_a_check_that_is_hidden_shows_it(report: Page) -> None:
    report.get_by_role("searchbox").fill("number 42")
    report.get_by_role("link", name="phase1.check-number-7", exact=True).click()
    row = report.locator("tr:target")
    row.wait_for(state="visible")
    assert "Number 7 is right" in row.inner_text()
    assert len(shown(report)) == 100


def test_what_is_folded_is_opened_for_what_is_found_in_it_and_folded_again(page: Page, tmp_path: Path) -> None:
    results = [
        replace(result, status=Status.NOT_RUN) if result.check.phase == "phase9" else result
        for result in large(100).checks
    ]
    phases = [make_phase(f"phase{number}", selected=number != 9) for number in range(1, 11)]
    opened(page, run_of(results, phases=phases), tmp_path)
    assert "Number 85 is there" not in shown(page)
    page.get_by_role("searchbox").fill("number 85")
    assert shown(page) == ["Number 85 is there"]
    page.get_by_role("searchbox").fill("")
    assert len(shown(page)) == 90


@pytest.mark.parametrize("width", [1200, 500])
def test_paper_has_all_of_it_whatever_was_searched(report: Page, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 800})
    report.emulate_media(media="print")
    assert not report.get_by_role("search").is_visible()
    before = report.locator("body").inner_text()
    report.emulate_media(media="screen")
    report.get_by_role("searchbox").fill("number 42")
    report.emulate_media(media="print")
    assert report.locator("body").inner_text() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_the_accessibility_rules_find_nothing_against_it(report: Page, scheme: str, width: int) -> None:
    report.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal, from the list above
    report.set_viewport_size({"width": width, "height": 800})
    report.get_by_role("searchbox").fill("number 4")
    assert violations(report) == []
    assert report.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_there_are_no_dead_controls(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    opened(page, large(100), tmp_path)
    assert page.locator(CONTROLS).count() == 0
    assert page.locator(".phase tbody tr:visible").count() == 100
    page.close()


def test_under_jenkins_policy_there_are_no_dead_controls(
    page: Page, jenkins: Callable[[Mapping[str, str]], str]
) -> None:
    page.goto(jenkins({"report.html": render(large(100))}))
    assert page.locator(CONTROLS).count() == 0
    assert page.locator(".phase tbody tr:visible").count() == 100


def test_a_short_report_and_one_with_linked_styles_have_no_script() -> None:
    assert "<script" not in render(large(19))
    assert "<script" in render(large(20))
    assert "<script" not in render(large(100), stylesheet="deploycheck-report.css")
