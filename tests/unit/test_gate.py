"""The barrier before a phase: what must have been decided before its checks may run."""

from __future__ import annotations

import pytest
from builders import make_check, make_phase
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.gate import Barrier, barrier
from pytest_deploycheck.core.model import PhaseResult, Verdict

CHECK = make_check("phase9.reads")
MUTATING = make_check("phase9.writes", mutating=True)

earlier_phases = st.lists(
    st.tuples(st.sampled_from(Verdict), st.booleans()).map(lambda pair: decided(pair[0], selected=pair[1])), max_size=4
)
records = st.sampled_from([frozenset[str](), frozenset({"phase1"})])


def decided(verdict: Verdict | str, marker: str = "phase1", *, selected: bool = True, reason: str = "x") -> PhaseResult:
    return PhaseResult(phase=make_phase(marker, selected=selected), verdict=Verdict(verdict), reason=reason)


def before(
    *earlier: PhaseResult,
    on_record: frozenset[str] = frozenset(),
    keep_going: bool = False,
    require_record: bool = False,
) -> Barrier:
    return barrier(earlier, on_record=on_record, keep_going=keep_going, require_record=require_record)


def test_the_first_phase_has_nothing_before_it() -> None:
    assert before() == Barrier()
    assert before().against(CHECK) == before().against(MUTATING) == ""


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_phase_opens_only_after_go_or_hold(verdict: Verdict) -> None:
    found = before(decided(verdict)).against(CHECK)
    assert (found == "") is (verdict in (Verdict.GO, Verdict.HOLD))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_mutating_check_runs_only_after_go(verdict: Verdict) -> None:
    assert (before(decided(verdict)).against(MUTATING) == "") is (verdict is Verdict.GO)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_keep_going_opens_a_phase_but_never_to_a_mutating_check(verdict: Verdict) -> None:
    kept = before(decided(verdict), keep_going=True)
    assert kept.against(CHECK) == ""
    assert (kept.against(MUTATING) == "") is (verdict is Verdict.GO)


def test_the_reason_names_the_earliest_phase_that_stays_shut_and_its_cause() -> None:
    found = before(
        decided("HOLD", "phase1", reason="phase1.sign PENDING"),
        decided("NO-GO", "phase2", reason="phase2.x FAIL: broken"),
        decided("BLOCKED", "phase3", reason="phase2 is NO-GO: phase2.x FAIL: broken"),
    )
    assert found.all == "phase2 is NO-GO: phase2.x FAIL: broken"


def test_a_mutating_check_names_the_first_phase_that_is_not_go() -> None:
    found = before(decided("GO", "phase1"), decided("HOLD", "phase2", reason="phase2.sign PENDING"))
    assert found.against(MUTATING) == "it changes the target, and phase2 is HOLD: phase2.sign PENDING"


def test_an_earlier_phase_that_nobody_looked_at_lets_a_check_run_but_no_mutating_one() -> None:
    found = before(decided("INCOMPLETE", selected=False))
    assert found.against(CHECK) == ""
    assert "phase1 has no verdict on record for this release; run: pytest -m phase1" in found.against(MUTATING)


def test_where_the_record_is_required_its_absence_blocks() -> None:
    found = before(decided("INCOMPLETE", selected=False), require_record=True)
    assert found.against(CHECK) == "phase1 has no verdict on record for this release; run: pytest -m phase1"


def test_keep_going_does_not_stand_in_for_a_required_record() -> None:
    assert before(decided("INCOMPLETE", selected=False), require_record=True, keep_going=True).against(CHECK)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("require", [False, True])
def test_a_verdict_on_record_counts_like_one_of_this_run(*, verdict: Verdict, require: bool) -> None:
    carried = before(decided(verdict, selected=False), on_record=frozenset({"phase1"}), require_record=require)
    assert carried == before(decided(verdict))


def test_a_record_of_one_phase_says_nothing_about_another() -> None:
    phases = decided("GO", "phase1", selected=False), decided("GO", "phase2", selected=False)
    found = before(*phases, on_record=frozenset({"phase1"}), require_record=True)
    assert found.all.startswith("phase2 has no verdict on record")


@given(earlier=earlier_phases, on_record=records, keep_going=st.booleans(), require=st.booleans())
def test_what_stops_every_check_stops_the_mutating_ones_too(
    *, earlier: list[PhaseResult], on_record: frozenset[str], keep_going: bool, require: bool
) -> None:
    found = barrier(earlier, on_record=on_record, keep_going=keep_going, require_record=require)
    if found.against(CHECK):
        assert found.against(MUTATING) == found.against(CHECK)


@given(
    earlier=earlier_phases,
    on_record=records,
    keep_going=st.booleans(),
    require=st.booleans(),
    more=st.sampled_from(Verdict),
)
def test_one_more_phase_before_it_never_opens_a_shut_one(
    *, earlier: list[PhaseResult], on_record: frozenset[str], keep_going: bool, require: bool, more: Verdict
) -> None:
    def shut(phases: list[PhaseResult]) -> tuple[bool, bool]:
        found = barrier(phases, on_record=on_record, keep_going=keep_going, require_record=require)
        return bool(found.against(CHECK)), bool(found.against(MUTATING))

    was, now = shut(earlier), shut([*earlier, decided(more)])
    assert now >= was
    assert now[1] >= was[1]


@given(earlier=earlier_phases, on_record=records, keep_going=st.booleans())
def test_a_mutating_check_runs_only_when_every_earlier_phase_is_known_to_be_go(
    *, earlier: list[PhaseResult], on_record: frozenset[str], keep_going: bool
) -> None:
    found = barrier(earlier, on_record=on_record, keep_going=keep_going, require_record=False)
    known = (phase.phase.selected or phase.phase.marker in on_record for phase in earlier)
    clear = all(known) and all(phase.verdict is Verdict.GO for phase in earlier)
    assert (found.against(MUTATING) == "") is clear
