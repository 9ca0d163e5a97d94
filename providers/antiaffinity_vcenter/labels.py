# mypy: untyped-calls-exclude=pyVmomi
"""What a launch would name to have a machine where it is: its pool and its datastore."""

from __future__ import annotations

from antiaffinity_vcenter.center import Shown

CONFIGURED = "config.files.vmPathName"
"""Set in every configuration."""


def labelled(shown: Shown) -> dict[str, str]:
    """Its pool, and the datastore of its configuration, where it has one alone."""
    pool, stores = shown.get("resourcePool"), list(shown.get("datastore") or [])
    found = {} if pool is None else {"pool": str(pool._GetMoId())}
    if len(stores) == 1:
        name = str(shown.get(CONFIGURED, "")).partition("]")[0].removeprefix("[")
        found |= {"datastore": str(stores[0]._GetMoId()), "datastore-name": name}
    return found
