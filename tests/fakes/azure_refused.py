"""Refusals of Azure's: code and words, and what they mean for a launch.

From https://learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages and
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors.
"""

from __future__ import annotations

from typing import NamedTuple

import antiaffinity as aa
from antiaffinity.errors import Busy
from antiaffinity.waiting import StillBuilding

Kind = type[aa.AntiaffinityError]


class Example(NamedTuple):
    """A refusal; ``alone`` where its words are understood without the code."""

    code: str
    said: str
    error: Kind
    alone: bool = False
    path: str = ""
    zonal: tuple[str, ...] = ("region", "zone")
    regional: tuple[str, ...] = ("region", "rack")


def _all(error: Kind, *codes: str, path: str = "") -> tuple[Example, ...]:
    return tuple(Example(code, "It cannot be done.", error, path=path) for code in codes)


ROOM = (
    Example(
        "AllocationFailed",
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this region.",
        aa.NoCapacity,
        alone=True,
    ),
    Example(
        "AllocationFailed",
        "Allocation failed. Please try reducing the VM size or number of VMs, retry later, or try deploying "
        "to a different Availability Set or different Azure location.",
        aa.NoCapacity,
        alone=True,
    ),
    Example(
        "ZonalAllocationFailed",
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
        aa.NoCapacity,
        alone=True,
    ),
    Example(
        "OverconstrainedZonalAllocationRequest",
        "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition "
        "is too restrictive. Constraints applied are:\n  - Availability Zone\n  - VM Size",
        aa.NoCapacity,
        alone=True,
    ),
    Example(
        "OverConstrainedAllocationRequest",
        "The required VM size is not currently available in the selected location.",
        aa.NoCapacity,
        alone=True,
        regional=("region", "rack"),
    ),
    Example("OverconstrainedAllocationRequest", "No.", aa.NoCapacity),
    Example("OverConstrainedZonalAllocationRequest", "No.", aa.NoCapacity),
    Example(
        "SkuNotAvailable",
        "The requested size for resource '/vm/db-0' is currently not available in location 'westeurope' "
        "zones '2' for subscription 's'. Please try another size or deploy to a different location or zones.",
        aa.NoCapacity,
        alone=True,
        regional=("region",),
    ),
    Example(
        "SkuNotAvailable",
        "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
        "Standard_B2s' is currently not available in location 'eastus'. Please try another size or deploy to "
        "a different location or different zone. See https://aka.ms/azureskunotavailable for details.",
        aa.NoCapacity,
        alone=True,
        regional=("region",),
    ),
    Example(
        "SkuNotAvailable",
        "The requested tier for resource '/vm/db-0' is currently not available in location 'westeurope' for "
        "subscription 's'. Try another tier or deploy to a different location.",
        aa.NoCapacity,
        alone=True,
        regional=("region",),
    ),
    Example(
        "InvalidParameter",
        "Unable to create the VM because the requested size D2 is not available in the cluster where "
        "the availability set is currently allocated. The available sizes are: Standard_A1.",
        aa.NoCapacity,
        alone=True,
        zonal=("region",),
        regional=("region",),
    ),
    Example(
        "OperationNotAllowed",
        "Unable to add or update the VM. The requested VM size Standard_D2 may not be available in the "
        "existing allocation unit.",
        aa.NoCapacity,
        alone=True,
        zonal=("region",),
        regional=("region",),
    ),
    Example(
        "SubnetIsFull",
        "Subnet default with address prefix 10.0.0.0/29 does not have enough capacity for 1 IP addresses.",
        aa.NoCapacity,
        zonal=("region",),
        regional=("region",),
    ),
    Example(
        "AvailabilityZoneNotSupported",
        "The zone(s) '2' for resource '/vm/db-0' is not supported. The supported zones for location "
        "'westeurope' are '1', '3'",
        aa.NoCapacity,
        regional=("region",),
    ),
)

NOT_SOLD = (
    Example(
        "InvalidParameter",
        "The requested VM size Z9 is not available in the current region. The sizes available in the "
        "current region are: Standard_A1.",
        aa.NotOffered,
        alone=True,
    ),
    Example("VMSizeNotSupported", "The VM size is not supported.", aa.NotOffered),
    Example(
        "BadRequest",
        "The VM size Standard_Z9 is not supported for subscription s in location 'westeurope'.",
        aa.NotOffered,
        alone=True,
    ),
    *_all(aa.NotOffered, "RegionDoesNotAllowProvisioning"),
)

