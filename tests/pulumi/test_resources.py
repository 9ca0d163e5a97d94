"""What a Python program holds: names, arguments, a plan; the user's mistakes come as such."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from asking import ATTACHMENT, Asking, on_a_pool
from little_program import run

import pulumi_antiaffinity as paa
from antiaffinity.model import MARKS, Member, Needs
from antiaffinity.policy import Affinity, AntiAffinity, Ha, Spread
from antiaffinity.testing import Place, World
from antiaffinity.testing.openstack import FakeOpenStack
from antiaffinity.testing.vcenter import FakeVCenter
from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret

POOL = {"kind": "pool", "inventory": "hosts.yaml"}
NOVA = {"kind": "openstack", "cloud": "demo"}
DC: Any = {"cloud": None, "clouds": {"dc": POOL}}
AN_ID: Any = lambda name, opts: "i-1"  # noqa: E731 - a launch that returns no resource


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.chdir(tmp_path)
    with on_a_pool(tmp_path, hosts=5) as provider:
        yield provider


@pytest.fixture
def openstack(provider: Asking, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenStack]:
    with FakeOpenStack(World([Place(f"h{n}") for n in range(3)])) as cloud:
        for key, value in cloud.env.items():
            monkeypatch.setenv(key, value)
        yield cloud


def mistake(provider: Asking, program: Callable[[], Any], **more: Any) -> str:
    """What the user is told; a RunError is shown without a traceback."""
    with pytest.raises(pulumi.RunError) as told:
        run(provider, program, **more)
    return str(told.value)


def group(members: Any = 3, **inputs: Any) -> paa.Group:
    return paa.Group("db", members=members, **{"cloud": POOL, **inputs})


later: Any = pulumi.Output.from_input


class Late(pulumi.CustomResource):
    """A resource of another provider, whose id no preview knows."""

    def __init__(self, name: str) -> None:
        super().__init__("other:index:Late", name)


# Names


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ({"members": 2}, ["db-0", "db-1"]),
        ({"members": 2, "group_name": "web"}, ["web-0", "web-1"]),
        ({"members": ["a", {"name": "b"}, Member("c")]}, ["a", "b", "c"]),
        ({"members": ("ü", "日本")}, ["ü", "日本"]),
    ],
)
def test_the_names_are_plain_and_those_of_the_provider(
    provider: Asking, inputs: Plain, names: list[str]
) -> None:
    plain: list[str] = []

    def program() -> Any:
        made = group(**inputs)
        plain.extend(made.names)
        return made.placements

    _, placements = run(provider, program)
    assert plain == names
    assert {*placements} == {*names}


def test_typed_rules_and_modes_are_the_specs_own(provider: Asking) -> None:
    rules = [AntiAffinity("host"), Spread("zone", max_skew=2), "soft-affinity"]
    made, _ = run(provider, lambda: group(rules=rules, ha=Ha("n-plus-m", needed=2, buffer=1), needs=Needs()))
    wrote, *_ = made["db"]["rules"]
    assert wrote["anti-affinity"]["level"] == "host"
    assert made["db"]["ha"]["needed"] == 2
    one, _ = run(provider, lambda: group(rules=Affinity("zone"), group_name="other"))
    assert [*one["db"]["rules"][0]] == ["affinity"]


# Arguments


def test_the_arguments_of_a_member_name_its_place_and_bear_its_mark(provider: Asking) -> None:
    def program() -> Any:
        made = group(rules="anti-affinity")
        return {
            "placements": made.placements,
            "all": [made.arguments(name, tier="web") for name in made.names],
        }

    _, came = run(provider, program)
    hosts = [one["host"] for one in came["all"]]
    assert hosts == [came["placements"][name]["domains"]["host"] for name in ("db-0", "db-1", "db-2")]
    assert len({*hosts}) == 3
    assert [one["labels"][MARKS[2]] for one in came["all"]] == ["db-0", "db-1", "db-2"]
    assert {one["tier"] for one in came["all"]} == {"web"}


def test_own_arguments_may_be_outputs_and_are_joined(openstack: FakeOpenStack, provider: Asking) -> None:
    def program() -> Any:
        made = group(cloud=NOVA, rules="anti-affinity")
        role = pulumi.Output.from_input("db")
        return made.arguments("db-1", metadata={"role": role}, name=role)

    _, arguments = run(provider, program)
    assert arguments["metadata"] == {
        **dict(zip(MARKS, ("shop/test", "db", "db-1"), strict=True)),
        "role": "db",
    }
    assert arguments["name"] == "db"
    assert len(arguments["scheduler_hints"]) == 1


def test_what_is_not_known_yet_does_not_hide_the_rest(openstack: FakeOpenStack, provider: Asking) -> None:
    def program() -> Any:
        made = group(cloud=NOVA, rules="anti-affinity")
        return made.arguments(
            "db-1", metadata={"role": "db"}, key_pair=Late("key").id, image_name="debian-12"
        )

    _, arguments = run(provider, program, preview=True)
    assert arguments["metadata"][MARKS[2]] == "db-1"
    assert arguments["image_name"] == "debian-12"
    assert arguments["scheduler_hints"] is UNKNOWN or arguments["scheduler_hints"][0]["group"] is UNKNOWN
    assert arguments["key_pair"] is UNKNOWN


def test_a_group_of_unknown_inputs_has_its_names_and_unknown_arguments(provider: Asking) -> None:
    def program() -> Any:
        made = group(cloud={**POOL, "inventory": Late("file").id})
        assert made.names == ["db-0", "db-1", "db-2"]
        return made.arguments("db-0", tier="web")

    _, arguments = run(provider, program, preview=True)
    assert arguments["tier"] == "web"
    assert arguments["host"] is UNKNOWN


# Rolled out


class Machine(pulumi.CustomResource):
    """Any provider's."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        super().__init__("cloud:index:Machine", name, inputs, opts)


