"""The gate at work: open or block each phase, keep every result, close with a verdict."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from typing import NoReturn

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.clock import Forward
from pytest_deploycheck.core.approvals import Ruling
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.gate import Barrier, barrier
from pytest_deploycheck.core.model import (
    Check,
    CheckResult,
    ExitCode,
    Measurement,
    Run,
    Status,
    Verdict,
    worst,
    worst_exit,
)
from pytest_deploycheck.core.model import exit_code_of as exit_of_verdict
from pytest_deploycheck.core.run import Event
from pytest_deploycheck.core.sections import section_to_wire
from pytest_deploycheck.hooks import ask_sections, tell_verdict, wants_sections
from pytest_deploycheck.plan import Plan, check_of, usage_errors
from pytest_deploycheck.recorder import Recorder, start_recorder
from pytest_deploycheck.settings import Prerequisites, Settings
from pytest_deploycheck.terminal import Board

STOPPED = "pytest stopped before it"
#: Names the record of the run that is on, for the processes its checks start.
RUNNING = "DEPLOYCHECK_RUNNING"
_UNKNOWN = Ruling(status=Status.PENDING, reason="the gate knows no line of this name")
#: How a session ends that pytest went through with; a run whose checks were all kept has no items.
_WHOLE_ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def _is_maxfail(stop: str) -> bool:
    """Whether pytest stops because of ``-x`` or ``--maxfail``, which says no more than the failures do."""
    return stop.startswith("stopping after ")


class GateSession:
    """One pytest session with a checklist in it; registered while it lasts, in the process that keeps the record."""

    def __init__(self, config: pytest.Config, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._config = config
        self._clock = Forward(clock)
        self._board = Board(config)
        self._plan = Plan(phases=[], checks=[])
        #: Whether the plan was settled: what was asked for is known.
        self._planned = False
        self._check_of_nodeid: dict[str, Check] = {}
        self._recorder: Recorder | None = None
        self._remaining: Counter[str] = Counter()
        self._barriers: dict[str, Barrier] = {}
        #: What speaks against the phase that is open, beside its results.
        self._doubt: tuple[Verdict, str] | None = None
        #: Failed reports of checks: those that pytest's own exit status 1 may stand for.
        self._own_failures = 0
        self._exit_status: int | None = None
        self._session: pytest.Session | None = None
        #: What the environment said of a run around this one.
        self._outside: str | None = None
        #: Why the record or a report could not be written.
        self._broken = ""
        self._board_shown = False

    # -- the plan --------------------------------------------------------------------------------------------------

    def plan_is_made(self, session: pytest.Session, plan: Plan) -> None:
        """Begin the record, or write the plan where only that was asked for."""
        self._planned = True
        self._session = session
        if keys.is_collecting(self._config):
            self._write_plan(plan)
        else:
            self.begin(plan, filter(None, map(check_of, session.items)))
            session.items[:] = [item for item in session.items if not self._is_kept(item)]

    def _write_plan(self, plan: Plan) -> None:
        if path := self._config.option.deploycheck_plan:
            from pytest_deploycheck.plan_file import write_plan

            write_plan(path, plan, self._config)

    def begin(self, plan: Plan, to_run: Iterable[Check]) -> None:
        """Open the record with the denominator; `to_run` are the checks that have an item."""
        self._plan = plan
        self._check_of_nodeid = {check.nodeid: check for check in plan.checks}
        if not any(phase.selected for phase in plan.phases):
            return
        self._refuse_nesting()
        try:
            with usage_errors():
                self._recorder = start_recorder(self._config, self.settings, plan, self._clock)
        except pytest.UsageError as error:
            if isinstance(error.__cause__, RecordError) and error.__cause__.line is not None:
                pytest.exit(f"INVALID: {error}", returncode=ExitCode.INVALID)
            raise
        self._outside = os.environ.get(RUNNING)
        os.environ[RUNNING] = str(self.settings.record)
        gc.freeze()
        kept = self._recorder.kept
        self._remaining.update(check.phase for check in to_run if check.key not in kept)

    def _refuse_nesting(self) -> None:
        """A run that a check of another run starts must not be taken for that run, in one record."""
        if os.environ.get(RUNNING) == str(self.settings.record):
            raise pytest.UsageError(
                "deploycheck: this run was started by a check of a run that keeps the same record, "
                f"{self.settings.record}; give it another one by --deploycheck-record"
            )

    def _is_kept(self, item: pytest.Item) -> bool:
        check = check_of(item)
        return check is not None and self.keeps(check)

    def keeps(self, check: Check) -> bool:
        """Whether an earlier run's end of this check stands, so that it does not run."""
        return self._recorder is not None and check.key in self._recorder.kept

    # -- running ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Say what this run will not look at, before its first check."""
        if self._recorder is not None:
            self.say_notes()

    def say_notes(self) -> None:
        """What people must know before the first check."""
        for note in self._active.notes:
            self._board.note(note)

    def begin_check(self, check: Check) -> str:
        """Open the check's phase, if it is the first of it; returns why the check must not be executed."""
        shut = self.open(check.phase).against(check)
        if not shut:
            try:
                self._active.start_check(check, self._clock())
            except RecordError as error:
                self._give_up(error)
        return shut

    def open(self, marker: str) -> Barrier:
        """Decide everything before the phase, then open it or find why it stays shut."""
        if marker not in self._barriers:
            self._settle_before(marker)
            self._barriers[marker] = self._barrier(marker)
            self._append({"event": "phase_opened", "phase": marker, "at": self._at()})
            phase = next(phase for phase in self._plan.phases if phase.marker == marker)
            self._board.phase_opened(phase, self._remaining[marker])
        return self._barriers[marker]

    def _barrier(self, marker: str) -> Barrier:
        # Phases that nobody declared are known by their checks alone: a narrowed run may not know of an earlier one.
        declared = bool(self._config.stash[keys.phase_titles_key])
        return barrier(
            self._active.phases_before(marker, self._clock()),
            on_record=self._active.on_record,
            keep_going=self.settings.keep_going,
            require_record=self.settings.prerequisites is Prerequisites.REQUIRE,
            narrowed="" if declared else self._plan.partial(marker),
        )

    def end_check(self, result: CheckResult) -> None:
        """Write the result down; the last one of a phase decides it."""
        marker = result.check.phase
        self._doubt_stop()
        self._record(result)
        self._remaining[marker] -= 1
        # The last phase is decided as the session ends, below pytest's own progress line.
        if not self._remaining[marker] and any(self._remaining.values()):
            self._decide(marker)

    def ruling(self, nodeid: str) -> Ruling:
        """What the sign-offs make of a manual check, by the node id of its item."""
        check = self._check_of_nodeid.get(nodeid)
        # A worker waits for the answer: there must be one.
        return _UNKNOWN if check is None else self._active.approver.ruling(check)

    def doubt(self, verdict: Verdict, reason: str) -> None:
        """Hold something against the phase that is open which no check stands for."""
        if self._doubt is None or verdict.rank > self._doubt[0].rank:
            self._doubt = (verdict, reason)

    def _doubt_stop(self) -> None:
        """A stop that something other than a number of failures asked for: what it saw, no check tells."""
        session = self._session
        stop = str(session.shouldfail or session.shouldstop or "") if session is not None else ""
        if stop and not _is_maxfail(stop):
            self.doubt(Verdict.INCOMPLETE, f"a stop of the session was asked for: {stop}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the failures that are the gate's to judge; what the tests behind the checks take down may be theirs."""
        if report.outcome != "failed":
            return
        if report.nodeid in self._check_of_nodeid:
            self._own_failures += not hasattr(report, "wasxfail")
        elif report.when == "teardown":
            why = f"the teardown of {report.nodeid}, which is no check, failed: it may have been of what checks used"
            self.doubt(Verdict.INCOMPLETE, why)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Letters and words for the ends that pytest calls skipped."""
        status = getattr(report, "deploycheck_status", None)
        return None if status is None else self._board.letter(status)

    def _decide(self, marker: str) -> None:
        decided = self._active.verdict_on(marker)
        verdict, reason = decided.verdict, decided.reason
        if self._doubt is not None and marker in self._barriers:
            if (found := worst([verdict, self._doubt[0]])) is not verdict:
                verdict, reason = found, self._doubt[1]
            self._doubt = None
        self._append(
            {
                "event": "phase_decided",
                "phase": marker,
                "verdict": str(verdict),
                "reason": reason,
                "at": self._at(),
            }
        )
        phase = self._active.phase(marker)
        self._board.phase_decided(phase)
        for note in tell_verdict(self._config, phase, self._active.release):
            self._note(note)

    def _note(self, text: str) -> None:
        """Keep in the record what nobody knew at the start, and say it."""
        self._append({"event": "noted", "text": text, "at": self._at()})
        self._board.note(text)

    def _add_sections(self) -> None:
        if wants_sections(self._config):
            for found in ask_sections(self._config, self._active.run):
                if isinstance(found, str):
                    self._note(found)
                else:
                    self._append({"event": "section_added", **section_to_wire(found), "at": self._at()})

    def _append(self, event: Event) -> None:
        """Write an event down; a disk that refuses ends the session, and the record stays open."""
        try:
            self._active.append(event)
        except RecordError as error:
            self._give_up(error)

    def _record(self, result: CheckResult) -> None:
        try:
            self._active.end_check(result)
        except RecordError as error:
            self._give_up(error)

    def _give_up(self, error: RecordError) -> NoReturn:
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
            self._record(result)
        self._decide(marker)

    # -- the end ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Decide what is left, let other plugins finish, then close the record with what the session came to."""
        if self._recorder is None or self._broken:
            return (yield)
        self._doubt_stop()
        if exitstatus not in _WHOLE_ENDS:
            end = exitstatus.name if isinstance(exitstatus, pytest.ExitCode) else f"exit status {exitstatus}"
            self.doubt(Verdict.INCOMPLETE, f"pytest did not come to its own end: {end.replace('_', ' ').lower()}")
        self._settle_before(None)
        lapses = self._tell_lapses()
        own = session.exitstatus = worst_exit([self._merge(exitstatus, session), *lapses])
        self._recorder.announce_end(self._clock(), own)
        self._add_sections()
        try:
            result = yield
        except BaseException as error:
            told = error.returncode if isinstance(error, pytest.exit.Exception) else ExitCode.INTERNAL_ERROR
            self._close(worst_exit([own, own if told is None else told]))
            raise
        self._close(worst_exit([own, int(session.exitstatus)]))
        session.exitstatus = self._exit_status or ExitCode.GO
        return result

    def _close(self, exit_code: int) -> None:
        # Some ways to end, and in some versions --no-summary, let pytest leave its summary out, with the board in it.
        self.pytest_terminal_summary()
        try:
            self._active.append({"event": "run_finished", "exit_code": exit_code, "at": self._at()})
            self._exit_status = self._active.run.exit_code
            self._active.close()
        except RecordError as error:
            self._broken = str(error)
            self._board.problem(self._broken)
            code = ExitCode.INTERNAL_ERROR if error.line is None else ExitCode.INVALID
            self._exit_status = worst_exit([exit_code, code])

    def _merge(self, pytest_status: int, session: pytest.Session) -> int:
        """The worse of pytest's status and ours; pytest's 1 is ours to judge when only checks failed."""
        own = exit_of_verdict(self._active.selected_verdict)
        failures = 0 < self._own_failures == session.testsfailed
        stop = str(session.shouldfail or session.shouldstop or "")
        only_ours = pytest_status == ExitCode.NO_GO and failures and (not stop or _is_maxfail(stop))
        # With every check kept from an earlier run, nothing is left for pytest to select.
        only_ours = only_ours or (pytest_status == ExitCode.NOTHING_SELECTED and bool(self._active.kept))
        broken = [ExitCode.INVALID] if self._active.approver.broken else []
        return worst_exit([own, *broken] if only_ours else [own, *broken, int(pytest_status)])

    def _tell_lapses(self) -> list[ExitCode]:
        """What the selected phases come to that were better when they were decided than they are by now."""
        codes = []
        for phase in self._active.phases_before(None, self._clock()):
            then = self._active.phase(phase.phase.marker).verdict
            if phase.phase.selected and phase.verdict is not then:
                self._note(f"{phase.phase.marker} was {then}, and is {phase.verdict} by now: {phase.reason}")
                codes.append(exit_of_verdict(phase.verdict))
        return codes

    def exit_status(self, status: int) -> int:
        """What the process exits with, given what pytest would: a gate that never closed is INCOMPLETE."""
        if self._recorder is None and self._planned:
            return status
        if self._exit_status is None:
            return worst_exit([status, ExitCode.INCOMPLETE])
        return status if status == self._exit_status else worst_exit([status, self._exit_status])

    def pytest_unconfigure(self) -> None:
        """However the session ended, the file is closed."""
        if self._recorder is not None:
            self._recorder.let_go()
            os.environ.pop(RUNNING, None)
            if self._outside is not None:
                os.environ[RUNNING] = self._outside

    def pytest_terminal_summary(self) -> None:
        """The board: every phase, what to do next, where the report lies."""
        if self._recorder is not None and not self._board_shown:
            self._board_shown = True
            self._board.summary(self._recorder.run, self.settings.report, problem=self._broken)

    # -- for fixtures and other plugins ----------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        """The run so far; None before it has begun."""
        return None if self._recorder is None else self._recorder.run

    def check_at(self, nodeid: str) -> Check | None:
        """The check of an item by its node id; None for one that is no check."""
        return self._check_of_nodeid.get(nodeid)

    def baseline(self, check_id: str, name: str, target: str) -> Measurement | None:
        """A measurement of an earlier check on the target: of this run, else the newest on record for the release."""
        return self._active.measurement(check_id, name, target)

    def _at(self) -> str:
        return self._clock().isoformat()

    @property
    def _active(self) -> Recorder:
        assert self._recorder is not None  # items only run after the collection has finished
        return self._recorder
