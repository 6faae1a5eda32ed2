"""Fenced blocks under a line: which run, what of them runs, and those that cannot be meant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from markdowns import PHASE, Reader

from pytest_deploycheck.core.checklist import Block
from pytest_deploycheck.core.model import Kind


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


def item(*fences: str, line: str = "one") -> str:
    """A line with blocks under it; the first begins on the document's fifth line."""
    return f"- [ ] {line}\n\n" + "\n".join(f"  ```{fence}\n  ```\n" for fence in fences)


def blocks(read: Reader, body: str) -> list[Block]:
    """What runs under the document's only line."""
    checklist = read(PHASE + body)
    assert set(checklist.blocks) <= {checklist.lines[0].id}
    return [block for of_line in checklist.blocks.values() for block in of_line]


@pytest.mark.parametrize("language", ["bash", "sh", "python"])
def test_a_marked_block_runs_as_it_stands(read: Reader, language: str) -> None:
    assert blocks(read, item(f"{language} check\n  if x:\n    y")) == [
        Block(language=language, code="if x:\n  y\n", source="docs/list.md:5")
    ]
    assert read(PHASE + item(f"{language} check\n  x")).lines[0].kind is Kind.AUTOMATED


@pytest.mark.parametrize("info", ["", "bash", "check", "bash check-ports", "text", "{bash check}", "bash  # check"])
def test_a_block_that_is_not_marked_never_runs(read: Reader, info: str) -> None:
    assert blocks(read, item(f"{info}\n  rm -rf /")) == []
    line = read(PHASE + item(f"{info}\n  rm -rf /")).lines[0]
    assert line.kind is Kind.MANUAL
    assert "rm -rf /" in line.text


def test_several_blocks_stand_in_their_order(read: Reader) -> None:
    found = blocks(read, item("bash check\n  a", "text\n  b", "sh check\n  c"))
    assert [(block.language, block.code) for block in found] == [("bash", "a\n"), ("sh", "c\n")]


def test_a_console_session_runs_what_follows_its_prompts(read: Reader) -> None:
    session = "console check\n  $ echo one \\\n  > two\n  one two\n  $ ls\n  #not a command\n  file\n"
    assert [block.code for block in blocks(read, item(session))] == ["echo one \\\ntwo\nls\n"]


def test_the_block_says_its_timeout_before_the_line_does(read: Reader) -> None:
    body = item("bash check timeout=5m\n  a", "bash check\n  b", line="one <!-- deploycheck: timeout=90s -->")
    assert [block.timeout for block in blocks(read, body)] == [timedelta(minutes=5), timedelta(seconds=90)]
    assert [block.timeout for block in blocks(read, item("bash check\n  a"))] == [None]


@pytest.mark.parametrize(
    ("fence", "complaint"),
    [
        ("zsh check\n  a", "not 'zsh check'"),
        ("bash Check\n  a", "not 'bash Check'"),
        ("bash check twice\n  a", "'twice' is not understood after `bash check`; known: timeout=5m"),
        ("bash check timeout=soon\n  a", "'soon' is no duration"),
        ("bash check timeout=1m timeout=2m\n  a", "'timeout=2m' is not understood"),
        ("bash check", "holds nothing to run"),
        ("bash check\n  \n", "holds nothing to run"),
        ("bash check\n  # to do", "holds nothing to run"),
        ("console check\n  echo one", "no line of this console block begins with `$ `"),
        ("console check\n  $ # to do\n  done", "holds nothing to run"),
        ("python check\n  def test_x():\n    assert False", "holds nothing to run but definitions"),
        ("python check\n  'To do.'\n  import x\n  class T: pass", "holds nothing to run but definitions"),
        ("bash check\n  set -e\n  look() {\n    false\n  }", "holds nothing to run but definitions"),
        ("sh check\n  function look { echo ${X}; }\n  # look", "holds nothing to run but definitions"),
    ],
)
def test_a_block_that_cannot_be_meant_is_refused_with_its_place(read: Reader, fence: str, complaint: str) -> None:
    said = read.refusal(PHASE + item(fence))
    assert said.startswith("docs/list.md:5: ")
    assert complaint in said


