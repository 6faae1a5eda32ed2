"""`select-pipelines`, `tag`, `validate` and `view-failures`: all that reads what `run` wrote."""

from pathlib import Path
from typing import Literal

import click

from ..errors import GifLabError
from ..results import choose_pipelines, find_problems, read_failures, read_rows, write_rows
from .output import PATH, directory_argument, existing_directory, print_table, table_argument


@click.command()
@table_argument
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
    rows = [
        (c.size_class, c.pipeline, f"{c.score:.4f}", f"{c.quality:.4f}", f"{c.ratio:.2f}", str(c.rows))
        for c in choose_pipelines(read_rows(table, columns), by)
    ]
    print_table(f"Best by {by}", ("size", "pipeline", "score", "quality", "ratio", "GIFs"), rows)


@click.command()
@table_argument
@directory_argument
@click.option("--output", type=PATH, help="Default: beside CSV, with -tagged in its name.")
def tag(table: Path, directory: Path, output: Path | None) -> None:
    """Write a copy of the results table CSV with features of each original GIF, looked up in DIR."""
    existing_directory(directory)
    rows = read_rows(table, ("gif",))
    from ..features import content_features

    features: dict[str, dict[str, str]] = {}
    for name in sorted({row["gif"] for row in rows}):
        measured = content_features(directory / name)
        features[name] = {feature: f"{value:.6f}" for feature, value in measured.items()}
    tagged = [{**row, **features[row["gif"]]} for row in rows]
    target = output or table.with_name(f"{table.stem}-tagged.csv")
    write_rows(target, tagged, list(tagged[0]))
    click.echo(f"{len(features)} GIFs tagged in {target}")


@click.command()
@table_argument
def validate(table: Path) -> None:
    """Check that every row of the results table CSV is complete and plausible; exits with 1 if not."""
    rows = read_rows(table)
    problems = find_problems(rows)
    for problem in problems:
        click.echo(problem)
    if problems:
        raise GifLabError(f"{table}: {len(problems)} problems in {len(rows)} rows")
    click.echo(f"{len(rows)} rows, no problem")


@click.command()
@directory_argument
def view_failures(directory: Path) -> None:
    """Show the failures of the run whose output folder is DIR."""
    failures = read_failures(existing_directory(directory))
    if not failures:
        click.echo("No failures recorded.")
        return
    columns = ("gif", "pipeline", "error", "at")
    print_table(f"{len(failures)} failures", columns, [[entry[key] for key in columns] for entry in failures])
