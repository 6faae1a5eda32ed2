"""What one check's reports and exceptions add up to.

A check has passed only when its setup, its call and its teardown each passed, with no exception behind the report,
no expected failure, no failed part (subtest), and no warning that says that nothing was asserted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_deploycheck.core.model import Flag, Status
from pytest_deploycheck.outcomes import Blocked, Inconclusive, NotApplicable, Pending

#: Which of several ends of one check is the one to tell, worst first.
_WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.BLOCKED,
    Status.SKIPPED,
    Status.PENDING,
    Status.INCONCLUSIVE,
    Status.NOT_APPLICABLE,
)
_KINDS = (
    (Blocked, Status.BLOCKED),
    (Pending, Status.PENDING),
    (Inconclusive, Status.INCONCLUSIVE),
    (NotApplicable, Status.NOT_APPLICABLE),
)
#: pytest's own warnings that a test ended without having been judged. By name: some exist in some versions only.
_VOID_WARNINGS = (
    "PytestReturnNotNoneWarning",
    "PytestUnhandledCoroutineWarning",
    "PytestUnhandledThreadExceptionWarning",
)
#: Python's own, by what they say.
_VOID_TEXTS = ("was never awaited", "return a value that is not None from a test case")
_REASON_LIMIT = 1000
_STAGES = frozenset({"setup", "call", "teardown"})


class Observation:
    """Watches one item from its first setup to its last teardown."""

    def __init__(self) -> None:
        self.attempts = 0
        self.duration_s = 0.0
        #: What pytest printed of the failure.
        self.printed = ""
        self._passed: set[str] = set()
        #: Stage -> how it ended other than well, in the attempt that runs.
        self._ends: dict[str, tuple[Status, str]] = {}
        #: What pytest has told people as a failure: no later attempt takes it back.
        self._told: dict[str, tuple[Status, str]] = {}
        self._called = True

    def begin_attempt(self) -> None:
        """The check starts, or starts again: only what was told as a failure stays."""
        self.attempts += 1
        self._passed.clear()
        self._ends.clear()

    def see_call(self, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
        """Take what really happened, from the innermost place: later hooks may swap the report."""
        self.duration_s += call.duration
        if call.excinfo is None:
            if report.outcome == "passed":
                self._passed.add(str(report.when))
            return
        status, reason = classify(call.excinfo.value, str(report.when))
        self._note(str(report.when), status, reason or call.excinfo.typename)
        if status not in (Status.FAIL, Status.ERROR):
            # How the terminal, JUnit and other processes learn what kind of skip this is.
            report.deploycheck_status = str(status)  # type: ignore[attr-defined] # reports carry extra attributes

    def see_report(self, report: pytest.TestReport) -> None:
        """Take what pytest made of it: expected failures, subtests, reports changed on the way."""
        when = str(report.when)
        if hasattr(report, "wasxfail"):
            outcome = "failed" if report.skipped else "passed"
            why = f"expected to fail and {outcome} (xfail: {report.wasxfail or 'no reason'}): that is no evidence"
            self._ends[when] = (Status.SKIPPED, why)
        elif report.failed:
            self.printed = self.printed or report.longreprtext
            if when not in self._ends or self._ends[when][0] not in (Status.FAIL, Status.ERROR):
                status = Status.FAIL if when == "call" else Status.ERROR
                self._note(when, status, first_line(report.longreprtext) or "a part of the check failed")
            self._told[when] = self._ends[when]
        elif report.skipped and when not in self._ends:
            self._note(when, Status.SKIPPED, "skipped")

    def see_warning(self, category: str, text: str) -> None:
        """Take a warning that pytest raised about the check itself."""
        if category in _VOID_WARNINGS or any(said in text for said in _VOID_TEXTS):
            self._note("warning", Status.ERROR, f"{category}: {first_line(text)}")

    def see_exception(self, error: BaseException, when: str) -> None:
        """Take an exception at its source."""
        self._note(when, *classify(error, when))

    def see_expected_failure(self, reason: str) -> None:
        """The check carries an xfail mark: however it ends, nothing is proved."""
        if "call" not in self._ends:
            self._note("call", Status.SKIPPED, f"expected to fail and passed (xfail: {reason or 'no reason'})")

    def expect_call(self) -> None:
        """From here on the test function has to be called, or nothing was judged."""
        self._called = False

    def calling(self) -> Call:
        """Around the test function itself; what it returns goes through the callable given."""
        self._called = True
        return Call(self)

    def see_answer(self, answer: object) -> object:
        """A verdict that is returned instead of asserted judges nothing."""
        if answer is not None:
            self._note("answer", Status.ERROR, f"it returned {type(answer).__name__} instead of asserting something")
        return answer

    def see_lost(self, reason: str) -> None:
        """Take a failure outside the test function: in a thread, or in a coroutine that never ran."""
        self._note("lost", Status.ERROR, reason)

    def end_early(self, status: Status, reason: str) -> None:
        """The session was ended inside the check: that tells more than the exception that ended it."""
        self._ends = {"session": (status, reason[:_REASON_LIMIT]), **self._ends}

    def conclude(self) -> tuple[Status, str, tuple[Flag, ...]]:
        """Status, reason and flags."""
        flags = (Flag.FLAKY,) if self.attempts > 1 else ()
        ends = [*self._ends.values(), *self._told.values()]
        if ends:
            status, reason = min(ends, key=lambda end: _WORST_FIRST.index(end[0]))
            return status, reason, ()
        if not self._called:
            return Status.ERROR, "its test function was never called: a plugin or a hook ended the check before", ()
        if self._passed >= _STAGES:
            return Status.PASS, "", flags
        missing = ", ".join(sorted(_STAGES - self._passed))
        return Status.ERROR, f"it ended without a passing report of its {missing}", ()

    def _note(self, when: str, status: Status, reason: str) -> None:
        self._ends[when] = (status, reason[:_REASON_LIMIT])


class Call:
    """The time in which a test function runs."""

    __slots__ = ("_observation",)

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def __enter__(self) -> Callable[[object], object]:
        return self._observation.see_answer

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None:
            self._observation.see_exception(error, "call")


def classify(error: BaseException, when: str) -> tuple[Status, str]:
    """Status and reason of an exception: an assertion in the call is FAIL, a crash or a broken fixture is ERROR."""
    reason = str(error).strip()
    for kind, status in _KINDS:
        if isinstance(error, kind):
            return status, reason
    if isinstance(error, pytest.skip.Exception):
        return Status.SKIPPED, reason or "skipped"
    if isinstance(error, pytest.xfail.Exception):
        return Status.SKIPPED, f"expected to fail (xfail: {reason or 'no reason'}): that is no evidence"
    name = type(error).__name__
    if when != "call":
        return Status.ERROR, f"{when}: {name}: {reason}" if reason else f"{when}: {name}"
    if isinstance(error, (AssertionError, pytest.fail.Exception)) and not reason.startswith("Timeout ("):
        return Status.FAIL, reason
    return Status.ERROR, f"{name}: {reason}" if reason else name


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