LIMITS = (
    Example(
        "OperationNotAllowed",
        "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. "
        "Additional details - Deployment Model: Resource Manager, Location: centralus, Current Limit: 10.",
        aa.LimitExceeded,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "It could not be completed as it results in exceeding approved standardDASv5Family Cores quota.",
        aa.LimitExceeded,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "Operation could not be completed as it results in exceeding approved LowPriorityCores quota.",
        aa.LimitExceeded,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "Operation results in exceeding quota limits of Core. Maximum allowed: 20, Current in use: 20, "
        "Additional requested: 2.",
        aa.LimitExceeded,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "Operation results in exceeding quota limit of standardDSv3Family Cores. Maximum allowed: 10.",
        aa.LimitExceeded,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "The maximum number of data disks allowed to be attached to a VM of this size is 4.",
        aa.LimitExceeded,
        alone=True,
    ),
    *_all(aa.LimitExceeded, "QuotaExceeded", "ResourceQuotaExceeded", "PublicIPCountLimitReached"),
)

RIGHTS = (
    Example(
        "ScopeLocked",
        "The scope '/vm/db-0' cannot perform write operation because following scope(s) are locked: '/rg'. "
        "Please remove the lock and try again.",
        aa.NotAuthorized,
        alone=True,
    ),
    Example(
        "ReadOnlyDisabledSubscription",
        "The subscription 's' is disabled and therefore marked as read only.",
        aa.NotAuthorized,
        path="subscription_id",
    ),
    Example(
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use namespace 'Microsoft.Compute'.",
        aa.NotAuthorized,
        path="subscription_id",
    ),
    Example(
        "RequestDisallowedByPolicy",
        "Resource 'db-0' was disallowed by policy. Policy identifiers: '[]'.",
        aa.NotAuthorized,
        alone=True,
    ),
    Example(
        "RequestDisallowedByAzure", "Resource 'db-0' was disallowed by Azure.", aa.NotAuthorized, alone=True
    ),
    Example(
        "AuthorizationFailed",
        "The client 'c' does not have authorization to perform action 'Microsoft.Compute/skus/read'.",
        aa.NotAuthorized,
        alone=True,
    ),
    Example(
        "LinkedAuthorizationFailed",
        "The client has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope; "
        "however, it does not have permission to perform action 'join/action' on the linked scope(s).",
        aa.NotAuthorized,
        alone=True,
    ),
    *_all(
        aa.NotAuthorized, "InvalidAuthenticationTokenTenant", "ExpiredAuthenticationToken", path="credential"
    ),
    *_all(aa.NotAuthorized, "SubscriptionNotRegistered", path="subscription_id"),
)

RACES = (
    Example(
        "OperationNotAllowed",
        "Operation 'start' is not allowed on VM 'db-0' since another operation is in progress.",
        aa.Conflict,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "Operation 'write' is not allowed on VM 'db-0' since the VM is marked for deletion.",
        aa.Conflict,
        alone=True,
    ),
    Example(
        "OperationNotAllowed",
        "An ongoing operation is changing power state of Virtual Machine db-0 to on. Do it after some time.",
        aa.Conflict,
        alone=True,
    ),
    Example("NotFound", "The Virtual Machine Scale Set aa-db cannot be found.", aa.Conflict, alone=True),
    Example("NotFound", "The Availability Set aa-db cannot be found.", aa.Conflict, alone=True),
    Example("Conflict", "The request failed due to conflict with a concurrent request.", aa.Conflict),
    *_all(aa.Conflict, "AnotherOperationInProgress", "ConflictingUserInput", "AttachDiskWhileBeingDetached"),
    *_all(aa.Conflict, "ReferencedResourceNotProvisioned", "ResourceGroupBeingDeleted", "OperationPreempted"),
    *_all(aa.Conflict, "PropertyChangeNotAllowed", "PreconditionFailed", "DeploymentActiveAndUneditable"),
    Example(
        "OperationNotAllowed",
        "Availability Set old cannot be deleted. Before deleting an Availability Set please ensure that it "
        "does not contain any VM.",
        aa.StillOccupied,
        alone=True,
    ),
)

