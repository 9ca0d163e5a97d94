"""The Pulumi plugin's first answer beside the import of what it must import."""

from __future__ import annotations

import subprocess
import sys

import grpc
from google.protobuf.empty_pb2 import Empty

from benchmarks.measure import paired, process
from benchmarks.table import AtMost, Row
from pulumi_antiaffinity.messages import provider_pb2_grpc

PLUGIN = (sys.executable, "-c", "from pulumi_antiaffinity.server import main; main()")


def plugin_start(rounds: int) -> list[Row]:
    """From the start of the process to the answer of the first call."""
    bare = "python -c 'import grpc'"
    [ratio] = paired(rounds, process(sys.executable, "-c", "import grpc"), _first_answer)
    return [Row("the Pulumi plugin's first answer", bare, ratio, AtMost(3))]


def _first_answer() -> None:
    with subprocess.Popen(PLUGIN, stdout=subprocess.PIPE) as plugin:
        assert plugin.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(plugin.stdout.readline())}") as channel:
                provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())
        finally:
            plugin.kill()
