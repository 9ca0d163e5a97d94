"""A TypeScript program on the real Pulumi engine: type-checked, then run by Node's Automation API."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from real import node_env
from real.pulumi_result import CommandFailed
from real.pulumi_rig import Project, Running, Workspace

DRIVER = ("driver.ts", "tsconfig.json")


def typescript(main: str, name: str = "shop") -> dict[str, str]:
    """A project with a TypeScript program, index.ts."""
    return {"Pulumi.yaml": f"name: {name}\nruntime: nodejs\n", "index.ts": main}


class NodeWorkspace(Workspace):
    """As a Workspace, but `preview` and `up` run index.ts as an inline program: nothing else runs programs.

    ``modules`` is the node_modules that the program sees: `node_env.ensure_sdk()` has our own SDK in it.
    Preview and up take no options of the CLI.
    """

    def __init__(self, project: Project, modules: Path, env: Mapping[str, str] | None = None) -> None:
        super().__init__(project, env=env)
        self._modules = modules
        self._compiled: Mapping[str, str] = {}

    def _furnish(self) -> None:
        super()._furnish()
        for name in DRIVER:
            shutil.copy(node_env.SOURCE / name, self.folder)
        (self.folder / "node_modules").symlink_to(self._modules)

    def compile(self) -> None:
        """Check the types and compile, as `tsc` does in a user's folder, what has changed since."""
        sources = {path.name: path.read_text() for path in self.folder.glob("*.ts")}
        if sources == self._compiled:
            return
        compiler = [*node_env.tsc(self._modules.parent), "--project", "."]
        done = subprocess.run(compiler, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise CommandFailed(done.stdout)
        self._compiled = sources

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> Running:
        if args[0] not in ("preview", "up"):
            return super().start(*args, env=env)
        self.compile()
        log = self.new_log()
        return self.begin(["node", "driver.js", args[0], str(log), self.stack], log, env)
