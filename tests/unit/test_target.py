"""The installation under check, through real interpreters: this one, and an old one where the machine has one."""

from __future__ import annotations

import functools
import glob
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_deploycheck.core.errors import SettingsError, TargetError
from pytest_deploycheck.core.model import Evidence
from pytest_deploycheck.target import CommandResult, RemoteCallError, Target, describe_release, open_target
from pytest_deploycheck.target.remote import OUTPUT_LIMIT


def interpreters() -> Iterator[str]:
    """This interpreter, and the oldest that a target may have, when one is at hand and starts."""
    yield sys.executable
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for candidate in (shutil.which("python3.8"), *glob.glob(f"{pyenv}/versions/3.8*/bin/python3.8")):
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield candidate
            return


# -- what is sent over -------------------------------------------------------------------------------------------------


def echo(*args: Any, **kwargs: Any) -> list[Any]:
    return [list(args), kwargs]


def add(one: int | list[str], other: int = 1) -> dict[str, int]:
    # The annotations are newer than the oldest target.
    assert isinstance(one, int)
    return {"sum": one + other}


def process() -> list[Any]:
    import os
    import sys

    return [os.getpid(), os.getcwd(), list(sys.version_info[:2])]


def remember(value: int) -> int:
    import os

    seen = int(os.environ.get("DEPLOYCHECK_TEST_SEEN", "0"))
    os.environ["DEPLOYCHECK_TEST_SEEN"] = str(seen + value)
    return seen


def claim(left: int, right: int) -> None:
    assert left == right, f"{left} is not {right}"


def claim_silently() -> None:
    assert not 1


def divide() -> float:
    return 1 / 0


def leave() -> None:
    raise SystemExit(3)


def interrupt() -> None:
    raise KeyboardInterrupt


def die() -> None:
    import os

    os._exit(7)


def hang() -> None:
    import time

    time.sleep(600)


def chatter() -> str:
    import sys

    sys.stdout.write("to the output\n")
    sys.stderr.write("to the errors\n")
    return "answer"


def give_object() -> object:
    return object()


def give_kinds() -> list[Any]:
    return [1, -(2**40), 1.5, True, None, "ü", b"\x00", [1, [2]], {"a": {"b": ()}}]


def look_up(name: str) -> str:
    import os

    return os.environ.get(name, "")


def first_paths() -> list[str]:
    import sys

    return sys.path[:2]


@pytest.fixture(
    scope="module", params=list(interpreters()), ids=lambda path: "own" if path == sys.executable else "old"
)
def python(request: pytest.FixtureRequest) -> str:
    """The path of an interpreter."""
    path: str = request.param
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target's project folder."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "below").mkdir()
    return folder


@pytest.fixture(scope="module")
def warm(python: str, folder: Path) -> Iterator[Target]:
    """A target that stays warm for the module; for tests that leave it as it was."""
    with open_target(f"popen//python={python}//chdir={folder}//env:MODE=staging", base=folder) as opened:
        yield opened


@pytest.fixture
def seen(warm: Target) -> Iterator[list[Evidence]]:
    """The evidence of the test's own calls."""
    found: list[Evidence] = []
    warm.observe = found.append
    yield found
    warm.observe = None


@pytest.fixture
def own(folder: Path) -> Iterator[Target]:
    """A target for tests that end its interpreter."""
    with open_target("popen//chdir=.", base=folder) as opened:
        yield opened


# -- calls -------------------------------------------------------------------------------------------------------------


def test_a_function_runs_in_the_targets_interpreter_and_folder(warm: Target, python: str, folder: Path) -> None:
    pid, cwd, version = warm.call(process)
    assert pid != os.getpid()
    assert cwd == str(folder)
    said = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, check=True)
    assert version == [int(part) for part in said.stdout.split()]


def test_the_interpreter_stays_warm(warm: Target) -> None:
    assert warm.call(process)[0] == warm.call(process)[0]
    before = warm.call(remember, 1)
    assert warm.call(remember, 0) == before + 1


