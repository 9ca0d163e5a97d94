"""Server groups: what ours are called, and making one where several deployers may be at it.

Nova cannot change a server group, does not keep names unique, and deletes a group with members without a
word (https://docs.openstack.org/nova/latest/user/server-groups.html): all three are handled here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import Any

from msgspec import Struct
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.server_group import ServerGroup
from openstack.exceptions import NotFoundException

from antiaffinity import clock
from antiaffinity.backend import Found
from antiaffinity.errors import InvalidRequest, LimitExceeded, Unavailable
from antiaffinity.model import GroupKey, Level, Native, Observed
from antiaffinity_openstack import lists
from antiaffinity_openstack.faults import answered
from antiaffinity_openstack.quotas import absolute

SETTLE = 2.0
"""Seconds within which a request to create a server group must be through."""

ATTEMPTS = 5
LONGEST = 80
"""Characters of one part of a name; Nova's limit for the whole is 255."""

ENDING = re.compile(r"-(\d+)-[0-9a-f]{8}$")


class Zones:
    """The names of the zones, asked for once they are needed: most names of server groups tell theirs."""

    def __init__(self, ask: Callable[[], list[str]]) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @cached_property
    def _names(self) -> list[str]:
        return self._ask()


def native_name(key: GroupKey, within: str, number: int) -> str:
    """The name of a server group of ours: for people; its hash, over the verbatim parts, for us."""
    parts = [key.owner, key.name, *([within] if within else [])]
    verbatim = "\0".join((key.owner, key.name, within, str(number)))
    return "-".join((*map(_clean, parts), str(number), sha256(verbatim.encode()).hexdigest()[:8]))


