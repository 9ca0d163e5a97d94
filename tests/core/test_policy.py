"""The HA modes mean rules, and the shorthands mean Nova's policies."""

from __future__ import annotations

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.policy import SHORTHANDS, Affinity, AntiAffinity, Ha, Rule, Spread, Survive, compile_ha


def test_active_standby_is_two_members_never_together() -> None:
    assert compile_ha(Ha("active-standby", "rack"), 2) == AntiAffinity("rack")


def test_active_standby_takes_hosts_unless_told() -> None:
    assert compile_ha(Ha("active-standby"), 2) == AntiAffinity("host", max_per_domain=1, hard=True)


@pytest.mark.parametrize(("members", "alive", "lost"), [(2, 1, 1), (3, 1, 2), (5, 3, 2), (100, 99, 1)])
def test_active_active_loses_what_need_not_stay_alive(members: int, alive: int, lost: int) -> None:
    compiled = compile_ha(Ha("active-active", "zone", min_alive=alive), members)
    assert compiled == Survive("zone", failures=1, lose_at_most=lost)


@pytest.mark.parametrize(("needed", "buffer", "failures"), [(2, 1, 1), (4, 2, 1), (4, 2, 2), (1, 3, 2)])
def test_n_plus_m_loses_its_buffer_at_most(needed: int, buffer: int, failures: int) -> None:
    ha = Ha("n-plus-m", "host", needed=needed, buffer=buffer, failures=failures)
    assert compile_ha(ha, needed + buffer) == Survive("host", failures=failures, lose_at_most=buffer)


@pytest.mark.parametrize(
    ("ha", "members", "path", "fix"),
    [
        (Ha("active-standby"), 1, "ha.mode", "exactly two"),
        (Ha("active-standby"), 3, "ha.mode", "not 3"),
        (Ha("active-standby", min_alive=1), 2, "ha.min_alive", "remove it"),
        (Ha("active-standby", needed=1), 2, "ha.needed", "remove it"),
        (Ha("active-standby", buffer=1), 2, "ha.buffer", "remove it"),
        (Ha("active-standby", failures=2), 2, "ha.failures", "n-plus-m"),
        (Ha("active-active"), 3, "ha.min_alive", "a number of members"),
        (Ha("active-active", min_alive=0), 3, "ha.min_alive", "give 1 to 2"),
        (Ha("active-active", min_alive=3), 3, "ha.min_alive", "give 1 to 2"),
        (Ha("active-active", min_alive=1), 1, "ha.mode", "two members or more"),
        (Ha("active-active", min_alive=1, needed=1), 3, "ha.needed", "remove it"),
        (Ha("active-active", min_alive=1, buffer=1), 3, "ha.buffer", "remove it"),
        (Ha("active-active", min_alive=1, failures=2), 3, "ha.failures", "n-plus-m"),
        (Ha("n-plus-m", needed=2), 3, "ha.buffer", "a number of members"),
        (Ha("n-plus-m", buffer=1), 3, "ha.needed", "a number of members"),
        (Ha("n-plus-m", needed=2, buffer=1, min_alive=1), 3, "ha.min_alive", "remove it"),
        (Ha("n-plus-m", needed=2, buffer=2), 3, "ha.needed", "is 4, but there are 3"),
        (Ha("n-plus-m", needed=2, buffer=1, failures=2), 3, "ha.buffer", "at least 2"),
    ],
)
def test_a_mode_that_does_not_fit_names_its_field(ha: Ha, members: int, path: str, fix: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        compile_ha(ha, members)
    assert refused.value.path == path
    assert fix in refused.value.message


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("anti-affinity", AntiAffinity("host", max_per_domain=1, hard=True)),
        ("soft-anti-affinity", AntiAffinity("host", max_per_domain=1, hard=False)),
        ("affinity", Affinity("host", hard=True)),
        ("soft-affinity", Affinity("host", hard=False)),
    ],
)
def test_novas_four_names_are_rules_about_hosts(word: str, rule: Rule) -> None:
    assert SHORTHANDS[word] == rule


def test_nova_has_four_names() -> None:
    assert len(SHORTHANDS) == 4


def test_a_rule_concerns_everybody_unless_told() -> None:
    assert Affinity("zone").concerns("web-0")


@pytest.mark.parametrize(
    ("member", "concerned"), [("web-0", True), ("db", True), ("db-0", False), ("Web-0", False)]
)
def test_a_rule_concerns_whom_it_is_among(member: str, concerned: bool) -> None:
    assert Spread("zone", among=("web-*", "db")).concerns(member) is concerned


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (AntiAffinity("host"), "anti-affinity (host)"),
        (AntiAffinity("rack", 2, hard=False), "anti-affinity (rack, at most 2 each, soft)"),
        (Affinity("zone", among=("a", "b-*")), "affinity (zone, among a b-*)"),
        (Spread("zone", 1, 2), "spread (zone, max skew 1, min domains 2)"),
        (Spread("zone", 3, hard=False), "spread (zone, max skew 3, soft)"),
        (Survive("rack", 1, 2), "survive (rack, 1 failing, lose at most 2)"),
    ],
)
def test_a_rule_reads_as_a_phrase_that_tells_soft_from_hard(rule: Rule, words: str) -> None:
    assert str(rule) == words
    assert words.startswith(rule.kind)
