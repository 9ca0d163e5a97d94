"""The moves of one run: by the cloud where it can move machines, else by the user's discard and launch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from antiaffinity import sight
from antiaffinity.errors import Conflict, InvalidRequest, NoCapacity, Unavailable
from antiaffinity.leftovers import machine
from antiaffinity.model import Observed
from antiaffinity.planner.answer import Move, Plan
from antiaffinity.planner.problem import holders
from antiaffinity.run import Run
from antiaffinity.sight import Sight
from antiaffinity.text import destination, place

MOST_MOVES = 3
"""Of one member in one run: others may move machines too, and a repair is not repeated for ever."""


class Repairs:
    """What one run moves, one machine after the other."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.made: list[Move] = []
        self.tried: Counter[str] = Counter()

    def by_cloud(self, move: Move) -> bool:
        """Whether the machine itself moves; else it is replaced."""
        return sight.backend_of(self.run.clouds, move.placement.cloud).cloud.moves

    def first(self, plan: Plan, seen: Sight) -> Plan | None:
        """Make the first move; the others are planned again from what is there then.

        Where its machine was taken away: a plan in which its member alone is new.
        """
        self._check(plan)
        move = plan.moves[0]
        try:
            if not self._by_cloud(move):
                return self._replaced(move, plan, seen)
            self._move(move)
        except NoCapacity as error:
            self.run.say("refused", f"{move.member}: {error.message}", move.member)
            self.run.refusals.add(move.placement, error)
        except Conflict as error:
            self.run.wait(error)
        self.run.looks.stale()
        return None

    def _check(self, plan: Plan) -> None:
        """Refuse a repair that this run cannot make, before anything is changed."""
        stuck = [move for move in plan.moves if not self._by_cloud(move)]
        if stuck and self.run.hands.discard is None:
            first = stuck[0]
            raise InvalidRequest(
                f"{first.member} ({first.instance}) has to leave {place(first.domains)}, and its cloud "
                f"moves no machine: it can only be replaced, which needs a discard",
                path="discard",
            )

    def _by_cloud(self, move: Move) -> bool:
        """Whether the machine itself moves; else it is replaced."""
        return sight.backend_of(self.run.clouds, move.placement.cloud).cloud.moves

    def _move(self, move: Move) -> None:
        self._begin(move, "moving")
        sight.backend_of(self.run.clouds, move.placement.cloud).move(move.placement, move.instance)
        self.made.append(move)
        self.run.say("moved", f"{move.member} ({move.instance}) is moved", move.member)

    def _replaced(self, move: Move, plan: Plan, seen: Sight) -> Plan:
        self._begin(move, "replacing")
        [there] = [one for one in seen.machines if one.instance == move.instance]
        self.run.leftovers.take_away(machine(there), move.reason)
        self.run.company.ours.add(move.instance)
        self.made.append(move)
        alone = replace(plan, placements=(move.placement,), natives=move.placement.natives, moves=())
        ready = self.run.group.prepared(alone, self.run.looks.sight())
        others = tuple(p for p in plan.placements if p.existing and p.member != move.member)
        return replace(ready, placements=(*ready.placements, *others))

    def done(self, machines: Sequence[Observed]) -> tuple[Move, ...]:
        """The moves after which their member is somewhere else."""
        there = holders(machines)
        return tuple(move for move in self.made if _is_elsewhere(there.get(move.member), move))

    def _begin(self, move: Move, how: str) -> None:
        self.tried[move.member] += 1
        if self.tried[move.member] > MOST_MOVES:
            raise Unavailable(
                f"{move.member} was moved {MOST_MOVES} times in this run and {move.reason} again: find out "
                f"who else moves machines, then run again"
            )
        to = destination(move.placement)
        words = f"{how} {move.member} ({move.instance}) from {place(move.domains)} to {to}: {move.reason}"
        self.run.say("move", words, move.member)


def _is_elsewhere(seen: Observed | None, move: Move) -> bool:
    return seen is not None and (seen.instance, seen.domains) != (move.instance, move.domains)
