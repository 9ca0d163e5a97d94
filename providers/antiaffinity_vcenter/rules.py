# mypy: untyped-calls-exclude=pyVmomi
"""DRS rules: what ours are called, who is in them, and the operations that make them so.

A rule is derived from the machines' marks and written whole. It lives in one cluster and takes two machines
or more: below that it is removed, never emptied.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.cluster.RuleInfo.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from pyVmomi import vim

from antiaffinity.model import GroupKey, Native, Placement

if TYPE_CHECKING:
    from antiaffinity_vcenter.clusters import Cluster
    from antiaffinity_vcenter.reading import Machine

HELD = "antiaffinity-held"
"""The group of each cluster that holds the machines we made and that were not started yet."""

ENDING = re.compile(r"-(apart|together)-(must|should)(?:-([0-9a-f]{6}))?-(\d+)-([0-9a-f]{8})$")
LONGEST = 22
"""Characters of owner and of group in a name, so that the whole is no more than 80."""

FEWEST = 2
AMONG = " among "


class Name(Struct, frozen=True, order=True):
    """What a rule's name tells besides its group; ``part`` is a hash of its members' patterns, "" for all."""

    apart: bool
    must: bool
    part: str = ""
    number: int = 1


class Keeping(Struct, frozen=True):
    """A rule that keeps what was chosen, and the patterns of its members; none where only its name is known.

    Then its members are those who are in it, and ``member``.
    """

    name: Name
    among: tuple[str, ...]
    member: str = ""

    def concerns(self, member: str, there: Iterable[str]) -> bool:
        if self.among:
            return any(fnmatchcase(member, pattern) for pattern in self.among)
        return member == self.member or member in there


def keeping(placement: Placement) -> tuple[Keeping, ...]:
    """The rules that are to keep a placement: by what they are, or by their names alone."""
    told = tuple(Keeping(name_of(n), n.among) for n in placement.natives if n.kind.startswith("keep "))
    if told or placement.key is None:
        return told
    found = (_told(id_, placement.key, placement.member) for id_ in placement.native_ids)
    return tuple(one for one in found if one)


def identity(key: GroupKey, native: Native) -> str:
    """What a placement knows its rule by: the name, and the patterns where that is not for all members."""
    name = name_of(native)
    among = f"{AMONG}{msgspec.json.encode(native.among).decode()}" if name.part else ""
    return spelled(key, name) + among


def _told(id_: str, key: GroupKey, member: str) -> Keeping | None:
    text, _, among = id_.partition(AMONG)
    name = read(text, key)
    if name is None:
        return None
    patterns = msgspec.json.decode(among, type=tuple[str, ...]) if among else ()
    return Keeping(name, patterns if name.part else ("*",), member)


def name_of(native: Native) -> Name:
    """The name of the rule that keeps what a plan chose."""
    part = "" if native.among == ("*",) else sha256("\0".join(native.among).encode()).hexdigest()[:6]
    return Name(native.kind == "keep anti-affinity", native.hard, part, native.number)


def spelled(key: GroupKey, name: Name) -> str:
    """The name as vCenter has it: for people; its hash, over the verbatim parts, for us."""
    words = ["apart" if name.apart else "together", "must" if name.must else "should"]
    parts = [*words, *([name.part] if name.part else []), str(name.number)]
    proof = sha256("\0".join((key.owner, key.name, *parts)).encode()).hexdigest()[:8]
    return "-".join((clean(key.owner), clean(key.name), *parts, proof))


def clean(part: str) -> str:
    """A part of a name as people read it."""
    return re.sub(r"[^A-Za-z0-9-]", "-", part)[:LONGEST]


def read(name: str, key: GroupKey) -> Name | None:
    """What the name of a rule of this group tells; None for all other rules."""
    told = _parts(name)
    return told if told and spelled(key, told) == name else None


def may_be_ours(name: str, owner: str | None) -> bool:
    """Whether a name looks like one of ours (of this owner), whoever's group it may be."""
    return _parts(name) is not None and (owner is None or name.startswith(f"{clean(owner)}-"))


def _parts(name: str) -> Name | None:
    found = ENDING.search(name)
    if found is None:
        return None
    return Name(found[1] == "apart", found[2] == "must", found[3] or "", int(found[4]))


# Who is in which rule


def wanted(kept: Iterable[Keeping], machines: Sequence[Machine], cluster: Cluster) -> dict[Name, list[str]]:
    """The machines of every rule that keeps what was chosen for a group, by the marks they bear.

    ``machines`` are those of the group in this cluster, oldest first.
    """
    found: dict[Name, list[str]] = {}
    for one_kept in kept:
        name, there = one_kept.name, _there(cluster, machines, one_kept.name)
        inside = {one.member for one in machines if one.id in there}
        mine = list(_one_of_each(one for one in machines if one_kept.concerns(one.member, inside)))
        stacked = name.apart and max([name.number, *there.values()], default=1) > 1
        for one, layer in (_layers(mine, there) if stacked else dict.fromkeys(_ids(mine), 1)).items():
            found.setdefault(_numbered(name, layer), []).append(one)
    return found