def test_a_fresh_call_has_an_interpreter_of_its_own(warm: Target, folder: Path) -> None:
    warm.call(remember, 5)
    pid, cwd, _ = warm.call(process, fresh=True)
    assert pid != warm.call(process)[0]
    assert cwd == str(folder)
    assert warm.call(remember, 1, fresh=True) == 0


def test_an_assertion_there_is_an_assertion_here(warm: Target) -> None:
    with pytest.raises(AssertionError, match=r"^1 is not 2$"):
        warm.call(claim, 1, 2)
    with pytest.raises(AssertionError, match=r"^claim_silently: an assertion failed on the target$"):
        warm.call(claim_silently)
    with pytest.raises(AssertionError, match=r"^1 is not 2$"):
        warm.call(claim, 1, 2, fresh=True)
    assert warm.call(claim, 1, 1) is None


def test_an_assertion_is_looked_at_whatever_the_targets_optimisation(folder: Path) -> None:
    with open_target("popen//chdir=.//env:PYTHONOPTIMIZE=2", base=folder) as target, pytest.raises(AssertionError):
        target.call(claim, 1, 2)


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (divide, "ZeroDivisionError", "division by zero"),
        (leave, "SystemExit", "3"),
        (interrupt, "KeyboardInterrupt", ""),
    ],
)
def test_another_exception_there_is_one_of_ours_that_names_it(
    warm: Target, function: Callable[[], object], kind: str, message: str
) -> None:
    pid = warm.call(process)[0]
    with pytest.raises(RemoteCallError) as caught:
        warm.call(function)
    assert caught.value.kind == kind
    assert str(caught.value) == f"{function.__name__} raised {kind} on the target: {message}"
    assert isinstance(caught.value, TargetError)
    assert warm.call(process)[0] == pid, "the interpreter is still good"


def test_the_traceback_names_the_line_of_the_function(warm: Target) -> None:
    with pytest.raises(RemoteCallError) as caught:
        warm.call(divide)
    line = divide.__code__.co_firstlineno + 1
    assert f'File "{__file__}", line {line}, in divide' in caught.value.traceback


def test_an_answer_that_is_no_plain_data_is_an_error(warm: Target) -> None:
    with pytest.raises(RemoteCallError, match="must return plain data"):
        warm.call(give_object)
    assert warm.call(add, 1) == {"sum": 2}


def test_a_call_that_hangs_ends_in_time_and_takes_the_interpreter_with_it(own: Target) -> None:
    pid = own.call(process)[0]
    started = time.monotonic()
    seen: list[Evidence] = []
    own.observe = seen.append
    with pytest.raises(TargetError, match=r"did not answer within 0\.2 s; give it more time"):
        own.call(hang, timeout=0.2)
    assert time.monotonic() - started < 10
    assert [(item.kind, item.name) for item in seen] == [("call", "hang")]
    assert "did not answer within 0.2 s" in seen[0].text
    assert own.call(process)[0] != pid


def test_a_fresh_call_that_hangs_leaves_the_warm_interpreter_alone(own: Target) -> None:
    pid = own.call(process)[0]
    with pytest.raises(TargetError, match=r"did not answer within 0\.2 s"):
        own.call(hang, timeout=0.2, fresh=True)
    assert own.call(process)[0] == pid


@pytest.mark.parametrize("fresh", [False, True])
def test_a_lost_interpreter_is_an_error_and_the_next_call_has_a_new_one(*, own: Target, fresh: bool) -> None:
    with pytest.raises(TargetError, match=r"was lost: its interpreter ended \(killed"):
        own.call(die, fresh=fresh)
    assert own.call(add, 1) == {"sum": 2}


def not_shippable() -> Iterator[Callable[..., Any]]:
    captured = 1

    def closure() -> int:
        return captured

    yield closure
    yield lambda: 1
    yield len
    yield functools.partial(add, 1)


# -- commands ----------------------------------------------------------------------------------------------------------


