"""A Group's inputs and the SPEC that they are: the same keys, with ``name`` for ``group``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from antiaffinity import registry
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Member
from antiaffinity.planner.mechanism import carry
from antiaffinity.spec import Spec, parse_spec
from pulumi_antiaffinity.ask import Failure
from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, known, reveal, secrets
from pulumi_antiaffinity.failures import told

CLOUDS = ("cloud", "clouds")
KEYS = (
    *("name", "owner", "members", "rules", "ha", "size", "only", "never", "needs"),
    *("saturated", "planned", "adopt", *CLOUDS),
)


def owner_of(urn: str) -> str:
    """``<project>/<stack>`` of a resource."""
    stack, project, *_ = urn.removeprefix("urn:pulumi:").split("::")
    return f"{project}/{stack}"


def with_clouds(inputs: Plain, provider: Plain) -> Plain:
    """The inputs with the clouds that they mean: their own, else the provider's."""
    if any(inputs.get(key) is not None for key in CLOUDS):
        return inputs
    return {**inputs, **{key: provider[key] for key in CLOUDS if provider.get(key) is not None}}


def document(inputs: Plain) -> Plain:
    """The SPEC as one plain object, what is secret still wrapped."""
    return {"group" if key == "name" else key: v for key, v in inputs.items() if v is not None}


def spec_of(inputs: Plain) -> Spec:
    """The SPEC of inputs that are known; InvalidRequest names the property."""
    return parse(document(inputs))


def parse(written: Plain) -> Spec:
    """The SPEC of a document; InvalidRequest names the property of the Group."""
    try:
        return parse_spec(reveal(written))
    except InvalidRequest as error:
        if error.path == "group":
            error.path = "name"
        raise


def failures(inputs: Plain) -> Iterator[Failure]:
    """What is wrong with the inputs, as far as they are known; ``inputs`` have their clouds."""
    unknown = [key for key in inputs if key not in KEYS]
    for key in unknown:
        yield Failure(key, _unknown_input(key))
    if unknown or not known(inputs.get("members")):
        return
    try:
        spec = spec_of({key: value for key, value in inputs.items() if known(value)})
        if spec.clouds or all(known(inputs.get(key)) for key in CLOUDS):
            check_clouds(spec)
    except AntiaffinityError as error:
        yield Failure(error.path, told(error))


def _unknown_input(key: str) -> str:
    word = "name" if key == "group" else next(iter(get_close_matches(key, KEYS, n=1)), "")
    guess = f"did you mean {word!r}? " if word else ""
    return f"a Group has no input {key!r}; {guess}known: {', '.join(KEYS)}"


def check_clouds(spec: Spec) -> None:
    """Refuse clouds that cannot be connected to, or that offer nothing for a hard rule."""
    if not spec.clouds:
        raise InvalidRequest(
            "name the cloud, here or in the provider's configuration, e.g. {kind: openstack, cloud: prod}",
            path="cloud",
        )
    for key, settings in spec.clouds.items():
        cloud = check_settings(settings, f"clouds.{key}" if key else "cloud")
        carry(spec.rules, cloud, cloud.chosen, max(len(spec.members), spec.planned or 0), None, spec.adopt)
    if "" not in spec.clouds and spec.clouds:
        _check_pinned(spec)


def check_settings(settings: Mapping[str, object], path: str) -> Cloud:
    """The record of a cloud that its settings fit; nothing is connected."""
    words = {key: value for key, value in settings.items() if key != "kind"}
    try:
        cloud = registry.record(str(settings["kind"]))
        registry.check(cloud, words)
    except AntiaffinityError as error:
        error.path = f"{path}.{error.path}"
        raise
    return cloud


def _check_pinned(spec: Spec) -> None:
    """A program must know which cloud's machine to declare, so a preview cannot choose it."""
    for number, member in enumerate(spec.members):
        if pinned(member, spec) is None:
            first = next(iter(spec.clouds))
            raise InvalidRequest(
                f"{member.name} may go to {' or '.join(spec.clouds)}: a program must know which machine to "
                f"declare, so ask the function plan and pin it, e.g. only: {{provider: [{first}]}}",
                path=f"members[{number}].only.provider",
            )


def pinned(member: Member, spec: Spec) -> str | None:
    """The key of the one cloud that a member may go to."""
    lists: Sequence[list[str] | None] = (member.only.get("provider"), spec.only.get("provider"))
    open_to = [key for key in spec.clouds if all(one is None or key in one for one in lists)]
    return open_to[0] if len(open_to) == 1 else None


def with_secrets(inputs: Plain) -> Plain:
    """The inputs with the credentials of their clouds marked as secret."""
    cloud, clouds = inputs.get("cloud"), inputs.get("clouds")
    found = dict(inputs)
    if isinstance(cloud, dict):
        found["cloud"] = _hidden(cloud)
    if isinstance(clouds, dict):
        found["clouds"] = {key: _hidden(one) if isinstance(one, dict) else one for key, one in clouds.items()}
    return found


def _hidden(settings: Plain) -> Plain:
    kind = reveal(settings.get("kind"))
    secret = registry.record(kind).secrets if kind in registry.kinds() else tuple(settings)
    return {key: _wrapped(value) if key in secret else value for key, value in settings.items()}


def credentials(properties: Plain) -> Iterator[str]:
    """Every text in them that must not be shown: credentials, and what the user calls secret.

    A configuration is secret as a whole, for the credentials in it; its other words are none.
    """
    for key, value in properties.items():
        if key == "spec" and isinstance(value, dict):
            yield from credentials(value)
        elif key in CLOUDS:
            whole = reveal(value) if isinstance(value, Secret) else value
            yield from secrets(with_secrets({key: whole}))
        else:
            yield from secrets(value)


def _wrapped(value: Any) -> Any:
    return value if isinstance(value, Secret) or value is UNKNOWN or value is None else Secret(value)


def other_cloud(old: Plain, new: Plain) -> str | None:
    """The first setting that makes the new clouds others than the old ones; None where none does.

    What only one of them says may be what the other meant.
    """
    for path, before, after in _paired(reveal(old), reveal(new)):
        if before.get("kind") != after.get("kind"):
            return f"{path}.kind"
        kind = before.get("kind")
        names = registry.record(kind).identity if kind in registry.kinds() else ()
        for name in names:
            if None not in (before.get(name), after.get(name)) and before[name] != after[name]:
                return f"{path}.{name}"
    return None


def _paired(old: Plain, new: Plain) -> Iterator[tuple[str, Plain, Plain]]:
    """The settings of the same cloud before and after."""
    if isinstance(old.get("cloud"), dict) and isinstance(new.get("cloud"), dict):
        yield "cloud", old["cloud"], new["cloud"]
    before, after = old.get("clouds"), new.get("clouds")
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            yield f"clouds.{key}", before[key], after[key]
