"""Blocks under a line that run: on the target, judged by their exit status, under the gate like any test."""

from __future__ import annotations

import re
from textwrap import indent

import pytest
from gating import Gate, Outcome

HEAD = "# One <!-- deploycheck: phase=phase1 -->\n\n"
#: Leaves a trace of having run.
RAN = "echo ran >> seen.txt"


def line(*fences: str, name: str = "It runs", comment: str = "") -> str:
    """A task line with blocks under it; a fence is its info string and its code."""
    comment = f" <!-- deploycheck: {comment} -->" if comment else ""
    blocks = "".join(indent(f"```{fence}\n```\n\n", "  ") for fence in fences)
    return f"- [ ] {name}{comment}\n\n{blocks}"


def run(gate: Gate, *lines: str, ini: str = "", arguments: tuple[str, ...] = ()) -> Outcome:
    """Run a checklist of one phase with these lines."""
    gate.write({}, checklist=HEAD + "".join(lines), ini=ini)
    return gate.run(*arguments)


@pytest.mark.parametrize(
    "fence",
    [
        f"bash check\n{RAN}",
        f"sh check\n{RAN}",
        f"console check\n$ {RAN}\nno output is compared",
        "python check\nwith open('seen.txt', 'a') as file:\n    file.write('ran\\n')",
        f"bash check\nset -o | grep -q 'pipefail.*on'\n{RAN}",
    ],
)
def test_a_block_that_ends_well_passes_its_line(fence: str, gate: Gate) -> None:
    """Its output is evidence; the check is an automated one."""
    seen = run(gate, line(fence))

    row = seen.check("phase1.it-runs")
    assert (row["status"], row["kind"]) == ("PASS", "automated")
    assert row["nodeid"] == "checklist.md::phase1.it-runs"
    assert row["evidence"][0]["name"] == f"{fence.split(maxsplit=1)[0]} block at checklist.md:5"
    assert "[exit 0, " in row["evidence"][0]["text"]
    assert gate.seen() == ["ran"]
    assert (seen.verdict("phase1"), seen.ret) == ("GO", 0)


@pytest.mark.parametrize(
    ("fence", "status", "reason"),
    [
        ("bash check\necho one\nexit 3", "FAIL", "exit status 3 of the bash block at checklist.md:5: one"),
        ("bash check\nfalse\ntrue", "FAIL", "exit status 1 of the bash block at checklist.md:5, which said nothing"),
        ("bash check\nfalse | true", "FAIL", "exit status 1"),
        ("bash check\necho $nothing", "FAIL", "nothing: unbound variable"),
        ("sh check\nfalse\ntrue", "FAIL", "exit status 1 of the sh block"),
        ("console check\n$ false\n$ true", "FAIL", "exit status 1 of the console block"),
        ("python check\nassert 1 == 2, 'no'", "FAIL", "AssertionError: no"),
        ("python check\nimport nothing_like_it", "FAIL", "ModuleNotFoundError"),
        ("bash check\nif then", "FAIL", "syntax error"),
        ("bash check\nseq 9 >&2; exit 1", "FAIL", "7 | 8 | 9"),
    ],
)
def test_another_end_fails_it_with_the_last_words(fence: str, status: str, reason: str, gate: Gate) -> None:
    """The report and pytest say the same."""
    seen = run(gate, line(fence))

    row = seen.check("phase1.it-runs")
    assert row["status"] == status
    assert reason in row["reason"]
    assert "\n" not in row["reason"]
    assert "commands.py" not in seen.stdout
    assert (seen.verdict("phase1"), seen.ret) == ("NO-GO", 1)


