"""A run of Pulumi that is killed, and what its user does then.

A death is seeded: who dies (the engine or our plugin), in which operation, and at which of the things that
can be seen from outside: a request that reaches the cloud (or the one for a server), a call of our plugin,
a step in the engine's own event log.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from gate import Gate
from ground_nova import OpenStack
from ground_pool import Pool
from life import GROUP, Ground, Life, Machine, Settings
from life_python import PROGRAMS, Python

from antiaffinity.model import MARKS
from real.nova import Nova
from real.pulumi_result import Result
from real.pulumi_rig import GONE_WITHIN, Project, Running, Workspace, python

Operation = Literal["create", "update", "delete"]
Victim = Literal["engine", "plugin"]
Seen = Literal["request", "launch", "call", "event"]

LAUNCH = "POST /compute/v2.1/servers"
SIGHTS: dict[Operation, dict[Seen, tuple[int, int]]] = {
    "create": {"request": (1, 36), "launch": (1, 2), "call": (4, 22), "event": (3, 14)},
    "update": {"request": (1, 36), "launch": (1, 2), "call": (4, 30), "event": (3, 14)},
    "delete": {"request": (1, 15), "call": (4, 14), "event": (3, 8)},
}
"""The first of each kind that our plugin is alive at, and the last that always comes."""
ON_A_POOL: tuple[Seen, ...] = ("call", "event")
POLL = 0.002  # seconds
LEFT = re.compile(
    r"(\S+) bears the mark of (\S+) already: a run that was killed may have left it\. Delete it"
)
TAKEN = re.compile(r"pulumi (import \S+ \S+ \S+ --protect=false)")


class Death(NamedTuple):
    """Who dies in which operation, when the thing of that kind and number is seen."""

    operation: Operation
    victim: Victim
    seen: Seen
    number: int

    def __str__(self) -> str:
        return f"{self.victim} at {self.seen} {self.number} of {self.operation}"


class Play(NamedTuple):
    """A death on a project's stack, and whether its user takes over what is left, or deletes it."""

    project: str
    death: Death
    takes_over: bool = False


def seeded(seed: int, operation: Operation, victim: Victim, kinds: Sequence[Seen] = ()) -> Death:
    """One death by chance; ``kinds`` are the sights that it may choose from."""
    chance, sights = Random(f"{seed} {operation} {victim}"), SIGHTS[operation]
    seen = chance.choice(kinds or [*sights])
    return Death(operation, victim, seen, chance.randint(*sights[seen]))


# Where it happens


class Owned(OpenStack):
    """A Nova that others use at the same time: only what is of one project's stack counts."""

    def __init__(self, nova: Nova, gate: Gate, project: str, folder: Path) -> None:
        super().__init__(nova)
        self.project, self.gate = project, gate
        self.env = {**nova.env(), "OS_CLIENT_CONFIG_FILE": str(gate.through(nova.clouds_yaml, folder))}

    def machines(self, space: Workspace) -> list[tuple[str, Machine]]:
        servers = self._admin.compute.servers(all_projects=True)
        ours = [one for one in servers if one.metadata.get(MARKS[0]) == f"{self.project}/{space.stack}"]
        found = [(one.metadata[MARKS[2]], one.id, one.compute_host or "nowhere") for one in ours]
        return sorted((member, Machine(id_, host)) for member, id_, host in found)

    def server_groups(self) -> dict[str, list[str]]:
        groups = self._admin.compute.server_groups(all_projects=True)
        ours = [group for group in groups if group.name.startswith(f"{self.project}-")]
        return {group.id: sorted(group.member_ids) for group in ours}

    def left(self, space: Workspace) -> list[str]:
        return [member for member, _ in self.machines(space)] + [*self.server_groups()]

    def remove(self, instance: str) -> None:
        """By the user's own hand."""
        server = self._admin.compute.get_server(instance)
        self._admin.compute.delete_server(server)
        self._admin.compute.wait_for_delete(server, interval=0.2)


class Named(Python):
    """The program of a project of any name."""

    def __init__(self, project: str) -> None:
        self._project = project

    def project(self, ground: Ground, settings: Settings) -> Project:
        return python(PROGRAMS[ground.kind], name=self._project)


