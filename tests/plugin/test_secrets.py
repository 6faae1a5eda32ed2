"""Secrets are planted in every channel there is, and no file that a run leaves behind holds one of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from gating import HEAD, Gate

#: Channel -> the value planted there. The upper ones are values of the environment, the lower ones shapes alone.
KNOWN = {
    name: f"{name.lower().replace('_', '-')}-{number * 7919 + 104729:x}Zq"
    for number, name in enumerate(
        (
            *("PARAM_TOKEN", "ASSERT_TOKEN", "MESSAGE_TOKEN", "STDOUT_TOKEN", "STDERR_TOKEN", "LOG_TOKEN"),
            *("TEXT_TOKEN", "NAME_TOKEN", "TABLE_TOKEN", "COMMAND_TOKEN", "FILE_TOKEN", "MEASURE_TOKEN", "UNIT_TOKEN"),
            *("CALL_TOKEN", "RUN_TOKEN", "PROPERTY_TOKEN", "SKIP_TOKEN", "REASON_TOKEN", "FIXTURE_TOKEN"),
            *(
                "TITLE_TOKEN",
                "REMEDY_TOKEN",
                "OWNER_TOKEN",
                "BASE64_TOKEN",
                "QUOTED_TOKEN",
                "LONG_TOKEN",
                "WORKER_TOKEN",
            ),
            *("PHASE_TOKEN", "FRAME_TOKEN", "WARNING_TOKEN", "THREAD_TOKEN", "TEARDOWN_TOKEN", "RELEASE_TOKEN"),
            *(
                "WAIVER_TOKEN",
                "TICKET_TOKEN",
                "XFAIL_TOKEN",
                "ELIDED_TOKEN",
                "SECTION_TOKEN",
                "NOTE_TOKEN",
                "HOOK_TOKEN",
            ),
        )
    )
} | {"LICENCE": "lic-7731-zz", "DATABASE_URL": "postgres://app:dbpass-9913-qq@db.example/app"}
SHAPES = {
    "spec": "specpass-55-ww",
    "github": "ghp_" + "Ab12" * 9,
    "gitlab": "glpat-" + "Zx9_" * 5,
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "slack": "xoxb-2345678901-abcdefghij",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhb",
    "pem": "MIIEowIBAAKCAQEAx7vplanted",
    "url": "urlpass-31-pp",
    "header": "hdr31Token99qqqqq",
    "cookie": "sessid=c00kie31value",
    "option": "optpass-31-xx",
    "sas": "sv31%2Fabcdefghijklmnopqrstuvwxyz%3D",
}

SOURCE = """
import base64, logging, os, subprocess, sys, threading, warnings
from urllib.parse import quote
S = os.environ
VALUES = ["plain", S["PARAM_TOKEN"], "x" + S["PARAM_TOKEN"], "{github}"]

@pytest.mark.phase1
@pytest.mark.parametrize("value", VALUES)
def test_parameters(value): pass

@pytest.mark.phase1
@pytest.mark.check(title="the " + S["TITLE_TOKEN"], remediation="use " + S["REMEDY_TOKEN"], owner="o " + S["OWNER_TOKEN"])
def test_asserts():
    local = S["FRAME_TOKEN"]
    assert local == S["ASSERT_TOKEN"], "it is " + S["MESSAGE_TOKEN"]

@pytest.mark.phase1
def test_outputs(record_property):
    print(S["STDOUT_TOKEN"])
    print(S["STDERR_TOKEN"], file=sys.stderr)
    logging.getLogger("x").warning("log %s", S["LOG_TOKEN"])
    record_property("property", S["PROPERTY_TOKEN"])
    warnings.warn(S["WARNING_TOKEN"])
    raise RuntimeError(S["REASON_TOKEN"])

def shout(word):
    print("called with", word)
    return word

@pytest.mark.phase1
def test_evidence(evidence, target):
    evidence.text("text", S["TEXT_TOKEN"] + " " + S["LICENCE"] + " dbpass-9913-qq")
    evidence.text(S["NAME_TOKEN"], "x")
    evidence.text("base64", base64.b64encode(b"user:" + S["BASE64_TOKEN"].encode() + b"!").decode())
    evidence.text("quoted", "https://x.example/?q=" + quote(S["QUOTED_TOKEN"] + "/&"))
    evidence.text("long", "line\\n" * 40000 + S["LONG_TOKEN"] + "\\n" + "line\\n" * 40000)
    evidence.table([{{"a": S["TABLE_TOKEN"]}}])
    evidence.command(subprocess.run([sys.executable, "-c", "print(1)", S["COMMAND_TOKEN"]], capture_output=True))
    with open("plain.txt", "w") as file: file.write(S["FILE_TOKEN"])
    evidence.file("plain.txt")
    with open("binary.bin", "wb") as file: file.write(b"\\xff\\x00" + S["FILE_TOKEN"].encode())
    evidence.file("binary.bin")
    evidence.measure(S["MEASURE_TOKEN"], 5, S["UNIT_TOKEN"])
    target.call(shout, S["CALL_TOKEN"])
    target.run(sys.executable, "-c", "import os; print(os.environ['RUN_TOKEN'], os.environ['SPEC_PASSWORD'])")

