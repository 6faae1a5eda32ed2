"""What is judged again and again once GifLab is deployed: one function for each question, for whichever phase asks it.

A function records what it saw and raises ``AssertionError`` where GifLab fails.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.errands import BAD_INPUT, SUITE_TIMEOUT_S, Answer
from checks.judging import (
    COMMAND_TIMEOUT_S,
    COMMANDS,
    SLOW_COMMAND_S,
    cases_of,
    core_dependencies,
    counted,
    import_trouble,
    listed_commands,
    read_report,
    refuse_broken,
    refuse_left_out,
)
from checks.probes.build import import_core
from checks.probes.commands import run_together
from checks.probes.environment import decode_gifs
from checks.probes.operations import (
    digest_files,
    extract_frames,
    import_modules,
    measure_known_pair,
    measure_sample,
    prepare_batch,
)
from checks.probes.rollback import must, scratch_folder
from checks.probes.suite import run_suite

if TYPE_CHECKING:
    from pytest_deploycheck.fixtures import EvidenceLog
    from pytest_deploycheck.target import Target

#: Commands without which GifLab has no use.
VITAL_COMMANDS = ("metrics", "run")
#: What view-failures was called before.
RENAMED = "debug-failures"
#: How many of the project's own GIFs are looked at.
SAMPLES = 6
#: The sections of `deps check --json` with what may be missing, by their documented and their released names.
_OPTIONAL = ("optional", "Machine Learning", "Visualization")
#: What a name in the dependency report is imported as, where that is not the name itself.
_MODULES = {
    "opencv-python": "cv2",
    "opencv (cv2)": "cv2",
    "pillow": "PIL.Image",
    "pil/pillow": "PIL.Image",
    "psutil (memory monitoring)": "psutil",
    "pytorch": "torch",
    "scikit-learn": "sklearn",
}


#: How documented and released versions begin the line that says what is wrong.
_ERROR_LINE = re.compile(r"error\b|❌", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyReport:
    """What `deps check --json` said: names with whether they are there, and what it knows of memory."""

    core: Mapping[str, bool]
    optional: Mapping[str, bool]
    memory: Mapping[str, Any]


def commands_answer(target: Target, evidence: EvidenceLog, *, limit: float = SLOW_COMMAND_S) -> None:
    """All nine commands are listed and each answers ``--help`` within `limit` seconds."""
    __tracebackhide__ = True
    answers = ask_commands(target, evidence, limit=limit)
    missing = sorted(set(COMMANDS) - set(listed_commands(answers["giflab"].stdout)))
    assert not missing, f"the help lists {len(COMMANDS) - len(missing)} of {len(COMMANDS)} commands; missing: {missing}"
    silent = {name: reason for name, answer in answers.items() if (reason := refusal(answer))}
    assert not silent, f"{len(silent)} of the commands do not answer --help: {silent}"
    evidence.measure("slowest command", max(answer.seconds for answer in answers.values()), "s", max=limit)


def command_line_is_there(target: Target, evidence: EvidenceLog) -> None:
    """The command line answers, and the commands that process GIFs start, however slow they are."""
    __tracebackhide__ = True
    answers = ask_commands(target, evidence, limit=COMMAND_TIMEOUT_S)
    for name in ("giflab", *VITAL_COMMANDS):
        reason = refusal(answers[name])
        assert not reason, f"{name} cannot be reached: {reason}"
    listed = listed_commands(answers["giflab"].stdout)
    lost = sorted(set(VITAL_COMMANDS) - set(listed))
    assert not lost, f"the help does not list {lost}; it lists {listed}"


def run_commands(target: Target, cases: Mapping[str, Sequence[str]], *, limit: float) -> dict[str, Answer]:
    """GifLab's answers to some arguments by name; what takes longer than `limit` seconds is asked again, alone."""
    sent = {
        name: {"argv": ["{python}", "-m", "giflab", *words], "timeout": COMMAND_TIMEOUT_S, "home": False, "timed": True}
        for name, words in cases.items()
    }
    said = target.call(run_together, sent, limit, timeout=2 * COMMAND_TIMEOUT_S * len(sent))
    return {name: Answer(argv=("giflab", *words), **said[name]) for name, words in cases.items()}


