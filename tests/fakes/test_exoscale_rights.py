"""The rights that the record names are enough for each verb, and none of them is too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import Backend, Need
from antiaffinity.model import GroupKey, Observed
from antiaffinity_exoscale.rights import RIGHTS
from fakes.exoscale_stage import Stage, hypervisors, stage

KEY = GroupKey("shop/prod", "db")


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage(hypervisors(ch_gva_2=12)) as there:
        yield there


Verb = Callable[[Stage, Backend], Any]


def topology(there: Stage, backend: Backend) -> None:
    """With a type to look for, and a group that strangers have filled."""
    (group,) = there.groups
    while there.groups[group] < 8:
        there.occupant(group)
    (domain,) = backend.topology(Need(KEY, sizes=({"type": "standard.tiny"},))).domains
    assert domain.full


def observe(there: Stage, backend: Backend) -> list[Observed]:
    theirs = there.theirs()
    there.occupant(theirs)
    return backend.observe(KEY, {"host": theirs})


def prepare(there: Stage, backend: Backend) -> None:
    """With a double of the group that has to go."""
    plan = there.group(2, name="web").plan()
    native = plan.natives[0]
    backend.prepare(GroupKey("shop/prod", "web"), plan, {})
    (made,) = [one for one in there.exo.state.groups.values() if "web" in one.name]
    there.theirs(made.name, made.description)
    assert len(backend.prepare(GroupKey("shop/prod", "web"), plan, {})) == len([native])
    assert len(there.groups) == 2


def settle(there: Stage, backend: Backend) -> None:
    placement = there.group(3).prepare().new()[0]
    client = there.exo.client()
    asked = placement.arguments(**there.exo.machine)
    assert backend.settle(placement, client.create_instance(**asked)["id"]).holds
    with suppress(aa.NoCapacity):
        backend.settle(placement, there.theirs())


def bind(there: Stage, backend: Backend) -> None:
    """In an adopted group, where the mark is written."""
    theirs = there.theirs()
    occupant = there.occupant(theirs)
    placement = there.group(1, name="web", adopt={"host": theirs}).prepare().placements[0]
    assert backend.bind(placement, occupant).member == "web-0"
    assert backend.bind(replace(placement, native_ids=()), occupant).member == "web-0"


def unmark(there: Stage, backend: Backend) -> None:
    seen = there.group(2).machines()[0]
    backend.unmark(KEY, seen.instance)
    assert seen.instance not in {one.instance for one in there.group(2).machines() if one.member}


def release(there: Stage, backend: Backend) -> None:
    for machine in there.group(2).machines():
        there.kill(aa.Machine(machine.instance, machine.member, ""))
    there.wait()
    backend.release(KEY, None, {})
    assert there.groups == {}


def groups(there: Stage, backend: Backend) -> None:
    assert len(backend.groups(None)) == 1


VERBS: dict[str, Verb] = {
    verb.__name__: verb for verb in (topology, observe, prepare, settle, bind, unmark, release, groups)
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_needs_no_more_than_the_record_says(verb: str, there: Stage) -> None:
    there.roll_out(2)
    VERBS[verb](there, _restricted(there, RIGHTS[verb]))


SPARED = "compute.list-quotas"
"""Without it the quotas are not known; a launch that they have no room for is refused as it comes."""


@pytest.mark.parametrize(
    ("verb", "right"),
    [(verb, right) for verb in VERBS for right in RIGHTS[verb] if right != SPARED],
    ids=str,
)
def test_a_verb_needs_no_less(verb: str, right: str, there: Stage) -> None:
    there.roll_out(2)
    less = [one for one in RIGHTS[verb] if one != right]
    with pytest.raises(aa.NotAuthorized, match=right):
        VERBS[verb](there, _restricted(there, less))


def test_who_may_not_read_the_quotas_rolls_out_all_the_same(there: Stage) -> None:
    every = {right for rights in RIGHTS.values() for right in rights}
    client = there.exo.client(allowed=every - {SPARED})

    def boot(placement: aa.Placement) -> str:
        return str(client.create_instance(**placement.arguments(**there.exo.machine))["reference"]["id"])

    cloud = aa.connect("exoscale", client=client, owner="shop/prod")
    limits = cloud.clouds[""].topology(Need(KEY)).limits
    assert limits is not None
    assert limits.instances_left is None
    assert cloud.group("db", members=3, rules="anti-affinity").roll_out(boot).exit_code == 0


def test_a_whole_roll_out_needs_what_its_verbs_need(there: Stage) -> None:
    every = {right for rights in RIGHTS.values() for right in rights}
    client = there.exo.client(allowed=every)

    def boot(placement: aa.Placement) -> str:
        return str(client.create_instance(**placement.arguments(**there.exo.machine))["reference"]["id"])

    group = aa.connect("exoscale", client=client).group("db", members=3, rules="anti-affinity")
    assert group.roll_out(boot).exit_code == 0


def _restricted(there: Stage, rights: Any) -> Backend:
    cloud = aa.connect("exoscale", client=there.exo.client(allowed=rights), owner="shop/prod")
    return cloud.clouds[""]
