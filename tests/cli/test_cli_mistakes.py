"""Mistakes at the keyboard: what is typed wrong is told, with what there is, and nothing is done."""

from __future__ import annotations

import json

import pytest

from cli import shapes
from cli.shell import Lab, ask


def released(lab: Lab, *members: str) -> list[str]:
    return list(ask("release", "db.json", *members, "--json").json["members"])


def test_an_unknown_member_is_not_released_and_the_known_are_told(lab: Lab) -> None:
    lab.roll_out()
    answer = ask("release", "db.json", "db-0", "db-9")
    assert answer.code == 2
    assert "'db-9' is no member; " in answer.err
    assert "known: db-0, db-1, db-2" in answer.err
    assert len(ask("verify", "db.json", "--json").json["machines"]) == 3, "nor is anybody beside it"


def test_a_slip_is_told_with_the_nearest_member(lab: Lab) -> None:
    lab.spec(members=["primary", "replica"])
    assert "did you mean 'primary'? known: primary, replica" in ask("release", "db.json", "primray").err


def test_many_members_are_not_all_told(lab: Lab) -> None:
    lab.spec(members=100, rules=[])
    assert "known: db-0, db-1" in (told := ask("release", "db.json", "web").err)
    assert "db-19 and 80 more" in told


def test_a_pattern_releases_who_it_means(lab: Lab) -> None:
    lab.roll_out()
    assert released(lab, "db-[12]", "db-2") == ["db-1", "db-2"]
    assert [one["member"] for one in ask("verify", "db.json", "--json").json["machines"]] == ["db-0"]


def test_a_member_that_spec_dropped_is_known_while_its_machine_is_there(lab: Lab) -> None:
    lab.roll_out()
    lab.spec(members=2)
    assert released(lab, "db-2") == ["db-2"]
    assert ask("release", "db.json", "db-2").code == 2


@pytest.mark.parametrize("words", [["bind", "db.json", "db-9", "vm"], ["candidates", "db.json", "db-9"]])
def test_an_unknown_member_is_no_lack_of_places(lab: Lab, words: list[str]) -> None:
    answer = ask(*words)
    assert (answer.code, "known: db-0, db-1, db-2" in answer.err) == (2, True)


def test_who_shrinks_is_told_the_command_that_gives_the_places_back(lab: Lab) -> None:
    lab.roll_out()
    text = ask("plan", "db.json", "--shrink", "2").out
    [line] = [one for one in text.splitlines() if "antiaffinity release" in one]
    assert ask(*line.partition("antiaffinity ")[2].split()).code == 0
    assert len(ask("verify", "db.json", "--json").json["machines"]) == 1


def test_an_audit_skips_inventories_and_says_so(lab: Lab) -> None:
    lab.roll_out()
    answer = ask("audit", "db.json", "hosts.json", "--json")
    shapes.check(answer.json, shapes.AUDIT)
    assert (answer.code, answer.json["skipped"], len(answer.json["groups"])) == (0, ["hosts.json"], 1)
    assert "skipped hosts.json: an inventory" in ask("audit", "db.json", "hosts.json").out


def test_an_audit_of_inventories_alone_is_refused(lab: Lab) -> None:
    answer = ask("audit", "hosts.json")
    assert (answer.code, "name a SPEC" in answer.err) == (2, True)


WRONG = {
    "group: db\nmembers: 3\nrules:\n  - spread: {level: zone}\n  - anti-afinity: {level: host}\n": 5,
    "group: db\nmembers:\n  - db-0\n  - name: db-1\n    sise: {vcpus: 1}\n": 5,
    "group: db\n\nsize:\n  vcpus: two\nmembers: 3\n": 4,
    "group: db\nmembers: 3\nrules:\n  - spread:\n      max_skew: 1\n": 4,
}