def ask_commands(target: Target, evidence: EvidenceLog, *, limit: float) -> dict[str, Answer]:
    """The answers of ``giflab --help`` (under the name giflab) and of each command's ``--help``."""
    cases = {"giflab": ["--help"], **{name: [name, "--help"] for name in COMMANDS}}
    answers = run_commands(target, cases, limit=limit)
    rows = [{"command": name, "exit": a.status, "seconds": f"{a.seconds:.2f}"} for name, a in answers.items()]
    evidence.table("answers to --help", rows)
    return answers


def refusal(answer: Answer) -> str:
    """Why a command's answer to ``--help`` is none; empty when it is one."""
    if answer.status is None:
        return f"no answer within {answer.seconds:.0f} s"
    trouble = import_trouble(answer.output)
    if answer.status != 0 or trouble:
        return f"exit status {answer.status}: {trouble or _last_line(answer.output) or 'no output'}"
    return "" if "Usage:" in answer.output else "it prints no usage"


def errors_are_helpful(target: Target, evidence: EvidenceLog) -> None:
    """Bad input, and the command that was renamed, end in one line that says what is wrong, and in a failure."""
    __tracebackhide__ = True
    cases = {name: (name, *arguments) for name, arguments in BAD_INPUT.items()} | {RENAMED: (RENAMED,)}
    answers = run_commands(target, cases, limit=COMMAND_TIMEOUT_S)
    rows = [{"case": name, "exit": a.status, "said": _last_line(a.output)} for name, a in answers.items()]
    evidence.table("answers to bad input", rows)
    unhelpful = {name: reason for name, answer in answers.items() if (reason := _unhelpful(answer))}
    assert not unhelpful, f"{len(unhelpful)} of {len(cases)} mistakes are not answered helpfully: {unhelpful}"


def _unhelpful(answer: Answer) -> str:
    said = answer.output.strip()
    messages = [line for line in said.splitlines() if _ERROR_LINE.match(line)]
    if answer.status in (0, None):
        return f"exit status {answer.status}, expected a failure; it says {_last_line(said)!r}"
    if "Traceback" in said:
        return f"a traceback that ends in {_last_line(said)!r}"
    if len(messages) != 1 or len(messages[0].split()) < 4:
        return f"{len(messages)} lines of error, expected 1 that explains; it says {_last_line(said)!r}"
    if import_trouble(said) or "needs the package" in said:
        return f"a message that is not about the input: {messages[0]!r}"
    return ""


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or [""])[-1][:300]


def metrics_are_right(target: Target, evidence: EvidenceLog) -> None:
    """Two pairs of GIFs whose right answers are arithmetic get those answers, and are left as they were."""
    __tracebackhide__ = True
    found = target.call(measure_known_pair)
    same, brighter = found["same"], found["brighter"]
    absent = [name for name in ("mse", "psnr", "ssim") if name not in same or name not in brighter]
    assert not absent, f"the metrics have no {', '.join(absent)}; they have {', '.join(sorted(same))}"
    evidence.measure("MSE of equal GIFs", same["mse"], min=0.0, max=1e-9)
    evidence.measure("SSIM of equal GIFs", same["ssim"], min=1 - 1e-6, max=1 + 1e-6)
    evidence.measure("MSE of GIFs 10 grey levels apart", brighter["mse"], min=99.9, max=100.1)
    evidence.measure("SSIM of GIFs 10 grey levels apart", brighter["ssim"], min=0.5, max=1 - 1e-6)
    if brighter["psnr"] > 1:  # released versions report it as a share of the best they know
        right = found["mse_db"]
        evidence.measure(
            "PSNR of GIFs 10 grey levels apart", brighter["psnr"], "dB", min=right - 0.01, max=right + 0.01
        )
    else:
        evidence.measure("PSNR of GIFs 10 grey levels apart, as a share", brighter["psnr"], min=0.1, max=0.999)
    assert found["inputs_kept"], "measuring has changed the files that were measured"


def sample_paths(target: Target) -> list[str]:
    """Some of the project's own GIFs, as Pillow decodes them; fails when one is broken.

    Without any nothing can be judged: ``LookupError``, so that their absence is not taken for damage.
    """
    __tracebackhide__ = True
    listed = target.call(decode_gifs, target.folder, SAMPLES)
    if not listed:
        raise LookupError(f"there is no GIF below {target.folder} to judge this by; put representative ones there")
    broken = {entry["path"]: entry["error"] for entry in listed if entry["error"]}
    assert not broken, f"{len(broken)} of {len(listed)} samples do not decode: {broken}"
    return [entry["path"] for entry in listed]


def samples_are_read(target: Target, evidence: EvidenceLog) -> list[str]:
    """GifLab reads the project's GIFs as Pillow does: every frame, its size, its pixels. Returns their paths."""
    __tracebackhide__ = True
    paths = sample_paths(target)
    found = target.call(extract_frames, paths)
    rows = [{key: entry[key] for key in ("path", "frames", "size", "off_by", "error")} for entry in found]
    evidence.table("frames read", rows)
    for entry in found:
        where = entry["path"]
        assert not entry["error"], f"{where} cannot be read: {entry['error']}"
        counted = (entry["frames"], entry["count"])
        expected = (entry["expected_frames"], entry["expected_frames"])
        assert counted == expected, f"{where}: {counted} frames read and counted, expected {expected}"
        assert entry["size"] == entry["expected_size"], f"{where}: {entry['size']}, expected {entry['expected_size']}"
        assert entry["off_by"] <= 2, f"{where}: a pixel is off by {entry['off_by']}, expected 2 at most"
    return paths


def sample_is_measured(target: Target, evidence: EvidenceLog, path: str) -> None:
    """The metrics of a sample against a copy of fewer colours are finite and plausible."""
    __tracebackhide__ = True
    numbers = target.call(measure_sample, path)
    evidence.table(f"metrics of {path}", [{"metric": name, "value": f"{value:.6g}"} for name, value in numbers.items()])
    wild = {name: value for name, value in numbers.items() if not math.isfinite(value)}
    assert not wild, f"{path}: {len(wild)} metrics are not finite: {wild}"
    evidence.measure("metrics", len(numbers) - 1, "numbers", min=3)
    evidence.measure("SSIM of the sample", numbers["ssim"], min=0.0, max=1.0)
    evidence.measure("MSE of the sample", numbers["mse"], min=1e-9, max=65025)
    if "compression_ratio" in numbers:
        ratio = numbers["true_ratio"]
        evidence.measure("compression ratio", numbers["compression_ratio"], min=0.99 * ratio, max=1.01 * ratio)


def imports_resolve(target: Target, evidence: EvidenceLog) -> None:
    """A new interpreter can import what everything else needs, and each of it is what it should be."""
    __tracebackhide__ = True
    found = target.call(import_core, fresh=True)
    evidence.table("imports", [{"name": name, "is": kind} for name, kind in found.items()])
    expected = {name: "command" if name.startswith("giflab.cli.") else "callable" for name in found}
    wrong = {name: found[name] for name in found if found[name] != expected[name]}
    assert not wrong, f"{len(wrong)} of {len(found)} imports fail: {wrong}"


def read_dependencies(target: Target, evidence: EvidenceLog) -> DependencyReport:
    """`deps check --json`, read; fails when it prints no JSON, or nothing of what is required."""
    __tracebackhide__ = True
    said = target.run(target.python, "-m", "giflab", "deps", "check", "--json", timeout=COMMAND_TIMEOUT_S)
    report = read_report(said.stdout)
    optional = {name: entry for section in _OPTIONAL for name, entry in report.get(section, {}).items()}
    found = DependencyReport(
        core={name: entry["available"] is True for name, entry in core_dependencies(report).items()},
        optional={name: entry["available"] is True for name, entry in optional.items()},
        memory=report.get("system", {}).get("memory_monitoring", {}),
    )
    rows = {"required": found.core, "optional": found.optional}
    evidence.table(
        "dependencies",
        [
            {"kind": kind, "name": name, "available": there}
            for kind, part in rows.items()
            for name, there in part.items()
        ],
    )
    return found


