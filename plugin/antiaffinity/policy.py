"""Rules, their shorthands, and the HA modes that compile to rules."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Level

ALL = ("*",)

Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""A number of members, domains or failures: none is no rule."""


class _Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hard: bool = True
    among: tuple[str, ...] = ALL

    def concerns(self, member: str) -> bool:
        """Whether the rule counts this member."""
        return self.among == ALL or any(fnmatchcase(member, pattern) for pattern in self.among)

    def _tail(self) -> str:
        strength = "" if self.hard else ", soft"
        return strength + ("" if self.among == ALL else f", among {' '.join(self.among)}")


class AntiAffinity(_Rule, frozen=True):
    """At most ``max_per_domain`` members in any one domain of ``level``."""

    level: Level
    max_per_domain: Count = 1

    @property
    def kind(self) -> str:
        return "anti-affinity"

    def __str__(self) -> str:
        most = "" if self.max_per_domain == 1 else f", at most {self.max_per_domain} each"
        return f"anti-affinity ({self.level}{most}{self._tail()})"


class Spread(_Rule, frozen=True):
    """Counts in any two eligible domains of ``level`` differ by at most ``max_skew``.

    With fewer than ``min_domains`` eligible domains the least count is taken as 0 (Kubernetes'
    topologySpreadConstraints).
    """

    level: Level
    max_skew: Count = 1
    min_domains: Count | None = None

    @property
    def kind(self) -> str:
        return "spread"

    def __str__(self) -> str:
        least = "" if self.min_domains is None else f", min domains {self.min_domains}"
        return f"spread ({self.level}, max skew {self.max_skew}{least}{self._tail()})"


class Affinity(_Rule, frozen=True):
    """All members in one domain of ``level``."""

    level: Level

    @property
    def kind(self) -> str:
        return "affinity"

    def __str__(self) -> str:
        return f"affinity ({self.level}{self._tail()})"


class Survive(_Rule, frozen=True):
    """Losing the ``failures`` fullest domains of ``level`` loses at most ``lose_at_most`` members."""

    level: Level
    failures: Count
    lose_at_most: Count

    @property
    def kind(self) -> str:
        return "survive"

    def __str__(self) -> str:
        lost = f"lose at most {self.lose_at_most}"
        return f"survive ({self.level}, {self.failures} failing, {lost}{self._tail()})"


Rule = AntiAffinity | Spread | Affinity | Survive

SHORTHANDS: dict[str, Rule] = {
    "anti-affinity": AntiAffinity("host"),
    "soft-anti-affinity": AntiAffinity("host", hard=False),
    "affinity": Affinity("host"),
    "soft-affinity": Affinity("host", hard=False),
}
"""Nova's four policy names; Nova's ``max_server_per_host`` is ``max_per_domain``."""

HaMode = Literal["active-standby", "active-active", "n-plus-m"]


class Ha(Struct, frozen=True, forbid_unknown_fields=True):
    """Avi's HA modes: what the group must live through, instead of how to place it."""

    mode: HaMode
    level: Level = "host"
    min_alive: Count | None = None
    needed: Count | None = None
    buffer: Count | None = None
    failures: Count = 1


def compile_ha(ha: Ha, members: int) -> Rule:
    """The rule that an HA mode means for a group of this many members."""
    if ha.mode == "active-standby":
        return _active_standby(ha, members)
    return _active_active(ha, members) if ha.mode == "active-active" else _n_plus_m(ha, members)


def _active_standby(ha: Ha, members: int) -> Rule:
    _unused(ha, "min_alive", "needed", "buffer")
    _one_failure(ha)
    if members != 2:
        raise InvalidRequest(f"active-standby is exactly two members, not {members}", path="ha.mode")
    return AntiAffinity(ha.level)


def _active_active(ha: Ha, members: int) -> Rule:
    _unused(ha, "needed", "buffer")
    _one_failure(ha)
    least = _given(ha, "min_alive")
    if members < 2:
        raise InvalidRequest("active-active needs two members or more", path="ha.mode")
    if not 1 <= least < members:
        raise InvalidRequest(
            f"{least} alive of {members} members cannot survive a failure; give 1 to {members - 1}",
            path="ha.min_alive",
        )
    return Survive(ha.level, failures=1, lose_at_most=members - least)


def _n_plus_m(ha: Ha, members: int) -> Rule:
    _unused(ha, "min_alive")
    needed, buffer = _given(ha, "needed"), _given(ha, "buffer")
    if needed + buffer != members:
        raise InvalidRequest(
            f"needed {needed} + buffer {buffer} is {needed + buffer}, but there are {members} members",
            path="ha.needed",
        )
    if buffer < ha.failures:
        raise InvalidRequest(
            f"a buffer of {buffer} cannot cover {ha.failures} failures; give at least {ha.failures}",
            path="ha.buffer",
        )
    return Survive(ha.level, failures=ha.failures, lose_at_most=buffer)


def _given(ha: Ha, name: str) -> int:
    value: int | None = getattr(ha, name)
    if value is None:
        raise InvalidRequest(f"{ha.mode} needs {name}: a number of members", path=f"ha.{name}")
    return value


def _one_failure(ha: Ha) -> None:
    if ha.failures != 1:
        raise InvalidRequest(f"{ha.mode} covers one failure; for more take n-plus-m", path="ha.failures")


def _unused(ha: Ha, *names: str) -> None:
    for name in names:
        if getattr(ha, name) is not None:
            raise InvalidRequest(f"{ha.mode} takes no {name}; remove it", path=f"ha.{name}")
