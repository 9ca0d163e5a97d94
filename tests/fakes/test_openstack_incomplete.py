"""What Nova's lists leave out is not gone: every verb asks on, or says that it cannot know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from msgspec import Struct

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.errors import StillOccupied, Unavailable
from antiaffinity.group import Group
from antiaffinity.testing import Place, Turns, Wire, World
from antiaffinity.testing.openstack import FakeOpenStack

ZONES = [{"anti-affinity": {"level": "zone"}}]
"""A rule that needs no server group."""


class Site:
    """A group of three members that runs, on a Nova with six hosts in three zones."""

    def __init__(self, nova: FakeOpenStack, turns: Turns, rules: object) -> None:
        self.nova, self.world = nova, nova.world
        self.wire = Wire(None, turns)
        self.compute = nova.connection(self.wire).compute
        self.cloud = aa.connect("openstack", client=nova.connection(self.wire), owner="shop")
        self.rules = rules
        self.group = self.of("db")

    def of(self, name: str) -> Group:
        return self.cloud.group(name, members=3, rules=self.rules)  # type: ignore[arg-type]

    def boot(self, placement: aa.Placement) -> str:
        return str(self.compute.create_server(**placement.arguments(**self.nova.machine)).id)

    def kill(self, machine: aa.Machine) -> None:
        self.compute.delete_server(machine.id or "")

    def roll_out(self) -> aa.Report:
        return self.group.roll_out(self.boot, self.kill)

    def lose(self, members: int = 1) -> None:
        """The cell of so many members is down."""
        ours = [one for one in self.world.running() if one.tags.get("antiaffinity-group") == "db"]
        hosts = {one.domain("host") for one in ours[:members]}
        self.nova.settings.down = frozenset(hosts)

    def hide(self, count: int = 1) -> None:
        self.nova.state.hidden = {one.id for one in self.world.running()[:count]}

    def counted(self) -> Counter[str]:
        return Counter(one.member for one in self.world.running() if one.member)

    def assert_nobody_was_doubled(self) -> None:
        assert self.counted() == Counter({"db-0": 1, "db-1": 1, "db-2": 1})


@pytest.fixture(params=["anti-affinity", ZONES], ids=["in a server group", "in zones"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    turns = Turns()
    places = [Place(f"h{number}", zone=f"z{number % 3}") for number in range(6)]
    with lent(turns), FakeOpenStack(World(places, turns)) as nova:
        site = Site(nova, turns, request.param)
        site.roll_out()
        yield site


VERBS: dict[str, Callable[[Site], object]] = {
    "plan": lambda site: site.group.plan(),
    "verify": lambda site: site.group.verify(),
    "roll_out": Site.roll_out,
    "repair": lambda site: site.group.roll_out(site.boot, site.kill, repair=True),
    "bind": lambda site: site.group.bind("db-0", "x"),
    "release": lambda site: site.group.release(),
    "release of one": lambda site: site.group.release(["db-0"]),
    "groups": lambda site: site.cloud.groups("shop"),
    "groups of all": lambda site: site.cloud.groups(),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("names", [False, True], ids=["groups answer 500", "groups name all"])
def test_with_a_cell_down_every_verb_is_unavailable_and_says_why(site: Site, verb: str, names: bool) -> None:
    site.nova.settings.groups_need_cells = not names
    site.lose()
    with pytest.raises(Unavailable, match=r"cell .*(is|are) down.*repeat once the cloud is whole") as refused:
        VERBS[verb](site)
    assert refused.value.exit_code == 3
    site.assert_nobody_was_doubled()


def test_a_cell_that_is_up_again_has_lost_nobody(site: Site) -> None:
    site.lose(3)
    with pytest.raises(Unavailable):
        site.roll_out()
    site.nova.settings.down = frozenset()
    assert site.roll_out().launched == ()
    site.assert_nobody_was_doubled()


def test_a_list_that_an_operator_would_rather_refuse_is_unavailable(site: Site) -> None:
    site.nova.settings.list_records_by_skipping_down_cells = False
    site.lose()
    with pytest.raises(Unavailable):
        site.roll_out()


def test_a_stub_of_another_group_of_ours_stops_nobody_else() -> None:
    """Its server group names it; without one it could be anybody's."""
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(6)], turns)) as nova:
        site = Site(nova, turns, "anti-affinity")
        site.of("web").roll_out(site.boot, site.kill)
        nova.settings.down = frozenset(one.domain("host") for one in site.world.running())
        nova.settings.groups_need_cells = False
        assert len(site.roll_out().launched) == 3


