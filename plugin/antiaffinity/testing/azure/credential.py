"""A credential whose tokens no network ever sees."""

from __future__ import annotations

from typing import Any

from azure.core.credentials import AccessToken

NEVER = 2**40
"""A date beyond all tests."""


class FakeCredential:
    """What ``azure.identity`` would give; it remembers for which scopes it was asked."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self._token, NEVER)
