"""What logs in: refused by its name where the SDK would fall over it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from keystoneauth1 import loading

from antiaffinity.decode import nearest, show, under
from antiaffinity.errors import InvalidRequest

UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'")
"""Python's words for what an authentication plugin does not take."""


def check(settings: Mapping[str, Any]) -> None:
    """Refuse a cloud or a way to log in that is no name, and ``auth`` that is no mapping of words."""
    for word, what in (("cloud", "a name of clouds.yaml"), ("auth_type", "a name such as password")):
        if not isinstance(settings.get(word), str | None):
            raise InvalidRequest(f"is {what}, not {show(settings[word])}", path=word)
    auth = settings.get("auth")
    if auth is not None and not isinstance(auth, Mapping):
        raise InvalidRequest(
            "is a mapping such as {auth_url: https://..., username: shop}, as in clouds.yaml", path="auth"
        )
    for key, value in (auth or {}).items():
        if not isinstance(key, str) or isinstance(value, Mapping | list) or not _is_text(key, value):
            raise InvalidRequest("is text", path=under("auth", str(key)))


def _is_text(key: str, value: object) -> bool:
    """Names may be numbers, as YAML reads them; an address may not."""
    return key != "auth_url" or isinstance(value, str)


def refuse_unknown(error: TypeError, settings: Mapping[str, Any]) -> NoReturn:
    """The word that an authentication plugin does not take, with the nearest that it does; else the error."""
    found = UNKNOWN.search(str(error))
    auth = settings.get("auth") or {}
    if not found or found[1] not in auth:
        raise error
    loader: Any = loading.get_plugin_loader(str(settings.get("auth_type") or "password"))
    known = sorted(option.dest for option in loader.get_options())
    raise InvalidRequest(
        f"unknown to the authentication; {nearest(found[1], known)}", path=f"auth.{found[1]}"
    ) from error
