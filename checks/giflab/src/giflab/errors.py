"""Everything GifLab raises on purpose, so that the command line can tell a user's mistake from a bug."""


class GifLabError(Exception):
    """A problem with the input or the settings; its text is one line meant for the user."""


class GifReadError(GifLabError):
    """A file that isn't a GIF, is damaged, or is too large to hold in memory."""


class ConfigError(GifLabError):
    """A setting in `giflab.config` that makes no sense."""


class ResultsError(GifLabError):
    """A results table or failures file that can't be used."""


class MissingDependencyError(GifLabError, ImportError):
    """A package that is needed here can't be imported."""


def one_line(text: object) -> str:
    """Return a text, or that of an error, on one line."""
    return " ".join(str(text).split())


def describe(error: BaseException) -> str:
    """Return an error with its kind, on one line."""
    return one_line(f"{type(error).__name__}: {error}")
