"""One provider instance: its configuration, its connections, and its voice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from antiaffinity.check import check_name
from antiaffinity.decode import under
from antiaffinity.errors import AntiaffinityError, InvalidRequest
from pulumi_antiaffinity.ask import Change, Failure, changed, replacing
from pulumi_antiaffinity.codec import Plain, Secret, decode, encode, known, reveal, same
from pulumi_antiaffinity.connections import Connections
from pulumi_antiaffinity.failures import told
from pulumi_antiaffinity.holders import Holders
from pulumi_antiaffinity.inputs import (
    CLOUDS,
    TYPES,
    check_settings,
    clouds_in,
    credentials,
    other_cloud,
    settings_of,
    with_secrets,
)
from pulumi_antiaffinity.logs import Log

KEYS = (*CLOUDS, "owner")
ENGINES = ("version", "pluginDownloadURL")
"""What the engine itself puts into a provider's configuration."""


class Provider:
    """What every operation of one provider instance shares."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.clouds: Plain = {}
        self.owner = ""
        self.connections = Connections()
        self.holders = Holders()

    def configure(self, inputs: Plain) -> None:
        """Take the configuration, once for each operation; what is wrong in it was told before."""
        self.holders = Holders()
        settings = reveal(parsed(inputs))
        given = clouds_in(settings)
        self.clouds = with_secrets(given)
        self.log.secrets.hide(credentials(given))
        self.owner = settings.get("owner") or ""

    def needs_cloud(self, what: str, urn: str) -> None:
        """Refuse to import where only the configuration could tell the cloud, and does not.

        An import takes the provider as the state has it; an update of that alone brings the configuration.
        """
        if not self.clouds:
            provider = "::".join([*urn.split("::")[:2], "pulumi:providers:antiaffinity", "default"])
            raise InvalidRequest(
                f"to import {what} the provider must name its cloud: pulumi config set --path "
                f"antiaffinity:cloud.kind KIND, and its other settings so; in a stack that has run before, "
                f"then: pulumi up --target '{provider}'",
                path="cloud",
            )


def parsed(inputs: Plain) -> Plain:
    """The configuration with what SDKs send as JSON text made plain; what is no JSON stays as it is."""
    return {key: _parsed(value) if key in CLOUDS else value for key, value in inputs.items()}


def _parsed(value: Any) -> Any:
    if isinstance(value, Secret):
        return Secret(_parsed(value.value))
    if not isinstance(value, str):
        return value
    try:
        # Through the wire's own form: what could not be sent later (nested too deeply, say) is no value.
        return decode(Struct.FromString(encode({"it": json.loads(value)}).SerializeToString()))["it"]
    except (ValueError, OverflowError, RecursionError, DecodeError, InvalidRequest):
        return value


def hidden(inputs: Plain) -> Plain:
    """The configuration with its clouds marked as secret: they hold credentials."""
    return {key: Secret(reveal(v)) if key in CLOUDS and known(v) else v for key, v in inputs.items()}


def config_failures(inputs: Plain) -> Iterator[Failure]:
    """What is wrong with a configuration, as far as it is known."""
    try:
        _check(reveal(parsed({key: value for key, value in inputs.items() if known(value)})))
    except AntiaffinityError as error:
        yield Failure(error.path, told(error))


def _check(settings: Plain) -> None:
    for key in settings:
        if key not in (*KEYS, *ENGINES):
            raise InvalidRequest(f"the provider takes no {key!r}; known: {', '.join(KEYS)}", path=key)
    if settings.get("owner") is not None:
        check_name(_text(settings["owner"], "owner"), "owner")
    if settings.get("cloud") is not None and settings.get("clouds") is not None:
        raise InvalidRequest("give cloud (a single one) or clouds (several by name), not both", path="clouds")
    if settings.get("cloud") is not None:
        _check_cloud(settings["cloud"], "cloud")
    if settings.get("clouds") is not None:
        clouds = settings_of(settings["clouds"], "clouds", "{name: {kind: ...}}")
        if not clouds:
            raise InvalidRequest("is empty: name a cloud, or leave it out", path="clouds")
        for key, one in clouds.items():
            _check_cloud(one, under("clouds", key))


def _check_cloud(value: Any, path: str) -> None:
    settings = settings_of(value, path)
    if not isinstance(settings.get("kind"), str):
        raise InvalidRequest("say which kind of cloud it is, e.g. kind: openstack", path=f"{path}.kind")
    check_settings(settings, path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"must be text, not {TYPES.get(type(value), 'an object')}", path=path)
    return value


def config_changes(old: Plain, new: Plain) -> dict[str, Change]:
    """What a change of configuration means; another cloud is another provider.

    A configuration that names no cloud, as an import leaves it, may mean the same one.
    """
    old, new = parsed(old), parsed(new)
    found = {key: changed(old.get(key), new.get(key)) for key in KEYS if not same(old.get(key), new.get(key))}
    path = other_cloud(old, new) if known(old) and known(new) else None
    if path:
        key = path.split(".")[0]
        found[key] = replacing(found[key])
    return found
