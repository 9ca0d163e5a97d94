"""A Pulumi program in this process: its resources are answered by the real servicer, without the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pulumi
from asking import Asking, Refused
from pulumi.runtime import Mocks, mocks, set_mocks
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_TEXT

from pulumi_antiaffinity.codec import SECRET, SIGNATURE, UNKNOWN, Plain, Secret


class _Refused(grpc.RpcError):
    """A call that ended with a status, as the SDK takes it."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused

    def code(self) -> grpc.StatusCode:
        return self.refused.code

    def details(self) -> str:
        return self.refused.text


class Answering(Mocks):
    """Stands for the engine; ``made`` are the inputs of each resource by its name."""

    def __init__(self, provider: Asking, preview: bool) -> None:
        self.provider, self.preview = provider, preview
        self.made: dict[str, Plain] = {}
        self.failures: list[tuple[str, str]] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made[args.name] = _plain(args.inputs)
        if not args.typ.startswith("antiaffinity:"):
            return ("" if self.preview else f"i-{args.name}"), args.inputs
        inputs, failures = self.provider.check(args.typ, self.made[args.name], name=args.name)
        if failures:
            self.failures += failures
            return "", {}
        made = self.provider.create(args.typ, inputs, self.preview)
        return made.id, _wire(made.state)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        try:
            answer, failures = self.provider.invoke(args.token.split(":")[-1], **_plain(args.args))
        except Refused as refused:
            raise _Refused(refused) from refused
        return _wire(answer), failures


def run(
    provider: Asking, program: Callable[[], Any], preview: bool = False, config: dict[str, str] | None = None
) -> tuple[dict[str, Plain], Any]:
    """The inputs of what a program declares, and what the outputs that it returns came to.

    In a preview ``UNKNOWN`` stands where nothing is known yet.
    """
    asyncio.set_event_loop(asyncio.new_event_loop())
    answering = Answering(provider, preview)
    set_mocks(answering, project="shop", stack="test", preview=preview)
    pulumi.runtime.set_all_config(config or {})
    came_to: list[Any] = []

    def body() -> None:
        returned = pulumi.Output.from_input(program())
        returned.apply(lambda value: came_to.append(_known(value)), run_with_unknowns=True)

    awaited: Any = mocks.test
    awaited(body)()
    assert answering.failures == []
    return answering.made, came_to[0]


def _plain(value: Any) -> Any:
    """What the program sent, as the wire has it."""
    if isinstance(value, dict):
        whole = {key: _plain(item) for key, item in value.items()}
        return Secret(whole["value"]) if whole.get(SIGNATURE) == SECRET else whole
    if isinstance(value, list):
        return [_plain(item) for item in value]
    unknown = value == UNKNOWN_TEXT or isinstance(value, pulumi.output.Unknown)
    return UNKNOWN if unknown else value


def _wire(value: Any) -> Any:
    """What the servicer answered, as the SDK reads it."""
    if isinstance(value, dict):
        return {key: _wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_wire(item) for item in value]
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": _wire(value.value)}
    return UNKNOWN_TEXT if value is UNKNOWN else value


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    return UNKNOWN if isinstance(value, pulumi.output.Unknown) else value
