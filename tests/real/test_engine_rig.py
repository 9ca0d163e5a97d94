"""The rig runs the real engine on programs in Python and YAML, and leaves nothing behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.pulumi_rig import Workspace, python, yaml

pytestmark = pytest.mark.usefixtures("pulumi_engine")

COMMAND = """
import pulumi

class Command(pulumi.CustomResource):
    stdout: pulumi.Output[str]

    def __init__(self, name, opts=None, **inputs):
        super().__init__("command:local:Command", name, {"stdout": None, **inputs}, opts)

config = pulumi.Config()
file = config.require("file")
"""
MADE = """
made = Command("made", create=f"echo TEXT | tee {file}", delete=f"rm {file}", triggers=["TRIGGER"])
pulumi.export("said", made.stdout)
"""
YAML = """
resources:
  made:
    type: command:local:Command
    properties: {create: "cat | tee made", stdin: hello, delete: rm made}
outputs:
  said: ${made.stdout}
"""


def made(text: str = "hello", trigger: str = "1") -> str:
    return COMMAND + MADE.replace("TEXT", text).replace("TRIGGER", trigger)


@pytest.fixture
def space() -> Iterator[Workspace]:
    with Workspace(python(made())) as space:
        space.config_set("file", str(space.root / "made"))
        yield space


def test_a_python_program_is_previewed_made_kept_and_destroyed(space: Workspace) -> None:
    file = space.root / "made"
    assert space.preview().ok().changes == {"create": 2}
    assert not file.exists()
    assert space.up().ok().changes == {"create": 2}
    assert file.read_text() == "hello\n"
    assert space.outputs() == {"said": "hello"}
    assert space.up().ok().changes == {}
    assert space.destroy().ok().changes == {"delete": 2}
    assert not file.exists()


def test_a_command_is_updated_in_place_and_replaced_by_a_trigger(space: Workspace) -> None:
    space.up().ok()
    space.write(python(made("bye")))
    assert space.preview().ok().diff("made") == {"create": "update"}
    assert space.up().ok().steps == [("update", "made")]
    space.write(python(made("bye", trigger="2")))
    assert space.up().ok().ops("made") == ["create-replacement", "replace", "delete-replaced"]


def test_a_command_that_fails_fails_the_update_with_what_it_printed(space: Workspace) -> None:
    space.write(python(COMMAND + 'Command("made", create="echo no such luck >&2; exit 3")'))
    failed = space.up().failed()
    assert ("error", "exit status 3") in [(kind, text[:13]) for kind, text in failed.diagnostics]
    assert "no such luck" in failed.text
    assert failed.done == []


def test_a_yaml_program_runs_through_its_host() -> None:
    with Workspace(yaml(YAML)) as space:
        assert space.up().ok().changes == {"create": 2}
        assert space.outputs() == {"said": "hello"}
        assert (space.folder / "made").read_text() == "hello"
        assert space.destroy().ok().changes == {"delete": 2}


def test_a_yaml_program_with_a_wrong_property_is_refused() -> None:
    with Workspace(yaml(YAML.replace("stdin:", "stdinn:"))) as space:
        assert "stdinn" in space.preview().failed().text


def test_a_secret_is_encrypted_and_shows_nowhere(space: Workspace) -> None:
    space.config_set("word", "open-sesame", secret=True)
    space.write(python(COMMAND + 'Command("made", create="cat", stdin=config.require_secret("word"))'))
    result = space.up("-v=9", "--logtostderr", "--logflow").ok()
    assert space.holding("open-sesame", result.text) == []
    shown = space.run("stack", "export", "--show-secrets").ok().out
    assert shown.count("open-sesame") == 3, "the input, and both outputs"


SLOW = COMMAND + 'Command("made", create=f"touch {file}; sleep 60")'


def test_what_a_killed_engine_leaves_ends_by_itself(space: Workspace) -> None:
    space.write(python(SLOW))
    running = space.start("up", "--yes", "--skip-preview")
    wait_for(space.root / "made")
    assert len(space.mark.processes()) >= 4, "engine, language host, program, plugin, and the command"
    running.signal(signal.SIGKILL)
    running.process.wait()
    left = space.mark.left_after(10)
    assert {*left.values()} <= {"sleep 60", f"/bin/sh -c touch {space.root / 'made'}; sleep 60"}
    space.mark.kill("sleep 60")
    assert "locked" in space.up().failed().text
    space.cancel().ok()
    space.write(python(made()))
    space.up().ok()


def test_a_killed_plugin_fails_the_update(space: Workspace) -> None:
    space.write(python(SLOW))
    running = space.start("up", "--yes", "--skip-preview")
    wait_for(space.root / "made")
    running.kill_plugin("command")
    assert running.wait().code
    space.mark.kill("sleep 60")


def test_a_command_that_takes_too_long_is_killed_with_all_it_started(space: Workspace) -> None:
    space.write(python(SLOW))
    with pytest.raises(AssertionError, match="killed after 4 s"):
        space.run("up", "--yes", "--skip-preview", within=4)
    assert space.mark.left_after(1) == {}


def wait_for(path: Path, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.05)