def _one_of_each(machines: Iterable[Machine]) -> Iterator[Machine]:
    """Of a member's machines on one host the oldest: its replacement must be able to start there."""
    seen: set[tuple[str, str]] = set()
    for one in machines:
        if (one.member, one.host) not in seen:
            seen.add((one.member, one.host))
            yield one


def _ids(machines: Iterable[Machine]) -> list[str]:
    return [machine.id for machine in machines]


def _there(cluster: Cluster, machines: Sequence[Machine], name: Name) -> dict[str, int]:
    """The number of the rule that each machine is in already."""
    found: dict[str, int] = {}
    for told, info in _family(cluster, machines, name).items():
        found.update({vm._GetMoId(): told.number for vm in info.vm})
    return {one.id: found[one.id] for one in machines if one.id in found}


def _family(cluster: Cluster, machines: Sequence[Machine], name: Name) -> dict[Name, Any]:
    """The rules of one kind, by number: one, or the layers of a stack."""
    if not machines:
        return {}
    ours = cluster.ours(machines[0].key)
    return {
        told: cluster.rules[text] for text, told in ours.items() if _numbered(told, 1) == _numbered(name, 1)
    }


def _numbered(name: Name, number: int) -> Name:
    return Name(name.apart, name.must, name.part, number)


def _layers(machines: Sequence[Machine], there: Mapping[str, int]) -> dict[str, int]:
    """The layer of each machine: its own while nobody of it is on its host, else the lowest free one."""
    found: dict[str, int] = {}
    taken: set[tuple[int, str]] = set()
    for one in sorted(machines, key=lambda one: (there.get(one.id, len(machines) + 1), one.since)):
        layer = there.get(one.id, 1)
        if (layer, one.host) in taken:
            layer = next(n for n in range(1, len(machines) + 2) if (n, one.host) not in taken)
        taken.add((layer, one.host))
        found[one.id] = layer
    return found


# Making them so


def changes(
    key: GroupKey, rules: Mapping[Name, Sequence[str]], cluster: Cluster, of: Iterable[Keeping]
) -> list[Any]:
    """The operations that make these rules as they should be: first those that take something away."""
    kinds = {_numbered(one.name, 1) for one in of}
    there = {told: text for text, told in cluster.ours(key).items() if _numbered(told, 1) in kinds}
    lasting = {name: vms for name, vms in rules.items() if len(vms) >= FEWEST}
    gone = [removal(cluster.rules[text]) for told, text in sorted(there.items()) if told not in lasting]
    edits = [
        _operation("edit", key, name, vms, cluster.rules[there[name]])
        for name, vms in sorted(lasting.items())
        if name in there and not _as_wanted(cluster.rules[there[name]], name, vms)
    ]
    adds = [_operation("add", key, name, vms) for name, vms in sorted(lasting.items()) if name not in there]
    return [*gone, *edits, *adds]


def members(info: Any) -> set[str]:
    """The morefs of a rule's machines."""
    return {vm._GetMoId() for vm in info.vm}


def _as_wanted(info: Any, name: Name, vms: Sequence[str]) -> bool:
    return members(info) == set(vms) and bool(info.enabled) and bool(info.mandatory) == name.must


def _operation(word: str, key: GroupKey, name: Name, vms: Sequence[str], there: Any = None) -> Any:
    """An edit names the rule by its key, and sends all of it: what is not sent may be reset."""
    kind = vim.cluster.AntiAffinityRuleSpec if name.apart else vim.cluster.AffinityRuleSpec
    info = kind(
        name=spelled(key, name),
        enabled=True,
        mandatory=name.must,
        userCreated=True,
        vm=[vim.VirtualMachine(vm) for vm in vms],
    )
    if there is not None:
        info.key, info.ruleUuid = there.key, there.ruleUuid
    return vim.cluster.RuleSpec(operation=word, info=info)


def removal(info: Any) -> Any:
    """The operation that removes a rule."""
    return vim.cluster.RuleSpec(operation="remove", removeKey=info.key)


def edited(info: Any, vms: Sequence[str]) -> Any:
    """The operation that leaves a rule as it is, but for its machines."""
    same = type(info)(
        key=info.key,
        ruleUuid=info.ruleUuid,
        name=info.name,
        enabled=info.enabled,
        mandatory=info.mandatory,
        userCreated=True,
        vm=[vim.VirtualMachine(vm) for vm in vms],
    )
    return vim.cluster.RuleSpec(operation="edit", info=same)
