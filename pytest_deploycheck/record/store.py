"""The folder of journals: ``<folder>/<release>/<run id>.jsonl``. Merging two machines' records is copying files."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Run
from pytest_deploycheck.core.run import RunBuilder
from pytest_deploycheck.record.journal import read_events


def journal_path(folder: Path, release: str, run_id: str) -> Path:
    """Where a run's journal lies; the release is quoted, so that any tag can be a folder's name."""
    return folder / _folder_name(release) / f"{run_id}.jsonl"


def _folder_name(release: str) -> str:
    name = quote(release, safe="")
    return name.replace(".", "%2E") if set(name) == {"."} else name


def read_run(path: Path) -> Run:
    """The run that a journal tells of; raises ``RecordError`` naming file and line."""
    builder = RunBuilder()
    for number, event in enumerate(read_events(path), start=1):
        try:
            builder.apply(event)
        except RecordError as error:
            raise RecordError(f"{path}:{number}: {error}", line=number) from error
    try:
        return builder.build()
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


def runs_of(folder: Path, release: str) -> Iterator[Run]:
    """The runs of a release, newest first.

    Raises ``RecordError`` at the first journal that does not verify: a verdict must not be read past it.
    """
    for path in _newest_first((folder / _folder_name(release)).glob("*.jsonl")):
        yield read_run(path)


def find_run(folder: Path, *, release: str | None = None, run_id: str | None = None) -> Run:
    """The newest run in the folder, of a release or with an id where they are given.

    Raises ``RecordError`` when there is none.
    """
    pattern = f"{glob.escape(_folder_name(release)) if release else '*'}/{glob.escape(run_id) if run_id else '*'}.jsonl"
    for path in _newest_first(folder.glob(pattern)):
        return read_run(path)
    what = "".join([f" {run_id!r}" if run_id else "", f" of the release {release!r}" if release else ""])
    raise RecordError(f"no run{what} is on record in {folder}; run pytest first, or name the folder with --record")


def _newest_first(paths: Iterator[Path]) -> list[Path]:
    # A run's id begins with the moment it started, in UTC.
    return sorted(paths, key=lambda path: path.name, reverse=True)
