# mypy: untyped-calls-exclude=pyVmomi
"""Groups on VMware's own simulator: who is on which host, and who is in which DRS rule."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from pyVmomi import vim

from antiaffinity.errors import AntiaffinityError, NoCapacity
from antiaffinity.leftovers import machine
from antiaffinity.model import Observed
from real.vcsim_box import User, VCSim, done

FIRST = "shop-prod-db-apart-must-1-23c3a16c"


def delete(user: User, machines: Sequence[Observed]) -> None:
    """The user deletes machines past us."""
    for seen in machines:
        done(user.machine(seen.instance).PowerOffVM_Task())
        user.kill(machine(seen))


def names(count: int) -> set[str]:
    return {f"db-{number}" for number in range(count)}


def test_six_members_are_on_six_hosts_and_in_one_rule(vcsim: VCSim) -> None:
    user = vcsim.user()
    report = user.roll_out(6)
    assert (report.verdict, report.exit_code, report.findings) == ("held", 0, ())
    assert len(set(user.hosts().values())) == 6
    assert user.rules() == {FIRST: names(6)}
    [rule] = user.infos()
    assert (rule.enabled, rule.mandatory) == (True, True)


def test_every_member_runs_and_none_is_kept_out_of_drs(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(2)
    assert {vm.runtime.powerState for vm in user.members().values()} == {"poweredOn"}
    [cluster] = user.every(vim.ClusterComputeResource)
    assert (list(cluster.configurationEx.group), list(cluster.configurationEx.drsVmConfig)) == ([], [])


def test_a_seventh_is_refused_and_nothing_is_made(vcsim: VCSim) -> None:
    user = vcsim.user()
    with pytest.raises(AntiaffinityError, match="no place for db-6") as refused:
        user.roll_out(7)
    assert isinstance(refused.value, NoCapacity)
    assert (user.hosts(), user.rules()) == ({}, {})


def test_more_members_than_hosts_are_stacked_in_layers(vcsim: VCSim) -> None:
    user = vcsim.user()
    report = user.roll_out(8, saturated="stack")
    assert (report.verdict, report.missing) == ("held", ())
    hosts = user.hosts()
    assert sorted(list(hosts.values()).count(host) for host in set(hosts.values())) == [1, 1, 1, 1, 2, 2]
    layers = user.rules()
    assert sorted(map(len, layers.values())) == [2, 6]
    for inside in layers.values():
        assert len({hosts[name] for name in inside}) == len(inside)


def test_a_list_of_one_host_is_refused_with_its_name(vcsim: VCSim) -> None:
    user = vcsim.user()
    with pytest.raises(NoCapacity) as refused:
        user.roll_out(3, only={"host": ["DC0_C0_H2"]})
    assert "only" in {path.partition(".")[0] for _, path in refused.value.conflict}
    assert user.hosts() == {}


def test_stacked_on_a_list_of_one_host_all_are_there_and_anti_affinity_is_void(vcsim: VCSim) -> None:
    user = vcsim.user()
    report = user.roll_out(3, only={"host": ["DC0_C0_H2"]}, saturated="stack")
    assert user.hosts() == dict.fromkeys(names(3), "DC0_C0_H2")
    assert [one.message for one in report.findings if "void" in one.message] == [
        "anti-affinity (host) is void for some: all 3 in one host (saturated: stack)"
    ]
    assert user.rules() == {}


def test_a_move_past_us_is_broken_with_both_names_and_the_host(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(3)
    user.relocate("db-1", user.hosts()["db-0"])
    report = user.group(3).verify()
    assert (report.verdict, report.exit_code) == ("broken", 1)
    assert report.rules[0].note == f"db-0, db-1 share host DC0_C0/{user.hosts()['db-0']}"


def test_a_machine_moved_by_us_is_apart_again(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(3)
    group, free = user.group(3), next(p for p in user.group(6).plan().new())
    user.relocate("db-1", user.hosts()["db-0"])
    there = next(p for p in group.plan().placements if p.member == "db-1")
    [backend] = group.clouds.values()
    seen = backend.move(replace(there, domains=free.domains, ids=free.ids), there.existing)
    assert (seen.domains, user.hosts()["db-1"]) == (free.domains, free.domains["host"])
    assert group.verify().exit_code == 0


def test_running_again_changes_nothing(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(3)
    before = user.hosts(), user.rules()
    assert user.roll_out(3).launched == ()
    assert (user.hosts(), user.rules()) == before


def test_a_rule_that_lost_a_member_is_written_whole_again(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(3)
    [rule], [cluster] = user.infos(), user.every(vim.ClusterComputeResource)
    rule.vm = rule.vm[:2]
    done(
        cluster.ReconfigureComputeResource_Task(
            vim.cluster.ConfigSpecEx(rulesSpec=[vim.cluster.RuleSpec(operation="edit", info=rule)]), True
        )
    )
    assert [one.kind for one in user.group(3).verify().findings] == ["not-kept"]
    user.roll_out(3)
    assert user.rules() == {FIRST: names(3)}


def test_members_that_are_gone_leave_the_rule_and_an_empty_rule_goes(vcsim: VCSim) -> None:
    user = vcsim.user()
    user.roll_out(3)
    machines = user.group(3).machines()
    delete(user, machines[:1])
    user.group(3).release([machines[0].member])
    assert list(map(len, user.rules().values())) == [2]
    delete(user, machines[1:])
    user.group(3).release()
    assert user.rules() == {}
