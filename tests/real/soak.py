"""Deployers race and are killed on a real Nova for as long as you like: ``make soak``.

    SOAK_MINUTES=60 SOAK_SEED=7 make soak
    cd tests && SOAK_MINUTES=0 SOAK_SEED=9 python -m real.soak       # the one round whose seed is 9

The seeds of the rounds count up from SOAK_SEED. A seed fixes who is killed at which request, not how the
processes interleave. After each round an admin looks at what is really there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing import forkserver
from random import Random

from msgspec import Struct

from real.deployer import Job, Outcome, run_at_once
from real.nova import Nova
from real.services import HOSTS, SETTINGS
from real.truth import Truth

AT_ONCE = 4
"""Groups side by side: a deployer waits more than it works."""

REQUESTS_A_MEMBER, REQUESTS_ONCE = 7, 15
"""What an undisturbed run makes; who was to die later than its run ends lives on."""

FINE, LATER = 0, 3
"""Exit codes: all there; and run it again, which is all right beside a deployer that was killed."""

Wanted = Mapping[str, int]
"""The members of each group that must be there in the end."""


class Field:
    """One round: an empty cloud, chance, and what was played on it."""

    def __init__(self, nova: Nova, seed: int) -> None:
        nova.delete_everything()
        self.nova, self.chance = nova, Random(seed)
        self.figures: Counter[str] = Counter()
        self.wrong: list[str] = []

    def doomed(self, group: str, members: int) -> Job:
        """A deployer that dies at some request, just before it or just after its effect."""
        last = REQUESTS_ONCE + members * REQUESTS_A_MEMBER
        return Job(group, members, self.chance.randint(1, last), self.chance.random() < 0.5)

    def some_members(self) -> int:
        return self.chance.randint(1, 3)

    def leave_hosts(self, hosts: int) -> None:
        """Only so many take servers."""
        for host in self.nova.hosts[hosts:]:
            self.nova.disable_host(host)

    def run(self, jobs: Sequence[Job], allowed: Sequence[int]) -> None:
        """Deployers at the same moment; those that live must end with one of these exit codes."""
        outcomes = run_at_once(self.nova, *jobs)
        self.figures["deployers"] += len(jobs)
        self.figures["killed"] += outcomes.count(None)
        lived = [(job, one) for job, one in zip(jobs, outcomes, strict=True) if one]
        self.figures["requests"] += sum(len(one.requests) for _, one in lived)
        self.wrong += [_told(job, one) for job, one in lived if one.exit_code not in allowed]

    def mend(self, wanted: Wanted) -> Wanted:
        """The next runs, which nobody disturbs."""
        self.run([Job(group, members) for group, members in wanted.items()], [FINE])
        return wanted


def _told(job: Job, outcome: Outcome) -> str:
    return f"{job} ended with {outcome.exit_code}, {outcome.said}: {' | '.join(outcome.steps[-3:])}"


# The kinds of rounds


def killed_at_any_request(field: Field) -> Wanted:
    """Every group's deployer is killed, and half of those that come to mend it."""
    jobs = [field.doomed(f"g{n}", field.some_members()) for n in range(AT_ONCE)]
    wanted = {job.group: job.members for job in jobs}
    field.run(jobs, [FINE])
    field.run([field.doomed(job.group, job.members) for job in jobs[::2]], [FINE])
    return field.mend(wanted)


def one_group_by_several(field: Field) -> Wanted:
    """On as many hosts as members, half of the time."""
    field.leave_hosts(field.chance.choice([3, HOSTS]))
    field.run([Job("db", 3)] * field.chance.randint(2, 3), [FINE])
    return {"db": 3}


def two_groups_by_several(field: Field) -> Wanted:
    """Their launches meet on the same hosts."""
    wanted = {"db": field.some_members(), "web": field.some_members()}
    jobs = [Job(group, members) for group, members in wanted.items()]
    field.run([*jobs, *field.chance.sample(jobs, field.chance.randint(0, 2))], [FINE])
    return wanted


def several_and_one_is_killed(field: Field) -> Wanted:
    """The others may ask to be run again: what the killed one was at is not theirs to end."""
    whole = Job("db", 3)
    field.run([field.doomed("db", 3), *[whole] * field.chance.randint(1, 2)], [FINE, LATER])
    return field.mend({"db": 3})


def killed_amid_a_shortage(field: Field) -> Wanted:
    """Launches are refused, and then there is room."""
    field.leave_hosts(1)
    wanted = {f"g{n}": 2 for n in range(2)}
    field.run([field.doomed(group, members) for group, members in wanted.items()], [LATER])
    field.nova.enable_host(field.nova.hosts[1])
    return field.mend(wanted)


KINDS: tuple[Callable[[Field], Wanted], ...] = (
    killed_at_any_request,
    one_group_by_several,
    two_groups_by_several,
    several_and_one_is_killed,
    killed_amid_a_shortage,
)


