"""How Exoscale and the tools of its users print a refusal: python-exoscale, egoscale of all three ages, and
with them the exo command line, Terraform and Pulumi.

An answer is ``{"message": …}`` or RFC 9457's ``title`` and ``detail``. python-exoscale prints it behind the
status (exoscale/api/generator.py); egoscale 3 keeps only the words of the status (v3/errors.go), which exo
puts before the message (cmd/root.go) and Terraform prints alone; its ``Wait`` tells all of an operation
(v3/api.go), python-exoscale's no more than state and reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from exoscale.api.exceptions import ExoscaleAPIException
from requests import RequestException

from antiaffinity.meanings import Said
from antiaffinity.telling import brief, printed

OF_THE_SDK = (ExoscaleAPIException, RequestException)

OPERATIONS = (
    re.compile(r"Operation error: (?P<state>failure|timeout), (?P<reason>[\w-]+)(?P<words>)"),
    re.compile(r'state: (?P<state>\w+), reason: "(?P<reason>[\w-]*)", message: "(?P<words>[^"]*)"'),
    re.compile(r"\b[Ee]rror: (?:unable to [\w ]+: )?job (?P<state>failed)(?P<reason>)(?P<words>)\s*$", re.M),
)
"""The wait of python-exoscale, of egoscale 3, and of egoscale before it, which tells nothing."""

OLD = re.compile(r"API error (\w+) \d+(?: \((\w+) -?\d+\))?")
"""The API before 2021, as egoscale prints it: the second name tells more."""

STATUS = re.compile(r"(?:Authentication|Client|Server) error (\d{3}): ")
"""As python-exoscale prints one."""

PHRASES = {
    "Bad Request": 400,
    "Unauthorized": 401,
    "Payment Required": 402,
    "Forbidden": 403,
    "Not Found": 404,
    "Conflict": 409,
    "Precondition Failed": 412,
    "Too Many Requests": 429,
    "Internal Server Error": 500,
    "Bad Gateway": 502,
    "Service Unavailable": 503,
    "Gateway Timeout": 504,
}
PHRASE = re.compile(rf"(?:error: (?:unable to [\w ]+: )?|\* )({'|'.join(PHRASES)})(?:: |\s*$)", re.I | re.M)
"""As egoscale 3 tells a status: alone, or before a message; anywhere else these are words like others."""


def heard(error: BaseException, call: str) -> Said:
    """What an exception tells: its codes, with the status as the last, its words."""
    words = whole(error)
    operation, status = of_wait(error), status_of(error)
    codes = [operation.codes[0]] if operation else []
    codes += [name for names in OLD.findall(words) for name in reversed(names) if name]
    told = operation.words if operation and operation.words else words
    return Said((*codes, *([str(status)] if status else [])), told, call)


def of_operation(operation: Mapping[str, Any], call: str) -> Said:
    """The same of an operation that failed."""
    return Said((str(operation.get("reason", "")),), str(operation.get("message", "")), call)


def of_wait(error: BaseException) -> Said | None:
    """What a tool's wait leaves of an operation: its reason as the code, its state as the call."""
    words = whole(error).replace('\\"', '"')
    found = next(filter(None, (pattern.search(words) for pattern in OPERATIONS)), None)
    return Said((found["reason"],), found["words"], found["state"]) if found else None


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status of an answer, or as a tool printed it; None where there was none."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        return status
    return _printed_status(whole(error)) if error else None


def _printed_status(words: str) -> int | None:
    if found := STATUS.search(words):
        return int(found[1])
    found = PHRASE.search(words)
    return PHRASES[found[1].title()] if found else None


def text(error: BaseException) -> str:
    """What Exoscale said, short enough to be read."""
    return brief(whole(error))


def whole(error: BaseException) -> str:
    """What Exoscale said, in either shape of its errors; of a failed command what it printed on stderr."""
    return _of_response(getattr(error, "response", None)) or printed(error) or str(error)


def _of_response(response: Any) -> str:
    """``message``, or ``title`` and ``detail`` (RFC 9457)."""
    try:
        told = response.json()
        said = [told.get(name) for name in ("message", "title", "detail")]
    except (AttributeError, ValueError):
        return ""
    return ": ".join(one for one in said if isinstance(one, str) and one)
