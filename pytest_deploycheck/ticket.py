"""The HTML report as it goes to the release ticket: with what the record adds to the run itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pytest_deploycheck.core.model import Run
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.record.history import earlier_runs
from pytest_deploycheck.record.store import journal_path
from pytest_deploycheck.report.html import Source, render, styles

#: Beside the report, where its styles are to be in a file of their own.
STYLESHEET = "deploycheck-report.css"


def ticket(run: Run, *, record: Path, stylesheet: str = "") -> str:
    """The report of a run, compared with the earlier ones in the folder `record`; raises ``RecordError``.

    A run that is still on is not compared with anything: it says INCOMPLETE, and is written again at its end.
    """
    journal = journal_path(record, run.release, run.run_id)
    history = earlier_runs(record, run) if run.closed else ()
    digest = hashlib.sha256(journal.read_bytes()).hexdigest() if run.closed and journal.is_file() else ""
    # The folder's name and not its path: the same record gives the same report wherever it lies.
    source = Source(path=str(journal.relative_to(record.parent)), sha256=digest)
    return render(run, history=history, stylesheet=stylesheet, source=source)


def write_ticket(path: Path, run: Run, *, record: Path, linked: bool) -> None:
    """Write the report, and its styles beside it where they are to be `linked`; raises ``RecordError``."""
    if linked:
        write_atomically(path.with_name(STYLESHEET), styles())
    write_atomically(path, ticket(run, record=record, stylesheet=STYLESHEET if linked else ""))
