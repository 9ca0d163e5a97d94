"""Credentials of the wrong shape are named, before anybody logs in."""

from __future__ import annotations

from typing import Any

import pytest

import antiaffinity as aa

RIGHT = {"auth_url": "http://127.0.0.1:9/v3", "username": "u", "password": "p", "project_name": "x"}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "auth": ({"auth": "text"}, "is a mapping"),
    "cloud": ({"cloud": {"a": "b"}}, "is a name"),
    "auth_type": ({"auth": RIGHT, "auth_type": ["password"]}, "is a name"),
    "auth.auth_url": ({"auth": {"auth_url": 3}}, "is text"),
    "auth.1": ({"auth": {1: "x"}}, "is text"),
    "auth.username": ({"auth": {**RIGHT, "username": ["u"]}}, "is text"),
    "auth.passwrd": ({"auth": {**RIGHT, "passwrd": "p"}}, "did you mean 'password'?"),
}


@pytest.mark.parametrize("path", CASES)
def test_a_wrong_setting_is_named(path: str) -> None:
    settings, words = CASES[path]
    with pytest.raises(aa.InvalidRequest, match=words.replace("?", r"\?")) as refused:
        aa.connect("openstack", **settings).group("db", members=1, rules="anti-affinity").plan()
    assert refused.value.path == path
