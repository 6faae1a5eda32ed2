"""The folder of journals: ``<folder>/<release>/<run id>.jsonl``. Merging two machines' records is copying files."""

from __future__ import annotations

import glob
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from pytest_deploycheck import clock
from pytest_deploycheck.core.errors import RecordError, SettingsError
from pytest_deploycheck.core.model import Run
from pytest_deploycheck.core.run import RunBuilder
from pytest_deploycheck.core.wire import moment_from_wire
from pytest_deploycheck.record.blobs import with_missing_evidence
from pytest_deploycheck.record.journal import is_being_written, read_events, refuse_device

#: How far two machines' clocks may be apart.
CLOCK_LEEWAY = timedelta(minutes=5)
_RUN_ID = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}")
#: How a journal begins that this program wrote: its moment, without reading a denominator of thousands of checks.
_BEGINNING = re.compile(rb'\{"seq":0,"prev":"0{64}","event":"run_started","at":"([0-9T:.+-]{1,40})"')
_MOMENT_IN_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6})Z")
_CHUNK = 1 << 20


class NeverBegunError(RecordError):
    """The newest journal holds no run: its process died while it wrote the first line."""


def journal_path(folder: Path, release: str, run_id: str) -> Path:
    """Where a run's journal lies; the release is quoted, so that any tag can be a folder's name."""
    return folder / _folder_name(release) / f"{run_id}.jsonl"


def _folder_name(release: str) -> str:
    try:
        name = quote(release, safe="")
    except UnicodeEncodeError as error:
        raise SettingsError(f"the release {release!a} is no text in UTF-8; give it another name") from error
    return name.replace(".", "%2E") if set(name) == {"."} else name


def new_run_id(at: datetime) -> str:
    """An id for a run that begins now (aware, UTC): sorted by time, and no two alike."""
    return f"{at:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"


def require_run_id(text: str, *, where: str) -> str:
    """A run's id as a person gave it; raises ``SettingsError`` naming `where` for one that cannot name a file."""
    if not _RUN_ID.fullmatch(text):
        raise SettingsError(
            f"{where}: {text!r} cannot be the id of a run; use letters, digits, '.', '_' and '-', at most 100 of them, "
            "the first no dot"
        )
    return text


def refuse_known_run(folder: Path, run_id: str) -> None:
    """Raise ``RecordError`` when a run of this id is on record, of whatever release."""
    for path in folder.glob(f"*/{glob.escape(run_id)}.jsonl"):
        raise RecordError(f"the run id {run_id!r} is on record already, in {path}; give another one")


def refuse_running(folder: Path, release: str) -> None:
    """Raise ``RecordError`` when a run of the release is still on: what it is doing must not be taken for a crash."""
    for path in sorted(_journals_of(folder, release)):
        if is_being_written(path):
            raise RecordError(
                f"the run {path.stem} of the release {release!r} is still on, so there is nothing to resume; wait for "
                "its end, or stop it, or run without --deploycheck-resume"
            )


def read_run(path: Path, *, now: datetime | None = None) -> Run:
    """The run that a journal tells of.

    Raises ``RecordError`` naming file and line for a journal that does not verify, stands under another run's or
    release's name, or tells of moments after `now` (aware; by default this one).
    """
    builder = RunBuilder()
    for number, event in enumerate(read_events(path), start=1):
        try:
            builder.apply(event)
        except RecordError as error:
            raise RecordError(f"{path}:{number}: {error}", line=number) from error
    try:
        run = builder.build()
    except RecordError as error:
        raise NeverBegunError(f"{path}: {error}: its run died before it began, and ran no check") from error
    if path != journal_path(path.parent.parent, run.release, run.run_id):
        raise RecordError(
            f"{path}:1: the run {run.run_id!r} of the release {run.release!r} stands under another name; give the file "
            "its own back, or remove the copy",
            line=1,
        )
    _refuse_future(path, run, now or clock.now())
    return run


def _refuse_future(path: Path, run: Run, now: datetime) -> None:
    told = [run.started, run.finished, *(phase.decided for phase in run.phases)]
    latest = max(moment for moment in told if moment is not None)
    if latest - now > CLOCK_LEEWAY:
        raise RecordError(
            f"{path}:1: this run tells of {latest:%Y-%m-%d %H:%M:%S %Z}, and here it is {now:%Y-%m-%d %H:%M:%S %Z}; "
            "set the clocks of the two machines right, then run it again",
            line=1,
        )


