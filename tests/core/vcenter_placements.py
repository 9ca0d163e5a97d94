"""Placements on vCenter, one for each way to be placed."""

from __future__ import annotations

from typing import Any

from antiaffinity.model import GroupKey, Native, Placement

KEY = GroupKey("shop/prod", "db")
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
RULE = Native(level="host", kind="anti-affinity", hard=True, max_per_domain=1)
STORE = {"datastore": "datastore-7", "datastore-name": "fast"}


def placed(**changes: Any) -> Placement:
    there: dict[str, Any] = {"domains": {"zone": "c1", "host": "esx-3"}, "ids": {"host": "host-12"}}
    return Placement(member="db-0", key=KEY, **{**there, **changes})


ON_HOST = placed()
IN_RULE = placed(natives=(RULE,), native_ids=("domain-c8:aa-db",))
ON_STORE = placed(labels={**STORE, "pool": "resgroup-1"})
ALL = (ON_HOST, IN_RULE, ON_STORE)
