"""The fake OpenStack behaves as a real Nova did, line by line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.testing import Turns
from antiaffinity.testing.openstack import FakeOpenStack
from fakes.behaviours import BEHAVIOURS
from fakes.fake_site import FakeSite, four_hosts
from fakes.recorded import DIFFERENCES, RECORDED
from fakes.stage import Lines, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    with FakeOpenStack(four_hosts(Turns())) as cloud:
        yield Stage(FakeSite(cloud))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_fake_does_what_nova_did(name: str, stage: Stage) -> None:
    assert BEHAVIOURS[name](stage) == expected(name)


def expected(name: str) -> Lines:
    """What Nova told, but for the differences that there are on purpose."""
    ours = DIFFERENCES.get(name, {})
    return [ours.get(line, line) for line in RECORDED[name]]


def test_every_behaviour_was_recorded() -> None:
    assert list(RECORDED) == list(BEHAVIOURS)


def test_every_difference_is_one() -> None:
    for name, lines in DIFFERENCES.items():
        assert set(lines) <= set(RECORDED[name])
        assert all(theirs != ours for theirs, ours in lines.items())
