"""Azure Resource Manager as one WSGI application: who may ask, what is planted, and who answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from antiaffinity.testing.azure import identity, machines, offers, sets
from antiaffinity.testing.azure.http import Answer, Call, Refused, Route, response
from antiaffinity.testing.azure.nouns import SUBSCRIPTION, Exchange, Principal, Refusal
from antiaffinity.testing.azure.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROUTES = (*machines.ROUTES, *sets.ROUTES, *offers.ROUTES)


class Application:
    """Answers one request at a time, after everything that was due before it has happened."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data(cache=True, parse_form_data=False)
        with self.state.world.lock:
            self.state.world.catch_up()
            answer = self._answer(request)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if found := identity.answered(self.state, request):
            return response(found)
        try:
            answer = self._routed(Call(self.state, request))
        except Refused as refused:
            answer = refused.answer()
        answer = _told(answer, self.state)
        self.state.exchanges.append(_exchange(request, answer))
        return response(answer)

    def _routed(self, call: Call) -> Answer:
        who = _principal(call)
        if planted := self._planted(call.request):
            return planted
        path = _within_subscription(self.state.inside(call.request.path))
        if "api-version" not in call.query:
            raise Refused(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        for route in ROUTES:
            match = route.path.fullmatch(path)
            if match and route.method == call.request.method:
                _allowed(who, route, call.request.path)
                _group_exists(call.state, match.groupdict())
                return route.handler(call, **match.groupdict())
        raise Refused(404, "InvalidResourceType", f"The resource type could not be found at {path}.")

    def _planted(self, request: Request) -> Answer | None:
        what = f"{request.method} {request.path}"
        for refusal in self.state.refusals:
            if refusal.of.casefold() in what.casefold() and refusal.times > 0:
                refusal.times -= 1
                return _refusal(refusal)
        return None


def _told(answer: Answer, state: State) -> Answer:
    """An answer with the id of this subscription."""
    if state.settings.subscription == SUBSCRIPTION:
        return answer
    headers = {name: state.outside(value) for name, value in answer.headers.items()}
    return Answer(json.loads(state.outside(json.dumps(answer.body))), answer.status, headers)


def _refusal(refusal: Refusal) -> Answer:
    body = refusal.body or {"error": {"code": refusal.code, "message": refusal.message}}
    return Answer(body, refusal.status, refusal.headers)


def _principal(call: Call) -> Principal:
    kind, _, token = call.header("Authorization").partition(" ")
    who = call.state.tokens.get(token) if kind == "Bearer" else None
    if who is None:
        raise Refused(401, "InvalidAuthenticationToken", "The access token is invalid.")
    return who


def _within_subscription(path: str) -> str:
    """The path below the subscription."""
    prefix = f"/subscriptions/{SUBSCRIPTION}"
    if not path.casefold().startswith(prefix):
        subscription = path.split("/")[2] if path.count("/") > 1 else path
        raise Refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
    return path[len(prefix) :]


def _allowed(who: Principal, route: Route, scope: str) -> None:
    if who.rights is not None and route.right not in who.rights:
        raise Refused(
            403,
            "AuthorizationFailed",
            f"The client '{who.name}' with object id '{who.name}' does not have authorization to perform "
            f"action '{route.right}' over scope '{scope}' or the scope is invalid. If access was recently "
            f"granted, please refresh your credentials.",
        )


def _group_exists(state: State, parts: Mapping[str, str]) -> None:
    known = {group.casefold() for group in state.groups}
    if "group" in parts and parts["group"].casefold() not in known:
        raise Refused(404, "ResourceGroupNotFound", f"Resource group '{parts['group']}' could not be found.")


def _exchange(request: Request, answer: Answer) -> Exchange:
    return Exchange(
        method=request.method,
        path=request.path,
        query=request.args.to_dict(),
        headers=dict(request.headers),
        body=_json(request.get_data()),
        status=answer.status,
        answer=answer.body,
    )


def _json(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode(errors="replace")
