"""What EC2's refusals mean: by its own list of error codes, and by words where a code has several meanings.

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; those that tell of rates
are botocore's (``retries/standard.py``), those that end an instance EC2's ``StateReason``. AWS publishes no
closed list: ``SHAPES`` are for codes that the table does not know.
"""

from __future__ import annotations

import re

from antiaffinity.errors import (
    Busy,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    SpentToken,
    StillOccupied,
    Unavailable,
)
from antiaffinity.meanings import Meaning, Said, meaning, words
from antiaffinity.model import Level
from antiaffinity_aws.refused_requests import ARGUMENT, ARGUMENTS, BEFORE, NO_RIGHT, RIGHTS, codes

ZONE: tuple[Level, ...] = ("region", "zone")
"""What has nothing to do with partitions and hosts: another zone may take the launch."""

LATER = "AWS is not ready for it, repeat ({said})"
TOO_FAST = "AWS was asked too much at once, repeat more slowly ({said})"
QUOTA = "a quota of the account is used up ({said}): free some of it, or ask for more"
NO_ROOM = "no room for {member}{where} ({said})"
NO_ADDRESS = "the subnet for {member}{where} has no free address ({said}): name another one"
NO_SUBNET = "no default subnet{where} ({said}): name the subnets to use, by id or Name"


ROOM = (
    Meaning(NoCapacity, NO_ROOM, codes("InsufficientInstanceCapacity InsufficientCapacity")),
    Meaning(
        NoCapacity,
        "the Dedicated Host for {member}{where} takes no more ({said}): allocate another one",
        codes(
            "InsufficientCapacityOnHost InvalidHostState IncompatibleHostRequirements",
            "UnavailableHostRequirements",
        ),
    ),
    Meaning(
        NoCapacity,
        "AWS has no Dedicated Host left{where} ({said})",
        codes("InsufficientHostCapacity"),
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        "no Spot capacity for {member}{where} at its price ({said}): ask another zone or type for it, pay "
        "more, or launch on demand",
        codes(
            "UnfulfillableCapacity SpotMaxPriceTooLow SpotInstanceTermination SpotInstanceShutdown",
            "MaxSpotPriceTooLow",
        ),
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        "the reserved capacity for {member}{where} is used up ({said}): widen it, or launch outside of it",
        codes(
            "ReservationCapacityExceeded InsufficientReservedInstanceCapacity",
            "InsufficientReservedInstancesCapacity MaxScheduledInstanceCapacityExceeded",
            "ReservedInstancesUnavailable ScheduledInstanceSlotUnavailable",
        ),
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        "no room for the volumes of {member}{where} ({said}): take another volume type, or another zone",
        codes("InsufficientVolumeCapacity VolumeTypeNotAvailableInZone"),
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        "no public address for {member}{where} ({said})",
        codes("InsufficientAddressCapacity"),
        levels=ZONE,
    ),
    Meaning(NoCapacity, NO_ADDRESS, codes("InsufficientFreeAddressesInSubnet"), levels=ZONE),
    Meaning(
        NoCapacity,
        "{member} cannot be{where} ({said})",
        codes("Unsupported UnsupportedOperation"),
        words("availability zone"),
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        NO_SUBNET,
        codes("InvalidInput MissingInput InvalidSubnetID.NotFound"),
        words("no default subnet for availability zone"),
        path="needs.networks",
        levels=ZONE,
    ),
    Meaning(
        NoCapacity,
        "the subnet for {member} is not{where} ({said}): name one of each zone under needs.networks, and "
        "leave SubnetId out",
        codes("InvalidParameterValue InvalidParameterCombination InvalidParameter"),
        words("subnet '?[^ ]+'? is in the availability zone"),
        path="needs.networks",
        levels=ZONE,
    ),
)
"""What one place refuses and another may take."""

LIMITS = (
    Meaning(
        LimitExceeded,
        "more was asked for than one request may hold ({said}): split it",
        codes("ResourceCountExceeded RequestResourceCountExceeded"),
    ),
    Meaning(
        LimitExceeded,
        "one resource takes no more of them ({said}): take some off",
        codes(
            "TagLimitExceeded AttachmentLimitExceeded PrivateIpAddressLimitExceeded VolumeIOPSLimit",
            "InvalidInterface.IpAddressLimitExceeded SecurityGroupsPerInterfaceLimitExceeded",
            "SecurityGroupsPerInstanceLimitExceeded",
        ),
    ),
    Meaning(
        LimitExceeded,
        QUOTA,
        codes(
            "VcpuLimitExceeded InstanceLimitExceeded MaxSpotInstanceCountExceeded VolumeLimitExceeded",
            "NetworkInterfaceLimitExceeded HostLimitExceeded PlacementGroupLimitExceeded",
            "SpreadPlacementGroupInstanceLimitExceeded MaxIOPSLimitExceeded ResourceLimitExceeded",
            "AddressLimitExceeded ServiceQuotaExceededException",
        ),
    ),
)

