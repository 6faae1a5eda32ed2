"""The sections of the HTML report beside the phases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from builders import LATER, NOON, make_check, make_phase, make_result, make_run
from test_report_html import parse, section, tables, text

from pytest_deploycheck.core import model
from pytest_deploycheck.core.model import (
    Approvals,
    CheckResult,
    Decision,
    Evidence,
    Flag,
    Kind,
    Measurement,
    Proof,
    Rollback,
    Run,
    Severity,
    Signoff,
    Waiver,
)
from pytest_deploycheck.report.html import Source, render, styles

MANUAL = {"kind": Kind.MANUAL, "nodeid": ""}


def anchors(run: Run) -> list[str]:
    return [str(part.get("aria-labelledby")) for part in parse(run).iter("section")]


def test_sign_offs_outstanding_stand_by_owner() -> None:
    results = [
        make_result("PENDING", make_check("phase1.a", owner="support", **MANUAL)),
        make_result("PENDING", make_check("phase1.b", **MANUAL)),
        make_result("PENDING", make_check("phase2.c", owner="support", **MANUAL)),
        make_result("PASS", make_check("phase2.d", owner="support", **MANUAL)),
        make_result("PENDING", make_check("phase2.e", owner="support", **MANUAL), flags=(Flag.WAIVED,)),
    ]
    (found,) = tables(section(parse(make_run(results)), "signoffs"))
    assert found[1:] == [["support", "2", "phase1.a, phase2.c"], ["no owner named", "1", "phase1.b"]]
    assert "signoffs" not in anchors(make_run(results[3:]))


def test_the_timeline_says_when_each_phase_ran_and_what_blocked() -> None:
    reason = "phase1 is NO-GO: phase1.a FAIL"
    run = make_run([make_result("FAIL", "phase1.a"), make_result("BLOCKED", "phase2.a", reason=reason)])
    first = replace(run.phases[0], opened=NOON, decided=NOON + timedelta(seconds=45))
    last = replace(run.phases[1], opened=LATER, decided=LATER)
    part = section(parse(replace(run, phases=(first, last))), "timeline")
    (rows,) = tables(part)
    assert rows[1] == ["phase1", "NO-GO", "2026-01-02 12:00:00 UTC", "45 s", "phase1: 45 s of 90 s"]
    assert rows[2] == ["phase2", "BLOCKED", "2026-01-02 12:01:30 UTC", "", reason]


def test_of_phases_that_are_blocked_for_one_reason_the_first_alone_tells_it_whole() -> None:
    reason = "phase1 is NO-GO: phase1.a FAIL: broken"
    blocked = [make_result("BLOCKED", f"phase{number}.a", reason=reason, duration_s=0.001) for number in (2, 3, 4)]
    page = parse(make_run([make_result("FAIL", "phase1.a", reason="broken"), *blocked]))
    (board,) = tables(section(page, "board"))
    told = [reason, *["phase1 is NO-GO, as above"] * 2]
    assert [row[-1] for row in board[2:]] == told
    assert [row[-1] for row in tables(section(page, "timeline"))[0][2:]] == told
    # With its own checks each says it whole, and none says that it took a moment.
    assert text(section(page, "phase-phase4")).count(reason) == 2
    assert tables(section(page, "phase-phase4"))[0][1][2] == ""


def measured(value: float, name: str = "latency", id: str = "phase1.a", **limits: Any) -> CheckResult:
    return make_result("PASS", id, measurements=(Measurement(name=name, value=value, unit="s", **limits),))


def test_phases_that_were_not_opened_are_named_once() -> None:
    run = make_run([make_result("PASS", "phase1.a"), make_result("PASS", "phase2.a")])
    phases = (run.phases[0], replace(run.phases[1], opened=None))
    part = section(parse(replace(run, phases=phases)), "timeline")
    assert "Not opened: phase2." in text(part)
    assert [row[0] for row in tables(part)[0]] == ["Phase", "phase1"]


def test_a_phase_that_was_not_looked_at_is_folded_and_whole() -> None:
    phases = [make_phase("phase1"), make_phase("phase2", selected=False)]
    owned = make_check("phase2.a", remediation="see the runbook")
    page = parse(make_run([make_result("PASS", "phase1.a"), make_result("NOT_RUN", owned)], phases=phases))
    (folded,) = section(page, "phase-phase2").iter("details")
    assert folded.get("open") is None
    assert "1 check, none looked at" in text(folded)
    assert "Title of phase2.a" in text(folded)
    # Nothing is wrong with it, so there is nothing to mend.
    assert "Way out" not in text(folded)
    assert not list(section(page, "phase-phase1").iter("details"))


def test_the_target_stands_with_each_check_only_where_there_are_several() -> None:
    results = [make_result("PASS", make_check("phase1.a", target=target)) for target in ("popen", "ssh=b")]
    assert "phase1.a on ssh=b" in text(section(parse(make_run(results, targets=["popen", "ssh=b"])), "phase-phase1"))
    assert "phase1.a on" not in text(section(parse(make_run(results[:1], targets=["popen"])), "phase-phase1"))


def test_each_target_has_a_row_of_its_own_to_lead_to() -> None:
    results = [make_result(status, make_check("phase1.a", target=status)) for status in ("PASS", "FAIL", "ERROR")]
    page = parse(make_run(results, targets=["PASS", "FAIL", "ERROR"]))
    ids = [str(row.get("id")) for row in page.iter("tr") if row.get("id")]
    assert ids == ["check-1", "check-2"]
    assert [link.get("href") for link in section(page, "next").iter("a")] == ["#check-1", "#check-2"]


def test_a_limit_of_zero_is_no_close_call() -> None:
    results = [measured(0.01, id="phase1.a", min=0.0), measured(0.9, id="phase1.b", max=1.0)]
    (rows,) = tables(section(parse(make_run(results)), "measurements"))
    assert [row[0] for row in rows[1:]] == ["phase1.b", "phase1.a"]


def test_measurements_stand_with_the_closest_call_first() -> None:
    results = [
        measured(1.0, id="phase1.a", max=10.0),
        measured(9.5, id="phase1.b", max=10.0),
        measured(11.0, id="phase1.c", max=10.0),
        measured(3.0, id="phase1.d"),
    ]
    part = section(parse(make_run(results)), "measurements")
    (rows,) = tables(part)
    assert [row[0] for row in rows[1:]] == ["phase1.c", "phase1.b", "phase1.a", "phase1.d"]
    assert rows[1][2:5] == ["11 s", "max 10: out of limits", "latency = 11 s, max 10: out of limits"]
    assert rows[4][2:5] == ["3 s", "none", ""]
    assert "4 taken, 1 out of limits." in text(part)


def earlier(run: Run, hours: int = 1) -> Run:
    started = run.started - timedelta(hours=hours)
    return replace(run, run_id=f"earlier-{hours}", started=started, finished=started + timedelta(seconds=9))


def test_the_course_of_a_measurement_is_told_in_numbers_and_drawn() -> None:
    run = make_run([measured(0.5, max=1.0)])
    history = [earlier(make_run([measured(value, max=1.0)]), hours) for hours, value in ((1, 0.4), (2, 0.3))]
    page = render(run, history=history)
    assert "<title>latency: 0.3, 0.4, now 0.5</title>" in page
    assert "</svg> 0.3, 0.4</td>" in page


def test_a_carried_measurement_is_told_once() -> None:
    first = earlier(make_run([measured(0.3)]), 2)
    carried = earlier(make_run([replace(measured(0.3), flags=(Flag.CARRIED,), carried_from=first.run_id)]))
    assert "</svg> 0.3</td>" in render(make_run([measured(0.5)]), history=[carried, first])


def test_samples_are_drawn_and_told() -> None:
    soak = Measurement(name="rss", value=80.0, unit="MB", max=100.0, samples=(60.0, 80.0, 70.0))
    part = section(parse(make_run([make_result("PASS", measurements=(soak,))])), "measurements")
    (caption,) = part.iter("figcaption")
    assert (
        text(caption) == "phase1.a: rss: 3 samples: the least 60, the most 80, the last 70 MB; limits, dashed: max 100"
    )


def test_what_changed_is_told_against_the_last_run_and_the_last_go() -> None:
    good = make_run([measured(0.5, max=1.0), make_result("PASS", "phase1.old")])
    bad = make_run([measured(0.5, max=1.0), make_result("FAIL", "phase1.old")])
    run = make_run([measured(0.5, max=2.0), make_result("FAIL", "phase1.new", reason="new and broken")])
    page = parse(run, history=[earlier(bad), earlier(good, 24)])
    (since_last,), (since_go,) = tables(section(page, "changes")), tables(section(page, "changes-go"))
    weakened = ["phase1.a", "limit weakened", "max of latency: was 1, is 2"]
    assert since_last[1:] == [
        weakened,
        ["phase1.old", "removed from the checklist", "Title of phase1.old"],
        ["phase1.new", "new on the checklist", "Title of phase1.new"],
    ]
    assert since_go[1] == ["phase1", "verdict", "was GO, is NO-GO"]
    assert weakened in since_go
    assert "release v1.0, 2026-01-01 12:00:00 UTC, GO" in text(section(page, "changes-go").find("h2"))


def test_nothing_changed_is_said_and_so_is_that_there_is_nothing_to_compare_with() -> None:
    run = make_run([make_result()])
    assert "Nothing changed." in text(section(parse(run, history=[earlier(run)]), "changes"))
    assert "no earlier run on these targets is on record" in text(section(parse(run), "changes"))
    # Of a run that is still on, nobody has looked for earlier ones.
    assert "changes" not in anchors(make_run([make_result()], closed=False))


def test_a_last_run_that_was_go_is_told_of_once() -> None:
    run = make_run([make_result()])
    page = parse(run, history=[earlier(run)])
    assert "changes-go" not in [part.get("aria-labelledby") for part in page.iter("section")]
    assert "It is the last GO as well." in text(section(page, "changes"))


def test_that_no_earlier_run_was_go_is_said() -> None:
    page = parse(make_run([make_result()]), history=[earlier(make_run([make_result("FAIL")]))])
    assert "No earlier run at hand was GO." in text(section(page, "changes"))


def test_a_run_that_was_go_for_what_it_was_asked_for_is_not_called_more() -> None:
    phases = [make_phase("phase1"), make_phase("phase2", selected=False)]
    part_of_it = make_run([make_result("PASS", "phase1.a"), make_result("NOT_RUN", "phase2.a")], phases=phases)
    page = parse(make_run([make_result("PASS", "phase1.a")]), history=[earlier(part_of_it)])
    assert "GO for phase1, INCOMPLETE as a whole)" in text(section(page, "changes").find("h2"))


def test_approvals_are_told_with_what_each_was_worth() -> None:
    signoff = Signoff(
        check="phase1.a",
        by="Ann <ann@example.org>",
        at=NOON - timedelta(hours=1),
        release="v1.0",
        note="seen",
        evidence=(Proof(name="x.png", sha256="ab" * 32),),
    )
    stale = replace(signoff, release="v0.9", decision=Decision.REJECT, evidence=(), expires=NOON + timedelta(days=30))
    waiver = Waiver(
        check="phase1.b",
        by="Bo",
        at=NOON - timedelta(days=1),
        reason="known",
        expires=LATER + timedelta(days=1),
        ticket="T-1",
    )
    results = [
        make_result("PASS", make_check("phase1.a", **MANUAL), signoffs=(signoff,)),
        make_result("FAIL", "phase1.b", reason="404", flags=(Flag.WAIVED,), waiver=waiver),
    ]
    given = Approvals(path="deploycheck-approvals.toml", digest="cd" * 32, signoffs=(signoff, stale), waivers=(waiver,))
    page = parse(replace(make_run(results), checks=tuple(results), approvals=given))
    part = section(page, "approvals")
    signed, waived = tables(part)
    assert signed[1][3:] == ["counted", "never", f"accepted for v1.0; seen; x.png (sha256 {'ab' * 32})"]
    assert signed[2][3].startswith("not counted: ")
    assert waived[1] == [
        "phase1.b",
        "Bo",
        "2026-01-01 12:00:00 UTC",
        "counted",
        "2026-01-03 12:01:30 UTC",
        "known; T-1; for every release",
    ]
    assert "Ends within seven days: phase1.b (2026-01-03 12:01:30 UTC)." in text(part)
    assert "1 of 3 had no effect in this run." in text(part)
    assert "Accepted: by Bo until 2026-01-03 12:01:30 UTC: known (T-1)" in text(section(page, "phase-phase1"))


def test_what_other_plugins_add_stands_there_as_text() -> None:
    given = model.Section(
        title="On <b>call</b>", text="Two of <us>.\nAsk first.", columns=("Who", "Until"), rows=(("Ann", "noon"), ())
    )
    part = section(parse(replace(make_run([make_result()]), sections=(given,))), "added-1")
    assert text(part.find("h2")) == "On <b>call</b>"
    (said,) = part.iter("p")
    assert list(said.itertext()) == ["Two of <us>.", "Ask first."]
    assert [line.tag for line in said] == ["br"]
    assert tables(part) == [[["Who", "Until"], ["Ann", "noon"]]]


def test_the_end_of_the_calendar_is_told_in_its_own_zone() -> None:
    never = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))
    waiver = Waiver(check="phase1.a", by="Bo", at=NOON, reason="known", expires=never)
    run = make_run([make_result("FAIL", flags=(Flag.WAIVED,))])
    page = parse(replace(run, checks=(replace(run.checks[0], waiver=waiver),)))
    assert "until 9999-12-31 23:59:00-12:00: known" in text(section(page, "phase-phase1"))


def test_a_line_with_other_words_is_told() -> None:
    run = make_run([make_result("PASS", make_check("phase1.a", title="As it is now", **MANUAL))])
    before = make_run([make_result("PASS", make_check("phase1.a", title="As it was", **MANUAL))])
    page = parse(run, history=[earlier(before)])
    (rows,) = tables(section(page, "traceability"))
    assert rows[1] == ["phase1.a", "other words", "they were: As it was"]
    assert "0 of 1 checks are judged by a test, 1 by a person." in text(section(page, "traceability"))


def test_the_auditor_finds_journal_and_hashes_in_the_last_section() -> None:
    page = parse(make_run([make_result()]), source=Source(path="rec/v1.0/x.jsonl", sha256="ef" * 32))
    last = list(page.iter("section"))[-1]
    (rows,) = tables(last)
    assert ["journal", "rec/v1.0/x.jsonl"] in rows
    assert ["journal sha256", "ef" * 32] in rows
    assert text(page.find(".//footer")) == (
        f"For the record: run 20260102T120000.000000Z-abc123 of release v1.0; journal rec/v1.0/x.jsonl; sha256 {'ef' * 32}; "
        "python 3.11.7; command: pytest."
    )


def test_what_the_checklist_says_and_the_rollback_stand_with_the_check() -> None:
    words = "Ask the support team.\n\n```\ncall 123\n```"
    results = [
        make_result("PENDING", make_check("phase1.told", text=words, **MANUAL)),
        make_result("FAIL", make_check("phase1.errors", rollback=Rollback.PLANNED)),
        make_result("PASS", make_check("phase1.fine", rollback=Rollback.PLANNED)),
        make_result("PASS", make_check("phase1.seen", text="Look at it.")),
    ]
    part = section(parse(make_run(results)), "phase-phase1")
    pending, passed = part.iter("pre")
    assert "".join(pending.itertext()) == words
    assert text(passed) == "Look at it."
    assert text(part).count("A failure of it asks for a rollback: planned.") == 1


def test_long_tables_are_cut_and_say_so() -> None:
    results = [measured(1.0, id=f"phase1.c{number}", max=2.0) for number in range(130)]
    part = section(parse(make_run(results)), "measurements")
    (rows,) = tables(part)
    assert len(rows) == 101
    assert "30 more are not shown here; each stands with its check above." in text(part)


def test_long_lists_of_steps_are_cut_and_say_so() -> None:
    failed = [make_result("FAIL", f"phase1.c{number}") for number in range(103)]
    advisory = [make_result("FAIL", make_check(f"phase1.a{n}", severity=Severity.ADVISORY)) for n in range(102)]
    part = section(parse(make_run([*failed, *advisory])), "next")
    assert len(list(part.iter("li"))) == 200
    assert "3 more; each stands with its check below." in text(part)
    assert "2 more; each stands with its check below." in text(part)


def test_linked_styles_are_named_and_not_there() -> None:
    page = parse(make_run([make_result()]), stylesheet="x&y.css")
    (link,) = page.iter("link")
    assert (link.get("rel"), link.get("href")) == ("stylesheet", "x&y.css")
    assert list(page.iter("style")) == []
    assert ".verdict" in styles()


def test_evidence_that_was_cut_leads_to_the_whole() -> None:
    cut = Evidence(kind="command", name="dump", text="begin ... end", sha256="ab" * 32, size=123_456_789)
    run = make_run([make_result("FAIL", evidence=(cut,))], release="a/b")
    part = section(parse(run, source=Source(path="rec/a%2Fb/x.jsonl")), "phase-phase1")
    (link,) = part.iter("a")
    # The folder's name holds a percent sign, so its address holds that sign's number.
    assert link.get("href") == f"rec/a%252Fb/evidence/{'ab' * 32}.txt"
    assert "The whole, 117.7 MiB: " in text(part)
