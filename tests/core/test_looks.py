"""A run looks again only where what it saw may not hold any more."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity import clock
from antiaffinity.clock import lent
from antiaffinity.company import Company
from antiaffinity.errors import Unavailable
from antiaffinity.looks import Looks
from antiaffinity.model import Observed, State
from antiaffinity.registry import record
from antiaffinity.spec import parse_spec
from antiaffinity.testing import Turns
from antiaffinity_pool import cloud as pool

SPEC = parse_spec({"group": "db", "members": 1, "cloud": {"kind": "pool"}})


class Sky:
    """A cloud of one machine that notes when it is looked at, and tells of others by their ids alone."""

    cloud = pool

    def __init__(self) -> None:
        self.looks: list[float] = []
        self.by_id: dict[str, State | None] = {}

    def observe(self, key: Any, adopt: Any) -> list[Observed]:
        self.looks.append(clock.now())
        return [Observed("db-0", "i-1", "running", holds=True)]

    def instance(self, key: Any, seen: Observed) -> Observed | None:
        if seen.instance not in self.by_id:
            raise Unavailable("the cloud did not answer")
        state = self.by_id[seen.instance]
        return replace(seen, state=state) if state else None


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


def test_before_its_last_look_a_run_that_launched_waits_until_lists_show_what_is_as_old(sky: Sky) -> None:
    sky.cloud = replace(pool, lists_lag=3.0)
    with lent(Turns()):
        seen = looks(sky)
        seen.machines()
        clock.sleep(60)
        seen.launched()
        began = clock.now()
        seen.machines()
        seen.ripen()
        assert [look for look in sky.looks if look > began] == [began + 3]
        seen.ripen()
        assert len(sky.looks) == 3


STILL: list[tuple[State | None, list[str]]] = [
    ("running", ["i-1", "i-2"]),
    ("stopped", ["i-1", "i-2"]),
    ("lost", ["i-1", "i-2"]),
    ("leaving", ["i-1", "i-2"]),
    ("gone", ["i-1"]),
    (None, ["i-1"]),
]
"""What a read of a machine says that this run launched and a list lacks, and who is there then."""


@pytest.mark.parametrize(("told", "there"), STILL)
def test_whom_a_list_lacks_a_read_of_it_tells(told: State | None, there: list[str], sky: Sky) -> None:
    sky.by_id = {"i-2": told}
    with lent(Turns()):
        seen = looks(sky)
        seen.settled(Observed("db-0", "i-2", "running", holds=True))
        for look in (seen.quietly, seen.anew, seen.machines, seen.late):
            assert [one.instance for one in look()] == there


def test_where_not_even_a_read_of_it_answers_nothing_is_known(sky: Sky) -> None:
    with lent(Turns()):
        seen = looks(sky)
        seen.settled(Observed("db-0", "i-2", "running", holds=True))
        with pytest.raises(Unavailable):
            seen.machines()


def test_who_was_read_as_gone_is_not_asked_for_again(sky: Sky) -> None:
    sky.by_id = {"i-2": None}
    with lent(Turns()):
        seen = looks(sky)
        seen.settled(Observed("db-0", "i-2", "running", holds=True))
        seen.quietly()
        sky.by_id = {}
        assert [one.instance for one in seen.quietly()] == ["i-1"]


@pytest.mark.parametrize("cloud", ["pool", "openstack", "aws", "azure", "exoscale", "vcenter"])
def test_a_cloud_whose_names_are_not_unique_says_how_late_its_lists_may_be(cloud: str) -> None:
    """Elsewhere a ledger, a token or a name keeps two deployers from launching one member twice."""
    assert record(cloud).lists_lag == (3.0 if cloud in ("openstack", "exoscale") else 0.0)


@pytest.mark.parametrize(("seconds", "asked"), [(0.1, 1), (2.0, 2)])
def test_preparing_that_takes_long_makes_a_look_old(seconds: float, asked: int, sky: Sky) -> None:
    with lent(Turns()):
        seen = looks(sky)
        seen.machines()
        clock.sleep(seconds)
        seen.prepared()
        seen.machines()
        assert len(sky.looks) == asked
