"""Placements on AWS, one for each way to be placed."""

from __future__ import annotations

from typing import Any

from antiaffinity.model import GroupKey, Native, Placement

KEY = GroupKey("shop/prod", "db")
MARK = {"antiaffinity-owner": "shop/prod", "antiaffinity-group": "db", "antiaffinity-member": "db-0"}
MARK_TAGS = [{"Key": key, "Value": value} for key, value in MARK.items()]
NAME = {"Key": "Name", "Value": "db-0"}
RACK = Native(level="rack", kind="anti-affinity", hard=True, max_per_domain=1)
SUBNET = {"subnet": "subnet-a"}


def placed(**changes: Any) -> Placement:
    there: dict[str, Any] = {"domains": {"zone": "eu-west-1a"}, "ids": {"zone": "euw1-az3"}}
    return Placement(member="db-0", key=KEY, **{**there, **changes})


IN_ZONE = placed()
IN_SUBNET = placed(labels=SUBNET)
IN_GROUP = placed(natives=(RACK,), native_ids=("aa-db-1",))
IN_PARTITION = placed(
    domains={"zone": "eu-west-1a", "rack": "3"}, natives=(RACK,), native_ids=("pg-0123456789abcdef0",)
)
ON_HOST = placed(domains={"zone": "eu-west-1a", "host": "web"}, ids={"host": "h-0123456789abcdef0"})

EVERYWHERE = (IN_ZONE, IN_SUBNET, IN_GROUP, IN_PARTITION, ON_HOST)
