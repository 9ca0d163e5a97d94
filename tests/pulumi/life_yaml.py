"""The group's program in YAML, as its users write it: without loops, each member is written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml as text
from ground_pool import LAUNCH, TERMINATE, TOLD
from life import GROUP, Ground, Settings

from real.pulumi_rig import Project, Workspace, yaml

Resource = dict[str, Any]


class Yaml:
    """Programs that chain the machines by dependsOn, attach and verify them."""

    hooked = False

    def project(self, ground: Ground, settings: Settings) -> Project:
        return program(resources(ground, settings))

    def alone(self, imported: str) -> Project:
        words = {"members": [f"{GROUP}-{number}" for number in range(3)], "rules": "anti-affinity"}
        options = {"customTimeouts": {"delete": "3s"}} | ({"import": imported} if imported else {})
        only = {"type": "antiaffinity:Group", "name": GROUP, "properties": words, "options": options}
        return program({"group": only})

    def workspace(self, project: Project, env: Mapping[str, str]) -> Workspace:
        return Workspace(project, env=env)


def program(resources: Mapping[str, Resource]) -> Project:
    return yaml(text.safe_dump({"resources": resources}, sort_keys=False))


def resources(ground: Ground, settings: Settings) -> dict[str, Resource]:
    found = {"group": group(ground, settings)}
    before = "group"
    for member in settings.names:
        found[member] = machine(ground, settings, member)
        found[member]["options"] = {
            "deleteBeforeReplace": not settings.spare,
            "dependsOn": [f"${{{before}}}"],
        }
        found[f"{member}-attached"] = attachment(member)
        before = "group" if ground.side_by_side else f"{member}-attached"
    return {**found, "verified": verification(settings)}


def group(ground: Ground, settings: Settings) -> Resource:
    words = {"members": settings.names, "rules": settings.rules, "cloud": dict(ground.cloud)}
    first = {"deleteBeforeReplace": True}
    return {"type": "antiaffinity:Group", "name": GROUP, "properties": words, "options": first}


def machine(ground: Ground, settings: Settings, member: str) -> Resource:
    version = settings.versions.get(member, "1")
    return command(member, version) if ground.kind == "pool" else server(member, version)


def command(member: str, version: str) -> Resource:
    words = {
        "create": LAUNCH,
        "update": TOLD,
        "delete": TERMINATE,
        "environment": {"MEMBER": member, "VERSION": version, "HOST": placed(member, 'domains["host"]')},
        "triggers": [version],
    }
    return {"type": "command:local:Command", "properties": words}


def server(member: str, version: str) -> Resource:
    words = {
        "imageName": "cirros",
        "flavorName": "m1.nano",
        "networks": [{"name": "private"}],
        "userData": version,
        "availabilityZone": placed(member, 'arguments["availabilityZone"]'),
        "schedulerHints": placed(member, 'arguments["schedulerHints"]'),
        "metadata": placed(member, 'arguments["metadata"]'),
    }
    return {"type": "openstack:compute:Instance", "properties": words}


def attachment(member: str) -> Resource:
    words = {
        "group": "${group.id}",
        "member": member,
        "instance": f"${{{member}.id}}",
        "placement": f'${{group.placements["{member}"]}}',
        "cloud": "${group.cloud}",
    }
    options = {"parent": "${group}"}
    return {
        "type": "antiaffinity:Attachment",
        "name": f"{GROUP}/{member}",
        "properties": words,
        "options": options,
    }


def verification(settings: Settings) -> Resource:
    instances = {member: f"${{{member}-attached.instance}}" for member in settings.names}
    return {
        "type": "antiaffinity:Verification",
        "name": GROUP,
        "properties": {"spec": "${group.spec}", "instances": instances},
        "options": {
            "parent": "${group}",
            "dependsOn": [f"${{{member}-attached}}" for member in settings.names],
        },
    }


def placed(member: str, what: str) -> str:
    """A word of a member's placement."""
    return f'${{group.placements["{member}"].{what}}}'
