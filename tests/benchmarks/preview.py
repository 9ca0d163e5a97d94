"""A preview of a large Group and its machines, beside the same machines without one, on the real engine."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from benchmarks.measure import paired
from benchmarks.table import AtMost, Row
from real.pulumi_rig import Workspace, python

PLAIN = """
from pulumi_command import local

for number in range(MEMBERS):
    local.Command(f"db-{number}", create="echo booted", environment={"HOST": f"h{number}"})
"""
PLACED = """
import pulumi_antiaffinity as antiaffinity
from pulumi_command import local

pool = {"kind": "pool", "inventory": "hosts.yaml"}
group = antiaffinity.Group("db", cloud=pool, members=MEMBERS, rules="anti-affinity")
for member in group.names:
    host = group.arguments(member)["host"]
    local.Command(member, create="echo booted", environment={"HOST": host})
"""
ALONE = PLACED.partition("for member")[0]


def preview(members: int, rounds: int) -> list[Row]:
    """What a Group adds; the plain program has as many resources of a provider that does nothing."""
    hosts = "".join(f"- {{name: h{n}, rack: r{n % 40}, zone: z{n % 3}}}\n" for n in range(members))
    with ExitStack() as stack:
        spaces = [
            stack.enter_context(Workspace(python(text.replace("MEMBERS", str(members)))))
            for text in (PLAIN, PLACED, ALONE)
        ]
        for space in spaces:
            space.write({"hosts.yaml": f"hosts:\n{hosts}"})
        plain, placed, alone = (partial(_previewed, space) for space in spaces)
        ratios = paired(rounds, plain, placed, alone)
    against = f"preview of {members} commands"
    names = (
        f"preview of a Group of {members} and its {members} commands",
        f"preview of a Group of {members}",
    )
    return [Row(name, against, ratio, AtMost(1.5)) for name, ratio in zip(names, ratios, strict=True)]


def _previewed(space: Workspace) -> None:
    space.preview().ok()
