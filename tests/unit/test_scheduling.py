"""How items are handed to pytest-xdist's workers: a whole session is played, with workers that die at any moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.scheduling import PhaseScheduling, SchedulingSwitch, Stage

SHUTDOWN = -1
#: Where a worker may die, and what the gate has heard of its item by then.
Death = Literal["before it began", "while it ran", "after it ended"]


class Node:
    """A worker as xdist has it: it runs an item once it holds the next, or was told that none comes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: deque[int] = deque()
        self.shutting_down = False
        self.dead = False
        self.sent: list[list[int]] = []

    def __repr__(self) -> str:
        return self.name

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        if self.dead:
            raise OSError("the connection is closed")
        assert not self.shutting_down, f"{self} was told before that nothing more comes"
        self.sent.append(list(indices))
        self.held.extend(indices)

    def shutdown(self) -> None:
        if not self.shutting_down:
            self.shutting_down = True
            self.held.append(SHUTDOWN)

    @property
    def can_move(self) -> bool:
        return not self.dead and (len(self.held) > 1 or list(self.held) == [SHUTDOWN])


class Gatehouse:
    """What the gate knows: a check that began and has not ended dies with its worker."""

    def __init__(self, checks: Sequence[int]) -> None:
        self.checks = frozenset(checks)
        self.inbox: deque[tuple[str, Node, int]] = deque()
        self.in_flight: dict[Node, int] = {}
        self.finished: list[int] = []
        self.opened: list[str] = []

    def catch_up(self) -> None:
        while self.inbox:
            kind, node, index = self.inbox.popleft()
            if kind == "began":
                self.in_flight[node] = index
            else:
                del self.in_flight[node]
                self.finished.append(index)

    def open(self, phase: str) -> None:
        if phase not in self.opened:
            self.opened.append(phase)

    def is_finished(self, index: int) -> bool:
        return index in self.finished

    def lose(self, node: Any) -> int | None:
        index = self.in_flight.pop(node, None)
        if index is not None:
            self.finished.append(index)
        return index


