"""What became of a launch; one that its cloud takes later is begun anew after the rest that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from antiaffinity.backend import Backend
from antiaffinity.errors import Busy, Unavailable
from antiaffinity.model import Observed, Placement
from antiaffinity.retry import Tries, patience_of, wait_told
from antiaffinity.sight import backend_of, located

if TYPE_CHECKING:
    from antiaffinity.rollout import RollOut


class Launches:
    """The launches of one run, with a patience that begins anew with each that the cloud takes."""

    def __init__(self, run: RollOut) -> None:
        self.run = run
        self._tries: Tries | None = None

    def settled(self, placement: Placement, given: object, before: Sequence[Observed]) -> Observed | None:
        """The machine with its place; None where nothing was launched, and it is to be tried again now.

        ``given`` is what the launch gave, ``before`` the machines that were there. Unavailable where the
        patience ends first.
        """
        backend = backend_of(self.run.clouds, placement.cloud)
        try:
            seen = self.run.ids.settled(backend, placement, given, before)
        except Busy as error:
            if error.remains:  # a machine that failed: it is to be discarded first
                raise
            self._rest(error, backend)
            made = given if isinstance(given, str) else self._made(placement)
            return self.settled(placement, made, before) if made else None
        self._tries = None
        return self.run.looks.settled(located(seen, placement.cloud, self.run.group.spec))

    def _rest(self, error: Busy, backend: Backend) -> None:
        self._tries = self._tries or Tries(patience_of(backend))
        try:
            self._tries.rest_or_end(error.message, wait_told(error))
        except Unavailable as impatient:
            raise impatient from error

    def _made(self, placement: Placement) -> str | None:
        """The machine of a launch that told none, looked for whatever the refusal says.

        A gateway gives up on what goes on behind it (502, 504), and of a launch of several requests the
        refused one may be the last.
        """
        run = self.run
        made = run.leftovers.made_by(placement, run.accounted(), run.ids.last(placement))
        return made.id if made else None
