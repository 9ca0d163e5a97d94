"""A cloud of a few hosts whose machines are in whatever state a test says, at whatever moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

import antiaffinity as aa
from antiaffinity.backend import id_of
from antiaffinity.model import Domain, Level, Machine, Observed, Placement, State
from antiaffinity.topology import Topology
from antiaffinity_pool import cloud as pool

Outcome = Callable[["Sky", Placement, str], Observed]


class Sky:
    """Its record is that of a pool that can be asked; ``looking`` happens before each look."""

    cloud = replace(pool, reported=False)

    def __init__(self) -> None:
        self.there: dict[str, Observed] = {}
        self.looking: Callable[[], None] = lambda: None
        self.settling: Outcome = lambda sky, placement, id_: sky.there[id_]
        self.gone: list[str | None] = []

    def add(self, member: str, id_: str, state: State, host: str = "", since: str = "") -> None:
        where: dict[Level, str] = {"host": host} if host else {}
        self.there[id_] = Observed(member, id_, state, True, where, since=since)

    def turns(self, id_: str, state: State) -> None:
        self.there[id_] = replace(self.there[id_], state=state)

    # The hands of the user

    def group(self, members: int = 2) -> aa.Group:
        return aa.Estate({"": self}, "shop").group("db", members=members, rules="anti-affinity")  # type: ignore[dict-item]

    def roll_out(self, members: int = 2, launch: Callable[[Placement], str] | None = None) -> aa.Report:
        return self.group(members).roll_out(launch or self.launch, self.discard)

    def launch(self, placement: Placement) -> str:
        id_ = f"new-{placement.member}"
        self.add(placement.member, id_, "running", placement.domains["host"], since="9")
        return id_

    def discard(self, machine: Machine) -> None:
        self.gone.append(machine.id)
        self.there.pop(machine.id or "", None)

    # The contract

    def topology(self, need: Any) -> Topology:
        return Topology([Domain(host=f"h{n}") for n in range(4)])

    def observe(self, key: Any, adopt: Any) -> list[Observed]:
        self.looking()
        return list(self.there.values())

    def prepare(self, key: Any, plan: Any, adopt: Any) -> Mapping[Any, str]:
        return {}

    def settle(self, placement: Placement, outcome: str | Exception) -> Observed:
        if isinstance(outcome, Exception):
            raise outcome
        return self.settling(self, placement, outcome)

    def bind(self, placement: Placement, instance: str | Observed) -> Observed:
        return self.there[id_of(instance)]

    def give_back(self, key: Any, members: Sequence[str]) -> None:
        pass
