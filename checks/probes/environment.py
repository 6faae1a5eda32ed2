"""Looks at the machine and the project folder: what is there before anything is deployed."""

from __future__ import annotations

from typing import Any


def find_command(name: str) -> str | None:
    """The path of a command on the target's search path, None when it is not there."""
    import shutil

    return shutil.which(name)


def read_texts(names: list[str]) -> dict[str, str | None]:
    """The named files of the project folder as text; None for one that is missing or empty of text."""
    import os

    texts: dict[str, str | None] = {}
    for name in names:
        texts[name] = None
        if os.path.isfile(name):
            with open(name, encoding="utf-8", errors="replace") as file:
                texts[name] = file.read()
    return texts


def available_memory() -> dict[str, Any]:
    """Bytes a process can have without swapping, a container's limit included: ``available``, and its ``source``."""
    import os

    found = {}
    try:
        import psutil

        found["psutil"] = int(psutil.virtual_memory().available)
    except ImportError:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        found["/proc/meminfo"] = int(lines["MemAvailable"].split()[0]) * 1024
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        if os.path.isfile(limit) and os.path.isfile(used):
            with open(limit, encoding="ascii") as most, open(used, encoding="ascii") as now:
                bound = most.read().strip()
                if bound != "max":
                    found[limit] = int(bound) - int(now.read())
    source = min(found, key=lambda name: found[name])
    return {"available": found[source], "source": source}


def free_space() -> dict[str, int]:
    """Free bytes in the project folder and where packages are installed to, by path."""
    import os
    import shutil
    import sysconfig

    return {path: int(shutil.disk_usage(path).free) for path in (os.getcwd(), sysconfig.get_paths()["purelib"])}


def try_to_write() -> dict[str, str]:
    """Create and remove a file in the project folder and where packages go; the error by path, empty when it worked."""
    import os
    import sysconfig
    import tempfile

    said = {}
    for path in (os.getcwd(), sysconfig.get_paths()["purelib"]):
        try:
            with tempfile.NamedTemporaryFile(dir=path, prefix=".deploycheck-") as file:
                file.write(b"x")
                file.flush()
            said[path] = ""
        except OSError as error:
            said[path] = str(error)
    return said


