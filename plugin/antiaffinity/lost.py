"""Machines that are in error, unreadable or unreachable, and may have run: told, and never discarded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from antiaffinity.errors import AntiaffinityError
from antiaffinity.model import Finding, Observed
from antiaffinity.planner.problem import holders
from antiaffinity.waiting import StillBuilding

UNKNOWN = "in error or out of sight, and it may have run"


def findings(machines: Iterable[Observed]) -> list[Finding]:
    """What to do about each, in words that say what its cloud shows."""
    return [
        Finding("lost", f"{_name(seen)}: {seen.note or UNKNOWN}: {ADVICE}", seen.member, severity="warning")
        for seen in machines
        if seen.state == "lost"
    ]


ADVICE = "repair it, or delete it yourself to have it made anew"


def unlaunched(
    machines: Collection[Observed], before: Collection[str], launched: Collection[str]
) -> tuple[Finding, ...]:
    """Who became a member while a run was at work that did not launch it.

    Another run may have, or a machine with a copied mark came up (a clone, a restored backup): no cloud tells
    the two apart. ``before`` are the machines that the run found as it began: those are an earlier run's.
    """
    there = holders(machines).values()
    new = [seen for seen in there if seen.instance and seen.instance not in {*before, *launched}]
    return tuple(
        Finding(
            "not-launched",
            f"{_name(seen)} appeared while this run was at work, and this run did not launch it: another run "
            f"did, or somebody copied the mark of {seen.member}",
            seen.member,
        )
        for seen in new
    )


def spared(error: AntiaffinityError, older: Collection[str]) -> bool:
    """Whether what a failed launch left is not this run's to discard.

    A wrong input is the user's to look at, slow is not failed, and a launch may give what was there before.
    """
    there_before = error.remains is not None and error.remains.id in older
    return bool(error.path) or isinstance(error, StillBuilding) or there_before


def _name(seen: Observed) -> str:
    return f"{seen.member} ({seen.instance})" if seen.member else seen.instance
