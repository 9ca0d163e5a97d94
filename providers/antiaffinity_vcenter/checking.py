# mypy: untyped-calls-exclude=pyVmomi
"""Asking what this user may do, before anything is changed.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.AuthorizationManager.html
"""

from __future__ import annotations

from collections.abc import Iterable

from pyVmomi import vim

from antiaffinity.errors import NotAuthorized
from antiaffinity_vcenter.center import Center
from antiaffinity_vcenter.faults import answered
from antiaffinity_vcenter.rights import RULE


def check_rights(center: Center, clusters: Iterable[str]) -> None:
    """NotAuthorized where this user may not write the DRS rules of one of these clusters."""
    entities = [vim.ClusterComputeResource(cluster) for cluster in sorted(clusters)]
    session = center.session if entities else ""
    if not session:
        return
    with answered("asking for privileges"):
        found = center.content.authorizationManager.HasPrivilegeOnEntities(entities, session, [RULE])
    for one in found:
        if not all(each.isGranted for each in one.privAvailability):
            cluster = one.entity._GetMoId()
            raise NotAuthorized(f"writing DRS rules needs the privilege {RULE} on the cluster {cluster}")
