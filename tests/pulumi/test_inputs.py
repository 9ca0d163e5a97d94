"""Whatever is given is refused at the right property, or works: never a crash, never Python's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asking import ATTACHMENT, GROUP, VERIFICATION, Asking, Refused, on_a_pool

from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, known

POOL = {"kind": "pool", "inventory": "hosts.yaml"}
NOVA = {"kind": "openstack", "cloud": "prod"}
GOOD: Plain = {"cloud": POOL, "members": 3}
ATTACHED = {"cloud": POOL, "group": "a/b", "member": "m", "instance": "i", "placement": {"member": "m"}}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch, on_a_pool(folder) as provider:
        patch.chdir(folder)
        yield provider


# One input that is wrong


@pytest.mark.parametrize(
    ("wrong", "path", "words"),
    [
        ({"members": 0}, "members", "at least 1"),
        ({"members": -3}, "members", "at least 1"),
        ({"members": 1.5}, "members", "a number of members"),
        ({"members": "3"}, "members", "write 3 without quotes"),
        ({"members": True}, "members", "a number of members"),
        ({"members": float("nan")}, "members", "a number of members"),
        ({"members": float("inf")}, "members", "a number of members"),
        ({"members": 1e300}, "members", "at most 100000"),
        ({"members": None}, "members", "is missing"),
        ({"members": []}, "members", "is empty"),
        ({"members": {}}, "members", "a number of members"),
        ({"members": ["a", None]}, "members[1]", "nothing is written here"),
        ({"members": ["a", "a"]}, "members[1]", "members[0] already"),
        ({"members": ["a", ["b"]]}, "members[1]", "a name or a mapping"),
        ({"members": [{"nme": "a"}]}, "members[0].nme", "'name'"),
        ({"members": [{"name": "a", "size": {"vcpus": -1}}]}, "members[0].size.vcpus", "from 0"),
        ({"members": ["x" * 256]}, "members[0]", "255"),
        ({"members": ["a\nb"]}, "members[0]", "cannot be seen"),
        ({"members": 100_001}, "members", "at most 100000"),
        ({"name": 5}, "name", "a name"),
        ({"name": ["a"]}, "name", "a name"),
        ({"name": " db"}, "name", "blank"),
        ({"name": "x" * 256}, "name", "255"),
        ({"name": "x" * 254}, "name", "shorten it"),
        ({"owner": 5}, "owner", "a name"),
        ({"owner": "x" * 256}, "owner", "255"),
        ({"rules": "apart"}, "rules", "unknown shorthand"),
        ({"rules": 7}, "rules", "a shorthand, or a list"),
        ({"rules": {}}, "rules", "a shorthand, or a list"),
        ({"rules": [7]}, "rules[0]", "a rule or a shorthand"),
        ({"rules": [{}]}, "rules[0]", "names no rule"),
        ({"rules": [{"antiAffinity": {"level": "host"}}]}, "rules[0].antiAffinity", "'anti-affinity'"),
        ({"rules": [{"spread": {"level": "moon"}}]}, "rules[0].spread.level", "zone"),
        ({"rules": [{"spread": {"level": "zone", "maxSkew": 1}}]}, "rules[0].spread.maxSkew", "max_skew"),
        ({"rules": ["affinity", "anti-affinity"]}, "rules[1]", "contradicts"),
        ({"ha": []}, "ha", "mode"),
        ({"ha": {"mode": "active-standby"}}, "ha.mode", "exactly two"),
        ({"size": 3}, "size", "a mapping"),
        ({"size": {"vcpus": "two"}}, "size.vcpus", "a plain number"),
        ({"only": {"zone": "z1"}}, "only.zone", "['z1']"),
        ({"only": ["z1"]}, "only", "a mapping"),
        ({"only": {"zone": None}}, "only.zone", "nothing is written here"),
        ({"never": {"hosts": ["h1"]}}, "never.hosts", "'host'"),
        ({"needs": {"networks": "prod"}}, "needs.networks", "['prod']"),
        ({"saturated": "pile"}, "saturated", "refuse, stack"),
        ({"planned": 1}, "planned", "3 or more"),
        ({"planned": -1}, "planned", "at least 1"),
        ({"adopt": {"host": 7}}, "adopt.host", "quote it"),
        ({"cloud": {}}, "cloud.kind", "which kind"),
        ({"cloud": {"kind": None}}, "cloud.kind", "which kind"),
        ({"cloud": {"kind": ["pool"]}}, "cloud.kind", "which kind"),
        ({"cloud": {"kind": {}}}, "cloud.kind", "which kind"),
        ({"cloud": {"kind": "opnstack"}}, "cloud.kind", "unknown kind 'opnstack': did you mean 'openstack'"),
        ({"cloud": {"kind": "pool", "inventry": "h"}}, "cloud.inventry", "'inventory'"),
        ({"cloud": {"kind": "vcenter", "hostt": "vc"}}, "cloud.hostt", "did you mean 'host'"),
        ({"cloud": None}, "cloud", "name the cloud"),
        ({"cloud": None, "clouds": {"a": {"kind": []}}}, "clouds.a.kind", "which kind"),
        ({"cloud": None, "clouds": {"a": POOL, "b": 5}}, "clouds.b", "not a number"),
        ({"cloud": None, "clouds": {"a b": "pool"}}, "clouds['a b']", "not text"),
        ({"cloud": None, "clouds": {" a": POOL}}, "clouds[' a']", "blank"),
        ({"ruls": "affinity"}, "ruls", "did you mean 'rules'?"),
        ({"antiAffinity": True}, "antiAffinity", "a Group has no input 'antiAffinity'"),
        ({"group": "db"}, "group", "did you mean 'name'?"),
        ({"": 1}, "", "a Group has no input ''"),
        ({"сloud": 1}, "сloud", "did you mean 'cloud'?"),
    ],
    ids=str,
)
def test_a_wrong_input_is_refused_at_its_path(provider: Asking, wrong: Plain, path: str, words: str) -> None:
    checked = provider.check(GROUP, {**GOOD, **wrong})
    assert checked.paths == [path]
    assert words in checked.failures[0][1]


@pytest.mark.parametrize("cloud", ["pool", '{"kind": "pool"}', 7, True, [], [POOL]], ids=str)
@pytest.mark.parametrize("key", ["cloud", "clouds"])
def test_a_cloud_that_is_no_object_is_refused_without_a_word_of_it(
    provider: Asking, key: str, cloud: Any
) -> None:
    """The engine prints the value of a property that is named, and it may be JSON with a password."""
    checked = provider.check(GROUP, {"members": 3, key: cloud})
    [(path, reason)] = checked.failures
    assert path == ""
    assert reason.startswith(f"{key}: must be an object such as {{")


def test_a_cloud_and_clouds_are_refused_without_their_values(provider: Asking) -> None:
    [(path, reason)] = provider.check(GROUP, {**GOOD, "clouds": {"a": POOL}}).failures
    assert (path, reason[:20]) == ("", "clouds: give cloud (")


def test_a_secret_that_is_wrong_is_refused_without_its_value(provider: Asking) -> None:
    [(path, reason)] = provider.check(GROUP, {**GOOD, "rules": Secret("open-sesame")}).failures
    assert (path, reason) == ("", reason.replace("open-sesame", ""))
    assert reason.startswith("rules: unknown shorthand '[secret]'")


def test_a_long_secret_is_not_shown_in_part(provider: Asking) -> None:
    secret = "once upon a time there was a very long secret in a far away land"
    [(_, reason)] = provider.check(GROUP, {**GOOD, "rules": Secret(secret)}).failures
    assert secret[:8] not in reason


def test_all_unknown_inputs_are_named_at_once(provider: Asking) -> None:
    checked = provider.check(GROUP, {**GOOD, "ruls": 1, "membres": 2, "zone": "z1"})
    assert sorted(checked.paths) == ["membres", "ruls", "zone"]
    assert [reason[-6:] for _, reason in checked.failures] == ["clouds"] * 3


def test_an_estate_that_leaves_a_member_open_is_refused_at_that_member(provider: Asking) -> None:
    pinned = {"name": "a", "only": {"provider": ["dc"]}}
    inputs = {"clouds": {"dc": POOL, "eu": NOVA}, "members": [pinned, "b"]}
    [(path, reason)] = provider.check(GROUP, inputs).failures
    assert path == "members[1].only.provider"
    assert "b may go to " in reason
    assert "ask the function plan" in reason


def test_a_rule_that_the_cloud_does_not_offer_is_refused(provider: Asking) -> None:
    rules = [{"spread": {"level": "rack"}}]
    [(_, reason)] = provider.check(GROUP, {"cloud": NOVA, "members": 3, "rules": rules}).failures
    assert "OpenStack" in reason


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"rules": "anti-affinity", "ha": {"mode": "n-plus-m", "needed": 2, "buffer": 1}},
        {"members": ["ü", "Ж", "日本", "a/b", "a%2Fb", "a b", "🙂"]},
        {"name": "日本/東京 100%", "owner": "Ж/ü"},
        {"name": "x" * 253},
        {"members": ["x" * 255]},
        {"owner": "x" * 255},
        {"name": "", "owner": ""},
        dict.fromkeys(["rules", "ha", "only", "size", "clouds", "name", "owner", "planned"]),
        {"members": 10_000},
        {"members": Secret(3), "rules": Secret(["soft-anti-affinity"]), "name": Secret("db")},
        {"cloud": Secret(POOL)},
        {"cloud": {"kind": Secret("pool"), "inventory": Secret("hosts.yaml")}},
        {"cloud": {**POOL, "ledger": None}},
    ],
    ids=lambda inputs: str(inputs)[:60],
)
def test_unusual_inputs_work(provider: Asking, inputs: Plain) -> None:
    checked = provider.accepted(GROUP, {**GOOD, **inputs})
    planned = provider.create(GROUP, checked, preview=True)
    assert planned.state["placements"].keys() == {*planned.state["names"]}
    assert known(planned.state)


@pytest.mark.parametrize(
    "inputs",
    [
        {"members": UNKNOWN},
        {"members": ["a", UNKNOWN]},
        {"members": [{"name": "a", "only": {"zone": [UNKNOWN]}}]},
        {"cloud": UNKNOWN},
        {"cloud": {"kind": UNKNOWN}},
        {"cloud": {"kind": "openstack", "password": UNKNOWN}},
        {"cloud": {"kind": "openstack", "password": Secret(UNKNOWN)}},
        {"cloud": Secret(UNKNOWN)},
        {"cloud": None, "clouds": {"dc": UNKNOWN}},
        {"cloud": None, "clouds": UNKNOWN},
        {"rules": [{"spread": {"level": UNKNOWN}}]},
        {"name": UNKNOWN},
        {"owner": UNKNOWN},
        {"name": UNKNOWN, "owner": UNKNOWN, "members": UNKNOWN, "cloud": UNKNOWN, "rules": UNKNOWN},
        {"only": UNKNOWN},
    ],
    ids=str,
)
def test_what_is_not_known_yet_is_previewed(provider: Asking, inputs: Plain) -> None:
    checked = provider.accepted(GROUP, {**GOOD, **inputs})
    planned = provider.create(GROUP, checked, preview=True)
    assert planned.id == ""
    assert "placements" not in planned.state
    assert ("names" in planned.state) is (known(checked["members"]) and known(checked["name"]))


def test_what_is_wrong_is_refused_although_something_else_is_not_known(provider: Asking) -> None:
    assert provider.check(GROUP, {**GOOD, "only": UNKNOWN, "rules": "apart"}).paths == ["rules"]
    assert provider.check(GROUP, {**GOOD, "name": UNKNOWN, "members": 0}).paths == ["members"]
    assert provider.check(GROUP, {"members": UNKNOWN, "ruls": 1}).paths == ["ruls"]


# What only the cloud can tell


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        ({"kind": "pool"}, "cloud.inventory: "),
        ({"kind": "pool", "inventory": 5}, "cloud.inventory: "),
        ({"kind": "pool", "inventory": None}, "cloud.inventory: "),
        ({"kind": "pool", "inventory": {}}, "cloud.inventory: "),
        ({"kind": "pool", "inventory": "no.yaml"}, "no such file"),
        ({"kind": "pool", "inventory": "\0"}, "cannot be read"),
        ({**POOL, "ledger": 5}, "cloud.ledger: "),
        ({**POOL, "claim_timeout": "soon"}, "cloud.claim_timeout: "),
    ],
    ids=str,
)
def test_a_setting_that_is_missing_or_wrong_is_named(provider: Asking, cloud: Plain, words: str) -> None:
    checked = provider.check(GROUP, {"members": 3, "cloud": cloud})
    text = "".join(f"{path}: {reason}" for path, reason in checked.failures)
    if not text:
        with pytest.raises(Refused) as refused:
            provider.create(GROUP, checked.inputs, preview=True)
        text = refused.value.text
    assert words in text


def test_more_members_than_places_are_refused_with_the_ways_out(provider: Asking) -> None:
    inputs = provider.accepted(GROUP, {"cloud": POOL, "members": 7, "rules": "anti-affinity"}, "many")
    with pytest.raises(Refused, match="no place for many-6") as refused:
        provider.create(GROUP, inputs, preview=True)
    assert refused.value.code.name == "RESOURCE_EXHAUSTED"
    assert "way out  6 members instead of 7" in refused.value.text


# The other resources


@pytest.mark.parametrize(
    ("inputs", "paths"),
    [
        ({}, ["cloud", "group", "instance", "member", "placement"]),
        (
            {"group": 1, "member": [], "instance": "", "placement": "x", "cloud": POOL},
            ["group", "instance", "member", "placement"],
        ),
        ({**ATTACHED, "cloud": {"kind": []}}, ["cloud.kind"]),
        ({**ATTACHED, "grp": 1}, ["grp"]),
        ({**ATTACHED, "placement": {}}, ["placement.member"]),
        ({**ATTACHED, "placement": {"member": "n"}}, ["placement.member"]),
        ({**ATTACHED, "placement": {"member": "m", "domains": 5}}, ["placement.domains"]),
        ({**ATTACHED, "placement": {"member": "m", "groups": "g"}}, ["placement.groups"]),
        ({**ATTACHED, "group": "db"}, ["group"]),
        ({**ATTACHED, "group": "/db"}, ["group"]),
        ({**ATTACHED, "group": "shop/"}, ["group"]),
    ],
)
def test_wrong_inputs_of_an_attachment_are_refused(provider: Asking, inputs: Plain, paths: list[str]) -> None:
    assert sorted(provider.check(ATTACHMENT, inputs).paths) == paths


@pytest.mark.parametrize(
    ("inputs", "paths"),
    [
        ({}, ["instances", "spec"]),
        ({"spec": 5, "instances": []}, ["instances", "spec"]),
        ({"spec": {}, "instances": {}, "spce": 1}, ["spce", "spec.group"]),
        ({"spec": {"group": "db", "members": 3}, "instances": {}}, ["spec.cloud"]),
        ({"spec": {"group": "db", "members": 3, "cloud": {"kind": 7}}, "instances": {}}, ["spec.cloud.kind"]),
        ({"spec": {"group": "db", **GOOD}, "instances": {"db-0": 5}}, ["instances.db-0"]),
    ],
)
def test_wrong_inputs_of_a_verification_are_refused(
    provider: Asking, inputs: Plain, paths: list[str]
) -> None:
    assert sorted(provider.check(VERIFICATION, inputs).paths) == paths
