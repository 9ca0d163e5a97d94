"""Start-up: what a command does not need is not imported, however little it seems to cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.shell import Lab

HEAVY = {
    "sqlalchemy",
    "openstack",
    "boto3",
    "botocore",
    "azure",
    "pyVmomi",
    "exoscale",
    "requests",
    "rich",
    "dataclasses",
    "importlib.metadata",
    "asyncio",
    "pulumi",
    "grpc",
    "subprocess",
}


def imported(*words: str) -> set[str]:
    """The modules that are there after one command line, in a process of its own."""
    program = (
        "import sys; from antiaffinity.cli import run; code = run(sys.argv[1:]);"
        "print('imported', *sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("words", [["--version"], ["plan", "db.json"], ["plan", "db.json", "--json"]])
def test_a_light_command_imports_nothing_heavy(lab: Lab, words: list[str]) -> None:
    assert imported(*words) & HEAVY == set()


def test_the_version_needs_neither_the_planner_nor_msgspec(lab: Lab) -> None:
    ours = {name for name in imported("--version") if name.startswith(("antiaffinity", "msgspec", "yaml"))}
    assert ours == {
        "antiaffinity",
        "antiaffinity.cli",
        "antiaffinity.cli.app",
        "antiaffinity.cli.streams",
    } | {
        "antiaffinity.cli.failures",
        "antiaffinity.errors",
    }


def test_a_plan_of_a_pool_imports_no_other_cloud_and_no_roll_out_command(lab: Lab) -> None:
    ours = {name for name in imported("plan", "db.json") if name.startswith("antiaffinity")}
    assert {name.split(".")[0] for name in ours} == {"antiaffinity", "antiaffinity_pool"}
    assert (
        ours & {"antiaffinity.cli.hooks", "antiaffinity.cli.launching", "antiaffinity_pool.ledger"} == set()
    )
