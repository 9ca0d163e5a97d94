"""Requests and answers: who asks, at which microversion, and Nova's way to refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from antiaffinity.testing.openstack.nouns import User
from antiaffinity.testing.openstack.state import State

Version: TypeAlias = tuple[int, int]

OLDEST: Version = (2, 1)
NEWEST: Version = (2, 104)

FAULTS = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest"}
"""Nova's name for each status; of others it says computeFault."""


class Refused(Exception):
    """A request is answered with an error of Nova's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    def answer(self) -> Answer:
        kind = FAULTS.get(self.status, "computeFault")
        return Answer({kind: {"code": self.status, "message": self.message}}, self.status)


class Answer(Struct):
    """What a request gets back; None is an empty body."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class Call(Struct):
    """One request: who asks, for what."""

    state: State
    request: Request
    user: User
    version: Version
    root: str
    """Where this cloud's services begin, http://host:port."""

    @property
    def query(self) -> dict[str, str]:
        return self.request.args.to_dict()

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the request; Nova refuses what is none."""
        try:
            read = json.loads(self.request.get_data() or b"{}")
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise Refused(400, "Malformed request body")
        return read

    @property
    def compute_url(self) -> str:
        return f"{self.root}/compute/v2.1"

    def needs_admin(self, rule: str) -> None:
        """Nova's policy names the rule that a member of a project has not."""
        if not self.user.admin:
            raise Refused(403, f"Policy doesn't allow {rule} to be performed.")


Handler: TypeAlias = Callable[..., Answer]
Routes: TypeAlias = Mapping[str, Handler]
"""Handlers by method and path: ``{"GET /v2.1/servers/<id>": show}``."""


def routed(prefix: str, routes: Routes) -> Map:
    """A map of werkzeug's over these routes."""
    rules = []
    for what, handler in routes.items():
        method, path = what.split(" ", 1)
        rules.append(Rule(prefix + path, methods=[method], endpoint=handler))
    return Map(rules, strict_slashes=False, merge_slashes=False)


def found(routes: Map, request: Request) -> tuple[Handler, dict[str, str]] | None:
    """The handler of a request and the parts of its path; None where nothing is known by it."""
    try:
        endpoint, arguments = routes.bind_to_environ(request.environ).match()
    except HTTPException:
        return None
    return endpoint, dict(arguments)


def asked_version(request: Request) -> Version:
    """The microversion that a request of the compute API asks for; without one the oldest."""
    service, _, number = request.headers.get("OpenStack-API-Version", "").strip().partition(" ")
    if service != "compute":
        number = request.headers.get("X-OpenStack-Nova-API-Version", "2.1")
    if number == "latest":
        return NEWEST
    try:
        major, minor = map(int, number.split("."))
    except ValueError as wrong:
        raise Refused(
            400,
            f"API Version String {number} is of invalid format. Must be of format MajorNum.MinorNum.",
        ) from wrong
    if not OLDEST <= (major, minor) <= NEWEST:
        raise Refused(
            406,
            f"Version {number} is not supported by the API. Minimum is {written(OLDEST)} and maximum is "
            f"{written(NEWEST)}.",
        )
    return major, minor


def written(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def response(answer: Answer) -> Response:
    """The answer as HTTP."""
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    return Response(body, answer.status, {"Content-Type": "application/json", **answer.headers})


UNKNOWN = Answer(
    {
        "message": "The resource could not be found.<br /><br />\n\n\n",
        "code": "404 Not Found",
        "title": "Not Found",
    },
    404,
)
"""What Nova answers where it has no such path or method."""
