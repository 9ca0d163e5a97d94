"""Files as an editor, a disk or an attacker may leave them: what was right, changed here and there."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

SPEC = """\
group: db
owner: shop/prod
members: [db-0, {name: db-1, size: {vcpus: 4}, only: {zone: [z1]}, stay: {zone: z1}}]
rules:
  - spread: {level: zone, max_skew: 1, min_domains: 2}
  - anti-affinity: {level: host, hard: false, among: ["db-*"]}
never: {host: [h7, "old-*"]}
size: {vcpus: 2}
saturated: refuse
cloud: {kind: pool, inventory: hosts.yaml}
"""
INVENTORY = """\
hosts:
  - {name: h1, rack: r1, zone: z1, capacity: {vcpus: 32}, used: {vcpus: 4}, labels: {a: b}}
  - {name: h2, rack: r2, zone: z1, networks: [prod], datastores: [], usable: true}
"""
JSON = '{"hosts": [{"name": "h1", "zone": "z1", "capacity": {"vcpus": 32}}, {"name": "h2"}]}'

BITS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "-",
        "&a ",
        "*a",
        "? ",
        "<<: *a",
        "!!python/object ",
        "!!int ",
        "|",
        ">",
        "%",
    ),
    *(
        "---\n",
        "...\n",
        "null",
        "~",
        "1e400",
        ".nan",
        ".inf",
        "-1",
        "0",
        "2001-13-01",
        "0x",
        "1_0",
        "true",
        "''",
    ),
    *(
        "\x00",
        "\t",
        "\r\n",
        "\ufeff",
        "\u202e",
        "\\ud800",
        "é",
        "\U0001f600",
        "9" * 400,
        "[" * 300,
        '"',
        "'",
        "#",
    ),
)


def files(text: str, seed: int, count: int) -> Iterator[bytes]:
    """That many versions of a text, each with one to five changes."""
    random = Random(seed)
    for _ in range(count):
        yield _changed(text.encode(), random)


def _changed(data: bytes, random: Random) -> bytes:
    for _ in range(random.randint(1, 5)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice((0, 0, 1, 1, 5, 30)))
        data = data[:start] + _put(data, random) + data[end:]
    return data


def _put(data: bytes, random: Random) -> bytes:
    """Something odd, any bytes, a part of the file, or nothing."""
    start = random.randrange(len(data) + 1)
    bit = random.choice(BITS).encode()
    return random.choice((bit, bit, random.randbytes(2), data[start : start + 40], b""))
