"""What is said of a group: held, promised, unproven or broken, and never more than is known."""

from __future__ import annotations

from typing import Any

import pytest

from antiaffinity.model import Observed
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive
from antiaffinity.scene import Scene
from antiaffinity.verdict import counted, judge
from core.scenes import judged, places, promise, seen, verdict

APART = AntiAffinity("host")
TOGETHER = Affinity("host")
ONE_FAILS = Survive("host", failures=1, lose_at_most=1)


def test_nothing_is_said_of_nobody() -> None:
    for rule in (APART, TOGETHER, ONE_FAILS, Spread("zone")):
        assert verdict(rule) == "unproven"


# Apart: what is seen


def test_three_hosts_hold() -> None:
    found = judged(APART, seen("host=h1"), seen("host=h2"), seen("host=h3"))
    assert (found.verdict, found.evidence) == ("held", "DOMAIN")


def test_two_on_a_host_break_it_and_are_named() -> None:
    found = judged(APART, seen("host=h1", member="db-0"), seen("host=h2"), seen("host=h1", member="db-2"))
    assert found.verdict == "broken"
    assert found.note == "db-0, db-2 share host h1"


@pytest.mark.parametrize(("most", "said"), [(1, "broken"), (2, "held"), (3, "held")])
def test_a_host_may_hold_as_many_as_the_rule_says(most: int, said: str) -> None:
    assert verdict(AntiAffinity("host", most), seen("host=h1"), seen("host=h1"), seen("host=h2")) == said


def test_one_name_in_two_zones_is_two_hosts() -> None:
    assert verdict(APART, seen("zone=z1 host=h1"), seen("zone=z2 host=h1")) == "held"


def test_apart_further_out_is_apart_inside() -> None:
    found = judged(APART, seen("zone=z1"), seen("zone=z2"), seen("zone=z3"))
    assert (found.verdict, found.note) == ("held", "apart further out than host")


def test_apart_inside_says_nothing_of_further_out() -> None:
    assert verdict(AntiAffinity("zone"), seen("host=h1"), seen("host=h2")) == "unproven"


def test_two_in_one_zone_may_be_on_one_host() -> None:
    assert verdict(APART, seen("zone=z1"), seen("zone=z1"), seen("zone=z2")) == "unproven"


def test_one_untold_host_may_be_anybodys() -> None:
    assert verdict(APART, seen("zone=z1 host=h1"), seen("zone=z1")) == "unproven"


def test_an_untold_place_is_apart_from_no_zone() -> None:
    assert verdict(APART, seen("zone=z1"), seen("zone=z2"), seen()) == "unproven"


def test_a_rack_told_of_one_only_parts_it_from_nobody() -> None:
    assert verdict(APART, seen("zone=z1"), seen("zone=z1 rack=r1")) == "unproven"


def test_a_host_told_without_its_zone_may_be_the_same_host() -> None:
    assert verdict(APART, seen("zone=z1 host=h1"), seen("host=h1")) == "unproven"


def test_a_host_told_without_its_zone_is_not_another_name() -> None:
    assert verdict(APART, seen("zone=z1 host=h1"), seen("host=h2")) == "held"


def test_two_may_share_an_untold_host_where_two_are_allowed() -> None:
    most_two = AntiAffinity("host", 2)
    assert verdict(most_two, seen("host=h1"), seen("host=h2"), seen()) == "held"
    assert verdict(most_two, seen("host=h1"), seen("host=h1"), seen()) == "unproven"


# Apart: who counts


@pytest.mark.parametrize(("state", "said"), [("failed", "held"), ("leaving", "held")])
def test_who_failed_or_leaves_does_not_count(state: Any, said: str) -> None:
    machines = (seen("host=h1"), seen("host=h1", state=state))
    assert verdict(APART, *counted(APART, machines)) == said


def test_a_stopped_machine_counts_while_it_holds_its_place() -> None:
    assert len(counted(APART, [seen("host=h1", state="stopped")])) == 1
    assert counted(APART, [seen("host=h1", state="stopped", holds=False)]) == ()


def test_surplus_duplicates_and_occupants_count() -> None:
    others = [
        seen("host=h1", member="gone"),
        seen("host=h1", member="db-0", instance="second"),
        seen("host=h1", member=""),
    ]
    for other in others:
        machines = counted(APART, [seen("host=h1", member="db-0"), other])
        assert verdict(APART, *machines) == "broken"


