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
import time
import traceback
from typing import Any

#: Output beyond this many characters is cut in the middle, so that a runaway command cannot fill the controller.
OUTPUT_LIMIT = 200_000


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


def cut(text: str) -> str:
    """The text, its middle replaced by a note where it is too long."""
    if len(text) <= OUTPUT_LIMIT:
        return text
    half = OUTPUT_LIMIT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters cut ...]\n{text[-half:]}"


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
    timed_out = False
    try:
        out, err = process.communicate(timeout=request["timeout"])
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    return {
        "returncode": process.returncode,
        "stdout": cut(out.decode("utf-8", "replace")),
        "stderr": cut(err.decode("utf-8", "replace")),
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
