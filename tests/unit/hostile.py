"""Texts that try to be more than text, and whole runs made of them."""

from __future__ import annotations

from dataclasses import replace

from builders import make_check, make_phase, make_result, make_run
from hypothesis import strategies as st
from vouching import waiver

from pytest_deploycheck.core.model import Evidence, Flag, Measurement, Run, Section, Severity, Status

HOSTILE = (
    "<script>alert(1)</script>",
    "]]></text></svg><h1>GO</h1>",
    "\x1b[2J\x1b[32mGO\x1b[0m",
    "nul\x00nul",
    "half a pair \ud800",
    "turned \u202eOG-ON\u202c round",
    "| a | cell |\n| --- | --- |",
    "`code` **bold** _it_ ~~gone~~ [link](https://example.org) ![x](y) <b>html</b> :tada: @everyone #1 $x$",
    "\n::error file=x::injected\n::stop-commands::x",
    "%0A::error::injected",
    "\r\n::set-output name=x::y",
    "</td></tr></table>\n\n# GO\n",
    "&lt;b&gt; &#x3c; &amp;amp;",
    "\\| \\` \\",
    "größe 部署 🚀",
    "x" * 5000,
)
#: Any text at all, lone surrogates and control characters too.
any_text = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=30))


@st.composite
def hostile_runs(draw: st.DrawFn) -> Run:
    """A run of two phases in which every text is hostile."""
    results = []
    for number in range(draw(st.integers(0, 5))):
        check = make_check(
            f"phase{draw(st.sampled_from([1, 2]))}.c{number}{draw(any_text)}",
            phase="phase1",
            title=draw(any_text),
            owner=draw(any_text),
            remediation=draw(any_text),
            nodeid=draw(any_text),
            source=draw(any_text | st.just("a,b:c.py:12")),
            target=draw(any_text),
            severity=draw(st.sampled_from(Severity)),
        )
        results.append(
            make_result(
                draw(st.sampled_from(Status)),
                replace(check, phase=draw(st.sampled_from(["phase1", "phase2"]))),
                reason=draw(any_text),
                flags=draw(st.sampled_from([(), (Flag.WAIVED,), (Flag.FLAKY,)])),
                duration_s=draw(st.floats(0, 1e6)),
                measurements=(
                    Measurement(name=draw(any_text), value=draw(st.floats()), max=draw(st.floats() | st.none())),
                ),
                evidence=(Evidence(kind="text", name="failure", text=draw(any_text)),),
                waiver=draw(st.none() | st.builds(waiver, by=any_text.filter(bool), reason=any_text.filter(bool))),
            )
        )
    phases = [make_phase("phase1", title=draw(any_text)), make_phase("phase2", selected=draw(st.booleans()))]
    run = make_run([replace(result, measurements=()) for result in results], phases=phases, closed=draw(st.booleans()))
    return replace(
        run,
        release=draw(any_text),
        run_id=draw(any_text),
        targets=(draw(any_text),),
        notes=(draw(any_text),),
        environment={"platform": draw(any_text)},
        sections=(
            Section(title=draw(any_text), text=draw(any_text), columns=(draw(any_text),), rows=((draw(any_text),),)),
        ),
    )
