"""`select-pipelines`, `tag`, `validate` and `view-failures`: all that reads what `run` wrote."""

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from ..errors import GifLabError
from ..results import COLUMNS, choose_pipelines, find_problems, read_failures, read_rows, write_rows
from .output import existing_directory, print_table

_MAX_PROBLEMS_SHOWN = 50


@click.command("select-pipelines", short_help="Choose the best pipeline for each size.")
@click.argument("table", metavar="CSV", type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice(["efficiency", "quality"]),
    default="efficiency",
    show_default=True,
    help="quality: composite quality; efficiency: that times the share of bytes saved.",
)
def select_pipelines(table: Path, by: Literal["efficiency", "quality"]) -> None:
    """Name the best pipeline for small, medium and large GIFs from the results table CSV."""
    columns = ("gif", "pipeline", "size_class", "composite_quality", "compression_ratio")
    choices = choose_pipelines(read_rows(table, columns), by)
    rows = [
        (
            c.size_class,
            c.pipeline,
            f"{c.score:.4f}",
            f"{c.composite_quality:.4f}",
            f"{c.compression_ratio:.2f}",
            str(c.rows),
        )
        for c in choices
    ]
    print_table(f"Best by {by}", ("size", "pipeline", "score", "quality", "ratio", "GIFs"), rows)


@click.command(short_help="Add content features to a results table.")
@click.argument("table", metavar="CSV", type=click.Path(path_type=Path))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="Default: beside CSV, with -tagged in its name."
)
def tag(table: Path, directory: Path, output: Path | None) -> None:
    """Write a copy of the results table CSV with features of each original GIF, looked up in DIR."""
    existing_directory(directory)
    rows = read_rows(table, ("gif",))
    from ..features import content_features

    features: dict[str, dict[str, str]] = {}
    for name in sorted({row["gif"] for row in rows}):
        values = asdict(content_features(directory / name))
        features[name] = {feature: f"{value:.6f}" for feature, value in values.items()}
    tagged = [{**row, **features[row["gif"]]} for row in rows]
    target = output or table.with_name(f"{table.stem}-tagged.csv")
    write_rows(target, tagged, list(tagged[0]))
    click.echo(f"{len(features)} GIFs tagged in {target}")


@click.command(short_help="Check a results table for implausible rows.")
@click.argument("table", metavar="CSV", type=click.Path(path_type=Path))
def validate(table: Path) -> None:
    """Check that every row of the results table CSV is complete and plausible; exits with 1 if not."""
    rows = read_rows(table, COLUMNS)
    problems = find_problems(rows)
    for problem in problems[:_MAX_PROBLEMS_SHOWN]:
        click.echo(problem)
    if problems:
        raise GifLabError(f"{table}: {len(problems)} problems in {len(rows)} rows")
    click.echo(f"{len(rows)} rows, no problem")


@click.command("view-failures", short_help="Show what went wrong in a run.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
def view_failures(directory: Path) -> None:
    """Show the failures of the run whose output folder is DIR."""
    failures = read_failures(existing_directory(directory))
    if not failures:
        click.echo("No failures recorded.")
        return
    columns = ("gif", "pipeline", "error", "at")
    print_table(f"{len(failures)} failures", columns, [[entry[key] for key in columns] for entry in failures])
