"""The results table that `run` writes and the other commands read: checking it, choosing from it.

A row is a dict of strings as it stands in the CSV file.
"""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Literal

from .errors import ResultsError

RESULTS_FILE = "results.csv"
FAILURES_FILE = "failures.json"

#: Plausible range of each number in a row, both ends included.
RANGES: Mapping[str, tuple[float, float]] = {
    "original_bytes": (1.0, math.inf),
    "compressed_bytes": (1.0, math.inf),
    "mse": (0.0, 65025.0),
    "psnr": (0.0, 100.0),
    "ssim": (-1.0, 1.0),
    "ms_ssim": (0.0, 1.0),
    "gmsd": (0.0, 1.0),
    "edge_similarity": (0.0, 1.0),
    "color_histogram_correlation": (-1.0, 1.0),
    "temporal_consistency": (0.0, 1.0),
    "compression_ratio": (1e-6, 1e6),
    "composite_quality": (0.0, 1.0),
    "render_ms": (0.0, math.inf),
}
COLUMNS = ("gif", "pipeline", "size_class", "render", *RANGES)

#: Rounding of metrics in the file may push a value over its range by this much.
_TOLERANCE = 1e-6

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best pipeline of a size class: means over its `rows` GIFs; `score` is what it was chosen by."""

    size_class: str
    pipeline: str
    score: float
    quality: float
    ratio: float
    rows: int


def write_rows(path: Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str] = COLUMNS) -> None:
    """Write `rows` as CSV with a header; raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path: Path, required: Sequence[str] = COLUMNS) -> list[Row]:
    """Read a results table; raises OSError, ResultsError when it is empty or lacks a required column."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="")
            rows, header = list(reader), reader.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(f"{path}: not a CSV file in UTF-8 ({error})") from error
    missing = [column for column in required if column not in header]
    if missing:
        raise ResultsError(f"{path}: not a results table, it lacks {', '.join(missing)}")
    if not rows:
        raise ResultsError(f"{path}: the table has no rows")
    for line, row in enumerate(rows, start=2):
        if None in row:  # under which the reader puts them
            raise ResultsError(f"{path}: line {line} has more cells than the header")
    return rows


def number(row: Row, column: str) -> float:
    """Return a cell as a finite number; raises ResultsError that names the cell."""
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ResultsError(f"{column} is {row[column]!r}, not a number")
    return value


def find_problems(rows: Sequence[Row]) -> list[str]:
    """Return what is implausible, one line per finding with the line number in the file; empty if nothing."""
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in enumerate(rows, start=2):
        problems += [f"line {line}: {finding}" for finding in _row_problems(row)]
        first = seen.setdefault((row["gif"], row["pipeline"]), line)
        if first != line:
            problems.append(f"line {line}: {row['gif']} with {row['pipeline']} is already in line {first}")
    return problems


def _row_problems(row: Row) -> list[str]:
    problems = [f"{column} is empty" for column in ("gif", "pipeline") if not row[column]]
    for column, (low, high) in RANGES.items():
        try:
            value = number(row, column)
        except ResultsError as error:
            problems.append(str(error))
            continue
        if not low - _TOLERANCE <= value <= high + _TOLERANCE:
            problems.append(f"{column} is {value:g}, outside {low:g} to {high:g}")
    if problems:
        return problems
    said, sizes = (
        number(row, "compression_ratio"),
        number(row, "original_bytes") / number(row, "compressed_bytes"),
    )
    if not math.isclose(said, sizes, rel_tol=1e-3):
        problems.append(f"compression_ratio is {said:g}, the sizes give {sizes:g}")
    return problems


def choose_pipelines(
    rows: Sequence[Row], by: Literal["efficiency", "quality"] = "efficiency"
) -> list[Choice]:
    """Choose the best pipeline of each size class, classes in order of name.

    The score is mean composite quality, or for `efficiency` the mean of composite quality times the share
    of bytes saved (a file that grew saves 0). Ties go to the higher ratio, then to the name. Raises
    ResultsError for a cell that isn't a number.
    """
    groups: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        pair = (number(row, "composite_quality"), number(row, "compression_ratio"))
        groups[row["size_class"], row["pipeline"]].append(pair)
    choices = [_summarise(*group, pairs, by) for group, pairs in sorted(groups.items())]
    return [
        max(rivals, key=lambda choice: (choice.score, choice.ratio))
        for _, rivals in groupby(choices, key=lambda choice: choice.size_class)
    ]


def _summarise(size_class: str, pipeline: str, pairs: Sequence[tuple[float, float]], by: str) -> Choice:
    quality = fmean(quality for quality, _ in pairs)
    saved = fmean(quality * (1 - 1 / ratio) if ratio > 1 else 0.0 for quality, ratio in pairs)
    return Choice(
        size_class=size_class,
        pipeline=pipeline,
        score=quality if by == "quality" else saved,
        quality=quality,
        ratio=fmean(ratio for _, ratio in pairs),
        rows=len(pairs),
    )


def read_failures(directory: Path) -> list[dict[str, str]]:
    """Read the failures that `run` wrote below `directory`: dicts with gif, pipeline, error and at.

    Raises OSError, and ResultsError when the file isn't one of ours.
    """
    path = directory / FAILURES_FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [{key: str(entry[key]) for key in ("gif", "pipeline", "error", "at")} for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        raise ResultsError(f"{path}: not a failures file") from error
