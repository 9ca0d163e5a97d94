"""Requests and answers: who asks, in which zone, and Exoscale's two ways to refuse."""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from werkzeug.wrappers import Request, Response

from antiaffinity.testing.exoscale.nouns import Key

if TYPE_CHECKING:
    from antiaffinity.testing.exoscale.state import State

TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class Refused(Exception):
    """A request is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Call(Struct):
    """One request that is as the document declares it, by somebody who may ask for it."""

    state: State
    zone: str
    root: str
    """Where this cloud begins, http://host:port."""
    query: Mapping[str, str]
    body: dict[str, Any]


def read_json(request: Request) -> Any:
    """The JSON of a request's body; None where it has none."""
    raw = request.get_data()
    try:
        return json.loads(raw) if raw else None
    except ValueError as wrong:
        raise Refused(400, f"the body is no JSON: {wrong}") from wrong


def answer(body: Any, status: int = 200) -> Response:
    """The answer as HTTP."""
    return Response(json.dumps(body).encode(), status, {"Content-Type": "application/json"})


def refusal(refused: Refused, shape: str) -> Response:
    """An error in one of the two shapes that Exoscale has."""
    if shape == "message":
        return answer({"message": refused.message}, refused.status)
    title = TITLES.get(refused.status, "Error")
    problem = {"type": "about:blank", "title": title, "status": refused.status, "detail": refused.message}
    return answer(problem, refused.status)


# Who asks: https://community.exoscale.com/reference/api/ ("Request signature")

AUTHORIZATION = re.compile(
    r"EXO2-HMAC-SHA256 credential=([^,]+)(?:,signed-query-args=([^,]*))?,expires=(\d+),signature=(.+)"
)


def signer(request: Request, keys: Mapping[str, Key]) -> Key | None:
    """The key that signed a request; None where the signature is not good, or too old."""
    given = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if given is None:
        return None
    credential, arguments, expires, signature = given.groups()
    key, names = keys.get(credential), sorted(filter(None, (arguments or "").split(";")))
    if key is None or int(expires) < time() or names != sorted(request.args):
        return None
    signed = b"\n".join(_signed(request, names, expires))
    expected = b64encode(hmac.digest(key.secret.encode(), signed, "sha256")).decode()
    return key if hmac.compare_digest(expected, signature) else None


def _signed(request: Request, names: list[str], expires: str) -> list[bytes]:
    """Method and path, body, the values of the query, no headers, and when it expires."""
    return [
        f"{request.method} {request.path}".encode(),
        request.get_data(),
        "".join(request.args[name] for name in names).encode(),
        b"",
        expires.encode(),
    ]
