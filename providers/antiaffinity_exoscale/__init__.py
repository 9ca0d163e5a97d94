"""Exoscale: what its zones and anti-affinity groups promise, and the launch arguments that ask for it."""

from antiaffinity.guarantee import Cloud, Guarantee, chosen
from antiaffinity_exoscale.arguments import PULUMI_KEYS, SDK_KEYS, pulumi_arguments, sdk_arguments
from antiaffinity_exoscale.rights import RIGHTS

ZONES = chosen(
    "zone",
    after_launch="kept for life: an instance never leaves its zone",
    page="https://www.exoscale.com/datacenters/",
    caveat="every zone has its own endpoint: launch with the client of the placement's zone",
    limit_read="list_zones",
)


def _group(hard: bool) -> Guarantee:
    """Hard only; a soft rule uses the group while it has room, then launches outside it."""
    outside = "" if hard else "; the group has no soft form: when it refuses, the launch goes outside it"
    return Guarantee(
        level="host",
        rule="anti-affinity",
        hard=hard,
        how="delegated",
        at_launch="REFUSES",
        after_launch="kept for life: an instance stays on its hypervisor",
        evidence="MEMBERSHIP",
        page="https://community.exoscale.com/product/compute/instances/how-to/anti-affinity",
        mechanism="anti-affinity group",
        caveat=f"Exoscale never tells the hypervisor, nor whether the 8 count per zone{outside}",
        limit=8,
        limit_read="fixed by Exoscale",
    )


cloud = Cloud(
    kind="exoscale",
    title="Exoscale",
    sdk="exoscale",
    call="create_instance",
    words={"zone": "zone", "host": "hypervisor"},
    chosen=("zone",),
    lists_lag=3.0,  # nothing is published; names are not unique
    guarantees=(
        *ZONES,
        *(_group(hard) for hard in (True, False)),
    ),
    connect_from="antiaffinity_exoscale.backend",
    settings=("key", "secret", "zone", "zones", "url", "build_timeout", "retry_timeout"),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    secrets=("api_secret", "secret"),
    identity=("zone",),
    rights=RIGHTS,
)
