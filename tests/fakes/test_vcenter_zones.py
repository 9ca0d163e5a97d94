# mypy: untyped-calls-exclude=pyVmomi
"""What a zone is on vCenter: of a host's groups those that are meant; and no level is replaced in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

from antiaffinity.clock import lent
from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.group import Group
from antiaffinity.model import Observed
from antiaffinity.testing import Place
from fakes.test_vcenter_backend import User
from fakes.vcenter_stage import Stage, hosts, stage

ZONE = [{"anti-affinity": {"level": "zone"}}]
TOGETHER = [{"affinity": {"level": "zone"}}]
SITES = {"only": {"zone": ["sitea", "siteb"]}}


@pytest.fixture
def there() -> Iterator[Stage]:
    """A cluster over two sites, with a host group for licences across them."""
    places = [Place(f"{site}{n}", zone=site, region="c1") for site in ("sitea", "siteb") for n in "12"]
    with stage(places) as found, lent(found.clock):
        licensed(found, "sitea1", "siteb1")
        yield found


def licensed(there: Stage, *names: str) -> None:
    info = vim.cluster.HostGroup(name="licensed", host=[there.host(name) for name in names])
    there.change(groupSpec=[vim.cluster.GroupSpec(operation="add", info=info)])


def removal(name: str) -> Any:
    return vim.cluster.GroupSpec(operation="remove", removeKey=name)


def group(there: Stage, zone: str = "host-group", **keys: Any) -> Group:
    return User(there).group(keys.pop("members", 2), zone=zone, **keys)


def where(machines: list[Observed]) -> list[str | None]:
    return sorted((one.domains.get("zone") for one in machines), key=str)


@pytest.mark.parametrize(("zone", "keys"), [("host-group", SITES), ("host-group:site?", {})], ids=str)
def test_zones_are_the_groups_that_are_named(there: Stage, zone: str, keys: dict[str, Any]) -> None:
    user = User(there)
    report = user.roll_out(2, zone=zone, rules=ZONE, **keys)
    assert report.verdict == "held"
    assert where(list(report.machines)) == ["sitea", "siteb"]
    assert where(list(user.group(2, zone=zone, rules=ZONE, **keys).verify().machines)) == ["sitea", "siteb"]


def test_a_host_in_two_groups_refuses_only_rules_over_zones(there: Stage) -> None:
    assert group(there).plan().verdict == "fits"
    plan = group(there, rules=ZONE, members=2).plan()
    assert plan.verdict == "fits"
    assert {one.domains["host"] for one in plan.placements} == {"sitea2", "siteb2"}
    [first, second] = [one.message for one in plan.findings if one.kind == "unstated-level"]
    assert "sitea1 is in licensed and sitea" in first
    assert "siteb1 is in licensed and siteb" in second


def test_where_every_host_is_in_two_groups_a_rule_over_zones_is_refused(there: Stage) -> None:
    there.change(groupSpec=[removal("licensed")])
    licensed(there, "sitea1", "sitea2", "siteb1", "siteb2")
    with pytest.raises(InvalidRequest, match=r"licensed and sitea.*host-group:site-\*") as refused:
        group(there, rules=ZONE).plan()
    assert refused.value.path == "zone"


def test_a_group_that_is_excluded_excludes_its_hosts(there: Stage) -> None:
    plan = group(there, rules=ZONE, never={"zone": ["licensed"]}).plan()
    assert {one.domains["host"] for one in plan.placements} == {"sitea2", "siteb2"}


@pytest.mark.parametrize("rules", [ZONE, TOGETHER, [{"affinity": {"level": "zone", "hard": False}}]], ids=str)
def test_without_host_groups_a_rule_over_zones_is_refused(rules: Any) -> None:
    with stage(hosts(3)) as there, lent(there.clock):
        for name in [one.name for one in there.cluster().configurationEx.group]:
            there.change(groupSpec=[removal(name)])
        with pytest.raises(InvalidRequest, match="no host has a zone by host-group") as refused:
            group(there, rules=rules).plan()
        assert refused.value.path == "zone"
        with pytest.raises(InvalidRequest, match="no host has a zone"):
            group(there, rules=TOGETHER).verify()


@pytest.mark.parametrize("zone", ["cluster", "host-group:site?"])
def test_a_rack_rule_is_not_silently_one_over_zones(there: Stage, zone: str) -> None:
    with pytest.raises(NotOffered, match="tells no rack"):
        group(there, zone=zone, rules=[{"anti-affinity": {"level": "rack"}}]).plan()


@pytest.mark.parametrize("look", ["plan", "verify"])
def test_racks_together_are_told_to_be_one_host(there: Stage, look: str) -> None:
    which = group(there, zone="cluster", rules=[{"affinity": {"level": "rack"}}])
    found = which.plan().findings if look == "plan" else which.verify().findings
    [one] = [finding for finding in found if finding.kind == "other-level"]
    assert one.severity == "warning"
    assert "no rack is told here, so it is kept at host" in one.message
