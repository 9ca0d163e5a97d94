"""Connected clouds, lent to one operation at a time and kept for the next.

A backend remembers what one run has seen, and not every SDK may be used from two threads: so none is
shared, and none is thrown away while its login still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import msgspec

from antiaffinity.backend import Backend
from antiaffinity.estates import open_spec
from antiaffinity.group import Group
from antiaffinity.spec import Spec

Clouds = dict[str, Backend]


class Connections:
    """The idle connections, by the settings that they were made with."""

    def __init__(self) -> None:
        self._idle: dict[bytes, list[Clouds]] = {}
        self._lock = Lock()

    @contextmanager
    def group(self, spec: Spec) -> Iterator[Group]:
        """A group on its clouds, for one operation; where that fails its connection is not used again."""
        key = msgspec.json.encode(spec.clouds, enc_hook=str, order="sorted")
        with self._lock:
            idle = self._idle.get(key)
            clouds = idle.pop() if idle else None
        group = Group(spec, clouds) if clouds else open_spec(spec)
        yield group
        with self._lock:
            self._idle.setdefault(key, []).append(dict(group.clouds))
