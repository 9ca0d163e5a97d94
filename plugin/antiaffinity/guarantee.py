"""What a cloud promises, as data: one record for each (level, kind of rule, strength) it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, get_args

from msgspec import Struct
from msgspec.structs import replace

from antiaffinity.model import LEVELS, Evidence, Level, Placement

RuleKind = Literal["anti-affinity", "spread", "survive", "affinity"]
ALL_RULES: tuple[RuleKind, ...] = get_args(RuleKind)
How = Literal["chosen", "delegated", "kept"]
AtLaunch = Literal["REFUSES", "DEGRADES"]
Encloses = Literal["all", "hosts", "not told"]
Joins = Literal["creation", "stopped", "any time", "before start"]


class Guarantee(Struct, frozen=True, kw_only=True):
    """One promise of one cloud, in the vendor's own terms.

    ``how``: *chosen* by our spreader, *delegated* to the cloud's own ``mechanism``, or *kept* by
    that mechanism after we chose. What is chosen inside a native group names it as ``mechanism``.
    ``limit`` is how many members one native group takes (None: no limit), counted per ``limit_per``
    ("group", or the level of a domain), read at ``limit_read``; with ``running_only`` a stopped
    instance frees its place. ``only_adopted``: we make no such group, but use one that exists
    (``adopt``). ``encloses`` says what lies whole in a domain of this level, so that apart here is apart
    there: every level inside, hosts alone (others lie across), or not told but of hosts.
    """

    level: Level
    rule: RuleKind
    hard: bool
    how: How
    at_launch: AtLaunch
    after_launch: str
    evidence: Evidence
    page: str
    mechanism: str = ""
    caveat: str = ""
    limit: int | None = None
    limit_per: Level | Literal["group"] = "group"
    limit_read: str = ""
    running_only: bool = False
    most_per_domain: int | None = 1
    groups_per_instance: int | None = None
    joins: Joins = "creation"
    lapses: str = "no"
    only_adopted: bool = False
    encloses: Encloses = "all"


def chosen(
    level: Level,
    *,
    page: str,
    after_launch: str,
    evidence: Evidence = "DOMAIN",
    caveat: str = "",
    limit_read: str = "",
    mechanism: str = "",
    limit: int | None = None,
    groups_per_instance: int | None = None,
    joins: Joins = "creation",
    lapses: str = "no",
    encloses: Encloses = "all",
    rules: Sequence[RuleKind] = ALL_RULES,
) -> tuple[Guarantee, ...]:
    """The promise of a level that our spreader chooses: for each kind of rule, hard and soft.

    Hard REFUSES, soft DEGRADES, and a domain takes any number of members.
    """
    hard = Guarantee(
        level=level,
        rule="anti-affinity",
        hard=True,
        how="chosen",
        at_launch="REFUSES",
        after_launch=after_launch,
        evidence=evidence,
        page=page,
        mechanism=mechanism,
        caveat=caveat,
        limit=limit,
        limit_read=limit_read,
        most_per_domain=None,
        groups_per_instance=groups_per_instance,
        joins=joins,
        lapses=lapses,
        encloses=encloses,
    )
    soft = replace(hard, hard=False, at_launch="DEGRADES")
    return tuple(replace(promise, rule=rule) for rule in rules for promise in (hard, soft))


class Merge(Protocol):
    """Merges a placement into the user's own launch arguments; pure."""

    def __call__(self, placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]: ...


class Words(Protocol):
    """The same as words for the vendor's own CLI; pure."""

    def __call__(self, placement: Placement, own: Mapping[str, Any]) -> list[str]: ...


Dialect = Literal["sdk", "pulumi"]


class Cloud(Struct, frozen=True, kw_only=True):
    """The light record of a cloud: what it is called, promises and takes; imports no SDK.

    ``merges`` holds ``launch_arguments`` by dialect; ``argv`` the words for the vendor's own CLI.
    ``connect_from`` names the module whose ``connect`` makes the backend, imported when used;
    empty while the calls of this cloud are not written yet.
    """

    kind: str
    title: str
    sdk: str
    call: str
    words: Mapping[Level, str]
    chosen: tuple[Level, ...]
    usual: tuple[Level, ...] = ()
    """Of the chosen levels those that every account has, where others must be made or paid for first."""
    optional: tuple[Level, ...] = ()
    """Of these levels those at which a launch need name no domain: where nobody asks its cloud chooses."""
    guarantees: tuple[Guarantee, ...]
    merges: Mapping[Dialect, Merge]
    keys: Mapping[Dialect, tuple[str, ...]]
    argv: Words | None = None
    connect_from: str = ""
    reported: bool = False
    """Machines are known by what was reported of them alone: there is nobody to ask."""
    side_by_side: bool = False
    """Launches may run at once: nothing about their places is decided by then any more."""
    moves: bool = False
    """We may move a machine that exists to another place (``Backend.move``); else it has to be replaced."""
    lists_lag: float = 0.0
    """Seconds after which its lists show a new machine, where only they tell two deployers of each other."""
    keeps_lists: bool = False
    """It can keep a machine that runs inside the domains that its lists admit (``Placement.inside``)."""
    pulumi_id: str = "id"
    """The output of the cloud's Pulumi resource that is the id of its machine here."""
    pulumi_moved: tuple[str, ...] = ()
    """Of its inputs those that the cloud itself changes when it moves a machine: that is no drift."""
    settings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    """Of the settings those that must not be shown."""
    identity: tuple[str, ...] = ()
    """Of the settings those that say which cloud it is: another value is another cloud."""
    fleets: tuple[Guarantee, ...] = ()
    """What it promises of machines that it launches by itself (AWS: an Auto Scaling group), for audits."""
    fleets_from: Mapping[str, str] = {}
    """By the cloud's short word for such a fleet the module whose ``fleet`` looks at one."""
    rights: Mapping[str, tuple[str, ...]] = {}
    """The least rights that each verb of the contract needs, and the user's ``launch`` and ``discard``."""


def outward(level: Level) -> tuple[Level, ...]:
    """The level itself and those around it, nearest first."""
    return LEVELS[LEVELS.index(level) :: -1]


def inward(level: Level) -> tuple[Level, ...]:
    """The level itself and those inside it, nearest first."""
    return LEVELS[LEVELS.index(level) :]


def promises(
    guarantees: Sequence[Guarantee], level: Level, rule: str, hard: bool, how: Sequence[How] = ()
) -> list[Guarantee]:
    """The records for exactly this level, kind and strength."""
    return [
        g
        for g in guarantees
        if (g.level, g.rule, g.hard) == (level, rule, hard) and (not how or g.how in how)
    ]
