"""Our part of pytest-html's own report."""

from html import unescape

import pytest

FAILING = """
    import pytest

    @pytest.mark.phase1
    @pytest.mark.check("phase1.bad", remediation="<b>mend</b> it", owner="bob")
    def test_bad():
        assert "<img onerror=x>" == ""

    @pytest.mark.phase2
    def test_later(): pass
"""


@pytest.fixture
def page(pytester: pytest.Pytester) -> str:
    pytester.makeini("[pytest]\ndeploycheck_phases =\n    phase1: Build\n    phase2: Later\n")
    pytester.makepyfile(FAILING)
    pytester.runpytest_subprocess("--html=page.html", "--self-contained-html", "-p", "no:randomly")
    return (pytester.path / "page.html").read_text(encoding="utf-8")


def test_the_board_stands_on_top_as_static_html(page: str) -> None:
    """It is there without a script: in the page's own markup, verdict and reason in words."""
    markup = page.partition("data-container")[0]

    assert "<th scope='row'>phase1</th><td><strong>NO-GO</strong></td>" in markup
    assert "<th scope='row'>phase2</th><td><strong>BLOCKED</strong></td>" in markup


def test_what_we_put_in_is_escaped(page: str) -> None:
    """pytest-html would run it: our strings must not carry markup."""
    section = page.partition("<section>")[2].partition("</section>")[0]

    assert "&lt;b&gt;mend&lt;/b&gt; it" in section
    assert "<img" not in section


def test_every_row_has_its_phase_and_status(page: str) -> None:
    """A blocked row is told apart from a skipped one, and none is lost."""
    rows = unescape(page)

    assert '"<td>phase1</td>", "<td>FAIL</td>"' in rows
    assert '"<td>phase2</td>", "<td>BLOCKED</td>"' in rows


def test_a_run_without_checks_is_left_alone(pytester: pytest.Pytester) -> None:
    """No board, and the report is written."""
    pytester.makepyfile("def test_plain(): pass")
    pytester.runpytest_subprocess("--html=page.html", "-p", "no:randomly")

    assert "Deployment checklist" not in (pytester.path / "page.html").read_text(encoding="utf-8")
