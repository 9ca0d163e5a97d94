"""``demo``: the main job in a terminal, on a pool of nine hosts that exist on paper only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from msgspec import Struct

from antiaffinity.cli.common import show, speaks_json

SPEC = """\
group: db
owner: demo
members: 3
rules:
  - anti-affinity: {level: host}                      # never two on one host
  - spread: {level: zone, max_skew: 1}                # even over the zones
cloud: {kind: pool, inventory: hosts.yaml}
"""

HOSTS = "hosts:\n" + "".join(
    f"  - {{name: h{number}, zone: z{(number + 2) // 3}, rack: r{number}, capacity: {{vcpus: 8}}}}\n"
    for number in range(1, 10)
)

LAUNCH = """\
#!/bin/sh
# A toy: reads the placement (JSON) and "launches" a machine. Yours calls a cloud or a hypervisor.
placement=$(cat)
member=$(printf %s "$placement" | sed 's/.*"member":"\\([^"]*\\)".*/\\1/')
echo "  boot.sh: booting $member" >&2
echo "vm-$member"                                       # the last line is the machine's id
"""


class Scene(Struct, frozen=True):
    """One step: what it shows, the words a user would type, and the exit code to expect."""

    title: str
    words: tuple[str, ...]
    exit_code: int = 0


BOOT = ("--launch", "./boot.sh")
SCENES = (
    Scene("Where would each one go? Nothing is changed.", ("plan", "db.yaml")),
    Scene("Launch them with a command of yours, and verify.", ("roll-out", "db.yaml", *BOOT)),
    Scene("Run it again: what is there stays, nothing is launched twice.", ("roll-out", "db.yaml", *BOOT)),
    Scene(
        "Judge the group at any time. A pool can only promise: nobody asked the machines.",
        ("verify", "db.yaml"),
    ),
    Scene(
        "Ten members on nine hosts: refused before anything is changed, with ways out.",
        ("plan", "ten.yaml"),
        1,
    ),
    Scene(
        "One way out, saturated: stack: the rule holds as far as it can, and says so.",
        ("plan", "stacked.yaml"),
    ),
    Scene("What each cloud would promise for the first SPEC.", ("clouds", "--for", "db.yaml")),
)


@click.command(
    short_help="See the main job in a few seconds, without any cloud.",
    epilog="""\b
Example:
  antiaffinity demo

\b
It writes into a temporary folder, removes it at the end, and reaches no network.
""",
)
@speaks_json
def demo(as_json: bool) -> int:
    """See the main job in a few seconds: plan, roll out, verify, refuse. No cloud is needed."""
    with _stage():
        return _recorded() if as_json else _played()


@contextmanager
def _stage() -> Iterator[None]:
    """A temporary folder with everything a user would have written, to work in."""
    before = Path.cwd()
    with TemporaryDirectory(prefix="antiaffinity-demo-") as folder:
        os.chdir(folder)
        try:
            _write()
            yield
        finally:
            os.chdir(before)


def _write() -> None:
    ten = SPEC.replace("group: db", "group: web").replace("members: 3", "members: 10")
    files = {
        "db.yaml": SPEC,
        "hosts.yaml": HOSTS,
        "boot.sh": LAUNCH,
        "ten.yaml": ten,
        "stacked.yaml": ten + "saturated: stack\n",
    }
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("boot.sh").chmod(0o755)


def _played() -> int:
    show(["Three database servers that must not share a host, on nine hosts in three zones.", ""])
    show(["$ cat db.yaml", SPEC, "$ cat hosts.yaml", HOSTS.rstrip()])
    for scene in SCENES:
        if code := _surprise(scene, _play(scene)):
            return code
    show(["", "That was all of it. Write a SPEC of your own:  antiaffinity help-spec > db.yaml"])
    return 0


def _play(scene: Scene) -> int:
    from antiaffinity.cli import run

    show(["", f"# {scene.title}", f"$ antiaffinity {' '.join(scene.words)}"])
    sys.stdout.flush()
    code = run(scene.words)
    if code:
        show([f"(exit code {code})"])
    return code


def _surprise(scene: Scene, code: int) -> int:
    """0 if a step ended as it should, else the code to end with."""
    return 0 if code == scene.exit_code else code or 1


def _recorded() -> int:
    from antiaffinity.cli.jsonout import emit

    steps = [_record(scene) for scene in SCENES]
    emit({"steps": steps})
    return next((code for code in map(_surprise, SCENES, (step["exit_code"] for step in steps)) if code), 0)


def _record(scene: Scene) -> dict[str, Any]:
    import io
    from contextlib import redirect_stdout

    import msgspec

    from antiaffinity.cli import run

    with redirect_stdout(io.StringIO()) as said:
        code = run((*scene.words, "--json"))
    command = f"antiaffinity {' '.join(scene.words)}"
    return {"command": command, "exit_code": code, "answer": msgspec.json.decode(said.getvalue())}
