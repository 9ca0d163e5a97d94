"""Default subnets: where an instance goes whose launch names no subnet.

https://docs.aws.amazon.com/vpc/latest/userguide/default-subnet.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from antiaffinity.backend import Need
from antiaffinity.model import Domain, Finding
from antiaffinity.topology import Topology
from antiaffinity_aws.faults import is_code
from antiaffinity_aws.instances import pages
from antiaffinity_aws.reading import Shown


def lacking(ec2: Any, need: Need, zones: Sequence[Domain]) -> list[Finding]:
    """Which of the zones that launches may use want a subnet of their own."""
    if need.needs.networks or not need.room:
        return []
    open_ = Topology(zones).listed(need.only, need.never, {}) or [True] * len(zones)
    used = [zone for zone, is_in in zip(zones, open_, strict=True) if is_in and zone.usable]
    return findings([zone.zone for zone in used if zone.zone], listed(ec2))


def listed(ec2: Any) -> list[Shown]:
    """The account's default subnets, at most one in a zone; none where this user may not read them."""
    try:
        only = [{"Name": "default-for-az", "Values": ["true"]}]
        return pages(ec2, "describe_subnets", "Subnets", Filters=only)
    except ClientError as refused:
        if is_code(refused, "UnauthorizedOperation"):
            return []
        raise


def findings(zones: Iterable[str], subnets: Sequence[Shown]) -> list[Finding]:
    """Zones without one while others have one: whoever launches by zone alone is refused there.

    The zone stays a place, as a launch may bring a subnet of its own; who has no default subnet at all
    always does.
    """
    having = {subnet["AvailabilityZone"] for subnet in subnets}
    lacking = sorted(set(zones) - having) if having else []
    return [Finding("no-default-subnet", _words(zone), domain=zone, severity="strict") for zone in lacking]


def _words(zone: str) -> str:
    return (
        f"{zone} has no default subnet, so EC2 refuses a launch there that names no subnet of its own: name "
        f"one of each zone under needs.networks, or leave {zone} out by never: {{zone: [{zone}]}}"
    )