@pytest.mark.parametrize(("text", "line"), WRONG.items())
def test_an_error_in_a_spec_says_the_file_and_the_line(lab: Lab, text: str, line: int) -> None:
    (lab.folder / "db.yaml").write_text(text)
    answer = ask("plan", "db.yaml", "--json")
    shapes.check(answer.json, shapes.ERROR)
    assert answer.json["error"]["where"] == f"db.yaml:{line}"
    assert ask("plan", "db.yaml").err.startswith(f"error: db.yaml:{line}: ")


def test_what_a_cloud_refuses_of_a_spec_says_its_line_too(lab: Lab) -> None:
    (lab.folder / "db.yaml").write_text(
        "group: db\nmembers: 1\ncloud:\n  kind: pool\n  inventroy: hosts.json\n"
    )
    assert ask("plan", "db.yaml").err.startswith("error: db.yaml:5: cloud.inventroy: ")
    (lab.folder / "own.yaml").write_text("group: db\nmembers: 1\ncloud:\n  kind: pool\n")
    assert ask("plan", "own.yaml").err.startswith("error: own.yaml:3: cloud.inventory: ")


def test_an_error_that_is_not_in_the_file_names_no_line_of_it(lab: Lab) -> None:
    (lab.folder / "hosts.json").write_text('{"hosts": [{"name": "h1", "zoen": "z1"}]}')
    assert ":1:" not in ask("plan", "db.json").err
    assert ask("release", "db.json", "nobody", "--json").json["error"]["where"] == ""


SLIPS = {"memory": "memory_mb", "vcpu": "vcpus", "Memory_MB": "memory_mb"}


def states_resources(lab: Lab, **capacity: int) -> None:
    hosts = [{"name": f"h{n}", "capacity": capacity} for n in range(3)]
    (lab.folder / "hosts.json").write_text(json.dumps({"hosts": hosts}))


@pytest.mark.parametrize(("slip", "meant"), SLIPS.items())
@pytest.mark.parametrize("verb", ["plan", "prepare", "candidates"])
def test_a_resource_that_no_host_states_is_no_demand_for_nothing(
    lab: Lab, verb: str, slip: str, meant: str
) -> None:
    states_resources(lab, vcpus=8, memory_mb=1024)
    lab.spec(size={slip: 4096})
    answer = ask(verb, "db.json", *(["db-0"] if verb == "candidates" else []))
    assert answer.code == 2
    assert f"size.{slip}: no host states such a resource" in answer.err
    assert f"did you mean {meant!r}? known: memory_mb, vcpus" in answer.err


def test_a_member_s_own_slip_is_told_too(lab: Lab) -> None:
    states_resources(lab, vcpus=8)
    lab.spec(members=["db-0", {"name": "db-1", "size": {"vcpu": 2}}])
    assert ask("plan", "db.json").code == 2


def test_where_no_host_states_resources_any_may_be_asked_for(lab: Lab) -> None:
    lab.spec(size={"vcpus": 2, "type": "m1.large"})
    assert ask("plan", "db.json").code == 0


def test_a_resource_that_one_host_states_is_known(lab: Lab) -> None:
    hosts = [
        {"name": "h1", "capacity": {"gpus": 1}},
        {"name": "h2", "capacity": {"vcpus": 8}},
        {"name": "h3"},
    ]
    (lab.folder / "hosts.json").write_text(json.dumps({"hosts": hosts}))
    lab.spec(size={"gpus": 1})
    assert ask("plan", "db.json").code == 0


def test_the_ways_out_say_who_goes_and_how_big_a_host_must_be(lab: Lab) -> None:
    states_resources(lab, vcpus=8, memory_mb=1024)
    lab.spec(members=5)
    assert "way out  3 members instead of 5 (without db-3, db-4)" in ask("plan", "db.json").out
    lab.spec(members=2, size={"vcpus": 16})
    told = ask("plan", "db.json").out
    assert "way out  smaller members, or a host with vcpus 16 free for each" in told
