"""Commands in a shell's block that may fail and end nothing."""

from __future__ import annotations

import pytest

from pytest_deploycheck.core.shell import unseen_failures


def told(*lines: str, info: str = "bash check") -> list[str]:
    """What is said of a block, without the ways out."""
    return [what for what, advice in unseen_failures("\n".join([f"Text.\n\n```{info}", *lines, "```"])) if advice]


@pytest.mark.parametrize(
    "line",
    [
        "! grep ERROR log",
        "test -f a && x",
        "export X=$(false)",
        'local X="$(false)"',
        "declare -r X=`false`",
        "serve &",
    ],
)
def test_what_ends_nothing_is_named(line: str) -> None:
    (what,) = told(line, "echo done")
    assert what.startswith(f"`{line}` ")


@pytest.mark.parametrize(
    "lines",
    [
        ["a", "b"],
        ["a", "! b"],
        ["a", "b && c", "# the end"],
        ["a && b || exit 1", "c"],
        ["if a && b; then", "c", "fi"],
        ["[[ $a && $b ]]", "c"],
        ["echo 'a && b' # && c", "d"],
        ["export X=$((1 + 2))", "export Y=1 Z=$X", "X=$(a)"],
        ["cat <<END", "a && b", "! c", "END", "d"],
        ["a >&2", "b"],
    ],
)
def test_what_ends_the_block_is_not(lines: list[str]) -> None:
    assert told(*lines) == []


def test_only_blocks_that_run_are_read() -> None:
    lines = ["! a", "b"]
    assert told(*lines, info="bash") == told(*lines, info="python check") == []
    assert len(told("$ ! a", "! c", "$ b", info="console check")) == 1


def test_lines_that_a_backslash_joins_are_one() -> None:
    assert told("a \\", "  && b", "c") == ["`a && b` does not end the block when what stands before && fails"]
