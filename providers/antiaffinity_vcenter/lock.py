# mypy: untyped-calls-exclude=pyVmomi
"""One deployer at a time at the rules of a cluster: vCenter has no compare-and-set for them.

The lock is the definition of a custom field: its name is unique, so one makes it; its key is a number that
vCenter never gives twice, so it says which lock it is. Whoever waits sees the same key for EXPIRY and takes
it that its holder is dead: it removes just that key. So no clock is compared with another's; a holder counts
from before it made the field, a waiter from when it saw it.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.CustomFieldsManager.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pyVmomi import vim

from antiaffinity import clock
from antiaffinity.errors import AntiaffinityError, NotAuthorized, Unavailable
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.faults import answered

EXPIRY = 30.0
"""Seconds after which a lock is taken for that of a dead deployer; its holder stops well before."""

WORKING = 20.0
"""Seconds in which its holder may begin to write."""

PATIENCE = 600.0
"""Seconds to wait while other deployers take their turns."""


class Lease:
    """A lock that is held, or none where vCenter does not let us make one."""

    def __init__(self, began: float, key: int | None) -> None:
        self._began, self.key = began, key

    @property
    def sure(self) -> bool:
        """Whether nobody else writes now."""
        return self.key is not None and clock.now() - self._began < WORKING


@contextmanager
def locked(center: Center, cluster: str) -> Iterator[Lease]:
    """Hold the lock of a cluster; without the right to make one, hold none."""
    fields = center.content.customFieldsManager
    try:
        lease = _Taking(center, fields, f"antiaffinity-lock-{cluster}").take()
    except NotAuthorized:
        lease = Lease(clock.now(), None)
    try:
        yield lease
    finally:
        if lease.key is not None:
            _remove(fields, lease.key)


class _Taking:
    """One deployer that waits for a lock."""

    def __init__(self, center: Center, fields: Any, name: str) -> None:
        self.center, self.fields, self.name = center, fields, name
        self.seen: int | None = None
        self.since = 0.0

    def take(self) -> Lease:
        deadline = clock.now() + PATIENCE
        while clock.now() < deadline:
            began = clock.now()
            if (key := self._make()) is not None:
                return Lease(began, key)
            self._wait()
        raise Unavailable(f"other deployers hold {self.name} since {PATIENCE:.0f} s: run again")

    def _make(self) -> int | None:
        """The key of the lock, made now; None where there is one."""
        try:
            with answered("locking the cluster's rules"):
                made = self.fields.AddCustomFieldDef(name=self.name, moType=vim.ClusterComputeResource)
        except AntiaffinityError as refused:
            if isinstance(refused.__cause__, vim.fault.DuplicateName):
                return None
            raise
        return int(made.key)

    def _wait(self) -> None:
        """Wait a little; remove the lock that stands there where it is a dead deployer's."""
        there = self._there()
        if there != self.seen:
            self.seen, self.since = there, clock.now()
        elif there is not None and clock.now() - self.since > EXPIRY:
            _remove(self.fields, there)
            return
        if there is not None:
            clock.sleep(clock.uniform(0.1, 0.5))

    def _there(self) -> int | None:
        """The key of the lock that stands there."""
        shown = self.center.one(self.fields, "field")
        fields = shown.get("field", ()) if shown else ()
        return next((int(field.key) for field in fields if field.name == self.name), None)


def _remove(fields: Any, key: int) -> None:
    """Let the next one in; a lock that cannot be removed expires, and one that is gone is gone."""
    with suppress(AntiaffinityError), answered("unlocking the cluster's rules"):
        fields.RemoveCustomFieldDef(key=key)
