"""Where a member may not be any more: told by plan and verify alike, whatever the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.model import Domain, Level, Member, Needs, Observed, State
from antiaffinity.planner.plan import plan
from core.test_group_on_pool import Yard

PLACES = (
    Domain(zone="z1", host="h1", networks=["prod"], capacity={"vcpus": 4}),
    Domain(zone="z1", host="h2", networks=["prod"], usable=False, why="in maintenance"),
    Domain(zone="z2", host="h3", networks=[], capacity={"vcpus": 16}),
)


def there(where: str, state: State = "running") -> Observed:
    names = [name for name in where.split("/") if name]
    levels: tuple[Level, ...] = ("zone", "host")
    return Observed("db-0", "i-0", state, True, dict(zip(levels, names, strict=False)))


def told(seen: Observed, member: Member | None = None, **more: object) -> list[tuple[str, str]]:
    answer = plan([member or Member("db-0")], [seen], PLACES, [aa.AntiAffinity("zone")], **more)  # type: ignore[arg-type]
    found = [one for one in answer.findings if one.kind in ("excluded", "out-of-service")]
    assert {one.severity for one in found} <= {"warning"}
    assert answer.exit_code == (4 if found else 0)
    return [(one.kind, one.message) for one in found]


@pytest.mark.parametrize(
    ("seen", "member", "more", "kind", "words"),
    [
        (there("z1/h2"), None, {}, "out-of-service", "out of service: in maintenance"),
        (
            there("z1/h9"),
            None,
            {},
            "out-of-service",
            "h9, which is not among the places",
        ),
        (there("z9"), None, {}, "out-of-service", "zone z9, which is not among the places any more"),
        (there("z1/h1"), None, {"never": {"host": ["h1"]}}, "excluded", "z1/h1, which the lists exclude now"),
        (
            there("z1/h1"),
            Member("db-0", only={"zone": ["z2"]}),
            {},
            "excluded",
            "which the lists exclude now",
        ),
        (there("z1/h1"), Member("db-0", stay={"zone": "z2"}), {}, "excluded", "has to stay in zone z2"),
        (there("z2/h3"), None, {"needs": Needs(networks=["prod"])}, "excluded", "(needs)"),
        (there("z1/h1"), Member("db-0", size={"vcpus": 8}), {}, "excluded", "(size)"),
        (there("z1/h2", "stopped"), None, {}, "out-of-service", "in maintenance"),
    ],
    ids=["service", "host gone", "zone gone", "never", "only", "stay", "needs", "size", "stopped"],
)
def test_a_member_that_may_not_be_where_it_is_is_told(
    seen: Observed, member: Member | None, more: dict[str, object], kind: str, words: str
) -> None:
    [(said, message)] = told(seen, member, **more)
    assert said == kind
    assert words in message


@pytest.mark.parametrize(
    ("seen", "member"),
    [
        (there("z1/h1"), None),
        (there("z1"), None),  # of two places there one is in service
        (there(""), None),
        (there("z8/h1"), None),  # its zone is called otherwise by now
        (there("z1/h2", "failed"), None),
        (there("z1/h2", "claimed"), None),
        (there("z1/h1"), Member("db-0", size={"vcpus": 4}, only={"rack": ["r1"]})),
    ],
    ids=["well", "zone alone", "not told", "zone renamed", "failed", "claimed", "a level that is not here"],
)
def test_whoever_may_be_there_is_not_named(seen: Observed, member: Member | None) -> None:
    assert told(seen, member) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("h1 z1", "h2 z2", "h3 z3"), ""),
        (("h2 z2", "h3 z3"), "host h1, which is not among the places any more"),
    ],
    ids=["still there", "gone"],
)
def test_verify_and_plan_of_a_pool_tell_of_a_host_that_left_the_inventory(
    yard: Yard, rows: tuple[str, ...], words: str
) -> None:
    group = yard.cloud().group("db", members=1, rules="anti-affinity", only={"host": ["h1"]})
    yard.hosts("h1 z1", "h2 z2", "h3 z3")
    group.roll_out(yard.boot, yard.kill)
    yard.hosts(*rows)
    anywhere = yard.cloud().group("db", members=1, rules="anti-affinity")
    report, planned = anywhere.verify(), anywhere.plan()
    assert (report.exit_code, planned.exit_code) == ((4, 4) if words else (0, 0))
    assert words in str(report)
    assert words in str(planned)


def test_a_repair_moves_a_member_off_a_host_that_left_and_the_rest_stays(yard: Yard) -> None:
    yard.hosts("h1 z1", "h2 z2", "h3 z3")
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    gone = next(iter(yard.machines.values())).lstrip(":")
    yard.hosts(*(f"h{n} z{n}" for n in (1, 2, 3) if f"h{n}" != gone))
    report = group.roll_out(yard.boot, yard.kill, repair=True)
    assert (report.exit_code, len(report.moved), len(report.discarded)) == (0, 1, 1)
    assert gone not in {host.lstrip(":") for host in yard.machines.values()}


def test_a_member_that_cannot_be_moved_is_named_by_the_repair(yard: Yard) -> None:
    yard.hosts("h1 z1", "h2 z2")
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    yard.hosts("h2 z2")
    report = group.roll_out(yard.boot, yard.kill, repair=True)
    assert (report.exit_code, report.discarded) == (4, ())
    assert "has to leave, and no place was found that takes it and breaks nothing more" in str(report)


def test_where_places_cannot_be_asked_the_machines_are_judged_all_the_same(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    [backend] = group.clouds.values()

    def forbidden(need: object) -> None:
        raise aa.NotAuthorized("may not list hosts")

    monkeypatch.setattr(backend, "topology", forbidden)
    report = group.verify()
    assert (report.verdict, report.exit_code, report.strict_exit_code) == ("promised", 0, 4)
    assert "could not be asked: may not list hosts" in str(report)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)
