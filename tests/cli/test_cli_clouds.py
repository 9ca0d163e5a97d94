"""What clouds promise, printed from their own records; nothing is connected."""

from __future__ import annotations

import re

import pytest

from antiaffinity import registry
from antiaffinity.cli.advice import advice_json, advice_text
from antiaffinity.cli.clouds import COLUMNS, markdown_table, rows
from antiaffinity.model import GroupKey, Native, Placement
from cli.shell import Lab, ask

KINDS = sorted(registry.kinds())


def test_the_overview_has_every_cloud() -> None:
    text = ask("clouds").out
    for cloud in registry.records():
        assert re.search(rf"^{re.escape(cloud.title)} ", text, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_one_cloud_in_full_has_every_page_limit_and_caveat(kind: str) -> None:
    text = ask("clouds", kind).out
    for promise in registry.record(kind).guarantees:
        for fact in (
            promise.page,
            promise.limit_read,
            promise.caveat,
            promise.after_launch,
            promise.mechanism,
        ):
            assert fact in text


@pytest.mark.parametrize("kind", KINDS)
def test_json_has_the_records_as_they_are(kind: str) -> None:
    answer = ask("clouds", kind, "--json").json
    assert answer["format"] == 1
    [cloud] = answer["clouds"]
    assert len(cloud["guarantees"]) == len(registry.record(kind).guarantees)
    assert cloud["connects"] is bool(registry.record(kind).connect_from)


@pytest.mark.parametrize("kind", KINDS)
def test_joining_lines_drops_no_promise(kind: str) -> None:
    promises = registry.record(kind).guarantees
    told = [
        (level, rule, row.promise.hard, row.promise.mechanism)
        for row in rows(promises)
        for level in row.levels
        for rule in row.rules
    ]
    assert sorted(told) == sorted((g.level, g.rule, g.hard, g.mechanism) for g in promises)


def test_a_soft_promise_is_never_in_a_hard_line() -> None:
    for cloud in registry.records():
        for row in rows(cloud.guarantees):
            same = [
                g
                for g in cloud.guarantees
                if g.level in row.levels and g.rule in row.rules and g.at_launch == row.promise.at_launch
            ]
            assert any(g.hard is row.promise.hard for g in same)


def test_the_markdown_table_is_rectangular_and_names_every_page() -> None:
    records = registry.records()
    lines = markdown_table(records).splitlines()
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(COLUMNS) + 1}
    for cloud in records:
        for promise in cloud.guarantees:
            assert f"]({promise.page})" in "\n".join(lines)
    assert ask("clouds", "--markdown").out == markdown_table(records) + "\n"


def test_a_spec_is_told_for_every_cloud(lab: Lab) -> None:
    text = ask("clouds", "--for", "db.json").out
    for cloud in registry.records():
        assert re.search(rf"^{re.escape(cloud.title)} +anti-affinity \(host\)", text, re.MULTILINE)


def test_a_spec_in_json_has_a_promise_for_each_rule_or_a_refusal(lab: Lab) -> None:
    lab.spec(rules=[{"affinity": {"level": "rack"}}, {"anti-affinity": {"level": "host", "hard": False}}])
    answer = ask("clouds", "--for", "db.json", "--json").json
    assert [cloud["kind"] for cloud in answer["clouds"]] == KINDS
    told = {cloud["kind"]: cloud for cloud in answer["clouds"]}
    assert told["exoscale"]["refuses"]["kind"] == "NotOffered"
    assert told["exoscale"]["refuses"]["path"] == "rules[0]"
    assert [rule["promise"]["how"] for rule in told["pool"]["rules"]] == ["chosen", "chosen"]


def test_what_is_too_large_for_one_native_group_is_split_over_zones(lab: Lab) -> None:
    lab.spec(members=9)
    told = {cloud["kind"]: cloud for cloud in ask("clouds", "--for", "db.json", "--json").json["clouds"]}
    assert told["exoscale"]["rules"][0]["per"] == "zone"
    assert "anti-affinity group, one per zone" in ask("clouds", "--for", "db.json").out


def test_clouds_that_cannot_be_connected_are_named(lab: Lab) -> None:
    waiting = [cloud.title for cloud in registry.records() if not cloud.connect_from]
    text = ask("clouds", "--for", "db.json").out
    assert all(title in text.partition("Cannot be connected yet:")[2] for title in waiting)


# Advice needs a cloud with words for its own CLI and a group that is not made yet

NATIVE = Native("host", "anti-affinity", hard=True, max_per_domain=2, within="nova")
DELEGATED = Placement(
    "db-0",
    {"zone": "nova"},
    delegated={"host": "server group (anti-affinity)"},
    natives=(NATIVE,),
    key=GroupKey("shop", "db"),
)


def test_advice_says_what_to_make_first_and_where_its_id_goes() -> None:
    advice = advice_json(DELEGATED, registry.record("openstack"))
    [first] = advice["first"]
    assert first.startswith("make a server group (anti-affinity) for nova, at most 2 per host; ")
    placeholder = first.rpartition("where it says ")[2]
    assert advice["launch"]["scheduler_hints"] == {"group": placeholder}
    assert f"group={placeholder}" in advice["argv"]


def test_advice_in_words_can_be_pasted_into_a_shell() -> None:
    text = "\n".join(advice_text(DELEGATED, registry.record("openstack"), "my spec.yaml"))
    assert "--availability-zone nova" in text
    assert "'group=<id of the anti-affinity group-nova>'" in text
    assert "antiaffinity bind 'my spec.yaml' db-0 INSTANCE" in text


def test_advice_with_a_group_that_is_there_uses_its_id() -> None:
    from msgspec.structs import replace

    advice = advice_json(replace(DELEGATED, native_ids=("6f0c",)), registry.record("openstack"))
    assert advice["first"] == []
    assert "group=6f0c" in advice["argv"]
