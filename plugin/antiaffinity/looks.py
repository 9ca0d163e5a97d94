"""The looks of one run at its group: none is taken twice where nothing was done or waited for between."""

from __future__ import annotations

from antiaffinity import clock
from antiaffinity.company import Company
from antiaffinity.model import Observed
from antiaffinity.sight import Clouds, Sight, existing, listed, look
from antiaffinity.spec import Spec
from antiaffinity.standing import standing

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
        self._looked_at = self._launched_at = 0.0

    def quietly(self) -> list[Observed]:
        """The machines as they are now, while this run changes them itself."""
        return existing(self._anew())

    def _anew(self) -> list[Observed]:
        self._looked_at = clock.now()
        self._last = listed(self.spec, self.clouds)
        return self._last

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
        return look(self.spec, self.clouds, self._anew() if self._last is None else self._last)

    def standing(self) -> Sight:
        """All that a verdict needs."""
        return standing(self.spec, self.clouds, self.machines())

    def stale(self) -> None:
        """What was seen before is not how it is now."""
        self._last = None

    def prepared(self) -> None:
        """Where preparing took a while, others may have begun to launch."""
        if clock.now() - self._looked_at >= HOLDS:
            self.stale()

    def launched(self) -> None:
        """A machine may be there that no look has shown."""
        self._last, self._launched_at = None, clock.now()

    def late(self) -> list[Observed]:
        """The machines now, late enough that whatever is as old as the last one launched is shown, too."""
        clock.sleep(max(0.0, self._launched_at + ONE_AGE - clock.now()))
        return self.anew()

    def others_give_back(self) -> bool:
        """Whether places that are taken now may be free soon.

        A double that comes and goes between two looks has refused somebody all the same, and its run goes
        on to the next launch.
        """
        until = clock.now() + LAST_CHANCE
        while not self.company.seen and clock.now() < until:
            clock.sleep(PEEK)
            self.anew()
        return self.company.may_give_back()
