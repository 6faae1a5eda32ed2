"""The run as it is written down: journal first, and the same events folded into what the session needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, tee
from pathlib import Path

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.approving import Approver, approver_of
from pytest_deploycheck.core import wire
from pytest_deploycheck.core.clearance import Clearance, clear_phase, no_better
from pytest_deploycheck.core.errors import RecordError, SettingsError
from pytest_deploycheck.core.evidence import read_size
from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    CheckResult,
    Kind,
    Measurement,
    PhaseResult,
    Run,
    Status,
    Verdict,
)
from pytest_deploycheck.core.resume import resume
from pytest_deploycheck.core.run import SEAL, Event, RunBuilder
from pytest_deploycheck.core.standing import lapsed
from pytest_deploycheck.environment import environment_of
from pytest_deploycheck.plan import Plan
from pytest_deploycheck.record.blobs import Blobs, refuse_changed_evidence
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.record.journal import Journal
from pytest_deploycheck.record.store import (
    journal_path,
    new_run_id,
    refuse_known_run,
    refuse_running,
    require_run_id,
    runs_of,
)
from pytest_deploycheck.redaction import Redact, redactor_of, shown_targets
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.settings import Css, Prerequisites, Settings
from pytest_deploycheck.target import describe_release

#: Phase -> its verdict on record.
Carried = dict[str, Clearance]


class Recorder:
    """Appends to the journal, then knows it; writes the reports from what it knows."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        journal: Journal,
        release: str,
        *,
        approver: Approver,
        targets: tuple[str, ...],
        blobs: Blobs,
    ) -> None:
        #: People's word, as it stood when the run began.
        self.approver = approver
        self._may_lapse = approver.approvals != Approvals() or any(check.valid for check in plan.checks)
        #: The phases that were not selected and whose verdict an earlier run reached.
        self.on_record: frozenset[str] = frozenset()
        #: Keys of the checks that this run does not run, because earlier ones settled them (``--deploycheck-resume``).
        self.kept: frozenset[tuple[str, str]] = frozenset()
        self._settings = settings
        self._plan = plan
        self._journal = journal
        self._release = release
        #: As they are recorded.
        self._targets = targets
        self._blobs = blobs
        #: Whether the checks as declared hold no secret, so that their ids need no second look.
        self._is_clean = False
        self._builder = RunBuilder()
        #: The run as of the last event, once somebody asked for it.
        self._run: Run | None = None
        self._closing: tuple[datetime, int] | None = None

    def append(self, event: Event) -> None:
        """Take an event and write it down; raises ``RecordError`` for one that does not fit, or a disk that refuses.

        The end of the run is sealed at once.
        """
        self._put(*self._journal.prepare(event))
        if event["event"] == "run_finished":
            self._put(*self._journal.prepare(SEAL))

    def start_check(self, check: Check, at: datetime) -> None:
        """Write down that a check is about to run; raises ``RecordError`` as `append` does."""
        event = {"event": "check_started", "check": check.id, "target": check.target, "at": at.isoformat()}
        stored, text = self._journal.prepare_flat(event, is_clean=self._is_clean)
        if stored is event and self._is_clean:
            self._run = None
            self._builder.start_check(check)
            self._journal.write(text)
        else:
            self._put(stored, text)

    def end_check(self, result: CheckResult) -> None:
        """Write down how a check ended, as the approvals leave it; raises ``RecordError`` as `append` does."""
        if result.status is not Status.PASS or result.check.kind is Kind.MANUAL:
            result = self.approver.settle(result)
        if result.evidence:
            result = self._blobs.store(result)
        event = {"event": "check_finished", **wire.result_to_wire(result)}
        if result.measurements or result.evidence or result.flags or result.signoffs:
            stored, text = self._journal.prepare(event)
        else:
            stored, text = self._journal.prepare_flat(event, is_clean=self._is_clean and not result.reason)
        if stored is event and self._is_clean and not result.measurements:
            # What would be read from the event again is what is here. Numbers that JSON cannot hold are not.
            self._run = None
            self._builder.end_check(result)
            self._journal.write(text)
        else:
            self._put(stored, text)

    def _put(self, event: Event, text: str) -> None:
        self._run = None
        # First, because an event that makes no sense must not spoil a journal; nobody is told before it is on disk.
        self._builder.apply(event)
        self._journal.write(text)

    @property
    def run(self) -> Run:
        """The run so far."""
        if self._run is None:
            self._run = self._builder.build(closing=self._closing)
        return self._run

    def announce_end(self, at: datetime, exit_code: int) -> None:
        """From now on `run` is as it will be when this end is written down, for reporters that write before that."""
        self._run, self._closing = None, (at, exit_code)

    @property
    def notes(self) -> tuple[str, ...]:
        """What people must know before the first check; does not build the run."""
        return self._builder.notes

    @property
    def release(self) -> str:
        """The release that the run is about."""
        return self._release

    @property
    def selected_verdict(self) -> Verdict:
        """The verdict on what was selected, once every phase of it is decided."""
        return self._builder.selected_verdict()

    def phase(self, marker: str) -> PhaseResult:
        """What is known of one phase."""
        return self._builder.phase_result(marker)

    def phases_before(self, marker: str | None, now: datetime) -> list[PhaseResult]:
        """What is known of the phases before one (of all, for None), as they count by now."""
        markers = [phase.marker for phase in self._plan.phases]
        earlier = markers if marker is None else markers[: markers.index(marker)]
        return [self._by_now(self._builder.phase_result(known), now) for known in earlier]

    def _by_now(self, phase: PhaseResult, now: datetime) -> PhaseResult:
        """The verdict on a phase without what people's word, or a result's own limit, no longer holds up."""
        if not self._may_lapse:
            return phase
        return no_better(phase, [lapsed(row, now=now) for row in self._builder.results_in(phase.phase.marker)])

    def is_decided(self, marker: str) -> bool:
        """Whether the phase has its verdict."""
        return self._builder.is_decided(marker)

    def unfinished(self, marker: str) -> list[Check]:
        """The checks of a phase that have no result, and no reason yet for having none."""
        return self._builder.unfinished(marker)

    def verdict_on(self, marker: str) -> PhaseResult:
        """What the results of a phase amount to now."""
        return self._builder.decide(marker)

    def begin(self, start: wire.Start, carried: Carried, at: datetime) -> None:
        """Write down what is to be accounted for, and what earlier runs decided that this one will not."""
        event = {"event": "run_started", **wire.start_to_wire(start)}
        stored, text = self._journal.prepare(event)
        self._is_clean = stored is event
        if self._is_clean:
            self._builder.begin(start)
            self._journal.write(text)
        else:
            self._put(stored, text)
        for marker, found in carried.items():
            rows = (row for row in found.run.checks if row.check.phase == marker)
            self.append(
                {
                    "event": "phase_carried",
                    "phase": marker,
                    "run_id": found.run.run_id,
                    "verdict": str(found.verdict),
                    "reason": f"{found.phase.reason} ({_origin(found, at)})",
                    "results": [wire.result_to_wire(row) for row in rows],
                    "at": wire.time_to_wire(at),
                }
            )
        self.on_record = frozenset(carried)

    def resume(self, at: datetime) -> None:
        """Begin with what earlier runs settled: passes are kept, and a check in which runs keep dying is an ERROR."""
        selected = (phase.marker for phase in self._plan.phases if phase.selected)
        wanted = {check.key: check for marker in selected for check in self.unfinished(marker)}
        earlier = (run for run in self._earlier_runs(at) if run.digest == self._plan.digest)
        settled = resume(earlier, wanted, now=at, max_age=self._settings.max_age)
        refuse_changed_evidence(settled.kept, self._journal.path.parent)
        for result in (*settled.kept, *settled.crashed):
            self.append({"event": "check_finished", **wire.result_to_wire(result)})
        self.kept = frozenset(result.check.key for result in (*settled.kept, *settled.crashed))
        if not self._is_clean:
            # The record knows a check by its id without secrets.
            clean, kept = self._journal.clean, self.kept
            own = (check.key for check in self._plan.checks)
            self.kept = frozenset(key for key in own if (clean(key[0]), clean(key[1])) in kept)

    def _earlier_runs(self, now: datetime | None = None) -> Iterator[Run]:
        """The release's other runs on the same targets, newest first."""
        runs = runs_of(self._settings.record, self._release, now=now, besides=self._journal.path.stem)
        return (run for run in runs if run.targets == self._targets)

    def close(self) -> None:
        """Let go of the journal and write the reports; raises ``RecordError`` when the disk refuses."""
        self._journal.close()
        self.write_reports()

    def let_go(self) -> None:
        """Close the journal as it is: without its end, unless it has one."""
        self._journal.let_go()

    def write_reports(self) -> None:
        """Render the reports that were asked for; raises ``RecordError`` when one cannot be written."""
        settings = self._settings
        if settings.report is not None:
            from pytest_deploycheck.ticket import write_ticket

            write_ticket(settings.report, self.run, record=settings.record, linked=settings.css is Css.LINK)
        for name, path in (("json", settings.json), ("md", settings.summary)):
            if path is not None:
                write_atomically(path, RENDERERS[name](self.run))

    def measurement(self, check_id: str, name: str, target: str) -> Measurement | None:
        """A measurement of a check that passed: in this run, else in the newest earlier run that has it.

        Only of the check on `target`, where one is named.
        """
        earlier = (run.checks for run in self._earlier_runs())
        for results in chain([self._builder.results()], earlier):
            for result in results:
                same = result.check.id == check_id and target in ("", result.check.target)
                if same and result.status is Status.PASS:
                    for item in result.measurements:
                        if item.name == name:
                            return item
        return None