@pytest.mark.parametrize("verb", ["plan", "roll_out", "release", "groups"])
@pytest.mark.parametrize("size", [1, 3])
def test_whom_a_page_after_the_first_leaves_out_the_server_group_names(verb: str, size: int) -> None:
    """Nova has no stubs on pages, and a full first page has no room for them."""
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(6)], turns)) as nova:
        site = Site(nova, turns, "anti-affinity")
        site.roll_out()
        nova.settings.max_limit, nova.settings.groups_need_cells = size, False
        for number in range(3):
            site.compute.create_server(name=f"x{number}", **nova.machine)
        turns.sleep(5)
        site.lose()
        with pytest.raises(Unavailable, match=r"cell .* down"):
            VERBS[verb](site)
        site.assert_nobody_was_doubled()


def test_whom_a_server_group_names_and_the_list_lacks_is_asked_for_by_id() -> None:
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(6)], turns)) as nova:
        site = Site(nova, turns, "anti-affinity")
        site.roll_out()
        site.hide(3)
        assert {seen.member for seen in site.group.machines()} == {"db-0", "db-1", "db-2"}
        assert (site.roll_out().launched, site.group.verify().missing) == ((), ())
        assert len(site.cloud.groups()[0][1].instances) == 3
        with pytest.raises(StillOccupied, match="db-0"):
            site.group.release()


@pytest.mark.parametrize("lost", [1, 3])
def test_a_list_whose_marker_was_deleted_is_begun_anew(site: Site, lost: int) -> None:
    site.nova.settings.max_limit, site.nova.settings.markers_lost = 2, lost
    assert len(site.group.machines()) == 3
    assert site.roll_out().launched == ()


def test_a_list_that_never_comes_to_its_end_is_unavailable(site: Site) -> None:
    site.nova.settings.max_limit, site.nova.settings.markers_lost = 2, 1000
    with pytest.raises(Unavailable, match="changed 5 times while its pages were read"):
        site.group.machines()


class Groups(Struct, frozen=True):
    """So many server groups of others, and what a page takes."""

    others: int
    page: int


@pytest.mark.parametrize(
    "there", [Groups(7, 3), Groups(6, 3), Groups(7, 1), Groups(1, 2), Groups(2, 1000)], ids=str
)
def test_our_server_group_is_found_on_every_page_and_none_is_leaked(there: Groups) -> None:
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(6)], turns)) as nova:
        site = Site(nova, turns, "anti-affinity")
        for number in range(there.others):
            site.compute.create_server_group(name=f"theirs-{number}", policy="anti-affinity")
        nova.settings.max_limit = there.page
        reports = [site.roll_out() for _ in range(3)]
        assert [len(report.launched) for report in reports] == [3, 0, 0]
        assert len(nova.state.groups) == there.others + 1
        assert {report.verdict for report in reports} == {"held"}


def test_server_groups_that_go_while_pages_are_read_hide_none() -> None:
    turns = Turns()
    with lent(turns), FakeOpenStack(World([Place(f"h{n}") for n in range(6)], turns)) as nova:
        site = Site(nova, turns, "anti-affinity")
        for number in range(4):
            site.compute.create_server_group(name=f"theirs-{number}", policy="anti-affinity")
        site.roll_out()
        nova.settings.max_limit = 2
        _delete_the_first_after_a_page(site)
        assert [one.memberships for one in site.group.machines()] != [{}, {}, {}]
        assert all(one.memberships for one in site.group.machines())


def _delete_the_first_after_a_page(site: Site) -> None:
    first = next(iter(site.nova.state.groups))
    session = site.cloud.clouds[""]._connection.session.session  # type: ignore[attr-defined]

    def delete(answer: object, **_: object) -> None:
        if "os-server-groups" in answer.request.path_url:  # type: ignore[attr-defined]
            site.nova.state.groups.pop(first, None)

    session.hooks["response"].append(delete)
