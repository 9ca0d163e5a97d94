"""``unmark`` at the keyboard, on a fake OpenStack that the environment leads to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiaffinity.clock import lent
from antiaffinity.testing import Place, Turns, World
from antiaffinity.testing.openstack import FakeOpenStack
from cli.shell import Lab, ask


@pytest.fixture
def nova(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenStack]:
    """A cloud with a machine of db-0 that somebody marked by hand."""
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place("h1"), Place("h2")], turns)) as nova:
        for name, value in nova.env.items():
            monkeypatch.setenv(name, value)
        lab.spec(cloud={"kind": "openstack"}, members=1)
        yield nova


def boot(nova: FakeOpenStack, **marks: str) -> str:
    mark = {f"antiaffinity-{name}": value for name, value in marks.items()}
    return str(nova.connection().compute.create_server(name="by-hand", metadata=mark, **nova.machine).id)


def test_a_machine_loses_our_keys_and_goes_on_running(nova: FakeOpenStack) -> None:
    id_ = boot(nova, owner="shop", group="db", member="db-0")
    turns = nova.world.clock
    turns.sleep(5)
    answer = ask("unmark", "db.json", id_)
    assert (answer.code, answer.out) == (0, f"{id_} bears no mark of group db of shop any more\n")
    assert [one.tags for one in nova.world.running()] == [{}]
    assert "missing" in ask("verify", "db.json").out


def test_json_names_the_machine(nova: FakeOpenStack) -> None:
    id_ = boot(nova, owner="shop", group="db", member="db-0")
    nova.world.clock.sleep(5)
    assert ask("unmark", "db.json", id_, "--json").json["instance"] == id_


def test_a_machine_of_another_group_is_left_as_it_is(nova: FakeOpenStack) -> None:
    id_ = boot(nova, owner="shop", group="web", member="web-0")
    nova.world.clock.sleep(5)
    answer = ask("unmark", "db.json", id_)
    assert answer.code == 2
    assert "bears the mark of web-0 of shop/web, and none of shop/db: it stays" in answer.err
    assert len(nova.world.running()[0].tags) == 3


def test_a_pool_has_no_marks(lab: Lab) -> None:
    answer = ask("unmark", "db.json", "vm-1")
    assert answer.code == 1
    assert "release the member" in answer.err
