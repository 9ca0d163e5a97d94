"""What becomes of an instance: it boots, stops, starts again elsewhere, moves between groups, and ends."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import StateReason

from antiaffinity.testing.aws import room
from antiaffinity.testing.aws.nouns import PlacementGroup, Refused
from antiaffinity.testing.aws.request import Ec2Request
from antiaffinity.testing.aws.state import CODES
from antiaffinity.testing.world import Place

NO_CAPACITY = StateReason(
    "Server.InsufficientInstanceCapacity: There was insufficient capacity to launch this instance",
    "Server.InsufficientInstanceCapacity",
)
BY_USER = StateReason("Client.UserInitiatedShutdown: User initiated shutdown", "Client.UserInitiatedShutdown")


class Lives(Ec2Request):
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html."""

    def terminate_instances(self) -> ActionResult:
        instances = self._asked_for()
        before = {instance.id: instance.state for instance in instances}
        self.error_on_dryrun()
        for instance in instances:
            if instance.state not in ("shutting-down", "terminated"):
                self._end(instance, BY_USER)
        return _changed("TerminatingInstances", instances, before)

    def stop_instances(self) -> ActionResult:
        instances = self._asked_for()
        before = {instance.id: instance.state for instance in instances}
        for instance in instances:
            _must_be(instance, "running", "stopping", "stopped")
        self.error_on_dryrun()
        for instance in instances:
            if instance.state == "running":
                self._stop(instance)
        return _changed("StoppingInstances", instances, before)

    def start_instances(self) -> ActionResult:
        instances = self._asked_for()
        before = {instance.id: instance.state for instance in instances}
        for instance in instances:
            _must_be(instance, "stopped", "pending", "running")
        self.error_on_dryrun()
        for instance in instances:
            if instance.state == "stopped":
                self._start(instance)
        return _changed("StartingInstances", instances, before)

    def modify_instance_placement(self) -> ActionResult:
        """Only of a stopped instance: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstancePlacement.html."""
        (instance,) = self._named([self.given("InstanceId")])
        name, id_ = self.given("GroupName"), self.given("GroupId")
        group = self.state.group(id_ or "", name or "") if name or id_ else None
        if instance.state != "stopped":
            raise Refused(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in the 'stopped' state.",
            )
        self.error_on_dryrun()
        self._move(instance, group, leaves=name == "")
        return ActionResult({"Return": True})

    def _move(self, instance: Any, group: PlacementGroup | None, leaves: bool) -> None:
        seat, number = self.state.seats[instance.id], int(self.given("PartitionNumber") or 0)
        if group and number > group.partitions:
            raise Refused("InvalidParameterValue", f"Partition {number} is out of range.")
        if group or leaves:
            seat.group, seat.partition = group.id if group else "", number
        elif number:
            seat.partition = number
        if host := self.given("HostId"):
            seat.dedicated = room.dedicated(self.state, host).id
        if affinity := self.given("Affinity"):
            seat.affinity = affinity
        self.state.show()

    # Places

    def take_place(self, instance: Any, place: Place) -> None:
        """It has its place at once, and runs there a little later."""
        self.state.world.reserve(instance.id, place.host)
        self._count_partition(instance, place)
        self.state.set_state(instance, "pending")
        self.state.world.after(self.settings.boot, lambda: self._boot(instance))

    def _count_partition(self, instance: Any, place: Place) -> None:
        """Who named no partition was given one with the place."""
        seat = self.state.seats[instance.id]
        group = self.state.groups.get(seat.group)
        if group:
            seat.partition = group.racks.get(place.domain("rack"), seat.partition)

    def _boot(self, instance: Any) -> None:
        if instance.state == "pending" and instance.id in self.state.world.machines:
            self.state.set_state(instance, "running")
            self.state.world.start(instance.id)

    def end_unplaced(self, instance: Any) -> None:
        """There was no hardware for it: seen for a moment, then terminated."""
        self.state.world.after(self.settings.boot, lambda: self._end_if_pending(instance))

    def _end_if_pending(self, instance: Any) -> None:
        if instance.state == "pending":
            self._end(instance, NO_CAPACITY)
            self._ended(instance)

    def _end(self, instance: Any, reason: StateReason) -> None:
        """moto takes it apart at once; it is shown to shut down for a while, and holds its place so long."""
        instance.terminate()
        self.state.set_state(instance, "shutting-down")
        instance.state_reason = reason
        self.state.world.after(self.settings.end, lambda: self._ended(instance))

    def _ended(self, instance: Any) -> None:
        seat = self.state.seats[instance.id]
        if seat.ended:
            return
        self.state.show()
        seat.ended = True
        self.state.set_state(instance, "terminated")
        self.state.world.remove(instance.id)
        self.state.world.after(self.settings.listed, lambda: self._unlist(instance))

    def _unlist(self, instance: Any) -> None:
        for id_, reservation in list(self.state.moto.reservations.items()):
            if instance in reservation.instances:
                reservation.instances.remove(instance)
            if not reservation.instances:
                del self.state.moto.reservations[id_]
        self.state.gone[instance.id] = instance
        self.state.world.after(self.settings.token_outlives, lambda: self._forget(instance))

    def _forget(self, instance: Any) -> None:
        self.state.gone.pop(instance.id, None)
        tokens = self.state.tokens.items()
        self.state.tokens = {token: asked for token, asked in tokens if instance.id not in asked[1]}

    def _stop(self, instance: Any) -> None:
        instance.stop()
        self.state.set_state(instance, "stopping")
        self.state.world.after(self.settings.halt, lambda: self._stopped(instance))

    def _stopped(self, instance: Any) -> None:
        """A stopped instance is on no host: its rack is free for others."""
        if instance.state == "stopping":
            self.state.show()
            self.state.set_state(instance, "stopped")
            self.state.world.stop(instance.id, keeps_place=False)

    def _start(self, instance: Any) -> None:
        """It needs a place as a new one does, and by the same rules."""
        seat, machine = self.state.seats[instance.id], self.state.world.machines[instance.id]
        if seat.dedicated:
            place = room.on_host(self.state, seat.dedicated, machine.size)
        else:
            group, zone = self.state.groups.get(seat.group), instance.placement.zone
            if zone in self.settings.impaired:
                raise room.insufficient(self.state, instance.instance_type, zone)
            ask = room.Ask(zone, instance.instance_type, machine.size, group, seat.partition)
            place = room.shared(self.state, ask)
        instance.start()
        instance.launch_time = self.state.moment()
        self.take_place(instance, place)

    def _asked_for(self) -> list[Any]:
        return self._named(self.given("InstanceIds") or [])

    def _named(self, ids: list[str]) -> list[Any]:
        there = {one.id: one for one in self.state.instances() if self.state.is_seen(one.id)}
        if missing := [id_ for id_ in ids if id_ not in there]:
            raise Refused("InvalidInstanceID.NotFound", f"The instance ID '{missing[0]}' does not exist")
        return [there[id_] for id_ in ids]


def _must_be(instance: Any, *states: str) -> None:
    if instance.state not in states:
        raise Refused(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in a state from which this can be done.",
        )


def _changed(key: str, instances: list[Any], before: dict[str, str]) -> ActionResult:
    return ActionResult({key: [_change(instance, before[instance.id]) for instance in instances]})


def _change(instance: Any, before: str) -> dict[str, Any]:
    now = instance.state
    return {
        "InstanceId": instance.id,
        "CurrentState": {"Code": CODES[now], "Name": now},
        "PreviousState": {"Code": CODES[before], "Name": before},
    }
