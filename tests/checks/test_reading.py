"""How the later checks read log files and lists of installed packages."""

import gzip
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.probes.logs import Trouble, explains, find_logs, scan_logs, told
from checks.test_deploy import read_freeze

SINCE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp()


def scan(tmp_path: Path, *lines: str) -> dict[str, dict[str, object]]:
    """The troubles in a log of these lines, by their example."""
    path = tmp_path / "a.log"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return {trouble["example"]: trouble for trouble in scan_logs([str(path)], SINCE)["troubles"]}


@pytest.mark.parametrize(
    ("line", "critical", "failed_import"),
    [
        ("2026-03-01T13:00:00Z - giflab - ERROR - cannot read a.gif", False, False),
        ("2026-03-01 13:00:00,123+00:00 CRITICAL no memory is left", True, False),
        ("2026-03-01T14:00:00+0100 level=fatal msg=stopped", True, False),
        ("2026-03-01 13:00:00 [error    ] the palette is lost", False, False),
        ('{"time": "2026-03-01T13:00:00Z", "level": "error", "msg": "cannot import name x"}', False, True),
        ("ModuleNotFoundError: No module named 'rich'", True, True),
        ("giflab.errors.GifReadError: a.gif: not a GIF", True, False),
        ("MemoryError", True, False),
    ],
)
def test_what_is_an_error(tmp_path: Path, line: str, *, critical: bool, failed_import: bool) -> None:
    """A level of ERROR or above is one, however it is written, and so is the last line of a traceback."""
    (trouble,) = scan(tmp_path, line).values()
    assert (trouble["since"], trouble["before"]) == (1, 0)
    assert (trouble["is_critical"], trouble["is_import"]) == (critical, failed_import)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01T13:00:00Z - giflab - INFO - retried after ERROR 3 times",
        "2026-03-01T13:00:00Z - giflab - WARNING - No module named 'matplotlib', plots are off",
        "2026-03-01T13:00:00Z - giflab - INFO - 0 errors, ERROR_RATE=0",
        "processed Error.gif",
    ],
)
def test_what_is_none(tmp_path: Path, line: str) -> None:
    """The first level of a line is its level; a word like one further on changes nothing."""
    assert scan(tmp_path, line) == {}


def test_lines_without_a_time_belong_to_the_line_above(tmp_path: Path) -> None:
    """An old traceback in a file that is still written to is old; what only looks like a time is none."""
    found = scan(
        tmp_path,
        "2026-02-01T00:00:00Z - giflab - ERROR - old",
        "ValueError: 2026-99-99 99:99:99 is no time",
        "2026-03-02T00:00:00Z - giflab - ERROR - new",
        "KeyError: 'x'",
    )
    assert {example: (trouble["since"], trouble["before"]) for example, trouble in found.items()} == {
        "giflab - ERROR - old": (0, 1),
        "ValueError:  is no time": (0, 1),
        "giflab - ERROR - new": (1, 0),
        "KeyError: 'x'": (1, 0),
    }


def test_kinds_hours_and_packed_files(tmp_path: Path) -> None:
    """Errors that differ in numbers and paths are one kind; its hours are counted; rotated files are read, too."""
    path = tmp_path / "a.log.1.gz"
    with gzip.open(path, "wt") as log:
        for hour in (13, 13, 15):
            log.write(f"2026-03-01T{hour}:00:00Z ERROR frame {hour} of /data/{hour}.gif\n")
        log.write("2026-03-01T16:00:00Z INFO done\n")
    found = scan_logs([str(path)], SINCE)
    (trouble,) = found["troubles"]
    assert (trouble["since"], trouble["hours"]) == (3, 2)
    assert found["lines"] == {"since": 4, "before": 0}
    assert told([Trouble(**trouble)]) == "3 x ERROR frame 15 of /data/15.gif"


def test_where_logs_are_and_since_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two settings of the target say so; one that cannot be understood is an error, not a guess."""
    for name in ("a.log", "b.log", "c.txt"):
        (tmp_path / name).touch()
    monkeypatch.setenv("GIFLAB_LOGS", os.pathsep.join([f"{tmp_path}/a.*", f"{tmp_path}/*.txt"]))
    monkeypatch.setenv("GIFLAB_DEPLOYED_AT", "2020-01-01T00:00:00Z")
    found = find_logs(24)
    assert [Path(path).name for path in found["files"]] == ["a.log", "c.txt"]
    assert found["since"] == pytest.approx(time.time() - 86400, abs=60)
    monkeypatch.setenv("GIFLAB_DEPLOYED_AT", "2999-01-01T00:00:00Z")
    assert find_logs(24)["since"] == datetime(2999, 1, 1, tzinfo=UTC).timestamp()
    monkeypatch.setenv("GIFLAB_DEPLOYED_AT", "yesterday")
    with pytest.raises(ValueError, match="'yesterday'; write it as in 2026-01-31T18:00:00Z"):
        find_logs(24)


@pytest.mark.parametrize(
    ("example", "good"),
    [
        ("giflab - ERROR - boom", False),
        ("giflab - ERROR - cannot load the palette", True),
        ("KeyError: 'x'", False),
        ("ERROR - an error in frame 7 of x.gif is fatal", True),
    ],
)
def test_what_explains(example: str, *, good: bool) -> None:
    """Level and logger are no explanation."""
    one = Trouble(kind="", since=1, before=0, hours=1, is_critical=False, is_import=False, example=example)
    assert explains(one) is good


def test_a_list_of_packages_is_read() -> None:
    """Pins, addresses and editable packages, with a name in a comment or in the address."""
    text = (
        "# Editable install with no version control (giflab==0.4.0)\n-e /opt/giflab\n"
        "-e git+https://example.org/one.git@abc#egg=one_two\nNumPy==2.4.6\nthree @ file:///wheels/three.whl\n"
    )
    assert read_freeze(text) == {"giflab": "", "one-two": "", "numpy": "2.4.6", "three": ""}


@pytest.mark.parametrize("line", ["numpy", "numpy>=2", "no package at all", "-e /opt/unnamed"])
def test_a_list_that_nothing_can_be_installed_from(line: str) -> None:
    """A line that does not say exactly what was installed makes the list worthless."""
    with pytest.raises(AssertionError, match="the line"):
        read_freeze(line)