def test_a_command_gives_back_what_it_did(warm: Target, python: str) -> None:
    code = "import sys; print('out ü'); print('err', file=sys.stderr); sys.exit(3)"
    result = warm.run(python, "-X", "utf8", "-c", code)
    assert (result.returncode, result.stdout, result.stderr) == (3, "out ü\n", "err\n")
    assert result.output == "out ü\nerr\n"
    assert result.argv == (python, "-X", "utf8", "-c", code)
    assert 0 < result.duration_s < 60


def test_a_result_reads_like_a_terminal() -> None:
    result = CommandResult(argv=("poetry", "check"), returncode=1, stdout="a\n", stderr="b\n\n", duration_s=1.234)
    assert str(result) == "$ poetry check\na\nb\n[exit 1, 1.23 s]"


def test_a_command_runs_in_the_targets_folder_or_below(warm: Target, folder: Path) -> None:
    assert warm.run("pwd", "-P").stdout.strip() == str(folder.resolve())
    assert warm.run("pwd", "-P", cwd="below").stdout.strip() == str(folder.resolve() / "below")
    with pytest.raises(TargetError, match="nowhere"):
        warm.run("pwd", cwd="nowhere")


def test_a_commands_environment_is_the_targets_and_more(warm: Target) -> None:
    assert warm.run("sh", "-c", "echo $MODE $MORE", env={"MORE": "x"}).stdout == "staging x\n"
    assert warm.run("sh", "-c", "echo $MODE $MORE").stdout == "staging\n"


def test_python_on_the_path_is_the_targets_own(warm: Target, python: str) -> None:
    found = warm.run("sh", "-c", "command -v python").stdout.strip()
    assert os.path.dirname(found) == os.path.dirname(warm.python)


def test_a_command_has_no_input_to_wait_for(warm: Target) -> None:
    assert warm.run("cat", timeout=20).stdout == ""


def test_a_command_that_is_not_there_is_an_error_that_names_it(warm: Target) -> None:
    with pytest.raises(TargetError, match=r"^no-such-command cannot be run on the target: .*no-such-command"):
        warm.run("no-such-command", "--help")
    assert warm.call(add, 1) == {"sum": 2}


def test_a_command_over_its_time_is_killed_with_all_it_started(warm: Target, folder: Path) -> None:
    # The grandchild writes into a pipe that nobody else holds: its end is seen at the other side.
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(TargetError, match=r"^sh -c .* did not end within 0\.5 s and was killed$"):
            warm.run("sh", "-c", "(echo alive; exec sleep 600) > pipe & wait", timeout=0.5)
        assert os.read(reader, 100) == b"alive\n"
        os.set_blocking(reader, True)
        assert os.read(reader, 100) == b"", "end of file: no writer is left"
    finally:
        os.close(reader)
        pipe.unlink()
    assert warm.call(add, 1) == {"sum": 2}


def test_output_that_is_no_text_is_kept_readable(warm: Target) -> None:
    assert warm.run("printf", "a\\377b").stdout == "a\ufffdb"


def test_endless_output_is_cut_in_the_middle(warm: Target) -> None:
    result = warm.run("sh", "-c", "echo begin; yes 'a line' | head -n 5000000; echo end")
    assert result.stdout.startswith("begin\na line\n")
    assert result.stdout.endswith("a line\nend\n")
    head, _, tail = result.stdout.partition("\n[... ")
    assert set(head.splitlines()[1:]) == {"a line"}, "no line is broken"
    assert set(tail.splitlines()[1:-1]) == {"a line"}
    assert int(tail.split()[0]) == len("begin\nend\n") + 35_000_000 - len(head) - len(tail.partition("\n")[2])
    assert len(result.stdout) <= OUTPUT_LIMIT + 100


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_a_call_is_evidence_with_its_answer_and_what_it_printed(warm: Target, seen: list[Evidence]) -> None:
    warm.call(chatter)
    assert seen == [Evidence(kind="call", name="chatter", text="to the output\nto the errors\n'answer'")]


