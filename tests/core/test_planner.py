"""What a plan is, by example."""

from __future__ import annotations

from collections import Counter

import pytest

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Domain, Level, Member, Needs, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Affinity, AntiAffinity, Spread, Survive


def zones(*names: str) -> list[Domain]:
    return [Domain(zone=name) for name in names]


def hosts(*paths: str) -> list[Domain]:
    """Hosts by path: "z1/h1", or "h1" alone."""
    parted = [path.rpartition("/") for path in paths]
    return [Domain(zone=zone or None, host=host) for zone, _, host in parted]


def running(member: str, **domains: str) -> Observed:
    known: dict[Level, str] = {
        level: domains[level] for level in ("zone", "rack", "host") if level in domains
    }
    return Observed(member, f"i-{member}", "running", True, known)


def at(answer: Plan, level: Level) -> dict[str, str]:
    return {placement.member: placement.domains[level] for placement in answer.placements}


def kinds(answer: Plan) -> list[str]:
    return [finding.kind for finding in answer.findings]


# Apart


def test_three_members_are_in_three_zones() -> None:
    answer = plan(["db-0", "db-1", "db-2"], (), zones("z1", "z2", "z3"), [AntiAffinity("zone")])
    assert sorted(at(answer, "zone").values()) == ["z1", "z2", "z3"]
    assert (answer.verdict, answer.exit_code) == ("fits", 0)


def test_without_any_rule_members_are_spread_over_zones_first_then_over_hosts() -> None:
    answer = plan(["a", "b", "c", "d"], (), hosts("z1/h1", "z1/h2", "z2/h3", "z2/h4", "z2/h5"), [])
    assert Counter(at(answer, "zone").values()) == {"z1": 2, "z2": 2}
    assert set(Counter(at(answer, "host").values()).values()) == {1}


def test_a_hard_rule_leaves_the_fourth_of_three_hosts_out() -> None:
    answer = plan(["a", "b", "c", "d"], (), hosts("h1", "h2", "h3"), [AntiAffinity("host")])
    assert [shortage.member for shortage in answer.short] == ["d"]
    assert (answer.verdict, answer.exit_code) == ("short", 1)
    assert answer.rules[0].verdict == "short"


def test_a_soft_rule_lets_the_fourth_of_three_hosts_share_and_says_so() -> None:
    answer = plan(["a", "b", "c", "d"], (), hosts("h1", "h2", "h3"), [AntiAffinity("host", hard=False)])
    assert sorted(Counter(at(answer, "host").values()).values()) == [1, 1, 2]
    assert (answer.verdict, answer.exit_code) == ("fits", 4)
    assert answer.rules[0].verdict == "short"


def test_two_soft_rules_are_weighed_in_the_order_written() -> None:
    places = hosts("z1/h1", "z2/h2", "z2/h3", "z2/h4")
    by_host, by_zone = AntiAffinity("host", hard=False), AntiAffinity("zone", 2, hard=False)
    names = ["a", "b", "c", "d"]
    assert Counter(at(plan(names, (), places, [by_host, by_zone]), "zone").values()) == {"z1": 1, "z2": 3}
    assert Counter(at(plan(names, (), places, [by_zone, by_host]), "zone").values()) == {"z1": 2, "z2": 2}


def test_hosts_of_one_name_in_two_zones_are_two_hosts() -> None:
    answer = plan(["a", "b"], (), hosts("z1/h1", "z2/h1"), [AntiAffinity("host")])
    assert sorted(at(answer, "zone").values()) == ["z1", "z2"]


def test_hosts_of_one_name_are_taken_in_the_same_order_however_they_are_listed() -> None:
    places = hosts("z1/h1", "z2/h1", "z3/h1")
    assert at(plan(["a"], (), places, []), "zone") == at(plan(["a"], (), places[::-1], []), "zone")


def test_rules_among_some_do_not_count_the_others() -> None:
    rule = AntiAffinity("host", among=("web-*",))
    answer = plan(["web-0", "web-1", "db-0", "db-1"], (), hosts("h1", "h2"), [rule])
    spots = at(answer, "host")
    assert spots["web-0"] != spots["web-1"]
    assert not answer.short


