"""Events that make no sense are refused: a journal that tells more than its writer could know is no record."""

from __future__ import annotations

import pytest
from builders import (
    EARLIER,
    NOON,
    OWN,
    carried_event,
    closing_event,
    decided_event,
    ending,
    finished_event,
    make_check,
    make_phase,
    make_result,
    opened_event,
    start_event,
    started_event,
)

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.run import SEAL, Event, RunBuilder, fold

START = start_event([make_check()])
#: Of a run that was asked for phase 2 alone.
LATE = start_event([make_check("phase1.a"), make_check("phase2.a")], phases=[EARLIER, OWN])
STARTED = started_event(make_check())


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([finished_event(make_result())], id="no start"),
        pytest.param([closing_event()], id="only the end"),
        pytest.param([START, START], id="two starts"),
        pytest.param([START, closing_event(), finished_event(make_result())], id="after the end"),
        pytest.param([START, closing_event(), closing_event()], id="two ends"),
        pytest.param([START, {"event": "phase_forgiven", "phase": "phase1"}], id="unknown event"),
        pytest.param([START, {"phase": "phase1"}], id="no kind of event"),
        pytest.param([START, finished_event(make_result("PASS", "phase1.other"))], id="unknown check"),
        pytest.param([START, finished_event(make_result("PASS", make_check(target="t")))], id="unknown target"),
        pytest.param([START, opened_event("phase9")], id="unknown phase opened"),
        pytest.param([START, decided_event("phase9", "GO")], id="unknown phase decided"),
        pytest.param([START, carried_event("GO", [], phase="phase9")], id="unknown phase carried"),
        pytest.param([START, decided_event("phase1", "FINE")], id="unknown verdict"),
        pytest.param([START, carried_event("FINE", [])], id="unknown carried verdict"),
        pytest.param([START, {**finished_event(make_result()), "status": "OK"}], id="unknown status"),
        pytest.param([START, {**finished_event(make_result()), "excuse": "x"}], id="unknown key"),
        pytest.param([START, {**finished_event(make_result()), "flags": ["fine"]}], id="unknown flag"),
        pytest.param([START, {**finished_event(make_result()), "finished": "2026-01-02T12:00:00"}], id="no time zone"),
        pytest.param([START, {**opened_event("phase1"), "at": "noon"}], id="no time"),
        pytest.param([START, {**closing_event(), "exit_code": "fine"}], id="no exit code"),
        pytest.param([START, {"event": "run_finished", "at": NOON.isoformat()}], id="no exit code at all"),
        pytest.param(
            [start_event([make_check("phase9.a")], phases=[make_phase("phase1"), make_phase("phase2")])],
            id="a check of no phase",
        ),
        pytest.param([{**START, "checks": None}], id="no list of checks"),
        pytest.param([], id="nothing"),
        pytest.param([START, SEAL], id="a seal without an end"),
        pytest.param([START, closing_event(), {**SEAL, "at": NOON.isoformat()}], id="a seal that says something"),
        pytest.param([START, *ending(), SEAL], id="two seals"),
        pytest.param([start_event([make_check(), make_check()])], id="a check twice"),
        pytest.param(
            [start_event([make_check()], phases=[make_phase("phase1"), make_phase("phase1")])], id="a phase twice"
        ),
        pytest.param([start_event([make_check("phase1.a"), make_check("phase1.b", target=3)])], id="a numbered target"),
        pytest.param([{**START, "at": None}], id="started never"),
        pytest.param([{**START, "at": "2026-01-02T12:00:00"}], id="started at no zone's time"),
        pytest.param([{**START, "schema": "pytest-deploycheck/run/2"}], id="another version"),
        pytest.param([{**START, "absent": [["phase1.a", ""]]}], id="absent is no table"),
        pytest.param([{**START, "absent": {"gone": "phase1.a"}}], id="absent is a text"),
        pytest.param([{**START, "absent": {"gone": [["phase1.a"]]}}], id="absent without a target"),
        pytest.param([{**START, "absent": {"gone": [["phase1.a", None]]}}], id="absent with no target"),
        pytest.param([{**START, "narrowed": ["phase1"]}], id="narrowed is no table"),
        pytest.param([{**START, "narrowed": {"phase1": True}}], id="narrowed by nothing"),
        pytest.param([{**START, "notes": "hello"}], id="notes are a text"),
        pytest.param([{**START, "notes": [1]}], id="a note is a number"),
        pytest.param([{**START, "environment": []}], id="environment is no table"),
        pytest.param([{**START, "environment": {"user": None}}], id="a user is nobody"),
        pytest.param([{**START, "targets": "popen"}], id="targets are a text"),
        pytest.param([{**START, "release": 7}], id="a numbered release"),
        pytest.param([{**START, "since_2": 1}], id="an unknown key of the start"),
        pytest.param([START, {**opened_event("phase1"), "since_2": 1}], id="an unknown key of an event"),
        pytest.param([START, {**opened_event("phase1"), "at": None}], id="opened never"),
        pytest.param([START, opened_event("phase1"), opened_event("phase1")], id="opened twice"),
        pytest.param([START, {**decided_event("phase1", "GO"), "at": None}], id="decided never"),
        pytest.param([START, {**decided_event("phase1", "GO"), "reason": None}], id="decided without a reason"),
        pytest.param([START, decided_event("phase1", "GO"), decided_event("phase1", "GO")], id="decided twice"),
        pytest.param([START, decided_event("phase1", "ROLLBACK")], id="a phase is never ROLLBACK"),
        pytest.param([LATE, carried_event("ROLLBACK", [])], id="nor is a carried one"),
        pytest.param([LATE, decided_event("phase1", "GO")], id="decided though not selected"),
        pytest.param([LATE, carried_event("GO", []), decided_event("phase1", "GO")], id="decided though carried"),
        pytest.param([LATE, carried_event("GO", []), carried_event("GO", [])], id="carried twice"),
        pytest.param([START, carried_event("GO", [])], id="carried though selected"),
        pytest.param([LATE, carried_event("GO", [make_result("PASS", "phase2.a")])], id="carried from another phase"),
        pytest.param([LATE, carried_event("GO", [], run_id=None)], id="carried from no run"),
        pytest.param([LATE, {**carried_event("GO", []), "results": None}], id="carried without results"),
        pytest.param(
            [START, decided_event("phase1", "GO"), finished_event(make_result())], id="decided before its end"
        ),
        pytest.param([START, decided_event("phase1", "GO"), STARTED], id="decided before its start"),
        pytest.param([START, STARTED, STARTED], id="started twice"),
        pytest.param([START, finished_event(make_result()), STARTED], id="ended before its start"),
        pytest.param([START, {**STARTED, "check": "phase1.other"}], id="the start of an unknown check"),
        pytest.param([START, {**STARTED, "check": ["phase1.a"]}], id="the start of a list"),
        pytest.param([START, {**STARTED, "at": None}], id="a start at no moment"),
        pytest.param([START, {**closing_event(), "at": None}], id="ended never"),
        *(
            pytest.param([START, {**closing_event(), "exit_code": code}], id=f"exit {code!r}")
            for code in (True, None, 0.0, float("inf"), float("1e400"), 2**31, -(2**40), "0", [0])
        ),
        *(
            pytest.param([START, {**finished_event(make_result()), key: value}], id=f"{key} is {value!r}")
            for key, value in (
                ("duration_s", True),
                ("duration_s", float("inf")),
                ("duration_s", "1"),
                ("reason", None),
                ("flags", "flaky"),
                ("carried_from", 1),
                ("evidence", {}),
                ("evidence", [{"kind": 1, "name": "n", "text": "t"}]),
                ("measurements", [1]),
                ("measurements", [{"name": "m", "value": True, "unit": "", "min": None, "max": None}]),
                ("measurements", [{"name": "m", "value": 1, "unit": "", "min": None, "max": float("1e400")}]),
                ("measurements", [{"name": "m", "value": 1}]),
            )
        ),
        *(
            pytest.param([{**START, "checks": [{**wire.check_to_wire(make_check()), key: value}]}], id=f"check {key}")
            for key, value in (("mutating", "no"), ("ticked", 0), ("title", None), ("valid_s", 1e300), ("phase", []))
        ),
        pytest.param([{**START, "phases": [{"marker": "phase1", "title": "", "selected": "no"}]}], id="phase selected"),
    ],
)
def test_events_that_make_no_sense_are_refused(events: list[Event]) -> None:
    with pytest.raises(RecordError):
        fold(events)


@pytest.mark.parametrize("key", sorted(set(START) - {"event", "schema"}))
def test_a_start_that_lacks_something_is_refused(key: str) -> None:
    with pytest.raises(RecordError):
        fold([{name: value for name, value in START.items() if name != key}])


def test_the_message_names_the_event_and_what_is_wrong_with_it() -> None:
    with pytest.raises(RecordError, match=r"'check_finished' cannot be read: .*'OK'"):
        fold([START, {**finished_event(make_result()), "status": "OK"}])
    with pytest.raises(RecordError, match="'phase_forgiven' is unknown"):
        fold([START, {"event": "phase_forgiven"}])


def test_a_journal_that_has_not_begun_is_no_run() -> None:
    with pytest.raises(RecordError, match="does not begin with 'run_started'"):
        RunBuilder().build()
