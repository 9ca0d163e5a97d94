"""A plugin whose operations take as long as they are told: what the tests of the process start.

Started as ``toy_plugin.py PACE [what the engine passes]``: PACE is JSON that says which of the
server's times are others, ``{"GLANCE": 0.05}``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty

from pulumi_antiaffinity import server
from pulumi_antiaffinity.logs import Log
from pulumi_antiaffinity.messages import plugin_pb2, provider_pb2, provider_pb2_grpc


class Toy(provider_pb2_grpc.ResourceProviderServicer):
    """Create takes ``timeout`` seconds and writes down its begin and its end in the folder ``name``."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def GetPluginInfo(self, request: Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="1.2.3")

    def Cancel(self, request: Empty, context: Any) -> Empty:
        return Empty()

    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        folder = Path(request.name)
        (folder / "begun").touch()
        self.log.info(f"creating {folder.name}", request.urn)
        print("a careless SDK prints")
        time.sleep(request.timeout)
        (folder / "done").touch()
        return provider_pb2.CreateResponse(id="a-toy", properties=request.properties)


if __name__ == "__main__":
    for name, seconds in json.loads(sys.argv[1]).items():
        setattr(server, name, seconds)
    server._exit(server.serve(sys.argv[2:], Toy))
