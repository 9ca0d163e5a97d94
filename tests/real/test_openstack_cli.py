"""The command line on a real Nova, with --launch and --discard as users write them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from antiaffinity.model import GroupKey
from cli.shell import Answer, ask
from real.deployer import OWNER
from real.nova import Nova
from real.truth import Truth

BOOT = """\
import json, sys, openstack

placement = json.load(sys.stdin)
machine = json.load(open("machine.json"))
print(openstack.connect().compute.create_server(**placement["launch"], **machine).id)
"""

KILL = """\
import json, sys, openstack

machine = json.load(sys.stdin)
if machine["id"]:
    openstack.connect().compute.delete_server(machine["id"])
"""


class Shell:
    """A folder with a SPEC and the two scripts, on a machine where OS_CLOUD says which cloud."""

    def __init__(self, nova: Nova, folder: Path) -> None:
        self.folder = folder
        for name, text in (("boot.py", BOOT), ("kill.py", KILL), ("machine.json", json.dumps(nova.machine))):
            (folder / name).write_text(text)

    def spec(self, members: int, rules: object = "anti-affinity", group: str = "db", **keys: object) -> str:
        """Write a SPEC; its name."""
        wanted = {"group": group, "owner": OWNER, "members": members, "rules": rules, **keys}
        name = f"{group}.json"
        (self.folder / name).write_text(json.dumps({**wanted, "cloud": {"kind": "openstack"}}))
        return name

    def roll_out(self, spec: str) -> Answer:
        boot, kill = (f"{shlex.quote(sys.executable)} -Wignore {name}.py" for name in ("boot", "kill"))
        return ask("roll-out", spec, "--launch", boot, "--discard", kill, "--json")


@pytest.fixture
def shell(nova: Nova, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in nova.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Shell(nova, tmp_path)


@pytest.fixture
def truth(nova: Nova) -> Truth:
    return Truth(nova)


def leave_hosts(nova: Nova, hosts: int) -> None:
    for host in nova.hosts[hosts:]:
        nova.disable_host(host)


def marked(nova: Nova, member: str, host: str) -> None:
    """A member of db on a host that an operator chose."""
    nova.boot(member, host=host, metadata=GroupKey(OWNER, "db").marks(member))


def test_a_roll_out_is_planned_refused_for_want_of_a_host_and_finished_later(
    nova: Nova, shell: Shell, truth: Truth
) -> None:
    leave_hosts(nova, 1)
    db = shell.spec(2)
    planned = ask("plan", db, "--json")
    assert (planned.code, planned.json["verdict"]) == (0, "fits")
    assert planned.json["placements"][0]["domains"] == {"region": "RegionOne"}
    assert truth.server_groups() == [], "a plan makes nothing"

    refused = shell.roll_out(db)
    assert (refused.code, refused.json["error"]["kind"]) == (3, "NoCapacity"), refused
    assert "shop/prod/db" in refused.json["error"]["message"]
    assert truth.members("db") == ["db-0"]
    assert truth.statuses() == {"ACTIVE"}

    nova.enable_host("host2")
    done = shell.roll_out(db)
    assert (done.code, done.json["verdict"]) == (0, "held"), done
    assert truth.is_whole("db", 2)
    assert ask("verify", db, "--strict").code == 0


def test_a_stack_lands_on_the_one_host_and_says_so(nova: Nova, shell: Shell, truth: Truth) -> None:
    leave_hosts(nova, 1)
    done = shell.roll_out(shell.spec(2, saturated="stack"))
    assert (done.code, truth.crowds("db")) == (0, [2]), done
    assert "stacked" in done.json["rules"][0]["note"]


def test_two_each_are_two_and_not_three(nova: Nova, shell: Shell, truth: Truth) -> None:
    leave_hosts(nova, 1)
    two_each = [{"anti-affinity": {"level": "host", "max_per_domain": 2}}]
    assert shell.roll_out(shell.spec(3, two_each)).code == 3
    assert truth.crowds("db") == [2]
    assert truth.statuses() == {"ACTIVE"}


def test_affinity_keeps_both_together(shell: Shell, truth: Truth) -> None:
    assert shell.roll_out(shell.spec(2, "affinity")).code == 0
    assert truth.crowds("db") == [2]


def test_a_launch_that_ignores_its_stdin_is_told_and_its_machine_left(shell: Shell, truth: Truth) -> None:
    (shell.folder / "boot.py").write_text(BOOT.replace('**placement["launch"]', 'name="mine"'))
    answer = shell.roll_out(shell.spec(1))
    assert (answer.code, answer.json["error"]["kind"]) == (2, "InvalidRequest"), answer
    assert truth.statuses() <= {"ACTIVE", "BUILD"} != set()


def test_what_is_there_is_verified_listed_audited_and_released(
    nova: Nova, shell: Shell, truth: Truth
) -> None:
    db = shell.spec(2)
    assert ask("prepare", db).code == 0
    assert len(truth.server_groups()) == 1
    marked(nova, "db-0", "host1")
    marked(nova, "db-1", "host2")
    assert ask("verify", db).code == 0
    assert ask("audit", db).code == 0
    candidates = ask("candidates", db, "db-1", "--json")
    assert (candidates.code, candidates.json["candidates"][0]["allowed"]) == (0, True)

    marked(nova, "db-2", "host1")
    assert ask("verify", shell.spec(3)).code == 1
    assert ask("audit", db).code == 1
    listed = ask("groups", "--cloud", "openstack", "--owner", OWNER, "--json").json["groups"]
    assert [(group["group"], len(group["machines"]), len(group["natives"])) for group in listed] == [
        ("db", 3, 1)
    ]

    released = ask("release", db, "--json")
    assert (released.code, released.json["error"]["kind"]) == (3, "StillOccupied")
    nova.delete_everything()
    assert ask("prepare", db).code == 0
    assert ask("release", db).code == 0
    assert truth.server_groups() == []


def test_a_group_that_no_spec_names_is_found_by_an_audit(nova: Nova, shell: Shell) -> None:
    marked(nova, "db-0", "host1")
    web = shell.spec(1, group="web")
    answer = ask("audit", web, "--json")
    assert answer.code == 4
    assert "db" in answer.out
