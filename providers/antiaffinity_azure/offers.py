"""What the subscription may have in a location: zones or fault domains, by size; what its quotas leave.

https://learn.microsoft.com/rest/api/compute/resource-skus/list: one list of every size everywhere, so it is
read once in a connection. https://learn.microsoft.com/rest/api/compute/usage/list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from azure.mgmt.compute.models import ResourceSku, Usage
from msgspec import Struct

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Domain, Finding, Level, Size
from antiaffinity.topology import Limits


class Sold(Struct, frozen=True):
    """A size of machines, as it is sold in one location."""

    zones: frozenset[str]
    refused: frozenset[str]
    """Zones that have the size, but not for this subscription."""
    vcpus: int
    family: str
    """Whose quota it counts against, beside that of the whole region."""
    withheld: str
    """Why this subscription may not have it anywhere here."""


class Offers(Struct, frozen=True):
    """Everything that is sold in one location."""

    location: str
    sizes: dict[str, Sold]
    fault_domains: int

    @property
    def zones(self) -> list[str]:
        """The zones that the region has: not every size is in all of them."""
        return sorted({zone for sold in self.sizes.values() for zone in sold.zones})

    def zones_of(self, types: Iterable[str]) -> list[str]:
        """The zones in which every one of these sizes can be had; all zones without any size."""
        zones = set(self.zones)
        for sold in self._sold(types):
            zones &= sold.zones - sold.refused
        return sorted(zones)

    def _sold(self, types: Iterable[str]) -> list[Sold]:
        return [self._one(name) for name in types]

    def _one(self, name: str) -> Sold:
        sold = self.sizes.get(name.casefold())
        why = "is not sold" if sold is None else sold.withheld
        if sold is None or why:
            raise InvalidRequest(
                f"{name} {why} in {self.location} to this subscription: name another size or location",
                path="size.type",
            )
        return sold

    def has_zones(self, types: Sequence[str]) -> bool:
        """Whether machines of these sizes can be in zones here."""
        return bool(self.zones) and all(sold.zones for sold in self._sold(types))

    def untold(self, types: Sequence[str]) -> dict[Level, str]:
        """Why machines of these sizes can be in no zone of a location that has some."""
        without = [name for name in types if not self._one(name).zones]
        if not (self.zones and without):
            return {}
        return {"zone": f"Azure sells {', '.join(without)} in no zone of {self.location}: name another size"}

    def domains(self, types: Sequence[str]) -> list[Domain]:
        """The zones, those that a size is missing in with the reason; without zones the fault domains."""
        if not self.has_zones(types):
            return [Domain(region=self.location, rack=str(n)) for n in range(self.fault_domains)]
        good = self.zones_of(types)
        return [self._zone(zone, good, types) for zone in self.zones]

    def _zone(self, zone: str, good: Sequence[str], types: Sequence[str]) -> Domain:
        missing = [name for name in types if zone not in self._one(name).zones]
        refused = [name for name in types if zone in self._one(name).refused]
        why = f"Azure does not sell {', '.join(missing)} in zone {zone}" if missing else ""
        why = why or f"this subscription may not have {', '.join(refused)} in zone {zone}"
        return Domain(region=self.location, zone=zone, usable=zone in good, why="" if zone in good else why)

    def findings(self, types: Sequence[str]) -> list[Finding]:
        """Without a size the zones are those that any size has."""
        partial = [sold for sold in self.sizes.values() if sold.zones and sold.zones != set(self.zones)]
        if types or not partial:
            return []
        return [
            Finding("size", f"not every size is sold in every zone of {self.location}: name it (size: type)")
        ]

    def limits(self, usages: Iterable[Usage], types: Sequence[str]) -> Limits:
        """How many more machines the quotas take, of the region and of each family of sizes.

        https://learn.microsoft.com/azure/virtual-machines/quotas: both are counted in vCPUs.
        """
        left = {(u.name.value or "").casefold(): max(0, u.limit - u.current_value) for u in usages if u.name}
        found = [left["virtualmachines"]] if "virtualmachines" in left else []
        kinds = {name: sold for name, sold in zip(types, self._sold(types), strict=True) if sold.vcpus}
        cores = max((sold.vcpus for sold in kinds.values()), default=0)
        if cores and "cores" in left:
            found.append(left["cores"] // cores)
        if len(kinds) == 1 and (family := next(iter(kinds.values())).family) in left:
            found.append(left[family] // cores)
        amounts = {_of(sold): float(left[sold.family]) for sold in kinds.values() if sold.family in left}
        taken: dict[str, Size] = {name: {_of(sold): sold.vcpus} for name, sold in kinds.items()}
        return Limits(instances_left=min(found, default=None), amounts_left=amounts, types=taken)


def _of(sold: Sold) -> str:
    """What the quota of a family counts."""
    return f"vCPUs of {sold.family}"


def types_of(sizes: Iterable[Size]) -> list[str]:
    """The names of sizes that members ask for."""
    return sorted({str(size["type"]) for size in sizes if "type" in size})


def read(location: str, skus: Iterable[ResourceSku]) -> Offers:
    """What a list of SKUs says of a location."""
    sizes: dict[str, Sold] = {}
    fault_domains = 0
    for sku in skus:
        if sku.resource_type == "virtualMachines" and sku.name:
            sizes[sku.name.casefold()] = _sold(sku)
        elif (sku.resource_type, sku.name) == ("availabilitySets", "Aligned"):
            fault_domains = int(_capability(sku, "MaximumPlatformFaultDomainCount") or 0)
    if not sizes:
        raise InvalidRequest(
            f"Azure sells nothing in {location!r}: name a location as `az account list-locations` prints it",
            path="location",
        )
    return Offers(location.replace(" ", "").casefold(), sizes, fault_domains)


def _sold(sku: ResourceSku) -> Sold:
    restrictions = sku.restrictions or []
    refused = {
        zone
        for one in restrictions
        if one.type == "Zone"
        for zone in ((one.restriction_info and one.restriction_info.zones) or ())
    }
    withheld = next(
        (f"is withheld ({one.reason_code})" for one in restrictions if one.type == "Location"), ""
    )
    zones = {zone for info in sku.location_info or () for zone in info.zones or ()}
    vcpus = int(float(_capability(sku, "vCPUs") or 0))
    family = (sku.family or "").casefold()
    return Sold(frozenset(zones), frozenset(refused), vcpus, family, withheld)


def _capability(sku: ResourceSku, name: str) -> str:
    """Every capability is told as text."""
    return next((one.value or "" for one in sku.capabilities or () if one.name == name), "")
