# mypy: untyped-calls-exclude=pyVmomi
"""The privileges that the record names are enough for each verb, and none of them is too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import Backend, Need
from antiaffinity.clock import lent
from antiaffinity.model import GroupKey, Machine, Placement
from antiaffinity.policy import AntiAffinity
from antiaffinity.testing import Turns, Wire
from antiaffinity.testing.conformance.stage import Script
from antiaffinity.testing.conformance.trials import Wanted
from antiaffinity_vcenter.rights import RIGHTS
from conformance.vcenter_harness import Clouds, VCenterHarness
from conformance.vcenter_user import User

KEY = GroupKey("shop/prod", "db")
EVERYBODYS = ("System.View", "System.Read")
"""What every role has."""
NOT_VITAL = ("Global.ManageCustomFields",)
"""Without it rules are written all the same, without a lock."""


@pytest.fixture
def there() -> Iterator[VCenterHarness]:
    """A cluster with two members of a group."""
    clouds = Clouds("host groups")
    cloud = clouds.fresh(Turns(0))
    with lent(cloud.clock):
        _script(cloud, 2).roll_out()
        yield cloud
    clouds.close()


def _script(cloud: VCenterHarness, members: int) -> Script:
    script = Script(cloud, Wanted(members, (AntiAffinity("host"),)), Wire())
    script.start()
    return script


def _next(there: VCenterHarness) -> Placement:
    return _script(there, 3).group.prepare().new()[0]


def _launched(there: VCenterHarness, user: User | None = None) -> tuple[Placement, str]:
    placement = _next(there)
    user = user or there.user(KEY)
    return placement, user.boot(placement, placement.arguments(**user.deployer().own))


def topology(there: VCenterHarness, backend: Backend) -> None:
    assert len(backend.topology(Need(KEY)).domains) == 4


def observe(there: VCenterHarness, backend: Backend) -> None:
    assert len(backend.observe(KEY, {})) == 2


def prepare(there: VCenterHarness, backend: Backend) -> None:
    assert backend.prepare(KEY, _script(there, 3).group.plan(), {})


def settle(there: VCenterHarness, backend: Backend) -> None:
    assert backend.settle(*_launched(there)).holds


def bind(there: VCenterHarness, backend: Backend) -> None:
    placement, id_ = _launched(there)
    assert backend.bind(placement, id_).instance == id_
    (rule,) = there.center.state.clusters[0].rules
    assert len(rule.vm) == 3


def unmark(there: VCenterHarness, backend: Backend) -> None:
    (seen, *_) = backend.observe(KEY, {})
    backend.unmark(KEY, seen.instance)
    assert seen.instance not in {one.instance for one in backend.observe(KEY, {})}
    assert there.natives() == []


def move(there: VCenterHarness, backend: Backend) -> None:
    """To the place of the next member."""
    (seen, *_) = backend.observe(KEY, {})
    placement = replace(_next(there), member=seen.member)
    assert backend.move(placement, seen.instance).domains["host"] == placement.domains["host"]


def release(there: VCenterHarness, backend: Backend) -> None:
    for machine in there.machines():
        there.terminate(machine.id)
    backend.release(KEY, None, {})
    assert there.natives() == []


def groups(there: VCenterHarness, backend: Backend) -> None:
    assert len(backend.groups(None)) == 1


VERBS: dict[str, Callable[[VCenterHarness, Backend], None]] = {
    verb.__name__: verb for verb in (topology, observe, prepare, settle, bind, unmark, move, release, groups)
}


def _backend(there: VCenterHarness, rights: Any) -> Backend:
    client = there.center.client(allowed=rights)
    return aa.connect("vcenter", client=client, owner="shop/prod", zone="host-group").clouds[""]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_needs_no_more_than_the_record_says(verb: str, there: VCenterHarness) -> None:
    VERBS[verb](there, _backend(there, RIGHTS[verb]))


VITAL = [(verb, one) for verb in VERBS for one in RIGHTS[verb] if one not in (*EVERYBODYS, *NOT_VITAL)]
ELSEWHERE = [
    ("move", one) for one in ("Resource.ColdMigrate", "Resource.AssignVMToPool", "Host.Inventory.EditCluster")
] + [("bind", "VirtualMachine.Config.AdvancedConfig")]
"""For machines that are off, another cluster, a rule that is not as it should be, one without its mark."""


@pytest.mark.parametrize(("verb", "right"), [one for one in VITAL if one not in ELSEWHERE], ids=str)
def test_a_verb_needs_no_less(verb: str, right: str, there: VCenterHarness) -> None:
    with pytest.raises(aa.NotAuthorized, match=right):
        VERBS[verb](there, _backend(there, [one for one in RIGHTS[verb] if one != right]))


# What the user's own hands need


def launch(there: VCenterHarness, user: User) -> None:
    _launched(there, user)


def start(there: VCenterHarness, user: User) -> None:
    _, id_ = _launched(there)
    user.start(Machine(id_, "db-2", ""))


def discard(there: VCenterHarness, user: User) -> None:
    user.discard(Machine(there.machines()[0].id, "", ""))


HANDS = {hand.__name__: hand for hand in (launch, start, discard)}


def _user(there: VCenterHarness, rights: Any) -> User:
    user = there.user(KEY)
    return user.as_(there.center.client(allowed=rights))


@pytest.mark.parametrize("hand", HANDS)
def test_a_hand_needs_no_more(hand: str, there: VCenterHarness) -> None:
    HANDS[hand](there, _user(there, RIGHTS[hand]))


@pytest.mark.parametrize(("hand", "right"), [(hand, one) for hand in HANDS for one in RIGHTS[hand]], ids=str)
def test_a_hand_needs_no_less(hand: str, right: str, there: VCenterHarness) -> None:
    with pytest.raises(Exception, match=right):
        HANDS[hand](there, _user(there, [one for one in RIGHTS[hand] if one != right]))
