"""Rehearses an installation and the two ways back, in temporary folders of the target and never in its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_deploycheck.target import CommandResult, Target

#: What a command of a rehearsal sees: nothing of the target's own source tree, and it leaves no bytecode behind.
APART = {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}


@contextmanager
def scratch_folder(target: Target) -> Iterator[str]:
    """A temporary folder on the target, removed at the end."""
    folder = str(target.call(make_scratch))
    try:
        yield folder
    finally:
        target.call(remove_scratch, folder)


def must(result: CommandResult, what: str) -> CommandResult:
    """The result of a command that has to succeed; an ``AssertionError`` that says `what` did not."""
    __tracebackhide__ = True
    last = "\n".join(result.output.strip().splitlines()[-5:])
    assert result.returncode == 0, f"{what}: exit status {result.returncode}, expected 0\n{last}"
    return result


def spare_environment(target: Target, folder: str) -> str:
    """A throw-away virtual environment that sees what the target has installed; the path of its interpreter."""
    return str(target.call(make_environment, folder, timeout=120))


def install_into(target: Target, python: str, project: str, *also: str, timeout: float) -> CommandResult:
    """Build and install a project folder into a spare environment, and `also` other packages.

    What it needs and the target has is used; what the target lacks is fetched.

    The build backend is taken from the target where it is installed, so that nothing has to be fetched for it.
    """
    apart = [] if target.call(lacks_backend, project) else ["--no-build-isolation"]
    words = ("-m", "pip", "install", "--no-input", "--disable-pip-version-check", *apart, project, *also)
    return must(target.run(python, *words, timeout=timeout, env=APART), "the installation")


def make_scratch() -> str:
    """On the target: make a temporary folder of a name that ``remove_scratch`` knows."""
    import tempfile

    return tempfile.mkdtemp(prefix="deploycheck-")


def remove_scratch(folder: str) -> None:
    """On the target: remove a folder that ``make_scratch`` made, and no other."""
    import os
    import shutil

    if not os.path.basename(folder).startswith("deploycheck-"):
        raise ValueError(f"{folder} is no temporary folder of the checks")
    shutil.rmtree(folder, ignore_errors=True)


def copy_project(folder: str) -> str:
    """On the target: copy the project folder into `folder`, without what can be made again; the copy's path."""
    import os
    import shutil

    unwanted = (".git", ".venv", "venv", "node_modules", "__pycache__", ".*_cache", ".tox", ".nox", ".deploycheck")
    copy = os.path.join(folder, "project")
    shutil.copytree(os.getcwd(), copy, ignore=shutil.ignore_patterns(*unwanted), symlinks=True)
    return copy


