# mypy: untyped-calls-exclude=pyVmomi
"""vCenter's backend on one that enforces its rules: DRS at power-on and later, rights, requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from pyVmomi import vim

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.clock import lent
from antiaffinity.errors import NotAuthorized
from antiaffinity.group import Group
from antiaffinity.model import Machine, Placement
from antiaffinity.report import Report
from antiaffinity.testing import Place, Wire
from antiaffinity_vcenter.rights import RIGHTS
from fakes.vcenter_stage import Stage, hosts, stage


class User:
    """A deploy script with a session of its own."""

    def __init__(self, there: Stage, allowed: Sequence[str] | None = None) -> None:
        self.there, self.wire = there, Wire()
        self.si = there.center.client(self.wire, allowed)

    def group(self, members: Any, zone: str = "cluster", **more: Any) -> Group:
        cloud = aa.connect("vcenter", client=self.si, owner="shop/prod", zone=zone)
        return cloud.group("db", members=members, **{"rules": "anti-affinity", **more})

    def roll_out(self, members: Any, repair: bool = False, **more: Any) -> Report:
        return self.group(members, **more).roll_out(self.boot, self.kill, self.start, repair=repair)

    def boot(self, placement: Placement) -> str:
        spec = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), powerOn=False, template=False)
        template: Any = vim.VirtualMachine(self.there.center.template, self.si._stub)
        folder = vim.Folder(self.there.center.folder)
        task = template.CloneVM_Task(folder=folder, name=placement.member, **placement.arguments(spec=spec))
        return str(self.there.done(task)._GetMoId())

    def start(self, machine: Machine) -> None:
        self.there.done(self._vm(machine).PowerOnVM_Task())

    def kill(self, machine: Machine) -> None:
        if machine.id:
            self.there.done(self._vm(machine).Destroy_Task())

    def _vm(self, machine: Machine) -> Any:
        return vim.VirtualMachine(machine.id, self.si._stub)

    def hosts(self) -> dict[str, str]:
        """Where each member really is."""
        with self.there.world.lock:
            return {one.member: one.domain("host") for one in self.there.world.machines.values()}


@contextmanager
def cluster(count: int = 3, **settings: Any) -> Iterator[Stage]:
    with stage(hosts(count), **settings) as there, lent(there.clock):
        yield there


# Where machines are


def test_members_run_where_we_chose_though_drs_places_at_power_on() -> None:
    with cluster() as there:
        user = User(there)
        planned = {p.member: p.domains["host"] for p in user.group(3).plan().placements}
        assert user.roll_out(3).exit_code == 0
        assert user.hosts() == planned
        assert not there.cluster().configurationEx.drsVmConfig
        assert not there.cluster().configurationEx.group


def test_the_first_of_them_stays_though_no_rule_is_there_for_one() -> None:
    with cluster() as there:
        user = User(there)
        chosen = user.group(3).plan().placements[0].domains["host"]
        user.roll_out(1)
        assert user.hosts() == {"db-0": chosen}


def test_drs_leaves_them_apart_because_of_the_rule() -> None:
    with cluster(2) as there:
        User(there).roll_out(2)
        there.center.drs()
        assert len(set(User(there).hosts().values())) == 2
        for rule in there.rules():
            there.remove(rule.key)
        there.center.drs()
        assert len(set(User(there).hosts().values())) == 1, "this DRS does bring machines together"


@pytest.mark.parametrize("by_hand", ["refused", "allowed"])
def test_a_move_past_us_is_named_and_mended_by_one_move(by_hand: str) -> None:
    with cluster(3, by_hand=by_hand) as there:
        user = User(there)
        user.roll_out(2)
        where = user.hosts()
        ids = {one.member: one.id for one in there.world.machines.values()}
        there.world.move(ids["db-1"], where["db-0"])
        report = user.group(2).verify()
        assert (report.exit_code, report.rules[0].note) == (1, f"db-0, db-1 share host c1/{where['db-0']}")
        [move] = user.group(2).plan(repair=True).moves
        user.roll_out(2, repair=True)
        assert user.hosts()[move.member] == move.placement.domains["host"]
        assert user.group(2).verify().verdict == "held"


@pytest.mark.parametrize(
    ("rules", "kind", "mandatory"),
    [
        ("soft-anti-affinity", "vim.cluster.AntiAffinityRuleSpec", False),
        ("affinity", "vim.cluster.AffinityRuleSpec", True),
        ("soft-affinity", "vim.cluster.AffinityRuleSpec", False),
    ],
)
def test_every_kind_of_rule_is_kept_by_its_own(rules: str, kind: str, mandatory: bool) -> None:
    with cluster() as there:
        user = User(there)
        assert user.roll_out(2, rules=rules).exit_code == 0
        [rule] = there.rules()
        assert (type(rule).__name__, rule.mandatory, rule.enabled) == (kind, mandatory, True)
        assert len(set(user.hosts().values())) == (1 if "anti" not in rules else 2)


def test_rules_over_different_members_are_two_in_vcenter_too() -> None:
    with cluster(4) as there:
        user = User(there)
        apart = [aa.AntiAffinity("host", among=(names,)) for names in ("db-[01]", "db-[23]")]
        user.roll_out(4, rules=apart)
        assert sorted(sorted(vm.name for vm in rule.vm) for rule in there.rules()) == [
            ["db-0", "db-1"],
            ["db-2", "db-3"],
        ]


@pytest.mark.parametrize("among", [("*",), ("db-[01]",)])
def test_a_rule_is_written_where_only_its_name_is_known(among: tuple[str, ...]) -> None:
    """As for the machines of a Pulumi program, which come one by one and run already."""
    with cluster() as there:
        user = User(there)
        group = user.group(2, rules=[aa.AntiAffinity("host", among=among)])
        [backend] = group.clouds.values()
        for placement in group.prepare().placements:
            id_ = user.boot(placement)
            user.start(Machine(id_, placement.member, ""))
            backend.bind(replace(placement, natives=()), id_)
        [rule] = there.rules()
        assert sorted(vm.name for vm in rule.vm) == ["db-0", "db-1"]


def test_a_rule_with_one_machine_left_in_another_cluster_is_removed() -> None:
    with stage([*hosts(2, "c1"), *hosts(2, "c2")]) as there, lent(there.clock):
        user = User(there)
        user.roll_out(4)
        group = user.group(4)
        gone = next(one for one in group.machines() if one.domains["zone"] == "c2")
        vm = vim.VirtualMachine(gone.instance, user.si._stub)
        there.stop(vm)
        there.destroy(vm)
        [placement] = [p for p in group.plan().placements if p.domains["host"] == "c1-h1"]
        group.clouds[""].bind(placement, placement.existing)
        assert not there.cluster("c2").configurationEx.rule
        assert len(there.cluster("c1").configurationEx.rule) == 1


# Lists that last

LISTED = {"host": ["c1-h1", "c1-h2"]}


def test_members_stay_on_the_hosts_that_their_lists_admit() -> None:
    with cluster(4, by_hand="refused") as there:
        user = User(there)
        assert user.roll_out(2, only=LISTED).exit_code == 0
        [tie] = [one for one in there.rules() if isinstance(one, vim.cluster.VmHostRuleInfo)]
        assert (tie.enabled, tie.mandatory) == (True, True)
        vm = vim.VirtualMachine(next(iter(there.world.machines)), user.si._stub)
        with pytest.raises(vim.fault.RuleViolation):
            there.relocate(vm, "c1-h4")
        there.center.drs()
        assert set(user.hosts().values()) == {"c1-h1", "c1-h2"}


def test_members_with_lists_of_their_own_have_walls_of_their_own() -> None:
    with cluster(4) as there:
        user = User(there)
        members = [{"name": "db-0", "only": {"host": ["c1-h1"]}}, {"name": "db-1"}]
        user.roll_out(members, never={"host": ["c1-h4"]})
        groups = there.cluster().configurationEx.group
        inside = {tuple(vm.name for vm in one.vm) for one in groups if isinstance(one, vim.cluster.VmGroup)}
        assert inside == {("db-0",), ("db-1",)}
        walls = [{h.name for h in one.host} for one in groups if isinstance(one, vim.cluster.HostGroup)]
        assert sorted(walls, key=len) == [{"c1-h1"}, {"c1-h1", "c1-h2", "c1-h3"}]


def test_where_the_lists_admit_a_whole_cluster_there_is_no_wall() -> None:
    with stage([*hosts(2, "c1"), *hosts(2, "c2")]) as there, lent(there.clock):
        User(there).roll_out(2, only={"zone": ["c1"]})
        assert [type(one).__name__ for one in there.rules()] == ["vim.cluster.AntiAffinityRuleSpec"]
        assert not there.cluster().configurationEx.group


def test_a_machine_that_is_bound_with_another_list_has_another_wall() -> None:
    with cluster(4) as there:
        user = User(there)
        user.roll_out(2, only=LISTED)
        group = user.group(2, only={"host": ["c1-h[123]"]})
        for placement in group.plan().placements:
            group.clouds[""].bind(placement, placement.existing)
        groups = there.cluster().configurationEx.group
        assert [len(one.host) for one in groups if isinstance(one, vim.cluster.HostGroup)] == [3]
        assert [len(one.vm) for one in groups if isinstance(one, vim.cluster.VmGroup)] == [2]


def test_a_wall_is_no_zone() -> None:
    places = [Place(f"h{n}", zone=f"room-{n % 2}", region="c1") for n in range(4)]
    with stage(places) as there, lent(there.clock):
        user = User(there)
        user.roll_out(2, zone="host-group", only={"host": ["h0", "h1"]})
        machines = user.group(2, zone="host-group").machines()
        assert {one.domains["zone"] for one in machines} == {"room-0", "room-1"}


def test_a_release_takes_the_walls_down() -> None:
    with cluster(4) as there:
        user = User(there)
        user.roll_out(2, only=LISTED)
        for id_ in [*there.world.machines]:
            vm = vim.VirtualMachine(id_, user.si._stub)
            there.stop(vm)
            there.destroy(vm)
        user.group(2).release()
        assert there.rules() == []
        assert not there.cluster().configurationEx.group


# What DRS does less


@pytest.mark.parametrize(("drs", "words"), [("off", "DRS is off"), ("manual", "DRS is manual")])
def test_drs_that_does_less_is_a_finding(drs: str, words: str) -> None:
    with cluster(drs=drs) as there:
        [finding] = User(there).group(3).plan().findings
        assert words in finding.message


def test_a_rule_that_vcenter_disabled_is_a_finding() -> None:
    with cluster() as there:
        user = User(there)
        user.roll_out(2)
        [ours] = there.rules()
        vms = list(ours.vm)
        there.remove(ours.key)
        there.add("theirs", vms, vim.cluster.AffinityRuleSpec, mandatory=False)
        report = user.roll_out(2)
        assert report.verdict == "held"
        assert [one for one in report.findings if "is disabled" in one.message]


# Rights


def allowed(*but: str) -> list[str]:
    return sorted({right for rights in RIGHTS.values() for right in rights} - {*but})


def test_the_rights_of_the_record_are_enough() -> None:
    with cluster() as there:
        assert User(there, allowed()).roll_out(3).exit_code == 0


def test_without_the_right_to_write_rules_nothing_is_launched() -> None:
    with cluster() as there:
        user = User(there, allowed("Host.Inventory.EditCluster"))
        with pytest.raises(NotAuthorized, match=r"Host\.Inventory\.EditCluster"):
            user.roll_out(3)
        assert user.hosts() == {}


def test_without_the_right_to_a_lock_the_rule_is_whole_all_the_same() -> None:
    with cluster() as there:
        assert User(there, allowed("Global.ManageCustomFields")).roll_out(3).exit_code == 0
        assert [len(rule.vm) for rule in there.rules()] == [3]


# Requests


def test_places_are_read_in_one_request_once_there_is_a_view() -> None:
    with cluster() as there:
        user = User(there)
        group = user.group(3)
        group.plan()
        before = len(user.wire.requests)
        [backend] = group.clouds.values()
        backend.topology(_need(group))
        assert len(user.wire.requests) - before == 1


def _need(group: Group) -> Need:
    return Need(group.key, sizes=({"memory_mb": 1024},), levels=("host",))


def test_binding_again_what_is_bound_reads_once_and_writes_nothing() -> None:
    with cluster() as there:
        user = User(there)
        user.roll_out(3)
        group = user.group(3)
        [placement, *_] = group.plan().placements
        before = len(user.wire.requests)
        group.clouds[""].bind(placement, placement.existing)
        assert len(user.wire.requests) - before <= 3, "the service's content, a view, one look"


def test_a_resource_that_no_esxi_host_states_is_refused_with_the_nearest() -> None:
    with stage(hosts(2)) as there, lent(there.clock):
        with pytest.raises(aa.InvalidRequest, match="did you mean 'memory_mb'") as error:
            User(there).group(1, size={"memory": 1024}).plan()
        assert error.value.path == "size.memory"
