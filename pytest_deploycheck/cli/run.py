"""``deploycheck run``: pytest as a child process, whose word counts only when its journal is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from pytest_deploycheck.cli.common import CliError, example
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import ExitCode, Run, worst_exit
from pytest_deploycheck.record.store import new_run_id, read_run

#: The options by which this command and the plugin find each other: not for the caller.
_OURS = ("--deploycheck-run-id", "--deploycheck-witness")
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
#: What a terminal sends to every process in it: the child has it already.
_FROM_TERMINAL = (signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT))
#: How shells tell that a process died by a signal.
_BY_SIGNAL = 128


# A short -h would be taken out of pytest's own short options, as in -rh.
@click.command(
    short_help="Run pytest, and believe it only when its journal is closed.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    epilog=example("run -- -m phase3 --deploycheck-release 1.4.0"),
)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, *, pytest_args: tuple[str, ...]) -> None:
    """Run pytest with PYTEST_ARGS and exit with what it says, or with what its journal says, whichever is worse.

    A process that dies cannot report: one that leaves with 0 in the middle of a check looks like success. Here that is
    INCOMPLETE, as is a run in which no check was selected.
    """
    for word in pytest_args:
        if word.partition("=")[0] in _OURS:
            raise CliError(f"{word}: deploycheck run gives this option itself; leave it out")
    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        witness = Path(folder, "journal-path")
        run_id = new_run_id(datetime.now(UTC))
        options = [f"{_OURS[0]}={run_id}", f"{_OURS[1]}={witness}"]
        status = _call([sys.executable, "-m", "pytest", *options, *pytest_args])
        judged, complaint = _judge(witness, run_id)
    if complaint:
        click.echo(f"deploycheck: {complaint}", err=True)
    ctx.exit(worst_exit([status, judged]))


def _judge(witness: Path, run_id: str) -> tuple[int, str]:
    """The exit status that the journal stands for, and what is wrong with the journal, empty for nothing."""
    try:
        path = Path(os.fsdecode(witness.read_bytes()).rstrip("\n"))
    except FileNotFoundError:
        return ExitCode.INCOMPLETE, "INCOMPLETE: pytest began no record, so no check was judged"
    try:
        run = read_run(path)
    except RecordError as error:
        code = ExitCode.INCOMPLETE if error.line is None else ExitCode.INVALID
        return code, f"{code.name}: {error}"
    if run.run_id != run_id:
        return ExitCode.INVALID, f"INVALID: {path} is the journal of another run"
    if not run.closed:
        _announce(run)
        return run.exit_code, f"INCOMPLETE: the run died, its journal was never closed: {path}"
    return run.exit_code, ""


def _announce(run: Run) -> None:
    """On GitHub, what the run itself does at its end."""
    from pytest_deploycheck import github

    if github.is_wanted():
        click.echo()  # the line on which it died is open
        for text in github.tell(run, Path.cwd()):
            click.echo(text, nl=False)


def _call(command: Sequence[str]) -> int:
    """The exit status of a child to which this process's signals are passed on; 128 and more where one killed it."""
    waiting: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number in _FROM_TERMINAL and _in_foreground():
            return
        if child is None:
            waiting.append(number)
        else:
            child.send_signal(number)

    with _handling(pass_on):
        child = subprocess.Popen(command)
        for number in waiting:
            child.send_signal(number)
        status = child.wait()
    return status if status >= 0 else _BY_SIGNAL - status


def _in_foreground() -> bool:
    """Whether this process and its child stand in the foreground of a terminal."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


@contextmanager
def _handling(handler: object) -> Iterator[None]:
    numbers = [getattr(signal, name) for name in _PASSED_ON if hasattr(signal, name)]
    # What the caller ignores (nohup) stays ignored, by the child too; None is a handler that Python cannot put back.
    before = {number: old for number in numbers if (old := signal.getsignal(number)) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handler)  # type: ignore[arg-type] # a handler, typed where it is written
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
