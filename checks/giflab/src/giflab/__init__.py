"""GifLab: compress GIFs in several ways, measure what each way costs, choose.

The package itself imports nothing heavy: numpy, OpenCV and Pillow are loaded by the modules that use
them, so that ``giflab --help`` stays quick and ``giflab deps check`` works when one of them is broken.
"""

__version__ = "0.4.0"