def make_environment(folder: str) -> str:
    """On the target: a virtual environment in `folder` whose last place to look is this interpreter's packages."""
    import os
    import subprocess
    import sys
    import sysconfig

    home = os.path.join(folder, "environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True, timeout=100)
    python = os.path.join(home, "Scripts" if os.name == "nt" else "bin", "python")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    environment = dict(os.environ, PYTHONPATH="")
    own = subprocess.run(
        [python, "-c", asked], check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout.strip()
    with open(os.path.join(own, "zz-target.pth"), "w", encoding="utf-8") as file:
        file.write("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}) + "\n")
    return python


def install_with_poetry(seconds: float) -> dict[str, Any]:
    """On the target: install the production dependencies and the project into this interpreter's environment."""
    import os
    import subprocess
    import sys

    environment = dict(os.environ, POETRY_VIRTUALENVS_CREATE="false")
    if sys.prefix != sys.base_prefix:
        environment["VIRTUAL_ENV"] = sys.prefix
    for choice in (["--only", "main"], ["--no-dev"]):
        done = subprocess.run(
            ["poetry", "install", "--no-ansi", "--no-interaction", *choice],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        if "--only" not in done.stdout:  # Poetry before 1.2 says that it does not know the option
            break
    return {"status": done.returncode, "output": done.stdout}


def lacks_backend(project: str) -> bool:
    """On the target: whether the build backend that a project names is not installed here."""
    import importlib.util
    import os
    import re

    with open(os.path.join(project, "pyproject.toml"), encoding="utf-8") as file:
        named = re.search(r"^build-backend\s*=\s*[\"']([\w.]+)", file.read(), re.MULTILINE)
    backend = named.group(1) if named else "setuptools.build_meta"
    try:
        return importlib.util.find_spec(backend) is None
    except ModuleNotFoundError:
        return True


def describe_installation() -> dict[str, Any]:
    """In the interpreter asked: version and place of GifLab, its modules, those that do not import, its neighbours.

    ``installed`` are the distributions in the interpreter's own folder for packages.
    """
    import importlib
    import os
    import pkgutil
    import sysconfig
    from importlib import metadata

    import giflab

    names = [found.name for found in pkgutil.walk_packages(giflab.__path__, "giflab.", onerror=print)]
    broken = {}
    for name in names:
        if name.endswith("__main__"):
            continue
        try:
            importlib.import_module(name)
        except Exception as error:
            broken[name] = f"{type(error).__name__}: {error}"
    return {
        "version": metadata.version("giflab"),
        "file": str(giflab.__file__),
        "modules": sorted(names),
        "broken": broken,
        "installed": sorted(
            name[: -len(".dist-info")]
            for name in os.listdir(sysconfig.get_path("purelib"))
            if name.endswith(".dist-info")
        ),
    }


def use_switched_off(commands: list[str]) -> dict[str, Any]:
    """Use GifLab as it is configured here: the state of its flags, and what each part of it answered.

    ``errors`` has what raised, by the name of the part, and which of the `commands` did not answer ``--help``;
    ``report`` is what ``deps check --json`` printed.
    """
    import subprocess
    import sys
    from pathlib import Path

    import giflab
    from giflab import config, metrics
    from giflab.monitoring import SystemMemoryMonitor, memory_integration
    from PIL import Image

    monitor, integration = SystemMemoryMonitor(), memory_integration.MemoryPressureIntegration()
    documented = hasattr(monitor, "get_memory_stats")
    Image.linear_gradient("L").save("probe.gif")
    parts = {
        "memory reading": monitor.get_memory_stats if documented else monitor.collect_memory_stats,
        "pressure level": monitor.get_pressure_level if documented else monitor.collect_memory_stats,
        "integration": integration.initialize,
        "integration check": getattr(integration, "check", None) or integration.check_and_handle_pressure,
        "caching status": metrics.get_caching_status,
        "metrics": lambda: metrics.calculate_comprehensive_metrics(*2 * [Path("probe.gif")]),
    }
    answers: dict[str, Any] = {}

    def answer(name: str, ask: Any) -> str:
        try:
            answers[name] = ask()
        except Exception as error:  # whatever it raises, an operator would see it
            return f"{type(error).__name__}: {error}"
        return ""

    def run(*words: str) -> Any:
        command = [sys.executable, "-m", "giflab", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    errors = {name: answer(name, ask) for name, ask in parts.items()}
    for name in commands:
        page = run(name, "--help")
        errors[name] = "" if "Usage:" in page.stdout else page.stderr.strip()[-300:] or "no usage"
    return {
        "file": str(giflab.__file__),
        "monitoring": bool(config.MONITORING["memory_pressure"]["enabled"]),
        "experimental": bool(config.ENABLE_EXPERIMENTAL_CACHING),
        "caching": bool(metrics.CACHING_ENABLED),
        "initialised": bool(answers.get("integration")),
        "alerted": bool(answers.get("integration check")),
        "measured": len(answers.get("metrics", ())),
        "report": run("deps", "check", "--json").stdout,
        "errors": {name: said for name, said in errors.items() if said},
    }


def modules_below(folder: str) -> list[str]:
    """On the target: the names of the modules in a package's folder, without importing any of it."""
    import os
    import pkgutil

    names = []
    waiting = [(folder, os.path.basename(folder) + ".")]
    while waiting:
        path, prefix = waiting.pop()
        for found in pkgutil.iter_modules([path], prefix):
            names.append(found.name)
            if found.ispkg:
                waiting.append((os.path.join(path, found.name.rpartition(".")[2]), found.name + "."))
    return sorted(names)