def _clean(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", part)[:LONGEST]


def is_ours(name: str, key: GroupKey, zones: Iterable[str]) -> bool:
    """Whether this is the name of one of this key's server groups, for all zones or within one of these."""
    prefix, ending = "-".join((_clean(key.owner), _clean(key.name), "")), ENDING.search(name)
    if ending is None or not name.startswith(prefix):
        return False
    spelled = name[len(prefix) : ending.start()]
    return any(name == native_name(key, within, int(ending[1])) for within in chain(("", spelled), zones))


def serving(name: str, key: GroupKey, zone: str) -> tuple[dict[Level, str], dict[Level, int]]:
    """The zone that a server group of ours serves, and its layer, by level; nothing for others' groups."""
    ending = ENDING.search(name)
    number = int(ending[1]) if ending else 0
    served = [within for within in ("", zone) if name == native_name(key, within, number)]
    return ({"host": served[0]}, {"host": number}) if served else ({}, {})


def key_of(
    name: str, keys: Iterable[GroupKey], owners: Iterable[str], zones: Iterable[str]
) -> GroupKey | None:
    """Whose server group this is, as far as known keys, owners or the name itself tell."""
    ending = ENDING.search(name)
    if ending is None:
        return None
    body = name[: ending.start()]
    literal = (GroupKey(owner, group) for owner, rest in _splits(body, owners) for group in _heads(rest))
    return next((key for key in (*keys, *literal) if is_ours(name, key, zones)), None)


def _splits(body: str, owners: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Every way in which the body may begin with an owner, and what follows."""
    for owner in (*owners, *_heads(body)):
        if body.startswith(f"{_clean(owner)}-"):
            yield owner, body[len(_clean(owner)) + 1 :]


def _heads(text: str) -> list[str]:
    """The text, and every beginning of it that ends before a dash."""
    return [text, *(text[: dash.start()] for dash in re.finditer("-", text))]


def may_be_ours(name: str, owner: str | None) -> bool:
    """Whether a name looks like one of ours (of this owner), although nothing proves it."""
    return ENDING.search(name) is not None and (owner is None or name.startswith(f"{_clean(owner)}-"))


def found(
    machines: Mapping[GroupKey, list[Observed]],
    named: Mapping[str, str],
    owner: str | None,
    zones: Iterable[str],
) -> list[Found]:
    """Machines by their marks and server groups by their names (by id), put together by key."""
    owners = sorted({key.owner for key in machines} | ({owner} if owner else set()))
    keys = {id_: key_of(name, machines, owners, zones) for id_, name in named.items()}
    known = sorted({*machines, *filter(None, keys.values())})
    told = [
        Found(key, tuple(id_ for id_ in named if keys[id_] == key), tuple(machines.get(key, ())), str(key))
        for key in known
        if owner in (None, key.owner)
    ]
    untold = [id_ for id_, name in named.items() if keys[id_] is None and may_be_ours(name, owner)]
    return [*told, *(Found(None, (id_,), (), named[id_]) for id_ in untold)]


class Policy(Struct, frozen=True):
    """What a server group promises; ``most`` is Nova's ``max_server_per_host``."""

    name: str
    most: int = 1

    def __str__(self) -> str:
        return self.name if self.most == 1 else f"{self.name}, at most {self.most} on a host"


def policy_of(native: Native) -> Policy:
    """The policy that a plan asks for."""
    name = "affinity" if native.kind == "affinity" else "anti-affinity"
    if native.hard:
        return Policy(name, native.max_per_domain if name == "anti-affinity" else 1)
    if name == "anti-affinity" and native.max_per_domain != 1:
        raise InvalidRequest(
            f"Nova's soft-anti-affinity cannot count to {native.max_per_domain}: "
            f"leave max_per_domain at 1, or make the rule hard",
            path="rules",
        )
    return Policy(f"soft-{name}")


def policy_in(group: ServerGroup) -> Policy:
    """The policy that a server group has; before compute API 2.64 it comes as a list."""
    name = group.policy or next(iter(group.policies or ()), "")
    return Policy(name, int((group.rules or {}).get("max_server_per_host", 1)))


def adopt(compute: Proxy, id_: str, natives: Collection[Native]) -> dict[Native, str]:
    """The server group that somebody else made, for the one that the plan needs."""
    if len(natives) > 1:
        raise LimitExceeded(
            f"the plan needs {len(natives)} server groups, and one cannot be adopted for all of them: "
            f"adopt none, or ask for fewer members",
            path="adopt.host",
        )
    try:
        group = compute.get_server_group(id_)
    except NotFoundException as gone:
        raise InvalidRequest(
            f"no server group of this project has the id {id_!r}", path="adopt.host"
        ) from gone
    for native in natives:
        if policy_in(group) != policy_of(native):
            raise InvalidRequest(
                f"server group {id_} has the policy {policy_in(group)}, but the rules ask for "
                f"{policy_of(native)}, and Nova cannot change it: adopt another, or change the rule",
                path="adopt.host",
            )
    return dict.fromkeys(natives, id_)


def make(compute: Proxy, wanted: Mapping[str, Native]) -> dict[Native, str]:
    """The ids of the server groups of these names, made where they are not there; one for each.

    Nova has no lock and no unique names, so this is Fischer's algorithm, on time alone. Who creates has
    seen none, and gives its own up when that took longer than SETTLE. SETTLE later, whoever might also
    have seen none has created or given up: all see the same groups, and take the same one. A group that
    is there and empty may be somebody's whose wait still runs, so it is waited for too; a group with
    members has won already. When a request outlives this, the worst is a launch into a deleted group,
    which Nova refuses.
    """
    for _ in range(ATTEMPTS):
        looked_at, there = clock.now(), _named(compute, wanted)
        if all(len(groups) == 1 and groups[0].member_ids for groups in there.values()):
            return _winners(compute, wanted, there)
        missing = {name: wanted[name] for name in wanted if not there[name]}
        made, refusal = _create(compute, missing, looked_at)
        clock.sleep(SETTLE)
        there = _named(compute, wanted)
        if all(there.values()):
            return _winners(compute, wanted, there)
        if refusal:
            error = _with_numbers(compute, refusal, len(wanted) - len(made))
            _delete_empty(
                compute, (group for groups in there.values() for group in groups if group.id in made)
            )
            raise error from refusal.__cause__
    raise Unavailable(f"Nova needs more than {SETTLE} s to list and create a server group; repeat")


def _named(compute: Proxy, wanted: Mapping[str, Native]) -> dict[str, list[ServerGroup]]:
    """The server groups of these names, best first; InvalidRequest where one has another policy."""
    found: dict[str, list[ServerGroup]] = {name: [] for name in wanted}
    for group in lists.server_groups(compute):
        if group.name in found:
            _same_policy(group, wanted[group.name])
            found[group.name].append(group)
    return {
        name: sorted(there, key=lambda group: (not group.member_ids, group.id))
        for name, there in found.items()
    }


def _same_policy(group: ServerGroup, native: Native) -> None:
    if policy_in(group) != policy_of(native):
        raise InvalidRequest(
            f"server group {group.name} ({group.id}) has the policy {policy_in(group)}, the rules ask for "
            f"{policy_of(native)}; Nova cannot change it: restore the rule, or delete the group's machines, "
            f"release the group and roll out again",
            path="rules",
        )


def _create(
    compute: Proxy, missing: Mapping[str, Native], looked_at: float
) -> tuple[list[str], LimitExceeded | None]:
    """The ids of new server groups; a quota may be full of groups that others are about to give up.

    ``looked_at`` is when none of them was seen.
    """
    made: list[str] = []
    for number, (name, native) in enumerate(missing.items()):
        started = clock.now() if number else looked_at
        if number and _named(compute, {name: native})[name]:
            continue
        try:
            with answered():
                group = compute.create_server_group(name=name, **_terms(policy_of(native)))
        except LimitExceeded as refusal:
            return made, refusal
        made.append(group.id)
        if clock.now() - started > SETTLE:
            _delete_empty(compute, (late for late in _named(compute, missing)[name] if late.id == group.id))
    return made, None


def _terms(policy: Policy) -> dict[str, Any]:
    """How compute API 2.64 takes a policy; Nova takes rules with no other policy than anti-affinity."""
    rules = {"rules": {"max_server_per_host": policy.most}} if policy.most > 1 else {}
    return {"policy": policy.name, **rules}


def _with_numbers(compute: Proxy, refusal: LimitExceeded, needed: int) -> LimitExceeded:
    told = absolute(compute)
    if told.server_groups is None:
        return LimitExceeded(f"the project needs {needed} more server groups: {refusal.message}")
    has = f"the project has {told.server_groups_used} of {told.server_groups} server groups"
    return LimitExceeded(f"{has} and needs {needed} more: {refusal.message}")


def _winners(
    compute: Proxy, wanted: Mapping[str, Native], there: Mapping[str, list[ServerGroup]]
) -> dict[Native, str]:
    """The first of each name, which all deployers take; the others go."""
    _delete_empty(compute, (loser for groups in there.values() for loser in groups[1:]))
    return {wanted[name]: str(groups[0].id) for name, groups in there.items()}


def _delete_empty(compute: Proxy, groups: Iterable[ServerGroup]) -> None:
    """Nova would delete a group with members too, and their policy with it."""
    for group in groups:
        if not group.member_ids:
            compute.delete_server_group(group.id, ignore_missing=True)
