#!/usr/bin/env python3
# mypy: disable-error-code="import-not-found,import-untyped,attr-defined,misc,no-any-unimported"
"""How long Nova's scheduler takes over one decision: its own filters and weighers, nothing else of Nova.

    nova_decisions.py HOSTS MEMBERS        # then, for each line "group-only" or "default" on stdin:
                                           # CPU seconds of one decision, the mean over ten group sizes

The sizes are the middles of ten equal parts of 0..MEMBERS, the members each on a host of its own.
Runs with the python of nova_env.py. A whole Nova adds its database, messages and Placement to this.
"""

import sys
import time
import uuid
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "real"))

# First, because it makes Nova importable.
from nova_oracle import FILTERS, SOFT_AFFINITY, SOFT_ANTI_AFFINITY, State, host_states, request  # isort: skip

from nova import objects
from nova.scheduler import filters, weights
from nova.scheduler.filters.num_instances_filter import NumInstancesFilter
from nova.scheduler.weights.cpu import CPUWeigher
from nova.scheduler.weights.disk import DiskWeigher
from nova.scheduler.weights.io_ops import IoOpsWeigher
from nova.scheduler.weights.num_instances import NumInstancesWeigher
from nova.scheduler.weights.ram import RAMWeigher

PARTS = 10
WANTED_MB = 4096


class RamShapedFilter(filters.BaseHostFilter):
    """Stands for the capacity that Nova's own Placement judges: the same work as its former RamFilter."""

    def host_passes(self, host_state: Any, spec_obj: Any) -> bool:
        return bool(host_state.free_ram_mb >= WANTED_MB)


GROUP = [SOFT_ANTI_AFFINITY, SOFT_AFFINITY]
RESOURCES = [RAMWeigher(), CPUWeigher(), DiskWeigher(), IoOpsWeigher(), NumInstancesWeigher()]
KINDS: dict[str, tuple[list[Any], list[Any]]] = {
    "group-only": ([*FILTERS], GROUP),
    "default": ([NumInstancesFilter(), RamShapedFilter(), *FILTERS], [*GROUP, *RESOURCES]),
}


def scene(hosts: int, members: int) -> tuple[list[Any], Any]:
    """The scheduler's picture of a group of this size, and its request for one member more."""
    names = [f"h{number}" for number in range(hosts)]
    ids = [str(uuid.uuid4()) for _ in range(members)]
    on = {name: [id_] for name, id_ in zip(names, ids, strict=False)}
    group = {"policy": "anti-affinity", "members": ids}
    state: State = {"hosts": names, "group": group, "instances": on}
    picture = host_states(state)
    for number, host in enumerate(picture):
        give_room(host, number)
    return picture, request(state)


def give_room(host: Any, number: int) -> None:
    """Room enough on every host, not on all alike."""
    host.total_usable_ram_mb, host.vcpus_total = 262_144, 64
    host.free_ram_mb, host.vcpus_used = 62_144 + number * 7919 % 200_000, number * 7 % 60
    host.free_disk_mb, host.num_instances = 1_000_000, len(host.instances)
    host.cpu_allocation_ratio = 4.0


def one_decision(kind: str, picture: list[Any], spec: Any) -> Any:
    """The host for one member more."""
    asked, weighers = KINDS[kind]
    passed = filters.HostFilterHandler().get_filtered_objects(asked, picture, spec)
    return weights.HostWeightHandler().get_weighed_objects(weighers, passed, spec)[0].obj


def cpu_seconds(kind: str, scenes: list[tuple[list[Any], Any]]) -> float:
    started = time.process_time()
    chosen = [one_decision(kind, picture, spec) for picture, spec in scenes]
    used = time.process_time() - started
    assert not any(host.instances for host in chosen), "anti-affinity is broken: this measured something else"
    return used / len(scenes)


def main() -> None:
    hosts, members = int(sys.argv[1]), int(sys.argv[2])
    objects.register_all()
    scenes = [scene(hosts, round((part + 0.5) * members / PARTS)) for part in range(PARTS)]
    for line in sys.stdin:
        print(cpu_seconds(line.strip(), scenes), flush=True)


if __name__ == "__main__":
    main()
