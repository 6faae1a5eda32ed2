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
