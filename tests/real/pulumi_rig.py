"""The real Pulumi engine in a test: a project and a stack away from everything else on the machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from real import engine_env
from real.marked import Mark
from real.pulumi_result import CommandFailed, Result, read_events

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
STAND_INS = {
    "openstack": "real.plugins.openstack",
    "command": "real.plugins.command",
    "aws": "real.plugins.aws",
    "azure-native": "real.plugins.azure_native",
    "exoscale": "real.plugins.exoscale",
    "vsphere": "real.plugins.vsphere",
}
"""Providers whose own plugins the Go module proxy does not have, and the modules that stand in for them."""
PATIENCE = 180.0
"""Seconds that a command may take."""
GONE_WITHIN = 15.0
"""Seconds after which no process of a run may be left, however it ended."""
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OPERATIONS = {"preview", "up", "refresh", "destroy"}
MARSHALING = "arshaling property for RPC["
"""At -v=9 the engine logs each property that it sends or gets, the values inside secrets too."""

Project = Path | Mapping[str, str]
"""A folder to copy, or the texts of files by their names."""


def python(main: str, name: str = "shop") -> Project:
    """A project with a Python program."""
    return {"Pulumi.yaml": f"name: {name}\nruntime: python\n", "__main__.py": main}


def yaml(text: str, name: str = "shop") -> Project:
    """A project with a YAML program: its `resources:`, `variables:`, `outputs:`."""
    return {"Pulumi.yaml": f"name: {name}\nruntime: yaml\n{text}"}


class Running:
    """A command in its own process group that has not been waited for."""

    def __init__(self, command: list[str], process: subprocess.Popen[str], log: Path, mark: Mark) -> None:
        self.command, self.process, self._log, self._mark = command, process, log, mark

    def wait(self, within: float = PATIENCE) -> Result:
        """The result; a command that takes longer is killed with all that it started."""
        try:
            out, err = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self._mark.kill()
            out, err = self.process.communicate()
            what = f"{' '.join(self.command)}: killed after {within:.0f} s"
            raise CommandFailed(f"{what}\n{out}{err}") from None
        return Result(self.command, self.process.returncode, out, err, read_events(self._log))

    def signal(self, number: signal.Signals) -> None:
        """Signal the CLI alone, as `kill` does; a Ctrl-C at a terminal reaches the whole group."""
        self.process.send_signal(number)

    def kill_plugin(self, name: str) -> None:
        """SIGKILL the plugin of a provider, which must be running."""
        if not self._mark.kill(plugin_command(name)):
            raise CommandFailed(f"no plugin {name!r} among {self._mark.processes()}")


class Workspace:
    """A project with a stack of its own, from `with` to its end.

    ``folder`` is the project; ``root`` is all there is, the engine's logs and state included.
    Programs are run by the python of the tests or by ``interpreter``, that of another environment.
    Afterwards no process may be left: what is, is killed and fails the test.
    """

    def __init__(
        self,
        project: Project,
        stack: str = "test",
        env: Mapping[str, str] | None = None,
        interpreter: Path | None = None,
    ) -> None:
        self.stack = stack
        self.mark = Mark("ANTIAFFINITY_TESTED_RUN")
        self._project, self._env, self._numbers = project, env or {}, count(1)
        self._bins = [interpreter.parent] if interpreter else []

    def __enter__(self) -> Self:
        self._engine = engine_env.ensure()
        self.root = Path(tempfile.mkdtemp(prefix="pulumi-rig-"))
        self.folder = self.root / "project"
        try:
            self._furnish()
        except BaseException:
            shutil.rmtree(self.root, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = self.mark.left_after(GONE_WITHIN if kind is None else 0)
        self.mark.kill()
        shutil.rmtree(self.root, ignore_errors=True)
        if left and kind is None:
            raise CommandFailed(f"processes that outlived their run by {GONE_WITHIN:.0f} s: {left}")

    def _furnish(self) -> None:
        for name in ("home", "state", "tmp", "plugins", "events", "project"):
            (self.root / name).mkdir()
        for name, module in STAND_INS.items():
            write_plugin(self.root / "plugins", name, module)
        self.write(self._project)
        self.run("stack", "init", self.stack).ok()

    def write(self, project: Project) -> None:
        """Put the project's files into the folder, over those of the same names: the next version of it."""
        if isinstance(project, Path):
            shutil.copytree(project, self.folder, dirs_exist_ok=True)
        else:
            for name, text in project.items():
                (self.folder / name).write_text(text)

    @property
    def env(self) -> dict[str, str]:
        """The whole environment of a run; nothing of the tester's own comes through."""
        bins = [*self._bins, self._engine, self.root / "plugins", BIN]
        return {
            "PATH": os.pathsep.join([*map(str, bins), SYSTEM]),
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PULUMI_HOME": str(self.root / "home" / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.root / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # --event-log is one of these
            **self.mark.env,
            **self._env,
        }

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> Running:
        """Begin a command of the CLI; the engine's events are kept where it is an operation on the stack."""
        log = self.new_log()
        events = [f"--event-log={log}"] if args[0] in OPERATIONS else []
        words = [args[0], *events, *args[1:]]
        return self.begin(["pulumi", "--non-interactive", "--color=never", *words], log, env)

    def new_log(self) -> Path:
        """Where the events of the next command go."""
        return self.root / "events" / f"{next(self._numbers)}.json"

    def begin(self, command: list[str], log: Path, env: Mapping[str, str] | None = None) -> Running:
        """Start any program in the project as the CLI is started."""
        environment = {**self.env, **(env or {})}
        process = subprocess.Popen(
            [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        return Running(command, process, log, self.mark)

    def run(self, *args: str, env: Mapping[str, str] | None = None, within: float = PATIENCE) -> Result:
        """Run a command of the CLI to its end."""
        return self.start(*args, env=env).wait(within)

    def holding(self, secret: str, *texts: str) -> list[str]:
        """Lines of these texts and of all files of the runs that hold a secret; not those of the engine."""
        left = [path.read_bytes() for path in self.root.rglob("*") if path.is_file()]
        lines = b"\n".join([*left, *(text.encode() for text in texts)]).splitlines()
        found = [line.decode(errors="replace") for line in lines if secret.encode() in line]
        return [line for line in found if MARSHALING not in line]

    # The operations, as scripts call them; their results are unjudged: say .ok() or .failed().

    def preview(self, *args: str) -> Result:
        return self.run("preview", *args)

    def preview_json(self, *args: str) -> dict[str, Any]:
        """What `pulumi preview --json` prints, of a preview that succeeds."""
        return cast(dict[str, Any], json.loads(self.run("preview", "--json", *args).ok().out))

    def up(self, *args: str) -> Result:
        return self.run("up", "--yes", "--skip-preview", *args)

    def refresh(self, *args: str) -> Result:
        return self.run("refresh", "--yes", "--skip-preview", *args)

    def destroy(self, *args: str) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", *args)

    def cancel(self) -> Result:
        """Remove the lock that a killed run left."""
        return self.run("cancel", "--yes")

    # The stack's settings and state.

    def config_set(self, key: str, value: str, secret: bool = False, path: bool = False) -> None:
        """Set a value; with ``path`` the key leads into an object: `antiaffinity:cloud.kind`."""
        kind = "--secret" if secret else "--plaintext"
        self.run("config", "set", key, kind, *["--path"] * path, "--", value).ok()

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in plain text."""
        shown = self.run("stack", "output", "--json", "--show-secrets").ok()
        return cast(dict[str, Any], json.loads(shown.out))

    def state(self) -> dict[str, Any]:
        """The deployment as it is saved, secrets encrypted."""
        return cast(dict[str, Any], json.loads(self.run("stack", "export").ok().out)["deployment"])

    def resources(self, type_: str = "") -> dict[str, dict[str, Any]]:
        """The resources in the state, of a type or all, by name; those that wait for deletion left out."""
        found = [one for one in self.state().get("resources", []) if not one.get("delete")]
        return {one["urn"].rsplit("::", 1)[1]: one for one in found if type_ in ("", one["type"])}


def write_plugin(folder: Path, name: str, module: str) -> None:
    """Write the program that the engine starts for a provider; it becomes the module's process."""
    program = folder / f"pulumi-resource-{name}"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={HERE.parent} exec {sys.executable} -P -m {module} "$@"\n')
    program.chmod(0o755)


def plugin_command(name: str) -> str:
    """What the command line of a running plugin has in it."""
    return STAND_INS.get(name, f"pulumi-resource-{name}")
