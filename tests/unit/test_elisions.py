"""What is left of a secret where somebody cut a text."""

from __future__ import annotations

from pytest_deploycheck.core.elisions import elisions
from pytest_deploycheck.core.redact import redactor


def test_what_an_ellipsis_leaves_of_a_secret_is_one() -> None:
    """pytest shows begin and end of what is long; six characters are enough to tell."""
    redact = redactor({"correct-horse-77": "DB_PASSWORD", "battery-staple": "OTHER"})
    mark = "[redacted:DB_PASSWORD]"
    assert redact("['a', 'a...t-horse-77'] == 1") == f"['a', 'a...{mark}'] == 1"
    assert redact("'correct-ho...'") == f"'{mark}...'"
    assert redact("correct-ho....orse-77, battery...") == f"{mark}....{mark}, [redacted:OTHER]..."
    assert redact("'...t-horse-...'") == f"'...{mark}...'"
    # Too short, no end of it, no begin of it, no ellipsis.
    for text in ("corre...se-77", "...t-horse-7!", "orrect-ho...", "a..t-horse-77", "and so on... and on ..."):
        assert redact(text) == text


def test_what_stands_for_a_secret_is_no_rest_of_one() -> None:
    clean = elisions({"[redacted:A]zz": "?", "zz[redacted:B]": "?"})
    assert clean("[redacted:A]...[redacted:B]") == "[redacted:A]...[redacted:B]"
