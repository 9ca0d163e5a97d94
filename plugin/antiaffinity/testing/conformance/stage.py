"""Where checks happen: an empty cloud, deploy scripts that come and go, and the truth about both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from antiaffinity.clock import lent, sleep
from antiaffinity.errors import AntiaffinityError
from antiaffinity.group import Group
from antiaffinity.guarantee import Cloud
from antiaffinity.model import MARKS, Machine, Observed, Placement
from antiaffinity.policy import Rule
from antiaffinity.report import Report
from antiaffinity.sight import observe
from antiaffinity.testing import world
from antiaffinity.testing.conformance.harness import Deployer, Fresh, Harness
from antiaffinity.testing.conformance.trials import Trial, Wanted, keeper, kept, tightest
from antiaffinity.testing.turns import Turns
from antiaffinity.testing.wire import Killed, Trouble, Wire

T = TypeVar("T")


ENDLESS = 40
"""Launches of one deploy script that will not end by itself."""


class Ended(Struct):
    """How a deploy script ended: well, with a report where there is one; with an error; or by its death."""

    requests: list[str]
    report: Report | None = None
    error: BaseException | None = None
    died: bool = False

    @property
    def exit_code(self) -> int | None:
        """As the command line would exit; None after a death, 3 where its own hand broke."""
        if self.error:
            return getattr(self.error, "exit_code", 3)
        return None if self.died else self.report.exit_code if self.report else 0


class Script:
    """One process with one deploy script, from its start to its end."""

    def __init__(self, cloud: Harness, wanted: Wanted, wire: Wire) -> None:
        self.cloud, self.wanted, self.wire = cloud, wanted, wire
        self.broken: list[BaseException] = []
        self.discarded: list[str | None] = []
        self.launches = 0

    def start(self) -> None:
        """Connect; nothing else is done yet."""
        self.deployer: Deployer = self.cloud.deployer(self.wanted.key, self.wire)
        asked, estate = self.wanted, self.deployer.cloud
        self.group: Group = estate.group(
            asked.name,
            members=asked.members,
            rules=asked.rules,
            adopt=asked.adopt,
            only=asked.only,
            planned=asked.planned,
        )

    def roll_out(self) -> Report:
        """As a user's script does it, who first says what became of launches that never reported."""
        return self._rolled_out(repair=False)

    def repair(self) -> Report:
        """The same, and what is broken is mended."""
        return self._rolled_out(repair=True)

    def _rolled_out(self, repair: bool) -> Report:
        self.group.resolve(self._of_hand(self.deployer.find))
        start = self.deployer.start and self._of_hand(self.deployer.start)
        launch, discard = self._of_hand(self.launch), self._of_hand(self.discard)
        return self.group.roll_out(launch, discard, start, repair=repair)

    def launch(self, placement: Placement) -> str:
        self.launches += 1
        assert self.launches < ENDLESS, f"launched {self.launches} machines for {self.wanted.names}"
        return self.deployer.boot(placement, placement.arguments(**self.deployer.own))

    def discard(self, machine: Machine) -> None:
        self.discarded.append(machine.id)
        self.deployer.discard(machine)

    def release(self) -> None:
        """Give everything up, members by name and then the group."""
        self.group.release(self.wanted.names)
        self.group.release()

    def _of_hand(self, hand: Callable[..., T]) -> Callable[..., T]:
        """A hand of the user's own: what it raises is the user's, and may come out unchanged."""

        def use(*given: object) -> T:
            try:
                return hand(*given)
            except BaseException as error:
                self.broken.append(error)
                raise

        return use


Act = Callable[[Script], Report | None]


