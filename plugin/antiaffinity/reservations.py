"""Places that are reserved for launches which have not reported, where only we know of them (a pool)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from antiaffinity.backend import Backend, Reservation, ReservesCapacity
from antiaffinity.decode import show
from antiaffinity.errors import Conflict, InvalidRequest
from antiaffinity.launch_ids import is_name
from antiaffinity.model import GroupKey, Machine, Placement

if TYPE_CHECKING:
    from antiaffinity.run import Run


class Reservations:
    """The reserved places of one run's group: its own, and those of others."""

    def __init__(self, run: Run) -> None:
        self.run, self.key = run, run.key
        self.named = {member.name for member in run.group.spec.members}
        self.backends = reserving(run.group.clouds)
        self._last: frozenset[tuple[str, str]] = frozenset()

    def begin(self) -> None:
        """From now on others see this run at work; a ledger that is not there yet may be a wrong name."""
        for words in new_ledgers(self.run.group.clouds):
            self.run.say("look", words)
        for backend in self.backends.values():
            backend.begin_run()
        self.settle_doubts()

    def end(self) -> None:
        """What it began and never bound is in doubt from now on."""
        for backend in self.backends.values():
            backend.end_run()

    def settle_doubts(self) -> None:
        """Say what became of launches that nobody will report: found, discarded by their mark, or left."""
        for cloud, backend in self.backends.items():
            if self.run.hands.find:
                self.run.group.clouds[cloud].resolve(self.key, self._found)
            else:
                backend.drop_reservations(self.key, self._discarded(cloud, backend))
        if self.backends:
            self.run.looks.stale()

    def _found(self, member: str) -> str | None:
        id_ = self.run.hands.find(member) if self.run.hands.find else None
        if id_ and not is_name(id_):
            said = f"find gave {show(id_)} for {member}"
            raise InvalidRequest(f"{said}: return the machine's id, or None where there is none", path="find")
        if id_:
            self.run.say("there", f"{member} is {id_}, which an earlier run launched", member)
        return id_ or None

    def _discarded(self, cloud: str, backend: ReservesCapacity) -> list[str]:
        """The members whose launches are in doubt, after whatever came of them was discarded."""
        if self.run.hands.discard is None:
            return []
        found = [one for one in self._there(backend) if one.standing == "in doubt"]
        for one in found:
            why = f"discarding what an earlier launch of {one.member} may have left"
            self.run.say("discard", why, one.member)
            self.run.hands.discard(Machine(None, one.member, cloud, dict(one.domains)))
        return [one.member for one in found]

    def lost(self, placement: Placement) -> bool:
        """Begin a launch; True where its place is not this run's any more, and it is left to others."""
        try:
            if backend := self.backends.get(placement.cloud):
                backend.begin_launch(placement)
        except Conflict as error:
            del self.run.todo[placement.member]
            self.run.wait(error)
            return True
        return False

    def wait(self) -> None:
        """Let others finish what keeps members from being there, though nothing is left to launch."""
        self.run.wait(self._in_the_way())
        self.settle_doubts()

    def _in_the_way(self) -> Conflict:
        """Why members are not there although nothing is left to launch; raised where no waiting helps."""
        others = [one for backend in self.backends.values() for one in self._there(backend)]
        error = _in_the_way(self.key, others)
        if others and all(one.standing != "working" for one in others):
            raise error
        now = frozenset((one.member, one.words) for one in others)
        if self._last and now != self._last:
            self.run.company.progress()
        self._last = now
        return error

    def _there(self, backend: ReservesCapacity) -> list[Reservation]:
        there = backend.reservations(self.key)
        return [one for one in there if one.member in self.named and one.standing != "ours"]


def reserving(clouds: Mapping[str, Backend]) -> dict[str, ReservesCapacity]:
    """The clouds where only we give places, by key."""
    return {key: backend for key, backend in clouds.items() if isinstance(backend, ReservesCapacity)}


def new_ledgers(clouds: Mapping[str, Backend]) -> list[str]:
    """Where ledgers will be made that are not there yet, in words."""
    found = [backend.new_ledger for backend in reserving(clouds).values()]
    return [f"no ledger yet: making {file}" for file in found if file]


def others_at_work(key: GroupKey, clouds: Mapping[str, Backend]) -> bool | None:
    """Whether other runs are at work on a group; None where not every cloud knows."""
    found = reserving(clouds)
    if len(found) < len(clouds):
        return None
    there = [one for backend in found.values() for one in backend.reservations(key)]
    return any(one.standing in ("working", "handed out") for one in there)


def _in_the_way(key: GroupKey, others: list[Reservation]) -> Conflict:
    if not others:
        return Conflict(f"group {key}: somebody else keeps changing it; run again later")
    return Conflict(
        f"{key}: {'; '.join(one.words for one in others)}",
        ways_out=[f"{one.member}: wait for that run" for one in others if one.standing == "working"],
    )