def test_two_groups_need_not_begin_on_the_same_host() -> None:
    places = hosts(*(f"h{n}" for n in range(20)))
    first = {at(plan(["a"], (), places, [], group=name), "host")["a"] for name in ("db", "web", "mq", "lb")}
    assert len(first) > 1


# Spread, survive, together


def test_spread_lets_counts_differ_by_the_skew_only() -> None:
    there = [running("a", zone="z1"), running("b", zone="z1")]
    answer = plan(["a", "b", "c", "d"], there, zones("z1", "z2"), [Spread("zone")])
    assert Counter(at(answer, "zone").values()) == {"z1": 2, "z2": 2}


def test_spread_counts_a_full_zone_as_a_zone() -> None:
    places = [Domain(zone="z1"), Domain(zone="z2", full="no capacity")]
    answer = plan(["a", "b"], (), places, [Spread("zone")])
    assert at(answer, "zone") == {"a": "z1"}
    assert answer.verdict == "short"


def test_spread_counts_no_zone_that_is_out_of_service_or_excluded() -> None:
    places = [*zones("z1", "z2"), Domain(zone="z3", usable=False), Domain(zone="z4")]
    answer = plan(["a", "b", "c", "d"], (), places, [Spread("zone")], never={"zone": ["z4"]})
    assert Counter(at(answer, "zone").values()) == {"z1": 2, "z2": 2}


def test_with_too_few_zones_the_least_count_is_nought() -> None:
    answer = plan(["a", "b", "c"], (), zones("z1", "z2"), [Spread("zone", min_domains=3)])
    assert sorted(at(answer, "zone").values()) == ["z1", "z2"]
    assert [shortage.member for shortage in answer.short] == ["c"]


def test_an_uneven_spread_that_was_there_before_is_broken() -> None:
    there = [running(name, zone="z1") for name in "abc"] + [running("d", zone="z2")]
    [outlook] = plan([*"abcd"], there, zones("z1", "z2"), [Spread("zone")]).rules
    assert outlook.verdict == "broken"


def test_a_zone_that_came_later_breaks_no_spread_and_is_named() -> None:
    there = [running(name, zone="z1") for name in "abc"]
    found = plan([*"abc"], there, zones("z1", "z2"), [Spread("zone")])
    assert (found.verdict, found.exit_code) == ("short", 4)
    named = [(finding.kind, finding.domain) for finding in found.findings]
    assert named == [("new-domain", "z2"), ("uneven", "")]


def test_survive_two_failures_bounds_the_two_fullest_hosts_together() -> None:
    names = ["a", "b", "c", "d", "e"]
    answer = plan(names, (), hosts("h1", "h2", "h3"), [Survive("host", failures=2, lose_at_most=3)])
    assert sorted(Counter(at(answer, "host").values()).values()) == [1, 1, 2]
    assert [shortage.member for shortage in answer.short] == ["e"]


def test_survive_is_evened_out_where_an_uneven_plan_would_leave_somebody_out() -> None:
    places = hosts("z1/h1", "z2/h2", "z2/h3", "z2/h4")
    answer = plan(list("abcdefgh"), (), places, [Survive("host", failures=2, lose_at_most=4)])
    assert Counter(at(answer, "host").values()) == {"h1": 2, "h2": 2, "h3": 2, "h4": 2}


def test_a_broken_survive_lets_in_whom_it_does_not_make_worse() -> None:
    there = [running(f"m{n}", host=host) for n, host in enumerate(["h1"] * 3 + ["h2"] * 3 + ["h3"] * 2)]
    names = [f"m{n}" for n in range(9)]
    answer = plan(names, there, hosts("h1", "h2", "h3"), [Survive("host", failures=2, lose_at_most=2)])
    assert at(answer, "host")["m8"] == "h3"


def test_one_failure_of_the_fullest_zone_leaves_the_rest() -> None:
    answer = plan(["a", "b", "c"], (), zones("z1", "z2"), [])
    [survival] = answer.survives
    assert (survival.level, survival.domains, survival.lost, survival.left) == ("zone", 2, 2, 1)


