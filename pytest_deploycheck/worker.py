"""The gate's end on a worker of pytest-xdist: it watches the checks, and asks and tells the controlling process.

A worker blocks what it was not told of; see `pytest_deploycheck.xdist` for the whole.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.heartbeat import BEATS, patience_of

if TYPE_CHECKING:
    from execnet.gateway_base import Channel

    from pytest_deploycheck.core.approvals import Ruling
    from pytest_deploycheck.core.gate import Barrier
    from pytest_deploycheck.core.model import Check, CheckResult, Measurement
    from pytest_deploycheck.plan import Plan

#: What can end a user's fixture beside an exception; pytest's own outcomes are none.
_ENDS = (Exception, SystemExit, pytest.fail.Exception, pytest.skip.Exception)


class Tick(pytest.Item):
    """Does nothing; what follows the last item of a stage, so that the worker runs that."""

    def runtest(self) -> None:
        """Never called: the worker takes a tick before anybody runs it."""


class Worker:
    """The gate's end on a worker."""

    def __init__(self, config: pytest.Config, channel: Channel) -> None:
        self._channel = channel
        self._config = config
        self._barriers: dict[str, Barrier] = {}
        self._answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._active = False
        self._tick: Tick | None = None
        self._stopped = threading.Event()
        channel.setcallback(self._hear)
        # At once, so that the controller knows before the collection is over that this plugin is at work here.
        self._say("alive")
        pause = patience_of(config) / BEATS
        threading.Thread(target=self._live, args=(pause,), name="deploycheck-beat", daemon=True).start()

    def _redact(self, text: str) -> str:
        from pytest_deploycheck.redaction import redactor_of

        return redactor_of(self._config)(text)

    def _live(self, pause: float) -> None:
        while not self._stopped.wait(pause):
            self._say("alive")

    def _say(self, kind: str, data: object = None) -> None:
        try:
            # As text: execnet carries plain types only, and no others that derive from them.
            self._channel.send((kind, json.dumps(data)))
        except OSError:
            self._stopped.set()  # the controller is gone, and so will be this process

    def _hear(self, message: tuple[str, str]) -> None:
        from pytest_deploycheck.core.gate import Barrier

        kind, text = message
        data = json.loads(text)
        if kind == "open":
            self._barriers[data["phase"]] = Barrier(all=data["all"], mutating=data["mutating"])
        else:
            self._answers.put(data)

    @contextmanager
    def telling_refusals(self) -> Iterator[None]:
        """What is refused ends the worker, which is when the controller looks at what it said."""
        try:
            yield
        except pytest.UsageError as error:
            self._say("refused", str(error))
            raise

    # -- the plan --------------------------------------------------------------------------------------------------

    def activate(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Make the plan here, where the items are, for the controller; a user's mistake is its to tell."""
        from pytest_deploycheck.activation import Planner, make_plan, refuse_blindness
        from pytest_deploycheck.clock import now
        from pytest_deploycheck.observer import Observer

        config = session.config
        with self.telling_refusals():
            refuse_blindness(config)
            collected, plan = make_plan(session, items)
            keys.register(config, Planner(self.plan_is_made, plan, collected), "deploycheck-planner")
            keys.register(config, Observer(self, now), keys.OBSERVER)
        self._active = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self) -> Generator[None, object, object]:
        """Something may be refused as late as this."""
        with self.telling_refusals():
            return (yield)

    def plan_is_made(self, session: pytest.Session, plan: Plan) -> None:
        """Send it before xdist sends the collection."""
        from pytest_deploycheck.shipping import plan_to_ship

        self._say("plan", plan_to_ship(plan, session))

    # -- running ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Before xdist's loop: the tick behind the collection."""
        if self._active:
            self._tick = Tick.from_parent(session, name="deploycheck-tick")
            session.items.append(self._tick)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """A tick is over at once; the last one tears down what the worker still holds."""
        if item is not self._tick:
            return None
        if nextitem is None:
            try:
                item.session._setupstate.teardown_exact(None)
            except _ENDS as error:
                said = self._redact(f"{type(error).__name__}: {error}")
                self._say("doubt", f"a session fixture could not be torn down: {said}")
        return True

    def begin_check(self, check: Check) -> str:
        """Tell the controller which check is at risk; returns why it must not be executed."""
        self._say("began", check.key)
        found = self._barriers.get(check.phase)
        return f"{check.phase} was never opened on this worker" if found is None else found.against(check)

    def end_check(self, result: CheckResult) -> None:
        """Send the result, without its secrets."""
        from pytest_deploycheck.shipping import messages

        for kind, data in messages(result, self._redact):
            self._say(kind, data)

    def ruling(self, nodeid: str) -> Ruling:
        """Ask the controller, who has the approvals; it judges again when it hears of the result."""
        from pytest_deploycheck.core.approvals import Ruling
        from pytest_deploycheck.core.model import Status

        self._say("ruling", nodeid)
        answer = self._answers.get()
        return Ruling(status=Status(answer["status"]), reason=answer["reason"])

    def baseline(self, check_id: str, name: str, target: str) -> Measurement | None:
        """Ask the controller, who has the record; raises ``RecordError`` where that cannot be read."""
        from pytest_deploycheck.core import wire
        from pytest_deploycheck.core.errors import RecordError

        self._say("baseline", [check_id, name, target])
        answer = self._answers.get()
        if answer["error"]:
            raise RecordError(answer["error"])
        found = answer["found"]
        return None if found is None else wire.measurement_from_wire(found)

    def exit_status(self, status: int) -> int:
        """A worker's own status decides nothing."""
        return status

    def pytest_unconfigure(self) -> None:
        """No more signs of life."""
        self._stopped.set()
