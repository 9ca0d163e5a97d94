"""A list whose next page is refused is begun anew; where it never ends, nobody is launched for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from msgspec import Struct

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import World
from aws import deploying
from fakes.test_vcenter_backend import User
from fakes.vcenter_stage import hosts, stage


class Running(Struct):
    """A group of three that runs, on a cloud whose pages hold little."""

    settings: Any
    world: World
    group: aa.Group
    roll_out: Callable[[], aa.Report]


@contextmanager
def vcenter(fault: str) -> Iterator[Running]:
    with stage(hosts(5)) as there, lent(there.clock):
        user = User(there)
        user.roll_out(3)
        there.center.settings.page = 3
        there.center.settings.tokens_lost_as = fault  # type: ignore[assignment]
        yield Running(there.center.settings, there.world, user.group(3), lambda: user.roll_out(3))


@contextmanager
def aws(code: str) -> Iterator[Running]:
    with deploying.script() as deploy:
        group = deploy.group(3, aa.AntiAffinity("zone"))
        deploy.roll_out(group)
        deploy.aws.settings.page = 1
        deploy.aws.settings.tokens_lost_as = code  # type: ignore[assignment]
        yield Running(deploy.aws.settings, deploy.aws.world, group, lambda: deploy.roll_out(group))


Cloud = Callable[[str], AbstractContextManager[Running]]

CLOUDS = [
    (aws, "InvalidNextToken"),
    (aws, "InvalidPaginationToken"),
    (vcenter, "InvalidArgument"),
    (vcenter, "ManagedObjectNotFound"),
]


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize(("cloud", "fault"), CLOUDS)
def test_a_page_whose_token_is_dead_has_the_list_begun_anew(cloud: Cloud, fault: str, lost: int) -> None:
    with cloud(fault) as one:
        one.settings.tokens_lost = lost
        report = one.roll_out()
        assert (one.settings.tokens_lost, report.launched, report.missing) == (0, (), ())


@pytest.mark.parametrize(("cloud", "fault"), CLOUDS)
def test_a_list_that_never_comes_to_its_end_is_unavailable_and_launches_nobody(
    cloud: Cloud, fault: str
) -> None:
    with cloud(fault) as one:
        one.settings.tokens_lost = 10_000
        verbs: list[Callable[[], object]] = [
            one.roll_out,
            one.group.verify,
            one.group.plan,
            one.group.release,
        ]
        for verb in verbs:
            with pytest.raises(aa.Unavailable, match="broke off after a page"):
                verb()
        assert len(one.world.running(antiaffinity_group="db")) == 3


@pytest.mark.parametrize(("cloud", "fault"), CLOUDS)
def test_pages_that_hold_are_read_to_the_end(cloud: Cloud, fault: str) -> None:
    with cloud(fault) as one:
        assert len(one.group.machines()) == 3
