"""What failed launches leave: found, discarded by the user's own hand, and waited for until gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from antiaffinity import clock, sight
from antiaffinity.errors import AntiaffinityError, Conflict, InvalidRequest, NotAuthorized, Unavailable
from antiaffinity.model import Machine, Observed, Placement
from antiaffinity.planner.problem import holders
from antiaffinity.retry import patiently
from antiaffinity.waiting import StillBuilding

if TYPE_CHECKING:
    from antiaffinity.backend import Backend
    from antiaffinity.group import Group
    from antiaffinity.looks import Looks

GONE_AFTER = 600.0
"""Seconds to wait until a discarded machine has given its place back."""

GRACE = 3.0
"""Seconds in which a deployer that is still at work has begun to discard its own failed machine."""


class Leftovers:
    """The remains of one group's launches; ``say`` is told of each that is discarded."""

    def __init__(
        self,
        group: Group,
        looks: Looks,
        discard: Callable[[Machine], None] | None,
        say: Callable[[Literal["look", "discard"], str, str], None],
    ) -> None:
        self.group, self.looks, self.discard, self.say = group, looks, discard, say
        self.gone: list[str] = []

    def tidy(self, there: Sequence[Observed]) -> bool:
        """Wait for launches whose place is not decided yet, and discard those that failed.

        A failed machine of a deployer that is still at work is left to it. False if there was no such launch.
        """
        ours = [seen for seen in self._ours(there) if seen.state in ("failed", "starting")]
        failed = [seen.instance for seen in ours if seen.state == "failed"]
        failed += [id_ for seen in ours if seen.state == "starting" and (id_ := self.failure(seen))]
        if ours:
            self.looks.stale()
        if failed:
            self._give_up(failed)
        return bool(ours)

    def _give_up(self, failed: Iterable[str]) -> None:
        clock.sleep(GRACE)
        for id_ in failed:
            for seen in self._never_ran(id_):
                self.remove(machine(seen), f"{seen.member} is left over from a failed launch")

    def _never_ran(self, id_: str) -> list[Observed]:
        """The machine, if it is still one that never ran, and its member's only one.

        Looked at again, for it may be good by now. Beside another of its member it may bear a copied mark: it
        is told as surplus, and is the user's to delete.
        """
        there = self.looks.quietly()
        alone = [seen for seen in self._ours(there) if seen.member not in holders(there)]
        return [seen for seen in alone if seen.instance == id_ and seen.state == "failed"]

    def _ours(self, machines: Iterable[Observed]) -> list[Observed]:
        named = {member.name for member in self.group.spec.members}
        return [seen for seen in machines if seen.member in named]

    def failure(self, seen: Observed) -> str | None:
        """Wait for a launch of another run; the instance, if it failed, and StillBuilding if it is slow.

        What refused that launch, room or a quota, is that run's to hear: ours may find another place.
        """
        placement = Placement(seen.member, seen.domains, cloud=seen.cloud, key=self.group.key)
        self.say("look", f"waiting for {seen.instance}, which another run launched", seen.member)
        try:
            sight.backend_of(self.group.clouds, seen.cloud).settle(placement, seen.instance)
        except AntiaffinityError as error:
            ours = isinstance(error, StillBuilding | InvalidRequest | NotAuthorized)
            if ours and (error.remains is None or isinstance(error, StillBuilding)):
                raise
            return error.remains.id if error.remains else None
        return None

    def clear(self, placement: Placement, remains: Machine | None) -> None:
        """Discard what a failed launch left, if anything, and give its claim back."""
        if remains and self.discard is None:
            self._stop_at(remains)
            return
        if remains:
            self.remove(remains, f"discarding what the launch of {placement.member} left")
        self.give_back_all([placement])

    def give_back_all(self, placements: Iterable[Placement]) -> None:
        """Release claims that no machine came of; what cannot be released now stays in doubt."""
        members: dict[str, list[str]] = {}
        for placement in placements:
            members.setdefault(placement.cloud, []).append(placement.member)
        for cloud, names in members.items():
            backend = sight.backend_of(self.group.clouds, cloud)
            with suppress(AntiaffinityError):
                backend.give_back(self.group.key, names)
            if backend.cloud.reported:
                self.looks.stale()

    def made_by(self, placement: Placement, known: Collection[str], given: str | None) -> Machine | None:
        """What a launch left that told none of it: a machine that is new and bears the member's mark.

        So does that of another deployer. Where machines show that one is at work nothing is taken for
        ours: what is there is a machine of the member all the same, and the next look finds it. Nor where
        machines are only reported: there somebody else has reported it. A launch that gave an id made that
        machine or none: None where nothing has it, for what is new then is another run's.
        """
        if not sight.backend_of(self.group.clouds, placement.cloud).cloud.reported:
            there = (seen for seen in self.looks.late_quietly() if given in (None, seen.instance))
            ours = [seen for seen in there if seen.instance and seen.instance not in known]
            if len(ours) == 1 and ours[0].member == placement.member:
                return machine(ours[0])
            if given is not None:
                return None
        return Machine(None, placement.member, placement.cloud, placement.domains)

    def remove(self, machine: Machine, why: str) -> None:
        """Have a machine discarded, and wait until it holds no place any more."""
        if self.discard is None:
            self._stop_at(machine)
            return
        self.say("discard", f"{why}{f' ({machine.id})' if machine.id else ''}", machine.member)
        self.looks.stale()
        self.discard(machine)
        if machine.id:
            self.gone.append(machine.id)
            self._wait_until_gone(machine)

    def take_away(self, machine: Machine, why: str) -> None:
        """Have a member's machine discarded for good: its place is free then.

        Where machines are only reported nobody sees it go, and its place is given up by us.
        """
        backend = sight.backend_of(self.group.clouds, machine.cloud)
        if not backend.cloud.reported or self.discard is None:
            self.remove(machine, why)
            return
        self.say("discard", f"{why} ({machine.id})", machine.member)
        self.looks.stale()
        self.discard(machine)
        self.gone.append(machine.id or "")
        # Another run may have been quicker, and have the member in its new place by now.
        if any(seen.instance == machine.id for seen in self.looks.quietly()):
            key, adopt = self.group.key, self.group.spec.adopt
            patiently(backend, lambda: backend.release(key, [machine.member], adopt))
        self.looks.stale()

    def _stop_at(self, machine: Machine) -> None:
        if machine.id:
            raise Unavailable(
                f"{machine.id} ({machine.member}) is left from a failed launch and there is no discard: "
                f"delete it and run again, or give discard",
                remains=machine,
            )

    def _wait_until_gone(self, machine: Machine) -> None:
        deadline, pause = clock.now() + GONE_AFTER, 1.0
        while any(seen.instance == machine.id and seen.holds for seen in self.looks.late_quietly()):
            if clock.now() > deadline:
                raise Unavailable(
                    f"{machine.id} still holds its place {GONE_AFTER:.0f} s after discard", remains=machine
                )
            clock.sleep(pause)
            pause = min(pause * 1.5, 5.0)


