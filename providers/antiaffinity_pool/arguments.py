"""The launch arguments of one machine: the user's own with its host and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. What launches the
machine is the user's own, so both dialects are the same two words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement

KEYS = ("host", "labels")


def launch_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """``host``, the name in the inventory, and ``labels``, the user's joined with our mark.

    InvalidRequest, its ``path`` naming the argument, where an own ``host`` is another one or an own
    label overwrites our mark. Other own arguments, and the values of own labels, may be Outputs.
    """
    return {**own, "host": _host(placement, own), "labels": _labels(placement, own)}


def _host(placement: Placement, own: Mapping[str, Any]) -> str:
    host, given = placement.domains["host"], own.get("host")
    if given is None or (isinstance(given, str) and given == host):
        return host
    said = repr(given) if isinstance(given, str) else "a value that cannot be compared"
    raise InvalidRequest(
        f"{placement.member} goes to {host!r}, not to {said}: leave it out, or write only: {{host: [...]}}",
        path="host",
    )


def _labels(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    labels = own.get("labels")
    if not isinstance(labels, Mapping | None):
        raise InvalidRequest(f"must be a dict, not {type(labels).__name__}", path="labels")
    marks = placement.key.marks(placement.member) if placement.key else {}
    for name, value in marks.items():
        given = (labels or {}).get(name, value)
        if not (isinstance(given, str) and given == value):
            raise InvalidRequest(
                f"the label {name} says whose the machine is: leave it to the placement",
                path=f"labels.{name}",
            )
    return {**(labels or {}), **marks}
