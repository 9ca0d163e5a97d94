"""Audits: every SPEC judged, and what no SPEC names is named."""

from __future__ import annotations

import pytest

from antiaffinity.audit import unnamed, worst
from antiaffinity.backend import Found
from antiaffinity.model import GroupKey
from cli import shapes
from cli.shell import Lab, ask


def test_all_named_and_promised_is_0(lab: Lab) -> None:
    lab.roll_out()
    answer = ask("audit", "db.json", "--json")
    shapes.check(answer.json, shapes.AUDIT)
    assert (answer.code, answer.json["unnamed"]) == (0, [])
    assert "every marked machine and group on these clouds is named" in ask("audit", "db.json").out


def test_a_group_that_no_spec_names_is_named_and_is_4(lab: Lab) -> None:
    lab.roll_out()
    lab.spec("web.json", group="web", members=1)
    ask("bind", "web.json", "web-0", "vm-web", "--at", "host=h1")
    answer = ask("audit", "db.json", "--json")
    shapes.check(answer.json, shapes.AUDIT)
    assert answer.code == 4
    [one] = answer.json["unnamed"]
    assert (one["cloud"], one["group"], [m["instance"] for m in one["machines"]]) == (
        "pool",
        "web",
        ["vm-web"],
    )
    assert "no SPEC names shop/web on pool: machines: web-0 is vm-web" in ask("audit", "db.json").out


def test_two_specs_of_one_cloud_name_each_other_s_groups(lab: Lab) -> None:
    lab.roll_out()
    lab.spec("web.json", group="web", members=1)
    ask("bind", "web.json", "web-0", "vm-web", "--at", "host=h1")
    assert ask("audit", "db.json", "web.json").code == 0


def test_the_same_group_on_another_cloud_is_not_named_by_it(lab: Lab) -> None:
    other = {"kind": "pool", "inventory": "hosts.json", "ledger": "other.db"}
    lab.spec("other.json", cloud=other)
    ask("bind", "other.json", "db-0", "vm-0", "--at", "host=h1")
    lab.spec("elsewhere.json", group="web", members=1, cloud=other)
    ask("bind", "elsewhere.json", "web-0", "vm-1", "--at", "host=h2")
    lab.roll_out()
    found = ask("audit", "db.json", "elsewhere.json", "--json").json["unnamed"]
    assert [one["group"] for one in found] == ["db"]


def test_one_cloud_named_by_two_specs_is_searched_once(lab: Lab) -> None:
    lab.spec("lost.json", group="lost", members=1)
    ask("bind", "lost.json", "lost-0", "vm-lost", "--at", "host=h1")
    lab.spec("web.json", group="web", members=1)
    assert len(ask("audit", "db.json", "web.json", "--json").json["unnamed"]) == 1


def test_a_surplus_machine_shows_in_its_group(lab: Lab) -> None:
    lab.roll_out()
    lab.spec(members=2)
    answer = ask("audit", "db.json", "--json")
    [group] = answer.json["groups"]
    assert [one["member"] for one in group["surplus"]] == ["db-2"]


def test_a_spec_that_cannot_be_read_does_not_hide_the_others(lab: Lab) -> None:
    lab.roll_out()
    answer = ask("audit", "nowhere.yaml", "db.json", "--json")
    shapes.check(answer.json, shapes.AUDIT)
    bad, good = answer.json["groups"]
    assert (answer.code, bad["error"]["kind"], good["verdict"]) == (2, "InvalidRequest", "promised")
    assert "error: nowhere.yaml: " in ask("audit", "nowhere.yaml", "db.json").out


def test_a_broken_rule_is_worse_than_a_spec_that_cannot_be_read(lab: Lab) -> None:
    for member in ("db-0", "db-1", "db-2"):
        ask("bind", "db.json", member, f"vm-{member}", "--at", "host=h3")
    assert ask("audit", "nowhere.yaml", "db.json").code == 1


def test_groups_are_listed_with_their_machines(lab: Lab) -> None:
    lab.roll_out()
    lab.spec("web.json", group="web", members=1, owner="other")
    ask("bind", "web.json", "web-0", "vm-web", "--at", "host=h1")
    words = ["groups", "--cloud", "pool", "--set", "inventory=hosts.json"]
    text = ask(*words).out
    assert "web-0 is vm-web" in text
    assert "db-2 is vm-db-2" in text
    assert "db-2" not in ask(*words, "--owner", "other").out
    assert "no groups of ours on pool" in ask(*words, "--owner", "nobody").out


def test_settings_are_read_as_yaml(lab: Lab) -> None:
    words = ["groups", "--cloud", "pool", "--set", "inventory=hosts.json", "--set"]
    assert ask(*words, "claim_timeout=60").code == 0
    answer = ask(*words, "claim_timeout=soon", "--json")
    assert (answer.code, answer.json["error"]["path"]) == (2, "claim_timeout")


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0, 4], 4), ([4, 3], 3), ([3, 2], 2), ([2, 1, 4], 1), ([1, 70], 70)],
)
def test_the_worst_code_wins(codes: list[int], code: int) -> None:
    assert worst(codes) == worst(codes[::-1]) == code


def test_a_native_group_that_does_not_tell_whose_it_is_is_named_by_nobody() -> None:
    lost = Found(None, natives=("6f0c",), title="antiaffinity leftover")
    mine = Found(GroupKey("shop", "db"))
    assert [one.found for one in unnamed("dc", [lost, mine], {GroupKey("shop", "db")})] == [lost]
