"""Everything that the zones of one fake Exoscale share, on its World."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from antiaffinity.testing.exoscale.http import Refused
from antiaffinity.testing.exoscale.nouns import (
    Failed,
    Group,
    Instance,
    InstanceType,
    Key,
    Operation,
    Settings,
    Work,
)
from antiaffinity.testing.world import World

GONE = ("destroyed",)


class State:
    """The tables of the organization; the World has the machines and the hypervisors of each zone."""

    def __init__(self, world: World, settings: Settings, types: Iterable[InstanceType]) -> None:
        self.world, self.settings = world, settings
        self.types = {one.id: one for one in types}
        self.keys: dict[str, Key] = {}
        self.groups: dict[str, Group] = {}
        self.operations: dict[str, Operation] = {}
        self.hidden: set[str] = set()
        """Instances that no list shows, while asking for them by id does."""
        self.withdrawn: set[str] = set()
        """Zones in which no instance type is offered any more."""
        self._instances: dict[str, Instance] = {}

    def new_id(self) -> str:
        """A UUID by the World's chance."""
        return str(UUID(int=self.world.chance.getrandbits(128), version=4))

    @property
    def zones(self) -> list[str]:
        """The zones in which there are hypervisors."""
        return sorted({place.zone for place in self.world.places.values()})

    # Instances

    @property
    def instances(self) -> dict[str, Instance]:
        """The instances that exist; one whose machine is gone from the World is gone."""
        self._instances = {id_: one for id_, one in self._instances.items() if id_ in self.world.machines}
        return self._instances

    def add(self, instance: Instance) -> None:
        self._instances[instance.id] = instance

    def forget(self, instance: Instance) -> None:
        """The instance is gone, and its machine with it."""
        self._instances.pop(instance.id, None)
        self.world.remove(instance.id)

    def instance(self, zone: str, id_: str) -> Instance:
        """An instance of this zone; a zone knows no other's."""
        found = self.instances.get(id_)
        if found is None or found.zone != zone:
            raise Refused(404, f"Instance {id_} not found")
        return found

    # Groups

    def group(self, id_: str) -> Group:
        """A group; every zone knows all of them."""
        if id_ not in self.groups:
            raise Refused(404, f"Anti-affinity Group {id_} not found")
        return self.groups[id_]

    def members(self, group: str, zone: str | None = None) -> list[Instance]:
        """The instances in a group, of one zone or of all."""
        return [one for one in self.instances.values() if group in one.groups and zone in (None, one.zone)]

    # Operations

    def begin(self, command: str, noun: str, reference: str, work: Work) -> Operation:
        """Set something going; it happens, or fails, when an operation's time is over."""
        operation = Operation(self.new_id(), command, reference, noun)
        self.operations[operation.id] = operation
        seconds = self.settings.launching if command == "create-instance" else None
        seconds = self.settings.operating if seconds is None else seconds
        if seconds > 0:
            self.world.after(seconds, lambda: _end(operation, work))
        else:
            _end(operation, work)
        return operation


def _end(operation: Operation, work: Work) -> None:
    try:
        work()
    except Failed as failed:
        operation.state, operation.reason, operation.message = "failure", failed.reason, failed.message
    else:
        operation.state = "success"
