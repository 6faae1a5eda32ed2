"""Around every check as it runs: keep a blocked one from executing, and see what really happened to the others.

The same hooks serve a single process and each worker of pytest-xdist: they sit where the items run, and hand what
they saw to a `Gatekeeper`.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Coroutine, Generator, Sequence
from datetime import datetime
from os import _exit, getpid
from typing import Any, Protocol

import pytest
from _pytest.skipping import xfailed_key
from _pytest.unittest import TestCaseFunction

from pytest_deploycheck import fixtures
from pytest_deploycheck.core.evidence import cut_text
from pytest_deploycheck.core.model import Check, CheckResult, Evidence, Measurement, Status
from pytest_deploycheck.observation import Observation
from pytest_deploycheck.outcomes import Blocked
from pytest_deploycheck.plan import check_of
from pytest_deploycheck.redaction import Redact, clean_report, redactor_of

_JUDGMENTS = (AssertionError, pytest.fail.Exception)


class Gatekeeper(Protocol):
    """Who decides whether a check may run, and keeps what became of it."""

    def begin_check(self, check: Check) -> str:
        """Take note that a check begins; returns why it must not be executed, empty where it may."""

    def end_check(self, result: CheckResult) -> None:
        """Take the result of a check, after everything that happened to it."""


class Observer:
    """Watches one item after the other; registered where items run."""

    def __init__(self, gatekeeper: Gatekeeper, clock: Callable[[], datetime]) -> None:
        self._gatekeeper = gatekeeper
        self._clock = clock
        # By a name of its own: a check may put another function into `os`, and is this process still.
        self._process = getpid()
        self._redact: Redact | None = None
        self._watching: tuple[pytest.Item, Observation] | None = None
        #: Why the watched check must not be executed; empty where it may.
        self._shut = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Around everything that happens to one item."""
        check = check_of(item)
        if check is None:
            return (yield)
        self._shut = self._gatekeeper.begin_check(check)
        self._redact = self._redact or redactor_of(item.config)
        observation = Observation(self._redact)
        self._watching = (item, observation)
        try:
            return (yield)
        except pytest.exit.Exception as error:
            observation.end_early(Status.ERROR, f"the session was ended inside it: {error}")
            raise
        except KeyboardInterrupt:
            observation.end_early(Status.ERROR, "interrupted while it ran")
            raise
        finally:
            if getpid() != self._process:
                # A check has forked and this is the child: the rest of the session is not its to run.
                _exit(1)
            self._watching = None
            self._gatekeeper.end_check(_result(item, check, observation, self._clock()))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """A blocked check is not executed: neither are its fixtures."""
        observation = self._watches(item)
        # Innermost: pytest's own wrappers must have begun, since they end in the teardown that follows all the same.
        if observation is None:
            _refuse_out_of_turn(item)
            return (yield)
        observation.begin_attempt()
        self._refuse_blocked()
        with _Watch(observation, "setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Innermost: see the function called and what it raises, whatever hooks further out make of it."""
        observation = self._watches(item)
        if observation is None:
            _refuse_out_of_turn(item)
            return (yield)
        # A hook that turned the blocked setup's report green must not get the check executed.
        self._refuse_blocked()
        function = _watch_function(item, observation)
        try:
            with _Watch(observation, "call"):
                return (yield)
        finally:
            if function is not None:
                item.obj = function  # type: ignore[attr-defined] # a test function has it
            # Where pytest keeps what a unittest case raised, until it makes the report.
            for caught in getattr(item, "_excinfo", None) or ():
                observation.see_exception(caught.value, "call")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Innermost, as for the call."""
        observation = self._watches(item)
        if observation is None:
            return (yield)
        with _Watch(observation, "teardown"):
            return (yield)

    def _refuse_blocked(self) -> None:
        if self._shut:
            raise Blocked(self._shut, _use_item_location=True)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Innermost of all wrappers, to see what happened before anybody changes the report."""
        report = yield
        if (observation := self._watches(item)) is not None:
            observation.see_call(call, report)
            if call.when == "call" and (expected := item.stash.get(xfailed_key, None)) is not None:
                observation.see_expected_failure(expected.reason)
            elif report.outcome == "passed" and call.when != "setup":
                _own_up(item, observation, report)
            if report.longrepr is not None or report.sections or report.user_properties:
                clean_report(report, redactor_of(item.config))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take every report while a check runs: those of its parts, and those under another name."""
        if self._watching is not None:
            if type(report) is not pytest.TestReport and self._redact is not None:
                clean_report(report, self._redact)  # a subtest's, which got its captured output just now
            if self._redact is not None and (expected := getattr(report, "wasxfail", "")):
                report.wasxfail = self._redact(expected)  # pytest puts it there, late
            self._watching[1].see_report(report)

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        """A warning about the running check may say that it judged nothing."""
        if self._watching is not None and self._watching[0].nodeid == nodeid:
            self._watching[1].see_warning(warning_message.category.__name__, str(warning_message.message))

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Remember what a failing assertion compared; how pytest shows it is not ours to say."""
        if self._watching is not None:
            self._watching[1].see_comparison(op, left, right)

    def note_evidence(self, item: Evidence) -> None:
        """Put evidence to the check that is running."""
        if self._watching is not None:
            fixtures.log_of(self._watching[0]).add(item)

    def _watches(self, item: pytest.Item) -> Observation | None:
        return self._watching[1] if self._watching is not None and self._watching[0] is item else None


def _own_up(item: pytest.Item, observation: Observation, report: pytest.TestReport) -> None:
    """Whoever reads reports alone must not see a pass where the gate sees none."""
    if observation.is_shown:
        return
    failure = observation.failure()
    if failure is None and (log := item.stash.get(fixtures.evidence_key, None)) is not None:
        failure = _broken_limit(log)
    if failure is not None:
        status, report.longrepr = failure
        report.outcome = "failed"
        observation.is_shown = True
        report.deploycheck_status = str(status)  # type: ignore[attr-defined] # reports carry extra attributes


def _broken_limit(log: fixtures.EvidenceLog) -> tuple[Status, str] | None:
    broken = next((measured for measured in log.measurements if not measured.within), None)
    return None if broken is None else (Status.FAIL, f"{broken} {broken.fault}, and the check went on")


def _refuse_out_of_turn(item: pytest.Item) -> None:
    if check_of(item) is not None:
        raise Blocked("it was started out of its turn", _use_item_location=True)


def _watch_function(item: pytest.Item, observation: Observation) -> Callable[..., Any] | None:
    """See the test function called, its answer and its exceptions: in itself, below every plugin that calls it.

    Returns the function that has to be put back; None where there is none to watch.
    """
    if not isinstance(item, pytest.Function):
        return None
    function: Callable[..., Any] = item.obj
    is_coroutine = inspect.iscoroutinefunction(function)
    if is_coroutine and isinstance(item, TestCaseFunction):
        return None  # unittest calls its own coroutines, and tells of what they return
    observation.expect_call()
    if is_coroutine:

        @functools.wraps(function)
        async def watched(*args: object, **kwargs: object) -> object:
            observation.see_called()
            try:
                return observation.see_answer(await function(*args, **kwargs))
            except BaseException as error:
                observation.see_exception(error, "call")
                raise
    else:

        @functools.wraps(function)
        def watched(*args: object, **kwargs: object) -> object:
            observation.see_called()
            try:
                return observation.see_answer(function(*args, **kwargs))
            except BaseException as error:
                observation.see_exception(error, "call")
                raise

    item.obj = watched
    return function


class _Watch:
    """Around a stage of a check: its exception, and failures that no test function sees.

    Of those, warnings tell only where nobody mutes or records them.
    """

    __slots__ = ("_ignored", "_in_thread", "_observation", "_process", "_stage", "_unawaited")

    def __init__(self, observation: Observation, stage: str) -> None:
        self._observation = observation
        self._stage = stage

    def __enter__(self) -> None:
        self._process = getpid()
        self._in_thread = threading.excepthook
        self._ignored = sys.unraisablehook
        # Python calls this by its name whenever a coroutine dies that nobody awaited.
        self._unawaited = getattr(warnings, "_warn_unawaited_coroutine", None)
        threading.excepthook = self._note_thread
        sys.unraisablehook = self._note_ignored
        warnings._warn_unawaited_coroutine = self._note_coroutine  # type: ignore[attr-defined] # no public name

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if getpid() != self._process:
            # The check or a fixture of it has forked, and this is the child: what comes next has been, or will be,
            # done by the process that keeps the record. Twice would be too often, also for a teardown.
            _exit(1)
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._ignored
        warnings._warn_unawaited_coroutine = self._unawaited  # type: ignore[attr-defined] # no public name
        if error is not None:
            self._observation.see_exception(error, self._stage)

    def _note_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            self._observation.see_lost(f"a thread of it failed: {args.exc_type.__name__}: {args.exc_value}")
        self._in_thread(args)

    def _note_ignored(self, args: sys.UnraisableHookArgs) -> None:
        # Where nobody can raise: a `__del__`, a callback of C, a thread of `_thread`. What ends badly there is often no
        # more than untidy; an assertion was meant to judge.
        if issubclass(args.exc_type, _JUDGMENTS) or "in thread" in (args.err_msg or ""):
            self._observation.see_lost(f"Python ignored a failure of it: {args.exc_type.__name__}: {args.exc_value}")
        self._ignored(args)

    def _note_coroutine(self, coroutine: Coroutine[object, object, object]) -> None:
        self._observation.see_lost(f"the coroutine {getattr(coroutine, '__qualname__', '?')} was never awaited")
        if self._unawaited is not None:
            self._unawaited(coroutine)


def _result(item: pytest.Item, check: Check, observation: Observation, finished: datetime) -> CheckResult:
    status, reason, flags = observation.conclude()
    log = item.stash.get(fixtures.evidence_key, None)
    evidence = log.pieces() if log else []
    broken = _broken_limit(log) if log else None
    if broken is not None and status not in (Status.FAIL, Status.ERROR):
        status, reason = broken
    elif broken is None and status is Status.FAIL and log is not None and log.measurements:
        reason = f"{reason}; measured: {_closest(log.measurements, reason)}"
    if observation.printed:
        evidence.append(Evidence(kind="text", name="failure", text=cut_text(observation.printed)))
    return CheckResult(
        check=check,
        status=status,
        reason=reason,
        flags=flags,
        duration_s=round(observation.duration_s, 6),
        finished=finished,
        measurements=tuple(log.measurements) if log else (),
        evidence=tuple(evidence),
    )


def _closest(measurements: Sequence[Measurement], reason: str) -> Measurement:
    """The measurement that the reason of a failure speaks of, else the last one."""
    words = set(reason.replace(",", " ").split())
    spoken_of = (found for found in reversed(measurements) if {f"{found.value:g}", str(found.value)} & words)
    return next(spoken_of, measurements[-1])
