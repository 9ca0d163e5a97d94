"""Resources that sizes name, against those that places state: one that none states would count nothing."""

from __future__ import annotations

from collections.abc import Iterable

from antiaffinity.decode import fail, nearest
from antiaffinity.model import Domain
from antiaffinity.spec import Spec


def check_resources(spec: Spec, places: Iterable[Domain]) -> None:
    """InvalidRequest for an amount of what no place states, where places state their resources at all.

    A place that states a resource bounds it; what it leaves out is unlimited there.
    """
    asked, places = _asked(spec), list(places)
    unknown = [name for name in asked if not any(name in place.capacity for place in places)]
    known = sorted({name for place in places for name in place.capacity}) if unknown else []
    if known:
        said = "no host states such a resource, so it would count for nothing"
        fail(f"size.{unknown[0]}", f"{said}; {nearest(unknown[0], known)}")


def _asked(spec: Spec) -> list[str]:
    """Most members share one size."""
    sizes = {id(member.size): member.size for member in spec.members}.values()
    amounts = ((name, amount) for size in sizes for name, amount in size.items())
    return list(dict.fromkeys(name for name, amount in amounts if not isinstance(amount, str) and amount > 0))
