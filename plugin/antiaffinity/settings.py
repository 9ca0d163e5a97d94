"""What a cloud is connected with: settings, or the environment where they are silent."""

from __future__ import annotations

from collections.abc import Mapping
from os import environ

from antiaffinity.errors import InvalidRequest


def text(settings: Mapping[str, object], name: str, variables: Mapping[str, str]) -> str:
    """A setting, or else what its environment variable says; "" where neither does."""
    value = settings.get(name)
    if not isinstance(value, str | None):
        raise InvalidRequest(f"must be text, not {type(value).__name__}", path=name)
    return value or environ.get(variables.get(name, ""), "")


def required(settings: Mapping[str, object], name: str, variables: Mapping[str, str]) -> str:
    """The same; InvalidRequest, naming both, where neither says it."""
    if value := text(settings, name, variables):
        return value
    raise InvalidRequest(
        f"nothing says which {name} to use: give {name}, or set {variables[name]}", path=name
    )
