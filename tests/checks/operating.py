"""A copy of the sample target to be broken as reality breaks things, and the checklist run on it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "checks" / "giflab"
CACHES = shutil.ignore_patterns("__pycache__", ".*_cache", ".deploycheck")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a run of the checklist reported."""

    exit_code: int
    document: dict[str, Any]
    printed: str

    def check(self, check_id: str) -> dict[str, Any]:
        """One check's entry."""
        found: dict[str, Any] = next(entry for entry in self.document["checks"] if entry["id"] == check_id)
        return found

    def phase(self, marker: str) -> dict[str, Any]:
        """One phase's entry."""
        found: dict[str, Any] = next(entry for entry in self.document["phases"] if entry["marker"] == marker)
        return found

    def must_be(self, check_id: str, status: str, *words: str) -> None:
        """The check ended like this, and its reason has these words."""
        entry = self.check(check_id)
        assert entry["status"] == status, f"{check_id}: {entry['status']}, expected {status}: {entry['reason']}"
        for word in words:
            assert word in entry["reason"], f"{check_id}: {word!r} is not in its reason {entry['reason']!r}"


@dataclass(kw_only=True)
class Copy:
    """A copy of the sample target in a temporary folder, in a git repository if need be."""

    place: Path
    environment: dict[str, str] = field(default_factory=dict)
    python_path: str = "src"

    def __post_init__(self) -> None:
        shutil.copytree(SAMPLE, self.folder, ignore=CACHES)

    @property
    def folder(self) -> Path:
        """The project folder of the copy."""
        return self.place / "giflab"

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that has to be there exactly once."""
        file = self.folder / path
        text = file.read_text("utf-8")
        assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times, expected once"
        file.write_text(text.replace(old, new), "utf-8")

    def append(self, path: str, text: str) -> None:
        """Add text to the end of a file, which is made if need be."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as end:
            end.write(text)

    def git(self, *words: str) -> None:
        """Run git in the copy, under nobody's name."""
        who = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def commit(self, message: str, *, tag: str = "") -> None:
        """Commit everything, and name the commit."""
        if not (self.folder / ".git").exists():
            self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        if tag:
            self.git("tag", tag)

    def files(self) -> dict[str, bytes]:
        """Every file of the copy with its content, except what Python itself caches."""
        found = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def keep_tests(self, *names: str) -> None:
        """Leave only some of the copy's own tests, where a check runs them all and their number is not the matter."""
        for path in (self.folder / "tests").glob("test_*.py"):
            if path.name not in names:
                path.unlink()

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """Meanwhile all that is timed takes far longer.

        For a baseline that a sound copy keeps on a busy machine too: how fast this machine is right now is not what
        the tests are about.
        """
        inserted = {
            "src/giflab/metrics.py": ("    config = config or", "    time.sleep(0.2)\n    config = config or"),
            "src/giflab/config.py": ("import math\n", "import math\nimport time\n\ntime.sleep(1)\n"),
            "src/giflab/cli/__init__.py": ("import importlib\n", "import importlib\nimport time\n\ntime.sleep(1)\n"),
        }
        sound = {path: (self.folder / path).read_text("utf-8") for path in inserted}
        for path, (old, new) in inserted.items():
            self.replace(path, old, new)
        yield
        for path, text in sound.items():
            (self.folder / path).write_text(text, "utf-8")

    def slow_metrics(self) -> None:
        """Each metrics run takes three times as long, on a busy machine as on an idle one."""
        self.append(
            "src/giflab/metrics.py",
            "\n\n_once = calculate_comprehensive_metrics\n\n\n"
            "def calculate_comprehensive_metrics(*arguments, **options):\n"
            "    return [_once(*arguments, **options) for _ in range(3)][-1]\n",
        )

    def slow_memory_readings(self) -> None:
        """Each reading takes a hundred times as long, on a busy machine as on an idle one."""
        self.replace(
            "src/giflab/monitoring/memory.py",
            "            memory = self._reader()\n",
            "            memory = [self._reader() for _ in range(150)][-1]\n",
        )

    def run(self, *arguments: str, ini: Path | None = None) -> Seen:
        """Run the checklist on the copy as one would from the shell, whatever an earlier phase on its record was."""
        variables = {"PYTHONPATH": self.python_path, **self.environment}
        spec = "//".join(
            ["popen", f"chdir={self.folder}", *(f"env:{name}={value}" for name, value in variables.items())]
        )
        result = self.place / "result.json"
        result.unlink(missing_ok=True)
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        words += ["-c", str(ini), "--rootdir", str(ini.parent)] if ini else []
        words += [
            "--deploycheck-target",
            spec,
            "--deploycheck-release",
            "r1",
            "--deploycheck-keep-going",
            "--deploycheck-report",
            "",
        ]
        words += ["--deploycheck-record", str(self.place / "record"), "--deploycheck-json", str(result)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert result.is_file(), f"there is no result:\n{done.stdout}\n{done.stderr}"
        document = json.loads(result.read_text("utf-8"))
        return Seen(exit_code=done.returncode, document=document, printed=done.stdout)
