"""Where in a file a path of its data is written: ``db.yaml:7``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from antiaffinity.decode import under
from antiaffinity.document import STDIN
from antiaffinity.errors import AntiaffinityError

if TYPE_CHECKING:
    from yaml.nodes import Node


MOST = 2**20
"""Bytes of a file that is read once more to find a line: larger ones were made by programs."""


@contextmanager
def told_of(file: Path) -> Iterator[None]:
    """Errors at a path of this file's data say the file and the line; what was read from stdin has none."""
    try:
        yield
    except AntiaffinityError as error:
        if file != STDIN and not error.where:
            error.where = place_of(file, error.path)
        raise


def place_of(file: Path, path: str) -> str:
    """The file and the line of this path's key; "" where the file has no such path.

    Of a key that is missing it is the line of what it is missing in.
    """
    found = list(_on_the_way(_root(file), "", path)) if path and path != str(file) else []
    if not found:
        return ""
    reached, line = found[-1]
    missing = path[len(reached) :].lstrip(".[")
    return "" if "." in missing or "[" in missing else f"{file}:{line}"


def _root(file: Path) -> Node | None:
    from yaml import CSafeLoader, YAMLError

    if not file.is_file() or file.stat().st_size > MOST:  # a pipe has nothing any more
        return None
    try:
        node: Node | None = CSafeLoader(file.read_text(encoding="utf-8-sig")).get_single_node()
    except (OSError, ValueError, YAMLError, RecursionError):  # who reads the data says what is wrong
        return None
    return node


def _on_the_way(node: Node | None, at: str, path: str) -> Iterator[tuple[str, int]]:
    """Each path, with its line, that leads to this one."""
    for inside, line, value in _inside(node, at):
        if path == inside or path.startswith((f"{inside}.", f"{inside}[")):
            yield inside, line
            yield from _on_the_way(value, inside, path)
            return


def _inside(node: Node | None, at: str) -> Iterator[tuple[str, int, Node]]:
    from yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield under(at, str(key.value)), key.start_mark.line + 1, value
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield under(at, number), value.start_mark.line + 1, value
