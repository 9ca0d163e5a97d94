"""The looks of one run at its group: none is taken twice where nothing was done or waited for between."""

from __future__ import annotations

from collections.abc import Mapping

from antiaffinity import clock
from antiaffinity.company import Company
from antiaffinity.model import Observed
from antiaffinity.reservations import others_at_work
from antiaffinity.sight import Clouds, Sight, backend_of, existing, listed, located, look
from antiaffinity.spec import Spec
from antiaffinity.standing import standing
from antiaffinity.topology import Topology

ONE_AGE = 1.0
"""Seconds within which two instances may be told as equally old."""

HOLDS = 1.0
"""Seconds for which a look is as good as another."""

LAST_CHANCE = 10.0
"""Seconds in which a run shows itself that held a place between two looks of this one: it waits for a launch
to settle, takes its turn (company.TURN), and launches."""

PEEK = 1.0
"""Seconds between looks for it: its launch may be refused, too, and what that leaves be gone soon."""


class Looks:
    """What one run sees; ``company`` compares what it goes on from with the look before."""

    def __init__(self, spec: Spec, clouds: Clouds, company: Company) -> None:
        self.spec, self.clouds, self.company = spec, clouds, company
        self._last: list[Observed] | None = None
        self._places: Mapping[str, Topology] = {}
        self._looked_at, self._launched_at = 0.0, float("-inf")
        self._lag = max(ONE_AGE, *(backend.cloud.lists_lag for backend in clouds.values()))
        self._settled: dict[str, Observed] = {}

    def quietly(self) -> list[Observed]:
        """The machines as they are now, while this run changes them itself."""
        return existing(self._anew())

    def _anew(self) -> list[Observed]:
        self._looked_at = clock.now()
        self._last = self._with_settled(listed(self.spec, self.clouds))
        return self._last

    def _with_settled(self, there: list[Observed]) -> list[Observed]:
        """A list that lacks a machine of this run does not make it gone: that tells a read of the machine."""
        for seen in there:
            if seen.state == "gone":
                self._settled.pop(seen.instance, None)
        lacking = self._settled.keys() - {seen.instance for seen in there}
        return [*there, *(one for id_ in sorted(lacking) if (one := self._read(id_)))]

    def _read(self, id_: str) -> Observed | None:
        seen = self._settled[id_]
        found = backend_of(self.clouds, seen.cloud).instance(self.spec.key, seen)
        if found is None or found.state == "gone":
            del self._settled[id_]
            return None
        return located(found, seen.cloud, self.spec)

    def anew(self) -> list[Observed]:
        """The machines as they are now."""
        there = self.quietly()
        self.company.look(there)
        return there

    def machines(self) -> list[Observed]:
        """The machines as the last look showed them, if it still holds."""
        return self.anew() if self._last is None else existing(self._last)

    def sight(self) -> Sight:
        """The machines, and the places that there are now; company hears of it once it is planned with."""
        seen = look(self.spec, self.clouds, self._anew() if self._last is None else self._last)
        self._places = seen.topologies
        return seen

    def standing(self) -> Sight:
        """All that a verdict needs."""
        return standing(self.spec, self.clouds, self.machines(), self._places)

    def stale(self) -> None:
        """What was seen before is not how it is now."""
        self._last = None

    def prepared(self) -> None:
        """Where preparing took a while, others may have begun to launch."""
        if clock.now() - self._looked_at >= HOLDS:
            self.stale()

    def settled(self, seen: Observed) -> Observed:
        """A machine that this run launched has its place: it is there until a read of it says otherwise."""
        self._settled[seen.instance] = seen
        return seen

    def launched(self) -> None:
        """A machine may be there that no look has shown."""
        self._last, self._launched_at = None, clock.now()

    def late(self) -> list[Observed]:
        """The machines now, late enough that whatever is as old as the last one launched is shown, too."""
        self._wait_for_lists()
        return self.anew()

    def late_quietly(self) -> list[Observed]:
        """The same, where what is shown may be of this run's own making."""
        self._wait_for_lists()
        return self.quietly()

    def _wait_for_lists(self) -> None:
        clock.sleep(max(0.0, self._launched_at + self._lag - clock.now()))

    def ripen(self) -> None:
        """Before the last look: what another run launched before one of ours may not be listed yet."""
        if self._last is None or self._looked_at < self._launched_at + self._lag:
            self.late()

    def others_give_back(self) -> bool:
        """Whether places that are taken now may be free soon.

        A double that comes and goes between two looks has refused somebody all the same, and its run goes
        on to the next launch. Where every run writes down what it is about to do nothing comes between.
        """
        known = others_at_work(self.spec.key, self.clouds)
        self.company.seen = self.company.seen or bool(known)
        until = clock.now() + (LAST_CHANCE if known is None else 0.0)
        while not self.company.seen and clock.now() < until:
            clock.sleep(PEEK)
            self.anew()
        return self.company.may_give_back()
