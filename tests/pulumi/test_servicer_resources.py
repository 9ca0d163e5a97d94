"""A group, its machines and its verdict from Check to Delete, as the engine asks for them, on a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from asking import ATTACHMENT, GROUP, VERIFICATION, Asking, Made, Refused, on_a_pool

from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, known
from pulumi_antiaffinity.messages import provider_pb2 as pb

POOL = {"kind": "pool", "inventory": "hosts.yaml"}
HARD: Plain = {"cloud": POOL, "members": 3, "rules": "anti-affinity"}
NOVA = {"kind": "openstack", "cloud": "prod", "region_name": "one", "password": "a"}
HOSTS = 5


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.chdir(tmp_path)
    with on_a_pool(tmp_path, hosts=HOSTS) as provider:
        yield provider


def host(placement: Plain) -> str:
    return str(placement["domains"]["host"])


def attached(provider: Asking, group: Made, member: str, **other: Any) -> Made:
    """A member's machine, reported."""
    inputs = {
        "group": group.id,
        "member": member,
        "instance": f"i-{member}",
        "placement": group.state["placements"][member],
        "cloud": POOL,
    }
    return provider.made(ATTACHMENT, {**inputs, **other}, member)


def judged(provider: Asking, group: Made, *machines: Made) -> Made:
    instances = {one.inputs["member"]: one.inputs["instance"] for one in machines}
    return provider.made(VERIFICATION, {"spec": group.state["spec"], "instances": instances})


# Check


def test_a_group_is_named_and_owned_by_default(provider: Asking) -> None:
    assert provider.accepted(GROUP, HARD, "web") == {**HARD, "name": "web", "owner": "shop/test"}


def test_a_name_that_the_group_has_stays(provider: Asking) -> None:
    old = {**HARD, "name": "first", "owner": "someone"}
    assert provider.check(GROUP, HARD, old).inputs == old
    assert provider.check(GROUP, {**HARD, "name": "second"}, old).inputs["name"] == "second"


def test_credentials_are_secret_after_the_check(provider: Asking) -> None:
    clouds = {"a": {"kind": "openstack", "password": "open-sesame", "cloud": "prod"}, "b": POOL}
    inputs = {"clouds": clouds, "members": [{"name": "x", "only": {"provider": ["a"]}}]}
    checked = provider.accepted(GROUP, inputs)["clouds"]
    assert checked == {"a": {**clouds["a"], "password": Secret("open-sesame")}, "b": POOL}


def test_what_is_secret_already_is_so_once(provider: Asking) -> None:
    cloud = {"kind": "openstack", "password": Secret("open-sesame")}
    assert provider.accepted(GROUP, {"cloud": cloud, "members": 1})["cloud"] == cloud
    assert provider.accepted(GROUP, {"cloud": Secret(cloud), "members": 1})["cloud"] == Secret(cloud)


def test_a_resource_that_there_is_not_is_refused(provider: Asking) -> None:
    with pytest.raises(Refused, match="no resource antiaffinity:index:Grup here; known: antiaff"):
        provider.check("antiaffinity:index:Grup", {})


# Diff


@pytest.fixture
def group(provider: Asking) -> Made:
    return provider.made(GROUP, HARD)


def test_nothing_changed_is_no_change(provider: Asking, group: Made) -> None:
    answer = provider.diff(group, group.inputs)
    assert answer.changes == answer.DIFF_NONE
    assert (list(answer.diffs), list(answer.stables)) == ([], ["placements"])


@pytest.mark.parametrize(
    ("new", "diffs", "replaces"),
    [
        ({"members": 4}, {"members": "UPDATE"}, []),
        ({"members": UNKNOWN}, {"members": "UPDATE"}, []),
        ({"members": Secret(3)}, {}, []),
        ({"rules": "soft-anti-affinity"}, {"rules": "UPDATE"}, []),
        ({"rules": None}, {"rules": "DELETE"}, []),
        ({"only": {"zone": ["z1"]}}, {"only": "ADD"}, []),
        ({"name": "other"}, {"name": "UPDATE_REPLACE"}, ["name"]),
        ({"owner": "other", "members": 2}, {"owner": "UPDATE_REPLACE", "members": "UPDATE"}, ["owner"]),
        ({"cloud": NOVA}, {"cloud": "UPDATE_REPLACE"}, ["cloud"]),
        ({"cloud": {**POOL, "claim_timeout": 5}}, {"cloud": "UPDATE"}, []),
        ({"cloud": UNKNOWN}, {"cloud": "UPDATE"}, []),
    ],
    ids=str,
)
def test_each_change_is_in_place_or_makes_it_anew(
    provider: Asking, group: Made, new: Plain, diffs: dict[str, str], replaces: list[str]
) -> None:
    wanted = {key: value for key, value in {**group.inputs, **new}.items() if value is not None}
    answer = provider.diff(group, wanted)
    kinds = {path: pb.PropertyDiff.Kind.Name(one.kind) for path, one in answer.detailedDiff.items()}
    assert kinds == diffs
    assert (set(answer.diffs), list(answer.replaces)) == ({*diffs}, replaces)
    assert answer.hasDetailedDiff
    assert answer.deleteBeforeReplace is bool(diffs)
    assert all(one.inputDiff for one in answer.detailedDiff.values())


