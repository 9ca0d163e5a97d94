"""The protobuf messages and gRPC stubs of the Pulumi SDK, imported without the rest of it.

``import pulumi`` takes longer than a whole start of the plugin should, and the engine gives a plugin
ten seconds; the generated modules themselves need only grpc and protobuf. Where the SDK is loaded
already (a program, a test) its own modules are used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

PACKAGES = {"pulumi": "", "pulumi.runtime": "/runtime", "pulumi.runtime.proto": "/runtime/proto"}


@contextmanager
def _without_the_sdk() -> Iterator[None]:
    """Bare packages stand for the SDK's own, whose ``__init__`` would load everything."""
    if "pulumi" in sys.modules:
        yield
        return
    spec = find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the Pulumi SDK is not installed: pip install 'antiaffinity[pulumi]'")
    for name, folder in PACKAGES.items():
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [f"{where}{folder}" for where in spec.submodule_search_locations]
    try:
        yield
    finally:
        for name in PACKAGES:
            del sys.modules[name]


with _without_the_sdk():
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

MOST_BYTES = 400 * 1024 * 1024
"""Of one message, as in the SDK: a state may be large."""

CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MOST_BYTES),
    ("grpc.max_send_message_length", MOST_BYTES),
]

__all__ = [
    "CHANNEL_OPTIONS",
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
