"""The README's story is what happens."""

from __future__ import annotations

import pytest
import story


@pytest.fixture(scope="module")
def told() -> str:
    return story.plain(story.play())


def test_a_document_is_a_run_on_hold_and_two_words_and_a_waiver_make_it_go(told: str) -> None:
    """The board moves."""
    before, _, after = told.partition("$ deploycheck sign")

    assert "HOLD  3/3 checks accounted for: 3 PENDING" in before
    assert "2 sign-offs written" in after
    assert "waived: phase1.backup for every release" in after
    assert "GO  3/3 checks accounted for: 2 PASS, 1 PENDING" in after


def test_the_picture_in_the_readme_shows_what_happens(told: str) -> None:
    """``python tests/cli/story.py`` draws it anew."""
    assert story.told_by(story.PICTURE.read_text(encoding="utf-8")) == told


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    """Where images are shown, nothing is loaded."""
    svg = story.PICTURE.read_text(encoding="utf-8")

    assert "url(http" not in svg
    assert "<script" not in svg
