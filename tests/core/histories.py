"""Long lives of groups, made by chance from seeds: at every step something happens, and a plan is asked.

The world launches exactly what the plan says and removes exactly whom a shrink names.
``python tests/core/histories.py --all`` lives through 500 histories of 200 steps and prints figures.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from msgspec.structs import replace

from antiaffinity.planner.answer import Plan
from antiaffinity.planner.plan import plan
from antiaffinity.planner.problem import Problem, bind
from antiaffinity.planner.shrink import shrunk
from antiaffinity.topology import Topology
from core.brute_force import Case
from core.history_checks import Checked, shrink_complaints, shrink_value
from core.living_group import EVENTS, Group

STEPS = 200
SHRINKS = 0.12
"""How often the group is shrunk by SPEC."""


class History:
    """One life: what happened, what was wrong, and figures."""

    def __init__(self, seed: int) -> None:
        self.seed, self.random = seed, Random(f"history {seed}")
        self.group = Group(self.random)
        self.figures: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.missed: list[str] = []
        """Where a place was missed by a plan that said that it might."""

    def live(self, steps: int = STEPS) -> History:
        for self.step in range(steps):
            if len(self.group.members) > 1 and self.random.random() < SHRINKS:
                self._shrink()
            else:
                self._something_happens()
        return self

    def _something_happens(self) -> None:
        event = self.random.choices(list(EVENTS), list(EVENTS.values()))[0]
        event(self.group)
        case = self.group.case()
        if not case.domains:
            return
        answer = planned(case)
        self._judge(case, answer)
        if told(answer) != told(planned(shuffled(self.random, case))):
            self._complain("in another order the plan is another")
        self.group.carry_out(answer)
        self.group.give_up(answer)

    def _judge(self, case: Case, answer: Plan) -> None:
        checked = Checked(case, answer)
        self.figures["plans"] += 1
        self.figures["launched"] += len(checked.spots)
        for complaint in checked.complaints():
            self._complain(complaint)
        if checked.waiting:
            self._judge_short(checked)

    def _judge_short(self, checked: Checked) -> None:
        exact = "exact" if checked.claims_exact() else "inexact"
        alike = "alike" if checked.alike() else "mixed"
        avoidable = checked.avoidable()
        words = {True: "avoidable", False: "no place exists", None: "not found out"}[avoidable]
        self.figures[f"short ({exact}, {alike}): {words}"] += 1
        if avoidable and exact == "inexact":
            self.missed.append(f"history {self.seed}, step {self.step}: {self.group.rules}")
        if avoidable and exact == "exact":
            self._complain(f"{[m.name for m in checked.waiting]} could have had a place")

    def _shrink(self) -> None:
        case = self.group.case()
        by = min(self.random.choice([1, 1, 1, 2, 2, 3]), len(case.members) - 1)
        answer = shrunk(problem(case), by)
        self.figures["shrinks"] += 1
        for complaint in shrink_complaints(case, answer, by):
            self._complain(complaint)
        if told(answer) != told(shrunk(problem(shuffled(self.random, case)), by)):
            self._complain("in another order others go")
        self._judge_shrink(case, answer)
        self.group.remove(answer.victims)
        self._judge(
            replace(self.group.case(), domains=case.domains), answer
        )  # victims still fill their places
        self.group.carry_out(answer)

    def _judge_shrink(self, case: Case, answer: Plan) -> None:
        if found := shrink_value(case, answer):
            got, best = found
            self.figures["shrinks compared with every way"] += 1
            if got != best:
                self._complain(f"{answer.victims} go: {got}, {best} was to be had")

    def _complain(self, words: str) -> None:
        self.wrong.append(f"history {self.seed}, step {self.step}: {words}; rules {self.group.rules}")


def problem(case: Case) -> Problem:
    topology = Topology(case.domains)
    rules = bind(case.rules, topology.levels)
    return Problem(case.members, case.current, topology, rules, case.only, case.never)


def planned(case: Case) -> Plan:
    return plan(case.members, case.current, case.domains, case.rules, only=case.only, never=case.never)


def told(answer: Plan) -> tuple[object, ...]:
    """What must not depend on the order of what was asked."""
    places = {placement.member: placement.domains for placement in answer.placements}
    return places, {shortage.member for shortage in answer.short}, answer.victims


def shuffled(random: Random, case: Case) -> Case:
    return replace(
        case,
        members=tuple(random.sample(case.members, len(case.members))),
        current=tuple(random.sample(case.current, len(case.current))),
        domains=tuple(random.sample(case.domains, len(case.domains))),
    )


def main() -> int:
    """Live through all histories and print what was counted."""
    count = 500 if "--all" in sys.argv else 100
    figures: Counter[str] = Counter()
    wrong: list[str] = []
    missed: list[str] = []
    for seed in range(count):
        history = History(seed).live()
        figures.update(history.figures)
        wrong += history.wrong
        missed += history.missed
    for words, number in sorted(figures.items()):
        print(f"{number:8} {words}")
    print(f"{len(missed):8} missed, and said so", *missed[:20], sep="\n")
    print(f"{len(wrong):8} wrong", *wrong[:20], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
