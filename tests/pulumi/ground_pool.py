"""A pool of hosts whose machines are files: made by commands, seen by nobody but the tests."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from life import GROUP, OWNER, Machine

from real.pulumi_rig import Workspace

CLOUD = {"kind": "pool", "inventory": "hosts.yaml"}
FILE = "machines/$MEMBER.$VERSION"
FOUND_OR_MADE = f"$(ls {FILE}.* 2>/dev/null || mktemp {FILE}.XXXXXX)"
LAUNCH = f"mkdir -p machines && file={FOUND_OR_MADE} && echo $HOST > $file && echo $file"
"""What a program's command runs to boot a machine; MEMBER, VERSION and HOST are in its environment.

It can be repeated, as stacks/README.md asks of commands: a killed run may have made the machine.
"""
TOLD = 'echo "$PULUMI_COMMAND_STDOUT"'
"""At a change of HOST: the machine is where it is, it was only reported to be elsewhere."""
TERMINATE = 'rm -f "$PULUMI_COMMAND_STDOUT"'


class Pool:
    """Hosts h0, h1, … in three zones, each in a rack of its own."""

    kind = "pool"
    in_place = side_by_side = True
    env: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    cloud: Mapping[str, str] = CLOUD

    def __init__(self, hosts: int = 6) -> None:
        self.hosts = [f"h{number}" for number in range(hosts)]
        listed = [{"name": f"h{n}", "zone": f"z{n % 3}", "rack": f"r{n}"} for n in range(hosts)]
        self.files: Mapping[str, str] = {"hosts.yaml": yaml.safe_dump({"hosts": listed})}

    def machines(self, space: Workspace) -> list[tuple[str, Machine]]:
        files = sorted((space.folder / "machines").glob("*.*"))
        return [(file.name.partition(".")[0], Machine(file.name, file.read_text().strip())) for file in files]

    def claims(self, space: Workspace) -> list[tuple[str, str, str]]:
        """(member, instance, its place as JSON) of all that the ledger has."""
        ledger = space.folder / "hosts.ledger.db"
        if not ledger.exists():
            return []
        with sqlite3.connect(ledger) as connection:
            rows = connection.execute("select member, instance, domains from claims order by member")
            return [(member, instance, domains) for member, instance, domains in rows]

    def left(self, space: Workspace) -> list[str]:
        files = [machine.instance for _, machine in self.machines(space)]
        return files + [f"claim of {member}" for member, _, _ in self.claims(space)]

    def move(self, space: Workspace, member: str, host: str) -> None:
        """The machine moves, and whoever moved it reports so."""
        for name, machine in self.machines(space):
            if name == member:
                (space.folder / "machines" / machine.instance).write_text(f"{host}\n")
        instance = next(instance for name, instance, _ in self.claims(space) if name == member)
        self.antiaffinity(space, [member], "bind", member, instance, "--at", f"host={host}")

    def natives(self) -> list[str]:
        return []

    def prepare(self, space: Workspace, members: list[str]) -> None:
        """Its claims, which are in doubt from then on."""
        self.antiaffinity(space, members, "prepare")

    def seen_as(self, host: str) -> str:
        return host

    def terminate(self, space: Workspace, member: str) -> None:
        """The machine is deleted, and whoever did so reports it."""
        for file in (space.folder / "machines").glob(f"{member}.*"):
            file.unlink()
        self.antiaffinity(space, [member], "release", member)

    def antiaffinity(self, space: Workspace, members: list[str], verb: str, *words: str) -> str:
        """The project's own command line, on the group that the program has."""
        spec = {"group": GROUP, "owner": OWNER, "members": members, "rules": "anti-affinity", "cloud": CLOUD}
        (space.folder / "db.yaml").write_text(yaml.safe_dump(spec))
        command = [str(Path(sys.executable).with_name("antiaffinity")), verb, "db.yaml", *words]
        done = subprocess.run(command, cwd=space.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
