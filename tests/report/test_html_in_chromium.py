"""The HTML report in a real browser: what can be read from it, wherever it ends up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import violations
from picture import KEY, PICTURE, digest_of, take
from scenes import SCENES, large, page_of

from pytest_deploycheck.report.html import render, styles
from pytest_deploycheck.report.svg import BAD, FINE
from pytest_deploycheck.ticket import STYLESHEET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: Serves files under Jenkins' policy and says where the first one is.
Jenkins = Callable[[Mapping[str, str]], str]
ANSWERS = {
    "GO": "Yes. All 4 phases are GO; 1 failed and was accepted by a waiver.",
    "NO-GO": "No. phase3 is NO-GO: phase3.thresholds FAIL: warning threshold = 60 % (min 70) breaks its limit.",
    "HOLD": "Not yet. phase1 is HOLD: phase1.change-log PENDING: it waits for a person's word.",
    "BLOCKED": "No. phase3 is NO-GO: phase3.thresholds FAIL: warning threshold = 60 % (min 70) breaks its limit",
}
#: Who must act, and what is asked of them first.
STEPS = {
    "GO": None,
    "NO-GO": ("sre (1)", "set memory.warning to 0.7"),
    "HOLD": ("release manager (1)", "deploycheck sign phase1.change-log"),
    "BLOCKED": ("sre (1)", "set memory.warning to 0.7"),
}


def opened(page: Page, name: str, tmp_path: Path, **options: Any) -> str:
    """Open a scene as a file on disk; what a screen reader has of it."""
    path = tmp_path / "deploycheck-report.html"
    path.write_text(page_of(name, **options), encoding="utf-8")
    page.goto(path.as_uri())
    return page.locator("body").aria_snapshot()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true })")


def too_wide(page: Page) -> list[str]:
    """The tables that are wider than their place."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".wide")].filter(part => part.scrollWidth > part.clientWidth)
            .map(part => part.textContent.slice(0, 80))"""
    )
    return found


# -- what an outsider learns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENES)
def test_the_first_screen_answers_whether_to_ship(page: Page, tmp_path: Path, name: str) -> None:
    tree = opened(page, name, tmp_path)
    heading = page.get_by_role("heading", level=1)
    assert name in heading.inner_text()
    answer = page.get_by_text("May we ship?").locator("..")
    assert ANSWERS[name] in answer.inner_text()
    acting = page.get_by_text("Who must act?").locator("..")
    if step := STEPS[name]:
        assert step[0] in acting.inner_text()
        assert step[1] in page.get_by_role("region", name="What to do next").get_by_role("listitem").first.inner_text()
    else:
        assert acting.count() == 0
    # All of it without scrolling.
    box = answer.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 400
    assert 'heading "Board" [level=2]' in tree


def test_an_outsider_finds_why_who_how_and_what_changed(page: Page, tmp_path: Path) -> None:
    tree = opened(page, "NO-GO", tmp_path)
    reason = "warning threshold = 60 % (min 70) breaks its limit"
    assert f'row "phase3 Memory safety NO-GO 1/2 1 0 0 phase3.thresholds FAIL: {reason}"' in tree
    assert 'row "phase4 Comprehensive testing BLOCKED 0/2 0 0 2 phase3 is NO-GO: phase3.thresholds FAIL: ' in tree
    (step,) = page.get_by_role("region", name="What to do next").get_by_role("listitem").all()
    assert step.inner_text().split("\n") == [
        "phase3.thresholds (NO-GO), sre: set memory.warning to 0.7 in config.py",
        "pytest -m phase3 checks/test_phase3.py::test_thresholds --deploycheck-release=2026.11-rc1",
    ]
    row = page.get_by_role("row", name="The memory thresholds are those agreed on")
    for said in ("FAIL", reason, "out of limits", "warning: 0.6", "checks/checklist.md:27"):
        assert said in row.inner_text()
    changed = page.get_by_role("region", name="What changed since the last run").inner_text()
    assert "phase3\tverdict\twas GO, is NO-GO" in changed
    assert "phase3.thresholds\tnewly failing\twas PASS, is FAIL" in changed
    assert "Ann Ode" in page.get_by_role("region", name="Approvals", exact=True).inner_text()


def test_its_links_lead_to_the_row(page: Page, tmp_path: Path) -> None:
    opened(page, "NO-GO", tmp_path)
    page.get_by_role("link", name="phase3.thresholds").click()
    row = page.locator("tr:target")
    assert "FAIL" in row.inner_text()
    assert row.evaluate("row => row.getBoundingClientRect().top") < 900


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_accessibility_rules_find_nothing(page: Page, tmp_path: Path, name: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    opened(page, name, tmp_path)
    assert violations(page) == []
    unfold(page)
    assert violations(page) == []


def test_the_accessibility_rules_would_find_something(page: Page) -> None:
    page.set_content("<p style='color:#999;background:#fff'>pale</p><img src=x>")
    assert {"color-contrast", "image-alt"} <= {violation.partition(":")[0] for violation in violations(page)}


# -- where it ends up --------------------------------------------------------------------------------------------------


def colours(page: Page, selector: str) -> set[tuple[int, ...]]:
    """The colours of the pixels of an element."""
    from PIL import Image

    picture = Image.open(BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    return {colour for _, colour in picture.getcolors(1 << 24) or []}  # type: ignore[misc]  # of RGB, triples


def rgb(text: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text.removeprefix("#")))


def test_jenkins_policy_takes_the_styles_and_nothing_else(page: Page, jenkins: Jenkins) -> None:
    page.goto(jenkins({"report.html": page_of("NO-GO")}))
    # The policy was in force: this is no page of ours but one without styles.
    assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") == "none"
    tree = page.locator("body").aria_snapshot()
    assert 'heading "Release 2026.11-rc1: NO-GO" [level=1]' in tree
    assert "BLOCKED" in tree
    assert rgb(BAD) in colours(page, "#timeline ~ div tr:nth-child(3) svg")
    assert rgb(FINE) in colours(page, "#timeline ~ div tr:nth-child(1) svg")


def test_linked_styles_are_taken_under_jenkins_policy(page: Page, jenkins: Jenkins) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(jenkins({"report.html": page_of("NO-GO", stylesheet=STYLESHEET), STYLESHEET: styles()}))
    assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") != "none"
    assert not [line for line in said if "Content Security Policy" in line]


def test_without_styles_it_is_the_same_document(page: Page) -> None:
    page.set_content(page_of("NO-GO"))
    styled = page.locator("body").aria_snapshot()
    page.set_content(re.sub(r"(?s)<style>.*?</style>", "", page_of("NO-GO")))
    assert page.locator("body").aria_snapshot() == styled


def test_it_loads_nothing(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, "GO", tmp_path)
    assert [url for url in asked if not url.endswith("deploycheck-report.html")] == []


def test_on_paper_every_phase_has_its_page_and_evidence_is_open(page: Page, tmp_path: Path) -> None:
    opened(page, "GO", tmp_path)
    assert not page.get_by_text("All set!").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("All set!").is_visible()
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) >= 5


@pytest.mark.parametrize("name", ["NO-GO", "HOLD"])
def test_on_paper_everything_fits_its_width(page: Page, tmp_path: Path, name: str) -> None:
    """A browser would print the whole page smaller for one table that is too wide."""
    # Of 210 mm, without the margins, at 96 pixels an inch.
    page.set_viewport_size({"width": 687, "height": 1017})
    opened(page, name, tmp_path)
    page.emulate_media(media="print")
    assert too_wide(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 687
    # Evidence has the whole width, and the heads of the columns are not missed.
    row = page.locator("#phase-phase3 ~ .wide tbody tr").first
    assert row.locator("td").last.evaluate("cell => cell.clientWidth") > 600


@pytest.mark.parametrize("name", SCENES)
def test_at_320_pixels_the_page_does_not_scroll_sideways(page: Page, tmp_path: Path, name: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    opened(page, name, tmp_path)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert violations(page) == []


@pytest.mark.parametrize("name", ["NO-GO", "HOLD"])
def test_at_320_pixels_no_table_is_scrolled_and_each_cell_says_what_it_is(
    page: Page, tmp_path: Path, name: str
) -> None:
    """To a screen reader they stay the tables that they are."""
    wide = opened(page, name, tmp_path)
    page.set_viewport_size({"width": 320, "height": 700})
    assert too_wide(page) == []
    assert page.locator("body").aria_snapshot() == wide
    said = "cell => getComputedStyle(cell, '::before').content"
    assert "Ends: " in page.locator("#approvals ~ .wide tbody td:nth-child(5)").first.evaluate(said)


def test_dark_where_the_reader_wants_it_dark(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(color_scheme="dark")
    opened(page, "NO-GO", tmp_path)
    background, text = page.locator("body").evaluate(
        "body => [getComputedStyle(body).backgroundColor, getComputedStyle(body).color]"
    )
    page.close()
    assert sum(map(int, re.findall(r"\d+", background))) < 100
    assert sum(map(int, re.findall(r"\d+", text))) > 600


def test_ten_thousand_checks(page: Page, tmp_path: Path) -> None:
    text = render(large())
    assert len(text.encode()) < 12_000_000
    path = tmp_path / "large.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    assert page.locator(".phase tbody tr").count() == 10_000
    assert "10000/10000 checks accounted for: 9900 PASS, 100 FAIL" in page.locator("header").inner_text()
    page.get_by_text("90 more steps").click()
    page.get_by_role("link", name="phase10.check-number-9907").click()
    assert "Number 9907 is right" in page.locator("tr:target").inner_text()


def test_what_is_hostile_is_only_seen(page: Page, tmp_path: Path) -> None:
    from test_report_html import HOSTILE, hostile_run

    page.add_init_script("window.alert = () => { window.harmed = true }")
    for number, value in enumerate(HOSTILE):
        path = tmp_path / f"{number}.html"
        path.write_text(render(hostile_run(value)), encoding="utf-8")
        page.goto(path.as_uri())
        assert page.evaluate("window.harmed") is None
        assert page.locator("script, img, link, iframe").count() == 0
        assert value in page.get_by_role("region", name="Environment", exact=True).text_content()  # type: ignore[operator]


def test_the_picture_in_the_readme_shows_this_report(page: Page) -> None:
    from PIL import Image

    text = page_of("NO-GO")
    assert Image.open(BytesIO(take(page, text))).size == (1200, 900)
    with Image.open(PICTURE) as shown:
        assert shown.text[KEY] == digest_of(text), "out of date: python tests/report/picture.py"  # type: ignore[attr-defined]  # of PNGs
