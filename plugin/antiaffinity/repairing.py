"""The moves of one run: by the cloud where it can move machines, else by the user's discard and launch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from antiaffinity import sight
from antiaffinity.errors import Conflict, InvalidRequest, NoCapacity, Unavailable
from antiaffinity.leftovers import machine
from antiaffinity.model import Finding, Observed
from antiaffinity.planner.answer import Move, Plan
from antiaffinity.planner.problem import holders
from antiaffinity.retry import patiently
from antiaffinity.run import Run
from antiaffinity.sight import Sight
from antiaffinity.text import destination, place

MOST_MOVES = 3
"""Of one member in one run beside other runs: each of them may move somebody into the other's way."""


class Repairs:
    """What one run moves, one machine after the other."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.made: list[Move] = []
        self.tried: Counter[str] = Counter()
        self.in_vain: Finding | None = None
        """Why this run moves nobody any more."""
        self._before: tuple[int, int] = (0, 0)

    def look(self) -> Sight:
        """Where everybody is, and else could be; anew where a move has changed something."""
        if self.made:
            self.run.looks.anew()
        return self.run.looks.sight()

    def wanted(self, plan: Plan, seen: Sight) -> bool:
        """Whether there is somebody to move, and the last move left less to mend than there was before.

        Else what the machines show is not what moves change, and each more would cost another machine.
        """
        if self.made and plan.moves and self.in_vain is None:
            there = holders(seen.machines).get(self.made[-1].member)
            if there is not None and self._was_in_vain(plan, there):
                self.in_vain = _in_vain(self.made[-1], there)
                self.run.say("refused", self.in_vain.message, there.member)
        return bool(plan.moves) and self.in_vain is None

    def _was_in_vain(self, plan: Plan, there: Observed) -> bool:
        """Where another run is at work, it may have come in the way of a move that led elsewhere."""
        if any(left < was for left, was in zip(_left_to_mend(plan), self._before, strict=True)):
            return False
        return not self.run.company.seen or there.domains == self.made[-1].domains

    def make_first(self, plan: Plan, seen: Sight) -> bool:
        """Make the first move; True where its member is to be launched anew. The others are planned again."""
        self._check(plan)
        move = plan.moves[0]
        try:
            if not self._by_cloud(move):
                self._replace(plan, seen)
                return True
            self._move(plan)
        except NoCapacity as error:
            self.run.say("refused", f"{move.member}: {error.message}", move.member)
            self.run.refusals.add(move.placement, error)
        except Conflict as error:
            self.run.wait(error)
        return False

    def _by_cloud(self, move: Move) -> bool:
        """Whether the machine itself moves; else it is replaced."""
        return sight.backend_of(self.run.clouds, move.placement.cloud).cloud.moves

    def _check(self, plan: Plan) -> None:
        """Refuse a repair that this run cannot make, before anything is changed."""
        if self.run.hands.discard:
            return
        for move in plan.moves:
            if not self._by_cloud(move):
                raise InvalidRequest(
                    f"{move.member} ({move.instance}) has to leave {place(move.domains)}, and its cloud "
                    f"moves no machine: it can only be replaced, which needs a discard",
                    path="discard",
                )

    def _move(self, plan: Plan) -> None:
        """Have the cloud move a machine. NoCapacity where it finds no room there now."""
        move = plan.moves[0]
        self._begin(move, "moving")
        self.run.looks.stale()
        backend = sight.backend_of(self.run.clouds, move.placement.cloud)
        patiently(backend, lambda: backend.move(move.placement, move.instance))
        self._made(plan)
        self.run.say("moved", f"{move.member} ({move.instance}) is moved", move.member)

    def _replace(self, plan: Plan, seen: Sight) -> None:
        """Have a machine discarded, and its member launched in its new place next."""
        move = plan.moves[0]
        self._begin(move, "replacing")
        there = seen.instances[move.instance]
        self.run.leftovers.take_away(machine(there), move.reason)
        self.run.company.ours.add(move.instance)
        self._made(plan)
        alone = replace(plan, placements=(move.placement,), natives=move.placement.natives, moves=())
        [ready] = self.run.group.prepared(alone, self.run.looks.sight()).placements
        self.run.todo = {move.member: ready}

    def _made(self, plan: Plan) -> None:
        self.made.append(plan.moves[0])
        self._before = _left_to_mend(plan)

    def done(self, machines: Sequence[Observed]) -> tuple[Move, ...]:
        """The moves after which their member is somewhere else."""
        there = holders(machines)
        return tuple(move for move in self.made if _is_elsewhere(there.get(move.member), move))

    def stuck(self, plan: Plan) -> tuple[Finding, ...]:
        """What no move could mend, and why the moves ended."""
        found = tuple(one for one in plan.findings if one.kind == "no-repair")
        return (*found, self.in_vain) if self.in_vain else found

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
    return seen is not None and seen.domains != move.domains


def _left_to_mend(plan: Plan) -> tuple[int, int]:
    """The moves of a plan, and how many any plan needs."""
    return len(plan.moves), plan.fewest


def _in_vain(move: Move, there: Observed) -> Finding:
    """What became of a move that helped nothing, and what to do."""
    how = "replaced" if there.instance != move.instance else "moved"
    same = there.domains == move.domains
    result = "is in the same place as before" if same else f"is in {place(there.domains)} now"
    words = (
        f"{move.member} was {how} and {result} ({place(move.domains)}), and as much is broken: no further "
        f"machine is touched; find out who decides where it goes, and whether what its cloud tells of "
        f"places is so, before you repair again"
    )
    return Finding("in-vain", words, member=move.member, severity="warning")
