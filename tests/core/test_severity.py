"""What findings make of the exit code of a report and of a plan."""

from __future__ import annotations

import pytest

from antiaffinity.model import Finding, GroupKey, Severity
from antiaffinity.planner.answer import Plan, RuleOutlook
from antiaffinity.report import Report, RuleVerdict

WEIGHTS: list[tuple[Severity, int, int]] = [
    ("note", 0, 0),
    ("strict", 0, 4),
    ("warning", 4, 4),
    ("broken", 1, 1),
]


@pytest.mark.parametrize(("severity", "code", "strict"), WEIGHTS)
def test_a_finding_weighs_on_a_report_that_is_held(severity: Severity, code: int, strict: int) -> None:
    held = RuleVerdict("anti-affinity (host)", "host", True, "held", "DOMAIN")
    report = Report(GroupKey("shop", "db"), (held,), findings=(Finding("x", "y", severity=severity),))
    assert (report.exit_code, report.strict_exit_code) == (code, strict)


@pytest.mark.parametrize(("severity", "code"), [weight[:2] for weight in WEIGHTS])
def test_a_finding_weighs_on_a_plan_that_fits(severity: Severity, code: int) -> None:
    fits = RuleOutlook("anti-affinity (host)", "host", True, "fits")
    plan = Plan((), (fits,), findings=(Finding("x", "y", severity=severity),))
    assert plan.exit_code == code


def test_a_broken_rule_weighs_more_than_a_warning() -> None:
    broken = RuleVerdict("anti-affinity (host)", "host", True, "broken", "DOMAIN")
    report = Report(GroupKey("shop", "db"), (broken,), findings=(Finding("x", "y", severity="warning"),))
    assert (report.exit_code, report.strict_exit_code) == (1, 1)
