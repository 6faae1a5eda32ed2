"""What checks are given: a target whose answers are recorded, a place for evidence, and the baseline of before."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate


@pytest.mark.parametrize(
    ("value", "limits", "status"),
    [
        ("5", "", "PASS"),
        ("5", "min=5", "PASS"),
        ("5", "max=5", "PASS"),
        ("5", "min=1, max=9", "PASS"),
        ("0", "max=0", "PASS"),
        ("5", "min=5.1", "FAIL"),
        ("5", "max=4.9", "FAIL"),
        ("-1", "min=0", "FAIL"),
        ("float('nan')", "", "FAIL"),
        ("float('nan')", "min=1", "FAIL"),
        ("float('inf')", "min=1", "FAIL"),
        ("float('-inf')", "max=1", "FAIL"),
        ("None", "", "ERROR"),
        ("'much'", "max=9", "ERROR"),
    ],
)
def test_a_measurement_is_held_against_its_limits(value: str, limits: str, status: str, gate: Gate) -> None:
    """Limits are inclusive; what is no finite number keeps none; what is no number at all cannot be judged."""
    seen = gate(
        f"@pytest.mark.phase1\ndef test_it(evidence): evidence.measure('latency', {value}, 'ms'{', ' * bool(limits)}{limits})"
    )

    assert seen.status("phase1.test_it") == status
    assert seen.ret == (0 if status == "PASS" else 1)


def test_a_broken_limit_says_measure_value_and_limit(gate: Gate) -> None:
    """And stands in the record, as far as the check came."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            evidence.measure("free disk", 800, "MB", min=500)
            evidence.measure("latency", 12.5, "ms", min=1, max=10)
            say("never")
        """
    )

    row = seen.check("phase1.test_it")
    for word in ("latency", "12.5 ms", "10"):
        assert word in row["reason"]
    assert row["measurements"] == [
        {"name": "free disk", "value": 800.0, "unit": "MB", "min": 500, "max": None},
        {"name": "latency", "value": 12.5, "unit": "ms", "min": 1, "max": 10},
    ]
    assert gate.seen() == []


def test_a_broken_limit_that_the_check_swallows_is_a_failure_all_the_same(gate: Gate) -> None:
    """The record holds a measurement beyond its limit: that is no pass."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            with pytest.raises(AssertionError):
                evidence.measure("latency", 12.5, "ms", max=10)
        """
    )

    assert seen.status("phase1.test_it") == "FAIL"
    assert "latency" in seen.check("phase1.test_it")["reason"]
    assert seen.ret == 1


@pytest.mark.parametrize("limit", ["inf", "-inf", "nan"])
def test_a_limit_that_is_no_number_breaks_nothing_but_the_check(limit: str, gate: Gate) -> None:
    """The run ends in order, whatever becomes of the check."""
    seen = gate(f"@pytest.mark.phase1\ndef test_it(evidence): evidence.measure('latency', 5, max=float('{limit}'))")

    assert seen.ret in (0, 1)
    assert seen.status("phase1.test_it") in ("PASS", "FAIL", "ERROR")
    assert limit == "inf" or seen.status("phase1.test_it") != "PASS"


def test_a_measurement_returns_what_it_recorded(gate: Gate) -> None:
    """For messages, and for checks that compare."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            measured = evidence.measure("latency", 5, "ms", max=10)
            assert str(measured) == "latency = 5 ms (max 10)"
            assert (measured.name, measured.value, measured.unit, measured.max) == ("latency", 5.0, "ms", 10)
        """
    )

    assert seen.ret == 0


def test_texts_and_tables(gate: Gate) -> None:
    """A table is aligned by the first row's columns."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            evidence.text("log", "all\\nquiet")
            evidence.table("sizes", [{"name": "a", "bytes": 12}, {"name": "long name"}])
            evidence.table("nothing", [])
        """
    )

    assert seen.check("phase1.test_it")["evidence"] == [
        {"kind": "text", "name": "log", "text": "all\nquiet"},
        {"kind": "table", "name": "sizes", "text": "name       bytes\na          12\nlong name"},
        {"kind": "table", "name": "nothing", "text": ""},
    ]


def test_a_failure_is_evidence_of_its_own(gate: Gate) -> None:
    """What pytest printed of it; beside what the check recorded before."""
    seen = gate("@pytest.mark.phase1\ndef test_it(evidence):\n    evidence.text('log', 'quiet')\n    assert 1 == 2\n")

    first, second = seen.check("phase1.test_it")["evidence"]
    assert first["name"] == "log"
    assert second["name"] == "failure"
    assert "assert 1 == 2" in second["text"]


TARGET = """
import sys
def double(n):
    print("doubling")
    return n * 2