@pytest.mark.parametrize("preview", [True, False])
def test_every_member_gets_a_machine_an_attachment_and_the_group_a_verdict(
    provider: Asking, preview: bool
) -> None:
    def program() -> Any:
        made = group(rules="anti-affinity")
        machines = paa.roll_out(made, lambda name, opts: Machine(name, opts, **made.arguments(name)))
        return {name: machine.id for name, machine in machines.items()}

    made, ids = run(provider, program, preview=preview)
    assert {*made} == {"db", "db-0", "db-1", "db-2", "db/db-0", "db/db-1", "db/db-2"}
    assert len({made[name]["host"] for name in ids}) == 3
    if not preview:
        assert ids == {f"db-{n}": f"i-db-{n}" for n in range(3)}
        provider.configure(cloud=POOL)
        read = provider.read("shop/test/db/db-1", type_=ATTACHMENT)
        assert read
        assert (read.inputs["instance"], read.state["domains"]["host"]) == ("i-db-1", made["db-1"]["host"])


@pytest.fixture
def vcenter(provider: Asking, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVCenter]:
    with FakeVCenter(World([Place(f"h{n}", zone="c1") for n in range(3)])) as cloud:
        for key, value in cloud.env.items():
            monkeypatch.setenv(key, value)
        yield cloud


class Vm(Machine):
    """A machine that its cloud knows by another id than the engine."""

    @property
    @pulumi.getter
    def moid(self) -> pulumi.Output[str]:
        return pulumi.get(self, "moid")  # type: ignore[no-any-return]


