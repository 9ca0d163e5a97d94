"""Credentials are printed nowhere: not from where they belong, from a URL, or from a wrong place."""

from __future__ import annotations

import json

import pytest

import antiaffinity as aa
from antiaffinity.errors import Unavailable
from antiaffinity.secrets import without_user_info
from antiaffinity.spec import parse_spec
from cli.shell import Lab, ask

SECRET = "hunter2-of-prod"
POOL = {"kind": "pool", "inventory": "hosts.json"}
NOVA = {"kind": "openstack", "auth_url": f"http://admin:{SECRET}@127.0.0.1:9/v3", "username": "u"}

CLOUDS: dict[str, object] = {
    "a text in the cloud's place": SECRET,
    "a URL in the cloud's place": f"https://u:{SECRET}@host/v3",
    "a slip in the key": {**POOL, "pasword": SECRET},
    "a file's name with a login": {**POOL, "inventory": f"https://u:{SECRET}@host/hosts.yaml"},
    "a ledger's URL": {**POOL, "ledger": f"postgresql://u:{SECRET}@db/ledger"},
    "a log-in in the cloud's URL": {**NOVA, "password": "wrong", "project_name": "p"},
    "a password that is no text": {**NOVA, "password": [SECRET]},
    "a password beside a wrong key": {**NOVA, "password": SECRET, "user": SECRET},
    "auth as text": {**NOVA, "auth": SECRET},
}


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
@pytest.mark.parametrize(
    "words", [["plan"], ["plan", "--json"], ["audit", "--json"], ["audit"]], ids=" ".join
)
def test_no_answer_has_a_credential(lab: Lab, cloud: object, words: list[str]) -> None:
    lab.spec(cloud=cloud)
    answer = ask(*words[:1], "db.json", *words[1:])
    assert answer.code in (1, 2, 3, 70)
    assert SECRET not in answer.out + answer.err


def test_what_is_no_credential_beside_one_is_shown(lab: Lab) -> None:
    """Names of members, groups and zones may well be those of the project, or of who logs in."""
    auth = {
        "auth_url": "http://127.0.0.1:9/v3",
        "username": "shop",
        "password": SECRET,
        "project_name": "db-0",
    }
    lab.spec(cloud={"kind": "openstack", "auth": auth}, owner="shop", members=["db-0", "shop-1"])
    answer = ask("candidates", "db.json", "db-9")
    assert answer.code == 2
    assert "known: db-0, shop-1" in answer.err


def test_a_name_of_several_clouds_may_have_none_either(lab: Lab) -> None:
    spec = {"group": "db", "members": 1, "clouds": {"dc": SECRET}}
    (lab.folder / "db.json").write_text(json.dumps(spec))
    answer = ask("plan", "db.json")
    assert (answer.code, SECRET in answer.err) == (2, False)


@pytest.mark.parametrize(
    "setting", [f"inventory=https://u:{SECRET}@host/x", f"pasword={SECRET}", f"x=[{SECRET}", SECRET]
)
def test_what_is_set_on_the_command_line_is_not_repeated(lab: Lab, setting: str) -> None:
    answer = ask("groups", "--cloud", "pool", "--set", "inventory=hosts.json", "--set", setting)
    assert answer.code in (0, 2)
    assert SECRET not in answer.out + answer.err


def test_a_command_s_own_words_lose_the_login_of_a_url(lab: Lab) -> None:
    (lab.folder / "boot.sh").write_text(f"#!/bin/sh\necho 'no answer of https://u:{SECRET}@h/' >&2\nexit 9\n")
    answer = lab.roll_out()
    assert "no answer of https://[secret]@h/" in answer.err
    assert SECRET not in answer.out + answer.err


def test_a_spec_as_text_has_the_kinds_of_its_clouds_only() -> None:
    spec = parse_spec({"group": "db", "members": 1, "cloud": {"kind": "openstack", "password": SECRET}})
    assert SECRET not in repr(spec)
    assert "openstack" in repr(spec)


def test_connected_clouds_and_their_groups_show_no_settings(lab: Lab) -> None:
    estate = aa.connect("pool", inventory="hosts.json", ledger=f"{SECRET}.db")
    assert SECRET not in f"{estate!r} {estate.clouds!r} {estate.group('db', members=1)!r}"


def test_an_error_of_ours_has_no_login_of_a_url() -> None:
    error = Unavailable(f"no answer of http://u:{SECRET}@h:5000/v3", conflict=[(f"http://u:{SECRET}@h", "")])
    assert SECRET not in f"{error} {error.message} {error!r} {error.conflict}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://u:p@h/x", "at https://[secret]@h/x"),
        ("at https://token@h", "at https://[secret]@h"),
        ("at https://u:p/q@r@h/x", "at https://[secret]@h/x"),
        ("https://h/x and me@home", "https://h/x and me@home"),
        ("https://h:5000/x", "https://h:5000/x"),
        ("a@b.c", "a@b.c"),
    ],
)
def test_only_the_login_is_taken_out_of_a_url(text: str, shown: str) -> None:
    assert without_user_info(text) == shown
