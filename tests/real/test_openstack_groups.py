"""Server groups on a real Nova: made once, adopted, never deleted under their members."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Timer

import pytest
from openstack.connection import Connection

from antiaffinity.errors import InvalidRequest, LimitExceeded, StillOccupied, Unavailable
from antiaffinity.model import GroupKey, Level, Native
from antiaffinity_openstack import natives
from antiaffinity_openstack.backend import OpenStackBackend, connect
from antiaffinity_openstack.natives import native_name
from real.nova import Nova
from real.openstack_hands import APART, KEY, called, delete, placed, plan, put, unmarked

NAME = native_name(KEY, "", 1)
SOFT = Native("host", "anti-affinity", False, 1)
TOGETHER = Native("host", "affinity", True, 1)
IN_AZ1, IN_AZ2 = (Native("host", "anti-affinity", True, 1, within=zone) for zone in ("az_1", "az_2"))


@pytest.fixture
def conn(nova: Nova) -> Connection:
    return nova.connect("demo")


@pytest.fixture
def backend(conn: Connection) -> OpenStackBackend:
    return connect(conn, {})


def groups(conn: Connection) -> dict[str, str]:
    """The names of all server groups of the project, by id."""
    return {group.id: group.name for group in conn.compute.server_groups()}


@pytest.mark.parametrize(
    ("native", "policy", "rules"),
    [
        (APART, "anti-affinity", {}),
        (Native("host", "anti-affinity", True, 2), "anti-affinity", {"max_server_per_host": 2}),
        (SOFT, "soft-anti-affinity", {}),
        (TOGETHER, "affinity", {}),
        (Native("host", "affinity", False, 1), "soft-affinity", {}),
    ],
)
def test_a_group_has_the_policy_of_the_rule(
    conn: Connection, backend: OpenStackBackend, native: Native, policy: str, rules: dict[str, int]
) -> None:
    ids = backend.prepare(KEY, plan(native), {})
    group = conn.compute.get_server_group(ids[native])
    assert (group.name, group.policy, group.rules) == (NAME, policy, rules)


def test_preparing_again_changes_nothing(nova: Nova, conn: Connection, backend: OpenStackBackend) -> None:
    first = backend.prepare(KEY, plan(APART), {})
    assert backend.prepare(KEY, plan(APART), {}) == first
    put(nova, conn, backend, placed("db-0", first))
    assert backend.prepare(KEY, plan(APART), {}) == first
    assert groups(conn) == {first[APART]: NAME}


def test_nothing_delegated_makes_nothing(conn: Connection, backend: OpenStackBackend) -> None:
    assert backend.prepare(KEY, plan(), {}) == {}
    assert groups(conn) == {}


def test_of_several_groups_of_one_name_the_one_with_members_wins_and_the_empty_ones_go(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    made = [conn.compute.create_server_group(name=NAME, policy="anti-affinity").id for _ in range(3)]
    last = max(made)
    put(nova, conn, backend, placed("db-0", {APART: last}))
    assert backend.prepare(KEY, plan(APART), {}) == {APART: last}
    assert groups(conn) == {last: NAME}


def test_of_several_groups_with_members_none_is_deleted(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    made = [conn.compute.create_server_group(name=NAME, policy="anti-affinity").id for _ in range(2)]
    for member, id_ in zip(("db-0", "db-1"), made, strict=True):
        put(nova, conn, backend, placed(member, {APART: id_}))
    assert backend.prepare(KEY, plan(APART), {}) == {APART: min(made)}
    assert set(groups(conn)) == set(made)


def test_of_several_empty_groups_of_one_name_the_lowest_id_wins(
    conn: Connection, backend: OpenStackBackend
) -> None:
    made = [conn.compute.create_server_group(name=NAME, policy="anti-affinity").id for _ in range(3)]
    assert backend.prepare(KEY, plan(APART), {}) == {APART: min(made)}
    assert groups(conn) == {min(made): NAME}


def test_a_changed_rule_is_refused_because_nova_cannot_change_a_group(
    conn: Connection, backend: OpenStackBackend
) -> None:
    first = backend.prepare(KEY, plan(APART), {})
    for other in (SOFT, TOGETHER, Native("host", "anti-affinity", True, 2)):
        with pytest.raises(InvalidRequest, match="Nova cannot change it") as error:
            backend.prepare(KEY, plan(other), {})
        assert error.value.path == "rules"
    assert groups(conn) == {first[APART]: NAME}


def test_a_full_quota_is_told_in_numbers_and_leaves_nothing_behind(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    nova.change_settings({"quota.server_groups": 1})
    with pytest.raises(LimitExceeded, match="has 1 of 1 server groups and needs 1 more"):
        backend.prepare(KEY, plan(IN_AZ1, IN_AZ2), {})
    assert groups(conn) == {}


def test_a_creation_that_took_too_long_is_given_up_so_that_nobody_relies_on_it(
    conn: Connection, backend: OpenStackBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(natives, "SETTLE", 0.001)
    with pytest.raises(Unavailable):
        backend.prepare(KEY, plan(APART), {})
    assert groups(conn) == {}


def test_a_creator_waits_for_one_that_had_also_seen_no_group(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    other = nova.connect("demo")
    made: list[str] = []
    late = Timer(
        1.0, lambda: made.append(other.compute.create_server_group(name=NAME, policy="anti-affinity").id)
    )
    late.start()
    ids = backend.prepare(KEY, plan(APART), {})
    late.join()
    assert groups(conn) == {ids[APART]: NAME}
    assert ids[APART] <= made[0]


DEPLOYER = """
import sys, openstack
from antiaffinity_openstack import natives
from antiaffinity_openstack.backend import connect
from real.openstack_hands import APART, GroupKey, plan
conn = openstack.connect()
list(conn.compute.server_groups())
print("ready", flush=True)
for name in sys.stdin:
    print(connect(conn, {}).prepare(GroupKey("shop", name.strip()), plan(APART), {})[APART], flush=True)
