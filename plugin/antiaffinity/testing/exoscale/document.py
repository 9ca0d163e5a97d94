"""The OpenAPI document that Exoscale's SDK ships, held to the letter: what it does not name is refused.

OpenAPI leaves objects open; here they are closed, so that a misspelling fails. What the document does not
describe are refusals: answers that are not 200 have no schema of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from msgspec import Struct

_good: set[tuple[int, str]] = set()
"""What was found to be as declared: a schema, and a value. Looking again is most of a fake's time."""

ENOUGH = 10_000


class Parameter(Struct, frozen=True):
    """A part of a path, or of a query."""

    place: str
    required: bool
    schema: Validator


class Operation(Struct, frozen=True):
    """One operation of the API."""

    id: str
    method: str
    path: re.Pattern[str]
    parameters: Mapping[str, Parameter]
    body: Validator | None
    answer: Validator


class Exchange(Struct, frozen=True):
    """One request as it came in; ``body`` is None where there was none."""

    operation: Operation
    places: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None

    def complaint(self) -> str:
        """What the document has against the request; nothing if it is as declared."""
        return self._of_parameters() or self._of_body()

    def _of_parameters(self) -> str:
        declared, given = self.operation.parameters, {**self.places, **self.query}
        for name in self.query:
            if name not in declared or declared[name].place != "query":
                return f"{name}: no such query parameter"
        for name, one in declared.items():
            if name not in given and one.required:
                return f"{name}: is required"
            if name in given and (wrong := complaint(one.schema, given[name])):
                return f"{name}: {wrong}"
        return ""

    def _of_body(self) -> str:
        if self.operation.body is None:
            return "" if self.body is None else "this operation takes no body"
        return complaint(self.operation.body, {} if self.body is None else self.body)


def complaint(schema: Validator, value: Any) -> str:
    """What a schema has against a value, and where."""
    wrong = next(_unless_good(schema, value, lambda: schema.iter_errors(value)), None)
    return f"{wrong.json_path}: {wrong.message}" if wrong else ""


def _unless_good(
    schema: object, value: Any, look: Callable[[], Iterable[ValidationError]]
) -> Iterator[ValidationError]:
    """What is found against a value; nobody looks where nothing was found before. Schemas live on."""
    known = id(schema), json.dumps(value, sort_keys=True)
    if known in _good:
        return
    errors = list(look())
    if not errors:
        if len(_good) == ENOUGH:
            _good.clear()
        _good.add(known)
    yield from errors


def _items(keeper: Any, items: object, value: Any, schema: object) -> Iterator[ValidationError]:
    """Each item of a list by itself: most of them were in the last answer too."""
    for number, item in enumerate(value if isinstance(value, list) else ()):
        look = partial(keeper.descend, item, items, path=number)
        yield from _unless_good(items, item, look)


Keeper: type[Validator] = extend(Draft4Validator, {"items": _items})  # type: ignore[no-untyped-call]


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request asks for, and the parts of its path; None where there is no such one."""
    for operation in operations():
        if operation.method == method and (match := operation.path.fullmatch(path)):
            return operation, {name.replace("_", "-"): part for name, part in match.groupdict().items()}
    return None


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation that the document declares."""
    return tuple(
        _operation(method.upper(), path, one)
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
    )


def _operation(method: str, path: str, one: Mapping[str, Any]) -> Operation:
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answer = next(iter(one["responses"].values())).get("content", {}).get("application/json", {})
    return Operation(
        id=one["operationId"],
        method=method,
        path=_pattern(path),
        parameters={
            each["name"]: Parameter(each["in"], each["required"], validator(each["schema"]))
            for each in one.get("parameters", ())
        },
        body=None if body is None else validator(body),
        answer=validator(answer.get("schema", {})),
    )


def _pattern(path: str) -> re.Pattern[str]:
    """``/instance/{id}:stop`` as an expression; a part of a path ends at a colon too."""
    parts = re.split(r"\{([a-z-]+)\}", path)
    return re.compile("".join(_part(part) if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def _part(name: str) -> str:
    return f"(?P<{name.replace('-', '_')}>[^/:]+)"


def validator(schema: Mapping[str, Any]) -> Validator:
    """The schema, closed; OpenAPI 3.0 is nearest to JSON Schema's draft 4."""
    whole = {**_closed(schema), "components": _components()}
    return Keeper(whole, format_checker=FormatChecker())


@cache
def document() -> dict[str, Any]:
    """The document as the SDK ships it."""
    read: dict[str, Any] = json.loads((files("exoscale") / "openapi.json").read_text("utf-8"))
    return read


@cache
def _components() -> dict[str, Any]:
    closed: dict[str, Any] = _closed(document()["components"])
    return closed


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if isinstance(schema.get("properties"), dict) else inner
