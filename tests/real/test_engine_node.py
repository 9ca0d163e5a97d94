"""A TypeScript program with published packages runs on the real engine, without a language host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from real.node_rig import NodeWorkspace, typescript
from real.pulumi_result import CommandFailed

PROGRAM = """
import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";

const config = new pulumi.Config();
const made = new local.Command("made", {
    create: "cat | tee made", stdin: config.require("text"), delete: "rm made",
});
export const said = made.stdout;
"""

pytestmark = pytest.mark.usefixtures("pulumi_engine")


@pytest.fixture
def space(node_modules: Path) -> Iterator[NodeWorkspace]:
    with NodeWorkspace(typescript(PROGRAM), node_modules) as space:
        space.config_set("text", "hello")
        yield space


def test_a_typescript_program_is_previewed_made_kept_and_destroyed(space: NodeWorkspace) -> None:
    assert space.preview().ok().changes == {"create": 2}
    assert space.up().ok().steps == [("create", "made")]
    assert space.outputs() == {"said": "hello"}
    assert (space.folder / "made").read_text() == "hello"
    space.config_set("text", "bye")
    assert space.preview().ok().diff("made") == {"stdin": "update"}
    assert space.up().ok().changes == {"update": 1}
    assert space.up().ok().changes == {}
    assert space.refresh().ok().changes == {}
    assert space.destroy().ok().changes == {"delete": 2}


def test_a_typescript_program_with_a_wrong_type_does_not_compile(space: NodeWorkspace) -> None:
    space.write(typescript(PROGRAM.replace('config.require("text")', "4")))
    with pytest.raises(CommandFailed, match="Type 'number' is not assignable"):
        space.preview()


def test_a_command_that_fails_fails_the_update(space: NodeWorkspace) -> None:
    space.write(typescript(PROGRAM.replace("cat | tee made", "exit 3")))
    assert "exit status 3" in space.up().failed().text
