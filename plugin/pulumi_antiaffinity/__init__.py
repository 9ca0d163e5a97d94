"""Keep these machines apart, in Pulumi programs: ``import pulumi_antiaffinity as antiaffinity``.

The names below are imported when first used: the plugin's process needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_antiaffinity.program.attached import Attachment as Attachment
    from pulumi_antiaffinity.program.attached import Verification as Verification
    from pulumi_antiaffinity.program.estate import Provider as Provider
    from pulumi_antiaffinity.program.estate import plan as plan
    from pulumi_antiaffinity.program.group import Group as Group
    from pulumi_antiaffinity.program.rollout import roll_out as roll_out
    from pulumi_antiaffinity.program.transform import place as place

_HOMES = {
    "pulumi_antiaffinity.program.estate": "Provider plan",
    "pulumi_antiaffinity.program.group": "Group",
    "pulumi_antiaffinity.program.attached": "Attachment Verification",
    "pulumi_antiaffinity.program.rollout": "roll_out",
    "pulumi_antiaffinity.program.transform": "place",
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