def start_recorder(config: pytest.Config, settings: Settings, plan: Plan, clock: Callable[[], datetime]) -> Recorder:
    """Open the journal and write the denominator down.

    The reports are written once now, saying INCOMPLETE: an unwritable path shows before the first check, and what
    an earlier run left there cannot be taken for this one's, should this one die. Raises ``RecordError``,
    ``SettingsError`` for a run id that cannot be one, and ``ApprovalsError``.
    """
    at = clock()
    redact, targets = redactor_of(config), shown_targets(config)
    release = settings.release or describe_release(next(iter(settings.targets), None), base=settings.root)
    if redact(release) != release:
        # Every release would be the same one on record.
        raise SettingsError(f"the release would be recorded as {redact(release)}: name it without a secret's value")
    if settings.resume:
        refuse_running(settings.record, release)
    approver = approver_of(config, settings, plan, release=release, clock=clock)
    earlier = (run for run in runs_of(settings.record, release, now=at) if run.targets == targets)
    carried = _carried(plan, settings, earlier, at, approver)
    path = journal_path(settings.record, release, _run_id(config, settings, at))
    for marker, found in carried.items():
        refuse_changed_evidence((row for row in found.run.checks if row.check.phase == marker), path.parent)
    journal = Journal(path, redact)
    recorder = Recorder(
        settings, plan, journal, release, approver=approver, targets=targets, blobs=_blobs(config, journal, redact)
    )
    start = wire.Start(
        run_id=path.stem,
        release=release,
        started=at,
        targets=targets,
        digest=plan.digest,
        phases=tuple(plan.phases),
        checks=tuple(plan.checks),
        absent={key: reason for reason, keys in plan.absent.items() for key in keys},
        narrowed=dict(plan.narrowed),
        environment=environment_of(config, settings),
        notes=(*_slips(config), *_notes(plan, settings, carried, release, at)),
        approvals=approver.approvals,
        policy=approver.policy,
    )
    try:
        recorder.begin(start, carried, at)
        if settings.resume:
            recorder.resume(at)
        recorder.write_reports()
        if witness := config.getoption("deploycheck_witness", None):
            write_atomically(Path(config.invocation_params.dir, witness), f"{journal.path}\n")
    except RecordError:
        journal.close()
        raise
    return recorder


