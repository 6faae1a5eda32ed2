"""Our hooks for conftests and other plugins: what they can add, and that they cannot make anything better."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from gating import Gate, Outcome

from pytest_deploycheck.cli import main

GREEN = "@pytest.mark.phase1\ndef test_a(): pass\n@pytest.mark.phase2\ndef test_b(): pass\n"
XDIST = ("-p", "xdist", "-n1")
PAGE = Path(__file__).parents[2].joinpath("docs", "hooks.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(gate: Gate, conftest: str, *arguments: str, source: str = GREEN) -> Outcome:
    return gate(source, *arguments, files={"conftest.py": conftest})


@pytest.fixture(params=[(), XDIST], ids=["alone", "across"])
def ways(request: pytest.FixtureRequest) -> tuple[str, ...]:
    way: tuple[str, ...] = request.param
    return way


def test_the_page_has_an_example_of_each_hook() -> None:
    names = re.findall(r"^def (pytest_deploycheck_\w+)", "\n".join(EXAMPLES), re.MULTILINE)

    assert names == ["pytest_deploycheck_evidence", "pytest_deploycheck_phase_verdict", "pytest_deploycheck_section"]


def test_the_examples_of_the_page_work(gate: Gate, ways: tuple[str, ...]) -> None:
    seen = run(gate, "\n".join(EXAMPLES), *ways, source=GREEN.replace("b(): pass", "b(): assert 0"))

    assert seen.ret == 1
    assert [row["name"] for row in seen.check("phase1.test_a")["measurements"]] == ["load of this machine"]
    assert (gate.path / "pager.txt").read_text("utf-8").startswith("r1: phase2 is NO-GO: phase2.test_b FAIL: assert 0")
    assert seen.json["sections"] == [
        {
            "title": "On call tonight",
            "text": "",
            "columns": ["team", "person"],
            "rows": [["sre", "ann@example.org"], ["database", "bob@example.org"]],
        }
    ]
    assert seen.json["notes"] == []


# -- evidence ----------------------------------------------------------------------------------------------------------

EVIDENCE = "def pytest_deploycheck_evidence(item, evidence):\n    {}\n"


def test_evidence_that_was_lost_is_never_go(gate: Gate, ways: tuple[str, ...]) -> None:
    """pytest says so too: the exit code of both is that of a failure."""
    seen = run(gate, EVIDENCE.format("raise OSError('no disk')"), *ways)

    assert seen.ret == 1
    assert seen.status("phase1.test_a") == "ERROR"
    assert "pytest_deploycheck_evidence failed: OSError: no disk" in seen.check("phase1.test_a")["reason"]
    assert seen.verdict("phase2") == "BLOCKED"
    assert "1 failed" in seen.stdout


def test_a_limit_that_is_broken_there_fails_the_check(gate: Gate) -> None:
    seen = run(gate, EVIDENCE.format("evidence.measure('load', 9, max=1)"))

    assert (seen.status("phase1.test_a"), seen.ret) == ("FAIL", 1)
    assert seen.check("phase1.test_a")["reason"] == "load = 9 (max 1) breaks its limit"


@pytest.mark.parametrize(
    ("body", "status"),
    [("assert 0, 'its own'", "FAIL"), ("pytest.skip('its own')", "SKIPPED"), ("raise KeyError('its own')", "ERROR")],
)
def test_a_check_that_did_not_pass_keeps_its_own_reason(gate: Gate, body: str, status: str) -> None:
    """With the evidence, or with the word that some is lost."""
    source = f"@pytest.mark.phase1\ndef test_a(): {body}\n"
    seen = run(gate, EVIDENCE.format("evidence.text('seen', 'by others'); raise OSError('no disk')"), source=source)
    check = seen.check("phase1.test_a")

    assert check["status"] == status
    assert "its own" in check["reason"]
    texts = {item["name"]: item["text"] for item in check["evidence"]}
    assert texts["seen"] == "by others"
    assert texts["lost evidence"] == "pytest_deploycheck_evidence failed: OSError: no disk"


def test_fixtures_still_stand_and_only_executed_checks_are_asked(gate: Gate) -> None:
    conftest = """
def pytest_deploycheck_evidence(item, evidence):
    evidence.text("server", item.funcargs["server"][0])
    with open("asked.txt", "a") as file:
        file.write(item.name + " ")
"""
    source = """
@pytest.fixture
def server():
    state = ["up"]
    yield state
    state[0] = "down"
@pytest.mark.phase1
def test_a(server): assert 0
@pytest.mark.phase2
def test_blocked(server): pass
def test_of_no_phase(server): pass
"""
    seen = run(gate, conftest, source=source)

    assert (gate.path / "asked.txt").read_text() == "test_a "
    assert [item["text"] for item in seen.check("phase1.test_a")["evidence"] if item["name"] == "server"] == ["up"]


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_everybody_is_told_of_each_phase_once_and_in_order(gate: Gate, ways: tuple[str, ...]) -> None:
    """Before the next phase opens; one that is blocked has its verdict too."""
    conftest = """
def pytest_deploycheck_phase_verdict(phase, release):
    with open("told.txt", "a") as file:
        file.write(f"{release} {phase.phase.marker} {phase.verdict} {phase.cause.id if phase.cause else '-'}\\n")
