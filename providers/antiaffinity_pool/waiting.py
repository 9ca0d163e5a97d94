"""Claims without a machine: how long to wait for whoever launches it, in seconds and in words."""

from __future__ import annotations

from collections.abc import Callable

from antiaffinity.backend import Standing
from antiaffinity.model import Observed
from antiaffinity_pool.claims import Claim, moment
from antiaffinity_pool.runs import is_alive

NEVER = float("inf")


class Waiting:
    """What one run waits for; ``timeout`` is for launches of whom nothing else is known."""

    def __init__(self, claimant: str, timeout: float, clock: Callable[[], float]) -> None:
        self.claimant, self.timeout, self.clock = claimant, timeout, clock

    def alive(self, claim: Claim) -> bool | None:
        """Whether the run that launches it by itself goes on; None where nobody can tell."""
        return is_alive(claim.launch.who, claim.claimant) if claim.launch else None

    def doubtful_at(self, claim: Claim) -> float:
        """From when on nobody will report it: at once where its run is gone, never while it is at work."""
        began = (claim.launch.begun_at if claim.launch else None) or claim.claimed_at
        alive = self.alive(claim)
        return began + self.timeout if alive is None else NEVER if alive else began

    def observed(self, claim: Claim, standing: Standing) -> Observed:
        """A claim as the library sees it: a machine once it is bound."""
        return Observed(
            member=claim.member,
            instance=claim.instance,
            state="running" if claim.instance else "claimed",
            holds=True,
            domains=claim.domains,
            since=claim.since,
            note="" if claim.instance else self._words(claim, standing),
        )

    def _words(self, claim: Claim, standing: Standing) -> str:
        """What to know of it."""
        if standing == "free":
            return f"claimed, and never launched by {claim.whose}: the next roll-out takes its place"
        if standing in ("in doubt", "overdue"):
            since = moment(self.doubtful_at(claim))
            return (
                f"in doubt since {since} ({claim.whose} never bound it), not bound yet: release it or bind it"
            )
        who = "this run" if claim.claimant == self.claimant else claim.whose
        return f"claimed {max(0, self.clock() - claim.claimed_at):.0f} s ago by {who}, not bound yet"
