"""What every stand-in provider plugin does: it serves resources to the engine, as the real plugin would.

Programs use the published SDK of the provider, unchanged; only the process below it is ours. What the
stand-in does not know is refused at Check, so that no test passes because an input was dropped.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, NoReturn, Protocol

import grpc
from google.protobuf import any_pb2, empty_pb2

from pulumi_antiaffinity.codec import Secret, decode, encode, known, reveal, same
from pulumi_antiaffinity.messages import (
    CHANNEL_OPTIONS,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

Values = dict[str, Any]
AT_ONCE = 256
"""Calls at the same time, each on a thread of its own: a slow machine holds nobody up."""
LOOK_EVERY = 0.5  # seconds; for the parent's end


class Failed(Exception):
    """A call that failed; the text is what the user is told."""


class MadeButFailed(Failed):
    """What was made is not as it should be: the engine saves it, and the operation fails."""

    def __init__(self, id_: str, outputs: Values, reason: str) -> None:
        super().__init__(reason)
        self.id, self.outputs = id_, outputs


class Resource(Protocol):
    """One type of resource. Values come and go in plain: what is secret is the plugin's business."""

    schema: Values
    """Of Pulumi's package schema: description, inputProperties, properties, …"""
    computed: frozenset[str]
    """Inputs that a cloud fills in: to take them out of a program changes nothing."""
    replaces: frozenset[str]
    """Inputs whose change needs another machine."""
    mixes: bool
    """Whether a secret input may show in any of the outputs."""

    def configure(self, settings: Values) -> None: ...
    def create(self, urn: str, inputs: Values) -> tuple[str, Values]: ...
    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None: ...
    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values: ...
    def delete(self, id_: str, outputs: Values) -> None: ...
    def planned(self, inputs: Values, outputs: Values) -> Values: ...
    def drifted(self, news: Values, outputs: Values) -> list[str]: ...


Call = Callable[[Any, Any, grpc.ServicerContext], Any]


def told(call: Call) -> Call:
    """Tell the engine of a failure as Go's providers do: status UNKNOWN and the error's text."""

    @functools.wraps(call)
    def serve(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(self, request, context)
        except MadeButFailed as error:
            _abort_made(error, request, context)
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error) or repr(error))

    return serve


