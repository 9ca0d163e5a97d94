"""All zones behind one address, as one WSGI application: ``/ZONE/v2/…``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from antiaffinity.testing.exoscale import document, groups, instances, views
from antiaffinity.testing.exoscale.http import Call, Refused, answer, read_json, refusal, signer
from antiaffinity.testing.exoscale.nouns import Key
from antiaffinity.testing.exoscale.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OPEN = ("list-zones",)
"""What needs no key."""


def zones(call: Call) -> dict[str, Any]:
    return {"zones": [views.zone(name, call.root) for name in call.state.zones]}


def quotas(call: Call) -> dict[str, Any]:
    usage = {"instance": len(call.state.instances)}
    limits = call.state.settings.quota.items()
    return {
        "quotas": [{"resource": name, "limit": most, "usage": usage.get(name, 0)} for name, most in limits]
    }


def operation(call: Call, id: str) -> dict[str, Any]:
    if id not in call.state.operations:
        raise Refused(404, f"Operation {id} not found")
    return views.operation(call.state.operations[id])


def types(call: Call) -> dict[str, Any]:
    known = call.state.types.values()
    zones = [zone for zone in call.state.zones if zone not in call.state.withdrawn]
    return {"instance-types": [views.instance_type(one, zones) for one in known]}


def templates(call: Call) -> dict[str, Any]:
    return {"templates": [views.template(call.state.zones)]}


PLAYED: Mapping[str, Callable[..., dict[str, Any]]] = {
    "list-zones": zones,
    "list-quotas": quotas,
    "get-operation": operation,
    "list-instance-types": types,
    "list-templates": templates,
    "list-anti-affinity-groups": groups.index,
    "get-anti-affinity-group": groups.show,
    "create-anti-affinity-group": groups.create,
    "delete-anti-affinity-group": groups.delete,
    "list-instances": instances.index,
    "get-instance": instances.show,
    "create-instance": instances.create,
    "delete-instance": instances.delete,
    "update-instance": instances.update,
    "stop-instance": instances.stop,
    "start-instance": instances.start,
}
"""What this Exoscale can do, by the document's names; all else that the document declares is 501 here."""


class Application:
    """Answers one request at a time, after everything that was due before it has happened."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self.state.world.lock:
            self.state.world.catch_up()
            response = self._response(request)
        return response(environ, start_response)

    def _response(self, request: Request) -> Response:
        try:
            return answer(self._answer(request))
        except Refused as refused:
            return refusal(refused, self.state.settings.error_shape)

    def _answer(self, request: Request) -> dict[str, Any]:
        zone, path = self._zone(request)
        found = document.find(request.method, path)
        if found is None:
            raise Refused(404, f"no operation {request.method} {path}")
        asked, places = found
        self._may(request, asked.id)
        return self._played(request, zone, asked, places)

    def _zone(self, request: Request) -> tuple[str, str]:
        """The zone of a request, and what is asked of it."""
        zone, v2, path = (*request.path[1:].split("/", 2), "", "")[:3]
        if zone not in self.state.zones or v2 != "v2":
            raise Refused(404, f"no zone at {request.path}")
        return zone, f"/{path}"

    def _may(self, request: Request, operation_id: str) -> None:
        if operation_id in OPEN and "Authorization" not in request.headers:
            return
        key = signer(request, self.state.keys)
        if key is None:
            raise Refused(self.state.settings.unauthenticated, "Invalid request signature")
        if not _allows(key, operation_id):
            raise Refused(403, f"Forbidden: the role does not allow {operation_id}")

    def _played(
        self, request: Request, zone: str, asked: document.Operation, places: dict[str, str]
    ) -> dict[str, Any]:
        """What the operation answers; neither request nor answer is let through against the document."""
        body = read_json(request)
        query = request.args.to_dict()
        if wrong := document.Exchange(asked, places, query, body).complaint():
            raise Refused(400, f"{asked.id}: {wrong}")
        if asked.id not in PLAYED or query:
            raise Refused(501, f"{asked.id}{' with a query' if query else ''} is not played here")
        call = Call(self.state, zone, request.host_url.rstrip("/"), query, body or {})
        said = PLAYED[asked.id](call, **places)
        if wrong := document.complaint(asked.answer, said):
            raise Refused(500, f"the fake answers {asked.id} against the document: {wrong}")
        return said


def _allows(key: Key, operation_id: str) -> bool:
    return key.allowed is None or operation_id in key.allowed
