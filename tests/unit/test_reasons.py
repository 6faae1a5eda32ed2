"""Why a check failed, in one line."""

from types import TracebackType

import pytest

from pytest_deploycheck.reasons import LONGEST, Comparison, compare, explain, fold, shorten


def compared(operator: str, left: object, right: object) -> Comparison:
    return compare(operator, left, right, str)


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("operator", "left", "right", "words"),
    [
        ("==", 500, 200, "got 500, expected 200"),
        ("!=", 1, 1, "got 1, expected != 1"),
        ("<", 12.5, 10, "got 12.5, expected < 10"),
        ("in", "x", ["a"], "got 'x', expected in ['a']"),
        ("not in", "x", ["x"], "got 'x', expected not in ['x']"),
        ("is", 5, None, "got 5, expected is None"),
        ("==", "a\nb", "a\tb", r"got 'a\nb', expected 'a\tb'"),
        ("==", Broken(), 1, "got <Broken, whose repr() raised RuntimeError>, expected 1"),
    ],
)
def test_a_comparison_in_words(operator: str, left: object, right: object, words: str) -> None:
    assert compared(operator, left, right).in_words(swapped=False) == words


def test_a_number_that_python_does_not_print_is_told_of() -> None:
    assert compared("==", 10**5000, 1).left == "<int, whose repr() raised ValueError>"


def test_long_sides_are_cut_and_still_told_apart() -> None:
    said = compared("==", "a" * 1000, "a" * 1001).in_words(swapped=False)
    assert len(said) < 400
    assert said.endswith("(they differ in what is not shown)")
    assert (
        len(compared("==", [["x" * 99] * 99] * 99, dict.fromkeys(range(999), "y" * 99)).in_words(swapped=False)) < 400
    )


def test_secrets_go_before_a_side_is_cut() -> None:
    secret = "s3" * 200
    side = compare("==", f"{'x' * 60}{secret}{'y' * 90}", 1, lambda text: text.replace(secret, "[gone]")).left
    assert side == f"'{'x' * 60}[gone]{'y' * 90}'"


FAILED = Comparison(operator="==", left="500", right="200")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("assert 500 == 200", "got 500, expected 200"),
        ("assert 500 == 200\n +  where 500 = r.status", "got 500, expected 200 (where 500 = r.status)"),
        ("it is down\nassert 500 == 200", "it is down: got 500, expected 200"),
        ("assert 500 == 200\n  \n  - 200\n  + 500", "got 500, expected 200"),
        ("not ready\nassert False\n +  where False = ready()", "not ready"),
        ("assert False\n +  where False = ready()", "assert False (where False = ready())"),
        ("assert <R object at 0x7f08e57cc4d0>.x", "assert <R object>.x"),
        ("assert not 500 == 200", "assert not 500 == 200"),
        ("assert (1 == 1 and 500 == 200)", "assert (1 == 1 and 500 == 200)"),
        ("assert 5 < 2", "assert 5 < 2"),
        ("1 != 2", "1 != 2"),
        ("two:\nlines\nmore.\nend", "two: lines; more. end"),
        ("", ""),
    ],
)
def test_what_an_assertion_says_is_one_line(text: str, reason: str) -> None:
    assert explain(text, FAILED, None) == reason


def test_without_a_comparison_pytests_own_words_stay() -> None:
    assert explain("assert 500 == 200", None, None) == "assert 500 == 200"


def yoda(number: int) -> TracebackType | None:
    try:
        assert 200 == number  # noqa: SIM300  # that is what it is about
    except AssertionError as error:
        return error.__traceback__
    return None


def test_a_constant_on_the_left_is_what_was_expected() -> None:
    comparison = Comparison(operator="==", left="200", right="500")
    assert explain("assert 200 == 500", comparison, yoda(500)) == "got 500, expected 200"


def test_a_long_reason_ends_at_a_word() -> None:
    assert shorten("word " * 10) == "word " * 10
    cut = shorten("word " * 500)
    assert cut.endswith("word ...")
    assert len(cut) <= LONGEST + 4
    assert len(shorten("x" * 10_000)) < LONGEST


def test_lines_are_folded_at_their_ends() -> None:
    assert fold(["a,", "b", "c"]) == "a, b; c"
    assert not fold([])
