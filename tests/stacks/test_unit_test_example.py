"""The unit test of stacks/openstack-web passes, and fails where a program forgets the placement."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from stacks.copies import STACKS

CALL = "**group.arguments(\n            member,"
FORGETS = "**dict(\n            "
SAME = '**group.arguments(\n            "web-0",'
PINS = CALL + '\n            availability_zone="az1",'


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        "--rootdir",
        ".",
    ]
    return subprocess.run(
        [*command, "-c", "/dev/null"], cwd=folder, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(copytree(STACKS / "openstack-web", tmp_path / "web"))


def test_the_example_passes_on_the_program_as_it_is(copy: Path) -> None:
    assert "3 passed" in run(copy).stdout


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (FORGETS, "test_every_server_goes_where_the_plan_says"),
        (FORGETS, "test_every_server_is_launched_into_the_server_group"),
        (FORGETS, "test_every_server_bears_the_mark_by_which_it_is_found_again"),
        (SAME, "'web-1': 'az1'"),
        (PINS, "'az1', but the plan says where web-0 goes"),
    ],
    ids=["no zone", "no server group", "no mark", "all in one zone", "a zone of its own"],
)
def test_the_example_catches_a_program_that_forgets_the_placement(
    copy: Path, mistake: str, told: str
) -> None:
    program = copy / "__main__.py"
    text = program.read_text()
    assert CALL in text
    program.write_text(text.replace(CALL, mistake))
    done = run(copy)
    assert done.returncode == 1, done.stdout
    assert told in done.stdout
