"""What checks get: the target, a place for evidence, and the baseline of an earlier check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import os
    import subprocess

    from pytest_deploycheck.core.model import Evidence, Measurement
    from pytest_deploycheck.core.tables import Row
    from pytest_deploycheck.observer import Observer
    from pytest_deploycheck.session import GateSession
    from pytest_deploycheck.target import CommandResult, Target
    from pytest_deploycheck.worker import Worker

evidence_key = pytest.StashKey["EvidenceLog"]()


class EvidenceLog:
    """Collects what a check saw. A broken limit fails the check by itself.

    What is too long for the record stands beside it; see docs/evidence.md.
    """

    def __init__(self) -> None:
        self.measurements: list[Measurement] = []
        self.items: list[Evidence] = []
        self._left_out = 0
        #: Of all the items, in characters or bytes.
        self._size = 0

    def measure(
        self,
        name: str,
        value: float,
        unit: str = "",
        *,
        min: float | None = None,
        max: float | None = None,
        samples: Iterable[float] = (),
    ) -> Measurement:
        """Record a number with its inclusive limits, and the samples it was taken from, in their order.

        Raises ``AssertionError`` when the value breaks a limit, or when it or a sample is not a number.
        """
        __tracebackhide__ = True
        from pytest_deploycheck.core.evidence import thinned
        from pytest_deploycheck.core.model import Measurement

        taken = thinned(map(float, samples)) if samples else ()
        measured = Measurement(name=str(name), value=float(value), unit=unit, min=min, max=max, samples=taken)
        self.measurements.append(measured)
        if not measured.within:
            # Raised, not asserted: pytest would append its own account of the expression to the reason.
            raise AssertionError(f"{measured} {measured.fault}")
        return measured

    def command(self, result: CommandResult | subprocess.CompletedProcess[Any]) -> None:
        """Record a command with its output and its exit status.

        Give what ``target.run`` returned, which records itself and is not recorded twice, or a finished
        ``subprocess.run``.
        """
        from pytest_deploycheck.target import evidence_of

        item = evidence_of(result)
        if item not in self.items:
            self.add(item)

    def text(self, name: str, text: object) -> None:
        """Record a text; bytes are read as UTF-8."""
        said = bytes(text).decode("utf-8", "replace") if isinstance(text, bytes | bytearray) else str(text)
        self._add("text", name, said)

    def table(self, name: str | Iterable[Row], rows: Iterable[Row] | None = None) -> None:
        """Record rows of values as aligned text: ``table(rows)``, or ``table(name, rows)``.

        A row is a mapping, whose keys are the columns, or a list of values.
        """
        from pytest_deploycheck.core.tables import aligned

        if rows is None:
            if isinstance(name, str):
                raise TypeError(f"evidence.table({name!r}) has no rows")
            name, rows = "table", name
        self._add("table", str(name), aligned(rows))

    def file(self, path: str | os.PathLike[str]) -> None:
        """Keep a copy of a file beside the record, as it is now.

        One of more than 64 MiB is told of with its digest, and not copied. Raises ``FileNotFoundError`` where there is
        none, ``ValueError`` for a folder and for what is no ordinary file.
        """
        __tracebackhide__ = True
        from pytest_deploycheck.record.attaching import attach

        self._keep(attach(path))

    def add(self, item: Evidence) -> None:
        """Record a ready piece of evidence: what the target does for each call."""
        self._add(item.kind, item.name, item.text)

    def pieces(self) -> list[Evidence]:
        """What was recorded, within bounds."""
        from pytest_deploycheck.core.evidence import MOST_OF_A_CHECK, MOST_PIECES, size_in_words
        from pytest_deploycheck.core.model import Evidence

        if not self._left_out:
            return list(self.items)
        said = (
            f"{self._left_out:,} more pieces of evidence were recorded; of one check, {MOST_PIECES:,} are kept, and "
            f"{size_in_words(MOST_OF_A_CHECK)} in all"
        )
        return [*self.items, Evidence(kind="text", name="left out", text=said)]

    def _add(self, kind: str, name: str, text: str) -> None:
        from pytest_deploycheck.core.evidence import cut_text
        from pytest_deploycheck.core.model import Evidence

        self._keep(Evidence(kind=kind, name=cut_text(name, 2000), text=cut_text(text)))

    def _keep(self, item: Evidence) -> None:
        from pytest_deploycheck.core.evidence import MOST_OF_A_CHECK, MOST_PIECES, Attachment

        size = len(item.text) + (len(item.data) if isinstance(item, Attachment) else 0)
        if len(self.items) < MOST_PIECES and self._size + size <= MOST_OF_A_CHECK:
            self.items.append(item)
            self._size += size
        else:
            self._left_out += 1


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
    """Where a check says what it saw: ``measure``, ``command``, ``text``, ``file``, ``table``."""
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
