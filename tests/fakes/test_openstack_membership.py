"""What others do to members on Nova: groups deleted under them, servers shelved, locked, unmarked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent, sleep
from antiaffinity.model import MARKS
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack

SOON = 5.0


class Site:
    """Four hosts, and a group of four members that runs in a hard server group."""

    def __init__(self, nova: FakeOpenStack) -> None:
        self.nova, self.conn = nova, nova.connection()
        self.compute = self.conn.compute
        cloud = aa.connect("openstack", client=self.conn, owner="shop")
        self.group = cloud.group("db", members=4, rules="anti-affinity")
        self.group.roll_out(self.boot, self.kill)
        self.ids = {one.member: one.instance for one in self.group.machines()}

    def boot(self, placement: aa.Placement) -> str:
        return str(self.compute.create_server(**placement.arguments(**self.nova.machine)).id)

    def kill(self, machine: aa.Machine) -> None:
        self.compute.delete_server(machine.id or "")

    def hosts(self) -> int:
        """On how many hosts the members really are."""
        return len({one.domain("host") for one in self.nova.world.running()})

    def shelve(self) -> None:
        for id_ in self.ids.values():
            self.compute.shelve_server(id_)
        sleep(SOON)

    def unmark(self, member: str) -> None:
        self.compute.delete_server_metadata(self.ids[member], list(MARKS))


@pytest.fixture
def site() -> Iterator[Site]:
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(4)], turns)) as nova:
        yield Site(nova)


def test_members_whose_server_group_was_deleted_are_told(site: Site) -> None:
    for group in site.compute.server_groups():
        site.compute.delete_server_group(group)
    report = site.group.verify()
    assert (report.verdict, report.exit_code, report.strict_exit_code) == ("held", 0, 4)
    [finding] = report.findings
    assert finding.message.startswith(
        "db-0, db-1, db-2, db-3 are in no server group: nothing keeps them apart on a move"
    )


def test_members_unshelved_at_once_end_on_one_host_and_the_rule_is_broken(site: Site) -> None:
    """As on the real Nova, 4 of 4 times: it has no late check there."""
    site.shelve()
    for id_ in site.ids.values():
        site.compute.unshelve_server(id_)
    sleep(SOON)
    assert site.hosts() == 1
    assert site.group.verify().verdict == "broken"


def test_members_unshelved_one_by_one_are_apart(site: Site) -> None:
    site.shelve()
    for id_ in site.ids.values():
        site.compute.unshelve_server(id_)
        sleep(SOON)
    assert site.hosts() == 4
    assert site.group.verify().verdict == "held"


def test_a_shelved_member_says_how_it_is_to_come_back(site: Site) -> None:
    site.shelve()
    notes = {one.note for one in site.group.machines()}
    assert all("unshelve members one by one" in note for note in notes)
    assert site.group.verify().strict_exit_code == 4


def test_a_locked_server_cannot_be_marked_and_it_is_said_why(site: Site) -> None:
    site.unmark("db-1")
    site.compute.lock_server(site.ids["db-1"])
    with pytest.raises(aa.InvalidRequest, match=r"the server is locked .*unlock it"):
        site.group.bind("db-1", site.ids["db-1"])
    site.compute.unlock_server(site.ids["db-1"])
    site.group.bind("db-1", site.ids["db-1"])
    assert site.group.verify().exit_code == 0


def test_a_shelved_server_cannot_be_marked_and_it_is_said_why(site: Site) -> None:
    site.unmark("db-1")
    site.shelve()
    with pytest.raises(aa.InvalidRequest, match=r"in this state .*shelved_offloaded.*unshelve"):
        site.group.bind("db-1", site.ids["db-1"])


def test_a_server_that_is_busy_is_to_be_asked_again(site: Site) -> None:
    site.unmark("db-1")
    site.compute.shelve_server(site.ids["db-1"])
    with pytest.raises(aa.Conflict, match=r"something else is being done"):
        site.group.bind("db-1", site.ids["db-1"])


def test_one_key_that_is_gone_is_enough_to_stop_a_run(site: Site) -> None:
    site.compute.delete_server_metadata(site.ids["db-1"], [MARKS[2]])
    with pytest.raises(
        aa.InvalidRequest, match=rf"nothing is launched: {site.ids['db-1']}.*if it is db-1, bind it"
    ):
        site.group.roll_out(site.boot, site.kill)
    assert len(site.nova.world.running()) == 4
