"""The looks of one run at its group: none is taken twice where nothing was done or waited for between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from antiaffinity import clock
from antiaffinity.company import Company
from antiaffinity.model import Observed
from antiaffinity.sight import Sight
from antiaffinity.standing import standing

if TYPE_CHECKING:
    from antiaffinity.group import Group

ONE_AGE = 1.0
"""Seconds within which two instances may be told as equally old."""

HOLDS = 1.0
"""Seconds for which a look is as good as another."""


class Looks:
    """What one run sees; ``company`` compares what it goes on from with the look before."""

    def __init__(self, group: Group, company: Company) -> None:
        self.group, self.company = group, company
        self._last: Sequence[Observed] | None = None
        self._looked_at = self._launched_at = 0.0

    def anew(self) -> Sequence[Observed]:
        """The machines as they are now."""
        self._last = self.group.machines()
        self.company.look(self._last)
        return self._last

    def machines(self) -> Sequence[Observed]:
        """The machines as the last look showed them, if it still holds."""
        return self.anew() if self._last is None else self._last

    def sight(self) -> Sight:
        """The machines now, and the places that there are; company hears of it once it is planned with."""
        self._looked_at = clock.now()
        return self.group.look()

    def standing(self) -> Sight:
        """All that a verdict needs."""
        return standing(self.group.spec, self.group.clouds, self.machines())

    def hold(self, machines: Sequence[Observed] | None) -> None:
        """These are the machines still; None: what was seen before is not how it is now."""
        self._last = machines

    def planned(self, seen: Sight) -> None:
        """Preparing is done: where that took a while, others may have begun to launch."""
        soon = clock.now() - self._looked_at < HOLDS
        self.hold(seen.machines if soon else None)

    def launched(self) -> None:
        """A machine may be there that no look has shown."""
        self._last, self._launched_at = None, clock.now()

    def late(self) -> Sequence[Observed]:
        """The machines now, late enough that whatever is as old as the last one launched is shown, too."""
        clock.sleep(max(0.0, self._launched_at + ONE_AGE - clock.now()))
        return self.anew()
