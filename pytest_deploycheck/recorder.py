"""The run as it is written down: journal first, and the same events folded into what the session needs to know."""

from __future__ import annotations

import getpass
import os
import platform
import secrets
import shlex
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import pytest

from pytest_deploycheck import __version__
from pytest_deploycheck.core import wire
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Check, Flag, Measurement, PhaseResult, Run, Status, Verdict, worst
from pytest_deploycheck.core.redact import redactor, secrets_in
from pytest_deploycheck.core.run import Event, RunBuilder
from pytest_deploycheck.plan import Plan
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.record.journal import Journal
from pytest_deploycheck.record.store import journal_path, runs_of
from pytest_deploycheck.report import RENDERERS
from pytest_deploycheck.settings import Prerequisites, Settings
from pytest_deploycheck.target import describe_release

#: Phase -> its verdict on record and the run that reached it.
Carried = dict[str, tuple[PhaseResult, Run]]


class Recorder:
    """Appends to the journal, then knows it; writes the reports from what it knows."""

    def __init__(self, settings: Settings, plan: Plan, journal: Journal, release: str) -> None:
        #: The phases that were not selected and whose verdict an earlier run reached.
        self.on_record: frozenset[str] = frozenset()
        #: Keys of the checks whose earlier pass this run keeps (``--deploycheck-resume``).
        self.kept: frozenset[tuple[str, str]] = frozenset()
        self._settings = settings
        self._plan = plan
        self._journal = journal
        self._release = release
        self._builder = RunBuilder()
        #: The run as of the last event, once somebody asked for it.
        self._run: Run | None = None

    def append(self, event: Event) -> None:
        """Write an event down, then take it; raises ``RecordError`` when the disk refuses."""
        self._run = None
        self._builder.apply(self._journal.append(event))

    @property
    def run(self) -> Run:
        """The run so far."""
        if self._run is None:
            self._run = self._builder.build()
        return self._run

    @property
    def selected_verdict(self) -> Verdict:
        """The verdict on what was selected, once every phase of it is decided."""
        return self._builder.selected_verdict()

    def phase(self, marker: str) -> PhaseResult:
        """What is known of one phase."""
        return self._builder.phase_result(marker)

    def phases_before(self, marker: str) -> list[PhaseResult]:
        """What is known of the phases before one."""
        markers = [phase.marker for phase in self._plan.phases]
        return [self._builder.phase_result(earlier) for earlier in markers[: markers.index(marker)]]

    def is_decided(self, marker: str) -> bool:
        """Whether the phase has its verdict."""
        return self._builder.is_decided(marker)

    def unfinished(self, marker: str) -> list[Check]:
        """The checks of a phase that have no result, and no reason yet for having none."""
        return self._builder.unfinished(marker)

    def verdict_on(self, marker: str) -> PhaseResult:
        """What the results of a phase amount to now."""
        return self._builder.decide(marker)

    def begin(self, start: Event, carried: Carried, at: datetime) -> None:
        """Write down what is to be accounted for, and what earlier runs decided that this one will not."""
        self.append(start)
        for marker, (result, run) in carried.items():
            self.append(
                {
                    "event": "phase_carried",
                    "phase": marker,
                    "run_id": run.run_id,
                    "verdict": str(result.verdict),
                    "reason": f"{result.reason} ({_origin(run, at)})",
                    "results": [wire.result_to_wire(row) for row in run.checks if row.check.phase == marker],
                    "at": wire.time_to_wire(at),
                }
            )
        self.on_record = frozenset(carried)

    def resume(self, at: datetime) -> None:
        """Keep what passed before: the newest end of a check in this release counts, when it is a pass and young."""
        settled: set[tuple[str, str]] = set()
        wanted = {check.key for phase in self._plan.phases if phase.selected for check in self.unfinished(phase.marker)}
        kept = []
        for run in self._earlier_runs():
            if run.targets != self._settings.targets or run.digest != self._plan.digest:
                continue
            for result in run.checks:
                key = result.check.key
                if key not in wanted or key in settled or result.status in (Status.NOT_RUN, Status.BLOCKED):
                    continue
                settled.add(key)
                young = result.finished is not None and at - result.finished <= self._settings.max_age
                if result.status is Status.PASS and young:
                    flags = tuple(dict.fromkeys([*result.flags, Flag.CARRIED]))
                    kept.append(replace(result, flags=flags, carried_from=result.carried_from or run.run_id))
        for result in kept:
            self.append({"event": "check_finished", **wire.result_to_wire(result)})
        self.kept = frozenset(result.check.key for result in kept)

    def _earlier_runs(self) -> Iterator[Run]:
        """The release's other runs, newest first."""
        runs = runs_of(self._settings.record, self._release)
        return (run for run in runs if run.run_id != self._journal.path.stem)

    def close(self) -> None:
        """Let go of the journal and write the reports; raises ``RecordError`` when the disk refuses."""
        self._journal.close()
        self.write_reports()

    def write_reports(self) -> None:
        """Render the reports that were asked for; raises ``RecordError`` when one cannot be written."""
        run = self.run
        for name, path in (("html", self._settings.report), ("json", self._settings.json)):
            if path is not None:
                write_atomically(path, RENDERERS[name](run))

    def measurement(self, check_id: str, name: str) -> Measurement | None:
        """A measurement of a check that passed: in this run, else in the newest earlier run that has it."""
        earlier = (run.checks for run in self._earlier_runs() if run.targets == self._settings.targets)
        for results in chain([self._builder.results()], earlier):
            for result in results:
                if result.check.id == check_id and result.status is Status.PASS:
                    for item in result.measurements:
                        if item.name == name:
                            return item
        return None


