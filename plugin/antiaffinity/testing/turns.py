"""Several deployers at once, in one order for each seed: one runs at a time, and all wait on one clock.

A race that needs a moment of bad luck is found by trying seeds, and found again by its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from random import Random
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from antiaffinity.clock import lent

T = TypeVar("T")

REQUEST = 0.05
"""Seconds that a request takes."""

START = 1_000.0
"""Where the clock begins; nothing depends on it."""


class Turns:
    """A clock that jumps while all sleep, and a baton that only one deployer has."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = Random(seed)
        self._now = START
        self._baton = Condition()
        self._workers: list[_Worker[Any]] = []
        self._turn: _Worker[Any] | None = None

    # The clock

    def now(self) -> float:
        """The moment, in seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the others go on until the time has come; alone, the clock jumps."""
        me = self._turn
        if me is None:
            self._now += seconds
            return
        me.due = self._now + seconds
        self._pass_on(me)

    def uniform(self, low: float, high: float) -> float:
        """A number that this seed always gives here."""
        return self._chance.uniform(low, high)

    def step(self) -> None:
        """One request's time goes by; it may be somebody else's turn first."""
        self.sleep(REQUEST * self.uniform(0.5, 1.5))

    # Those at work

    def run(self, *works: Callable[[], T]) -> list[T | BaseException]:
        """Let them work side by side; what each answered or raised, in their order."""
        self._workers = [_Worker(self, work, self._now) for work in works]
        for worker in self._workers:
            worker.thread.start()
        with self._baton:
            self._choose()
        for worker in self._workers:
            worker.thread.join()
        self._turn = None
        return [worker.outcome for worker in self._workers]

    def _pass_on(self, me: _Worker[Any]) -> None:
        with self._baton:
            self._choose()
            self._baton.wait_for(lambda: self._turn is me)

    def _choose(self) -> None:
        """Whoever is due goes on; if nobody is, time jumps to the first who will be."""
        waiting = [worker for worker in self._workers if not worker.done]
        self._turn = None
        if waiting:
            self._now = max(self._now, min(worker.due for worker in waiting))
            self._turn = self._chance.choice([worker for worker in waiting if worker.due <= self._now])
        self._baton.notify_all()

    def work(self, me: _Worker[T]) -> None:
        """The life of one worker's thread."""
        with self._baton:
            self._baton.wait_for(lambda: self._turn is me)
        try:
            with lent(self):
                me.outcome = me.job()
        except BaseException as error:  # the test looks at it, whatever it is
            me.outcome = error
        me.done = True
        with self._baton:
            self._choose()


class _Worker(Generic[T]):
    """One deployer's thread, and when it wants to go on."""

    outcome: T | BaseException

    def __init__(self, turns: Turns, job: Callable[[], T], due: float) -> None:
        self.job, self.due, self.done = job, due, False
        context = copy_context()
        self.thread = Thread(target=lambda: context.run(turns.work, self), daemon=True)
