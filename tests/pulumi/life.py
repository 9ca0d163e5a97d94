"""The life of a group through `pulumi` commands: what every language must do alike, on every cloud.

A `Language` writes the same program in its own words, a `Ground` is a cloud together with the truth about
it. The functions below are the scripts of steps and checks; each begins on an empty stack and leaves one
that can be destroyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from real.pulumi_result import Result
from real.pulumi_rig import Project, Workspace

GROUP = "db"
"""Members are db-0, db-1, …; so are their machines' resources, those of Attachments db/db-0, …."""
OWNER = "shop/test"


MACHINES = ("command:local:Command", "openstack:compute/instance:Instance")


class Settings(NamedTuple):
    """What a program reads from its configuration: `members`, `rules`, `spare`, `version-db-2`, ….

    Another version of a member is another machine: it changes what its provider replaces on.
    """

    members: int = 3
    rules: str = "anti-affinity"
    spare: bool = False
    versions: Mapping[str, str] = {}

    def config(self) -> dict[str, str]:
        """The same as values of the stack's configuration."""
        plain = {"members": str(self.members), "rules": self.rules, "spare": str(self.spare).lower()}
        return {**plain, **{f"version-{member}": version for member, version in self.versions.items()}}

    @property
    def names(self) -> list[str]:
        return [f"{GROUP}-{number}" for number in range(self.members)]


class Machine(NamedTuple):
    """A machine as its cloud's operator sees it."""

    instance: str
    host: str


class Ground(Protocol):
    """A cloud with hosts: what programs need of it, the truth about it, and the hands of its operator."""

    kind: str
    hosts: list[str]
    in_place: bool
    """Whether another policy is a change in place; else the group is made anew."""
    side_by_side: bool
    """Whether machines are launched at once."""
    env: Mapping[str, str]
    files: Mapping[str, str]
    """Beside the program."""
    settings: Mapping[str, str]
    """The cloud's configuration that programs need."""
    cloud: Mapping[str, str]
    """The same as the plugin has it: {"kind": "openstack", …}."""

    def machines(self, space: Workspace) -> list[tuple[str, Machine]]:
        """(member, machine) of all that is there, doubles too, in the members' order."""

    def left(self, space: Workspace) -> list[str]:
        """Whatever there is of machines, native groups, claims."""

    def move(self, space: Workspace, member: str, host: str) -> None:
        """Move a member's machine by the operator's hand, past all rules."""

    def natives(self) -> list[str]:
        """The native groups."""

    def prepare(self, space: Workspace, members: list[str]) -> None:
        """What a run that is killed before the first launch leaves of a group with a hard rule."""

    def seen_as(self, host: str) -> str:
        """The host's name as the cloud's users see it."""

    def terminate(self, space: Workspace, member: str) -> None:
        """Delete a member's machine behind Pulumi's back."""


class Language(Protocol):
    """A language of Pulumi programs."""

    hooked: bool
    """Whether its programs ask why a launch was refused, and what a lost run left; else a refresh tells."""

    def project(self, ground: Ground, settings: Settings) -> Project:
        """The program; it may read the settings from its configuration, or have them written in."""

    def alone(self, imported: str) -> Project:
        """A Group without machines on the cloud of the stack's configuration; imported by this id, if any."""

    def workspace(self, project: Project, env: Mapping[str, str]) -> Workspace:
        """Where it is run."""


class Life:
    """One stack on one cloud, with a program in one language."""

    def __init__(self, space: Workspace, ground: Ground, language: Language) -> None:
        self.space, self.ground, self.language = space, ground, language
        self.settings = Settings()

    def change(self, **changes: Any) -> None:
        """Change what the program is to make; the next command sees it."""
        self.settings = self.settings._replace(**changes)
        self.space.write(self.language.project(self.ground, self.settings))
        self.configure(self.settings.config())

    def configure(self, values: Mapping[str, str]) -> None:
        pairs = [word for key, value in values.items() for word in ("--plaintext", f"{key}={value}")]
        self.space.run("config", "set-all", *pairs).ok()

    def alone(self, imported: str = "") -> None:
        """Have a program with nothing but the Group, which is to be imported by this id."""
        for key, value in self.ground.cloud.items():
            self.space.config_set(f"antiaffinity:cloud.{key}", value, path=True)
        self.space.write(self.language.alone(imported))

    def preview(self) -> Result:
        return self.space.preview()

    def up(self) -> Result:
        return self.space.up()

    def refresh(self) -> Result:
        return self.space.refresh()

    def destroy(self) -> Result:
        return self.space.destroy()

    def machines(self) -> dict[str, Machine]:
        """The machine of each member; that one has two is an error of its own."""
        found = self.ground.machines(self.space)
        assert len({member for member, _ in found}) == len(found), f"doubled: {found}"
        return dict(found)

    def hosts(self) -> dict[str, str]:
        return {member: machine.host for member, machine in self.machines().items()}

    def is_apart(self) -> bool:
        """Whether each member that is wanted has a machine, alone on its host, and nobody else has one."""
        hosts = self.hosts()
        return sorted(hosts) == self.settings.names and len(set(hosts.values())) == len(hosts)

    def is_still(self) -> bool:
        """Whether an update has nothing to do, and a refresh and the one after it neither."""
        return [step().ok().changes for step in (self.up, self.refresh, self.up)] == [{}, {}, {}]

    def urn(self, machine: str) -> str:
        """The URN of a member's machine."""
        urns = [one["urn"] for one in self.space.state()["resources"] if one["type"] in MACHINES]
        return next(str(urn) for urn in urns if urn.endswith(f"::{machine}"))

    def forget(self) -> None:
        """Lose the stack's state."""
        state = json.loads(self.space.run("stack", "export").ok().out)
        state["deployment"]["resources"] = []
        lost = self.space.root / "lost.json"
        lost.write_text(json.dumps(state))
        self.space.run("stack", "import", f"--file={lost}").ok()

    def imported(self, id_: str) -> Result:
        """`pulumi import` of a Group."""
        words = ["--yes", "--generate-code=false", "--protect=false", "antiaffinity:index:Group", GROUP, id_]
        return self.space.run("import", *words)

    def verification(self) -> dict[str, Any]:
        """What the state holds of the judgement; empty before there is one."""
        found = self.space.resources("antiaffinity:index:Verification")
        return dict(found[GROUP]["outputs"]) if found else {}

    def is_gone(self) -> bool:
        return self.ground.left(self.space) == []


