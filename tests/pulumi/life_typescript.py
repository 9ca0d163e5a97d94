"""The group's program in TypeScript, as its users write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ground_pool import LAUNCH, TERMINATE, TOLD
from life import Ground, Settings

from real.node_rig import NodeWorkspace, typescript
from real.pulumi_rig import Project, Workspace

PROGRAMS = Path(__file__).with_name("programs")
ROLL_OUT = "rollOut.ts"
COMMANDS = {"LAUNCH": LAUNCH, "TOLD": TOLD, "TERMINATE": TERMINATE}


class TypeScript:
    """Programs that a small function of their own launches in order, attaches and verifies.

    ``modules`` is a node_modules with our SDK in it.
    """

    def __init__(self, modules: Path) -> None:
        self._modules = modules

    hooked = True

    def project(self, ground: Ground, settings: Settings) -> Project:
        texts = typescript(source(f"{ground.kind}.ts"))
        return {**texts, ROLL_OUT: source(ROLL_OUT), "commands.ts": commands()}

    def alone(self, imported: str) -> Project:
        text = source("alone.ts")
        return typescript(text.replace("= undefined", f"= {json.dumps(imported)}") if imported else text)

    def workspace(self, project: Project, env: Mapping[str, str]) -> Workspace:
        return NodeWorkspace(project, self._modules, env)


def commands() -> str:
    return "".join(f"export const {name} = {json.dumps(text)};\n" for name, text in COMMANDS.items())


def source(name: str) -> str:
    return (PROGRAMS / name).read_text()
