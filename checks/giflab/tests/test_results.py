"""The results table: reading, checking, choosing."""

import json

import pytest

from giflab.errors import ResultsError
from giflab.results import (
    COLUMNS,
    RANGES,
    choose_pipelines,
    find_problems,
    read_failures,
    read_rows,
    write_rows,
)


def row(**changes):
    values = {name: "0.5" for name in RANGES}
    values |= {
        "gif": "a.gif",
        "pipeline": "colors-16",
        "size_class": "small",
        "original_bytes": "1000",
        "compressed_bytes": "500",
        "render": "renders/a.gif",
        "compression_ratio": "2.0",
    }
    return values | changes


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "results.csv"
    rows = [row(), row(gif='with "quotes", commas.gif'), row(gif="umlaut-ä.gif")]
    write_rows(path, rows)
    assert read_rows(path) == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks"),
        (b"a,b\n1,2\n", "lacks gif"),
        ((",".join(COLUMNS) + "\n").encode(), "no rows"),
        (b"\xff\xfe\x00", "UTF-8"),
        ((",".join(COLUMNS) + "\n" + "x," * 40 + "\n").encode(), "line 2 has more cells"),
    ],
)
def test_what_is_no_results_table_is_refused(content, message, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=message):
        read_rows(path)


def test_a_plausible_table_has_no_problems():
    assert find_problems([row(), row(pipeline="half-size")]) == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"ssim": "1.7"}, "ssim is 1.7, outside -1 to 1"),
        ({"psnr": "-3"}, "psnr is -3"),
        ({"gmsd": "nan"}, "gmsd is 'nan', not a number"),
        ({"mse": "lots"}, "mse is 'lots', not a number"),
        ({"mse": ""}, "mse is '', not a number"),
        ({"gif": ""}, "gif is empty"),
        ({"compressed_bytes": "0"}, "compressed_bytes is 0, outside 1 to inf"),
        ({"compressed_bytes": "250"}, "the sizes give 4"),
    ],
)
def test_each_implausible_cell_is_named(changes, finding):
    (problem,) = find_problems([row(**changes)])
    assert problem.startswith("line 2: ")
    assert finding in problem


def test_a_pair_twice_is_named_with_both_lines():
    (problem,) = find_problems([row(), row(gif="b.gif"), row()])
    assert problem == "line 4: a.gif with colors-16 is already in line 2"


def test_rounding_in_the_file_is_no_problem():
    assert find_problems([row(ssim="1.0000001", compression_ratio="2.0003")]) == []


def choice_rows():
    return [
        row(pipeline="gentle", composite_quality="0.95", compression_ratio="1.1"),
        row(pipeline="harsh", composite_quality="0.70", compression_ratio="4.0"),
        row(pipeline="grown", composite_quality="0.90", compression_ratio="0.5"),
        row(pipeline="gentle", composite_quality="0.90", compression_ratio="2.0", size_class="large"),
    ]


@pytest.mark.parametrize(("by", "small"), [("quality", "gentle"), ("efficiency", "harsh")])
def test_the_best_of_each_size_is_chosen(by, small):
    choices = {choice.size_class: choice for choice in choose_pipelines(choice_rows(), by)}
    assert choices["small"].pipeline == small
    assert (choices["large"].pipeline, choices["large"].rows) == ("gentle", 1)


def test_efficiency_by_hand():
    (choice,) = choose_pipelines(
        [
            row(composite_quality="0.8", compression_ratio="4"),
            row(gif="b", composite_quality="0.6", compression_ratio="0.5"),
        ]
    )
    assert choice.score == pytest.approx((0.8 * 0.75 + 0.0) / 2)
    assert choice.quality == pytest.approx(0.7)


def test_a_tie_goes_to_the_smaller_file():
    rows = [row(pipeline="a", compression_ratio="2"), row(pipeline="b", compression_ratio="3")]
    assert choose_pipelines(rows, "quality")[0].pipeline == "b"


def test_choosing_needs_numbers():
    with pytest.raises(ResultsError, match="composite_quality"):
        choose_pipelines([row(composite_quality="good")])


@pytest.mark.parametrize("content", ["", "{", "{}x", "[1]", '[{"gif": "a"}]', "3"])
def test_what_is_no_failures_file_is_refused(content, tmp_path):
    (tmp_path / "failures.json").write_text(content)
    with pytest.raises(ResultsError, match="not a failures file"):
        read_failures(tmp_path)


def test_failures_are_read(tmp_path):
    entry = {"gif": "a.gif", "pipeline": "*", "error": "damaged", "at": "2025-01-11T10:00:00+00:00"}
    (tmp_path / "failures.json").write_text(json.dumps([entry]))
    assert read_failures(tmp_path) == [entry]