def start_recorder(config: pytest.Config, settings: Settings, plan: Plan, at: datetime) -> Recorder:
    """Open the journal and write the denominator down.

    The reports are written once now, saying INCOMPLETE: an unwritable path shows before the first check, and what
    an earlier run left there cannot be taken for this one's, should this one die. Raises ``RecordError``.
    """
    release = settings.release or describe_release(next(iter(settings.targets), None), base=settings.root)
    carried = _carried(plan, settings, runs_of(settings.record, release), at)
    run_id = f"{at:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"
    redact = redactor(secrets_in(os.environ))
    journal = Journal(journal_path(settings.record, release, run_id), redact)
    recorder = Recorder(settings, plan, journal, release)
    start: Event = {
        "event": "run_started",
        "at": wire.time_to_wire(at),
        "schema": wire.SCHEMA,
        "run_id": run_id,
        "release": release,
        "targets": list(settings.targets),
        "digest": plan.digest,
        "phases": [wire.phase_to_wire(phase) for phase in plan.phases],
        "checks": [wire.check_to_wire(check) for check in plan.checks],
        "absent": plan.absent,
        "narrowed": plan.narrowed,
        "environment": _environment(config, settings),
        "notes": list(_notes(plan, settings, carried, release, at)),
    }
    try:
        recorder.begin(start, carried, at)
        if settings.resume:
            recorder.resume(at)
        recorder.write_reports()
    except RecordError:
        journal.close()
        raise
    return recorder


def _carried(plan: Plan, settings: Settings, earlier: Iterator[Run], at: datetime) -> Carried:
    """For each phase that is not selected: the verdict that counts, and the run that reached it.

    It must be of the same targets and the same checklist and not too old. The newest run that entered the phase
    counts, also when it left the phase INCOMPLETE; one that was BLOCKED from it only where no other entered it.
    """
    wanted = {phase.marker for phase in plan.phases if not phase.selected}
    found: Carried = {}
    if not wanted:
        return found
    for run in earlier:
        if not wanted or _when(run) < at - settings.max_age:
            break
        if run.targets != settings.targets or run.digest != plan.digest:
            continue
        for result in run.phases:
            marker = result.phase.marker
            if marker not in wanted or not result.phase.selected:
                continue
            verdict = result.verdict if run.closed else worst([result.verdict, Verdict.INCOMPLETE])
            found.setdefault(marker, (replace(result, verdict=verdict), run))
            if verdict is not Verdict.BLOCKED:
                found[marker] = (replace(result, verdict=verdict), run)
                wanted.discard(marker)
    return found


def _notes(plan: Plan, settings: Settings, carried: Carried, release: str, at: datetime) -> Iterator[str]:
    """What this run did not look at, said before its first check."""
    selected = [place for place, phase in enumerate(plan.phases) if phase.selected]
    needed = [phase.marker for phase in plan.phases[: selected[-1]] if not phase.selected]
    for marker in needed:
        if marker in carried:
            result, run = carried[marker]
            yield f"{marker} was not looked at: {result.verdict} on record ({_origin(run, at)})"
    missing = [marker for marker in needed if marker not in carried]
    if missing and settings.prerequisites is not Prerequisites.IGNORE:
        yield (
            f"not looked at and not on record: {', '.join(missing)}; whatever this run says, "
            f"release {release} is not cleared"
        )
    if plan.narrowed:
        yield f"the run was narrowed by {next(iter(plan.narrowed.values()))}: its phases cannot be GO"


def _origin(run: Run, at: datetime) -> str:
    return f"run {run.run_id}, {_age(at - _when(run))} ago"


def _environment(config: pytest.Config, settings: Settings) -> dict[str, str]:
    plugins = sorted({f"{dist.project_name} {dist.version}" for _, dist in config.pluginmanager.list_plugin_distinfo()})
    return {
        "command": shlex.join(["pytest", *map(str, config.invocation_params.args)]),
        "options": shlex.join(_options_given(config, settings)),
        "folder": str(config.invocation_params.dir),
        "user": _user(),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "pytest": pytest.__version__,
        "pytest-deploycheck": __version__,
        "plugins": ", ".join(plugins),
    }


def _options_given(config: pytest.Config, settings: Settings) -> Iterator[str]:
    """The options of the command line that say which release, which target and which record a run is about."""
    for name in ("release", "target", "record"):
        if settings.sources[name] == "command line":
            given = config.getoption(f"deploycheck_{name}")
            for value in given if isinstance(given, list) else [given]:
                yield f"--deploycheck-{name}={value}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return f"uid {os.getuid()}"


def _when(run: Run) -> datetime:
    return run.finished or run.started


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