def _abort_made(error: MadeButFailed, request: Any, context: grpc.ServicerContext) -> NoReturn:
    inputs = request.properties if isinstance(request, provider_pb2.CreateRequest) else request.news
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=encode(sealed(error.outputs, decode(inputs))),
            reasons=[str(error)],
            inputs=inputs,
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The provider `package`: its resources by their tokens."""

    def __init__(self, package: str, version: str, resources: Mapping[str, Resource]) -> None:
        self.package, self.version, self.resources = package, version, resources

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        schemas = {token: resource.schema for token, resource in self.resources.items()}
        schema = {"name": self.package, "version": self.version, "resources": schemas}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        for resource in self.resources.values():
            resource.configure(reveal(decode(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        """What is null is not said: Terraform's providers are not given it, and fill in what they compute."""
        news = {key: value for key, value in decode(request.news).items() if not same(value, None)}
        resource = self.resources.get(request.type)
        if resource is None:
            failures = [(request.type, "the stand-in has no such resource")]
        else:
            fields = resource.schema["inputProperties"]
            failures = [(key, "the stand-in has no such input") for key in news if key not in fields]
            if "name" in fields:
                news.setdefault("name", request.name)
        return provider_pb2.CheckResponse(
            inputs=encode(news),
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    @told
    def Diff(self, request: Any, context: Any) -> Any:
        resource = self.resources[request.type]
        olds, news = _before(resource, request), decode(request.news)
        changed = {key for key in {*olds, *news} if _changed(resource, key, olds, news)}
        changed -= set(request.ignoreChanges)
        changed |= set(resource.drifted(reveal(news), reveal(decode(request.olds)))) if known(news) else set()
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            diffs=sorted(changed),
            replaces=sorted(changed & resource.replaces),
            detailedDiff={key: _kind(resource, key, olds, news) for key in changed},
            hasDetailedDiff=True,
        )

    @told
    def Create(self, request: Any, context: Any) -> Any:
        resource, inputs = self.resources[request.type], decode(request.properties)
        if request.preview:
            planned = resource.planned(reveal(inputs), {})
            return provider_pb2.CreateResponse(properties=encode(sealed(planned, inputs)))
        id_, outputs = resource.create(request.urn, reveal(inputs))
        outputs = sealed(outputs, inputs, resource.mixes)
        return provider_pb2.CreateResponse(id=id_, properties=encode(outputs))

    @told
    def Read(self, request: Any, context: Any) -> Any:
        resource, inputs, outputs = self._read(request)
        found = resource.read(request.id, reveal(inputs), reveal(outputs))
        if found is None:
            return provider_pb2.ReadResponse()
        is_now, states = found
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=encode(sealed(is_now, inputs)),
            properties=encode(sealed(states, inputs, resource.mixes)),
        )

    def _read(self, request: Any) -> tuple[Resource, Values, Values]:
        return self.resources[request.type], decode(request.inputs), decode(request.properties)

    @told
    def Update(self, request: Any, context: Any) -> Any:
        resource, news = self.resources[request.type], decode(request.news)
        olds, outputs = reveal(decode(request.old_inputs)), reveal(decode(request.olds))
        if request.preview:
            planned = resource.planned(reveal(news), outputs)
            return provider_pb2.UpdateResponse(properties=encode(sealed(planned, news)))
        outputs = resource.update(request.id, request.urn, outputs, olds, reveal(news))
        return provider_pb2.UpdateResponse(properties=encode(sealed(outputs, news, resource.mixes)))

    @told
    def Delete(self, request: Any, context: Any) -> Any:
        self.resources[request.type].delete(request.id, reveal(decode(request.properties)))
        return empty_pb2.Empty()


def _before(resource: Resource, request: Any) -> Values:
    """What news are compared with: what was asked for, and what a cloud fills in as it is."""
    outputs = decode(request.olds)
    return decode(request.old_inputs) | {key: outputs[key] for key in resource.computed & {*outputs}}


def _changed(resource: Resource, key: str, olds: Values, news: Values) -> bool:
    if key not in news:
        return key not in resource.computed
    if key not in olds:
        return True
    return not (_covers(olds[key], news[key]) if key in resource.computed else same(olds[key], news[key]))


def _covers(old: Any, new: Any) -> bool:
    """Whether all that is asked for is so already: a network by its name has an id and an address too."""
    if isinstance(new, dict) and isinstance(old, dict):
        return all(_covers(old.get(key), value) for key, value in new.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(old) == len(new) and all(map(_covers, old, new))
    return same(old, new)


def _kind(resource: Resource, key: str, olds: Values, news: Values) -> Any:
    verb = "ADD" if key not in olds else "DELETE" if key not in news else "UPDATE"
    kind = f"{verb}_REPLACE" if key in resource.replaces else verb
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind), inputDiff=True)


def sealed(outputs: Values, inputs: Values, mixes: bool = False) -> Values:
    """Outputs, secret where the input of the same name is; or all, where a secret may show anywhere."""
    private = {key for key, value in inputs.items() if not same(value, None) and _holds_a_secret(value)}
    hidden = set(outputs) if private and mixes else private
    return {key: Secret(value) if key in hidden else value for key, value in outputs.items()}


def _holds_a_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_a_secret, value.values()))
    return any(map(_holds_a_secret, value)) if isinstance(value, list) else isinstance(value, Secret)


def serve(plugin: Plugin) -> None:
    """Print the port, serve until told to end or until the engine that started this process is gone."""
    server = grpc.server(futures.ThreadPoolExecutor(AT_ONCE), options=CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    stop, parent = threading.Event(), os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    while not stop.wait(LOOK_EVERY) and os.getppid() == parent:
        pass
    server.stop(0)
    os._exit(0)  # a call that waits for a machine must not keep the process
