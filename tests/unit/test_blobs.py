"""Evidence beside the record: written once, without secrets, and found out when it is changed."""

import hashlib
from pathlib import Path

import pytest
from builders import make_check, make_result, make_run

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.evidence import Attachment, blob_name
from pytest_deploycheck.core.model import Evidence
from pytest_deploycheck.core.redact import redactor
from pytest_deploycheck.record.blobs import MISSING, Blobs, with_missing_evidence

LIMIT = 2048
REDACT = redactor({"hunter2": "T"})


def stored(folder: Path, item: Evidence) -> Evidence:
    [found] = Blobs(folder, REDACT, LIMIT).store(make_result(evidence=(item,))).evidence
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def long_text(text: str = "hunter2 and the end") -> Evidence:
    return Evidence(kind="text", name="log", text="x" * 5000 + text)


def test_what_is_short_stays_in_the_record(tmp_path: Path) -> None:
    for text in ("", "x" * LIMIT, "ü" * (LIMIT // 2)):
        assert stored(tmp_path, Evidence(kind="text", name="log", text=text)).text == text
    assert names(tmp_path) == []


def test_a_secret_is_out_before_anything_is_cut_or_written(tmp_path: Path) -> None:
    whole = b"x" * 5000 + b"[redacted:T] and the end"
    item = stored(tmp_path, long_text())
    assert item.sha256 == hashlib.sha256(whole).hexdigest()
    assert item.text.endswith("[redacted:T] and the end")
    assert (tmp_path / "evidence" / blob_name(item)).read_bytes() == whole


def test_the_same_content_is_written_once_and_mended_where_it_was_changed(tmp_path: Path) -> None:
    item = stored(tmp_path, long_text())
    path = tmp_path / "evidence" / blob_name(item)
    before = path.stat().st_ino
    stored(tmp_path, long_text())
    assert path.stat().st_ino == before
    path.write_bytes(b"forged")
    stored(tmp_path, long_text())
    assert path.read_bytes().endswith(b"the end")


def test_what_utf_8_cannot_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    item = stored(tmp_path, long_text("\ud800\x00"))
    assert (tmp_path / "evidence" / blob_name(item)).read_bytes().endswith(b"x\\ud800\x00")
    assert item.text.endswith("\\ud800\x00")


@pytest.mark.parametrize(
    ("data", "kept", "said"),
    [
        (b"plain", b"plain", "5 bytes"),
        (b"it is hunter2", b"it is [redacted:T]", "5 bytes; its secrets were taken out"),
        (b"\xff\x00", b"\xff\x00", "5 bytes"),
        (
            b"\xff hunter2",
            None,
            "5 bytes; not copied: it holds a secret, and is no text from which that could be taken",
        ),
    ],
)
def test_a_file_is_copied_without_its_secrets(tmp_path: Path, data: bytes, kept: bytes | None, said: str) -> None:
    item = stored(tmp_path, Attachment(kind="file", name="a.log", text="5 bytes", data=data))
    assert type(item) is Evidence
    assert item.text == said
    assert (item.sha256, item.size) == ((hashlib.sha256(kept).hexdigest(), len(kept)) if kept else ("", 0))
    assert [path.read_bytes() for path in tmp_path.rglob("*.log")] == ([kept] if kept else [])


def test_a_folder_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file")
    with pytest.raises(RecordError, match="cannot be written"):
        stored(tmp_path, long_text())


# -- reading -----------------------------------------------------------------------------------------------------------


def test_what_is_there_and_as_it_was_is_not_spoken_of(tmp_path: Path) -> None:
    run = make_run([make_result(evidence=(stored(tmp_path, long_text()),))])
    assert with_missing_evidence(run, [tmp_path]) is run


def test_what_is_missing_is_noted_once_and_the_verdict_stays(tmp_path: Path) -> None:
    item = stored(tmp_path, long_text())
    run = make_run([make_result(check=make_check(id), evidence=(item, item)) for id in ("phase1.a", "phase1.b")])
    found = with_missing_evidence(run, [tmp_path / "elsewhere"])
    assert found.notes == (*run.notes, f"{MISSING}evidence/{blob_name(item)}, 4.9 KiB of phase1.a")
    assert found.verdict is run.verdict
    assert with_missing_evidence(run, [tmp_path / "elsewhere", tmp_path]) is run


def test_what_was_changed_does_not_verify(tmp_path: Path) -> None:
    item = stored(tmp_path, long_text())
    path = tmp_path / "evidence" / blob_name(item)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RecordError, match=r"this evidence of phase1\.a was changed.*; put the file back") as caught:
        with_missing_evidence(make_run([make_result(evidence=(item,))]), [tmp_path])
    assert caught.value.line is not None
