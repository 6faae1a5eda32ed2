"""The words: verdicts by rank, exit codes by precedence, measurements by their limits."""

import math
from random import Random

import pytest
from builders import make_check, make_result, make_run
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import (
    PRECEDENCE,
    ExitCode,
    Measurement,
    Status,
    Verdict,
    exit_code_of,
    worst,
    worst_exit,
)

verdicts = st.sampled_from(Verdict)
codes = st.sampled_from([int(code) for code in ExitCode])


def test_the_statuses_are_those_of_the_contract() -> None:
    assert [str(status) for status in Status] == [
        "PASS",
        "FAIL",
        "ERROR",
        "INCONCLUSIVE",
        "PENDING",
        "BLOCKED",
        "SKIPPED",
        "NOT_APPLICABLE",
        "NOT_RUN",
    ]


def test_verdicts_rank_from_best_to_worst() -> None:
    ranked = sorted(Verdict, key=lambda verdict: verdict.rank)
    assert [str(verdict) for verdict in ranked] == ["GO", "HOLD", "BLOCKED", "INCOMPLETE", "NO-GO", "ROLLBACK"]


def test_only_go_and_hold_open_the_next_phase() -> None:
    assert [verdict for verdict in Verdict if verdict.opens] == [Verdict.GO, Verdict.HOLD]


@given(st.lists(verdicts, min_size=1), st.randoms())
def test_the_worst_verdict_is_one_of_them_and_none_is_worse_in_any_order(
    several: list[Verdict], random: Random
) -> None:
    found = worst(several)
    assert found in several
    assert all(verdict.rank <= found.rank for verdict in several)
    random.shuffle(several)
    assert worst(several) is found


def test_nothing_decided_is_incomplete() -> None:
    assert worst([]) is Verdict.INCOMPLETE
    assert worst_exit([]) == ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("GO", 0), ("NO-GO", 1), ("HOLD", 10), ("INCOMPLETE", 11), ("BLOCKED", 12), ("ROLLBACK", 13)],
)
def test_every_verdict_has_the_exit_code_of_the_contract(verdict: str, code: int) -> None:
    assert exit_code_of(Verdict(verdict)) == code


def test_only_go_exits_zero() -> None:
    assert [verdict for verdict in Verdict if exit_code_of(verdict) == 0] == [Verdict.GO]


def test_every_exit_code_says_what_it_means() -> None:
    assert {int(code) for code in ExitCode} == {0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14}
    assert len({code.meaning for code in ExitCode}) == len(ExitCode)


def test_the_precedence_is_the_contracts_and_misses_no_code() -> None:
    assert PRECEDENCE == (3, 4, 2, 13, 14, 1, 11, 12, 10, 6, 5)
    assert {*PRECEDENCE, 0} == {int(code) for code in ExitCode}


@pytest.mark.parametrize("place", range(len(PRECEDENCE)))
def test_a_code_beats_every_code_after_it_and_go(place: int) -> None:
    winner = PRECEDENCE[place]
    for loser in (*PRECEDENCE[place + 1 :], 0):
        assert worst_exit([winner, loser]) == winner
        assert worst_exit([loser, winner]) == winner


@given(st.lists(codes, min_size=1))
def test_zero_wins_only_when_there_is_nothing_else(several: list[int]) -> None:
    assert (worst_exit(several) == 0) is (set(several) == {0})


@given(st.lists(codes, min_size=1), codes)
def test_an_added_code_never_lifts_the_one_that_won(several: list[int], added: int) -> None:
    order = [*PRECEDENCE, 0]
    assert order.index(worst_exit([*several, added])) <= order.index(worst_exit(several))


@pytest.mark.parametrize("foreign", [7, 77, -11])
def test_a_foreign_code_beats_go_and_nothing_else(foreign: int) -> None:
    assert worst_exit([0, foreign]) == foreign
    assert worst_exit([foreign, 0]) == foreign
    assert worst_exit([5, foreign]) == 5


def test_a_foreign_code_that_the_system_would_cut_to_zero_does_not_read_as_go() -> None:
    # A process that exits with 256 has exited with 0.
    assert worst_exit([0, 256]) % 256 != 0


@pytest.mark.parametrize(
    ("value", "low", "high", "within"),
    [
        (5.0, None, None, True),
        (5.0, 5.0, 5.0, True),
        (4.999, 5.0, None, False),
        (5.001, None, 5.0, False),
        (math.nan, None, None, False),
        (math.nan, 0.0, 1.0, False),
        (math.inf, None, 1.0, False),
        (1.0, math.nan, None, False),
        (1.0, None, math.nan, False),
    ],
)
def test_a_measurement_keeps_inclusive_limits_and_nan_keeps_none(
    *, value: float, low: float | None, high: float | None, within: bool
) -> None:
    assert Measurement(name="m", value=value, min=low, max=high).within is within


def test_a_measurement_says_value_unit_and_limits() -> None:
    assert str(Measurement(name="overhead", value=12.5, unit="ms", max=10)) == "overhead = 12.5 ms (max 10)"
    assert str(Measurement(name="passed", value=104, min=104, max=200)) == "passed = 104 (min 104, max 200)"
    assert str(Measurement(name="free", value=2, unit="GB")) == "free = 2 GB"


def test_the_same_check_on_two_targets_has_two_keys() -> None:
    assert make_check(target="a").key != make_check(target="b").key


def test_a_run_without_its_end_is_not_closed() -> None:
    assert make_run([make_result()]).closed
    assert not make_run([make_result()], closed=False).closed
