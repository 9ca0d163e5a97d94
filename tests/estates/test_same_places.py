"""Clouds that are connected twice: one place is one place, whatever each connection calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.planner.answer import Plan
from antiaffinity.report import Report
from estates.scenes import Both, aws, azure, exoscale, openstack, vcenter

ZONE, HOST = aa.AntiAffinity("zone"), aa.AntiAffinity("host")
REGION, PROVIDER = aa.AntiAffinity("region"), aa.AntiAffinity("provider")

HERE = {"a": "use1-az1", "b": "use1-az2", "c": "use1-az3"}
THERE = {"a": "use1-az3", "b": "use1-az1", "c": "use1-az2"}


@pytest.fixture
def accounts() -> Iterator[Both]:
    """Three zones of which each account has the same, under other names."""
    with aws({"a": ("a", "b", "c"), "b": ("a", "b", "c")}, {"a": HERE, "b": THERE}) as both:
        yield both


def really(plan: Plan, level: Any = "zone") -> list[str]:
    """Where the new members of a plan would go, by the vendor's ids."""
    return [placement.ids[level] for placement in plan.placements]


def said(report: Report | Plan) -> str:
    return " ".join(finding.message for finding in report.findings if finding.kind == "identity")


# AWS: zone ids and regions


def test_as_many_members_as_real_zones_have_a_zone_each(accounts: Both) -> None:
    plan = accounts.group(3, ZONE).plan()
    assert (sorted(really(plan)), plan.verdict) == (sorted(HERE.values()), "fits")


def test_a_zone_is_not_counted_for_each_account(accounts: Both) -> None:
    plan = accounts.group(4, ZONE).plan()
    assert (plan.verdict, plan.exit_code) == ("short", 1)


def test_zones_that_one_account_alone_has_are_used() -> None:
    ids = {"a": HERE, "b": {"a": "use1-az3", "d": "use1-az4"}}
    with aws({"a": ("a", "b", "c"), "b": ("a", "d")}, ids) as both:
        plan = both.group(4, ZONE).plan()
    assert (len(set(really(plan))), plan.verdict) == (4, "fits")


def test_who_is_rolled_out_over_two_accounts_is_apart(accounts: Both) -> None:
    report = accounts.group(3, ZONE).roll_out(launch=accounts.launch)
    assert (report.verdict, report.exit_code) == ("held", 0)
    assert len({seen.ids["zone"] for seen in report.machines}) == 3


def test_members_in_one_zone_of_two_names_share_it(accounts: Both) -> None:
    accounts.alone("a", 1, ZONE, only={"zone": ["us-east-1c"]})
    accounts.alone("b", 2, ZONE, only={"zone": ["us-east-1a", "us-east-1b"]})
    report = accounts.group(3, ZONE).verify()
    assert (report.verdict, report.exit_code) == ("broken", 1)
    assert "use1-az3" in report.rules[0].note


def test_members_in_zones_of_one_name_that_are_two_are_apart(accounts: Both) -> None:
    accounts.alone("a", 1, ZONE, only={"zone": ["us-east-1a"]})
    accounts.launches["b"](_placed(accounts, "db-1", "b", "us-east-1a"))
    assert accounts.group(2, ZONE).verify().verdict == "held"


def _placed(both: Both, member: str, cloud: str, zone: str) -> aa.Placement:
    only = {"provider": [cloud], "zone": [zone]}
    group = both.estate.group("db", members=[{"name": member, "only": only}], size=both.size)
    return group.plan().placements[0]


@pytest.mark.parametrize("rule", [REGION, PROVIDER], ids=str)
def test_two_accounts_are_one_region_and_one_provider(accounts: Both, rule: aa.AntiAffinity) -> None:
    assert accounts.group(2, rule).plan().verdict == "short"
    for cloud, member in (("a", "db-0"), ("b", "db-1")):
        accounts.launches[cloud](_placed(accounts, member, cloud, "us-east-1a"))
    assert accounts.group(2, rule).verify().verdict == "broken"


def test_affinity_holds_in_one_zone_of_two_names(accounts: Both) -> None:
    accounts.launches["a"](_placed(accounts, "db-0", "a", "us-east-1c"))
    accounts.launches["b"](_placed(accounts, "db-1", "b", "us-east-1a"))
    assert accounts.group(2, aa.Affinity("zone")).verify().verdict == "held"


