"""The conformance suite: what every cloud must do, measured in the World and not in its API.

A cloud is wired by a ``Harness`` of some 20 lines; a test module is then::

    @pytest.mark.parametrize("check", conformance.CHECKS)
    def test_it(check, tmp_path):
        check(lambda clock: MyHarness(clock))

Each check makes as many empty clouds as it needs, and raises AssertionError in words. Which promises there
are it reads from the cloud's own record: what is declared is exercised, what is not must be refused.
``PEACEFUL`` are the checks for a real cloud, which takes no faults and has a time of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType

MODULES = (
    "answers",
    "drift",
    "evidence",
    "faults",
    "large",
    "launch_ids",
    "launches",
    "limits",
    "members",
    "membership",
    "races",
    "repairs",
    "service",
    "stage",
    "states",
    "strangers",
    "waits",
)

with suppress(ModuleNotFoundError):
    import pytest

    # Before they are imported, so that a failure shows both sides.
    pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in MODULES))

from antiaffinity.testing.conformance import (  # noqa: E402
    answers,
    drift,
    evidence,
    faults,
    large,
    launch_ids,
    launches,
    limits,
    members,
    membership,
    races,
    repairs,
    service,
    states,
    strangers,
    waits,
)
from antiaffinity.testing.conformance.harness import (  # noqa: E402
    Deployer,
    Fresh,
    Harness,
    OnWorld,
    places,
    spare,
)

__all__ = ["CHECKS", "PEACEFUL", "Check", "Deployer", "Fresh", "Harness", "OnWorld", "places", "spare"]

Check = Callable[[Fresh], None]


def _of(*modules: ModuleType) -> tuple[Check, ...]:
    """The checks of a module: its functions of a fresh cloud, in their order."""
    return tuple(
        found
        for module in modules
        for name, found in vars(module).items()
        if not name.startswith("_") and getattr(found, "__annotations__", {}) == CHECKED
    )


CHECKED = {"fresh": "Fresh", "return": "None"}

PEACEFUL: tuple[Check, ...] = _of(members, limits, launches, strangers, evidence, states)
CHECKS: tuple[Check, ...] = (
    *PEACEFUL,
    *_of(launch_ids, answers, drift, membership, faults, races, repairs, service, large, waits),
)
