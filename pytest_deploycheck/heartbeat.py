"""Signs of life: a worker of pytest-xdist gives them, and the controlling process ends a worker that stopped.

A worker that dies is told by its closed connection. One that is stopped, or that leaves a child behind which holds the
connection open, is not: only its silence tells, or that its process is gone. So it is with one that never comes to
its first sign of life, because a ``conftest.py`` hangs there.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

#: Signs of life in the time after which a silent worker counts as lost.
BEATS = 6
#: That time over again, for a worker that has to start.
STARTING = 5
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
        #: Beats since each worker was last heard of, or was started.
        self._silence: dict[WorkerController, int] = {}
        self._heard: set[WorkerController] = set()
        #: What became of those that are lost, and the beats since then.
        self._fates: dict[WorkerController, str] = {}
        self._lost: dict[WorkerController, int] = {}
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

    def expect(self, node: WorkerController) -> None:
        """A worker is being started: it has longer until its first sign of life."""
        self._silence.setdefault(node, 0)

    def hear(self, node: WorkerController) -> None:
        """A worker has given a sign of life."""
        self._heard.add(node)
        self._silence[node] = 0

    def has_heard(self, node: WorkerController) -> bool:
        """Whether the worker ever gave one."""
        return node in self._heard

    def forget(self, node: WorkerController) -> None:
        """A worker has ended by itself, or its end was told."""
        self._ended.add(node)

    def fate(self, node: WorkerController) -> str:
        """What became of a worker that is lost, as people would say it."""
        return f"the worker {node.gateway.id} {self._fates.get(node, 'died')}"

    def has_hung(self, node: WorkerController) -> bool:
        """Whether the worker was ended before it gave any sign of life."""
        return node in self._fates and node not in self._heard

    def beat(self) -> None:
        """End the workers that were silent for too long; xdist is told by their closed connection."""
        for node in [node for node in self._silence if node not in self._ended]:
            if node in self._lost:
                self._lost[node] += 1
                if self._lost[node] == GRACE and not node._down:
                    _give_up(node)
                continue
            self._silence[node] += 1
            if self._silence[node] >= BEATS * (1 if node in self._heard else STARTING):
                self._end(node)
            elif _has_exited(node):
                self._lost[node] = 0

    def _end(self, node: WorkerController) -> None:
        if node in self._heard:
            self._fates[node] = f"gave no sign of life for {self._patience:g}s and was ended"
        else:
            self._fates[node] = f"gave no sign of life within {self._patience * STARTING:g}s of its start and was ended"
        self._lost[node] = 0
        # What execnet itself does to workers that do not end in time.
        node.gateway._io.kill()

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            self.beat()


def _has_exited(node: WorkerController) -> bool:
    """Whether the process on this side of the connection is gone, whoever may still hold that open."""
    process = getattr(node.gateway._io, "popen", None)
    return process is not None and process.poll() is not None


def _give_up(node: WorkerController) -> None:
    """Something else holds a lost worker's connection open, and xdist would wait for that: tell it what that would."""
    node._down = True
    # Nor is it to be waited for as the session ends. Should execnet have moved this, that takes longer, and no more.
    with suppress(AttributeError, ValueError):
        node.gateway._group._gateways.remove(node.gateway)
    node.notify_inproc("errordown", node=node, error="no sign of life")
