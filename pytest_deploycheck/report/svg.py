"""Small pictures as SVG text: plain functions of numbers.

Every colour and size stands in an attribute, so that a picture is the same where a site's policy forbids styles. Each
says in its title what it shows, and whoever uses one puts the numbers beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

#: Both stand out from white and from near black, and differ in lightness too, for those who do not see red.
FINE, BAD = "#1f6feb", "#d1242f"
_BAND = 'fill="#8c959f" fill-opacity="0.25"'
#: A chart of more points than it has pixels shows no more.
_MOST_POINTS = 600


def span(begin: float, end: float, *, title: str, bad: bool = False, width: int = 240) -> str:
    """A bar from `begin` to `end` (fractions of the whole) on a line that stands for the whole."""
    left, right = (min(max(edge, 0.0), 1.0) * width for edge in (begin, end))
    return _picture(
        (width, 14),
        title,
        f'<rect x="0" y="6" width="{width}" height="2" {_BAND}/>',
        # A moment is seen as well: two pixels at least.
        _bar(min(left, width - 2), 2, max(right - left, 2), 10, bad=bad),
    )


def bullet(value: float, *, low: float | None, high: float | None, title: str, width: int = 160) -> str:
    """A value as a bar over the band that its limits allow; empty for a value that is no finite number."""
    edges = [edge for edge in (low, high) if edge is not None]
    if not all(map(math.isfinite, [value, *edges])):
        return ""
    # Scaled before anything is added: the largest numbers there are must not run over.
    largest = max(map(abs, [value, *edges])) or 1.0
    scaled, bounds = value / largest, [edge / largest for edge in edges]
    bottom, top = min(0.0, scaled, *bounds), max(0.0, scaled, *bounds)
    room = (top - bottom) * 0.1
    bottom, top = bottom - (room if bottom < 0 else 0.0), top + (room if top > 0 else 0.0)

    def place(number: float) -> float:
        return (number - bottom) / (top - bottom or 1.0) * width

    allowed = (
        place(low / largest) if low is not None else 0.0,
        place(high / largest) if high is not None else float(width),
    )
    start, stop = sorted((place(0.0), place(scaled)))
    keeps = (low is None or value >= low) and (high is None or value <= high)
    return _picture(
        (width, 16),
        title,
        f'<rect x="{allowed[0]:.1f}" y="1" width="{max(allowed[1] - allowed[0], 0):.1f}" height="14" {_BAND}/>',
        _bar(start, 5, max(stop - start, 2), 6, bad=not keeps),
        *(_line([(place(bound), 0), (place(bound), 16)], width=2) for bound in bounds),
    )


def sparkline(values: Sequence[float], *, title: str, width: int = 120) -> str:
    """The course of some values, oldest first, the last one marked; empty for fewer than two finite ones."""
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    points = _points(finite, (width - 8, 14), bounds=(min(finite), max(finite)), offset=(4, 3))
    (x, y) = points[-1]
    return _picture(
        (width, 20), title, _line(points, width=1.5), f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{FINE}"/>'
    )


def soak(
    samples: Sequence[float], *, low: float | None, high: float | None, title: str, desc: str, width: int = 640
) -> str:
    """Many samples in the order they were taken, with their limits as dashed lines; empty for fewer than two."""
    finite = _thinned([sample for sample in samples if math.isfinite(sample)])
    limits = [limit for limit in (low, high) if limit is not None and math.isfinite(limit)]
    if len(finite) < 2:
        return ""
    bounds = (min([*finite, *limits]), max([*finite, *limits]))
    points = _points(finite, (width - 8, 120), bounds=bounds, offset=(4, 10))
    rules = [_points([limit, limit], (width - 8, 120), bounds=bounds, offset=(4, 10)) for limit in limits]
    return _picture(
        (width, 140),
        title,
        f'<rect x="4" y="10" width="{width - 8}" height="120" {_BAND}/>',
        _line(points, width=1.5, colour=FINE),
        *(_line(rule, width=1.5, extra=' stroke-dasharray="6 4"') for rule in rules),
        desc=desc,
    )


def _thinned(samples: Sequence[float]) -> list[float]:
    """The smallest and the largest of each of some hundred stretches: no peak gets lost."""
    if len(samples) <= _MOST_POINTS:
        return list(samples)
    step = math.ceil(len(samples) / (_MOST_POINTS // 2))
    kept: list[float] = []
    for start in range(0, len(samples), step):
        stretch = samples[start : start + step]
        first, second = sorted((stretch.index(min(stretch)), stretch.index(max(stretch))))
        kept += [stretch[first], stretch[second]]
    return kept


def _points(
    values: Sequence[float], size: tuple[int, int], *, bounds: tuple[float, float], offset: tuple[int, int]
) -> list[tuple[float, float]]:
    largest = max(map(abs, bounds)) or 1.0
    bottom, top = (bound / largest for bound in bounds)
    height = top - bottom
    last = max(len(values) - 1, 1)
    return [
        (
            offset[0] + number / last * size[0],
            offset[1] + size[1] * (1 - ((value / largest - bottom) / height if height else 0.5)),
        )
        for number, value in enumerate(values)
    ]


def _bar(x: float, y: int, width: float, height: int, *, bad: bool) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{BAD if bad else FINE}"/>'


def _line(points: Iterable[tuple[float, float]], *, width: float, colour: str = "currentColor", extra: str = "") -> str:
    said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="{width:g}"{extra}/>'


def _picture(size: tuple[int, int], title: str, *shapes: str, desc: str = "") -> str:
    width, height = size
    said = f"<title>{escape(title)}</title>" + (f"<desc>{escape(desc)}</desc>" if desc else "")
    box = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg role="img" {box}>{said}{"".join(shapes)}</svg>'
