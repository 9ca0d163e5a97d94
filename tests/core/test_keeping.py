"""What keeps the places that we chose: native rules, for whom, and who is in none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from antiaffinity import keeping
from antiaffinity.model import Domain, Level, Native, Observed, Placement
from antiaffinity.planner.handing import hand_out, keep
from antiaffinity.planner.mechanism import Means, bounds, carry
from antiaffinity.planner.problem import Saturated
from antiaffinity.policy import Affinity, AntiAffinity, Rule, Spread
from antiaffinity.registry import record, records
from antiaffinity.sight import Sight
from antiaffinity.spec import make_spec
from antiaffinity.topology import Topology

APART, SOFT, TOGETHER = AntiAffinity("host"), AntiAffinity("host", hard=False), Affinity("host")
TOPOLOGY = Topology([Domain(zone=f"c{n // 4}", host=f"esx-{n}") for n in range(8)])


def means(*rules: Rule, kind: str = "vcenter") -> list[Means]:
    return carry(rules, record(kind), TOPOLOGY.levels)


def at(member: str, host: int) -> dict[Level, str]:
    return {"zone": f"c{host // 4}", "host": f"esx-{host}"}


def goes(member: str, host: int) -> Placement:
    return Placement(member, at(member, host))


def there(member: str, host: int, *rules: str) -> Observed:
    return Observed(
        member,
        f"vm-{member}",
        "running",
        True,
        domains=at(member, host),
        memberships={"host": rules} if rules else {},
    )


# Which rules are kept, and by what


@pytest.mark.parametrize(
    ("rule", "by"),
    [
        (APART, "mandatory DRS VM-VM anti-affinity rule"),
        (SOFT, "DRS VM-VM anti-affinity rule"),
        (TOGETHER, "mandatory DRS VM-VM affinity rule"),
        (Affinity("host", hard=False), "DRS VM-VM affinity rule"),
    ],
)
def test_the_keeper_has_the_rules_own_level_kind_and_strength(rule: Rule, by: str) -> None:
    [one] = means(rule)
    assert (one.promise.how, one.promise.level) == ("chosen", "host") if one.promise else False
    assert one.keeper is not None
    assert (one.keeper.how, one.keeper.mechanism) == ("kept", by)
    assert keeping.told(one) == f"chosen: host, kept by {by}"


@pytest.mark.parametrize("rule", [AntiAffinity("zone"), Spread("host"), AntiAffinity("host", 2)], ids=str)
def test_other_rules_are_chosen_and_kept_by_nothing(rule: Rule) -> None:
    [one] = means(rule)
    assert (one.keeper, one.native) == (None, None)
    assert "kept" not in keeping.told(one)


def test_what_a_keeper_keeps_is_bound_as_what_is_chosen() -> None:
    assert bounds(means(APART), TOPOLOGY)[0].rule == APART


def test_clouds_without_such_promises_keep_nothing() -> None:
    others = [cloud for cloud in records() if not any(p.how == "kept" for p in cloud.guarantees)]
    assert {cloud.kind for cloud in others} == {"aws", "azure", "exoscale", "openstack", "pool"}
    assert means(APART, kind="pool")[0].keeper is None


# Who is in which


def kept(
    rules: Sequence[Rule],
    placements: Sequence[Placement],
    seen: Sequence[Observed] = (),
    saturated: Saturated = "refuse",
) -> dict[str, tuple[Native, ...]]:
    return keep(means(*rules), placements, seen, saturated)


def numbers(found: dict[str, tuple[Native, ...]]) -> dict[str, list[int]]:
    return {member: [native.number for native in natives] for member, natives in found.items()}


def test_members_apart_are_kept_by_one_rule() -> None:
    found = kept([APART], [goes("db-0", 0), goes("db-1", 1)])
    assert found["db-0"] == found["db-1"] == (Native("host", "keep anti-affinity", True, 1),)


def test_rules_over_different_members_are_kept_by_two() -> None:
    web, all_ = AntiAffinity("host", among=("web-*",)), APART
    found = kept([web, all_], [goes("web-0", 0), goes("db-0", 1)])
    assert [native.among for native in found["web-0"]] == [("web-*",), ("*",)]
    assert [native.among for native in found["db-0"]] == [("*",)]


def test_a_stack_is_kept_in_layers() -> None:
    placements = [goes("db-0", 0), goes("db-1", 1), goes("db-2", 0)]
    assert numbers(kept([APART], placements, saturated="stack")) == {"db-0": [1], "db-1": [1], "db-2": [2]}


def test_a_soft_rule_with_too_many_members_is_kept_in_layers_too() -> None:
    assert numbers(kept([SOFT], [goes("db-1", 0)], [there("db-0", 0)])) == {"db-1": [2]}


def test_who_is_there_keeps_its_layer() -> None:
    stays = replace(goes("db-0", 0), existing="vm-db-0")
    seen = [there("db-0", 0), there("db-1", 0)]
    assert numbers(kept([APART], [stays], seen, "stack")) == {"db-0": [1]}


def test_a_hard_rule_that_is_broken_is_kept_by_one_rule_which_mends_it() -> None:
    assert numbers(kept([APART], [goes("db-2", 0)], [there("db-0", 0), there("db-1", 0)])) == {"db-2": [1]}


def test_togetherness_has_no_layers() -> None:
    assert numbers(kept([TOGETHER], [goes("db-1", 0)], [there("db-0", 0)], "stack")) == {"db-1": [1]}


def test_what_keeps_is_no_group_to_be_launched_into() -> None:
    assert hand_out(means(APART), [goes("db-0", 0)], [], 1) == {"db-0": ()}


# Who is in none


def sight(rule: Rule, *machines: Observed, saturated: Saturated = "refuse") -> Sight:
    spec = make_spec("db", "me", members=len(machines), rules=rule, saturated=saturated)
    return Sight(spec, machines, TOPOLOGY, {"": means(rule)}, {"": TOPOLOGY})


def test_who_stands_beside_others_in_no_rule_is_named() -> None:
    seen = sight(APART, there("db-0", 0, "r"), there("db-1", 1, "r"), there("db-2", 2))
    assert keeping.loose(seen) == {"vm-db-2"}
    [finding] = keeping.findings(seen)
    assert "nothing keeps db-2: in no mandatory DRS VM-VM anti-affinity rule" in finding.message


def test_who_is_alone_in_its_outer_domain_needs_no_rule() -> None:
    seen = sight(APART, there("db-0", 0), there("db-1", 4))
    assert (keeping.loose(seen), [*keeping.findings(seen)]) == (set(), [])


def test_the_last_layer_of_a_stack_may_have_one_member_in_no_rule() -> None:
    machines = [there("db-0", 0, "r"), there("db-1", 1, "r"), there("db-2", 0)]
    assert keeping.loose(sight(APART, *machines, saturated="stack")) == set()


def test_a_rule_that_says_more_than_its_clouds_rules_can_is_told() -> None:
    seen = sight(AntiAffinity("host", 2), there("db-0", 0), there("db-1", 0))
    [finding] = keeping.findings(seen)
    assert finding.kind == "not-kept"
    assert "lets 1 into a host" in finding.message
