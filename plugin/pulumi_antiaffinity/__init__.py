"""Keep these machines apart, in Pulumi programs: ``import pulumi_antiaffinity as antiaffinity``.

The names below are imported when first used: the plugin's process needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_antiaffinity.estate import Provider as Provider
    from pulumi_antiaffinity.estate import plan as plan
    from pulumi_antiaffinity.group import Group as Group
    from pulumi_antiaffinity.resources import Attachment as Attachment
    from pulumi_antiaffinity.resources import Verification as Verification
    from pulumi_antiaffinity.rollout import roll_out as roll_out
    from pulumi_antiaffinity.transform import place as place

_HOMES = {
    "pulumi_antiaffinity.estate": "Provider plan",
    "pulumi_antiaffinity.group": "Group",
    "pulumi_antiaffinity.resources": "Attachment Verification",
    "pulumi_antiaffinity.rollout": "roll_out",
    "pulumi_antiaffinity.transform": "place",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [*_WHERE]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'pulumi_antiaffinity' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
