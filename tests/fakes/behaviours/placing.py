"""Where Nova puts servers, one after the other and at once."""

from __future__ import annotations

from fakes.behaviours.words import HARD, SOFT, TOGETHER, ids, zone_states
from fakes.stage import Lines, Stage, fault, refusal

# A hard policy, one after the other


def one_member_too_many_fails(it: Stage) -> Lines:
    group = it.group(HARD)
    it.disable("host3", "host4")
    servers = it.row(3, group)
    last = servers[-1]
    waited = refusal(lambda: it.user.compute.wait_for_server(last, interval=0.1, wait=5))
    return [
        it.states(servers),
        fault(last),
        f"details for a user: {'details' in (last.fault or {})}",
        f"hostId {last.host_id!r}, zone {last.availability_zone!r}, {last.vm_state} {last.task_state}",
        f"in the group: {last.server_groups == [group.id]}, {it.members(group)}",
        waited,
    ]


def a_failed_server_is_in_the_way_until_deleted(it: Stage) -> Lines:
    group = it.group(HARD)
    it.disable("host2", "host3", "host4")
    it.quota(server_group_members=2)
    first, failed = it.row(2, group)
    lines = [it.states([first, failed]), refusal(lambda: it.post("m3", group))]
    it.delete(first)
    lines.append(refusal(lambda: it.row(2, group, "n")))
    it.delete(failed)
    return [*lines, it.members(group), it.states([it.user.compute.get_server(s) for s in ids(it)])]


def a_deleted_member_gives_its_host_back(it: Stage) -> Lines:
    group = it.group(HARD)
    it.disable("host3", "host4")
    first, second = it.row(2, group)
    it.delete(first)
    lines = [
        f"the other is left: {it.user.compute.get_server_group(group.id).member_ids == [second.id]}",
        refusal(lambda: it.user.compute.get_server(first.id)),
        refusal(lambda: it.user.compute.delete_server(first, ignore_missing=False)),
    ]
    third = it.boot("m3", group)
    return [
        *lines,
        fault(third) if third.fault else str(third.status),
        f"on the freed host: {third.host_id == first.host_id != second.host_id}",
        it.members(group),
    ]


def a_stopped_member_keeps_its_host(it: Stage) -> Lines:
    group = it.group(HARD)
    it.disable("host2", "host3", "host4")
    first = it.boot("m1", group)
    it.user.compute.stop_server(first)
    stopped = it.settled(first)
    while stopped.status == "ACTIVE":
        it.site.sleep(0.3)
        stopped = it.settled(first)
    lines = [f"{stopped.status} {stopped.power_state}, host kept: {stopped.host_id == first.host_id}"]
    return [*lines, fault(it.boot("m2", group))]


def a_disabled_host_is_no_candidate(it: Stage) -> Lines:
    it.disable("host1", "host2", "host3", "host4")
    return [fault(it.boot("m")), *zone_states(it)]


def a_host_may_take_two(it: Stage) -> Lines:
    group = it.group(HARD, rules={"max_server_per_host": 2})
    it.disable("host2", "host3", "host4")
    servers = it.row(3, group)
    return [str(group.rules), it.states(servers), it.crowds(servers), fault(servers[-1])]


def affinity_is_one_host(it: Stage) -> Lines:
    servers = it.row(2, it.group(TOGETHER))
    return [it.states(servers), it.crowds(servers)]


def affinity_fails_where_its_host_is_disabled(it: Stage) -> Lines:
    group = it.group(TOGETHER)
    it.disable(it.host(it.boot("m1", group)))
    return [fault(it.boot("m2", group))]


# One request for several


def one_request_does_not_race(it: Stage) -> Lines:
    servers = it.many(4, it.group(HARD))
    return [str([server.name for server in servers]), it.states(servers), it.crowds(servers)]


def one_request_is_all_or_nothing(it: Stage) -> Lines:
    group = it.group(HARD)
    it.disable("host3", "host4")
    servers = it.many(3, group)
    lines = [it.states(servers), *{fault(server) for server in servers}, it.members(group)]
    it.delete(*servers)
    servers = it.many(3, group, min_count=1)
    return [*lines, it.states(servers)]


def one_request_stays_in_its_zone(it: Stage) -> Lines:
    it.zones(az1=["host1", "host2"])
    servers = it.many(2, it.group(HARD), availability_zone="az1")
    zones = {server.availability_zone for server in servers}
    return [it.states(servers), it.crowds(servers), str(zones)]


# Soft policies


def soft_anti_affinity_doubles_up(it: Stage) -> Lines:
    it.disable("host3", "host4")
    servers = it.row(4, it.group(SOFT))
    return [it.states(servers), it.crowds(servers[:2]), it.crowds(servers)]


def one_soft_request_doubles_up_evenly(it: Stage) -> Lines:
    it.disable("host3", "host4")
    servers = it.many(4, it.group(SOFT))
    return [it.states(servers), it.crowds(servers)]


def soft_anti_affinity_is_a_preference_among_others(it: Stage) -> Lines:
    """The host of the first member has more room than the other: that weighs more than being apart."""
    it.disable("host3", "host4")
    it.site.change({"filter_scheduler.ram_weight_multiplier": 100_000.0})
    group = it.group(SOFT)
    first = it.boot("m1", group)
    other = "host2" if it.host(first) == "host1" else "host1"
    others = [it.force(f"other{number}", other) for number in range(2)]
    second = it.boot("m2", group)
    return [it.states([first, second, *others]), f"together: {first.host_id == second.host_id}"]


def soft_affinity_is_one_host_where_it_weighs_enough(it: Stage) -> Lines:
    it.site.change({"filter_scheduler.soft_affinity_weight_multiplier": 10.0})
    servers = it.row(2, it.group("soft-affinity"))
    return [it.states(servers), it.crowds(servers)]


# Races: by what always comes out


def two_at_once_both_find_a_host(it: Stage) -> Lines:
    servers = it.at_once(2, it.group(HARD))
    return [it.states(servers), it.crowds(servers)]


def four_at_once_never_share_a_host(it: Stage) -> Lines:
    servers = it.at_once(4, it.group(HARD))
    active = [server for server in servers if server.status == "ACTIVE"]
    lost = {fault(server) for server in servers} - {fault(server) for server in active}
    return [
        f"all apart: {len({server.host_id for server in active}) == len(active) >= 2}",
        f"who failed lost a race, or saw no room: {lost <= LOST}",
    ]


LOST = {
    "ERROR: 500 Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance <id>. "
    "Last exception: Anti-affinity instance group policy was violated",
    "ERROR: 500 No valid host was found. There are not enough hosts available.",
}


def affinity_at_once_is_one_host(it: Stage) -> Lines:
    servers = it.at_once(2, it.group(TOGETHER))
    return [it.states(servers), it.crowds(servers)]
