"""The application's log files: what they say since the deployment, what they said before.

Which files: ``$GIFLAB_LOGS`` on the target (patterns, joined as in PATH), else ``logs/*.log*`` in its folder. From when
on: ``$GIFLAB_DEPLOYED_AT`` (ISO 8601) where it is set and later than the hours asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_deploycheck import inconclusive

if TYPE_CHECKING:
    from pytest_deploycheck.fixtures import EvidenceLog
    from pytest_deploycheck.target import Target

#: Words; a message of fewer explains nothing.
LEAST_WORDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """One kind of error: how often since the deployment and before, in how many different hours, an example.

    `is_critical` is one that GifLab did not handle: the level says so, or a traceback was written.
    """

    kind: str
    since: int
    before: int
    hours: int
    is_critical: bool
    is_import: bool
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Logs:
    """What the log files hold: lines since the deployment (or the hours asked for) and before it, and the errors."""

    files: tuple[str, ...]
    lines_since: int
    lines_before: int
    troubles: tuple[Trouble, ...]

    @property
    def recent(self) -> list[Trouble]:
        """The kinds of error that were logged since the deployment."""
        return [trouble for trouble in self.troubles if trouble.since]

    @property
    def errors_since(self) -> int:
        """How many errors were logged since the deployment."""
        return sum(trouble.since for trouble in self.troubles)

    @property
    def errors_before(self) -> int:
        """How many errors were logged before it."""
        return sum(trouble.before for trouble in self.troubles)


def read_logs(target: Target, evidence: EvidenceLog, *, hours: float) -> Logs:
    """The target's logs of the last `hours`; ends the check as INCONCLUSIVE where there is nothing to read.

    Silence proves nothing: no file, or no line since the deployment, is no evidence that all is well.
    """
    __tracebackhide__ = True
    place = target.call(find_logs, hours)
    where, since = place["patterns"], place["since_text"]
    if not place["files"]:
        inconclusive(
            f"no log file matches {where}; set GIFLAB_LOGS on the target to where GifLab's log files are, "
            "as in --deploycheck-target '...//env:GIFLAB_LOGS=/var/log/giflab/*.log'"
        )
    found = target.call(scan_logs, place["files"], place["since"], timeout=300)
    evidence.measure("log lines", found["lines"]["since"], "lines")
    if not found["lines"]["since"]:
        inconclusive(
            f"the log files {where} have no line since {since} (the newest is of {found['newest']}); "
            "run GifLab with its log switched on, then check again"
        )
    troubles = tuple(Trouble(**trouble) for trouble in found["troubles"])
    evidence.measure("errors in the logs", sum(trouble.since for trouble in troubles), "lines")
    evidence.table(
        f"errors since {since}",
        [{"count": trouble.since, "before": trouble.before, "example": trouble.example} for trouble in troubles],
    )
    return Logs(
        files=tuple(place["files"]),
        lines_since=found["lines"]["since"],
        lines_before=found["lines"]["before"],
        troubles=troubles,
    )


def explains(trouble: Trouble) -> bool:
    """Whether a logged error says in three words or more what is wrong, besides its level and who says it."""
    message = re.split(r"\b(?:error|critical|fatal)\b", trouble.example, maxsplit=1, flags=re.IGNORECASE)[-1]
    return len(re.findall(r"[^\W\d_]{2,}", message)) >= LEAST_WORDS


def told(troubles: list[Trouble]) -> str:
    """Some troubles in one line, the most frequent first."""
    worst = sorted(troubles, key=lambda trouble: trouble.since, reverse=True)[:3]
    more = f"; and {len(troubles) - 3} more kinds" if len(troubles) > 3 else ""
    return "; ".join(f"{trouble.since} x {trouble.example}" for trouble in worst) + more


def find_logs(hours: float) -> dict[str, Any]:
    """On the target: the log files, the patterns they match, and the moment from which on their lines count."""
    import glob
    import os
    import re
    import time
    from datetime import datetime

    patterns = os.environ.get("GIFLAB_LOGS") or os.path.join(os.getcwd(), "logs", "*.log*")
    since = time.time() - hours * 3600
    deployed = os.environ.get("GIFLAB_DEPLOYED_AT", "")
    if deployed:
        try:
            since = max(since, datetime.fromisoformat(re.sub("Z$", "+00:00", deployed)).timestamp())
        except ValueError as error:
            raise ValueError(f"GIFLAB_DEPLOYED_AT is {deployed!r}; write it as in 2026-01-31T18:00:00Z") from error
    files = sorted({path for pattern in patterns.split(os.pathsep) for path in glob.glob(pattern)})
    said = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(since))
    return {"patterns": patterns, "files": files, "since": since, "since_text": said}


def scan_logs(files: list[str], since: float) -> dict[str, Any]:
    """On the target: count lines and errors by kind, from the moment `since` (a timestamp) on and before it.

    An error is a line whose level is ERROR or above, or the last line of a traceback. A line without a time of its
    own has that of the line above it, at the top of a file that of the file.
    """
    import gzip
    import os
    import re
    import time
    from datetime import datetime

    levels = {"DEBUG": 0, "INFO": 0, "NOTICE": 0, "WARN": 0, "WARNING": 0, "ERROR": 1, "CRITICAL": 2, "FATAL": 2}
    words = "|".join(levels)
    level = re.compile(rf"\b({words})\b|(?i:(?:\blevel(?:name)?\"?\s*[:=]\s*\"?|\[\s*)({words})\b)")
    raised = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)(?::|$)")
    imports = re.compile(r"ModuleNotFoundError|ImportError|No module named|cannot import name|DLL load failed")
    stamp = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
    details = re.compile(r"0x[0-9a-fA-F]+|(?:/[\w.-]+)+|\d+")

    def moment(text: str, default: float) -> float:
        found = stamp.search(text)
        if not found:
            return default
        zone = (found[3] or "").replace("Z", "+00:00")
        try:
            return datetime.fromisoformat(
                f"{found[1]}T{found[2]}{zone[:3]}{':' if zone else ''}{zone[-2:]}"
            ).timestamp()
        except ValueError:  # digits that only look like a time
            return default

    lines, newest = {"since": 0, "before": 0}, 0.0
    kinds: dict[str, dict[str, Any]] = {}
    for path in files:
        at = os.path.getmtime(path)
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8", errors="replace") as log:
            for line in log:
                at = moment(line, at)
                newest = max(newest, at)
                when = "since" if at >= since else "before"
                lines[when] += 1
                said = level.search(line)
                rank = 2 if raised.match(line) else levels[(said[1] or said[2]).upper()] if said else 0
                if not rank:
                    continue
                text = stamp.sub("", line).strip(" -|[]\r\n")[:300]
                kind = kinds.setdefault(details.sub("*", text)[:160], {"since": 0, "before": 0, "hours": set()})
                kind[when] += 1
                kind.update(example=text, is_critical=rank > 1, is_import=bool(imports.search(line)))
                kind["hours"].update({int(at // 3600)} if when == "since" else ())
    troubles = [{**seen, "kind": kind, "hours": len(seen["hours"])} for kind, seen in kinds.items()]
    worst = sorted(troubles, key=lambda trouble: -trouble["since"])[:300]
    at_last = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(newest)) if newest else "never"
    return {"newest": at_last, "lines": lines, "troubles": worst}
