"""A pool as a backend: what a plan sees, what is claimed, bound, told and released."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from antiaffinity.backend import Backend, Need
from antiaffinity.errors import Conflict, InvalidRequest, NoCapacity, NotOffered, StillOccupied
from antiaffinity.guarantee import promises
from antiaffinity.model import LEVELS, GroupKey, Member, Placement, Size
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import AntiAffinity
from antiaffinity_pool import cloud
from antiaffinity_pool.backend import PoolBackend, Settings, connect

KEY = GroupKey("shop", "db")
SIZE: Size = {"vcpus": 2}


class Clock:
    """A clock that a test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A folder with an inventory, and the runs that share it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.hosts(*("h1 r1 z1", "h2 r1 z1", "h3 r2 z2"))

    def hosts(self, *lines: str, vcpus: float = 4, **more: Any) -> None:
        """Write the inventory: "name rack zone" each."""
        names = [dict(zip(("name", "rack", "zone"), line.split(), strict=True)) for line in lines]
        rows = [{**name, "capacity": {"vcpus": vcpus}, **more} for name in names]
        (self.folder / "hosts.json").write_text(json.dumps({"hosts": rows}))

    def run(self, **settings: Any) -> PoolBackend:
        """A new run on the pool."""
        return PoolBackend(Settings("hosts.json", base=str(self.folder), **settings), self.clock)

    @property
    def ledger(self) -> Path:
        return self.folder / "hosts.ledger.db"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def planned(run: PoolBackend, *members: str, key: GroupKey = KEY) -> Plan:
    """Observe and plan, as a roll-out does: one member a host."""
    wanted = [Member(name, size=SIZE) for name in members]
    current = run.observe(key, {})
    return plan(wanted, current, run.topology(Need(key, sizes=(SIZE,))), [AntiAffinity("host")])


def deployed(run: PoolBackend, *members: str, key: GroupKey = KEY) -> None:
    """A whole roll-out without trouble."""
    found = planned(run, *members, key=key)
    run.prepare(key, found, {})
    for placement in found.new():
        run.bind(replace(placement, key=key), f"vm-{placement.member}")


def by_hand(member: str, host: str | None, **more: Any) -> Placement:
    return Placement(member, {"host": host} if host else {}, key=KEY, **more)


def states(run: PoolBackend, key: GroupKey = KEY) -> dict[str, tuple[str, str, str]]:
    return {o.member: (o.state, o.instance, o.domains["host"]) for o in run.observe(key, {})}


# ---- planning


