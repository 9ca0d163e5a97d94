"""What others do to members on a real Nova: a group deleted, servers shelved, locked, unmarked."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import antiaffinity as aa
from antiaffinity.model import MARKS
from real.nova import Nova

PATIENCE = 60.0
"""Seconds for Nova to shelve or unshelve."""


class Site:
    """A group of four members that runs in a hard server group."""

    def __init__(self, nova: Nova) -> None:
        self.nova, self.compute = nova, nova.connect("demo").compute
        cloud = aa.connect("openstack", client=nova.connect("demo"), owner="shop")
        self.group = cloud.group("db", members=4, rules="anti-affinity")
        self.group.roll_out(self.boot, self.kill)
        self.ids = {one.member: one.instance for one in self.group.machines()}

    def boot(self, placement: aa.Placement) -> str:
        return str(self.compute.create_server(**placement.arguments(**self.nova.machine)).id)

    def kill(self, machine: aa.Machine) -> None:
        self.compute.delete_server(machine.id or "")

    def each(self, act: Callable[[str], object], until: str) -> None:
        """Do it to all members at once, and wait until they are so."""
        for id_ in self.ids.values():
            act(id_)
        self.wait(until, *self.ids.values())

    def wait(self, until: str, *ids: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while {self.compute.get_server(id_).status for id_ in ids} != {until}:
            assert time.monotonic() < deadline, f"not {until} after {PATIENCE:.0f} s"
            time.sleep(0.2)

    def shelve(self) -> None:
        self.each(self.compute.shelve_server, "SHELVED_OFFLOADED")


@pytest.fixture
def site(nova: Nova) -> Site:
    return Site(nova)


def test_members_whose_server_group_was_deleted_are_told(site: Site) -> None:
    for group in site.compute.server_groups():
        site.compute.delete_server_group(group)
    report = site.group.verify()
    assert (report.verdict, report.exit_code, report.strict_exit_code) == ("held", 0, 4)
    assert any("are in no server group: nothing keeps them apart" in one.message for one in report.findings)
    assert site.group.roll_out(site.boot, site.kill).launched == ()


def test_a_lost_member_beside_a_deleted_group_never_stays_on_a_members_host(site: Site) -> None:
    for group in site.compute.server_groups():
        site.compute.delete_server_group(group)
    site.kill(aa.Machine(site.ids["db-3"], "db-3", ""))
    taken = {host for id_, host in site.nova.hosts_of().items() if id_ != site.ids["db-3"]}
    for host in set(site.nova.hosts) - {min(taken)}:
        site.nova.disable_host(host)
    assert site.group.plan().exit_code == 4
    with pytest.raises(aa.NoCapacity):
        site.group.roll_out(site.boot, site.kill)
    assert len(set(site.nova.hosts_of().values())) == len(site.nova.hosts_of()) == 3


def test_four_members_unshelved_at_once_come_to_share_a_host_and_that_is_told(site: Site) -> None:
    """Nova has no late check in an unshelve: all are placed while none of them has a host."""
    site.shelve()
    site.nova.crowd(len(site.ids))
    site.each(site.compute.unshelve_server, "ACTIVE")
    assert len(set(site.nova.hosts_of().values())) < len(site.ids)
    report = site.group.verify()
    assert (report.verdict, report.exit_code) == ("broken", 1)


def test_members_unshelved_one_by_one_are_apart(site: Site) -> None:
    site.shelve()
    for id_ in site.ids.values():
        site.compute.unshelve_server(id_)
        site.wait("ACTIVE", id_)
    assert site.group.verify().verdict == "held"


def test_a_locked_and_a_shelved_server_cannot_be_marked_and_it_is_said_why(site: Site) -> None:
    for member in ("db-0", "db-1"):
        site.compute.delete_server_metadata(site.ids[member], list(MARKS))
    site.compute.lock_server(site.ids["db-0"])
    with pytest.raises(aa.InvalidRequest, match=r"the server is locked"):
        site.group.bind("db-0", site.ids["db-0"])
    site.compute.shelve_server(site.ids["db-1"])
    site.wait("SHELVED_OFFLOADED", site.ids["db-1"])
    with pytest.raises(aa.InvalidRequest, match=r"in this state"):
        site.group.bind("db-1", site.ids["db-1"])


def test_a_member_without_its_mark_stops_the_run_until_it_is_bound(site: Site) -> None:
    site.compute.delete_server_metadata(site.ids["db-1"], list(MARKS))
    with pytest.raises(aa.InvalidRequest, match=site.ids["db-1"]):
        site.group.roll_out(site.boot, site.kill)
    site.group.bind("db-1", site.ids["db-1"])
    assert site.group.roll_out(site.boot, site.kill).launched == ()
    assert site.group.verify().verdict == "held"