def judge():
    assert 1 == 2, "they differ"
def trip():
    return {}["nothing"]
"""


def test_what_the_target_was_asked_is_evidence(gate: Gate) -> None:
    """Commands with output, exit status and duration; calls with what they printed and answered."""
    seen = gate(
        TARGET
        + """
@pytest.mark.phase1
def test_it(target):
    assert target.call(double, 21) == 42
    assert target.run(sys.executable, "-c", "print('hello'); raise SystemExit(3)").returncode == 3
"""
    )

    call, run = seen.check("phase1.test_it")["evidence"]
    assert (call["kind"], call["name"], call["text"]) == ("call", "double", "doubling\n42")
    assert run["kind"] == "command"
    assert "hello" in run["text"]
    assert "[exit 3" in run["text"]


def test_evidence_of_one_check_is_not_that_of_another(gate: Gate) -> None:
    """The interpreter is shared, the evidence not; fixtures' calls count for the check that set them up."""
    seen = gate(
        TARGET
        + """
@pytest.fixture(scope="module")
def answer(target): return target.call(double, 2)
@pytest.mark.phase1
def test_one(answer): pass
@pytest.mark.phase1
def test_two(answer, target): target.call(double, 4)
"""
    )

    assert [item["text"] for item in seen.check("phase1.test_one")["evidence"]] == ["doubling\n4"]
    assert [item["text"] for item in seen.check("phase1.test_two")["evidence"]] == ["doubling\n8"]


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        ("target.call(judge)", "FAIL", "they differ"),
        ("target.call(trip)", "ERROR", "KeyError"),
        ("target.call(lambda: 1)", "ERROR", "top-level function"),
        ("target.run('no-such-command')", "ERROR", "no-such-command cannot be run"),
        ("target.run(sys.executable, '-c', 'import time; time.sleep(60)', timeout=0.2)", "ERROR", "0.2 s"),
        ("target.call(double, object())", "ERROR", ""),
    ],
)
def test_a_call_that_goes_wrong(call: str, status: str, reason: str, gate: Gate) -> None:
    """An assertion there is a failure here; everything else is no judgement."""
    seen = gate(TARGET + f"@pytest.mark.phase1\ndef test_it(target): {call}\n")

    row = seen.check("phase1.test_it")
    assert row["status"] == status
    assert reason in row["reason"]


