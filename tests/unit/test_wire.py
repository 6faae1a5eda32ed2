"""The one shape of stored data: what goes out comes back, and nothing unknown comes in."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from builders import (
    NOON,
    checks,
    evidence,
    green_outcomes,
    make_check,
    make_phase,
    make_result,
    make_run,
    measurements,
    moments,
    outcomes,
    texts,
    words,
)
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.model import Check, CheckResult, Evidence, Flag, Measurement, Phase, Severity, Status
from pytest_deploycheck.report.json import plan_to_json, render, run_schema

results = st.builds(
    CheckResult,
    check=checks,
    status=st.sampled_from(Status),
    reason=texts,
    flags=st.lists(st.sampled_from(Flag), unique=True).map(tuple),
    duration_s=st.integers(0, 10**9).map(lambda micros: micros / 1e6),
    finished=st.none() | moments,
    measurements=st.lists(measurements, max_size=2).map(tuple),
    evidence=st.lists(evidence, max_size=2).map(tuple),
    carried_from=texts,
)


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data, allow_nan=False))


# -- round trips -------------------------------------------------------------------------------------------------------


@given(checks)
def test_a_check_comes_back_as_it_went(check: Check) -> None:
    assert wire.check_from_wire(through_json(wire.check_to_wire(check))) == check


@given(st.builds(Phase, marker=words, title=texts, selected=st.booleans()))
def test_a_phase_comes_back_as_it_went(phase: Phase) -> None:
    assert wire.phase_from_wire(through_json(wire.phase_to_wire(phase))) == phase


@given(results)
def test_a_result_comes_back_as_it_went(result: CheckResult) -> None:
    data = through_json(wire.result_to_wire(result))
    assert wire.result_from_wire(data, {result.check.key: result.check}) == result


@given(st.none() | moments)
def test_a_moment_comes_back_as_it_went(moment: datetime | None) -> None:
    assert wire.time_from_wire(wire.time_to_wire(moment)) == moment


def test_a_moment_of_another_zone_stays_the_same_moment() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    back = wire.time_from_wire(wire.time_to_wire(there))
    assert back == NOON


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        wire.time_from_wire("2026-01-02T12:00:00")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_stays_one_that_keeps_no_limit(value: float) -> None:
    result = make_result("FAIL", measurements=(Measurement(name="m", value=value, min=0, max=1),))
    back = wire.result_from_wire(through_json(wire.result_to_wire(result)), {result.check.key: result.check})
    assert not back.measurements[0].within


@pytest.mark.parametrize(("low", "high"), [(None, math.inf), (-math.inf, None), (-math.inf, math.inf)])
def test_a_limit_without_end_can_be_stored(low: float | None, high: float | None) -> None:
    result = make_result(measurements=(Measurement(name="m", value=1.0, min=low, max=high),))
    back = wire.result_from_wire(through_json(wire.result_to_wire(result)), {result.check.key: result.check})
    assert back.measurements[0].within


def test_what_is_empty_is_left_out_of_a_result() -> None:
    assert wire.result_to_wire(make_result()) == {
        "check": "phase1.a",
        "status": "PASS",
        "duration_s": 0.25,
        "finished": "2026-01-02T12:00:00+00:00",
    }


# -- readers refuse ----------------------------------------------------------------------------------------------------

REFUSALS = (TypeError, ValueError, KeyError)


def test_an_unknown_key_is_refused_everywhere() -> None:
    check = make_check()
    row = wire.result_to_wire(
        make_result(
            measurements=(Measurement(name="m", value=1.0),), evidence=(Evidence(kind="text", name="n", text="t"),)
        )
    )
    known = {check.key: check}
    assert wire.result_from_wire(row, known).status is Status.PASS
    for changed in (
        {**row, "since_2": 1},
        {**row, "measurements": [{**row["measurements"][0], "since_2": 1}]},
        {**row, "evidence": [{**row["evidence"][0], "since_2": 1}]},
    ):
        with pytest.raises(REFUSALS):
            wire.result_from_wire(changed, known)
    with pytest.raises(REFUSALS):
        wire.check_from_wire({**wire.check_to_wire(check), "since_2": 1})
    with pytest.raises(REFUSALS):
        wire.phase_from_wire({**wire.phase_to_wire(make_phase()), "since_2": 1})


@pytest.mark.parametrize("key", sorted(wire.check_to_wire(make_check())))
def test_a_check_that_lacks_a_key_is_refused(key: str) -> None:
    data = wire.check_to_wire(make_check(mutating=True))
    del data[key]
    with pytest.raises(REFUSALS):
        wire.check_from_wire(data)


@pytest.mark.parametrize("key", sorted(wire.phase_to_wire(make_phase())))
def test_a_phase_that_lacks_a_key_is_refused(key: str) -> None:
    data = wire.phase_to_wire(make_phase(selected=False))
    del data[key]
    with pytest.raises(REFUSALS):
        wire.phase_from_wire(data)


@pytest.mark.parametrize("key", sorted(wire.result_to_wire(make_result())))
def test_a_result_that_lacks_a_key_is_refused(key: str) -> None:
    result = make_result()
    data = wire.result_to_wire(result)
    del data[key]
    with pytest.raises(REFUSALS):
        wire.result_from_wire(data, {result.check.key: result.check})


@pytest.mark.parametrize(
    ("key", "value"), [("kind", "robot"), ("severity", "fatal"), ("rollback", "maybe"), ("valid_s", "long")]
)
def test_an_unknown_word_in_a_check_is_refused(key: str, value: str) -> None:
    with pytest.raises(REFUSALS):
        wire.check_from_wire({**wire.check_to_wire(make_check()), key: value})


@pytest.mark.parametrize(("key", "value"), [("status", "OK"), ("status", "pass"), ("flags", ["fine"])])
def test_an_unknown_word_in_a_result_is_refused(key: str, value: object) -> None:
    result = make_result()
    with pytest.raises(ValueError, match="is not a valid"):
        wire.result_from_wire({**wire.result_to_wire(result), key: value}, {result.check.key: result.check})


def test_a_result_of_an_unknown_check_is_refused() -> None:
    with pytest.raises(KeyError):
        wire.result_from_wire(wire.result_to_wire(make_result()), {})


# -- the run document --------------------------------------------------------------------------------------------------


def document(*rows: CheckResult, **start: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render(make_run(list(rows), **start)))
    return data


def complaints(data: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(run_schema()).iter_errors(data)]


def test_the_shipped_schema_is_a_schema() -> None:
    schema = run_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@given(rows=outcomes() | green_outcomes(), closed=st.booleans(), targets=st.sampled_from([[], ["popen"]]))
def test_every_run_validates_against_the_shipped_schema(
    *, rows: list[CheckResult], closed: bool, targets: list[str]
) -> None:
    run = make_run(rows, phases=[make_phase()], closed=closed, targets=targets)
    assert complaints(json.loads(render(run))) == []


@given(results)
def test_every_result_validates_against_the_shipped_schema(result: CheckResult) -> None:
    plain = replace(result, check=replace(result.check, phase="phase1"))
    assert complaints(document(plain)) == []


@pytest.mark.parametrize(
    "key",
    [
        "schema",
        "release",
        "run_id",
        "started",
        "finished",
        "verdict",
        "selected_verdict",
        "exit_code",
        "phases",
        "checks",
        "accounted",
        "environment",
    ],
)
def test_the_document_has_every_key_of_the_contract_and_the_schema_misses_it(key: str) -> None:
    data = document(make_result())
    del data[key]
    with pytest.raises(ValidationError):
        Draft202012Validator(run_schema()).validate(data)


def test_the_rows_have_every_key_of_the_contract() -> None:
    data = document(make_result())
    (phase,) = data["phases"]
    (check,) = data["checks"]
    assert {"marker", "title", "verdict", "reason", "counts", "selected"} <= set(phase)
    known_before = {"id", "phase", "title", "kind", "severity", "nodeid", "target"}
    known_after = {"status", "flags", "reason", "duration_s", "measurements", "evidence", "signoff", "waiver"}
    assert known_before | known_after <= set(check)
    assert set(data["accounted"]) == {"total", "by_status"}


@pytest.mark.parametrize(
    "path",
    [
        ("verdict", "FINE"),
        ("exit_code", "0"),
        ("started", None),
        ("phases.0.verdict", "OK"),
        ("checks.0.status", "OK"),
        ("checks.0.kind", "robot"),
        ("checks.0.flags", ["fine"]),
        ("accounted.total", -1),
    ],
    ids=lambda pair: pair[0],
)
def test_the_schema_refuses_what_is_no_run(path: tuple[str, object]) -> None:
    data = document(make_result())
    *steps, last = path[0].split(".")
    place: Any = data
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = path[1]
    assert complaints(data)


def test_the_document_tells_the_run() -> None:
    failed = make_result(
        "FAIL",
        make_check("phase1.b", severity=Severity.ADVISORY, owner="sre", target="popen"),
        reason="too slow",
        measurements=(Measurement(name="m", value=12.0, unit="ms", max=10.0),),
        evidence=(Evidence(kind="text", name="n", text="t"),),
    )
    data = document(make_result(), failed)
    assert (data["schema"], data["release"], data["verdict"], data["exit_code"]) == (wire.SCHEMA, "v1.0", "GO", 0)
    assert (data["started"], data["finished"]) == ("2026-01-02T12:00:00+00:00", "2026-01-02T12:01:30+00:00")
    assert data["phases"][0]["counts"]["FAIL"] == 1
    row = data["checks"][1]
    assert (row["status"], row["reason"], row["severity"], row["target"]) == ("FAIL", "too slow", "advisory", "popen")
    assert row["measurements"] == [{"name": "m", "value": 12.0, "unit": "ms", "min": None, "max": 10.0}]
    assert row["evidence"] == [{"kind": "text", "name": "n", "text": "t"}]


def test_the_flags_of_an_advisory_check_say_so() -> None:
    (row,) = document(make_result("FAIL", make_check(severity=Severity.ADVISORY)))["checks"]
    assert "advisory" in row["flags"]


def test_a_run_that_did_not_end_says_so() -> None:
    data = document(make_result(), closed=False)
    assert (data["finished"], data["verdict"], data["exit_code"]) == (None, "INCOMPLETE", 11)


@given(outcomes())
def test_every_check_is_accounted_for_exactly_once(rows: list[CheckResult]) -> None:
    data = document(*rows, phases=[make_phase()])
    assert data["accounted"]["total"] == len(rows) == len(data["checks"])
    assert sum(data["accounted"]["by_status"].values()) == len(rows)
    assert set(data["accounted"]["by_status"]) == {str(status) for status in Status}


def test_every_moment_in_the_document_is_aware_utc() -> None:
    data = document(make_result())
    for text in (data["started"], data["finished"], data["phases"][0]["opened"], data["phases"][0]["decided"]):
        assert datetime.fromisoformat(text).utcoffset() == timedelta(0)


def test_the_same_run_gives_the_same_text_and_it_is_ascii() -> None:
    run = make_run([make_result("FAIL", make_check(title="Größe 部署"), reason="naïve")])
    assert render(run) == render(run)
    assert render(run).isascii()
    assert render(run).endswith("}\n")


def test_a_plan_has_the_keys_of_a_run_as_far_as_they_are_known() -> None:
    data = json.loads(plan_to_json([make_phase()], [make_check()]))
    run = document(make_result())
    assert set(data) == {"phases", "checks"}
    assert set(data["phases"][0]) <= set(run["phases"][0])
    assert set(data["checks"][0]) <= set(run["checks"][0])
    assert data["checks"][0]["kind"] == "automated"
