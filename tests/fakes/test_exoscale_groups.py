"""Groups on Exoscale, through the library and the real SDK, measured where machines really are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

import antiaffinity as aa
from fakes.exoscale_stage import FRANKFURT, GENEVA, VIENNA, Stage, hypervisors, stage


@pytest.fixture
def one_zone() -> Iterator[Stage]:
    """Twenty hypervisors in one zone."""
    with stage(hypervisors(ch_gva_2=20)) as there:
        yield there


@pytest.fixture
def three_zones() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=10, de_fra_1=10, at_vie_1=10)) as there:
        there.exo.settings.quota["instance"] = 40
        yield there


@pytest.mark.parametrize("members", [3, 8])
def test_members_in_one_zone_are_on_as_many_hypervisors(members: int, one_zone: Stage) -> None:
    report = one_zone.roll_out(members)
    assert (report.verdict, len(set(one_zone.hosts))) == ("promised", members)
    assert list(one_zone.groups.values()) == [members]


def test_twenty_four_over_three_zones_are_in_three_groups(three_zones: Stage) -> None:
    report = three_zones.roll_out(24)
    assert report.exit_code == 0
    assert three_zones.zones == {GENEVA: 8, FRANKFURT: 8, VIENNA: 8}
    assert len(set(three_zones.hosts)) == 24
    assert list(three_zones.groups.values()) == [8, 8, 8]


def test_sixteen_in_one_zone_are_apart_by_six_groups_that_cover_every_pair(one_zone: Stage) -> None:
    report = one_zone.roll_out(16)
    assert (report.verdict, len(one_zone.hosts), len(set(one_zone.hosts))) == ("promised", 16, 16)
    assert list(one_zone.groups.values()) == [8] * 6
    inside = [{*instance.groups} for instance in one_zone.exo.state.instances.values()]
    assert {len(groups) for groups in inside} == {3}
    assert all(one & other for one, other in combinations(inside, 2))


def test_planned_for_twelve_they_grow_without_moving_anybody(one_zone: Stage) -> None:
    one_zone.roll_out(3, planned=12)
    before = {machine.member: machine.id for machine in one_zone.world.running()}
    assert {len(instance.groups) for instance in one_zone.exo.state.instances.values()} == {2}
    report = one_zone.roll_out(12, planned=12)
    after = {machine.member: machine.id for machine in one_zone.world.running()}
    assert before.items() <= after.items()
    assert (report.verdict, len(set(one_zone.hosts)), len(one_zone.groups)) == ("promised", 12, 3)


def test_each_member_is_told_with_its_set(one_zone: Stage) -> None:
    one_zone.roll_out(10)
    sets = [seen.part["host"] for seen in one_zone.group(10).machines()]
    assert sorted(map(sets.count, (1, 2, 3))) == [3, 3, 4]


def test_the_ninth_of_a_group_that_was_not_planned_larger_names_whom_to_make_anew(one_zone: Stage) -> None:
    one_zone.roll_out(8)
    one_zone.requests.clear()
    with pytest.raises(aa.LimitExceeded, match="db-0, db-1") as error:
        one_zone.roll_out(9)
    assert any("planned: 9" in way for way in error.value.ways_out)
    assert (len(one_zone.hosts), len(one_zone.groups)) == (8, 1)
    assert not [asked for asked in one_zone.requests if asked.startswith("POST")]


def test_a_soft_rule_is_kept_by_groups_while_there_are_hypervisors(one_zone: Stage) -> None:
    report = one_zone.roll_out(9, rules="soft-anti-affinity")
    assert (report.verdict, report.exit_code, len(set(one_zone.hosts))) == ("promised", 0, 9)


def test_a_soft_rule_goes_outside_its_group_when_that_refuses() -> None:
    with stage(hypervisors(ch_gva_2=4)) as there:
        report = there.roll_out(6, rules="soft-anti-affinity")
        assert (report.exit_code, list(there.groups.values())) == (4, [4])
        assert (len(there.hosts), len(set(there.hosts))) == (6, 4)


def test_a_group_that_our_own_fill_keeps_nobody_of_a_soft_rule_away(one_zone: Stage) -> None:
    one_zone.roll_out(8)
    one_zone.roll_out(9, rules="soft-anti-affinity")
    assert (len(one_zone.hosts), list(one_zone.groups.values())) == (9, [8])


def test_a_hand_made_machine_that_becomes_a_member_keeps_its_labels(one_zone: Stage) -> None:
    theirs, client = one_zone.theirs(), one_zone.exo.client()
    more = {"labels": {"role": "db"}, "anti_affinity_groups": [{"id": theirs}]}
    id_ = client.create_instance(**one_zone.exo.machine, **more)["reference"]["id"]
    one_zone.wait()
    group = one_zone.group(2, adopt={"host": theirs})
    group.bind("db-0", id_)
    mark = group.key.marks("db-0")
    assert client.get_instance(id=id_)["labels"] == {"role": "db", **mark}


def test_names_stay_when_members_go_and_come_back(one_zone: Stage) -> None:
    one_zone.roll_out(5)
    before = {machine.member: machine.id for machine in one_zone.world.running()}
    for gone in ("db-3", "db-4"):
        one_zone.kill(aa.Machine(before.pop(gone), gone, ""))
    one_zone.wait()
    one_zone.roll_out(5)
    after = {machine.member: machine.id for machine in one_zone.world.running()}
    assert before.items() <= after.items()
    assert sorted(after) == ["db-0", "db-1", "db-2", "db-3", "db-4"]
    assert (len(set(one_zone.hosts)), list(one_zone.groups.values())) == (5, [5])


def test_the_groups_say_whose_they_are(three_zones: Stage) -> None:
    three_zones.roll_out(10)
    groups = three_zones.exo.state.groups.values()
    assert all(group.name.startswith("shop-prod-db-") for group in groups)
    assert all('"owner":"shop/prod","group":"db"' in (group.description or "") for group in groups)
    (found,) = three_zones.connect().groups("shop/prod")
    assert set(found[1].natives) == set(three_zones.groups)
    assert len(found[1].instances) == 10


def test_members_are_told_with_their_groups_and_the_zone_that_these_serve(three_zones: Stage) -> None:
    three_zones.roll_out(10)
    for seen in three_zones.group(10).machines():
        (native,) = seen.memberships["host"]
        assert native in three_zones.groups
        assert seen.within == {"host": seen.domains["zone"]}


def test_only_the_zones_that_are_named_are_used(three_zones: Stage) -> None:
    three_zones.roll_out(4, zones=[VIENNA])
    three_zones.roll_out(4, name="web", zone=GENEVA)
    assert three_zones.zones == {VIENNA: 4, GENEVA: 4}
    three_zones.requests.clear()
    three_zones.group(4, zones=[VIENNA]).machines()
    assert not [asked for asked in three_zones.requests if FRANKFURT in asked]


def test_an_interrupted_launch_is_found_again_by_its_labels(one_zone: Stage) -> None:
    def cut(placement: aa.Placement) -> str:
        one_zone.boot(placement)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_zone.group(2).roll_out(cut, one_zone.kill)
    (first,) = one_zone.exo.state.instances
    assert one_zone.roll_out(2).exit_code == 0
    assert first in {machine.id for machine in one_zone.world.running()}
    assert len(set(one_zone.hosts)) == len(one_zone.hosts) == 2


def test_a_type_is_only_looked_for_in_zones_that_have_it(three_zones: Stage) -> None:
    small = next(one for one in three_zones.exo.state.types.values() if one.size == "small")
    there = {**three_zones.exo.state.types, small.id: type(small)("standard", "small", 2, 2048, (VIENNA,))}
    three_zones.exo.state.types = there
    plan = three_zones.group(2, size={"type": "standard.small"}).plan()
    assert {placement.domains["zone"] for placement in plan.placements} == {VIENNA}
    nowhere = three_zones.group(2, size={"type": "standard.huge"}).candidates("db-0")
    assert nowhere
    assert all("standard.huge" in str(one) for one in nowhere)
