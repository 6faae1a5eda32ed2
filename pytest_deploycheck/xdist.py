"""The gate across the workers of pytest-xdist: they run the checks, the controlling process keeps the record.

Beside xdist's own channel each worker has one to the gate. From the worker come its plan, the beginning and the result
of every check, and a sign of life; to the worker goes, phase by phase, whether it is open. A worker blocks what it was
not told of. The two channels of a worker share one connection, so what it says here has arrived when xdist hears that
the item is over. No files are shared: a worker may be on another machine.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.heartbeat import Watchdog, patience_of
from pytest_deploycheck.worker import Worker

if TYPE_CHECKING:
    from execnet.gateway_base import Channel
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

    from pytest_deploycheck.core.gate import Barrier
    from pytest_deploycheck.core.model import Check
    from pytest_deploycheck.session import GateSession
    from pytest_deploycheck.shipping import Parcels

CHANNEL = "deploycheck_channel"
#: The ways of distributing that keep one verdict and one order.
GATED = ("load", "worksteal")
#: Restarts for each worker when nobody set a limit, as xdist has it for ``-n``.
RESTARTS = 4
#: How xdist says that -x or --maxfail was reached.
MAXFAIL = "stopping after "
UNSTARTED = (
    "deploycheck: the workers ended before the first check: nothing was checked, and the checklist is INCOMPLETE"
)

Message = tuple["WorkerController", str, Any]


def configure(config: pytest.Config, *, due: bool) -> None:
    """Register this process's end: that of a worker, or of the controller; `due` says that a gate was asked for."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is not None:
        worker = config.stash[keys.gate_key] = Worker(config, workerinput[CHANNEL])
        with worker.telling_refusals():
            keys.register(config, worker, keys.GATE)
    elif not config.option.collectonly:
        keys.register(config, Controller(config, due=due), "deploycheck-controller")


