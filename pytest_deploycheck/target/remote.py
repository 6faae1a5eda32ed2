"""The target's side: shipped as source into its interpreter, so it runs on Python 3.8 with nothing installed there.

It answers one request at a time: a request and an answer are plain dicts that carry the same number. ``call`` runs a
function given as source, ``run`` a command.
"""

from __future__ import annotations
import __future__ as future

import contextlib
import io
import os
import platform
import signal
import subprocess
import sys
import threading
import time
import traceback
from typing import Any

#: Bytes of one output; what is beyond them is cut in the middle, so that a runaway command fills no memory.
OUTPUT_LIMIT = 8 * 1024 * 1024
#: Seconds; how long the output of a command that was killed may take to end.
LAST_WORDS = 5.0


def prepare() -> dict[str, Any]:
    """Make this interpreter what an activated environment would be; returns the facts of the installation."""
    paths = [os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    if paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        sys.path[0:0] = paths
    # A check leaves nothing behind in the target's folder, not even compiled modules.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    scripts = os.path.dirname(sys.executable)
    os.environ["PATH"] = scripts + os.pathsep + os.environ.get("PATH", os.defpath)
    return {
        "python": sys.executable,
        "version": platform.python_version(),
        "platform": platform.platform(),
        "folder": os.getcwd(),
    }


class Drain(threading.Thread):
    """Reads one output to its end; keeps its begin, its end, and the number of bytes between them."""

    def __init__(self, stream: Any) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0
        self.start()

    def run(self) -> None:
        """Until nobody can write any more."""
        with self._stream:
            for chunk in iter(lambda: self._stream.read1(65536), b""):
                self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        half = OUTPUT_LIMIT // 2
        room = half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Not each time: moving the bytes costs more than keeping a few.
        if len(self._tail) > 2 * half:
            self._lost += len(self._tail) - half
            del self._tail[:-half]

    def text(self) -> str:
        """What was read; half a line beside what is cut out goes with it, since it may hold half a secret."""
        half = OUTPUT_LIMIT // 2
        head, tail = bytes(self._head), bytes(self._tail)
        lost = self._lost + max(0, len(tail) - half)
        if not lost:
            return (head + tail).decode("utf-8", "replace")
        tail = tail[-half:]
        kept = head[: head.rfind(b"\n") + 1] or head, tail[tail.find(b"\n") + 1 :] or tail
        lost += len(head) + len(tail) - len(kept[0]) - len(kept[1])
        begin, end = (part.decode("utf-8", "replace") for part in kept)
        return f"{begin}\n[... {lost} bytes cut: more than an output may have ...]\n{end}"


def cut(text: str) -> str:
    """What was printed, its middle replaced by a note where it is too long."""
    if len(text) * 4 <= OUTPUT_LIMIT:
        return text
    drain = Drain(io.BytesIO(text.encode("utf-8", "replace")))
    drain.join()
    return drain.text()


def call(request: dict[str, Any]) -> dict[str, Any]:
    """Run a function given as source with plain arguments; its answer must be plain data too."""
    scope: dict[str, Any] = {"__name__": request["module"]}
    printed = io.StringIO()
    started = time.perf_counter()
    try:
        # Line numbers of a traceback then are those of the file the function comes from; its annotations, which are the
        # controller's, are not evaluated.
        source = "\n" * (request["line"] - 1) + request["source"]
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = compile(source, request["file"], "exec", future.annotations.compiler_flag, optimize=0)
            exec(code, scope)  # noqa: S102  # the check's own function
            answer = {"value": scope[request["name"]](*request["args"], **request["kwargs"])}
    except BaseException as error:  # noqa: BLE001  # SystemExit in a probe must not end the interpreter either
        answer = {"error": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}
    answer["printed"] = cut(printed.getvalue())
    answer["duration_s"] = time.perf_counter() - started
    return answer


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run a command to its end or its timeout, with no standard input and in a process group of its own."""
    environment = dict(os.environ, **request["env"])
    started = time.perf_counter()
    try:
        process = subprocess.Popen(
            request["argv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=request["cwd"],
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return {"error": type(error).__name__, "message": str(error)}
    drains = [Drain(process.stdout), Drain(process.stderr)]
    # Not the command alone: what it started may still write.
    for drain in drains:
        drain.join(max(0.0, started + request["timeout"] - time.perf_counter()))
    timed_out = any(drain.is_alive() for drain in drains)
    try:
        process.wait(max(0.0, started + request["timeout"] - time.perf_counter()) if not timed_out else 0)
    except subprocess.TimeoutExpired:
        timed_out = True
    if timed_out:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for drain in drains:
            drain.join(LAST_WORDS)
    return {
        "returncode": process.returncode,
        "stdout": drains[0].text(),
        "stderr": drains[1].text(),
        "duration_s": time.perf_counter() - started,
        "timed_out": timed_out,
    }


def serve(channel: Any) -> None:
    """Answer requests until the controller hangs up."""
    channel.send(prepare())
    for request in channel:
        answer = run(request) if request["do"] == "run" else call(request)
        try:
            channel.send(dict(answer, number=request["number"]))
        except Exception as error:  # noqa: BLE001  # execnet's DumpError, which the target may not have by name
            channel.send(
                {
                    "number": request["number"],
                    "error": type(error).__name__,
                    "message": f"the function must return plain data (numbers, text, lists, dicts): {error}",
                    "traceback": "",
                    "printed": "",
                    "duration_s": 0.0,
                }
            )


if __name__ == "__channelexec__":
    serve(globals()["channel"])  # execnet puts it there
