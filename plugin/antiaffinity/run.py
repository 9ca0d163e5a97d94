"""What a run over one group has at hand: its looks at the clouds, its words to the user, its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity import lost
from antiaffinity.company import Company
from antiaffinity.errors import AntiaffinityError
from antiaffinity.leftovers import Leftovers, doubles, machine
from antiaffinity.looks import Looks
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.preflight import breaking, check_fits
from antiaffinity.refusals import Refusals
from antiaffinity.report import Report
from antiaffinity.sight import Sight
from antiaffinity.steps import Step, StepKind, counted

if TYPE_CHECKING:
    from antiaffinity.group import Group


class Hands(Struct, frozen=True):
    """What the user does for a run."""

    launch: Callable[[Placement], str]
    discard: Callable[[Machine], None] | None = None
    start: Callable[[Machine], None] | None = None
    find: Callable[[str], str | None] | None = None


class Run:
    """One run, and what it knows of itself and of others."""

    def __init__(self, group: Group, hands: Hands, progress: Callable[[Step], None] | None) -> None:
        self.group, self.clouds, self.key = group, group.clouds, group.key
        self.hands, self.progress = hands, progress
        self.company = Company()
        self.looks = Looks(group.spec, group.clouds, self.company)
        self.leftovers = Leftovers(group, self.looks, hands.discard, self.say)
        self.refusals = Refusals(group)
        self.launched: list[str] = []
        self.known: set[str] | None = None
        self.older: set[str] = set()
        self.todo: dict[str, Placement] = {}

    def last_look(self) -> Sight:
        """All that the report needs."""
        return self.looks.standing()

    def wait(self, error: AntiaffinityError) -> None:
        """Let other runs finish; then every place is worth another try. The error if it takes too long."""
        self.say("look", "other runs are at work on it: waiting a moment")
        self.looks.stale()
        self.company.wait(error)
        self.refusals.forget()

    def discard_doubles(self, machines: Sequence[Observed]) -> bool:
        """Whether there were any of ours. Of two of one age the later look decides, for all runs alike."""
        ours = [seen for seen in doubles(machines) if seen.instance in self.launched]
        for seen in ours:
            self.discard_double(seen)
        return bool(ours)

    def discard_double(self, seen: Observed) -> None:
        """Another run's machine is the member's: ours goes."""
        self.leftovers.remove(machine(seen), f"another run was quicker with {seen.member}")
        self.not_launched(seen.instance)

    def not_launched(self, instance: str) -> None:
        """This run made a machine and took it back; the id may be another one's by now."""
        self.launched = [one for one in self.launched if one != instance]

    def accounted(self) -> set[str]:
        """The instances that were there before this run, and those that it launched."""
        return {*(self.known or ()), *self.launched}

    def report(self, seen: Sight) -> Report:
        """The group as it stands, and what this run did."""
        self.say("verify", f"verifying {self.key}")
        launched, gone = tuple(self.launched), tuple(self.leftovers.gone)
        found = self.group.judged(seen)
        beside = lost.unlaunched(seen.machines, self.known, self.launched) if self.known is not None else ()
        return replace(found, launched=launched, discarded=gone, findings=(*found.findings, *beside))

    def report_quietly(self) -> Report | None:
        """The same for an error, where the clouds still answer."""
        try:
            return self.report(self.last_look())
        except AntiaffinityError:
            return None

    def check(self, plan: Plan, seen: Sight) -> bool:
        """Stop where there is no place for somebody, or a machine may be one of those that are missing.

        False where it is to be looked at again: what others launch twice, and take back, may make a rule
        look as if it were to be broken.
        """
        error = breaking(plan, seen) if self.company.may_give_back() and not plan.short else None
        if error is None:
            check_fits(plan, seen)
        else:
            self.wait(error)
        return error is None

    def make_room(self, plan: Plan, seen: Sight) -> None:
        """Every place has refused somebody: wait for other runs, else begin a layer, else give up."""
        error = self.refusals.no_capacity(plan)
        if not self.company.seen:
            self.say("look", "no room is left: looking whether another run is about to free some")
        if self.looks.others_give_back():
            self.wait(error)
        elif why := self.refusals.next_layer(seen):
            self.say("plan", f"no room apart for the rest: {why}")
        else:
            raise error

    def say_plan(self, plan: Plan) -> None:
        """Tell the user what is about to be done, and what should be known before."""
        self.say("plan", counted(plan, self.todo))
        for finding in plan.findings:
            if finding.severity == "warning":
                self.say("plan", finding.message, finding.member)

    def say(self, kind: StepKind, message: str, member: str = "") -> None:
        """Tell the user of one step."""
        if self.progress:
            total = len(self.group.spec.members)
            self.progress(Step(kind, message, member, done=total - len(self.todo), total=total))
