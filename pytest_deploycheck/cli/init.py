"""``deploycheck init``: make a Markdown document with task lists run."""

from __future__ import annotations

import codecs
import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from pytest_deploycheck.cli.common import CliError, example, told_plainly
from pytest_deploycheck.cli.configuring import KEY, Configuration, find_configuration
from pytest_deploycheck.markdown import decoded, read_bytes
from pytest_deploycheck.markdown.document import LINE_END
from pytest_deploycheck.markdown.propose import Proposal, propose
from pytest_deploycheck.record.files import write_bytes_atomically
from pytest_deploycheck.report.inert import inert, one_line

TEST_FILE = "test_checklist.py"
_EXAMPLE = '''"""Tests that automate lines of {checklist}; each carries its line's id, which `deploycheck plan` tells.

A line without a test waits for a person. Take the marks off this one to begin:
"""

# import pytest
#
#
# @pytest.mark.check("{id}")
# def test_first_line(target, evidence):
#     result = target.run("git", "status", "--short", timeout=10)
#     evidence.text("changes", result.stdout)
#     assert result.stdout == ""
'''


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """A file as it is and as it would be."""

    path: Path
    before: bytes
    after: bytes
    new: bool = False


@click.command(short_help="Make a Markdown document with task lists run.", epilog=example("init RELEASE.md --write"))
@click.argument("document", metavar="CHECKLIST.md", type=click.Path(path_type=Path))
@click.option("--level", type=click.IntRange(1, 6), help="The level of the headings that become phases.")
@click.option(
    "--phase",
    "phases",
    multiple=True,
    metavar="HEADING=MARKER",
    help="The marker of a phase, by its heading's text or a part of it; repeatable.",
)
@click.option("--write", is_flag=True, help="Write the changes instead of showing them.")
def init(*, document: Path, level: int | None, phases: tuple[str, ...], write: bool) -> None:
    """Propose phases for a document, and what else it needs to run: nothing is written without --write.

    The document gets a comment on each heading that becomes a phase, and a heading above task lines without one;
    pytest's settings get the document's name, and a test file shows how a line is automated. Nothing else changes. A
    second call changes nothing.
    """
    with told_plainly():
        if not document.is_file():
            raise CliError(f"{document}: there is no such file; name the Markdown document with the task lists")
        raw = read_bytes(document, shown_as=str(document))
        text = decoded(raw, shown_as=str(document))
        proposal = propose(text, shown_as=str(document), level=level, named=_named(phases))
        configuration = find_configuration(Path.cwd())
        checklist = _relative(document, configuration.folder)
        changes = [
            _document_change(document, raw, proposal),
            _settings_change(configuration, checklist),
            *_test_change(configuration, checklist, proposal),
        ]
        changes = [change for change in changes if change.before != change.after]
        if write:
            for change in changes:
                _write(change)
        else:
            for line in _diff(changes):
                click.echo(line)
        _tell(proposal, configuration, checklist, changes, written=write)


def _named(phases: Iterable[str]) -> dict[str, str]:
    named = {}
    for phase in phases:
        heading, equals, marker = phase.rpartition("=")
        if not equals or not heading.strip() or not marker.strip():
            raise CliError(f'--phase {phase!r}: write it as "Heading=marker"')
        named[heading.strip()] = marker.strip()
    return named


def _relative(document: Path, folder: Path) -> str:
    """The document's path in pytest's settings; the folder of the settings is where it starts."""
    there = Path(os.path.abspath(document))
    return (there.relative_to(folder) if there.is_relative_to(folder) else there).as_posix()


def _document_change(document: Path, raw: bytes, proposal: Proposal) -> _Change:
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    return _Change(path=document, before=raw, after=mark + proposal.text.encode())


def _settings_change(configuration: Configuration, checklist: str) -> _Change:
    path = configuration.path
    before = path.read_bytes() if path.is_file() else b""
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    after = mark + configuration.with_checklist(checklist).encode()
    return _Change(path=path, before=before, after=after, new=not path.is_file())


def _test_change(configuration: Configuration, checklist: str, proposal: Proposal) -> Iterator[_Change]:
    """A test file with an example, where no test file of that name is there and pytest would look for it."""
    folder = _test_folder(configuration)
    if not any((place / TEST_FILE).exists() for place in {folder, configuration.folder}):
        content = _EXAMPLE.format(checklist=checklist, id=proposal.first_id)
        yield _Change(path=folder / TEST_FILE, before=b"", after=content.encode(), new=True)


def _test_folder(configuration: Configuration) -> Path:
    said = configuration.values.get("testpaths", [])
    named = said.split() if isinstance(said, str) else [str(path) for path in said]
    folders = [configuration.folder / name for name in (*named, "tests")]
    return next((folder for folder in folders if folder.is_dir()), configuration.folder)


def _write(change: _Change) -> None:
    path = change.path.resolve()  # a link stays one
    mode = path.stat().st_mode & 0o7777 if path.exists() else None
    write_bytes_atomically(path, change.after)
    if mode is not None:
        path.chmod(mode)


def _diff(changes: Iterable[_Change]) -> Iterator[str]:
    for change in changes:
        before, after = (LINE_END.split(text.decode("utf-8-sig")) for text in (change.before, change.after))
        name = os.path.relpath(change.path)
        for line in difflib.unified_diff(
            [] if change.new else before,
            after[:-1] if change.new else after,
            "/dev/null" if change.new else name,
            name,
            lineterm="",
            n=1,
        ):
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            shown = inert(line)
            yield click.style(shown, fg=colour) if colour else shown


def _tell(
    proposal: Proposal,
    configuration: Configuration,
    checklist: str,
    changes: list[_Change],
    *,
    written: bool,
) -> None:
    if changes and not written:
        click.echo()
    for phase in proposal.phases:
        click.echo(f"{phase.marker}: {one_line(phase.title)} ({phase.tasks} line{'s' * (phase.tasks != 1)})")
    if proposal.heading:
        click.echo(f"one heading is new: {proposal.heading!r} at the top, because task lines stand under none")
    # What stands further down by now is told of by where it stands.
    now = proposal.again() if written and proposal.heading else proposal
    for place in now.running:
        click.echo(f"runs: the block at {place}, each time its phase is checked")
    for slip in now.loose:
        click.echo(f"no check: {inert(slip)}")
    _warn(proposal, configuration, checklist)
    if not changes:
        click.echo("nothing to change; `pytest` runs it")
    elif written:
        for change in changes:
            click.echo(f"written: {os.path.relpath(change.path)}")
        click.echo("next: `pytest` runs it; every line waits for a person until a test automates it")
    else:
        click.echo("nothing is written yet; say --write to do it, --level or --phase to divide it otherwise")


def _warn(proposal: Proposal, configuration: Configuration, checklist: str) -> None:
    name = os.path.relpath(configuration.path)
    other = configuration.values.get(KEY)
    if other is not None and Path(str(other)) != Path(checklist):
        click.echo(f"kept: {name} names another checklist, {other}; set {KEY} = {checklist} there to run this one")
    listed = configuration.values.get("deploycheck_phases")
    if listed is None:
        return
    lines = listed.splitlines() if isinstance(listed, str) else [str(line) for line in listed]
    known = {line.partition(":")[0].strip() for line in lines}
    for phase in proposal.phases:
        if phase.marker not in known:
            click.echo(f"missing: add `{phase.marker}: {phase.title}` to deploycheck_phases in {name}")
