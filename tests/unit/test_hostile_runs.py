"""Runs in which every text is hostile: no format breaks, and none loses a check."""

import json
import xml.etree.ElementTree as ET

import pytest
from hostile import hostile_runs
from hypothesis import given
from jsonschema import Draft202012Validator

from pytest_deploycheck.core.model import Run
from pytest_deploycheck.junit import render as junit
from pytest_deploycheck.pytest_html import board_html
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.report.json import run_schema


@pytest.mark.parametrize("name", RENDERERS)
@given(run=hostile_runs())
def test_every_format_renders_it_twice_alike(name: str, run: Run) -> None:
    """In text that can be written to a file as it is, or with escapes where Unicode ends."""
    text = RENDERERS[name](run)

    assert text == RENDERERS[name](run)
    assert "\0" not in text
    assert text.encode("utf-8", "backslashreplace").decode("utf-8")


@given(run=hostile_runs())
def test_the_json_document_holds_every_check(run: Run) -> None:
    document = json.loads(RENDERERS["json"](run))

    assert [check["id"] for check in document["checks"]] == [result.check.id for result in run.checks]
    if run.release and run.run_id and all(section.title for section in run.sections):
        Draft202012Validator(run_schema()).validate(document)


@given(run=hostile_runs())
def test_junit_is_well_formed_and_red_where_the_gate_is(run: Run) -> None:
    text = junit(run)
    text.encode("utf-8")
    suite = ET.fromstring(text).find("testsuite")

    assert suite is not None
    selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
    cases = [case for case in suite.findall("testcase") if case.get("classname") != "deploycheck"]
    assert len(cases) >= len({result.check.nodeid for result in run.checks if result.check.phase in selected})
    reds = int(suite.get("failures", "")) + int(suite.get("errors", ""))
    assert reds or run.exit_code == 0
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))


@given(run=hostile_runs())
def test_the_board_for_pytest_html_is_markup_of_ours_alone(run: Run) -> None:
    import html5lib

    page = html5lib.parseFragment(board_html(run), namespaceHTMLElements=False)

    assert {element.tag for element in page.iter()} <= {
        *("DOCUMENT_FRAGMENT", "section", "h2", "p", "strong", "ul", "li", "br", "code"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    assert {name for element in page.iter() for name in element.attrib} <= {"scope"}
