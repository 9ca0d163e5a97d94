"""Groups on Azure, through the library and the real SDK: measured where machines really are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.model import State
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import GROUP, Refusal
from fakes.azure_deploy import Deploy
from fakes.azure_stage import LOCATION, REGIONAL, User, azure_on, beside, into, regional, zonal


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    with azure_on([*zonal(), *regional()]) as azure:
        yield azure


def changed(azure: FakeAzure) -> list[str]:
    """The requests that were no GET, by method and the last two parts of their path."""
    return [
        f"{one.method} {'/'.join(one.path.split('/')[-2:])}" for one in azure.exchanges if one.method != "GET"
    ]


def on_domains(azure: FakeAzure, members: int, rules: Any = "anti-affinity", **own: Any) -> Deploy:
    return Deploy(azure, members, rules, REGIONAL, **own)


# Apart


def test_five_members_are_spread_over_three_zones(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 5, aa.Spread("zone"))
    assert deploy.roll_out().verdict == "held"
    assert deploy.crowds() == [2, 2, 1]


def test_members_apart_by_host_are_in_three_zones(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 3)
    assert deploy.roll_out().verdict == "held"
    assert deploy.crowds() == [1, 1, 1]


def test_two_domains_take_five_members_three_and_two(azure: FakeAzure) -> None:
    for rules in (aa.Spread("rack"), aa.AntiAffinity("rack", max_per_domain=3)):
        deploy = on_domains(azure, 5, rules)
        assert deploy.roll_out().verdict == "held"
        assert deploy.crowds("rack") == [3, 2]


def test_three_members_apart_on_two_domains_are_refused_before_anything_is_made(azure: FakeAzure) -> None:
    with pytest.raises(aa.AntiaffinityError) as error:
        on_domains(azure, 3, aa.AntiAffinity("rack")).roll_out()
    said = " ".join((str(error.value), *error.value.ways_out, *map(str, error.value.conflict)))
    assert "2" in said
    assert isinstance(error.value, aa.NoCapacity | aa.LimitExceeded)
    assert (changed(azure), azure.world.machines) == ([], {})


def test_the_scale_set_is_made_once_and_for_all_zones(azure: FakeAzure) -> None:
    for _ in range(2):
        Deploy(azure, 2).roll_out()
    sets = [one for one in azure.exchanges if one.method == "PUT" and "ScaleSets" in one.path]
    (made,) = [one.body for one in sets]
    assert made["zones"] == ["1", "2", "3"]
    assert made["properties"] == {
        "orchestrationMode": "Flexible",
        "platformFaultDomainCount": 1,
        "singlePlacementGroup": False,
    }
    assert made["tags"] == {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db"}
    assert sets[0].headers["If-None-Match"] == "*"


def test_without_zones_the_scale_set_has_all_domains_of_the_region(azure: FakeAzure) -> None:
    on_domains(azure, 1).roll_out()
    (made,) = [one.body for one in azure.exchanges if one.method == "PUT" and "ScaleSets" in one.path]
    assert made["properties"]["platformFaultDomainCount"] == 2
    assert "zones" not in made


def test_a_zone_that_opens_later_is_added_to_the_scale_set() -> None:
    with azure_on(zonal(2)) as azure:
        Deploy(azure, 2).roll_out()
        azure.world.add(zonal(3)[-1])
        deploy = Deploy(azure, 3)
        deploy.roll_out()
        assert deploy.crowds() == [1, 1, 1]
        assert [one for one in changed(azure) if one.startswith("PATCH")] != []


def test_one_member_more_moves_nobody_and_fewer_keep_their_names(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 3, aa.Spread("zone"))
    deploy.roll_out()
    before = deploy.where()
    victim = deploy.group.plan(shrink=1)
    kept = set(victim.members)
    (gone,) = set(before) - kept
    deploy.kill(aa.Machine(None, gone, ""))
    fewer = Deploy(azure, sorted(kept), aa.Spread("zone"))  # type: ignore[arg-type]
    assert fewer.roll_out().launched == ()
    assert fewer.where().items() <= before.items()
    more = Deploy(azure, 5, aa.Spread("zone"))
    more.roll_out()
    assert fewer.where().items() <= more.where().items()
    assert more.crowds() == [2, 2, 1]


# Room


def test_a_full_zone_is_left_for_another_and_its_remains_are_deleted(azure: FakeAzure) -> None:
    first = Deploy(azure, 2).group.plan().placements[0].domains["zone"]
    for host in (f"h{first}1", f"h{first}2"):
        azure.world.fill(host)
    deploy = Deploy(azure, 2)
    report = deploy.roll_out()
    assert (report.verdict, deploy.crowds()) == ("held", [1, 1])
    assert first not in deploy.where().values()
    assert [id_.rpartition("/")[2] for id_ in report.discarded] == ["db-0"]


def test_an_allocation_that_failed_names_what_remains(azure: FakeAzure) -> None:
    for host in ("h11", "h12"):
        azure.world.fill(host)
    deploy = Deploy(azure, 3)
    placement = next(p for p in deploy.group.prepare().placements if p.domains["zone"] == "1")
    with pytest.raises(Exception, match="Allocation failed") as failed:
        deploy.boot(placement)
    with pytest.raises(aa.NoCapacity) as error:
        deploy.backend.settle(placement, failed.value)
    assert error.value.domain["zone"] == "1"
    assert error.value.remains
    assert (error.value.remains.id or "").endswith(f"/virtualMachines/{placement.member}")
    assert error.value.__cause__ is failed.value
    assert "ZonalAllocationFailed" in str(error.value)


def test_a_size_is_put_only_where_it_is_sold(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 3, aa.Spread("zone"), size={"type": "Standard_L8s_v3"})
    assert deploy.roll_out().verdict == "held"
    assert set(deploy.where().values()) == {"1", "2"}


def test_a_size_without_zones_gets_fault_domains(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 2, aa.Spread("rack"), size={"type": "Standard_NC6s_v3"})
    assert deploy.roll_out().verdict == "held"
    assert deploy.crowds("rack") == [1, 1]


def test_a_zone_rule_for_a_size_that_no_zone_has_is_told_so(azure: FakeAzure) -> None:
    with pytest.raises(aa.NotOffered, match="sells Standard_NC6s_v3 in no zone of westeurope"):
        Deploy(azure, 2, aa.Spread("zone"), size={"type": "Standard_NC6s_v3"}).roll_out()
    assert changed(azure) == []


def test_a_quota_is_known_before_anything_is_launched(azure: FakeAzure) -> None:
    azure.settings.cores = 4
    with pytest.raises(aa.LimitExceeded, match="the quota leaves 2"):
        Deploy(azure, 3, size={"type": "Standard_D2s_v5"}).roll_out()
    assert changed(azure) == []


def test_the_quota_of_a_family_of_sizes_is_known_before_anything_is_launched(azure: FakeAzure) -> None:
    """The region has cores enough: https://learn.microsoft.com/azure/virtual-machines/quotas."""
    azure.settings.family_cores["standardFamily"] = 4
    with pytest.raises(aa.LimitExceeded, match="the quota leaves 2"):
        Deploy(azure, 3, size={"type": "Standard_D2s_v5"}).roll_out()
    assert changed(azure) == []


