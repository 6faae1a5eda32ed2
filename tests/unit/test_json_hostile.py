"""No text and no number gets the JSON document or the journal out of shape."""

import json
from pathlib import Path

import jsonschema
import pytest
from builders import make_check, make_events, make_result
from hostile import HOSTILE, any_text, hostile_runs
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import Evidence, Measurement, Run
from pytest_deploycheck.core.redact import redactor
from pytest_deploycheck.record.journal import Journal, read_events
from pytest_deploycheck.record.store import read_run
from pytest_deploycheck.report import json as document

numbers = st.floats() | st.just(10.0**308)
SECRETS = {"s3cr3t-value": "TOKEN", "<script>": "ODD_TOKEN", "GO\n": "NASTY_KEY"}


@given(hostile_runs())
def test_the_document_keeps_its_schema_and_every_text(run: Run) -> None:
    # What is empty here is refused before it becomes a run.
    assume(run.run_id and run.release and all(section.title for section in run.sections))
    text = document.render(run)
    assert text.isascii()
    assert "\x00" not in text
    data = json.loads(text)
    jsonschema.validate(data, document.run_schema())
    assert [row["title"] for row in data["checks"]] == [result.check.title for result in run.checks]


@given(
    texts=st.lists(any_text | st.sampled_from([f"{word}s3cr3t-value" for word in HOSTILE]), min_size=4, max_size=4),
    value=numbers,
    samples=st.lists(numbers, max_size=3),
)
def test_a_journal_of_hostile_texts_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], value: float, samples: list[float]
) -> None:
    title, name, text, reason = texts
    result = make_result(
        "FAIL",
        make_check("phase1.a", title=title),
        reason=reason,
        measurements=(Measurement(name=name, value=value, unit=text, samples=tuple(samples)),),
        evidence=(Evidence(kind="text", name=name, text=text),),
    )
    path = tmp_path_factory.mktemp("record") / "v1.0" / "20260102T120000.000000Z-abc123.jsonl"
    journal = Journal(path, redactor(SECRETS))
    stored = [journal.append(event) for event in make_events([result])]
    journal.close()

    raw = path.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == len(stored)
    assert b"s3cr3t-value" not in raw
    assert list(read_events(path)) == [json.loads(json.dumps(event)) for event in stored]
    [found] = read_run(path).checks
    assert "s3cr3t-value" not in repr(found)
    assert len(found.measurements[0].samples) == len(samples)
    jsonschema.validate(json.loads(document.render(read_run(Path(path)))), document.run_schema())
