"""Good SPECs, and what the documented one means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from antiaffinity.model import GroupKey, Member, Needs
from antiaffinity.policy import AntiAffinity, Ha, Spread, Survive
from antiaffinity.spec import Spec, read_spec

GOOD = "group: db\nmembers: [db-0, db-1, db-2]\n"

DESIGN = """\
group: db
owner: shop/prod                       # default: "default"; in Pulumi <project>/<stack>
members: [db-0, db-1, {name: db-2, size: {vcpus: 4, memory_mb: 8192}, only: {zone: [z1]}, stay: {zone: z1}}]
rules:                                 # or a shorthand
  - spread: {level: zone, max_skew: 1, min_domains: 2}
  - anti-affinity: {level: host, max_per_domain: 1, hard: false, among: ["db-*"]}
  - survive: {level: rack, failures: 1, lose_at_most: 1}
ha: {mode: n-plus-m, needed: 2, buffer: 1, failures: 1, level: host}
only: {zone: [z1, z2]}
never: {host: [h7, "old-*"]}
needs: {networks: [prod], datastores: []}
size: {vcpus: 2}                       # default size of members
saturated: refuse
planned: 16                            # largest size to come
adopt: {host: 6f0c...}                 # a native group somebody else made
cloud: {kind: pool, inventory: hosts.yaml, ledger: state.db}
"""

MEANT = Spec(
    key=GroupKey("shop/prod", "db"),
    members=(
        Member("db-0", {"vcpus": 2}),
        Member("db-1", {"vcpus": 2}),
        Member("db-2", {"vcpus": 4, "memory_mb": 8192}, only={"zone": ["z1"]}, stay={"zone": "z1"}),
    ),
    rules=(
        Spread("zone", max_skew=1, min_domains=2),
        AntiAffinity("host", hard=False, among=("db-*",)),
        Survive("rack", failures=1, lose_at_most=1),
        Survive("host", failures=1, lose_at_most=1),
    ),
    ha=Ha("n-plus-m", "host", needed=2, buffer=1, failures=1),
    only={"zone": ["z1", "z2"]},
    never={"host": ["h7", "old-*"]},
    needs=Needs(["prod"]),
    saturated="refuse",
    planned=16,
    adopt={"host": "6f0c..."},
    clouds={"": {"kind": "pool", "inventory": "hosts.yaml", "ledger": "state.db"}},
)


def read_text(text: str, folder: Path, name: str = "spec.yaml") -> Spec:
    """The SPEC in a file with this text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_spec(file)


def plain(text: str) -> Any:
    """The text as data, read by YAML alone."""
    return yaml.safe_load(text)
