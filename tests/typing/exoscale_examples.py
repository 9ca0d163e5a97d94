"""Launches as users write them for Exoscale, whose SDK has no types: its OpenAPI document is the check."""

from __future__ import annotations

from typing import Any

from antiaffinity.model import GroupKey, Native, Placement

TYPE, TEMPLATE, ONE, TWO, OWN_GROUP = (f"5c2b4c9e-0000-4000-8000-00000000000{n}" for n in range(5))
NATIVES = tuple(Native("host", "anti-affinity", True, 1, number=number) for number in (1, 2))
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}

APART = Placement(
    member="db-0",
    key=GroupKey("shop/prod", "db"),
    domains={"zone": "ch-gva-2"},
    natives=NATIVES,
    native_ids=(ONE, TWO),
)
IN_ZONE = Placement(member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "ch-gva-2"})

REQUIRED: dict[str, Any] = {
    "name": "db-0",
    "disk_size": 10,
    "instance_type": {"id": TYPE},
    "template": {"id": TEMPLATE},
}
BODY: dict[str, Any] = {
    "name": "db-0",
    "disk-size": 10,
    "instance-type": {"id": TYPE},
    "template": {"id": TEMPLATE},
    "labels": MARK,
}
OWN_MORE: dict[str, Any] = {"labels": {"role": "db"}, "anti_affinity_groups": [{"id": OWN_GROUP}]}

EXAMPLES: dict[str, tuple[Placement, dict[str, Any], dict[str, Any]]] = {
    "two groups": (APART, REQUIRED, BODY | {"anti-affinity-groups": [{"id": ONE}, {"id": TWO}]}),
    "zone only": (IN_ZONE, REQUIRED, BODY),
    "beside own": (
        APART,
        REQUIRED | OWN_MORE,
        BODY
        | {
            "anti-affinity-groups": [{"id": OWN_GROUP}, {"id": ONE}, {"id": TWO}],
            "labels": {"role": "db", **MARK},
        },
    ),
}


def boot(client: Any, placement: Placement, own: dict[str, Any]) -> str:
    """A launch as users write it: the operation's reference is the instance."""
    operation = client.create_instance(**placement.arguments(**own))
    return str(operation["reference"]["id"])
