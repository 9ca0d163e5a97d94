"""OpenStack: what Nova's zones and server groups promise, and the launch arguments that ask for it."""

from msgspec.structs import replace

from antiaffinity.guarantee import AtLaunch, Cloud, Guarantee, RuleKind, chosen
from antiaffinity_openstack.arguments import (
    PULUMI_KEYS,
    SDK_KEYS,
    cli_words,
    pulumi_arguments,
    sdk_arguments,
)

NOVA = "https://docs.openstack.org/nova/latest/"

ZONES = chosen(
    "zone",
    after_launch="kept: a server stays pinned to the zone it asked for, until somebody unpins it, or shelves "
    "it and unshelves it elsewhere",
    page=NOVA + "user/availability-zones.html",
    caveat="zones are labels of the operator: whether two share power, network or a rack is not told; "
    "the default zone (nova) binds nobody, so no rule over zones counts it beside others",
    limit_read="availability zones",
    encloses="not told",
    lapses="a server can be unpinned from its zone (compute API 2.104); an unshelve may name another zone "
    "(2.77) or none (2.91)",
)


def _group(rule: RuleKind, policy: str, after_launch: str, note: str, most: int | None) -> Guarantee:
    hard = not policy.startswith("soft-")
    at_launch: AtLaunch = "REFUSES" if hard else "DEGRADES"
    caveat = (
        "hostId names a compute service, not a chassis: behind ironic and vCenter one may stand for many "
        "(host_ids: false: hosts are not read, membership is promised)"
    )
    return Guarantee(
        level="host",
        rule=rule,
        hard=hard,
        how="delegated",
        at_launch=at_launch,
        after_launch=after_launch,
        evidence="DOMAIN",
        page=NOVA + "user/server-groups.html",
        mechanism=f"server group ({policy})",
        caveat=f"{caveat}; {note}",
        limit_read=MEMBERS_QUOTA,
        most_per_domain=most,
        groups_per_instance=1,
        joins="creation",
        lapses=LAPSES,
    )


MEMBERS_QUOTA = (
    "absolute limits: server_group_members (10 unless the operator says otherwise; failed servers count)"
)
LAPSES = (
    "when the server group is deleted: Nova deletes one with members in it without a word; when shelved "
    "members are unshelved at once: all may come back on one host"
)
KEPT = (
    "kept by the scheduler, for migrations, resizes and evacuations; not when shelved members are unshelved "
    "at once, where Nova has no late check: unshelve one by one"
)
"""Nova validates the policy late in a build, a rebuild, a resize and a live migration, not in an unshelve; of
affinity it says itself that its late check does not work: https://opendev.org/openstack/nova/src/branch/
master/nova/compute/manager.py (_validate_instance_group_policy)."""
HOPED = "nobody checks it again: every move counts anew, as a preference"
ALONE = "launch one by one: 3 or more at once lose races for a host"
NO_LATE_CHECK = "the late check for affinity does not work: two first members at once may part"
WEIGHED = "one weigher among several, and launches at once do not see each other"
UNLOADED = "does nothing where the operator left the filter out"
COUNTED = "asked for as anti-affinity with max_server_per_host, which bounds one failing host"


def by_membership(record: Cloud) -> Cloud:
    """The record of a cloud whose hostId tells no hosts apart: a server group's word is all there is."""
    told = (replace(one, evidence="MEMBERSHIP") if one.level == "host" else one for one in record.guarantees)
    return replace(record, guarantees=tuple(told))


cloud = Cloud(
    kind="openstack",
    title="OpenStack",
    sdk="openstacksdk",
    call="conn.compute.create_server",
    words={"zone": "availability zone", "host": "compute host"},
    chosen=("zone",),
    optional=("zone",),
    lists_lag=3.0,  # of the databases that several of Nova's API processes read; names are not unique
    guarantees=(
        *ZONES,
        _group("anti-affinity", "anti-affinity", KEPT, f"{ALONE}; {UNLOADED}", None),
        _group("anti-affinity", "soft-anti-affinity", HOPED, WEIGHED, 1),
        _group(
            "affinity",
            "affinity",
            KEPT,
            f"it ends with the room on one host; {NO_LATE_CHECK}; {UNLOADED}",
            None,
        ),
        _group("affinity", "soft-affinity", HOPED, WEIGHED, None),
        _group("survive", "anti-affinity", KEPT, f"{COUNTED}; {ALONE}; {UNLOADED}", None),
        _group("survive", "soft-anti-affinity", HOPED, WEIGHED, 1),
    ),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    argv=cli_words,
    connect_from="antiaffinity_openstack.backend",
    settings=(
        *("cloud", "region_name", "interface", "auth", "auth_type", "auth_url"),
        *("username", "user_id", "password", "user_domain_name", "user_domain_id", "token", "passcode"),
        *("project_name", "project_id", "project_domain_name", "project_domain_id"),
        *("application_credential_id", "application_credential_name", "application_credential_secret"),
        *("verify", "cacert", "cert", "key", "compute_endpoint_override", "compute_api_version"),
        *("host_ids", "default_zone", "build_timeout", "retry_timeout"),
    ),
    secrets=("auth", "password", "token", "passcode", "application_credential_secret"),
    identity=("region_name", "project_id", "project_name"),
)
