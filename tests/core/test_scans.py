"""A plan reads its members and its machines a fixed number of times, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import antiaffinity as aa
from antiaffinity.group import Group
from antiaffinity.model import Observed


class Counted(tuple):  # type: ignore[type-arg]
    """A tuple that knows how often it was read from its start."""

    reads: int = 0

    def __iter__(self) -> Iterator[object]:
        self.reads += 1
        return super().__iter__()


def pooled(folder: Path, members: int) -> Group:
    """A group with a place of its own for each member, and a list that bars one."""
    hosts = [{"name": f"h{n}", "zone": f"z{n % 3}"} for n in range(members + 1)]
    file = folder / f"hosts-{members}.json"
    file.write_text(json.dumps({"hosts": hosts}))
    pool = aa.connect("pool", inventory=str(file))
    return pool.group("db", members=members, rules="anti-affinity", never={"host": ["h0"]})


def running(placement: aa.Placement) -> Observed:
    return Observed(placement.member, f"vm-{placement.member}", "running", True, placement.domains)


def reads_of_members(folder: Path, members: int) -> int:
    group = pooled(folder, members)
    counted = Counted(group.spec.members)
    group.spec = msgspec.structs.replace(group.spec, members=counted)
    assert len(group.plan().placements) == members
    return counted.reads


def reads_of_machines(folder: Path, members: int) -> int:
    group = pooled(folder, members)
    seen = group.look()
    there = [
        Observed(p.member, f"vm-{p.member}", "running", True, p.domains)
        for p in group.planned(seen).placements
    ]
    counted = Counted(there)
    plan = group.planned(msgspec.structs.replace(seen, machines=counted))
    assert not plan.new()
    return counted.reads


@pytest.mark.parametrize("reads", [reads_of_members, reads_of_machines])
def test_ten_times_as_many_are_read_as_often(reads: object, tmp_path: Path) -> None:
    assert callable(reads)
    assert reads(tmp_path, 40) == reads(tmp_path, 4)
