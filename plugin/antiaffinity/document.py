"""YAML and JSON files as plain data; a key written twice is refused, not dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antiaffinity.decode import show, under
from antiaffinity.errors import InvalidRequest

if TYPE_CHECKING:
    from yaml.error import YAMLError
    from yaml.nodes import Node

STDIN = Path("-")


def read(path: Path, schema: Any = Any) -> object:
    """The data in a file, or on standard input ("-").

    JSON where the name ends in ``.json`` or the text is JSON, else YAML; where ``schema`` says that a name
    is expected YAML's is the text as written. InvalidRequest where it cannot be read; its path is the file,
    or the key that is written twice.
    """
    text = _text(path)
    if not text.strip():
        raise InvalidRequest("the file is empty", path=str(path))
    if path.suffix.lower() == ".json":
        return _from_json(text, path)
    if text.lstrip().startswith("{"):
        return _from_json_or_yaml(text, path, schema)
    return _from_yaml(text, path, schema)


def _text(path: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidRequest(f"line {line} is not UTF-8; save the file as UTF-8", path=str(path)) from error
    except FileNotFoundError as error:
        raise InvalidRequest("there is no such file; check the name", path=str(path)) from error
    except IsADirectoryError as error:
        raise InvalidRequest("is a directory; name the file in it", path=str(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise InvalidRequest(f"cannot be read: {reason}", path=show(str(path))[1:-1]) from error


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


def _refuse_twice(node: Node, path: str, seen: dict[int, bool]) -> None:
    """Refuse keys that are written twice; ``seen`` tells the nodes that are still open.

    An alias shares its node, so each is visited once; one that is still open contains itself.
    """
    from yaml.nodes import MappingNode, ScalarNode

    if isinstance(node, ScalarNode):
        return
    if seen.get(id(node)):
        raise InvalidRequest(f"line {_line(node)} contains itself through an alias", path=path)
    if id(node) in seen:
        return
    seen[id(node)] = True
    for at, inside in _keyed(node, path) if isinstance(node, MappingNode) else _listed(node, path):
        _refuse_twice(inside, at, seen)
    seen[id(node)] = False


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