@contextmanager
def lived(ground: Ground, language: Language, **settings: Any) -> Iterator[Life]:
    """A life from its stack's beginning; what a test leaves goes with the workspace and the cloud."""
    first = Settings(**settings)
    with language.workspace(language.project(ground, first), ground.env) as space:
        space.write(dict(ground.files))
        life = Life(space, ground, language)
        life.configure(ground.settings)
        life.change(**settings)
        yield life


# The scripts


def made_kept_and_destroyed(life: Life) -> None:
    """Preview shows the plan and makes nothing; up makes it; then nothing changes; destroy leaves nothing."""
    shown = life.preview().ok()
    assert shows_the_plan(shown, life.settings)
    assert life.is_gone()
    life.up().ok()
    assert life.is_apart()
    assert life.is_still()
    life.destroy().ok()
    assert life.is_gone()


def grown_and_shrunk(life: Life) -> None:
    """3, 5, 4 members: nobody moves."""
    life.up().ok()
    three = life.machines()
    life.change(members=5)
    life.up().ok()
    five = life.machines()
    assert life.is_apart()
    assert {member: five[member] for member in three} == three
    life.change(members=4)
    life.up().ok()
    assert life.machines() == {member: five[member] for member in life.settings.names}
    assert life.is_still()


def policy_changed(life: Life) -> None:
    """Hard to soft: in place where the cloud can; else all is made anew, and the output says why."""
    life.change(members=3)
    life.up().ok()
    before = life.machines()
    life.change(rules="soft-anti-affinity")
    shown = life.preview().ok()
    changed = life.up().ok()
    assert life.is_apart(), "there is room"
    if life.ground.in_place:
        assert set(changed.changes) == {"update"}
        assert life.machines() == before
    else:
        for told in (shown, changed):
            assert "group db is made anew" in told.text
        assert "replace" in " ".join(changed.ops(GROUP))
        assert not {one.instance for one in before.values()} & {
            one.instance for one in life.machines().values()
        }
    assert life.is_still()


def one_replaced(life: Life) -> None:
    """Another version of db-2: it alone is another machine, and all are apart."""
    life.up().ok()
    before = life.machines()
    life.change(versions={"db-2": "2"})
    life.up().ok()
    after = life.machines()
    assert life.is_apart()
    assert [name for name in before if after[name].instance != before[name].instance] == ["db-2"]
    assert life.is_still()


def one_too_many(life: Life) -> None:
    """One member more than hosts: refused with the reason, not judged early; a right number converges."""
    hosts = len(life.ground.hosts)
    life.change(members=hosts + 1)
    refused = life.up().failed()
    explained = refused.text if life.language.hooked else refused.text + life.refresh().text
    assert f"no place for db-{hosts}" in explained or f"db-{hosts} has no place" in explained
    assert f"{hosts} members" in explained, "a way out"
    assert life.verification() == {}
    life.change(members=hosts)
    life.up().ok()
    assert life.is_apart()
    assert life.verification()["verdict"] in ("held", "promised")
    assert life.is_still()


def replaced_with_a_spare(life: Life) -> None:
    """Where a place is free the new machine comes first."""
    life.change(spare=True, versions={"db-1": "spare"})
    before = life.machines()
    up = life.up().ok()
    assert up.ops("db-1").index("create-replacement") < up.ops("db-1").index("delete-replaced")
    assert life.is_apart()
    assert [name for name in before if life.machines()[name] != before[name]] == ["db-1"]


def shows_the_plan(shown: Result, settings: Settings) -> bool:
    """Whether each member and the verdict can be read in what the command printed."""
    return "fits" in shown.text and all(name in shown.text for name in settings.names)
