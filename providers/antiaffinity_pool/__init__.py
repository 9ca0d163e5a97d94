"""A pool: our own spreader for anything that has a list of hosts.

Nothing native exists here, so we choose every level ourselves, and a ledger keeps two runs from
giving one place away twice.
"""

from antiaffinity.guarantee import Cloud, Guarantee, chosen
from antiaffinity.model import Level
from antiaffinity_pool.arguments import KEYS, launch_arguments

LEVELS: tuple[Level, ...] = ("region", "zone", "rack", "host")


def _reported(level: Level) -> tuple[Guarantee, ...]:
    return chosen(
        level,
        after_launch="not watched: a machine that is moved counts where it was, until the move is reported",
        evidence="MEMBERSHIP",
        page="README.md",
        caveat="what was reported; nobody asked the machine",
        limit_read="the inventory",
        joins="any time",
        lapses="when the member is released from the ledger",
    )


cloud = Cloud(
    kind="pool",
    title="Pool",
    sdk="sqlalchemy",
    call="your own launch, with host and labels",
    words={level: level for level in LEVELS},
    chosen=LEVELS,
    guarantees=tuple(promise for level in LEVELS for promise in _reported(level)),
    merges={"sdk": launch_arguments, "pulumi": launch_arguments},
    keys={"sdk": KEYS, "pulumi": KEYS},
    connect_from="antiaffinity_pool.backend",
    reported=True,
    side_by_side=True,
    settings=("inventory", "ledger", "claim_timeout", "base"),
)