class Stage:
    """One empty cloud with nobody on it yet."""

    def __init__(self, fresh: Fresh, seed: int = 0) -> None:
        self.turns = Turns(seed)
        self.cloud = fresh(self.turns)
        self.pace = self.turns if self.cloud.clock is self.turns else None

    @cached_property
    def record(self) -> Cloud:
        """The record of the cloud."""
        with lent(self.cloud.clock):
            deployer = self.cloud.deployer(Wanted(1, ()).key, Wire())
        (backend,) = deployer.cloud.clouds.values()
        return backend.cloud

    @cached_property
    def trial(self) -> Trial:
        """The hard anti-affinity at the innermost level."""
        return tightest(self.record, self.cloud.places())

    @property
    def keeps(self) -> bool:
        """Whether a native rule keeps the members apart that we have placed so."""
        return keeper(self.record, self.trial.promise) is not None

    def launched_into(self) -> list[str]:
        """The native groups that members are launched into; what only keeps them is made as they join."""
        return [] if self.keeps else self.cloud.natives()

    def natives_of(self, wanted: Wanted) -> int:
        """How many native groups there are; where they only keep, beside one around each two or more members.

        Where members go is not the same after every mishap, and what keeps them goes by that.
        """
        made = len(self.cloud.natives())
        return made - self._together(wanted) if self.keeps else made

    def _together(self, wanted: Wanted) -> int:
        """The outermost places that hold two members or more."""
        around = Counter(one.domain("region") or one.domain("zone") for one in self.machines(wanted))
        return sum(count > 1 for count in around.values())

    @property
    def blind(self) -> bool:
        return self.record.reported

    # Deploy scripts

    @contextmanager
    def script(self, wanted: Wanted) -> Iterator[Script]:
        """A deploy script that is used step by step, undisturbed."""
        with lent(self.cloud.clock):
            script = Script(self.cloud, wanted, Wire(None, self.pace))
            script.start()
            yield script

    def run(self, wanted: Wanted, act: Act = Script.roll_out, trouble: Trouble | None = None) -> Ended:
        """Let a deploy script do one thing, whatever befalls it."""
        with lent(self.cloud.clock):
            return self.attempt(Script(self.cloud, wanted, Wire(trouble, self.pace)), act)

    def attempt(self, script: Script, act: Act) -> Ended:
        """How it ended; anything but a typed error, or what a hand of its own raised, fails the check."""
        ended = Ended(script.wire.requests)
        try:
            script.start()
            ended.report = act(script)
        except Killed:
            ended.died = True
        except AntiaffinityError as error:
            ended.error = error
        except AssertionError:
            raise
        except Exception as error:
            if error not in script.broken:
                raise AssertionError(f"{error!r} is none of antiaffinity.errors") from error
            ended.error = error
        return ended

    def roll_out(self, wanted: Wanted) -> Report:
        """A roll-out that must succeed."""
        ended = self.run(wanted)
        assert ended.report, f"a roll-out of {wanted.names} failed: {ended.error!r}"
        assert not ended.report.missing, f"{ended.report.missing} are missing after a roll-out"
        return ended.report

    def refused(self, wanted: Wanted, act: Act = Script.roll_out) -> AntiaffinityError:
        """The typed error with which it must end."""
        ended = self.run(wanted, act)
        assert isinstance(ended.error, AntiaffinityError), f"not refused: {ended.error or ended.report}"
        return ended.error

    def wait(self, seconds: float) -> None:
        with lent(self.cloud.clock):
            sleep(seconds)

    # The truth

    def machines(self, wanted: Wanted) -> list[world.Machine]:
        """Every machine with the mark of a group, as it really is."""
        mark = wanted.key.marks("")
        return [
            machine
            for machine in self.cloud.machines()
            if all(machine.tags.get(name) == mark[name] for name in MARKS[:2])
        ]

    def ids(self, wanted: Wanted) -> dict[str, str]:
        """The machine of each member."""
        return {machine.member: machine.id for machine in self.machines(wanted)}

    def observed(self, wanted: Wanted) -> list[Observed]:
        """What the library sees, strangers in the group's native groups too."""
        with self.script(wanted) as script:
            return observe(script.group.spec, script.group.clouds)

    def assert_whole(self, wanted: Wanted, when: str = "after a roll-out") -> None:
        """Each member is there once, running, and all are placed as the rules say."""
        machines = self.machines(wanted)
        there = sorted(machine.member for machine in machines)
        assert there == sorted(wanted.names), f"{when}: {there} instead of {wanted.names}"
        assert {machine.state for machine in machines} == {"running"}, f"{when}: {machines}"
        for rule in wanted.rules:
            self.assert_kept(rule, machines, when)

    def assert_kept(self, rule: Rule, machines: Sequence[world.Machine], when: str = "now") -> None:
        """The machines really are as the rule says."""
        where = {machine.member: machine.domain(rule.level) for machine in machines}
        assert kept(rule, machines, self.cloud.places()), f"{when}: {rule} is broken by {where}"

    def assert_known(self, wanted: Wanted, when: str = "after a roll-out") -> None:
        """The library sees just these machines, each as the one of its member, and none in doubt."""
        seen = {(one.member, one.instance, one.state) for one in self.observed(wanted)}
        really = {(one.member, one.id, "running") for one in self.machines(wanted)}
        assert seen == really, f"{when}: {seen} is seen instead of {really}"

    def crowd(self, wanted: Wanted, member: str, host: str) -> None:
        """An operator moves a member's machine, past every rule; where nobody sees it, it is reported."""
        id_ = self.ids(wanted)[member]
        with lent(self.cloud.clock):
            self.cloud.move(id_, host)
        if self.blind:
            with self.script(wanted) as script:
                script.group.bind(member, id_, at={"host": host})

    def terminate_one(self, id_: str) -> None:
        """The user deletes one machine."""
        with lent(self.cloud.clock):
            self.cloud.terminate(id_)

    def terminate(self, wanted: Wanted) -> None:
        """The user deletes all machines of a group."""
        with lent(self.cloud.clock):
            for machine in self.machines(wanted):
                self.cloud.terminate(machine.id)

    def dismantle(self, wanted: Wanted) -> None:
        """Delete and release everything: nothing at all is left of the group, and no native group."""
        self.terminate(wanted)
        ended = self.run(wanted, Script.release)
        assert ended.error is None, f"release after all machines are gone: {ended.error!r}"
        assert self.observed(wanted) == [], "something is claimed after the group was released"
        assert self.cloud.natives() == [], "a native group is left after the group was released"
