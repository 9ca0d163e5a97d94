"""One request that is well formed, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from antiaffinity.testing.vcenter.nouns import Session
from antiaffinity.testing.vcenter.soap import Call

if TYPE_CHECKING:
    from antiaffinity.testing.vcenter.state import State


class Request(Struct):
    """``session`` is None while nobody is logged in; ``cookie`` is what the client is to send from now on."""

    state: State
    call: Call
    session: Session | None = None
    cookie: str | None = None

    @property
    def id(self) -> str:
        """The moref that the method is called on."""
        return self.call.id

    def given(self, name: str) -> Any:
        """An argument; None where it was left out."""
        return self.call.arguments[name]
