"""A random state that can really be rolled out: what is launched is there, where the plan said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from antiaffinity.group import Group
from antiaffinity.model import Observed, Placement
from antiaffinity.topology import Topology
from core.judged_twice import Moment
from core.sky import Sky


class Settled(Sky):
    """The places and machines of a state in which no other run is at work."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self.moment, self.begun = moment, list[str]()
        self.there = {one.instance: _settled(one) for one in moment.machines}

    @property
    def machines(self) -> Sequence[Observed]:
        return tuple(self.there.values())

    @property
    def group(self) -> Group:  # type: ignore[override]
        backend: Any = self
        return Group(self.moment.spec, {"": backend})

    def launch(self, placement: Placement) -> str:
        id_ = f"new-{placement.member}"
        self.begun.append(placement.member)
        self.there[id_] = Observed(placement.member, id_, "running", True, placement.domains, since="9")
        return id_

    def topology(self, need: Any) -> Topology:
        return self.moment.topology


def _settled(one: Observed) -> Observed:
    return replace(one, state="running") if one.state in ("starting", "claimed") else one
