"""What Nova is asked for, and what it refuses: server groups and servers."""

from __future__ import annotations

from typing import Any

from fakes.behaviours.words import GROUPS, HARD, SOFT, TOGETHER
from fakes.stage import Lines, Stage, answer, refusal

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
