"""Earlier runs for a report that says what changed; reading them must not cost more than the run itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from pytest_deploycheck.core.changes import last_go
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Run
from pytest_deploycheck.record.files import is_device
from pytest_deploycheck.record.store import journal_path, read_run, supposed_beginning

#: Runs of the same release, and bytes of journals, that are read at most; ten thousand checks are some 6 MB.
MOST_RUNS = 10
MOST_BYTES = 8_000_000
#: How many journals of other releases are looked at for one that ended GO, and where in it that is said.
MOST_LOOKS = 200
_TAIL = 2_000
_EXIT_GO = re.compile(rb'"event":"run_finished","exit_code":0[,}]')


def earlier_runs(folder: Path, run: Run) -> tuple[Run, ...]:
    """Runs on record that began before `run`, on the same targets, newest first.

    Of its release as many as `MOST_RUNS` and `MOST_BYTES` allow, at least one; and where none of them was GO, the
    newest run of any other release that was. What does not verify is left out: a comparison is no verdict.
    """
    own = journal_path(folder, run.release, run.run_id)
    found = list(islice(_same_release(own, run), MOST_RUNS))
    if last_go(found, release=False) is None:
        others = (path for path in folder.glob("*/*.jsonl") if path.parent != own.parent)
        good = (other for path in islice(_newest(others), MOST_LOOKS) if _ended_go(path) for other in _read(path, run))
        found += islice(good, 1)
    return tuple(found)


def _same_release(own: Path, run: Run) -> Iterator[Run]:
    room, is_first = MOST_BYTES, True
    for path in _newest(path for path in own.parent.glob("*.jsonl") if path != own):
        size = _size(path)
        if not is_first and size > room:
            return
        for other in _read(path, run):
            room, is_first = room - size, False
            yield other


def _newest(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (supposed_beginning(path), path.name), reverse=True)


def _read(path: Path, run: Run) -> list[Run]:
    """The run, in a list of one; none when it came later, was about other targets, or does not verify."""
    try:
        other = read_run(path)
    except (RecordError, OSError):
        return []
    return [other] if other.targets == run.targets and other.started < run.started else []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _ended_go(path: Path) -> bool:
    if is_device(path):
        return False
    try:
        with open(path, "rb") as file:
            file.seek(-min(_TAIL, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return _EXIT_GO.search(file.read()) is not None
    except OSError:
        return False