# What is really there


class Audit(Truth):
    """An admin's look that goes as far as the members of server groups."""

    def companies(self) -> set[frozenset[str]]:
        """The servers in each server group."""
        groups = self._compute.server_groups(all_projects=True)
        return {frozenset(group.member_ids) for group in groups}


def complaints(nova: Nova, truth: Audit, wanted: Wanted) -> Iterator[str]:
    """One machine a member on a host of its own, one server group each with just these, nothing else."""
    for group, members in wanted.items():
        if not truth.is_whole(group, members):
            yield f"{group} should have {members}: {truth.members(group)} on {truth.hosts(group)}"
    if (statuses := truth.statuses()) != {"ACTIVE"}:
        yield f"servers are {sorted(statuses)}"
    if len(there := nova.hosts_of()) != sum(wanted.values()):
        yield f"{sum(wanted.values())} servers should be there, and {len(there)} are"
    together = {frozenset(server.id for server in truth.servers(group)) for group in wanted}
    if len(names := truth.server_groups()) != len(wanted) or truth.companies() != together:
        yield f"server groups {names} do not hold the servers of {sorted(wanted)}"


class Result(Struct, frozen=True):
    """What a round came to; ``wrong`` is empty where all held."""

    seed: int
    kind: str
    seconds: float
    figures: Mapping[str, int]
    wrong: Sequence[str]

    def __str__(self) -> str:
        figures = f"{self.figures['deployers']} deployers, {self.figures['killed']} killed"
        verdict = "held" if not self.wrong else "WRONG"
        return f"seed {self.seed}  {self.kind:26} {figures:24} {self.seconds:5.1f} s  {verdict}"


def play(nova: Nova, truth: Audit, seed: int) -> Result:
    """One round. What breaks in it is told, and the next one begins anew."""
    began, field = time.monotonic(), Field(nova, seed)
    kind = KINDS[seed % len(KINDS)]
    try:
        field.wrong += complaints(nova, truth, kind(field))
    except Exception as error:
        field.wrong.append(f"the round broke off: {error!r}")
        end_deployers()
    words = kind.__name__.replace("_", " ")
    return Result(seed, words, time.monotonic() - began, field.figures, field.wrong)


def end_deployers() -> None:
    """None outlives its round, or Ctrl-C."""
    for child in multiprocessing.active_children():
        child.kill()
        child.join()


# The run


class Plan(Struct, frozen=True):
    """How long, and from which seed."""

    minutes: float
    seed: int


def asked() -> Plan:
    """What the environment says; without a seed, another one each time."""
    try:
        minutes = float(os.environ.get("SOAK_MINUTES") or 15)
        return Plan(minutes, int(os.environ.get("SOAK_SEED") or time.time()))
    except ValueError as error:
        sys.exit(f"SOAK_MINUTES is a number of minutes and SOAK_SEED a whole number: {error}")


def rounds(plan: Plan) -> Iterator[Result]:
    """At least one, and none begins after the time is over."""
    deadline, seed = time.monotonic() + plan.minutes * 60, plan.seed
    with Nova(hosts=HOSTS, settings=SETTINGS) as nova:
        truth = Audit(nova)
        try:
            while True:
                yield play(nova, truth, seed)
                seed += 1
                if time.monotonic() >= deadline:
                    return
        finally:
            end_deployers()


def deaf_deployers() -> None:
    """Deployers are forks of a server that leaves Ctrl-C to us: they do not die of it with a traceback."""
    mine = signal.signal(signal.SIGINT, signal.SIG_IGN)
    forkserver.ensure_running()
    signal.signal(signal.SIGINT, mine)


def summary(results: Sequence[Result]) -> None:
    """Figures, and how to see again what went wrong."""
    total: Counter[str] = sum((Counter(result.figures) for result in results), Counter())
    spent = sum(result.seconds for result in results) / 60
    wrong = [result for result in results if result.wrong]
    figures = ", ".join(f"{total[word]} {word}" for word in ("deployers", "killed", "requests"))
    print(f"\n{len(results)} rounds in {spent:.1f} minutes: {figures}; {len(wrong)} wrong")
    for result in wrong:
        print(f"  SOAK_SEED={result.seed} SOAK_MINUTES=0 plays the round again ({result.kind})")


def main() -> int:
    """0 where all rounds held, 1 where one did not, 130 after Ctrl-C."""
    plan, results = asked(), list[Result]()
    print(
        f"soak: {plan.minutes:g} minutes on a real Nova with {HOSTS} hosts, from seed {plan.seed}", flush=True
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    deaf_deployers()
    try:
        for result in rounds(plan):
            results.append(result)
            print("\n    ".join([str(result), *result.wrong]), flush=True)
    except KeyboardInterrupt:
        summary(results)
        return 130
    summary(results)
    return 1 if any(result.wrong for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
