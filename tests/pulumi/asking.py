"""The engine's calls about resources, in plain values and over real gRPC, without the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from engine_side import LittleEngine, little_engine, served

from pulumi_antiaffinity.codec import Plain, decode, encode
from pulumi_antiaffinity.failures import DETAILS
from pulumi_antiaffinity.logs import Log
from pulumi_antiaffinity.messages import provider_pb2 as pb
from pulumi_antiaffinity.messages import provider_pb2_grpc, status_pb2
from pulumi_antiaffinity.servicer import Servicer

GROUP = "antiaffinity:index:Group"
ATTACHMENT = "antiaffinity:index:Attachment"
VERIFICATION = "antiaffinity:index:Verification"


class Checked(NamedTuple):
    """What Check answered: the inputs, and (path, reason) of each failure."""

    inputs: Plain
    failures: list[tuple[str, str]]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.failures]


class Made(NamedTuple):
    """A resource as an operation left it."""

    id: str
    inputs: Plain
    state: Plain


class Refused(Exception):
    """The call ended with a status; ``saved`` is what the engine keeps all the same."""

    def __init__(self, error: Any) -> None:
        super().__init__(f"{error.code().name}: {error.details()}")
        self.code: grpc.StatusCode = error.code()
        self.text = str(error.details())
        self.saved = next(map(_saved, _details(error)), None)


def _details(error: Any) -> Iterator[bytes]:
    yield from (value for key, value in error.trailing_metadata() or () if key == DETAILS)


def _saved(packed: bytes) -> pb.ErrorResourceInitFailed:
    status = status_pb2.Status.FromString(packed)
    failed = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    return failed


class Asking:
    """One provider instance, asked as the engine asks it."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub, engine: LittleEngine) -> None:
        self.stub, self.engine = stub, engine
        self._settings: dict[str, Any] = {}

    @property
    def said(self) -> list[str]:
        """What the user was told so far."""
        return [told.message for told in self.engine.logs]

    def configure(self, **settings: Any) -> None:
        """The beginning of an operation."""
        self._settings = settings
        _call(self.stub.Configure, pb.ConfigureRequest(args=encode(settings)))

    def check_config(self, settings: Mapping[str, Any]) -> Checked:
        return _checked(_call(self.stub.CheckConfig, pb.CheckRequest(news=encode(settings))))

    def diff_config(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        request = pb.DiffRequest(old_inputs=encode(old), olds=encode(old), news=encode(new))
        return _call(self.stub.DiffConfig, request)

    def check(
        self, type_: str, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "db"
    ) -> Checked:
        request = pb.CheckRequest(news=encode(inputs), olds=encode(olds or {}), **_who(type_, name))
        return _checked(_call(self.stub.Check, request))

    def accepted(self, type_: str, inputs: Mapping[str, Any], name: str = "db") -> Plain:
        """Checked inputs that nothing is wrong with."""
        found = self.check(type_, inputs, name=name)
        assert found.failures == []
        return found.inputs

    def diff(self, made: Made, new: Mapping[str, Any], type_: str = GROUP, ignore: Sequence[str] = ()) -> Any:
        request = pb.DiffRequest(
            id=made.id,
            olds=encode(made.state),
            old_inputs=encode(made.inputs),
            news=encode(new),
            ignoreChanges=ignore,
            **_who(type_),
        )
        return _call(self.stub.Diff, request)

    def create(
        self,
        type_: str,
        inputs: Mapping[str, Any],
        preview: bool = False,
        timeout: float = 0,
        name: str = "db",
    ) -> Made:
        who = _who(type_, name)
        request = pb.CreateRequest(properties=encode(inputs), preview=preview, timeout=timeout, **who)
        answer = _call(self.stub.Create, request)
        return Made(answer.id, dict(inputs), decode(answer.properties))

    def made(self, type_: str, inputs: Mapping[str, Any], name: str = "db") -> Made:
        """A new resource, from Check to Create."""
        return self.create(type_, self.accepted(type_, inputs, name), name=name)

    def update(self, made: Made, new: Mapping[str, Any], type_: str = GROUP, preview: bool = False) -> Made:
        request = pb.UpdateRequest(
            id=made.id,
            olds=encode(made.state),
            old_inputs=encode(made.inputs),
            news=encode(new),
            preview=preview,
            **_who(type_),
        )
        answer = _call(self.stub.Update, request)
        return Made(made.id, dict(new), decode(answer.properties))

    def read(self, id_: str, made: Made | None = None, type_: str = GROUP) -> Made | None:
        """Refresh what is ``made``, or import by its id; None where the answer says that it is gone."""
        request = pb.ReadRequest(id=id_, **_who(type_))
        if made:
            request.inputs.CopyFrom(encode(made.inputs))
            request.properties.CopyFrom(encode(made.state))
        answer = _call(self.stub.Read, request)
        if not answer.HasField("properties"):
            assert (answer.id, answer.HasField("inputs")) == ("", False)
            return None
        return Made(answer.id, decode(answer.inputs), decode(answer.properties))

    def delete(self, made: Made, type_: str = GROUP, timeout: float = 0) -> None:
        """Delete it in an operation of its own, as ``pulumi destroy`` does."""
        self.configure(**self._settings)
        self.delete_too(made, type_, timeout)

    def delete_too(self, made: Made, type_: str = GROUP, timeout: float = 0, name: str = "db") -> None:
        """Delete it in the operation that goes on, as an update does with what it replaced or dropped."""
        request = pb.DeleteRequest(
            id=made.id,
            properties=encode(made.state),
            old_inputs=encode(made.inputs),
            timeout=timeout,
            **_who(type_, name),
        )
        _call(self.stub.Delete, request)

    def invoke(self, function: str, **arguments: Any) -> tuple[Plain, list[tuple[str, str]]]:
        request = pb.InvokeRequest(tok=f"antiaffinity:index:{function}", args=encode(arguments))
        answer = _call(self.stub.Invoke, request)
        return decode(getattr(answer, "return")), [(one.property, one.reason) for one in answer.failures]


@contextmanager
def asking() -> Iterator[Asking]:
    """The real servicer behind real gRPC, and an engine that only listens."""
    with little_engine() as engine:
        log = Log()
        log.dial(engine.address)
        with served(Servicer(log)) as stub:
            yield Asking(stub, engine)
        log.close()


def inventory(hosts: int) -> str:
    """So many hosts in two zones."""
    return "hosts:\n" + "".join(f"- {{name: h{n}, zone: z{n % 2}}}\n" for n in range(hosts))


@contextmanager
def on_a_pool(folder: Path, hosts: int = 6) -> Iterator[Asking]:
    """The same with the inventories of two pools in a folder: that of the project, where the tests are."""
    for pool in ("hosts", "others"):
        (folder / f"{pool}.yaml").write_text(inventory(hosts))
    with asking() as provider:
        yield provider


def _call(method: Any, request: Any) -> Any:
    try:
        return method(request)
    except grpc.RpcError as error:
        raise Refused(error) from None


def _who(type_: str, name: str = "db") -> dict[str, Any]:
    return {"urn": f"urn:pulumi:test::shop::{type_}::{name}", "type": type_, "name": name}


def _checked(answer: Any) -> Checked:
    failures = [(one.property, one.reason) for one in answer.failures]
    return Checked(decode(answer.inputs), failures)
