"""What Describe shows: zones as they are, offerings, Dedicated Hosts, and instances once they are visible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult

from antiaffinity.testing.aws import room
from antiaffinity.testing.aws.filters import passes, tags_of, valid_tags
from antiaffinity.testing.aws.nouns import DedicatedHost, Refused
from antiaffinity.testing.aws.request import Ec2Request


class Looks(Ec2Request):
    """Describe calls that moto answers otherwise, or not at all."""

    def describe_availability_zones(self) -> ActionResult:
        """With local zones that are opted in, as EC2 does: who wants zones only looks at the type."""
        names, ids = self.given("ZoneNames") or [], self.given("ZoneIds") or []
        self.error_on_dryrun()
        shown = [zone for zone in self._zones() if _asked(zone, names, ids)]
        if len(shown) < len(names) + len(ids):
            raise Refused("InvalidParameterValue", f"Invalid availability zone: [{(names + ids)[0]}]")
        found = [zone for zone in shown if passes(_zone_words(zone), self.filters())]
        return ActionResult({"AvailabilityZones": found})

    def _zones(self) -> Iterator[dict[str, Any]]:
        region = self.settings.region
        for id_, name in sorted(self.state.zones.items(), key=lambda zone: zone[1], reverse=True):
            state = "impaired" if name in self.settings.impaired else "available"
            yield _zone(region, name, id_, state, "availability-zone", "opt-in-not-required", region)
        for name in self.settings.local_zones:
            group = name.rstrip("abcdef")
            yield _zone(region, name, f"{name}-id", "available", "local-zone", "opted-in", group)

    def describe_instance_type_offerings(self) -> ActionResult:
        filters, kind = self.filters(), self.given("LocationType") or "region"
        if kind not in ("region", "availability-zone", "availability-zone-id"):
            return super().describe_instance_type_offerings()
        self.error_on_dryrun()
        ids = {name: id_ for id_, name in self.state.zones.items()}
        found = []
        for type_ in filters.get("instance-type", ()):
            zones = room.zones_of(self.state, type_)
            where = {"region": [self.settings.region], "availability-zone": zones}
            for place in where.get(kind, [ids[zone] for zone in zones]) if zones else ():
                found.append({"InstanceType": type_, "LocationType": kind, "Location": place})
        wanted = filters.get("location")
        found = [one for one in found if wanted is None or one["Location"] in wanted]
        return ActionResult({"InstanceTypeOfferings": found})

    def describe_instances(self) -> ActionResult:
        """moto's answer, without what is not visible yet; filters over groups are ours."""
        self.state.show()
        ids = self.given("InstanceIds") or []
        for id_ in ids:
            if not self.state.is_seen(id_):
                raise Refused("InvalidInstanceID.NotFound", f"The instance ID '{id_}' does not exist")
        own = {name: values for name, values in self.filters().items() if _is_ours(name)}
        self._without_filters(own)
        self._page_of_ours(ids)
        answer = super().describe_instances()
        for reservation in answer.result["Reservations"]:  # type: ignore[index]
            reservation.instances = [
                one
                for one in reservation.instances
                if self._is_shown(one.id, ids) and passes(self._instance_words(one), own)
            ]
        shown = [one for one in answer.result["Reservations"] if one.instances]  # type: ignore[index]
        return ActionResult({**answer.result, "Reservations": shown})  # type: ignore[dict-item]

    def _page_of_ours(self, ids: list[str]) -> None:
        """As long as ours are; a token may hold no more when it is used."""
        if self.given("NextToken") and self.settings.tokens_lost > 0:
            self.settings.tokens_lost -= 1
            raise Refused(self.settings.tokens_lost_as, "The specified token is not valid or is expired.")
        if not ids:
            self.params["MaxResults"] = min(int(self.given("MaxResults") or 1000), self.settings.page)

    def _is_shown(self, id_: str, asked: list[str]) -> bool:
        return self.state.is_seen(id_) and (id_ in asked or id_ not in self.state.hidden)

    def _without_filters(self, own: dict[str, Any]) -> None:
        given = self.given("Filters") or []
        if own:
            self.params["Filters"] = [one for one in given if one["Name"] not in own]

    def _instance_words(self, instance: Any) -> dict[str, list[str]]:
        tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
        place = instance.placement
        words = {
            "placement-group-name": [place.group_name] if place.group_name else [],
            "placement-partition-number": [str(place.partition_number)],
            "availability-zone": [str(place.zone)],
            "host-id": [place.host_id] if place.host_id else [],
            "tag-key": list(tags),
        }
        return words | {f"tag:{key}": [value] for key, value in tags.items()}

    def describe_images(self) -> ActionResult:
        self.state.moto.read_images()
        return super().describe_images()

    # Dedicated Hosts

    def allocate_hosts(self) -> ActionResult:
        """Hosts of the World for this account alone; nobody else may be on them."""
        tags = valid_tags(tags_of(self.given("TagSpecifications"), "dedicated-host"))
        zone: str = self.given("AvailabilityZone") or ""
        type_: str = self.given("InstanceType")
        zone = zone or str(self.state.zones.get(self.given("AvailabilityZoneId") or ""))
        count = int(self.given("Quantity") or 1)
        self.error_on_dryrun()
        empty = [place for place in self.state.places(zone) if not self.state.world.on(place.host)]
        if len(empty) < count:
            raise Refused("InsufficientHostCapacity", "There is not enough capacity to fulfill your request")
        auto = self.given("AutoPlacement") != "off"
        for place in empty[:count]:
            host = DedicatedHost(self.state.new_id("h"), place.host, type_, zone, auto, dict(tags))
            self.state.hosts[host.id] = host
        return ActionResult({"HostIds": list(self.state.hosts)[-count:]})

    def describe_hosts(self) -> ActionResult:
        ids = self.given("HostIds") or []
        self.error_on_dryrun()
        found = [host for host in self.state.hosts.values() if not ids or host.id in ids]
        if len(found) < len(ids):
            raise Refused("InvalidHostID.NotFound", "One of the host IDs does not exist")
        shown = [host for host in found if passes(_host_words(host), self._host_filters())]
        return ActionResult({"Hosts": [self._host(host) for host in shown]})

    def _host_filters(self) -> Any:
        """This call's parameter is Filter."""
        return {one["Name"]: one.get("Values", []) for one in self.given("Filter") or []}

    def release_hosts(self) -> ActionResult:
        done = []
        for id_ in self.given("HostIds") or []:
            if id_ in self.state.hosts and not self.state.world.on(self.state.hosts[id_].place):
                self.state.hosts[id_].released = True
                done.append(id_)
        return ActionResult({"Successful": done, "Unsuccessful": []})

    def _host(self, host: DedicatedHost) -> dict[str, Any]:
        free = self.state.world.free(host.place).get("vcpus", 0) if not host.released else 0
        each = self.state.size(host.type)["vcpus"]
        total = self.state.world.places[host.place].capacity.get("vcpus", 0)
        room_left = int(free // each) if self.state.world.places[host.place].open else 0
        type_room = {
            "AvailableCapacity": room_left,
            "InstanceType": host.type,
            "TotalCapacity": int(total // each),
        }
        shown = [
            {"InstanceId": machine.id, "InstanceType": host.type, "OwnerId": self.state.account}
            for machine in self.state.world.on(host.place)
        ]
        return {
            "HostId": host.id,
            "AvailabilityZone": host.zone,
            "AutoPlacement": "on" if host.auto else "off",
            "State": "released" if host.released else "available",
            "HostProperties": {"InstanceType": host.type, "TotalVCpus": int(total)},
            "AvailableCapacity": {
                "AvailableVCpus": int(free),
                "AvailableInstanceCapacity": [type_room],
            },
            "Instances": shown,
            "OwnerId": self.state.account,
            "Tags": [{"Key": key, "Value": value} for key, value in host.tags.items()],
        }


def _zone(region: str, name: str, id_: str, state: str, kind: str, opted: str, group: str) -> dict[str, Any]:
    return {
        "OptInStatus": opted,
        "Messages": [],
        "RegionName": region,
        "ZoneName": name,
        "ZoneId": id_,
        "GroupName": group,
        "NetworkBorderGroup": group,
        "ZoneType": kind,
        "State": state,
    }


def _asked(zone: dict[str, Any], names: list[str], ids: list[str]) -> bool:
    return (not names or zone["ZoneName"] in names) and (not ids or zone["ZoneId"] in ids)


def _zone_words(zone: dict[str, Any]) -> dict[str, list[str]]:
    names = {
        "zone-name": "ZoneName",
        "zone-id": "ZoneId",
        "zone-type": "ZoneType",
        "state": "State",
        "opt-in-status": "OptInStatus",
        "group-name": "GroupName",
        "region-name": "RegionName",
    }
    return {word: [zone[key]] for word, key in names.items()}


def _host_words(host: DedicatedHost) -> dict[str, list[str]]:
    words = {
        "availability-zone": [host.zone],
        "state": ["released" if host.released else "available"],
        "instance-type": [host.type],
        "tag-key": list(host.tags),
    }
    return words | {f"tag:{key}": [value] for key, value in host.tags.items()}


def _is_ours(name: str) -> bool:
    return name.startswith("tag:") or name in (
        "placement-group-name",
        "placement-partition-number",
        "availability-zone",
        "host-id",
        "tag-key",
    )
