"""``roll_out``: launch who is missing, one by one, so that a run can end anywhere and the next converges."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antiaffinity import sight
from antiaffinity.errors import AntiaffinityError, Conflict, NoCapacity, Unavailable
from antiaffinity.leftovers import Leftovers, machine
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.problem import holders
from antiaffinity.report import Report
from antiaffinity.sight import Refusal, Sight
from antiaffinity.steps import Step, StepKind

if TYPE_CHECKING:
    from antiaffinity.group import Group

RACES = 8
"""How often a member is tried again after somebody else was quicker."""

MOVING = ("starting", "leaving", "failed")
"""What holds a place now and may not for long."""


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
        self.leftovers = Leftovers(group, discard, self._say)
        self.refused: list[Refusal] = []
        self.layer = 1
        self.tried: set[str] = set()
        self.launched: list[str] = []
        self.before: list[Observed] = []
        self.known: set[str] = set()
        self.races = 0
        self.todo: dict[str, Placement] = {}

    def run(self) -> Report:
        """Until every member is there or an error says why not."""
        try:
            self._begin()
            while True:
                while self.todo:
                    self._next()
                seen = self.group.look()
                if self._finished(seen):
                    return self._report(seen)
                self._wait_a_turn()
                self._resume(self.group.machines())
        except BaseException as error:
            self._give_back()
            if isinstance(error, AntiaffinityError):
                error.report = error.report or self._report_quietly()
            raise

    def _give_back(self) -> None:
        """Give back the claims of members that nobody tried to launch: no machine can have come of them."""
        waiting = [placement for placement in self.todo.values() if placement.member not in self.tried]
        for cloud in dict.fromkeys(placement.cloud for placement in waiting):
            members = [placement.member for placement in waiting if placement.cloud == cloud]
            with suppress(AntiaffinityError):
                sight.backend_of(self.clouds, cloud).release(self.key, members, {})

    def _begin(self) -> None:
        self._say("look", f"looking at {self.key}")
        there = self.group.machines()
        self.known = {seen.instance for seen in there}
        self._resume(there)

    def _resume(self, there: Sequence[Observed]) -> None:
        """Go on from what is there."""
        self.leftovers.tidy(there)
        self._replan()

    def _finished(self, seen: Sight) -> bool:
        """Whether all are there to stay: another run may have taken back what this one counted on."""
        self._discard_doubles(seen.machines)
        there = holders(seen.machines)
        ours = [there.get(member.name) for member in self.group.spec.members]
        return all(one and one.state not in MOVING for one in ours)

    def _discard_doubles(self, machines: Sequence[Observed]) -> None:
        """Of two instances of one age the later look decides, for all runs alike."""
        there = holders(machines)
        for seen in machines:
            if seen.instance in self.launched and there.get(seen.member, seen) is not seen:
                self._discard_double(seen)

    def _discard_double(self, seen: Observed) -> None:
        self.leftovers.remove(machine(seen), f"another run was quicker with {seen.member}")

    # Planning

    def _replan(self) -> None:
        """Plan and prepare for everybody who is not there yet."""
        for _ in range(RACES):
            seen = self.group.look()
            plan = self._planned(seen)
            self._say("plan", f"{len(plan.new())} to launch, {len(plan.placements) - len(plan.new())} there")
            try:
                ready = self.group.prepared(plan, seen)
            except Conflict as lost:
                error = lost
                self._wait_a_turn()
                continue
            self._take(ready)
            return
        raise error

    def _planned(self, seen: Sight) -> Plan:
        plan = self.group.planned(seen, self.refused, self.layer)
        if plan.short and self.refused and self._may_stack(seen):
            self.layer += 1
            self.refused = []
            self._say("plan", f"no room apart for the rest: layer {self.layer} (saturated: stack)")
            plan = self.group.planned(seen, self.refused, self.layer)
        if plan.short and self.refused:
            raise self._no_capacity(plan)
        plan.raise_if_short()
        return plan

    def _may_stack(self, seen: Sight) -> bool:
        delegated = any(one.delegated and one.rule.hard for means in seen.means.values() for one in means)
        layers_left = self.layer < len(self.group.spec.members)
        return self.group.spec.saturated == "stack" and delegated and layers_left

    def _no_capacity(self, plan: Plan) -> NoCapacity:
        first, last = plan.short[0], self.refused[-1]
        return NoCapacity(
            f"group {self.key}: no room for {first.member}: {last.message}",
            conflict=first.conflict,
            ways_out=(*first.ways_out, "add a host, or saturated: stack"),
            domain={str(level): name for level, name in last.domain.items()},
        )

    def _take(self, plan: Plan) -> None:
        """New members are to do; so are those whose claim is ours and not launched yet."""
        new = {placement.member: placement for placement in plan.new()}
        waiting = {p.member: self.todo[p.member] for p in plan.placements if self._still_ours(p)}
        self.todo = {
            p.member: (new | waiting)[p.member] for p in plan.placements if p.member in new | waiting
        }

    def _still_ours(self, placement: Placement) -> bool:
        return placement.existing == "claimed" and placement.member in self.todo

    # Launching

    def _next(self) -> None:
        member = next(iter(self.todo))
        placement = self.todo[member]
        if self._there_already(placement):
            del self.todo[member]
            return
        self._say("launch", f"launching {member} in {_where(placement)}", member)
        self.tried.add(member)
        outcome = self._launch(placement)
        try:
            self._settle(placement, outcome)
        except AntiaffinityError as error:
            self._failed(placement, error)
        except Exception:
            self._clear(placement, None)
            raise

    def _launch(self, placement: Placement) -> str | Exception:
        try:
            return self.launch(placement)
        except Exception as error:
            return error

    def _there_already(self, placement: Placement) -> bool:
        """Another deployer of this group may have been here since the plan."""
        self.before = self.group.machines()
        holder = holders(self.before).get(placement.member)
        if holder is None or holder.state == "claimed":
            return False
        self._say("there", f"{placement.member} is there already ({holder.instance})", placement.member)
        return True

    def _settle(self, placement: Placement, outcome: str | Exception) -> None:
        backend = sight.backend_of(self.clouds, placement.cloud)
        seen = replace(backend.settle(placement, outcome), cloud=placement.cloud)
        if self._is_double(placement, seen):
            self._discard_double(seen)
            del self.todo[placement.member]
            return
        seen = backend.bind(placement, seen.instance)
        self.launched.append(seen.instance)
        del self.todo[placement.member]
        if self.start:
            self.start(machine(replace(seen, cloud=placement.cloud)))
        self._say("placed", f"{placement.member} is {seen.instance} in {_where(placement)}", placement.member)

    def _is_double(self, placement: Placement, mine: Observed) -> bool:
        """Two deployers may launch one member at once: the oldest is the holder, the other goes."""
        holder = holders(self.group.machines()).get(placement.member)
        return holder is not None and holder.state != "claimed" and holder.instance != mine.instance

    # When a launch fails

    def _failed(self, placement: Placement, error: AntiaffinityError) -> None:
        """Go on with the rest where that makes sense."""
        self._say("refused", f"{placement.member}: {error.message}", placement.member)
        looks = [self.before, self.group.machines()]
        self._clear(placement, error)
        looks.append(self.group.machines())
        if isinstance(error, Conflict) or (_may_pass(error) and self._others_busy(looks, error.remains)):
            self._wait_a_turn(error)
        elif isinstance(error, NoCapacity):
            self.leftovers.give_back(placement)
            domain = error.domain or {str(level): name for level, name in placement.domains.items()}
            self.refused.append(Refusal(placement.cloud, domain, error.message))  # type: ignore[arg-type]
        else:
            raise error
        self._replan()

    def _others_busy(self, looks: Sequence[Sequence[Observed]], remains: Machine | None) -> bool:
        """Whether another deployer's launches fill places that it may give back, or did until now."""
        ours = {*self.launched, remains.id if remains else None}
        theirs = [[seen for seen in look if seen.instance not in ours] for look in looks]
        moving = any(seen.state in MOVING for look in theirs for seen in look)
        changed = len({frozenset(seen.instance for seen in look) for look in theirs}) > 1
        return moving or changed or any(map(_has_double, looks))

    def _wait_a_turn(self, lost: AntiaffinityError | None = None) -> None:
        self.races += 1
        if self.races > RACES * max(1, len(self.group.spec.members)):
            raise lost or Conflict(f"group {self.key}: somebody else keeps changing it; run again later")
        time.sleep(min(0.5 * self.races, 5.0))

    def _clear(self, placement: Placement, error: AntiaffinityError | None) -> None:
        """Discard what a failed launch left, and give its claim back."""
        if error is not None and error.path:
            return  # a wrong input is the user's to look at: the machine is named, never discarded
        remains = error.remains if error else None
        left = remains or self.leftovers.made_by(placement, {*self.known, *self.launched})
        self.leftovers.clear(placement, left)

    # Reporting

    def _report(self, seen: Sight) -> Report:
        self._say("verify", f"verifying {self.key}")
        report = self.group.judged(seen)
        return replace(report, launched=tuple(self.launched), discarded=tuple(self.leftovers.gone))

    def _report_quietly(self) -> Report | None:
        try:
            return self._report(self.group.look())
        except AntiaffinityError:
            return None

    def _say(self, kind: StepKind, message: str, member: str = "") -> None:
        if self.progress:
            total = len(self.group.spec.members)
            self.progress(Step(kind, message, member, done=total - len(self.todo), total=total))


def _may_pass(error: AntiaffinityError) -> bool:
    """Whether it may come of other deployers' launches: hosts that they fill fail, or are not found."""
    return isinstance(error, NoCapacity | Unavailable)


def _has_double(look: Sequence[Observed]) -> bool:
    there = holders(look)
    return any(there.get(seen.member, seen) is not seen for seen in look)


def _where(placement: Placement) -> str:
    chosen = "/".join(placement.domains.values()) or "the cloud"
    left = ", ".join(f"{level} left to the {word}" for level, word in placement.delegated.items())
    return f"{chosen} ({left})" if left else chosen
