"""Refusals of vCenter's: the class of the fault and its words, and what they mean.

Classes: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/.
"""

from __future__ import annotations

from typing import NamedTuple

import antiaffinity as aa

Kind = type[aa.AntiaffinityError]


class Example(NamedTuple):
    """A refusal; ``alone`` where its words are understood without the class; ``levels`` of what refused."""

    fault: str
    said: str
    error: Kind
    alone: bool = False
    levels: tuple[str, ...] = ()


HOST, CLUSTER = ("zone", "host"), ("zone",)


def _all(error: Kind, levels: tuple[str, ...], *faults: str) -> tuple[Example, ...]:
    return tuple(Example(fault, "It was not done.", error, levels=levels) for fault in faults)


ROOM = (
    Example(
        "RuleViolation",
        "This operation would violate a virtual machine affinity/anti-affinity rule.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    *_all(aa.NoCapacity, HOST, "VmHostAffinityRuleViolation", "FtVmHostRuleViolation"),
    Example(
        "NoCompatibleHost",
        "No host is compatible with the virtual machine.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "GenericDrsFault",
        "DRS cannot find a host to power on or migrate the virtual machine.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "InsufficientResourcesFault",
        "DRS cannot find a host to power on or migrate the virtual machine.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "NoActiveHostInCluster",
        "vCenter Server was unable to find a suitable host to power on the virtual machine.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    *_all(aa.NoCapacity, CLUSTER, "NoCompatibleHardAffinityHost", "NoCompatibleSoftAffinityHost"),
    *_all(aa.NoCapacity, CLUSTER, "NoCompatibleHostWithAccessToDevice", "InsufficientStandbyMemoryResource"),
    Example(
        "InsufficientFailoverResourcesFault",
        "Insufficient resources to satisfy configured failover level for vSphere HA.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "InsufficientMemoryResourcesFault",
        "The available Memory resources in the parent resource pool are insufficient for the operation.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "InsufficientCpuResourcesFault",
        "The available CPU resources in the parent resource pool are insufficient for the operation.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    Example(
        "InsufficientHostMemoryCapacityFault",
        "The host does not have sufficient memory resources to satisfy the reservation.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    *_all(aa.NoCapacity, HOST, "InsufficientResourcesFault", "InsufficientGraphicsResourcesFault"),
    *_all(aa.NoCapacity, HOST, "InsufficientPerCpuCapacity", "VmFaultToleranceTooManyVMsOnHost"),
    Example(
        "InvalidHostState",
        "The operation is not allowed in the current state of the host.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    Example(
        "InvalidHostConnectionState",
        "The operation is not supported in the current connection state of the host",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    Example(
        "HostNotConnected",
        "Unable to communicate with the remote host, since it is disconnected.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    *_all(
        aa.NoCapacity, HOST, "HostNotReachable", "DisallowedOperationOnFailoverHost", "QuarantineModeFault"
    ),
    *_all(aa.NoCapacity, HOST, "VmPowerOnDisabled", "HostCommunication"),
    Example(
        "NoDiskSpace",
        "Insufficient disk space on datastore 'fast'.",
        aa.NoCapacity,
        alone=True,
        levels=CLUSTER,
    ),
    *_all(aa.NoCapacity, CLUSTER, "InsufficientStorageSpace", "InsufficientStorageIops"),
    *_all(aa.NoCapacity, CLUSTER, "NoCompatibleDatastore", "NoConnectedDatastore"),
    *_all(aa.NoCapacity, CLUSTER, "CannotPlaceWithoutPrerequisiteMoves"),
    Example(
        "CannotAccessNetwork",
        "Network interface 'Network adapter 1' uses network 'db', which is not accessible.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    Example(
        "CannotAccessVmConfig",
        "Unable to access the virtual machine configuration: Unable to access file [fast]",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    Example(
        "InaccessibleDatastore",
        "The datastore 'fast' is not accessible from the host.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    Example(
        "NotEnoughCpus",
        "Virtual machine requires 8 CPUs to operate, but the host hardware only provides 4.",
        aa.NoCapacity,
        alone=True,
        levels=HOST,
    ),
    *_all(aa.NoCapacity, HOST, "CannotAccessVmComponent", "CannotAccessVmDisk", "NumVirtualCpusNotSupported"),
    *_all(aa.NoCapacity, HOST, "VirtualHardwareVersionNotSupported", "FeatureRequirementsNotMet"),
    *_all(aa.NoCapacity, HOST, "VMotionInterfaceIssue", "VMotionNotConfigured", "CpuIncompatible"),
)

LIMITS = (
    *_all(aa.LimitExceeded, (), "NumVirtualCpusExceedsLimit", "InvalidResourcePoolStructureFault"),
    *_all(aa.LimitExceeded, (), "HostInventoryFull", "TooManyDevices", "LimitExceeded", "TooManyHosts"),
    Example(
        "NotEnoughLicenses",
        "There are not enough licenses installed to perform the operation.",
        aa.LimitExceeded,
        alone=True,
    ),
    *_all(aa.LimitExceeded, (), "LicenseExpired", "VmLimitLicense"),
)

RIGHTS = (
    Example(
        "NoPermission",
        "Permission to perform this operation was denied.",
        aa.NotAuthorized,
        alone=True,
    ),
    Example("NotAuthenticated", "The session is not authenticated.", aa.NotAuthorized, alone=True),
    Example(
        "InvalidLogin",
        "Cannot complete login due to an incorrect user name or password.",
        aa.NotAuthorized,
        alone=True,
    ),
    *_all(aa.NotAuthorized, (), "PasswordExpired", "RestrictedByAdministrator", "InvalidToken"),
    *_all(aa.NotAuthorized, (), "SecurityError", "HostAccessRestrictedToManagementServer"),
)

RACES = (
    Example("TaskInProgress", "Another task is already in progress.", aa.Conflict, alone=True),
    Example(
        "ManagedObjectNotFound",
        "The object 'vim.VirtualMachine:vm-1' has already been deleted or has not been completely created",
        aa.Conflict,
        alone=True,
    ),
    Example(
        "InvalidPowerState",
        "The attempted operation cannot be performed in the current state (Powered on).",
        aa.Conflict,
        alone=True,
    ),
    *_all(aa.Conflict, (), "ConcurrentAccess", "DuplicateName", "FileAlreadyExists", "FileLocked"),
    *_all(aa.Conflict, (), "QuestionPending", "ResourceInUse", "VAppTaskInProgress", "NotFound"),
)

ARGUMENTS = (
    Example("InvalidArgument", "A specified parameter was not correct: spec.pool", aa.InvalidRequest),
    *_all(aa.InvalidRequest, (), "NotSupported", "InvalidName", "InvalidFolder", "InvalidDatastorePath"),
    *_all(aa.InvalidRequest, (), "InvalidVmConfig", "InvalidDeviceSpec", "InvalidAffinitySettingFault"),
    *_all(aa.InvalidRequest, (), "DisallowedMigrationDeviceAttached", "InvalidType", "CustomizationFault"),
)

OTHERS = (
    *_all(aa.NotOffered, (), "DrsDisabledOnVm", "MethodNotFound", "NotImplemented"),
    *_all(aa.Unavailable, (), "SystemError", "Timedout", "RequestCanceled", "UnexpectedFault"),
)

EXAMPLES = (*ROOM, *LIMITS, *RIGHTS, *RACES, *ARGUMENTS, *OTHERS)

REST: dict[str, Kind] = {
    "ALREADY_EXISTS": aa.Conflict,
    "NOT_FOUND": aa.Conflict,
    "RESOURCE_BUSY": aa.Conflict,
    "CONCURRENT_CHANGE": aa.Conflict,
    "INVALID_ARGUMENT": aa.InvalidRequest,
    "UNEXPECTED_INPUT": aa.InvalidRequest,
    "UNAUTHENTICATED": aa.NotAuthorized,
    "UNAUTHORIZED": aa.NotAuthorized,
    "UNSUPPORTED": aa.NotOffered,
    "OPERATION_NOT_FOUND": aa.NotOffered,
    "SERVICE_UNAVAILABLE": aa.Unavailable,
    "TIMED_OUT": aa.Unavailable,
    "INTERNAL_SERVER_ERROR": aa.Unavailable,
}
"""By the type of the error, as the REST API tells it."""
