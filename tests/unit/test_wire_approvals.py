"""Sign-offs and waivers survive being written down, by `core.wire_approvals` and `core.wire`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import make_check, make_events, make_result, moments, texts
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Approvals, Decision, Flag, Policy, Proof, Signoff, Waiver
from pytest_deploycheck.core.run import fold
from pytest_deploycheck.core.wire_approvals import (
    approvals_from_wire,
    approvals_to_wire,
    signoff_from_wire,
    signoff_to_wire,
    waiver_from_wire,
    waiver_to_wire,
)

signoffs = st.builds(
    Signoff,
    check=texts,
    by=texts,
    at=moments,
    release=texts,
    decision=st.sampled_from(Decision),
    note=texts,
    evidence=st.lists(st.builds(Proof, name=texts, sha256=texts), max_size=2).map(tuple),
    expires=st.none() | moments,
    target=texts,
    text_digest=texts,
    source=texts,
)
waivers = st.builds(
    Waiver, check=texts, by=texts, at=moments, reason=texts, expires=moments, release=texts, ticket=texts, source=texts
)
approvals = st.builds(
    Approvals,
    path=texts,
    digest=texts,
    signoffs=st.lists(signoffs, max_size=3).map(tuple),
    waivers=st.lists(waivers, max_size=3).map(tuple),
)
policies = st.builds(
    Policy,
    four_eyes=st.booleans(),
    runner=texts,
    signers=st.dictionaries(texts, st.lists(texts, max_size=2).map(tuple), max_size=2),
    proofs=st.dictionaries(texts, st.none() | texts, max_size=2),
)


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@given(approvals, policies)
def test_approvals_survive(found: Approvals, policy: Policy) -> None:
    data = approvals_to_wire(found, policy)

    assert approvals_from_wire(data) == approvals_from_wire(through_json(data)) == (found, policy)


@given(signoffs, waivers)
def test_a_result_keeps_what_it_rests_on(signoff: Signoff, waiver: Waiver) -> None:
    result = make_result("FAIL", flags=(Flag.WAIVED,), signoffs=(signoff, signoff), waiver=waiver)

    data = through_json(wire.result_to_wire(result))

    assert wire.result_from_wire(data, {result.check.key: result.check}) == result


@given(approvals, policies)
def test_a_run_keeps_the_approvals_it_began_with(found: Approvals, policy: Policy) -> None:
    run = fold(make_events([make_result()], approvals=approvals_to_wire(found, policy)))

    assert (run.approvals, run.policy) == (found, policy)


def test_a_record_of_before_has_none() -> None:
    run = fold(make_events([make_result()]))

    assert (run.approvals, run.policy) == (Approvals(), Policy())


ENTRY = Signoff(check="a", by="b", at=make_result().finished, release="c")  # type: ignore[arg-type] # it is finished


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-01-02T12:00:00"},
        {"at": None},
        {"by": 1},
        {"decision": "maybe"},
        {"expires": 3},
        {"evidence": "x"},
        {"evidence": [{"name": "x"}]},
        {"more": 1},
    ],
)
def test_what_was_not_written_so_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        signoff_from_wire({**signoff_to_wire(ENTRY), **change})
    approvals = approvals_to_wire(Approvals(signoffs=(ENTRY,)), Policy())
    approvals["signoffs"][0].update(change)
    with pytest.raises(RecordError):
        fold(make_events([make_result(check=make_check())], approvals=approvals))


@pytest.mark.parametrize("change", [{"expires": None}, {"reason": 1}, {"more": 1}])
def test_a_waiver_that_was_not_written_so_is_refused(change: dict[str, Any]) -> None:
    waiver = Waiver(check="a", by="b", at=ENTRY.at, reason="c", expires=ENTRY.at)
    with pytest.raises((TypeError, ValueError)):
        waiver_from_wire({**waiver_to_wire(waiver), **change})


@pytest.mark.parametrize(
    "change", [{"four_eyes": "no"}, {"signers": {"a": ["b"]}}, {"proofs": [{"name": "a"}]}, {"more": 1}]
)
def test_rules_that_were_not_written_so_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        approvals_from_wire({**approvals_to_wire(Approvals(), Policy()), **change})
