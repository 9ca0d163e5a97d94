"""What a plain user of a project is told of groups that others broke, made by hand, or gave up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.compute.v2.server import Server

import antiaffinity as aa
from antiaffinity.model import GroupKey
from real.deployer import OWNER, Deployer
from real.nova import Nova
from real.truth import Truth

Force = Callable[..., None]


@pytest.fixture(scope="module")
def nova(nova_box: Nova) -> Nova:
    """One cloud for all tests here: each of them takes away what it adds."""
    nova_box.delete_everything()
    return nova_box


@pytest.fixture(scope="module")
def deployer(nova: Nova) -> Deployer:
    return Deployer(nova.connect("demo"), nova.machine)


@pytest.fixture(scope="module")
def truth(nova: Nova) -> Truth:
    return Truth(nova)


@pytest.fixture(scope="module")
def group(deployer: Deployer) -> aa.Group:
    """Two members, of which db-0 is there."""
    deployer.roll_out(deployer.group("db", 1, "anti-affinity"))
    return deployer.group("db", 2, "anti-affinity")


@pytest.fixture(scope="module")
def occupied(group: aa.Group, nova: Nova) -> str:
    """The host of db-0."""
    (host,) = nova.hosts_of().values()
    return host


@pytest.fixture
def force(nova: Nova, deployer: Deployer) -> Iterator[Force]:
    """An operator's hand: boots db-1 on a host that is named, past the scheduler."""
    forced: list[Server] = []

    def boot(host: str, **own: Any) -> None:
        marks = GroupKey(OWNER, "db").marks("db-1")
        forced.append(nova.boot("db-1", host=host, metadata=marks, **own))

    yield boot
    for server in forced:
        delete(deployer, server)


def boot_by_hand(deployer: Deployer, **own: Any) -> Server:
    server = deployer.conn.compute.create_server(name="by-hand", **deployer.machine, **own)
    return deployer.conn.compute.wait_for_server(server, interval=0.2, wait=60)


def delete(deployer: Deployer, server: Server) -> None:
    deployer.conn.compute.delete_server(server.id)
    while any(one.id == server.id for one in deployer.conn.compute.servers(details=False)):
        time.sleep(0.1)


def test_a_member_that_is_missing_is_told(group: aa.Group) -> None:
    report = group.verify()
    assert (report.missing, report.exit_code) == (("db-1",), 4)


def test_a_rule_is_held_where_the_hosts_show_it(
    nova: Nova, group: aa.Group, occupied: str, force: Force
) -> None:
    force(next(host for host in nova.hosts if host != occupied))
    report = group.verify()
    assert (report.verdict, report.exit_code) == ("held", 0)
    assert [rule.evidence for rule in report.rules] == ["DOMAIN"]


def test_a_member_launched_where_the_filter_is_off_breaks_the_rule_by_its_host_id(
    group: aa.Group, occupied: str, force: Force
) -> None:
    force(occupied)
    report = group.verify()
    assert (report.verdict, report.exit_code) == ("broken", 1)
    assert report.rules[0].evidence == "DOMAIN"


def test_a_member_that_an_operator_forced_into_the_group_on_an_occupied_host_breaks_the_rule(
    nova: Nova, group: aa.Group, occupied: str, force: Force, truth: Truth
) -> None:
    nova.allow_breaks()
    (native,) = {id_ for seen in group.machines() for id_ in seen.memberships["host"]}
    force(occupied, scheduler_hints={"group": native})
    assert truth.crowds("db") == [2]
    report = group.verify()
    assert (report.verdict, report.exit_code) == ("broken", 1)
    assert "db-0" in report.rules[0].note
    assert "db-1" in report.rules[0].note


def test_a_server_outside_the_server_group_cannot_become_a_member(
    deployer: Deployer, group: aa.Group, truth: Truth
) -> None:
    by_hand = boot_by_hand(deployer)
    with pytest.raises(aa.InvalidRequest, match=by_hand.id):
        group.bind("db-1", by_hand.id)
    assert truth.members("db") == ["db-0"]
    delete(deployer, by_hand)


def test_a_group_is_released_when_its_machines_are_gone_and_not_before(
    deployer: Deployer, group: aa.Group, truth: Truth
) -> None:
    for members in (None, ["db-0"]):
        with pytest.raises(aa.StillOccupied, match="db-0"):
            group.release(members)
    group.release(["db-1"])
    delete(deployer, truth.servers("db")[0])
    group.release(["db-0"])
    assert len(truth.server_groups()) == 1, "of single members Nova keeps nothing"
    group.release()
    assert truth.server_groups() == []
    group.release()


def test_strangers_in_an_adopted_group_count_and_can_become_members_and_the_group_stays(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    nova.delete_everything()
    for host in nova.hosts[2:]:
        nova.disable_host(host)
    native = deployer.conn.compute.create_server_group(name="made-by-hand", policy="anti-affinity")
    by_hand = boot_by_hand(deployer, scheduler_hints={"group": native.id})

    group = deployer.group("db", 2, "anti-affinity", adopt={"host": native.id})
    with pytest.raises(aa.NoCapacity):
        deployer.roll_out(group)
    assert truth.members("db") == ["db-0"]
    assert nova.hosts_of()[by_hand.id] not in truth.hosts("db")

    bound = group.bind("db-1", by_hand.id)
    assert (bound.instance, bound.member) == (by_hand.id, "db-1")
    assert truth.is_whole("db", 2), "by the mark that bind wrote"
    report = deployer.roll_out(group)
    assert (report.launched, report.verdict) == ((), "held")

    for server in truth.servers("db"):
        delete(deployer, server)
    group.release()
    assert truth.server_groups() == ["made-by-hand"]
