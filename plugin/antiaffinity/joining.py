"""Joining a group: bound, then started where joining comes before that, then looked at again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from msgspec.structs import replace

from antiaffinity import clock, keeping, sight
from antiaffinity.errors import AntiaffinityError, Conflict, NoCapacity
from antiaffinity.guarantee import Cloud
from antiaffinity.leftovers import bound, machine, named
from antiaffinity.membership import Outside, clash, outside
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.planner.problem import holders
from antiaffinity.retry import patiently
from antiaffinity.sight import Sight

if TYPE_CHECKING:
    from antiaffinity.group import Group


STARTED_BY_OTHERS = (1.0, 3.0)
"""Seconds before a start that met another run's is tried again: it is fine if the machine runs already."""


class Joining:
    """Who joins in one run; ``start`` is the user's own hand."""

    def __init__(self, group: Group, start: Callable[[Machine], None] | None) -> None:
        self.clouds, self.start = group.clouds, start
        self.named = {member.name for member in group.spec.members}
        self.joined: set[str] = set()
        self.outside: Sequence[Outside] = ()

    def look(self, seen: Sight) -> set[str]:
        """Remember who is in no native group; those that nothing keeps where it should and a bind would."""
        self.outside = outside(seen)
        return keeping.loose(seen)

    def bind(self, placement: Placement, seen: Observed) -> Observed:
        """Make a machine that has its place the member's.

        NoCapacity where it stands against a hard rule with machines that its native group does not have.
        """
        if words := clash(self.outside, seen):
            raise NoCapacity(
                f"{placement.member} was launched into {words}, which no native group of it has: make those "
                f"machines anew first, or have them moved",
                domain={str(level): name for level, name in placement.domains.items()},
                remains=machine(seen),
            )
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
        self._start(placement, seen)
        backend = sight.backend_of(self.clouds, placement.cloud)
        if not _starts_after_joining(backend.cloud):
            return seen
        with named(seen):
            there = patiently(backend, lambda: backend.bind(placement, seen.instance))
            return replace(there, cloud=placement.cloud)

    def _start(self, placement: Placement, seen: Observed) -> None:
        """By the user's hand; again where another run starts the same machine just now."""
        for pause in STARTED_BY_OTHERS:
            with suppress(Conflict):
                self._started(placement, seen)
                return
            clock.sleep(pause)
        self._started(placement, seen)

    def _started(self, placement: Placement, seen: Observed) -> None:
        """What a start raised tells as much as what a launch did."""
        assert self.start is not None
        try:
            self.start(machine(seen))
        except NoCapacity as refused:
            refused.remains = refused.remains or machine(seen)
            raise
        except AntiaffinityError:
            raise
        except Exception as error:
            self._judge(placement, seen, error)

    def _judge(self, placement: Placement, seen: Observed, error: Exception) -> NoReturn:
        try:
            sight.backend_of(self.clouds, placement.cloud).settle(placement, error)
        except NoCapacity as refused:
            refused.remains = refused.remains or machine(seen)
            raise
        raise error

    def finish(self, placement: Placement, seen: Observed) -> Observed:
        """Go on where an earlier run broke off: bind, and start what was never started."""
        self.joined.add(seen.instance)
        there = self.bind(placement, seen)
        return there if there.started else self.start_if_asked(placement, there)

    def waiting(self, machines: Iterable[Observed], loose: Collection[str]) -> list[Observed]:
        """The members' machines that an earlier run left without starting or binding them.

        ``loose`` are those that nothing keeps where it should.
        """
        ours = [seen for seen in holders(machines).values() if seen.member in self.named]
        left = [seen for seen in ours if not seen.started or seen.instance in loose]
        return [seen for seen in left if seen.instance not in self.joined and seen.state != "lost"]


def unfinished(seen: Observed) -> str:
    """What an earlier run left of a member, in words."""
    return f"{seen.member} ({seen.instance}) {'is bound again' if seen.started else 'was never started'}"


def _starts_after_joining(cloud: Cloud) -> bool:
    return any(promise.joins == "before start" for promise in cloud.guarantees)
