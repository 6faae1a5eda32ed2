"""How pytest-xdist hands out the items of a checklist: stage by stage, with a barrier between two stages.

A worker takes its next index before it runs the one it holds, because pytest's teardown asks what comes next. So the
last item of a stage is only run once something follows it: a *tick*, an index behind the collection that stands for
an item which does nothing. In the last stage the worker's shutdown does the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pytest
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Items that may run beside each other; everything before them has ended."""

    #: Empty for items that are no checks.
    phase: str
    indices: tuple[int, ...]


class Gatehouse(Protocol):
    """What the scheduling needs from the gate in the controlling process."""

    def catch_up(self) -> None:
        """Take everything the workers have said so far."""

    def open(self, phase: str) -> None:
        """Let the workers run the phase, or have them block it."""

    def is_finished(self, index: int) -> bool:
        """Whether the item's result is in."""

    def lose(self, node: WorkerController) -> int | None:
        """A worker is gone: the index of the check that died with it, now an ERROR; None where it ran none."""


class SchedulingSwitch:
    """Stands in for a scheduler until the workers have said whether there are phases to keep apart."""

    def __init__(self, stock: Scheduling, gated: Callable[[Scheduling], Scheduling | None]) -> None:
        self._chosen = stock
        self._gated: Callable[[Scheduling], Scheduling | None] | None = gated

    def schedule(self) -> None:
        """All workers have collected: choose, then begin."""
        if self._gated is not None:
            self._chosen = self._gated(self._chosen) or self._chosen
            self._gated = None
        self._chosen.schedule()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chosen, name)


class PhaseScheduling:
    """xdist's ``Scheduling`` for a checklist."""

    #: An item runs only when the next is there, so a worker with fewer than these stands still.
    LEAST = 2

    def __init__(
        self,
        gatehouse: Gatehouse,
        *,
        config: pytest.Config,
        nodes: Mapping[WorkerController, bool],
        stages: Sequence[Stage],
        collection: Sequence[str],
    ) -> None:
        """`nodes` are the workers that are alive, and whether each has collected."""
        self._gatehouse = gatehouse
        #: Where xdist's own schedulers have it, for other plugins.
        self.config = config
        self._collection = list(collection)
        self._tick = len(collection)
        self._stages = deque(stages)
        #: Of the stage that runs: what no worker has, and what has not ended.
        self._queue: deque[int] = deque()
        self._unfinished: set[int] = set()
        self._checks_of_stage: frozenset[int] = frozenset()
        self._pending: dict[WorkerController, list[int]] = {node: [] for node in nodes}
        #: Workers that have collected, and whether something follows the last item they hold.
        self._followed: dict[WorkerController, bool] = {node: True for node in nodes if nodes[node]}

    # -- what xdist asks -------------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[WorkerController]:
        """The workers that are alive."""
        return list(self._pending)

    @property
    def collection_is_completed(self) -> bool:
        """It was, before this scheduling began."""
        return True

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left but what a shutdown makes the workers run."""
        return not self._stages and not self._queue and all(len(held) < self.LEAST for held in self._pending.values())

    @property
    def has_pending(self) -> bool:
        """Whether anything is still to come."""
        return bool(self._stages or self._unfinished)

    def add_node(self, node: WorkerController) -> None:
        """A worker that replaces a dead one has started."""
        self._pending[node] = []

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """It has collected; with other items than the first ones it gets nothing to do."""
        if list(collection) == self._collection:
            self._followed[node] = True

    def schedule(self) -> None:
        """Begin, or go on with one more worker."""
        self._feed()

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:  # noqa: ARG002  # xdist's signature
        """A worker has come to the end of an item."""
        self._gatehouse.catch_up()
        if item_index == self._tick:
            return
        self._pending[node].remove(item_index)
        self._unfinished.discard(item_index)
        self._feed()

    def mark_test_pending(self, item: str) -> None:
        """Another plugin wants an item run again.

        Raises ``NotImplementedError``, as schedulers do that cannot: what ended on record has no second chance.
        """
        index = self._collection.index(item)
        if self._gatehouse.is_finished(index):
            raise NotImplementedError(f"{item} has ended on record")
        self._unfinished.add(index)
        self._queue.appendleft(index)
        self._feed()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Only for schedulers that steal."""
        raise NotImplementedError

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone; what it had not begun goes to the others. Returns the item that died with it."""
        self._gatehouse.catch_up()
        held = self._pending.pop(node)
        self._followed.pop(node, None)
        lost = self._gatehouse.lose(node)
        open_items = [index for index in held if not self._gatehouse.is_finished(index)]
        if lost is None and open_items and open_items[0] not in self._checks_of_stage:
            lost = open_items.pop(0)  # no check, so nobody told that it began
        open_items = [index for index in open_items if index != lost]
        self._unfinished.difference_update(set(held) - set(open_items))
        self._queue.extendleft(reversed(open_items))
        self._feed()
        return None if lost is None else self._collection[lost]

    # -- handing out -----------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        while not self._unfinished and self._stages:
            stage = self._stages.popleft()
            self._checks_of_stage = frozenset(stage.indices if stage.phase else ())
            if stage.phase:
                self._gatehouse.open(stage.phase)
            self._queue.extend(stage.indices)
            self._unfinished.update(stage.indices)
        ready = [node for node in self._followed if not node.shutting_down]
        while self._queue and (waiting := [node for node in ready if len(self._pending[node]) < self.LEAST]):
            share = max(1, len(self._queue) // (2 * len(ready)))
            # In turns, and first to whom has nothing, so that few items are shared as evenly as many.
            for node in sorted(waiting, key=lambda node: len(self._pending[node])):
                self._hand(node, share)
        if not self._queue:
            for node in ready:
                self._follow(node)

    def _hand(self, node: WorkerController, count: int) -> None:
        batch = [self._queue.popleft() for _ in range(min(count, len(self._queue)))]
        if batch:
            self._pending[node] += batch
            self._followed[node] = False
            _send(node, batch)

    def _follow(self, node: WorkerController) -> None:
        """See to it that the worker runs the last item it holds."""
        if self._followed[node]:
            return
        self._followed[node] = True
        if self._stages:
            _send(node, [self._tick])
        else:
            node.shutdown()


def _send(node: WorkerController, indices: list[int]) -> None:
    # One that has just died is about to be removed, and what it was given goes to the others then.
    with suppress(OSError):
        node.send_runtest_some(indices)
