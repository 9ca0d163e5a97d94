"""What refused launches in one run, and how it goes on when no place is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antiaffinity.errors import NoCapacity
from antiaffinity.model import Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.handing import next_layer
from antiaffinity.sight import Refusal, Sight

if TYPE_CHECKING:
    from antiaffinity.group import Group


class Refusals:
    """The places that took nobody more, and the layer of native groups that the run is in."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.refused: list[Refusal] = []
        self.layer = 1

    def add(self, placement: Placement, error: NoCapacity) -> bool:
        """A launch was refused: by the domain that the error names, else by where it was to go.

        Whether the place is not offered again.
        """
        place = {str(level): name for level, name in placement.domains.items()}
        domain = error.domain or place
        self.refused.append(Refusal(placement.cloud, domain, error.message))  # type: ignore[arg-type]
        return domain.items() <= place.items()

    def forget(self) -> None:
        """Every place is worth another try."""
        self.refused = []

    def next_layer(self, seen: Sight) -> str:
        """Begin the next layer where the group goes on so, and say in words why; empty where it does not."""
        means = [one for found in seen.means.values() for one in found]
        spec = self.group.spec
        why = next_layer(means, self.layer, len(spec.members), spec.saturated)
        if why:
            self.layer += 1
            self.forget()
        return why

    def no_capacity(self, plan: Plan) -> NoCapacity:
        """The error of a plan that is short because every place has refused somebody."""
        first, last = plan.short[0], self.refused[-1]
        return NoCapacity(
            f"group {self.group.key}: no room for {first.member}: {last.message}",
            conflict=first.conflict,
            ways_out=(*first.ways_out, "add a host, or saturated: stack"),
            domain={str(level): name for level, name in last.domain.items()},
        )
