"""The launch arguments of one machine: the user's own with its host and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. What launches the
machine is the user's own, so both dialects are the same two words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.merging import agree, mapping, mark_of, with_mark
from antiaffinity.model import Placement

KEYS = ("host", "labels")


def launch_arguments(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
    """``host``, the name in the inventory, and ``labels``, the user's joined with our mark.

    InvalidRequest, its ``path`` naming the argument, where an own ``host`` is another one or an own
    label overwrites our mark. Other own arguments, and the values of own labels, may be Outputs.
    """
    host = placement.domains["host"]
    agree(placement.member, own.get("host"), host, "host")
    labels = mapping(own.get("labels"), "labels")
    return {**own, "host": host, "labels": with_mark(labels, mark_of(placement), "labels")}
