"""What a real Nova leaves out of its answers: the servers of a cell that is down, pages of server groups."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.errors import Unavailable
from real.nova import Nova


class Site:
    """A group of three members that runs."""

    def __init__(self, nova: Nova) -> None:
        self.nova = nova
        self.conn = nova.connect("demo")
        self.cloud = aa.connect("openstack", client=self.conn, owner="shop")
        self.group = self.cloud.group("db", members=3, rules="anti-affinity")

    def boot(self, placement: aa.Placement) -> str:
        return str(self.conn.compute.create_server(**placement.arguments(**self.nova.machine)).id)

    def kill(self, machine: aa.Machine) -> None:
        self.conn.compute.delete_server(machine.id or "")

    def roll_out(self) -> aa.Report:
        return self.group.roll_out(self.boot, self.kill)

    def servers(self) -> list[str]:
        return sorted(server.id for server in self.conn.compute.servers(details=False))


@pytest.fixture
def site(nova: Nova) -> Site:
    return Site(nova)


@contextmanager
def down(cell: Path) -> Iterator[None]:
    """Its database answers with errors for as long."""
    _rename(cell, "instances", "instances_away")
    try:
        yield
    finally:
        _rename(cell, "instances_away", "instances")


def _rename(cell: Path, old: str, new: str) -> None:
    with closing(sqlite3.connect(cell, timeout=30)) as database:
        database.execute("PRAGMA legacy_alter_table = ON")  # what refers to it goes on to
        database.execute(f"ALTER TABLE {old} RENAME TO {new}")
        database.commit()


def test_a_cell_that_is_down_makes_every_verb_unavailable_and_launches_nobody(site: Site) -> None:
    site.roll_out()
    before = site.servers()
    with down(site.nova.cell):
        assert [one.status for one in site.conn.compute.servers()] == ["UNKNOWN"] * 3, "Nova shows no stubs"
        verbs = (site.group.plan, site.group.verify, site.roll_out, site.group.release, site.cloud.groups)
        for verb in verbs:
            with pytest.raises(Unavailable, match="repeat once the cloud is whole"):
                verb()
        with pytest.raises(Unavailable, match="cell"):
            site.group.bind("db-0", before[0])
    assert site.servers() == before
    assert site.roll_out().launched == ()


def test_where_no_rule_needs_a_server_group_stubs_alone_stop_a_run(site: Site) -> None:
    site.group = site.cloud.group("db", members=2, rules=[{"anti-affinity": {"level": "zone"}}])
    site.nova.make_zones({"az1": site.nova.hosts[:2], "az2": site.nova.hosts[2:]})
    site.roll_out()
    before = site.servers()
    with down(site.nova.cell), pytest.raises(Unavailable, match="2 of this project's servers"):
        site.roll_out()
    assert site.servers() == before


def test_our_server_group_is_found_among_seven_where_a_page_takes_three(site: Site) -> None:
    for number in range(6):
        site.conn.compute.create_server_group(name=f"theirs-{number}", policy="anti-affinity")
    site.nova.change_settings({"api.max_limit": 3})
    assert [len(site.roll_out().launched) for _ in range(3)] == [3, 0, 0]
    site.nova.change_settings({"api.max_limit": 1000})
    assert len(list(site.conn.compute.server_groups())) == 7