def runs_of(folder: Path, release: str, *, now: datetime | None = None, besides: str | None = None) -> Iterator[Run]:
    """The runs of a release, newest first by the moment they began; `besides` is the id of one to leave out.

    A journal without a complete first line is left out. Raises ``RecordError`` at the first journal that does not
    verify: a verdict must not be read past it.
    """
    paths = (path for path in _journals_of(folder, release) if path.stem != besides)
    for began, path in _newest_first(paths):
        if began is not None:
            yield read_run(path, now=now)


def _journals_of(folder: Path, release: str | None = None) -> list[Path]:
    """The paths of all journals, or of a release's, in no order; raises ``RecordError`` where nobody may look."""
    places = [folder / name for name in ([_folder_name(release)] if release is not None else _names_in(folder))]
    return [place / name for place in places for name in _names_in(place) if name.endswith(".jsonl")]


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        # Not as if there were none: the newest may say NO-GO.
        raise RecordError(f"the record in {folder} cannot be read ({error.strerror})") from error


def journals(folder: Path, release: str | None = None) -> list[Path]:
    """The journals of the runs in the folder, newest first, of a release where one is given.

    One without a complete first line holds no run, and is left out. Raises ``RecordError`` as `find_run` does.
    """
    return [path for began, path in _newest_first(_journals_of(folder, release or None)) if began is not None]


def find_run(folder: Path, *, release: str | None = None, run_id: str | None = None) -> Run:
    """The newest run in the folder, of a release or with an id where they are given.

    Raises ``RecordError`` when there is none, ``NeverBegunError`` when the newest journal holds none.
    """
    paths = (path for path in _journals_of(folder, release or None) if run_id in (None, "", path.stem))
    for _, path in _newest_first(paths):
        return read_run(path)
    what = "".join([f" {run_id!r}" if run_id else "", f" of the release {release!r}" if release else ""])
    raise RecordError(f"no run{what} is on record in {folder}; run pytest first, or name the folder with --record")


def merged_runs(folders: Sequence[Path], release: str, *, now: datetime) -> list[Run]:
    """The runs of a release in several folders, newest first; the same journal in two of them counts once.

    Evidence that is in none of them is a note of its run. Raises ``RecordError`` for a journal or evidence that does
    not verify, and for two different journals of one run.
    """
    first: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(_journals_of(folder, release)):
            known = first.setdefault(path.stem, path)
            if known is not path:
                _refuse_difference(known, path)
    places = [folder / _folder_name(release) for folder in folders]
    runs = (read_run(path, now=now) for began, path in _newest_first(first.values()) if began is not None)
    return [with_missing_evidence(run, places) for run in runs]


def _refuse_difference(one: Path, other: Path) -> None:
    ours, theirs = _bytes(one).split(b"\n"), _bytes(other).split(b"\n")
    if ours == theirs:
        return
    pairs = zip(ours, theirs, strict=False)
    line = next((number for number, (a, b) in enumerate(pairs, start=1) if a != b), min(len(ours), len(theirs)))
    raise RecordError(
        f"{other}:{line}: this journal differs from the one of the same run in {one}; one of them was copied before "
        "the run ended, or was changed: remove the wrong one",
        line=line,
    )


def _bytes(path: Path) -> bytes:
    refuse_device(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"the journal {path} cannot be read ({error.strerror})") from error


def _newest_first(paths: Iterable[Path]) -> list[tuple[datetime | None, Path]]:
    """Journals with the moment their run began, None where it never did, newest first."""
    looks = [(_began(path), path) for path in paths]

    def age(look: tuple[datetime | None, Path]) -> tuple[datetime, str]:
        return look[0] or supposed_beginning(look[1]), look[1].name

    return sorted(looks, key=age, reverse=True)


def _began(path: Path) -> datetime | None:
    """The moment in a journal's first line; None where that line was never finished."""
    refuse_device(path)
    try:
        with open(path, "rb") as file:
            head = rest = file.read(_CHUNK)
            while b"\n" not in rest:
                rest = file.read(_CHUNK)
                if not rest:
                    return None
    except OSError as error:
        raise RecordError(f"the journal {path} cannot be read ({error.strerror})") from error
    found = _BEGINNING.match(head)
    try:
        # Whatever else stands there is read as a whole, and told with its line.
        said = found.group(1).decode("ascii") if found else next(read_events(path)).get("at")
        return moment_from_wire(said)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{path}:1: the run has no moment at which it began: {error}", line=1) from error


def supposed_beginning(path: Path) -> datetime:
    """When a run may have begun, without reading what it says of that: by its id, else by the file."""
    found = _MOMENT_IN_NAME.match(path.name)
    try:
        return datetime.strptime(found.group(1), "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC) if found else _changed(path)
    except ValueError:
        return _changed(path)


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # a link to nowhere, or taken away a moment ago
        return datetime.fromtimestamp(0, UTC)
