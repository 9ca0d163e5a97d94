"""Refusals of Azure that are the user's to mend: rights, log-ins, locks, policies, settings, arguments.

No repeating helps, whatever status they come with. The catalogues are those of ``refusals``.
"""

from __future__ import annotations

from antiaffinity.errors import InvalidRequest, NotAuthorized
from antiaffinity.meanings import Meaning, coded, worded

# A right, a log-in, a lock or a policy

RIGHT = "the credential lacks a right{right}: ask for it on resource group and subscription ({said})"
LOG_IN = "the log-in was refused: check tenant, client and secret, or log in again ({said})"
LOCK = "a lock forbids it ({said}): remove the lock of resource group or subscription, then repeat"
POLICY = "a policy forbids it ({said}): take a size and region that it admits, or ask for an exemption"

RIGHTS = (
    coded(NotAuthorized, RIGHT, "AuthorizationFailed LinkedAuthorizationFailed RBACAccessDenied"),
    coded(
        NotAuthorized,
        LOG_IN,
        "InvalidAuthenticationToken InvalidAuthenticationTokenTenant ExpiredAuthenticationToken "
        "AuthenticationFailed CredentialUnavailable CredentialUnavailableError",
        path="credential",
    ),
    coded(NotAuthorized, LOCK, "ScopeLocked"),
    coded(NotAuthorized, POLICY, "RequestDisallowedByPolicy RequestDisallowedByAzure"),
    coded(
        NotAuthorized,
        "the subscription takes no writes ({said}): have it enabled again, then repeat",
        "ReadOnlyDisabledSubscription SubscriptionDisabled DisabledSubscription",
        path="subscription_id",
    ),
    coded(
        NotAuthorized,
        "a resource provider is not registered ({said}): run az provider register for the one it names",
        "MissingSubscriptionRegistration SubscriptionNotRegistered InvalidSubscriptionRegistrationState",
        path="subscription_id",
    ),
    coded(
        NotAuthorized,
        "the subscription may not use that image ({said}): have it shared, or take another",
        "SubscriptionNotAuthorizedForImage",
        path="storage_profile.image_reference",
    ),
    worded(NotAuthorized, RIGHT, r"does not have (authorization|permission) to perform action"),
    worded(
        NotAuthorized,
        LOG_IN,
        r"AADSTS\d+|DefaultAzureCredential failed|CredentialUnavailable|Please run ['\"]?az login",
        path="credential",
    ),
    worded(NotAuthorized, LOCK, r"following scope\(s\) are locked"),
    worded(NotAuthorized, POLICY, r"was disallowed by (policy|Azure)"),
)

# Settings and arguments


def _argument(path: str, codes: str, message: str) -> Meaning:
    return coded(InvalidRequest, message, codes, path)


ARGUMENTS = (
    _argument(
        "resource_group_name",
        "ResourceGroupNotFound",
        "there is no such resource group in the subscription: make it, or name another ({said})",
    ),
    _argument(
        "subscription_id",
        "SubscriptionNotFound InvalidSubscriptionId",
        "the credential knows no such subscription ({said})",
    ),
    _argument(
        "location",
        "LocationNotAvailableForResourceType NoRegisteredProviderFound MissingRegistrationForLocation "
        "LocationRequired LocationNotSupportAvailabilityZones ResourceTypeNotSupportAvailabilityZones",
        "Azure does not offer that there ({said}): take another location, or rules without zones",
    ),
    _argument(
        "zones",
        "AvailabilityZoneNotSupported",
        "Azure does not take that zone ({said}): say never: {{zone: [...]}}, or take another size",
    ),
    _argument(
        "network_profile",
        "InvalidResourceReference LinkedInvalidPropertyId ParentResourceNotFound SubnetsNotInSameVnet "
        "PrivateIPAddressNotInSubnet PrivateIPAddressInReservedRange",
        "Azure does not find or take the network ({said}): name interfaces or subnets that are there",
    ),
    _argument(
        "plan",
        "ResourcePurchaseValidationFailed VMMarketplaceInvalidInput MarketplacePurchaseEligibilityFailed",
        "the image needs another plan, or none ({said}): accept its terms (az vm image terms accept), and "
        "name its plan",
    ),
    _argument(
        "storage_profile.image_reference",
        "ImageNotFound PlatformImageNotFound GalleryImageNotFound ImageBlobNotFound",
        "Azure does not find the image ({said}): name one that is there",
    ),
    _argument(
        "billing_profile.max_price",
        "SpotPriceGreaterThanProvidedMaxPrice MaxPriceValueInvalid MaxPriceChangeNotAllowed",
        "Azure does not take that price ({said}): raise it, or leave it out",
    ),
    _argument(
        "priority",
        "AzureSpotVMNotSupportedInAvailabilitySet AzureSpotFeatureNotEnabledForSubscription "
        "EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines VMPriorityCannotBeApplied",
        "Azure does not take that priority here ({said}): use no Spot in an availability set, or none at all",
    ),
    worded(
        InvalidRequest,
        "a disk is resized only while its machine is deallocated ({said}): leave its size, or deallocate",
        "Disk resizing is allowed only",
        path="storage_profile.os_disk.disk_size_gb",
    ),
)
