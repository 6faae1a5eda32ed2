"""The plan as a file: how ``deploycheck`` learns from pytest what a run would look at, and with which settings."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_deploycheck.plan import Plan
from pytest_deploycheck.redaction import shown_targets
from pytest_deploycheck.report.json import plan_to_json
from pytest_deploycheck.settings import settings_of
from pytest_deploycheck.target import describe_release


def write_plan(path: str, plan: Plan, config: pytest.Config) -> None:
    """Write phases, checks, stray task lines and the settings that the command line needs, as JSON."""
    strays = list(plan.checklist.strays) if plan.checklist else []
    loose = list(plan.checklist.loose) if plan.checklist else []
    with open(path, "w", encoding="utf-8") as file:
        file.write(plan_to_json(plan.phases, plan.checks, strays=strays, loose=loose, settings=_settings(config)))


def _settings(config: pytest.Config) -> dict[str, Any]:
    settings, shown = settings_of(config), shown_targets(config)
    described = ""
    if not settings.release and shown[:1] != settings.targets[:1]:
        # Without its secrets nobody else can reach the target to ask for its release.
        described = describe_release(settings.targets[0], base=settings.root)
    return {
        "root": str(settings.root),
        "record": str(settings.record),
        "release": settings.release,
        #: What version control says, where only this process can know.
        "described": described,
        "targets": list(shown),
        "approvals": str(settings.approvals),
        "four_eyes": settings.four_eyes,
        "signers": {group: list(members) for group, members in settings.signers.items()},
    }
