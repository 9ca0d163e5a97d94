"""A run looks again only where what it saw may not hold any more."""

from __future__ import annotations

from typing import Any

import pytest

from antiaffinity import clock
from antiaffinity.clock import lent
from antiaffinity.company import Company
from antiaffinity.looks import Looks
from antiaffinity.model import Observed
from antiaffinity.spec import parse_spec
from antiaffinity.testing import Turns

SPEC = parse_spec({"group": "db", "members": 1, "cloud": {"kind": "pool"}})


class Sky:
    """A cloud of one machine that notes when it is looked at."""

    def __init__(self) -> None:
        self.looks: list[float] = []

    def observe(self, key: Any, adopt: Any) -> list[Observed]:
        self.looks.append(clock.now())
        return [Observed("db-0", "i-1", "running", holds=True)]


@pytest.fixture
def sky() -> Sky:
    return Sky()


def looks(sky: Any) -> Looks:
    return Looks(SPEC, {"": sky}, Company())


def test_nothing_is_asked_twice_while_nothing_happens(sky: Sky) -> None:
    with lent(Turns()):
        seen = looks(sky)
        assert [one.instance for one in seen.machines()] == ["i-1"]
        seen.machines()
        assert len(sky.looks) == 1
        seen.launched()
        seen.machines()
        assert len(sky.looks) == 2


def test_the_last_look_shows_whatever_may_be_told_as_old_as_the_last_machine(sky: Sky) -> None:
    """Of two that are equally old the later look decides, so no run may end before it can see both."""
    with lent(Turns()):
        seen = looks(sky)
        seen.launched()
        began = clock.now()
        seen.late()
        assert sky.looks[-1] >= began + 1


@pytest.mark.parametrize(("seconds", "asked"), [(0.1, 1), (2.0, 2)])
def test_preparing_that_takes_long_makes_a_look_old(seconds: float, asked: int, sky: Sky) -> None:
    with lent(Turns()):
        seen = looks(sky)
        seen.machines()
        clock.sleep(seconds)
        seen.prepared()
        seen.machines()
        assert len(sky.looks) == asked
