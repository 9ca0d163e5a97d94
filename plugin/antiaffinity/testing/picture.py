"""Where the machines are, as text for whoever reads a failed test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from antiaffinity.model import Level
from antiaffinity.tables import table
from antiaffinity.testing.park import Park
from antiaffinity.testing.sandbox import Sandbox
from antiaffinity.testing.world import Machine

LEVELS: tuple[Level, ...] = ("region", "zone", "rack", "host")


def sections(park: Park) -> list[tuple[str, str]]:
    """For every cloud that a failed test led to, a title and what to know of it."""
    texts = {kind: _picture(park.sandbox(kind)) or _untouched(park, kind) for kind in sorted(park.standing)}
    return [(f"antiaffinity_{kind}", text) for kind, text in texts.items() if text]


def _picture(sandbox: Sandbox) -> str:
    """A table of the machines, who shares a place with whom, and what befell the places."""
    machines = sorted(sandbox.machines(), key=lambda one: (one.domain("zone"), one.domain("host"), one.id))
    if not machines and not sandbox.requests:
        return ""
    lines = [*_table(sandbox, machines), *_crowds(sandbox, machines), *_mishaps(sandbox)]
    return "\n".join(lines)


def _table(sandbox: Sandbox, machines: list[Machine]) -> Iterator[str]:
    if not machines:
        yield "no machine is there"
        return
    levels, label = _levels(sandbox), sandbox.site.label
    rows = [
        [_last(one.id), label(sandbox.cloud, one), one.state, *(one.domain(level) for level in levels)]
        for one in machines
    ]
    yield from table(["machine", "name", "state", *levels], rows)


def _last(id_: str) -> str:
    """The end of an id that is a path."""
    return id_.rpartition("/")[2]


def _crowds(sandbox: Sandbox, machines: list[Machine]) -> Iterator[str]:
    """The domains that several machines share which run."""
    running = [one for one in machines if one.state == "running"]
    for level in _levels(sandbox):
        counts = Counter(one.domain(level) for one in running if one.domain(level))
        if shared := [f"{name} ({number})" for name, number in sorted(counts.items()) if number > 1]:
            yield f"share a {level}: {', '.join(shared)}"


def _levels(sandbox: Sandbox) -> list[Level]:
    """The levels at which machines can be apart here."""
    places = sandbox.world.places.values()
    return [level for level in LEVELS if len({place.domain(level) for place in places}) > 1]


def _mishaps(sandbox: Sandbox) -> Iterator[str]:
    places = sandbox.world.places.values()
    down = [place.host for place in places if not place.up]
    full = [place.host for place in places if not place.open]
    yield from [f"down: {', '.join(down)}"] if down else []
    yield from [f"full: {', '.join(full)}"] if full else []


def _untouched(park: Park, kind: str) -> str:
    """A hint for whoever made a client before the fixture began the cloud."""
    if kind in park.lasting:
        return ""
    return (
        "no request reached it: a client that was made before it began asks another cloud; "
        f"begin it before the test modules are imported: --antiaffinity-cloud {kind}"
    )
