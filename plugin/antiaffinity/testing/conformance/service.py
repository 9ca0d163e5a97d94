"""Where a member may not be any more: every verb says so, and a repair moves it or says why not."""

from __future__ import annotations

from collections.abc import Iterable

from antiaffinity.group import Group
from antiaffinity.model import Finding, Level, Size
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Script, Stage
from antiaffinity.testing.conformance.trials import Wanted, small
from antiaffinity.testing.world import Machine


def a_member_on_a_place_out_of_service_is_told(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    first, size = _one_is_retired(stage, wanted)
    if size is None:
        return
    with stage.script(wanted) as script:
        group = _sized(script, wanted, size)
        _assert_told(group, "out-of-service", first.member)


def a_member_on_a_place_out_of_service_is_moved_by_a_repair_or_named(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    first, size = _one_is_retired(stage, wanted)
    if size is None:
        return
    with stage.script(wanted) as script:
        group = _sized(script, wanted, size)
        stuck = _named(group.plan(repair=True).findings, "no-repair")
        report = group.roll_out(script.launch, script.discard, script.deployer.start, repair=True)
        left = _named(report.findings, "out-of-service")
        assert left == stuck & left, f"{left} are left where they were, and only {stuck} cannot move"
        assert left or first.member in {move.member for move in report.moved}, f"{report}"
    there = sorted(machine.member for machine in stage.machines(wanted))
    assert there == sorted(wanted.names), f"{there} after a repair"


def a_member_where_lists_exclude_it_now_is_told_by_verify_too(fresh: Fresh) -> None:
    stage = Stage(fresh)
    wanted = small(stage.trial, 2)
    stage.roll_out(wanted)
    with stage.script(wanted) as script:
        level, name, member = _place_of_one(script.group)
        group = script.deployer.cloud.group(
            wanted.name, members=wanted.members, rules=wanted.rules, never={level: [name]}
        )
        _assert_told(group, "excluded", member)


def _one_is_retired(stage: Stage, wanted: Wanted) -> tuple[Machine, Size | None]:
    """A member whose place goes out of service, and the size concerned; None where no user could see it."""
    stage.roll_out(wanted)
    first = stage.machines(wanted)[0]
    assert first.place
    return first, stage.cloud.retire(first.place)


def _place_of_one(group: Group) -> tuple[Level, str, str]:
    """The innermost place of a member that lists can name."""
    seen = group.look()
    one = seen.machines[0]
    level = next(lv for lv in reversed(seen.topology.levels) if lv in one.domains)
    return level, one.domains[level], one.member


def _sized(script: Script, wanted: Wanted, size: Size) -> Group:
    return script.deployer.cloud.group(
        wanted.name, members=wanted.members, rules=wanted.rules, size=dict(size)
    )


def _assert_told(group: Group, kind: str, member: str) -> None:
    """By verify as by plan, and neither ends well."""
    report, plan = group.verify(), group.plan()
    assert member in _named(report.findings, kind), f"verify does not name {member}: {report}"
    assert member in _named(plan.findings, kind), f"plan does not name {member}: {plan}"
    assert (report.exit_code, plan.exit_code) in {(4, 4), (1, 1), (4, 1), (1, 4)}, f"{report}\n{plan}"


def _named(findings: Iterable[Finding], kind: str) -> set[str]:
    return {finding.member for finding in findings if finding.kind == kind}