@pytest.mark.parametrize(
    "body",
    [
        "```bash check\na\n```\n",
        "- plain\n\n  ```bash check\n  a\n  ```\n",
        "- [ ] one\n\n```bash check\na\n```\n",
        "- [ ] one\n  - plain\n\n    ```bash check\n    a\n    ```\n",
        "- [ ] one\n\n  > ```bash check\n  > a\n  > ```\n",
    ],
)
def test_a_marked_block_under_no_line_is_refused(read: Reader, body: str) -> None:
    assert "is marked to run and stands under no task-list line" in read.refusal(PHASE + body)


@pytest.mark.parametrize(
    "code",
    [
        "python check\n  import x",
        "python check\n  def f(): pass\n  f()",
        "python check\n  print 'of another Python'",
        "bash check\n  f() { false; }; f",
        "bash check\n  f() { a; }; g || { b; }",
        "bash check\n  f() {\n    a\n  }\n  f\n  g() {\n    b\n  }",
        "bash check\n  f() { echo ${X}; }\n  f\n  g() {\n    b\n  }",
        "sh check\n  : ${X:?}",
    ],
)
def test_a_block_that_does_something_runs(read: Reader, code: str) -> None:
    assert len(blocks(read, item(code))) == 1


def test_a_command_goes_on_below_where_the_terminal_says_so(read: Reader) -> None:
    session = "console check\n  $ cat <<END\n  > $ hello\n  >\n  > END\n  hello\n  $ true &&\n  > false\n"
    assert [block.code for block in blocks(read, item(session))] == ["cat <<END\n$ hello\n\nEND\ntrue &&\nfalse\n"]


@pytest.mark.parametrize(
    "line",
    [
        "# false",
        " $ false",
        "$false",
        "$\tfalse",
        "root@db:~# false",
        "anna@db.example.org:/srv/my shop$ false",
        "[anna@db ~]$ false",
        "(venv) anna@db % false",
        "(venv) $ false",
        "sh-5.1$ false",
        "~/shop$ false",
        "% false",
        "\u276f false",
        "mysql> drop table x",
        ">>> assert False",
        "PS C:\\shop> false",
    ],
)
def test_a_line_that_looks_like_another_prompt_is_no_output(read: Reader, line: str) -> None:
    said = read.refusal(PHASE + item(f"console check\n  $ echo one\n  one\n  {line}"))
    assert said.startswith("docs/list.md:8: ")
    assert "looks like a prompt and would not be run" in said


@pytest.mark.parametrize(
    "line",
    [
        "",
        "$",
        "100% done",
        "=> built",
        "<p> x",
        "Anna <anna@example.org> wrote",
        "a@b.org used 95% of it",
        "#1",
        "-> x",
    ],
)
def test_output_that_looks_like_no_prompt_is_left_out(read: Reader, line: str) -> None:
    session = f"console check\n  $ echo one\n  one\n  {line}"
    assert [block.code for block in blocks(read, item(session))] == ["echo one\n"]


@pytest.mark.parametrize(
    ("session", "complaint"),
    [
        ("$ echo one\n  one\n  > false", "docs/list.md:8: `> ` goes on with no command"),
        ("$ echo one &&\n  false", "docs/list.md:7: the command above is not ended"),
        ("$ echo one |\n  $ false", "docs/list.md:7: the command above is not ended"),
        ("$ echo one \\\n  $ false", "docs/list.md:7: the command above is not ended"),
    ],
)
def test_a_command_that_goes_on_nowhere_is_refused(read: Reader, session: str, complaint: str) -> None:
    assert read.refusal(PHASE + item(f"console check\n  {session}")).startswith(complaint)


def test_a_block_in_a_block_is_text(read: Reader) -> None:
    assert blocks(read, "- [ ] one\n\n  ````markdown\n  ```bash check\n  a\n  ```\n  ````\n") == []