def test_together_is_in_one_zone_that_has_hosts_for_all() -> None:
    places = hosts("z1/h1", "z2/h2", "z2/h3", "z3/h4")
    answer = plan(["a", "b"], (), places, [Affinity("zone"), AntiAffinity("host")])
    assert at(answer, "zone") == {"a": "z2", "b": "z2"}


def test_together_is_where_most_members_are_whatever_the_order_of_what_is_there() -> None:
    there = [running("a", zone="z1"), running("b", zone="z2"), running("c", zone="z2")]
    for current in (there, there[::-1]):
        answer = plan(["a", "b", "c", "d"], current, zones("z1", "z2"), [Affinity("zone")])
        assert at(answer, "zone")["d"] == "z2"


def test_softly_together_joins_who_is_there_while_there_is_room() -> None:
    places = [Domain(zone="z1"), Domain(zone="z2", capacity={"vcpus": 2}), Domain(zone="z3")]
    names = [Member(name, size={"vcpus": 1}) for name in "abcd"]
    answer = plan(names, [running("a", zone="z2")], places, [Affinity("zone", hard=False)])
    spots = at(answer, "zone")
    assert (spots["a"], spots["b"], spots["c"]) == ("z2", "z2", "z2")
    assert spots["d"] != "z2"
    assert answer.rules[0].verdict == "short"


def test_together_with_members_that_nobody_names_any_more() -> None:
    places = [Domain(zone="z1", full="no capacity"), Domain(zone="z2")]
    answer = plan(["new"], [running("old", zone="z1")], places, [Affinity("zone")])
    assert answer.placements == ()


def test_who_finds_no_place_is_told_why_places_refuse() -> None:
    places = [Domain(zone=f"z{n}", full=f"group g{n} has 8 instances") for n in (1, 2, 3)]
    (shortage,) = plan(
        ["new"], (), [*places, Domain(zone="z4")], [AntiAffinity("zone")], never={"zone": ["z4"]}
    ).short
    assert "not refusing (group g1 has 8 instances; group g2 has 8 instances; and 1 more)" in shortage.message


def test_an_over_used_host_takes_no_room_from_its_zone() -> None:
    places = [
        Domain(zone="z1", host="h0", capacity={"vcpus": 2}),
        Domain(zone="z2", host="h9", capacity={"vcpus": 1}, used={"vcpus": 9}),
        *(Domain(zone="z2", host=f"h{n}", capacity={"vcpus": 1}) for n in (1, 2, 3)),
    ]
    answer = plan([Member(name, size={"vcpus": 1}) for name in "abc"], (), places, [Affinity("zone")])
    assert sorted(at(answer, "host").values()) == ["h1", "h2", "h3"]


# Those who are there


def test_who_is_there_stays_and_the_newcomer_keeps_away() -> None:
    there = [running("a", host="h1"), running("b", host="h1")]
    answer = plan(["a", "b", "c"], there, hosts("h1", "h2"), [AntiAffinity("host")])
    assert at(answer, "host") == {"a": "h1", "b": "h1", "c": "h2"}
    assert [placement.existing for placement in answer.placements] == ["i-a", "i-b", ""]
    assert (answer.verdict, answer.rules[0].verdict) == ("broken", "broken")


def test_a_broken_rule_is_not_made_worse() -> None:
    there = [running("a", host="h1"), running("b", host="h1"), running("c", host="h2")]
    answer = plan(["a", "b", "c", "d"], there, hosts("h1", "h2"), [AntiAffinity("host")])
    assert [shortage.member for shortage in answer.short] == ["d"]


def test_a_member_stays_where_the_lists_do_not_want_it_any_more() -> None:
    answer = plan(["a"], [running("a", zone="z1")], zones("z1", "z2"), [], never={"zone": ["z1"]})
    assert at(answer, "zone") == {"a": "z1"}
    assert kinds(answer) == ["excluded"]


def test_a_surplus_instance_counts_and_is_named() -> None:
    answer = plan(["a"], [running("old", host="h1")], hosts("h1", "h2"), [AntiAffinity("host")])
    assert at(answer, "host") == {"a": "h2"}
    assert [seen.instance for seen in answer.surplus] == ["i-old"]


