"""Machines of a pool by the word of somebody who looked: held, broken, or told where it is not enough."""

from __future__ import annotations

from pathlib import Path

import pytest

import antiaffinity as aa
from antiaffinity.clock import lent
from antiaffinity.looked import parsed
from antiaffinity.testing import Turns

HOSTS = """\
hosts:
  - {name: h1, zone: z1}
  - {name: h2, zone: z2}
  - {name: h3, zone: z2}
"""


@pytest.fixture
def db(tmp_path: Path) -> aa.Group:
    """db-0 and db-1 apart by host and by zone, as reported."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    pool = aa.connect("pool", owner="shop", inventory=str(tmp_path / "hosts.yaml"))
    rules = [aa.AntiAffinity("host"), aa.AntiAffinity("zone")]
    group = pool.group("db", members=2, rules=rules, never={"host": ["h3"]})
    with lent(Turns()):
        group.roll_out(lambda placement: f"vm-{placement.member}")
    return group


def reported(db: aa.Group) -> dict[str, str]:
    return {one.member: one.domains["host"] for one in db.machines()}


VERDICTS = {
    "as reported": (("h1", "h2"), ["held", "held"], 0),
    "the other way round": (("h2", "h1"), ["held", "held"], 4),
    "in one zone": (("h2", "h3"), ["held", "broken"], 1),
    "on one host": (("h3", "h3"), ["broken", "broken"], 1),
    "one on a host that nobody knows": (("h1", "h9"), ["unproven", "unproven"], 4),
    "one that is not told": (("h1", None), ["promised", "promised"], 4),
    "nobody": ((None, None), ["promised", "promised"], 4),
}


@pytest.mark.parametrize("what", VERDICTS)
def test_what_was_seen_is_judged(what: str, db: aa.Group) -> None:
    hosts, verdicts, code = VERDICTS[what]
    there = reported(db)
    names = sorted(there, key=lambda member: there[member])  # first the one that is on h1
    told = {name: host for name, host in zip(names, hosts, strict=True) if host}
    report = db.verify(look=lambda: told)
    assert [rule.verdict for rule in report.rules] == verdicts
    assert report.exit_code == code
    seen = all(told.get(name) in ("h1", "h2", "h3") for name in names)
    assert {rule.evidence == "DOMAIN" for rule in report.rules} == {seen}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"db-0": "h9"}, "look has db-0 on 'h9', which the inventory does not list"),
        ({"db-0": "h1"}, "look does not tell db-1: it counts where it was reported"),
        ({"web-0": "h1"}, "look tells 'web-0', which has no machine in this group"),
        ({"db-0": "h3"}, "db-0 is on h3, but was reported on"),
    ],
)
def test_what_does_not_fit_is_told(told: dict[str, str], words: str, db: aa.Group) -> None:
    report = db.verify(look=lambda: told)
    found = [one for one in report.findings if one.kind.startswith("look-")]
    assert any(words in one.message for one in found)
    assert {one.severity for one in found} == {"warning"}


def test_nothing_is_changed_by_looking(db: aa.Group) -> None:
    before = reported(db)
    db.verify(look=lambda: {"db-0": "h3", "db-1": "h3"})
    assert reported(db) == before


def test_lines_are_a_member_and_a_host() -> None:
    assert parsed("db-0 h1\n\n  db-1\th2  \ndb-0 h1\n") == {"db-0": "h1", "db-1": "h2"}
    assert parsed("") == {}


@pytest.mark.parametrize("text", ["db-0\n", "db-0 h1 running\n", "db-0 h1\ndb-0 h2\n"])
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(aa.InvalidRequest) as caught:
        parsed(text)
    assert (caught.value.path, caught.value.exit_code) == ("look", 2)
