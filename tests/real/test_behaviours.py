"""A real Nova behaves as it was recorded: what the fake is held to has not changed under it.

``PYTHONPATH=tests python -m real.test_behaviours [NAME...]`` records all of it, or these, anew.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from openstack.connection import Connection

from fakes.behaviours import BEHAVIOURS
from fakes.recorded import FILE, RECORDED
from fakes.stage import Lines, Stage
from real.nova import Nova

HOSTS = 4
SETTINGS = {"DEFAULT.scheduler_instance_sync_interval": 3}
"""A host that a lost race left blocked is free again soon."""


class NovaSite:
    """A real Nova under a stage."""

    def __init__(self, nova: Nova) -> None:
        self.nova, self.machine = nova, nova.machine
        self._connections: dict[str, Connection] = {}

    def connect(self, user: str) -> Connection:
        if user not in self._connections:
            self._connections[user] = self.nova.connect(user)
        return self._connections[user]

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def change(self, settings: Mapping[str, Any]) -> None:
        self.nova.change_settings(settings)

    def empty(self) -> None:
        """Leave nothing of the behaviour before."""
        admin = self.connect("demo-admin")
        admin.compute.revert_quota_set(str(self.connect("demo").current_project_id))
        self.nova.delete_everything()


@pytest.fixture(scope="module")
def site(nova_python: object) -> Iterator[NovaSite]:
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova:
        yield NovaSite(nova)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_nova_does_what_was_recorded(name: str, site: NovaSite) -> None:
    site.empty()
    assert BEHAVIOURS[name](Stage(site)) == RECORDED[name]


def record(names: Iterable[str]) -> None:
    """Run these behaviours on a real Nova and write down what they tell."""
    told = dict(RECORDED)
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova:
        site = NovaSite(nova)
        for name in names:
            site.empty()
            started = time.monotonic()
            told[name] = BEHAVIOURS[name](Stage(site))
            print(f"{time.monotonic() - started:5.1f} s  {name}", flush=True)
            _write({known: told[known] for known in BEHAVIOURS if known in told})


def _write(told: dict[str, Lines]) -> None:
    FILE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    record(sys.argv[1:] or BEHAVIOURS)