def dependencies_are_there(target: Target, evidence: EvidenceLog) -> DependencyReport:
    """Nothing required is reported missing, and a new interpreter agrees: what is reported can be imported."""
    __tracebackhide__ = True
    report = read_dependencies(target, evidence)
    missing = sorted(name for name, there in report.core.items() if not there)
    assert not missing, f"required dependencies are missing: {', '.join(missing)}"
    report_is_true(target, evidence, report.core)
    return report


def report_is_true(target: Target, evidence: EvidenceLog, reported: Mapping[str, bool]) -> None:
    """What a report says is there can be imported, and what it says is missing cannot."""
    __tracebackhide__ = True
    modules = {name: _MODULES.get(name.lower(), name.lower().replace("-", "_")) for name in reported}
    errors = target.call(import_modules, sorted(set(modules.values())), fresh=True, timeout=120)
    rows = [
        {"name": name, "reported": there, "import": errors[modules[name]] or "works"}
        for name, there in reported.items()
    ]
    evidence.table("reported and true", rows)
    wrong = [name for name, there in reported.items() if there == bool(errors[modules[name]])]
    told = {name: f"reported {reported[name]}, import: {errors[modules[name]] or 'works'}" for name in wrong}
    assert not wrong, f"the report is wrong about {len(wrong)} of {len(reported)} dependencies: {told}"


def deps_commands_work(target: Target, evidence: EvidenceLog) -> None:
    """`deps status` names the state of memory, `deps install-help` how to install, `deps check` what is there."""
    __tracebackhide__ = True
    answers = run_commands(target, {name: ("deps", name) for name in ("check", "status", "install-help")}, limit=60)
    for name, word in (("check", "opencv"), ("status", "memory"), ("install-help", "install")):
        answer = answers[name]
        evidence.text(f"deps {name}", str(answer))
        assert answer.status == 0, f"deps {name}: exit status {answer.status}, says {_last_line(answer.output)!r}"
        trouble = import_trouble(answer.output)
        assert not trouble, f"deps {name} shows an import that failed: {trouble}"
        assert word in answer.output.lower(), f"deps {name} does not mention {word!r}: {_last_line(answer.output)!r}"


def batch_is_processed(target: Target, evidence: EvidenceLog) -> None:
    """`run` on copies of the project's GIFs leaves them as they are, and every GIF that it writes decodes."""
    __tracebackhide__ = True
    paths = sample_paths(target)
    with scratch_folder(target) as folder:
        batch = target.call(prepare_batch, folder, paths)
        before = target.call(digest_files, batch)
        page = target.run(target.python, "-m", "giflab", "run", "--help", timeout=COMMAND_TIMEOUT_S).stdout
        option = "--output-dir" if "--output-dir" in page else "--output"
        quick = ["--sampling", "quick", "--max-pipelines", "2"] if "--max-pipelines" in page else []
        words = ("-m", "giflab", "run", batch, option, f"{folder}/out", *quick)
        must(target.run(target.python, *words, cwd=folder, timeout=600), "giflab run")
        after = target.call(digest_files, batch)
        changed = sorted(name for name in before if before[name] != after.get(name))
        assert not changed, f"giflab run has damaged {len(changed)} of {len(before)} originals: {', '.join(changed)}"
        written = target.call(decode_gifs, f"{folder}/out", 1000)
        broken = {entry["path"]: entry["error"] for entry in written if entry["error"] or not entry["frames"]}
        assert not broken, f"{len(broken)} of {len(written)} GIFs that giflab run wrote do not decode: {broken}"
        evidence.measure("GIFs written", len(written), min=len(before))


def suite_passes(target: Target, evidence: EvidenceLog, *, least: int) -> None:
    """GifLab's own tests, run in a copy: at least so many pass and none fails, whatever pytest's exit status says."""
    __tracebackhide__ = True
    results = target.call(run_suite, "tests", "", SUITE_TIMEOUT_S, timeout=SUITE_TIMEOUT_S + 60)
    cases = cases_of(results)
    refuse_broken(cases)
    refuse_left_out(results)
    counts = counted(cases)
    evidence.measure("skipped", counts["skipped"], "tests")
    evidence.measure("passed", counts["passed"], "tests", min=least)
