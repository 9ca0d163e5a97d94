"""Each call of the engine is answered as the engine expects it, over real gRPC, on a pool."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from asking import GROUP, Asking, Refused, inventory, on_a_pool
from engine_side import PLUGIN, little_engine, plugin
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from antiaffinity import __version__
from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, encode, known, reveal
from pulumi_antiaffinity.messages import plugin_pb2
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


# About the provider


def test_it_takes_secrets_and_nothing_else_that_is_special(provider: Asking) -> None:
    for answer in (
        provider.stub.Handshake(pb.ProviderHandshakeRequest(engine_address=provider.engine.address)),
        provider.stub.Configure(pb.ConfigureRequest()),
    ):
        fields = {field.name.replace("_", "").lower(): value for field, value in answer.ListFields()}
        fields.pop("supportspreview", None)
        assert fields == {"acceptsecrets": True}
    assert provider.stub.Configure(pb.ConfigureRequest()).supportsPreview


def test_its_version_is_the_librarys(provider: Asking) -> None:
    assert provider.stub.GetPluginInfo(Empty()).version == __version__


@pytest.mark.parametrize("version", [0, 1])
def test_its_schema_is_the_one_that_is_shipped(provider: Asking, version: int) -> None:
    schema = json.loads(provider.stub.GetSchema(pb.GetSchemaRequest(version=version)).schema)
    assert (schema["name"], schema["version"]) == ("antiaffinity", __version__)


def test_a_schema_of_the_future_is_refused(provider: Asking) -> None:
    with pytest.raises(grpc.RpcError, match="no version 7"):
        provider.stub.GetSchema(pb.GetSchemaRequest(version=7))


def test_cancel_is_answered(provider: Asking) -> None:
    assert provider.stub.Cancel(Empty()) == Empty()


@pytest.mark.parametrize("call", ["Construct", "Call", "Parameterize", "GetMapping"])
def test_what_it_does_not_offer_it_says_so(provider: Asking, call: str) -> None:
    request = {"Construct": pb.ConstructRequest, "Call": pb.CallRequest}.get(call)
    request = request or {"Parameterize": pb.ParameterizeRequest, "GetMapping": pb.GetMappingRequest}[call]
    with pytest.raises(grpc.RpcError) as refused:
        getattr(provider.stub, call)(request())
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_another_engine_that_attaches_is_told_from_then_on(provider: Asking) -> None:
    group = provider.made(GROUP, HARD)
    with little_engine() as another:
        provider.stub.Attach(plugin_pb2.PluginAttach(address=another.address))
        provider.diff(group, {**group.inputs, "name": "other"})
        assert ["made anew" in told.message for told in another.logs] == [True]
    assert not any("made anew" in said for said in provider.said)


# Its configuration


def test_a_configuration_of_json_texts_is_taken_and_its_clouds_are_secret(provider: Asking) -> None:
    checked = provider.check_config({"cloud": json.dumps(POOL), "owner": "shop", "version": "1"})
    assert checked.failures == []
    assert checked.inputs == {"cloud": Secret(json.dumps(POOL)), "owner": "shop", "version": "1"}
    provider.configure(**checked.inputs)
    group = provider.made(GROUP, {"members": 2})
    assert group.id == "shop/db"
    assert group.state["spec"]["cloud"] == POOL


def test_a_configuration_of_plain_objects_is_taken_too(provider: Asking) -> None:
    checked = provider.check_config({"cloud": POOL})
    assert (checked.inputs, checked.failures) == ({"cloud": Secret(POOL)}, [])
    provider.configure(**checked.inputs)
    assert provider.made(GROUP, {"members": 2}).state["names"] == ["db-0", "db-1"]


@pytest.mark.parametrize(
    ("settings", "path", "words"),
    [
        ({"clod": POOL}, "clod", "known: cloud, clouds, owner"),
        ({"owner": 7}, "owner", "not a number"),
        ({"owner": " shop"}, "owner", "blank"),
        ({"cloud": "pool"}, "", "cloud: must be an object"),
        ({"cloud": '{"kind": "pool"'}, "", "cloud: must be an object"),
        ({"cloud": "[" * 100_000}, "", "cloud: must be an object"),
        ({"cloud": '{"kind": "pool", "inventory": "\\ud800"}'}, "", "cloud: must be an object"),
        ({"cloud": '{"kind": "pool", "inventory": ' + "9" * 400 + "}"}, "", "cloud: must be an object"),
        ({"cloud": "{}"}, "cloud.kind", "which kind"),
        ({"cloud": '{"kind": ["pool"]}'}, "cloud.kind", "which kind"),
        ({"cloud": '{"kind": "poool"}'}, "cloud.kind", "did you mean 'pool'?"),
        ({"cloud": '{"kind": "pool", "inventry": 1}'}, "cloud.inventry", "did you mean 'inventory'?"),
        ({"clouds": "{}"}, "", "clouds: is empty"),
        ({"clouds": "[]"}, "", "clouds: must be an object"),
        ({"clouds": '{"dc": 7}'}, "clouds.dc", "not a number"),
        ({"clouds": '{"dc": {"kind": "pol"}}'}, "clouds.dc.kind", "'pool'"),
        ({"cloud": POOL, "clouds": {"dc": POOL}}, "", "clouds: give cloud"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_configuration_is_refused_at_its_path(
    provider: Asking, settings: Plain, path: str, words: str
) -> None:
    [(found, reason)] = provider.check_config(settings).failures
    assert found == path
    assert words in reason


@pytest.mark.parametrize("settings", [{}, {"cloud": UNKNOWN}, {"cloud": Secret(UNKNOWN)}, {"clouds": None}])
def test_a_configuration_that_says_nothing_yet_is_taken(provider: Asking, settings: Plain) -> None:
    assert provider.check_config(settings).failures == []


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        ({"cloud": NOVA}, {"cloud": NOVA}, [], []),
        ({"cloud": Secret(NOVA)}, {"cloud": json.dumps(NOVA)}, [], []),
        ({"cloud": NOVA}, {"cloud": {**NOVA, "password": "b"}}, ["cloud"], []),
        ({"cloud": NOVA}, {"cloud": {**NOVA, "region_name": "two"}}, ["cloud"], ["cloud"]),
        ({"cloud": json.dumps(NOVA)}, {"cloud": Secret(json.dumps(POOL))}, ["cloud"], ["cloud"]),
        ({"clouds": {"a": NOVA}}, {"clouds": {"a": POOL}}, ["clouds"], ["clouds"]),
        ({"clouds": {"a": NOVA}}, {"clouds": {"a": NOVA, "b": POOL}}, ["clouds"], []),
        ({}, {"cloud": NOVA}, ["cloud"], []),
        ({"cloud": NOVA}, {}, ["cloud"], []),
        ({"cloud": NOVA}, {"cloud": UNKNOWN}, ["cloud"], []),
        ({"owner": "a"}, {"owner": "b"}, ["owner"], []),
    ],
    ids=str,
)
def test_another_cloud_is_another_provider(
    provider: Asking, old: Plain, new: Plain, changed: list[str], replaces: list[str]
) -> None:
    answer = provider.diff_config(old, new)
    assert (list(answer.diffs), list(answer.replaces)) == (changed, replaces)
    assert answer.changes == (answer.DIFF_SOME if changed else answer.DIFF_NONE)


# Functions


def test_a_plan_is_answered_in_plain_values_and_claims_nothing(provider: Asking) -> None:
    answer, failures = provider.invoke("plan", **HARD)
    assert failures == []
    assert answer["names"] == ["plan-0", "plan-1", "plan-2"]
    assert len({host(one) for one in answer["placements"].values()}) == 3
    assert known(answer)
    assert reveal(answer) == answer
    assert not Path("hosts.ledger.db").exists()


@pytest.mark.parametrize(
    ("function", "arguments", "path", "words"),
    [
        ("plan", {}, "members", "is missing"),
        ("plan", {"members": 3}, "cloud", "name the cloud"),
        ("plan", {**HARD, "ruls": []}, "ruls", "did you mean 'rules'?"),
        ("plan", {**HARD, "group": "db"}, "group", "did you mean 'name'?"),
        ("plan", {**HARD, "cloud": {"kind": []}}, "cloud.kind", "which kind"),
        ("plan", {**HARD, "cloud": '{"password": "x"}'}, "cloud", "not text"),
        ("explain", {}, "spec", "give the Group's output"),
        ("explain", {"spec": 5, "member": "a"}, "spec", "give the Group's output"),
        ("explain", {"spec": {"group": "db", **HARD}}, "member", "give the member's name"),
        ("explain", {"spec": {"group": "db"}, "member": "a"}, "spec.members", "is missing"),
        ("explain", {"spec": {"group": "db", "members": 1}, "member": "a"}, "spec.cloud", "name the cloud"),
    ],
)
def test_wrong_arguments_of_a_function_are_failures(
    provider: Asking, function: str, arguments: Plain, path: str, words: str
) -> None:
    answer, [(found, reason)] = provider.invoke(function, **arguments)
    assert (answer, found) == ({}, path)
    assert words in reason


def test_a_function_that_there_is_not_is_refused(provider: Asking) -> None:
    with pytest.raises(Refused, match="no function antiaffinity:index:plann"):
        provider.invoke("plann")


# What is no message, and what is large


def nested(levels: int) -> bytes:
    """A Check of lists in lists; protobuf itself refuses to build the deepest."""
    value = Value(number_value=1).SerializeToString()
    for _ in range(levels):
        value = field(Value.LIST_VALUE_FIELD_NUMBER, field(ListValue.VALUES_FIELD_NUMBER, value))
    entry = field(1, b"members") + field(2, value)
    request = pb.CheckRequest(urn=f"urn:pulumi:test::shop::{GROUP}::db")
    news = field(pb.CheckRequest.NEWS_FIELD_NUMBER, field(Struct.FIELDS_FIELD_NUMBER, entry))
    return request.SerializeToString() + news


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def test_properties_that_are_nested_too_deeply_are_refused_in_words() -> None:
    with plugin() as running:
        text = '{"a":' * 90 + "1" + "}" * 90  # what is taken here could not come back in a state
        [failure] = running.stub.CheckConfig(pb.CheckRequest(news=encode({"cloud": text}))).failures
        assert failure.reason.startswith("cloud: must be an object")
        check: Any = running.channel.unary_unary("/pulumirpc.ResourceProvider/Check")
        answer = pb.CheckResponse.FromString(check(nested(30)))
        assert [one.property for one in answer.failures] == ["members[0]"]
        for levels in (60, 5000):
            with pytest.raises(grpc.RpcError, match="nested too deeply") as refused:
                check(nested(levels))
            error: Any = refused.value
            assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert running.stub.GetPluginInfo(Empty()).version == __version__, "it still serves"


def test_ten_thousand_members_on_a_hundred_hosts_are_placed(provider: Asking) -> None:
    Path("hosts.yaml").write_text(inventory(100))
    made = provider.made(GROUP, {"cloud": POOL, "members": 10_000, "rules": [{"spread": {"level": "host"}}]})
    counts: dict[str, int] = {}
    for one in made.state["placements"].values():
        counts[host(one)] = counts.get(host(one), 0) + 1
    assert {*counts.values()} == {100}


def test_a_fault_of_ours_says_so_and_shows_no_secret(
    provider: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only patch: a fault that is known would be mended instead."""

    def faulty(*_: object) -> None:
        raise ZeroDivisionError("open-sesame")

    monkeypatch.setattr("pulumi_antiaffinity.groups.Groups.create", faulty)
    cloud = {"kind": "openstack", "password": "open-sesame"}
    inputs = provider.accepted(GROUP, {"cloud": cloud, "members": 1})
    with pytest.raises(Refused, match="a fault in antiaffinity, please report it") as refused:
        provider.create(GROUP, inputs)
    assert refused.value.code is grpc.StatusCode.INTERNAL
    assert "open-sesame" not in f"{refused.value.text} {provider.said}"
    assert any("Traceback" in said for said in provider.said), "for those who run with --debug"


def test_a_crash_writes_no_image_of_the_memory(tmp_path: Path) -> None:
    """Where the system's core_pattern is a file's name, it would be in the project's folder."""
    started = f'ulimit -S -c $(ulimit -H -c); exec {shlex.join(PLUGIN)} "$@"'
    with plugin("sh", "-c", started, "sh", cwd=tmp_path) as running:
        cloud = encode({"cloud": json.dumps({"kind": "openstack", "password": "open-sesame"})})
        running.stub.Configure(pb.ConfigureRequest(args=cloud))
        running.signal(signal.SIGABRT)
        assert running.ended() == -signal.SIGABRT
        assert [*tmp_path.iterdir()] == []
        assert "open-sesame" not in running.stderr
