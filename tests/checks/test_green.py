"""On the sample as it is, phases 1 to 4 are GO, each of them alone too, and nothing is left behind in its folder."""

from pathlib import Path

import pytest
from looking import Sample


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content, except what Python itself caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_phases_1_to_4_are_go_and_leave_nothing_behind(sample: Sample) -> None:
    before = listing(sample.folder)
    seen = sample.look("phase1 or phase2 or phase3 or phase4")
    assert seen.exit_code == 0, seen.printed
    for marker, checks in (("phase1", 4), ("phase2", 6), ("phase3", 5), ("phase4", 7)):
        assert (seen.phase(marker)["verdict"], seen.phase(marker)["counts"]["PASS"]) == ("GO", checks)
    assert listing(sample.folder) == before
    without_remedy = [
        check["id"] for check in seen.document["checks"] if check["status"] == "PASS" and not check["remediation"]
    ]
    assert without_remedy == []


@pytest.mark.parametrize("marker", ["phase2", "phase3"])
def test_a_phase_alone_is_go_and_says_what_it_did_not_look_at(sample: Sample, marker: str) -> None:
    seen = sample.look(marker)
    assert seen.exit_code == 0, seen.printed
    assert seen.phase(marker)["verdict"] == "GO"
    assert "not looked at and not on record: preflight, phase1" in seen.printed
    assert seen.document["verdict"] == "INCOMPLETE"
