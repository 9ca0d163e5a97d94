"""Microsoft's own specifications of Azure's compute API, held against every request and answer of the fake.

Two sources, both Microsoft's: the swagger of 2024-07-01 says paths, parameters, status codes and bodies
(https://github.com/Azure/azure-rest-api-specs), the types of 2026-04-01 say bodies of resources
(https://github.com/Azure/bicep-types-az). They lie beside the checkout, or where AZURE_SPECS says.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft4Validator
from msgspec import Struct

from antiaffinity.testing.azure.nouns import Exchange
from fakes.azure_schemas import Mode, Swagger, Types

BESIDE = Path(__file__).parents[3] / "shared/specs/azure"
COMPUTE = "azure-rest-api-specs/specification/compute/resource-manager/Microsoft.Compute"
FILES = (
    "ComputeRP/stable/2024-07-01/availabilitySet.json",
    "ComputeRP/stable/2024-07-01/virtualMachine.json",
    "ComputeRP/stable/2024-07-01/virtualMachineScaleSet.json",
    "ComputeRP/stable/2024-07-01/computeRPCommon.json",
    "Skus/stable/2021-07-01/skus.json",
)
TYPES = "bicep-types-az/2026-04-01/types.json"

ANYWHERE = {"$skiptoken"}
"""What a nextLink may have in its query."""
CONDITIONS = ("If-Match", "If-None-Match")
POLLING = re.compile(r"/operations/|/operationResults/", re.IGNORECASE)
"""Asking about an operation is in no specification."""
RESOURCE = re.compile(
    r"/providers/(Microsoft\.Compute/(?:virtualMachines|virtualMachineScaleSets|availabilitySets))(/[^/]+)?$",
    re.IGNORECASE,
)


def folder() -> Path:
    """Where the specifications are."""
    return Path(os.environ.get("AZURE_SPECS", BESIDE))


class Operation(Struct, frozen=True):
    """One method of one path, and the file that says so."""

    method: str
    template: str
    file: Path
    said: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", "[^/]+", self.template), re.IGNORECASE)

    def named(self, where: str) -> dict[str, Mapping[str, Any]]:
        """Its parameters of one place."""
        return {one["name"]: one for one in self.parameters if one["in"] == where}


class Spec:
    """What Microsoft says."""

    def __init__(self, where: Path) -> None:
        self.swagger = Swagger()
        self.types = Types(json.loads((where / TYPES).read_text()))
        self._files = [where / COMPUTE / name for name in FILES]

    @cached_property
    def operations(self) -> list[Operation]:
        """Every operation, the most specific path first."""
        found = [operation for file in self._files for operation in self._in(file)]
        return sorted(found, key=lambda operation: operation.template.count("{"))

    def _in(self, file: Path) -> Iterator[Operation]:
        for template, methods in self.swagger.document(file)["paths"].items():
            for method, said in methods.items():
                given = (self.swagger.resolved(file, one) for one in said.get("parameters", ()))
                yield Operation(method.upper(), template, file, said, tuple(given))

    def problems(self, exchange: Exchange) -> list[str]:
        """In words what of a request or its answer Microsoft does not say."""
        if POLLING.search(exchange.path):
            return []
        operation = self._operation(exchange)
        if operation is None:
            return [f"{exchange.method} {exchange.path} is no operation"]
        return [
            *_query(operation, exchange),
            *_headers(operation, exchange),
            *self._request(operation, exchange),
            *self._answer(operation, exchange),
            *self._resources(exchange),
        ]

    def _operation(self, exchange: Exchange) -> Operation | None:
        for operation in self.operations:
            if operation.method == exchange.method and operation.pattern.fullmatch(exchange.path):
                return operation
        return None

    def _request(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        declared = list(operation.named("body").values())
        if not declared:
            if exchange.body is not None:
                yield "a body where none is declared"
        elif exchange.body is None:
            if declared[0].get("required"):
                yield "no body where one is required"
        else:
            schema = self.swagger.schema(operation.file, declared[0]["schema"], "request")
            yield from _against(schema, exchange.body, "request")

    def _answer(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        responses = operation.said["responses"]
        said = responses.get(str(exchange.status))
        if said is None and exchange.status < 400:
            yield f"status {exchange.status} is not declared"
            return
        if said is None and ("default" not in responses or _is_bare_throttle(exchange)):
            return
        schema = (said or responses["default"]).get("schema")
        if schema is None:
            if exchange.answer is not None:
                yield "an answer with a body where none is declared"
        elif exchange.answer is None:
            yield "an answer without a body where one is declared"
        else:
            yield from _against(
                self.swagger.schema(operation.file, schema, "answer"), exchange.answer, "answer"
            )

    def _resources(self, exchange: Exchange) -> Iterator[str]:
        """Bodies of resources against the second source."""
        match = RESOURCE.search(exchange.path)
        if match is None:
            return
        if exchange.body is not None:
            yield from self._of_type(
                match[1], exchange.body, "patch" if exchange.method == "PATCH" else "request"
            )
        if exchange.status < 300 and exchange.answer is not None:
            several = not match[2] and isinstance(exchange.answer, dict)
            for body in exchange.answer.get("value", ()) if several else [exchange.answer]:
                yield from self._of_type(match[1], body, "answer")

    def _of_type(self, name: str, body: object, mode: Mode | Literal["patch"]) -> Iterator[str]:
        yield from _against(self.types.schema(name, mode), body, f"{mode} (types)")


def _query(operation: Operation, exchange: Exchange) -> Iterator[str]:
    declared = operation.named("query")
    for name, value in exchange.query.items():
        if name not in declared and name not in ANYWHERE:
            yield f"query {name} is not declared"
        elif value not in declared.get(name, {}).get("enum", (value,)):
            yield f"query {name} is {value}"
    missing = {name for name, said in declared.items() if said.get("required")} - set(exchange.query)
    yield from (f"query {name} is missing" for name in sorted(missing))


def _headers(operation: Operation, exchange: Exchange) -> Iterator[str]:
    given = {name.casefold() for name in exchange.headers}
    declared = {name.casefold() for name in operation.named("header")}
    for name in CONDITIONS:
        if name.casefold() in given - declared:
            yield f"header {name} is not declared"


def _is_bare_throttle(exchange: Exchange) -> bool:
    """Microsoft documents the body of a 429 without the envelope that its specification wants.

    https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/troubleshooting-throttling-errors
    """
    return exchange.status == 429 and "code" in exchange.answer


def _against(schema: Mapping[str, Any], body: object, what: str) -> Iterator[str]:
    for error in Draft4Validator(schema).iter_errors(body):
        where = "/".join(map(str, error.absolute_path))
        yield f"{what}: {where}: {error.message[:200]}"


# What tests use


@cache
def spec() -> Spec | None:
    """The specifications, where they are; without them a test fails under REQUIRE_REAL=1 only."""
    if (folder() / TYPES).exists():
        return Spec(folder())
    if os.environ.get("REQUIRE_REAL") == "1":
        pytest.fail(f"Microsoft's specifications are not in {folder()}")
    return None


def assert_as_specified(exchanges: Iterable[Exchange]) -> None:
    """Every request and answer is one that Microsoft's specifications allow."""
    known = spec()
    if known:
        alike = {_shape(exchange): exchange for exchange in exchanges}.values()
        found = {f"{e.method} {e.path} {e.status}: {p}" for e in alike for p in known.problems(e)}
        assert found == set()


def _shape(exchange: Exchange) -> str:
    """What of an exchange can differ for a schema: the same with other names and numbers is the same."""
    told = (exchange.path, exchange.query, exchange.body, exchange.status, exchange.answer)
    conditions = [name for name in CONDITIONS if name in exchange.headers]
    return re.sub(r"[0-9a-f-]{36}|\d+", "0", json.dumps([exchange.method, conditions, *told]))
