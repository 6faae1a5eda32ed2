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
from pytest_deploycheck.reasons import Comparison, compare, explain, fold, shorten, statement_at

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
#: What the observer made a report say.
_OWNED_UP = {str(status): status for status in (Status.FAIL, Status.ERROR)}
NEVER_CALLED = "its test function was never called: a plugin or a hook ended the check before"
#: Characters of a reason in the making.
_LONGEST_LOOK = 20_000
_STAGES = frozenset({"setup", "call", "teardown"})


class Observation:
    """Watches one item from its first setup to its last teardown."""

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self._redact = redact
        self._comparison: Comparison | None = None
        #: The exception that was last looked at, and what it means.
        self._classified: tuple[BaseException, tuple[Status, str]] | None = None
        self.attempts = 0
        self.duration_s = 0.0
        #: Whether a report of the attempt that runs says that it failed.
        self.is_shown = False
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
        self.is_shown = False
        self._passed.clear()
        self._ends.clear()

    def see_call(self, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
        """Take what really happened, from the innermost place: later hooks may swap the report."""
        self.duration_s += call.duration
        self.is_shown = self.is_shown or report.outcome == "failed"
        if call.excinfo is None:
            if report.outcome == "passed":
                self._passed.add(str(report.when))
            return
        status, reason = self._classify(call.excinfo.value, str(report.when))
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
            self.is_shown = True
            self.printed = self.printed or report.longreprtext
            if when not in self._ends or self._ends[when][0] not in (Status.FAIL, Status.ERROR):
                status = _OWNED_UP.get(getattr(report, "deploycheck_status", "")) or (
                    Status.FAIL if when == "call" else Status.ERROR
                )
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
        self._note(when, *self._classify(error, when))

    def see_comparison(self, operator: str, left: object, right: object) -> None:
        """Take the sides of a comparison that did not hold."""
        self._comparison = compare(operator, left, right, self._redact)

    def _classify(self, error: BaseException, when: str) -> tuple[Status, str]:
        # The same exception comes by at several places.
        if self._classified is None or self._classified[0] is not error:
            self._classified = (error, classify(error, when, self._comparison))
        return self._classified[1]

    def see_expected_failure(self, reason: str) -> None:
        """The check carries an xfail mark: however it ends, nothing is proved."""
        if "call" not in self._ends:
            self._note("call", Status.SKIPPED, f"expected to fail and passed (xfail: {reason or 'no reason'})")

    def expect_call(self) -> None:
        """From here on the test function has to be called, or nothing was judged."""
        self._called = False

    def see_called(self) -> None:
        """The test function itself begins."""
        self._called = True

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
        self._ends = {"session": (status, self._shown(reason)), **self._ends}

    def failure(self) -> tuple[Status, str] | None:
        """What the attempt is known to have failed by so far; None where there is nothing."""
        if not self._ends:
            return None if self._called else (Status.ERROR, NEVER_CALLED)
        failures = [end for end in self._ends.values() if end[0] in (Status.ERROR, Status.FAIL)]
        return min(failures, key=lambda end: _WORST_FIRST.index(end[0]), default=None)

    def conclude(self) -> tuple[Status, str, tuple[Flag, ...]]:
        """Status, reason and flags."""
        flags = (Flag.FLAKY,) if self.attempts > 1 else ()
        ends = [*self._ends.values(), *self._told.values()]
        if ends:
            status, reason = min(ends, key=lambda end: _WORST_FIRST.index(end[0]))
            return status, reason, ()
        if not self._called:
            return Status.ERROR, NEVER_CALLED, ()
        if self._passed >= _STAGES:
            return Status.PASS, "", flags
        missing = ", ".join(sorted(_STAGES - self._passed))
        return Status.ERROR, f"it ended without a passing report of its {missing}", ()

    def _note(self, when: str, status: Status, reason: str) -> None:
        self._ends[when] = (status, self._shown(reason))

    def _shown(self, reason: str) -> str:
        # Far more than is shown, so that what is cut here in half is not.
        lines = reason[:_LONGEST_LOOK].splitlines()
        return shorten(self._redact(fold([line.strip() for line in lines if line.strip()])))


def classify(error: BaseException, when: str, comparison: Comparison | None = None) -> tuple[Status, str]:
    """Status and reason of an exception: an assertion in the call is FAIL, a crash or a broken fixture is ERROR.

    `comparison` is the last one that did not hold.
    """
    reason = str(error).strip()
    for kind, status in _KINDS:
        if isinstance(error, kind):
            return status, reason
    if isinstance(error, pytest.skip.Exception):
        return Status.SKIPPED, reason or "skipped"
    if isinstance(error, pytest.xfail.Exception):
        return Status.SKIPPED, f"expected to fail (xfail: {reason or 'no reason'}): that is no evidence"
    name = type(error).__name__
    named = f"{name}: {reason}" if reason else name
    if when != "call":
        return Status.ERROR, f"{when}: {named}"
    if reason.startswith("Timeout (") or not isinstance(error, (AssertionError, pytest.fail.Exception)):
        return Status.ERROR, named
    if isinstance(error, AssertionError):
        reason = explain(reason, comparison, error.__traceback__) or _unexplained(error)
    return Status.FAIL, reason


def _unexplained(error: AssertionError) -> str:
    """An assertion without a message, in a module that pytest does not rewrite: the line itself says most."""
    return f"AssertionError: {statement_at(error.__traceback__)}".rstrip(": ")


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