def test_a_machine_is_attached_by_the_id_that_its_cloud_has(vcenter: FakeVCenter, provider: Asking) -> None:
    made_options: list[Any] = []

    def boot(name: str, opts: pulumi.ResourceOptions, made: paa.Group) -> Vm:
        made_options.append(opts.ignore_changes)
        return Vm(name, opts, moid=f"vm-{name}", **made.arguments(name))

    def program() -> None:
        made = group(cloud={"kind": "vcenter"}, rules="anti-affinity")
        paa.roll_out(made, lambda name, opts: boot(name, opts, made))

    made, _ = run(provider, program, preview=True)
    assert made["db/db-1"]["instance"] == "vm-db-1"
    assert made_options == [["hostSystemId"]] * 3, "a machine that its cloud moves is no change"


def test_a_machine_that_does_not_tell_that_id_is_refused(vcenter: FakeVCenter, provider: Asking) -> None:
    told = mistake(provider, lambda: paa.roll_out(group(cloud={"kind": "vcenter"}), Machine))
    assert "the machine of db-0 is a Machine, which has no output 'moid', by which vCenter knows it" in told


# Where the cloud is said


def test_a_provider_sends_its_clouds_as_secret_text(provider: Asking) -> None:
    def program() -> Any:
        dc = paa.Provider("dc", cloud=POOL, owner="someone")
        made = paa.Group("db", members=2, opts=pulumi.ResourceOptions(provider=dc))
        return [dc.kinds, made.names, sorted(made.arguments("db-0"))]

    provider.configure(cloud=POOL, owner="someone")
    made, (kinds, _, keys) = run(provider, program)
    assert (kinds, keys) == ({"": "pool"}, ["host", "labels"])
    assert made["dc"]["cloud"] == Secret(json.dumps(POOL))
    assert made["db"] == {"members": 2}


def test_the_stacks_configuration_names_the_cloud_too(provider: Asking) -> None:
    provider.configure(cloud=POOL)
    config = {"antiaffinity:cloud": json.dumps(POOL)}
    _, keys = run(provider, lambda: sorted(paa.Group("db", members=1).arguments("db-0")), config=config)
    assert keys == ["host", "labels"]


# A plan


def test_a_plan_is_told_while_the_program_runs(provider: Asking) -> None:
    told: list[Plain] = []
    run(provider, lambda: told.append(paa.plan(members=3, rules=AntiAffinity("host"), cloud=POOL)))
    assert [*told[0]["placements"]] == told[0]["names"] == ["plan-0", "plan-1", "plan-2"]
    assert len({one["domains"]["host"] for one in told[0]["placements"].values()}) == 3


def test_an_estates_plan_says_where_to_pin_each_member(provider: Asking) -> None:
    clouds = {"dc": POOL, "eu": {**POOL, "inventory": "others.yaml"}}

    def program() -> Any:
        rules = [AntiAffinity("provider")]
        told = paa.plan(members=2, rules=rules, clouds=clouds)
        members = [
            {"name": name, "only": {"provider": [told["placements"][name]["cloud"]]}}
            for name in told["names"]
        ]
        made = paa.Group("db", members=members, rules=rules, clouds=clouds)
        return [made.arguments(name) for name in made.names], made.placements

    _, (arguments, placements) = run(provider, program)
    assert {one["cloud"] for one in placements.values()} == {"dc", "eu"}
    assert all(one["host"] for one in arguments)


@pytest.mark.parametrize(
    "lists",
    [
        {"only": {"zone": [later("z1")]}},
        {"never": {"zone": [later("z0")]}},
        {"members": [{"name": "db-0", "only": {"zone": [later("z1")]}}]},
        {"members": [{"name": "db-0", "stay": {"zone": later("z1")}}]},
    ],
    ids=["only", "never", "only of a member", "stay of a member"],
)
def test_what_is_known_later_inside_lists_of_places_is_heeded(provider: Asking, lists: Plain) -> None:
    _, arguments = run(provider, lambda: group(**{"members": 1, **lists}).placement("db-0"))
    assert arguments["domains"]["zone"] == "z1"


