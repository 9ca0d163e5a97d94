"""What a placement takes from the look that it follows from, besides its domains."""

from __future__ import annotations

from antiaffinity.model import Level, Observed, Placement
from antiaffinity.sight import Sight


def decided(placement: Placement, seen: Sight) -> tuple[Level, ...]:
    """The levels at which a rule has us choose for the member, or a list does."""
    concerned = [one for one in seen.means[placement.cloud] if one.rule.concerns(placement.member)]
    ruled = [one.promise.level for one in concerned if one.promise and one.promise.how == "chosen"]
    member = seen.spec.named.get(placement.member)
    own = (*member.only, *member.never, *member.stay) if member else ()
    listed = [*seen.spec.only, *seen.spec.never, *own]
    return tuple(level for level in dict.fromkeys([*ruled, *listed]) if level in placement.domains)


def labels(there: Observed, seen: Sight) -> dict[str, str]:
    """Of what the launch of a member that exists would have been given, that which one is given now."""
    plain = seen.topology.plain
    place = plain.locate(there.domains).get(plain.leaf)
    given = plain.domains[place].labels if place is not None else {}
    return {name: value for name, value in there.labels.items() if name in given}
