"""The badge."""

import xml.etree.ElementTree as ET

import pytest
from builders import make_phase, make_result, make_run
from hostile import hostile_runs
from hypothesis import given

from pytest_deploycheck.core.model import Run, Verdict
from pytest_deploycheck.report import badge
from pytest_deploycheck.report.inert import one_line

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("status", "word"), [("PASS", "GO"), ("PENDING", "HOLD"), ("FAIL", "NO-GO"), ("SKIPPED", "INCOMPLETE")]
)
def test_it_says_the_release_and_the_verdict_in_words(status: str, word: str) -> None:
    picture = badge.render(make_run([make_result(status)], release="1.4.0"))
    root = ET.fromstring(picture)

    assert texts(picture) == ["1.4.0", word]
    assert root.findtext(f"{SVG}title") == root.get("aria-label") == f"1.4.0: {word}"
    assert root.get("role") == "img"


def test_it_is_about_the_release_not_about_the_part_that_was_asked_for() -> None:
    run = make_run([make_result("PASS", "phase2.x")], phases=[make_phase(selected=False), make_phase("phase2")])

    assert run.selected_verdict is Verdict.GO
    assert texts(badge.render(run))[1] == "INCOMPLETE"


@pytest.mark.parametrize("verdict", Verdict)
def test_white_can_be_read_on_its_colour(verdict: Verdict) -> None:
    """4.5 to 1, as WCAG asks of small text."""
    colour = badge._COLOURS[verdict]
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert 1.05 / (luminance + 0.05) >= 4.5


@given(hostile_runs())
def test_any_release_is_text_in_a_small_picture(run: Run) -> None:
    picture = badge.render(run)
    root = ET.fromstring(picture.encode("utf-8"))
    label = one_line(run.release, 40) or "release"

    assert texts(picture) == [label, run.verdict]
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "path", "g", "text"}
    assert int(root.get("width", "")) < 600
