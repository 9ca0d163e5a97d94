"""The inventory of a pool: a YAML or JSON file with a list of hosts, read once per change.

100,000 hosts are decoded straight into what the planner works on, without a Python step per host.
"""

from __future__ import annotations

import gc
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from sys import float_info
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import fields

from antiaffinity import document, files
from antiaffinity.decode import decode, show, typed
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Domain, Finding, Level
from antiaffinity_pool import lookalikes
from antiaffinity_pool.lookalikes import composed, composed_data

Name = Annotated[str, Meta(min_length=1, description="a name", examples=["h1"])]
Names = Annotated[list[Name], Meta(description="a list of names")]
Amount = Annotated[float, Meta(ge=0, le=float_info.max, description="a number of 0 or more")]


class Host(Domain, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, rename={"host": "name"}):
    """One host as the file states it; a Domain, so that the planner takes it as it is."""

    host: Name
    region: Name | None = None
    zone: Name | None = None
    rack: Name | None = None
    capacity: dict[str, Amount] = field(default_factory=dict)
    used: dict[str, Amount] = field(default_factory=dict)
    networks: Names | None = None
    # Names only: nobody asks a pool for free space, and matching walks the names either way.
    datastores: Names | None = None  # type: ignore[assignment]
    # Not for a file to set: nobody types a character of Unicode's private use area.
    provider: str | None = field(default=None, name="\ue000provider")
    ids: dict[Level, str] = field(default_factory=dict, name="\ue000ids")
    why: str = field(default="", name="\ue000why")
    full: str = field(default="", name="\ue000full")


Hosts = Annotated[
    list[Host], Meta(min_length=1, description="a list of hosts", examples=["hosts: [{name: h1, rack: r1}]"])
]


BY_HAND = 1_000_000
"""The bytes of a large inventory that somebody may still have edited: 5,000 hosts."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    hosts: Hosts


_decoded = msgspec.json.Decoder(_File).decode


class Inventory:
    """The hosts of one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._stamp: tuple[int, ...] = ()
        self._hosts: list[Host] = []
        self._alike: list[Finding] = []

    def hosts(self) -> list[Host]:
        """All hosts, in the order of the file; read again only when the file has changed."""
        stamp = _stamp(self.file)
        if not stamp or stamp != self._stamp:
            self._hosts, self._stamp = read(self.file), stamp
            self._alike = lookalikes.alike(self._hosts)
        return self._hosts

    def findings(self) -> list[Finding]:
        """What is odd about the names in it."""
        self.hosts()
        return self._alike

    def named(self) -> dict[str, Host]:
        """All hosts by name."""
        return {host.host: host for host in self.hosts()}

    def find(self, name: str) -> Host:
        """The host of this name; InvalidRequest names the nearest one."""
        hosts = self.named()
        if name not in hosts:
            from difflib import get_close_matches

            near = get_close_matches(name, hosts, n=1)
            guess = f"did you mean {near[0]!r}?" if near else "add it there, or name another"
            raise InvalidRequest(f"{self.file.name} lists no host {show(name)}; {guess}", path="host")
        return hosts[name]


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        there = file.stat()
    except (OSError, ValueError):
        return ()  # reading it says what is wrong
    if not stat.S_ISREG(there.st_mode):
        return (there.st_ino,)  # what a pipe gave is gone
    return there.st_mtime_ns, there.st_size, there.st_ino


def read(file: Path) -> list[Host]:
    """The hosts that a file lists.

    InvalidRequest where it cannot be read, its path the file; or where something in it is wrong, its
    path like ``hosts[3].capacity.vcpus``. A key written twice is refused, but in JSON of more than
    1 MB: programs write that, and to look for it would double the time.
    """
    raw = files.raw(file)
    hosts = _quick(raw) or _slow(raw, file)
    lookalikes.check(hosts, file.name)
    if len(set(map(attrgetter("host"), hosts))) < len(hosts):
        _refuse_twice(hosts, file)
    return hosts


def _quick(raw: bytes) -> list[Host] | None:
    """JSON in one go; None for all else, and for what is wrong: the slow way has the words for it."""
    try:
        if raw[:99].lstrip()[:1] != b"{":
            return None
        if len(raw) <= BY_HAND and _drops_a_key(raw):
            return None
        with _no_collection():
            return _decoded(composed(raw)).hosts
    except (ValueError, RecursionError):
        return None


def _drops_a_key(raw: bytes) -> bool:
    """Whether decoding loses a colon: each key has one, and of two equal keys one is dropped."""
    return msgspec.json.encode(msgspec.json.decode(raw)).count(b":") != raw.count(b":")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Decoding makes many objects and no garbage: collecting meanwhile costs a third of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _slow(raw: bytes, file: Path) -> list[Host]:
    """YAML, or the words for what is wrong and in which file."""
    try:
        return _hosts(composed_data(document.parsed(raw, file, _written())))
    except InvalidRequest as error:
        if error.path == str(file):
            raise
        raise InvalidRequest(f"{error.message} (in {file.name})", path=error.path) from error.__cause__


def _hosts(data: object) -> list[Host]:
    if isinstance(data, str):  # whatever file it is, and whose: its text is repeated to nobody
        raise InvalidRequest("expected a mapping with the keys hosts, not a text")
    try:
        return typed(data, _File).hosts
    except (ValueError, RecursionError):
        decode(data, _written())  # raises, in words
        raise


def _written() -> type[Struct]:
    """The schema as people write it: without the fields that no key can set."""
    shown = [f for f in fields(Host) if f.encode_name.isascii() and not f.required]
    keys = [(f.encode_name, f.type, field(default=None)) for f in shown]
    host = msgspec.defstruct("Host", [("name", Name), *keys], forbid_unknown_fields=True)
    hosts = Annotated[list[host], Hosts.__metadata__[0]]  # type: ignore[valid-type]
    return msgspec.defstruct("Inventory", [("hosts", hosts)], forbid_unknown_fields=True)


def _refuse_twice(hosts: Sequence[Host], file: Path) -> None:
    first: dict[str, int] = {}
    for n, host in enumerate(hosts):
        if host.host in first:
            raise InvalidRequest(
                f"{show(host.host)} is also the name of hosts[{first[host.host]}]; "
                f"give each host a name of its own (in {file.name})",
                path=f"hosts[{n}].name",
            )
        first[host.host] = n


def agreed(host: Host, reported: Mapping[Level, str]) -> dict[Level, str]:
    """The host's place; another one reported for it is a slip of the pen."""
    names = host.names()
    for level, name in reported.items():
        if level in names and names[level] != name:
            raise InvalidRequest(f"{host.host} lies in {level} {names[level]}, not {name}", path=level)
    return names