def test_an_occupant_is_named_by_its_instance() -> None:
    occupant = seen("host=h1", member="", instance="i-7")
    assert "i-7" in judged(APART, seen("host=h1"), occupant).note


def test_only_those_whom_the_rule_concerns_count() -> None:
    web = AntiAffinity("host", among=("web-*",))
    machines = [seen("host=h1", member="web-0"), seen("host=h1", member="db-0")]
    assert [one.member for one in counted(web, machines)] == ["web-0"]


# Apart: what is promised


def test_one_refusing_group_for_all_is_a_promise() -> None:
    machines = [seen("zone=z1", group="g"), seen("zone=z1", group="g")]
    found = judged(APART, *machines, means=promise(APART))
    assert (found.verdict, found.evidence) == ("promised", "MEMBERSHIP")


def test_a_soft_rule_in_a_group_that_refuses_is_a_promise_too() -> None:
    soft = AntiAffinity("rack", hard=False)
    machines = [seen("zone=z1", group="g"), seen("zone=z1", group="g")]
    assert verdict(soft, *machines, means=promise(soft)) == "promised"


TWO = (seen("zone=z1", group="g"), seen("zone=z1", group="g"))
UNPROMISED: dict[str, tuple[tuple[Observed, ...], Means | None]] = {
    "nothing carries it": (TWO, None),
    "a group that only tries": (TWO, promise(APART, at_launch="DEGRADES")),
    "a rule that only we keep": (TWO, promise(APART, how="chosen")),
    "nobody is in a group": ((seen("zone=z1"), seen("zone=z1")), promise(APART)),
    "one is in no group": ((TWO[0], seen("zone=z1")), promise(APART)),
    "one is in another group": ((TWO[0], seen("zone=z1", group="other")), promise(APART)),
    "the names say otherwise": (
        (seen("zone=z1 host=h1", group="g"), seen("host=h1", group="g")),
        promise(APART),
    ),
    "the racks say otherwise": (
        (seen("zone=z1 rack=r1", group="g"), seen("zone=z1 rack=r1", group="g")),
        promise(APART, "rack"),
    ),
}


@pytest.mark.parametrize("why", UNPROMISED)
def test_it_is_no_promise_where(why: str) -> None:
    machines, means = UNPROMISED[why]
    assert verdict(APART, *machines, means=means) == "unproven"


def test_a_group_that_parts_hosts_promises_nothing_of_zones() -> None:
    zone = AntiAffinity("zone")
    untold = (seen(group="g"), seen(group="g"))
    assert verdict(zone, *untold, means=promise(zone)) == "promised"
    assert verdict(zone, *untold, means=promise(zone, "host")) == "unproven"


def test_a_promise_further_out_covers_hosts() -> None:
    assert verdict(APART, *TWO, means=promise(APART, "rack")) == "promised"


def test_a_group_for_each_zone_covers_its_zone() -> None:
    each = [seen(f"zone={zone}", group=f"g-{zone}") for zone in ("z1", "z1", "z2", "z2")]
    assert verdict(APART, *each, means=promise(APART)) == "promised"
    lost = seen("", group="g-z1")
    assert verdict(APART, *each, lost, means=promise(APART)) == "unproven"


def test_evidence_against_a_promise_wins() -> None:
    both = (seen("zone=z1 host=h1", group="g"), seen("zone=z1 host=h1", group="g"))
    assert verdict(APART, *both, means=promise(APART)) == "broken"


def test_one_clouds_promise_does_not_speak_for_another() -> None:
    machines = tuple(seen(f"provider={p} zone=z1", group=f"g-{p}") for p in "aabb")
    means = (promise(APART), promise(APART, at_launch="DEGRADES"))
    assert judge(Scene(APART, machines, means)).verdict == "unproven"
    assert judge(Scene(APART, machines, (means[0], means[0]))).verdict == "promised"


def test_what_was_only_reported_is_at_most_promised() -> None:
    for rule, place in ((APART, "host=h2"), (TOGETHER, "host=h1"), (Spread("host"), "host=h2")):
        reported = promise(rule, how="chosen")
        assert verdict(rule, seen("host=h1"), seen(place), means=reported) == "promised"
        assert "nobody asked" in judged(rule, seen("host=h1"), seen(place), means=reported).note


