"""The rights that the record names are those that each verb needs, no more and no fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import Need
from antiaffinity.model import GroupKey
from antiaffinity.testing.azure import FakeAzure
from antiaffinity.testing.azure.nouns import GROUP
from antiaffinity_azure import cloud
from fakes.azure_deploy import Deploy
from fakes.azure_stage import REGIONAL, User, azure_on, beside, regional

KEY = GroupKey("shop/prod", "db")
RULE = aa.AntiAffinity("rack", hard=False)


@pytest.fixture
def azure() -> Iterator[FakeAzure]:
    """Two members in a scale set; a machine without a mark, and a place for a third, in others."""
    with azure_on(regional()) as azure:
        deploy = Deploy(azure, 2, RULE, REGIONAL)
        deploy.roll_out()
        hands = User(azure, REGIONAL)
        hands.boot("by-hand", **beside(hands.availability_set()))
        yield azure


class Limited:
    """Somebody who has some rights only."""

    def __init__(self, azure: FakeAzure, rights: list[str]) -> None:
        self.azure, self.all = azure, Deploy(azure, 2, RULE, REGIONAL)
        self.own = Deploy(azure, 2, RULE, REGIONAL, rights=rights)
        self.hands: Any = self.own.compute.virtual_machines
        (self.set_id,) = [one.id for one in azure.state.sets.values() if one.kind == "availabilitySets"]

    def topology(self) -> None:
        self.own.backend.topology(Need(KEY))

    def observe(self) -> None:
        assert len(self.own.backend.observe(KEY, {})) == 2

    def prepare(self) -> None:
        """One set is made, one adopted."""
        plan = Deploy(self.azure, 2, RULE, REGIONAL, owner="other").group.plan()
        self.own.backend.prepare(GroupKey("other", "db"), plan, {})
        adopting = Deploy(self.azure, 3, RULE, REGIONAL, adopt={"rack": self.set_id}).group.plan()
        self.own.backend.prepare(KEY, adopting, {"rack": self.set_id})

    def settle(self) -> None:
        self.own.backend.settle(self.all.group.plan().placements[0], "db-0")

    def bind(self) -> None:
        """One that bears the mark, and one that gets it."""
        placement = self.all.group.plan().placements[0]
        self.own.backend.bind(placement, "db-0")
        third = replace(placement, member="db-2", native_ids=(self.set_id,))
        self.own.backend.bind(third, "by-hand")

    def unmark(self) -> None:
        self.own.backend.unmark(KEY, "db-0")

    def release(self) -> None:
        for member in ("db-0", "db-1"):
            self.all.kill(aa.Machine(None, member, ""))
        self.own.backend.release(KEY, None, {})

    def groups(self) -> None:
        assert [found.key for found in self.own.backend.groups(None)] == [KEY]

    def launch(self) -> None:
        placement = Deploy(self.azure, 3, RULE, REGIONAL).group.prepare().placements[2]
        self.hands.begin_create_or_update(GROUP, "db-2", self.all.body(placement)).result()

    def discard(self) -> None:
        self.hands.begin_delete(GROUP, "db-0").result()


VERBS: dict[str, Callable[[Limited], None]] = {
    verb: getattr(Limited, verb)
    for verb in (
        "topology",
        "observe",
        "prepare",
        "settle",
        "bind",
        "unmark",
        "release",
        "groups",
        "launch",
        "discard",
    )
}
COMPUTE = {
    verb: [right for right in rights if right.startswith("Microsoft.Compute/")]
    for verb, rights in cloud.rights.items()
}
USAGES = "Microsoft.Compute/locations/usages/read"
UNUSED = {("discard", "Microsoft.Compute/virtualMachines/read"), ("topology", USAGES)}
"""To look for a machine without an id, which a script may do by name; and what is read where it may be."""


def test_every_verb_has_its_rights() -> None:
    assert set(cloud.rights) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_needs_no_more_than_its_rights(verb: str, azure: FakeAzure) -> None:
    VERBS[verb](Limited(azure, COMPUTE[verb]))


@pytest.mark.parametrize(
    ("verb", "right"), [(v, r) for v in VERBS for r in COMPUTE[v] if (v, r) not in UNUSED]
)
def test_a_verb_needs_each_of_its_rights(verb: str, right: str, azure: FakeAzure) -> None:
    limited = Limited(azure, [one for one in COMPUTE[verb] if one != right])
    with pytest.raises(Exception, match="does not have authorization") as error:
        VERBS[verb](limited)
    assert right in str(error.value)
    assert verb in ("launch", "discard") or isinstance(error.value, aa.NotAuthorized)


def test_who_may_not_read_the_quotas_rolls_out_all_the_same(azure: FakeAzure) -> None:
    every = {right for rights in COMPUTE.values() for right in rights}
    deploy = Deploy(azure, 3, RULE, REGIONAL, rights=sorted(every - {USAGES}))
    deploy.roll_out()
    assert len(deploy.group.machines()) == 3
