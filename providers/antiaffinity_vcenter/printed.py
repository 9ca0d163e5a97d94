# mypy: untyped-calls-exclude=pyVmomi
"""What vCenter refused, read from a fault of the SDK's, from what any tool printed of one, or from REST.

govc, Terraform, PowerCLI and Ansible print the words of a fault and at times its class: after
"ServerFaultCode:" or "govc:" (https://github.com/vmware/govmomi, task and soap), as "(vim.fault.X) {"
(pyvmomi) or as "types.X{" (Go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.meanings import Said

FRAME = re.compile(r"^[ \t]*[│|╷╵][ \t]?", re.MULTILINE)
"""How Terraform boxes its errors."""

NAMES = re.compile(
    r"\b(?:vim|vmodl)\.fault\.(\w+)"
    r"|\bVmomiSupport\.(\w+)"
    r"|\btypes\.(\w+)\{"
    r"|\b(?:ServerFaultCode|govc): (\w+)[ \t]*$"
    r"|\b([A-Z]\w+(?:Fault|Violation)|NoCompatible\w+)\b",
    re.MULTILINE,
)
REST = re.compile(r"\berror_type\W+(\w+)|\bvapi\.std\.errors\.(\w+)")


def said_of(error: BaseException) -> Said:
    """A fault of the SDK's: its class, those it inherits from, and its words."""
    return Said(tuple(_line(type(error))), ": ".join(words_of(error)))


def words_of(error: Any) -> list[str]:
    """What a fault says, each thing once; of many hosts the first one's reason."""
    told = [getattr(error, "msg", None) or ""]
    told += [one.message or "" for one in getattr(error, "faultMessage", None) or ()]
    of_hosts = [*(getattr(error, "error", None) or ()), *(getattr(error, "hostFaults", None) or ())]
    told += [one.msg or type(one).__name__.rpartition(".")[2] for one in of_hosts[:1]]
    return list(dict.fromkeys(filter(None, told)))


def said_by(text: str) -> Said:
    """Codes and words of a refusal, whichever tool printed it."""
    plain = FRAME.sub("", text)
    return Said(tuple(dict.fromkeys([*_faults(plain), *_of_rest(plain)])), plain)


def said_by_rest(body: object) -> Said:
    """An answer of the REST API that tells an error: its type, whatever its status is.

    In /rest it stands in a value, before vSphere 7 only as the type of the frame; in /api it is all there is.
    """
    told = _mapping(body)
    value = _mapping(told.get("value")) or told
    kind = str(value.get("error_type") or str(told.get("type") or "").rpartition(".")[2]).upper()
    messages = value.get("messages")
    rows = map(_mapping, messages) if isinstance(messages, list) else ()
    said = [str(row.get("default_message") or row.get("id") or "") for row in rows]
    return Said((kind,) if kind else (), ": ".join(filter(None, said)))


def _mapping(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _faults(text: str) -> Iterator[str]:
    """The faults that are named, the outermost first, each with those it inherits from."""
    for found in NAMES.finditer(text):
        name = next(filter(None, found.groups()), "")
        kind = getattr(vim.fault, name, None) or getattr(vmodl.fault, name, None)
        if kind is not None:
            yield from _line(kind)


def _of_rest(text: str) -> Iterator[str]:
    for found in REST.finditer(text):
        yield next(filter(None, found.groups()), "").upper()


def _line(kind: type) -> Iterator[str]:
    """The names of a class of faults and of those above it."""
    for one in kind.__mro__:
        if issubclass(one, vmodl.MethodFault):
            yield one.__name__.rpartition(".")[2]
