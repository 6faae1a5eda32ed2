"""The installation under check: an interpreter and a project folder, reached through execnet."""

from __future__ import annotations

import inspect
import os
import subprocess
import textwrap
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.core.errors import TargetError
from pytest_deploycheck.core.model import Evidence
from pytest_deploycheck.target.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from execnet import Channel, Group

#: Seconds; what a call may take that does not say otherwise.
DEFAULT_TIMEOUT = 60.0
#: Seconds; how long starting an interpreter, over the slowest link, may take.
START_TIMEOUT = 60.0
#: The release of a folder that no version control knows.
UNVERSIONED = "unversioned"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandResult:
    """A command that ran on the target to its end."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    duration_s: float

    @property
    def output(self) -> str:
        """Standard output, then standard error."""
        return self.stdout + self.stderr

    def __str__(self) -> str:
        return f"$ {' '.join(self.argv)}\n{self.output.rstrip()}\n[exit {self.returncode}, {self.duration_s:.2f} s]"


class RemoteCallError(TargetError):
    """A function raised on the target; `kind` is the name of the exception's type there."""

    def __init__(self, message: str, *, kind: str, traceback: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.traceback = traceback


class Target:
    """One installation. Its interpreter starts at the first use and stays warm.

    Every call and every command is handed to `observe` as evidence, whether it went well or not.
    """

    def __init__(self, spec: str, *, name: str, observe: Callable[[Evidence], None] | None = None) -> None:
        self.name = name
        self.observe = observe
        self._spec = spec
        self._warm: _Interpreter | None = None

    def __repr__(self) -> str:
        return f"<Target {self.name}>"

    @property
    def python(self) -> str:
        """The path of the target's interpreter."""
        return str(self.facts["python"])

    @property
    def folder(self) -> str:
        """The target's project folder."""
        return str(self.facts["folder"])

    @property
    def facts(self) -> Mapping[str, Any]:
        """``python`` (path), ``version``, ``platform``, ``folder`` of the installation."""
        return self._interpreter().facts

    def call(
        self,
        function: Callable[..., Any],
        *args: Any,
        fresh: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        **kwargs: Any,
    ) -> Any:
        """Run a plain function in the target's interpreter and return its answer.

        The function is shipped as source: it stands at the top of its module, imports what it needs inside itself,
        and takes and returns plain data. With `fresh` it runs in a new interpreter, for checks that are about
        imports. `timeout` is in seconds.

        Raises ``AssertionError`` where the function did, ``RemoteCallError`` for its other exceptions, and
        ``TargetError`` when the target is lost or the time is over.
        """
        __tracebackhide__ = True
        request = {"do": "call", **_shipped(function), "args": args, "kwargs": kwargs}
        try:
            if fresh:
                with self._started() as interpreter:
                    answer = interpreter.ask(request, timeout)
            else:
                answer = self._ask(request, timeout)
        except TargetError as error:
            self._note(Evidence(kind="call", name=function.__name__, text=str(error)))
            raise
        self._note_call(function.__name__, answer)
        if "error" not in answer:
            return answer["value"]
        if answer["error"] == "AssertionError":
            raise AssertionError(answer["message"] or f"{function.__name__}: an assertion failed on the target")
        raise RemoteCallError(
            f"{function.__name__} raised {answer['error']} on the target: {answer['message']}",
            kind=answer["error"],
            traceback=answer["traceback"],
        )

    def run(
        self,
        *argv: str,
        timeout: float = DEFAULT_TIMEOUT,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> CommandResult:
        """Run a command on the target; whatever its exit status, the result is returned to be judged.

        `timeout` is in seconds, `cwd` is relative to the project folder, `env` is added to the target's environment.
        Raises ``TargetError`` when the command is not there, when the time is over, or when the target is lost.
        """
        __tracebackhide__ = True
        request = {"do": "run", "argv": list(argv), "timeout": timeout, "cwd": cwd, "env": dict(env or {})}
        answer = self._ask(request, timeout + 10)
        if "error" in answer:
            self._note(Evidence(kind="command", name=" ".join(argv), text=answer["message"]))
            raise TargetError(f"{argv[0]} cannot be run on the target: {answer['message']}")
        fields = ("returncode", "stdout", "stderr", "duration_s")
        result = CommandResult(argv=argv, **{field: answer[field] for field in fields})
        self._note(evidence_of(result))
        if answer["timed_out"]:
            raise TargetError(f"{' '.join(argv)} did not end within {timeout:g} s and was killed")
        return result

    def close(self) -> None:
        """End the warm interpreter; the next use starts a new one."""
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        __tracebackhide__ = True
        try:
            return self._interpreter().ask(request, timeout)
        except BaseException:
            # What hangs or died, or was broken off by a timeout of the check, cannot be trusted with the next call.
            self.close()
            raise

    def _interpreter(self) -> _Interpreter:
        if self._warm is None:
            self._warm = _Interpreter(self._spec, self.name)
        return self._warm

    @contextmanager
    def _started(self) -> Iterator[_Interpreter]:
        interpreter = _Interpreter(self._spec, self.name)
        try:
            yield interpreter
        finally:
            interpreter.close()

    def _note_call(self, name: str, answer: Mapping[str, Any]) -> None:
        said = repr(answer["value"]) if "value" in answer else answer["traceback"] or answer["message"]
        self._note(Evidence(kind="call", name=name, text="\n".join(filter(None, (answer["printed"].rstrip(), said)))))

    def _note(self, evidence: Evidence) -> None:
        if self.observe is not None:
            self.observe(evidence)


def evidence_of(result: CommandResult | subprocess.CompletedProcess[Any]) -> Evidence:
    """What is recorded of a command that ran, on the target or here."""
    if isinstance(result, CommandResult):
        return Evidence(kind="command", name=" ".join(result.argv), text=str(result))
    args = result.args if isinstance(result.args, list | tuple) else [result.args]
    command = " ".join(map(os.fsdecode, args))
    outputs = [said for said in (result.stdout, result.stderr) if said is not None]
    shown = "".join(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said) for said in outputs)
    if not outputs:
        shown = "[its output was not captured]"
    return Evidence(kind="command", name=command, text=f"$ {command}\n{shown.rstrip()}\n[exit {result.returncode}]")


@contextmanager
def open_target(spec: str, *, base: Path, observe: Callable[[Evidence], None] | None = None) -> Iterator[Target]:
    """The target of a specification, closed at the end; a relative local folder starts at `base`.

    Raises ``SettingsError`` for a specification that cannot be meant.
    """
    opened = Target(read_spec(spec, base=base), name=spec, observe=observe)
    try:
        yield opened
    finally:
        opened.close()


def describe_release(spec: str | None, *, base: Path) -> str:
    """What ``git describe --always --dirty`` says of the target's folder (of `base` without a target).

    ``unversioned`` where git knows nothing, or is not there.
    """
    command = ("git", "describe", "--always", "--dirty")
    said = _describe_here(command, base) if spec is None else _describe_there(command, spec, base)
    return said.strip() or UNVERSIONED


def _describe_here(command: tuple[str, ...], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _describe_there(command: tuple[str, ...], spec: str, base: Path) -> str:
    with open_target(spec, base=base) as target:
        try:
            result = target.run(*command, timeout=20)
        except TargetError:
            return ""
    return result.stdout if result.returncode == 0 else ""


class _Interpreter:
    """One running interpreter of the target, serving `remote.py`."""

    def __init__(self, spec: str, name: str) -> None:
        import execnet

        from pytest_deploycheck.target import remote

        self._name = name
        #: One question at a time: a check may ask in several threads.
        self._turn = Lock()
        self._asked = 0
        self._group: Group = execnet.Group()
        try:
            gateway = self._group.makegateway(spec)
            self._channel: Channel = gateway.remote_exec(remote)
            self.facts: dict[str, Any] = self._channel.receive(timeout=START_TIMEOUT)
        except Exception as error:  # execnet raises whatever the transport does: HostNotFound, EOFError, OSError, ...
            self.close()
            raise TargetError(f"the target {name!r} cannot be reached: {type(error).__name__}: {error}") from error

    def ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        __tracebackhide__ = True
        with self._turn:
            self._asked += 1
            return self._answer({**request, "number": self._asked}, timeout)

    def _answer(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        __tracebackhide__ = True
        try:
            self._channel.send(request)
            answer = dict(self._channel.receive(timeout=timeout))
        except self._channel.TimeoutError as error:
            raise TargetError(
                f"the target {self._name!r} did not answer within {timeout:g} s; give it more time (timeout=...), or "
                "let it answer less"
            ) from error
        except (EOFError, OSError, self._channel.RemoteError) as error:
            raise TargetError(
                f"the target {self._name!r} was lost: its interpreter ended (killed, or out of memory?), or the "
                f"connection to it did: {type(error).__name__}: {error}"
            ) from error
        if answer.pop("number") != request["number"]:
            raise TargetError(f"the target {self._name!r} answered another question than the one it was asked")
        return answer

    def close(self) -> None:
        with warnings.catch_warnings():
            # A killed gateway's pipes are closed by the collector, which pytest would report as a leak of the check.
            warnings.simplefilter("ignore", ResourceWarning)
            self._group.terminate(timeout=1.0)


def _shipped(function: Callable[..., Any]) -> dict[str, Any]:
    """The function as source with where it stands, for the tracebacks of the other side."""
    if function.__name__ == "<lambda>" or getattr(function, "__closure__", None):
        raise TargetError(f"{function.__qualname__} cannot be sent to the target: write a plain top-level function")
    try:
        lines, line = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise TargetError(f"{function!r} cannot be sent to the target: its source is not at hand") from error
    return {
        "source": textwrap.dedent("".join(lines)),
        "name": function.__name__,
        "module": function.__module__,
        "file": inspect.getsourcefile(function) or "<unknown>",
        "line": line,
    }
