"""All the other plugins at once, as they are found by pytest itself."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from befriending import OURS, Table, assert_gated, assert_green, installed, three_phases
from compatibility import friends

INI = "asyncio_default_fixture_loop_scope = function"
ARGUMENTS = (
    "--html=report.html",
    "--json-report",
    "--json-report-file=report.json",
    "--alluredir=results",
    "--report-log=log.jsonl",
    "--junitxml=junit.xml",
    "--timeout=60",
    "--reruns=1",
    "--randomly-seed=7",
)


@pytest.fixture
def crowd(tmp_path: Path) -> Table:
    """A checklist among everything that is installed."""
    if missing := [friend.name for friend in friends() if not friend.version]:
        pytest.skip(f"not installed here: {', '.join(missing)}; install the extra 'compat'")
    return Table(tmp_path, sorted(installed() - {OURS}), "autoload")


def test_the_gate_holds_in_a_crowd(crowd: Table) -> None:
    """And every report is there and well-formed."""
    outcome = crowd(three_phases("assert 0"), *ARGUMENTS, ini=INI)

    assert_gated(outcome)
    assert outcome.seen == ("first", "second", "second")
    rows = json.loads((crowd.path / "report.json").read_text("utf-8"))["tests"]
    assert {row["nodeid"].rpartition("::")[2]: row["outcome"] for row in rows}["test_third"] == "blocked"
    cases = {case.get("name"): case for case in ET.parse(crowd.path / "junit.xml").iter("testcase")}
    assert set(cases) == {"test_first", "test_second", "test_third", "phase2", "phase3"}
    assert cases["test_third"].find("skipped") is not None
    assert len(list((crowd.path / "results").glob("*-result.json"))) >= 3
    assert (crowd.path / "report.html").is_file()


def test_all_green_in_a_crowd(crowd: Table) -> None:
    """Every phase is GO."""
    assert_green(crowd(three_phases("pass"), *ARGUMENTS, ini=INI))
