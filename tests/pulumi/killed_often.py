"""Engine and plugin are killed at as many seeded points as you like: ``make soak``.

    PYTHONPATH=tests KILLED_POINTS=40 SOAK_SEED=7 python tests/pulumi/killed_often.py
    PYTHONPATH=tests KILLED_POINTS=1 SOAK_SEED=9 python tests/pulumi/killed_often.py   # seed 9 alone

Three points in four are on a real Nova, the fourth is on a pool. The seeds of the points count up from
SOAK_SEED. A seed fixes who is killed at what, not how the processes interleave.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import NamedTuple

from killed import ON_A_POOL, SIGHTS, Operation, Play, Victim, on_nova, on_pool, seeded

from real import engine_env
from real.nova import Nova
from real.services import HOSTS, SETTINGS

AT_ONCE = 2
OPERATIONS: tuple[Operation, ...] = (*SIGHTS,)
VICTIMS: tuple[Victim, ...] = ("engine", "plugin")


class Outcome(NamedTuple):
    """How a point ended; ``wrong`` is empty where all held."""

    seed: int
    play: Play
    where: str
    seconds: float
    left: Sequence[str]
    wrong: str

    def __str__(self) -> str:
        left = f"left over: {', '.join(self.left)}" if self.left else ""
        verdict = f"WRONG\n{self.wrong}" if self.wrong else "held"
        what = f"{self.where:5} {self.play.death!s:32} {left:18}"
        return f"seed {self.seed}  {what} {self.seconds:5.1f} s  {verdict}"


def played(nova: Nova, seed: int) -> Outcome:
    """One point. What breaks in it is told, and the next one begins anew."""
    began, chance = time.monotonic(), Random(seed)
    operation, victim = OPERATIONS[seed % len(OPERATIONS)], chance.choice(VICTIMS)
    pool = seed % 4 == 3
    death = seeded(seed, operation, victim, ON_A_POOL if pool else ())
    play = Play(f"k{seed}", death, takes_over=chance.random() < 0.5)
    left, wrong = list[str](), ""
    try:
        with on_pool(play.project) if pool else on_nova(nova, play.project) as stage:
            left = stage.play(play)
    except Exception as error:
        wrong = f"{error!r}\n{error}"
    return Outcome(seed, play, "pool" if pool else "Nova", time.monotonic() - began, left, wrong)


def outcomes(points: int, seed: int) -> Iterator[Outcome]:
    """Side by side on one Nova, each in a project of its own."""
    engine_env.ensure()
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova, ThreadPoolExecutor(AT_ONCE) as side_by_side:
        yield from side_by_side.map(lambda number: played(nova, number), range(seed, seed + points))


def asked() -> tuple[int, int]:
    """How many points, and from which seed; without one, another each time."""
    try:
        return int(os.environ.get("KILLED_POINTS") or 40), int(os.environ.get("SOAK_SEED") or time.time())
    except ValueError as error:
        sys.exit(f"KILLED_POINTS and SOAK_SEED are whole numbers: {error}")


def main() -> int:
    """0 where all points held, 1 where one did not."""
    points, seed = asked()
    print(f"killed: {points} points on a real Nova and on pools, from seed {seed}", flush=True)
    done = list[Outcome]()
    for outcome in outcomes(points, seed):
        done.append(outcome)
        print(outcome, flush=True)
    wrong = [one.seed for one in done if one.wrong]
    minutes = sum(one.seconds for one in done) / 60 / AT_ONCE
    named = sum(bool(one.left) for one in done)
    figures = f"{named} left a machine, {len(wrong)} wrong {wrong or ''}"
    print(f"\n{len(done)} points in {minutes:.1f} minutes: {figures}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
