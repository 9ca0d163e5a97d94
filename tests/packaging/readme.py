"""The parts of README.md that are made, not written: ``python tests/packaging/readme.py`` renews them."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

FILES = {
    "hosts.yaml": """\
hosts:
  - {name: h1, rack: r1, zone: z1, capacity: {vcpus: 32}, used: {vcpus: 4}}
  - {name: h2, rack: r2, zone: z1, capacity: {vcpus: 32}}
  - {name: h3, rack: r3, zone: z2, capacity: {vcpus: 32}}
""",
    "db.yaml": """\
group: db
owner: shop/prod
members: 3
size: {vcpus: 8}
rules: anti-affinity
cloud: {kind: pool, inventory: hosts.yaml}
""",
    "boot.sh": """\
#!/bin/sh
# A toy: a real one launches a machine on the host that the placement names, and prints its id.
python3 -c 'import json, sys; p = json.load(sys.stdin); print("vm-" + p["member"])'
""",
}
COMMANDS = (
    "antiaffinity plan db.yaml",
    "antiaffinity roll-out db.yaml --launch ./boot.sh",
    "sed -i 's/members: 3/members: 4/' db.yaml && antiaffinity plan db.yaml",
)


def example() -> str:
    """The files of the example, and what the commands really print."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            (Path(folder) / name).write_text(text)
        (Path(folder) / "boot.sh").chmod(0o755)
        shown = [_block(f"$ cat db.yaml\n{FILES['db.yaml']}\n$ cat hosts.yaml\n{FILES['hosts.yaml']}")]
        shown += [_block(f"$ {command}\n{_output(command, folder)}") for command in COMMANDS]
    return "\n".join(shown)


def _block(text: str) -> str:
    return f"```console\n{text.rstrip()}\n```\n"


def _output(command: str, folder: str) -> str:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    env = {"PATH": path, "COLUMNS": "120", "LANG": "C.UTF-8"}
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode()


def guarantees() -> str:
    """The guarantee table, from the records of all installed clouds."""
    from antiaffinity.cli.clouds import markdown_table
    from antiaffinity.registry import records

    return markdown_table(records())


def renewed(text: str) -> str:
    """README with its made parts made anew."""
    for name, made in (("example", example()), ("guarantees", guarantees())):
        pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)"
        found = re.search(pattern, text, flags=re.S)
        assert found, f"README has no part {name!r}"
        text = text[: found.start()] + made.strip() + "\n" + text[found.end() :]
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