@pytest.mark.parametrize("where", ["the environment", "the target's specification"])
def test_assertions_hold_in_an_optimised_interpreter(where: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe's ``assert`` must not vanish with ``PYTHONOPTIMIZE`` or ``python -O``."""
    if where == "the environment":
        monkeypatch.setenv("PYTHONOPTIMIZE", "2")
        spec = "popen"
    else:
        import sys

        spec = f"popen//python={sys.executable} -O"

    seen = gate(
        TARGET + "@pytest.mark.phase1\ndef test_it(target): target.call(judge)\n", f"--deploycheck-target={spec}"
    )

    assert seen.status("phase1.test_it") == "FAIL"


def test_a_lost_target_is_an_error_of_its_check_alone(gate: Gate) -> None:
    """The next check gets a new interpreter."""
    seen = gate(
        TARGET
        + """
def die():
    import os
    os._exit(1)
@pytest.mark.phase1
def test_dies(target): target.call(die)
@pytest.mark.phase1
def test_lives(target): assert target.call(double, 1) == 2
"""
    )

    assert seen.status("phase1.test_dies") == "ERROR"
    assert "lost" in seen.check("phase1.test_dies")["reason"]
    assert seen.status("phase1.test_lives") == "PASS"


def test_without_a_target_it_is_this_machine_and_folder(gate: Gate) -> None:
    """The interpreter that runs pytest, in the project's root."""
    seen = gate(
        """
        import sys
        from pathlib import Path
        @pytest.mark.phase1
        def test_it(target):
            assert Path(target.folder).resolve() == Path.cwd().resolve()
            assert Path(target.python).exists()
        """
    )

    assert seen.ret == 0
    assert seen.json["targets"] == []


BASELINE = """
@pytest.mark.phase1
@pytest.mark.check("phase1.speed")
def test_speed(evidence): evidence.measure("latency", {value}, "ms", max=100)
@pytest.mark.phase2
def test_compare(evidence, baseline):
    before = baseline("phase1.speed", "latency")
    evidence.text("baseline", f"{{before.value:g}} {{before.unit}}")
"""


def compared(document: object) -> str:
    """What the second phase's check found as the baseline."""
    assert isinstance(document, dict)
    [row] = [row for row in document["checks"] if row["id"] == "phase2.test_compare"]
    return str(row["evidence"][0]["text"])


def test_the_baseline_of_the_same_run(gate: Gate) -> None:
    """What an earlier check measured just now."""
    seen = gate(BASELINE.format(value=12))

    assert seen.ret == 0
    assert compared(seen.json) == "12 ms"


def test_the_baseline_on_record(gate: Gate) -> None:
    """What the newest earlier run of this release measured."""
    for value in (12, 24):
        gate(BASELINE.format(value=value), "-m", "phase1")

    seen = gate.run("-m", "phase2")

    assert compared(seen.json) == "24 ms"


def test_the_baseline_of_this_run_beats_the_record(gate: Gate) -> None:
    """It is the newest of all."""
    gate(BASELINE.format(value=12), "-m", "phase1")

    assert compared(gate(BASELINE.format(value=24)).json) == "24 ms"


@pytest.mark.parametrize("way", ["nothing", "another release", "another target", "another name", "a failed check"])
def test_no_baseline_is_inconclusive_and_says_the_way_out(way: str, gate: Gate) -> None:
    """Neither a pass nor a failure: there is nothing to compare with."""
    source = BASELINE.format(value=200 if way == "a failed check" else 12)
    gate.write({"test_it.py": HEAD + source})
    if way != "nothing":
        gate.run(
            "-m",
            "phase1",
            *(("--deploycheck-target=popen",) if way == "another target" else ()),
            release="r2" if way == "another release" else "r1",
        )
    if way == "another name":
        gate.write({"test_it.py": HEAD + source.replace('"phase1.speed", "latency"', '"phase1.speed", "memory"')})

    seen = gate.run("-m", "phase2", *(("--deploycheck-keep-going",) if way == "a failed check" else ()))

    row = seen.check("phase2.test_compare")
    assert row["status"] == "INCONCLUSIVE"
    assert "phase1.speed" in row["reason"]
    assert "pytest -m phase1" in row["reason"]
    assert seen.verdict("phase2") == "HOLD"
    assert seen.ret == 10


def test_the_baseline_is_that_of_the_same_target(gate: Gate) -> None:
    """With several, each is compared with itself."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.speed")
        def test_speed(target, evidence):
            evidence.measure("latency", 100 if target.folder.endswith("one") else 200, "ms")
        @pytest.mark.phase2
        def test_compare(target, evidence, baseline):
            evidence.measure("before", baseline("phase1.speed", "latency").value, "ms")
        """,
        "--deploycheck-target=popen//chdir=one",
        "--deploycheck-target=popen//chdir=two",
        files={"one/x": "", "two/x": ""},
    )

    values = {
        target: seen.check("phase2.test_compare", f"popen//chdir={target}")["measurements"][0]["value"]
        for target in ("one", "two")
    }
    assert values == {"one": 100.0, "two": 200.0}


def test_fixtures_work_in_a_run_without_a_gate(gate: Gate) -> None:
    """A helper test of the same project may use them; it has no record, so it has no baseline."""
    seen = gate(
        TARGET
        + """
def test_it(target, evidence):
    assert target.call(double, 2) == 4
    evidence.measure("latency", 1, max=2)
def test_baseline(baseline): baseline("phase1.speed", "latency")
"""
    )

    assert seen.ret == 0
    assert "1 passed, 1 inconclusive" in seen.stdout or "1 passed, 1 skipped" in seen.stdout
    assert seen.document is None
