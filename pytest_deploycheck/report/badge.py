"""The verdict on a release as a small SVG picture, for a README or a dashboard."""

from __future__ import annotations

from html import escape

from pytest_deploycheck.core.model import Run, Verdict
from pytest_deploycheck.report.inert import one_line

#: White stands on each of these with a contrast of 4.5 to 1 at least; the word tells all the same.
_COLOURS = {
    Verdict.GO: "#1a7f37",
    Verdict.HOLD: "#8a6100",
    Verdict.BLOCKED: "#57606a",
    Verdict.INCOMPLETE: "#57606a",
    Verdict.NO_GO: "#c21f2d",
    Verdict.ROLLBACK: "#82071e",
}
#: Widths of characters in pixels, at 11 pixels of a sans-serif such as Verdana; the others are as wide as an "n".
_WIDTHS = dict.fromkeys("iljI.,:;|!'", 4.0) | dict.fromkeys("frt()[]{}/ -", 5.0) | dict.fromkeys("mwMW@%", 10.5)
_NARROW, _CAPITAL, _WIDE = 7.0, 8.0, 11.0
_MARGIN = 6
_HEIGHT = 20
#: Characters of a release's name.
_LIMIT = 40


def render(run: Run) -> str:
    """The picture: the release on the left, the verdict on it on the right, and both as its title."""
    label, word = one_line(run.release, _LIMIT) or "release", str(run.verdict)
    left, right = _width(label), _width(word)
    whole, said = left + right, escape(f"{label}: {word}")
    texts = "".join(
        f'<text x="{middle}" y="14" textLength="{width}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
        for text, middle, width in (
            (label, left / 2, left - 2 * _MARGIN),
            (word, left + right / 2, right - 2 * _MARGIN),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" role="img" aria-label="{said}">'
        f'<title>{said}</title><rect width="{whole}" height="{_HEIGHT}" rx="3" fill="#3d444d"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v{_HEIGHT - 6}a3 3 0 0 1 -3 3h-{right - 3}z" '
        f'fill="{_COLOURS[run.verdict]}"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">'
        f"{texts}</g></svg>\n"
    )


def _width(text: str) -> int:
    """The pixels of a field that holds the text."""
    return round(sum(map(_character, text))) + 2 * _MARGIN


def _character(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if not char.isascii():
        return _WIDE
    return _CAPITAL if char.isupper() else _NARROW
