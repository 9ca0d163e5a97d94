"""``candidates`` answers what Nova's own filters and weighers answer, for a new member of a group.

The members that are there are dealt out by chance, strangers among them; the answers of both are compared
over all states at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random

import pytest

from antiaffinity.model import Domain, Member, Observed
from antiaffinity.planner.candidates import Candidate, candidates
from antiaffinity.planner.problem import Problem, bind
from antiaffinity.policy import Affinity, AntiAffinity, Rule
from antiaffinity.topology import Topology
from real.nova import State, ask_nova

pytestmark = pytest.mark.usefixtures("nova_python")

STATES = 120
"""For each policy."""

RULES: dict[str, Callable[[int], Rule]] = {
    "anti-affinity": lambda most: AntiAffinity("host", most),
    "soft-anti-affinity": lambda _: AntiAffinity("host", hard=False),
    "affinity": lambda _: Affinity("host"),
    "soft-affinity": lambda _: Affinity("host", hard=False),
}


def random_states(policy: str, used: int | None = None) -> list[tuple[State, Rule]]:
    """States of this policy; the members are on at most ``used`` hosts."""
    chance = Random(policy)
    return [_random_state(policy, used, chance) for _ in range(STATES)]


def _random_state(policy: str, used: int | None, chance: Random) -> tuple[State, Rule]:
    hosts = [f"h{number}" for number in range(chance.randint(1, 8))]
    members = [f"db-{number}" for number in range(chance.randint(0, 10))]
    in_use = chance.sample(hosts, min(used or len(hosts), len(hosts)))
    instances: dict[str, list[str]] = defaultdict(list)
    for member in members:
        instances[chance.choice(in_use)].append(member)
    for number in range(chance.randint(0, 4)):
        instances[chance.choice(hosts)].append(f"stranger-{number}")
    most = chance.randint(1, 3) if policy == "anti-affinity" else 1
    limit = most if most > 1 or chance.random() < 0.5 else None
    asked: State = {
        "hosts": hosts,
        "instances": dict(instances),
        "group": {"policy": policy, "members": members, "max_server_per_host": limit},
    }
    return asked, RULES[policy](most)


def our_answer(state: State, rule: Rule) -> list[Candidate]:
    """The candidates for one more member."""
    members = state["group"]["members"]
    there = [
        Observed(name, name, "running", True, {"host": host})
        for host, names in state["instances"].items()
        for name in names
        if name in members
    ]
    topology = Topology([Domain(host=host) for host in state["hosts"]])
    wanted = tuple(Member(name) for name in (*members, "new"))
    return candidates(Problem(wanted, tuple(there), topology, bind([rule], topology.levels)), "new")


def allowed(found: list[Candidate]) -> set[str]:
    return {one.domains["host"] for one in found if one.allowed}


def in_order(scores: dict[str, float]) -> list[set[str]]:
    """The hosts by their score, the lowest first, equals together."""
    return [{host for host in scores if scores[host] == score} for score in sorted(set(scores.values()))]


def test_anti_affinity_allows_the_hosts_that_nova_allows_whatever_the_limit() -> None:
    states = random_states("anti-affinity")
    for (state, rule), nova in zip(states, ask_nova(state for state, _ in states), strict=True):
        assert allowed(our_answer(state, rule)) == set(nova["hosts"]), state


def test_affinity_allows_the_hosts_that_nova_allows() -> None:
    states = random_states("affinity", used=1)
    for (state, rule), nova in zip(states, ask_nova(state for state, _ in states), strict=True):
        assert allowed(our_answer(state, rule)) == set(nova["hosts"]), state


def test_an_affinity_that_is_broken_already_is_mended_on_one_of_the_hosts_that_nova_allows() -> None:
    states = random_states("affinity")
    for (state, rule), nova in zip(states, ask_nova(state for state, _ in states), strict=True):
        assert allowed(our_answer(state, rule)) <= set(nova["hosts"]), state


@pytest.mark.parametrize("policy", ["soft-anti-affinity", "soft-affinity"])
def test_a_soft_policy_orders_the_hosts_as_novas_weights_do(policy: str) -> None:
    states = random_states(policy)
    for (state, rule), nova in zip(states, ask_nova(state for state, _ in states), strict=True):
        found = our_answer(state, rule)
        weights = nova["soft_anti_affinity"] if policy == "soft-anti-affinity" else nova["soft_affinity"]
        assert allowed(found) == set(nova["hosts"]) == set(state["hosts"])
        assert in_order({one.domains["host"]: one.costs[0] for one in found}) == in_order(
            {host: -weight for host, weight in weights.items()}
        ), state


def test_the_rank_follows_the_cost() -> None:
    for policy in ("soft-anti-affinity", "soft-affinity"):
        for state, rule in random_states(policy):
            found = our_answer(state, rule)
            costs = [one.costs for one in sorted(found, key=lambda one: one.rank or 0)]
            assert costs == sorted(costs)
