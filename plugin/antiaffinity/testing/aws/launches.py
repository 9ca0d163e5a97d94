"""RunInstances: what it is asked, where the World has room for that, and what comes of it."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from msgspec import Struct

from antiaffinity.testing.aws import room
from antiaffinity.testing.aws.filters import tags_of, valid_tags
from antiaffinity.testing.aws.nouns import PlacementGroup, Refused, Seat
from antiaffinity.testing.aws.request import Ec2Request
from antiaffinity.testing.world import Place

LONGEST_TOKEN = 64


class Order(Struct):
    """One launch, as far as it is about places."""

    type: str
    size: dict[str, float]
    zone: str
    subnet: str
    least: int
    most: int
    group: PlacementGroup | None
    partition: int
    host: str
    affinity: str


class Launches(Ec2Request):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html."""

    def run_instances(self) -> Any:
        tags = tags_of(self.given("TagSpecifications"), "instance")
        self.authorize(*(["CreateTags"] if self.given("TagSpecifications") else []))
        valid_tags(tags)
        if before := self._repeated():
            return before
        order = self._order()
        self.error_on_dryrun()
        self._quota(order)
        places = self._places(order)
        return self._launched(order, places)

    # The client token

    def _repeated(self) -> ActionResult | None:
        """The same answer again: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html."""
        token = self._token()
        if token not in self.state.tokens:
            return None
        asked, ids = self.state.tokens[token]
        if asked != self._asked():
            raise Refused(
                "IdempotentParameterMismatch",
                "The client token was used with other parameters: arguments on this idempotent request are "
                "inconsistent with arguments used in previous request(s).",
            )
        there = {instance.id: instance for instance in self.state.instances()} | self.state.gone
        self.state.show()
        found = [there[id_] for id_ in ids]
        if self.settings.spent == "refused" and any(self.state.seats[id_].ended for id_ in ids):
            raise Refused(
                "IdempotentInstanceTerminated",
                "The client token you have provided is associated with a terminated instance. Please use a "
                "different client token.",
            )
        return ActionResult({"ReservationId": "r-0fa4e", "OwnerId": self.state.account, "Instances": found})

    def _token(self) -> tuple[str, str]:
        """The client token and the zone that was named: what is launched in another zone is another."""
        token = self.given("ClientToken") or ""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise Refused("InvalidParameterValue", "Client token must be ASCII, up to 64 characters")
        subnet = self._subnet()
        named = self.given("Placement.AvailabilityZone") or self.given("Placement.AvailabilityZoneId")
        return token, self._zone(subnet) if subnet or named else ""

    def _asked(self) -> str:
        plain = {name: values for name, values in self.querystring.items() if name != "ClientToken"}
        return json.dumps(plain, sort_keys=True, default=str)

    # The order

    def _order(self) -> Order:
        least, most = int(self.given("MinCount") or 0), int(self.given("MaxCount") or 0)
        if not 1 <= least <= most:
            raise Refused("InvalidParameterValue", f"Invalid counts: min {least}, max {most}")
        type_ = self.given("InstanceType") or "m1.small"
        size = self.state.size(type_)
        subnet = self._subnet()
        zone = self._zone(subnet)
        self._offered(type_, zone)
        group = self._group()
        order = Order(
            type_, size, zone, subnet.id if subnet else self._default_subnet(zone), least, most, group,
            self._partition(group), *self._tenancy(group),
        )  # fmt: skip
        self._addresses(order)
        return order

    def _subnet(self) -> Any:
        interfaces = self.given("NetworkInterfaces") or []
        named = [one["SubnetId"] for one in interfaces if "SubnetId" in one and int(one["DeviceIndex"]) == 0]
        if interfaces and self.given("SubnetId"):
            raise Refused(
                "InvalidParameterCombination",
                "Network interfaces and an instance-level subnet ID may not be specified on the same request",
            )
        existing = [one["NetworkInterfaceId"] for one in interfaces if "NetworkInterfaceId" in one]
        if existing:
            return self.state.moto.get_network_interface(existing[0]).subnet
        id_ = self.given("SubnetId") or next(iter(named), None)
        return self.state.moto.get_subnet(id_) if id_ else None

    def _zone(self, subnet: Any) -> str:
        name, id_ = self.given("Placement.AvailabilityZone"), self.given("Placement.AvailabilityZoneId")
        if name and id_:
            raise Refused("InvalidParameterCombination", "Specify the zone by its name or its id, not both.")
        if id_ and id_ not in self.state.zones:
            raise Refused("InvalidParameterValue", f"Invalid availability zone id: [{id_}]")
        asked = str(self.state.zones[id_]) if id_ else name
        if asked and asked not in self.state.zones.values():
            raise Refused("InvalidParameterValue", f"Invalid availability zone: [{asked}]")
        if subnet and asked not in (None, subnet.availability_zone):
            raise Refused(
                "InvalidParameterValue",
                f"Value ({asked}) for parameter availabilityZone is invalid. Subnet '{subnet.id}' is in the "
                f"availability zone {subnet.availability_zone}",
            )
        return str(subnet.availability_zone if subnet else asked or min(self.state.zones.values()))

    def _default_subnet(self, zone: str) -> str:
        if not self.settings.default_vpc:
            raise Refused(
                "VPCIdNotSpecified",
                "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
            )
        found = self.state.moto.get_default_subnets().get(zone)
        if found is None:
            raise Refused("InvalidInput", f"No default subnet for availability zone: ''{zone}''.")
        return str(found.id)

    def _offered(self, type_: str, zone: str) -> None:
        if zone in room.zones_of(self.state, type_):
            return
        raise Refused(
            "Unsupported",
            f"Your requested instance type ({type_}) is not supported in your requested Availability Zone "
            f"({zone}). Please retry your request by not specifying an Availability Zone or choosing "
            f"{', '.join(room.zones_of(self.state, type_))}.",
        )

    def _group(self) -> PlacementGroup | None:
        name, id_ = self.given("Placement.GroupName"), self.given("Placement.GroupId")
        if name and id_:
            raise Refused("InvalidParameterCombination", "Specify GroupName or GroupId, not both.")
        return self.state.group(id_ or "", name or "") if name or id_ else None

    def _partition(self, group: PlacementGroup | None) -> int:
        number = int(self.given("Placement.PartitionNumber") or 0)
        if number and (group is None or not group.partitions):
            raise Refused(
                "InvalidParameterCombination", "A partition number needs a partition placement group."
            )
        if group and number > group.partitions:
            raise Refused("InvalidParameterValue", f"Partition {number} is out of range.")
        return number

    def _tenancy(self, group: PlacementGroup | None) -> tuple[str, str]:
        """The Dedicated Host and the affinity to it; neither goes with a placement group of ours."""
        tenancy, host = self.given("Placement.Tenancy") or "default", self.given("Placement.HostId") or ""
        affinity = self.given("Placement.Affinity") or ""
        if group and (tenancy == "host" or (tenancy == "dedicated" and group.strategy == "spread")):
            raise Refused(
                "InvalidParameterCombination", f"Tenancy {tenancy} does not go with a {group.strategy} group."
            )
        if host and tenancy != "host":
            raise Refused("InvalidParameterCombination", "HostId needs the tenancy 'host'.")
        if tenancy == "host":
            return room.dedicated(self.state, host).id, affinity
        return "", ""

    def _addresses(self, order: Order) -> None:
        subnet = self.state.moto.get_subnet(order.subnet)
        if subnet.available_ip_address_count < order.least:
            raise Refused(
                "InsufficientFreeAddressesInSubnet",
                "There are not enough free addresses in subnet to satisfy the requested number of instances.",
            )

    def _quota(self, order: Order) -> None:
        quota, each = self.settings.vcpu_quota, order.size["vcpus"]
        used = room.vcpus_in_use(self.state)
        if quota is not None and used + each * order.least > quota:
            raise Refused(
                "VcpuLimitExceeded",
                f"You have requested more vCPU capacity than your current vCPU limit of {quota} allows for "
                f"the instance bucket that the specified instance type belongs to. Please visit "
                f"http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
            )

    # Places

    def _places(self, order: Order) -> list[Place]:
        """As many places as there are, from MinCount to MaxCount."""
        found: list[Place] = []
        try:
            while len(found) < order.most:
                found.append(self._place(order, found))
        except Refused:
            if len(found) < order.least and self.settings.refuses == "call":
                raise
        return found

    def _place(self, order: Order, taken: list[Place]) -> Place:
        if order.host:
            return room.on_host(self.state, order.host, order.size)
        if order.zone in self.settings.impaired:
            raise room.insufficient(self.state, order.type, order.zone)
        ask = room.Ask(order.zone, order.type, order.size, order.group, order.partition)
        return room.shared(self.state, ask, taken)

    def _launched(self, order: Order, places: list[Place]) -> ActionResult:
        """moto makes the instances; the World's machines are put where there is room."""
        self.params["MinCount"] = max(len(places), order.least)
        if "SubnetId" not in self.params and not self.given("NetworkInterfaces"):
            self.params["SubnetId"] = order.subnet
        answer = super().run_instances()
        made = answer.result.instances  # type: ignore[attr-defined]
        for number, instance in enumerate(made):
            self._seat(order, instance, places[number] if number < len(places) else None)
        if self.given("ClientToken"):
            self.state.tokens[self._token()] = (self._asked(), [instance.id for instance in made])
        self.state.show()
        return answer

    def _seat(self, order: Order, instance: Any, place: Place | None) -> None:
        group = order.group.id if order.group else ""
        seen = self.state.now + self.settings.instance_unseen
        seat = Seat(group, order.partition, order.host, seen, order.affinity)
        self.state.seats[instance.id] = seat
        instance.launch_time = self.state.moment()
        for interface in instance.nics.values():
            interface.attach_time = self.state.moment()
            if not self.given("NetworkInterfaces"):
                interface.delete_on_termination = True  # as EC2 has it, and moto has not
        tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
        self.state.world.create(instance.id, tags, order.size)
        self.state.set_state(instance, "pending")
        if place is None:
            self.end_unplaced(instance)
        else:
            self.take_place(instance, place)

    # In lives.py

    def take_place(self, instance: Any, place: Place) -> None:
        raise NotImplementedError

    def end_unplaced(self, instance: Any) -> None:
        raise NotImplementedError
