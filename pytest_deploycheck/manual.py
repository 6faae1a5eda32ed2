"""The checklist's lines as pytest items: those that no test automates wait for a person's word."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.commands import LineItem, command_items
from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.model import Status
from pytest_deploycheck.outcomes import Pending

#: What a worker is told by this name: whether the run is plain.
PLAIN = "deploycheck plain"
_LARGEST_TEST_FILE = 2_000_000
_NO_TESTS_INSIDE = {"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"}


class ChecklistFile(pytest.File):
    """The Markdown checklist in the collection tree."""

    checklist: Checklist

    def collect(self) -> Iterator[LineItem]:
        """One item for each line, or for each target; those that a test carries are dropped once all are known."""
        for line in self.checklist.lines:
            if blocks := self.checklist.blocks.get(line.id):
                yield from command_items(self, line, blocks)
            else:
                yield ManualItem.from_parent(self, name=line.id, line=line)


class ManualItem(LineItem):
    """A line that a person judges."""

    def runtest(self) -> None:
        """End as the sign-offs have it; the gate has the last word on what they are worth."""
        ruling = self.config.stash[keys.gate_key].ruling(self.nodeid)
        if ruling.status is Status.FAIL:
            pytest.fail(ruling.reason, pytrace=False)
        if ruling.status is not Status.PASS:
            raise Pending(ruling.reason, _use_item_location=True)


def collect_file(file_path: Path, parent: pytest.Collector, checklist: Checklist) -> ChecklistFile | None:
    """The collector for `file_path` where it is the configured checklist."""
    if file_path != checklist_path(parent.config, checklist):
        return None
    collector = ChecklistFile.from_parent(parent, path=file_path)
    collector.checklist = checklist
    return collector


def checklist_path(config: pytest.Config, checklist: Checklist) -> Path:
    """The absolute path of the configured checklist."""
    # As pytest writes the paths of what it collects.
    return Path(os.path.abspath(config.rootpath / checklist.path))


def items_of(session: pytest.Session, checklist: Checklist) -> list[LineItem]:
    """The items of all lines, for a run that did not come to the checklist itself."""
    collector = collect_file(checklist_path(session.config, checklist), session, checklist)
    assert collector is not None  # it was asked for by its own path
    return list(collector.collect())


def is_plain(config: pytest.Config) -> bool:
    """Whether pytest was called in the root folder without saying where to look: then the checklist is due."""
    if workerinput := getattr(config, "workerinput", None):
        return bool(workerinput.get(PLAIN))
    source = config.args_source
    in_root = source is config.ArgsSource.INVOCATION_DIR and config.invocation_params.dir == config.rootpath
    return in_root or source is config.ArgsSource.TESTPATHS


def add_lines(session: pytest.Session, items: list[pytest.Item], checklist: Checklist) -> bool:
    """Add the items of a checklist that is due, or named, and that pytest did not come to; whether that was so.

    pytest passes over hidden folders, also where it is told to look at something in them and at what is above them,
    and a conftest may ignore it. Only an option leaves it out.
    """
    config = session.config
    path = checklist_path(config, checklist)
    named = (Path(os.path.abspath(config.invocation_params.dir / str(arg))) for arg in config.args)
    is_due = is_plain(config) or path in named
    if not is_due or _is_ignored(path, config) or any(isinstance(item, LineItem) for item in items):
        return False
    items.extend(items_of(session, checklist))
    return True


def _is_ignored(path: Path, config: pytest.Config) -> bool:
    """Whether an option says so."""
    here = config.invocation_params.dir
    ignored = {Path(os.path.abspath(here / name)) for name in config.getoption("ignore", None) or ()}
    globs = [str(here / glob) for glob in config.getoption("ignore_glob", None) or ()]
    places = (path, *path.parents)
    return any(place in ignored or any(fnmatch(str(place), glob) for glob in globs) for place in places)


def automated_elsewhere(
    config: pytest.Config, wanted: Collection[str], *, besides: Collection[Path] = ()
) -> dict[str, str]:
    """Lines that some test file names: id -> ``file:line``; the files in `besides` are passed over.

    No hook sees a file that ``--ignore``, a node id or its own name kept out of the collection, so the source of
    every Python file under the test paths is searched for ``check("<id>"``.
    """
    found: dict[str, str] = {}
    if not wanted:
        return found
    # Other keywords may stand before the id, with brackets in them.
    pattern = re.compile(r"""\bcheck\((?:\s*|(?:[^()]|\([^()]*\))*?\bid\s*=\s*)["']([^"'\s]+)["']""")
    for path in python_files(config):
        if path in besides:
            continue
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for match in pattern.finditer(text):
            if match[1] in wanted and not _is_commented_out(text, match.start()):
                line = text.count("\n", 0, match.start()) + 1
                found.setdefault(match[1], f"{os.path.relpath(path, config.rootpath)}:{line}")
    return found


def _is_commented_out(text: str, place: int) -> bool:
    """Whether the line at `place` is a comment as a whole: an example, or a test that is no more."""
    return text[text.rfind("\n", 0, place) + 1 : place].lstrip().startswith("#")


def python_files(config: pytest.Config) -> Iterator[Path]:
    """The Python files under the test paths, virtual environments and hidden folders left out."""
    # Test paths that were given for this run alone say where it looks, and not where the tests are.
    is_own = not any(given.startswith("testpaths") for given in config.option.override_ini or ())
    roots = [config.rootpath / path for path in config.getini("testpaths") if is_own] or [config.rootpath]
    for root in roots:
        for folder, subfolders, files in os.walk(root):
            subfolders[:] = sorted(
                name
                for name in subfolders
                if not name.startswith(".") and name not in _NO_TESTS_INSIDE and not _is_venv(folder, name)
            )
            for name in sorted(files):
                path = Path(folder, name)
                if name.endswith(".py") and path.stat().st_size <= _LARGEST_TEST_FILE:
                    yield path


def _is_venv(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
