"""An experiment: every GIF of a folder through every pipeline, measured, failures kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .config import size_class
from .errors import GifLabError
from .frames import extract_gif_frames
from .monitoring import MemoryPressureLevel
from .monitoring.memory_integration import MemoryPressureIntegration
from .parallel_metrics import PairResult, calculate_metrics_parallel
from .pipelines import Pipeline
from .results import FAILURES_FILE, RESULTS_FILE, write_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong with one GIF; `pipeline` is ``*`` when none was tried, `at` UTC in ISO 8601."""

    gif: str
    pipeline: str
    error: str
    at: str


@dataclass(slots=True, kw_only=True)
class RunSummary:
    """What an experiment made: result rows, failures, and the alerts about memory on the way."""

    output: Path
    rows: list[dict[str, object]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)


def find_gifs(directory: Path, *, outside: Path | None = None) -> list[Path]:
    """Return the GIFs anywhere below `directory` in order of name, without those below `outside`."""
    found = (path for path in directory.rglob("*") if path.suffix.lower() == ".gif" and path.is_file())
    barred = outside.resolve() if outside else None
    return sorted(path for path in found if barred is None or barred not in path.resolve().parents)


def run_experiment(
    directory: Path,
    output: Path,
    pipelines: Sequence[Pipeline],
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
    summary = RunSummary(output=output)
    for gif in gifs:
        alert = pressure.check()
        if alert is not None:
            summary.alerts.append(alert.message)
        if pressure.level is MemoryPressureLevel.EMERGENCY:
            _fail(summary, str(gif.relative_to(directory)), "*", "left out: memory is almost full")
            continue
        _process(gif, directory, pipelines, workers, summary)
    write_rows(output / RESULTS_FILE, summary.rows)
    failures = [asdict(failure) for failure in summary.failures]
    (output / FAILURES_FILE).write_text(json.dumps(failures, indent=2) + "\n", encoding="utf-8")
    return summary


def _process(
    gif: Path, directory: Path, pipelines: Sequence[Pipeline], workers: int, summary: RunSummary
) -> None:
    name = gif.relative_to(directory)
    try:
        extract_gif_frames(gif, max_frames=1)  # damaged: one failure, not one for each pipeline
    except GifLabError as error:
        _fail(summary, str(name), "*", str(error))
        return
    made: list[tuple[Pipeline, Path]] = []
    for pipeline in pipelines:
        target = summary.output / "renders" / name.parent / f"{gif.stem}--{pipeline.name}.gif"
        try:
            pipeline.compress(gif, target)
        except (GifLabError, OSError, ValueError) as error:
            _fail(summary, str(name), pipeline.name, str(error))
        else:
            made.append((pipeline, target))
    results = calculate_metrics_parallel([(gif, target) for _, target in made], workers=workers)
    for (pipeline, _), result in zip(made, results, strict=True):
        if result.metrics is None:
            _fail(summary, str(name), pipeline.name, result.error or "not measured")
        else:
            summary.rows.append(_row(name, pipeline, result, result.metrics, summary.output))


def _row(
    name: Path, pipeline: Pipeline, result: PairResult, metrics: dict[str, float], output: Path
) -> dict[str, object]:
    original_bytes = result.original.stat().st_size
    return {
        "gif": name.as_posix(),
        "pipeline": pipeline.name,
        "size_class": size_class(original_bytes),
        "original_bytes": original_bytes,
        "compressed_bytes": result.compressed.stat().st_size,
        "render": result.compressed.relative_to(output).as_posix(),
        **{metric: f"{value:.6f}" for metric, value in metrics.items()},
    }


def _fail(summary: RunSummary, gif: str, pipeline: str, error: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    summary.failures.append(Failure(gif=gif, pipeline=pipeline, error=" ".join(error.split()), at=now))