def test_the_inputs_of_the_program_are_compared_and_not_what_came_of_them(
    provider: Asking, group: Made
) -> None:
    one = group._replace(state={**group.state, "members": 4, "rules": ["affinity"]})
    assert list(provider.diff(one, one.inputs).diffs) == []
    assert list(provider.diff(one, {**one.inputs, "members": 4}).diffs) == ["members"]


def test_what_the_program_ignores_is_no_change(provider: Asking, group: Made) -> None:
    new = {**group.inputs, "members": 4, "rules": [], "name": "other"}
    answer = provider.diff(group, new, ignore=["members", "rules[0].spread", "name"])
    assert answer.changes == answer.DIFF_NONE
    assert list(answer.replaces) == []


def test_another_machine_changes_its_attachment_and_another_member_replaces_it(
    provider: Asking, group: Made
) -> None:
    one = attached(provider, group, "db-0")
    kinds = {}
    for key, value in {"instance": "i-2", "member": "db-1", "group": "shop/test/x", "cloud": UNKNOWN}.items():
        answer = provider.diff(one, {**one.inputs, key: value}, ATTACHMENT)
        kinds[key] = (list(answer.diffs), list(answer.replaces))
    assert kinds == {
        "instance": (["instance"], []),
        "member": (["member"], ["member"]),
        "group": (["group"], ["group"]),
        "cloud": (["cloud"], []),
    }


# Create and Update


def test_a_preview_shows_the_real_plan_and_claims_nothing(provider: Asking) -> None:
    inputs = provider.accepted(GROUP, HARD)
    planned = provider.create(GROUP, inputs, preview=True)
    assert planned.id == ""
    assert not Path("hosts.ledger.db").exists()
    made = provider.create(GROUP, inputs)
    assert made.id == "shop/test/db"
    assert {**made.state, "summary": ""} == {**planned.state, "summary": ""}
    assert len({host(one) for one in made.state["placements"].values()}) == 3


def test_what_is_made_is_all_known(group: Made) -> None:
    assert known(group.state)


def test_a_group_that_grows_keeps_who_is_there_where_it_is(provider: Asking, group: Made) -> None:
    before = {name: host(one) for name, one in group.state["placements"].items()}
    for name in before:
        attached(provider, group, name)
    grown = provider.update(group, {**group.inputs, "members": 5})
    after = {name: host(one) for name, one in grown.state["placements"].items()}
    assert {name: after[name] for name in before} == before
    assert len({*after.values()}) == 5


def test_one_too_many_is_refused_and_the_group_stays_as_it_is(provider: Asking, group: Made) -> None:
    with pytest.raises(Refused, match="no place for db-5") as refused:
        provider.update(group, {**group.inputs, "members": HOSTS + 1})
    assert (refused.value.code, refused.value.saved) == (grpc.StatusCode.RESOURCE_EXHAUSTED, None)
    assert provider.read(group.id, group) == group


def test_a_machine_is_where_it_was_placed(provider: Asking, group: Made) -> None:
    one = attached(provider, group, "db-0")
    assert one.id == "shop/test/db/db-0"
    assert one.state["domains"]["host"] == host(group.state["placements"]["db-0"])


def test_a_member_with_a_slash_has_an_id_that_is_read_back(provider: Asking) -> None:
    inputs = {**HARD, "name": "a/b%", "members": ["x/1", "y%2F2"], "owner": "shop/prod"}
    made = provider.made(GROUP, inputs)
    one = attached(provider, made, "x/1")
    provider.configure(cloud=POOL)
    read = provider.read(one.id, type_=ATTACHMENT)
    assert read
    assert (read.inputs["group"], read.inputs["member"]) == (made.id, "x/1")
    assert read.id == one.id


def test_a_broken_rule_fails_and_is_saved_with_its_machines(provider: Asking, group: Made) -> None:
    placement = group.state["placements"]["db-0"]
    same = {name: {**placement, "member": name} for name in ("db-0", "db-1")}
    machines = [attached(provider, group, name, placement=one) for name, one in same.items()]
    with pytest.raises(Refused, match=r"anti-affinity .* is broken") as refused:
        judged(provider, group, *machines)
    saved = refused.value.saved
    assert saved
    assert saved.id == "shop/test/db/verification"
    assert saved.properties.fields["verdict"].string_value == "broken"
    assert list(saved.reasons) == [refused.value.text]
    assert host(placement) in refused.value.text


