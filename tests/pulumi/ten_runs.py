"""Five members on five hosts of a real Nova, at the engine's default parallelism: ``make soak``.

    cd tests && PYTHONPATH=.:pulumi python pulumi/ten_runs.py          # ten runs with roll_out, ten without

Without `roll_out` a program declares its servers and nothing else: Nova gets all launches at once. Exits
with 1 where a run with it did not end with every member alone on its host.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from ground_nova import OpenStack
from life import Life, lived
from life_python import AtOnce, Python

from real.nova import Nova
from real.services import SETTINGS

HOSTS = 5


class Run(NamedTuple):
    """How one `pulumi up` ended, and how many of the hosts have a member."""

    code: int
    hosts: int
    seconds: float

    @property
    def whole(self) -> bool:
        return self.code == 0 and self.hosts == HOSTS

    def __str__(self) -> str:
        return f"exit {self.code}, {self.hosts} of {HOSTS} hosts, {self.seconds:.1f} s"


def run(life: Life) -> Run:
    """One `pulumi up` on an empty cloud."""
    began = time.monotonic()
    code = life.up().code
    seconds = time.monotonic() - began
    taken = {host for _, (_, host) in life.ground.machines(life.space) if host != "nowhere"}
    return Run(code, len(taken), seconds)


def runs(nova: Nova, language: Python, count: int) -> Iterator[Run]:
    """So many, each from nothing."""
    with lived(OpenStack(nova, HOSTS), language, members=HOSTS) as life:
        for _ in range(count):
            yield run(life)
            life.destroy().ok()
            assert life.is_gone()


def main(count: int = 10) -> int:
    """0 where each run with the helper was whole."""
    whole = {}
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova:
        for name, language in (("with roll_out", Python()), ("without", AtOnce())):
            ended = []
            for number, one in enumerate(runs(nova, language, count), 1):
                ended.append(one)
                print(f"{name:14} {number:3}: {one}", flush=True)
            whole[name] = sum(one.whole for one in ended)
            print(
                f"{name}: all {HOSTS} members on {HOSTS} hosts in {whole[name]} of {count} runs", flush=True
            )
    return 0 if whole["with roll_out"] == count else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