def test_the_quota_of_a_family_leaves_other_families_alone(azure: FakeAzure) -> None:
    azure.settings.family_cores["standardNVFamily"] = 0
    Deploy(azure, 3, size={"type": "Standard_D2s_v5"}).roll_out()
    assert len(azure.world.running()) == 3


# What is seen


def test_a_member_in_an_availability_set_that_came_back_beside_another_is_found(azure: FakeAzure) -> None:
    hands = User(azure, REGIONAL)
    adopt = {"rack": hands.availability_set()}
    one = on_domains(azure, 1, aa.AntiAffinity("rack", hard=False), adopt=adopt)
    one.roll_out()
    hands.compute.virtual_machines.begin_deallocate(GROUP, "db-0").result()
    two = on_domains(azure, 2, aa.AntiAffinity("rack", hard=False), adopt=adopt)
    two.roll_out()
    hands.compute.virtual_machines.begin_start(GROUP, "db-0").result()
    assert two.crowds("rack") == [2]
    report = two.group.verify()
    assert (report.verdict, report.exit_code) == ("broken", 4)
    assert {machine.domains["rack"] for machine in report.machines} == {"0"}


def test_a_deallocated_member_is_still_the_member_and_the_note_says_what_may_come(azure: FakeAzure) -> None:
    deploy = on_domains(azure, 2)
    deploy.roll_out()
    deploy.hands.compute.virtual_machines.begin_deallocate(GROUP, "db-0").result()
    report = deploy.roll_out()
    assert report.launched == ()
    (seen,) = [one for one in report.machines if one.member == "db-0"]
    assert (seen.state, seen.holds) == ("stopped", True)
    assert "may share a fault domain" in seen.note