"""
    run(gate, conftest, *ways, source=GREEN.replace("a(): pass", "a(): assert 0"))

    assert (gate.path / "told.txt").read_text().splitlines() == [
        "r1 phase1 NO-GO phase1.test_a",
        "r1 phase2 BLOCKED phase2.test_b",
    ]


@pytest.mark.parametrize(
    "mistake", ["raise OSError('no network')", "pytest.fail('no network')", "pytest.skip('no network')"]
)
def test_a_guest_that_fails_is_a_note_and_the_verdict_stays(gate: Gate, mistake: str) -> None:
    """In the record, and so in every report; and the next guest is told all the same."""
    failing = f"import pytest\ndef pytest_deploycheck_phase_verdict(phase): {mistake}\n"
    fine = """
def pytest_deploycheck_phase_verdict(phase):
    with open("told.txt", "a") as file:
        file.write(phase.verdict)
"""
    gate.write({"failing.py": failing, "fine.py": fine})
    seen = run(gate, "pytest_plugins = ['failing', 'fine']\n")

    assert (seen.ret, seen.json["verdict"]) == (0, "GO")
    assert (gate.path / "told.txt").read_text() == "GOGO"
    assert len(seen.json["notes"]) == 2
    assert re.fullmatch(r"failing did not take the verdict on phase1: \w+: no network", seen.json["notes"][0])
    assert seen.json["notes"][0] in seen.stdout
    assert "failing did not take the verdict" in (gate.path / "deploycheck-report.html").read_text("utf-8")
    again = CliRunner().invoke(main, ["report", "--format", "json"])
    assert json.loads(again.stdout)["notes"] == seen.json["notes"]


def test_a_guest_that_ends_the_session_leaves_no_go(gate: Gate) -> None:
    seen = run(gate, "import pytest\ndef pytest_deploycheck_phase_verdict(): pytest.exit('enough', returncode=0)\n")

    assert seen.ret not in (0, 5)


# -- sections ----------------------------------------------------------------------------------------------------------

SECTION = "def pytest_deploycheck_section(run):\n    return {}\n"


def test_a_section_stands_in_every_report_and_in_those_made_again(gate: Gate, ways: tuple[str, ...]) -> None:
    """As text, whatever it holds."""
    answer = (
        "[{'title': 'Told <b>by</b> us', 'text': 'one\\n<script>two</script>'}, {'title': 'T', 'rows': [(1, None)]}]"
    )
    seen = run(gate, SECTION.format(answer), "--deploycheck-summary=summary.md", *ways)

    assert seen.ret == 0
    assert [row["title"] for row in seen.json["sections"]] == ["Told <b>by</b> us", "T"]
    assert seen.json["sections"][1]["rows"] == [["1", "None"]]
    summary = (gate.path / "summary.md").read_text("utf-8")
    assert "### Told &#60;b&#62;by&#60;/b&#62; us (added)" in summary
    assert "<code>&#60;script&#62;two&#60;/script&#62;</code>" in summary
    again = CliRunner().invoke(main, ["report", "--format", "md"])
    assert again.stdout == summary


def test_the_run_that_is_handed_out_is_the_one_that_ends(gate: Gate) -> None:
    answer = "{'title': 'seen', 'text': f'{run.verdict} {run.release} {len(run.checks)} {run.exit_code}'}"
    seen = run(gate, SECTION.format(answer), source=GREEN.replace("b(): pass", "b(): assert 0"))

    assert seen.json["sections"][0]["text"] == "NO-GO r1 2 1"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("7", "TypeError: 'int' object is not iterable"),
        ("'words'", "TypeError: a section is a mapping with a title, and a text or rows; this is str"),
        ("{'text': 'no title'}", "ValueError: a section needs a title"),
        ("{'title': 'x', 'html': '<b>'}", "ValueError: a section has no html; it has columns, rows, text, title"),
        ("{'title': 'x', 'rows': 'abc'}", "TypeError: 'a' is no row of cells"),
        ("{'title': 'x', 'columns': ['a'], 'rows': [[1, 2]]}", "ValueError: the rows of 'x' are not of one width"),
        ("{'title': 'x', 'text': 'x' * 200_000}", "ValueError: 'x' is too long for a report"),
    ],
)
def test_what_is_no_section_is_a_note(gate: Gate, answer: str, said: str) -> None:
    seen = run(gate, SECTION.format(answer))

    assert seen.ret == 0
    assert seen.json["sections"] == []
    assert len(seen.json["notes"]) == 1
    assert seen.json["notes"][0].startswith(f"a section by conftest.py is missing: {said}")


def test_secrets_are_taken_out_of_sections_and_notes(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_TOKEN", "hunter2hunter2")
    conftest = SECTION.format("{'title': 'hunter2hunter2', 'rows': [['hunter2hunter2']]}")
    seen = run(gate, f"{conftest}def pytest_deploycheck_phase_verdict(): raise OSError('hunter2hunter2')\n")

    assert seen.json["sections"][0]["rows"] == [["[redacted:PAGER_TOKEN]"]]
    assert "hunter2" not in json.dumps(seen.json)
    for path in gate.path.rglob("*"):
        if path.suffix in (".jsonl", ".html", ".json"):
            assert "hunter2hunter2" not in path.read_text("utf-8"), path


def test_a_hook_of_an_unknown_name_or_argument_is_refused(gate: Gate) -> None:
    """By pytest, at once: a misspelt hook would never be called."""
    seen = gate(GREEN, files={"conftest.py": "def pytest_deploycheck_section(report): pass\n"}, process=True)

    assert seen.ret != 0
    assert "report" in seen.stderr + seen.stdout