def test_a_call_that_failed_is_evidence_too(warm: Target, seen: list[Evidence]) -> None:
    with pytest.raises(AssertionError):
        warm.call(claim, 1, 2)
    (item,) = seen
    assert (item.kind, item.name) == ("call", "claim")
    assert "AssertionError: 1 is not 2" in item.text


def test_a_command_is_evidence_with_its_output(warm: Target, seen: list[Evidence]) -> None:
    result = warm.run("echo", "hello")
    assert seen == [Evidence(kind="command", name="echo hello", text=str(result))]


def test_a_command_that_did_not_run_or_end_is_evidence_too(warm: Target, seen: list[Evidence]) -> None:
    with pytest.raises(TargetError):
        warm.run("no-such-command")
    with pytest.raises(TargetError):
        warm.run("sh", "-c", "echo begun; exec sleep 600", timeout=0.3)
    assert [item.name for item in seen] == ["no-such-command", "sh -c echo begun; exec sleep 600"]
    assert "begun" in seen[1].text


# -- the installation --------------------------------------------------------------------------------------------------


def test_the_facts_are_those_of_the_installation(warm: Target, python: str, folder: Path) -> None:
    assert warm.folder == str(folder)
    assert os.path.samefile(warm.python, python)
    said = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout
    assert said == f"Python {warm.facts['version']}\n"
    assert {"python", "version", "platform", "folder"} <= set(warm.facts)


def test_an_environment_variable_is_given_in_the_specification(warm: Target) -> None:
    assert warm.call(look_up, "MODE") == "staging"


def test_a_relative_python_path_means_the_targets_folder_also_in_its_commands(folder: Path) -> None:
    with open_target("popen//chdir=.//env:PYTHONPATH=below", base=folder) as target:
        assert target.call(first_paths)[0] == str(folder / "below")
        assert target.run("sh", "-c", "cd / && echo $PYTHONPATH").stdout.strip() == str(folder / "below")


def test_a_target_that_cannot_be_reached_is_an_error_that_names_it(folder: Path) -> None:
    spec = "popen//python=/no/such/python"
    with open_target(spec, base=folder) as target:
        for use in (lambda: target.call(echo), lambda: target.run("true"), lambda: target.facts):
            with pytest.raises(TargetError, match=rf"^the target '{spec}' cannot be reached: "):
                use()


def test_nothing_starts_before_the_first_use(folder: Path) -> None:
    with open_target("popen//python=/no/such/python", base=folder) as target:
        assert repr(target) == "<Target popen//python=/no/such/python>"


def test_a_specification_that_cannot_be_meant_is_refused_at_once(folder: Path) -> None:
    with pytest.raises(SettingsError), open_target("popen//chdir=nowhere", base=folder):
        pass


def test_a_target_that_was_closed_starts_anew_when_it_is_used(own: Target) -> None:
    pid = own.call(process)[0]
    own.close()
    own.close()
    assert own.call(process)[0] != pid


# -- the release -------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control, with one commit that is tagged v1.0."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "file").write_text("one")
    commit, tag = [*who, "commit", "-qm", "one"], [*who, "tag", "-am", "one", "v1.0"]
    for command in (["init", "-q"], ["add", "file"], commit, tag):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def test_the_release_is_what_git_calls_the_targets_folder(repository: Path) -> None:
    assert describe_release(None, base=repository) == "v1.0"
    assert describe_release("popen//chdir=app", base=repository.parent) == "v1.0"


def test_a_changed_folder_is_another_release(repository: Path) -> None:
    (repository / "file").write_text("two")
    assert describe_release(None, base=repository) == "v1.0-dirty"
    assert describe_release("popen//chdir=app", base=repository.parent) == "v1.0-dirty"


def test_a_folder_without_version_control_is_unversioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert describe_release(None, base=tmp_path) == "unversioned"
    assert describe_release("popen", base=tmp_path) == "unversioned"


def test_without_git_or_without_the_target_it_is_unversioned(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert describe_release("popen//python=/no/such/python", base=repository) == "unversioned"
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert describe_release(None, base=repository) == "unversioned"
