"""``roll_out``: launch who is missing, one by one, so that a run can end anywhere and the next converges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity import clock, keeping, sight
from antiaffinity.company import MOVING
from antiaffinity.errors import AntiaffinityError, Conflict, NoCapacity, NotBegun, Unavailable
from antiaffinity.joining import Joining, unfinished
from antiaffinity.later import Launches
from antiaffinity.launch_ids import LaunchIds
from antiaffinity.leftovers import GRACE, check_place, doubles, holding, named, never_stays
from antiaffinity.lost import spared
from antiaffinity.model import Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.problem import holders
from antiaffinity.repairing import Repairs
from antiaffinity.report import Report
from antiaffinity.reservations import Reservations
from antiaffinity.retry import heard_by
from antiaffinity.run import Hands, Run
from antiaffinity.sight import Sight
from antiaffinity.steps import Step, where
from antiaffinity.waiting import StillBuilding

if TYPE_CHECKING:
    from antiaffinity.group import Group


MOST_LAUNCHES = 12
"""Of one member in one run, but for those that find no room: a machine that never stays is not worth more."""


class RollOut(Run):
    """One run over one group."""

    def __init__(
        self, group: Group, hands: Hands, progress: Callable[[Step], None] | None, repair: bool
    ) -> None:
        super().__init__(group, hands, progress)
        self.repairs = Repairs(self) if repair else None
        self.joining = Joining(group, hands.start)
        self.ids = LaunchIds(hands.launch, self.company.ours, self.leftovers.gone)
        self.reservations = Reservations(self)
        self.launches = Launches(self)
        self.tried: Counter[str] = Counter()

    def run(self) -> Report:
        """Until every member is there or an error says why not."""
        with heard_by(lambda words: self.say("look", words)):
            return self._run()

    def _run(self) -> Report:
        try:
            self._begin()
            while True:
                while self.todo:
                    self._next()
                self.looks.ripen()
                seen = self.last_look()
                if not self._finished(seen):
                    self.reservations.wait()
                    self._resume(self.looks.sight())
                elif self.repairs and self.repairs.wanted(self._planned(seen), seen):
                    self._replan()
                else:
                    return self.report(seen)
        except BaseException as error:
            self.leftovers.give_back_all(p for p in self.todo.values() if p.member not in self.tried)
            if isinstance(error, AntiaffinityError):
                error.report = error.report or self.report_quietly()
            raise
        finally:
            self.reservations.end()

    def last_look(self) -> Sight:
        """All that the report needs."""
        return self.repairs.look() if self.repairs else super().last_look()

    def _begin(self) -> None:
        self.say("look", f"looking at {self.key}")
        self.reservations.begin()
        seen = self.looks.sight()
        self.known = {one.instance for one in seen.machines}
        self._resume(seen)

    def _resume(self, seen: Sight) -> None:
        """Go on from what is there."""
        tidied = self.leftovers.tidy(seen.machines)
        self.company.ours.update(self.leftovers.gone)
        self._replan(None if tidied else seen)

    def _finished(self, seen: Sight) -> bool:
        """Whether all are there to stay: another run may have taken back what this one counted on."""
        self.discard_doubles(seen.machines)
        there = holders(seen.machines)
        ours = [there.get(member.name) for member in self.group.spec.members]
        # What another run launched beside a member meanwhile: it will see that, and discard its own.
        beside = (one for one in doubles(seen.machines) if one.instance not in (self.known or ()))
        settled = all(one and one.state not in (*MOVING, "claimed") for one in ours)
        settled = settled and not self.joining.waiting(seen.machines, keeping.loose(seen))
        return settled and all(one.state in ("failed", "leaving") for one in beside)

    # Planning

    def _replan(self, seen: Sight | None = None) -> None:
        """Plan and prepare for everybody who is not there yet."""
        while not self._prepared(seen or self.looks.sight()):
            seen = None

    def _prepared(self, seen: Sight) -> bool:
        """Whether everybody who is to be launched has a place now; else there is something new to see."""
        self.company.look(seen.machines)
        if self.discard_doubles(seen.machines):  # which may hold what a member needs
            return False
        plan = self._planned(seen)
        if plan.short and self.refusals.refused:
            self.make_room(plan, seen)
            return False
        if not self.check(plan, seen):
            return False
        if self.repairs and self.repairs.wanted(plan, seen):
            return self.repairs.make_first(plan, seen)
        self.say_plan(plan)
        return self._made_ready(plan, seen)

    def _made_ready(self, plan: Plan, seen: Sight) -> bool:
        try:
            ready = self.group.prepared(plan, seen)
            self._take(ready)
            self._carry_on(ready, seen)
        except Conflict as lost:
            self.wait(lost)
            return False
        self.looks.prepared()
        return True

    def _planned(self, seen: Sight) -> Plan:
        refusals = self.refusals
        return self.group.planned(seen, refusals.refused, refusals.layer, repair=self.repairs is not None)

    def _take(self, plan: Plan) -> None:
        """New members are to do; so are those whose claim is ours and not launched yet."""
        new = {placement.member: placement for placement in plan.new()}
        claimed = {p.member for p in plan.placements if p.existing == "claimed"}
        to_do = new | {member: one for member, one in self.todo.items() if member in claimed}
        self.todo = {p.member: to_do[p.member] for p in plan.placements if p.member in to_do}

    def _carry_on(self, plan: Plan, seen: Sight) -> None:
        """Bind and start who has a place and was left, unless the run that launched it is still at work."""
        loose = self.joining.look(seen)
        if self.joining.waiting(seen.machines, loose):
            clock.sleep(GRACE)
            placements = {placement.member: placement for placement in plan.placements}
            for one in self.joining.waiting(self.looks.anew(), loose):
                self._finish(placements[one.member], one)

    def _finish(self, placement: Placement, seen: Observed) -> None:
        self.say("there", unfinished(seen), seen.member)
        try:
            self.joining.finish(placement, seen)
        except NoCapacity as error:
            if seen.started:
                raise
            self._failed(placement, error)

    # Launching

    def _next(self) -> None:
        """One by one means until the place is decided, for all runs together."""
        placement = next(iter(self.todo.values()))
        machines = self.looks.machines()
        if launching := self.company.launching(machines):
            self._let_through(launching)
        elif holder := holding(placement, machines):
            self.say("there", f"{placement.member} is there already ({holder.instance})", placement.member)
            self._done(placement)
        else:
            self._launch_one(placement)

    def _let_through(self, launching: Sequence[Observed]) -> None:
        for seen in launching:
            self.leftovers.failure(seen)
            self.company.settled.add(seen.instance)
        self.company.take_turns()
        self.looks.stale()

    def _done(self, placement: Placement) -> None:
        del self.todo[placement.member]
        self.company.progress()

    def _launch_one(self, placement: Placement) -> None:
        member = placement.member
        if self.tried[member] == MOST_LAUNCHES:
            raise never_stays(member, MOST_LAUNCHES)
        if self.reservations.lost(placement):
            return
        self.say("launch", f"launching {member} in {where(placement)}", member)
        self.tried[member] += 1
        before = self.looks.machines()
        self.older, given = {one.instance for one in before}, self.ids.launch(placement)
        self.looks.launched()
        try:
            seen = self.launches.settled(placement, given, before)
        except AntiaffinityError as error:
            self._failed(placement, error)
        except NotBegun:
            self.leftovers.give_back_all([placement])
            raise
        except Exception:
            self._clear(placement, None)
            raise
        else:
            if seen is None:
                self.tried[member] -= 1
            else:
                self._join(placement, seen)

    def _join(self, placement: Placement, seen: Observed) -> None:
        """What has its place becomes the member, unless somebody else's did before."""
        try:
            is_double = self._is_double(placement, seen)
            there = seen if is_double else self._joined(placement, seen)
        except (Conflict, NoCapacity) as error:
            self._failed(placement, error)
            return
        if is_double:
            self.discard_double(seen)
            self._done(placement)
            return
        if self.hands.start:  # which may have placed it anew
            placement = replace(placement, domains=there.domains or placement.domains)
        self.say("placed", f"{placement.member} is {seen.instance} in {where(placement)}", placement.member)

    def _joined(self, placement: Placement, seen: Observed) -> Observed:
        check_place(placement, seen)
        there = self.joining.bind(placement, seen)
        self.launched.append(there.instance)
        self._done(placement)
        if self.hands.start or sight.backend_of(self.clouds, placement.cloud).cloud.reported:
            self.looks.stale()
        return self.joining.start_if_asked(placement, there)

    def _is_double(self, placement: Placement, mine: Observed) -> bool:
        """Two deployers may launch one member at once: the oldest is the holder, the other goes."""
        with named(mine):
            holder = holding(placement, self.looks.late() if len(self.todo) == 1 else self.looks.anew())
        return holder is not None and holder.instance != mine.instance

    # When a launch fails

    def _failed(self, placement: Placement, error: AntiaffinityError) -> None:
        """Go on with the rest where that makes sense."""
        self.say("refused", f"{placement.member}: {error.message}", placement.member)
        self._clear(placement, error)
        if isinstance(error, NoCapacity):
            self.leftovers.give_back_all([placement])
            self.tried[placement.member] -= self.refusals.add(placement, error)  # it is not offered again
        elif isinstance(error, Conflict) or self._may_pass(error):
            self.wait(error)
        else:
            raise error
        self._replan()

    def _may_pass(self, error: AntiaffinityError) -> bool:
        """Hosts may fail one launch because they take that of another run."""
        if not isinstance(error, Unavailable) or isinstance(error, StillBuilding):
            return False
        self.looks.anew()
        return self.company.may_give_back()

    def _clear(self, placement: Placement, error: AntiaffinityError | None) -> None:
        """Discard what a failed launch left, and give its claim back."""
        if error is not None and spared(error, self.older - self.joining.joined):
            return  # it is the user's to look at: the machine is named, never discarded
        remains = error.remains if error else None
        left = remains or self.leftovers.made_by(placement, self.accounted(), self.ids.last(placement))
        self.company.ours.add(left.id or "" if left else "")
        if left and left.id in self.joining.joined:
            self.leftovers.take_away(left, f"{placement.member} did not start here")
            self.not_launched(left.id or "")
        else:
            self.leftovers.clear(placement, left)

    def report(self, seen: Sight) -> Report:
        """The group as it stands, what this run did, and what no move could mend."""
        found = super().report(seen)
        if self.repairs is None:
            return found
        stuck = self.repairs.stuck(self._planned(seen))
        return replace(found, moved=self.repairs.done(seen.machines), findings=found.findings + stuck)
