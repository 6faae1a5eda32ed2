"""GifLab: compress GIFs in several ways, measure what each way costs, choose.

The package itself imports nothing heavy: numpy, OpenCV and Pillow are loaded by the modules that use
them, so that ``giflab --help`` stays quick and ``giflab deps check`` works when one of them is broken.
"""

from importlib import metadata

#: The version of this source tree; `version` prefers what is installed.
__version__ = "0.4.0"


def version() -> str:
    """Return the installed distribution's version, or this source tree's when it isn't installed."""
    try:
        return metadata.version("giflab")
    except metadata.PackageNotFoundError:
        return __version__
