"""The fake clouds that a test can have by name."""

from __future__ import annotations

import os
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.testing.gate import Refusal
from antiaffinity.testing.ground import nearest
from antiaffinity.testing.site import Site, tagged
from antiaffinity.testing.world import Machine

JSON = {"Content-Type": "application/json", "Retry-After": "1"}
SOON = 0.01
"""Done before a client can ask for the first time, which would then wait for seconds of the tester's."""


def _server(cloud: Any, machine: Machine) -> str:
    """Nova keeps a server's name beside its metadata."""
    servers = cloud.state.servers
    return str(servers[machine.id].name) if machine.id in servers else tagged(cloud, machine)


def _vm(cloud: Any, machine: Machine) -> str:
    """vCenter keeps a machine's name beside its settings."""
    noun = cloud.state.nouns.get(machine.id)
    return str(noun.name) if noun else tagged(cloud, machine)


OPENSTACK = Site(
    kind="openstack",
    title="OpenStack",
    fake="FakeOpenStack",
    zones=tuple(f"z{number}" for number in range(1, 10)),
    owns=("OS_",),
    throttled=Refusal(
        429,
        '{"overLimit": {"code": 429, "message": "This request was rate-limited.", "retryAfter": "1"}}',
        JSON,
    ),
    # An operator who fills one host before the next, as some do; soft policies weigh more all the same:
    # https://docs.openstack.org/nova/latest/admin/scheduling.html#weights
    settings={
        "ram_weight_multiplier": -0.1,
        "cpu_weight_multiplier": -0.1,
        "disk_weight_multiplier": -0.1,
        "io_ops_weight_multiplier": 0.0,
    },
    lags=("scheduling", "claiming", "spawning", "deleting"),
    label=_server,
)

AWS = Site(
    kind="aws",
    title="AWS",
    fake="FakeAws",
    region="us-east-1",
    zones=tuple(f"us-east-1{letter}" for letter in "abcdef"),
    owns=("AWS_",),
    blinds={"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull},
    throttled=Refusal(
        503,
        "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>"
        "</Error></Errors><RequestID>00000000-0000-4000-8000-000000000000</RequestID></Response>",
        {"Content-Type": "text/xml;charset=UTF-8"},
    ),
    settings={"boot": SOON, "halt": SOON, "end": SOON},
    lags=("boot", "halt", "end", "group_pending", "group_unseen", "instance_unseen"),
)

AZURE = Site(
    kind="azure",
    title="Azure",
    fake="FakeAzure",
    region="westeurope",
    zones=("1", "2", "3"),
    owns=("AZURE_", "ARM_"),
    # https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits
    throttled=Refusal(
        429,
        '{"code": "OperationNotAllowed", "message": "The server rejected the request because too many '
        'requests have been received for this subscription.", "details": [{"code": "TooManyRequests", '
        '"target": "HighCostGet", "message": "{}"}]}',
        JSON,
    ),
    settings={"creating": SOON, "set_creating": SOON, "changing": SOON, "deleting": SOON, "retry_after": 1},
    lags=("creating", "set_creating", "changing", "deleting"),
)

EXOSCALE = Site(
    kind="exoscale",
    title="Exoscale",
    fake="FakeExoscale",
    zones=("ch-gva-2", "ch-dk-2", "at-vie-1", "de-fra-1", "bg-sof-1", "de-muc-1", "at-vie-2"),
    owns=("EXOSCALE_",),
    throttled=Refusal(429, '{"message": "Too many requests"}', JSON),
    settings={"operating": SOON},
    lags=("operating",),
)

VCENTER = Site(
    kind="vcenter",
    title="vCenter",
    fake="FakeVCenter",
    zones=tuple(f"cluster{number}" for number in range(1, 10)),
    owns=("VSPHERE_", "GOVC_"),
    # What a proxy in front of vpxd answers while that takes no more requests.
    throttled=Refusal(503, "no healthy upstream", {"Content-Type": "text/plain"}),
    settings={
        "creating": SOON,
        "cloning": SOON,
        "powering": SOON,
        "reconfiguring": SOON,
        "relocating": SOON,
        "deleting": SOON,
        "editing": SOON,
    },
    lags=("creating", "cloning", "powering", "reconfiguring", "relocating", "deleting", "editing"),
    label=_vm,
)

SITES = {site.kind: site for site in (AWS, AZURE, EXOSCALE, OPENSTACK, VCENTER)}


def site(kind: str) -> Site:
    """A kind of cloud by its name; InvalidRequest names the nearest where there is none."""
    if kind not in SITES:
        raise InvalidRequest(f"no cloud is called {kind!r}: {nearest(kind, list(SITES))}")
    return SITES[kind]
