"""What each refusal of OpenStack's services means: Nova's, Neutron's, Cinder's and Keystone's.

Nova has no codes: a 403 is a quota or a missing right, a failed build is an ERROR server with a ``fault``,
and only the English words tell. Neutron names a ``type``, Cinder's errors carry the name of their class
into Nova's faults; a status stands as a code where the same words without it are something else.

Read from nova/exception.py and nova/compute/manager.py (what aborts a build), neutron_lib/exceptions,
cinder/exception.py and keystone/exception.py of 2026, oslo_limit/exception.py (unified limits), and
https://docs.openstack.org/api-ref/compute/#create-server.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from antiaffinity.errors import (
    AntiaffinityError,
    Busy,
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NoCapacity,
    NotAuthorized,
    NotOffered,
    Unavailable,
)
from antiaffinity.meanings import Meaning, words
from antiaffinity_openstack.refused_arguments import ARGUMENTS, VOLUMES

Rows: TypeAlias = tuple[Meaning, ...]


def _either(error: type[AntiaffinityError], message: str, codes: Collection[str], told: str) -> Rows:
    """Two rows: a code, or these words where none is told."""
    return Meaning(error, message, codes), Meaning(error, message, words=words(told))


RACES = (
    Meaning(
        Conflict,
        "{member} lost a race for a host in {group}: delete the failed server, launch again, one at a time",
        words=words(r"instance group policy was violated"),
    ),
    Meaning(
        Conflict,
        "{group} was deleted meanwhile ({said}): prepare the group again, then launch",
        words=words(r"Instance group \S+ could not be found"),
    ),
    Meaning(
        Conflict,
        "a port or an address of {member} is taken ({said}): give it another, or repeat once it is free",
        words=words(
            r"Port \S+ is still in use|Port already has an attached device|"
            r"Fixed IP address \S+ is already in use|The (IP|mac) address \S+ is in use"
        ),
    ),
)
"""Before all others: older Novas say "No valid host" of a lost race too."""

QUOTAS = (
    Meaning(
        LimitExceeded,
        "{group} is as large as the quota server_group_members allows, failed servers included ({said}): "
        "delete failed servers, split the group, or ask the operator for more",
        words=words(r"too many servers in group|server_group_members is over limit"),
    ),
    Meaning(
        LimitExceeded,
        "the quota server_groups is used up ({said}): release groups, or ask the operator for more",
        words=words(r"too many server groups|server_groups is over limit"),
    ),
    Meaning(
        LimitExceeded,
        "the metadata quota leaves no room for our three marks beside your own ({said}): give {member} less "
        "metadata, or ask the operator for a larger quota metadata_items",
        words=words(r"Maximum number of metadata items exceeds|server_metadata_items is over limit"),
    ),
    Meaning(
        LimitExceeded,
        "the project's quota of ports is used up ({said}): delete those that nobody uses, or ask the "
        "operator for more",
        words=words(r"Maximum number of ports exceeded|Quota exceeded for resources: \[?'?port\b"),
    ),
    *_either(
        LimitExceeded,
        "Cinder's quotas leave no room for the volume of {member} ({said}): delete volumes, take a smaller "
        "one, or ask the operator for more",
        ("VolumeLimitExceeded", "VolumeSizeExceedsAvailableQuota", "VolumeSizeExceedsLimit"),
        r"exceeds allowed (Backup )?\w+ quota|Maximum number of (volumes|snapshots|backups) allowed|"
        r"is larger than maximum allowed limit|Unexpected over quota on|Quota usage would overflow",
    ),
    Meaning(
        LimitExceeded,
        "one server cannot have this many disks ({said}): give {member} fewer",
        words=words(r"maximum allowed number of disk devices .* has been exceeded"),
    ),
    *_either(
        LimitExceeded,
        "a quota leaves no room for {member} ({said}): delete what is not needed, servers first, or ask the "
        "operator for more",
        ("OverQuota", "ProjectOverLimit", "SubnetPoolQuotaExceeded"),
        r"Quota exceeded|is over limit of|is over a limit for|"
        r"Maximum number of (floating IPs|security groups or rules) exceeded|"
        r"Personality file (limit exceeded|(path|content) exceeds maximum)",
    ),
)

ROOM = (
    *_either(
        NoCapacity,
        "no address is left on the network of {member}{zone} ({said}): give another network, or ask for a "
        "larger subnet",
        ("IpAddressGenerationFailure", "ExternalIpAddressExhausted"),
        r"No more IP addresses available|No fixed IP addresses available|Unable to find any IP address on",
    ),
    Meaning(
        NoCapacity,
        "the host that Nova chose for {member} lacks what it needs ({said}); another may have it: delete the "
        "failed server and launch again",
        words=words(
            r"Insufficient compute resources|Claim pci failed|PCI device request .* failed|"
            r"Attempt to consume PCI device .* from empty pool|Cannot allocate memory|No space left on device"
        ),
        levels=("host",),
    ),
    Meaning(
        Unavailable,
        "the hosts that Nova tried for {member} failed ({said}): delete the failed server and launch again",
        words=words(r"maximum number of retries|max scheduling attempts|Exhausted all hosts"),
    ),
    Meaning(
        NoCapacity,
        "no host took {member} in {group}{zone}. Nova does not tell whether the group has used every host, "
        "or whether no host has the capacity ({said})",
        words=words(r"No valid host was found"),
    ),
    Meaning(
        NoCapacity,
        "no storage took the volume of {member}{zone} ({said}): take another volume type or zone",
        words=words(r"No valid backend was found"),
    ),
    Meaning(
        NoCapacity,
        "no host took {member}{zone}: the zone is unknown to Nova, or none of its hosts is up ({said})",
        words=words(r"availability zone is not available"),
    ),
)

RIGHTS = (
    *_either(
        NotAuthorized,
        "the cloud's policy forbids it ({said}): ask the operator for a role that has this rule",
        ("PolicyNotAuthorized",),
        r"Policy doesn't allow|You are not authorized to perform the requested action|"
        r"is disallowed by policy|User does not have admin privileges",
    ),
    Meaning(
        NotAuthorized,
        "the log-in was refused: check user, password and project, or log in anew ({said})",
        words=words(
            r"(Failed|Unable) to validate token|Could not find token|This is not a recognized \w+ token|"
            r"The request you have made requires authentication|Could not find (user|project): |"
            r"The account is (locked|disabled) for user|The password is expired|Insufficient auth methods|"
            r"Authentication plugin error|Error authenticating with application credential|"
            r"Attempted to authenticate with an unsupported method|"
            r"Additional authentications steps required|No remaining uses for trust|"
            r"Missing value \S+ required for auth plugin|Unable to re-authenticate"
        ),
    ),
)

NEVER = (
    Meaning(
        NotOffered,
        "this cloud's Nova cannot do it ({said}): ask for less, or ask the operator for a newer one",
        words=words(
            r"max_server_per_host > 1 is not yet supported|API version \S+ is not supported|"
            r"Version \S+ is not supported by the API|Requested functionality is not supported|"
            r"This resource is no longer available"
        ),
    ),
)

STATES = (
    Meaning(
        InvalidRequest,
        "the server is locked ({said}): unlock it (openstack server unlock), then repeat",
        words=words(r"Instance \S+ is locked"),
    ),
    Meaning(
        Conflict,
        "something else is being done to the server ({said}): repeat when it is through",
        words=words(r"Cannot '.*' instance .* while it is in task_state|in task_state \S+\. Cannot"),
    ),
    Meaning(
        InvalidRequest,
        "Nova does not do it to a server in this state ({said}): bring it back to ACTIVE or SHUTOFF (start, "
        "unshelve, or repair it), then repeat",
        words=words(r"Cannot '.*' instance .* while it is in vm_state|in vm_state \S+\. Cannot"),
    ),
)

OUTAGES = (
    Meaning(
        Busy,
        "the cloud cannot take it now ({said})",
        words=words(
            r"service is currently unable to handle the request|Service is unavailable at this time|"
            r"This request was rate-limited|Too many requests have been sent"
        ),
    ),
    Meaning(
        Unavailable,
        "the cloud cannot do it now ({said}): repeat",
        words=words(
            r"Unexpected API Error|Compute service of \S+ is unavailable|"
            r"Unable to communicate with the Placement API|Connection to the hypervisor is broken"
        ),
    ),
)

MEANINGS = (*RACES, *QUOTAS, *ROOM, *RIGHTS, *NEVER, *STATES, *VOLUMES, *ARGUMENTS, *OUTAGES)
"""In this order: what is told last in a chain of reasons ("Last exception: …") is looked for first."""