def doubles(machines: Sequence[Observed]) -> list[Observed]:
    """The machines beside their member's holder."""
    there = holders(machines)
    return [seen for seen in machines if there.get(seen.member, seen) is not seen]


def holding(placement: Placement, machines: Sequence[Observed]) -> Observed | None:
    """The machine that holds the member's place; a claim alone is none."""
    holder = holders(machines).get(placement.member)
    return None if holder is None or holder.state == "claimed" else holder


@contextmanager
def named(seen: Observed) -> Iterator[None]:
    """Where the cloud fails while a machine joins its group, say which one that is."""
    try:
        yield
    except Unavailable as error:
        error.message = (
            f"{seen.member} has its place as {seen.instance}, but it could not be bound "
            f"({error.message}): bind {seen.member} {seen.instance}, or run again"
        )
        raise


def bound(backend: Backend, placement: Placement, seen: Observed) -> Observed:
    """Bind a machine that has its place; it stays, whatever becomes of writing it down."""
    for pause in (0.5, 2.0):
        with suppress(Unavailable):
            return patiently(backend, lambda: backend.bind(placement, seen))
        clock.sleep(pause)
    try:
        return patiently(backend, lambda: backend.bind(placement, seen))
    except Conflict as error:
        error.remains = error.remains or machine(seen)
        raise


def check_place(placement: Placement, seen: Observed) -> None:
    """InvalidRequest where a launch put the machine elsewhere than the rules and lists have it."""
    if where := elsewhere(placement, seen):
        raise InvalidRequest(
            f"launch did not use placement.arguments: {where}; delete it, and launch with them",
            path="launch",
        )


def elsewhere(placement: Placement, seen: Observed) -> str:
    """In which other place than was decided for it a machine is, in words; "" if it is not."""
    for level in placement.decided:
        chosen = placement.domains.get(level, "")
        if (there := seen.domains.get(level, chosen)) != chosen:
            return f"{seen.instance} is in {level} {there}, but {placement.member} goes to {chosen}"
    return ""


def never_stays(member: str, times: int) -> Unavailable:
    """The error for a member whose machines come and go."""
    return Unavailable(
        f"{member} was launched {times} times in this run and did not stay: find out who deletes it or why "
        f"it fails, then run again"
    )


def machine(seen: Observed) -> Machine:
    """An instance as ``discard`` and ``start`` get it."""
    return Machine(seen.instance or None, seen.member, seen.cloud, seen.domains)