def test_a_preview_names_the_machines_that_break_a_rule_and_the_way_out(
    provider: Asking, group: Made
) -> None:
    placement = group.state["placements"]["db-0"]
    for name in ("db-0", "db-1"):
        attached(provider, group, name, placement={**placement, "member": name})
    provider.said.clear()
    provider.update(group, group.inputs, preview=True)
    (told,) = [said for said in provider.said if "is broken" in said]
    assert "db-0, db-1 share host" in told
    assert "pulumi up --replace URN" in told


def test_a_group_that_is_well_is_judged_so(provider: Asking, group: Made) -> None:
    machines = [attached(provider, group, name) for name in group.state["names"]]
    assert judged(provider, group, *machines).state["verdict"] == "promised"


# Read


def test_what_is_as_it_was_is_read_so(provider: Asking, group: Made) -> None:
    one = attached(provider, group, "db-0")
    group = provider.update(group, group.inputs)
    assert provider.read(group.id, group) == group
    assert provider.read(one.id, one, ATTACHMENT) == one


def test_a_machine_that_is_gone_is_read_without_properties(provider: Asking, group: Made) -> None:
    one = attached(provider, group, "db-0")
    provider.delete(one, ATTACHMENT)
    assert provider.read(one.id, one, ATTACHMENT) is None


def test_a_group_is_imported_by_its_id(provider: Asking, group: Made) -> None:
    attached(provider, group, "db-0")
    provider.configure(cloud=POOL)
    read = provider.read(group.id)
    assert read
    assert (read.id, read.inputs["name"], read.inputs["owner"]) == (group.id, "db", "shop/test")
    assert "db-0" in read.inputs["members"]
    assert "rules" in read.state["unread"]


@pytest.mark.parametrize(
    ("type_", "id_"), [(GROUP, "shop/test/nobody"), (ATTACHMENT, "shop/test/nobody/db-0")]
)
def test_what_is_not_there_is_not_imported(provider: Asking, type_: str, id_: str) -> None:
    provider.configure(cloud=POOL)
    assert provider.read(id_, type_=type_) is None


@pytest.mark.parametrize(
    ("type_", "id_", "words"),
    [
        (GROUP, "db", "give <owner>/<name>"),
        (GROUP, "", "give <owner>/<name>"),
        (ATTACHMENT, "db-0", "give <owner>/<name>/<member>"),
        (VERIFICATION, "x/y", "made by the next update"),
    ],
)
def test_an_id_that_is_none_is_refused(provider: Asking, type_: str, id_: str, words: str) -> None:
    provider.configure(cloud=POOL)
    with pytest.raises(Refused, match=words) as refused:
        provider.read(id_, type_=type_)
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("type_", [GROUP, ATTACHMENT])
def test_an_import_without_a_configured_cloud_says_what_is_missing(provider: Asking, type_: str) -> None:
    with pytest.raises(Refused, match="pulumi config set --path antiaffinity:cloud"):
        provider.read("shop/test/db/db-0", type_=type_)


# Delete


def test_deleting_twice_is_fine(provider: Asking, group: Made) -> None:
    one = attached(provider, group, "db-0")
    verification = judged(provider, group, one)
    for made, type_ in ((verification, VERIFICATION), (one, ATTACHMENT), (group, GROUP)):
        provider.delete(made, type_)
        provider.delete(made, type_)
    assert provider.read(one.id, one, ATTACHMENT) is None


def test_a_group_with_a_machine_in_it_is_not_deleted(provider: Asking, group: Made) -> None:
    attached(provider, group, "db-1")
    with pytest.raises(Refused, match=r"db-1[^$]*customTimeouts\.delete") as refused:
        provider.delete(group, timeout=0.1)
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION


# Who may not be where it is


def out_of_service(name: str) -> None:
    file = Path("hosts.yaml")
    hosts = yaml.safe_load(file.read_text())
    for one in hosts["hosts"]:
        one["usable"] = one["name"] != name
    file.write_text(yaml.safe_dump(hosts))


def test_a_preview_a_refresh_and_a_verification_warn_of_a_member_on_a_host_out_of_service(
    provider: Asking, group: Made
) -> None:
    machines = [attached(provider, group, name) for name in group.state["names"]]
    where = host(group.state["placements"]["db-1"])
    out_of_service(where)
    asked: dict[str, Callable[[], object]] = {
        "preview": lambda: provider.update(group, {**group.inputs, "members": 4}, preview=True),
        "refresh": lambda: provider.read(group.id, group),
        "verification": lambda: judged(provider, group, *machines),
    }
    for verb, ask in asked.items():
        before = len(provider.said)
        ask()
        said = "\n".join(provider.said[before:])
        assert f"/{where}, which is out of service" in said, f"{verb}: {said}"
