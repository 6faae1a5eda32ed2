"""A result goes from a worker to the controller in bounded messages, and arrives whole."""

import json

import pytest
from builders import make_check, make_result

from pytest_deploycheck.core.evidence import Attachment
from pytest_deploycheck.core.model import CheckResult, Evidence
from pytest_deploycheck.core.redact import redactor
from pytest_deploycheck.shipping import CHUNK, Parcels, messages

CHECK = make_check("phase1.a")
CHECKS = {CHECK.key: CHECK}


def sent(result: CheckResult) -> CheckResult:
    """Through JSON, as between processes."""
    parcels = Parcels()
    for kind, data in messages(result, redactor({"hunter2": "T"})):
        text = json.dumps(data)
        assert len(text) < 2 * CHUNK
        if kind == "ended":
            return parcels.complete("gw0", json.loads(text), CHECKS)
        parcels.add("gw0", json.loads(text))
    pytest.fail("the result was never sent")


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_evidence_of_any_length_arrives_whole(size: int) -> None:
    evidence = (
        Evidence(kind="text", name="long", text="x" * size),
        Evidence(kind="text", name="short", text="y"),
        Attachment(kind="file", name="f.bin", text="a file", data=b"\x00\xff" * (size // 2)),
    )
    result = make_result(check=CHECK, evidence=evidence)
    assert sent(result) == result


def test_what_is_sent_holds_no_secret() -> None:
    text = "x" * (CHUNK - 3) + "hunter2" + "y" * CHUNK
    result = make_result(check=CHECK, evidence=(Evidence(kind="text", name="hunter2", text=text),))
    [item] = sent(result).evidence
    assert item.name == "[redacted:T]"
    assert item.text == text.replace("hunter2", "[redacted:T]")


def test_what_a_dead_worker_began_to_say_is_forgotten() -> None:
    parcels = Parcels()
    parcels.add("gw0", {"place": 0, "text": "half"})
    parcels.add("gw1", {"place": 0, "text": "other"})
    parcels.forget("gw0")
    data = next(data for kind, data in messages(make_result(check=CHECK), str) if kind == "ended")
    assert parcels.complete("gw0", data, CHECKS).evidence == ()
