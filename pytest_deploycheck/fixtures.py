"""What checks get: the target, a place for evidence, and the baseline of an earlier check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_deploycheck.core.model import Evidence, Measurement
    from pytest_deploycheck.observer import Observer
    from pytest_deploycheck.session import GateSession
    from pytest_deploycheck.target import Target
    from pytest_deploycheck.worker import Worker

#: Characters; evidence beyond this is cut in the middle.
EVIDENCE_LIMIT = 20_000

evidence_key = pytest.StashKey["EvidenceLog"]()


class EvidenceLog:
    """Collects what a check saw. A broken limit fails the check by itself."""

    def __init__(self) -> None:
        self.measurements: list[Measurement] = []
        self.items: list[Evidence] = []

    def measure(
        self, name: str, value: float, unit: str = "", *, min: float | None = None, max: float | None = None
    ) -> Measurement:
        """Record a number with its inclusive limits.

        Raises ``AssertionError`` when the value breaks a limit or is not a number.
        """
        __tracebackhide__ = True
        from pytest_deploycheck.core.model import Measurement

        measured = Measurement(name=name, value=float(value), unit=unit, min=min, max=max)
        self.measurements.append(measured)
        if not measured.within:
            # Raised, not asserted: pytest would append its own account of the expression to the reason.
            raise AssertionError(f"{measured} breaks its limit")
        return measured

    def text(self, name: str, text: str) -> None:
        """Record a text."""
        self._add("text", name, text)

    def table(self, name: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Record rows of values as aligned text; the first row's keys are the columns."""
        listed = list(rows)
        columns = list(listed[0]) if listed else []
        cells = [columns, *([str(row.get(column, "")) for column in columns] for row in listed)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
        lines = (
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )
        self._add("table", name, "\n".join(lines))

    def add(self, item: Evidence) -> None:
        """Record a ready piece of evidence: what the target does for each call."""
        self._add(item.kind, item.name, item.text)

    def _add(self, kind: str, name: str, text: str) -> None:
        from pytest_deploycheck.core.model import Evidence

        self.items.append(Evidence(kind=kind, name=name, text=cut(text)))


def cut(text: str) -> str:
    """The text within the evidence limit; what was cut is said."""
    if len(text) <= EVIDENCE_LIMIT:
        return text
    half = EVIDENCE_LIMIT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters cut ...]\n{text[-half:]}"


def log_of(item: pytest.Item) -> EvidenceLog:
    """The evidence log of an item, made at its first use."""
    return item.stash.setdefault(evidence_key, EvidenceLog())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With several targets, every check that uses one runs on each."""
    if "target" not in metafunc.fixturenames:
        return
    from pytest_deploycheck.core.errors import SettingsError
    from pytest_deploycheck.plan import target_id
    from pytest_deploycheck.settings import settings_of

    try:
        specs = settings_of(metafunc.config).targets
    except SettingsError:
        return  # the gate tells of it; here it would read as a file that cannot be collected
    if len(specs) > 1:
        ids = [target_id(specs, spec) for spec in specs]
        metafunc.parametrize("target", specs, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The installation under check; its interpreter stays warm for the session."""
    from pytest_deploycheck.keys import OBSERVER
    from pytest_deploycheck.settings import settings_of
    from pytest_deploycheck.target import open_target

    settings = settings_of(request.config)
    if len(settings.targets) > 1 and not hasattr(request, "param"):
        raise ValueError("with several targets a check takes `target` as an argument, so that it runs on each")
    spec = getattr(request, "param", None) or next(iter(settings.targets), "popen")
    observer: Observer | None = request.config.pluginmanager.get_plugin(OBSERVER)
    with open_target(spec, base=settings.root, observe=observer.note_evidence if observer else None) as opened:
        yield opened


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> EvidenceLog:
    """Where a check says what it saw: ``measure``, ``text``, ``table``."""
    return log_of(request.node)


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Callable[[str, str], Measurement]:
    """``baseline(check_id, name)``: the measurement an earlier check of this release recorded.

    With several targets it is that of the target on which the check itself runs. Ends the check as INCONCLUSIVE when
    neither this run nor the record has it.
    """
    from pytest_deploycheck.outcomes import inconclusive
    from pytest_deploycheck.plan import check_of

    gate = _gate(request.config)
    check = check_of(request.node)
    target = check.target if check is not None else ""

    def find(check_id: str, name: str) -> Measurement:
        __tracebackhide__ = True
        found = gate.baseline(check_id, name, target) if gate else None
        if found is None:
            phase = check_id.partition(".")[0]
            inconclusive(f"no baseline {name!r} of {check_id} is on record for this release; run: pytest -m {phase}")
        return found

    return find


def _gate(config: pytest.Config) -> GateSession | Worker | None:
    from pytest_deploycheck.keys import gate_key

    return config.stash.get(gate_key, None)
