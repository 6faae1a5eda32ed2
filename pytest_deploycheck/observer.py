"""Around every check as it runs: keep a blocked one from executing, and see what really happened to the others.

The same hooks serve a single process and each worker of pytest-xdist: they sit where the items run, and hand what
they saw to a `Gatekeeper`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any, Protocol

import pytest

from pytest_deploycheck import fixtures
from pytest_deploycheck.core.model import Check, CheckResult, Evidence, Status
from pytest_deploycheck.observation import Observation
from pytest_deploycheck.outcomes import Blocked
from pytest_deploycheck.plan import check_of


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
        observation = Observation()
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
            self._watching = None
            self._gatekeeper.end_check(_result(item, check, observation, self._clock()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A blocked check is not executed: neither are its fixtures."""
        # No wrapper: pytest's own wrappers must have begun, since they end in the teardown that follows all the same.
        if check_of(item) is None:
            return
        shut = self._shut if self._watches(item) is not None else "it was started out of its turn"
        if shut:
            raise Blocked(shut, _use_item_location=True)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Innermost: an exception that a hook further out swallows is seen here."""
        observation = self._watches(item)
        if observation is None:
            return (yield)
        # A hook that turned the blocked setup's report green must not get the check executed.
        self.pytest_runtest_setup(item)
        try:
            return (yield)
        except BaseException as error:
            observation.see_exception(error, "call")
            raise
        finally:
            # Where pytest keeps what a unittest case raised, until it makes the report.
            for caught in getattr(item, "_excinfo", None) or ():
                observation.see_exception(caught.value, "call")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Watch what a plain test function returns; pytest would only warn, and not always."""
        function = pyfuncitem.obj
        if self._watching is None or inspect.iscoroutinefunction(function):
            return (yield)
        see_answer = self._watching[1].see_answer

        @functools.wraps(function)
        def watched(*args: object, **kwargs: object) -> object:
            answer = function(*args, **kwargs)
            see_answer(answer)
            return answer

        pyfuncitem.obj = watched
        try:
            return (yield)
        finally:
            pyfuncitem.obj = function

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Innermost of all wrappers, to see what happened before anybody changes the report."""
        report = yield
        if (observation := self._watches(item)) is not None:
            observation.see_call(call, report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take every report of the running check, those of its parts included."""
        if self._watching is not None and self._watching[0].nodeid == report.nodeid:
            self._watching[1].see_report(report)

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        """A warning about the running check may say that it judged nothing."""
        if self._watching is not None and self._watching[0].nodeid == nodeid:
            self._watching[1].see_warning(warning_message.category.__name__, str(warning_message.message))

    def note_evidence(self, item: Evidence) -> None:
        """Put evidence to the check that is running."""
        if self._watching is not None:
            fixtures.log_of(self._watching[0]).add(item)

    def _watches(self, item: pytest.Item) -> Observation | None:
        return self._watching[1] if self._watching is not None and self._watching[0] is item else None


def _result(item: pytest.Item, check: Check, observation: Observation, finished: datetime) -> CheckResult:
    status, reason, flags = observation.conclude()
    log = item.stash.get(fixtures.evidence_key, None)
    evidence = list(log.items) if log else []
    broken = [measured for measured in log.measurements if not measured.within] if log else []
    if broken and status is Status.PASS:
        status, reason = Status.FAIL, f"{broken[0]} breaks its limit, and the check went on"
    if observation.printed:
        evidence.append(Evidence(kind="text", name="failure", text=fixtures.cut(observation.printed)))
    return CheckResult(
        check=check,
        status=status,
        reason=reason,
        flags=flags,
        duration_s=observation.duration_s,
        finished=finished,
        measurements=tuple(log.measurements) if log else (),
        evidence=tuple(evidence),
    )
