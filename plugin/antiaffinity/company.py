"""Other runs at work on the same group: told by their machines, and waited for when they are in the way."""

from __future__ import annotations

from collections.abc import Iterable

from antiaffinity import clock
from antiaffinity.errors import AntiaffinityError
from antiaffinity.model import Observed

MOVING = ("starting", "leaving", "failed")
"""What holds a place now and may not for long."""

PATIENCE = 180.0
"""Seconds without progress. A scheduler may count a machine on a host that it never reached, because it lost
a race there, until the host reports again: OpenStack's do every 120 s (scheduler_instance_sync_interval)."""

TURN = 2.0
"""Seconds over which runs that waited for the same launch spread their own."""

LONGEST_PAUSE = 15.0
"""Seconds between two attempts."""


class Company:
    """What one run knows of the others.

    ``ours`` are the instances of this run; whatever else comes, goes or is about to is somebody else's.
    Of ``settled`` the place is decided, whatever a list says of them.
    """

    def __init__(self) -> None:
        self.ours: set[str] = set()
        self.settled: set[str] = set()
        self.seen = False
        self._last: frozenset[tuple[str, bool]] | None = None
        self._waiting_since: float | None = None
        self._turns = 0

    def look(self, machines: Iterable[Observed]) -> None:
        """Compare with the last look."""
        theirs = frozenset(
            (seen.instance, seen.state in MOVING)
            for seen in machines
            if seen.instance and seen.instance not in self.ours
        )
        changed = self._last not in (None, theirs)
        self.seen = self.seen or changed or any(moving for _, moving in theirs)
        self._last = theirs

    def launching(self, machines: Iterable[Observed]) -> list[Observed]:
        """Members' machines whose place is not decided yet."""
        starting = (seen for seen in machines if seen.member and seen.state == "starting")
        return [seen for seen in starting if seen.instance not in self.settled]

    def may_give_back(self) -> bool:
        """Whether places that are taken now may be free soon."""
        return self.seen and self._waited() < PATIENCE

    def wait(self, error: AntiaffinityError) -> None:
        """Let the others finish, each for a time of its own; the error if it takes too long."""
        if self._waited() >= PATIENCE:
            raise error
        if self._waiting_since is None:
            self._waiting_since = clock.now()
        clock.sleep(min(0.5 * 2**self._turns, LONGEST_PAUSE) * clock.uniform(0.5, 1.5))
        self._turns += 1

    def take_turns(self) -> None:
        """Pause at random: who goes on first is seen by the others."""
        clock.sleep(clock.uniform(0, TURN))

    def _waited(self) -> float:
        return 0.0 if self._waiting_since is None else clock.now() - self._waiting_since

    def progress(self) -> None:
        """A member found its place: patience begins anew."""
        self._waiting_since, self._turns = None, 0
