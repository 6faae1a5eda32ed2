"""Signs of life: a worker of pytest-xdist gives them, and the controlling process ends a worker that stopped.

A worker that dies is told by its closed connection. One that is stopped, or that leaves a child behind which holds the
connection open, is not: only its silence tells.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

#: Signs of life in the time after which a silent worker counts as lost.
BEATS = 6
#: Beats after the kill in which its connection must close.
GRACE = 2


def patience_of(config: pytest.Config) -> float:
    """Seconds without a sign of life after which a worker counts as lost; raises ``pytest.UsageError``."""
    from pytest_deploycheck.core.errors import SettingsError
    from pytest_deploycheck.durations import parse_duration

    where = "ini key deploycheck_worker_timeout"
    try:
        return parse_duration(str(config.getini("deploycheck_worker_timeout")), where=where).total_seconds()
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from error


class Watchdog:
    """Counts how long each worker has been silent; `beat` is called by a thread of its own once `start` was."""

    def __init__(self, patience: float) -> None:
        self._pause = patience / BEATS
        self._patience = patience
        #: Beats since each worker was last heard of.
        self._silence: dict[WorkerController, int] = {}
        self._ended: set[WorkerController] = set()
        self._over = threading.Event()
        self._started = False

    def start(self) -> None:
        """Begin to count; later calls do nothing."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="deploycheck-watch", daemon=True).start()

    def stop(self) -> None:
        """Count no longer."""
        self._over.set()

    def hear(self, node: WorkerController) -> None:
        """A worker has given a sign of life."""
        if node not in self._ended:
            self._silence[node] = 0

    def has_heard(self, node: WorkerController) -> bool:
        """Whether the worker ever gave one."""
        return node in self._silence

    def forget(self, node: WorkerController) -> None:
        """A worker has ended by itself, or its end was told."""
        self._ended.add(node)

    def fate(self, node: WorkerController) -> str:
        """What became of a worker that is lost, as people would say it."""
        if node in self._silence and self._silence[node] >= BEATS:
            return f"the worker {node.gateway.id} gave no sign of life for {self._patience:g}s and was ended"
        return f"the worker {node.gateway.id} died"

    def beat(self) -> None:
        """End the workers that were silent for too long; xdist is told by their closed connection."""
        for node, beats in list(self._silence.items()):
            if node in self._ended:
                continue
            self._silence[node] = beats + 1
            if beats + 1 == BEATS:
                # What execnet itself does to workers that do not end in time.
                node.gateway._io.kill()
            elif beats + 1 == BEATS + GRACE and not node._down:
                # Something else holds the connection open, and xdist would wait for that: tell it what that would.
                node._down = True
                node.notify_inproc("errordown", node=node, error="no sign of life")

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            self.beat()