"""


@contextmanager
def deployer(nova: Nova) -> Iterator[subprocess.Popen[str]]:
    """Another process, logged in, that prepares each group named on its stdin."""
    env = {**os.environ, **nova.env("demo"), "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", DEPLOYER], stdin=pipe, stdout=pipe, text=True, env=env
    ) as it:
        assert it.stdout
        assert it.stdout.readline() == "ready\n"
        yield it
        assert it.stdin
        it.stdin.close()


def test_two_deployers_that_prepare_the_same_group_at_once_end_with_one(nova: Nova, conn: Connection) -> None:
    with ExitStack() as stack:
        both = [stack.enter_context(deployer(nova)) for _ in range(2)]
        for name in ("one", "two", "three", "four", "five"):
            for each in both:
                assert each.stdin
                each.stdin.write(f"{name}\n")
                each.stdin.flush()
            answers = {each.stdout.readline().strip() for each in both if each.stdout}
            assert answers == {
                id_
                for id_, known in groups(conn).items()
                if known == native_name(GroupKey("shop", name), "", 1)
            }
            assert len(answers) == 1


def adopted(conn: Connection, policy: str = "anti-affinity", name: str = "by-hand") -> dict[Level, str]:
    return {"host": conn.compute.create_server_group(name=name, policy=policy).id}


def test_an_adopted_group_is_used_as_it_is(conn: Connection, backend: OpenStackBackend) -> None:
    adopt = adopted(conn)
    assert backend.prepare(KEY, plan(APART), adopt) == {APART: adopt["host"]}
    assert groups(conn) == {adopt["host"]: "by-hand"}


def test_a_group_that_cannot_serve_is_not_adopted(conn: Connection, backend: OpenStackBackend) -> None:
    foreign = adopted(conn, "soft-anti-affinity")
    gone: dict[Level, str] = {"host": "6c6a4bdf-4cfd-4d4b-8d6a-2b9bd8b1e2f3"}
    named: dict[Level, str] = {"host": "by-hand"}
    for adopt in (foreign, gone, named):
        with pytest.raises(InvalidRequest) as error:
            backend.prepare(KEY, plan(APART), adopt)
        assert error.value.path == "adopt.host"
    with pytest.raises(LimitExceeded):
        backend.prepare(KEY, plan(IN_AZ1, IN_AZ2), adopted(conn))


def test_strangers_in_an_adopted_group_are_occupants_until_they_are_bound(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    adopt = adopted(conn)
    by_hand = unmarked(nova, conn, adopt["host"])
    (stranger,) = backend.observe(KEY, adopt)
    assert (stranger.member, stranger.instance) == ("", by_hand)
    assert stranger.memberships == {"host": (adopt["host"],)}
    backend.bind(placed("db-0", {APART: adopt["host"]}), by_hand)
    (member,) = backend.observe(KEY, adopt)
    assert (member.member, member.instance) == ("db-0", by_hand)
    with pytest.raises(InvalidRequest, match="bears the mark of db-0"):
        backend.bind(placed("db-1", {APART: adopt["host"]}), by_hand)


@pytest.mark.parametrize("name", ["by-hand", NAME])
def test_an_adopted_group_survives_the_release(
    conn: Connection, backend: OpenStackBackend, name: str
) -> None:
    adopt = adopted(conn, name=name)
    backend.release(KEY, None, adopt)
    assert groups(conn) == {adopt["host"]: name}


def test_a_group_is_released_when_its_last_machine_is_gone(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    ids = backend.prepare(KEY, plan(APART), {})
    seen = [put(nova, conn, backend, called(placed("", ids), name)) for name in ("db-0", "db-1")]
    for members in (None, ["db-0"], ["db-0", "db-1"]):
        with pytest.raises(StillOccupied, match=seen[0].instance):
            backend.release(KEY, members, {})
    delete(conn, seen[0].instance)
    backend.release(KEY, ["db-0"], {})
    with pytest.raises(StillOccupied, match=seen[1].instance):
        backend.release(KEY, None, {})
    assert groups(conn) == {ids[APART]: NAME}
    delete(conn, seen[1].instance)
    backend.release(KEY, None, {})
    backend.release(KEY, None, {})
    assert groups(conn) == {}


def test_a_server_without_our_mark_keeps_our_group_too(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    ids = backend.prepare(KEY, plan(APART), {})
    by_hand = unmarked(nova, conn, ids[APART])
    with pytest.raises(StillOccupied, match=by_hand):
        backend.release(KEY, None, {})
    assert conn.compute.get_server(by_hand).server_groups == [ids[APART]]


def test_only_our_own_groups_are_released_those_within_zones_too(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    nova.make_zones({"az_1": nova.hosts[:3], "az_2": nova.hosts[3:]})
    backend.prepare(KEY, plan(IN_AZ1, IN_AZ2), {})
    others = {
        backend.prepare(GroupKey(owner, name), plan(APART), {})[APART]
        for owner, name in (("shop/prod", "db-1"), ("shop/prod", "d"), ("shop-prod", "db"))
    }
    others.add(conn.compute.create_server_group(name=f"{NAME[:-8]}00000000", policy="affinity").id)
    backend.release(KEY, None, {})
    assert set(groups(conn)) == others


def test_groups_are_listed_by_marks_and_by_names(
    nova: Nova, conn: Connection, backend: OpenStackBackend
) -> None:
    ids = backend.prepare(KEY, plan(APART), {})
    backend.prepare(GroupKey("bank", "web"), plan(APART), {})
    adopted(conn)
    seen = put(nova, conn, backend, placed("db-0", ids))
    found = {one.key: one for one in backend.groups(None)}
    assert set(found) == {KEY, GroupKey("bank", "web")}
    assert (found[KEY].natives, found[KEY].instances) == ((ids[APART],), (seen,))
    assert [one.key for one in backend.groups("shop/prod")] == [KEY]
