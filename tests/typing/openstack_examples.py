"""Launches as users write them for OpenStack, with what openstacksdk then sends to Nova."""

from __future__ import annotations

from typing import Any

from openstack.connection import Connection

from antiaffinity.model import GroupKey, Native, Placement

GROUP = "6c6a4bdf-4cfd-4d4b-8d6a-2b9bd8b1e2f3"
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}

IN_ZONE = Placement(member="db-0", key=GroupKey("shop/prod", "db"), domains={"zone": "az1"})
APART = Placement(
    member="db-0",
    key=GroupKey("shop/prod", "db"),
    domains={"zone": "az1"},
    natives=(Native("host", "anti-affinity", True, 1),),
    native_ids=(GROUP,),
)

REQUIRED: dict[str, Any] = {"image_id": "i1", "flavor_id": "f1", "networks": [{"uuid": "n1"}]}
OWN_MORE: dict[str, Any] = {
    "name": "db",
    "metadata": {"role": "db"},
    "scheduler_hints": {"different_host": ["s1"]},
}
SERVER: dict[str, Any] = {
    "name": "db-0",
    "imageRef": "i1",
    "flavorRef": "f1",
    "networks": [{"uuid": "n1"}],
    "availability_zone": "az1",
    "metadata": MARK,
}
HINTS = "OS-SCH-HNT:scheduler_hints"

EXAMPLES: dict[str, tuple[Placement, dict[str, Any], dict[str, Any]]] = {
    "zone only": (IN_ZONE, REQUIRED, {"server": SERVER}),
    "zone and group": (APART, REQUIRED, {"server": SERVER, HINTS: {"group": GROUP}}),
    "beside own": (
        APART,
        REQUIRED | OWN_MORE,
        {
            "server": SERVER | {"name": "db", "metadata": {"role": "db", **MARK}},
            HINTS: {"different_host": ["s1"], "group": GROUP},
        },
    ),
}


def boot(conn: Connection, placement: Placement, own: dict[str, Any]) -> str:
    """A launch as users write it: the server's id, without waiting."""
    return str(conn.compute.create_server(**placement.arguments(**own)).id)
