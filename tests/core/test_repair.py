"""``plan(repair=True)``: who moves where, why, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from antiaffinity.model import Domain, Member, Observed
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.breaks import at_least_shown, shown
from antiaffinity.planner.plan import plan
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread, Survive

APART = AntiAffinity("host")


def hosts(*names: str) -> list[Domain]:
    """Hosts in zones: z1/h1."""
    return [Domain(zone=name.partition("/")[0], host=name.partition("/")[2]) for name in names]


def there(**places: str) -> tuple[Observed, ...]:
    """Members and where each of them is."""
    return tuple(
        Observed(name, f"i-{name}", "running", True, hosts(place)[0].names())
        for name, place in places.items()
    )


def repaired(
    current: Sequence[Observed],
    domains: Sequence[Domain],
    *rules: Rule,
    members: Iterable[Member | str] = (),
    **lists: object,
) -> Plan:
    named = tuple(members) or tuple(seen.member for seen in current)
    return plan(named, current, domains, rules, repair=True, **lists)  # type: ignore[arg-type]


def moves(answer: Plan) -> dict[str, str]:
    return {move.member: "/".join(move.placement.domains.values()) for move in answer.moves}


FOUR = hosts("z1/h1", "z1/h2", "z2/h3", "z2/h4")


def test_one_of_two_on_a_host_goes_to_a_free_one_and_the_plan_says_why() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h1", c="z2/h3"), FOUR, APART)
    [move] = answer.moves
    assert (move.member, move.instance, move.domains) == ("b", "i-b", {"zone": "z1", "host": "h1"})
    assert move.placement.domains["host"] in ("h2", "h4")
    assert move.reason == "anti-affinity (host) is broken in host z1/h1"
    assert (answer.verdict, answer.exit_code, answer.fewest) == ("fits", 0, 1)


def test_who_moves_is_still_shown_where_it_is() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h1"), FOUR, APART)
    shown = {placement.member: placement for placement in answer.placements}
    assert (shown["b"].existing, shown["b"].domains["host"]) == ("i-b", "h1")
    assert answer.new() == []


def test_the_one_that_can_go_elsewhere_goes() -> None:
    group = [Member("a"), Member("b", only={"host": ["h1"]})]
    answer = repaired(there(a="z1/h1", b="z1/h1"), FOUR, APART, members=group)
    assert list(moves(answer)) == ["a"]


def test_another_makes_room_where_only_that_helps_and_it_goes_first() -> None:
    group = [Member(name, only={"host": ["h1", "h2"]}) for name in "ab"] + [Member("c")]
    answer = repaired(there(a="z1/h1", b="z1/h1", c="z1/h2"), FOUR[:3], APART, members=group)
    assert list(moves(answer)) == ["c", answer.moves[1].member]
    assert answer.moves[0].reason == "makes room for another"
    assert answer.moves[1].placement.domains["host"] == "h2"
    assert (len(answer.moves), answer.fewest) == (2, 1)


def test_uneven_zones_are_evened_out() -> None:
    current = there(a="z1/h1", b="z1/h1", c="z1/h2", d="z1/h2", e="z2/h3")
    answer = repaired(current, FOUR, Spread("zone"))
    assert len(answer.moves) == answer.fewest == 1
    assert answer.moves[0].placement.domains["zone"] == "z2"


def test_who_is_alone_joins_the_others() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h2", c="z2/h3"), FOUR, Affinity("zone"))
    assert list(moves(answer)) == ["c"]
    assert answer.moves[0].placement.domains["zone"] == "z1"


def test_others_join_the_one_whose_zone_has_room() -> None:
    zones = [Domain(zone="z1", host="h1", full="full"), *hosts("z2/h3", "z2/h4")]
    answer = repaired(there(a="z1/h1", b="z1/h1", c="z2/h3"), zones, Affinity("zone"))
    assert {place[:2] for place in moves(answer).values()} == {"z2"}
    assert sorted(moves(answer)) == ["a", "b"]


def test_too_much_at_risk_is_spread_further() -> None:
    current = there(a="z1/h1", b="z1/h1", c="z1/h1", d="z1/h2")
    answer = repaired(current, FOUR, Survive("host", failures=2, lose_at_most=3))
    assert len(answer.moves) == answer.fewest == 1


def test_two_rules_are_mended_at_once() -> None:
    current = there(a="z1/h1", b="z1/h1", c="z1/h2", d="z2/h3")
    answer = repaired(current, [*FOUR, *hosts("z1/h5")], APART, Spread("zone"))
    assert answer.verdict == "fits"
    assert moves(answer) == {answer.moves[0].member: "z2/h4"}


def test_what_can_be_mended_is_and_the_rest_stays_broken() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h1", c="z1/h1"), FOUR[:2], APART)
    assert (len(answer.moves), answer.fewest, answer.verdict) == (1, 2, "broken")


def test_where_nothing_helps_nobody_moves_and_it_is_no_proof() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h1"), FOUR[:1], APART)
    [finding] = [one for one in answer.findings if one.kind == "no-repair"]
    assert (answer.moves, answer.verdict) == ((), "broken")
    assert finding.message == "no moves were found that mend what is broken: anti-affinity (host)"


def test_a_place_without_room_takes_nobody() -> None:
    small = [*FOUR[:1], Domain(zone="z1", host="h2", capacity={"vcpus": 2}, used={"vcpus": 1})]
    group = [Member("a", size={"vcpus": 2}), Member("b", size={"vcpus": 2})]
    answer = repaired(there(a="z1/h1", b="z1/h1"), small, APART, members=group)
    assert answer.moves == ()


def test_soft_rules_move_nobody() -> None:
    current = there(a="z1/h1", b="z1/h1")
    assert repaired(current, FOUR, AntiAffinity("host", hard=False)).moves == ()


def test_who_is_where_its_lists_exclude_it_moves_too() -> None:
    group = [Member("a", never={"host": ["h1"]}), Member("b")]
    answer = repaired(there(a="z1/h1", b="z1/h2"), FOUR, APART, members=group)
    [move] = answer.moves
    assert move.member == "a"
    assert move.reason == "a stays on host z1/h1, which the lists exclude now"


def test_machines_in_doubt_and_members_with_two_machines_do_not_move() -> None:
    twice = (
        *there(a="z1/h1", b="z1/h1"),
        Observed("b", "i-b2", "running", True, {"zone": "z1", "host": "h2"}),
    )
    claimed = (
        *there(a="z1/h1"),
        Observed("b", "", "claimed", True, {"zone": "z1", "host": "h1"}),
    )
    assert list(moves(repaired(twice, FOUR, APART, members=["a", "b"]))) == ["a"]
    assert list(moves(repaired(claimed, FOUR, APART))) == ["a"]


def test_a_stack_is_evened_out_and_no_more() -> None:
    current = there(a="z1/h1", b="z1/h1", c="z1/h2", d="z1/h2")
    answer = repaired(current, FOUR[:3], APART, saturated="stack")
    assert list(moves(answer).values()) == ["z2/h3"]
    even = there(a="z1/h1", b="z1/h1", c="z1/h2", d="z2/h3")
    assert repaired(even, FOUR[:3], APART, saturated="stack").moves == ()


def test_new_members_are_placed_beside_those_that_move() -> None:
    answer = repaired(there(a="z1/h1", b="z1/h1"), FOUR[:3], APART, members=["a", "b", "c"])
    [new], [move] = answer.new(), answer.moves
    assert {new.domains["host"], move.placement.domains["host"]} == {"h2", "h3"}


def test_nobody_goes_whose_going_mends_nothing() -> None:
    """The second rule wants more to go than have a place: one move keeps the first, another helps nobody."""
    held = there(a="z2/h1", b="z2/h2", c="z2/h1", d="z2/h0", e="z2/h0", f="z2/h2", g="z2/h1")
    places = [*hosts("z2/h0", "z2/h1", "z1/h3"), Domain(zone="z2", host="h2", full="refused")]
    answer = repaired(held, places, Survive("host", 2, 4), Survive("host", 2, 3))
    assert len(answer.moves) == 1


# Rules that the cloud keeps itself: the places that its machines show


def test_by_rules_of_the_cloud_those_too_many_go() -> None:
    machines = there(a="z1/h1", b="z1/h1", c="z1/h1", d="z2/h3")
    free = {seen.member: seen for seen in machines}
    assert list(shown([APART], machines, free)) == ["c", "b"]
    assert list(shown([AntiAffinity("host", 2)], machines, free)) == ["c"]
    assert list(shown([Survive("host", 1, 2)], machines, free)) == ["c"]
    assert list(shown([Affinity("zone")], machines, free)) == ["d"]
    assert shown([APART], machines[2:], free) == {}


def test_of_two_such_rules_no_more_moves_are_said_to_be_needed_than_one_of_them_needs() -> None:
    """b alone would do: two going is no proof that two have to."""
    machines = (
        Observed("a", "i-a", "running", True, {"host": "h1", "rack": "r1"}),
        Observed("b", "i-b", "running", True, {"host": "h1", "rack": "r1"}),
        Observed("c", "i-c", "running", True, {"host": "h3", "rack": "r1"}),
    )
    rules = [AntiAffinity("rack", among=("b", "c")), AntiAffinity("host", among=("a", "b"))]
    assert len(shown(rules, machines, {seen.member: seen for seen in machines})) == 2
    assert at_least_shown(rules, machines) == 1