OF_AZURE = (
    Example(
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        Busy,
        alone=True,
    ),
    Example(
        "SubscriptionRequestsThrottled",
        "Number of requests for subscription 's' and operation 'write' exceeded the backend storage limit. "
        "Please try again after '6' seconds.",
        Busy,
        alone=True,
    ),
    Example(
        "ResourceCollectionRequestsThrottled",
        "Number of read requests for subscription 's' actor 'a' exceeded the limit. Please try again after "
        "'5' minutes.",
        Busy,
        alone=True,
    ),
    *_all(Busy, "TooManyRequests", "TooManyVMRedeploymentRequests"),
    *_all(aa.Unavailable, "InternalServerError"),
    *_all(aa.Unavailable, "OperationTimedOut", "NetworkingInternalOperationError", "StorageAccountTooBusy"),
)

GUESTS = (
    Example(
        "OSProvisioningTimedOut",
        "OS Provisioning for VM 'db-0' did not finish in the allotted time. The VM may still finish "
        "provisioning successfully. Please check provisioning state later.",
        StillBuilding,
        alone=True,
    ),
    Example(
        "OSProvisioningTimedOut",
        "OS Provisioning for VM 'db-0' did not finish in the allotted time. However, the VM guest agent was "
        "detected running.",
        StillBuilding,
    ),
    Example(
        "VMStartTimedOut",
        "VM 'db-0' did not start in the allotted time. The VM may still start successfully. Please check the "
        "power state later.",
        StillBuilding,
        alone=True,
    ),
    Example(
        "OSProvisioningClientError",
        "OS Provisioning failed for VM 'db-0' because the guest OS is currently being provisioned.",
        StillBuilding,
    ),
    Example(
        "OSProvisioningClientError",
        "OS provisioning for VM 'db-0' failed. Make sure the image has been properly prepared (generalized).",
        aa.InvalidRequest,
        path="storage_profile.image_reference",
    ),
    *_all(StillBuilding, "VMExtensionProvisioningTimeout"),
    Example(
        "VMExtensionProvisioningError",
        "VM has reported a failure when processing extension 'setup'. Error message: \"it failed\".",
        aa.InvalidRequest,
        path="extensions",
    ),
)

ARGUMENTS = (
    Example(
        "Conflict",
        "Disk resizing is allowed only when creating a VM or when the VM is deallocated.",
        aa.InvalidRequest,
        alone=True,
        path="storage_profile.os_disk.disk_size_gb",
    ),
    *_all(aa.InvalidRequest, "SpotPriceGreaterThanProvidedMaxPrice", path="billing_profile.max_price"),
    *_all(aa.InvalidRequest, "AzureSpotVMNotSupportedInAvailabilitySet", path="priority"),
    *_all(aa.InvalidRequest, "ResourceGroupNotFound", path="resource_group_name"),
    *_all(aa.InvalidRequest, "SubscriptionNotFound", path="subscription_id"),
    *_all(aa.InvalidRequest, "LocationNotAvailableForResourceType", path="location"),
    Example(
        "ResourceTypeNotSupportAvailabilityZones",
        "The resource type 'virtualMachines' does not support availability zones at location 'southindia' "
        "and api-version '2019-03-01'.",
        aa.InvalidRequest,
        path="location",
    ),
    Example(
        "AvailabilityZoneNotSupported",
        "Availability zone is not supported in this region.",
        aa.InvalidRequest,
        path="zones",
    ),
    *_all(aa.InvalidRequest, "InvalidResourceReference", path="network_profile"),
    *_all(aa.InvalidRequest, "ResourcePurchaseValidationFailed", "VMMarketplaceInvalidInput", path="plan"),
    *_all(aa.InvalidRequest, "PlatformImageNotFound", path="storage_profile.image_reference"),
)

EXAMPLES = (*ROOM, *NOT_SOLD, *LIMITS, *RIGHTS, *RACES, *OF_AZURE, *GUESTS, *ARGUMENTS)
