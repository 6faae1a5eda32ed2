"""What people see: phases as they open and close, the board, what to do next, and what is accounted for."""

from __future__ import annotations

import shlex

import pytest
from gating import HEAD, Gate

SOURCE = """
@pytest.mark.phase1
@pytest.mark.check("phase1.disk", remediation="free some space", owner="operations")
def test_disk(): assert 0, "no space"
@pytest.mark.phase1
def test_fine(): pass
@pytest.mark.phase2
def test_later(): pass
"""
TITLES = "deploycheck_phases =\n    phase1: Build stability\n    phase2: Shipping\n"


def after(lines: list[str], start: str) -> list[str]:
    """The lines that come after the first that begins so."""
    found = [place for place, line in enumerate(lines) if line.startswith(start)]
    assert found, f"no line begins with {start!r}:\n" + "\n".join(lines)
    return lines[found[0] + 1 :]


def test_a_phase_has_a_line_as_it_opens_and_one_as_it_closes(gate: Gate) -> None:
    """In this order, with title and number of checks, and with verdict and reason."""
    lines = gate(SOURCE, ini=TITLES).stdout.splitlines()

    rest = after(lines, "phase1: Build stability (2 checks)")
    rest = after(rest, "phase1: NO-GO  phase1.disk FAIL: no space")
    rest = after(rest, "phase2: Shipping (1 check)")
    after(rest, "phase2: BLOCKED  phase1 is NO-GO: phase1.disk FAIL: no space")


def test_every_phase_closes_even_one_without_checks_or_without_a_run(gate: Gate) -> None:
    """A phase that never opened has its verdict said too."""
    lines = gate("@pytest.mark.phase2\ndef test_later(): pass", ini=TITLES).stdout.splitlines()

    after(lines, "phase1: INCOMPLETE  it has no checks")


def test_the_board_has_a_row_for_each_phase(gate: Gate) -> None:
    """Phase, verdict, passed of all, and the reason."""
    lines = gate(SOURCE, ini=TITLES).stdout.splitlines()

    board = after(lines, "=========================== deployment checklist: r1")
    assert [line.split() for line in board[:3]] == [
        ["phase", "verdict", "passed", "reason"],
        ["phase1", "NO-GO", "1/2", "phase1.disk", "FAIL:", "no", "space"],
        ["phase2", "BLOCKED", "0/1", "phase1", "is", "NO-GO:", "phase1.disk", "FAIL:", "no", "space"],
    ]


def test_a_phase_that_was_not_selected_is_in_brackets(gate: Gate) -> None:
    """Its verdict is not this run's."""
    seen = gate(SOURCE, "-m", "phase2", "--deploycheck-prerequisites=ignore", ini=TITLES)

    assert "phase1  (INCOMPLETE)" in seen.stdout
    assert "phase2  GO " in seen.stdout
    assert "GO (the release: INCOMPLETE)  3/3 checks accounted for: 1 PASS, 2 NOT_RUN" in seen.stdout


def test_what_to_do_next_is_said_worst_first_with_owner_and_command(gate: Gate) -> None:
    """An error before what waits; nothing about what passed, nor about what is only blocked."""
    seen = gate(
        SOURCE
        + "@pytest.mark.phase1\n@pytest.mark.check('phase1.data', owner='data team')\n"
        + "def test_data():\n    import pytest_deploycheck\n    pytest_deploycheck.inconclusive('too few')\n"
        + "@pytest.mark.phase1\ndef test_skips(): pytest.skip('later')\n"
    )

    lines = [line for line in seen.stdout.splitlines() if line.startswith("next: ")]
    assert [line.split()[1].rstrip(":") for line in lines] == ["phase1.disk", "phase1.test_skips", "phase1.data"]
    assert lines[0] == "next: phase1.disk [operations]: free some space"
    assert "[data team]" in lines[2]


def test_the_printed_command_runs_just_that_check(gate: Gate) -> None:
    """Copied as it stands: same release, same target, one check; and after mending it the phase's command clears it."""
    gate.write(
        {"test_it.py": HEAD + SOURCE.replace("def test_fine(): pass", "def test_fine(): say('fine')"), "app/x": ""}
    )
    options = ("--deploycheck-release=v 1", "--deploycheck-target=popen//chdir=app", "--deploycheck-record=journals")
    seen = gate.run(*options, release="")
    command = after(seen.stdout.splitlines(), "next: phase1.disk")[0].strip()
    words = shlex.split(command)
    assert words[0] == "pytest"
    gate.write({"seen.txt": "", "test_it.py": (gate.path / "test_it.py").read_text().replace("assert 0,", "assert 1,")})

    again = gate.run(*words[1:], release="")

    assert gate.seen() == []
    assert again.status("phase1.disk") == "PASS"
    assert again.json["release"] == "v 1"
    assert again.json["targets"] == ["popen//chdir=app"]
    assert len(list((gate.path / "journals").glob("*/*.jsonl"))) == 2
    assert again.verdict("phase1") == "INCOMPLETE"


