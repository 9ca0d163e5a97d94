"""Keep these machines apart, on every cloud, with an honest account of what each cloud promises.

The names below are imported when first used, so that ``import antiaffinity`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antiaffinity.backend import Backend as Backend
    from antiaffinity.errors import AntiaffinityError as AntiaffinityError
    from antiaffinity.errors import Conflict as Conflict
    from antiaffinity.errors import InvalidRequest as InvalidRequest
    from antiaffinity.errors import LimitExceeded as LimitExceeded
    from antiaffinity.errors import NoCapacity as NoCapacity
    from antiaffinity.errors import NotAuthorized as NotAuthorized
    from antiaffinity.errors import NotOffered as NotOffered
    from antiaffinity.errors import StillOccupied as StillOccupied
    from antiaffinity.errors import Unavailable as Unavailable
    from antiaffinity.estates import Estate as Estate
    from antiaffinity.estates import connect as connect
    from antiaffinity.estates import estate as estate
    from antiaffinity.group import Group as Group
    from antiaffinity.model import Domain as Domain
    from antiaffinity.model import GroupKey as GroupKey
    from antiaffinity.model import Machine as Machine
    from antiaffinity.model import Member as Member
    from antiaffinity.model import Needs as Needs
    from antiaffinity.model import Observed as Observed
    from antiaffinity.model import Placement as Placement
    from antiaffinity.planner.answer import Plan as Plan
    from antiaffinity.planner.plan import plan as plan
    from antiaffinity.policy import Affinity as Affinity
    from antiaffinity.policy import AntiAffinity as AntiAffinity
    from antiaffinity.policy import Ha as Ha
    from antiaffinity.policy import Spread as Spread
    from antiaffinity.policy import Survive as Survive
    from antiaffinity.report import Report as Report
    from antiaffinity.steps import Step as Step
    from antiaffinity.topology import Topology as Topology

__version__ = "0.1.0"

_HOMES = {
    "antiaffinity.backend": "Backend",
    "antiaffinity.errors": "AntiaffinityError Conflict InvalidRequest LimitExceeded NoCapacity NotAuthorized "
    "NotOffered StillOccupied Unavailable",
    "antiaffinity.estates": "Estate connect estate",
    "antiaffinity.group": "Group",
    "antiaffinity.model": "Domain GroupKey Machine Member Needs Observed Placement",
    "antiaffinity.planner.answer": "Plan",
    "antiaffinity.planner.plan": "plan",
    "antiaffinity.policy": "Affinity AntiAffinity Ha Spread Survive",
    "antiaffinity.report": "Report",
    "antiaffinity.steps": "Step",
    "antiaffinity.topology": "Topology",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'antiaffinity' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
