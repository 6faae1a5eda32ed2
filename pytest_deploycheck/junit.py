"""Beside pytest's own JUnit XML: what its readers would otherwise take for success.

A reader of JUnit knows passed, failed, error and skipped, and shows skipped as no trouble. So a phase that is not GO
becomes one failing testcase, a check is never shown better than its status, and one without a report is not left out.
Everything comes from the run as it is recorded, by node id: it is the same whichever process ran the checks.
"""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

import pytest
from _pytest.junitxml import bin_xml_escape, mangle_test_address, xml_key

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import CheckResult, ExitCode, PhaseResult, Run, Status
from pytest_deploycheck.keys import GATE
from pytest_deploycheck.record.files import write_atomically
from pytest_deploycheck.report.faults import faults

#: The class of the testcases that stand for phases, and the first part of every property's name.
NAMESPACE = "deploycheck"
#: The attribute of a suite that counts an element.
_COUNTERS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
#: The element that says a status; none of them has passed.
_ELEMENTS = dict.fromkeys(Status, "skipped") | {Status.FAIL: "failure", Status.ERROR: "error"}


class _Gate(Protocol):
    @property
    def run(self) -> Run | None: ...


class Bridge:
    """Registered when ``--junitxml`` is given; silent where no gate is active or another process writes the file."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Before the first check."""
        self.begin()

    def begin(self) -> None:
        """Put an INCOMPLETE document in the place of an earlier run's, should this run die before its end.

        Nothing happens before the gate's run has begun. Raises ``pytest.UsageError`` when the file cannot be written:
        better now than after the last check.
        """
        xml, run = self._config.stash.get(xml_key, None), self._run
        if xml is None or run is None or not _is_ordinary(xml.logfile):
            return
        try:
            write_atomically(Path(xml.logfile), render(run))
        except RecordError as error:
            raise pytest.UsageError(f"deploycheck: --junitxml: {error}") from error

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        """Take pytest's document before it gets to its place, and put it there completed."""
        xml = self._config.stash.get(xml_key, None)
        if xml is None or self._run is None:
            return (yield)
        place = xml.logfile
        with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
            xml.logfile = os.path.join(folder, "junit.xml")
            try:
                result = yield
                _put(place, render(self._run, _read(xml.logfile), prefix=xml.prefix))
            finally:
                xml.logfile = place
        return result

    @property
    def _run(self) -> Run | None:
        gate = cast("_Gate | None", self._config.pluginmanager.get_plugin(GATE))
        return None if gate is None else gate.run


def _is_ordinary(path: str) -> bool:
    # /dev/stdout and pipes are written to, never replaced.
    return os.path.isfile(path) or not os.path.exists(path)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""  # pytest's plugin gave up: the run speaks for itself


def _put(path: str, text: str) -> None:
    try:
        if _is_ordinary(path):
            write_atomically(Path(path), text)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    except (RecordError, OSError) as error:
        pytest.exit(f"deploycheck: --junitxml: {error}", returncode=ExitCode.INTERNAL_ERROR)


def render(run: Run, written: str = "", *, prefix: str | None = None) -> str:
    """The JUnit XML of a run: `written`, pytest's own document, completed; made from the run alone without one.

    `prefix` is what stands before the class names of `written` (``--junitprefix``). Its own testcases stay as they
    are but for properties, and for the ends that pytest took for passed and the gate did not.
    """
    root = _parse(written)
    suite = root.find("testsuite")
    assert suite is not None  # _parse sees to it
    _describe(suite, _properties_of_run(run))
    known = _cases(suite)
    phases = {phase.phase.marker: phase for phase in run.phases}
    for result in run.checks:
        own = known.get(_address(result, prefix), [])
        phase = phases[result.check.phase]
        # A check of another phase than those asked for is nobody's business here, unless a report of it came in.
        if not own and phase.phase.selected:
            own = [_add_case(suite, *_address(result, prefix), result.duration_s)]
        for case in own:
            _describe(case, _properties_of_check(result, phase))
        if result.waived and own:
            _accept(suite, own, result)
            continue
        if _ELEMENTS[result.status] != "skipped":
            for case in own:
                _hush(suite, case, "skipped")
        if own and not _admits(own, result.status):
            _say(suite, own[-1], _ELEMENTS[result.status], kind=result.status, message=result.reason)
    for fault in faults(run):
        case = _add_case(suite, NAMESPACE, fault.name)
        _describe(case, {"phase": fault.name, "verdict": fault.verdict})
        message = f"{fault.verdict}: {fault.reason}"
        _say(suite, case, "failure", kind=fault.verdict, message=message, details=fault.details)
    return '<?xml version="1.0" encoding="utf-8"?>' + ET.tostring(root, encoding="unicode")


