"""What the gate calls a failure is one for whoever reads pytest's reports alone: plugins, terminals, other tools."""

import json

import pytest
from gating import Gate

#: What pytest itself takes for passed, and the gate does not -> the status and its reason.
VOID = {
    "returned": ("def test_trap(): return 1 == 2", "ERROR", "it returned bool instead of asserting something"),
    "coroutine": (
        "async def judge(): assert 0\n@pytest.mark.phase1\ndef test_trap(): judge()",
        "ERROR",
        "the coroutine judge was never awaited",
    ),
    "limit": (
        "def test_trap(evidence):\n    with pytest.raises(AssertionError): evidence.measure('free', 1, min=2)",
        "FAIL",
        "free = 1 (min 2) breaks its limit, and the check went on",
    ),
    "in teardown": (
        "@pytest.fixture\ndef server():\n    yield\n    threading.Thread(target=lambda: 1 / 0).start()\n    time.sleep(0.1)\n"
        "@pytest.mark.phase1\ndef test_trap(server): pass",
        "ERROR",
        "a thread of it failed: ZeroDivisionError: division by zero",
    ),
}
#: A plugin as others write them: it takes reports and nothing else.
READER = """
import json, os

def pytest_runtest_logreport(report):
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    with open("reports.jsonl", "a") as file:
        said = {"id": report.nodeid, "when": report.when, "outcome": report.outcome, "why": report.longreprtext}
        file.write(json.dumps(said) + "\\n")
"""


@pytest.mark.parametrize("case", VOID)
@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")])
def test_a_void_pass_is_a_failure_in_every_report(case: str, workers: tuple[str, ...], gate: Gate) -> None:
    """Told once, with the gate's own reason; the check beside it stays green."""
    body, status, reason = VOID[case]
    marked = body if "phase1" in body else f"@pytest.mark.phase1\n{body}"
    source = f"import threading, time\n{marked}\n@pytest.mark.phase1\ndef test_fine(): pass\n"
    seen = gate(source, *workers, files={"conftest.py": READER})
    reports = [json.loads(line) for line in (gate.path / "reports.jsonl").read_text("utf-8").splitlines()]
    failed = [report for report in reports if report["outcome"] == "failed"]

    assert seen.ret == 1
    assert (seen.check("phase1.test_trap")["status"], seen.check("phase1.test_trap")["reason"]) == (status, reason)
    assert [(report["id"], report["why"].splitlines()[-1]) for report in failed] == [("test_it.py::test_trap", reason)]
    assert seen.status("phase1.test_fine") == "PASS"


def test_a_failure_that_pytest_told_itself_is_not_told_twice(gate: Gate) -> None:
    seen = gate("@pytest.mark.phase1\ndef test_a(evidence): evidence.measure('free', 1, min=2)\n", "-rA")

    assert "1 failed" in seen.stdout
    assert "error" not in seen.stdout.splitlines()[-1]
