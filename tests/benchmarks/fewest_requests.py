"""The fewest requests that each cloud's API allows for a verb, with the reason: our own reckoning."""

from __future__ import annotations

Bounds = dict[str, tuple[int, str]]

OPENSTACK: Bounds = {
    "topology": (2, "zones and quotas are two resources"),
    "observe": (
        3,
        "the list of servers does not tell their groups, that of groups not their hosts, and only an empty "
        "page shows that it is whole",
    ),
    "prepare": (4, "look, make, look again: Nova does not keep names unique, and others may be at it"),
    "settle": (1, "the server tells its group itself (compute API 2.71)"),
    "bind": (1, "the server tells its mark and its group"),
    "verify": (
        4,
        "one look at servers and groups, and the zones that are in service; no rule depends on quotas",
    ),
    "groups": (3, "one look at servers and groups"),
    "release": (4, "servers and groups have to be seen empty: Nova deletes a group under its members"),
    "roll_out of 3": (
        26,
        "topology, observe, prepare; a look, for preparing waits 2 s as names are not unique; for each a "
        "launch, a settle, a look for a double",
    ),
}

AWS: Bounds = {
    "topology": (
        2,
        "the zones, and the default subnets or those named; offers only where they are asked for",
    ),
    "observe": (
        3,
        "an instance tells the id of its placement group, not whose that is; who is in our groups without "
        "our mark, for filters are joined by and",
    ),
    "prepare": (3, "look, make, look until it is usable: a new group is pending"),
    "settle": (1, "the instance tells its group itself"),
    "bind": (1, "the instance tells its mark and its group"),
    "verify": (4, "as observe, and the zones that are in service"),
    "groups": (2, "one look at instances and groups"),
    "release": (3, "one look at both, and the deletion"),
    "roll_out of 3": (22, "topology, observe, prepare; for each a launch, a settle, a look for a double"),
}

AZURE: Bounds = {
    "topology": (1, "the SKUs, once in the life of a connection"),
    "observe": (
        2,
        "the list of machines does not tell which are stopped, and that with their states (expand) is to be "
        "had with a $filter for one scale set only: "
        "https://learn.microsoft.com/rest/api/compute/virtual-machines/list",
    ),
    "prepare": (3, "look, make, and the SDK's last GET, or a question about the operation"),
    "settle": (1, "the machine"),
    "bind": (1, "the machine tells its mark and its set"),
    "verify": (2, "as observe"),
    "groups": (3, "as observe, and the scale sets"),
    "release": (4, "machines and sets, the deletion and its operation"),
    "roll_out of 3": (
        17,
        "topology, observe of nobody, prepare; for each a launch, a settle, a look for a double",
    ),
}

EXOSCALE: Bounds = {
    "topology": (
        2,
        "the quotas, which do not tell of groups, and the groups: one with 8 instances takes no more, "
        "https://community.exoscale.com/product/compute/instances/how-to/anti-affinity; the zones once in "
        "the life of a connection",
    ),
    "observe": (3, "a list in each of two zones, and the groups; an instance itself once in its life"),
    "prepare": (
        5,
        "look, make, look again: names need not be unique; and who is in the group, by each of two zones",
    ),
    "settle": (1, "the instance"),
    "bind": (1, "the instance tells its mark and its groups"),
    "verify": (3, "as observe"),
    "groups": (3, "a list in each of two zones, and the groups"),
    "release": (6, "as groups; the group's members in each zone; the deletion"),
    "roll_out of 3": (
        26,
        "topology, observe of nobody, prepare; a look, for preparing waits 6 s as names need not be unique; "
        "for each a launch, a settle, a look in two zones and at the groups",
    ),
}

FEWEST: dict[str, Bounds] = {"openstack": OPENSTACK, "aws": AWS, "azure": AZURE, "exoscale": EXOSCALE}
