"""What Azure's refusals mean: its codes first, and by words those codes that mean many things.

OperationNotAllowed, InvalidParameter, BadRequest and the frames of a deployment (DeploymentFailed and so on)
have no row of their own: what they mean stands in the words beside them. Codes and words:
https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages,
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors and
https://learn.microsoft.com/azure/virtual-machines/error-codes-spot.
"""

from __future__ import annotations

from antiaffinity.errors import (
    Busy,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    NotOffered,
    StillOccupied,
    Unavailable,
)
from antiaffinity.meanings import Meaning, coded, worded, words
from antiaffinity.waiting import StillBuilding
from antiaffinity_azure.refused_requests import ARGUMENTS, RIGHTS

# Azure itself

RATE = "Azure was asked too often{wait}: repeat later ({said})"

OF_AZURE = (
    coded(
        Busy,
        RATE,
        "TooManyRequests TooManyVMRedeploymentRequests OperationsThrottled RequestsThrottled "
        "SubscriptionRequestsThrottled TenantRequestsThrottled ResourceRequestsThrottled "
        "ResourceCollectionRequestsThrottled",
    ),
    worded(
        Busy,
        RATE,
        r"number of ([\w-]+ )*requests .*exceeded the|too many requests have been received",
    ),
    coded(
        Busy,
        "Azure cannot take it now ({said})",
        "GatewayTimeout ServiceUnavailable ServerBusy",
    ),
    coded(
        Unavailable,
        "Azure itself failed ({said}): repeat later",
        "InternalServerError InternalExecutionError InternalOperationError NetworkingInternalOperationError "
        "RetryableError OperationTimedOut ServerTimeout "
        "StorageAccountTooBusy StorageAccountOperationInternalError OSProvisioningInternalError "
        "VMExtensionManagementInternalError VMArtifactRepositoryInternalError "
        "ResourceUpdateBlockedOnPlatformUpdate",
    ),
)

# Quotas and fixed limits

QUOTA = "a quota leaves no room for {member} ({said}): ask for more, or delete machines"

LIMITS = (
    coded(
        LimitExceeded,
        QUOTA,
        "QuotaExceeded ResourceQuotaExceeded ResourceGroupQuotaExceeded SubscriptionQuotaExceeded "
        "CoreQuotaExceeded VCPUQuotaExceeded DeploymentQuotaExceeded",
    ),
    worded(LimitExceeded, QUOTA, r"exceeding [^.]*\bquota\b"),
    coded(
        LimitExceeded,
        "a fixed limit leaves no room for {member} ({said}): free some of these, or ask for more",
        "PublicIPCountLimitReached PublicIpAddressCountLimitReached StandardSkuPublicIPCountLimitReached "
        "NetworkInterfaceCountLimitReached StorageAccountLimitation",
    ),
    worded(
        LimitExceeded,
        "the size of {member} takes no more of these ({said}): ask for fewer, or take a larger size",
        r"maximum number of (data disks|network interfaces)",
    ),
)

# Somebody else is at it

RACE = "{member} is there already, or is being changed by somebody else: look again, then repeat ({said})"

RACES = (
    coded(
        Conflict,
        RACE,
        "OperationPreempted AnotherOperationInProgress PropertyChangeNotAllowed PreconditionFailed "
        "ConditionNotMet ConflictingUserInput ConflictingConcurrentWriteNotAllowed AcquireDiskLeaseFailed "
        "AttachDiskWhileBeingDetached ReferencedResourceNotProvisioned NicReservedForAnotherVm "
        "ResourceGroupBeingDeleted DeploymentActive DeploymentActiveAndUneditable DiskImageNotReady "
        "RetryableErrorDueToAnotherOperation CanceledAndSupersededDueToAnotherOperation "
        "MoveResourcesHavePendingOperations OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
    ),
    worded(
        StillOccupied,
        "machines are still in it ({said}): delete them first",
        r"ensure that it does not contain any VM|cannot be deleted",
    ),
    worded(
        Conflict, RACE, r"another operation is in progress|marked for deletion|ongoing operation is changing"
    ),
    worded(
        Conflict,
        "the set of {member} was deleted meanwhile: prepare the group again, then launch ({said})",
        r"(Scale|Availability) Set \S+ cannot be found",
    ),
)