def test_of_two_instances_of_a_member_the_older_holds_its_place_and_both_count() -> None:
    older = Observed("a", "i-1", "running", True, {"host": "h1"}, since="2026-01-01")
    newer = Observed("a", "i-2", "running", True, {"host": "h2"}, since="2026-02-01")
    answer = plan(["a", "b"], [newer, older], hosts("h1", "h2", "h3"), [AntiAffinity("host")])
    assert at(answer, "host") == {"a": "h1", "b": "h3"}
    assert answer.surplus == (newer,)


@pytest.mark.parametrize("state", ["failed", "leaving"])
def test_a_failed_or_leaving_instance_is_replaced_but_its_place_still_counts(state: str) -> None:
    there = Observed("a", "i-1", "failed" if state == "failed" else "leaving", True, {"host": "h1"})
    answer = plan(["a"], [there], hosts("h1", "h2"), [AntiAffinity("host")])
    assert at(answer, "host") == {"a": "h2"}


def test_a_stopped_instance_that_holds_no_place_frees_it() -> None:
    there = Observed("a", "i-1", "stopped", False, {"host": "h1"})
    answer = plan(["a", "b", "c"], [there], hosts("h1", "h2"), [AntiAffinity("host")])
    assert not answer.short


def test_a_member_in_a_host_that_vanished_still_counts_in_its_zone() -> None:
    answer = plan(["a", "b"], [running("a", zone="z1", host="gone")], hosts("z1/h1", "z2/h2"), [])
    assert at(answer, "zone") == {"a": "z1", "b": "z2"}


def test_a_member_of_which_only_the_host_is_known_counts_in_its_zone_too() -> None:
    answer = plan(["a", "b"], [running("a", host="h2")], hosts("z1/h1", "z2/h2"), [AntiAffinity("zone")])
    assert at(answer, "host") == {"a": "h2", "b": "h1"}


def test_members_in_a_host_that_vanished_can_still_be_lost_with_it() -> None:
    there = [running("a", host="gone"), running("b", host="gone")]
    answer = plan(["a", "b", "c"], there, hosts("h1"), [Survive("host", failures=2, lose_at_most=2)])
    assert [shortage.member for shortage in answer.short] == ["c"]


# Lists, needs, room


@pytest.mark.parametrize("wanted", ["h1", "h2", "h3"])
def test_the_pickiest_member_is_placed_first_where_its_own_lists_want_it(wanted: str) -> None:
    picky = Member("z", only={"host": [wanted]})
    answer = plan(["a", "b", picky], (), hosts("h1", "h2", "h3"), [AntiAffinity("host")])
    assert at(answer, "host")["z"] == wanted
    assert not answer.short


def test_a_member_stays_with_its_disk() -> None:
    answer = plan([Member("a", stay={"zone": "z2"})], (), zones("z1", "z2", "z3"), [])
    assert at(answer, "zone") == {"a": "z2"}


def test_only_hosts_that_reach_the_network_are_taken() -> None:
    places = [Domain(host="h1", networks=["lab"]), Domain(host="h2", networks=["prod"]), Domain(host="h3")]
    answer = plan(["a", "b", "c"], (), places, [AntiAffinity("host")], needs=Needs(networks=["prod"]))
    assert sorted(at(answer, "host").values()) == ["h2", "h3"]


def test_a_host_takes_as_many_members_as_it_has_room_for() -> None:
    places = [Domain(host="h1", capacity={"vcpus": 5}, used={"vcpus": 1})]
    answer = plan([Member(name, size={"vcpus": 2}) for name in "abc"], (), places, [])
    assert sorted(at(answer, "host")) == ["a", "b"]


def test_a_host_that_is_too_small_takes_nobody() -> None:
    places = [
        Domain(host="h1", capacity={"vcpus": 1}),
        Domain(host="h2", capacity={"vcpus": 9}, full="refused"),
    ]
    [shortage] = plan([Member("a", size={"vcpus": 2})], (), places, []).short
    assert "with room for vcpus 2" in shortage.message


def test_a_tenth_fits_three_times_into_three_tenths() -> None:
    places = [Domain(host="h1", capacity={"vcpus": 0.3})]
    assert not plan([Member(name, size={"vcpus": 0.1}) for name in "abc"], (), places, []).short


