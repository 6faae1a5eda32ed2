"""docs/formats.md says what the renderers do."""

import json
import re
from dataclasses import fields
from pathlib import Path

from builders import make_result, make_run

from pytest_deploycheck.core.changes import Changes
from pytest_deploycheck.core.model import Status
from pytest_deploycheck.report import RENDERERS

PAGE = Path(__file__).parents[2].joinpath("docs", "formats.md").read_text("utf-8")


def test_every_format_and_every_part_of_a_comparison_stands_there() -> None:
    assert set(re.findall(r"--format ([a-z]+)", PAGE)) == set(RENDERERS)
    assert {field.name for field in fields(Changes)} <= set(re.findall(r"`([a-z]+)\[\]`", PAGE))


def test_the_words_of_ctrf_are_those_of_the_table() -> None:
    table = {
        status.strip(): row[2].strip()
        for row in (line.strip("|").split("|") for line in PAGE.splitlines() if line.count("|") == 5)
        for status in row[0].split(",")
    }
    for status in Status:
        tests = json.loads(RENDERERS["ctrf"](make_run([make_result(status)])))["results"]["tests"]
        assert tests[0]["status"] == table[status], status