@pytest.mark.parametrize(("shown", "state"), [(False, "lost"), (True, "stopped")])
def test_a_member_whose_start_failed_is_no_failed_launch(azure: FakeAzure, shown: bool, state: State) -> None:
    """It has its disks: it must never be discarded as the remains of a launch, whatever its view shows."""
    azure.settings.failed_view_shows_power = shown
    deploy = Deploy(azure, 2)
    deploy.roll_out()
    machines = deploy.hands.compute.virtual_machines
    zone = deploy.where()["db-0"]
    machines.begin_deallocate(GROUP, "db-0").result()
    for host in (f"h{zone}1", f"h{zone}2"):
        azure.world.fill(host)
    with pytest.raises(Exception, match="Allocation failed"):
        machines.begin_start(GROUP, "db-0").result()
    report = deploy.roll_out()
    assert (report.launched, report.discarded) == ((), ())
    assert {one.member: one.state for one in report.machines}["db-0"] == state


def test_lists_that_spell_ids_otherwise_change_nothing(azure: FakeAzure) -> None:
    azure.settings.loud_lists = True
    deploy = Deploy(azure, 3)
    before = deploy.roll_out()
    again = Deploy(azure, 3).roll_out()
    assert (again.launched, again.surplus) == ((), ())
    assert {one.instance for one in again.machines} == set(before.launched)


# Others


def test_a_scale_set_of_our_name_that_is_not_ours_is_left_alone(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 2)
    deploy.roll_out()
    for member in ("db-0", "db-1"):
        deploy.kill(aa.Machine(None, member, ""))
    (name,) = [one.name for one in deploy.compute.virtual_machine_scale_sets.list(GROUP)]
    theirs: Any = {"tags": {"made-by": "somebody"}}
    deploy.hands.compute.virtual_machine_scale_sets.begin_update(GROUP, name, theirs).result()
    with pytest.raises(aa.InvalidRequest, match="does not bear the mark") as error:
        Deploy(azure, 2).roll_out()
    assert error.value.path == "group"
    assert azure.world.machines == {}
    deploy.group.release()
    assert len(azure.state.sets) == 1


def test_a_foreign_scale_set_can_be_adopted_and_is_not_deleted(azure: FakeAzure) -> None:
    theirs = User(azure).scale_set("theirs", zones=["1", "2", "3"])
    User(azure).boot("theirs-0", "1", **into(theirs))
    deploy = Deploy(azure, 2, aa.Spread("zone"), adopt={"zone": theirs})
    assert deploy.roll_out().verdict == "held"
    assert {one.scale_set for one in azure.state.machines.values()} == {theirs}
    for member in ("db-0", "db-1"):
        deploy.kill(aa.Machine(None, member, ""))
    deploy.group.release()
    assert [one.id for one in azure.state.sets.values()] == [theirs]


@pytest.mark.parametrize(
    ("adopt", "words"),
    [
        ("nothing", "no scale set"),
        ("zones", "was made for fault domains"),
        ("some", "add the others"),
    ],
)
def test_a_set_that_does_not_fit_is_not_adopted(adopt: str, words: str, azure: FakeAzure) -> None:
    hands = User(azure)
    ids = {
        "nothing": "not-there",
        "zones": hands.scale_set("a"),
        "some": hands.scale_set("b", zones=["1"]),
    }
    with pytest.raises(aa.InvalidRequest, match=words) as error:
        Deploy(azure, 3, adopt={"zone": ids[adopt]}).roll_out()
    assert error.value.path == "adopt.zone"
    assert azure.world.machines == {}


