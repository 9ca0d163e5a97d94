"""What commands share: the SPEC argument, ``--json``, and opening a SPEC's group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from antiaffinity.guarantee import Cloud
    from antiaffinity.model import Level, Placement

Decorated = TypeVar("Decorated", bound=Callable[..., object])


def takes_spec(command: Decorated) -> Decorated:
    """The argument SPEC."""
    return click.argument("spec", metavar="SPEC")(command)


def speaks_json(command: Decorated) -> Decorated:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, errors too.")(
        command
    )


def opened(spec: str) -> Group:
    """The group that a SPEC describes, on its connected clouds."""
    from antiaffinity.estates import open_spec
    from antiaffinity.spec import read_spec

    return open_spec(read_spec(Path(spec)))


def words_of(group: Group) -> dict[Level, str]:
    """What the group's cloud calls each level; several clouds do not agree on words."""
    if len(group.clouds) > 1:
        return {}
    [backend] = group.clouds.values()
    return dict(backend.cloud.words)


def cloud_of(group: Group, placement: Placement) -> Cloud:
    """The record of the cloud that a placement is on."""
    from antiaffinity.sight import backend_of

    return backend_of(group.clouds, placement.cloud).cloud


def show(lines: Iterable[str]) -> None:
    """Print an answer for people."""
    print(*lines, sep="\n")
