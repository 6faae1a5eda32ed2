"""Target specifications: what execnet understands, checked before anything is started."""

from pathlib import Path

import pytest

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.target.spec import read_spec


def parts(spec: str) -> set[str]:
    return set(spec.split("//"))


def test_a_relative_folder_starts_at_the_base(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    assert read_spec("popen//chdir=app", base=tmp_path) == f"popen//chdir={tmp_path / 'app'}"
    assert read_spec("popen//chdir=app/../app/.", base=tmp_path) == f"popen//chdir={tmp_path / 'app'}"


def test_without_a_folder_it_is_the_base(tmp_path: Path) -> None:
    assert read_spec("popen", base=tmp_path) == f"popen//chdir={tmp_path}"


def test_an_absolute_folder_stays(tmp_path: Path) -> None:
    assert read_spec(f"popen//chdir={tmp_path}", base=Path("/nowhere")) == f"popen//chdir={tmp_path}"


def test_everything_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    spec = "popen//python=/opt/app/bin/python//chdir=app//env:PYTHONPATH=src//env:MODE=a=b"
    assert parts(read_spec(spec, base=tmp_path)) == {
        "popen",
        "python=/opt/app/bin/python",
        f"chdir={tmp_path / 'app'}",
        "env:PYTHONPATH=src",
        "env:MODE=a=b",
    }


@pytest.mark.parametrize(
    "spec",
    ["ssh=host//chdir=/opt/app", "popen//python=docker exec -i app python//chdir=/app", "ssh=u@host//python=python3.8"],
)
def test_a_folder_elsewhere_is_not_looked_for_here(spec: str) -> None:
    assert read_spec(spec, base=Path("/nowhere")) == spec


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("x")
    with pytest.raises(SettingsError, match="names a folder that is not there"):
        read_spec("popen//chdir=app", base=tmp_path)
