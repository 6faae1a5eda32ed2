"""Whole files: a reader sees the old one or the new one, never half of one."""

import os
from pathlib import Path
from typing import cast

import pytest

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.record.files import is_device, write_atomically, write_bytes_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_as_utf_8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "report.html", "größe\n部署\r\n")
    assert (tmp_path / "a" / "b" / "report.html").read_bytes() == "größe\n部署\r\n".encode()
    assert names(tmp_path / "a" / "b") == ["report.html"]


def test_an_old_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("a much longer text than the new one")
    with open(path) as reader:
        write_atomically(path, "new")
        # Who had opened the old file still reads the old file.
        assert reader.read() == "a much longer text than the new one"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["report.html"]


def test_others_may_read_a_report(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "x")
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o644


def test_what_utf_8_cannot_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "a\udcffb")
    assert (tmp_path / "report.html").read_text("utf-8") == "a\\udcffb"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_bytes_atomically(path, cast("bytes", 5))
    assert path.read_text() == "old"
    assert names(tmp_path) == ["report.html"]


def test_a_place_that_cannot_hold_it_is_a_mistake_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "folder", tmp_path / "file" / "report.html", tmp_path / ("x" * 300)):
        with pytest.raises(RecordError, match=r"cannot be written .*; choose another place for it"):
            write_atomically(path, "text")
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/null")
    for path in (pipe, link):
        with pytest.raises(RecordError, match=r"cannot be written \(it is no file\); choose another place for it"):
            write_atomically(path, "text")
    assert (pipe.is_fifo(), link.is_symlink(), names(tmp_path)) == (True, True, ["link", "pipe"])


def test_devices_are_told_from_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    paths = (Path("/dev/null"), tmp_path / "pipe", tmp_path / "file", tmp_path, tmp_path / "nowhere")
    assert [is_device(path) for path in paths] == [True, True, False, False, False]
