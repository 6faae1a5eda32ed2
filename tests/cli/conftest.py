"""A checklist of two phases, run once."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from pytest_deploycheck.cli import main


@pytest.fixture
def run_checklist(pytester: pytest.Pytester) -> Callable[..., int]:
    """Write the checklist and its tests, run pytest with the arguments, return its exit status."""
    pytester.makeini("[pytest]\ndeploycheck_checklist = list.md\n")
    (pytester.path / "list.md").write_text(
        "# Build <!-- deploycheck: phase=phase1 -->\n"
        '- [x] **Core**: it imports <!-- deploycheck: owner="ann" -->\n'
        "# Sign <!-- deploycheck: phase=phase2 -->\n"
        "- [ ] **Told**: people know\n"
    )
    pytester.makepyfile(
        """
        import os, pytest

        @pytest.mark.phase1
        @pytest.mark.check("phase1.core")
        def test_core():
            assert "RED" not in os.environ
            if "DIE" in os.environ:
                os._exit(0)
        """
    )
    return lambda *args: int(pytester.runpytest_subprocess(*args, "-p", "no:randomly").ret)


@pytest.fixture
def deploycheck(pytester: pytest.Pytester) -> Callable[..., Result]:
    """Call the command line in the folder of the checklist."""
    return lambda *args: CliRunner().invoke(main, args)


@pytest.fixture
def desk(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line beside a checklist of three manual lines and an automated one, for release r1, signer unknown."""
    monkeypatch.setenv("DEPLOYCHECK_RELEASE", "r1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    pytester.makeini("[pytest]\ndeploycheck_checklist = list.md\n")
    (pytester.path / "list.md").write_text(
        "# Before <!-- deploycheck: phase=phase1 -->\n"
        '- [ ] **Config**: the settings parse. <!-- deploycheck: owner="dev" remediation="Mend them." -->\n'
        '- [ ] **Told**: support knows the date. <!-- deploycheck: owner="ops" -->\n\n  Post it in the channel.\n\n'
        "- [ ] **Backup**: it is fresh. <!-- deploycheck: owner=sre valid=24h waivable=no -->\n"
        "# After <!-- deploycheck: phase=phase2 -->\n"
        '- [ ] **Start page**: it answers. <!-- deploycheck: owner="sre" -->\n'
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.phase1
        @pytest.mark.check("phase1.config")
        def test_config():
            assert int("1") == 1
        """
    )
    return lambda *args, **more: CliRunner().invoke(main, args, **more)


@pytest.fixture
def run_gate(desk: Callable[..., Result], pytester: pytest.Pytester) -> Callable[..., int]:
    """Run pytest on the checklist of `desk`; returns its exit status."""
    return lambda *args: int(pytester.runpytest_subprocess("-p", "no:randomly", *args).ret)
