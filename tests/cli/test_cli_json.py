"""The JSON of every answer has the public keys and no others."""

from __future__ import annotations

import json

import pytest

from cli import shapes
from cli.shell import Lab, ask, call


def test_a_plan(lab: Lab) -> None:
    found = ask("plan", "db.json", "--json").json
    shapes.check(found, shapes.PLAN)
    assert (found["group"], found["owner"], found["verdict"]) == ("db", "shop", "fits")
    hosts = [placement["domains"]["host"] for placement in found["placements"]]
    assert len(set(hosts)) == 3
    assert found["rules"][0]["rule"] == "anti-affinity (host)"
    assert {"level": "host", "domains": 3, "lost": 1, "left": 2} in found["survives"]


def test_what_exists_is_said_only_of_members_that_exist(lab: Lab) -> None:
    ask("bind", "db.json", "db-1", "vm-7", "--at", "host=h4")
    placements = ask("plan", "db.json", "--json").json["placements"]
    assert {p["member"]: p.get("existing") for p in placements} == {
        "db-0": None,
        "db-1": "vm-7",
        "db-2": None,
    }


def test_a_plan_that_is_short_says_what_would_help(lab: Lab) -> None:
    lab.spec(members=5)
    found = ask("plan", "db.json", "--json").json
    shapes.check(found, shapes.PLAN)
    [short] = found["short"]
    assert short["member"] == "db-4"
    assert any("4 members" in way for way in short["ways_out"])
    assert {"rules[0]"} <= {conflict["path"] for conflict in short["conflict"]}


def test_a_surplus_machine_is_named(lab: Lab) -> None:
    lab.roll_out()
    lab.spec(members=2)
    found = ask("plan", "db.json", "--json").json
    assert [one["member"] for one in found["surplus"]] == ["db-2"]


def test_shrinking_names_victims_and_those_who_stay(lab: Lab) -> None:
    found = ask("plan", "db.json", "--shrink", "1", "--json").json
    shapes.check(found, shapes.SHRUNK)
    assert len(found["members"]) == 2
    assert set(found["members"]) | set(found["victims"]) == {"db-0", "db-1", "db-2"}


def test_advice(lab: Lab) -> None:
    found = ask("plan", "db.json", "--advise", "--json").json
    shapes.check(found, shapes.ADVISED)
    assert [advice["member"] for advice in found["advice"]] == ["db-0", "db-1", "db-2"]


def test_prepare_gives_every_member_its_launch_arguments(lab: Lab) -> None:
    found = ask("prepare", "db.json", "--json").json
    shapes.check(found, shapes.PREPARE)
    for placement in found["placements"]:
        assert placement["launch"]["host"] == placement["domains"]["host"]
        assert placement["launch"]["labels"]["antiaffinity-member"] == placement["member"]


def test_a_report(lab: Lab) -> None:
    rolled = lab.roll_out("--json").json
    shapes.check(rolled, shapes.REPORT)
    assert len(rolled["launched"]) == 3
    seen = ask("verify", "db.json", "--json").json
    shapes.check(seen, shapes.REPORT)
    assert {m["member"]: m["domains"]["host"] for m in seen["machines"]} == lab.machines()


def test_candidates(lab: Lab) -> None:
    found = ask("candidates", "db.json", "db-0", "--json").json
    shapes.check(found, shapes.CANDIDATES)
    assert [one["rank"] for one in found["candidates"]] == [1, 2, 3, 4]


def test_bind_and_release(lab: Lab) -> None:
    bound = ask("bind", "db.json", "db-0", "vm-9", "--at", "host=h3", "--json").json
    shapes.check(bound, shapes.BOUND)
    assert bound["machine"]["domains"] == {"zone": "z2", "host": "h3"}
    released = ask("release", "db.json", "db-0", "--json").json
    shapes.check(released, shapes.RELEASED)
    assert released["members"] == ["db-0"]
    assert ask("release", "db.json", "--json").json["members"] is None


def test_groups(lab: Lab) -> None:
    lab.roll_out()
    found = ask("groups", "--cloud", "pool", "--set", "inventory=hosts.json", "--json").json
    shapes.check(found, shapes.GROUPS)
    [group] = found["groups"]
    assert (group["owner"], group["group"], len(group["machines"])) == ("shop", "db", 3)


@pytest.mark.parametrize(
    ("words", "kind", "path"),
    [
        (["plan", "nowhere.yaml", "--json"], "InvalidRequest", "nowhere.yaml"),
        (["plan", "odd.json", "--json"], "InvalidRequest", "membres"),
        (["plan", "unknown.json", "--json"], "InvalidRequest", "cloud.kind"),
        (["plan", "--json"], "InvalidRequest", ""),
        (["paln", "--json"], "InvalidRequest", ""),
        (["clouds", "openstak", "--json"], "InvalidRequest", "kind"),
        (["release", "db.json", "--json"], "StillOccupied", ""),
        (["roll-out", "five.json", "--launch", "exit 75", "--json"], "NoCapacity", ""),
        (["roll-out", "web.json", "--launch", "exit 9", "--json"], "LaunchFailed", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_an_error_is_json_on_stdout(lab: Lab, words: list[str], kind: str, path: str) -> None:
    ask("bind", "db.json", "db-0", "vm-9", "--at", "host=h3")
    lab.spec("odd.json", membres=3)
    lab.spec("unknown.json", cloud={"kind": "puddle"})
    lab.spec("five.json", members=5, group="five")
    lab.spec("web.json", group="web")
    answer = ask(*words)
    shapes.check(answer.json, shapes.ERROR)
    assert (answer.json["error"]["kind"], answer.json["error"]["path"]) == (kind, path)


def test_a_failed_roll_out_tells_how_far_it_came(lab: Lab) -> None:
    first = call("plan", "db.json", "--json", cwd=lab.folder).json["placements"][0]["domains"]["host"]
    full = {"h1", "h2", "h3", "h4"} - {first}
    for host in full:
        lab.mark(f"full-{host}")
    answer = lab.roll_out("--discard", "./kill.sh", "--json")
    shapes.check(answer.json, shapes.ERROR)
    error = answer.json["error"]
    assert error["kind"] == "NoCapacity"
    assert error["domain"]["host"] in full
    assert [m["member"] for m in error["report"]["machines"]] == list(lab.machines())
    assert len(error["report"]["missing"]) == 2


def test_stdout_is_one_object_whatever_the_commands_print(lab: Lab) -> None:
    answer = call("roll-out", "db.json", "--launch", "./boot.sh", "--json", cwd=lab.folder)
    shapes.check(json.loads(answer.out), shapes.REPORT)
    assert "booting db-0" in answer.err


def test_a_spec_on_stdin(lab: Lab) -> None:
    spec = (lab.folder / "db.json").read_text()
    answer = call("plan", "-", "--json", stdin=spec, cwd=lab.folder)
    shapes.check(answer.json, shapes.PLAN)
    assert answer.code == 0
