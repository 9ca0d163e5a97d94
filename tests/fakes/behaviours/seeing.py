"""What a project's user sees: hosts by their hash, and zones."""

from __future__ import annotations

from hashlib import sha224

from fakes.behaviours.words import HARD, zone_states
from fakes.stage import Lines, Stage, fault, refusal

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
    return [*zone_states(it), f"{server.availability_zone} {server.pinned_availability_zone}"]


def zones_are_made_of_hosts(it: Stage) -> Lines:
    it.zones(az1=["host1", "host2"], az2=["host3"])
    everything = it.admin.compute.availability_zones(details=True)
    hosts = {zone.name: sorted(zone.hosts) for zone in everything if zone.name != "internal"}
    aggregates = {one.name: (one.availability_zone, one.hosts) for one in it.admin.compute.aggregates()}
    return [*sorted(zone_states(it)), *(f"{zone}: {hosts[zone]}" for zone in sorted(hosts)), f"{aggregates}"]


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
    return [*sorted(zone_states(it)), refusal(lambda: it.post("m", availability_zone="az1"))]
