"""``python -m giflab``: the command line without an installed script."""

import sys


def run() -> None:
    """Start the command line; say in one line what to do when click itself is missing."""
    try:
        from giflab.cli import main
    except ModuleNotFoundError as error:
        sys.exit(f"Error: the command line needs the package '{error.name}': pip install {error.name}")
    main(prog_name="giflab")


if __name__ == "__main__":
    run()
