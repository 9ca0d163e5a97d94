"""The stacks as a reader copies them, each run by the real engine, and where their machines really are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

from real.nova import Nova
from real.pulumi_rig import Workspace

STACKS = Path(__file__).parents[2] / "stacks"
NAMES = sorted(path.parent.name for path in STACKS.glob("*/Pulumi.yaml"))


@contextmanager
def copied(name: str, env: Mapping[str, str] | None = None) -> Iterator[Workspace]:
    """A workspace with a copy of one stack, without what running it in place has left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / name
        copytree(STACKS / name, copy, ignore=ignore_patterns("machines", "*.db*", "__pycache__"))
        with Workspace(copy, env=env) as space:
            yield space


def on_own_hosts(space: Workspace) -> dict[str, str]:
    """The host of each machine that the stack's own command has made."""
    return {path.name: path.parent.name for path in space.folder.glob("machines/*/*")}


def on_nova(nova: Nova) -> dict[str, str]:
    """The host of each server, by its name."""
    hosts = nova.hosts_of()
    return {server.name: hosts[server.id] for server in nova.connect("demo").compute.servers()}
