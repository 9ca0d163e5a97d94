"""What is printed: one table of ratios, with the goal of each and whether it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class AtMost(Struct, frozen=True):
    """A goal for what should be small."""

    bound: float

    def __str__(self) -> str:
        return f"<= {_figure(self.bound)}"

    def kept(self, ratio: float) -> bool:
        return ratio <= self.bound


class AtLeast(Struct, frozen=True):
    """A goal for what should be large."""

    bound: float

    def __str__(self) -> str:
        return f">= {_figure(self.bound)}"

    def kept(self, ratio: float) -> bool:
        return ratio >= self.bound


class Row(Struct, frozen=True):
    """One figure: ``what`` divided by ``against``, both measured in this run, and its goal if it has one."""

    what: str
    against: str
    ratio: float
    goal: AtMost | AtLeast | None = None


def show(rows: Sequence[Row]) -> None:
    """Print the table; a ratio without a goal says so."""
    lines = [("what", "against", "ratio", "goal", "kept?"), *map(_cells, rows)]
    what, against, ratio, goal, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    for cells in lines:
        print(f"{cells[0]:{what}}  {cells[1]:{against}}  {cells[2]:>{ratio}}  {cells[3]:>{goal}}  {cells[4]}")
    aims = [row.goal.kept(row.ratio) for row in rows if row.goal]
    print(f"\n{sum(aims)} of {len(aims)} goals kept")


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    if row.goal is None:
        return row.what, row.against, _figure(row.ratio), "-", "-"
    kept = "yes" if row.goal.kept(row.ratio) else "NO"
    return row.what, row.against, _figure(row.ratio), str(row.goal), kept


def _figure(ratio: float) -> str:
    """Three digits are all that a noisy machine can tell."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"
