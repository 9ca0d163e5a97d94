"""A real Nova with fake hypervisors for the tests, and the hands of its operator."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NotRequired, Self, TypedDict, cast

from openstack.compute.v2.server import Server
from openstack.compute.v2.service import Service
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from openstack.exceptions import ConflictException

from real import nova_env

HERE = Path(__file__).parent
READY_WITHIN = 90.0  # seconds; 4 to 6 on an idle machine
GONE_WITHIN = 120.0
SECOND_REQUEST_AFTER = 5.0


class NovaUnavailable(Exception):
    """The box did not start; the text ends with what it printed last."""


class Nova:
    """One box of N hosts, from `with` to its end; every client finds it through `clouds_yaml`.

    Users: `demo` and `other` (members of the project of that name), `demo-admin` and `other-admin` (admins
    whose servers belong to that project), `admin`.
    """

    clouds_yaml: Path
    url: str
    hosts: list[str]

    def __init__(
        self, hosts: int = 6, settings: Mapping[str, object] | None = None, driver: str = ""
    ) -> None:
        self.hosts = [f"host{number}" for number in range(1, hosts + 1)]
        self._options = ["--port", "0", "--hosts", str(hosts), "--until-eof"]
        self._options += [f"--set={option}={value}" for option, value in (settings or {}).items()]
        self._options += [f"--driver={driver}"] if driver else []
        self._hands: dict[str, Connection] = {}
        self._connections: list[Connection] = []

    def __enter__(self) -> Self:
        python = nova_env.ensure()
        self._state = Path(tempfile.mkdtemp(prefix="nova-box-"))
        self.clouds_yaml = self._state / "clouds.yaml"
        self._output = tempfile.TemporaryFile()
        self._box = self._start(python)
        try:
            self.url = self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.close()
        self._stop()

    def _start(self, python: Path) -> "subprocess.Popen[bytes]":
        script = [str(python), "-I", "-Wignore", str(HERE / "nova_box.py")]
        return subprocess.Popen(
            [*script, *self._options, "--state", str(self._state), "--clouds", str(self.clouds_yaml)],
            stdin=subprocess.PIPE,  # ends with this process, however that ends; the box watches it
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for the tests; they stop the box afterwards
        )

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            ended = self._box.poll() is not None
            for line in self._lines():
                if line.startswith("# READY ") and " in " in line:
                    return line.split()[2]
            if ended:
                raise NovaUnavailable(f"the box ended with status {self._box.returncode}:\n{self._tail()}")
            time.sleep(0.05)
        raise NovaUnavailable(f"the box was not ready within {READY_WITHIN:.0f} s:\n{self._tail()}")

    def _lines(self) -> list[str]:
        # pread, because the box writes at the offset that it shares with this file.
        return os.pread(self._output.fileno(), 1 << 20, 0).decode(errors="replace").splitlines()

    def _tail(self) -> str:
        return "\n".join(self._lines()[-25:])

    def _stop(self) -> None:
        self._box.terminate()
        try:
            self._box.wait(10)
        except subprocess.TimeoutExpired:
            self._box.kill()
            self._box.wait()
        if self._box.stdin:
            self._box.stdin.close()
        self._output.close()
        shutil.rmtree(self._state, ignore_errors=True)

    # The clients' side.

    def connect(self, user: str = "demo") -> Connection:
        """A new connection, closed with the box; blind to the environment and clouds.yaml of the tester."""
        config = OpenStackConfig(
            config_files=[str(self.clouds_yaml)], vendor_files=[], secure_files=[], load_envvars=False
        )
        connection = Connection(config=config.get_one(f"novabox-{user}"))
        self._connections.append(connection)
        return connection

    def env(self, user: str = "demo") -> dict[str, str]:
        """What a process needs in its environment to find the box by itself."""
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "OS_CLOUD": f"novabox-{user}"}

    @cached_property
    def machine(self) -> dict[str, Any]:
        """The arguments that every server needs besides its name: image, flavor (1 VCPU, 128 MB), network."""
        conn = self._as("admin")
        image = conn.image.find_image("cirros", ignore_missing=False)
        flavor = conn.compute.find_flavor("m1.nano", ignore_missing=False)
        network = conn.network.find_network("private", ignore_missing=False)
        return {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"uuid": network.id}]}

    # The operator's side.

    def _as(self, user: str) -> Connection:
        if user not in self._hands:
            self._hands[user] = self.connect(user)
        return self._hands[user]

    def boot(self, name: str, host: str | None = None, project: str = "demo", **own: Any) -> Server:
        """Boot a server of a project, by an admin's hand; a host is forced past all filters of the scheduler.

        The check of hard anti-affinity in nova-compute is not passed by: `allow_breaks` does that.
        """
        if host:
            own["availability_zone"] = f":{host}"
        conn = self._as(f"{project}-admin")
        server = conn.compute.create_server(name=name, **{**self.machine, **own})
        return conn.compute.wait_for_server(server, interval=0.2, wait=60)

    def hosts_of(self) -> dict[str, str]:
        """The truth: the host of every server of all projects that has one, by the server's id."""
        servers = self._as("admin").compute.servers(all_projects=True)
        return {server.id: server.compute_host for server in servers if server.compute_host}

    def make_zones(self, zones: Mapping[str, Iterable[str]]) -> None:
        """Put hosts into availability zones; the hosts that are in none stay in the zone `nova`."""
        compute = self._as("admin").compute
        for zone, hosts in zones.items():
            aggregate = compute.create_aggregate(name=zone, availability_zone=zone)
            for host in hosts:
                compute.add_host_to_aggregate(aggregate, host)

    def disable_host(self, host: str) -> None:
        """Take the host away from the scheduler; what runs there goes on running."""
        self._as("admin").compute.disable_service(self._service(host))

    def enable_host(self, host: str) -> None:
        """Give a disabled host back: to the tests, a host that is added."""
        self._as("admin").compute.enable_service(self._service(host))

    def _service(self, host: str) -> Service:
        found = self._as("admin").compute.services(host=host, binary="nova-compute")
        return next(iter(found))

    def change_settings(self, settings: Mapping[str, object]) -> None:
        """Change settings of nova.conf that Nova reads at each use, until `delete_everything`."""
        answer = self._as("admin").session.put(f"{self.url}/box/settings", json=dict(settings))
        answer.raise_for_status()

    def limit_ports(self, most: int) -> None:
        """Give the project `demo` Neutron's quota of ports, until `delete_everything`."""
        self._as("admin").network.update_quota(self._demo, port=most)

    def allow_breaks(self) -> None:
        """Switch nova-compute's own check off, so that `boot` can force a hard group onto one host."""
        self.change_settings({"workarounds.disable_group_policy_check_upcall": True})

    def crowd(self, requests: int) -> None:
        """Have the next that many requests for a host reach the scheduler at the same moment."""
        answer = self._as("admin").session.put(f"{self.url}/crowd", json={"requests": requests})
        answer.raise_for_status()

    @property
    def _demo(self) -> str:
        return str(self.connect("demo").current_project_id)

    @property
    def cell(self) -> Path:
        """The database of the cell that has all servers."""
        return self._state / "nova_cell1.db"

    # Back to an empty cloud.

    def delete_everything(self) -> None:
        """Leave no server, server group, aggregate or network of any project, and all hosts enabled."""
        self._as("admin").session.delete(f"{self.url}/box/settings")
        self._delete_servers()
        self._delete_groups()
        self._delete_aggregates()
        self._as("admin").network.delete_quota(self._demo)
        self._delete_networks()
        self._enable_hosts()

    def _delete_servers(self) -> None:
        """Ask for each once, and once more for those that a request in between has kept alive."""
        deadline = time.monotonic() + GONE_WITHIN
        asked: dict[str, float] = {}
        while servers := list(self._as("admin").compute.servers(details=False, all_projects=True)):
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError(f"not gone: {[server.name for server in servers]}")
            for server in servers:
                if now > asked.get(server.id, 0) + SECOND_REQUEST_AFTER:
                    self._delete_server(server)
                    asked[server.id] = now
            time.sleep(0.1)

    def _delete_server(self, server: Server) -> None:
        try:
            self._as("admin").compute.delete_server(server)
        except ConflictException:
            return  # busy with something else; asked again later

    def _delete_groups(self) -> None:
        compute = self._as("admin").compute
        for group in list(compute.server_groups(all_projects=True)):
            compute.delete_server_group(group)

    def _delete_aggregates(self) -> None:
        compute = self._as("admin").compute
        for aggregate in list(compute.aggregates()):
            for host in aggregate.hosts or []:
                compute.remove_host_from_aggregate(aggregate, host)
            compute.delete_aggregate(aggregate)

    def _delete_networks(self) -> None:
        network = self._as("admin").network
        for found in list(network.networks()):
            if found.name != "private":
                network.delete_network(found)

    def _enable_hosts(self) -> None:
        compute = self._as("admin").compute
        for service in list(compute.services(binary="nova-compute")):
            if service.status != "enabled":
                compute.enable_service(service)


class Group(TypedDict):
    """A server group as Nova's scheduler sees it."""

    policy: str
    members: list[str]
    max_server_per_host: NotRequired[int | None]


class State(TypedDict):
    """A cloud with one group in it: which instances are on which host."""

    hosts: list[str]
    group: Group
    instances: dict[str, list[str]]


class Answer(TypedDict):
    """What Nova's filters and weighers say about a new member: the higher weight wins."""

    hosts: list[str]
    soft_anti_affinity: dict[str, float]
    soft_affinity: dict[str, float]


def ask_nova(states: Iterable[State]) -> list[Answer]:
    """Ask Nova's own filter and weigher classes; no box is needed."""
    done = subprocess.run(
        [str(nova_env.ensure()), "-I", "-Wignore", str(HERE / "nova_oracle.py")],
        input=json.dumps(list(states)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return cast(list[Answer], json.loads(done.stdout))