@pytest.mark.phase1
def test_shapes(evidence):
    evidence.text("keys", "-----BEGIN RSA PRIVATE KEY-----\\n{pem}\\n-----END RSA PRIVATE KEY-----")
    evidence.text("urls", "https://ann:{url}@example.org/ https://x.example/b?sv=1&sig={sas}")
    evidence.text("headers", "Authorization: Bearer {header}\\nCookie: {cookie}\\n")
    evidence.text("tokens", "{github} {gitlab} {aws} {slack} {jwt}")
    evidence.text("command", "psql --password={option} && psql --password {option}")
    pytest.fail("password: {option} and {gitlab}")

@pytest.mark.phase1
def test_skips(): pytest.skip(S["SKIP_TOKEN"])

@pytest.mark.phase1
@pytest.mark.xfail(reason="x " + S["XFAIL_TOKEN"])
def test_expected(): assert 0

@pytest.mark.phase1
def test_elided():
    assert ["a"] * 3 + [S["ELIDED_TOKEN"]] == ["a"] * 3 + ["zz"]

@pytest.fixture
def broken():
    yield
    raise RuntimeError(S["TEARDOWN_TOKEN"])
@pytest.mark.phase1
def test_teardown(broken): pass

@pytest.fixture
def absent(): raise RuntimeError(S["FIXTURE_TOKEN"])
@pytest.mark.phase1
def test_setup(absent): pass

def lose(): raise RuntimeError(S["THREAD_TOKEN"])
@pytest.mark.phase1
def test_threads():
    thread = threading.Thread(target=lose)
    thread.start()
    thread.join()

@pytest.mark.phase2
def test_blocked(): pass
"""

HOOKS = """
import os
S = os.environ
def pytest_deploycheck_evidence(item, evidence):
    evidence.text("hook", S["HOOK_TOKEN"])
def pytest_deploycheck_section(run):
    return {"title": S["SECTION_TOKEN"], "columns": [S["SECTION_TOKEN"]], "rows": [[S["SECTION_TOKEN"]]]}
def pytest_deploycheck_phase_verdict(phase, release):
    raise RuntimeError(S["NOTE_TOKEN"])
"""

APPROVALS = """
[[waiver]]
check = "phase1.test_setup"
by = "ann@example.org"
at = 2026-01-02T12:00:00Z
reason = "{WAIVER_TOKEN}"
ticket = "{TICKET_TOKEN}"
expires = 2999-01-02T12:00:00Z
"""


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KNOWN.items():
        monkeypatch.setenv(name, value)


def outputs(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file that a run has left, but for what was planted."""
    for path in folder.rglob("*"):
        own = path.suffix in (".py", ".pyc", ".ini", ".toml") or path.name in ("plain.txt", "binary.bin")
        if path.is_file() and not own:
            yield str(path.relative_to(folder)), path.read_bytes().decode("latin-1")