WAITING = (
    Meaning(
        Busy,
        TOO_FAST,
        codes(
            "RequestLimitExceeded Throttling ThrottlingException ThrottledException EC2ThrottledException",
            "RequestThrottled RequestThrottledException TooManyRequestsException BandwidthLimitExceeded",
            "LimitExceededException SlowDown PriorRequestNotComplete TransactionInProgressException",
            "ProvisionedThroughputExceededException UpdateLimitExceeded ConcurrentSnapshotLimitExceeded",
            "SnapshotCreationPerVolumeRateExceeded PendingSnapshotLimitExceeded",
            "ConcurrentCreateImageNoRebootLimitExceeded 429",
        ),
    ),
    Meaning(Busy, LATER, codes("Unavailable ServiceUnavailable 502 503 504")),
    Meaning(
        Unavailable,
        LATER,
        codes(
            "InternalError InternalFailure InternalServerError RequestTimeout",
            "RequestTimeoutException ClientTokenInUse CreditSpecificationUpdateInProgress",
        ),
    ),
)

RACES = (
    Meaning(
        Conflict,
        "the placement group of {member} was deleted, or is not there yet ({said}): prepare it again, then "
        "launch",
        codes("InvalidPlacementGroup.Unknown"),
    ),
    Meaning(
        Conflict,
        "a placement group of that name is there by now ({said}): repeat",
        codes("InvalidPlacementGroup.Duplicate"),
    ),
    Meaning(
        InvalidRequest,
        "the placement group lives in one zone, and {member} goes to another ({said}): launch it there",
        codes("InvalidPlacementGroup.InUse"),
        words("availability zone"),
        path="Placement",
    ),
    Meaning(
        StillOccupied,
        "instances are still in the placement group ({said}): terminate them first",
        codes("InvalidPlacementGroup.InUse"),
    ),
    Meaning(
        SpentToken,
        "the client token of {member} is that of an instance that has ended ({said}): launch it by roll_out, "
        "which takes the next token, or give a ClientToken of your own; EC2 keeps one for at least a day",
        codes("IdempotentInstanceTerminated"),
    ),
    Meaning(
        Conflict,
        "the Dedicated Host of {member} was released ({said}): plan again",
        codes("InvalidHostID.NotFound InvalidHostId.NotFound"),
    ),
    Meaning(
        Conflict,
        "somebody else is at work on it, or EC2 does not show it yet: repeat ({said})",
        codes(
            "ConcurrentTagAccess InvalidInstanceID.NotFound IncorrectInstanceState InvalidInstanceState",
            "IncorrectState InvalidState InvalidNetworkInterface.InUse VolumeInUse DependencyViolation",
            "Resource.AlreadyAssigned Resource.AlreadyAssociated InvalidIPAddress.InUse",
        ),
    ),
)

WORDS = (
    Meaning(NoCapacity, NO_ROOM, words=words(r"not have sufficient \S+ capacity in the availability zone")),
    Meaning(
        NoCapacity,
        NO_ROOM,
        words=words("there is no spot capacity available|not supported in your requested availability zone"),
        levels=ZONE,
    ),
    Meaning(NoCapacity, NO_ADDRESS, words=words("not enough free addresses in subnet"), levels=ZONE),
    Meaning(
        NoCapacity,
        NO_SUBNET,
        words=words("no default subnet for availability zone"),
        path="needs.networks",
        levels=ZONE,
    ),
    Meaning(
        LimitExceeded,
        QUOTA,
        words=words("you have requested more (vcpu capacity|instances) .{0,20}than your current"),
    ),
    Meaning(Busy, TOO_FAST, words=words("request limit exceeded")),
)
"""What tools print without the code."""

TABLE = (*ROOM, *LIMITS, *WAITING, *RACES, *RIGHTS, *ARGUMENTS, *WORDS, *BEFORE)

KNOWN = frozenset(code for row in TABLE for code in row.codes)

SHAPES = (
    (re.compile(r"Throttl|RateExceeded|TooManyRequests"), Meaning(Busy, TOO_FAST)),
    (re.compile(r"^Insufficient\w*Capacity|CapacityExceeded$"), Meaning(NoCapacity, NO_ROOM, levels=ZONE)),
    (re.compile(r"Limit|Quota|Max\w*Count|CountExceeded"), Meaning(LimitExceeded, QUOTA)),
    (re.compile(r"NotAuthorized|Unauthorized|AccessDenied|^AuthFailure"), Meaning(NotAuthorized, NO_RIGHT)),
    (
        re.compile(r"^(Invalid|Missing|Unsupported|Unknown)\w|\.(NotFound|Malformed)$"),
        Meaning(InvalidRequest, ARGUMENT),
    ),
)
"""How AWS names its codes: for those of next year."""


def meaning_of(said: Said) -> Meaning | None:
    """What a refusal means; None where AWS did not refuse, or with a code like no other."""
    by_shape = (row for code in said.codes for shape, row in SHAPES if shape.search(code))
    return meaning(TABLE, said) or next(by_shape, None)
