"""Scripts about a Group whose resource is renamed, replaced or aliased while its machines run on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ground_pool import LAUNCH, TERMINATE, TOLD
from life import GROUP, OWNER, Ground, Life, Settings
from life_python import Python

from real.pulumi_rig import Project, python

COMMAND = f"""    return local.Command(
        member, create={LAUNCH!r}, update={TOLD!r}, delete={TERMINATE!r}, opts=opts,
        environment={{"MEMBER": member, "VERSION": "1", "HOST": placed["host"]}})
"""
SERVER = """    return openstack.compute.Instance(member, opts=opts, **group.arguments(
        member, image_name="cirros", flavor_name="m1.nano", networks=[{"name": "private"}]))
"""
PROGRAM = """
import pulumi
import pulumi_antiaffinity as paa
IMPORT

group = paa.Group(
    "NAME", cloud=CLOUD, members=MEMBERS, rules="anti-affinity", WORDS
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="3s"), OPTIONS))


def boot(member, opts):
    placed = group.arguments(member)
LAUNCH

paa.roll_out(group, boot)
"""
CLOUDS: Mapping[str, tuple[str, str]] = {
    "pool": ("from pulumi_command import local", COMMAND),
    "openstack": ("import pulumi_openstack as openstack", SERVER),
}


class Renamed(Python):
    """A program whose Group's resource has this name, and these words and options besides."""

    def __init__(
        self,
        name: str = GROUP,
        words: str = "",
        options: str = "",
        members: str = f'["{GROUP}-0", "{GROUP}-1"]',
    ) -> None:
        self.name, self.words, self.options, self.members = name, words, options, members

    def project(self, ground: Ground, settings: Settings) -> Project:
        imports, launch = CLOUDS[ground.kind]
        text = PROGRAM.replace("IMPORT", imports).replace("LAUNCH", launch).replace("NAME", self.name)
        text = text.replace("MEMBERS", self.members).replace("CLOUD", repr({**ground.cloud}))
        return python(text.replace("WORDS", self.words).replace("OPTIONS", self.options))


def becomes(life: Life, **changed: str) -> None:
    """The next version of the program."""
    life.language = Renamed(**changed)
    life.change(members=2)


def renamed(life: Life) -> None:
    """Another resource name and no alias, the same group: nothing is lost, and it all goes in the end."""
    life.up().ok()
    there, left = life.machines(), life.ground.left(life.space)
    becomes(life, name="data", words=f'group_name="{GROUP}",')
    up = life.up().ok()
    assert (life.machines(), life.ground.left(life.space)) == (there, left)
    assert "is left as it is" in up.text
    assert life.is_still()


def replaced(life: Life) -> None:
    """``--replace`` of the Group: the old one goes first, and there is one whole group afterwards."""
    life.up().ok()
    up = life.space.up("--replace", group_urn(life)).ok()
    ops = [op for op, name in up.steps if name == GROUP]
    assert ops.index("delete-replaced") < ops.index("create-replacement")
    assert life.is_apart()
    assert life.is_still()


def replaced_the_other_way(life: Life) -> None:
    """The same where the new one is made first, as the options say: the old one leaves it alone."""
    becomes(life, options="delete_before_replace=False")
    life.up().ok()
    there, left = life.machines(), life.ground.left(life.space)
    life.space.up("--replace", group_urn(life)).ok()
    assert (life.machines(), life.ground.left(life.space)) == (there, left)
    assert life.is_still()


def wedged(life: Life) -> None:
    """A state as it is found today: a replaced Group that waits for ever to be deleted.

    The words of stacks/README.md: run up again.
    """
    life.up().ok()
    there, left = life.machines(), life.ground.left(life.space)
    state = json.loads(life.space.run("stack", "export").ok().out)
    resources = state["deployment"]["resources"]
    (old,) = [one for one in resources if one["urn"] == group_urn(life)]
    resources.append({**old, "delete": True})
    file = life.space.root / "wedged.json"
    file.write_text(json.dumps(state))
    life.space.run("stack", "import", f"--file={file}").ok()
    life.up().ok()
    assert (life.machines(), life.ground.left(life.space)) == (there, left)
    assert life.is_still()


def declared_twice(life: Life) -> None:
    """Two resources that would be one group are refused before anything is made."""
    life.space.write(life.language.project(life.ground, life.settings))
    program = life.space.folder / "__main__.py"
    second = f'paa.Group("data", group_name="{GROUP}", cloud={dict(life.ground.cloud)!r}, members=1)\n'
    program.write_text(program.read_text() + second)
    refused = life.preview().failed()
    assert "already: give one of them another name" in refused.text
    life.up().failed()
    assert life.machines() == {}


def protected(life: Life) -> None:
    """A Group that must not be deleted: its members still come and go."""
    becomes(life, options="protect=True")
    life.up().ok()
    becomes(life, options="protect=True", members=f'["{GROUP}-0"]')
    life.up().ok()
    assert [*life.machines()] == [f"{GROUP}-0"]
    refused = life.destroy().failed()
    assert "protect" in refused.text
    becomes(life, members=f'["{GROUP}-0"]')
    life.up().ok()


def imported_where_a_stack_has_run(life: Life) -> None:
    """The state's provider knows no cloud, as the Group named it; the error says what to type."""
    life.up().ok()
    life.space.run("state", "delete", "--target-dependents", "--yes", group_urn(life)).ok()
    refused = life.imported(f"{OWNER}/{GROUP}").failed()
    for name, value in life.ground.cloud.items():
        assert "pulumi config set --path antiaffinity:cloud.kind KIND" in refused.text
        life.space.run("config", "set", "--path", f"antiaffinity:cloud.{name}", str(value)).ok()
    found = re.search("pulumi up --target '(.*?)'", refused.text)
    assert found
    life.space.up("--target", found[1]).ok()
    life.imported(f"{OWNER}/{GROUP}").ok()
    life.forget()


def group_urn(life: Life) -> str:
    urns = [str(one["urn"]) for one in life.space.state()["resources"]]
    return next(urn for urn in urns if "antiaffinity:index:Group::" in urn)


def unplaced(life: Life) -> None:
    """A member of whom the Group did not hear: said by name, with the reason, and no traceback."""
    more = f'["{GROUP}-0", "{GROUP}-1", "{GROUP}-2"]'
    life.up().ok()
    becomes(life, members=more)
    target = life.urn(f"{GROUP}-1").removesuffix("1") + "2"
    tell(life.space.preview("--target", target).failed().text, "target the Group too")
    becomes(life, members=more, options='ignore_changes=["members"]')
    tell(life.up().failed().text, "it does not hear of new ones")


def tell(text: str, way_out: str) -> None:
    assert f"has no placement of {GROUP}-2" in text
    assert way_out in " ".join(text.split())
    assert "KeyError" not in text


def aliased_by_number(life: Life) -> None:
    """An alias keeps the group's name, and members that are a number are called after it."""
    becomes(life, members="2")
    life.up().ok()
    becomes(life, name="data", members="2", options=f'aliases=[pulumi.Alias(name="{GROUP}")]')
    failed = life.up().failed()
    assert "has no placement of data-" in failed.text, failed
    assert "KeyError" not in failed.text
    becomes(
        life,
        name="data",
        members="2",
        words=f'group_name="{GROUP}",',
        options=f'aliases=[pulumi.Alias(name="{GROUP}")]',
    )
    life.up().ok()
    assert life.is_apart()
