"""How often a fake cloud lets its users ask for changes: who asks more often is told to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from msgspec import Struct

from antiaffinity.testing.gate import Refusal, named
from antiaffinity.testing.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Rate(Struct, frozen=True):
    """So many changes in so many seconds; ``tells`` whether Retry-After says when the next is taken."""

    changes: int
    seconds: float = 60.0
    tells: bool = True

    def wait(self, taken: list[float], now: float) -> float:
        """The seconds until one more is taken, by when the last ones were; 0 where it is now."""
        lately = [when for when in taken if now - when < self.seconds]
        return lately[-self.changes] + self.seconds - now if len(lately) >= self.changes else 0.0


def limited(
    cloud: WSGIApplication,
    world: Callable[[], World],
    rate: Callable[[], Rate | None],
    refusal: Refusal,
    is_change: Callable[[str], bool],
) -> WSGIApplication:
    """The application behind a limit; ``is_change`` tells by a request's name whether it counts."""
    taken: WeakKeyDictionary[World, list[float]] = WeakKeyDictionary()

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        limit = rate()
        if limit is None or not is_change(named(environ)):
            return cloud(environ, start_response)
        now, before = world().clock.now(), taken.setdefault(world(), [])
        if wait := limit.wait(before, now):
            return _refused(refusal, wait if limit.tells else None)(environ, start_response)
        before.append(now)
        return cloud(environ, start_response)

    return asked


def _refused(refusal: Refusal, wait: float | None) -> WSGIApplication:
    from werkzeug.wrappers import Response

    headers = {name: value for name, value in refusal.headers.items() if name != "Retry-After"}
    if wait is not None and "Retry-After" in refusal.headers:
        headers["Retry-After"] = str(ceil(wait))
    return Response(refusal.body, refusal.status, headers)