def test_a_plan_on_a_new_pool_imports_no_database_and_makes_no_file(world: World) -> None:
    code = """if True:
        import sys
        from antiaffinity.backend import Need
        from antiaffinity.model import GroupKey
        from antiaffinity_pool.backend import connect
        run, key = connect(None, {"inventory": "hosts.json", "base": sys.argv[1]}), GroupKey("shop", "db")
        print(run.observe(key, {}), len(run.topology(Need(key))), run.groups(None))
        run.release(key, None, {})
        print([name for name in ("sqlalchemy", "sqlite3", "yaml") if name in sys.modules])
    """
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(world.folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["[] 3 []", "[]"], done.stderr
    assert [file.name for file in world.folder.iterdir()] == ["hosts.json"]


def test_the_topology_is_the_inventory_with_every_claim_counted(world: World) -> None:
    deployed(world.run(), "db-0", "db-1", "db-2")
    deployed(world.run(), "web-0", key=GroupKey("other", "web"))
    topology = world.run().topology(Need(KEY, sizes=(SIZE,)))
    assert topology.levels == ("zone", "rack", "host")
    assert sorted(topology.free("vcpus")) == [0, 2, 2]
    assert topology.limits.instances_left is None


def test_a_missing_sqlalchemy_is_named_with_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.run()
    found = planned(run, "db-0")
    for module in ("antiaffinity_pool.ledger", "antiaffinity_pool.held"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(InvalidRequest, match=r"pip install 'antiaffinity\[pool\]'"):
        run.prepare(KEY, found, {})


def test_findings_come_with_the_topology(world: World) -> None:
    need = Need(KEY, sizes=({"memory_mb": 1},))
    (finding,) = world.run().topology(need).findings
    assert (finding.kind, finding.message.split(":")[0]) == ("unlimited", "h1, h2, h3")


def test_a_pool_is_a_backend(world: World) -> None:
    run: Backend = connect(None, {"inventory": world.folder / "hosts.json"})
    assert run.cloud is cloud
    assert len(run.topology(Need(KEY))) == 3


# ---- a roll-out


def test_a_deployed_group_is_observed_where_it_was_placed(world: World) -> None:
    run = world.run()
    found = planned(run, "db-0", "db-1", "db-2")
    assert run.prepare(KEY, found, {}) == {}
    for placement in found.new():
        settled = run.settle(placement, f"vm-{placement.member}")
        bound = run.bind(replace(placement, key=KEY), settled.instance)
        assert (settled.domains, settled.state, settled.holds) == (bound.domains, "running", True)
    assert states(world.run()) == {
        p.member: ("running", f"vm-{p.member}", p.domains["host"]) for p in found.placements
    }
    seen = world.run().observe(KEY, {})
    assert {o.since for o in seen} == {"1970-01-12T13:46:40Z"}
    assert all(o.domains == p.domains for o, p in zip(seen, found.placements, strict=True))
    assert {host for _, _, host in states(world.run()).values()} == {"h1", "h2", "h3"}


def test_running_again_places_nobody_anew(world: World) -> None:
    deployed(world.run(), "db-0", "db-1")
    before = states(world.run())
    again = planned(world.run(), "db-0", "db-1")
    assert again.new() == []
    world.run().prepare(KEY, again, {})
    assert states(world.run()) == before


def test_a_prepared_plan_is_seen_by_other_runs_as_claimed(world: World) -> None:
    run = world.run()
    run.prepare(KEY, planned(run, "db-0"), {})
    world.clock.now += 12
    (mine,), (theirs,) = run.observe(KEY, {}), world.run().observe(KEY, {})
    assert (theirs.state, theirs.instance, theirs.holds) == ("claimed", "", True)
    assert theirs.note.startswith("claimed 12 s ago by run ")
    assert theirs.note.endswith(f"(process {os.getpid()}), not bound yet")
    assert mine.note == "claimed 12 s ago by this run, not bound yet"


def test_two_deployers_with_the_same_plan_one_is_told_to_plan_again(world: World) -> None:
    one, two = world.run(), world.run()
    plans = planned(one, "db-0", "db-1"), planned(two, "db-0", "db-1")
    one.prepare(KEY, plans[0], {})
    with pytest.raises(Conflict, match="db-0 is claimed on h"):
        two.prepare(KEY, plans[1], {})
    assert planned(two, "db-0", "db-1").new() == []


def test_two_deployers_of_different_members_cannot_break_a_rule_together(world: World) -> None:
    one, two = world.run(), world.run()
    plans = planned(one, "db-0"), planned(two, "db-1")
    one.prepare(KEY, plans[0], {})
    with pytest.raises(Conflict, match=r"db-0 is claimed .* which the plan did not know"):
        two.prepare(KEY, plans[1], {})
    two.prepare(KEY, planned(two, "db-0", "db-1"), {})
    hosts = [host for _, _, host in states(two).values()]
    assert len(set(hosts)) == len(hosts) == 2


def test_a_plan_made_without_looking_is_a_plan_for_an_empty_group(world: World) -> None:
    found = planned(world.run(), "db-1")
    deployed(world.run(), "db-0")
    with pytest.raises(Conflict, match="db-0 is vm-db-0"):
        world.run().prepare(KEY, found, {})


def test_two_groups_never_get_one_place(world: World) -> None:
    world.hosts("h1 r1 z1", vcpus=3)
    one, two, web = world.run(), world.run(), GroupKey("shop", "web")
    plans = planned(one, "db-0"), planned(two, "web-0", key=web)
    one.prepare(KEY, plans[0], {})
    with pytest.raises(Conflict, match="h1 has 1 vcpus left, web-0 need 2"):
        two.prepare(web, plans[1], {})
    assert planned(two, "web-0", key=web).verdict == "short"


def test_what_the_file_says_is_used_is_not_given_away(world: World) -> None:
    run = world.run()
    found = planned(run, "db-0")
    world.hosts("h1 r1 z1", "h2 r1 z1", "h3 r2 z2", used={"vcpus": 3})
    with pytest.raises(Conflict, match="has 1 vcpus left"):
        run.prepare(KEY, found, {})


@pytest.mark.parametrize(("usable", "says"), [(None, "not in the inventory any more"), (False, "out of use")])
def test_a_host_that_went_away_after_the_plan_is_a_conflict(
    world: World, usable: bool | None, says: str
) -> None:
    run = world.run()
    found = planned(run, "db-0", "db-1", "db-2")
    if usable is None:
        world.hosts("h1 r1 z1", "h2 r1 z1")
    else:
        world.hosts("h1 r1 z1", "h2 r1 z1", "h3 r2 z2", usable=usable)
    with pytest.raises(Conflict, match=says) as caught:
        run.prepare(KEY, found, {})
    assert caught.value.domain
    assert not world.ledger.exists()


def test_after_a_refusal_the_rest_is_planned_anew_without_losing_what_is_claimed(world: World) -> None:
    run = world.run()
    first = planned(run, "db-0", "db-1")
    run.prepare(KEY, first, {})
    refused, kept = first.placements
    run.release(KEY, [refused.member], {})
    free = next(host for host in run.inventory.hosts() if host.host not in _where(first.placements).values())
    moved = replace(refused, domains=free.names())
    run.observe(KEY, {})
    run.prepare(KEY, Plan(placements=(moved, kept)), {})
    assert {m: host for m, (_, _, host) in states(run).items()} == _where([moved, kept])


def _where(placements: Sequence[Placement]) -> dict[str, str]:
    return {placement.member: placement.domains["host"] for placement in placements}


@pytest.mark.parametrize("error", [NoCapacity("no room", domain={"host": "h1"}), ValueError("boot failed")])
def test_what_a_launch_raises_is_passed_on_unchanged(world: World, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        world.run().settle(by_hand("db-0", "h1"), error)
    assert caught.value is error


def test_a_launch_that_returns_no_id_is_told_so(world: World) -> None:
    for call in (world.run().settle, world.run().bind):
        with pytest.raises(InvalidRequest, match="id"):
            call(by_hand("db-0", "h1"), "")


# ---- binding


def test_a_machine_made_by_hand_gets_a_place_completed_from_the_inventory(world: World) -> None:
    seen = world.run().bind(by_hand("db-0", "h3", size=SIZE), "vm-9")
    assert (seen.state, seen.domains) == ("running", {"zone": "z2", "rack": "r2", "host": "h3"})
    assert list(world.run().topology(Need(KEY)).free("vcpus")) == [4, 4, 2]


@pytest.mark.parametrize(
    ("domains", "path", "says"),
    [
        ({}, "host", "--at host="),
        ({"zone": "z1"}, "host", "--at host="),
        ({"host": "h33"}, "host", "lists no host 'h33'; did you mean 'h3'"),
        ({"host": "h1", "zone": "z2"}, "zone", "h1 lies in zone z1, not z2"),
    ],
)
def test_a_report_of_no_known_place_is_refused(
    world: World, domains: dict[Any, str], path: str, says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        world.run().bind(Placement("db-0", domains, key=KEY), "vm-9")
    assert caught.value.path == path
    assert not world.ledger.exists()


def test_a_place_taken_by_another_machine_is_a_conflict_that_names_it(world: World) -> None:
    deployed(world.run(), "db-0")
    with pytest.raises(Conflict, match=r"db-0 is vm-db-0 on h\d since .*, not vm-9"):
        world.run().bind(by_hand("db-0", None), "vm-9")


def test_a_machine_that_was_moved_counts_where_it_is_reported(world: World) -> None:
    world.run().bind(by_hand("db-0", "h1", size=SIZE), "vm-0")
    world.run().bind(by_hand("db-0", "h3"), "vm-0")
    assert states(world.run()) == {"db-0": ("running", "vm-0", "h3")}
    assert list(world.run().topology(Need(KEY)).free("vcpus")) == [4, 4, 2]


def test_a_claim_is_bound_although_its_host_left_the_inventory(world: World) -> None:
    run = world.run()
    found = planned(run, "db-0")
    run.prepare(KEY, found, {})
    world.hosts("h7 r1 z1")
    run.bind(replace(found.placements[0], key=KEY), "vm-0")
    assert states(run)["db-0"][:2] == ("running", "vm-0")
    assert [f.kind for f in run.topology(Need(KEY)).findings] == ["host-gone"]


def test_a_bare_placement_cannot_be_bound(world: World) -> None:
    with pytest.raises(InvalidRequest, match="bare plan"):
        world.run().bind(Placement("db-0", {"host": "h1"}), "vm-0")


# ---- claims in doubt


def test_a_claim_that_is_not_bound_in_time_is_in_doubt_and_keeps_its_place(world: World) -> None:
    run = world.run(claim_timeout=60)
    run.prepare(KEY, planned(run, "db-0"), {})
    world.clock.now += 59
    assert "in doubt" not in world.run(claim_timeout=60).observe(KEY, {})[0].note
    world.clock.now += 1
    (seen,) = world.run(claim_timeout=60).observe(KEY, {})
    assert seen.note.startswith("in doubt since 1970-01-12T13:47:40Z")
    assert (seen.state, seen.holds) == ("claimed", True)
    assert sorted(world.run().topology(Need(KEY)).free("vcpus")) == [2, 4, 4]
    assert "in doubt" not in world.run().observe(KEY, {})[0].note  # 600 s unless said otherwise


def test_claims_in_doubt_become_what_find_says_of_them(world: World) -> None:
    run, later = world.run(), world.run()
    run.prepare(KEY, planned(run, "db-0", "db-1", "db-2"), {})
    run.bind(by_hand("db-2", None), "vm-2")
    world.clock.now += 600
    asked: list[str] = []

    def find(member: str) -> str | None:
        asked.append(member)
        return {"db-0": "vm-0"}.get(member)

    later.resolve(KEY, find)
    assert asked == ["db-0", "db-1"]
    assert {m: instance for m, (_, instance, _) in states(later).items()} == {"db-0": "vm-0", "db-2": "vm-2"}


def test_a_young_claim_is_left_to_the_run_that_may_be_launching(world: World) -> None:
    run = world.run()
    run.prepare(KEY, planned(run, "db-0", "db-1"), {})
    world.run().resolve(KEY, {"db-0": "vm-0"}.get)
    assert {m: instance for m, (_, instance, _) in states(run).items()} == {"db-0": "vm-0", "db-1": ""}


def test_find_cannot_give_one_machine_to_two_members(world: World) -> None:
    run = world.run()
    run.prepare(KEY, planned(run, "db-0", "db-1"), {})
    with pytest.raises(Conflict, match="vm-0 is db-0 already"):
        world.run().resolve(KEY, lambda _: "vm-0")
    assert {m: instance for m, (_, instance, _) in states(run).items()} == {"db-0": "vm-0", "db-1": ""}


# ---- releasing


def test_a_released_member_gives_its_place_back(world: World) -> None:
    deployed(world.run(), "db-0", "db-1", "db-2")
    for _ in range(2):
        world.run().release(KEY, ["db-0", "db-2"], {})
    assert list(states(world.run())) == ["db-1"]
    assert sorted(world.run().topology(Need(KEY)).free("vcpus")) == [2, 4, 4]


def test_a_group_with_machines_is_still_occupied(world: World) -> None:
    deployed(world.run(), "db-0")
    with pytest.raises(StillOccupied, match=r"db-0 is vm-db-0 .* release each member by name"):
        world.run().release(KEY, None, {})
    world.run().release(KEY, ["db-0"], {})
    world.run().release(KEY, None, {})
    assert states(world.run()) == {}


def test_releasing_from_a_pool_that_was_never_used_makes_no_file(world: World) -> None:
    world.run().release(KEY, None, {})
    world.run().release(KEY, ["db-0"], {})
    assert not world.ledger.exists()


def test_a_run_gives_back_its_claims_but_no_machine_and_no_claim_of_another_run(world: World) -> None:
    run, rival = world.run(), world.run()
    run.give_back(KEY, ["db-0"])
    assert not world.ledger.exists()
    run.prepare(KEY, planned(run, "db-0", "db-1", "db-2"), {})
    run.bind(by_hand("db-2", None), "vm-2")
    rival.give_back(KEY, ["db-0"])
    run.give_back(KEY, ["db-1", "db-2"])
    assert {m: instance for m, (_, instance, _) in states(run).items()} == {"db-0": "", "db-2": "vm-2"}
    rival.release(KEY, ["db-0", "db-2"], {})
    assert states(run) == {}


def test_groups_are_listed_by_owner(world: World) -> None:
    assert world.run().groups(None) == []
    for key in (KEY, GroupKey("shop", "app"), GroupKey("other", "db")):
        deployed(world.run(), "m-0", key=key)
    assert [str(found.key) for found in world.run().groups(None)] == ["other/db", "shop/app", "shop/db"]
    (found,) = world.run().groups("other")
    assert [(o.member, o.instance) for o in found.instances] == [("m-0", "vm-m-0")]
    assert world.run().groups("nobody") == []


# ---- settings


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "inventory"),
        ({"inventory": ""}, "inventory"),
        ({"inventory": 7}, "inventory"),
        ({"inventory": "h.yaml", "ledger": ["l.db"]}, "ledger"),
        ({"inventory": "h.yaml", "claim_timeout": 0}, "claim_timeout"),
        ({"inventory": "h.yaml", "claim_timeout": "1h"}, "claim_timeout"),
        ({"inventory": "h.yaml", "ledgr": "l.db"}, "ledgr"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        connect(None, settings)
    assert caught.value.path == path


def test_a_client_and_a_url_are_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        connect(object(), {"inventory": "hosts.yaml"})
    assert caught.value.path == "client"
    with pytest.raises(NotOffered) as offered:
        connect(None, {"inventory": "hosts.yaml", "ledger": "postgresql://db/pool"})
    assert offered.value.path == "ledger"


def test_files_lie_beside_the_inventory_or_under_base() -> None:
    assert connect(None, {"inventory": "a/hosts.yaml"}).file == Path("a/hosts.ledger.db")
    run = connect(None, {"inventory": "hosts.yaml", "ledger": "state.db", "base": "/srv/spec"})
    assert (run.inventory.file, run.file) == (Path("/srv/spec/hosts.yaml"), Path("/srv/spec/state.db"))
    assert connect(None, {"inventory": Path("/etc/hosts.yaml"), "base": "spec"}).file == Path(
        "/etc/hosts.ledger.db"
    )


# ---- the record and the launch arguments


def test_every_rule_is_chosen_at_every_level_and_never_said_to_be_seen() -> None:
    for level in LEVELS[1:]:
        for rule in ("anti-affinity", "spread", "survive", "affinity"):
            for hard in (True, False):
                (promise,) = promises(cloud.guarantees, level, rule, hard)
                assert (promise.how, promise.evidence) == ("chosen", "MEMBERSHIP")
                assert promise.at_launch == ("REFUSES" if hard else "DEGRADES")
                assert promise.caveat
    assert len(cloud.guarantees) == 32


@pytest.mark.parametrize("dialect", ["sdk", "pulumi"])
def test_arguments_name_the_host_and_carry_the_mark(dialect: Any) -> None:
    own = {"cpus": 2, "labels": {"role": "db"}, "host": "h1"}
    merged = cloud.merges[dialect](by_hand("db-0", "h1"), own)
    marks = {"antiaffinity-owner": "shop", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
    assert merged == {"cpus": 2, "host": "h1", "labels": {"role": "db", **marks}}
    assert cloud.merges[dialect](by_hand("db-0", "h1"), merged) == merged
    assert own == {"cpus": 2, "labels": {"role": "db"}, "host": "h1"}
    assert set(cloud.keys[dialect]) == {"host", "labels"}


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"host": "h2"}, "host"),
        ({"host": 1}, "host"),
        ({"labels": ["db"]}, "labels"),
        ({"labels": {"antiaffinity-member": "db-1"}}, "labels.antiaffinity-member"),
    ],
)
def test_an_own_argument_that_contradicts_the_placement_is_named(own: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cloud.merges["sdk"](by_hand("db-0", "h1"), own)
    assert caught.value.path == path
