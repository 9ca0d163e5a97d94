# mypy: untyped-calls-exclude=pyVmomi
"""What is to be said of a machine: of the rules that keep it or should, and whether it is a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from antiaffinity.errors import Unavailable
from antiaffinity_vcenter.clusters import Cluster, ids
from antiaffinity_vcenter.rules import Name

if TYPE_CHECKING:
    from antiaffinity.model import GroupKey
    from antiaffinity_vcenter.reading import Machine


def kept(cluster: Cluster, machine: Machine) -> tuple[tuple[str, ...], list[str]]:
    """The rules of ours that keep a machine; and in words those that should and do not."""
    mine = [name for name in cluster.ours(machine.key) if machine.id in ids(cluster.rules[name].vm)]
    idle = {
        name: why for name in mine if (why := _idle(cluster.rules[name], cluster.ours(machine.key)[name]))
    }
    keeping = tuple(sorted(name for name in mine if name not in idle))
    return keeping, [f"DRS rule {name} {why}" for name, why in sorted(idle.items())]


def _idle(rule: Any, name: Name) -> str:
    """Why a rule does not keep what it should."""
    if not rule.enabled:
        return "is disabled: by a person, or by vCenter because it contradicts an older rule"
    if name.must and not rule.mandatory:
        return "is not mandatory any more, though the group asks for a hard rule"
    return ""


def held(machine: Machine) -> Sequence[str]:
    if machine.off:
        return ()
    return (f"{machine.name} is kept out of DRS since its first start: bind it, or roll out again",)


def unreadable(machines: Sequence[str], rule: str) -> Unavailable:
    return Unavailable(
        f"vCenter shows no configuration of {', '.join(machines)}, which DRS rule {rule} names: its files "
        f"cannot be reached, and nothing tells which member it is. Nothing is done on such an answer: bring "
        f"its datastore or host back, or remove it from the inventory, then repeat"
    )


# Copies


def copies(machines: Iterable[Machine], is_bound: Callable[[Machine], bool]) -> dict[str, str]:
    """The copies that were never bound and are off, each with the machine that it is a copy of.

    A clone, a restored backup and a replica bear the marks of their original: extraConfig is a part of the
    configuration that they have, too. A DRS rule names the one that was bound; where none was, the older
    configuration is the original.
    """
    found: dict[str, str] = {}
    for alike in _by_member(machines).values():
        first = min(alike, key=lambda one: (not is_bound(one), one.since)) if len(alike) > 1 else alike[0]
        others = (one for one in alike if one is not first and one.off and not is_bound(one))
        found.update({one.id: first.id for one in others})
    return found


def _by_member(machines: Iterable[Machine]) -> dict[tuple[GroupKey, str], list[Machine]]:
    found: dict[tuple[GroupKey, str], list[Machine]] = {}
    for machine in machines:
        found.setdefault((machine.key, machine.member), []).append(machine)
    return found


def copy(machine: Machine, original: str, bound: bool) -> str:
    """``bound`` says whether a DRS rule proves which of the two is the original."""
    if not bound:
        return (
            f"{machine.id} ({machine.name}) is off and bears the mark of {machine.member}, as {original} "
            f"does, which is older: one is a copy, and no DRS rule tells which; look, and take the copy's "
            f"keys away: antiaffinity unmark SPEC {machine.id}"
        )
    return (
        f"{machine.id} ({machine.name}) is off and bears the mark of {machine.member}, which is {original}: "
        f"a copy, never bound; delete it, or take its keys away: antiaffinity unmark SPEC {machine.id}"
    )
