"""pytest-bdd: a scenario is a check, its tags are marks, and a step that fails or is missing is no pass."""

from __future__ import annotations

import json

import pytest
from befriending import Friend, Outcome, Table, assert_gated, assert_green

FRIEND = Friend(
    name="pytest-bdd",
    plugins=("pytest-bdd",),
    works="Scenarios as checks: a tag `@phase2` puts one into its phase, bound by `scenarios()` or `@scenario`.",
    know="What a step returns is dropped, so a `then` must assert. A missing step is ERROR.",
)
FEATURE = """
Feature: Launch
    @phase3
    Scenario: Third
        When third is looked at

    @phase2
    Scenario: Second
        Given a disk
        When second is looked at
        Then there is space

    @phase1
    Scenario: First
        When first is looked at
"""
STEPS = """
from pytest_bdd import given, parsers, scenario, scenarios, then, when
BIND

@given("a disk", target_fixture="disk")
def _(): return "full"

@when(parsers.parse("{word} is looked at"))
def _(word): say(word)

@then("there is space")
THEN
"""
BINDINGS = {
    "scenarios": "scenarios('launch.feature')",
    "scenario": "\n".join(
        f"@scenario('launch.feature', '{name.title()}')\ndef test_{name}(): pass\n"
        for name in ("third", "second", "first")
    ),
}
FAILS = "def _(disk): assert disk == 'empty', 'no space'"


def run(table: Table, then: str, *arguments: str, bind: str = "scenarios", feature: str = FEATURE) -> Outcome:
    source = STEPS.replace("BIND", BINDINGS[bind]).replace("THEN", then)
    return table(source, *arguments, files={"launch.feature": feature})


@pytest.mark.parametrize("bind", BINDINGS)
def test_a_step_that_fails(bind: str, table: Table) -> None:
    """The scenario's tag is its phase, whichever way it is bound; Gherkin's own report says what happened."""
    outcome = run(table, FAILS, "--cucumber-json=cucumber.json", bind=bind)

    assert_gated(outcome)
    assert "no space" in outcome.reason("phase2.test_second")
    [feature] = json.loads((table.path / "cucumber.json").read_text("utf-8"))
    steps = {
        scenario["name"]: [step["result"]["status"] for step in scenario["steps"]] for scenario in feature["elements"]
    }
    assert steps == {"First": ["passed"], "Second": ["passed", "passed", "failed"]} | {
        name: found for name, found in steps.items() if name == "Third"
    }
    assert "passed" not in steps.get("Third", [])


def test_a_step_that_is_missing(table: Table) -> None:
    """Nobody wrote the last step of the second scenario."""
    feature = FEATURE.replace("Then there is space", "Then there is a miracle")

    assert_gated(run(table, "def _(): pass", feature=feature), status="ERROR")


def test_a_step_that_nobody_awaits(table: Table) -> None:
    """An async step, which pytest-bdd calls and does not await."""
    assert_gated(run(table, "async def _(): assert 0"), status="ERROR")


def test_a_scenario_that_is_skipped(table: Table) -> None:
    """By its tag: no evidence."""
    outcome = run(table, "def _(): pass", feature=FEATURE.replace("@phase2", "@phase2 @skip"))

    assert_gated(outcome, status="SKIPPED", verdict="INCOMPLETE", ret=11)


def test_a_scenario_without_steps_is_what_it_is(table: Table) -> None:
    """It passes under pytest-bdd; so does an empty test function."""
    feature = (
        FEATURE.partition("        Given a disk")[0]
        + "\n    @phase1\n    Scenario: First\n        When first is looked at\n"
    )
    outcome = run(table, "def _(): pass", feature=feature)

    assert outcome.statuses()["phase2.test_second"] == "PASS"


def test_the_gherkin_reporter_and_the_board(table: Table) -> None:
    """Its terminal reporter shows scenarios, ours the board; the blocked one is not said to have passed."""
    outcome = run(table, FAILS, "--gherkin-terminal-reporter", "-v")

    assert_gated(outcome)
    assert "deployment checklist: r1" in outcome.stdout
    assert "1 blocked" in outcome.stdout


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(run(table, "def _(disk): assert disk == 'full'"))
