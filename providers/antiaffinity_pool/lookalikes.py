"""Names of an inventory that look alike: one that nobody can tell from another is refused, others are told.

Looked for over each column at once: 100,000 hosts have few racks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any
from unicodedata import is_normalized, normalize

import msgspec

from antiaffinity.decode import show, under
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import LEVELS, Domain, Finding

COLUMNS = ("host", "rack", "zone", "region")
LISTS = ("networks", "datastores")
MAPPINGS = ("capacity", "used", "labels")


def composed(raw: bytes) -> bytes:
    """JSON in Unicode's composed form (NFC), so that one name is spelled in one way."""
    if raw.isascii() and b"\\u" not in raw:
        return raw
    text = msgspec.json.encode(msgspec.json.decode(raw)).decode()
    return raw if is_normalized("NFC", text) else normalize("NFC", text).encode()


def composed_data(data: object) -> object:
    """The same of data from YAML."""
    if isinstance(data, str):
        return data if data.isascii() else normalize("NFC", data)
    if isinstance(data, Mapping):
        return {composed_data(key): composed_data(value) for key, value in data.items()}
    return [composed_data(one) for one in data] if isinstance(data, list) else data


def check(hosts: Sequence[Domain], file: str) -> None:
    """InvalidRequest names the first name that starts or ends with a blank, or holds what cannot be seen."""
    names = _every(hosts)
    if "".join(names).isprintable() and names == set(map(str.strip, names)):
        return
    for number, host in enumerate(hosts):
        for path, name in _names(host):
            if _is_unclear(name):
                raise InvalidRequest(f"{_why(name)} (in {file})", path=f"hosts[{number}].{path}")


def _every(hosts: Sequence[Domain]) -> set[str]:
    """Every name there is, once."""
    columns = (map(attrgetter(column), hosts) for column in COLUMNS)
    lists = (chain.from_iterable(filter(None, map(attrgetter(word), hosts))) for word in (*LISTS, *MAPPINGS))
    labels = chain.from_iterable(one.values() for one in filter(None, map(attrgetter("labels"), hosts)))
    return set(filter(None, chain(*columns, *lists, labels)))


def _names(host: Domain) -> Iterator[tuple[str, str]]:
    """Each name of a host with its path, as the file has it."""
    for column in COLUMNS:
        if name := getattr(host, column):
            yield "name" if column == "host" else column, name
    for word in LISTS:
        yield from ((under(word, number), name) for number, name in enumerate(getattr(host, word) or ()))
    for word in MAPPINGS:
        yield from ((under(word, key), key) for key in getattr(host, word))
    yield from ((under("labels", key), value) for key, value in host.labels.items())


def _is_unclear(name: Any) -> bool:
    return not name.isprintable() or name != name.strip()


def _why(name: str) -> str:
    if name != name.strip():
        return f"{show(name)} starts or ends with a blank; remove it"
    return f"{show(name)} holds a character that cannot be seen (a control character, say); remove it"


def alike(hosts: Iterable[Domain]) -> list[Finding]:
    """Names of one level that differ only in case: they are two places, and hardly meant so."""
    hosts = list(hosts)
    return [
        Finding(
            "look-alike",
            f"{level}s {' and '.join(names)} differ only in case, and are taken for "
            f"{len(names)}: give one place one name",
            domain=names[0],
        )
        for level in LEVELS
        if level != "provider"
        for names in _but_for_case(filter(None, map(attrgetter(level), hosts)))
    ]


def _but_for_case(names: Iterable[str]) -> list[list[str]]:
    every, found = set(names), dict[str, list[str]]()
    if len(set(map(str.casefold, every))) == len(every):
        return []
    for name in every:
        found.setdefault(name.casefold(), []).append(name)
    return sorted(sorted(some) for some in found.values() if len(some) > 1)
