"""Requests and answers of Azure Resource Manager, and its way to refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct
from werkzeug.wrappers import Request, Response

from antiaffinity.testing.azure.state import State


class Refused(Exception):
    """A request is answered with an error of Azure's form."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        target: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.target, self.headers = target, dict(headers or {})

    def answer(self) -> Answer:
        target = {"target": self.target} if self.target else {}
        body = {"error": {"code": self.code, "message": self.message, **target}}
        return Answer(body, self.status, self.headers)


class Answer(Struct):
    """What a request gets back; None is an empty body."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class Call(Struct):
    """One request, and the fake it goes to."""

    state: State
    request: Request

    @property
    def query(self) -> dict[str, str]:
        return {name: self.state.inside(value) for name, value in self.request.args.items()}

    @property
    def root(self) -> str:
        return self.request.host_url.rstrip("/")

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the request; Azure refuses what is none."""
        try:
            read = json.loads(self.state.inside(self.request.get_data().decode()) or "null")
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise Refused(
                400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
            )
        return read

    def header(self, name: str) -> str:
        return self.request.headers.get(name, "")


Handler: TypeAlias = Callable[..., Answer]


class Route(Struct):
    """A method and path, what right it takes, and who answers."""

    method: str
    path: re.Pattern[str]
    right: str
    handler: Handler


def route(what: str, right: str, handler: Handler) -> Route:
    """``GET /skus``: ``<name>`` stands for one part of the path; Azure's paths do not regard case."""
    method, path = what.split(" ", 1)
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(f"{pattern}/?", re.IGNORECASE), right, handler)


def response(answer: Answer) -> Response:
    """The answer as HTTP."""
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    return Response(
        body, answer.status, {"Content-Type": "application/json; charset=utf-8", **answer.headers}
    )


def paged(call: Call, rows: list[dict[str, Any]]) -> Answer:
    """One page of a list, and where the next one is."""
    if "$skiptoken" in call.query and call.state.settings.links_lost > 0:
        call.state.settings.links_lost -= 1
        status = int(call.state.settings.links_lost_as)
        raise Refused(status, {404: "ResourceNotFound", 400: "InvalidParameter"}[status], "The link is gone.")
    start, size = int(call.query.get("$skiptoken", "0")), call.state.settings.page_size
    body: dict[str, Any] = {"value": rows[start : start + size]}
    if start + size < len(rows):
        query = {**call.query, "$skiptoken": str(start + size)}
        body["nextLink"] = f"{call.root}{call.request.path}?{urlencode(query)}"
    return Answer(body)
