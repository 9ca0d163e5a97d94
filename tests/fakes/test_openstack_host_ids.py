"""One hostId for a whole pod: a nova-compute in front of bare metal or vCenter is no evidence of a host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack, Settings


class Pod:
    """Four machines behind one nova-compute, and a user with three members on them."""

    def __init__(self, nova: FakeOpenStack, **settings: Any) -> None:
        self.nova, self.connection = nova, nova.connection()
        self.cloud = aa.connect("openstack", client=self.connection, **settings)
        self.killed: list[str | None] = []

    def group(self, members: int = 3) -> aa.Group:
        return self.cloud.group("db", members=members, rules="anti-affinity")

    def roll_out(self, members: int = 3, repair: bool = False) -> aa.Report:
        return self.group(members).roll_out(self._boot, self._kill, repair=repair)

    def _boot(self, placement: aa.Placement) -> str:
        asked = placement.arguments(**self.nova.machine)
        return str(self.connection.compute.create_server(**asked).id)

    def _kill(self, machine: aa.Machine) -> None:
        self.killed.append(machine.id)
        self.connection.compute.delete_server(machine.id or "")


@pytest.fixture
def nova() -> Iterator[FakeOpenStack]:
    places = [Place(f"h{number}") for number in range(4)]
    clock = Turns()
    with lent(clock), FakeOpenStack(World(places, clock), Settings(one_host_id=True)) as cloud:
        yield cloud


def test_a_repair_replaces_one_healthy_machine_at_most_and_says_why_it_stops(nova: FakeOpenStack) -> None:
    pod = Pod(nova)
    pod.roll_out()
    report = pod.roll_out(repair=True)
    assert (len(pod.killed), len(nova.world.running()), report.exit_code) == (1, 3, 1)
    [said] = [one for one in report.findings if one.kind == "in-vain"]
    assert "was replaced and is in the same place as before" in said.message
    assert report.moved == ()


def test_the_plan_of_a_repair_says_before_that_the_evidence_may_be_none(nova: FakeOpenStack) -> None:
    pod = Pod(nova)
    pod.roll_out()
    said = [one.message for one in pod.group().plan(repair=True).findings if one.kind == "machine"]
    assert any("all 3 servers of this project show one hostId" in words for words in said)
    assert any("host_ids: false" in words for words in said)


def test_without_host_ids_membership_is_promised_and_nobody_is_moved(nova: FakeOpenStack) -> None:
    pod = Pod(nova, host_ids=False)
    assert pod.roll_out().verdict == "promised"
    report = pod.roll_out(repair=True)
    assert (report.verdict, report.exit_code, report.findings) == ("promised", 0, ())
    assert (pod.killed, report.launched, pod.group().plan(repair=True).moves) == ([], (), ())
    assert len({machine.domain("host") for machine in nova.world.running()}) == 3


def test_the_plan_expects_no_more_than_membership_then(nova: FakeOpenStack) -> None:
    assert [rule.evidence for rule in Pod(nova, host_ids=False).group().plan().rules] == ["MEMBERSHIP"]


@pytest.mark.parametrize("wrong", ["no", 0, None])
def test_anything_but_true_or_false_is_refused(nova: FakeOpenStack, wrong: object) -> None:
    with pytest.raises(aa.InvalidRequest, match="true or false") as error:
        Pod(nova, host_ids=wrong)
    assert error.value.path == "host_ids"
