#!/usr/bin/env python3
# mypy: disable-error-code="import-not-found,import-untyped,attr-defined"
"""Ask the classes of Nova's scheduler where the next member of a group may go.

    nova_oracle.py < states.json                                  # a list of states; prints a list of answers
    nova_oracle.py time --hosts 1000 --members 100                # CPU seconds of one decision

A state is {"hosts": ["h1", ...], "instances": {"h1": [uuid, ...]},
"group": {"policy": "anti-affinity", "max_server_per_host": 2 or null, "members": [uuid, ...]}}.
Runs with the python of nova_env.py.
"""

import argparse
import json
import os
import sys
import time
import uuid
from typing import Any

# A script's own folder is searched first, and there is another module named nova in this one.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"

from nova import objects  # noqa: E402
from nova.scheduler import filters, host_manager, weights  # noqa: E402
from nova.scheduler.filters.affinity_filter import (  # noqa: E402
    ServerGroupAffinityFilter,
    ServerGroupAntiAffinityFilter,
)
from nova.scheduler.weights.affinity import (  # noqa: E402
    ServerGroupSoftAffinityWeigher,
    ServerGroupSoftAntiAffinityWeigher,
)

State = dict[str, Any]
FILTERS = (ServerGroupAntiAffinityFilter(), ServerGroupAffinityFilter())
SOFT_ANTI_AFFINITY = ServerGroupSoftAntiAffinityWeigher()
SOFT_AFFINITY = ServerGroupSoftAffinityWeigher()


def answer(state: State) -> dict[str, Any]:
    """The hosts that pass both filters, and what each weigher gives each host before normalisation."""
    hosts, spec = host_states(state), request(state)
    return {
        "hosts": [host.host for host in hosts if all(f.host_passes(host, spec) for f in FILTERS)],
        "soft_anti_affinity": {host.host: SOFT_ANTI_AFFINITY._weigh_object(host, spec) for host in hosts},
        "soft_affinity": {host.host: SOFT_AFFINITY._weigh_object(host, spec) for host in hosts},
    }


def host_states(state: State) -> list[Any]:
    return [host_state(name, state["instances"].get(name, [])) for name in state["hosts"]]


def host_state(name: str, instances: list[str]) -> Any:
    """The scheduler's picture of a host; of its instances these classes read only the keys."""
    host = host_manager.HostState(name, name, None)
    host.instances = dict.fromkeys(instances)
    return host


def request(state: State) -> Any:
    """What the scheduler is asked for a new member, as its `setup_instance_group` fills it in."""
    group, members = state["group"], set(state["group"]["members"])
    limit = group.get("max_server_per_host")
    occupied = [host for host, instances in state["instances"].items() if members & set(instances)]
    return objects.RequestSpec(
        instance_uuid=str(uuid.uuid4()),
        instance_group=objects.InstanceGroup(
            uuid=str(uuid.uuid4()),
            policy=group["policy"],
            policies=[group["policy"]],
            rules={} if limit is None else {"max_server_per_host": str(limit)},
            members=group["members"],
            hosts=occupied,
        ),
    )


def one_decision(hosts: list[Any], spec: Any) -> None:
    passed = filters.HostFilterHandler().get_filtered_objects(FILTERS, hosts, spec)
    weighers = [SOFT_ANTI_AFFINITY, SOFT_AFFINITY]
    weights.HostWeightHandler().get_weighed_objects(weighers, passed, spec)


def timed(arguments: argparse.Namespace) -> dict[str, Any]:
    """CPU seconds of one decision by the group's filters and weighers alone, members dealt out evenly."""
    members = [str(uuid.uuid4()) for _ in range(arguments.members)]
    hosts = [f"h{number}" for number in range(arguments.hosts)]
    on = {host: members[number :: len(hosts)] for number, host in enumerate(hosts)}
    group = {"policy": arguments.policy, "members": members}
    state = {"hosts": hosts, "group": group, "instances": on}
    picture, spec = host_states(state), request(state)
    started = time.process_time()
    for _ in range(arguments.repeat):
        one_decision(picture, spec)
    return {**vars(arguments), "cpu_seconds": (time.process_time() - started) / arguments.repeat}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("mode", nargs="?", choices=["answer", "time"], default="answer")
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--policy", default="anti-affinity")
    parser.add_argument("--repeat", type=int, default=5)
    return parser.parse_args()


def main() -> None:
    arguments = options()
    objects.register_all()
    timing = arguments.mode == "time"
    json.dump(timed(arguments) if timing else [answer(state) for state in json.load(sys.stdin)], sys.stdout)
    print()


if __name__ == "__main__":
    main()
