"""A deploy script, as a process under fire runs it: ``python fire_worker.py FOLDER NAME SHARE...``.

A share is a group and those of its members that this deployer knows of: ``z3-both7:0,1,2``. Of a
"both" two deployers know a part each.

It says "ready" and begins when its standard input says so. Each launch writes the machine it makes
into the worker's own file, which is only ever appended to: what is there is what really runs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

import antiaffinity as aa

LONGEST_LAUNCH = 0.004
"""Seconds that a launch takes to answer once its machine is there."""


LONGEST_THOUGHT = 0.1
"""Seconds between a plan and its claims, in which the others go on: most plans are stale by then."""


LONGEST_WAIT = 0.5
"""Seconds to wait for the other deployer of a group."""


class Made(NamedTuple):
    """One machine that really runs."""

    group: str
    member: str
    host: str
    id: str


def main(folder: Path, name: str, shares: Sequence[str]) -> None:
    """Deploy these, one after the other."""
    cloud = connected(folder)
    cloud.groups()  # so that nothing is left to import
    print("ready", flush=True)
    sys.stdin.readline()
    for share in shares:
        if "both" in share:
            meet(folder, share.partition(":")[0], name)
        deploy(cloud, folder, name, share)


def meet(folder: Path, group: str, name: str) -> None:
    """Begin together with the group's other deployer, unless it does not come."""
    (folder / f"{group}.{name}").touch()
    late = time.monotonic() + LONGEST_WAIT
    while len(list(folder.glob(f"{group}.*"))) < 2 and time.monotonic() < late:
        time.sleep(0.005)


def connected(folder: Path, **settings: object) -> aa.Estate:
    """The pool that all workers share."""
    return aa.connect("pool", owner="shop", inventory=str(folder / "hosts.json"), **settings)


def deploy(cloud: aa.Estate, folder: Path, name: str, share: str) -> None:
    """Say first what became of earlier runs, then launch who is missing, all in the group's zone."""
    group, _, numbers = share.partition(":")
    wanted = cloud.group(
        group,
        members=[f"m{n}" for n in numbers.split(",")],
        rules=aa.AntiAffinity(level_of(group)),
        size={"vcpus": 1},
        only={"zone": [group.partition("-")[0]]},
    )
    wanted.resolve(finder(folder, group))
    wanted.roll_out(launcher(folder, name), progress=thinker(f"{name} {share}"))


def level_of(group: str) -> Literal["rack", "host"]:
    """What keeps its machines apart: with few racks, two stale plans are sure to share one."""
    return "rack" if "both" in group else "host"


def thinker(seed: str) -> Callable[[aa.Step], None]:
    """Somebody who looks at each plan before it is carried out."""
    chance = Random(seed)

    def think(step: aa.Step) -> None:
        if step.kind == "plan":
            time.sleep(chance.uniform(0, LONGEST_THOUGHT))

    return think


def finder(folder: Path, group: str) -> Callable[[str], str | None]:
    """Ask the hosts themselves."""
    return lambda member: next((m.id for m in made(folder) if (m.group, m.member) == (group, member)), None)


def made(folder: Path) -> Iterator[Made]:
    """Every machine that any worker made so far."""
    for file in sorted(folder.glob("*.made")):
        yield from (Made(*json.loads(line)) for line in file.read_text().splitlines())


def launcher(folder: Path, name: str) -> Callable[[aa.Placement], str]:
    """A launch that makes the machine with one write, and answers a moment later."""
    chance = Random(name)

    def launch(placement: aa.Placement) -> str:
        host = placement.arguments()["host"]
        group = placement.key.name if placement.key else ""
        machine = Made(group, placement.member, host, f"{group}/{placement.member} by {name}")
        with (folder / f"{name}.made").open("a") as file:
            os.write(file.fileno(), f"{json.dumps(machine)}\n".encode())
        time.sleep(chance.uniform(0, LONGEST_LAUNCH))
        return machine.id

    return launch


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
