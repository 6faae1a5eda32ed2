"""The small pictures: well-formed, inert, in proportion, and whole for any number there is."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.report import svg

numbers = st.floats() | st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan])
limits = st.none() | numbers
HOSTILE = "</title><script>\"&'"


def parsed(picture: str) -> Element:
    root = fromstring(picture)
    assert root.tag == "svg"
    return root


def edges(rect: Element) -> tuple[float, float]:
    left = float(rect.get("x", "nan"))
    return left, left + float(rect.get("width", "nan"))


def coloured(picture: str, colour: str) -> list[Element]:
    return [shape for shape in parsed(picture) if shape.get("fill") == colour or shape.get("stroke") == colour]


@pytest.mark.parametrize(
    "draw",
    [
        lambda title: svg.span(0, 1, title=title),
        lambda title: svg.bullet(1, low=0, high=2, title=title),
        lambda title: svg.sparkline([1, 2], title=title),
        lambda title: svg.soak([1, 2], low=None, high=3, title=title, desc=title),
    ],
    ids=["span", "bullet", "sparkline", "soak"],
)
def test_a_picture_says_what_it_shows_and_has_no_styles(draw: Callable[[str], str]) -> None:
    root = parsed(draw(HOSTILE))
    assert root.get("role") == "img"
    assert root[0].tag == "title"
    assert root[0].text == HOSTILE
    assert not [
        part for part in root.iter() if part.get("style") or part.get("class") or part.tag in ("style", "script")
    ]


def test_a_span_stands_where_its_moments_are() -> None:
    (bar,) = coloured(svg.span(0.25, 0.75, title="x", width=200), svg.FINE)
    assert edges(bar) == (50, 150)
    (moment,) = coloured(svg.span(1, 1, title="x", bad=True, width=200), svg.BAD)
    assert edges(moment) == (198, 200)


def test_a_bullet_that_keeps_its_limits_ends_inside_the_band() -> None:
    band, bar, *_ = list(parsed(svg.bullet(50, low=None, high=100, title="x", width=110)))[1:]
    assert edges(band) == (0, 100)
    assert edges(bar) == (0, 50)
    assert bar.get("fill") == svg.FINE


@pytest.mark.parametrize(("value", "low", "high"), [(101, None, 100), (9, 10, None), (9, 10, 20), (-1, 0, None)])
def test_a_bullet_out_of_its_limits_ends_outside_the_band(value: float, low: float | None, high: float | None) -> None:
    picture = svg.bullet(value, low=low, high=high, title="x")
    band, bar, *marks = list(parsed(picture))[1:]
    assert bar.get("fill") == svg.BAD
    assert not edges(band)[0] < edges(bar)[value >= 0] < edges(band)[1]
    assert len(marks) == sum(limit is not None for limit in (low, high))


def test_a_sparkline_rises_with_its_values() -> None:
    (line,) = [shape for shape in parsed(svg.sparkline([1, 2, 4], title="x")) if shape.tag == "polyline"]
    heights = [float(point.split(",")[1]) for point in str(line.get("points")).split()]
    assert heights == sorted(heights, reverse=True)
    assert len(heights) == 3


def test_a_soak_keeps_its_peak_however_many_samples_there_are() -> None:
    samples = [1.0] * 100_000
    samples[54_321] = 9.0
    picture = svg.soak(samples, low=None, high=None, title="x", desc="y")
    (line,) = coloured(picture, svg.FINE)
    heights = [float(point.split(",")[1]) for point in str(line.get("points")).split()]
    assert len(heights) <= 600
    assert (min(heights), max(heights)) == (10, 130)
    assert len(picture) < 20_000


def test_too_little_to_draw_is_no_picture() -> None:
    assert svg.sparkline([1], title="x") == svg.soak([], low=1, high=2, title="x", desc="") == ""
    assert svg.bullet(math.nan, low=0, high=1, title="x") == ""


@given(numbers, limits, limits)
def test_a_bullet_of_any_numbers_stays_within_itself(value: float, low: float | None, high: float | None) -> None:
    picture = svg.bullet(value, low=low, high=high, title="x", width=160)
    if picture:
        for shape in parsed(picture).iter("rect"):
            left, right = edges(shape)
            assert -0.11 <= left <= right <= 162.11


@given(st.lists(numbers, max_size=8), limits, limits)
def test_courses_of_any_numbers_stay_within_themselves(
    values: list[float], low: float | None, high: float | None
) -> None:
    for picture in (svg.sparkline(values, title="x"), svg.soak(values, low=low, high=high, title="x", desc="y")):
        for line in parsed(picture).iter("polyline") if picture else ():
            for point in str(line.get("points")).split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= 640
                assert 0 <= y <= 140
