"""What Nova refuses of a launch's own arguments: for the caller to mend.

Read from nova/api/openstack/compute/servers.py (what POST /servers answers with 400, 403 and 409) and
nova/exception.py of 2026.
"""

from __future__ import annotations

from antiaffinity.errors import InvalidRequest, Unavailable
from antiaffinity.meanings import Meaning, words

REFUSED = ("400", "403", "409")
"""Statuses with which Nova refuses an argument; a user's own look-up answers 404 in the same words."""

VOLUMES = (
    Meaning(
        Unavailable,
        "the volume of {member} was not made in time, or failed ({said}): look at it (openstack "
        "volume show), delete server and volume, and launch again",
        words=words(r"Volume \S+ did not finish being created"),
    ),
    Meaning(
        InvalidRequest,
        "a volume of {member} is in another zone than its server ({said}): say only: {{zone: [...]}}, or "
        "make the volume where the placement goes",
        words=words(
            r"availability zone between the server and its attached volumes do not match|"
            r"and volumes? .* not in the same availability_?zone|"
            r"Volumes are in different availability zones"
        ),
    ),
    Meaning(
        InvalidRequest,
        "a disk of {member} cannot be had as asked for ({said}): look at its volumes and their zone",
        words=words(
            r"Block Device Mapping is Invalid|Block Device \S+ is not bootable|Ephemeral disks requested are "
            r"larger|Swap drive requested is larger"
        ),
    ),
)


def _argument(what: str, *told: str) -> Meaning:
    """An argument of the user's launch that Nova refuses: mending it is the caller's.

    Without a path: what such a launch left, a port or a failed server, is discarded like any other.
    """
    message = f"Nova refuses the {what} of {{member}} ({{said}}): mend it"
    return Meaning(InvalidRequest, message, REFUSED, words("|".join(told)))


ARGUMENTS = (
    _argument(
        "flavor",
        r"Flavor \S+ could not be found",
        r"Flavor's (disk|memory) is (too small|smaller)",
        r"Volume is smaller than the minimum size",
        r"Only volume-backed servers are allowed",
    ),
    _argument(
        "image",
        r"Can not find requested image",
        r"Image \S+ (is not active|is unacceptable|could not be found)",
        r"Not authorized for image",
        r"Invalid image metadata",
    ),
    _argument("key_name", r"Invalid key_name provided"),
    _argument(
        "networks",
        r"Network \S+ could not be found",
        r"(More than one|Multiple) possible networks? found",
        r"Network \S+ requires a subnet",
        r"Port (id )?\S+ (could not be found|requires a FixedIP|not usable for instance)",
        r"Fixed IP not found for address",
        r"No specific network was requested",
        r"Unable to automatically allocate a network",
        r"create an interface on external network",
        r"IP address \S+ is not a valid IP",
    ),
    _argument(
        "security_groups",
        r"Security group \S+ not found",
        r"Multiple security_?groups? found",
        r"Network requires port_security_enabled",
    ),
    _argument(
        "block_device_mapping",
        r"Volume (type )?\S+ could not be found",
        r"Invalid volume",
        r"Snapshot \S+ could",
    ),
    _argument("user_data", r"User data (needs to be|is not) valid base ?64"),
    Meaning(
        InvalidRequest,
        "the catalog of this cloud has no such endpoint ({said}): check the region's name and the services",
        words=words(r"No suitable (endpoint|service) could be found in the service catalog"),
    ),
)
