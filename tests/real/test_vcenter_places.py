# mypy: untyped-calls-exclude=pyVmomi
"""The places of a vCenter, as VMware's own simulator shows them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.errors import InvalidRequest, NoCapacity
from antiaffinity.model import Domain, GroupKey, Needs
from antiaffinity_vcenter.backend import connect
from antiaffinity_vcenter.tags import Tags
from real.vcsim_box import PASSWORD, USER, User, VCSim, done

KEY = GroupKey("shop/prod", "db")


def hosts(user: User, zone: str = "cluster", **need: Any) -> dict[str, Domain]:
    domains = connect(user.si, {"zone": zone}).topology(Need(KEY, **need)).domains
    return {domain.host or "": domain for domain in domains}


def test_a_host_tells_its_cluster_what_is_free_and_what_it_reaches(vcsim: VCSim) -> None:
    user = vcsim.user()
    [cluster] = user.every(vim.ClusterComputeResource)
    host = hosts(user, sizes=({"memory_mb": 1},))["DC0_C0_H0"]
    assert (host.zone, host.usable) == ("DC0_C0", True)
    assert host.ids == {
        "zone": cluster._GetMoId(),
        "host": user.named(vim.HostSystem, "DC0_C0_H0")._GetMoId(),
    }
    assert 0 < host.used["memory_mb"] <= host.capacity["memory_mb"]
    assert host.networks is not None
    assert "VM Network" in host.networks
    assert host.datastores is not None
    assert [*host.datastores] == ["LocalDS_0"]
    assert host.labels == {"pool": cluster.resourcePool._GetMoId()}


def test_a_datastore_is_named_where_the_group_needs_one(vcsim: VCSim) -> None:
    user = vcsim.user()
    host = hosts(user, needs=Needs(datastores=["Local*"]))["DC0_C0_H0"]
    store = user.named(vim.Datastore, "LocalDS_0")._GetMoId()
    assert (host.labels["datastore"], host.labels["datastore-name"]) == (store, "LocalDS_0")


def test_a_network_that_nobody_reaches_leaves_no_place(vcsim: VCSim) -> None:
    user = vcsim.user()
    with pytest.raises(NoCapacity, match="0 reaching nowhere"):
        user.roll_out(2, needs={"networks": ["nowhere"]})


def test_hosts_in_maintenance_or_without_connection_say_why_they_take_nothing(vcsim: VCSim) -> None:
    user = vcsim.user()
    done(user.named(vim.HostSystem, "DC0_C0_H1").EnterMaintenanceMode_Task(timeout=0))
    done(user.named(vim.HostSystem, "DC0_C0_H2").DisconnectHost_Task())
    found = hosts(user)
    assert {name: domain.why for name, domain in found.items() if not domain.usable} == {
        "DC0_C0_H1": "it is in maintenance mode",
        "DC0_C0_H2": "vCenter has no connection to it (disconnected)",
    }
    user.roll_out(4)
    assert not {"DC0_C0_H1", "DC0_C0_H2"} & set(user.hosts().values())


@pytest.fixture
def mixed(vcsim_program: Path, tmp_path: Path) -> Iterator[VCSim]:
    """A cluster, and a host that stands alone."""
    with VCSim(vcsim_program, tmp_path, "-standalone-host", "1", hosts=2, machines=0) as box:
        yield box


def test_a_host_in_no_cluster_takes_nothing(mixed: VCSim) -> None:
    found = hosts(mixed.user())
    assert found["DC0_H0"].why == "it is in no cluster, and DRS rules live in one"
    assert found["DC0_H0"].zone is None


def group_of(user: User, name: str, *members: str) -> None:
    """The operator makes a host group."""
    [cluster] = user.every(vim.ClusterComputeResource)
    info = vim.cluster.HostGroup(name=name, host=[user.named(vim.HostSystem, one) for one in members])
    spec = vim.cluster.ConfigSpecEx(groupSpec=[vim.cluster.GroupSpec(operation="add", info=info)])
    done(cluster.ReconfigureComputeResource_Task(spec, True))


def test_zones_may_be_host_groups(vcsim: VCSim) -> None:
    user = vcsim.user()
    group_of(user, "room-a", "DC0_C0_H0", "DC0_C0_H1")
    group_of(user, "room-b", "DC0_C0_H2", "DC0_C0_H3")
    assert {name: domain.zone for name, domain in hosts(user, "host-group").items()} == {
        **dict.fromkeys(["DC0_C0_H0", "DC0_C0_H1"], "room-a"),
        **dict.fromkeys(["DC0_C0_H2", "DC0_C0_H3"], "room-b"),
        **dict.fromkeys(["DC0_C0_H4", "DC0_C0_H5"], None),
    }
    cloud = aa.connect("vcenter", client=user.si, owner="shop/prod", zone="host-group")
    group = cloud.group("db", members=2, rules=[aa.AntiAffinity("zone")])
    group.roll_out(user.boot, user.kill, user.start)
    assert {one.domains["zone"] for one in group.machines()} == {"room-a", "room-b"}


def test_a_host_in_two_host_groups_has_no_zone_and_is_named(vcsim: VCSim) -> None:
    user = vcsim.user()
    group_of(user, "room-a", "DC0_C0_H0")
    group_of(user, "room-b", "DC0_C0_H0")
    assert hosts(user, "host-group")["DC0_C0_H0"].zone is None
    cloud = aa.connect("vcenter", client=user.si, owner="shop", zone="host-group")
    group = cloud.group("db", members=2, rules=[aa.AntiAffinity("zone")])
    with pytest.raises(InvalidRequest, match="room-a and room-b") as refused:
        group.plan()
    assert refused.value.path == "zone"


def test_a_group_over_two_clusters_has_a_rule_in_each(vcsim_program: Path, tmp_path: Path) -> None:
    with VCSim(vcsim_program, tmp_path, clusters=2, hosts=2, machines=0) as box:
        user = box.user()
        report = user.roll_out(4)
        assert report.verdict == "held"
        places = user.hosts()
        clusters = [{places[name].rpartition("_")[0] for name in members} for members in _members(user)]
        assert sorted(clusters, key=sorted) == [{"DC0_C0"}, {"DC0_C1"}]
        assert list(map(len, _members(user))) == [2, 2]


def _members(user: User) -> list[set[str]]:
    return [{vm.name for vm in rule.vm} for rule in user.infos()]


# Zones by tag


def tag(box: VCSim, category: str, name: str, *objects: Any) -> None:
    """The operator tags objects, through the REST API of the simulator."""
    rest = Tags("127.0.0.1", box.port, ssl._create_unverified_context(), USER, PASSWORD, category)
    base = "/rest/com/vmware/cis/tagging"
    every = rest._ask("GET", f"{base}/category") or ()
    known = {rest._ask("GET", f"{base}/category/id:{id_}")["name"]: id_ for id_ in every}
    if category not in known:
        spec = {"name": category, "description": "", "cardinality": "SINGLE", "associable_types": []}
        known[category] = rest._ask("POST", f"{base}/category", {"create_spec": spec})
    spec = {"name": name, "description": "", "category_id": known[category]}
    made = rest._ask("POST", f"{base}/tag", {"create_spec": spec})
    for one in objects:
        object_id = {"id": one._GetMoId(), "type": type(one).__name__.rpartition(".")[2]}
        rest._ask("POST", f"{base}/tag-association/id:{made}?~action=attach", {"object_id": object_id})


def tagged(box: VCSim, category: str) -> dict[str, str | None]:
    settings = {**box.settings, "disableSslCertValidation": True, "zone": f"tag:{category}"}
    return {one.host or "": one.zone for one in connect(None, settings).topology(Need(KEY)).domains}


def test_zones_may_be_tags_of_a_category_on_hosts_or_on_clusters(vcsim: VCSim) -> None:
    user = vcsim.user()
    [cluster] = user.every(vim.ClusterComputeResource)
    tag(vcsim, "room", "room-a", cluster)
    tag(vcsim, "room", "room-b", user.named(vim.HostSystem, "DC0_C0_H0"))
    tag(vcsim, "colour", "red", user.named(vim.HostSystem, "DC0_C0_H1"))
    found = tagged(vcsim, "room")
    assert found.pop("DC0_C0_H0") == "room-b"
    assert set(found.values()) == {"room-a"}


def test_a_tag_on_a_datacenter_holds_for_its_hosts_unless_a_nearer_one_says_otherwise(vcsim: VCSim) -> None:
    user = vcsim.user()
    tag(vcsim, "room", "everywhere", user.named(vim.Datacenter, "DC0"))
    tag(vcsim, "room", "room-a", user.named(vim.HostSystem, "DC0_C0_H0"))
    found = tagged(vcsim, "room")
    assert found["DC0_C0_H0"] == "room-a"
    assert {found[host] for host in ("DC0_C0_H1", "DC0_C0_H2")} == {"everywhere"}


def test_a_group_is_spread_over_tags(vcsim: VCSim) -> None:
    user = vcsim.user()
    for n in range(2):
        tag(vcsim, "room", f"room-{n}", user.named(vim.HostSystem, f"DC0_C0_H{n}"))
    settings = {**vcsim.settings, "disableSslCertValidation": True, "zone": "tag:room"}
    cloud = aa.connect("vcenter", owner="shop/prod", **settings)
    group = cloud.group("db", members=2, rules=[aa.AntiAffinity("zone")])
    group.roll_out(user.boot, user.kill, user.start)
    assert {one.domains["zone"] for one in group.machines()} == {"room-0", "room-1"}
    assert set(user.hosts().values()) == {"DC0_C0_H0", "DC0_C0_H1"}


def test_an_unknown_category_is_named(vcsim: VCSim) -> None:
    tag(vcsim, "room", "room-a")
    with pytest.raises(
        InvalidRequest, match="no category of tags is called 'rom'; there are room"
    ) as refused:
        tagged(vcsim, "rom")
    assert refused.value.path == "zone"


def test_tags_need_the_settings_of_a_log_in(vcsim: VCSim) -> None:
    with pytest.raises(InvalidRequest, match="need host, user and pwd"):
        connect(vcsim.session(), {"zone": "tag:room"})