class Session:
    """xdist's own loop, as far as a scheduler sees it: one event of one worker at a time, and new workers for dead ones."""

    def __init__(self, stages: Sequence[Stage], nodes: int, restarts: int, *, late: int = 0) -> None:
        self.stages = stages
        self.stage_of = {index: place for place, stage in enumerate(stages) for index in stage.indices}
        self.gate = Gatehouse([index for stage in stages if stage.phase for index in stage.indices])
        self.active = [Node(f"gw{number}") for number in range(nodes)]
        self.count, self.restarts = nodes, restarts
        #: What each worker has told and xdist has not taken yet.
        self.events: dict[Node, deque[tuple[str, int]]] = {node: deque() for node in self.active}
        #: What really happened, in the workers: the items that run, and those that did.
        self.running: dict[Node, int] = {}
        self.begun: list[int] = []
        self.over: set[int] = set()
        self.lost: list[str] = []
        self.shuttingdown = False
        for node in self.active[nodes - late :]:
            self.events[node].append(("collected", 0))
        collected: Any = {node: place < nodes - late for place, node in enumerate(self.active)}
        self.collection = [f"test_{index}" for index in sorted(self.stage_of)]
        config: Any = None
        self.sched = PhaseScheduling(
            self.gate, config=config, nodes=collected, stages=stages, collection=self.collection
        )
        self.sched.schedule()
        self.look_around()

    def look_around(self) -> None:
        if self.sched.tests_finished and not self.shuttingdown:
            self.trigger_shutdown()

    def trigger_shutdown(self) -> None:
        self.shuttingdown = True
        for node in self.sched.nodes:
            node.shutdown()

    # -- what can happen next --------------------------------------------------------------------------------------

    def choices(self) -> list[tuple[str, Node]]:
        told = [("deliver", node) for node, events in self.events.items() if events]
        return told + [("move", node) for node in self.active if node.can_move]

    def deliver(self, node: Node) -> None:
        kind, index = self.events[node].popleft()
        known: Any = node
        if kind == "complete":
            self.sched.mark_test_complete(known, index)
        elif kind == "ready":
            self.sched.add_node(known)
            if self.shuttingdown:
                node.shutdown()
        elif kind == "collected":
            if not self.shuttingdown:
                self.sched.add_node_collection(known, self.collection)
                self.sched.schedule()
        elif kind == "finished":
            assert self.sched.remove_node(known) is None if node in self.sched.nodes else True
            self.active.remove(node)
        else:
            self.take_death(node)
        self.look_around()

    def take_death(self, node: Node) -> None:
        node.shutting_down = True
        known: Any = node
        try:
            item = self.sched.remove_node(known)
        except KeyError:
            item = None
        if item:
            self.lost.append(item)
        self.active.remove(node)
        if self.restarts == 0:
            self.trigger_shutdown()
            return
        self.restarts -= 1
        self.shuttingdown = False
        clone = Node(f"gw{self.count}")
        self.count += 1
        self.active.append(clone)
        self.events[clone] = deque([("ready", 0), ("collected", 0)])

    def move(self, node: Node, death: Death | None = None) -> None:
        """Run the next item, or end, or die on the way."""
        index = node.held.popleft()
        if death == "before it began" or (death and not self.is_item(index)):
            return self.die(node)
        if index == SHUTDOWN:
            self.events[node].append(("finished", 0))
            node.dead = True
            return None
        if self.is_item(index):
            self.begin(node, index)
            if death == "while it ran":
                return self.die(node)
            self.end(node, index)
            if death == "after it ended":
                return self.die(node)
        self.events[node].append(("complete", index))
        return None

    def begin(self, node: Node, index: int) -> None:
        stage = self.stage_of[index]
        assert index not in self.begun, f"item {index} runs a second time"
        early = [other for other, place in self.stage_of.items() if place < stage and other not in self.over]
        assert not early, f"item {index} of stage {stage} runs before {early} ended"
        assert self.stages[stage].phase in ["", *self.gate.opened], "nobody opened its phase"
        self.begun.append(index)
        self.running[node] = index
        if index in self.gate.checks:
            self.gate.inbox.append(("began", node, index))

    def end(self, node: Node, index: int) -> None:
        self.over.add(index)
        del self.running[node]
        if index in self.gate.checks:
            self.gate.inbox.append(("ended", node, index))

    def is_item(self, index: int) -> bool:
        return index in self.stage_of

    def die(self, node: Node) -> None:
        node.dead = True
        if node in self.running:
            self.over.add(self.running.pop(node))
        self.events[node].append(("errordown", 0))

    def play(self, data: st.DataObject, deaths: int) -> None:
        """Until xdist would end its loop; a moment in which nothing can happen is a session that hangs."""
        while self.active:
            possible = self.choices()
            assert possible, f"nothing moves: {[(node, node.held) for node in self.active]}"
            kind, node = possible[data.draw(st.integers(0, len(possible) - 1))]
            if kind == "deliver":
                self.deliver(node)
                continue
            death = data.draw(st.sampled_from([None, None, None, *Death.__args__])) if deaths else None  # type: ignore[attr-defined]
            deaths -= death is not None
            self.move(node, death)
        assert self.shuttingdown


@st.composite
def stage_lists(draw: st.DrawFn) -> list[Stage]:
    """Stages with one to seven items, some for one check alone, and at the end perhaps one of plain tests."""
    sizes = draw(st.lists(st.sampled_from([1, 1, 2, 3, 5, 7]), max_size=5))
    plain = draw(st.booleans())
    stages, first = [], 0
    for number, size in enumerate(sizes, start=1):
        phase = "" if plain and number == len(sizes) else f"phase{number}"
        stages.append(Stage(phase=phase, indices=tuple(range(first, first + size))))
        first += size
    return stages


@given(stage_lists(), st.integers(1, 4), st.integers(0, 3), st.data())
def test_every_item_runs_once_and_in_its_stage_whoever_dies(
    stages: list[Stage], nodes: int, deaths: int, data: st.DataObject
) -> None:
    """With a new worker for each that dies, nothing is left over, and nothing runs early or twice."""
    session = Session(stages, nodes, restarts=10**6, late=data.draw(st.integers(0, nodes - 1)))
    session.play(data, deaths)

    # Nobody tells that a plain test begins, so the first that a dead worker held is the one that is shown as lost.
    blamed = {session.collection.index(item) for item in session.lost}
    assert session.over | blamed == set(session.stage_of)
    assert blamed <= session.over | (set(session.stage_of) - session.gate.checks)
    assert sorted(session.gate.finished) == sorted(session.gate.checks)
    assert session.gate.opened == [stage.phase for stage in stages if stage.phase]
    assert len(session.lost) == len(set(session.lost))