def leaks(text: str) -> list[str]:
    """What of the planted secrets stands in a text, in whatever form."""
    found = []
    for name, value in {**KNOWN, "dbpass": "dbpass-9913-qq", **SHAPES}.items():
        forms = {value, quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")[:-2]}
        if name == "ELIDED_TOKEN":
            forms.add(value[len(value) // 2 :])
        found += [name] if any(form in text for form in forms) else []
    return found


@pytest.mark.usefixtures("planted")
def test_a_release_that_is_a_secret_is_refused(gate: Gate) -> None:
    """On record every such release would be the same one, and a verdict on one would count for the next."""
    seen = gate("@pytest.mark.phase1\ndef test_a(): pass", f"--deploycheck-release={KNOWN['RELEASE_TOKEN']}")

    assert seen.ret == 4
    assert "the release would be recorded as [redacted:RELEASE_TOKEN]" in seen.stderr
    assert not leaks(seen.stderr)


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("workers", ["", "2"])
def test_no_output_holds_a_planted_secret(workers: str, gate: Gate) -> None:
    """Over fifty of them, in names, outputs, evidence of each kind, reasons, reports of other plugins."""
    assert len(KNOWN) + len(SHAPES) >= 40
    ini = f"""
        deploycheck_secrets = LICENCE
        deploycheck_target = popen//env:SPEC_PASSWORD={SHAPES["spec"]}
        deploycheck_phases =
            phase1: the phase of {KNOWN["PHASE_TOKEN"]}
            phase2: later
        filterwarnings = ignore
    """
    gate.write({"test_it.py": HEAD + SOURCE.format(**SHAPES), "conftest.py": HOOKS}, ini=ini)
    (gate.path / "deploycheck-approvals.toml").write_text(APPROVALS.format(**KNOWN))
    arguments = [
        "--deploycheck-summary=summary.md",
        *(("-n", workers, "-p", "xdist") if workers else ()),
        "--html=pytest.html",
        "--junitxml=junit.xml",
        "-rA",
        "-p",
        "html",
    ]

    seen = gate.run(*arguments, "-p", "metadata", process=True)

    written = dict(outputs(gate.path))
    assert {"run.json", "deploycheck-report.html", "summary.md", "junit.xml", "pytest.html"} <= set(written)
    assert sum(name.endswith(".jsonl") for name in written) == 1
    assert sum(name.startswith(".deploycheck") and "/evidence/" in name for name in written) == 2
    assert {name: found for name, text in written.items() if (found := leaks(text))} == {}
    assert leaks(seen.stdout) == []
    assert seen.ret == 1
    assert seen.check("phase1.test_setup")["waiver"]["reason"] == "[redacted:WAIVER_TOKEN]"
    assert len(seen.json["checks"]) == 15
    assert seen.json["accounted"]["by_status"]["PASS"] == 5


@pytest.mark.usefixtures("planted")
def test_what_was_redacted_is_named(gate: Gate) -> None:
    """By the variable or the shape, at one width."""
    gate.write({"test_it.py": HEAD + SOURCE.format(**SHAPES)}, ini="deploycheck_secrets = LICENCE")

    # In this process the modules of an earlier run would stand beside those of this one.
    seen = gate.run("-k", "evidence or shapes", process=True)

    evidence = {item["name"]: item["text"] for item in seen.check("phase1.test_evidence")["evidence"]}
    assert evidence["text"] == "[redacted:TEXT_TOKEN] [redacted:LICENCE] [redacted:DATABASE_URL]"
    assert evidence["[redacted:NAME_TOKEN]"] == "x"
    assert evidence["binary.bin"].endswith(
        "not copied: it holds a secret, and is no text from which that could be taken"
    )
    assert evidence["plain.txt"].endswith("its secrets were taken out")
    assert "[redacted:authorization]" in next(
        item["text"] for item in seen.check("phase1.test_shapes")["evidence"] if item["name"] == "headers"
    )


def test_parameters_that_differ_in_a_secret_alone_stay_two_checks(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names are numbered; each has its result."""
    monkeypatch.setenv("A_TOKEN", "alpha-secret-1")
    monkeypatch.setenv("B_TOKEN", "beta-secret-2")
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.parametrize("value", ["alpha-secret-1", "alpha-secret-1/x", "beta-secret-2", "ghp_" + "a" * 30, "ghp_" + "b" * 30])
        def test_it(value): assert not value.endswith("b")
        """
    )

    assert seen.ids == [
        f"phase1.test_it[{name}]"
        for name in (
            "[redacted:A_TOKEN]",
            "[redacted:A_TOKEN]/x",
            "[redacted:B_TOKEN]",
            "[redacted:token]",
            "[redacted:token]-2",
        )
    ]
    assert [row["status"] for row in seen.json["checks"]] == ["PASS"] * 4 + ["FAIL"]


def test_two_targets_that_differ_in_a_secret_alone_stay_two(gate: Gate) -> None:
    """And the record is found again by their names without it."""
    source = "@pytest.mark.phase1\ndef test_it(target): assert target.facts\n@pytest.mark.phase2\ndef test_two(target): assert target.facts"
    targets = [f"--deploycheck-target=popen//env:DB_PASSWORD=hunter{number}-zz" for number in (1, 2)]
    gate(source, *targets, "-m", "phase1")

    seen = gate.run(*targets, "-m", "phase2")

    shown = "popen//env:DB_PASSWORD=[redacted:DB_PASSWORD]"
    assert seen.json["targets"] == [shown, f"{shown} (2)"]
    assert seen.verdict("phase1") == seen.verdict("phase2") == "GO"
    assert seen.ret == 0


def test_a_usage_error_does_not_tell_the_secret_it_is_about(gate: Gate) -> None:
    """The target's specification is wrong, and is shown."""
    seen = gate(
        "@pytest.mark.phase1\ndef test_it(): pass",
        "--deploycheck-target=popn//env:DB_PASSWORD=hunter2-zz",
        process=True,
    )

    assert seen.ret == 4
    assert "hunter2" not in seen.stdout + seen.stderr
    assert "DB_PASSWORD" in seen.stdout + seen.stderr


def test_a_run_is_resumed_though_an_id_holds_a_secret(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record knows the check by another name than the test does."""
    monkeypatch.setenv("A_TOKEN", "alpha-secret-1")
    source = """
        import os
        @pytest.mark.phase1
        @pytest.mark.check("phase1.alpha-secret-1")
        def test_one(): say("one")
        @pytest.mark.phase1
        def test_two(): assert "RED" not in os.environ
        """
    monkeypatch.setenv("RED", "1")
    gate(source)
    monkeypatch.delenv("RED")

    seen = gate.run("--deploycheck-resume")

    assert gate.seen() == ["one"]
    assert seen.check("phase1.[redacted:A_TOKEN]")["flags"] == ["carried"]
    assert seen.ret == 0
