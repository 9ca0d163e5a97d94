"""The Wire under an SDK that speaks HTTP with requests: mounted as the adapter of its session."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from antiaffinity.testing.wire import Lost, Wire


class WireAdapter(HTTPAdapter):
    """Carries every request of a session through a wire; it is named by its method and path.

    A lost connection is requests' own ConnectionError, as from a real network; Killed passes through.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__(max_retries=0)
        self.wire = wire

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        what = f"{request.method} {request.path_url}"
        answer = super().send
        try:
            return self.wire.carry(what, lambda: answer(request, *args, **kwargs))
        except Lost as lost:
            raise requests.ConnectionError(str(lost), request=request) from lost
