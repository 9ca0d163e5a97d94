"""A deploy script as users write it: in the test's own process, or in others that race and are killed."""

from __future__ import annotations

import os
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from openstack.config import OpenStackConfig
from openstack.connection import Connection
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

import antiaffinity as aa

if TYPE_CHECKING:
    from antiaffinity.steps import Step
    from real.nova import Nova

OWNER = "shop/prod"
PATIENCE = 300
"""Seconds that a deployer may take."""

# Forks of a process that has imported everything: a start costs milliseconds instead of seconds.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["real.deployer"])


class Deployer:
    """A plain user of a project: connects, launches, discards; ``discarded`` is what discard was given."""

    def __init__(self, conn: Connection, machine: dict[str, Any]) -> None:
        self.conn, self.machine = conn, machine
        self.discarded: list[str | None] = []

    def group(self, name: str, members: int, rules: Any, **spec: Any) -> aa.Group:
        cloud = aa.connect("openstack", client=self.conn, owner=OWNER)
        return cloud.group(name, members=members, rules=rules, **spec)

    def boot(self, placement: aa.Placement) -> str:
        return str(self.conn.compute.create_server(**placement.arguments(**self.machine)).id)

    def kill(self, machine: aa.Machine) -> None:
        self.discarded.append(machine.id)
        if machine.id:
            self.conn.compute.delete_server(machine.id)

    def roll_out(self, group: aa.Group) -> aa.Report:
        return group.roll_out(self.boot, self.kill)


class Job(Struct, frozen=True):
    """What a process rolls out, and the moment to die: 0 lives on.

    ``dies_at`` counts requests; with ``too_late`` the request of that number still has its effect.
    """

    group: str
    members: int
    dies_at: int = 0
    too_late: bool = False


class Outcome(Struct, frozen=True):
    """How a run ended: its exit code, the verdict or the error, the requests it made, its progress."""

    exit_code: int
    said: str
    requests: list[str]
    steps: list[str]


def run_at_once(nova: Nova, *jobs: Job) -> list[Outcome | None]:
    """Let deployers begin at the same moment, each in a process of its own; None for one that was killed."""
    processes = [Process(nova, job) for job in jobs]
    for process in processes:
        process.get_ready()
    for process in processes:
        process.go()
    return [process.outcome() for process in processes]


class Process:
    """A deployer at work."""

    def __init__(self, nova: Nova, job: Job) -> None:
        self._pipe, theirs = PROCESSES.Pipe()
        work = (job, str(nova.clouds_yaml), nova.machine, theirs)
        self._process = PROCESSES.Process(target=_work, args=work, daemon=True)
        self._process.start()
        theirs.close()

    def get_ready(self) -> None:
        assert self._pipe.recv() == "ready"

    def go(self) -> None:
        self._pipe.send("go")

    def outcome(self) -> Outcome | None:
        """How it ended; None if it was killed."""
        assert self._pipe.poll(PATIENCE), "the deployer is still at work"
        try:
            return cast(Outcome, self._pipe.recv())
        except EOFError:
            self._process.join()
            assert self._process.exitcode == -signal.SIGKILL, "its traceback is on stderr"
            return None


class MortalAdapter(HTTPAdapter):
    """Carries requests as ever, and kills its process at a given one.

    A request that repeats the one before is waiting, not progress, and does not count: so a run always has
    as many requests, however busy the machine is.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.requests: list[str] = []

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        asked = f"{request.method} {request.path_url}"
        if self.requests[-1:] != [asked]:
            self.requests.append(asked)
        deadly = self.job.dies_at == len(self.requests)
        if deadly and not self.job.too_late:
            die()
        response = super().send(request, *args, **kwargs)
        if deadly:
            die()
        return response


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _work(job: Job, clouds_yaml: str, machine: dict[str, Any], pipe: Pipe) -> None:
    """The life of a process: ready, go, outcome."""
    config = OpenStackConfig(config_files=[clouds_yaml], vendor_files=[], secure_files=[], load_envvars=False)
    conn = Connection(config=config.get_one("novabox-demo"))
    pipe.send("ready")
    pipe.recv()
    pipe.send(_run(job, Deployer(conn, machine)))


def _run(job: Job, deployer: Deployer) -> Outcome:
    adapter = MortalAdapter(job)
    deployer.conn.session.session.mount("http://", adapter)
    steps: list[str] = []

    def told(step: Step) -> None:
        steps.append(f"{step.kind}: {step.message}")

    group = deployer.group(job.group, job.members, "anti-affinity")
    try:
        report = group.roll_out(deployer.boot, deployer.kill, progress=told)
    except aa.AntiaffinityError as error:
        return Outcome(error.exit_code, f"{error.kind}: {error}", adapter.requests, steps)
    return Outcome(report.exit_code, report.verdict, adapter.requests, steps)