@pytest.mark.parametrize(
    ("info", "comment"), [("bash check timeout=300ms", ""), ("bash check", "timeout=300ms")], ids=["block", "line"]
)
def test_a_block_that_does_not_end_is_killed(info: str, comment: str, gate: Gate) -> None:
    """Nobody knows how it would have ended: an ERROR; what it said until then is evidence."""
    seen = run(gate, line(f"{info}\necho begun\nsleep 30", comment=comment))

    row = seen.check("phase1.it-runs")
    assert row["status"] == "ERROR"
    assert "the bash block at checklist.md:5: " in row["reason"]
    assert "did not end within 0.3 s and was killed" in row["reason"]
    assert "begun" in row["evidence"][0]["text"]
    assert seen.ret == 1


def test_a_block_that_another_plugin_breaks_off_does_not_answer_for_the_next(gate: Gate) -> None:
    """What is late belongs to nobody."""
    lines = [line("bash check\nsleep 2", name="Late"), line("bash check\nexit 1", name="Next")]
    seen = run(gate, *lines, arguments=("-p", "timeout", "--timeout=0.5"))

    assert [row["status"] for row in seen.json["checks"]] == ["ERROR", "FAIL"]
    assert "exit status 1" in seen.check("phase1.next")["reason"]


def test_a_language_that_is_not_there_is_an_error(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check could not be evaluated."""
    gate.write({}, checklist=HEAD + line("bash check\ntrue"), ini="deploycheck_target = popen//env:PATH=/nowhere")

    seen = gate.run()

    assert seen.status("phase1.it-runs") == "ERROR"
    assert "bash cannot be run on the target" in seen.check("phase1.it-runs")["reason"]


def test_several_blocks_run_in_order_up_to_the_first_that_fails(gate: Gate) -> None:
    """Each with its own evidence."""
    fences = (
        "bash check\necho a >> seen.txt",
        "text\nnot run",
        "sh check\necho b >> seen.txt; exit 1",
        f"bash check\n{RAN}",
    )
    seen = run(gate, line(*fences))

    assert gate.seen() == ["a", "b"]
    assert "the sh block at checklist.md:13" in seen.check("phase1.it-runs")["reason"]
    names = [piece["name"] for piece in seen.check("phase1.it-runs")["evidence"]]
    assert names[:2] == ["bash block at checklist.md:5", "sh block at checklist.md:13"]


@pytest.mark.parametrize("info", ["", "bash", "sh", "console", "python", "checks"])
def test_a_block_that_is_not_marked_is_shown_and_not_run(info: str, gate: Gate) -> None:
    """A person judges the line, and reads it."""
    seen = run(gate, line(f"{info}\n{RAN}"))

    assert seen.status("phase1.it-runs") == "PENDING"
    assert gate.seen() == []
    assert seen.ret == 10


def test_what_could_keep_a_shell_from_running_its_commands_is_taken_away(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With these in the environment every block would end with 0."""
    (gate.path / "leave.sh").write_text("exit 0\n")
    monkeypatch.setenv("BASH_ENV", str(gate.path / "leave.sh"))
    monkeypatch.setenv("SHELLOPTS", "noexec")
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")

    seen = run(gate, line("bash check\nfalse"), line("python check\nassert False", name="Other"))

    assert [seen.status("phase1.it-runs"), seen.status("phase1.other")] == ["FAIL", "FAIL"]


def test_a_blocked_block_does_not_run(gate: Gate) -> None:
    """Like a test's, its phase has to be open."""
    later = "# Two <!-- deploycheck: phase=phase2 -->\n\n" + line(f"bash check\n{RAN}", name="Later")
    seen = run(gate, line("bash check\nfalse"), later)

    assert seen.status("phase2.later") == "BLOCKED"
    assert gate.seen() == []


def test_a_block_that_changes_the_target_asks_for_go(gate: Gate) -> None:
    """HOLD opens the next phase for the others, not for what is marked as mutating."""
    later = "# Two <!-- deploycheck: phase=phase2 -->\n\n"
    later += line(f"bash check\n{RAN}", name="Changes", comment="mutating=yes") + line("bash check\ntrue", name="Looks")
    seen = run(gate, "- [ ] A person's\n", later)

    assert (seen.status("phase2.changes"), seen.status("phase2.looks")) == ("BLOCKED", "PASS")
    assert gate.seen() == []


def test_a_block_runs_on_the_target(gate: Gate) -> None:
    """In its folder; with its interpreter."""
    (gate.path / "there").mkdir()
    where = "python check\nimport os, sys\nassert os.path.basename(os.getcwd()) == 'there'\nassert os.environ['MARK'] == 'x'"
    target = "deploycheck_target = popen//chdir=there//env:MARK=x"

    assert run(gate, line(where), line("bash check\ntest $MARK = x", name="Shell"), ini=target).ret == 0


def test_with_several_targets_it_runs_on_each(gate: Gate) -> None:
    """One check for each; the worst decides."""
    targets = "deploycheck_target =\n    popen//env:MARK=a\n    popen//env:MARK=b"
    seen = run(gate, line("bash check\ntest $MARK = a"), ini=targets)

    statuses = {row["target"]: row["status"] for row in seen.json["checks"]}
    assert statuses == {"popen//env:MARK=a": "PASS", "popen//env:MARK=b": "FAIL"}
    assert seen.verdict("phase1") == "NO-GO"

    one = gate.run("checklist.md::phase1.it-runs[target0]")
    assert [row["status"] for row in one.json["checks"]] == ["PASS", "NOT_RUN"]
    assert one.ret == 11


def test_a_block_that_was_not_collected_is_missed(gate: Gate) -> None:
    """A command line that names other files runs no block of the document."""
    gate.write(
        {
            "test_it.py": "import pytest\n@pytest.mark.phase1\n@pytest.mark.check('phase1.by-test')\ndef test_it(): pass\n"
        },
        checklist=HEAD + "- [ ] By test\n" + line(f"bash check\n{RAN}"),
    )

    seen = gate.run("test_it.py")

    row = seen.check("phase1.it-runs")
    assert (row["status"], row["kind"]) == ("NOT_RUN", "automated")
    assert "its block at checklist.md:6, which this run did not collect; name checklist.md" in row["reason"]
    assert gate.seen() == []
    assert gate.run().ret == 0


def test_a_line_is_not_automated_twice(gate: Gate) -> None:
    """By a test and by a block: nobody could say which of them judges."""
    test = "import pytest\n@pytest.mark.phase1\n@pytest.mark.check('phase1.it-runs')\ndef test_it(): pass\n"
    gate.write({"test_it.py": test}, checklist=HEAD + line(f"bash check\n{RAN}"))

    seen = gate.run()

    assert seen.ret == 4
    assert (
        "test_it.py:2: 'phase1.it-runs' is automated twice: by this test, and by the block at checklist.md:5"
        in seen.stderr
    )
    assert gate.seen() == []


@pytest.mark.parametrize("arguments", [("-k", "nothing"), ("--deselect", "checklist.md::phase1.it-runs")])
def test_a_block_that_is_deselected_is_not_run(arguments: tuple[str, ...], gate: Gate) -> None:
    """It stays in the denominator."""
    seen = run(gate, line(f"bash check\n{RAN}"), arguments=arguments)

    assert seen.status("phase1.it-runs") == "NOT_RUN"
    assert gate.seen() == []
    assert seen.ret != 0


def test_workers_run_blocks_too(gate: Gate) -> None:
    """With the same statuses as alone."""
    lines = [line("bash check\necho $$", name=f"Number {n}") for n in range(4)]
    seen = run(gate, *lines, line("bash check\nexit 2", name="Fails"), arguments=("-p", "xdist", "-n2"))

    assert [row["status"] for row in seen.json["checks"]] == ["PASS"] * 4 + ["FAIL"]
    assert re.search(r"exit status 2 of the bash block", seen.check("phase1.fails")["reason"])
    assert seen.check("phase1.number-0")["evidence"]
    assert seen.ret == 1
