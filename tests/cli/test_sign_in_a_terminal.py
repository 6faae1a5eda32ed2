"""``deploycheck sign`` in a real terminal: keys, colours, and Ctrl-C at any moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from click.testing import Result

from pytest_deploycheck.record.approvals import read_approvals

Cli = Callable[..., Result]
CTRL_C = "\x03"
MENU = r"\[q\]uit "


@contextmanager
def terminal(*words: str, **environment: str) -> Iterator[pexpect.spawn[str]]:
    """The command line on a terminal of its own; it must end by itself."""
    child = pexpect.spawn(
        sys.executable,
        ["-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')", *words],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 100),
    )
    try:
        yield child
    finally:
        child.close(force=True)


def answers() -> list[tuple[str, str, str]]:
    name = "deploycheck-approvals.toml"
    return [(entry.check, str(entry.decision), entry.note) for entry in read_approvals(Path(name), name).signoffs]


def test_keys_alone_do_it(desk: Cli) -> None:
    """One key for each answer; a wrong one asks again."""
    with terminal("sign", "--by", "ann@example.org") as child:
        child.expect("1/3  phase1.told")
        child.expect("Post it in the channel.")
        child.expect(MENU)
        child.send("x")
        child.expect(MENU)
        child.send("a")
        child.expect("note, or nothing: ")
        child.sendline("in the channel")
        child.expect("2/3  phase1.backup")
        child.expect(MENU)
        child.send("S")
        child.expect("3/3  phase2.start-page")
        child.expect(MENU)
        child.send("r")
        child.expect("note, or nothing: ")
        child.sendline("")
        child.expect(pexpect.EOF)
        child.wait()

    assert child.exitstatus == 0
    assert answers() == [("phase1.told", "accept", "in the channel"), ("phase2.start-page", "reject", "")]


@pytest.mark.parametrize("moment", ["at the keys", "at the note"])
def test_ctrl_c_loses_nothing_that_was_answered(desk: Cli, moment: str) -> None:
    """What was answered stands in the file, and is told; what was not, does not."""
    with terminal("sign", "--by", "ann@example.org") as child:
        child.expect(MENU)
        child.send("a")
        child.expect("note, or nothing: ")
        child.sendline("")
        child.expect("2/3")
        child.expect(MENU)
        if moment == "at the note":
            child.send("r")
            child.expect("note, or nothing: ")
        child.send(CTRL_C)
        child.expect("1 of 3 answered, and written:")
        child.expect("accepted: phase1.told")
        child.expect(pexpect.EOF)
        child.wait()
        said = child.before or ""

    assert child.exitstatus == 2
    assert "Traceback" not in said
    assert answers() == [("phase1.told", "accept", "")]


def test_each_answer_is_in_the_file_before_the_next_question(desk: Cli) -> None:
    """Also when the terminal is torn away."""
    with terminal("sign", "--by", "ann@example.org") as child:
        child.expect(MENU)
        child.send("a")
        child.expect("note, or nothing: ")
        child.sendline("")
        child.expect("2/3")

        assert answers() == [("phase1.told", "accept", "")]


def test_a_terminal_has_colours_unless_they_are_refused(desk: Cli) -> None:
    """The check's id stands out."""
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with terminal("sign", "--by", "ann@example.org", **environment) as child:
            child.expect(MENU)
            assert ("\x1b[1m" in (child.before or "")) is coloured
            child.send("q")
            child.expect(pexpect.EOF)
