"""What sign-offs and waivers are worth, by `core.approvals` and `core.standing`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from builders import NOON
from hypothesis import given
from hypothesis import strategies as st
from vouching import ANNA, BOB, DAY, HOUR, context, manual, rejection, signoff, waiver

from pytest_deploycheck.core.approvals import (
    Context,
    Ruling,
    by_check,
    expiry_of,
    rule,
    text_digest,
)
from pytest_deploycheck.core.identity import identity
from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    Decision,
    Kind,
    Policy,
    Proof,
    Signoff,
    Status,
    Waiver,
)


def judge(*signoffs: Signoff, check: Check | None = None, **policy: Any) -> Ruling:
    return rule(check or manual(), Approvals(signoffs=signoffs), context(**policy))


# -- who and what ------------------------------------------------------------------------------------------------------


def test_the_digest_is_of_title_and_text_line_by_line() -> None:
    digest = text_digest(manual(title="a  b", text="\r\nc \r\n  d\n\n"))

    assert digest == text_digest(manual(title="a b", text="c\n  d"))
    assert len(digest) == 64
    for title, text in (("a b c", "d"), ("a b", "c\n  e"), ("a b", "c   d"), ("a b", "c\nd"), ("a b", "  c\n  d")):
        assert digest != text_digest(manual(title=title, text=text))


# -- what counts -------------------------------------------------------------------------------------------------------


def test_nothing_signed_is_pending_and_names_the_owner() -> None:
    assert judge(check=manual(owner="ops")) == Ruling(
        status=Status.PENDING, reason="it waits for a person's word (owner: ops)"
    )


def test_an_acceptance_passes_and_says_whose_it_is() -> None:
    good = signoff()

    assert judge(good) == Ruling(status=Status.PASS, reason="signed 60 min ago by anna@example.org", signoffs=(good,))


def test_an_acceptance_that_is_not_bound_to_the_text_says_so() -> None:
    ruling = judge(signoff(text_digest=""))

    assert ruling.status is Status.PASS
    assert "not bound to the text" in ruling.reason


def test_a_shortened_digest_binds() -> None:
    digest = text_digest(manual())

    assert judge(signoff(text_digest=digest[:16])).status is Status.PASS
    assert judge(signoff(text_digest=digest[:15] + "g")).status is Status.PENDING


REFUSED: dict[str, tuple[Signoff, dict[str, Any], str]] = {
    "another release": (signoff(release="v0.9"), {}, "for release v0.9, and this is v1.0"),
    "too old for the check": (
        signoff(age=3 * DAY),
        {"valid": DAY},
        "signed 3 days ago by anna@example.org, valid 24 h",
    ),
    "past its own end": (signoff(expires=NOON - timedelta(minutes=1)), {}, "valid until 2026-01-02 11:59 UTC"),
    "at its very end": (signoff(expires=NOON), {}, "valid until"),
    "own end before that of the check": (signoff(expires=NOON), {"valid": DAY}, "valid until"),
    "from the future": (signoff(age=-HOUR), {}, "yet to come"),
    "another text": (signoff(), {"text": "Look twice."}, "its text has changed since"),
    "another title": (signoff(), {"title": "Backups"}, "its text has changed since"),
    "another target": (signoff(target="ssh=b"), {"target": "ssh=a"}, "for the target ssh=b alone"),
    "one target where there are several": (signoff(target="ssh=b"), {}, "for the target ssh=b alone"),
    "a test judges it": (signoff(), {"kind": Kind.AUTOMATED}, "a test judges it by now"),
    "one of two": (signoff(), {"signers": 2}, "1 of 2 signatures (anna@example.org)"),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_does_not_count_is_pending_and_says_why(told: str) -> None:
    entry, changes, reason = REFUSED[told]

    ruling = judge(entry, check=manual(**changes))

    assert ruling.status is Status.PENDING
    assert reason in ruling.reason


def test_a_word_on_what_has_no_version_holds_for_a_day() -> None:
    """It would stand for every later state of the folder."""
    yes, no = signoff(release="unversioned"), rejection(BOB, release="unversioned")

    def after(age: timedelta, *entries: Signoff) -> Ruling:
        here = Context(now=yes.at + age, release="unversioned", policy=Policy())
        return rule(manual(), Approvals(signoffs=entries), here)

    assert after(DAY - HOUR, yes).status is Status.PASS
    assert after(DAY, yes).status is Status.PENDING
    assert "valid 24 h, because the release has no name" in after(DAY, yes).reason
    assert after(2 * DAY, yes, no).status is Status.FAIL


def test_the_earlier_end_counts() -> None:
    entry = signoff(expires=NOON + DAY)

    assert expiry_of(entry, manual(valid=2 * HOUR)) == NOON + HOUR
    assert expiry_of(entry, manual(valid=7 * DAY)) == NOON + DAY
    assert expiry_of(signoff(), manual()) is None
    assert expiry_of(signoff(at=datetime.max.replace(tzinfo=UTC)), manual(valid=DAY)) is None


def test_times_are_compared_across_zones() -> None:
    at = (NOON - timedelta(minutes=30)).astimezone(timezone(timedelta(hours=9)))

    assert judge(signoff(at=at), check=manual(valid=HOUR)).status is Status.PASS


def test_the_newest_word_of_a_person_decides_even_when_it_does_not_count() -> None:
    old, new = signoff(age=2 * HOUR), signoff(age=HOUR, expires=NOON - timedelta(minutes=1))

    assert judge(old).status is Status.PASS
    assert judge(old, new).status is Status.PENDING


def test_another_release_does_not_speak_against_this_one() -> None:
    assert judge(signoff(age=2 * HOUR), signoff(release="v0.9")).status is Status.PASS


# -- rejections --------------------------------------------------------------------------------------------------------


def test_a_rejection_fails_with_its_note() -> None:
    ruling = judge(signoff(BOB), rejection(note="no\nbackup since May"))

    assert ruling.status is Status.FAIL
    assert ruling.reason == "rejected 60 min ago by anna@example.org: no backup since May"


def test_only_the_same_person_takes_a_rejection_back() -> None:
    no = rejection(age=2 * HOUR)

    assert judge(no, signoff(BOB)).status is Status.FAIL
    assert judge(no, signoff("Anna <ANNA@example.org>")).status is Status.PASS
    assert judge(no, signoff(age=3 * HOUR)).status is Status.FAIL
    assert judge(no, signoff(age=2 * HOUR)).status is Status.FAIL, "at the same moment"


@pytest.mark.parametrize("later", [{"expires": NOON - timedelta(minutes=1)}, {"text_digest": "0" * 64}, {"age": -HOUR}])
def test_an_acceptance_that_does_not_count_takes_no_rejection_back(later: dict[str, Any]) -> None:
    assert judge(rejection(age=2 * HOUR), signoff(**later)).status is Status.FAIL


@pytest.mark.parametrize("changes", [{"expires": NOON - HOUR}, {"text_digest": "0" * 64}, {"age": -HOUR}])
def test_a_rejection_does_not_wear_off(changes: dict[str, Any]) -> None:
    assert judge(signoff(BOB), rejection(**{"age": 2 * HOUR, **changes})).status is Status.FAIL


# -- several, entitled, four eyes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "status"),
    [(BOB, "PASS"), ("Anna <ANNA@example.org>", "PENDING"), ("anna", "PENDING")],
)
def test_two_signatures_are_two_people(second: str, status: str) -> None:
    ruling = judge(signoff(), signoff(second, age=2 * HOUR), check=manual(signers=2))

    assert ruling.status == status


SIGNERS = {"ops": (ANNA,), "qa": (BOB,)}


@pytest.mark.parametrize(
    ("owner", "by", "reason"),
    [
        ("ops", ANNA, ""),
        ("Ops ", "Anna <Anna@example.org>", ""),
        ("ops", BOB, "only anna@example.org may sign for ops"),
        ("Bob <bob@example.org>", BOB, ""),
        ("carl@example.org", BOB, "only its owner carl@example.org may sign"),
        ("nobody", BOB, "its owner nobody is neither one of its groups nor an address"),
        ("", BOB, "it has no owner"),
    ],
)
def test_the_owner_says_who_may_sign(owner: str, by: str, reason: str) -> None:
    check = manual(owner=owner)

    accepted, rejected = (
        judge(signoff(by), check=check, signers=SIGNERS),
        judge(rejection(by), check=check, signers=SIGNERS),
    )

    assert (accepted.status, rejected.status) == (("PENDING", "PENDING") if reason else ("PASS", "FAIL"))
    assert reason in accepted.reason
    assert reason in rejected.reason


@pytest.mark.parametrize(
    ("runner", "reason"),
    [
        ("carl@example.org", ""),
        ("Anna S. <ANNA@Example.org>", "ANNA@Example.org> runs this gate"),
        ("anna", "who runs this gate is not known by an address, only as anna: set git's user.email"),
        ("root", "only as root"),
        ("", "who runs this gate is not known: set git's user.email"),
    ],
)
def test_four_eyes(runner: str, reason: str) -> None:
    ruling = judge(signoff(), four_eyes=True, runner=runner)

    assert ruling.status is (Status.PENDING if reason else Status.PASS)
    assert reason in ruling.reason


@pytest.mark.parametrize("by", ["Carl", "carl@example.org (ops)", "carl+ops@example.org"])
def test_four_eyes_see_through_other_ways_to_write_a_person(by: str) -> None:
    assert judge(signoff(by), four_eyes=True, runner="carl@example.org").status is Status.PENDING


def test_a_rejection_for_one_target_holds_for_the_check_of_all() -> None:
    no = rejection(BOB, target="ssh=a")

    assert judge(signoff(), no).status is Status.FAIL
    assert judge(signoff(), no, check=manual(target="ssh=b")).status is Status.PASS


def test_a_rejection_needs_no_other_eyes() -> None:
    assert judge(rejection(), four_eyes=True, runner=ANNA).status is Status.FAIL


# -- evidence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "status", "reason"),
    [
        ("a" * 64, "PASS", ""),
        ("b" * 64, "PENDING", "its evidence x.png has changed"),
        (None, "PENDING", "its evidence x.png is not there any more"),
    ],
)
def test_evidence_must_be_what_was_signed(now: str | None, status: str, reason: str) -> None:
    entry = signoff(evidence=(Proof(name="x.png", sha256="a" * 64), Proof(name="https://example.org")))

    ruling = judge(entry, proofs={"x.png": now})

    assert ruling.status == status
    assert reason in ruling.reason
    assert ruling.broken == (("x.png",) if reason else ())


def test_evidence_of_a_sign_off_that_does_not_count_anyway_proves_nothing() -> None:
    evidence = (Proof(name="x.png", sha256="a" * 64),)

    for entry in (signoff(release="v0.9", evidence=evidence), signoff(expires=NOON, evidence=evidence)):
        assert judge(entry, proofs={"x.png": None}).broken == ()


# -- laws --------------------------------------------------------------------------------------------------------------

_people = st.sampled_from([ANNA, BOB, "Anna <ANNA@example.org>", "anna", "carl@example.org"])
_ages = st.sampled_from([-HOUR, timedelta(0), HOUR, DAY, 3 * DAY])
_entries = st.builds(
    lambda by, age, **changes: signoff(by, age=age, **changes),
    _people,
    _ages,
    release=st.sampled_from(["v1.0", "v1.0", "v0.9"]),
    decision=st.sampled_from([Decision.ACCEPT, Decision.ACCEPT, Decision.REJECT]),
    expires=st.sampled_from([None, NOON - HOUR / 2, NOON + DAY]),
    text_digest=st.sampled_from([text_digest(manual()), "", "0" * 64]),
    target=st.sampled_from(["", "elsewhere"]),
    evidence=st.sampled_from([(), (Proof(name="x", sha256="a" * 64),), (Proof(name="y", sha256="b" * 64),)]),
)
_checks = st.builds(
    manual,
    signers=st.integers(1, 3),
    owner=st.sampled_from(["", "ops", ANNA]),
    valid=st.sampled_from([None, 2 * HOUR]),
)
_policies = st.builds(
    Policy,
    four_eyes=st.booleans(),
    runner=st.sampled_from(["", "anna", BOB]),
    signers=st.sampled_from([{}, {}, SIGNERS]),
    proofs=st.just({"x": "a" * 64}),
)
_GOODNESS = [Status.FAIL, Status.PENDING, Status.PASS]


@given(check=_checks, entries=st.lists(_entries, max_size=6), policy=_policies, data=st.data())
def test_order_never_matters(check: Check, entries: list[Signoff], policy: Policy, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(entries))
    here = Context(now=NOON, release="v1.0", policy=policy)

    one, other = (rule(check, Approvals(signoffs=tuple(order)), here) for order in (entries, shuffled))

    assert one.status is other.status
    assert one.broken == other.broken
    assert {id(entry) for entry in one.signoffs} <= {id(entry) for entry in entries}


@given(check=_checks, entries=st.lists(_entries, max_size=5), more=_entries, policy=_policies)
def test_an_entry_that_does_not_count_never_improves_anything(
    check: Check, entries: list[Signoff], more: Signoff, policy: Policy
) -> None:
    here = Context(now=NOON, release="v1.0", policy=policy)
    alone = rule(replace(check, signers=1), Approvals(signoffs=(more,)), here)

    before = rule(check, Approvals(signoffs=tuple(entries)), here)
    after = rule(check, Approvals(signoffs=(*entries, more)), here)

    if alone.status is not Status.PASS:
        assert _GOODNESS.index(after.status) <= _GOODNESS.index(before.status)
    if after.status is Status.PASS:
        assert len({identity(entry.by) for entry in after.signoffs}) >= check.signers


@given(entries=st.lists(_entries, max_size=6), waivers=st.lists(st.builds(waiver, by=_people), max_size=3))
def test_the_index_holds_every_entry_once(entries: list[Signoff], waivers: list[Waiver]) -> None:
    found = by_check(Approvals(signoffs=tuple(entries), waivers=tuple(waivers)))

    assert [entry for own in found.values() for entry in own.signoffs] == entries
    assert [entry for own in found.values() for entry in own.waivers] == waivers