def test_affinity_is_broken_in_two_zones_of_one_name(accounts: Both) -> None:
    accounts.launches["a"](_placed(accounts, "db-0", "a", "us-east-1a"))
    accounts.launches["b"](_placed(accounts, "db-1", "b", "us-east-1a"))
    assert accounts.group(2, aa.Affinity("zone")).verify().verdict == "broken"


def test_what_survives_a_zone_is_counted_over_all_accounts(accounts: Both) -> None:
    plan = accounts.group(6, aa.Spread("zone")).plan()
    lines = {one.level: (one.domains, one.lost, one.left) for one in plan.survives}
    assert (lines["zone"], lines["region"]) == ((3, 2, 4), (1, 6, 0))
    assert set(lines) == {"provider", "region", "zone"}


def test_who_may_be_lost_with_a_zone_is_counted_over_all_accounts(accounts: Both) -> None:
    accounts.launches["a"](_placed(accounts, "db-0", "a", "us-east-1c"))
    accounts.launches["b"](_placed(accounts, "db-1", "b", "us-east-1a"))
    rule = aa.Survive("zone", failures=1, lose_at_most=1)
    assert accounts.group(2, rule).verify().verdict == "broken"


def test_lists_mean_the_names_of_each_account(accounts: Both) -> None:
    plan = accounts.group(2, only={"provider": ["b"], "zone": ["us-east-1a", "us-east-1b"]}).plan()
    assert {p.cloud for p in plan.placements} == {"b"}
    assert {p.domains["zone"] for p in plan.placements} <= {"us-east-1a", "us-east-1b"}


def test_racks_of_two_accounts_in_one_zone_are_not_shown_apart(accounts: Both) -> None:
    rule = aa.AntiAffinity("rack")
    accounts.alone("a", 1, rule, only={"zone": ["us-east-1c"]})
    placement = _placed(accounts, "db-1", "b", "us-east-1a")
    accounts.launches["b"](placement)
    report = accounts.group(2, rule).verify()
    assert (report.verdict, report.exit_code) == ("unproven", 4)
    assert "a and b" in said(report)


def test_candidates_of_two_accounts_have_their_own_names(accounts: Both) -> None:
    found = accounts.group(1, ZONE).candidates("db-0")
    assert {(one.domains["provider"], one.domains["zone"]) for one in found} == {
        (key, f"us-east-1{letter}") for key in "ab" for letter in "abc"
    }


# Azure: physical zones, where they may be read

SHUFFLED = {"1": "westeurope-az3", "2": "westeurope-az1", "3": "westeurope-az2"}
BLIND = [
    *("Microsoft.Compute/skus/read", "Microsoft.Compute/locations/usages/read"),
    *("Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write"),
    *("Microsoft.Compute/virtualMachineScaleSets/read", "Microsoft.Compute/virtualMachineScaleSets/write"),
]


def test_zones_of_two_subscriptions_are_their_physical_ones() -> None:
    with azure(SHUFFLED) as both:
        group = both.group(3, ZONE)
        where = [(p.cloud, p.domains["zone"]) for p in group.plan().placements]
        really = {f"westeurope-az{zone}" if cloud == "a" else SHUFFLED[zone] for cloud, zone in where}
        assert (len(really), both.group(4, ZONE).plan().verdict) == (3, "short")
        assert group.roll_out(launch=both.launch).verdict == "held"


def test_zones_of_two_subscriptions_that_may_not_be_read_prove_nothing() -> None:
    with azure(SHUFFLED, BLIND) as both:
        group = both.group(2, ZONE)
        both.launch(_azure(both, "db-0", "a", "1"))
        both.launch(_azure(both, "db-1", "b", "2"))
        report, plan = group.verify(), group.plan()
    assert (report.verdict, report.exit_code, plan.exit_code) == ("unproven", 4, 4)
    assert "Microsoft.Resources/subscriptions/locations/read" in said(report)
    assert said(plan) == said(report)


def _azure(both: Both, member: str, cloud: str, zone: str) -> aa.Placement:
    only = {"provider": [cloud], "zone": [zone]}
    group = both.estate.group("db", members=[{"name": member, "only": only}], size=both.size)
    return group.prepare().placements[0]


