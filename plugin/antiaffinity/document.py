"""YAML and JSON files as plain data; a key written twice is refused, not dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antiaffinity.decode import under
from antiaffinity.errors import InvalidRequest
from antiaffinity.files import STDIN as STDIN
from antiaffinity.files import raw

if TYPE_CHECKING:
    from yaml.error import YAMLError
    from yaml.nodes import Node

MOST_YAML = 40 * 2**20
"""Bytes of YAML: it takes a second a megabyte, a hundred times as long as JSON."""

MOST_VALUES = 10_000_000
"""What a file may stand for with its aliases written out; 100,000 hosts are some 2,000,000 values."""


def read(path: Path, schema: Any = Any) -> object:
    """The data in a file, or on standard input ("-").

    JSON where the name ends in ``.json`` or the text is JSON, else YAML; where ``schema`` says that a name
    is expected YAML's is the text as written. InvalidRequest where it cannot be read; its path is the file,
    or the key that is written twice.
    """
    return parsed(raw(path), path, schema)


def parsed(found: bytes, path: Path, schema: Any = Any) -> object:
    """The data in what was read from a file, as ``read`` gives it."""
    text = _text(found, path)
    if not text.strip():
        raise InvalidRequest("the file is empty", path=str(path))
    if path.suffix.lower() == ".json":
        return _from_json(text, path)
    if text.lstrip().startswith("{"):
        return _from_json_or_yaml(text, path, schema)
    return _from_yaml(text, path, schema)


def _text(found: bytes, path: Path) -> str:
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = found[: error.start].count(b"\n") + 1
        raise InvalidRequest(f"line {line} is not UTF-8; save the file as UTF-8", path=str(path)) from error


def _from_json_or_yaml(text: str, path: Path, schema: Any) -> object:
    """A text that starts with a brace is JSON, or YAML's flow style."""
    from json import JSONDecodeError

    try:
        return _from_json(text, path)
    except InvalidRequest as error:
        if isinstance(error.__cause__, JSONDecodeError):
            return _from_yaml(text, path, schema)
        raise


def _from_json(text: str, path: Path) -> object:
    # Not msgspec: it keeps the last of two equal keys without a word, and names a byte, not a line.
    import json

    try:
        twice: list[tuple[dict[str, Any], str]] = []
        data = json.loads(text, object_pairs_hook=lambda pairs: _noting(pairs, twice))
        if twice:
            where = _path_to(twice[-1][0], data, "")  # the last to close is in none that was dropped
            raise InvalidRequest("is written twice in one object; keep one", path=under(where, twice[-1][1]))
        if "\\ud" in text.lower():
            json.dumps(data, ensure_ascii=False).encode()  # refuses half of a surrogate pair
        return data
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"not JSON: line {error.lineno}: {error.msg}", path=str(path)) from error
    except RecursionError as error:
        raise InvalidRequest("cannot be read: nested too deeply", path=str(path)) from error
    except ValueError as error:
        raise InvalidRequest(f"not JSON that can be read: {_one_line(error)}", path=str(path)) from error


def _noting(pairs: list[tuple[str, Any]], twice: list[tuple[dict[str, Any], str]]) -> dict[str, Any]:
    """The object, noted with its key if one is written twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            twice.append((found, key))
        found[key] = value
    return found


def _path_to(wanted: object, data: object, path: str) -> str:
    """Where in the data this very object is; "" where it is not."""
    if data is wanted or not isinstance(data, dict | list):
        return path if data is wanted else ""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    return next((at for key, value in inside if (at := _path_to(wanted, value, under(path, key)))), "")


def _from_yaml(text: str, path: Path, schema: Any) -> object:
    from yaml import CSafeLoader, YAMLError

    from antiaffinity.written import keep_written

    if len(text) > MOST_YAML:
        most = MOST_YAML // 2**20
        raise InvalidRequest(
            f"is more than {most} MB of YAML; write it as JSON, which is quick", path=str(path)
        )
    try:
        loader = CSafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            raise InvalidRequest("the file holds only comments", path=str(path))
        _refuse_twice(node, "", {})
        keep_written(node, schema)
        return loader.construct_document(node)
    except YAMLError as error:
        raise InvalidRequest(_complaint(error), path=str(path)) from error
    except RecursionError as error:
        raise InvalidRequest("cannot be read: nested too deeply", path=str(path)) from error
    except (ValueError, LookupError, AttributeError) as error:
        # PyYAML's constructors do not wrap these: a date of month 13, a tag that its value belies.
        reason = f"a value cannot be read, quote it: {_one_line(error)}"
        raise InvalidRequest(reason, path=str(path)) from error


OPEN = -1
"""A node that is being visited: to meet it again is to meet it inside itself."""


def _refuse_twice(node: Node, path: str, seen: dict[int, int]) -> int:
    """Refuse keys that are written twice; gives how many values the node stands for, aliases written out.

    An alias shares its node, so each is visited once: ``seen`` has what it stands for, or OPEN.
    """
    from yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, ScalarNode):
        return 1
    if seen.get(id(node)) == OPEN:
        raise InvalidRequest(f"line {_line(node)} contains itself through an alias", path=path)
    if id(node) in seen:
        return seen[id(node)]
    seen[id(node)] = OPEN
    items = _keyed(node, path) if isinstance(node, MappingNode) else _listed(node, path)
    seen[id(node)] = 1 + sum(_refuse_twice(inside, at, seen) for at, inside in items)
    if seen[id(node)] > MOST_VALUES:
        many = f"line {_line(node)} stands for more than {MOST_VALUES:,} values; use fewer aliases"
        raise InvalidRequest(many, path=path)
    return seen[id(node)]


def _listed(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    return ((under(path, number), inside) for number, inside in enumerate(node.value))


def _keyed(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    lines: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        at, written = under(path, str(key.value)), (key.tag, str(key.value))
        if written in lines:
            twice = f"line {_line(key)}: is written twice (first on line {lines[written]}); keep one"
            raise InvalidRequest(twice, path=at)
        lines[written] = _line(key)
        yield at, value


def _line(node: Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _complaint(error: YAMLError) -> str:
    """PyYAML's complaint with its line, and the fix for the two usual mistakes."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    parts = [getattr(error, "context", None), getattr(error, "problem", None)]
    problem = ", ".join(part for part in parts if part) or str(error)
    return f"not YAML: {where}{_one_line(problem)}{_hint(problem)}"


def _hint(problem: str) -> str:
    if "cannot start any token" in problem:
        return "; indent with blanks, not tabs, and quote text that starts with % @ or `"
    if "alias" in problem:
        return '; quote a pattern that starts with *: "*-db"'
    if "nesting depth" in problem:  # libyaml's own limit, since 0.2.6; before it recursion was the limit
        return "; nested too deeply"
    return ""


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())[:200]
