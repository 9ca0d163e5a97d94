"""What a server of Nova's, as its API shows it, counts as."""

from __future__ import annotations

from typing import Any

import pytest
from openstack.compute.v2.server import Server

from antiaffinity.model import GroupKey, State
from antiaffinity_openstack.reading import FAULT_PATIENCE, is_decided, marked, observed

MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}


def shown(**more: Any) -> Server:
    """A server in the API's own names."""
    return Server(**{"id": "s1", "status": "ACTIVE", "created": "2026-11-21T11:05:34Z", **more})


STATES: list[tuple[str, str | None, State]] = [
    ("ACTIVE", None, "running"),
    ("BUILD", "scheduling", "starting"),
    ("VERIFY_RESIZE", None, "running"),
    ("MIGRATING", "migrating", "running"),
    ("SHUTOFF", None, "stopped"),
    ("SUSPENDED", None, "stopped"),
    ("PAUSED", None, "stopped"),
    ("SHELVED", None, "stopped"),
    ("SHELVED_OFFLOADED", None, "stopped"),
    ("ERROR", None, "failed"),
    ("ACTIVE", "deleting", "leaving"),
    ("ERROR", "deleting", "leaving"),
    ("SOFT_DELETED", None, "leaving"),
    ("DELETED", None, "leaving"),
]


@pytest.mark.parametrize(("status", "task", "state"), STATES)
def test_a_status_tells_the_state_and_every_server_holds_its_place(
    status: str, task: str | None, state: State
) -> None:
    seen = observed(shown(status=status, **{"OS-EXT-STS:task_state": task}), "db-0", None, {})
    assert (seen.state, seen.holds) == (state, True)


RAN: list[tuple[dict[str, object], State]] = [
    ({"hostId": "", "OS-EXT-STS:power_state": 0, "OS-SRV-USG:launched_at": None}, "failed"),
    ({"hostId": "", "OS-EXT-STS:power_state": 0}, "failed"),
    ({"hostId": "ab12", "OS-EXT-STS:power_state": 1, "OS-SRV-USG:launched_at": "2026-01-01"}, "lost"),
    ({"hostId": "ab12", "OS-EXT-STS:power_state": 0, "OS-SRV-USG:launched_at": "2026-01-01"}, "lost"),
    ({"hostId": "", "OS-EXT-STS:power_state": 4, "OS-SRV-USG:launched_at": "2026-01-01"}, "lost"),
    ({"hostId": "", "OS-EXT-STS:power_state": 1, "OS-SRV-USG:launched_at": None}, "lost"),
    ({"hostId": "ab12", "OS-EXT-STS:power_state": 0, "OS-SRV-USG:launched_at": None}, "lost"),
]
"""A build that fails; after a life: reset, a failed resize, an unshelve without a host; a guest that runs,
and nothing else told; a nova-compute that died in the build, whose guest may run."""


@pytest.mark.parametrize(("told", "state"), RAN)
def test_error_is_a_failed_launch_only_where_nova_shows_that_the_server_never_ran(
    told: dict[str, object], state: State
) -> None:
    seen = observed(shown(status="ERROR", **told), "db-0", None, {})
    assert (seen.state, seen.holds) == (state, True)
    assert ("it ran" in seen.note) == (state == "lost")


def test_why_a_server_is_in_error_is_told() -> None:
    fault = {"code": 500, "message": "Disk of\ninstance is too small"}
    seen = observed(shown(status="ERROR", hostId="ab12", fault=fault), "db-0", None, {})
    assert seen.note == "in ERROR, but it ran (Disk of instance is too small)"


@pytest.mark.parametrize(
    ("status", "word"),
    [("BUILD", "building"), ("ERROR", "until it is deleted"), ("SHELVED_OFFLOADED", "on no host")],
)
def test_what_a_state_does_not_say_is_noted(status: str, word: str) -> None:
    assert word in observed(shown(status=status), "db-0", None, {}).note


def test_a_server_on_no_host_states_none_and_its_zone_is_the_one_it_asked_for() -> None:
    server = shown(**{"hostId": "", "OS-EXT-AZ:availability_zone": "", "pinned_availability_zone": "az1"})
    seen = observed(server, "db-0", "g1", {"region": "eu"})
    assert seen.domains == {"region": "eu", "zone": "az1"}
    assert seen.memberships == {"host": ("g1",)}
    assert seen.since == "2026-11-21T11:05:34Z"


def test_only_the_whole_mark_counts() -> None:
    assert marked(shown(metadata=MARK)) == (GroupKey("shop/prod", "db"), "db-0")
    for missing in MARK:
        rest = {key: value for key, value in MARK.items() if key != missing}
        assert marked(shown(metadata=rest)) is None


@pytest.mark.parametrize(
    ("status", "decided"), [("BUILD", False), (None, False), ("ACTIVE", True), ("SHUTOFF", True)]
)
def test_a_place_is_decided_when_the_server_builds_no_more(status: str | None, decided: bool) -> None:
    assert is_decided(shown(status=status), waited=0) is decided


def test_a_failed_server_is_asked_again_until_its_fault_is_written() -> None:
    assert is_decided(shown(status="ERROR", fault={"message": "No valid host was found."}), waited=0)
    assert not is_decided(shown(status="ERROR"), waited=0)
    assert is_decided(shown(status="ERROR"), waited=FAULT_PATIENCE + 1)
