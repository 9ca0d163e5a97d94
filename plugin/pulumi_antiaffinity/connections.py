"""Connected clouds, lent to one operation at a time and kept for the next.

A backend remembers what one run has seen, and not every SDK may be used from two threads: so none is
shared, and none is thrown away while its login still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

import msgspec

from antiaffinity.backend import Backend
from antiaffinity.estates import open_spec
from antiaffinity.group import Group
from antiaffinity.model import GroupKey, Observed
from antiaffinity.sight import observe
from antiaffinity.spec import Spec

Clouds = dict[str, Backend]

FRESH = 1.0
"""Seconds for which one look serves all who ask: a refresh asks for every machine of a group by itself."""


class Connections:
    """The idle connections, by the settings that they were made with."""

    def __init__(self) -> None:
        self._idle: dict[bytes, list[Clouds]] = {}
        self._looks: dict[tuple[bytes, GroupKey], _Look] = {}
        self._lock = Lock()

    @contextmanager
    def group(self, spec: Spec) -> Iterator[Group]:
        """A group on its clouds, for one operation; where that fails its connection is not used again."""
        key = _settings(spec)
        with self._lock:
            idle = self._idle.get(key)
            clouds = idle.pop() if idle else None
        group = Group(spec, clouds) if clouds else open_spec(spec)
        yield group
        with self._lock:
            self._idle.setdefault(key, []).append(dict(group.clouds))

    def machines(self, spec: Spec) -> list[Observed]:
        """What there is of a group, at most a second old: for reading, not for what changes things."""
        with self._lock:
            look = self._looks.setdefault((_settings(spec), spec.key), _Look())
        with look.lock:
            if monotonic() - look.at > FRESH:
                with self.group(spec) as group:
                    look.machines, look.at = observe(spec, group.clouds), monotonic()
            return look.machines


class _Look:
    """What one look found, and when."""

    def __init__(self) -> None:
        self.lock, self.at = Lock(), float("-inf")
        self.machines: list[Observed] = []


def _settings(spec: Spec) -> bytes:
    return msgspec.json.encode(spec.clouds, enc_hook=str, order="sorted")
