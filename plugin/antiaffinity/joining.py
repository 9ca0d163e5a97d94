"""Joining a group: bound, then started where joining comes before that, then looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity import sight
from antiaffinity.errors import NoCapacity
from antiaffinity.guarantee import Cloud
from antiaffinity.leftovers import bound, machine, named
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.planner.problem import holders

if TYPE_CHECKING:
    from antiaffinity.group import Group


class Joining:
    """Who joins in one run; ``start`` is the user's own hand."""

    def __init__(self, group: Group, start: Callable[[Machine], None] | None) -> None:
        self.clouds, self.start = group.clouds, start
        self.named = {member.name for member in group.spec.members}
        self.joined: set[str] = set()

    def bind(self, placement: Placement, seen: Observed) -> Observed:
        """Make a machine that has its place the member's."""
        backend = sight.backend_of(self.clouds, placement.cloud)
        with named(seen):
            return replace(bound(backend, placement, seen), cloud=placement.cloud)

    def start_if_asked(self, placement: Placement, seen: Observed) -> Observed:
        """Start a machine that has joined; where it is then, for starting may place it anew.

        A start that finds no room leaves a machine to be discarded, as a launch does.
        """
        self.joined.add(seen.instance)
        if self.start is None:
            return seen
        try:
            self.start(machine(seen))
        except NoCapacity as error:
            error.remains = error.remains or machine(seen)
            raise
        backend = sight.backend_of(self.clouds, placement.cloud)
        if not _starts_after_joining(backend.cloud):
            return seen
        with named(seen):
            return replace(backend.bind(placement, seen.instance), cloud=placement.cloud)

    def waiting(self, machines: Iterable[Observed]) -> list[Observed]:
        """The members' machines that an earlier run left without starting them."""
        left = [seen for seen in holders(machines).values() if seen.member in self.named and not seen.started]
        return [seen for seen in left if seen.instance not in self.joined]


def _starts_after_joining(cloud: Cloud) -> bool:
    return any(promise.joins == "before start" for promise in cloud.guarantees)
