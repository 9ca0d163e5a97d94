"""Azure: zones, and fault domains where a region has no zones.

What it promises and how a launch is told; the calls are not written yet.
"""

from antiaffinity.guarantee import Cloud, Guarantee, RuleKind
from antiaffinity_azure.arguments import PULUMI_KEYS, SDK_KEYS, pulumi_arguments, sdk_arguments

RULES: tuple[RuleKind, ...] = ("anti-affinity", "spread", "survive", "affinity")
LEARN = "https://learn.microsoft.com/azure"


def _in_zones(rule: RuleKind, hard: bool) -> Guarantee:
    return Guarantee(
        level="zone",
        rule=rule,
        hard=hard,
        how="chosen",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="stays: a zonal machine is pinned to its zone",
        evidence="DOMAIN",
        caveat="only the zones that the size is offered in, by the region's resource SKUs; "
        "zone numbers are the subscription's own: another subscription's zone 1 may be another place",
        most_per_domain=None,
        page=f"{LEARN}/reliability/availability-zones-zonal-resource-resiliency",
    )


def _in_fault_domains(rule: RuleKind, hard: bool) -> Guarantee:
    return Guarantee(
        level="rack",
        rule=rule,
        hard=hard,
        how="chosen",
        mechanism="Flexible scale set",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="may lapse: a machine that was deallocated may come back beside another",
        evidence="DOMAIN",
        caveat="only without zones; 2 or 3 fault domains by region; the domain asked for is in the "
        "machine's model, while Microsoft's pages differ on whether its instance view shows one",
        limit=1000,
        limit_read="fixed by Azure; 200 for sizes without memory-preserving updates (G, H, L, M, N)",
        most_per_domain=None,
        groups_per_instance=1,
        joins="creation",
        lapses="a deallocated machine may share a fault domain when it starts again",
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
        after_launch="may lapse: a machine that was deallocated may come back beside another",
        evidence="DOMAIN",
        caveat="only a set that exists already (adopt); 2 or 3 fault domains by region, which further "
        "members share; the first machine pins the set to one hardware cluster",
        limit=200,
        limit_read="fixed by Azure",
        most_per_domain=None,
        groups_per_instance=1,
        joins="creation",
        lapses="a deallocated machine may share a fault domain when it starts again",
        only_adopted=True,
        page=f"{LEARN}/virtual-machines/availability-set-overview",
    )


cloud = Cloud(
    kind="azure",
    title="Azure",
    sdk="azure-mgmt-compute",
    call="virtual_machines.begin_create_or_update",
    words={"region": "location", "zone": "availability zone", "rack": "fault domain"},
    chosen=("zone", "rack"),
    guarantees=(
        *(_in_zones(rule, hard) for rule in RULES for hard in (True, False)),
        *(_in_fault_domains(rule, hard) for rule in RULES for hard in (True, False)),
        *(_in_availability_set(rule) for rule in ("anti-affinity", "spread")),
    ),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    settings=("credential", "subscription_id", "resource_group_name", "location"),
)
