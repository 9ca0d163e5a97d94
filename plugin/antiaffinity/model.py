"""The nouns: levels, members, domains, instances, placements, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from msgspec import Struct

from antiaffinity.errors import InvalidRequest

Level = Literal["provider", "region", "zone", "rack", "host"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Outermost first. Apart at one level is apart at every level inside it."""

Size = dict[str, float | str]
"""What a member takes: resources by name (``vcpus``, ``memory_mb``), or the cloud's ``type``."""

State = Literal["starting", "running", "stopped", "failed", "lost", "leaving", "claimed", "gone"]
"""``starting``: its place is not decided yet; ``claimed``: promised to a launch that has not reported;
``failed``: its cloud proves that it never ran; ``lost``: in error, unreadable or unreachable, and it may
have run: it holds its place and is never discarded; ``gone``: no longer there, but still listed by its
cloud."""
Evidence = Literal["DOMAIN", "MEMBERSHIP", "NONE"]
Verdict = Literal["held", "promised", "unproven", "broken"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""Best first."""

MARKS = ("antiaffinity-owner", "antiaffinity-group", "antiaffinity-member")
"""The entries in tags, metadata, labels or extraConfig that say whose a machine is."""


class GroupKey(Struct, frozen=True, order=True):
    """Whose group it is, and its name: two owners may both have a "db"."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    def marks(self, member: str) -> dict[str, str]:
        """The mark of one member's machine."""
        return dict(zip(MARKS, (self.owner, self.name, member), strict=True))


class Needs(Struct, frozen=True, forbid_unknown_fields=True):
    """What every domain of the group must reach: names of networks, patterns of datastores."""

    networks: list[str] = []
    datastores: list[str] = []


Lists = dict[Level, list[str]]
"""Patterns (shell wildcards) by level; they match a domain's id, name or path."""


class Member(Struct, frozen=True):
    """One machine of a group; its name is its identity."""

    name: str
    size: Size = {}
    only: Lists = {}
    never: Lists = {}
    stay: dict[Level, str] = {}


class Domain(Struct, frozen=True, gc=False):
    """One place where a machine can be, at the innermost level that its cloud lets us see.

    A name per level says where it lies. ``capacity`` and ``used`` are amounts by resource; a
    resource that is not stated is unlimited. ``networks`` and ``datastores`` are None where the
    cloud does not tell. ``usable=False`` takes it out of every count, with ``why`` as the reason;
    ``full`` says why it takes nothing now, while it still counts as a place.
    """

    provider: str | None = None
    region: str | None = None
    zone: str | None = None
    rack: str | None = None
    host: str | None = None
    ids: dict[Level, str] = {}
    capacity: dict[str, float] = {}
    used: dict[str, float] = {}
    networks: list[str] | None = None
    datastores: dict[str, float] | None = None
    labels: dict[str, str] = {}
    usable: bool = True
    why: str = ""
    full: str = ""

    def names(self) -> dict[Level, str]:
        """Where it lies: the name at each level that is known, outermost first."""
        return {level: name for level in LEVELS if (name := getattr(self, level)) is not None}


class Native(Struct, frozen=True, order=True):
    """One group of the cloud's own that members are launched into, or a rule of its own that they join.

    A plan delegates a rule to it (``kind`` anti-affinity or affinity), chooses the domains inside it
    (``kind`` chosen), or has it keep what was chosen (``kind`` keep anti-affinity or keep affinity).
    ``within`` names the outer domain it serves ("" for all of them); ``number`` counts
    the layers of a stacked group from 1. Where one group is too small for all, members are cut into sets,
    and each two sets have a group: ``part`` names the two, from 1. ``among`` are the patterns of the members
    that one which keeps is for: rules over different sets are kept by two.
    """

    level: Level
    kind: str
    hard: bool
    max_per_domain: int
    within: str = ""
    number: int = 1
    part: tuple[int, ...] = ()
    among: tuple[str, ...] = ("*",)


class Observed(Struct, frozen=True):
    """One instance that bears a member's mark, as the cloud shows it.

    ``domains`` holds what is known of its place, ``memberships`` the ids of the native groups it
    is in, by level, ``within`` the outer domain that such groups of ours serve ("" for all), and
    ``part`` its set, where they have one group for each two sets of members (``Native.part``), and ``layer``
    the layer of a stack that such a group is (``Native.number``; where it is not told, the first);
    ``since`` sorts instances by age (oldest first). ``holds`` says whether it
    takes up a place: a failed server may. ``started`` is False of a machine that was never powered
    on since it was made, told where joining comes before that: a run that broke off left it so.
    ``labels`` are those that the launch of this very instance would have been given (``Placement.labels``).
    ``either`` holds the domains of a level of which it is in several at once: which one counts SPEC's lists
    may tell.
    """

    member: str
    instance: str
    state: State
    holds: bool
    domains: dict[Level, str] = {}
    ids: dict[Level, str] = {}
    labels: dict[str, str] = {}
    memberships: dict[Level, tuple[str, ...]] = {}
    within: dict[Level, str] = {}
    part: dict[Level, int] = {}
    since: str = ""
    cloud: str = ""
    note: str = ""
    started: bool = True
    either: dict[Level, tuple[str, ...]] = {}
    layer: dict[Level, int] = {}

    @property
    def id(self) -> str | None:
        """The instance as ``discard`` reads it, so that one function takes both; None where there is none."""
        return self.instance or None


class Machine(Struct, frozen=True):
    """What ``discard`` and ``start`` are given; ``id`` is None where the launch gave none."""

    id: str | None
    member: str
    cloud: str
    domains: dict[Level, str] = {}


class Placement(Struct, frozen=True):
    """Where one member goes, or is, and why.

    ``domains`` and ``ids`` are what was chosen, by level, ``decided`` the levels at which rules or lists need
    it to be so; ``delegated`` names the mechanism at the
    levels where only the cloud can choose; ``existing`` is the instance of a member that is
    already there, ``past`` those that are gone and still listed; ``labels`` are those of the chosen
    domain (AWS: its ``subnet``). ``inside`` holds the ids of all places that its lists admit, where they
    leave some out and its cloud can keep it inside. ``attempt`` counts its launches whose token the cloud
    told to be spent (AWS: the next has another). ``left_open`` are levels at which nothing asks for a domain:
    its arguments name none, wherever the machine is.
    """

    member: str
    domains: dict[Level, str]
    cloud: str = ""
    ids: dict[Level, str] = {}
    decided: tuple[Level, ...] = ()
    labels: dict[str, str] = {}
    delegated: dict[Level, str] = {}
    natives: tuple[Native, ...] = ()
    native_ids: tuple[str, ...] = ()
    reason: str = ""
    existing: str = ""
    past: tuple[str, ...] = ()
    attempt: int = 0
    inside: tuple[str, ...] = ()
    left_open: tuple[Level, ...] = ()
    size: Size = {}
    key: GroupKey | None = None
    arguments_of: Callable[[Placement, Mapping[str, Any]], dict[str, Any]] | None = None

    def arguments(self, /, **own: Any) -> dict[str, Any]:
        """Your own launch arguments with the placement and our mark merged in.

        For the one launch call of the placement's cloud. An own argument that names another place
        is an InvalidRequest.
        """
        if self.arguments_of is None:
            raise InvalidRequest("this placement comes from a bare plan; ask a group of a connected cloud")
        return self.arguments_of(self, own)


Severity = Literal["note", "strict", "warning", "broken"]
"""What a finding makes of the exit code: nothing; 4 under ``--strict``; 4; 1."""


class Finding(Struct, frozen=True):
    """Something the reader should know, in words, and how much it weighs."""

    kind: str
    message: str
    member: str = ""
    domain: str = ""
    severity: Severity = "note"


def weighed(findings: Iterable[Finding], strict: bool = False) -> int:
    """The exit code that findings alone make: 0, 1 where one breaks a hard rule, or 4."""
    said = {finding.severity for finding in findings}
    if "broken" in said:
        return 1
    return 4 if "warning" in said or (strict and "strict" in said) else 0
