"""Changes that take time: what the World comes to, and what those who ask meanwhile are told.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiaffinity.testing.azure import views
from antiaffinity.testing.azure.http import Answer, Call, Refused
from antiaffinity.testing.azure.nouns import SUBSCRIPTION, Operation, Resource, last
from antiaffinity.testing.azure.state import State

Effect = Callable[[], dict[str, Any] | None]
"""What happens in the end; the error that it ends with, or None."""


def begin(state: State, location: str, what: str, seconds: float, effect: Effect) -> Operation:
    """Let something happen later, as an operation that can be asked about."""
    operation = Operation(state.new_id(), location, what, state.now)
    state.operations[operation.id] = operation

    def end() -> None:
        operation.error = effect()
        operation.status = "Failed" if operation.error else "Succeeded"

    state.world.after(seconds, end)
    return operation


def accepted(call: Call, operation: Operation, status: int, body: dict[str, Any] | None = None) -> Answer:
    """The answer to the request that began it."""
    return Answer(body, status, _headers(call, operation))


def _headers(call: Call, operation: Operation) -> dict[str, str]:
    settings, version = call.state.settings, call.query["api-version"]
    here = (
        f"{call.root}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/{operation.location}"
    )
    headers = {"Location": f"{here}/operationResults/{operation.id}?api-version={version}"}
    if settings.async_header:
        headers["Azure-AsyncOperation"] = f"{here}/operations/{operation.id}?api-version={version}"
    if settings.retry_after is not None:
        headers["Retry-After"] = str(settings.retry_after)
    return headers


def status(call: Call, location: str, id: str) -> Answer:
    """What Azure-AsyncOperation tells."""
    operation = _polled(call, id)
    told = {"name": operation.id, "status": operation.status, "startTime": operation.started}
    if operation.status == "InProgress":
        return Answer(told, 200, _headers(call, operation))
    error = {"error": operation.error} if operation.error else {}
    return Answer({**told, "endTime": call.state.now, **error})


def result(call: Call, location: str, id: str) -> Answer:
    """What Location tells: 202 until it is through, then the resource or the error."""
    operation = _polled(call, id)
    if operation.status == "InProgress":
        return Answer(None, 202, _headers(call, operation))
    if operation.error:
        raise Refused(409, operation.error["code"], operation.error["message"])
    found = resource(call.state, operation.what) if operation.what else None
    return Answer(views.resource(call.state, found) if found else None, 200 if found else 204)


def _polled(call: Call, id_: str) -> Operation:
    """The operation; one who asks too early is told that it goes on."""
    operation = call.state.operations.get(id_)
    if operation is None:
        raise Refused(404, "NotFound", f"The entity was not found: operation {id_}.")
    operation.polls += 1
    if operation.polls <= call.state.settings.polls:
        return Operation(operation.id, operation.location, operation.what, operation.started)
    return operation


def resource(state: State, id_: str) -> Resource | None:
    """A resource by its id, if it is there."""
    key = id_.casefold()
    return state.machines.get(key) or state.sets.get(key)


def missing(id_: str, group: str) -> Refused:
    """The error for a resource that is not there."""
    kind = id_.rstrip("/").rsplit("/", 2)[-2]
    return Refused(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.Compute/{kind}/{last(id_)}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
