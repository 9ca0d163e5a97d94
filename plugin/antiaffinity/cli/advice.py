"""``plan --advise``: how a person launches each new member, on a cloud that one may not write to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from antiaffinity.cli.jsonout import encode
from antiaffinity.guarantee import Cloud
from antiaffinity.model import LEVELS, Native, Placement


def advice_json(placement: Placement, cloud: Cloud) -> dict[str, Any]:
    """What to make first, and the launch, with placeholders for ids that are not known yet."""
    ready = _with_placeholders(placement)
    return {
        "member": placement.member,
        "first": [_make(native, placement) for native in _unmade(placement)],
        "call": cloud.call,
        "launch": cloud.merges["sdk"](ready, {}),
        "argv": cloud.argv(ready, {}) if cloud.argv else None,
    }


def advice_text(placement: Placement, cloud: Cloud, spec: str) -> Iterator[str]:
    """The same in words, as steps."""
    advice = advice_json(placement, cloud)
    yield ""
    yield f"{placement.member}, by hand:"
    for step in advice["first"]:
        yield f"  first, once: {step}"
    if advice["argv"] is None:
        yield f"  launch it ({cloud.call}; no words for a CLI are known) with, beside your own:"
        yield f"    {encode(advice['launch'])}"
    else:
        yield f"  append to the launch command of {cloud.title}'s own CLI:"
        yield f"    {shlex.join(advice['argv'])}"
    yield f"  then: antiaffinity bind {shlex.join([spec, placement.member])} INSTANCE{_at(placement, cloud)}"


def _at(placement: Placement, cloud: Cloud) -> str:
    """Where a cloud cannot see a machine's place, it has to be told."""
    blind = any(g.how == "chosen" and g.evidence != "DOMAIN" for g in cloud.guarantees)
    level = next((level for level in reversed(LEVELS) if level in placement.domains), None)
    return f" --at {shlex.quote(f'{level}={placement.domains[level]}')}" if blind and level else ""


def _unmade(placement: Placement) -> tuple[Native, ...]:
    return () if placement.native_ids else placement.natives


def _with_placeholders(placement: Placement) -> Placement:
    ids = placement.native_ids or tuple(map(_placeholder, placement.natives))
    return replace(placement, native_ids=ids)


def _placeholder(native: Native) -> str:
    number = f"-{native.number}" if native.number > 1 else ""
    within = f"-{native.within}" if native.within else ""
    part = "".join(f"-set{one}" for one in native.part)
    return f"<id of the {native.kind} group{within}{part}{number}>"


def _make(native: Native, placement: Placement) -> str:
    mechanism = placement.delegated.get(native.level, f"{native.kind} group")
    most = f", at most {native.max_per_domain} per {native.level}" if native.max_per_domain > 1 else ""
    within = f" for {native.within}" if native.within else ""
    within += f" for sets {native.part[0]} and {native.part[1]} of the members" if native.part else ""
    return f"make a {mechanism}{within}{most}; its id goes where it says {_placeholder(native)}"
