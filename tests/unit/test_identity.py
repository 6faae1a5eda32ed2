"""When two names are one person's, by `core.identity`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.identity import different, doubt, identity, may_be_same


@pytest.mark.parametrize(
    "who",
    [
        "anna@example.org",
        "Anna <anna@example.org>",
        "ANNA@Example.ORG",
        " Anna  Smith < Anna@example.org > ",
        "anna@example.org (ops)",
        "Anna Smith anna@example.org",
        "mailto:anna@example.org",
        "anna+ops@example.org",
        "anna@example.org.",
        "Anna <anna@example.org",
        "anna\u200b@example.org\u2060",
        "\uff41nna@example.org",
    ],
)
def test_an_identity_is_the_address_however_it_is_spelt(who: str) -> None:
    assert identity(who) == "anna@example.org"
    assert doubt(who) == ""


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("", "names nobody"),
        (" \u200b ", "names nobody"),
        ("a@x b@x", "names several addresses"),
        ("anna@ example.org", "names nobody: it has no address that can be read"),
        ("Anna < >", "names nobody: it has no address that can be read"),
        ("\u0430nna@example.org", "mixes the letters of several alphabets in '\u0430nna'"),
        ("anna@ex\u0430mple.org", "mixes the letters of several alphabets"),
        ("Anna", ""),
        ("\u0430\u043d\u043d\u0430@example.org", ""),
    ],
)
def test_what_cannot_stand_for_one_person(who: str, why: str) -> None:
    assert doubt(who).startswith(why)
    assert bool(doubt(who)) == bool(why)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("anna@example.org", "anna@example.org", True),
        ("anna@example.org", "anna@example.com", False),
        ("anna", "anna@example.org", True),
        ("root", "anna@example.org", True),
        ("anna", "bob", True),
    ],
)
def test_a_name_without_an_address_may_be_anybody(one: str, other: str, same: bool) -> None:
    assert may_be_same(one, other) is may_be_same(other, one) is same


@pytest.mark.parametrize(
    ("people", "count"), [((), 0), (("anna",), 1), (("anna", "bob"), 1), (("anna", "b@x"), 1), (("a@x", "b@x", "c"), 2)]
)
def test_people_who_are_surely_different(people: tuple[str, ...], count: int) -> None:
    assert len(different(people)) == count


@given(st.text())
def test_any_text_is_one_identity_or_in_doubt(who: str) -> None:
    assert doubt(who) or identity(who)
    assert identity(identity(who)) == identity(who)