def _parse(written: str) -> ET.Element:
    try:
        root = ET.fromstring(written)  # noqa: S314  # pytest wrote it a moment ago
    except ET.ParseError:
        root = ET.Element("testsuites", name="pytest tests")
    if root.find("testsuite") is None:
        ET.SubElement(root, "testsuite", name="pytest", errors="0", failures="0", skipped="0", tests="0", time="0.000")
    return root


def _cases(suite: ET.Element) -> dict[tuple[str, str], list[ET.Element]]:
    """The testcases by class and name: more than one where a call and its teardown both failed."""
    found: dict[tuple[str, str], list[ET.Element]] = {}
    for case in suite.iter("testcase"):
        found.setdefault((case.get("classname", ""), case.get("name", "")), []).append(case)
    return found


def _address(result: CheckResult, prefix: str | None) -> tuple[str, str]:
    """Class and name of a check's testcase, as pytest makes them of a node id; of its own, where it has none."""
    check = result.check
    if not check.nodeid:
        return bin_xml_escape(f"{NAMESPACE}.{check.phase}"), bin_xml_escape(check.id)
    *parents, name = mangle_test_address(check.nodeid)
    return bin_xml_escape(".".join([prefix, *parents] if prefix else parents)), bin_xml_escape(name)


def _add_case(suite: ET.Element, classname: str, name: str, duration_s: float = 0.0) -> ET.Element:
    _count(suite, "tests")
    return ET.SubElement(suite, "testcase", classname=classname, name=name, time=f"{duration_s:.3f}")


def _describe(element: ET.Element, properties: Mapping[str, object]) -> None:
    """Add properties, which stand before everything else in a suite or a testcase."""
    node = element.find("properties")
    if node is None:
        node = ET.Element("properties")
        element.insert(0, node)
    for name, value in properties.items():
        ET.SubElement(node, "property", name=f"{NAMESPACE}.{name}", value=bin_xml_escape(value))


def _properties_of_run(run: Run) -> dict[str, object]:
    return {
        "release": run.release,
        "run_id": run.run_id,
        "verdict": run.verdict,
        "selected_verdict": run.selected_verdict,
        "exit_code": run.exit_code,
    }


def _properties_of_check(result: CheckResult, phase: PhaseResult) -> dict[str, object]:
    """Id, phase, status and the verdict of the phase; the rest where there is any."""
    check = result.check
    named = {"id": check.id, "phase": check.phase, "status": result.status, "verdict": phase.verdict}
    more = {"target": check.target, "flags": ", ".join(result.flags), "carried_from": result.carried_from}
    return {**named, **{name: value for name, value in more.items() if value}}


def _admits(cases: Sequence[ET.Element], status: Status) -> bool:
    """Whether the testcases of a check show it no better than its status."""
    tags = {child.tag for case in cases for child in case}
    if status is Status.PASS:
        return True
    # Whoever shows a skipped check as failed says more than enough; not the other way round.
    enough = _COUNTERS if _ELEMENTS[status] == "skipped" else ("failure", "error")
    return not tags.isdisjoint(enough)


def _accept(suite: ET.Element, cases: Sequence[ET.Element], result: CheckResult) -> None:
    """Show a waived check as skipped, with who accepted what: one that stayed red would be a NO-GO to every reader."""
    details = [node.text or "" for case in cases for tag in _COUNTERS for node in _hush(suite, case, tag)]
    waiver = result.waiver
    said = f"by {waiver.by} until {waiver.expires:%Y-%m-%d %H:%M %Z}: {waiver.reason}" if waiver else "accepted"
    message = f"WAIVED {said}; it is {result.status}: {result.reason}"
    _say(suite, cases[-1], "skipped", kind="WAIVED", message=message, details="\n".join(filter(None, details)))


def _hush(suite: ET.Element, case: ET.Element, tag: str) -> list[ET.Element]:
    """Take back what a testcase says: readers stop at a skip, and would not see that it failed."""
    found = case.findall(tag)
    for node in found:
        case.remove(node)
        _count(suite, _COUNTERS[tag], -1)
    return found


def _say(suite: ET.Element, case: ET.Element, tag: str, *, kind: str, message: str, details: str = "") -> None:
    """Give a testcase the element that readers understand."""
    node = ET.SubElement(case, tag, type=f"{NAMESPACE}.{kind}", message=bin_xml_escape(message))
    node.text = bin_xml_escape(details or message)
    _count(suite, _COUNTERS[tag])


def _count(suite: ET.Element, counter: str, step: int = 1) -> None:
    suite.set(counter, str(int(suite.get(counter, "0")) + step))
