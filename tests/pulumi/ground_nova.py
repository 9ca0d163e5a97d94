"""The real Nova as a ground: servers by the published package, seen and moved by an admin."""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha224

from life import GROUP, OWNER, Machine

from antiaffinity.model import MARKS, GroupKey, Native
from antiaffinity.planner.answer import Plan
from antiaffinity_openstack.backend import connect
from real.nova import Nova
from real.pulumi_rig import Workspace

MOVED_WITHIN = 30.0  # seconds


class OpenStack:
    """As many hosts of a box as a test needs."""

    kind = "openstack"
    in_place = side_by_side = False
    files: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    cloud: Mapping[str, str] = {"kind": "openstack"}

    def __init__(self, nova: Nova, hosts: int = 6) -> None:
        self.nova, self.hosts = nova, nova.hosts[:hosts]
        self.env: Mapping[str, str] = nova.env()
        self._admin = nova.connect("admin")
        self._project = nova.connect("demo").current_project_id
        for host in nova.hosts[hosts:]:
            nova.disable_host(host)

    def machines(self, space: Workspace) -> list[tuple[str, Machine]]:
        servers = self._admin.compute.servers(all_projects=True)
        ours = [server for server in servers if server.metadata.get(MARKS[1]) == GROUP]
        return sorted(
            (server.metadata[MARKS[2]], Machine(server.id, server.compute_host or "nowhere"))
            for server in ours
        )

    def natives(self) -> list[str]:
        """Policy and id of every server group of every project."""
        groups = self._admin.compute.server_groups(all_projects=True)
        return [f"{group.policy} {group.id}" for group in groups]

    def prepare(self, space: Workspace, members: list[str]) -> None:
        connection = self.nova.connect("demo")
        key = GroupKey(OWNER, GROUP)
        backend = connect(connection, {})
        backend.prepare(key, Plan(placements=(), natives=(Native("host", "anti-affinity", True, 1),)), {})

    def left(self, space: Workspace) -> list[str]:
        servers = self._admin.compute.servers(all_projects=True)
        return [server.name for server in servers] + self.natives()

    def move(self, space: Workspace, member: str, host: str) -> None:
        """Migrated live to a host that the operator names, past the scheduler."""
        self.nova.allow_breaks()
        id_ = dict(self.machines(space))[member].instance
        self._admin.compute.live_migrate_server(id_, host=host, force=True, block_migration=False)
        deadline = time.monotonic() + MOVED_WITHIN
        while not self._settled(id_, host):
            assert time.monotonic() < deadline, f"{member} is not on {host}"
            time.sleep(0.2)

    def _settled(self, id_: str, host: str) -> bool:
        server = self._admin.compute.get_server(id_)
        return server.status == "ACTIVE" and server.task_state is None and server.compute_host == host

    def seen_as(self, host: str) -> str:
        """Nova's hostId (https://docs.openstack.org/api-ref/compute/#show-server-details)."""
        return sha224(f"{self._project}{host}".encode()).hexdigest()

    def terminate(self, space: Workspace, member: str) -> None:
        server = self._admin.compute.get_server(dict(self.machines(space))[member].instance)
        self._admin.compute.delete_server(server)
        self._admin.compute.wait_for_delete(server, interval=0.2)
