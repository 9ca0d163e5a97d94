"""Finding clouds: by the entry-point group ``antiaffinity.clouds``, without importing any SDK."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from antiaffinity.backend import Backend, Connect, Fleet, FleetOf
from antiaffinity.errors import InvalidRequest, NotOffered
from antiaffinity.guarantee import Cloud

GROUP = "[antiaffinity.clouds]"


@cache
def kinds() -> dict[str, str]:
    """The import package of every installed cloud, by kind.

    Reads ``entry_points.txt`` of the installed distributions itself: ``importlib.metadata`` alone
    costs as much start-up time as four Python interpreters.
    """
    found: dict[str, str] = {}
    for text in _entry_point_files():
        for line in text.partition(GROUP)[2].partition("\n[")[0].splitlines():
            kind, equals, package = line.partition("=")
            if equals:
                found.setdefault(kind.strip(), package.strip())
    return found


def _entry_point_files() -> Iterator[str]:
    for folder in map(Path, dict.fromkeys(sys.path)):
        for file in folder.glob("*.dist-info/entry_points.txt") if folder.is_dir() else ():
            text = file.read_text(encoding="utf-8")
            if GROUP in text:
                yield text


def record(kind: str) -> Cloud:
    """The light record of a cloud: what it promises; no SDK is imported."""
    package = kinds().get(kind)
    if package is None:
        near = get_close_matches(kind, kinds(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidRequest(f"unknown kind {kind!r}: {hint}known: {', '.join(sorted(kinds()))}", path="kind")
    try:
        return cast(Cloud, import_module(package).cloud)
    except ModuleNotFoundError as gone:
        raise InvalidRequest(
            f"the cloud {kind!r} is registered as {package}, which cannot be imported ({gone}): "
            f"install its package again, or remove it",
            path="kind",
        ) from gone


def records() -> list[Cloud]:
    """The records of all installed clouds, by kind."""
    return [record(kind) for kind in sorted(kinds())]


def backend(kind: str, client: object, settings: Mapping[str, object]) -> Backend:
    """Connect to a cloud; its SDK is imported here and not before."""
    cloud = record(kind)
    check(cloud, settings)
    return cast(Connect, _imported(cloud, cloud.connect_from).connect)(client, settings)


def fleet(kind: str, word: str, name: str, settings: Mapping[str, object]) -> Fleet:
    """A fleet that a cloud launches by itself, by the cloud's word for it; NotOffered where it has none."""
    cloud = record(kind)
    check(cloud, settings)
    if word not in cloud.fleets_from:
        raise NotOffered(f"{cloud.title} has nothing that is called {word}", path=word)
    return cast(FleetOf, _imported(cloud, cloud.fleets_from[word]).fleet)(None, settings, name)


def _imported(cloud: Cloud, module: str) -> ModuleType:
    """A module of a cloud that needs its SDK."""
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise InvalidRequest(
            f"{cloud.title} needs {cloud.sdk}, which is not installed ({missing}): "
            f"pip install {_extra(cloud)}",
            path="kind",
        ) from missing


def _extra(cloud: Cloud) -> str:
    """What to install: our own extra, or the SDK of a cloud that somebody else wrote."""
    from importlib.metadata import metadata  # costs more than all the rest here, and only errors need it

    extras = metadata("antiaffinity").get_all("Provides-Extra") or ()
    return f"'antiaffinity[{cloud.kind}]'" if cloud.kind in extras else cloud.sdk


def check(cloud: Cloud, settings: Mapping[str, object]) -> None:
    """Refuse settings that a cloud does not take, and clouds that nobody can connect to yet."""
    if not cloud.connect_from:
        raise NotOffered(
            f"{cloud.title}: its guarantees and launch arguments are here, its calls are not written yet; "
            f"`antiaffinity clouds` shows what it promises",
            path="kind",
        )
    for key in settings:
        if cloud.settings and key not in cloud.settings:
            near = get_close_matches(key, cloud.settings, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InvalidRequest(
                f"{cloud.title} takes no {key!r}; {hint}known: {', '.join(cloud.settings)}", path=key
            )
