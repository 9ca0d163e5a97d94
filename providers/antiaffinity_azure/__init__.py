"""Azure: zones, and fault domains where a region has no zones, in Flexible scale sets."""

from antiaffinity.guarantee import Cloud, Guarantee, RuleKind, chosen
from antiaffinity_azure.arguments import PULUMI_KEYS, SDK_KEYS, pulumi_arguments, sdk_arguments

LEARN = "https://learn.microsoft.com/azure"
MAY_LAPSE = "may lapse: a machine that was deallocated may come back beside another"
LAPSES = "a deallocated machine may share a fault domain when it starts again"
MOST = "fixed by Azure; 200 for sizes without memory-preserving updates (G, H, L, M, N)"

ZONES = chosen(
    "zone",
    mechanism="Flexible scale set",
    after_launch="stays: a zonal machine is pinned to its zone",
    caveat="only the zones that the size is offered in, by the region's resource SKUs; "
    "zone numbers are the subscription's own: another subscription's zone 1 may be another place",
    limit=1000,
    limit_read=MOST,
    groups_per_instance=1,
    page=f"{LEARN}/reliability/availability-zones-zonal-resource-resiliency",
)

FAULT_DOMAINS = chosen(
    "rack",
    mechanism="Flexible scale set",
    after_launch=MAY_LAPSE,
    caveat="only without zones; 2 or 3 fault domains by region; the domain asked for is in the "
    "machine's model, while Microsoft's pages differ on whether its instance view shows one",
    limit=1000,
    limit_read=MOST,
    groups_per_instance=1,
    lapses=LAPSES,
    page=f"{LEARN}/virtual-machine-scale-sets/virtual-machine-scale-sets-manage-fault-domains",
)


def _in_availability_set(rule: RuleKind) -> Guarantee:
    return Guarantee(
        level="rack",
        rule=rule,
        hard=False,
        how="delegated",
        mechanism="availability set",
        at_launch="DEGRADES",
        after_launch=MAY_LAPSE,
        evidence="DOMAIN",
        caveat="only a set that exists already (adopt); 2 or 3 fault domains by region, which further "
        "members share; the first machine pins the set to one hardware cluster",
        limit=200,
        limit_read="fixed by Azure",
        most_per_domain=None,
        groups_per_instance=1,
        joins="creation",
        lapses=LAPSES,
        only_adopted=True,
        page=f"{LEARN}/virtual-machines/availability-set-overview",
    )


COMPUTE = "Microsoft.Compute"
MACHINES, SETS = f"{COMPUTE}/virtualMachines", f"{COMPUTE}/virtualMachineScaleSets"

RIGHTS = {
    "topology": (f"{COMPUTE}/skus/read", f"{COMPUTE}/locations/usages/read"),
    "observe": (f"{MACHINES}/read",),
    "prepare": (
        *(f"{COMPUTE}/skus/read", f"{SETS}/read", f"{SETS}/write"),
        f"{COMPUTE}/availabilitySets/read",
    ),
    "settle": (f"{MACHINES}/read",),
    "bind": (f"{MACHINES}/read", f"{MACHINES}/write"),
    "unmark": (f"{MACHINES}/read", f"{MACHINES}/write"),
    "release": (f"{MACHINES}/read", f"{SETS}/read", f"{SETS}/delete"),
    "groups": (f"{MACHINES}/read", f"{SETS}/read"),
    "launch": (
        *(f"{MACHINES}/write", f"{MACHINES}/read", f"{COMPUTE}/locations/operations/read"),
        *(
            "Microsoft.Network/networkInterfaces/join/action",
            "Microsoft.Network/virtualNetworks/subnets/join/action",
        ),
    ),
    "discard": (f"{MACHINES}/delete", f"{MACHINES}/read", f"{COMPUTE}/locations/operations/read"),
}
"""Operations of a role: skus and usages on the subscription, all others on the resource group.

https://learn.microsoft.com/azure/role-based-access-control/permissions/compute. An availability set is read
where one is adopted, a machine written where one that lacks our mark becomes a member.
"""

cloud = Cloud(
    kind="azure",
    title="Azure",
    sdk="azure-mgmt-compute",
    call="virtual_machines.begin_create_or_update",
    words={"region": "location", "zone": "availability zone", "rack": "fault domain"},
    chosen=("zone", "rack"),
    usual=("region", "zone"),
    guarantees=(
        *ZONES,
        *FAULT_DOMAINS,
        *(_in_availability_set(rule) for rule in ("anti-affinity", "spread")),
    ),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    connect_from="antiaffinity_azure.backend",
    settings=(
        *("credential", "subscription_id", "resource_group_name", "location"),
        *("tenant_id", "client_id", "client_secret", "authority", "disable_instance_discovery"),
        *("cloud_setting", "base_url", "credential_scopes", "connection_verify"),
        *("build_timeout", "retry_timeout"),
    ),
    secrets=("credential", "client_secret"),
    identity=("subscription_id", "resource_group_name", "location"),
    rights=RIGHTS,
)
