"""What the pages and the configuration of the stacks say is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from real.nova import Nova
from real.pulumi_rig import Workspace, python
from stacks.copies import NAMES, STACKS, on_nova

ROOT = STACKS.parent
README = (ROOT / "README.md").read_text()
PAGE = (STACKS / "README.md").read_text()
STAY, PLACE = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
STEPS = [
    line[2:] for line in re.findall(r"\$ python3 -m venv.*?```", README, flags=re.S)[0].splitlines()[:-1]
]
STEPS[0] = "python3 -m venv" + STEPS[0].partition("-m venv")[2]
INSTALLS = ("python3 -m venv", "pip install")
HOSTS = "hosts: [{name: h1, zone: z1}, {name: h2, zone: z2}, {name: h3, zone: z3}]"


def config(name: str) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((STACKS / name / "Pulumi.yaml").read_text())["config"])


@pytest.mark.parametrize("name", NAMES)
def test_all_configuration_is_described_has_a_type_and_is_used(name: str) -> None:
    program = (STACKS / name / "__main__.py").read_text()
    assert {*re.findall(r"config\.\w+\(\"([\w-]+)\"\)", program)} == {*config(name)}
    for value in config(name).values():
        assert {*value} == {"type", "description", "default"}
        assert isinstance(value["default"], {"integer": int, "string": str}[value["type"]])


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_is_short_and_the_page_names_it(name: str) -> None:
    lines = (STACKS / name / "__main__.py").read_text().splitlines()
    assert 30 <= len(lines) <= 60
    assert f"[{name}]({name}/__main__.py)" in PAGE


def test_the_readme_needs_at_most_ten_lines_to_up() -> None:
    assert len(STEPS) <= 10
    assert STEPS[-1] == "pulumi up"
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"pip install '\.\[([\w,]+)\]'", README + PAGE)
    assert {extra for one in named for extra in one.split(",")} <= {*extras}


@pytest.mark.usefixtures("pulumi_engine")
def test_the_lines_of_the_readme_lead_to_machines() -> None:
    """All but those that install, which the environment of the tests has done."""
    lines = [line for line in STEPS if not line.startswith(INSTALLS)]
    assert len(lines) == len(STEPS) - 2
    with Workspace(python("")) as space:
        (space.folder / "stacks").symlink_to(STACKS)
        command = ["bash", "-euc", "\n".join(lines)]
        space.begin(command, space.new_log(), {"PULUMI_SKIP_CONFIRMATIONS": "true"}).wait().ok()
        made = sorted(path.parent.name for path in space.folder.glob("web/machines/*/*"))
        assert len({*made}) == 3


@pytest.mark.usefixtures("pulumi_engine")
def test_a_member_that_must_stay_is_in_the_zone_of_its_volume() -> None:
    both = STAY.replace('"db-1"', '{"name": "db-1", "stay": {"zone": "z3"}}')
    with Workspace({**python(both), "hosts.yaml": HOSTS}) as space:  # type: ignore[dict-item]
        assert "db-1" in space.preview().failed().text, "two volumes in a zone that takes one"
        space.write(python(STAY))
        space.up().ok()
        zones = space.outputs()["zones"]
        assert zones["db-0"] == "z3"
        assert {*zones.values()} == {"z1", "z2", "z3"}


@pytest.mark.usefixtures("pulumi_engine")
def test_machines_that_a_program_has_already_get_their_places(nova: Nova) -> None:
    with Workspace(python(PLACE), env=nova.env()) as space:
        space.up().ok()
        hosts = on_nova(nova)
        assert len({*hosts.values()}) == len(hosts) == 2
        [group] = nova.connect("demo").compute.server_groups()
        assert {*group.member_ids} == {*nova.hosts_of()}
        servers = space.resources("openstack:compute/instance:Instance")
        assert servers["shop-a"]["urn"] in servers["shop-b"]["dependencies"], "one after the other"
        assert space.up().ok().changes == {}
        done = space.destroy().ok().done
        gone = [done.index(("delete", name)) for name in ("shop-a", "shop-b")]
        assert done.index(("delete", "web")) < min(gone), "the judgement first"
        assert len(done) - 1 - done[::-1].index(("delete", "web")) > max(gone), "the server group last"
    assert on_nova(nova) == {}


def test_the_page_of_a_test_exists() -> None:
    for path in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (STACKS / path).is_file()
    for path in re.findall(r"\]\((stacks/[^)]+)\)", README):
        assert Path(ROOT / path).is_file()
