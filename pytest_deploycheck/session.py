"""The gate at work: order the items, open or block each phase, observe every check, close with a verdict."""

from __future__ import annotations

import functools
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_deploycheck import fixtures, keys
from pytest_deploycheck.core import wire
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.gate import Barrier, barrier
from pytest_deploycheck.core.model import Check, CheckResult, Evidence, ExitCode, Measurement, Run, Status, worst_exit
from pytest_deploycheck.core.model import exit_code_of as exit_of_verdict
from pytest_deploycheck.core.run import Event
from pytest_deploycheck.markers import place
from pytest_deploycheck.observation import Observation
from pytest_deploycheck.outcomes import Blocked
from pytest_deploycheck.plan import Plan, build_plan, check_of, select, usage_errors
from pytest_deploycheck.recorder import Recorder, start_recorder
from pytest_deploycheck.settings import Prerequisites, Settings, settings_of
from pytest_deploycheck.target.spec import read_spec
from pytest_deploycheck.terminal import Board

STOPPED = "pytest stopped before it"


def activate(session: pytest.Session, items: list[pytest.Item]) -> GateSession:
    """Build the plan from the collected items and register the gate; a user's mistake is a usage error."""
    config = session.config
    _refuse_blindness(config)
    with usage_errors():
        settings = settings_of(config)
        for spec in settings.targets:
            read_spec(spec, base=settings.root)
        titles = config.stash[keys.phase_titles_key]
        plan = build_plan(
            session,
            items,
            checklist=config.stash[keys.checklist_key],
            titles=titles,
            targets=settings.targets,
        )
    gate = GateSession(config, settings, plan, list(items))
    config.pluginmanager.register(gate, keys.GATE)
    return gate


def _refuse_blindness(config: pytest.Config) -> None:
    """Without these a check can pass that asserted nothing."""
    if sys.flags.optimize:
        raise pytest.UsageError(
            "deploycheck: Python runs with -O (PYTHONOPTIMIZE), which removes every assert; run without"
        )
    for name in ("warnings", "threadexception", "unraisableexception"):
        if not config.pluginmanager.hasplugin(name):
            raise pytest.UsageError(
                f"deploycheck: pytest's plugin {name!r} is switched off, which tells of checks that judged nothing; "
                f"run without -p no:{name}"
            )


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


