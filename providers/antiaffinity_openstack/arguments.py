"""The launch arguments of one server: the user's own with its zone, its server group and our mark merged in.

Pure: nothing of the user's is changed in place, and merging twice is merging once. Nova takes a server
group at creation only (https://docs.openstack.org/nova/latest/user/server-groups.html), so it must travel
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiaffinity.errors import InvalidRequest
from antiaffinity.merging import agree, filled, mapping, mark_of, with_mark
from antiaffinity.model import Placement

SDK_KEYS = ("name", "availability_zone", "scheduler_hints", "metadata")
PULUMI_KEYS = ("availability_zone", "scheduler_hints", "metadata")

FORCED = ("host", "hypervisor_hostname")
"""A forced host goes past the scheduler, and so past every server group."""

SAID_AS = {
    "availability_zone_hints": "availability_zone",
    "OS-EXT-AZ:availability_zone": "availability_zone",
    "OS-SCH-HNT:scheduler_hints": "scheduler_hints",
    "os:scheduler_hints": "scheduler_hints",
}
"""Second names for what ours join: Pulumi's hint of a zone, and those of the API, which the SDK sends on."""

OF_CLOUD_LAYER = ("flavor", "image", "meta", "network", "nics", "userdata", "boot_volume", "auto_ip")
"""Arguments by which one tells a call of ``conn.create_server`` (of which it needs the first): the compute
proxy's call of the same name has none of them
(https://docs.openstack.org/openstacksdk/latest/user/connection.html#openstack.connection.Connection.create_server).
"""

LONGEST = 255
"""Characters in a metadata value (https://docs.openstack.org/api-ref/compute/#create-server)."""

Arguments = dict[str, Any]


def sdk_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of openstacksdk's ``conn.compute.create_server`` for exactly one server.

    Where own ones are those of ``conn.create_server`` (Ansible's), all are: there metadata is ``meta``.
    InvalidRequest, its ``path`` naming the argument, where an own argument names another zone or server
    group, forces a host, asks for several servers, or overwrites our mark.
    """
    _refuse_forced(own)
    _one_server(own)
    _one_group(placement, own)
    hints = mapping(own.get("scheduler_hints"), "scheduler_hints")
    return {
        **own,
        "name": own.get("name") or placement.member,
        **_zone(placement, own),
        **filled("scheduler_hints", own, _hints(placement, hints, "scheduler_hints")),
        _marked(own): _metadata(placement, own, _marked(own)),
    }


def pulumi_arguments(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    """Keyword arguments of ``pulumi_openstack.compute.Instance``.

    Own values may be Outputs, except for the zone, for the hint that names a server group, and for the
    list and dicts that ours join: only their items may. InvalidRequest as for the SDK.
    """
    _refuse_forced(own)
    return {
        **own,
        **_zone(placement, own),
        **filled("scheduler_hints", own, _hint_list(placement, own)),
        "metadata": _metadata(placement, own, "metadata"),
    }


def cli_words(placement: Placement, own: Mapping[str, Any]) -> list[str]:
    """The words to append to ``openstack server create --flavor F --image I``; the last is the name.

    ``own`` are arguments of the SDK's call, judged as there; its name, zone, hints and metadata become words.
    """
    merged = sdk_arguments(placement, own)
    zone = merged.get("availability_zone")
    return [
        *(["--availability-zone", zone] if zone else []),
        *_options("--hint", merged.get("scheduler_hints") or {}),
        *_options("--property", merged[_marked(own)]),
        merged["name"],
    ]


def _options(option: str, values: Mapping[str, Any]) -> list[str]:
    """``--hint group=1 --hint different_host=a --hint different_host=b``."""
    words = []
    for key, value in values.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            words += [option, f"{key}={each}"]
    return words


def _refuse_forced(own: Mapping[str, Any]) -> None:
    for name in FORCED:
        if own.get(name) is not None:
            raise InvalidRequest(
                "names a place past the scheduler and its server groups: remove it; "
                "to say where members may go use `only`",
                path=name,
            )
    for name, known in SAID_AS.items():
        if own.get(name) is not None:
            raise InvalidRequest(f"stands beside {known}, which the placement sets: say it there", path=name)


def _one_server(own: Mapping[str, Any]) -> None:
    for name in ("min_count", "max_count"):
        if own.get(name) not in (None, 1):
            raise InvalidRequest("every member is a launch of its own: give 1, or leave it out", path=name)


def _marked(own: Mapping[str, Any]) -> str:
    """The argument that holds the metadata."""
    if not any(name in own for name in OF_CLOUD_LAYER):
        return "metadata"
    if own.get("metadata") is not None:
        raise InvalidRequest("conn.create_server takes it as meta: say it there", path="metadata")
    return "meta"


def _one_group(placement: Placement, own: Mapping[str, Any]) -> None:
    """``conn.create_server`` lets its own ``group`` win over the hint."""
    if _group(placement) is not None:
        agree(placement.member, own.get("group"), _group(placement), "group")


def _zone(placement: Placement, own: Mapping[str, Any]) -> Arguments:
    zone, given = asked_zone(placement), own.get("availability_zone")
    if isinstance(given, str) and ":" in given and given != zone:
        raise InvalidRequest(
            f"{given!r} forces a host, past the scheduler and its server groups: name no host",
            path="availability_zone",
        )
    if zone is None:
        return {}
    agree(placement.member, given, zone, "availability_zone")
    return {"availability_zone": zone}


def asked_zone(placement: Placement) -> str | None:
    """The zone that the launch asks for; None where nothing of the group speaks of zones.

    Nova's own scheduler then chooses, beside the volume that is to boot, and no zone is pinned: a pin lasts
    (https://docs.openstack.org/nova/latest/admin/availability-zones.html).
    """
    return None if "zone" in placement.left_open else placement.domains.get("zone")


def _hints(placement: Placement, own: Mapping[str, Any], path: str) -> Arguments:
    """The user's own hints with our server group; those that do not name a group are kept as they are."""
    group = _group(placement)
    if group is None:
        return dict(own)
    agree(placement.member, own.get("group"), group, f"{path}.group")
    return {**own, "group": group}


def _hint_list(placement: Placement, own: Mapping[str, Any]) -> Any:
    """Pulumi's hints are a list of one; a value that nothing of ours joins may be an Output."""
    given = own.get("scheduler_hints")
    if _group(placement) is None:
        return given
    if not isinstance(given, list | tuple | None) or len(given or ()) > 1:
        raise InvalidRequest(
            "must be a list of one dict, so that the server group can join", path="scheduler_hints"
        )
    path = "scheduler_hints[0]"
    return [_hints(placement, mapping(given[0] if given else None, path), path)]


def _group(placement: Placement) -> str | None:
    """The server group of the launch; Nova takes one for a server."""
    if placement.natives and not placement.native_ids and not placement.existing:
        raise InvalidRequest(
            f"the server group of {placement.member} is not made yet: prepare the group first, "
            f"or the launch would go outside it",
            path="placement",
        )
    return placement.native_ids[0] if placement.native_ids else None


def _metadata(placement: Placement, own: Mapping[str, Any], path: str) -> Arguments:
    """The user's own metadata with our mark, values verbatim."""
    mark = mark_of(placement)
    joined = with_mark(mapping(own.get(path), path), mark, path)
    for key, value in mark.items():
        if len(value) > LONGEST:
            raise InvalidRequest(
                f"{len(value)} characters, but Nova's metadata holds {LONGEST}: give a shorter "
                f"{key.removeprefix('antiaffinity-')}",
                path=f"{path}.{key}",
            )
    return joined
