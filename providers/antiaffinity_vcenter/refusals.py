"""What vCenter's refusals mean: by the class of the fault, subclasses first, else by its words.

A fault tells its class and those it inherits from as its codes, so a row for a class is one for its kinds,
unless these have rows of their own. Words come in the session's language: the class alone is stable.
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/ lists the faults; those of tags:
https://developer.broadcom.com/xapis/vsphere-automation-api/latest/ (Std Errors).
"""

from __future__ import annotations

from antiaffinity.errors import (
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    NotOffered,
    Unavailable,
)
from antiaffinity.meanings import Meaning, coded, worded, words
from antiaffinity.model import Level

# Rights and log-ins

RIGHTS = (
    coded(
        NotAuthorized,
        "{operation}: the session has ended: connect again ({said})",
        "NotAuthenticated InvalidToken AuthenticationRequired SessionNotFound UNAUTHENTICATED",
        path="user",
    ),
    coded(NotAuthorized, "{operation} needs the privilege {privilege} ({said})", "NoPermission"),
    coded(
        NotAuthorized,
        "{operation}: vCenter does not let this user do it ({said}): ask for the privilege",
        "UNAUTHORIZED",
        path="user",
    ),
    coded(
        NotAuthorized,
        "vCenter does not take this user and pwd ({said})",
        "InvalidLogin",
        path="pwd",
    ),
    coded(
        NotAuthorized,
        "{operation}: vCenter forbids it ({said}): ask its administrator",
        "SecurityError RestrictedByAdministrator HostAccessRestrictedToManagementServer "
        "AuthMinimumAdminPermission MethodDisabled DisallowedChangeByService",
    ),
    worded(
        NotAuthorized,
        "vCenter does not take this user and pwd ({said})",
        "Cannot complete login due to",
        path="pwd",
    ),
    worded(
        NotAuthorized,
        "{operation}: the session has ended: connect again ({said})",
        "session is not authenticated",
        path="user",
    ),
    worded(
        NotAuthorized,
        "{operation} needs a privilege that this user lacks ({said}): ask for it on folder, pool, datastore "
        "and network",
        "Permission to perform this operation was denied",
    ),
)

# Licences and fixed limits: some of them are faults of lacking resources to vCenter

LICENCE = "{operation}: vCenter has no licence for it ({said}): add licences, or ask for less"
LIMIT = "{operation}: a limit stands against it ({said}): ask for less, or have it raised"

LIMITS = (
    coded(LimitExceeded, LICENCE, "NotEnoughLicenses InvalidLicense FaultToleranceNotLicensed"),
    coded(
        LimitExceeded,
        LIMIT,
        "NumVirtualCpusExceedsLimit InvalidResourcePoolStructureFault LimitExceeded TooManyDevices "
        "TooManyHosts EightHostLimitViolated VmValidateMaxDevice TooManySnapshotLevels NamespaceLimitReached",
    ),
    worded(LimitExceeded, LICENCE, r"not enough licenses|licenses? (has expired|are not available)"),
)

# Somebody else is at it, or was

RACE = "{operation}: it changed meanwhile, repeat ({said})"

RACES = (
    coded(
        Conflict,
        RACE,
        "ConcurrentAccess TaskInProgress VAppOperationInProgress ManagedObjectNotFound NotFound "
        "DuplicateName AlreadyExists ResourceInUse InvalidPowerState FileAlreadyExists FileLocked "
        "QuestionPending "
        "ALREADY_EXISTS NOT_FOUND CONCURRENT_CHANGE RESOURCE_BUSY RESOURCE_IN_USE FEATURE_IN_USE "
        "NOT_ALLOWED_IN_CURRENT_STATE ALREADY_IN_DESIRED_STATE",
    ),
    worded(
        Conflict,
        RACE,
        r"Another task is already in progress|has already been deleted or has not been completely created"
        r"|cannot be performed in the current state \(Power|modified by another operation",
    ),
)

# No room now: what one host refuses another may take

HOST = "{host} does not take {member}: {said}; another host may"
CLUSTER = "no host of {zone} takes {member}: {said}; another cluster may, or make room there"
STORE = "the storage in {zone} does not take {member}: {said}; free some, or launch onto another datastore"
POOL = "the resource pool in {zone} has no room for {member}: {said}; enlarge it, or launch into another"

IN_ZONE: tuple[Level, ...] = ("zone",)
"""Of a cluster, its pools and shared datastores: the host that was chosen is not to blame."""

