"""What some stand-ins need besides: functions that programs call, and resources that are state alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_antiaffinity.codec import UNKNOWN, decode, encode, reveal
from pulumi_antiaffinity.messages import provider_pb2
from real.plugins.stand_in import Plugin, Resource, Values, told

Function = Callable[[Values], Values]
"""From a function's arguments to its result."""


class InvokedPlugin(Plugin):
    """The provider `package`: its resources and its functions by their tokens."""

    def __init__(
        self,
        package: str,
        version: str,
        resources: Mapping[str, Resource],
        functions: Mapping[str, Function],
    ) -> None:
        super().__init__(package, version, resources)
        self.functions = functions

    @told
    def Invoke(self, request: Any, context: Any) -> Any:
        answer = provider_pb2.InvokeResponse()
        found = encode(self.functions[request.tok](reveal(decode(request.args))))
        getattr(answer, "return").CopyFrom(found)
        return answer


class Plain:
    """A resource beside the machines, which no fake cloud plays: it exists in Pulumi's state alone."""

    computed = frozenset[str]()
    replaces = frozenset[str]()
    mixes = False

    def __init__(self, **inputs: Values) -> None:
        self.schema: Values = {"inputProperties": inputs, "properties": inputs, "required": []}

    def configure(self, settings: Values) -> None:
        """Nothing is asked of anybody."""

    def planned(self, inputs: Values, outputs: Values) -> Values:
        return {**inputs, "name": outputs.get("name", UNKNOWN)}

    def create(self, urn: str, inputs: Values) -> tuple[str, Values]:
        name = urn.rsplit("::", 1)[1]
        return name, {"name": name, **inputs}

    def read(self, id_: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return inputs, outputs

    def drifted(self, news: Values, outputs: Values) -> list[str]:
        return []

    def update(self, id_: str, urn: str, outputs: Values, olds: Values, news: Values) -> Values:
        return {**outputs, **news}

    def delete(self, id_: str, outputs: Values) -> None:
        """Nothing is there."""