class GateSession:
    """One pytest session with a checklist in it; registered while it lasts."""

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        plan: Plan,
        collected: list[pytest.Item],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.settings = settings
        self._config = config
        self._plan = plan
        self._collected = collected
        self._phase_of_nodeid = {check.nodeid: check.phase for check in plan.checks}
        self._clock = clock
        self._board = Board(config)
        self._recorder: Recorder | None = None
        self._remaining: Counter[str] = Counter()
        self._barriers: dict[str, Barrier] = {}
        self._watching: tuple[pytest.Item, Observation] | None = None
        #: Failed reports of checks: those that pytest's own exit status 1 may stand for.
        self._own_failures = 0
        self._exit_status: int | None = None
        #: Why the record or a report could not be written.
        self._broken = ""

    # -- collection ------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Sort the items by phase, after every plugin that shuffles; then begin the record."""
        session.items.sort(key=self._plan.rank)
        self._refuse_latecomers(session.items)
        self._plan = select(self._config, self._plan, self._collected, session.items)
        if not self._plan.narrowed and (missed := self._config.stash[keys.collection_failures_key]):
            why = f"a collection that failed: {missed[0]}"
            self._plan.narrowed.update({phase.marker: why for phase in self._plan.phases if phase.selected})
        self._collected = []
        if self._config.option.collectonly:
            self._write_plan()
        elif any(phase.selected for phase in self._plan.phases):
            self._begin(session)

    def _refuse_latecomers(self, items: Sequence[pytest.Item]) -> None:
        known = {"check", *(phase.marker for phase in self._plan.phases)}
        for item in items:
            if check_of(item) is None and any(mark.name in known for mark in item.iter_markers()):
                raise pytest.UsageError(
                    f"{place(item)}: {item.nodeid} was marked as a check after the collection; mark it where it stands"
                )

    def _write_plan(self) -> None:
        if path := self._config.option.deploycheck_plan:
            from pytest_deploycheck.report.json import plan_to_json

            with open(path, "w", encoding="utf-8") as file:
                file.write(plan_to_json(self._plan.phases, self._plan.checks))

    def _begin(self, session: pytest.Session) -> None:
        try:
            with usage_errors():
                self._recorder = start_recorder(self._config, self.settings, self._plan, self._clock())
        except pytest.UsageError as error:
            if isinstance(error.__cause__, RecordError) and error.__cause__.line is not None:
                pytest.exit(f"INVALID: {error}", returncode=ExitCode.INVALID)
            raise
        if self._recorder.kept:
            session.items[:] = [item for item in session.items if not self._is_kept(item)]
        self._remaining.update(check.phase for check in map(check_of, session.items) if check is not None)

    def _is_kept(self, item: pytest.Item) -> bool:
        check = check_of(item)
        return check is not None and check.key in self._active.kept

    # -- running ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Say what this run will not look at, before its first check."""
        if self._recorder is not None:
            # pytest tells of these between the collection and the first item.
            if void := self._config.stash[keys.void_assertions_key]:
                raise pytest.UsageError(f"deploycheck: {void[0]}")
            for note in self._recorder.run.notes:
                self._board.note(note)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Around everything that happens to one item."""
        check = check_of(item)
        if check is None:
            return (yield)
        self._open(check.phase)
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
            self._conclude(item, check, observation, last=nextitem is None)

    def _open(self, marker: str) -> None:
        """Decide everything before the phase, then open it or find why it stays shut."""
        if marker in self._barriers:
            return
        self._settle_before(marker)
        self._barriers[marker] = self._barrier(marker)
        self._append({"event": "phase_opened", "phase": marker, "at": self._at()})
        self._board.phase_opened(self._active.phase(marker).phase, self._remaining[marker])

    def _barrier(self, marker: str) -> Barrier:
        # Phases that nobody declared are known by their checks alone: a narrowed run may not know of an earlier one.
        declared = bool(self._config.stash[keys.phase_titles_key])
        return barrier(
            self._active.phases_before(marker),
            on_record=self._active.on_record,
            keep_going=self.settings.keep_going,
            require_record=self.settings.prerequisites is Prerequisites.REQUIRE,
            narrowed="" if declared else self._plan.narrowed.get(marker, ""),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A blocked check is not executed: neither are its fixtures."""
        # No wrapper: pytest's own wrappers must have begun, since they end in the teardown that follows all the same.
        check = check_of(item)
        if check is not None and (reason := self._barriers[check.phase].against(check)):
            raise Blocked(reason, _use_item_location=True)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Innermost: an exception that a hook further out swallows is seen here."""
        if self._watching is None or self._watching[0] is not item:
            return (yield)
        # A hook that turned the blocked setup's report green must not get the check executed.
        self.pytest_runtest_setup(item)
        try:
            return (yield)
        except BaseException as error:
            self._watching[1].see_exception(error, "call")
            raise

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
        if self._watching is not None and self._watching[0] is item:
            self._watching[1].see_call(call, report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take every report of the running check, those of its parts included."""
        if self._watching is not None and self._watching[0].nodeid == report.nodeid:
            self._own_failures += report.outcome == "failed" and not hasattr(report, "wasxfail")
            self._watching[1].see_report(report)

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        """A warning about the running check may say that it judged nothing."""
        if self._watching is not None and self._watching[0].nodeid == nodeid:
            self._watching[1].see_warning(warning_message.category.__name__, str(warning_message.message))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Letters and words for the ends that pytest calls skipped."""
        status = getattr(report, "deploycheck_status", None)
        return None if status is None else self._board.letter(status)

    def _conclude(self, item: pytest.Item, check: Check, observation: Observation, *, last: bool) -> None:
        status, reason, flags = observation.conclude()
        log = item.stash.get(fixtures.evidence_key, None)
        evidence = list(log.items) if log else []
        broken = [item for item in log.measurements if not item.within] if log else []
        if broken and status is Status.PASS:
            status, reason = Status.FAIL, f"{broken[0]} breaks its limit, and the check went on"
        if observation.printed:
            evidence.append(Evidence(kind="text", name="failure", text=fixtures.cut(observation.printed)))
        result = CheckResult(
            check=check,
            status=status,
            reason=reason,
            flags=flags,
            duration_s=observation.duration_s,
            finished=self._clock(),
            measurements=tuple(log.measurements) if log else (),
            evidence=tuple(evidence),
        )
        self._append({"event": "check_finished", **wire.result_to_wire(result)})
        self._remaining[check.phase] -= 1
        # The last phase is decided as the session ends, below pytest's own progress line.
        if not self._remaining[check.phase] and not last:
            self._decide(check.phase)

    def _decide(self, marker: str) -> None:
        decided = self._active.verdict_on(marker)
        self._append(
            {
                "event": "phase_decided",
                "phase": marker,
                "verdict": str(decided.verdict),
                "reason": decided.reason,
                "at": self._at(),
            }
        )
        self._board.phase_decided(decided)

    def _append(self, event: Event) -> None:
        """Write an event down; a disk that refuses ends the session, and the record stays open."""
        try:
            self._active.append(event)
        except RecordError as error:
            self._broken = str(error)
            pytest.exit(f"deploycheck: {error}", returncode=ExitCode.INTERNAL_ERROR)

    def _settle_before(self, marker: str | None) -> None:
        """Decide, in order, the selected phases before this one (all, for None) that nothing has decided yet."""
        for phase in self._plan.phases:
            if phase.marker == marker:
                return
            if phase.selected and not self._active.is_decided(phase.marker):
                self._settle(phase.marker)

    def _settle(self, marker: str) -> None:
        """Give an end to the checks of a phase that never ran, then decide it."""
        reason = self._barrier(marker).all
        for check in self._active.unfinished(marker):
            status = Status.BLOCKED if reason else Status.NOT_RUN
            result = CheckResult(check=check, status=status, reason=reason or STOPPED, finished=self._clock())
            self._append({"event": "check_finished", **wire.result_to_wire(result)})
        self._decide(marker)

    # -- the end ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Close the record with a verdict and write the reports, before other plugins write theirs."""
        if self._recorder is None or self._broken:
            return
        self._settle_before(None)
        self._append({"event": "run_finished", "exit_code": self._merge(exitstatus, session), "at": self._at()})
        self._exit_status = self._recorder.run.exit_code
        try:
            self._recorder.close()
        except RecordError as error:
            self._broken = str(error)
            self._exit_status = worst_exit([self._exit_status, ExitCode.INTERNAL_ERROR])
        session.exitstatus = self._exit_status

    def _merge(self, pytest_status: int, session: pytest.Session) -> int:
        """The worse of pytest's status and ours; pytest's 1 is ours to judge when only checks failed."""
        own = exit_of_verdict(self._active.selected_verdict)
        only_ours = pytest_status == ExitCode.NO_GO and session.testsfailed == self._own_failures
        # With every check kept from an earlier run, nothing is left for pytest to select.
        only_ours = only_ours or (pytest_status == ExitCode.NOTHING_SELECTED and bool(self._active.kept))
        return worst_exit([own] if only_ours else [own, int(pytest_status)])

    def exit_status(self, status: int) -> int:
        """What the process exits with, given what pytest would: a gate that never closed is INCOMPLETE."""
        if self._recorder is None:
            return status
        if self._exit_status is None:
            return worst_exit([status, ExitCode.INCOMPLETE])
        return status if status == self._exit_status else worst_exit([status, self._exit_status])

    def pytest_terminal_summary(self) -> None:
        """The board: every phase, what to do next, where the report lies."""
        if self._recorder is not None and self._exit_status is not None:
            self._board.summary(self._recorder.run, self.settings.report, problem=self._broken)

    # -- for fixtures and other plugins ----------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        """The run so far; None before it has begun."""
        return None if self._recorder is None else self._recorder.run

    def phase_of(self, nodeid: str) -> str:
        """The phase of an item by its node id; empty for one that is no check."""
        return self._phase_of_nodeid.get(nodeid, "")

    def note_evidence(self, item: Evidence) -> None:
        """Put evidence to the check that is running."""
        if self._watching is not None:
            fixtures.log_of(self._watching[0]).add(item)

    def baseline(self, check_id: str, name: str) -> Measurement | None:
        """A measurement of an earlier check: of this run, else the newest on record for the release."""
        return self._active.measurement(check_id, name)

    def _at(self) -> str:
        return self._clock().isoformat()

    @property
    def _active(self) -> Recorder:
        assert self._recorder is not None  # items only run after the collection has finished
        return self._recorder


__all__: Sequence[str] = ("GateSession", "activate")