@given(stage_lists(), st.integers(1, 4), st.integers(0, 2), st.data())
def test_the_end_comes_where_no_worker_is_replaced(
    stages: list[Stage], nodes: int, restarts: int, data: st.DataObject
) -> None:
    """What then never ran is left over, and still nothing ran early or twice."""
    session = Session(stages, nodes, restarts)
    session.play(data, deaths=restarts + 2)

    assert set(session.begun) >= session.over & session.gate.checks


@given(st.integers(1, 40), st.integers(1, 4))
def test_a_stage_is_shared_by_all_workers(items: int, nodes: int) -> None:
    """Nobody stands idle while another holds two; few items are shared as evenly as many."""
    session = Session([Stage(phase="phase1", indices=tuple(range(items)))], nodes, restarts=0)

    loads = [len([index for index in node.held if index != SHUTDOWN]) for node in session.active]
    assert min(loads) >= min(1, items // nodes)
    assert max(loads) - min(loads) <= max(1, items // (2 * nodes))
    assert all(node.can_move for node in session.active if node.held)


def test_two_items_of_a_stage_run_beside_each_other() -> None:
    session = Session([Stage(phase="phase1", indices=(0, 1)), Stage(phase="phase2", indices=(2,))], 2, restarts=0)

    assert [node.can_move for node in session.active] == [True, True]
    assert [node.held[0] for node in session.active] == [0, 1]


def test_an_idle_worker_takes_what_a_dead_one_had_not_begun() -> None:
    """In the last stage too: nobody was sent away who may still be needed."""
    session = Session([Stage(phase="phase1", indices=(0, 1)), Stage(phase="phase2", indices=(2,))], 3, restarts=0)
    first, second, idle = session.active
    session.move(first, "before it began")
    session.restarts = 1
    session.deliver(first)

    assert idle.held[0] == 0
    assert second.held[0] == 1


def test_another_plugin_may_have_a_plain_test_run_again() -> None:
    session = Session([Stage(phase="", indices=(0, 1))], 1, restarts=0)
    [node] = session.active
    session.sched.mark_test_pending("test_0")

    assert node.sent == [[0], [1]] or 0 in node.held


def test_a_check_that_has_its_end_is_not_run_again() -> None:
    """What is on record stays: a second run cannot turn the ERROR of a crash into a pass."""
    session = Session([Stage(phase="phase1", indices=(0, 1, 2))], 1, restarts=0)
    [node] = session.active
    session.move(node)
    session.gate.catch_up()
    before = [list(batch) for batch in node.sent]
    with pytest.raises(NotImplementedError, match="on record"):
        session.sched.mark_test_pending("test_0")

    assert node.sent == before


def test_a_worker_that_collected_other_items_gets_nothing() -> None:
    session = Session([Stage(phase="phase1", indices=tuple(range(6)))], 1, restarts=0)
    stranger: Any = Node("stranger")
    session.sched.add_node(stranger)
    session.sched.add_node_collection(stranger, ["test_other"])
    session.sched.schedule()

    assert stranger.sent == []


class Stock:
    """A scheduler of xdist's own, told apart by its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scheduled = 0

    def schedule(self) -> None:
        self.scheduled += 1


@pytest.mark.parametrize("gated", [True, False])
def test_the_switch_chooses_once_when_everybody_has_collected(gated: bool) -> None:
    stock: Any = Stock("stock")
    ours: Any = Stock("ours")
    asked = []

    def choose(scheduling: Any) -> Any:
        asked.append(scheduling)
        return ours if gated else None

    switch: Any = SchedulingSwitch(stock, choose)
    assert switch.name == "stock"
    switch.schedule()
    switch.schedule()

    chosen = ours if gated else stock
    assert (asked, switch.name, chosen.scheduled) == ([stock], chosen.name, 2)
