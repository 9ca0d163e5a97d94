"""`place`, on the real engine: machines that a program has already, in a component and outside, on a pool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from real.pulumi_rig import Workspace, python

HOSTS = "hosts: [{name: h1}, {name: h2}, {name: h3}, {name: h4}]"
PROGRAM = """
import pulumi
import pulumi_antiaffinity as paa
from pulumi_command import local

MAKE = 'mkdir -p machines/${HOST-anywhere} && touch machines/${HOST-anywhere}/$NAME'
BREAK = 'rm machines/${HOST-anywhere}/$NAME'


def machine(name, opts=None):
    return local.Command(name, create=MAKE, delete=BREAK, environment={"NAME": name}, opts=opts)


class Shop(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("shop:index:Shop", name)
        for each in "ab":
            machine(f"{name}-{each}", pulumi.ResourceOptions(parent=self))


group = paa.Group(
    "web", cloud={"kind": "pool", "inventory": "hosts.yaml"}, members=3, rules="anti-affinity")


def onto(member, own):
    return {**own, "environment": {**own["environment"], "HOST": group.arguments(member)["host"]}}


placed = paa.place(group, {"shop-a": "web-0", "shop-b": "web-1", "lone": "web-2"}, onto)
Shop("shop")
machine("lone")
machine("other")
verification = placed.attach()
pulumi.export("verdict", verification.verdict)
"""
MACHINES = ("shop-a", "shop-b", "lone")


def project(main: str = PROGRAM) -> dict[str, str]:
    return {**python(main), "hosts.yaml": HOSTS}  # type: ignore[dict-item]


@pytest.fixture
def space(pulumi_engine: Path) -> Iterator[Workspace]:
    with Workspace(project()) as space:
        yield space


def machines(space: Workspace) -> dict[str, str]:
    return {path.name: path.parent.name for path in space.folder.glob("machines/*/*")}


def test_machines_that_are_there_already_are_placed_attached_and_verified(space: Workspace) -> None:
    space.preview().ok()
    assert machines(space) == {}
    space.up().ok()
    hosts = machines(space)
    assert hosts.pop("other") == "anywhere", "only the machines that are named"
    assert {*hosts} == {*MACHINES}
    assert len({*hosts.values()}) == 3
    assert space.outputs()["verdict"] == "promised"
    assert space.up().ok().changes == {}
    assert space.refresh().ok().changes == {}
    assert space.up().ok().changes == {}


def test_the_group_goes_after_its_machines(space: Workspace) -> None:
    space.up().ok()
    group = space.resources("antiaffinity:index:Group")["web"]["urn"]
    commands = space.resources("command:local:Command")
    assert all(group in commands[name]["dependencies"] for name in MACHINES)
    assert group not in commands["other"].get("dependencies", [])
    done = space.destroy().ok().done
    last = len(done) - 1 - done[::-1].index(("delete", "web"))
    assert all(done.index(("delete", name)) < last for name in MACHINES)
    assert machines(space) == {}


class NoEngine(pulumi.runtime.Mocks):
    """Says where each member goes; errors of a program need no more."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        places = {
            member: {"member": member, "domains": {"host": member}} for member in ("web-0", "web-1", "web-2")
        }
        told = {
            "name": "web",
            "owner": "shop/test",
            "placements": places,
            "spec": {"group": "web", "owner": "o"},
        }
        return args.name, {**args.inputs, **(told if args.typ == "antiaffinity:index:Group" else {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], None]:
        return {}, None


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ('"lone": "web-2"', '"lonely": "web-2"', "no machine lonely was declared"),
        ("placed = paa", 'machine("early")\nplaced = paa', "no machine early was declared"),
        ('"lone": "web-2"', '"lone": "web-3"', "has no member 'web-3'; there are web-0, web-1, web-2"),
        ('"lone": "web-2"', '"lone": "web-1"', "web-1: two machines cannot be one member"),
        ('machine("lone")', 'machine("lone"); paa.Provider("lone")', "two resources are called 'lone'"),
    ],
    ids=["nobody", "declared before", "no member", "twice", "two of a name"],
)
def test_a_machine_that_cannot_be_placed_is_refused_by_name(wrong: str, right: str, told: str) -> None:
    assert wrong in PROGRAM
    program = PROGRAM.replace(wrong, right)
    program = program.replace('"lone": "web-2"', '"early": "web-2"') if "early" in right else program
    pulumi.runtime.settings.set_root_resource(None)  # type: ignore[arg-type]  # the last test's has its transformations
    pulumi.runtime.set_mocks(NoEngine(), project="shop", stack="test")
    with pytest.raises(pulumi.RunError, match=told):
        pulumi.runtime.test(lambda: exec(program, {}))()  # type: ignore[no-untyped-call]


def test_a_resource_is_named_by_its_type_where_two_bear_its_name(space: Workspace) -> None:
    both = PROGRAM.replace('Shop("shop")', 'Shop("shop"); paa.Provider("lone")')
    space.write(project(both.replace('"lone":', '"command:local:Command::lone":')))
    space.up().ok()
    assert len({host for name, host in machines(space).items() if name != "other"}) == 3
