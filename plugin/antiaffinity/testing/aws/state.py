"""Everything that one fake account shares: moto's tables, and beside them groups, seats and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.moto_api._internal import mock_random

from antiaffinity.testing.aws.nouns import DedicatedHost, PlacementGroup, Refused, Seat, Settings
from antiaffinity.testing.aws.tables import forget, tables
from antiaffinity.testing.world import Place, World

ACCOUNTS = count(100_000_000_001)
"""Every fake has an account of its own in moto, so that none sees another's instances."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""What the World's zero is on EC2's calendar."""

CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html."""


class State:
    """One account in one region; the World has the machines, their hosts and the zones."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world, self.settings = world, settings
        self.account = str(next(ACCOUNTS))
        self.groups: dict[str, PlacementGroup] = {}
        self.seats: dict[str, Seat] = {}
        self.hosts: dict[str, DedicatedHost] = {}
        self.tokens: dict[tuple[str, str], tuple[str, list[str]]] = {}
        """By client token and zone: what was asked for, and the instances that it gave."""
        self.hidden: set[str] = set()
        """Instances that no list shows, while asking for them by id does."""
        self.gone: dict[str, Any] = {}
        """Instances that have left the lists while their token is remembered."""
        self.moto = tables(self.account, settings.region)
        self._keep_zones()

    def _keep_zones(self) -> None:
        """Of moto's zones those that the World has hosts in."""
        region = self.settings.region
        known = {zone.name: zone for zone in self.moto.zones.get(region, ())}
        wanted = sorted({place.zone for place in self.world.places.values() if place.region == region})
        if strange := [zone for zone in wanted if zone not in known]:
            raise ValueError(f"{region} has no zone {strange[0]!r}; it has {', '.join(known)}")
        self.moto.zones = {region: [known[zone] for zone in wanted]}
        for subnet in list(self.moto.describe_subnets()):
            if subnet.availability_zone not in wanted or not self.settings.default_vpc:
                self.moto.delete_subnet(subnet.id)

    def close(self) -> None:
        """Let moto forget the account."""
        forget(self.account)

    # Time and chance

    @property
    def now(self) -> float:
        return self.world.now

    def moment(self) -> datetime:
        """The moment on EC2's calendar, in whole seconds as EC2 tells it."""
        return EPOCH + timedelta(seconds=int(self.now))

    def seed(self) -> None:
        """The ids that moto makes up follow from the World's chance."""
        mock_random.seed(self.world.chance.getrandbits(64))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}-{self.world.chance.getrandbits(68):017x}"

    # Zones and hosts

    @property
    def zones(self) -> dict[str, str]:
        """The names of the zones, by their ids."""
        zones, ids = self.moto.zones[self.settings.region], self.settings.zone_ids
        return {ids.get(zone.name, zone.zone_id): zone.name for zone in zones}

    def places(self, zone: str) -> list[Place]:
        """The hosts of a zone that anybody's instances may share."""
        own = {host.place for host in self.hosts.values() if not host.released}
        places = (place for place in self.world.places.values() if place.host not in own)
        return [place for place in places if place.zone == zone]

    def size(self, instance_type: str) -> dict[str, float]:
        """What an instance of a type takes of its host."""
        if instance_type not in INSTANCE_TYPES:
            raise Refused("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
        return {"vcpus": float(INSTANCE_TYPES[instance_type]["VCpuInfo"]["DefaultVCpus"])}

    # Instances

    def instances(self) -> Iterator[Any]:
        """moto's instances, those that nobody is shown yet too."""
        for reservation in self.moto.reservations.values():
            yield from reservation.instances

    def is_seen(self, instance_id: str) -> bool:
        seat = self.seats.get(instance_id)
        return seat is None or seat.seen <= self.now

    def set_state(self, instance: Any, name: str) -> None:
        instance._state.name, instance._state.code = name, CODES[name]

    def members(self, group: PlacementGroup) -> list[Any]:
        """The instances in a placement group that have not ended."""
        inside = {id_ for id_, seat in self.seats.items() if seat.group == group.id and not seat.ended}
        return [instance for instance in self.instances() if instance.id in inside]

    def placed(self, group: PlacementGroup) -> list[Place]:
        """The hosts that members of a group are on now; a stopped one is on none."""
        machines = (self.world.machines.get(member.id) for member in self.members(group))
        return [machine.place for machine in machines if machine and machine.place]

    def group(self, group_id: str = "", name: str = "") -> PlacementGroup:
        """A group that can be used now."""
        for group in self.groups.values():
            ready = group.seen <= self.now and group.available <= self.now
            if ready and (group_id == group.id or name == group.name):
                return group
        raise Refused(
            "InvalidPlacementGroup.Unknown", f"The Placement Group '{group_id or name}' is unknown."
        )

    # After what happens in the World

    def show(self) -> None:
        """Let moto tell of the World: where instances are, and their groups; and the World of new tags."""
        for instance in self.instances():
            seat, machine = self.seats.get(instance.id), self.world.machines.get(instance.id)
            if seat is None:
                continue
            if machine:
                machine.tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
                if machine.place:
                    instance._placement.zone = machine.place.zone
            self._show_seat(instance._placement, seat, machine.place if machine else None)

    def _show_seat(self, shown: Any, seat: Seat, place: Place | None) -> None:
        ids = {name: id_ for id_, name in self.zones.items()}
        group = self.groups.get(seat.group)
        if seat.ended and not self.settings.ended_keeps_group:
            group = None
        shown.availability_zone_id = ids.get(shown.zone)
        shown.group_name, shown.group_id = (group.name, group.id) if group else ("", None)
        number = group.racks.get(place.domain("rack"), seat.partition) if group and place else seat.partition
        shown.partition_number = number if group and number else None
        shown.host_id = self._host_of(place) if seat.dedicated else None
        shown.tenancy = "host" if seat.dedicated else "default"
        shown.affinity = seat.affinity or None

    def _host_of(self, place: Place | None) -> str | None:
        """The Dedicated Host; a stopped instance without affinity has none."""
        found = (host.id for host in self.hosts.values() if place and host.place == place.host)
        return next(found, None)
