"""What users call: ``antiaffinity plan SPEC``, from the files to the printed answer."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from antiaffinity.cli import run
from benchmarks.measure import paired
from benchmarks.pools import inventory
from benchmarks.table import AtMost, Row

SPEC = """\
group: db
members: {members}
rules: {rules}
size: {{vcpus: 2, memory_mb: 4096}}
cloud: {{kind: pool, inventory: {inventory}}}
"""

EVEN = "[{spread: {level: host, max_skew: 1}}]"


def from_file_to_answer(hosts: int, members: int, rounds: int) -> list[Row]:
    """The whole command beside json.loads of its inventory; the interpreter has started before."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "hosts.json")
        file.write_text(inventory(hosts))
        command = _plan(file, members, "anti-affinity")
        ratios = paired(rounds, lambda: json.loads(file.read_text()), command)
    what = f"antiaffinity plan, {members:,} members on {hosts:,} hosts"
    return [Row(what, "json.loads", ratios[0], AtMost(1.5))]


def many_on_few(rounds: int) -> list[Row]:
    """Ten times the members on three hosts: what grows with their square shows here."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "hosts.json")
        file.write_text(json.dumps({"hosts": [{"name": f"h{n}"} for n in range(3)]}))
        ratios = paired(rounds, _plan(file, 10_000, EVEN), _plan(file, 100_000, EVEN))
    return [Row("antiaffinity plan, 100,000 members on 3 hosts", "10,000 members", ratios[0], AtMost(20))]


def _plan(inventory: Path, members: int, rules: str) -> Callable[[], None]:
    """The command, ready to run as often as is asked."""
    spec = inventory.with_name(f"db-{members}.yaml")
    spec.write_text(SPEC.format(members=members, rules=rules, inventory=inventory.name))

    def planned() -> None:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            code = run(["plan", str(spec)])
        if code:
            raise AssertionError(f"the plan ended with {code}")

    planned()  # the modules that it needs are imported now
    return planned
