"""Blocks of a Markdown checklist that run: ways in which one could end well, or seem to, and judge nothing."""

from __future__ import annotations

from textwrap import indent
from typing import Any

import pytest
from gating import HEAD, Gate
from trapping import Trap, erring, missing, refused, spring

ONE = "# One <!-- deploycheck: phase=phase1 -->\n\n- [ ] **Fine**: it is\n"
TWO = "\n# Two <!-- deploycheck: phase=phase2 -->\n\n- [ ] **Later**: it is\n"
LINE = "- [ ] **Test trap**: it holds <!-- deploycheck: id=phase1.test_trap -->\n\n"
BESIDE = (
    HEAD
    + '@pytest.mark.check("phase1.fine")\ndef test_fine(): pass\n'
    + '@pytest.mark.check("phase2.later")\ndef test_later(): say("later")\n'
)
SWALLOWS = """
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call():
    outcome = yield
    outcome.force_result(None)
"""


def block(fence: str, *, beside: bool = False, **rest: Any) -> dict[str, Any]:
    """A checklist whose line has a block under it, or beside it, and the usual checks."""
    fenced = f"```{fence}\n```\n"
    checklist = ONE + LINE + (fenced if beside else indent(fenced, "  ")) + TWO
    return {"checklist": checklist, "files": {"test_beside.py": BESIDE}, **rest}


TRAPS: dict[str, Trap] = {
    "a command in a block fails and the last one does not": Trap(**block("bash check\nfalse\ntrue")),
    "a command in a block's pipe fails and the last one does not": Trap(**block("bash check\nfalse | cat")),
    "a block uses a variable that is not set": Trap(**block("sh check\ntest -z $WHERE")),
    "a command in a terminal session fails": Trap(**block("console check\n$ false\n$ echo fine\nfine")),
    "a block does not end in time": erring(**block("bash check timeout=200ms\nsleep 9")),
    "the environment lets bash read its commands and run none": Trap(
        **block("bash check\nfalse", environment={"SHELLOPTS": "noexec"}, process=True)
    ),
    "the environment has a function in place of a block's command": Trap(
        **block("bash check\nfalse", environment={"BASH_FUNC_false%%": "() { :; }"}, process=True)
    ),
    "the environment takes the assertions out of a Python block": Trap(
        **block("python check\nassert False", ini="deploycheck_target = popen//env:PYTHONOPTIMIZE=1")
    ),
    "a block holds a comment alone": refused(**block("bash check\n# to be written"), reason="holds nothing to run"),
    "a terminal session has no prompts": refused(**block("console check\nfalse"), reason="begins with `\\$ `"),
    "a command in a terminal session goes on behind another prompt": Trap(
        **block("console check\n$ true &&\n> false\n$ echo done")
    ),
    "a terminal session's here-document is closed behind another prompt": Trap(
        **block("console check\n$ cat <<END\n> hello\n> END\n$ false")
    ),
    "a here-document is never closed and takes the commands behind it": erring(
        **block("bash check\ncat <<END\nhello\n END\nfalse")
    ),
    "a here-document is never closed, in a shell that does not warn": erring(
        **block("sh check\ncat <<END\nhello\n END\nfalse")
    ),
    "a terminal session has root's prompt before a command": refused(
        **block("console check\n$ echo start\n# false"), reason="'# false' looks like a prompt"
    ),
    "a terminal session has a prompt with a name before a command": refused(
        **block("console check\n$ echo start\nroot@db:~# false"), reason="looks like a prompt"
    ),
    "a terminal session's prompt is indented": refused(
        **block("console check\n$ echo start\n $ false"), reason="looks like a prompt"
    ),
    "a terminal session's prompt has no space": refused(
        **block("console check\n$ echo start\n$false"), reason="looks like a prompt"
    ),
    "a command in a terminal session swallows the next": refused(
        **block("console check\n$ echo start \\\n$ false"), reason="is not ended"
    ),
    "a Python block defines a test that nobody calls": refused(
        **block("python check\ndef test_x():\n    assert False"), reason="nothing to run but definitions"
    ),
    "a block defines a function that nobody calls": refused(
        **block("bash check\nlook() {\n  false\n}"), reason="nothing to run but definitions"
    ),
    "a Python block calls a coroutine that nobody awaits": Trap(
        **block("python check\nasync def main():\n    assert False\nmain()")
    ),
    "an assertion fails in a thread of a Python block": Trap(
        **block(
            "python check\nimport threading\ndef look():\n    assert False\n"
            "thread = threading.Thread(target=look)\nthread.start()\nthread.join()"
        )
    ),
    "a command fails in an assignment that goes on": Trap(**block("bash check\nx=$(false; echo y)")),
    "a block is in a language that nobody runs": refused(**block("zsh check\nfalse"), reason="zsh check"),
    "a block's mark is misspelt": refused(**block("bash Check\nfalse"), reason="bash Check"),
    "a block stands beside its line, not under it": refused(
        **block("bash check\nfalse", beside=True), reason="stands under no task-list line"
    ),
    "a test passes beside the block that fails": refused(
        source='@pytest.mark.check("phase1.test_trap")\ndef test_trap(): pass',
        **block("bash check\nfalse"),
        reason="automated twice",
    ),
    "a hook swallows the failure of a block": Trap(**block("bash check\nfalse", conftest=SWALLOWS)),
    "the command line leads to the tests, and not to the block": missing(
        **block("bash check\nfalse", arguments=("test_beside.py",)), reason="which this run did not collect"
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_block_that_ends_well_has_run_to_its_end(told: str, gate: Gate) -> None:
    """Each of its commands, or it is no pass."""
    spring(TRAPS[told], gate)
