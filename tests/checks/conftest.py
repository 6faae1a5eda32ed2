"""What the tests of the checklist share."""

import sys
from pathlib import Path

import pytest
from looking import Sample
from operating import ROOT

# The checks are a package of the repository, not of the distribution.
sys.path.insert(0, str(ROOT))


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A copy of the sample target, not broken yet."""
    return Sample(place=tmp_path)
