"""``roll_out``: launch who is missing, one by one, so that a run can end anywhere and the next converges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity import sight
from antiaffinity.company import MOVING, Company
from antiaffinity.errors import AntiaffinityError, Conflict, NoCapacity, Unavailable
from antiaffinity.leftovers import Leftovers, bound, check_place, doubles, holding, machine, named
from antiaffinity.looks import Looks
from antiaffinity.model import Level, Machine, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.handing import next_layer
from antiaffinity.planner.problem import holders
from antiaffinity.report import Report
from antiaffinity.sight import Refusal, Sight
from antiaffinity.steps import Step, StepKind, where

if TYPE_CHECKING:
    from antiaffinity.group import Group


MOST_LAUNCHES = 12
"""Of one member in one run, but for those that find no room: a machine that never stays is not worth more."""


class RollOut:
    """One run over one group."""

    def __init__(
        self,
        group: Group,
        launch: Callable[[Placement], str],
        discard: Callable[[Machine], None] | None,
        start: Callable[[Machine], None] | None,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self.group, self.clouds, self.key = group, group.clouds, group.key
        self.launch, self.start, self.progress = launch, start, progress
        self.refused: list[Refusal] = []
        self.layer, self.chosen = 1, frozenset[Level]()
        self.tried: Counter[str] = Counter()
        self.launched: list[str] = []
        self.known: set[str] = set()
        self.company = Company()
        self.looks = Looks(group.spec, group.clouds, self.company)
        self.leftovers = Leftovers(group, self.looks, discard, self._say)
        self.todo: dict[str, Placement] = {}

    def run(self) -> Report:
        """Until every member is there or an error says why not."""
        try:
            self._begin()
            while True:
                while self.todo:
                    self._next()
                seen = self.looks.standing()
                if self._finished(seen):
                    return self._report(seen)
                self._wait(Conflict(f"group {self.key}: somebody else keeps changing it; run again later"))
                self._resume(self.looks.sight())
        except BaseException as error:
            self.leftovers.give_back_all(p for p in self.todo.values() if p.member not in self.tried)
            if isinstance(error, AntiaffinityError):
                error.report = error.report or self._report_quietly()
            raise

    def _begin(self) -> None:
        self._say("look", f"looking at {self.key}")
        seen = self.looks.sight()
        self.known = {one.instance for one in seen.machines}
        self._resume(seen)

    def _resume(self, seen: Sight) -> None:
        """Go on from what is there."""
        tidied = self.leftovers.tidy(seen.machines)
        self.company.ours.update(self.leftovers.gone)
        self._replan(None if tidied else seen)

    def _wait(self, error: AntiaffinityError) -> None:
        """Let other runs finish; then every place is worth another try."""
        self._say("look", "other runs are at work on it: waiting a moment")
        self.looks.stale()
        self.company.wait(error)
        self.refused = []

    def _finished(self, seen: Sight) -> bool:
        """Whether all are there to stay: another run may have taken back what this one counted on."""
        self._discard_doubles(seen.machines)
        there = holders(seen.machines)
        ours = [there.get(member.name) for member in self.group.spec.members]
        # What another run launched beside a member meanwhile: it will see that, and discard its own.
        beside = (one for one in doubles(seen.machines) if one.instance not in self.known)
        settled = all(one and one.state not in MOVING for one in ours)
        return settled and all(one.state in ("failed", "leaving") for one in beside)

    def _discard_doubles(self, machines: Sequence[Observed]) -> None:
        """Of two instances of one age the later look decides, for all runs alike."""
        for seen in doubles(machines):
            if seen.instance in self.launched:
                self._discard_double(seen)

    def _discard_double(self, seen: Observed) -> None:
        self.leftovers.remove(machine(seen), f"another run was quicker with {seen.member}")

    # Planning

    def _replan(self, seen: Sight | None = None) -> None:
        """Plan and prepare for everybody who is not there yet."""
        while not self._prepared(seen or self.looks.sight()):
            seen = None

    def _prepared(self, seen: Sight) -> bool:
        """Whether everybody has a place now; else there is something new to see."""
        self.company.look(seen.machines)
        self.chosen = seen.chosen
        plan = self.group.planned(seen, self.refused, self.layer)
        if plan.short and self.refused:
            self._make_room(plan, seen)
            return False
        plan.raise_if_short()
        there = len(plan.placements) - len(plan.new())
        self._say("plan", f"{len(plan.new())} to launch, {there} there")
        try:
            self._take(self.group.prepared(plan, seen))
        except Conflict as lost:
            self._wait(lost)
            return False
        self.looks.prepared()
        return True

    def _make_room(self, plan: Plan, seen: Sight) -> None:
        """Every place has refused somebody: wait for other runs, else begin a layer, else give up."""
        error = sight.no_capacity(self.key, plan, self.refused[-1])
        if self.company.may_give_back():
            self._wait(error)
        elif why := self._next_layer(seen):
            self.layer += 1
            self.refused = []
            self._say("plan", f"no room apart for the rest: {why}")
        else:
            raise error

    def _next_layer(self, seen: Sight) -> str:
        """How it goes on when no place takes the rest: in words; empty where it does not."""
        means = [one for found in seen.means.values() for one in found]
        return next_layer(means, self.layer, len(self.group.spec.members), self.group.spec.saturated)

    def _take(self, plan: Plan) -> None:
        """New members are to do; so are those whose claim is ours and not launched yet."""
        new = {placement.member: placement for placement in plan.new()}
        claimed = [p.member for p in plan.placements if p.existing == "claimed" and p.member in self.todo]
        waiting = {member: self.todo[member] for member in claimed}
        self.todo = {
            p.member: (new | waiting)[p.member] for p in plan.placements if p.member in new | waiting
        }

    # Launching

    def _next(self) -> None:
        """One by one means until the place is decided, for all runs together."""
        placement = next(iter(self.todo.values()))
        machines = self.looks.machines()
        launching = [seen for seen in machines if seen.member and seen.state == "starting"]
        if launching:
            self._let_through(launching)
        elif holder := holding(placement, machines):
            self._say("there", f"{placement.member} is there already ({holder.instance})", placement.member)
            self._done(placement)
        else:
            self._launch_one(placement)

    def _let_through(self, launching: Sequence[Observed]) -> None:
        for seen in launching:
            self.leftovers.failure(seen)
        self.company.take_turns()
        self.looks.stale()

    def _done(self, placement: Placement) -> None:
        del self.todo[placement.member]
        self.company.progress()

    def _launch_one(self, placement: Placement) -> None:
        member = placement.member
        if self.tried[member] == MOST_LAUNCHES:
            raise Unavailable(
                f"{member} was launched {MOST_LAUNCHES} times in this run and did not stay: find out who "
                f"deletes it or why it fails, then run again"
            )
        self._say("launch", f"launching {member} in {where(placement)}", member)
        self.tried[member] += 1
        outcome = self._launch(placement)
        self.looks.launched()
        try:
            seen = self._settled(placement, outcome)
        except AntiaffinityError as error:
            self._failed(placement, error)
        except Exception:
            self._clear(placement, None)
            raise
        else:
            self._join(placement, seen)

    def _launch(self, placement: Placement) -> str | Exception:
        try:
            return self.launch(placement)
        except Exception as error:
            return error

    def _settled(self, placement: Placement, outcome: str | Exception) -> Observed:
        if isinstance(outcome, str):
            self.company.ours.add(outcome)
        backend = sight.backend_of(self.clouds, placement.cloud)
        return replace(backend.settle(placement, outcome), cloud=placement.cloud)

    def _join(self, placement: Placement, seen: Observed) -> None:
        """What has its place becomes the member, unless somebody else's did before."""
        backend = sight.backend_of(self.clouds, placement.cloud)
        try:
            with named(seen):
                is_double = self._is_double(placement, seen)
                if not is_double:
                    check_place(placement, seen, self.chosen)
                    seen = bound(backend, placement, seen)
        except Conflict as error:
            self._failed(placement, error)
            return
        if is_double:
            self._discard_double(seen)
            self._done(placement)
            return
        self.launched.append(seen.instance)
        self._done(placement)
        if self.start or backend.cloud.reported:
            self.looks.stale()
        if self.start:
            self.start(machine(replace(seen, cloud=placement.cloud)))
        self._say("placed", f"{placement.member} is {seen.instance} in {where(placement)}", placement.member)

    def _is_double(self, placement: Placement, mine: Observed) -> bool:
        """Two deployers may launch one member at once: the oldest is the holder, the other goes."""
        holder = holding(placement, self.looks.late() if len(self.todo) == 1 else self.looks.anew())
        return holder is not None and holder.instance != mine.instance

    # When a launch fails

    def _failed(self, placement: Placement, error: AntiaffinityError) -> None:
        """Go on with the rest where that makes sense."""
        self._say("refused", f"{placement.member}: {error.message}", placement.member)
        self._clear(placement, error)
        if isinstance(error, NoCapacity):
            self.leftovers.give_back_all([placement])
            place = {str(level): name for level, name in placement.domains.items()}
            domain = error.domain or place
            self.tried[placement.member] -= domain.items() <= place.items()  # it is not offered again
            self.refused.append(Refusal(placement.cloud, domain, error.message))  # type: ignore[arg-type]
        elif isinstance(error, Conflict) or self._may_pass(error):
            self._wait(error)
        else:
            raise error
        self._replan()

    def _may_pass(self, error: AntiaffinityError) -> bool:
        """Hosts may fail one launch because they take that of another run."""
        if not isinstance(error, Unavailable):
            return False
        self.looks.anew()
        return self.company.may_give_back()

    def _clear(self, placement: Placement, error: AntiaffinityError | None) -> None:
        """Discard what a failed launch left, and give its claim back."""
        if error is not None and error.path:
            return  # a wrong input is the user's to look at: the machine is named, never discarded
        remains = error.remains if error else None
        left = remains or self.leftovers.made_by(placement, {*self.known, *self.launched})
        self.company.ours.add(left.id or "")
        self.leftovers.clear(placement, left)

    # Reporting

    def _report(self, seen: Sight) -> Report:
        self._say("verify", f"verifying {self.key}")
        report = self.group.judged(seen)
        return replace(report, launched=tuple(self.launched), discarded=tuple(self.leftovers.gone))

    def _report_quietly(self) -> Report | None:
        try:
            return self._report(self.looks.standing())
        except AntiaffinityError:
            return None

    def _say(self, kind: StepKind, message: str, member: str = "") -> None:
        if self.progress:
            total = len(self.group.spec.members)
            self.progress(Step(kind, message, member, done=total - len(self.todo), total=total))
