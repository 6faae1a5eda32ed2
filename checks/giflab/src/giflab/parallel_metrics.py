"""Metrics of many pairs at once."""

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from .config import MetricsConfig
from .metrics import calculate_comprehensive_metrics

Pair = tuple[str | Path, str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResult:
    """What came of one pair: `metrics` when it worked, else `error`, one line."""

    original: Path
    compressed: Path
    metrics: dict[str, float] | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the pair was measured."""
        return self.metrics is not None


def _describe(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _measure(original: Path, compressed: Path, config: MetricsConfig) -> PairResult:
    try:
        metrics = calculate_comprehensive_metrics(original, compressed, config)
    except Exception as error:  # noqa: BLE001 - one bad pair must not cost the others
        return PairResult(original=original, compressed=compressed, error=_describe(error))
    return PairResult(original=original, compressed=compressed, metrics=metrics)


def _executor(kind: Literal["process", "thread"], workers: int) -> Executor:
    if kind == "thread":
        return ThreadPoolExecutor(workers)
    # Forking a process that has threads (OpenCV starts some) can deadlock; a spawned one starts clean.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def calculate_metrics_parallel(
    pairs: Iterable[Pair],
    *,
    workers: int = 1,
    config: MetricsConfig | None = None,
    kind: Literal["process", "thread"] = "process",
) -> list[PairResult]:
    """Measure every (original, compressed) pair; the results are in the order of `pairs`.

    A pair that fails, and one whose worker process dies, has its error in its result. One worker, or one
    pair, needs no pool and uses none. Raises ValueError for `workers` below 1, ConfigError for settings
    without sense.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}, needs to be at least 1")
    config = config or MetricsConfig.from_settings()
    todo = [(Path(original), Path(compressed)) for original, compressed in pairs]
    if min(workers, len(todo)) <= 1:
        return [_measure(original, compressed, config) for original, compressed in todo]
    with _executor(kind, min(workers, len(todo))) as pool:
        futures = [pool.submit(_measure, original, compressed, config) for original, compressed in todo]
        return [_collect(future, *pair) for future, pair in zip(futures, todo, strict=True)]


def _collect(future: Future[PairResult], original: Path, compressed: Path) -> PairResult:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - the worker died, or its answer was lost
        return PairResult(original=original, compressed=compressed, error=_describe(error))
