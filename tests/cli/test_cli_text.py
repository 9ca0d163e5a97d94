"""What people read: places, reasons, verdicts and ways out, in words that a stranger understands."""

from __future__ import annotations

import shutil

import pytest

from antiaffinity.tables import table
from cli.shell import Lab, ask


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_plan_shows_everybody_with_place_and_reason(lab: Lab) -> None:
    text = ask("plan", "db.json").out
    head, *rows = text.split("\n\n")[1].splitlines()
    assert head.split() == ["MEMBER", "ZONE", "HOST", "MACHINE", "WHY"]
    assert [row.split()[0] for row in rows] == ["db-0", "db-1", "db-2"]
    assert all("fewest of the group" in row for row in rows)


def test_a_plan_says_what_is_left_when_something_fails(lab: Lab) -> None:
    assert "losing any one host leaves at least 2 of 3" in ask("plan", "db.json").out


def test_a_plan_says_which_evidence_to_expect(lab: Lab) -> None:
    [line] = [line for line in ask("plan", "db.json").out.splitlines() if line.startswith("anti-affinity")]
    assert "fits" in line
    assert "promised" in line


def test_a_short_plan_names_who_has_no_place_and_what_would_help(lab: Lab) -> None:
    lab.spec(members=5)
    text = ask("plan", "db.json").out
    assert "db-4 - - no place" in squeezed(text)
    assert "short: no place for db-4: " in text
    assert "needs    rules[0]: " in text
    assert "  way out  4 members instead of 5" in text
    assert "  way out  saturated: stack" in text


def test_a_plan_shows_what_is_there_already(lab: Lab) -> None:
    ask("bind", "db.json", "db-1", "vm-7", "--at", "host=h4")
    [line] = [line for line in ask("plan", "db.json").out.splitlines() if line.startswith("db-1")]
    assert line.split()[:4] == ["db-1", "z3", "h4", "vm-7"]


def test_a_plan_of_a_broken_rule_names_who_breaks_it_and_the_way_out(lab: Lab) -> None:
    for member, machine in (("db-0", "vm-0"), ("db-1", "vm-1")):
        ask("bind", "db.json", member, machine, "--at", "host=h4")
    text = ask("plan", "db.json").out
    assert "broken: anti-affinity (host): db-0, db-1 share host z3/h4" in text
    assert "  way out  antiaffinity plan db.json --repair" in text
    assert "way out" not in ask("plan", "db.json", "--repair").out
    [rule] = ask("plan", "db.json", "--json").json["rules"]
    assert rule["why"] == "db-0, db-1 share host z3/h4"


def test_shrinking_says_what_to_write_into_spec(lab: Lab) -> None:
    text = ask("plan", "db.json", "--shrink", "1").out
    assert "to go, from the fullest domains: db-2" in text
    assert "members: [db-0, db-1]" in text


def test_advice_ends_with_the_words_for_bind(lab: Lab) -> None:
    text = ask("plan", "db.json", "--advise").out
    for line in text.splitlines():
        if line.startswith("  then: antiaffinity "):
            words = line.removeprefix("  then: antiaffinity ").replace("INSTANCE", "vm-1").split()
            assert ask(*words[:3], f"vm-{words[2]}", *words[4:]).code == 0
    assert ask("verify", "db.json").code == 0


def test_verify_shows_every_machine_and_every_rule_with_its_verdict(lab: Lab) -> None:
    lab.roll_out()
    text = ask("verify", "db.json").out
    for member, host in lab.machines().items():
        [line] = [line for line in text.splitlines() if line.startswith(member)]
        assert line.split()[-1] == host
    assert "promised" in next(line for line in text.splitlines() if line.startswith("anti-affinity"))
    assert "promised: " in text


def test_verify_names_who_shares_a_host(lab: Lab) -> None:
    for member in ("db-0", "db-1"):
        ask("bind", "db.json", member, f"vm-{member}", "--at", "host=h3")
    text = ask("verify", "db.json").out
    assert "group db of shop: broken, 1 missing" in text
    assert "db-0, db-1 share host" in text
    assert "db-2 - missing - -" in squeezed(text)


def test_a_surplus_machine_is_named_not_deleted(lab: Lab) -> None:
    lab.roll_out()
    lab.spec(members=2)
    assert "surplus: vm-db-2" in ask("verify", "db.json").out


def test_candidates_show_why_a_place_is_refused(lab: Lab) -> None:
    lab.roll_out()
    taken = lab.machines()["db-0"]
    text = ask("candidates", "db.json", "db-1").out
    assert "db-1 of group db: 2 of 4 places allowed" in text
    [line] = [line for line in text.splitlines() if f" {taken} " in line]
    assert "not open under anti-affinity (host)" in line


def test_an_error_names_the_field_and_the_fix(lab: Lab) -> None:
    lab.spec(membres=3)
    assert ask("plan", "db.json").err.startswith("error: db.json:1: membres: ")
    assert "members" in ask("plan", "db.json").err


def test_an_error_of_a_roll_out_lists_the_ways_out(lab: Lab) -> None:
    lab.spec(members=5)
    answer = lab.roll_out()
    assert answer.out == ""
    assert "error: group shop/db: no place for db-4" in answer.err
    assert "  way out  4 members instead of 5" in answer.err


def test_several_clouds_have_a_column_of_their_own(lab: Lab) -> None:
    for name in ("east", "west"):  # one inventory under two names would be one pool
        shutil.copy(lab.folder / "hosts.json", lab.folder / f"{name}.json")
    clouds = {name: {"kind": "pool", "inventory": f"{name}.json"} for name in ("east", "west")}
    spec = {"group": "db", "owner": "shop", "members": 2, "rules": [{"anti-affinity": {"level": "provider"}}]}
    lab.spec("estate.json", **spec, clouds=clouds)
    file = lab.folder / "estate.json"
    file.write_text(file.read_text().replace('"cloud": {"kind": "pool", "inventory": "hosts.json"}, ', ""))
    text = ask("plan", "estate.json").out
    head, *rows = text.split("\n\n")[1].splitlines()
    assert head.split()[1] == "CLOUD"
    assert {row.split()[1] for row in rows} == {"east", "west"}


def test_a_long_host_id_is_short_in_a_table() -> None:
    host = "a9b8" * 14
    lines = list(table(["member", "host"], [["db-0", host], ["db-1", ""]]))
    assert lines == ["MEMBER  HOST", f"db-0    {host[:12]}", "db-1    -"]


def test_a_column_without_entries_is_left_out() -> None:
    assert list(table(["member", "rack", "host"], [["db-0", "", "h1"]])) == ["MEMBER  HOST", "db-0    h1"]


@pytest.mark.parametrize(
    "words", [["plan", "db.json"], ["verify", "db.json"], ["candidates", "db.json", "db-0"]], ids=" ".join
)
def test_looking_changes_nothing(lab: Lab, words: list[str]) -> None:
    before = sorted(file.name for file in lab.folder.iterdir())
    ask(*words)
    assert sorted(file.name for file in lab.folder.iterdir()) == before
