"""A Group's inputs and the SPEC that they are: the same keys, with ``name`` for ``group``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from antiaffinity import registry
from antiaffinity.decode import under
from antiaffinity.errors import AntiaffinityError, InvalidRequest, NotOffered
from antiaffinity.guarantee import Cloud
from antiaffinity.model import Member
from antiaffinity.planner.fitting import fit
from antiaffinity.planner.mechanism import carry
from antiaffinity.several_clouds import in_estate
from antiaffinity.spec import Spec, parse_spec
from pulumi_antiaffinity.ask import Failure
from pulumi_antiaffinity.codec import UNKNOWN, Plain, Secret, known, reveal, secrets
from pulumi_antiaffinity.failures import told

CLOUDS = ("cloud", "clouds")
TYPES = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
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
    return inputs if clouds_in(inputs) else {**inputs, **clouds_in(provider)}


def clouds_in(inputs: Plain) -> Plain:
    """The clouds that inputs name, and nothing else of them."""
    return {key: inputs[key] for key in CLOUDS if inputs.get(key) is not None}


def document(inputs: Plain) -> Plain:
    """The SPEC as one plain object, what is secret still wrapped."""
    return {"group" if key == "name" else key: v for key, v in inputs.items() if v is not None}


def spec_of(inputs: Plain) -> Spec:
    """The SPEC of inputs that are known; InvalidRequest names the property."""
    return parse(document(inputs))


def parse(written: Plain) -> Spec:
    """The SPEC of a document; InvalidRequest names the property of the Group."""
    plain = reveal(written)
    _check_shapes(plain)
    try:
        return parse_spec(plain)
    except InvalidRequest as error:
        if error.path == "group":
            error.path = "name"
        raise


def parse_output(written: Plain) -> Spec:
    """The SPEC in a Group's output ``spec``, and its clouds; InvalidRequest names the property under it."""
    try:
        spec = parse(written)
        check_clouds(spec)
    except AntiaffinityError as error:
        error.path = f"spec.{'group' if error.path == 'name' else error.path}"
        raise
    return spec


def _check_shapes(written: Plain) -> None:
    """Refuse clouds that are no objects, without a word of theirs: a text may hold credentials."""
    if written.get("cloud") is not None:
        settings_of(written["cloud"], "cloud")
    if written.get("clouds") is not None:
        for key, one in settings_of(written["clouds"], "clouds", "{name: {kind: ...}}").items():
            settings_of(one, under("clouds", key))


def settings_of(value: Any, path: str, example: str = "{kind: ...}") -> Plain:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        what = TYPES.get(type(value), "nothing")
        raise InvalidRequest(f"must be an object such as {example}, not {what}", path=path)
    return value


def failures(inputs: Plain) -> Iterator[Failure]:
    """What is wrong with the inputs, as far as they are known; ``inputs`` have their clouds."""
    unknown = list(unknown_inputs(inputs))
    yield from unknown
    if unknown or not known(inputs.get("members")):
        return
    try:
        spec = spec_of({"name": "unknown", **{key: value for key, value in inputs.items() if known(value)}})
        if spec.clouds or all(known(inputs.get(key)) for key in CLOUDS):
            check_clouds(spec)
            check_pinned(spec)
    except AntiaffinityError as error:
        yield Failure(error.path, told(error))


def unknown_inputs(inputs: Plain) -> Iterator[Failure]:
    """Those that a Group does not have, each with the nearest that it has."""
    for key in inputs:
        if key not in KEYS:
            yield Failure(key, _unknown_input(key))


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
        cloud = in_estate(check_settings(settings, f"clouds.{key}" if key else "cloud"), key)
        means = carry(spec.rules, cloud, cloud.chosen, spec.adopt)
        fit(means, cloud, cloud.chosen, spec.largest, None, saturated=spec.saturated)
        if spec.saturated == "stack" and any(one.delegated and one.rule.hard for one in means):
            raise NotOffered(
                f"{cloud.title} tells only at a launch that a hard rule has no place left, and Pulumi tries "
                f"no launch again: use the command line's roll-out, or a soft rule",
                path="saturated",
            )


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


def check_pinned(spec: Spec) -> None:
    """A program must know which cloud's machine to declare, so a preview cannot choose it."""
    for number, member in enumerate(spec.members):
        if "" not in spec.clouds and pinned(member, spec) is None:
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
    cloud = _record(reveal(settings.get("kind")))
    secret = cloud.secrets if cloud else settings.keys() - {"kind"}
    return {key: _wrapped(value) if key in secret else value for key, value in settings.items()}


def _record(kind: Any) -> Cloud | None:
    return registry.record(kind) if isinstance(kind, str) and kind in registry.kinds() else None


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
        cloud = _record(before.get("kind"))
        for name in cloud.identity if cloud else ():
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
