"""The command line as users have it: words in, an exit code and two texts out; and a toy data centre."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from msgspec import Struct

from antiaffinity.cli import run

BOOT = """\
#!/bin/sh
# Launches a toy machine: a line "member host id" in the file machines.
placement=$(cat)
field() { printf %s "$placement" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
member=$(field member); host=$(field host); id="vm-$member-$$"
[ "$member" ] || exit 9
echo "$member" >> tried
if [ -f "hang-$member" ]; then rm "hang-$member"; : > hanging; exec sleep 30; fi
if [ -f "full-$host" ]; then echo "host $host is full" >&2; exit 75; fi
if [ -f "bad-$member" ]; then rm "bad-$member"; echo "boot of $member went wrong" >&2; exit 9; fi
echo "$member $host $id" >> machines
echo "booting $member" >&2
echo "some chatter"
echo "$id"
echo
"""

KILL = """\
#!/bin/sh
# Takes a toy machine away; what it was asked is kept in the file discarded.
cat >> discarded
"""


class Answer(Struct, frozen=True):
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def ask(*words: str) -> Answer:
    """Run one command line here."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    return Answer(code, out.getvalue(), err.getvalue())


def command(*words: str) -> list[str]:
    """The same as a process of its own."""
    return [sys.executable, "-c", "from antiaffinity.cli import main; main()", *words]


def call(*words: str, stdin: str = "", cwd: Path | None = None) -> Answer:
    """Run one command line as a process."""
    done = subprocess.run(
        command(*words), input=stdin, capture_output=True, text=True, cwd=cwd, timeout=60, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)


class Lab:
    """A folder with a pool of hosts, and machines that are lines in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._script("boot.sh", BOOT)
        self._script("kill.sh", KILL)
        self.hosts({"h1": "z1", "h2": "z1", "h3": "z2", "h4": "z3"})
        self.spec()

    def _script(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def hosts(self, zones: dict[str, str]) -> None:
        """Write the inventory: hosts by name, with their zones."""
        hosts = [{"name": name, "zone": zone} for name, zone in zones.items()]
        (self.folder / "hosts.json").write_text(json.dumps({"hosts": hosts}))

    def spec(self, name: str = "db.json", **keys: object) -> str:
        """Write a SPEC: three members apart, but for the keys given."""
        spec = {
            "group": "db",
            "owner": "shop",
            "members": 3,
            "rules": "anti-affinity",
            "cloud": {"kind": "pool", "inventory": "hosts.json"},
        }
        (self.folder / name).write_text(json.dumps(spec | keys))
        return name

    def mark(self, name: str) -> None:
        """Leave a file that the toy commands look for."""
        (self.folder / name).touch()

    def lines(self, name: str) -> list[str]:
        """What the toy commands wrote."""
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []

    def machines(self) -> dict[str, str]:
        """The host of every machine that was launched, by member; one each."""
        rows = [line.split() for line in self.lines("machines")]
        found = {member: host for member, host, _ in rows}
        assert len(found) == len(rows), "a member was launched twice"
        return found

    def roll_out(self, *words: str) -> Answer:
        """The usual roll-out."""
        return ask("roll-out", "db.json", "--launch", "./boot.sh", *words)

    def rolling(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """The same, as a process that runs on."""
        return subprocess.Popen(
            command("roll-out", "db.json", "--launch", "./boot.sh", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            cwd=self.folder,
            **options,
        )
