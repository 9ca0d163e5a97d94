"""What operators, other projects and quotas do to a group."""

from __future__ import annotations

from fakes.behaviours.words import GROUPS, HARD, SOFT, ids
from fakes.stage import Lines, Stage, answer, fault, refusal

# An operator's hand


def a_forced_host_is_checked_late(it: Stage) -> Lines:
    group = it.group(HARD)
    first = it.boot("m1", group)
    second = it.force("m2", it.host(first), group)
    return [fault(second), f"hostId {second.host_id!r}"]


def without_the_late_check_a_hard_group_breaks(it: Stage) -> Lines:
    it.site.change({"workarounds.disable_group_policy_check_upcall": True})
    group = it.group(HARD)
    first = it.boot("m1", group)
    servers = [first, it.force("m2", it.host(first), group)]
    return [it.states(servers), it.crowds(servers), it.members(group)]


def moves_keep_a_hard_policy(it: Stage) -> Lines:
    group = it.group(HARD)
    first, second = it.row(2, group)
    there = it.host(second)
    it.admin.compute.migrate_server(first, host=there)
    it.site.sleep(2)
    lines = [f"cold, to a member's host: moved {it.host(first) == there}, {it.settled(first).status}"]
    before = it.host(first)
    it.admin.compute.live_migrate_server(first, host=None, block_migration="auto")
    for _ in range(20):
        it.site.sleep(0.3)
        if it.host(it.settled(first)) != before:
            break
    moved = it.host(first)
    return [*lines, f"live: moved {moved != before}, apart {moved != there}, {it.settled(first).status}"]


# Deletes, and other projects


def a_group_is_deleted_under_its_members(it: Stage) -> Lines:
    group = it.group(HARD)
    server = it.boot("m", group)
    deleted = it.ask(f"{GROUPS}/{group.id}", "2.64", "DELETE")
    after = it.user.compute.get_server(server.id)
    return [f"{deleted.status_code}", f"{after.status} {after.server_groups}"]


def a_deleted_group_is_gone(it: Stage) -> Lines:
    group = it.group(HARD)
    compute = it.user.compute
    compute.delete_server_group(group)
    return [
        refusal(lambda: compute.get_server_group(group.id)),
        refusal(lambda: it.post("m", group)),
        refusal(lambda: compute.delete_server_group(group)),
        refusal(lambda: compute.delete_server_group(group, ignore_missing=False)),
        refusal(lambda: it.post("m", "00000000-0000-4000-8000-000000000000")),
    ]


def another_project_sees_nothing(it: Stage) -> Lines:
    group = it.group(HARD)
    server, theirs = it.boot("m", group), it.other.compute
    return [
        f"{[len(list(found)) for found in (theirs.server_groups(), theirs.servers())]}",
        refusal(lambda: theirs.get_server_group(group.id)),
        refusal(lambda: theirs.delete_server_group(group.id, ignore_missing=False)),
        refusal(lambda: it.post("m", group, conn=it.other)),
        refusal(lambda: theirs.get_server(server.id)),
        refusal(lambda: theirs.delete_server(server.id, ignore_missing=False)),
    ]


# Quotas


def groups_have_a_quota(it: Stage) -> Lines:
    it.quota(server_groups=2)
    it.group(HARD)
    it.group(HARD)
    limits = it.user.compute.get_limits().absolute
    return [
        f"{limits.server_groups_used} of {limits.server_groups}, {limits.server_group_members} members",
        refusal(lambda: it.group(HARD)),
    ]


def members_have_a_quota(it: Stage) -> Lines:
    it.quota(server_group_members=2)
    group = it.group(SOFT)
    it.post("m1", group)
    it.post("m2", group)
    lines = [refusal(lambda: it.post("m3", group)), f"servers: {len(ids(it))}"]
    other = it.group(SOFT)
    return [*lines, refusal(lambda: it.many(3, other)), f"servers: {len(ids(it))}"]


def servers_have_quotas(it: Stage) -> Lines:
    lines = []
    it.boot("m")
    for limits in ({"instances": 1}, {"cores": 1}, {"ram": 128}, {"instances": 2, "cores": 2}):
        it.quota(**{"instances": 10, "cores": 20, "ram": 51200, **limits})
        lines.append(refusal(lambda: it.post("m", min_count=2, max_count=2)))
    absolute = it.user.compute.get_limits().absolute
    return [*lines, f"{absolute.instances_used} of {absolute.instances}, cores {absolute.total_cores_used}"]


def the_quotas_are_novas_own(it: Stage) -> Lines:
    absolute = it.user.compute.get_limits().absolute
    shown = (absolute.server_groups, absolute.server_group_members, absolute.instances, absolute.total_cores)
    return [str(shown), answer(it.ask("/limits", "2.100"))]