@contextmanager
def on_nova(nova: Nova, project: str) -> Iterator[Stage]:
    """A stack of its own on a Nova that it shares."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gate = stack.enter_context(Gate(nova.url))
        life = stack.enter_context(_life(Owned(nova, gate, project, folder), project))
        yield Stage(life, gate)


@contextmanager
def on_pool(project: str) -> Iterator[Stage]:
    """A stack on a pool of its own."""
    with _life(Pool(), project) as life:
        yield Stage(life, None)


@contextmanager
def _life(ground: Ground, project: str) -> Iterator[Life]:
    language = Named(project)
    with language.workspace(language.project(ground, Settings()), ground.env) as space:
        space.write(dict(ground.files))
        life = Life(space, ground, language)
        life.change(members=2)
        yield life


class Stage:
    """A stack that somebody is killed on, and that is whole again after what its user does."""

    def __init__(self, life: Life, gate: Gate | None) -> None:
        self.life, self.space, self._gate = life, life.space, gate
        self.told: list[str] = []
        """What was done, and what the user was told."""

    def play(self, play: Play) -> list[str]:
        """Kill, mend, see that all is whole, destroy; the members that machines were left over of."""
        assert self.kill(play.death), f"nobody died: {self.text}"
        left = self.mend(play.takes_over)
        assert self.is_whole(), self.text
        assert self.is_gone(), self.text
        return left

    @property
    def text(self) -> str:
        return "\n".join(self.told)

    # The killing

    def kill(self, death: Death) -> bool:
        """Do the operation, and kill in the middle of it; whether there was a middle."""
        words = self._prepared(death.operation)
        log, calls = self.space.new_log(), self.space.root / "calls.json"
        calls.write_text("")
        command = ["pulumi", "--non-interactive", "--color=never", *words, f"--event-log={log}"]
        running = self.space.begin(command, log, {"PULUMI_DEBUG_GRPC": str(calls)})
        killing = Killing(running, death.victim)
        self._lie_in_wait(death, killing.act, log, calls)
        result = running.wait()
        self.told.append(f"{death}: {result!r}")
        return killing.is_done()

    def _prepared(self, operation: Operation) -> list[str]:
        if operation != "create":
            self.life.up().ok()
        if operation == "update":
            self.life.change(members=3, versions={f"{GROUP}-0": "2"})
        return ["destroy" if operation == "delete" else "up", "--yes", "--skip-preview"]

    def _lie_in_wait(self, death: Death, act: Callable[[], None], log: Path, calls: Path) -> None:
        if death.seen in ("request", "launch"):
            assert self._gate, "nobody sees a pool's requests"
            self._gate.wait_for(death.number, act, LAUNCH if death.seen == "launch" else "")
            return
        path, wanted = (calls, _is_our_call) if death.seen == "call" else (log, _is_step)
        threading.Thread(target=_watch, args=(path, wanted, death.number, act), daemon=True).start()

    # What the user does

    def mend(self, takes_over: bool) -> list[str]:
        """Cancel, refresh, up; of what members something was left over, which is deleted or taken over."""
        left = self.space.mark.left_after(GONE_WITHIN)
        assert not left, f"{left} outlived the run by {GONE_WITHIN:.0f} s"
        self._cancel()
        self._do(self.life.refresh()).ok()
        members = [*self._up_at_last(takes_over)]
        if self.space.state().get("pending_operations"):
            self._do(self.space.refresh("--clear-pending-creates")).ok()
        return members

    def _cancel(self) -> None:
        """The kill may have cut off what Pulumi notes beside its file of the state, which itself is whole."""
        if "failed to load checkpoint" in self._do(self.space.cancel()).text:
            for notes in (self.space.root / "state").rglob("*.attrs"):
                if not notes.stat().st_size:
                    notes.unlink()
            self._do(self.space.cancel()).ok()

    def _up_at_last(self, takes_over: bool) -> Iterator[str]:
        result = self._do(self.life.up())
        while result.code and (found := LEFT.search(result.text)):
            yield found[2]
            self._clear(found[1], TAKEN.search(result.text) if takes_over else None)
            result = self._do(self.life.up())
        result.ok()

    def _clear(self, instance: str, command: re.Match[str] | None) -> None:
        if command and self._taken_over(command[1]):
            return
        if isinstance(self.life.ground, Owned):
            self.life.ground.remove(instance)

    def _taken_over(self, command: str) -> bool:
        """Pulumi takes nothing over in the place of a resource that it was about to replace."""
        words = [*shlex.split(command), "--yes", "--skip-preview", "--generate-code=false"]
        result = self._do(self.space.run(*words))
        if "already exists" in result.text:
            return False
        result.ok()
        return True

    def _do(self, result: Result) -> Result:
        self.told.append(repr(result))
        return result

    # What must be true then

    def is_whole(self) -> bool:
        """One machine a member, each on its own host, one native group with just these, nothing to do."""
        ground, machines = self.life.ground, self.life.machines()
        assert self.life.is_apart(), machines
        if isinstance(ground, Owned):
            groups, together = ground.server_groups(), sorted(one.instance for one in machines.values())
            assert [*groups.values()] == [together], groups
        if isinstance(ground, Pool):
            claims = ground.claims(self.space)
            assert [member for member, _, _ in claims] == self.life.settings.names, claims
        pending = self.space.state().get("pending_operations")
        assert not pending, pending
        return self._do(self.life.up()).ok().changes == {}

    def is_gone(self) -> bool:
        self._do(self.life.destroy()).ok()
        return self.life.is_gone()


class Killing:
    """What is done to the victim, and whether it was there to die."""

    def __init__(self, running: Running, victim: Victim) -> None:
        self._running, self._victim, self._done = running, victim, False
        self._at_it = threading.Lock()

    def act(self) -> None:
        with self._at_it:
            self._done = self._running.process.poll() is None
            if self._victim == "plugin":
                self._running.kill_plugin("antiaffinity")
            else:
                self._running.signal(signal.SIGKILL)

    def is_done(self) -> bool:
        """The engine may be waited for, and gone, before who killed it has said so."""
        with self._at_it:
            return self._done


def _watch(path: Path, wanted: Callable[[str], bool], number: int, act: Callable[[], None]) -> None:
    """Act when the line of that number is written, of those that are wanted."""
    deadline, seen, half = time.monotonic() + 120, 0, ""
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(POLL)
    with path.open() as lines:
        while time.monotonic() < deadline:
            half += lines.readline()
            if not half.endswith("\n"):
                time.sleep(POLL)
                continue
            seen, half = seen + wanted(half), ""
            if seen == number:
                return act()
    return None


def _is_our_call(line: str) -> bool:
    """That our plugin is called, or has answered."""
    call = json.loads(line)
    return (call.get("metadata") or {}).get("name") == "antiaffinity"


def _is_step(line: str) -> bool:
    """That a resource's step begins, or has ended."""
    event = json.loads(line)
    return "resourcePreEvent" in event or "resOutputsEvent" in event
