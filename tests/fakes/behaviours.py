"""How Nova behaves, one function for each thing that a group of servers meets; each tells it in lines.

They run on a cloud with the hosts host1 to host4, as Nova comes out of the box: on a real Nova
(tests/real/test_behaviours.py), and on the fake (test_openstack_fake.py). Both must tell the same.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha224
from typing import Any

from fakes.stage import Lines, Stage, answer, fault, refusal

Behaviour = Callable[[Stage], Lines]

HARD, SOFT, TOGETHER = "anti-affinity", "soft-anti-affinity", "affinity"
GROUPS = "/os-server-groups"

# Server groups: policies, rules, microversions


def there_are_four_policies(it: Stage) -> Lines:
    groups = [it.group(policy) for policy in (HARD, TOGETHER, SOFT, "soft-affinity")]
    return [f"{group.policy} {group.rules} {group.member_ids}" for group in groups]


def a_group_looks_different_at_every_microversion(it: Stage) -> Lines:
    group = it.group(HARD)
    versions = ("2.1", "2.12", "2.13", "2.63", "2.64", "2.104")
    return [f"{version}: {answer(it.ask(f'{GROUPS}/{group.id}', version))}" for version in versions]


def a_group_is_created_with_200(it: Stage) -> Lines:
    body = {"server_group": {"name": "db", "policy": HARD, "rules": {"max_server_per_host": "2"}}}
    created = it.ask(GROUPS, "2.64", "POST", json=body)
    return [answer(created), f"rules: {created.json()['server_group']['rules']}"]


def older_forms_of_a_group(it: Stage) -> Lines:
    def asked(version: str, **terms: object) -> str:
        body = {"server_group": {"name": "db", **terms}}
        return f"{version} {terms}: {answer(it.ask(GROUPS, version, 'POST', json=body))}"

    return [
        asked("2.14", policies=[SOFT]),
        asked("2.15", policies=[SOFT]),
        asked("2.63", policy=HARD),
        asked("2.64", policies=[HARD]),
        asked("2.63", policies=[HARD, TOGETHER]),
    ]


def wrong_groups_are_refused(it: Stage) -> Lines:
    def asked(policy: str, **more: Any) -> str:
        return refusal(lambda: it.group(policy, **more))

    return [
        asked("spread"),
        asked(SOFT, rules={"max_server_per_host": 2}),
        asked(TOGETHER, rules={"max_server_per_host": 2}),
        asked(HARD, rules={"max_server_per_host": 0}),
        asked(HARD, rules={"max_server_per_host": -1}),
        asked(HARD, rules={"most": 1}),
        asked(HARD, name=""),
    ]


def a_second_policy_is_dropped(it: Stage) -> Lines:
    group = it.user.compute.create_server_group(name="db", policies=[HARD, TOGETHER])
    return [f"{group.policy}"]


def two_groups_may_have_one_name(it: Stage) -> Lines:
    it.group(HARD)
    it.group(HARD)
    return [refusal(lambda: it.user.compute.find_server_group("db", ignore_missing=False))]


def what_nova_does_not_know_is_refused(it: Stage) -> Lines:
    group, server = it.group(HARD), it.post("m")
    return [
        answer(it.ask("/nowhere")),
        answer(it.ask(f"{GROUPS}/{group.id}", "2.64", "PUT", json={})),
        answer(it.ask(GROUPS, "2.105")),
        answer(it.ask(GROUPS, "new")),
        answer(it.ask("/servers/nowhere", "2.100")),
        answer(it.ask(f"{GROUPS}/nowhere", "2.64")),
        answer(it.ask("/servers?colour=red", "2.100")),
        answer(it.ask(f"/servers/{server.id}/action", "2.100", "POST", json={"fly": None})),
    ]


# Booting


def a_boot_is_accepted_before_it_is_decided(it: Stage) -> Lines:
    own = {"imageRef": it.machine["image_id"], "flavorRef": it.machine["flavor_id"]}
    body = {"server": {"name": "m", **own, "networks": it.machine["networks"]}}
    accepted = it.ask("/servers", "2.100", "POST", json=body)
    server = it.settled(it.user.compute.get_server(accepted.json()["server"]["id"]))
    return [answer(accepted), f"{server.status} {server.vm_state} {server.power_state}"]


def wrong_servers_are_refused(it: Stage) -> Lines:
    return [
        refusal(lambda: it.post("m", "no-uuid")),
        refusal(lambda: it.post("m", flavor_id="99")),
        refusal(lambda: it.post("m", image_id="6a1f7d5e-0000-4000-8000-000000000000")),
        refusal(lambda: it.post("m", metadata={"a": "x" * 256})),
        refusal(lambda: it.post("m", metadata={"a": 1})),
        refusal(lambda: it.post("m", metadata={"ä": "1"})),
        refusal(lambda: it.post("m", min_count=3, max_count=2)),
        refusal(lambda: it.post("m", min_count=0, max_count=2)),
        refusal(lambda: it.post("m", availability_zone="nowhere")),
        refusal(lambda: it.post("")),
    ]


def only_the_server_itself_tells_its_group(it: Stage) -> Lines:
    group = it.group(HARD)
    server = it.user.compute.get_server(it.post("m", group).id)
    listed = next(iter(it.user.compute.servers()))
    at_2_70 = it.ask(f"/servers/{server.id}", "2.70").json()["server"]
    at_2_71 = it.ask(f"/servers/{server.id}", "2.71").json()["server"]
    return [
        f"shown: {server.server_groups == [group.id]}",
        f"listed: {listed.server_groups}",
        f"2.70: {'server_groups' in at_2_70}, 2.71: {'server_groups' in at_2_71}",
        f"a server in no group: {it.user.compute.get_server(it.post('alone').id).server_groups}",
    ]


def a_group_may_be_given_by_its_name(it: Stage) -> Lines:
    group = it.group(HARD)
    network = it.machine["networks"][0]["uuid"]
    own = {"image": it.machine["image_id"], "flavor": it.machine["flavor_id"], "network": network}
    made = it.user.compute.get_server(it.user.create_server("m", group="db", wait=False, **own).id)
    return [f"in the group: {made.server_groups == [group.id]}", it.members(group)]


def metadata_travels_with_the_boot_and_can_be_changed(it: Stage) -> Lines:
    server = it.boot("m", metadata={"antiaffinity-owner": "shop/prod", "a b": "ü 1"})
    seen = [str(it.user.compute.get_server(server.id).metadata)]
    it.user.compute.set_server_metadata(server, b="2")
    seen.append(str(next(iter(it.user.compute.servers())).metadata))
    it.user.compute.delete_server_metadata(it.user.compute.get_server(server.id), ["a b"])
    seen.append(str(it.user.compute.get_server(server.id).metadata))
    return [*seen, answer(it.ask(f"/servers/{server.id}/metadata/zz"))]


def a_list_has_pages_and_filters(it: Stage) -> Lines:
    it.many(3)
    compute = it.user.compute
    page = it.ask("/servers?limit=2", "2.100").json()
    return [
        f"a page of two: {len(page['servers'])}, more: {'servers_links' in page}",
        f"by name: {[server.name for server in compute.servers(name='m-2')]}",
        f"by status: {[server.name for server in compute.servers(status='ERROR')]}",
        f"limit of two: {sorted(server.name for server in compute.servers(limit=2))}",
        answer(it.ask("/servers?marker=nowhere", "2.100")),
    ]


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
    return [*lines, it.members(group), it.states([it.user.compute.get_server(s) for s in _ids(it)])]


def _ids(it: Stage) -> list[str]:
    return [str(server.id) for server in it.user.compute.servers(details=False)]


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
    return [fault(it.boot("m")), *_zone_states(it)]


def _zone_states(it: Stage) -> Lines:
    return [f"{zone.name} {zone.state}" for zone in it.user.compute.availability_zones()]


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
    lines = [refusal(lambda: it.post("m3", group)), f"servers: {len(_ids(it))}"]
    other = it.group(SOFT)
    return [*lines, refusal(lambda: it.many(3, other)), f"servers: {len(_ids(it))}"]


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


# What a project's user may see and ask


def a_user_sees_a_hash_of_the_host(it: Stage) -> Lines:
    server = it.boot("m")
    seen = it.admin.compute.get_server(server.id)
    expected = sha224(f"{server.project_id}{seen.compute_host}".encode()).hexdigest()
    return [
        f"{server.compute_host} {server.hypervisor_hostname} {server.instance_name}",
        f"hostId is sha224(project + host): {server.host_id == expected}",
        f"an admin sees the host: {seen.compute_host in ('host1', 'host2', 'host3', 'host4')}",
        f"and the same hostId: {seen.host_id == server.host_id}",
    ]


def projects_see_different_hashes_of_one_host(it: Stage) -> Lines:
    it.disable("host2", "host3", "host4")
    mine, theirs = it.boot("m"), it.boot("m", conn=it.other)
    hosts = {it.host(mine), str(it.site.connect("other-admin").compute.get_server(theirs.id).compute_host)}
    return [f"hosts: {len(hosts)}, hashes: {len({mine.host_id, theirs.host_id})}"]


def an_operators_things_are_refused(it: Stage) -> Lines:
    compute, server = it.user.compute, it.post("m")
    return [
        refusal(lambda: list(compute.hypervisors())),
        refusal(lambda: list(compute.services())),
        refusal(lambda: list(compute.aggregates())),
        refusal(lambda: compute.create_aggregate(name="a", availability_zone="a")),
        refusal(lambda: list(compute.availability_zones(details=True))),
        refusal(lambda: list(compute.servers(all_projects=True))),
        refusal(lambda: compute.update_quota_set(it.project, instances=100)),
        refusal(lambda: compute.migrate_server(server, host="host1")),
        refusal(lambda: compute.live_migrate_server(server, host=None, block_migration="auto")),
        refusal(lambda: it.post("m", host="host1")),
        refusal(lambda: it.post("m", availability_zone="nova:host1")),
    ]


def an_admin_may_name_a_host(it: Stage) -> Lines:
    it.zones(az1=["host1"])
    asked = it.boot("m1", conn=it.admin, host="host3")
    forced = it.force("m2", "host4")
    elsewhere = it.boot("m3", conn=it.admin, host="host3", availability_zone="az1")
    return [it.host(asked), it.host(forced), fault(elsewhere)]


def a_host_nobody_knows(it: Stage) -> Lines:
    return [
        refusal(lambda: it.post("m", conn=it.admin, host="host9")),
        fault(it.boot("m", conn=it.admin, availability_zone="nova:host9")),
    ]


# Availability zones


def without_aggregates_there_is_one_zone(it: Stage) -> Lines:
    server = it.boot("m")
    return [*_zone_states(it), f"{server.availability_zone} {server.pinned_availability_zone}"]


def zones_are_made_of_hosts(it: Stage) -> Lines:
    it.zones(az1=["host1", "host2"], az2=["host3"])
    everything = it.admin.compute.availability_zones(details=True)
    hosts = {zone.name: sorted(zone.hosts) for zone in everything if zone.name != "internal"}
    aggregates = {one.name: (one.availability_zone, one.hosts) for one in it.admin.compute.aggregates()}
    return [*sorted(_zone_states(it)), *(f"{zone}: {hosts[zone]}" for zone in sorted(hosts)), f"{aggregates}"]


def a_host_is_in_one_zone(it: Stage) -> Lines:
    it.zones(az1=["host1"])
    server = it.force("m", "host2")
    return [
        refusal(lambda: it.zones(az2=["host1"])),
        refusal(lambda: it.zones(az3=[it.host(server)])),
        refusal(lambda: it.zones(az4=["host9"])),
    ]


def a_server_stays_pinned_to_the_zone_it_asked_for(it: Stage) -> Lines:
    it.zones(az1=["host1"])
    server = it.boot("m", availability_zone="az1")
    at_2_95 = it.ask(f"/servers/{server.id}", "2.95").json()["server"]
    return [
        f"{server.availability_zone} {server.pinned_availability_zone} on {it.host(server)}",
        f"told at 2.95: {'pinned_availability_zone' in at_2_95}",
    ]


def asking_for_the_default_zone_binds_nobody(it: Stage) -> Lines:
    """It is the zone of the hosts that are in none, and no aggregate that the scheduler could look up."""
    it.zones(az1=["host1", "host2", "host3"])
    group = it.group(HARD)
    servers = it.row(2, group, availability_zone="nova")
    pinned = {server.pinned_availability_zone for server in servers}
    inside = [server.availability_zone == "nova" for server in servers]
    return [it.states(servers), f"pinned to {pinned}, all in it: {all(inside)}"]


def a_zone_and_a_group_combine(it: Stage) -> Lines:
    it.zones(az1=["host1", "host2"], az2=["host3", "host4"])
    group = it.group(HARD)
    inside = it.row(3, group, availability_zone="az1")
    outside = it.boot("m3", group, availability_zone="az2")
    zones = [server.availability_zone for server in (*inside, outside)]
    return [it.states(inside), fault(inside[-1]), str(outside.status), str(zones)]


def a_zone_without_enabled_hosts_is_not_available(it: Stage) -> Lines:
    it.zones(az1=["host1"])
    it.disable("host1")
    return [*sorted(_zone_states(it)), refusal(lambda: it.post("m", availability_zone="az1"))]


BEHAVIOURS: dict[str, Behaviour] = {
    name: made
    for name, made in list(globals().items())
    if callable(made) and getattr(made, "__module__", "") == __name__ and not name.startswith("_")
}
"""All of them, by name, in the order above."""
