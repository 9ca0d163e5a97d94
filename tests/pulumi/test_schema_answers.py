"""The provider answers what the schema says: every key, each of its type, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_side import served
from google.protobuf.struct_pb2 import Struct
from schema_text import FUNCTIONS, RESOURCES, unlike

from antiaffinity.testing import Place, World
from antiaffinity.testing.openstack import FakeOpenStack
from pulumi_antiaffinity.codec import Plain, decode, encode, reveal
from pulumi_antiaffinity.logs import Log
from pulumi_antiaffinity.messages import provider_pb2
from pulumi_antiaffinity.servicer import Servicer

Launch = Callable[[Plain], str]


@pytest.fixture(params=["pool", "openstack"])
def cloud(request: pytest.FixtureRequest) -> Any:
    """The settings of a cloud, and a launch on it by a placement."""
    return request.getfixturevalue(f"on_{request.param}")


@pytest.fixture
def on_pool(tmp_path: Path) -> tuple[Plain, Launch]:
    (tmp_path / "hosts.yaml").write_text("hosts: [{name: h1, zone: z1}, {name: h2, zone: z2}]")
    return {"kind": "pool", "inventory": str(tmp_path / "hosts.yaml")}, lambda placement: "vm-0"


@pytest.fixture
def on_openstack(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Plain, Launch]]:
    with FakeOpenStack(World([Place("h1"), Place("h2")])) as cloud:
        for key, value in cloud.env.items():
            monkeypatch.setenv(key, value)
        create_server = cloud.connection().compute.create_server

        def launch(placement: Plain) -> str:
            own = {**cloud.machine, "metadata": placement["arguments"]["metadata"]}
            hints = {"group": placement["groups"][0]}
            return str(create_server(name=placement["member"], scheduler_hints=hints, **own).id)

        yield {"kind": "openstack", "cloud": "demo"}, launch


@pytest.fixture
def stub() -> Iterator[Any]:
    with served(Servicer(Log())) as stub:
        stub.Configure(provider_pb2.ConfigureRequest())
        yield stub


def made(stub: Any, name: str, inputs: Plain) -> Plain:
    """What becomes of a resource of these inputs."""
    urn = f"urn:pulumi:prod::shop::antiaffinity:index:{name}::db"
    checked = stub.Check(provider_pb2.CheckRequest(urn=urn, news=encode(inputs)))
    assert not checked.failures, checked.failures
    answer = stub.Create(provider_pb2.CreateRequest(urn=urn, properties=checked.inputs))
    return {**decoded(answer.properties), "id": answer.id}


def asked(stub: Any, name: str, arguments: Plain) -> Plain:
    answer = stub.Invoke(provider_pb2.InvokeRequest(tok=f"antiaffinity:index:{name}", args=encode(arguments)))
    assert not answer.failures, answer.failures
    return decoded(getattr(answer, "return"))


def decoded(properties: Struct) -> Plain:
    plain: Plain = reveal(decode(properties))
    return plain


def differences(name: str, made: Plain) -> list[str]:
    """Where a resource's state is not what the schema says."""
    one, state = RESOURCES[name], {key: value for key, value in made.items() if key != "id"}
    return [*unlike(state, one["properties"], one["required"], name)]


def test_the_provider_answers_what_the_schema_says(stub: Any, cloud: tuple[Plain, Launch]) -> None:
    settings, launch = cloud
    rules = ["anti-affinity", {"spread": {"level": "zone", "hard": False}}]
    group = made(stub, "Group", {"members": 2, "rules": rules, "cloud": settings})
    assert differences("Group", group) == []
    place = group["placements"]["db-0"]
    machine = {"group": group["id"], "member": "db-0", "instance": launch(place), "cloud": settings}
    attachment = made(stub, "Attachment", {**machine, "placement": place})
    assert differences("Attachment", attachment) == []
    attached = {"spec": group["spec"], "instances": {"db-0": machine["instance"]}}
    assert differences("Verification", made(stub, "Verification", attached)) == []


def test_a_function_answers_what_the_schema_says(stub: Any, cloud: tuple[Plain, Launch]) -> None:
    inputs = {"members": 2, "rules": "anti-affinity", "cloud": cloud[0]}
    assert function_differences("plan", asked(stub, "plan", inputs)) == []
    spec = made(stub, "Group", inputs)["spec"]
    assert function_differences("explain", asked(stub, "explain", {"spec": spec, "member": "db-1"})) == []


def function_differences(name: str, answer: Plain) -> list[str]:
    outputs = FUNCTIONS[name]["outputs"]
    return [*unlike(answer, outputs["properties"], outputs["required"], name)]
