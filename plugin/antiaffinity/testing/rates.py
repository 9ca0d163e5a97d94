"""How often a fake cloud lets its users ask for changes: who asks more often is told to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct

from antiaffinity.testing.gate import Refusal, named
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Rate(Struct):
    """So many changes in so many seconds; ``tells`` whether Retry-After says when the next is taken."""

    changes: int
    seconds: float = 60.0
    tells: bool = True
    taken: list[float] = []
    """When the last ones were."""

    def wait(self, now: float) -> float:
        """The seconds until one more is taken; 0 where it is now."""
        self.taken = [when for when in self.taken if now - when < self.seconds]
        if len(self.taken) < self.changes:
            return 0.0
        return self.taken[-self.changes] + self.seconds - now


def limited(
    cloud: WSGIApplication,
    world: Callable[[], World],
    rate: Callable[[], Rate | None],
    refusal: Refusal,
    is_change: Callable[[str], bool],
) -> WSGIApplication:
    """The application behind a limit; ``is_change`` tells by a request's name whether it counts."""

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        limit = rate()
        if limit is None or not is_change(named(environ)):
            return cloud(environ, start_response)
        now = world().clock.now()
        if wait := limit.wait(now):
            return _refused(refusal, wait if limit.tells else None)(environ, start_response)
        limit.taken.append(now)
        return cloud(environ, start_response)

    return asked


def _refused(refusal: Refusal, wait: float | None) -> WSGIApplication:
    from werkzeug.wrappers import Response

    headers = {name: value for name, value in refusal.headers.items() if name != "Retry-After"}
    if wait is not None and "Retry-After" in refusal.headers:
        headers["Retry-After"] = str(ceil(wait))
    return Response(refusal.body, refusal.status, headers)