def _blobs(config: pytest.Config, journal: Journal, redact: Redact) -> Blobs:
    limit = read_size(str(config.getini("deploycheck_evidence_limit")), where="ini key deploycheck_evidence_limit")
    return Blobs(journal.path.parent, redact, limit)


def _run_id(config: pytest.Config, settings: Settings, at: datetime) -> str:
    """The id that the command line gives, else one of the moment and of chance."""
    given = config.getoption("deploycheck_run_id", None)
    if given is None:
        return new_run_id(at)
    require_run_id(given, where="command line: --deploycheck-run-id")
    refuse_known_run(settings.record, given)
    return str(given)


def _carried(plan: Plan, settings: Settings, earlier: Iterator[Run], at: datetime, approver: Approver) -> Carried:
    """For each phase that is not selected: the verdict that counts, of the same checklist."""
    declared = {check.key: check for check in plan.checks}

    def judge(row: CheckResult) -> CheckResult:
        return approver.again(row, declared.get(row.check.key))

    like = (run for run in earlier if run.digest == plan.digest)
    # Read once, and only as far as the phase needs that looks back furthest.
    wanted = [phase.marker for phase in plan.phases if not phase.selected]
    found = [
        clear_phase(runs, marker, not_before=at - settings.max_age, judge=judge)
        for marker, runs in zip(wanted, tee(like, len(wanted)), strict=True)
    ]
    return {clearance.phase.phase.marker: clearance for clearance in found if clearance is not None}


def _slips(config: pytest.Config) -> Iterable[str]:
    """What the checklist tells of itself; the plan that comes from workers does not have it."""
    checklist = config.stash.get(keys.checklist_key, None)
    return checklist.notes() if checklist is not None else ()


def _notes(plan: Plan, settings: Settings, carried: Carried, release: str, at: datetime) -> Iterator[str]:
    """What this run did not look at, said before its first check."""
    selected = [place for place, phase in enumerate(plan.phases) if phase.selected]
    needed = [phase.marker for phase in plan.phases[: selected[-1]] if not phase.selected]
    for marker in needed:
        if marker in carried:
            found = carried[marker]
            yield f"{marker} was not looked at: {found.verdict} on record ({_origin(found, at)})"
    missing = [marker for marker in needed if marker not in carried]
    if missing and settings.prerequisites is not Prerequisites.IGNORE:
        yield (
            f"not looked at and not on record: {', '.join(missing)}; whatever this run says, "
            f"release {release} is not cleared"
        )
    if plan.narrowed:
        yield f"the run was narrowed by {next(iter(plan.narrowed.values()))}: its phases cannot be GO"


def _origin(found: Clearance, at: datetime) -> str:
    return f"run {found.run.run_id}, {_age(at - found.since)} ago"


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
