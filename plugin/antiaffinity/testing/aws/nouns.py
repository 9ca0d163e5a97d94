"""What a fake AWS keeps beside moto: its switches, placement groups, Dedicated Hosts, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from moto.ec2.exceptions import EC2ClientError
from msgspec import Struct

from antiaffinity.testing.rates import Rate

ACCESS_KEY = "AKIAFAKEFAKEFAKEFAKE"
SECRET_KEY = "fake-secret-of-the-fake-account"
IMAGE = "ami-0abc"
"""An image; which ones there are the fake does not check."""

Eighth = Literal[
    "InsufficientInstanceCapacity", "InstanceLimitExceeded", "SpreadPlacementGroupInstanceLimitExceeded"
]


class Settings(Struct):
    """How this AWS behaves; whatever the vendor does not publish is a switch. Times are in seconds."""

    region: str = "us-east-1"
    boot: float = 2.0
    halt: float = 2.0
    end: float = 2.0
    listed: float = 3600.0
    """How long a terminated instance is still listed
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html: about an hour)."""
    group_pending: float = 0.5
    group_unseen: float = 0.0
    instance_unseen: float = 0.0
    """How long a new one is in no Describe."""
    eighth: Eighth = "InsufficientInstanceCapacity"
    """The code of a launch into a zone that holds as many of the spread group as it may."""
    refuses: Literal["call", "instance"] = "call"
    """Whether missing hardware fails the call, or ends the instance that it made."""
    token_outlives: float = 23 * 3600.0
    """How long a client token is remembered after its instance has left the lists: in all "at least 24 hours"
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html)."""
    spent: Literal["refused", "answered"] = "refused"
    """What the token of a terminated instance gets: IdempotentInstanceTerminated, as of EC2 since early 2025
    (https://github.com/boto/boto3/issues/4406), or the instance, as before."""
    ended_keeps_group: bool = True
    """Whether a terminated instance is still shown with its placement group."""
    group_quota: int = 500
    vcpu_quota: int | None = None
    throttled: int = 0
    """So many of the next requests are told to come later."""
    allowed: frozenset[str] | None = None
    """The IAM actions of the caller; None for all."""
    impaired: frozenset[str] = frozenset()
    """Zones that are listed as impaired and take no launch."""
    zone_ids: Mapping[str, str] = {}
    """What the zones of this account really are, by their names: each account may name them anew. Those left
    out are as moto has them."""
    local_zones: tuple[str, ...] = ()
    """Local zones that the account has opted in to: listed, with no hosts of the World."""
    not_offered: frozenset[tuple[str, str]] = frozenset()
    """(instance type, zone) that are not offered, beside what moto's data say."""
    default_vpc: bool = True
    page: int = 100
    """[?] The most reservations in one answer of DescribeInstances."""
    tokens_lost: int = 0
    """So many of the next requests for a next page find that its token holds no more."""
    tokens_lost_as: Literal["InvalidNextToken", "InvalidPaginationToken"] = "InvalidNextToken"
    """The code of that."""
    rate: Rate | None = None
    """How often changes are taken; None: as often as anybody asks."""


class Refused(EC2ClientError):
    """A request is answered with an error of EC2's form."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


class PlacementGroup(Struct):
    """A placement group, by what DescribePlacementGroups tells of it."""

    id: str
    name: str
    strategy: str
    partitions: int = 0
    spread_level: str = ""
    tags: dict[str, str] = {}
    available: float = 0.0
    """From when it can be launched into."""
    seen: float = 0.0
    """From when it is in a Describe."""
    racks: dict[str, int] = {}
    """The partition that a rack of the World belongs to, by the rack's path."""


class Seat(Struct):
    """What is to be remembered of an instance for as long as it exists."""

    group: str = ""
    """The id of its placement group."""
    partition: int = 0
    dedicated: str = ""
    """The id of its Dedicated Host."""
    seen: float = 0.0
    affinity: str = ""
    ended: bool = False


class DedicatedHost(Struct):
    """A host of the World that the account has for itself."""

    id: str
    place: str
    """The World's name of it."""
    type: str
    zone: str
    auto: bool
    tags: dict[str, str] = {}
    released: bool = False