@pytest.mark.parametrize(
    ("sku", "words"), [("Classic", "takes no managed disks"), ("", "no availability set")]
)
def test_an_availability_set_must_be_there_and_for_managed_disks(
    sku: str, words: str, azure: FakeAzure
) -> None:
    hands = User(azure, REGIONAL)
    id_ = hands.availability_set(sku=sku) if sku else hands.availability_set().replace("/old", "/new")
    with pytest.raises(aa.InvalidRequest, match=words) as error:
        on_domains(azure, 2, aa.AntiAffinity("rack", hard=False), adopt={"rack": id_}).roll_out()
    assert error.value.path == "adopt.rack"


def test_a_machine_in_an_adopted_set_can_become_a_member(azure: FakeAzure) -> None:
    hands = User(azure, REGIONAL)
    set_id = hands.availability_set()
    made = hands.boot("by-hand", **beside(set_id))
    deploy = on_domains(azure, 2, aa.AntiAffinity("rack", hard=False), adopt={"rack": set_id})
    deploy.group.bind("db-0", made.id)
    assert [id_.rpartition("/")[2] for id_ in deploy.roll_out().launched] == ["db-1"]
    assert deploy.crowds("rack") == [1, 1]


def test_a_machine_outside_the_scale_set_cannot_be_bound(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 2)
    deploy.group.prepare()
    tags = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-9"}
    compute = deploy.hands.compute.virtual_machines
    loose = compute.begin_create_or_update(GROUP, "loose", deploy.hands.body("1", tags)).result()
    placement = deploy.group.prepare().placements[0]
    with pytest.raises(aa.InvalidRequest, match="was not launched into") as error:
        deploy.backend.bind(placement, loose.id)
    assert error.value.path == "instance"


def test_a_scale_set_with_a_strangers_machine_is_not_released(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 1)
    deploy.roll_out()
    (set_id,) = [one.id for one in azure.state.sets.values()]
    User(azure).boot("stranger", "1", **into(set_id))
    deploy.kill(aa.Machine(None, "db-0", ""))
    azure.settings.set_with_machines = "deletes"
    with pytest.raises(aa.StillOccupied, match="stranger"):
        deploy.group.release()
    assert [one.name for one in azure.state.machines.values()] == ["stranger"]


# Throttling, and what it costs


def test_a_short_rest_is_kept_and_a_long_one_is_told(azure: FakeAzure) -> None:
    deploy, clock = Deploy(azure, 1), azure.world.clock
    azure.throttle("GET", times=2, retry_after=17)
    before = clock.now()
    assert deploy.group.machines() == []
    assert 34 <= clock.now() - before < 60
    azure.throttle("GET", retry_after=1200)
    before = clock.now()
    with pytest.raises(aa.Unavailable, match="1200 s"):
        deploy.group.machines()
    assert clock.now() - before < 60


@pytest.mark.parametrize("status", [500, 503])
def test_a_hiccup_is_asked_again(status: int, azure: FakeAzure) -> None:
    azure.refuse(Refusal("PUT", status, "InternalServerError"))
    deploy = Deploy(azure, 2)
    deploy.group.prepare()
    assert len(azure.state.sets) == 1


def test_how_many_requests_each_verb_takes(azure: FakeAzure) -> None:
    deploy, taken = Deploy(azure, 3), {}

    def count(name: str, verb: Callable[[], object]) -> None:
        before = len(azure.exchanges)
        verb()
        taken[name] = len(azure.exchanges) - before

    count("first look", deploy.group.look)
    count("first prepare", deploy.group.prepare)
    count("second prepare", deploy.group.prepare)
    deploy.roll_out()
    count("observe", deploy.group.machines)
    count("look", deploy.group.look)
    count("settle", lambda: deploy.backend.settle(deploy.group.plan().placements[0], "db-0"))
    count("groups", deploy.cloud.groups)
    assert taken == {
        "first look": 3,  # SKUs, usages, machines
        "first prepare": 5,  # usages, machines; the set: not there, made, there
        "second prepare": 3,
        "observe": 2,  # machines, and what those of the set are doing
        "look": 3,
        "settle": 4,  # one, after a look
        "groups": 3,
    }


def test_a_location_may_be_written_as_people_do(azure: FakeAzure) -> None:
    deploy = Deploy(azure, 2, location="West Europe")
    assert deploy.roll_out().verdict == "held"
    assert {one.location for one in azure.state.machines.values()} == {LOCATION}
