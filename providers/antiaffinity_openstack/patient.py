"""Nova for us alone: a read that it takes later is repeated, which the SDK by itself does not.

keystoneauth repeats 503 alone, only where ``status_code_retries`` says how often, and on a clock of its own:
https://docs.openstack.org/keystoneauth/latest/api/keystoneauth1.adapter.html. The user's own requests go
through the same connection as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, cast
from urllib.parse import urlsplit

from keystoneauth1 import exceptions as keystone
from keystoneauth1.session import Session
from openstack.compute.v2._proxy import Proxy
from openstack.connection import Connection
from requests import Response

from antiaffinity import retry
from antiaffinity.retry import Tries

OVER_LIMIT = "overLimit"
"""What a 413 is called that is about the rate and not about the size of a request."""


def nova(connection: Connection, patience: float) -> Proxy:
    """A connection's Nova, through its own session, with so many seconds of patience for each read.

    Logs in, to find out which Nova it is.
    """
    compute = _logged_in(lambda: connection.compute, patience)
    session = _Session(compute.session, patience)  # raises where what it has is no Nova, but a stand-in
    mine: Any = copy(compute)
    mine.session = session
    return cast(Proxy, mine)


class _Session(Session):
    """The session of a connection, with all that it shares; keystoneauth warns of any other class."""

    def __init__(self, session: Session, patience: float) -> None:
        self.__dict__.update(session.__dict__)
        self._patience = patience

    def request(self, url: str, method: str, **asked: Any) -> Response:  # type: ignore[override]
        """The answer, of a read the one after all that say later; a change is for its verb to begin anew."""
        tries = Tries(self._patience)
        while True:
            answer = self._answered(url, method, asked)
            if method != "GET" or not _is_later(answer):
                return answer
            told = retry.told_in(retry.headers_of(answer), answer.text)
            tries.rest_or_end(f"Nova answers {answer.status_code} to {method} {urlsplit(url).path}", told)

    def _answered(self, url: str, method: str, asked: dict[str, Any]) -> Response:
        once = super().request
        return cast(Response, _logged_in(lambda: once(url, method, **asked), self._patience))


def _logged_in(call: Callable[[], Any], patience: float) -> Any:
    """What a call gives that may log in first: that changes nothing, and alone of the two raises a status."""
    return retry.repeated(call, patience, _is_refused_for_now)


def _is_refused_for_now(error: Exception) -> bool:
    return isinstance(error, keystone.HttpError) and error.http_status in (413, *retry.BUSY)


def _is_later(answer: Response) -> bool:
    is_over_limit = answer.status_code == 413 and (
        OVER_LIMIT in answer.text or "Retry-After" in answer.headers
    )
    return answer.status_code in retry.BUSY or is_over_limit
