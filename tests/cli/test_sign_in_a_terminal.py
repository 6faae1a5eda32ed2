"""``deploycheck sign`` in a real terminal: keys, colours, and Ctrl-C at any moment."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from click.testing import Result

from pytest_deploycheck.record.approvals import read_approvals

Cli = Callable[..., Result]
PROGRAM = (sys.executable, "-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')")
NONE: Mapping[str, str] = {}
CTRL_C, CTRL_D = "\x03", "\x04"
MENU = r"\[q\]uit "


@contextmanager
def terminal(
    *words: str, columns: int = 100, program: Sequence[str] = PROGRAM, environment: Mapping[str, str] = NONE
) -> Iterator[pexpect.spawn[str]]:
    """The command line on a terminal of its own; it must end by itself."""
    child = pexpect.spawn(
        program[0],
        [*program[1:], *words],
        env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns), **environment},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, columns),
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


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("moment", ["at the keys", "at the note"])
def test_an_interruption_loses_nothing_that_was_answered(desk: Cli, moment: str, key: str) -> None:
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
        child.send(key)
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
    for environment, coloured in ((NONE, True), ({"NO_COLOR": "1"}, False)):
        with terminal("sign", "--by", "ann@example.org", environment=environment) as child:
            child.expect(MENU)
            assert ("\x1b[1m" in (child.before or "")) is coloured
            child.send("q")
            child.expect(pexpect.EOF)


def test_the_rest_of_a_pasted_text_answers_nothing(desk: Cli) -> None:
    """Be there an `a` at its end."""
    with terminal("sign", "--by", "ann@example.org") as child:
        child.expect(MENU)
        child.send("a")
        child.expect("note, or nothing: ")
        child.send("in the channel\rand by mail, to all who were on the list of last time\ra")
        child.expect("2/3")
        child.expect(MENU)
        child.send("q")
        child.expect("1 of 3 answered, and written:")
        child.expect(pexpect.EOF)

    assert answers() == [("phase1.told", "accept", "in the channel")]


def test_a_narrow_terminal_breaks_lines_between_words(desk: Cli) -> None:
    """Commands stay as they stand."""
    title = "the support team knows the date and the number to call at night"
    command = "curl --fail https://shop.example/health?with=everything"
    Path("list.md").write_text(f"# P <!-- deploycheck: phase=phase1 -->\n- [ ] {title}\n\n      {command}\n")
    Path(next(Path.cwd().glob("test_*.py"))).unlink()
    with terminal("sign", "--by", "ann@example.org", columns=40) as child:
        child.expect(MENU)
        lines = (child.before or "").replace("\r\n", "\n").split("\n")
        child.send("q")
        child.expect(pexpect.EOF)

    assert "  the support team knows the date and" in lines
    assert "    the number to call at night" in lines
    assert any(command in line for line in lines)
    assert max(len(line) for line in lines if command not in line and "phase1." not in line) <= 40


def test_words_from_a_pipe_are_nobodys_answer(desk: Cli) -> None:
    """The keys would come from the terminal, the note from elsewhere."""
    with terminal(program=["/bin/sh", "-c", f"yes | {shlex.join(PROGRAM)} sign --by ann@example.org"]) as child:
        child.expect("Error: there is no terminal to ask in; name the checks to sign")
        child.expect(pexpect.EOF)
        child.wait()

    assert child.exitstatus == 4
    assert answers() == []