ROOMS = (
    Meaning(NoCapacity, POOL, ("InsufficientResourcesFault",), words("parent resource pool"), levels=IN_ZONE),
    Meaning(
        NoCapacity,
        CLUSTER,
        ("InsufficientResourcesFault",),
        words("cannot find a host|configured failover level"),
        levels=IN_ZONE,
    ),
    coded(
        NoCapacity,
        CLUSTER,
        "NoCompatibleHost NoCompatibleHardAffinityHost NoCompatibleSoftAffinityHost GenericDrsFault "
        "NoActiveHostInCluster InsufficientFailoverResourcesFault InsufficientStandbyResource",
        levels=IN_ZONE,
    ),
    coded(
        NoCapacity,
        STORE,
        "NoDiskSpace InsufficientStorageSpace InsufficientStorageIops NoCompatibleDatastore "
        "NoConnectedDatastore CannotPlaceWithoutPrerequisiteMoves InvalidDatastoreState "
        "UNABLE_TO_ALLOCATE_RESOURCE",
        levels=IN_ZONE,
    ),
    coded(
        NoCapacity,
        HOST,
        "RuleViolation VmHostAffinityRuleViolation FtVmHostRuleViolation InsufficientResourcesFault "
        # its state
        "InvalidHostState HostCommunication DisallowedOperationOnFailoverHost OperationDisallowedOnHost "
        "QuarantineModeFault VmPowerOnDisabled HostHasComponentFailure "
        # what it reaches
        "CannotAccessVmComponent CannotUseNetwork InaccessibleDatastore DatastoreNotWritableOnHost "
        "RESOURCE_INACCESSIBLE "
        # what it is: another may have the CPU, the devices, the vMotion network
        "VirtualHardwareCompatibilityIssue NumVirtualCpusIncompatible VMotionInterfaceIssue "
        "VMotionProtocolIncompatible MismatchedVMotionNetworkNames MismatchedNetworkPolicies HAErrorsAtDest "
        "FaultToleranceAntiAffinityViolated",
    ),
    worded(NoCapacity, POOL, "parent resource pool (is|are) insufficient", levels=IN_ZONE),
    worded(
        NoCapacity,
        CLUSTER,
        r"No host is compatible with|unable to find a suitable host|cannot find a host"
        r"|configured failover level|insufficient failover resources",
        levels=IN_ZONE,
    ),
    worded(
        NoCapacity,
        STORE,
        r"insufficient (disk )?space|There is not enough space on the (file system|datastore)"
        r"|No space left on (device|datastore)",
        levels=IN_ZONE,
    ),
    worded(
        NoCapacity,
        HOST,
        r"affinity rule|sufficient\s?(\w+\s)?\w*(resource|capacity)|current (connection )?state of the host"
        r"|communicate with the (remote )?host|(is|are) not accessible|host hardware only provides"
        r"|Unable to access (the virtual machine configuration|file \[)",
    ),
)

# Arguments, and what this vCenter does not have

REFUSED = "{operation}: vCenter refuses it: {said}"

REQUESTS = (
    coded(
        InvalidRequest,
        REFUSED,
        "InvalidArgument NotSupported InvalidType InvalidName InvalidFolder InvalidDatastorePath "
        "InvalidVmConfig InvalidFormat InvalidAffinitySettingFault DisallowedMigrationDeviceAttached "
        "DatacenterMismatch "
        "CustomizationFault VAppPropertyFault UnsupportedVmxLocation OutOfBounds "
        "INVALID_ARGUMENT INVALID_REQUEST INVALID_ELEMENT_TYPE INVALID_ELEMENT_CONFIGURATION "
        "UNEXPECTED_INPUT",
    ),
    coded(
        NotOffered,
        "{operation}: DRS is off there ({said}): switch it on for cluster and machine",
        "DrsDisabledOnVm",
    ),
    coded(
        NotOffered,
        "{operation}: this vCenter cannot do it ({said}): upgrade it, or ask for less",
        "MethodNotFound NotImplemented UNSUPPORTED OPERATION_NOT_FOUND",
    ),
)

# vCenter itself

OF_VCENTER = (
    coded(
        Unavailable,
        "{operation}: vCenter did not do it, repeat ({said})",
        "SystemError Timedout RequestCanceled UnexpectedFault SERVICE_UNAVAILABLE INTERNAL_SERVER_ERROR "
        "TIMED_OUT CANCELED ERROR",
    ),
)

REFUSALS = (*RIGHTS, *LIMITS, *RACES, *ROOMS, *REQUESTS, *OF_VCENTER)
"""All of it; where words alone decide, in this order."""