# A machine that has hardware: never one to delete unasked

PLACED = (
    "the machine of {member} has its place, but did not report in time ({said}): it is left as it is, and "
    "the next run looks again; delete it yourself if it never comes up"
)

GUESTS = (
    coded(StillBuilding, PLACED, "OSProvisioningTimedOut VMStartTimedOut VMExtensionProvisioningTimeout"),
    Meaning(
        StillBuilding, PLACED, ("OSProvisioningClientError",), words("OS is currently being provisioned")
    ),
    worded(StillBuilding, PLACED, r"VM may still (finish provisioning|start) successfully"),
    coded(
        InvalidRequest,
        "the machine of {member} has its place, but its extension failed ({said}): mend it, delete the "
        "machine, and launch again",
        "VMExtensionProvisioningError VMExtensionHandlerNonTransientError VMAgentStatusCommunicationError",
        path="extensions",
    ),
    coded(
        InvalidRequest,
        "the machine of {member} has its place, but its image does not start ({said}): mend it, delete the "
        "machine, and launch again",
        "OSProvisioningClientError",
        path="storage_profile.image_reference",
    ),
)

# No room now: what one place refuses another may take

ROOM = (
    "Azure had no room for {member}{place} ({said}): delete the failed machine, then try another place or "
    "size"
)
NEVER = "this subscription cannot have that size in the region ({said}): take another size or region"

ROOMS = (
    # A size that is missing in a region without zones is missing in every fault domain. Where there are zones
    # the text may name the location alone and says itself to try another zone, so the zone is what refused:
    # https://github.com/Azure-Samples/azuresandbox/issues/70.
    coded(NoCapacity, ROOM, "SkuNotAvailable", levels=("region", "zone")),
    coded(
        NoCapacity,
        ROOM,
        "AllocationFailed ZonalAllocationFailed OverconstrainedAllocationRequest "
        "OverConstrainedAllocationRequest OverconstrainedZonalAllocationRequest "
        "OverConstrainedZonalAllocationRequest InvalidAvailabilityZone",
    ),
    coded(
        NoCapacity,
        "the subnet has no address for {member} ({said}): free some, or use another or a larger subnet",
        "SubnetIsFull",
        levels=("region",),  # a subnet spans the zones of its region
    ),
    Meaning(
        NoCapacity,
        "Azure does not sell the size of {member}{place} ({said}): try another zone or size",
        ("AvailabilityZoneNotSupported",),
        words(r"supported zones for location '[^']*' are '?\w"),
        levels=("region", "zone"),
    ),
    worded(
        NoCapacity,
        "the hardware that the set of {member} is bound to has no such size ({said}): use a size that its "
        "machines have, or a new set",
        r"cluster where the availability set|existing allocation unit",
        levels=("region",),
    ),
    worded(
        NoCapacity,
        ROOM,
        r"is (currently not|not currently) available in (the selected )?location"
        r"|aka\.ms/azureskunotavailable",
        levels=("region", "zone"),
    ),
    worded(NoCapacity, ROOM, r"\bAllocation failed\b|VM allocation failed|sufficient capacity for the"),
    coded(
        NotOffered,
        NEVER,
        "VMSizeNotSupported RegionDoesNotAllowProvisioning AzureSpotIsNotSupportedForThisVMSize",
    ),
    worded(
        NotOffered,
        NEVER,
        r"VM size .*is not available in the current region|is not supported for subscription",
    ),
)

REFUSALS = (*OF_AZURE, *LIMITS, *RACES, *RIGHTS, *GUESTS, *ROOMS, *ARGUMENTS)
"""All of it; where words alone decide, in this order."""

VAGUE = (
    coded(Conflict, RACE, "Conflict"),
    coded(NotAuthorized, "Azure forbids it: ask for the right that it names ({said})", "Forbidden"),
)
"""Codes that only repeat the status: they count where they stand alone and no words were understood."""