@pytest.mark.parametrize("asks", [paa.Group.placement, paa.Group.arguments], ids=["placement", "arguments"])
def test_a_member_that_the_group_has_no_placement_of_is_named_with_the_reason(
    provider: Asking, asks: Callable[..., Any]
) -> None:
    def program() -> Any:
        made = group(members=["a"])
        made._inputs["members"] = ["b"]  # as an alias, --target or ignore_changes leave it
        return asks(made, "b")

    assert "db has no placement of b: the Group has a, as in its state" in mistake(provider, program)


@pytest.mark.parametrize(("opts", "first"), [(None, True), (False, False), (True, True)], ids=str)
def test_a_group_is_deleted_before_it_is_made_anew_unless_its_options_say_otherwise(
    provider: Asking, opts: bool | None, first: bool
) -> None:
    seen: list[bool | None] = []

    def see(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.opts.delete_before_replace)

    def program() -> Any:
        options = pulumi.ResourceOptions(delete_before_replace=opts, transformations=[see])
        return paa.Group("db", members=1, cloud=POOL, opts=options).names

    run(provider, program)
    assert seen == [first]


# Mistakes


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: group(members="3").names, "members: expected a number"),
        (lambda: group(members=0).names, "members: must be at least 1"),
        (lambda: group(members=["a", "a"]).names, "members[1]: 'a' is members[0] already"),
        (lambda: group(members=pulumi.Output.from_input(3)).names, "db: members must be a plain value"),
        (lambda: group(only=pulumi.Output.from_input({})).names, "db: only must be a plain value"),
        (lambda: group(only=["z1"]).names, "only: expected a mapping"),
        (lambda: group(members=[later("a")]).names, "db: members[0] must be a plain value"),
        (lambda: group(members=[{"name": later("a")}]).names, "db: members[0].name must be a plain value"),
        (
            lambda: group(**DC, only={"provider": [later("dc")]}).names,
            "db: only.provider must be a plain value",
        ),
        (
            lambda: group([{"name": "a", "only": {"provider": later(["dc"])}}], **DC).names,
            "db: members[0].only.provider must be a plain value",
        ),
        (lambda: group().arguments("db-3"), "db has no member 'db-3'; there are db-0, db-1, db-2"),
        (lambda: group().placement("db-3"), "db has no member 'db-3'"),
        (lambda: group().arguments("db-0", host="h1"), "host: 'h1'"),
        (lambda: group(cloud="pool").arguments("db-0"), "db: the kind of its cloud must be known"),
        (lambda: group(cloud=None).arguments("db-0"), "db: the kind of its cloud must be known"),
        (lambda: group(cloud=pulumi.Output.from_input(POOL)).arguments("db-0"), "must be known"),
        (lambda: group(cloud={"kind": "pol"}).arguments("db-0"), "unknown kind 'pol': did you mean 'pool'?"),
        (
            lambda: group(cloud=None, clouds={"dc": POOL, "eu": POOL}).arguments("db-0"),
            "db-0: pin it to one cloud, e.g. only: {provider: [dc]}; plan() tells which",
        ),
        (
            lambda: paa.roll_out(group(), AN_ID),
            "must return the machine's resource, not str",
        ),
        (lambda: paa.plan(members=7, rules="anti-affinity", cloud=POOL), "no place for plan-5"),
        (lambda: paa.plan(members=1, cloud={"kind": "pol"}), "did you mean 'pool'?"),
        (lambda: paa.plan(members=1, cloud=POOL, ruls="affinity"), "did you mean 'rules'?"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_told_without_a_traceback(
    provider: Asking, wrong: Callable[[], Any], words: str
) -> None:
    assert words in mistake(provider, wrong)


@pytest.mark.parametrize("text", ["pool", "{", "[]", "7", '"pool"', "null"])
def test_a_configuration_that_is_no_object_is_told_without_a_traceback(provider: Asking, text: str) -> None:
    config = {"antiaffinity:cloud": text}
    told = mistake(provider, lambda: paa.Group("db", members=1).arguments("db-0"), config=config)
    assert told.startswith("antiaffinity:cloud must be an object")
