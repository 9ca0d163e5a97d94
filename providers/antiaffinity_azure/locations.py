"""The datacenters behind a subscription's zones: each subscription has numbers of its own for them.

https://learn.microsoft.com/rest/api/resources/subscriptions/list-locations (availabilityZoneMappings);
https://learn.microsoft.com/azure/reliability/availability-zones-overview (physical and logical zones).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.compute import ComputeManagementClient

from antiaffinity.colocation import Identity
from antiaffinity_azure.asking import ONCE

VERSION = "2022-12-01"

RIGHT = "Microsoft.Resources/subscriptions/locations/read"

DOUBT = f"zone numbers are a subscription's own, and only {RIGHT} shows which datacenter each is"

SETS = "a fault domain is a number inside one scale set"

SOVEREIGN = {"management.chinacloudapi.cn": "azure china", "management.usgovcloudapi.net": "azure us gov"}
"""Clouds that share nothing with the public one, by the host of their Resource Manager."""


def identity(compute: ComputeManagementClient, location: str) -> Identity:
    """Physical zones where this user may read them; else zone numbers say nothing beyond the subscription."""
    subscription = str(compute._config.subscription_id)
    physical = _physical(_locations(compute, subscription), location)
    own = f"subscription {subscription}"
    return Identity(
        SOVEREIGN.get(urlsplit(str(compute._config.base_url)).hostname or "", "azure"),
        {"region": "", "zone": "" if physical else own},
        {"zone": physical} if physical else {},
        doubt=SETS if physical else DOUBT,
    )


def _locations(compute: ComputeManagementClient, subscription: str) -> Iterable[Mapping[str, Any]]:
    """Everything where the subscription may be; nothing where this user may not ask."""
    url = f"/subscriptions/{subscription}/locations?api-version={VERSION}"
    response = compute.send_request(HttpRequest("GET", url), **ONCE)
    if response.status_code in (403, 404):
        return ()
    if response.status_code != 200:
        raise HttpResponseError(response=response)
    found: list[Mapping[str, Any]] = response.json()["value"]
    return found


def _physical(locations: Iterable[Mapping[str, Any]], location: str) -> dict[str, str]:
    """By the number of a zone of this location the physical one; region names are told without blanks."""
    here = [one for one in locations if str(one.get("name", "")).casefold() == location]
    return {
        str(zone["logicalZone"]): str(zone["physicalZone"])
        for one in here
        for zone in one.get("availabilityZoneMappings") or ()
    }
