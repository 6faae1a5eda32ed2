"""What a process cannot tell of itself: `deploycheck run` and `deploycheck gate` do not take its exit status for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate
from trapping import BESIDE, FAILS, LATER, PASSES, way

from pytest_deploycheck.cli import main

DIES = "import os\n@pytest.mark.phase1\ndef test_trap(): os._exit(0)"
RELEASE = "--deploycheck-release=r1"


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A run of pytest that exits with 0, or would, and what `deploycheck run` makes of it."""

    source: str = FAILS
    conftest: str = ""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    exit_code: int = 11

    @property
    def says(self) -> str:
        """What the gate says of it, in the words of the page of all ways."""
        return f"`deploycheck run` exits with {self.exit_code}"


TRAPS = {
    "under `deploycheck run`: the check ends the process with 0": Leak(source=DIES),
    "under `deploycheck run`: a conftest ends the process with 0 at once": Leak(conftest="import os; os._exit(0)"),
    "under `deploycheck run`: a conftest ends the process with 0 in the end": Leak(
        conftest="import atexit, os; atexit.register(os._exit, 0)", exit_code=1
    ),
    "under `deploycheck run`: a conftest has the last word on the exit status": Leak(
        conftest="import pytest\n@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_cmdline_main(config):\n"
        "    yield\n    return 0",
        exit_code=1,
    ),
    "under `deploycheck run`: a conftest does all of pytest's work itself, and nothing": Leak(
        conftest="import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_cmdline_main(config): return 0"
    ),
    "under `deploycheck run`: the plugin is switched off": Leak(
        environment={"PYTEST_ADDOPTS": "-p no:deploycheck"}, exit_code=4
    ),
    "under `deploycheck run`: no plugin is loaded": Leak(
        environment={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, exit_code=4
    ),
    "under `deploycheck run`: checks are only collected": Leak(environment={"PYTEST_ADDOPTS": "--collect-only"}),
    "under `deploycheck run`: there is no check": Leak(source="def test_trap(): pass", arguments=("test_it.py",)),
}


def run(gate: Gate, leak: Leak) -> int:
    """The exit status of `deploycheck run` there."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + leak.source, "conftest.py": leak.conftest})
    with patch.dict(os.environ, leak.environment):
        return CliRunner().invoke(main, ["run", "--", RELEASE, "-p", "no:randomly", *leak.arguments]).exit_code


@pytest.mark.parametrize("told", TRAPS)
def test_the_word_of_a_process_is_not_enough(told: str, gate: Gate) -> None:
    """The journal decides, and where there is none nothing was decided."""
    assert run(gate, TRAPS[told]) == TRAPS[told].exit_code

    assert not LATER & set(gate.seen())


def test_control_of_the_command(gate: Gate) -> None:
    """An honest run is GO."""
    assert run(gate, Leak(source=PASSES)) == 0
    assert gate.seen() == ["later", "deployed"]


#: What ran, one source after the other, and what `deploycheck gate` then exits with.
PASTS = {
    "nothing ran": ((), 11),
    "the run died with 0": ((DIES,), 11),
    "the run was NO-GO": ((FAILS,), 1),
    "an older run was GO, the newest died with 0": ((PASSES, DIES), 11),
    "an older run was GO, the newest was NO-GO": ((PASSES, FAILS), 1),
    "an older run was NO-GO, the newest died with 0": ((FAILS, DIES), 1),
}


@pytest.mark.parametrize("past", PASTS)
@way(
    "a release is opened on what an earlier process said of itself (6 records)",
    says="`deploycheck gate` exits with 11 or 1",
)
def test_a_release_is_opened_by_the_record_alone(past: str, gate: Gate) -> None:
    """The newest run counts, a dead one as INCOMPLETE; a NO-GO stands until a whole run supersedes it."""
    sources, status = PASTS[past]
    for source in sources:
        gate.write({"test_it.py": HEAD + source})
        gate.run(process="_exit" in source)

    told = CliRunner().invoke(main, ["gate", "--release", "r1", str(gate.path / ".deploycheck")])

    assert told.exit_code == status, told.output


@way(
    "a release is opened on a newer run that knew nothing of the checklist",
    says="`deploycheck gate` exits with 1: NO-GO",
)
def test_a_run_without_the_checklist_does_not_count_beside_one(gate: Gate) -> None:
    """Another ini file, another folder: what such a run leaves out is still on the list."""
    gate.write(
        {
            "test_it.py": HEAD + '@pytest.mark.phase1\n@pytest.mark.check("phase1.one")\ndef test_one(): pass',
            "two/test_two.py": "import pytest\n@pytest.mark.check('phase2.two')\ndef test_two(): assert 0",
        },
        checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] one\n# Two <!-- deploycheck: phase=phase2 -->\n- [ ] two",
    )
    assert gate.run().ret == 1
    (gate.path / "two" / "test_two.py").unlink()
    assert gate.run("-c", os.devnull, "--rootdir=.", "test_it.py").ret == 0

    told = CliRunner().invoke(main, ["gate", "--release", "r1", str(gate.path / ".deploycheck")])

    assert told.exit_code == 1, told.output
