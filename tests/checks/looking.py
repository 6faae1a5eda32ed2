"""Runs phases of the checklist on a copy of the sample target, gates and all."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from operating import ROOT, Copy, Seen


@dataclass(kw_only=True)
class Sample(Copy):
    """A copy of the sample target that is looked at phase by phase."""

    def look(self, phases: str, *arguments: str, spec: str = "") -> Seen:
        """Run the phases, as from the shell and without a record of earlier runs; `spec` is another target."""
        variables = {"PYTHONPATH": self.python_path, **self.environment}
        spec = spec or "//".join(
            ["popen", f"chdir={self.folder}", *(f"env:{key}={value}" for key, value in variables.items())]
        )
        result = self.place / "result.json"
        result.unlink(missing_ok=True)
        words = [sys.executable, "-m", "pytest", "checks", "-p", "no:cacheprovider", "-m", phases, *arguments]
        words += ["--deploycheck-target", spec, "--deploycheck-release", "r1", "--deploycheck-report", ""]
        words += ["--deploycheck-record", str(self.place / "record"), "--deploycheck-json", str(result)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert result.is_file(), f"there is no result:\n{done.stdout}\n{done.stderr}"
        document = json.loads(result.read_text("utf-8"))
        return Seen(exit_code=done.returncode, document=document, printed=done.stdout)

    def module(self, name: str) -> Path:
        """The file of one of GifLab's modules."""
        return self.folder / "src" / "giflab" / name

    def require(self, requirement: str) -> None:
        """Add a dependency to the copy's metadata, and leave the lock file as it is."""
        self.replace("pyproject.toml", "\ndependencies = [\n", f'\ndependencies = [\n    "{requirement}",\n')
