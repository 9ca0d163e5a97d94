"""Whom a zone's list of instances lacks its anti-affinity group still names: nobody is launched beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from antiaffinity.errors import StillOccupied, Unavailable
from fakes.exoscale_stage import Stage, hypervisors, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    """Three members that run."""
    with stage(hypervisors(ch_gva_2=3, de_fra_1=3)) as one:
        one.roll_out()
        yield one


def counted(there: Stage) -> Counter[str]:
    return Counter(machine.member for machine in there.world.running())


ONCE = Counter(["db-0", "db-1", "db-2"])


@pytest.mark.parametrize("hidden", [1, 3])
def test_a_later_run_launches_nobody_whom_the_group_names(there: Stage, hidden: int) -> None:
    there.exo.state.hidden = {one.id for one in there.world.running()[:hidden]}
    with pytest.raises(Unavailable, match=r"the list of instances lacks .*repeat"):
        there.roll_out()
    assert counted(there) == ONCE
    there.exo.state.hidden.clear()
    assert (there.roll_out().launched, counted(there)) == ((), ONCE)


def test_a_group_is_not_released_under_members_that_the_list_lacks(there: Stage) -> None:
    there.exo.state.hidden = {*there.world.machines}
    with pytest.raises(StillOccupied):
        there.group().release()


def test_a_machine_that_is_gone_from_group_and_list_is_made_anew(there: Stage) -> None:
    there.world.remove(there.world.running()[0].id)
    assert len(there.roll_out().launched) == 1
