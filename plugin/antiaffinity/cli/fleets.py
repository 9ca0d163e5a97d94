"""``audit --asg``: machines that their cloud launches by itself, and how little of that is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from antiaffinity import registry
from antiaffinity.cli.clouds import carried_by
from antiaffinity.tables import table


class FleetAudit:
    """One fleet, looked at when this is made."""

    def __init__(self, kind: str, word: str, name: str, settings: Mapping[str, object]) -> None:
        self.kind = kind
        self.fleet = registry.fleet(kind, word, name, settings)

    @property
    def exit_code(self) -> int:
        """4 where its zones are uneven, or where all of it is in one; 0 else."""
        return 4 if self.fleet.skew > 1 or len(self.fleet.zones) == 1 else 0

    def json(self) -> dict[str, Any]:
        """The answer of ``audit --asg --json``."""
        return {
            "fleet": {
                "cloud": self.kind,
                "name": self.fleet.name,
                "skew": self.fleet.skew,
                **msgspec.to_builtins(self.fleet),
            }
        }

    def text(self) -> Iterator[str]:
        """The same for people."""
        fleet, promise = self.fleet, self.fleet.promise
        yield f"{promise.mechanism} {fleet.name}: {len(fleet.instances)} instances, skew {fleet.skew}"
        yield ""
        yield from table(["zone", "hold a place"], [[zone, str(n)] for zone, n in fleet.zones.items()])
        yield ""
        strength = "hard" if promise.hard else "soft"
        yield f"promised: {strength} {promise.rule} over the {promise.level} ({carried_by(promise)})"
        yield f"  after launch  {promise.after_launch}"
        yield f"  caveat        {promise.caveat}"
        yield f"  page          {promise.page}"
        yield from (f"finding: {finding.message}" for finding in fleet.findings)
