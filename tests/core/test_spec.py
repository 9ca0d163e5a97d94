"""A SPEC is read the same from YAML, JSON and Python, and what is wrong is named with its fix."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Member, Needs
from antiaffinity.policy import Affinity, AntiAffinity, Ha, Rule, Spread, Survive
from antiaffinity.spec import Spec, make_spec, parse_spec, read_spec
from core.good_specs import DESIGN, GOOD, MEANT, plain, read_text


def parse(text: str) -> Spec:
    return parse_spec(plain(text))


def rules_of(written: str) -> tuple[Rule, ...]:
    return parse(f"{GOOD}rules: {written}").rules


# What is meant


def test_the_documented_example_is_read_as_it_is_meant(tmp_path: Path) -> None:
    assert read_text(DESIGN, tmp_path) == Spec(**{**_fields(MEANT), "base": tmp_path})


def test_json_says_the_same_as_yaml(tmp_path: Path) -> None:
    text = json.dumps(plain(DESIGN))
    assert read_text(text, tmp_path, "spec.json") == read_text(DESIGN, tmp_path)
    assert read_text(text, tmp_path, "spec") == read_text(DESIGN, tmp_path)


def test_yaml_may_start_with_a_brace(tmp_path: Path) -> None:
    assert read_text("{group: db, members: 3}", tmp_path).key == GroupKey("default", "db")


def test_standard_input_is_read_and_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DESIGN.encode())))
    assert read_spec(Path("-")) == MEANT


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read_text(f"\ufeff{GOOD}", tmp_path).key.name == "db"
    assert read_text('\ufeff{"group": "db", "members": 3}', tmp_path, "spec.json").key.name == "db"


def test_aliases_and_merged_mappings_are_yaml_too() -> None:
    spec = parse("group: db\nsize: &s {vcpus: 2}\nmembers: [{name: a, size: {<<: *s, vcpus: 3, gpus: 1}}]")
    assert spec.members[0].size == {"vcpus": 3, "gpus": 1}


def test_a_merged_mapping_is_no_key_written_twice(tmp_path: Path) -> None:
    text = (
        "group: db\nsize: &s {vcpus: 2}\nmembers: [{name: a, size: {<<: *s, vcpus: 3}}, {name: b, size: *s}]"
    )
    assert [member.size for member in read_text(text, tmp_path).members] == [{"vcpus": 3}, {"vcpus": 2}]


def test_pythons_own_arguments_say_the_same_as_the_file() -> None:
    from_python = make_spec(
        "db",
        "shop/prod",
        members=["db-0", {"name": "db-1"}, MEANT.members[2]],
        rules=[
            Spread("zone", min_domains=2),
            {"anti-affinity": {"level": "host", "hard": False, "among": ["db-*"]}},
            Survive("rack", 1, 1),
        ],
        ha=Ha("n-plus-m", needed=2, buffer=1),
        only={"zone": ("z1", "z2")},
        never={"host": ["h7", "old-*"]},
        needs=Needs(["prod"]),
        size={"vcpus": 2},
        planned=16,
        adopt={"host": "6f0c..."},
    )
    assert from_python == Spec(**{**_fields(MEANT), "clouds": {}})


@pytest.mark.parametrize(
    "rules", ["anti-affinity", AntiAffinity("host"), ["anti-affinity"], (AntiAffinity("host"),)]
)
def test_python_takes_a_rule_in_any_of_its_forms(rules: Any) -> None:
    assert make_spec("db", "me", members=2, rules=rules).rules == (AntiAffinity("host"),)


def test_python_gives_ha_and_needs_as_mappings_too() -> None:
    spec = make_spec("db", "me", members=2, ha={"mode": "active-standby"}, needs={"networks": ["prod"]})
    assert spec.rules == (AntiAffinity("host"),)
    assert spec.needs == Needs(["prod"])


def test_python_is_refused_as_the_file_is() -> None:
    with pytest.raises(InvalidRequest) as refused:
        make_spec("db", "me", members=2, rules=[AntiAffinity("host"), AntiAffinity("zone", max_per_domain=0)])
    assert str(refused.value) == "rules[1].anti-affinity.max_per_domain: must be at least 1, not 0"


@pytest.mark.parametrize("members", [None, "db-0", object(), 2.5, {"db-0": {}}, [None]])
def test_what_python_cannot_mean_as_members_is_refused(members: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make_spec("db", "me", members=members)
    assert refused.value.path in {"members", "members[0]"}


def test_a_number_of_members_is_named_after_the_group() -> None:
    spec = parse("group: db\nmembers: 3\nsize: {vcpus: 2}")
    assert spec.members == tuple(Member(f"db-{n}", {"vcpus": 2}) for n in range(3))


def test_the_least_spec_has_the_defaults() -> None:
    assert parse("group: db\nmembers: [a]") == Spec(GroupKey("default", "db"), (Member("a"),))


def test_a_member_adds_to_the_default_size() -> None:
    spec = parse(
        "group: db\nsize: {vcpus: 2, disk_gb: 10}\nmembers: [{name: a, size: {vcpus: 4, gpus: 0.5}}]"
    )
    assert spec.members[0].size == {"vcpus": 4, "disk_gb": 10, "gpus": 0.5}


def test_whole_amounts_stay_whole() -> None:
    size = parse("group: db\nmembers: 1\nsize: {vcpus: 2, share: 0.5, type: m6i.large}").members[0].size
    assert [type(amount) for amount in size.values()] == [int, float, str]


def test_what_was_given_is_not_shared() -> None:
    data = plain(DESIGN)
    spec = parse_spec(data)
    data["only"]["zone"].append("z3")
    data["cloud"]["kind"] = "other"
    data["members"][2]["size"]["vcpus"] = 64
    assert spec == MEANT


def test_clouds_are_kept_by_key() -> None:
    spec = parse(f"{GOOD}clouds: {{dc: {{kind: x, a: [1]}}, eu: {{kind: y}}}}")
    assert spec.clouds == {"dc": {"kind": "x", "a": [1]}, "eu": {"kind": "y"}}


def test_a_single_cloud_has_no_key() -> None:
    assert parse(f"{GOOD}cloud: {{kind: x}}").clouds == {"": {"kind": "x"}}


def test_the_folder_of_the_file_is_kept_for_relative_paths(tmp_path: Path) -> None:
    assert read_text(GOOD, tmp_path).base == tmp_path
    assert parse_spec({"group": "db", "members": 1}).base is None


@pytest.mark.parametrize("name", ["db", "Datenbank ü", "a b", "shop/prod", "数据库", "x" * 255, "a:b@c=d"])
def test_names_may_hold_whatever_can_be_seen(name: str) -> None:
    spec = parse_spec({"group": name, "owner": name, "members": [name]})
    assert (spec.key, spec.members[0].name) == (GroupKey(name, name), name)


@pytest.mark.parametrize("count", [1, 100_000])
def test_the_smallest_and_the_largest_group_are_fine(count: int) -> None:
    assert len(parse_spec({"group": "db", "members": count}).members) == count


def test_the_longest_numbered_name_is_that_of_the_last_member() -> None:
    members = parse_spec({"group": "g" * 253, "members": 10}).members
    assert len(members[-1].name) == 255


def test_a_group_may_be_stacked() -> None:
    assert parse(f"{GOOD}saturated: stack").saturated == "stack"


def test_planned_may_be_what_there_is() -> None:
    assert parse(f"{GOOD}planned: 3").planned == 3


# Rules


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("anti-affinity", AntiAffinity("host")),
        ("soft-affinity", Affinity("host", hard=False)),
        ("[soft-anti-affinity]", AntiAffinity("host", hard=False)),
        ("[affinity: {level: zone}]", Affinity("zone")),
        ("[anti-affinity: {level: provider, max_per_domain: 2}]", AntiAffinity("provider", 2)),
        ("[spread: {level: region, hard: false}]", Spread("region", hard=False)),
        ("[spread: {level: zone, min_domains: null}]", Spread("zone")),
        ("[survive: {level: rack, failures: 2, lose_at_most: 2}]", Survive("rack", 2, 2)),
        ("[spread: {level: zone, among: [db-0, 'db-[12]']}]", Spread("zone", among=("db-0", "db-[12]"))),
    ],
)
def test_a_rule_is_read_in_each_of_its_forms(written: str, meant: Rule) -> None:
    assert rules_of(written) == (meant,)


def test_no_rule_at_all_is_a_group_that_is_only_balanced() -> None:
    assert rules_of("[]") == ()


def test_rules_keep_their_order_and_ha_comes_last() -> None:
    spec = parse(
        f"{GOOD}ha: {{mode: active-active, min_alive: 1}}\nrules: [anti-affinity, spread: {{level: zone}}]"
    )
    assert spec.rules == (AntiAffinity("host"), Spread("zone"), Survive("host", 1, 2))


@pytest.mark.parametrize(
    "written",
    [
        "[affinity: {level: zone}, anti-affinity: {level: host}]",
        "[affinity: {level: zone}, anti-affinity: {level: rack}]",
        "[affinity: {level: host, hard: false}, anti-affinity: {level: host}]",
        "[affinity: {level: host}, anti-affinity: {level: zone, hard: false}]",
        "[affinity: {level: host}, anti-affinity: {level: zone, max_per_domain: 3}]",
        "[affinity: {level: host}, survive: {level: zone, failures: 1, lose_at_most: 3}]",
        "[affinity: {level: zone}, survive: {level: host, failures: 1, lose_at_most: 1}]",
        "[affinity: {level: rack, among: [db-0, db-1]}, anti-affinity: {level: rack, among: [db-1, db-2]}]",
        "[affinity: {level: rack, among: [db-0]}, anti-affinity: {level: rack}]",
        "[affinity: {level: zone}, affinity: {level: rack}]",
        "[anti-affinity: {level: zone}, anti-affinity: {level: host}]",
        "[affinity: {level: host}, spread: {level: zone}]",
    ],
)
def test_rules_that_can_hold_together_are_let_through(written: str) -> None:
    entries = [{kind: keys} for entry in plain(written) for kind, keys in entry.items()]
    assert len(parse_spec({**plain(GOOD), "rules": entries}).rules) == 2


@pytest.mark.parametrize("inner", ["provider", "region", "zone", "rack", "host"])
@pytest.mark.parametrize("outer", ["provider", "region", "zone", "rack", "host"])
def test_together_at_a_level_is_together_at_every_outer_one(inner: str, outer: str) -> None:
    levels = ["provider", "region", "zone", "rack", "host"]
    rules = [{"anti-affinity": {"level": outer}}, {"affinity": {"level": inner}}]
    if levels.index(outer) > levels.index(inner):
        assert len(parse_spec({"group": "db", "members": 2, "rules": rules}).rules) == 2
    else:
        with pytest.raises(InvalidRequest, match="contradicts"):
            parse_spec({"group": "db", "members": 2, "rules": rules})


def test_reading_python_costs_no_yaml_json_or_dataclasses() -> None:
    """Start-up: what only files or errors need is imported with them."""
    heavy = ["yaml", "json", "dataclasses", "difflib"]
    code = (
        "import sys; from antiaffinity.spec import make_spec; make_spec('db', 'me', members=3);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    path = {"PYTHONPATH": str(Path(sys.modules["antiaffinity"].__path__[0]).parent)}
    ran = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def _fields(spec: Spec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__struct_fields__}