# Exoscale: zones have one name


def test_a_zone_of_exoscale_is_one_for_every_organization() -> None:
    with exoscale() as both:
        assert both.group(3, ZONE).plan().verdict == "short"
        report = both.group(2, ZONE).roll_out(launch=both.launch)
    assert report.verdict == "held"


def test_hypervisors_of_two_organizations_prove_nothing() -> None:
    with exoscale() as both:
        for cloud, member in (("a", "db-0"), ("b", "db-1")):
            only = {"provider": [cloud], "zone": ["ch-gva-2"]}
            one = both.estate.group("db", members=[{"name": member, "only": only}])
            both.launch(one.plan().placements[0])
        report = both.group(2, HOST).verify()
    assert (report.verdict, report.exit_code) == ("unproven", 4)


# OpenStack: projects of one cloud


def test_a_zone_is_one_for_every_project_of_a_cloud() -> None:
    with openstack() as both:
        assert both.group(3, ZONE).plan().verdict == "short"
        report = both.group(2, ZONE).roll_out(launch=both.launch)
    assert report.verdict == "held"


def _in_zone(both: Both, zone: str) -> None:
    for cloud, member in (("a", "db-0"), ("b", "db-1")):
        only = {"provider": [cloud], "zone": [zone]}
        one = both.estate.group(
            "db", members=[{"name": member, "only": only}], rules=[aa.AntiAffinity("zone", 2)]
        )
        both.launch(one.plan().placements[0])


def test_hosts_of_two_projects_prove_nothing() -> None:
    with openstack() as both:
        _in_zone(both, "z1")
        report = both.group(2, HOST).verify()
    assert (report.verdict, report.exit_code) == ("unproven", 4)
    assert "a and b" in said(report)


def test_hosts_of_one_project_that_is_connected_twice_are_compared() -> None:
    with openstack(second="demo") as both:
        plan = both.group(3, ZONE).plan()
    assert plan.verdict == "short"


# vCenter: one that is connected twice


def test_a_host_of_a_vcenter_is_one_in_every_session() -> None:
    with vcenter() as both:
        plan = both.group(4, HOST).plan()
        assert (len(set(really(plan, "host"))), plan.verdict) == (4, "fits")
        assert both.group(5, HOST).plan().verdict == "short"
        assert both.group(3, ZONE).plan().verdict == "short"


def test_two_vcenters_are_two_providers() -> None:
    with vcenter() as one, vcenter() as other:
        clouds = {"dc": one.estate.clouds["a"], "eu": other.estate.clouds["a"]}
        plan = aa.Estate(clouds, "shop").group("db", members=8, rules=[HOST]).plan()
    assert (plan.verdict, said(plan)) == ("fits", "")


# A pool beside a cloud: its hosts may be that cloud's machines


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[aa.Estate]:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("hosts: [{name: p1, zone: z1}, {name: p2, zone: z2}]\n")
    with vcenter() as both:
        pool = aa.connect("pool", inventory=str(hosts), owner="shop").clouds[""]
        yield aa.Estate({"dc": both.estate.clouds["a"], "pool": pool}, "shop")


@pytest.mark.parametrize("rule", [HOST, ZONE, PROVIDER, aa.Spread("provider")], ids=str)
def test_a_pool_beside_a_cloud_proves_nothing(beside: aa.Estate, rule: Any) -> None:
    plan = beside.group("db", members=2, rules=[rule, aa.Spread("provider", hard=False)]).plan()
    assert {p.cloud for p in plan.placements} == {"dc", "pool"}
    assert plan.exit_code == 4
    assert "what its hosts run on" in said(plan)


def test_one_inventory_under_two_keys_is_one_pool(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("hosts: [{name: p1, zone: z1}, {name: p2, zone: z2}]\n")
    pools = {key: aa.connect("pool", inventory=str(hosts), owner="shop").clouds[""] for key in "ab"}
    estate = aa.Estate(pools, "shop")
    assert estate.group("db", members=3, rules=[HOST]).plan().verdict == "short"
    assert estate.group("db", members=2, rules=[HOST]).plan().verdict == "fits"
