"""How OpenStack's services and the tools of their users print a refusal: openstacksdk and Ansible, the
command line, gophercloud 1 and 2 with Terraform and Pulumi.

A body is ``{"forbidden": {"code": 403, "message": …}}`` from Nova and Cinder, ``{"error": …}`` from Keystone,
``{"NeutronError": {"type": …, "message": …}}`` from Neutron. gophercloud prints the body whole, or for a
few statuses a sentence of its own (its errors.go).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk

from antiaffinity.meanings import Said
from antiaffinity.telling import causes, printed

OF_THE_SDK = (sdk.SDKException, keystone.ClientException)

STATUSES = (
    re.compile(r"\(HTTP (\d{3})\)"),
    re.compile(r"Exception: (\d{3}): (?:Client|Server) Error for url"),
    re.compile(r"but got (\d{3}) instead"),
    re.compile(r'"code": ?(\d{3})\b'),
)
"""The command line; openstacksdk and Ansible; gophercloud; a body that was printed whole."""

SENTENCES = {
    "Bad request with: [": 400,
    "Authentication failed": 401,
    "Request forbidden: [": 403,
    "Resource not found: [": 404,
    "The server timed out waiting for the request": 408,
    "Too many requests have been sent in a given amount of time": 429,
    "OpenStack server: Internal Server Error": 500,
    "OpenStack server: Bad Gateway": 502,
    "OpenStack server: Gateway Timeout": 504,
}
"""What gophercloud 1 prints in place of a status."""

TYPE = re.compile(r'"type": ?"(\w+)"')
"""As Neutron names a refusal."""
CLASS = re.compile(r"\b([A-Z][A-Za-z]+): ")
"""As Nova's faults name an exception of another service."""
MESSAGE = re.compile(r'"message": ?"([^"]+)"')
"""As all of them tell the reason in a body."""
CALL = re.compile(r"\[([A-Z]+) (https?://[^]\s]+)\]")
"""As gophercloud names a request."""

COLLECTIONS = ("os-server-groups", "os-availability-zone", "servers", "detail", "limits", "flavors")
"""What ends the address of a request for no single thing."""

WAITS = (sdk.ResourceFailure, sdk.ResourceTimeout)
WAITED = (re.compile(r"\bServer:(\S+)"),)
"""As openstacksdk's ``wait_for_server`` names the server that it gave up; it tells no reason."""
WAITED_ELSEWHERE = (
    re.compile(r"[Ee]rror waiting for instance \((\S+)\) to become ready"),
    re.compile(r"The instance (\S+) is in ERROR state"),
)
"""As Terraform and Pulumi do; of old without a reason."""


def heard(error: BaseException) -> Said:
    """What an exception tells: its codes, with the status as the last, its words and its request."""
    words = text(error)
    status = [str(status_of(error))] if status_of(error) else []
    codes = _types(f"{_body(error)} {words}")
    return Said((*codes, *status), words, _call(error) or _printed_call(words))


def told_in(words: str) -> Said:
    """The same of the fault of a server."""
    return Said(_types(words), words)


def asks_for_a_collection(said: Said) -> bool:
    """Whether the request was for no single thing: its 404 tells that the service has no such API."""
    path = urlsplit(said.call.rpartition(" ")[2]).path
    return path.rstrip("/").rpartition("/")[2] in COLLECTIONS


def core(words: str) -> str:
    """What the cloud itself said of all that a tool printed around it."""
    return next((found[1] for found in MESSAGE.finditer(_plain(words))), words)


def status_of(error: BaseException) -> int | None:
    """The HTTP status of a refusal of the SDK's, or as another tool printed it."""
    if isinstance(error, OF_THE_SDK):
        status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
        if isinstance(status, int):
            return status
    return _printed_status(text(error))


def text(error: BaseException) -> str:
    """What the cloud said, without the SDK's frame; of a failed command what it printed on stderr."""
    said = getattr(error, "details", None) or printed(error) or error
    return str(said).strip()


def failed_server(error: BaseException) -> str | None:
    """The id of the server that a tool gave up waiting for: its own fault tells more than the tool."""
    for cause in causes(error):
        words = text(cause)
        patterns = WAITED if isinstance(cause, WAITS) else WAITED_ELSEWHERE
        if found := next(filter(None, (pattern.search(words) for pattern in patterns)), None):
            return found[1]
    return None


def _types(words: str) -> tuple[str, ...]:
    """What a service names its refusal, or an exception."""
    return (*TYPE.findall(_plain(words)), *CLASS.findall(words))


def _plain(words: str) -> str:
    """A body within a text of JSON, as Ansible prints it."""
    return words.replace('\\"', '"')


def _printed_call(words: str) -> str:
    return " ".join(next(iter(CALL.findall(words)), ()))


def _printed_status(words: str) -> int | None:
    plain = _plain(words)
    if found := next(filter(None, (pattern.search(plain) for pattern in STATUSES)), None):
        return int(found[1])
    return next((status for sentence, status in SENTENCES.items() if sentence in plain), None)


def _call(error: BaseException) -> str:
    method, url = getattr(error, "method", None), getattr(error, "url", None)
    return f"{method} {url}" if url else ""


def _body(error: BaseException) -> str:
    """The answer as it was sent; openstacksdk keeps no more of it than its message."""
    body = getattr(getattr(error, "response", None), "text", None)
    return body if isinstance(body, str) and isinstance(error, OF_THE_SDK) else ""
