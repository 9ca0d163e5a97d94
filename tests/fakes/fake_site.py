"""The fake OpenStack under a stage, on four hosts, in a time that does not really go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openstack.connection import Connection

from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack

HOSTS = ("host1", "host2", "host3", "host4")


class FakeSite:
    """A fake cloud; ``time`` is its clock."""

    def __init__(self, cloud: FakeOpenStack) -> None:
        self.cloud, self.world, self.machine = cloud, cloud.world, cloud.machine

    def connect(self, user: str) -> Connection:
        project, _, admin = user.partition("-")
        return self.cloud.connection(project=project, admin=bool(admin))

    def sleep(self, seconds: float) -> None:
        """Polling often costs much here and shows nothing."""
        self.world.clock.sleep(max(seconds, 0.3))

    def change(self, settings: Mapping[str, Any]) -> None:
        for name, value in settings.items():
            setattr(self.cloud.settings, name.rpartition(".")[2], value)


def four_hosts(time: Turns, seed: int = 0) -> World:
    """A World of four equal hosts that nothing limits."""
    return World([Place(host) for host in HOSTS], time, seed)


def all_at_once(time: Turns, *works: Callable[[], Any]) -> list[Any]:
    """Let them work side by side; whatever one raises is raised."""
    outcomes = time.run(*works)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes
