"""vCenter: hosts and zones that we choose, and DRS rules that keep the hosts.

Not offered, though vCenter has them: the compute policies of VMware Cloud on AWS (by tag, over a whole data
centre, soft, and only made or deleted, never changed) and the placement policies of 9.1 (VmVmAntiAffinity, by
tag), which vCenter heeds for machines that a Supervisor manages and for no others.
https://developer.broadcom.com/xapis/vsphere-automation-api/latest/vcenter/compute/policies/
"""

from antiaffinity.guarantee import Cloud, Guarantee, chosen
from antiaffinity_vcenter.arguments import PULUMI_KEYS, SDK_KEYS, pulumi_arguments, sdk_arguments
from antiaffinity_vcenter.rights import RIGHTS

API = "https://developer.broadcom.com/xapis/vsphere-web-services-api/latest"

HOSTS = chosen(
    "host",
    after_launch="not kept: DRS and HA may move a machine to any host of its cluster that its lists admit "
    "(a mandatory VM-Host rule keeps the lists)",
    caveat="runtime.host, at the time it is read",
    page=f"{API}/vim.vm.RelocateSpec.html",
)

ZONES = chosen(
    "zone",
    after_launch="a cluster: DRS and HA move machines inside it only; a host group or tag: not kept",
    caveat="runtime.host, at the time it is read, and the zone that this host is in then",
    encloses="hosts",  # a rack may have hosts of two clusters
    page=f"{API}/vim.vm.RelocateSpec.html",
)


def _kept_apart(hard: bool) -> Guarantee:
    return Guarantee(
        level="host",
        rule="anti-affinity",
        hard=hard,
        how="kept",
        mechanism="mandatory DRS VM-VM anti-affinity rule" if hard else "DRS VM-VM anti-affinity rule",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="kept by DRS; whether HA heeds the rule when it restarts machines is a setting of "
        "HA, on which the vendor's pages differ; a person may still move a machine by hand"
        if hard
        else "kept by DRS while no host is overcommitted; HA may restart machines together",
        evidence="DOMAIN",
        caveat=RULE_CAVEAT
        + ("" if hard else "; a power-on of more members than hosts has been seen refused all the same"),
        joins="before start",
        lapses=RULE_LAPSES,
        page=f"{API}/vim.cluster.AntiAffinityRuleSpec.html",
    )


def _kept_together(hard: bool) -> Guarantee:
    return Guarantee(
        level="host",
        rule="affinity",
        hard=hard,
        how="kept",
        mechanism="mandatory DRS VM-VM affinity rule" if hard else "DRS VM-VM affinity rule",
        at_launch="REFUSES" if hard else "DEGRADES",
        after_launch="kept by DRS, which moves the machines together; HA may restart them apart",
        evidence="DOMAIN",
        caveat=RULE_CAVEAT,
        most_per_domain=None,
        joins="before start",
        lapses=RULE_LAPSES,
        page=f"{API}/vim.cluster.AffinityRuleSpec.html",
    )


RULE_CAVEAT = (
    "a rule takes two or more machines of one cluster: no rule before the second member, one rule for "
    "each cluster, and between clusters nothing but our choice; DRS that is off, manual or partly "
    "automated mends nothing by itself (read live, a finding); vCenter itself disables a rule that "
    "contradicts an older one (a finding); evidence is runtime.host, never the rule's inCompliance; "
    "deployers take turns by a lock that expires after 30 s, and without the privilege "
    "Global.ManageCustomFields one of two at once may leave a member out until the next run; with Pulumi "
    "the rule follows power-on"
)
RULE_LAPSES = "when a machine is unregistered or leaves the cluster, or the rule is disabled"

cloud = Cloud(
    connect_from="antiaffinity_vcenter.backend",
    kind="vcenter",
    title="vCenter",
    sdk="pyvmomi",
    call="CloneVM_Task or CreateVM_Task",
    words={"zone": "cluster | host-group[:<pattern>] | tag:<category>", "host": "host"},
    chosen=("zone", "host"),
    guarantees=(
        *(_kept_apart(hard) for hard in (True, False)),
        *(_kept_together(hard) for hard in (True, False)),
        *HOSTS,
        *ZONES,
    ),
    merges={"sdk": sdk_arguments, "pulumi": pulumi_arguments},
    keys={"sdk": SDK_KEYS, "pulumi": PULUMI_KEYS},
    settings=(
        *("host", "port", "user", "pwd", "thumbprint", "disableSslCertValidation", "zone"),
        *("build_timeout", "retry_timeout"),
    ),
    secrets=("pwd",),
    identity=("host",),
    pulumi_id="moid",
    pulumi_moved=("hostSystemId",),
    moves=True,
    keeps_lists=True,
    rights=RIGHTS,
)
