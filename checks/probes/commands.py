"""Runs commands side by side: starting a process is what a checklist spends most of its time on."""

from __future__ import annotations

from typing import Any


def run_together(errands: dict[str, dict[str, Any]], slow: float) -> dict[str, dict[str, Any]]:
    """Run commands, as many at a time as there are processors, and answer by name with what came of each.

    An errand has ``argv``, ``timeout`` in seconds, and ``home``: whether it runs in the project folder, else in a
    temporary one. Arguments may be ``{python}``, this interpreter, and in the temporary folder ``{empty}``, an empty
    folder, ``{missing}``, a path that is not there, and ``{table}``, a CSV file of one row that no command can use.

    An answer has ``status`` (None where the time was over), ``stdout``, ``stderr`` and ``seconds``. What took longer
    than `slow` seconds and is ``timed`` is run again alone: nothing is called slow on account of its neighbours.
    """
    import os
    import signal
    import subprocess
    import sys
    import tempfile
    import time
    from concurrent.futures import ThreadPoolExecutor

    streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def run(errand: dict[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        command = [places.get(argument, argument) for argument in errand["argv"]]
        where = None if errand["home"] else folder
        process = subprocess.Popen(command, cwd=where, env=environment, start_new_session=True, **streams)
        over = False
        try:
            out, err = process.communicate(timeout=errand["timeout"])
        except subprocess.TimeoutExpired:
            over = True
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        return {
            "status": None if over else process.returncode,
            "stdout": out.decode("utf-8", "replace"),
            "stderr": err.decode("utf-8", "replace"),
            "seconds": time.perf_counter() - started,
        }

    with tempfile.TemporaryDirectory() as folder:
        places = {"{python}": sys.executable}
        places.update({f"{{{name}}}": os.path.join(folder, name) for name in ("empty", "missing", "table")})
        os.mkdir(places["{empty}"])
        with open(places["{table}"], "w") as table:
            table.write("gif\nabsent.gif\n")
        # Wide enough that nothing is broken over two lines; the user's own caches are left alone.
        environment = dict(os.environ, COLUMNS="120", NO_COLOR="1", GIFLAB_CACHE_DIR=os.path.join(folder, "cache"))
        environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            answers = dict(zip(errands, pool.map(run, errands.values())))
        for name, errand in errands.items():
            if errand.get("timed") and answers[name]["seconds"] > slow:
                answers[name] = run(errand)
    return answers


def call_commands(cases: dict[str, list[str]], seconds: float) -> dict[str, dict[str, Any]]:
    """Call ``python -m giflab`` with each case's arguments in a process of its own: ``status`` and ``output`` by name.

    The processes are forked after what GifLab takes from elsewhere is loaded, and before anything of GifLab is: each
    imports what its command needs. A status of None means that the time was over, a negative one that a signal came.
    Arguments may name places as in `run_together`. To be run as a program, because forking wants no threads.
    """
    import contextlib
    import importlib
    import os
    import runpy
    import signal
    import sys
    import tempfile

    def call(arguments: list[str], path: str) -> None:
        output = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.alarm(int(seconds))  # its own action is to end the process
        sys.argv = ["giflab", *arguments]
        runpy.run_module("giflab", run_name="__main__", alter_sys=True)

    def fork_for(arguments: list[str], path: str) -> int:
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            call(arguments, path)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
            sys.stderr.write(end.code if isinstance(end.code, str) else "")
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    for elsewhere in ("numpy", "cv2", "PIL.Image", "click", "rich.console", "psutil", "pandas", "matplotlib", "torch"):
        with contextlib.suppress(Exception):  # what needs it will say so
            importlib.import_module(elsewhere)
    answers: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("empty")
        with open("table", "w") as table:
            table.write("gif\nabsent.gif\n")
        waiting = list(cases)
        while waiting:
            batch, waiting = waiting[: os.cpu_count() or 1], waiting[os.cpu_count() or 1 :]
            for name, child in [
                (name, fork_for([word.strip("{}") for word in cases[name]], f"said by {name}")) for name in batch
            ]:
                ended = os.waitpid(child, 0)[1]
                died = os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else 0
                status = None if died == signal.SIGALRM else -died or os.WEXITSTATUS(ended)
                with open(f"said by {name}", encoding="utf-8", errors="replace") as output:
                    answers[name] = {"status": status, "output": output.read()}
        os.chdir("/")
    return answers
