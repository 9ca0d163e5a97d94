"""Whole processes of the command line beside a bare interpreter."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import paired, process
from benchmarks.table import AtMost, Row

SPEC = """\
group: db
members: 3
rules: anti-affinity
cloud: {kind: pool, inventory: hosts.yaml}
"""


def starting(rounds: int) -> list[Row]:
    """The version, and a plan."""
    script = str(Path(sys.executable).parent / "antiaffinity")
    with tempfile.TemporaryDirectory() as folder:
        ratios = paired(
            rounds,
            process(sys.executable, "-c", "pass"),
            process(script, "--version"),
            process(script, "plan", str(_small_pool(Path(folder)))),
        )
    bare = "python -c pass"
    return [
        Row("antiaffinity --version", bare, ratios[0], AtMost(5)),
        Row("antiaffinity plan of a small pool, without a ledger", bare, ratios[1], AtMost(10)),
    ]


def _small_pool(folder: Path) -> Path:
    """Six hosts in three zones, and a SPEC for three members on them."""
    hosts = "".join(f"  - {{name: h{n}, zone: z{n % 3}}}\n" for n in range(6))
    (folder / "hosts.yaml").write_text(f"hosts:\n{hosts}")
    spec = folder / "spec.yaml"
    spec.write_text(SPEC)
    return spec