def pip_settings() -> dict[str, str]:
    """What pip is configured with, by its option names; the environment before the files, as pip itself does."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"pip does not tell how it is configured: {done.stderr.strip()}")
    # pip's own order of precedence, lowest first. Other sections belong to other commands.
    ranks = ("global.", "install.", ":env:.")
    found = {}
    for rank in ranks:
        for line in done.stdout.splitlines():
            key, equals, value = line.partition("=")
            if equals and key.startswith(rank):
                found[key[len(rank) :].lower().replace("_", "-")] = value.strip().strip("'\"")
    return found


def ask_index(url: str, certificates: str | None, seconds: float) -> dict[str, Any]:
    """Ask a package index for one project's page: ``status``, ``kind``, and how many ``files`` the answer names.

    The answer is what the simple repository API (PEP 503, PEP 691) defines, or ``error`` says why there is none.
    """
    import json
    import re
    import ssl
    import urllib.error
    import urllib.request

    accepted = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
    request = urllib.request.Request(url, headers={"Accept": accepted, "User-Agent": "deploycheck"})
    context = ssl.create_default_context(cafile=certificates) if url.startswith("https:") else None
    try:
        with urllib.request.urlopen(request, timeout=seconds, context=context) as answer:
            kind = answer.headers.get("Content-Type") or ""
            text = answer.read().decode("utf-8", "replace")
            status = answer.getcode() or 200
    except (OSError, ValueError) as error:  # URLError and HTTPError are OSErrors
        return {"url": url, "error": str(error)}
    if "json" in kind:
        files = len(json.loads(text).get("files", []))
    else:
        files = len(re.findall(r"<a\s[^>]*href=", text, re.IGNORECASE))
    return {"url": url, "status": int(status), "kind": kind, "files": files}


def list_folder(path: str) -> list[str] | None:
    """The names in a folder of the target, None when it cannot be read."""
    import os

    try:
        return sorted(os.listdir(path))
    except OSError:
        return None


def find_ways_back(folder: str) -> dict[str, list[str]]:
    """Backup refs of the project's repository, and documents that write a rollback down (with the commands for it)."""
    import os
    import re
    import subprocess

    refs = []
    try:
        done = subprocess.run(
            ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        refs = [line for line in done.stdout.split() if "backup" in line.lower()]
    except OSError:
        pass  # no git: then there can be no ref, and a plan is what is left
    plans = []
    for where, inner, names in os.walk(os.path.join(folder, "docs")):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in sorted(names):
            path = os.path.join(where, name)
            if os.path.splitext(name)[1] not in (".md", ".rst", ".txt"):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            titled = "rollback" in name.lower() or re.search(
                r"^#+ .*\broll(ing|s|ed)?[- ]?back\b", text, re.IGNORECASE | re.MULTILINE
            )
            if titled and re.search(r"\bgit (checkout|switch|revert|reset)\b|\bpip install\b|\bpoetry install\b", text):
                plans.append(os.path.relpath(path, folder))
    return {"refs": refs, "plans": sorted(plans)}


def decode_gifs(folder: str, most: int) -> list[dict[str, Any]]:
    """Decode the GIFs below a folder to the last frame, `most` at most: path, size, frames, error of each."""
    import os

    from PIL import Image

    paths = []
    for where, inner, names in os.walk(folder):
        skipped = ("venv", "node_modules", "site-packages", "__pycache__")
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in skipped)
        paths += [os.path.join(where, name) for name in sorted(names) if name.lower().endswith(".gif")]
    found = []
    for path in paths[:most]:
        entry: dict[str, Any] = {"path": os.path.relpath(path, folder), "size": "", "frames": 0, "error": ""}
        try:
            with Image.open(path) as image:
                entry["size"] = f"{image.width}x{image.height}"
                while True:
                    image.seek(entry["frames"])
                    image.load()
                    entry["frames"] += 1
        except EOFError:
            pass  # the last frame has been read: the way Pillow says so
        except Exception as error:
            entry["error"] = f"{type(error).__name__}: {error}"
        found.append(entry)
    return found


def time_metrics(rounds: int) -> list[float]:
    """Milliseconds of each metrics run on one pair of GIFs, made here so that the work is the same on every host."""
    import tempfile
    import time
    from pathlib import Path

    import numpy as np
    from giflab.metrics import calculate_comprehensive_metrics
    from PIL import Image

    noise = np.random.default_rng(20250111)
    ramp = np.add.outer(np.arange(96), np.arange(128)) % 256
    frames = [
        Image.fromarray(
            np.clip(np.roll(ramp, 8 * step, axis=1) + noise.integers(-20, 20, ramp.shape), 0, 255).astype("u1")
        )
        for step in range(10)
    ]
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        original, compressed = Path(folder, "original.gif"), Path(folder, "compressed.gif")
        frames[0].save(original, save_all=True, append_images=frames[1:], duration=80, loop=0)
        coarse = [frame.quantize(16) for frame in frames]
        coarse[0].save(compressed, save_all=True, append_images=coarse[1:], duration=80, loop=0)
        for _ in range(rounds + 1):
            started = time.perf_counter()
            measured = calculate_comprehensive_metrics(original, compressed)
            spent.append((time.perf_counter() - started) * 1000)
            if not measured:
                raise RuntimeError("the metrics run measured nothing, so its time says nothing")
    return spent[1:]  # the first one warms caches up


def time_import(module: str) -> float:
    """Seconds that importing a module takes; for a fresh interpreter."""
    import importlib
    import time

    started = time.perf_counter()
    importlib.import_module(module)
    return time.perf_counter() - started
