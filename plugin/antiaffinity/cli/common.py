"""What commands share: the SPEC argument, ``--json``, and opening a SPEC's group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from antiaffinity.terminal import printable

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from antiaffinity.guarantee import Cloud
    from antiaffinity.model import GroupKey, Level, Placement
    from antiaffinity.spec import Spec

Decorated = TypeVar("Decorated", bound=Callable[..., object])


def takes_spec(command: Callable[..., int]) -> Callable[..., int]:
    """The argument SPEC; errors about what is written in it say the file and the line."""

    @wraps(command)
    def located(spec: str, **rest: Any) -> int:
        from antiaffinity.lines import told_of

        with told_of(Path(spec)):
            return command(spec, **rest)

    return click.argument("spec", metavar="SPEC")(located)


def speaks_json(command: Decorated) -> Decorated:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, errors too.")(
        command
    )


def opened(spec: str) -> Group:
    """The group that a SPEC describes, on its connected clouds."""
    from antiaffinity.spec import read_spec

    return connected(read_spec(Path(spec)))


def connected(spec: Spec) -> Group:
    """The group of a SPEC that was read; from here on nothing shows the credentials in it."""
    from antiaffinity.estates import open_spec

    for settings in spec.clouds.values():
        hide(settings)
    return open_spec(spec)


def hide(settings: Mapping[str, object]) -> None:
    """Print no credential of a cloud's settings, nor what may be one in the wrong place."""
    from antiaffinity import registry
    from antiaffinity.terminal import withhold

    kind = settings.get("kind")
    if kind in registry.kinds():
        cloud = registry.record(str(kind))
        withhold(_secret(settings, {"kind", *cloud.settings} - {*cloud.secrets}))


def _secret(settings: Mapping[str, object], known: Set[str]) -> Iterator[str]:
    """The texts of all but known settings, at any depth: the project in ``auth`` is in many a name."""
    from antiaffinity.secrets import texts_in

    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _secret(value, known)
        elif key not in known:
            yield from texts_in(value)


def words_of(group: Group) -> dict[Level, str]:
    """What the group's cloud calls each level; several clouds do not agree on words."""
    if len(group.clouds) > 1:
        return {}
    [backend] = group.clouds.values()
    return dict(backend.cloud.words)


def looking(command: str, key: GroupKey) -> Callable[[], dict[str, str]]:
    """What --look does: run the command, and read its lines."""

    def look() -> dict[str, str]:
        import os
        import subprocess

        from antiaffinity.errors import Unavailable
        from antiaffinity.looked import parsed

        env = {**os.environ, "GROUP": key.name, "OWNER": key.owner}
        done = subprocess.run(
            ["sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise Unavailable(f"--look ended with exit status {done.returncode}: mend it, or leave it out")
        return parsed(done.stdout)

    return look


def cloud_of(group: Group, placement: Placement) -> Cloud:
    """The record of the cloud that a placement is on."""
    from antiaffinity.sight import backend_of

    return backend_of(group.clouds, placement.cloud).cloud


def show(lines: Iterable[str]) -> None:
    """Print an answer for people."""
    print(*map(printable, lines), sep="\n")
