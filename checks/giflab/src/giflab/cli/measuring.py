"""`run` and `metrics`."""

import json
from pathlib import Path

import click

from .output import PATH, directory_argument, existing_directory

_UNITS = {"psnr": "dB", "render_ms": "ms"}


@click.command()
@click.argument("original", type=PATH)
@click.argument("compressed", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def metrics(original: Path, compressed: Path, as_json: bool) -> None:
    """Measure the GIF COMPRESSED against ORIGINAL: similarity, motion, size."""
    from ..metrics import calculate_comprehensive_metrics

    measured = calculate_comprehensive_metrics(original, compressed)
    if as_json:
        click.echo(json.dumps(measured, indent=2, allow_nan=False))
        return
    for name, value in measured.items():
        click.echo(f"{name:<28} {value:>12.4f} {_UNITS.get(name, '')}".rstrip())


@click.command()
@directory_argument
@click.option(
    "--output",
    type=PATH,
    default=Path("giflab-results"),
    show_default=True,
    help="Folder for results.csv, failures.json and the compressed files.",
)
@click.option("--pipeline", "names", multiple=True, help="Only this pipeline; repeatable.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that measure."
)
def run(directory: Path, output: Path, names: tuple[str, ...], workers: int) -> None:
    """Compress every GIF below DIR through each pipeline, measure the results and write a table.

    Exits with 1 when nothing could be measured; single failures are kept for view-failures.
    """
    existing_directory(directory)
    from ..experiment import run_experiment
    from ..pipelines import pipelines_named

    summary = run_experiment(directory, output, pipelines_named(names), workers=workers)
    for alert in summary.alerts:
        click.echo(alert, err=True)
    click.echo(f"{len(summary.rows)} results, {len(summary.failures)} failures in {output}")
    if not summary.rows:
        raise click.ClickException(f"nothing could be measured; see 'giflab view-failures {output}'")