def test_a_report_of_a_break_is_a_break() -> None:
    reported = promise(APART, how="chosen")
    assert verdict(APART, seen("host=h1"), seen("host=h1"), means=reported) == "broken"


# Clouds differ in the levels that they tell


def test_a_cloud_without_zones_beside_one_with_zones() -> None:
    pool = [seen("provider=dc host=h1"), seen("provider=dc host=h2")]
    cloud = [seen("provider=eu zone=z1 host=h1"), seen("provider=eu zone=z2 host=h1")]
    assert verdict(APART, *pool, *cloud) == "held"
    assert verdict(APART, *pool, *cloud, seen("provider=dc host=h1")) == "broken"


# More members than domains


ROOM = {n: places(*(f"host=h{i}" for i in range(n))) for n in range(1, 5)}


def stacked(*hosts: str, room: int, rule: Rule = APART) -> str:
    return verdict(rule, *(seen(f"host={host}") for host in hosts), stacked=True, eligible=ROOM[room])


def test_a_stack_is_even() -> None:
    assert stacked("h0", "h0", "h1", "h1", "h2", room=3) == "held"
    assert stacked("h0", "h0", "h0", "h1", "h2", room=3) == "broken"


def test_a_stack_is_no_excuse_while_a_host_is_free() -> None:
    assert stacked("h0", "h0", room=2) == "broken"
    assert stacked("h0", "h0", room=1) == "held"


def test_a_host_in_use_counts_although_it_takes_no_more() -> None:
    assert stacked("h0", "h7", "h7", room=1) == "held"
    assert stacked("h7", "h8", "h7", room=1) == "broken"


def test_a_stack_says_that_it_is_one() -> None:
    found = judged(APART, seen("host=h0"), seen("host=h0"), stacked=True, eligible=ROOM[1])
    assert found.note == "stacked: up to 2 in each of 1 hosts"


def test_a_stack_of_which_no_hosts_are_told_proves_nothing() -> None:
    assert verdict(APART, seen("host=h0"), seen("host=h0"), stacked=True) == "unproven"
    assert verdict(APART, *TWO, stacked=True) == "unproven"


def test_a_soft_rule_is_never_stacked() -> None:
    soft = AntiAffinity("host", hard=False)
    assert stacked("h0", "h0", room=1, rule=soft) == "broken"


def layered(*machines: str) -> str:
    """Machines as ``host/group`` on a cloud that chooses the hosts."""
    there = [seen(f"host={host}" if host else "", group=g) for host, g in (m.split("/") for m in machines)]
    return verdict(APART, *there, means=promise(APART), stacked=True)


def test_each_native_group_is_a_layer() -> None:
    assert layered("h1/a", "h2/a", "h1/b") == "held"
    assert layered("h1/a", "h1/a", "h2/b") == "broken"


def test_who_is_in_no_layer_must_be_apart_from_everybody() -> None:
    assert layered("h1/a", "h2/b", "h1/b", "h3/") == "held"
    assert layered("h1/a", "h2/b", "h1/b", "h2/") == "broken"


def test_layers_on_untold_hosts_are_a_promise() -> None:
    assert layered("/a", "/a", "/b", "/b") == "promised"
    assert layered("/a", "/a", "/b", "/b", "/") == "unproven"


# Together


def test_one_host_holds_all() -> None:
    assert verdict(TOGETHER, seen("zone=z1 host=h1"), seen("zone=z1 host=h1")) == "held"


def test_one_alone_is_together() -> None:
    assert verdict(TOGETHER, seen()) == "held"


def test_two_hosts_break_togetherness() -> None:
    found = judged(TOGETHER, seen("host=h1"), seen("host=h2"))
    assert (found.verdict, found.note) == ("broken", "in 2 hosts: h1, h2")


def test_two_zones_break_togetherness_on_untold_hosts() -> None:
    assert verdict(TOGETHER, seen("zone=z1"), seen("zone=z2")) == "broken"


def test_one_zone_does_not_show_one_host() -> None:
    assert verdict(TOGETHER, seen("zone=z1"), seen("zone=z1")) == "unproven"


def test_one_name_without_its_zone_does_not_show_one_host() -> None:
    assert verdict(TOGETHER, seen("zone=z1 host=h1"), seen("host=h1")) == "unproven"


def test_two_hosts_of_a_zone_are_together_in_it() -> None:
    assert verdict(Affinity("zone"), seen("zone=z1 host=h1"), seen("zone=z1 host=h2")) == "held"


