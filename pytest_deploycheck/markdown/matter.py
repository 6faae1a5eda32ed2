"""What stands above a document and is none of it: YAML between dashes, TOML between plus signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_deploycheck.markdown.comments import speaks_to_us
from pytest_deploycheck.markdown.slips import TASK

#: How it begins, how it may end, and how its first line looks.
_KINDS = (
    ("---", ("---", "..."), re.compile(r"[\w\"'][^:]*:(?:\s|$)")),
    ("+++", ("+++",), re.compile(r"\[|[\w\"'.-]+[ \t]*=")),
)
_BLANKS = " \t"


def matter_lines(lines: Sequence[str]) -> int:
    """How many lines front matter takes at the top; none for a break, a list, or words and another break."""
    for begin, ends, first_line in _KINDS:
        if lines[0].rstrip(_BLANKS) == begin:
            end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip(_BLANKS) in ends), 0)
            matter = [line for line in lines[1:end] if line.strip() and not line.lstrip().startswith("#")]
            known = bool(matter) and first_line.match(matter[0]) is not None
            # What we would read is never taken for a setting: nobody would see that it is missing.
            return end + 1 if known and not any(TASK.match(line) or speaks_to_us(line) for line in lines[:end]) else 0
    return 0
