"""The life of a group as its users hold it: planned, rolled out, verified, shrunk, released; on a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import antiaffinity as aa


class Yard:
    """A folder with an inventory, and the machines that the tests launch onto its hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machines: dict[str, str] = {}
        self.full: set[str] = set()
        self.made = 0
        self.hosts(*(f"h{n} z{n % 3}" for n in range(6)))

    def hosts(self, *lines: str, name: str = "hosts.yaml") -> None:
        rows = [dict(zip(("name", "zone", "rack"), line.split(), strict=False)) for line in lines]
        text = "\n".join("- " + ", ".join(f"{k}: {v}" for k, v in row.items()).join("{}") for row in rows)
        (self.folder / name).write_text(f"hosts:\n{text}\n")

    def cloud(self, inventory: str = "hosts.yaml", owner: str = "shop") -> aa.Estate:
        return aa.connect("pool", owner=owner, inventory=str(self.folder / inventory))

    def boot(self, placement: aa.Placement) -> str:
        """Launch where the arguments say, as a user's own tool would."""
        host = f"{placement.cloud}:{placement.arguments(image='debian')['host']}"
        if host.partition(":")[2] in self.full:
            raise aa.NoCapacity("the host is full")
        self.made += 1
        machine = f"vm-{self.made}"
        self.machines[machine] = host
        return machine

    def kill(self, machine: aa.Machine) -> None:
        self.machines.pop(machine.id or "", None)

    def crowd(self) -> int:
        """How many machines the fullest host really has."""
        return max(Counter(self.machines.values()).values(), default=0)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def test_six_members_are_on_six_hosts_and_it_is_promised_not_held(yard: Yard) -> None:
    report = yard.cloud().group("db", members=6, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    assert (report.verdict, report.exit_code, report.strict_exit_code) == ("promised", 0, 4)
    assert (len(yard.machines), yard.crowd()) == (6, 1)


def test_a_plan_and_a_report_print_as_tables(yard: Yard) -> None:
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    first, _, heads, *_ = str(group.plan()).splitlines()
    assert (first, heads.split()) == ("group db of shop: fits", ["MEMBER", "ZONE", "HOST", "MACHINE", "WHY"])
    report = str(group.roll_out(yard.boot, yard.kill))
    assert report.startswith("group db of shop: promised")
    assert "vm-1" in report


def test_a_second_run_launches_nobody(yard: Yard) -> None:
    group = yard.cloud().group("db", members=3, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    assert group.roll_out(yard.boot, yard.kill).launched == ()
    assert len(yard.machines) == 3


def test_a_member_too_many_is_refused_before_anything_is_launched(yard: Yard) -> None:
    group = yard.cloud().group("db", members=7, rules="anti-affinity")
    assert group.plan().verdict == "short"
    with pytest.raises(aa.NoCapacity, match="shop/db") as refused:
        group.roll_out(yard.boot, yard.kill)
    assert refused.value.ways_out
    assert yard.machines == {}
    assert group.machines() == []


def test_stacked_members_share_hosts_evenly_and_it_is_said(yard: Yard) -> None:
    group = yard.cloud().group("db", members=9, rules="anti-affinity", saturated="stack")
    report = group.roll_out(yard.boot, yard.kill)
    assert sorted(Counter(yard.machines.values()).values()) == [1, 1, 1, 2, 2, 2]
    assert any("stacked" in rule.note for rule in report.rules)


def test_scaling_out_moves_nobody(yard: Yard) -> None:
    yard.cloud().group("db", members=3, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    before = dict(yard.machines)
    yard.cloud().group("db", members=5, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    assert before.items() <= yard.machines.items()
    assert (len(yard.machines), yard.crowd()) == (5, 1)


def test_a_host_that_refuses_is_left_out_and_another_one_taken(yard: Yard) -> None:
    group = yard.cloud().group("db", members=3, rules="anti-affinity")
    first = group.plan().placements[0].domains["host"]
    yard.full = {first}
    report = group.roll_out(yard.boot, yard.kill)
    assert report.verdict == "promised"
    assert f":{first}" not in yard.machines.values()


def test_the_last_of_many_hosts_is_found_although_all_others_refuse(yard: Yard) -> None:
    yard.hosts(*(f"h{n} z{n % 3}" for n in range(20)))

    def boot(placement: aa.Placement) -> str:
        if len(yard.full) < 19:
            yard.full.add(placement.domains["host"])
        return yard.boot(placement)

    yard.cloud().group("db", members=1, rules="anti-affinity").roll_out(boot, yard.kill)
    assert (len(yard.full), len(yard.machines)) == (19, 1)


def test_when_every_host_refuses_the_error_names_the_group_and_nothing_stays_claimed(yard: Yard) -> None:
    yard.full = {f"h{n}" for n in range(6)}
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    with pytest.raises(aa.NoCapacity, match="shop/db"):
        group.roll_out(yard.boot, yard.kill)
    yard.full = set()
    again = yard.cloud().group("db", members=2, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    assert (again.verdict, again.missing) == ("promised", ())


def test_an_error_of_the_launch_comes_out_unchanged_after_its_discard(yard: Yard) -> None:
    discarded: list[str | None] = []

    def explode(placement: aa.Placement) -> str:
        raise OSError("the image is broken")

    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    with pytest.raises(OSError, match="the image is broken"):
        group.roll_out(explode, lambda machine: discarded.append(machine.id))
    assert discarded == [None]
    assert yard.cloud().group("db", members=2).roll_out(yard.boot, yard.kill).missing == ()


def test_interrupted_in_the_middle_the_next_run_says_what_is_in_doubt(yard: Yard) -> None:
    def interrupted(placement: aa.Placement) -> str:
        if yard.machines:
            raise KeyboardInterrupt
        return yard.boot(placement)

    with pytest.raises(KeyboardInterrupt):
        yard.cloud().group("db", members=3, rules="anti-affinity").roll_out(interrupted, yard.kill)
    group = yard.cloud().group("db", members=3, rules="anti-affinity")
    report = group.verify()
    assert len(report.missing) == 2
    assert any("not bound yet" in finding.message for finding in report.findings)
    group.release(list(report.missing))
    assert group.roll_out(yard.boot, yard.kill).missing == ()
    assert (len(yard.machines), yard.crowd()) == (3, 1)


def test_what_became_of_a_claim_can_be_told_by_find(yard: Yard) -> None:
    yard.cloud().group("db", members=2, rules="anti-affinity").prepare()
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    group.resolve({"db-0": "vm-9"}.get)
    assert [seen.instance for seen in group.machines() if seen.state == "running"] == ["vm-9"]


def test_shrinking_names_who_goes_and_who_stays(yard: Yard) -> None:
    group = yard.cloud().group("db", members=4, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    plan = group.plan(shrink=1)
    zone = {seen.member: seen.domains["zone"] for seen in group.machines()}
    fullest = Counter(zone.values()).most_common(1)[0][0]
    [victim] = plan.victims
    assert zone[victim] == fullest
    assert set(plan.members) == set(zone) - {victim}


def test_a_member_that_spec_no_longer_names_is_surplus_and_named(yard: Yard) -> None:
    yard.cloud().group("db", members=3, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    report = yard.cloud().group("db", members=2, rules="anti-affinity").verify()
    assert [seen.member for seen in report.surplus] == ["db-2"]
    assert len(yard.machines) == 3


def test_a_released_member_can_be_placed_again(yard: Yard) -> None:
    group = yard.cloud().group("db", members=3, rules="anti-affinity")
    group.roll_out(yard.boot, yard.kill)
    gone = next(seen for seen in group.machines() if seen.member == "db-1")
    yard.machines.pop(gone.instance)
    group.release(["db-1"])
    group.roll_out(yard.boot, yard.kill)
    assert (len(yard.machines), yard.crowd()) == (3, 1)


def test_a_group_with_machines_is_not_released(yard: Yard) -> None:
    group = yard.cloud().group("db", members=1)
    group.roll_out(yard.boot, yard.kill)
    with pytest.raises(aa.StillOccupied):
        group.release()
    group.release(["db-0"])
    group.release()
    group.release()


def test_a_machine_made_by_hand_is_bound_where_it_is_said_to_be(yard: Yard) -> None:
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    group.bind("db-0", "by-hand", at={"host": "h4"})
    report = group.roll_out(yard.boot, yard.kill)
    assert ":h4" not in yard.machines.values()
    assert {seen.instance for seen in report.machines} == {"by-hand", *yard.machines}


def test_candidates_say_where_and_why_not(yard: Yard) -> None:
    group = yard.cloud().group("db", members=2, rules="anti-affinity", never={"host": ["h5"]})
    group.roll_out(yard.boot, yard.kill)
    found = {one.domains["host"]: one for one in group.candidates("db-0")}
    other = next(seen.domains["host"] for seen in group.machines() if seen.member == "db-1")
    assert (found["h5"].allowed, "never" in found["h5"].reason) == (False, True)
    assert (found[other].allowed, "anti-affinity" in found[other].reason) == (False, True)
    assert sum(one.allowed for one in found.values()) == 4


def test_one_rule_spans_two_pools(yard: Yard) -> None:
    yard.hosts("a1 z1", "a2 z1", name="dc.yaml")
    yard.hosts("b1 z1", "b2 z2", name="eu.yaml")
    both = aa.estate({"dc": yard.cloud("dc.yaml"), "eu": yard.cloud("eu.yaml")})
    group = both.group("db", members=4, rules=[aa.Spread("provider"), aa.AntiAffinity("host")])
    report = group.roll_out(yard.boot, yard.kill)
    assert Counter(host.partition(":")[0] for host in yard.machines.values()) == {"dc": 2, "eu": 2}
    assert (yard.crowd(), report.exit_code) == (1, 0)


def test_hosts_of_one_name_in_two_pools_are_two_hosts(yard: Yard) -> None:
    yard.hosts("h1 z1", name="dc.yaml")
    yard.hosts("h1 z1", name="eu.yaml")
    both = aa.estate({"dc": yard.cloud("dc.yaml"), "eu": yard.cloud("eu.yaml")})
    report = both.group("db", members=2, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    assert sorted(yard.machines.values()) == ["dc:h1", "eu:h1"]
    assert report.exit_code == 0


def test_the_clouds_of_an_estate_have_one_owner(yard: Yard) -> None:
    with pytest.raises(aa.InvalidRequest, match="one owner"):
        aa.estate({"a": yard.cloud(owner="shop"), "b": yard.cloud(owner="bank")})


def test_a_rule_at_a_level_that_no_host_states_is_refused(yard: Yard) -> None:
    with pytest.raises(aa.InvalidRequest, match="states its rack"):
        yard.cloud().group("db", members=2, rules=aa.AntiAffinity("rack")).plan()


def test_hosts_that_lack_the_level_of_a_rule_take_none_of_its_members(yard: Yard) -> None:
    yard.hosts("h1 z1 r1", "h2 z1 r2", "h3 z1")
    plan = yard.cloud().group("db", members=2, rules=aa.AntiAffinity("rack")).plan()
    assert {placement.domains["host"] for placement in plan.placements} == {"h1", "h2"}
    assert any("h3" in finding.message for finding in plan.findings)


def test_two_groups_do_not_begin_on_the_same_host(yard: Yard) -> None:
    yard.hosts(*(f"h{n} z1" for n in range(40)))
    firsts = {
        yard.cloud().group(name, members=1, rules="anti-affinity").plan().placements[0].domains["host"]
        for name in ("a", "b", "c", "d", "e", "f", "g", "h")
    }
    assert len(firsts) > 4


def test_the_launch_is_told_how_far_the_run_is(yard: Yard) -> None:
    steps: list[tuple[str, int, int]] = []

    def note(step: object) -> None:
        steps.append((step.kind, step.done, step.total))  # type: ignore[attr-defined]

    yard.cloud().group("db", members=2, rules="anti-affinity").roll_out(yard.boot, yard.kill, progress=note)
    assert [step for step in steps if step[0] == "placed"] == [("placed", 1, 2), ("placed", 2, 2)]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda group: group.candidates("nobody"), "member"),
        (lambda group: group.bind("nobody", "vm"), "member"),
        (lambda group: group.plan(shrink=9), "shrink"),
    ],
)
def test_a_slip_of_the_pen_names_its_field(
    yard: Yard, call: Callable[[aa.Group], object], field: str
) -> None:
    with pytest.raises(aa.InvalidRequest) as wrong:
        call(yard.cloud().group("db", members=2))
    assert wrong.value.path == field


def test_a_reason_counts_no_level_that_the_host_lacks(yard: Yard) -> None:
    yard.hosts("h1", "h2 z1 r1")
    plan = yard.cloud().group("db", members=2, rules="anti-affinity").plan()
    reasons = {placement.domains["host"]: placement.reason for placement in plan.placements}
    assert reasons == {"h1": "fewest of the group: h1 1", "h2": "fewest of the group: z1 1, r1 1, h2 1"}


def test_one_hand_takes_what_is_surplus_and_what_a_launch_left(yard: Yard) -> None:
    yard.cloud().group("db", members=3, rules="anti-affinity").roll_out(yard.boot, yard.kill)
    group = yard.cloud().group("db", members=2, rules="anti-affinity")
    for machine in group.verify().surplus:
        yard.machines.pop(str(machine.id))
        group.release([machine.member])
    assert (len(yard.machines), group.verify().surplus) == (2, ())