def test_a_group_that_keeps_together_inside_keeps_together_around() -> None:
    both = (seen(group="g"), seen(group="g"))
    zone = Affinity("zone")
    assert verdict(zone, *both, means=promise(zone, "host")) == "promised"
    assert verdict(TOGETHER, *both, means=promise(TOGETHER, "zone")) == "unproven"


def test_a_group_that_was_to_keep_together_but_did_not_promises_nothing() -> None:
    zone = Affinity("zone")
    both = (seen("host=h1", group="g"), seen("host=h2", group="g"))
    assert verdict(zone, *both, means=promise(zone, "host")) == "unproven"


# Even


def zones(*counts: int) -> list[Observed]:
    return [seen(f"zone=z{n}") for n, count in enumerate(counts, 1) for _ in range(count)]


@pytest.mark.parametrize(
    ("counts", "said"), [((2, 2), "held"), ((2, 1), "held"), ((3, 1), "broken"), ((4,), "held")]
)
def test_zones_may_differ_by_the_skew(counts: tuple[int, ...], said: str) -> None:
    assert verdict(Spread("zone"), *zones(*counts)) == said


def test_a_zone_that_holds_nobody_is_told_and_breaks_nothing() -> None:
    three = places("zone=z1", "zone=z2", "zone=z3")
    found = judged(Spread("zone"), *zones(2, 2), eligible=three)
    assert found.verdict == "unproven"
    assert "z3 holds nobody" in found.note


def test_a_zone_that_could_hold_nobody_yet_is_no_news() -> None:
    three = places("zone=z1", "zone=z2", "zone=z3")
    assert verdict(Spread("zone"), *zones(1, 1), eligible=three) == "held"


def test_only_eligible_zones_are_compared() -> None:
    two = places("zone=z1", "zone=z2")
    assert verdict(Spread("zone"), *zones(3, 3, 1), eligible=two) == "held"
    assert verdict(Spread("zone"), *zones(0, 0, 2), eligible=two) == "unproven"


def test_an_eligible_zone_is_known_by_what_both_sides_tell() -> None:
    regions = places("region=eu zone=z1", "region=eu zone=z2")
    assert verdict(Spread("zone"), *zones(2, 2), eligible=regions) == "held"
    assert verdict(Spread("zone"), *zones(3, 1), eligible=regions) == "broken"


@pytest.mark.parametrize(("least", "said"), [(1, "held"), (2, "held"), (3, "broken")])
def test_fewer_domains_than_asked_for_count_from_nothing(least: int, said: str) -> None:
    assert verdict(Spread("zone", min_domains=least), *zones(2, 2)) == said


def test_one_untold_zone_leaves_the_skew_unproven() -> None:
    assert verdict(Spread("zone"), *zones(1, 1), seen("region=eu")) == "unproven"


# Surviving


@pytest.mark.parametrize(("failures", "said"), [(1, "held"), (2, "held"), (3, "broken")])
def test_the_fullest_hosts_fail(failures: int, said: str) -> None:
    rule = Survive("host", failures, lose_at_most=4)
    hosts = [seen(f"host=h{n}") for n in (1, 1, 2, 2, 3)]
    assert verdict(rule, *hosts) == said


def test_what_is_lost_is_told() -> None:
    two = Survive("host", 2, lose_at_most=2)
    assert judged(two, seen("host=h1"), seen("host=h2")).note == "2 failing would lose 2"


def test_untold_hosts_in_small_zones_survive() -> None:
    rule = Survive("host", 1, lose_at_most=2)
    assert verdict(rule, *zones(2, 2)) == "held"
    assert verdict(rule, *zones(3, 2)) == "unproven"


@pytest.mark.parametrize(("lose", "said"), [(2, "promised"), (3, "promised"), (1, "unproven")])
def test_a_group_bounds_what_each_failing_host_takes_along(lose: int, said: str) -> None:
    rule = Survive("host", 2, lose_at_most=lose)
    machines = [seen("zone=z1", group="g") for _ in range(4)]
    assert verdict(rule, *machines, means=promise(rule)) == said


def test_a_group_that_did_not_bound_a_host_promises_nothing() -> None:
    rule = Survive("host", 2, lose_at_most=2)
    there = [seen("host=h1", group="g"), seen("host=h1", group="g"), seen(group="g")]
    assert verdict(rule, *there, means=promise(rule)) == "unproven"