def test_of_equals_the_host_with_more_room_is_taken() -> None:
    places = [Domain(host=f"h{n}", capacity={"vcpus": n}) for n in range(1, 6)]
    assert at(plan([Member("a", size={"vcpus": 1})], (), places, []), "host") == {"a": "h5"}


def test_what_is_not_stated_is_not_limited() -> None:
    places = [Domain(host="h1", capacity={"vcpus": 1})]
    assert not plan([Member("a", size={"vcpus": 1, "memory_mb": 10**9, "type": "m6i"})], (), places, []).short


def test_a_host_that_lacks_the_level_of_a_hard_rule_takes_nobody() -> None:
    places = [Domain(zone="z1", host="h1"), Domain(host="h2")]
    answer = plan(["a", "b"], (), places, [AntiAffinity("zone")])
    assert at(answer, "host") == {"a": "h1"}


def test_a_pattern_that_matches_nothing_is_told() -> None:
    answer = plan(["a"], (), zones("z1"), [], never={"zone": ["z7"]})
    assert [finding.message for finding in answer.findings] == ["never.zone: 'z7' matches no zone here"]


# More members than a rule lets in


def test_stacked_layers_fill_one_after_the_other() -> None:
    answer = plan(list("abcde"), (), hosts("h1", "h2"), [AntiAffinity("host")], saturated="stack")
    assert sorted(Counter(at(answer, "host").values()).values()) == [2, 3]
    assert kinds(answer) == ["stacked"]


def test_who_has_no_place_is_told_why_and_what_would_help() -> None:
    answer = plan(list("abc"), (), hosts("h1", "h2"), [AntiAffinity("host")])
    [shortage] = answer.short
    assert "no place for c" in shortage.message
    assert shortage.conflict == (("open under anti-affinity (host)", "rules[0]"),)
    assert "max_per_domain 2 in rules[0]" in shortage.ways_out
    assert "2 members instead of 3 (without c)" in shortage.ways_out


def test_a_way_out_is_told_in_the_words_of_the_rule_as_written() -> None:
    [shortage] = plan(list("abc"), (), hosts("h1", "h2"), [Survive("host", 1, 1)]).short
    assert "lose_at_most 2 in rules[0]" in shortage.ways_out


def test_a_way_out_that_does_not_help_is_not_told() -> None:
    [shortage] = plan(list("abcde"), (), hosts("h1", "h2"), [AntiAffinity("host")]).short
    assert "max_per_domain 2 in rules[0]" not in shortage.ways_out


# Levels, names


def test_apart_by_host_is_apart_by_zone_where_only_zones_are_known() -> None:
    answer = plan(["a", "b", "c"], (), zones("z1", "z2"), [AntiAffinity("host")])
    assert sorted(at(answer, "zone").values()) == ["z1", "z2"]


def test_together_by_zone_is_together_by_host_where_only_hosts_are_known() -> None:
    answer = plan(["a", "b"], (), hosts("h1", "h2"), [Affinity("zone")])
    assert len(set(at(answer, "host").values())) == 1


def test_a_level_that_nothing_here_implies_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"spread \(rack, max skew 1\) needs the level rack") as caught:
        plan(["a"], (), zones("z1"), [Spread("rack")])
    assert caught.value.path == "rules"


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'a' is named twice") as caught:
        plan(["a", "b", "a"], (), zones("z1"), [])
    assert caught.value.path == "members[2]"


def test_members_are_placed_in_the_order_people_count() -> None:
    names = [f"db-{n}" for n in range(11)]
    answer = plan(names[::-1], (), hosts(*(f"h{n}" for n in range(10))), [AntiAffinity("host")])
    assert [shortage.member for shortage in answer.short] == ["db-10"]


def test_where_there_are_no_domains_yet_nobody_has_a_place() -> None:
    for rule in (AntiAffinity("zone"), Spread("rack"), Affinity("host"), Survive("zone", 2, 2)):
        answer = plan(["a"], (), [], [rule])
        assert (answer.placements, answer.verdict, answer.rules[0].verdict) == ((), "short", "short")


def test_nobody_is_planned_for_nothing() -> None:
    answer = plan([], (), zones("z1"), [AntiAffinity("zone")])
    assert (answer.placements, answer.verdict) == ((), "fits")
