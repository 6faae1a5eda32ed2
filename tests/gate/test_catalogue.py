"""The page of accidental greens and the tests of this folder tell of the same ways."""

from __future__ import annotations

from collections import Counter

import catalogue


def test_the_page_tells_of_every_way_and_of_no_other() -> None:
    """Row by row; ``python tests/gate/catalogue.py`` writes it anew."""
    assert catalogue.PAGE.read_text("utf-8") == catalogue.page()


def test_every_test_is_on_the_page() -> None:
    """Each either springs the traps of its file or tells itself which way it is about."""
    for module in catalogue.modules():
        for test in catalogue.tests_of(module):
            springs = "TRAPS" in test.__code__.co_names or test.__name__.startswith("test_control_")
            assert springs or hasattr(test, "told"), (
                f"{module.__name__}.{test.__name__} is on no row: decorate it with way()"
            )


def test_no_way_is_told_twice() -> None:
    """A row stands for one way."""
    told = Counter(told for module in catalogue.modules() for told, _ in catalogue.rows_of(module))

    assert [way for way, times in told.items() if times > 1] == []


def test_there_are_enough_of_them() -> None:
    """A file that is lost must not go unnoticed."""
    assert sum(len([*catalogue.rows_of(module)]) for module in catalogue.modules()) >= 200
