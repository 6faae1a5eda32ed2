"""What a check is called where several targets are under check."""

from __future__ import annotations

from builders import make_check, make_result, make_run

from pytest_deploycheck.core.naming import name_of, several, several_in


def test_a_target_is_named_where_there_are_several_and_the_check_has_one() -> None:
    assert name_of(make_check("phase1.a", target="ssh=b"), targets=True) == "phase1.a on ssh=b"
    assert name_of(make_check("phase1.a", target="ssh=b"), targets=False) == "phase1.a"
    assert name_of(make_check("phase1.a"), targets=True) == "phase1.a"


def test_there_are_several_by_the_run_or_by_its_results() -> None:
    on_two = [make_result("PASS", make_check(target=target)) for target in ("a", "b")]
    anywhere = make_result("PASS", "phase1.b")
    assert several(make_run(on_two, targets=["a", "b"]))
    assert not several(make_run(on_two[:1], targets=["a"]))
    assert several_in(on_two)
    assert not several_in([on_two[0], anywhere])
