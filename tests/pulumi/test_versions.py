"""The oldest Pulumi SDK that we claim runs the same program as the newest, plugin included."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from subprocess import run

import pytest

from real import made, sdk_env
from real.pulumi_rig import Workspace, python

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("pulumi_engine")]

PROGRAM = """
import pulumi
import pulumi_antiaffinity as antiaffinity
from pulumi_command import local

pool = {"kind": "pool", "inventory": "hosts.yaml"}
group = antiaffinity.Group("db", cloud=pool, members=3, rules="anti-affinity")

def boot(member, opts):
    host = group.arguments(member)["host"]
    create = f"echo {member}-$RANDOM"
    return local.Command(member, create=create, environment={"HOST": host}, opts=opts)

antiaffinity.roll_out(group, boot)
pulumi.export("hosts", {member: group.placement(member)["domains"]["host"] for member in group.names})
pulumi.export("sdk", __import__("importlib.metadata").metadata.version("pulumi"))
"""
HOSTS = "hosts:\n- {name: h1}\n- {name: h2}\n- {name: h3}\n"


@pytest.fixture(scope="module")
def oldest_python() -> Path:
    """The python with the oldest SDK."""
    try:
        return sdk_env.ensure()
    except made.MakingFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def oldest(oldest_python: Path) -> Iterator[Workspace]:
    with Workspace(python(PROGRAM), interpreter=oldest_python) as space:
        space.write({"hosts.yaml": HOSTS})
        yield space


@pytest.fixture
def newest() -> Iterator[Workspace]:
    with Workspace(python(PROGRAM)) as space:
        space.write({"hosts.yaml": HOSTS})
        yield space


def test_the_oldest_sdk_is_another_one_than_that_of_the_other_tests(oldest_python: Path) -> None:
    words = [oldest_python, "-c", "from importlib.metadata import version; print(version('pulumi'))"]
    found = run(list(map(str, words)), capture_output=True, text=True, check=True).stdout.strip()
    assert found == sdk_env.oldest() != version("pulumi")


def test_the_oldest_sdk_makes_keeps_and_destroys_a_group(oldest: Workspace) -> None:
    _lives(oldest, sdk_env.oldest())


def test_the_newest_sdk_makes_keeps_and_destroys_a_group(newest: Workspace) -> None:
    _lives(newest, version("pulumi"))


def _lives(space: Workspace, sdk: str) -> None:
    assert "losing any one host leaves at least 2 of 3" in space.preview().ok().out
    space.up().ok()
    assert len(set(space.outputs()["hosts"].values())) == 3
    assert space.outputs()["sdk"] == sdk
    assert space.up().ok().changes == {}
    space.refresh().ok()
    assert space.up().ok().changes == {}
    space.destroy().ok()
