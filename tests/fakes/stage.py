"""One empty OpenStack, real or fake, and what a behaviour does on it: the same words for both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Protocol

from openstack.compute.v2.server import Server
from openstack.compute.v2.server_group import ServerGroup
from openstack.connection import Connection
from openstack.exceptions import SDKException

Lines = list[str]

POLL, PATIENCE = 0.3, 200
"""Seconds between two looks at a server, and looks before one that does not come up is a failure."""

UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")


class Site(Protocol):
    """The cloud under a stage: log-ins, a way to let time go by, and its operator's settings."""

    machine: dict[str, Any]

    def connect(self, user: str) -> Connection:
        """A connection as ``demo``, ``other``, ``demo-admin`` or ``other-admin``."""

    def sleep(self, seconds: float) -> None:
        """Let time go by."""

    def change(self, settings: Mapping[str, object]) -> None:
        """Change settings of nova.conf, named with their section."""


class Stage:
    """A user, somebody of another project, and an operator, on a cloud of four hosts with nothing in it."""

    def __init__(self, site: Site) -> None:
        self.site, self.machine = site, site.machine

    @cached_property
    def user(self) -> Connection:
        return self.site.connect("demo")

    @cached_property
    def other(self) -> Connection:
        return self.site.connect("other")

    @cached_property
    def admin(self) -> Connection:
        return self.site.connect("demo-admin")

    @property
    def project(self) -> str:
        return str(self.user.current_project_id)

    # What the user does

    def group(self, policy: str, name: str = "db", **more: Any) -> ServerGroup:
        return self.user.compute.create_server_group(name=name, policy=policy, **more)

    def post(self, name: str, group: Any = None, conn: Connection | None = None, **own: Any) -> Server:
        """Ask for a server, and wait for nothing."""
        hints = {"scheduler_hints": {"group": getattr(group, "id", group)}} if group else {}
        compute = (conn or self.user).compute
        return compute.create_server(**{"name": name, **self.machine, **hints, **own})

    def boot(self, name: str, group: Any = None, conn: Connection | None = None, **own: Any) -> Server:
        return self.settled(self.post(name, group, conn, **own), conn)

    def row(self, count: int, group: Any = None, prefix: str = "m", **own: Any) -> list[Server]:
        """Boot servers one after the other."""
        return [self.boot(f"{prefix}{number}", group, **own) for number in range(count)]

    def at_once(self, count: int, group: Any) -> list[Server]:
        """Boot servers with requests of their own at the same moment."""
        with ThreadPoolExecutor(count) as pool:
            posted = list(pool.map(lambda number: self.post(f"m{number}", group), range(count)))
        return [self.settled(server) for server in posted]

    def many(self, count: int, group: Any = None, **own: Any) -> list[Server]:
        """Boot servers with one request; in the order of their names."""
        self.post("m", group, **{"min_count": count, "max_count": count, **own})
        ids = [server.id for server in self.user.compute.servers(details=False)]
        servers = [self.settled(self.user.compute.get_server(id_)) for id_ in ids]
        return sorted(servers, key=lambda server: str(server.name))

    def settled(self, server: Server, conn: Connection | None = None) -> Server:
        """The server once it is ACTIVE, or failed and Nova has written why."""
        compute = (conn or self.user).compute
        for _ in range(PATIENCE):
            now = compute.get_server(server.id)
            if now.status == "ERROR" and now.fault:
                return now
            if now.status not in ("BUILD", "ERROR") and now.task_state is None:
                return now
            self.site.sleep(POLL)
        raise TimeoutError(f"{server.name} is still {now.status} ({now.task_state})")

    def delete(self, *servers: Server) -> None:
        """Delete servers, until they are gone."""
        for server in servers:
            self.user.compute.delete_server(server.id)
        gone = {server.id for server in servers}
        for _ in range(PATIENCE):
            if not gone & {server.id for server in self.user.compute.servers(details=False)}:
                return
            self.site.sleep(POLL)
        raise TimeoutError("servers are not gone")

    def ask(self, path: str, version: str = "2.1", method: str = "GET", **body: Any) -> Any:
        """A request without the SDK's help."""
        headers = {"OpenStack-API-Version": f"compute {version}", "Accept": "application/json"}
        return self.user.compute.request(path, method, headers=headers, raise_exc=False, **body)

    # What the operator does

    def zones(self, **zones: Iterable[str]) -> None:
        for zone, hosts in zones.items():
            aggregate = self.admin.compute.create_aggregate(name=zone, availability_zone=zone)
            for host in hosts:
                self.admin.compute.add_host_to_aggregate(aggregate, host)

    def disable(self, *hosts: str) -> None:
        for host in hosts:
            service = next(iter(self.admin.compute.services(host=host, binary="nova-compute")))
            self.admin.compute.disable_service(service)

    def quota(self, **limits: Any) -> None:
        self.admin.compute.update_quota_set(self.project, **limits)

    def force(self, name: str, host: str, group: Any = None) -> Server:
        """Boot a server of the user's project on a host, past the filters."""
        return self.boot(name, group, conn=self.admin, availability_zone=f":{host}")

    def host(self, server: Server) -> str:
        """Where it really is."""
        return str(self.admin.compute.get_server(server.id).compute_host)

    # What is written down

    def states(self, servers: Iterable[Server]) -> str:
        """How many servers are in which status."""
        counts = Counter(str(server.status) for server in servers)
        return ", ".join(f"{counts[status]} {status}" for status in sorted(counts))

    def crowds(self, servers: Iterable[Server]) -> str:
        """How many servers each host in use has, the fullest first, by what their project sees."""
        hosts = Counter(server.host_id for server in servers if server.host_id)
        return f"servers on a host: {sorted(hosts.values(), reverse=True)}"

    def members(self, group: ServerGroup) -> str:
        return f"members: {len(self.user.compute.get_server_group(group.id).member_ids)}"


def fault(server: Server) -> str:
    """A failed server's status and fault."""
    told = server.fault or {}
    return plain(f"{server.status}: {told.get('code')} {told.get('message')}")


def refusal(call: Callable[[], Any]) -> str:
    """What the SDK raises: its class, the status and the cloud's own words."""
    try:
        call()
    except SDKException as error:
        status, details = getattr(error, "status_code", None), getattr(error, "details", None)
        return plain(f"{type(error).__name__} {status}: {details or error}")
    return "no error"


def answer(response: Any) -> str:
    """Status and body of an answer, its keys where it is no error."""
    body = response.json() if response.content else {}
    if response.ok:
        inner: Any = next(iter(body.values()), {})
        return f"{response.status_code} {sorted(inner) if isinstance(inner, dict) else len(inner)}"
    return plain(f"{response.status_code} {body}")


def plain(text: str) -> str:
    """The text without ids and without the address of the cloud."""
    return re.sub(r"http://127\.0\.0\.1:\d+", "<url>", UUID.sub("<id>", text))
