"""What a Python program says of its clouds: a provider, and the function ``plan``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pulumi

from antiaffinity.model import Member
from antiaffinity.policy import Rule
from pulumi_antiaffinity import inputs as given

Settings = Mapping[str, Any]
"""One cloud in SPEC's flat words: ``{"kind": "openstack", "cloud": "prod"}``."""


class Provider(pulumi.ProviderResource):
    """One estate: the cloud, or the clouds, of the Groups that use it.

    Without one the stack's configuration says it: ``antiaffinity:cloud``, ``antiaffinity:clouds``,
    ``antiaffinity:owner``. Clouds are kept as secrets.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        cloud: pulumi.Input[Settings] | None = None,
        clouds: pulumi.Input[Mapping[str, Settings]] | None = None,
        owner: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.kinds = kinds_in({"cloud": cloud, "clouds": clouds})
        props = {"cloud": _hidden(cloud), "clouds": _hidden(clouds), "owner": owner}
        super().__init__("antiaffinity", resource_name, props, opts)


def plan(
    name: str = "plan",
    *,
    members: int | Sequence[str | Mapping[str, Any] | Member],
    rules: str | Rule | Sequence[str | Mapping[str, Any] | Rule] = (),
    opts: pulumi.InvokeOptions | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Where each member would go now, as plain values; nothing is made.

    An estate's program asks this first, and pins each member to the cloud that it is told.
    """
    owner = f"{pulumi.get_project()}/{pulumi.get_stack()}"
    rest = {key: plain(value) for key, value in spec.items()}
    rules = [rules] if isinstance(rules, Rule) else rules
    arguments = {"name": name, "owner": owner, "members": plain(members), "rules": plain(rules), **rest}
    told = _asked("antiaffinity:index:plan", arguments, opts)
    return {**told, "placements": {name: told["placements"][name] for name in told["names"]}}


def _asked(function: str, arguments: dict[str, Any], opts: pulumi.InvokeOptions | None) -> dict[str, Any]:
    """What a function answers; its refusal as the user's mistake, without a traceback."""
    try:
        return dict(pulumi.runtime.invoke(function, arguments, opts).value)
    except Exception as refused:  # the SDK raises no narrower one
        raise pulumi.RunError(str(refused)) from refused


def plain(value: Any) -> Any:
    """Our Structs as SPEC's own keys; Outputs and everything else as they are."""
    if isinstance(value, Rule):
        return {value.kind: msgspec.structs.asdict(value)}
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def _hidden(value: Any) -> Any:
    """A provider takes text: JSON, and secret for the credentials in it."""
    if value is None:
        return None
    return pulumi.Output.secret(pulumi.Output.json_dumps(value))


def kinds_in(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The kinds of clouds by key, where they are plain."""
    cloud, clouds = inputs.get("cloud"), inputs.get("clouds")
    many = {"": cloud} if isinstance(cloud, Mapping) else clouds if isinstance(clouds, Mapping) else {}
    kinds = {key: one.get("kind") if isinstance(one, Mapping) else None for key, one in many.items()}
    return {key: kind for key, kind in kinds.items() if isinstance(kind, str)}


def kinds_of(opts: pulumi.ResourceOptions | None) -> dict[str, str]:
    """The kinds that the Group's provider has, or the stack's configuration names."""
    provider = opts.provider if opts else None
    if isinstance(provider, Provider):
        return provider.kinds
    config = pulumi.Config("antiaffinity")
    told = {key: config.get(key) for key in given.CLOUDS}
    return kinds_in({key: _object(text, key) for key, text in told.items() if text})


def _object(text: str, key: str) -> dict[str, Any]:
    """A value of the configuration; what it is instead is not shown, it may hold credentials."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise pulumi.RunError(
            f"antiaffinity:{key} must be an object; write it with --path, what is secret with --secret: "
            f"pulumi config set --path antiaffinity:{key}.kind openstack"
        )
    return value
