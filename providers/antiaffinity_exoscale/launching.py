"""What became of a launch: followed until the instance has its place, or is known to have none."""

from __future__ import annotations

from antiaffinity import clock
from antiaffinity.errors import AntiaffinityError, Conflict, InvalidRequest, Unavailable
from antiaffinity.marks import check_mark
from antiaffinity.model import Machine, Placement
from antiaffinity.waiting import still_building
from antiaffinity_exoscale.calls import PATIENCE, POLL, Api, Shown
from antiaffinity_exoscale.faults import no_room, of_failure
from antiaffinity_exoscale.reading import marked, state_of


class Launches:
    """The launch of one member, in the zone of its placement."""

    def __init__(self, api: Api, placement: Placement, patience: float = PATIENCE) -> None:
        self._api, self._placement, self._patience = api, placement, patience
        self.zone = placement.domains.get("zone", "") or api.zones[0]

    def settled(self, id_: str) -> Shown:
        """The instance, once it has its place; ``id_`` is its own, or that of the operation that makes it."""
        shown = self._instance(id_)
        if shown is None:
            id_ = self._of_operation(id_)
            shown = self._instance(id_)
        if shown is None:
            raise self._vanished(id_)
        check_mark(self._placement, marked(shown), f"instance {shown['id']}")
        return self._decided(shown)

    def _instance(self, id_: str) -> Shown | None:
        return self._api.find("get-instance", self.zone, id_)

    def _of_operation(self, id_: str) -> str:
        """The instance that an operation made; its failure in Exoscale's own words."""
        operation = self._api.find("get-operation", self.zone, id_)
        if operation is None:
            return id_
        ended = self._api.followed(operation, self.zone, self._patience)
        if ended["state"] == "pending":
            raise still_building(f"the instance of {self._placement.member}", self._patience)
        made = str(ended.get("reference", {}).get("id", ""))
        if ended["state"] == "success":
            return made
        remains = self._machine(made) if self._instance(made) else None
        reason, said = ended.get("reason", ""), ended.get("message", "")
        raise of_failure(ended["state"], reason, said, self._placement, remains)

    def _decided(self, shown: Shown) -> Shown:
        """Until Exoscale has found a hypervisor: an instance then stays there for life."""
        started, id_ = clock.now(), shown["id"]
        while state_of(shown) == "starting":
            if clock.now() - started > self._patience:
                raise still_building(f"instance {id_} of {self._placement.member}", self._patience)
            clock.sleep(POLL)
            found = self._instance(id_)
            if found is None:
                raise no_room(self._placement, f"instance {id_} vanished while it was starting")
            shown = found
        return self._placed(shown)

    def _placed(self, shown: Shown) -> Shown:
        state, id_ = state_of(shown), shown["id"]
        if state == "lost":
            said = f"instance {id_} is in error; only the operation of its launch would tell why"
            raise no_room(self._placement, said, self._machine(id_))
        if state in ("leaving", "gone"):
            raise Conflict(f"instance {id_} of {self._placement.member} is {shown['state']}: launch it again")
        return shown

    def _vanished(self, id_: str) -> AntiaffinityError:
        """An id that nothing has: of a launch that failed and left nothing, or of something else."""
        for zone in self._api.zones:
            if zone != self.zone and self._api.find("get-instance", zone, id_):
                return self._elsewhere(zone, id_)
        for _, one in self._api.instances():
            if marked(one) == (self._placement.key, self._placement.member) and state_of(one) == "starting":
                return Unavailable(
                    f"launch returned {id_!r}, but the instance of {self._placement.member} is {one['id']}: "
                    f"return operation['reference']['id']"
                )
        said = f"there is no instance {id_!r}: its launch failed, or launch did not return its instance's id"
        return no_room(self._placement, said)

    def _elsewhere(self, zone: str, id_: str) -> InvalidRequest:
        return InvalidRequest(
            f"launch did not use the client of placement.domains['zone']: instance {id_} is in {zone}, but "
            f"{self._placement.member} goes to {self.zone}",
            path="launch",
        )

    def _machine(self, id_: str) -> Machine:
        placement = self._placement
        return Machine(id_, placement.member, placement.cloud, dict(placement.domains))
