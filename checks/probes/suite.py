"""Runs GifLab's own tests, and GifLab under other settings, in copies that are removed afterwards."""

from __future__ import annotations

from typing import Any


def run_suite(path: str, appended: str, seconds: float) -> dict[str, Any]:
    """Run the project's tests in a copy of its folder: every test case with its outcome, from the JUnit results.

    `appended` is added to the copy's ``src/giflab/config.py``. ``cases`` are ``[file, name, outcome, message]``,
    ``deselected`` is how many the project's own options leave out, ``silent`` are test files without a case; ``error``
    says why there are no results to be trusted: none that can be read, or the time was over.
    """
    import os
    import re
    import shutil
    import subprocess
    import sys
    import tempfile
    import time
    import xml.etree.ElementTree as ET
    from glob import glob

    unwanted = (".git", ".*_cache", ".venv", "venv", "node_modules", ".tox", ".nox", ".deploycheck")
    # Other tools' plugins would change what runs, in which order, or judge it.
    foreign = ("deploycheck", "randomly", "xdist", "rerunfailures", "html", "metadata", "cacheprovider")
    options = ["-q", "--tb=short", "--continue-on-collection-errors", *(f"-pno:{plugin}" for plugin in foreign)]

    def run(copy: str, report: str) -> Any:
        """How pytest ended, None when its time was over, and what it printed."""
        search = [os.path.join(copy, "src"), copy, os.environ.get("PYTHONPATH", "").replace(os.getcwd(), copy)]
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, search)))
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "pytest", path, "--junitxml", report, *options]
        with open(report + ".printed", "w+b") as printed:
            streams: Any = {"stdin": subprocess.DEVNULL, "stdout": printed, "stderr": subprocess.STDOUT}
            try:
                status = subprocess.call(command, cwd=copy, env=environment, timeout=seconds, **streams)
            except subprocess.TimeoutExpired:
                status = None
            printed.seek(0)
            return status, printed.read().decode("utf-8", "replace")

    def read(case: Any, copy: str) -> list[str]:
        # The class name is the dotted path of the module, and then perhaps that of a class in it. A file that could not
        # be collected is a case of its own, with that path for a name.
        file = parts = (case.get("classname") or case.get("name") or "").split(".")
        while file and not os.path.isfile(os.path.join(copy, *file) + ".py"):
            file = file[:-1]
        place = "/".join(file) + ".py" if file else ".".join(parts)
        for kind in ("failure", "error", "skipped"):
            found = case.find(kind)
            if found is not None:
                return [place, case.get("name") or "", kind, (found.get("message") or "")[:500]]
        return [place, case.get("name") or "", "passed", ""]

    answer: dict[str, Any] = {"cases": [], "deselected": 0, "silent": [], "error": ""}
    with tempfile.TemporaryDirectory() as folder:
        copy, report = os.path.join(folder, "copy"), os.path.join(folder, "junit.xml")
        shutil.copytree(os.getcwd(), copy, ignore=shutil.ignore_patterns(*unwanted), symlinks=True)
        if appended:
            with open(os.path.join(copy, "src", "giflab", "config.py"), "a") as config:
                config.write("\n" + appended + "\n")
        started = time.perf_counter()
        answer["status"], text = run(copy, report)
        answer["seconds"] = time.perf_counter() - started
        try:
            answer["cases"] = [read(case, copy) for case in ET.parse(report).getroot().iter("testcase")]
        except (OSError, ET.ParseError):
            said = f"pytest gave no results (status {answer['status']}); the end of what it printed:\n{text[-2000:]}"
            answer["error"] = said
        if answer["status"] is None:
            answer["error"] = f"the tests did not end within {seconds:g} s"
        answer["deselected"] = sum(int(count) for count in re.findall(r"(\d+) deselected", text[-500:])[-1:])
        heard = {case[0] for case in answer["cases"]}
        for file in glob(os.path.join(copy, path, "**", "test_*.py"), recursive=True):
            name = os.path.relpath(file, copy)
            with open(file, encoding="utf-8", errors="replace") as code:
                if name not in heard and re.search(r"^\s*(?:async )?def test", code.read(), re.MULTILINE):
                    answer["silent"].append(name)
    return answer


def run_under_settings(code: str, settings: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Run a program under other settings, one after another in one copy of the sources: its JSON answers by name.

    A setting is Python text that is added to the copy's ``config.py``, which is as it was for an empty one. Where the
    program failed, its answer is why: ``error``.
    """
    import json
    import os
    import shutil
    import subprocess
    import sys
    import tempfile

    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "src")
        shutil.copytree("src", copy, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
        config = os.path.join(copy, "giflab", "config.py")
        with open(config, encoding="utf-8") as file:
            original = file.read()
        environment = dict(os.environ, PYTHONPATH=copy)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for name, text in settings.items():
            with open(config, "w", encoding="utf-8") as file:
                file.write(original + "\n" + text + "\n" if text else original)
            done = subprocess.run(
                [sys.executable, "-c", code],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode:
                answers[name] = {"error": done.stderr.strip()[-1500:] or f"it ended with {done.returncode}"}
            else:
                answers[name] = json.loads(done.stdout.splitlines()[-1])
    return answers
