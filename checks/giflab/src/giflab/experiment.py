"""An experiment: every GIF of a folder through every pipeline, measured, failures kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .config import size_class
from .errors import GifLabError, one_line
from .frames import extract_gif_frames
from .monitoring import MemoryPressureLevel
from .monitoring.memory_integration import MemoryPressureIntegration
from .parallel_metrics import calculate_metrics_parallel
from .pipelines import Compress
from .results import FAILURES_FILE, RESULTS_FILE, write_rows


@dataclass(slots=True, kw_only=True)
class RunSummary:
    """What an experiment made: rows of the results table, failures, and the alerts about memory on the way.

    A failure has `gif`, `pipeline` (``*`` when none was tried), `error`, and `at`, UTC in ISO 8601.
    """

    rows: list[dict[str, object]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    def fail(self, gif: Path, pipeline: str, error: object) -> None:
        """Note that something went wrong, now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        failure = {"gif": gif.as_posix(), "pipeline": pipeline, "error": one_line(error), "at": now}
        self.failures.append(failure)


def find_gifs(directory: Path, *, outside: Path) -> list[Path]:
    """Return the GIFs anywhere below `directory` in order of name, without those below `outside`."""
    found = (path for path in directory.rglob("*") if path.suffix.lower() == ".gif" and path.is_file())
    barred = outside.resolve()
    return sorted(path for path in found if barred not in path.resolve().parents)


def run_experiment(
    directory: Path,
    output: Path,
    pipelines: Mapping[str, Compress],
    *,
    workers: int = 1,
    pressure: MemoryPressureIntegration | None = None,
) -> RunSummary:
    """Compress and measure every GIF below `directory`; write results, failures and the compressed files.

    Memory is looked at before each GIF, and at EMERGENCY that GIF is left out as a failure. Raises
    GifLabError when there is no GIF, OSError when `output` can't be written.
    """
    gifs = find_gifs(directory, outside=output)
    if not gifs:
        raise GifLabError(f"{directory}: no GIF in it")
    pressure = pressure or MemoryPressureIntegration()
    output.mkdir(parents=True, exist_ok=True)
    summary = RunSummary()
    for gif in gifs:
        name = gif.relative_to(directory)
        alert = pressure.check()
        if alert is not None:
            summary.alerts.append(alert.message)
        if pressure.level is MemoryPressureLevel.EMERGENCY:
            summary.fail(name, "*", "left out: memory is almost full")
            continue
        try:
            extract_gif_frames(gif, max_frames=1)  # damaged: one failure, not one for each pipeline
        except GifLabError as error:
            summary.fail(name, "*", error)
            continue
        made = _compress(gif, name, output, pipelines, summary)
        _measure(gif, name, output, made, workers, summary)
    write_rows(output / RESULTS_FILE, summary.rows)
    (output / FAILURES_FILE).write_text(json.dumps(summary.failures, indent=2) + "\n", encoding="utf-8")
    return summary


def _compress(
    gif: Path, name: Path, output: Path, pipelines: Mapping[str, Compress], summary: RunSummary
) -> dict[str, Path]:
    """Put a GIF through the pipelines; return the files made by the name of the pipeline."""
    made = {}
    for pipeline, compress in pipelines.items():
        target = output / "renders" / name.parent / f"{gif.stem}--{pipeline}.gif"
        try:
            compress(gif, target)
        except (GifLabError, OSError, ValueError) as error:
            summary.fail(name, pipeline, error)
        else:
            made[pipeline] = target
    return made


def _measure(
    gif: Path, name: Path, output: Path, made: Mapping[str, Path], workers: int, summary: RunSummary
) -> None:
    results = calculate_metrics_parallel([(gif, target) for target in made.values()], workers=workers)
    size = gif.stat().st_size
    for (pipeline, target), result in zip(made.items(), results, strict=True):
        if result.metrics is None:
            summary.fail(name, pipeline, result.error)
            continue
        row = {
            "gif": name.as_posix(),
            "pipeline": pipeline,
            "size_class": size_class(size),
            "original_bytes": size,
            "compressed_bytes": target.stat().st_size,
            "render": target.relative_to(output).as_posix(),
        }
        summary.rows.append(row | {metric: f"{value:.6f}" for metric, value in result.metrics.items()})
