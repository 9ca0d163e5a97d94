"""openstacksdk's cloud layer (``conn.create_server``), as Ansible's modules use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack


@pytest.fixture
def nova() -> Iterator[FakeOpenStack]:
    clock = Turns()
    with lent(clock), FakeOpenStack(World([Place("h1"), Place("h2")], clock)) as cloud:
        yield cloud


def test_conn_create_server_takes_what_the_placement_gives_it(nova: FakeOpenStack) -> None:
    """openstacksdk's cloud layer, as Ansible uses it; its metadata is ``meta``."""
    connection, machine = nova.connection(), nova.machine
    nic = {"net-id": machine["networks"][0]["uuid"]}
    own = {"image": machine["image_id"], "flavor": machine["flavor_id"], "nics": [nic]}

    def boot(placement: aa.Placement) -> str:
        return str(connection.create_server(auto_ip=False, **placement.arguments(meta={"a": "b"}, **own)).id)

    group = aa.connect("openstack", client=connection).group("db", members=2, rules="anti-affinity")
    assert group.roll_out(boot).verdict == "held"
    assert [dict(one.metadata)["a"] for one in connection.compute.servers()] == ["b", "b"]
