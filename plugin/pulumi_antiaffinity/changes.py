"""What a change of a Group's inputs means: in place, or made anew, and why."""

from __future__ import annotations

from collections.abc import Iterator

from antiaffinity import registry
from antiaffinity.errors import AntiaffinityError
from antiaffinity.planner.mechanism import carry
from antiaffinity.several_clouds import in_estate
from antiaffinity.spec import Spec
from pulumi_antiaffinity import inputs as given
from pulumi_antiaffinity.ask import Ask, Change, Diff, changed, replacing
from pulumi_antiaffinity.codec import Plain, known, reveal, same

RULES = ("rules", "ha", "saturated", "adopt")


def of(ask: Ask, provider: Plain) -> tuple[Diff, list[str]]:
    """The changes of inputs, and the reasons for which the group is made anew.

    ``provider`` are the clouds of the provider. What an import could not read is no change.
    """
    old, new = ask.old_inputs, ask.inputs
    unread = reveal(ask.state.get("unread") or [])
    keys = [key for key in given.KEYS if not same(old.get(key), new.get(key))]
    changes: dict[str, Change] = {
        key: changed(old.get(key), new.get(key)) for key in keys if key in old or key not in unread
    }
    reasons = dict(_reasons(old, new, changes, provider))
    changes |= {key: replacing(changes[key]) for key in reasons}
    return Diff(changes, () if changes else ("placements",)), list(reasons.values())


def _reasons(
    old: Plain, new: Plain, changes: dict[str, Change], provider: Plain
) -> Iterator[tuple[str, str]]:
    """The properties whose change makes the group anew, each with the reason."""
    for key in ("name", "owner"):
        if key in changes and key in old:
            yield key, f"another {key} is another group, and machines bear it as their mark"
    path = given.other_cloud(old, new) if known(new.get("cloud")) and known(new.get("clouds")) else None
    if path and path.split(".")[0] in changes:
        yield path.split(".")[0], f"{path} names another cloud"
    ruled = [key for key in RULES if key in changes and known(new.get(key))]
    if ruled and known(new.get("members")):
        before, after = _natives(old, provider), _natives(new, provider)
        if before != after:
            yield ruled[0], _cannot_change(before, after)


def _natives(inputs: Plain, provider: Plain) -> tuple[str, ...]:
    """What the clouds would be asked to make for the rules; nothing is connected."""
    try:
        spec = given.spec_of({k: v for k, v in given.with_clouds(inputs, provider).items() if known(v)})
        return tuple(sorted(_delegated(spec))) + tuple(spec.adopt.values())
    except AntiaffinityError:
        return ()


def _delegated(spec: Spec) -> Iterator[str]:
    """The native groups that the rules delegate to, as far as no cloud needs to be asked."""
    for key, settings in spec.clouds.items():
        cloud = in_estate(registry.record(str(settings["kind"])), key)
        for means in carry(spec.rules, cloud, cloud.chosen, spec.adopt):
            if means.delegated and means.promise and means.native:
                most = f"at most {means.native.max_per_domain} per {means.native.level}"
                yield f"{key}{means.promise.mechanism}, {most}"


def _cannot_change(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    was, now = ", ".join(before) or "none", ", ".join(after) or "none"
    return f"its native group ({was}) cannot become another ({now}), nor can machines move between them"
