"""Launches that fail, lie or leave something behind: what is raised, and what is left in the cloud."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openstack.exceptions import BadRequestException

import antiaffinity as aa
from real.deployer import Deployer
from real.nova import Nova
from real.truth import Truth


@pytest.fixture
def deployer(nova: Nova) -> Deployer:
    return Deployer(nova.connect("demo"), nova.machine)


@pytest.fixture
def truth(nova: Nova) -> Truth:
    return Truth(nova)


@pytest.fixture
def group(deployer: Deployer) -> aa.Group:
    return deployer.group("db", 2, "anti-affinity")


def nothing_is_left(truth: Truth) -> bool:
    return truth.statuses() == set()


def test_a_launch_that_ignores_the_placement_is_named_and_its_machine_left_alone(
    nova: Nova, deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    made: list[str] = []

    def boot(placement: aa.Placement) -> str:
        made.append(deployer.conn.compute.create_server(name=placement.member, **nova.machine).id)
        return made[-1]

    with pytest.raises(aa.InvalidRequest, match=r"launch did not use placement\.arguments") as refused:
        group.roll_out(boot, deployer.kill)
    assert made[0] in refused.value.message
    assert (len(made), deployer.discarded) == (1, [])
    assert truth.statuses() <= {"ACTIVE", "BUILD"} != set()


@pytest.mark.parametrize(
    "wrong", [{"flavor_id": "no-such"}, {"image_id": "c0ffee00-0000-4000-8000-000000000000"}]
)
def test_an_argument_that_nova_refuses_is_named_and_leaves_nothing(
    deployer: Deployer, truth: Truth, group: aa.Group, wrong: dict[str, str]
) -> None:
    raised: list[BadRequestException] = []

    def boot(placement: aa.Placement) -> str:
        try:
            arguments = placement.arguments(**{**deployer.machine, **wrong})
            return str(deployer.conn.compute.create_server(**arguments).id)
        except BadRequestException as error:
            raised.append(error)
            raise

    with pytest.raises(aa.InvalidRequest, match="of db-0") as error:
        group.roll_out(boot, deployer.kill)
    assert raised == [error.value.__cause__]
    assert deployer.discarded == [None], "a port or an address of the launch may remain"
    assert nothing_is_left(truth)


def after_creating(deployer: Deployer, error: Exception) -> Callable[[aa.Placement], str]:
    """A launch whose second step fails, when the server is there already."""

    def boot(placement: aa.Placement) -> str:
        deployer.boot(placement)
        raise error

    return boot


def test_a_launch_that_fails_half_way_leaves_nothing(
    deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    with pytest.raises(OSError, match="no volume") as passed_on:
        group.roll_out(after_creating(deployer, OSError("no volume")), deployer.kill)
    assert type(passed_on.value) is OSError
    assert len(deployer.discarded) == 1
    assert deployer.discarded != [None]
    assert nothing_is_left(truth)


def test_a_launch_may_say_by_hand_that_there_is_no_room(
    deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    def boot(placement: aa.Placement) -> str:
        if placement.member == "db-1":
            raise aa.NoCapacity("the licence covers one machine")
        return deployer.boot(placement)

    with pytest.raises(aa.NoCapacity, match="the licence covers one machine") as refused:
        group.roll_out(boot, deployer.kill)
    assert refused.value.report
    assert refused.value.report.missing == ("db-1",)
    assert deployer.discarded == [None]
    assert truth.members("db") == ["db-0"]


def test_a_zone_that_is_refused_by_hand_is_left_out_of_the_rest(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    nova.make_zones({"az1": nova.hosts[:3], "az2": nova.hosts[3:]})

    def boot(placement: aa.Placement) -> str:
        if placement.domains["zone"] == "az1":
            raise aa.NoCapacity("no addresses left in az1")
        return deployer.boot(placement)

    group = deployer.group("db", 3, "anti-affinity", only={"zone": ["az1", "az2"]})
    group.roll_out(boot, deployer.kill)
    assert truth.hosts("db") == nova.hosts[3:]


def test_without_a_discard_the_run_stops_at_the_remains_and_the_next_one_clears_them(
    nova: Nova, deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    for host in nova.hosts[1:]:
        nova.disable_host(host)
    with pytest.raises(aa.AntiaffinityError) as stopped:
        group.roll_out(deployer.boot)
    (failed,) = [server for server in truth.servers("db") if server.status == "ERROR"]
    assert stopped.value.exit_code == 3
    assert failed.id in stopped.value.message
    assert stopped.value.remains == aa.Machine(failed.id, "db-1", "", {"region": "RegionOne"})

    nova.enable_host("host2")
    deployer.roll_out(group)
    assert deployer.discarded == [failed.id]
    assert truth.is_whole("db", 2)


def test_a_rule_over_hosts_pins_no_machine_to_a_zone(nova: Nova, deployer: Deployer) -> None:
    """Where a machine is pinned it is never moved out of its zone, and boots from no other zone's volume."""
    nova.make_zones({"az1": ["host1", "host2"], "az2": ["host3"]})
    deployer.group("db", 3, "anti-affinity").roll_out(deployer.boot, deployer.kill)
    compute = nova.connect("demo").compute
    compute.default_microversion = "2.96"
    servers = list(compute.servers())
    assert [server.pinned_availability_zone for server in servers] == [None] * 3
    assert len(set(nova.hosts_of().values())) == 3


# Nova's quotas


def test_marks_that_the_metadata_quota_cannot_hold_are_refused_before_a_launch(
    nova: Nova, deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    nova.change_settings({"quota.metadata_items": 2})
    with pytest.raises(aa.LimitExceeded, match="2 items of metadata, and a member's mark is 3"):
        deployer.roll_out(group)
    assert nothing_is_left(truth)


def test_metadata_of_the_users_own_that_goes_over_its_quota_is_told_as_that(
    nova: Nova, deployer: Deployer, truth: Truth, group: aa.Group
) -> None:
    nova.change_settings({"quota.metadata_items": 3})
    deployer.machine = {**deployer.machine, "metadata": {"role": "db"}}
    with pytest.raises(aa.LimitExceeded, match="no room for our three marks beside your own"):
        deployer.roll_out(group)
    assert nothing_is_left(truth)


def test_a_used_up_quota_of_ports_is_told_in_neutrons_words_and_a_larger_one_completes_the_group(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    """Nova asks Neutron how many ports are left before it takes a server, and answers 403."""
    group = deployer.group("db", 3, "anti-affinity")
    nova.limit_ports(2)
    with pytest.raises(aa.LimitExceeded, match="quota of ports is used up") as refused:
        deployer.roll_out(group)
    assert refused.value.report
    assert (refused.value.report.missing, truth.members("db")) == (("db-2",), ["db-0", "db-1"])

    nova.limit_ports(3)
    deployer.roll_out(group)
    assert truth.is_whole("db", 3)


def test_cores_are_counted_against_novas_quota_where_sizes_are_said(
    nova: Nova, deployer: Deployer, truth: Truth
) -> None:
    nova.change_settings({"quota.cores": 3})
    group = deployer.group("db", 2, "anti-affinity", size={"vcpus": 2})
    with pytest.raises(aa.LimitExceeded, match="take 4 vcpus, but the quota leaves 3"):
        deployer.roll_out(group)
    assert nothing_is_left(truth)
