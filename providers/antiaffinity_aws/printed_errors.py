"""What EC2 said, read from whatever a tool made of it: boto3, AWS CLI, Terraform, Pulumi, CloudTrail, states.

Forms: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-error-format.html (AWS CLI), botocore's
``ClientError``, smithy-go's ``APIError`` (Go SDK 2, Terraform 5 and later, Pulumi), aws-sdk-go's
``RequestFailure`` (Go SDK 1, Terraform 2 to 4), and the ``errorCode`` of CloudTrail's records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from botocore.exceptions import ClientError

from antiaffinity.meanings import Said
from antiaffinity.telling import printed
from antiaffinity_aws.refusals import KNOWN
from antiaffinity_aws.refused_requests import codes

CODE = r"(?P<code>(?:(?:Client|Server)\.)?[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z]*)*)"

FORMS = (
    re.compile(
        rf"An error occurred \({CODE}\)"
        rf"(?: when calling the (?P<call>\w+) operation(?: \(reached max retries: \d+\))?)?: "
    ),
    re.compile(rf"operation error [\w ]+: (?P<call>\w+),.*?api error {CODE}: ", re.DOTALL),
    re.compile(rf"api error {CODE}: "),
    re.compile(
        rf"(?:^|: |\* )(?!Error:){CODE}: (?=(?:(?!\n\n).)*?status code: \d+)", re.DOTALL | re.MULTILINE
    ),
    re.compile(rf"<Code>{CODE}</Code>\s*<Message>"),
    re.compile(rf"\|\s*Code\s*\|\s*{CODE}\s*\|"),
    re.compile(rf"^Code: {CODE}\s+Message: ", re.MULTILINE),
)
"""How a code stands before its words, the most telling form first."""

AFTER = re.compile(rf"\((?:Service: [^)]*?)Error Code: {CODE}[;)]")
"""How the SDK for Java and CloudFormation print a code: after its words."""

IN_JSON = {"code": ("Code", "errorCode", "code"), "words": ("Message", "errorMessage", "message")}

COMMON = codes(
    "AccessDenied DependencyViolation ExpiredToken InternalFailure InvalidAction InvalidFilter InvalidInput",
    "InvalidParameter InvalidRequest InvalidState MissingParameter NotAuthorized RequestExpired",
    "RequestTimeout ServiceUnavailable UnsupportedOperation",
)
"""Codes of EC2's that other programs' errors are named, too."""

OF_A_STATE = re.compile(r"\b(?P<code>(?:Client|Server)\.[A-Z]\w*(?:\.[A-Z]\w*)*):? ?")
"""How EC2 tells what ended an instance, and Terraform after it."""

BARE = re.compile(
    r"(?:^|: |\* )(?P<code>[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+(?:\.[A-Z][A-Za-z]*)*): ", re.MULTILINE
)
"""What may be a code, with nothing beside it that says so; the names of exceptions look like it."""

DECORATION = re.compile(r"\x1b\[[0-9;]*m|^[│╷╵|] ?(?!\s*Code\b)|^\s*[╷╵]\s*$", re.MULTILINE)
"""The colours and frames of Terraform."""

END = re.compile(r"\n\s*\n|\n\s*(?:with|on) \S+,|,?\s*status code: \d+|</Message>")


def said(error: BaseException) -> Said:
    """What EC2 said, in boto3's exception or in the text that a tool printed; words alone without a code."""
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        return Said(spellings(answer.get("Code", "")), answer.get("Message", ""), error.operation_name)
    return read(printed(error) or str(error))


def read(text: str) -> Said:
    """The same for a text."""
    plain = DECORATION.sub("", text)
    ways = (_before(plain, FORMS), _after(plain), _in_json(plain), _before(plain, (OF_A_STATE,)))
    return next(filter(None, ways), None) or Said(_bare(plain), plain)


def spellings(code: str) -> tuple[str, ...]:
    """A code as it is told, and without the side that is to blame: Client.X and Server.X are mostly X."""
    short = re.sub(r"^(?:Client|Server)\.", "", code)
    return tuple(dict.fromkeys(filter(None, (code, short))))


def _first(words: str) -> str:
    """The words of one refusal, without what the tool adds."""
    return END.split(words, maxsplit=1)[0].strip() or words.strip()


def _before(text: str, forms: Sequence[re.Pattern[str]]) -> Said | None:
    found = next(filter(None, (form.search(text) for form in forms)), None)
    if found is None:
        return None
    return Said(spellings(found["code"]), _first(text[found.end() :]), found.groupdict().get("call") or "")


def _after(text: str) -> Said | None:
    found = AFTER.search(text)
    return Said(spellings(found["code"]), text[: found.start()].strip()) if found else None


def _in_json(text: str) -> Said | None:
    """A code and its words as fields, as the AWS CLI and CloudTrail write them, in any order."""
    code = _field(text, IN_JSON["code"])
    if not re.fullmatch(CODE, code):
        return None
    return Said(spellings(code), _field(text, IN_JSON["words"]), _field(text, ("eventName",)))


def _field(text: str, names: tuple[str, ...]) -> str:
    found = re.search(rf'"(?:{"|".join(names)})"\s*:\s*("(?:[^"\\]|\\.)*")', text)
    try:
        return str(json.loads(found[1], strict=False)) if found else ""
    except ValueError:
        return ""


def _bare(text: str) -> tuple[str, ...]:
    found = (one["code"] for one in BARE.finditer(text))
    return tuple(code for code in found if code in KNOWN - COMMON and not code.endswith("Error"))
