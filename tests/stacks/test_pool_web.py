"""stacks/pool-web on the real engine: the files stand for the machines, the ledger remembers them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import antiaffinity as aa
from real.pulumi_rig import Workspace
from stacks.copies import copied, on_own_hosts

pytestmark = pytest.mark.usefixtures("pulumi_engine")
ZONES = {"h1": "z1", "h2": "z1", "h3": "z2", "h4": "z2", "h5": "z3"}


@pytest.fixture
def space() -> Iterator[Workspace]:
    with copied("pool-web") as space:
        yield space


def in_ledger(space: Workspace) -> dict[str, str]:
    cloud = aa.connect("pool", inventory=str(space.folder / "hosts.yaml"), owner="pool-web/test")
    return {seen.member: seen.domains["host"] for seen in cloud.group("web", members=1).machines()}


def test_the_preview_tells_where_everybody_goes_and_nothing_is_made(space: Workspace) -> None:
    previewed = space.preview().ok()
    told = dict(line.split()[:4:3] for line in previewed.text.splitlines() if " to launch " in line)
    assert on_own_hosts(space) == {}
    space.up().ok()
    assert on_own_hosts(space) == told


def test_three_servers_are_in_three_zones_and_stay_when_two_more_come(space: Workspace) -> None:
    space.up().ok()
    first = on_own_hosts(space)
    assert {ZONES[host] for host in first.values()} == {"z1", "z2", "z3"}
    assert space.up().ok().changes == {}
    assert space.refresh().ok().changes == {}
    assert space.up().ok().changes == {}
    space.config_set("servers", "5")
    space.up().ok()
    assert on_own_hosts(space).items() > first.items()
    assert {*on_own_hosts(space).values()} == {*ZONES}
    assert in_ledger(space) == on_own_hosts(space)
    space.destroy().ok()
    assert on_own_hosts(space) == in_ledger(space) == {}


def test_another_image_makes_each_server_anew_where_it_was(space: Workspace) -> None:
    space.up().ok()
    before = on_own_hosts(space)
    space.config_set("image", "debian-13")
    steps = space.up("--parallel=1").ok().steps
    replaced = [(op, name) for op, name in steps if op in ("delete-replaced", "create-replacement")]
    assert [op for op, _ in replaced] == ["delete-replaced", "create-replacement"] * 3, "one by one"
    assert on_own_hosts(space) == before
    runs = {path.read_text().strip() for path in space.folder.glob("machines/*/*")}
    assert runs == {"debian-13"}


def test_a_sixth_server_is_refused_before_anything_is_made(space: Workspace) -> None:
    space.config_set("servers", "6")
    assert "5 hosts" in space.preview().failed().text
    assert on_own_hosts(space) == {}