@pytest.mark.parametrize(
    "name", ["test_[it]", "test_$HOME", "test it", "test_'quoted'"], ids=["brackets", "dollar", "space", "quote"]
)
def test_the_printed_command_is_quoted_for_the_shell(name: str, gate: Gate) -> None:
    """Parameters may hold anything."""
    seen = gate(f"@pytest.mark.phase1\n@pytest.mark.parametrize('x', [{name!r}])\ndef test_it(x): assert 0\n")
    command = next(line for line in seen.stdout.splitlines() if line.startswith("      pytest -m phase1"))

    again = gate.run(*shlex.split(command)[1:], release="")

    assert again.status(f"phase1.test_it[{name}]") == "FAIL"
    assert again.json["accounted"]["by_status"]["FAIL"] == 1


def test_all_checks_are_accounted_for(gate: Gate) -> None:
    """Of all, with the number of each status."""
    seen = gate(SOURCE)

    assert "NO-GO  3/3 checks accounted for: 1 PASS, 1 FAIL, 1 BLOCKED" in seen.stdout


def test_the_report_s_place_is_said(gate: Gate) -> None:
    """Relative to where the command was typed; not at all when there is none."""
    assert "report: deploycheck-report.html" in gate(SOURCE).stdout
    assert "report: " not in gate.run("--deploycheck-report=").stdout


def test_quiet_keeps_the_board(gate: Gate) -> None:
    """The lines of phases go, the verdict stays."""
    seen = gate(SOURCE, "-q", ini=TITLES)

    assert "phase1: Build stability" not in seen.stdout
    assert "phase1: NO-GO" not in seen.stdout
    assert "phase1  NO-GO " in seen.stdout
    assert "NO-GO  3/3 checks accounted for" in seen.stdout


def test_no_terminal_at_all(gate: Gate) -> None:
    """The gate works, and is silent."""
    seen = gate(SOURCE, "-p", "no:terminal")

    assert seen.ret == 1
    assert seen.stdout.strip() == ""
    assert seen.verdict("phase1") == "NO-GO"


def test_no_summary_and_no_header(gate: Gate) -> None:
    """pytest's switches for its own sections leave the verdict standing."""
    seen = gate(SOURCE, "--no-summary", "--no-header", "--tb=no")

    assert seen.ret == 1
    assert "NO-GO  3/3 checks accounted for" in seen.stdout


LETTERS = """
from pytest_deploycheck import inconclusive, not_applicable
@pytest.mark.phase1
def test_inconclusive(): inconclusive("too few")
@pytest.mark.phase1
def test_not_applicable(): not_applicable("no cache")
@pytest.mark.phase1
def test_fails(): assert 0
@pytest.mark.phase1
def test_skips(): pytest.skip("later")
@pytest.mark.phase2
def test_blocked(): pass
"""


def test_each_end_has_its_word(gate: Gate) -> None:
    """With -v."""
    seen = gate(LETTERS, "-v")

    for name, word in (
        ("inconclusive", "INCONCLUSIVE"),
        ("not_applicable", "NOT APPLICABLE"),
        ("fails", "FAILED"),
        ("skips", "SKIPPED"),
        ("blocked", "BLOCKED"),
    ):
        assert f"test_it.py::test_{name} {word}" in seen.stdout


def test_a_pending_line_has_its_letter_and_word(gate: Gate) -> None:
    """It is no skip."""
    gate.write({}, checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] Told them\n")

    assert "checklist.md P" in gate.run().stdout
    seen = gate.run("-v")
    assert "PENDING" in seen.stdout
    assert "1 pending in" in seen.stdout


def test_a_run_that_stops_at_once_still_has_its_board(gate: Gate) -> None:
    """Interrupted: every check is named in the count."""
    seen = gate("@pytest.mark.phase1\ndef test_it(): raise KeyboardInterrupt\n" + SOURCE)

    assert "4/4 checks accounted for" in seen.stdout
    assert "deployment checklist: r1" in seen.stdout


def test_ten_next_lines_are_enough(gate: Gate) -> None:
    """The rest is in the report, and said to be there."""
    seen = gate("@pytest.mark.phase1\n@pytest.mark.parametrize('n', range(12))\ndef test_it(n): assert 0\n")

    assert seen.stdout.count("next: ") == 10
    assert "and 2 more in the report" in seen.stdout


def test_a_reason_of_many_lines_is_one_on_the_board(gate: Gate) -> None:
    """A table stays a table."""
    seen = gate("@pytest.mark.phase1\ndef test_it(): assert 0, 'first\\nsecond\\nthird'\n")

    [row] = [line for line in seen.stdout.splitlines() if line.startswith("phase1  NO-GO")]
    assert row.endswith("phase1.test_it FAIL: first; second; third")
