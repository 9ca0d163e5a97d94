"""The keys of a SPEC, as people write them; what the values mean is ``spec``'s business."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from antiaffinity.model import Level
from antiaffinity.policy import Affinity, AntiAffinity, Count, Ha, Spread, Survive

MOST = 100_000
"""Members of one group; more is a slip of the finger."""

LONGEST = 255
"""Letters of an owner, a group or a member: they are the values of the mark, verbatim, and the
shortest value a cloud stores is Nova's metadata (https://docs.openstack.org/api-ref/compute/).
"""

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST, description="a name")]
Text = Annotated[str, Meta(min_length=1, description="text")]
Patterns = Annotated[
    list[Text], Meta(description="a list of names or patterns", examples=['["z1", "old-*"]'])
]
Admitted = Annotated[
    list[Text],
    Meta(
        min_length=1, description="a list of names or patterns (none would admit nothing)", examples=["[z1]"]
    ),
]
Only = Annotated[
    dict[Level, Admitted], Meta(description="a mapping of levels to lists", examples=["{zone: [z1, z2]}"])
]
Never = Annotated[
    dict[Level, Patterns], Meta(description="a mapping of levels to lists", examples=["{host: [h7]}"])
]
Names = Annotated[
    dict[Level, Text], Meta(description="a mapping of levels to names", examples=["{zone: z1}"])
]
Size = Annotated[
    dict[Text, Annotated[int | float | str, Meta(description="an amount, or the cloud's type")]],
    Meta(description="a mapping", examples=["{vcpus: 2, memory_mb: 4096}"]),
]
Settings = Annotated[
    dict[str, Any],
    Meta(
        description="a mapping with the cloud's kind",
        examples=["{kind: ..., ...}"],
        extra={"secret": "what is written here (not shown: it may be a password)"},
    ),
]


class MemberKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """A member that has keys of its own."""

    name: Annotated[Name, Meta(examples=["name: db-0"])]
    size: Size = {}
    only: Only = {}
    never: Never = {}
    stay: Names = {}


class RuleKeys(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One rule: exactly one of these."""

    anti_affinity: AntiAffinity | UnsetType = UNSET
    affinity: Affinity | UnsetType = UNSET
    spread: Spread | UnsetType = UNSET
    survive: Survive | UnsetType = UNSET


class NeedsKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """What every domain must reach."""

    networks: Patterns = []
    datastores: Patterns = []


Members = Annotated[
    Annotated[int, Meta(ge=1, le=MOST)]
    | Annotated[
        list[Annotated[Name | MemberKeys, Meta(description="a name or a mapping", examples=["db-0"])]],
        Meta(min_length=1, max_length=MOST),
    ],
    Meta(description="a number of members, or a list of them", examples=["3 or [db-0, db-1]"]),
]
Rules = Annotated[
    str
    | list[
        Annotated[
            str | RuleKeys,
            Meta(description="a rule or a shorthand", examples=["anti-affinity: {level: host}"]),
        ]
    ],
    Meta(
        description="a shorthand, or a list of rules",
        examples=["anti-affinity or [{spread: {level: zone}}]"],
    ),
]


class SpecKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """A SPEC."""

    group: Annotated[Name, Meta(examples=["group: db"])]
    members: Members
    owner: Name = "default"
    rules: Rules = []
    ha: Annotated[Ha, Meta(examples=["{mode: active-standby, level: host}"])] | UnsetType = UNSET
    only: Only = {}
    never: Never = {}
    needs: NeedsKeys = NeedsKeys()
    size: Size = {}
    saturated: Literal["refuse", "stack"] = "refuse"
    planned: Annotated[Count, Meta(description="the number of members to come")] | UnsetType = UNSET
    adopt: Names = {}
    cloud: Settings | UnsetType = UNSET
    clouds: (
        Annotated[
            dict[Name, Settings],
            Meta(min_length=1, description="a mapping of names to clouds", examples=["{dc: {kind: ...}}"]),
        ]
        | UnsetType
    ) = UNSET


_OURS = {
    "maxSkew": "max_skew",
    "minDomains": "min_domains",
    "whenUnsatisfiable": "hard: true (DoNotSchedule) | false (ScheduleAnyway)",
    "topologyKey": "level",
    "labelSelector": "among",
    "max_server_per_host": "max_per_domain",
    "soft-anti-affinity": "anti-affinity: {level: host, hard: false}",
    "soft-affinity": "affinity: {level: host, hard: false}",
    "name": "group",
    "policy": "rules",
    "policies": "rules",
    "count": "members",
    "kind": "cloud: {kind: ...}",
}
WORDS = {theirs: f"in SPEC: {ours}" for theirs, ours in _OURS.items()}
"""What Kubernetes, Nova and others call it, and our word for it."""