class Controller:
    """Hears the workers, keeps the gate, and tells the scheduling what may run."""

    def __init__(self, config: pytest.Config, *, due: bool) -> None:
        self._config = config
        self._due = due
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._channels: dict[WorkerController, Channel] = {}
        self._plans: dict[WorkerController, str] = {}
        #: Which worker has collected first, and what.
        self._first: tuple[WorkerController, list[str]] | None = None
        self._barriers: dict[str, Barrier] = {}
        self._in_flight: dict[WorkerController, Check] = {}
        self._parcels: Parcels
        self._finished: set[int] = set()
        self._index_of: dict[tuple[str, str], int] = {}
        self._checks: dict[tuple[str, str], Check] = {}
        self._gate: GateSession | None = None
        self._switch: Scheduling | None = None
        self._session: pytest.Session | None = None
        self._watchdog = Watchdog(patience_of(config))
        if config.option.maxworkerrestart is None and config.option.numprocesses is None:
            config.option.maxworkerrestart = RESTARTS * len(config.option.tx)

    # -- what xdist tells ------------------------------------------------------------------------------------------

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Where pytest counts what could not be collected."""
        self._session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Give the worker its channel to the gate."""
        channel = node.gateway.newchannel()
        node.workerinput[CHANNEL] = channel
        if self._config.stash[keys.checklist_key] is not None:
            from pytest_deploycheck import manual

            node.workerinput[manual.PLAIN] = manual.is_plain(self._config)
        self._channels[node] = channel
        channel.setcallback(lambda message: self._hear(node, *message))
        self._watchdog.expect(node)
        # Where nobody asked for a gate, how long a worker takes to start is none of ours.
        if self._due:
            self._watchdog.start()

    def _hear(self, node: WorkerController, kind: str, text: str) -> None:
        """In the connection's own thread: answer what a check waits for, keep the rest for the main thread."""
        self._watchdog.hear(node)
        if kind == "baseline":
            self._channels[node].send(("baseline", json.dumps(self._find_baseline(*json.loads(text)))))
        elif kind == "ruling":
            found = self._active.ruling(json.loads(text))
            self._channels[node].send(("ruling", json.dumps({"status": found.status, "reason": found.reason})))
        elif kind != "alive":
            self._inbox.put((node, kind, text))

    def _find_baseline(self, check_id: str, name: str, target: str) -> dict[str, Any]:
        from pytest_deploycheck.core import wire
        from pytest_deploycheck.core.errors import RecordError

        try:
            found = self._active.baseline(check_id, name, target)
        except RecordError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001  # the check that waits must be told of anything
            return {"error": f"{type(error).__name__}: {error}"}
        return {"error": "", "found": None if found is None else wire.measurement_to_wire(found)}

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object | None:
        """Ours to choose, once it is known whether there is anything to gate."""
        from xdist.scheduler import LoadScheduling, WorkStealingScheduling

        from pytest_deploycheck.scheduling import SchedulingSwitch

        if config.option.dist not in GATED:
            return None
        stock = LoadScheduling if config.option.dist == "load" else WorkStealingScheduling
        self._switch = SchedulingSwitch(stock(config, log), self._gated)
        return self._switch

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: WorkerController, ids: Sequence[str]) -> None:
        """Its plan is here by now, or it has none."""
        self._config.stash[keys.watch_key].finished = True
        self.catch_up()
        if not self._plans:
            self._refuse_strangers(node)
            self._first = self._first or (node, list(ids))
            return
        if self._config.option.dist not in GATED:
            raise pytest.UsageError(
                f"deploycheck: --dist {self._config.option.dist} cannot keep the phases of a checklist apart (it hands "
                f"out items by file, by group or to everybody); use --dist {' or --dist '.join(GATED)}"
            )
        session: Any = self._config.pluginmanager.get_plugin("dsession")
        if session.sched is not self._switch:
            raise pytest.UsageError(
                f"deploycheck: another plugin distributes the tests ({type(session.sched).__name__}), and the phases "
                "would not be kept apart; run without it"
            )
        self._refuse_difference(node, list(ids))
        self._watchdog.start()
        for phase, found in self._barriers.items():
            self._tell_open(node, phase, found)

    def _refuse_strangers(self, node: WorkerController) -> None:
        """A gate was asked for, and the worker has nobody who would know of it."""
        if self._due and not self._watchdog.has_heard(node):
            raise pytest.UsageError(
                f"deploycheck: pytest-deploycheck is not at work on the worker {node.gateway.id}; install it there, "
                "or run without that worker"
            )

    def _refuse_difference(self, node: WorkerController, ids: list[str]) -> None:
        """An index must mean the same item on every worker, and a check the same one."""
        from pytest_deploycheck.shipping import is_same_plan, refuse_other_settings

        if self._first is None:
            refuse_other_settings(self._config, node.gateway.id, self._plans[node])
        self._first = first, known = self._first or (node, ids)
        if ids == known and is_same_plan(self._plans.get(node), self._plans.get(first)):
            return
        odd = sorted(set(ids) ^ set(known))
        what = f"{odd[0]} is not in both" if odd else "the same tests, in another order or with other marks"
        raise pytest.UsageError(
            f"deploycheck: the worker {node.gateway.id} collected another checklist than {first.gateway.id} ({what}); "
            "make the collection the same everywhere, or run without -n"
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Write down that a check runs while it does, not when xdist next asks."""
        self.catch_up()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        """A worker has ended, well or not: a death between two checks speaks against the phase."""
        from pytest_deploycheck.core.model import ExitCode

        self._watchdog.forget(node)
        self.catch_up()
        if error is not None and node not in self._in_flight:
            self._hold_against(f"{self._watchdog.fate(node)}, and not in a check", failed=False)
        if self._watchdog.has_hung(node):
            # Its successor would do as it did.
            pytest.exit(
                f"deploycheck: {self._watchdog.fate(node)}; see what its conftest.py and plugins do as they are loaded",
                returncode=ExitCode.INCOMPLETE,
            )

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Reporters know calls and teardowns, and not xdist's "???": show the crash as a failed call."""
        call = pytest.TestReport(
            nodeid=crashitem,
            location=report.location,
            keywords={},
            outcome="failed",
            longrepr=report.longrepr,
            when="call",
        )
        call.node = report.node  # type: ignore[attr-defined] # where xdist says which worker it was
        self._config.hook.pytest_runtest_logreport(report=call)
        report.when, report.outcome, report.longrepr = "teardown", "passed", None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """However the loop ends, the gate closes with everything that was said."""
        try:
            return (yield)
        except KeyboardInterrupt as stop:
            # What -x asked for is no interruption to pytest, in one process; xdist has it as a kind of its own.
            if self._gate is not None and str(stop).startswith(MAXFAIL):
                raise pytest.Session.Failed(str(stop)) from stop
            raise
        finally:
            self._watchdog.stop()
            # A record that cannot be written any more has ended the session, and cannot take the rest either.
            with suppress(pytest.exit.Exception):
                self.catch_up()
                for node in list(self._in_flight):
                    self._fail(node, f"the session ended while the worker {node.gateway.id} ran this check")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """A gate that never opened is INCOMPLETE."""
        from pytest_deploycheck.core.model import ExitCode, worst_exit

        try:
            return (yield)
        finally:
            if self._is_overdue():
                session.exitstatus = worst_exit([session.exitstatus, ExitCode.INCOMPLETE])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Say why nothing was checked, where nobody else does."""
        from pytest_deploycheck.core.model import ExitCode

        if exitstatus != ExitCode.USAGE_ERROR and self._is_overdue():
            terminalreporter.write_line(UNSTARTED, red=True, bold=True)

    def _is_overdue(self) -> bool:
        """Whether workers have found checks to run, and the gate never began."""
        if self._gate is not None or not self._plans:
            return False
        from pytest_deploycheck.shipping import read_plan

        plan, _ = read_plan(next(iter(self._plans.values())))
        return any(phase.selected for phase in plan.phases)

    # -- what the scheduling asks ----------------------------------------------------------------------------------

    def _gated(self, stock: Scheduling) -> Scheduling | None:
        """Begin the gate and take the scheduling over, where the workers found checks."""
        if not self._plans:
            return None
        from pytest_deploycheck.clock import now
        from pytest_deploycheck.scheduling import PhaseScheduling
        from pytest_deploycheck.session import GateSession
        from pytest_deploycheck.settings import settings_of
        from pytest_deploycheck.shipping import Parcels, read_plan, stages_of

        plan, rows = read_plan(next(iter(self._plans.values())))
        if not any(phase.selected for phase in plan.phases):
            return None
        self._parcels = Parcels()
        self._checks = {check.key: check for check in plan.checks}
        self._index_of = {(row[0], row[1]): place for place, row in enumerate(rows) if row is not None}
        self._gate = self._config.stash[keys.gate_key] = GateSession(self._config, settings_of(self._config), now)
        keys.register(self._config, self._gate, keys.GATE)
        self._gate.begin(plan, [self._checks[key] for key in self._index_of])
        self._gate.say_notes()
        self._stop_at_collection_errors()
        assert self._first is not None  # a collection has come before anything is scheduled
        return PhaseScheduling(
            self,
            config=self._config,
            # Of those that have collected, one may be dead by now; and its successor may not have collected yet.
            nodes={node: node in stock.node2collection for node in stock.nodes},
            stages=stages_of(rows, self._checks, self._gate.keeps),
            collection=self._first[1],
        )

    def _stop_at_collection_errors(self) -> None:
        """As pytest does before its own loop, and xdist does not: what else would have been found is unknown."""
        failed = self._session.testsfailed if self._session is not None else 0
        if failed and not self._config.option.continue_on_collection_errors:
            raise pytest.Session.Interrupted(f"{failed} error{'s' * (failed != 1)} during collection")

    def catch_up(self) -> None:
        """Take everything the workers have said so far; raises what one of them refused."""
        while not self._inbox.empty():
            node, kind, text = self._inbox.get()
            match kind:
                case "plan":
                    self._remove_last_reports()
                    self._plans[node] = text
                case "refused":
                    self._remove_last_reports()
                    raise pytest.UsageError(json.loads(text))
                case "began":
                    self._begin(node, json.loads(text))
                case "part":
                    self._parcels.add(node, json.loads(text))
                case "ended":
                    self._end(node, json.loads(text))
                case "doubt":
                    self._hold_against(f"on worker {node.gateway.id} {json.loads(text)}", failed=True)

    def _remove_last_reports(self) -> None:
        from pytest_deploycheck.activation import remove_last_reports

        if not self._plans:
            remove_last_reports(self._config)

    def _begin(self, node: WorkerController, key: list[str]) -> None:
        check = self._checks[key[0], key[1]]
        self._in_flight[node] = check
        self._active.begin_check(check)

    def _end(self, node: WorkerController, data: dict[str, Any]) -> None:
        result = self._parcels.complete(node, data, self._checks)
        self._in_flight.pop(node, None)
        self._finished.add(self._index_of[result.check.key])
        self._active.end_check(result)

    def _fail(self, node: WorkerController, reason: str) -> int:
        """The check that a worker runs ends as an ERROR; returns its index."""
        from pytest_deploycheck.clock import now
        from pytest_deploycheck.core.model import CheckResult, Status

        self._parcels.forget(node)
        check = self._in_flight.pop(node)
        index = self._index_of[check.key]
        self._finished.add(index)
        self._active.end_check(CheckResult(check=check, status=Status.ERROR, reason=reason, finished=now()))
        return index

    def _hold_against(self, reason: str, *, failed: bool) -> None:
        from pytest_deploycheck.core.model import Verdict

        if self._gate is not None:
            self._gate.doubt(Verdict.NO_GO if failed else Verdict.INCOMPLETE, reason)

    def open(self, phase: str) -> None:
        """Have every worker told what was decided about the phase."""
        if phase not in self._barriers:
            self._barriers[phase] = self._active.open(phase)
            for node in self._plans:
                self._tell_open(node, phase, self._barriers[phase])

    def _tell_open(self, node: WorkerController, phase: str, found: Barrier) -> None:
        data = {"phase": phase, "all": found.all, "mutating": found.mutating}
        # One that has just died, which xdist is about to say, cannot be told.
        with suppress(OSError):
            self._channels[node].send(("open", json.dumps(data)))

    def is_finished(self, index: int) -> bool:
        """Whether the item's result is in."""
        return index in self._finished

    def lose(self, node: WorkerController) -> int | None:
        """The check that a dead worker ran is an ERROR."""
        if node not in self._in_flight:
            return None
        return self._fail(node, f"{self._watchdog.fate(node)} while it ran this check")

    @property
    def _active(self) -> GateSession:
        assert self._gate is not None  # workers run nothing before it has begun
        return self._gate
