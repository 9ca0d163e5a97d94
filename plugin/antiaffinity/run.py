"""What a run over one group has at hand: its looks at the clouds, its words to the user, its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.company import Company
from antiaffinity.errors import AntiaffinityError
from antiaffinity.leftovers import Leftovers, doubles, machine
from antiaffinity.looks import Looks
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.refusals import Refusals
from antiaffinity.report import Report
from antiaffinity.sight import Sight
from antiaffinity.steps import Step, StepKind

if TYPE_CHECKING:
    from antiaffinity.group import Group


class Hands(Struct, frozen=True):
    """What the user does for a run."""

    launch: Callable[[Placement], str]
    discard: Callable[[Machine], None] | None = None
    start: Callable[[Machine], None] | None = None


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

    def discard_doubles(self, machines: Sequence[Observed]) -> None:
        """Of two instances of one age the later look decides, for all runs alike."""
        for seen in doubles(machines):
            if seen.instance in self.launched:
                self.discard_double(seen)

    def discard_double(self, seen: Observed) -> None:
        """Another run's machine is the member's: ours goes."""
        self.leftovers.remove(machine(seen), f"another run was quicker with {seen.member}")
        self.not_launched(seen.instance)

    def not_launched(self, instance: str) -> None:
        """This run made a machine and took it back; the id may be another one's by now."""
        self.launched = [one for one in self.launched if one != instance]

    def report(self, seen: Sight) -> Report:
        """The group as it stands, and what this run did."""
        self.say("verify", f"verifying {self.key}")
        launched, gone = tuple(self.launched), tuple(self.leftovers.gone)
        return replace(self.group.judged(seen), launched=launched, discarded=gone)

    def report_quietly(self) -> Report | None:
        """The same for an error, where the clouds still answer."""
        try:
            return self.report(self.last_look())
        except AntiaffinityError:
            return None

    def say(self, kind: StepKind, message: str, member: str = "") -> None:
        """Tell the user of one step."""
        if self.progress:
            total = len(self.group.spec.members)
            self.progress(Step(kind, message, member, done=total - len(self.todo), total=total))
