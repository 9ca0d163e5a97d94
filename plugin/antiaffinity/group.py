"""A group on connected clouds: what users hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from antiaffinity import rollout, sight
from antiaffinity.errors import InvalidRequest, LimitExceeded
from antiaffinity.leftovers import elsewhere
from antiaffinity.model import Finding, GroupKey, Level, Machine, Native, Observed, Placement
from antiaffinity.planner.answer import Plan, RuleOutlook
from antiaffinity.planner.candidates import Candidate, candidates
from antiaffinity.planner.handing import hand_out
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import holders, natural
from antiaffinity.planner.repair import repaired
from antiaffinity.planner.shrink import shrunk
from antiaffinity.report import Report
from antiaffinity.run import Hands
from antiaffinity.sight import Clouds, Refusal, Sight
from antiaffinity.spec import Spec
from antiaffinity.standing import standing
from antiaffinity.steps import Step
from antiaffinity.verdict import Scene, counted, judge


class Group:
    """Machines to be kept apart (or together): plan, roll out, verify, release.

    Every verb looks at the clouds anew; nothing is remembered between calls.
    """

    def __init__(self, spec: Spec, clouds: Clouds) -> None:
        self.spec = spec
        self.clouds = clouds
        self.key: GroupKey = spec.key

    def look(self) -> Sight:
        """One look at what is there and what could be used."""
        return sight.look(self.spec, self.clouds)

    def machines(self) -> list[Observed]:
        """Every instance with the group's mark, as the clouds show it now."""
        return sight.observe(self.spec, self.clouds)

    def plan(self, *, shrink: int = 0, repair: bool = False) -> Plan:
        """Where each member would go; changes nothing, and never raises for "short".

        ``shrink`` names that many members to give up, from the fullest domains; ``repair`` proposes
        moves that mend broken hard rules.
        """
        if shrink and repair:
            raise InvalidRequest("shrink names who goes, repair who moves: ask for one", path="repair")
        seen = self.look()
        if shrink:
            return self._carried_out(shrunk(seen.problem(), shrink), seen, 1)
        return self.planned(seen, repair=repair)

    def planned(
        self, seen: Sight, refused: Sequence[Refusal] = (), layer: int = 1, *, repair: bool = False
    ) -> Plan:
        """The plan that follows from one look."""
        problem = seen.problem(refused)
        found = repaired(problem, seen.kept_by_clouds()) if repair else solve(problem)
        return self._carried_out(found, seen, layer)

    def _carried_out(self, plan: Plan, seen: Sight, layer: int) -> Plan:
        """The plan with what the clouds contribute: native groups, promises, what to know."""
        groups = self._handed_out(plan, seen, layer)

        def carried(one: Placement) -> Placement:
            return self._carried(one, seen, groups.get((one.cloud, one.member), ()))

        placements = tuple(map(carried, plan.placements))
        natives = {native: None for placement in placements for native in placement.natives}
        return replace(
            plan,
            placements=placements,
            moves=tuple(replace(move, placement=carried(move.placement)) for move in plan.moves),
            natives=tuple(natives),
            rules=_outlooks(plan, seen),
            findings=plan.findings + tuple(_notes(seen)),
            key=self.key,
        )

    def _handed_out(self, plan: Plan, seen: Sight, layer: int) -> dict[tuple[str, str], tuple[Native, ...]]:
        """The native groups of the members that are not there yet, by cloud and member."""
        running = {machine.instance for machine in seen.machines if machine.instance}
        moving = {move.instance for move in plan.moves}
        every = (*plan.placements, *(move.placement for move in plan.moves))
        new = [placement for placement in every if placement.existing not in running]
        staying = [machine for machine in seen.machines if machine.instance not in moving]
        found = {}
        for key, means in seen.means.items():
            mine = [placement for placement in new if placement.cloud == key]
            there = [machine for machine in staying if machine.cloud == key and machine.holds]
            natives = hand_out(means, mine, there, layer)
            found.update({(key, member): groups for member, groups in natives.items()})
        return found

    def _carried(self, placement: Placement, seen: Sight, natives: tuple[Native, ...]) -> Placement:
        """The placement with what its cloud needs for the rules that it carries itself."""
        means = [one for one in seen.means[placement.cloud] if _delegates(one, placement.member)]
        there = next((m for m in seen.machines if m.instance and m.instance == placement.existing), None)
        return replace(
            placement,
            delegated={one.promise.level: one.promise.mechanism for one in means if one.promise},
            natives=natives,
            native_ids=_memberships(there) if there else self._adopted(natives),
            labels=there.labels if there and self.spec.needs.networks else placement.labels,
            past=seen.past.get(placement.member, ()),
            key=self.key,
            arguments_of=self._arguments,
        )

    def _adopted(self, natives: Sequence[Native]) -> tuple[str, ...]:
        levels = dict.fromkeys(native.level for native in natives)
        return tuple(self.spec.adopt[level] for level in levels if level in self.spec.adopt)

    def _arguments(self, placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
        if placement.natives and not placement.native_ids:
            names = ", ".join(placement.delegated.values()) or "native group"
            raise InvalidRequest(f"its {names} is not made yet: call prepare() or roll_out() first")
        return sight.backend_of(self.clouds, placement.cloud).cloud.merges["sdk"](placement, own)

    def prepare(self) -> Plan:
        """Make what the launches need (native groups, claims) and give the plan that uses it."""
        seen = self.look()
        plan = self.planned(seen)
        plan.raise_if_short()
        return self.prepared(plan, seen)

    def prepared(self, plan: Plan, seen: Sight) -> Plan:
        """The plan with the ids of its native groups, made or adopted now."""
        _preflight(plan, seen)
        ids: dict[tuple[str, Native], str] = {}
        for key, backend in self.clouds.items():
            mine = tuple(p for p in plan.placements if p.cloud == key)
            part = replace(plan, placements=mine, natives=tuple({n: None for p in mine for n in p.natives}))
            made = backend.prepare(self.key, part, self.spec.adopt)
            ids.update({(key, native): id_ for native, id_ in made.items()})
        return replace(plan, placements=tuple(_with_ids(p, ids) for p in plan.placements))

    def roll_out(
        self,
        launch: Callable[[Placement], str],
        discard: Callable[[Machine], None] | None = None,
        start: Callable[[Machine], None] | None = None,
        *,
        repair: bool = False,
        progress: Callable[[Step], None] | None = None,
    ) -> Report:
        """Launch every member that is not there yet, in a safe order, and judge what came of it.

        ``launch`` makes one machine with ``placement.arguments(...)`` and returns its id; ``discard``
        removes a failed one; ``start`` powers one on where joining comes before that, and is fine if it
        runs already. ``repair`` first moves members so that broken hard rules are kept again: by the
        cloud where that can move machines, else one by one by ``discard`` and ``launch``. Interrupting
        anywhere and running again converges. Raises our errors, with ``.report``.
        """
        return rollout.RollOut(self, Hands(launch, discard, start), progress, repair).run()

    def verify(self) -> Report:
        """Judge the group as it stands; changes nothing."""
        return self.judged(self.standing())

    def standing(self) -> Sight:
        """One look that tells all that a verdict needs, and no more."""
        return standing(self.spec, self.clouds)

    def judged(self, seen: Sight) -> Report:
        """The report that follows from one look."""
        there = holders(seen.machines)
        named = {member.name for member in self.spec.members}
        alive = {name for name, one in there.items() if one.state != "claimed"}
        return Report(
            key=self.key,
            rules=tuple(judge(self._scene(n, seen)) for n in range(len(self.spec.rules))),
            machines=seen.machines,
            surplus=tuple(m for m in seen.machines if m.member and _extra(m, there, named)),
            missing=natural(named - alive),
            findings=tuple(_notes(seen)) + seen.topology.findings,
            words=seen.topology.words,
        )

    def _scene(self, n: int, seen: Sight) -> Scene:
        rule = self.spec.rules[n]
        machines = counted(rule, seen.machines)
        used = {machine.cloud for machine in machines}
        means = tuple(found[n] for key, found in seen.means.items() if key in used or not used)
        return Scene(rule, machines, means, self.spec.saturated == "stack", seen.eligible(rule))

    def candidates(self, member: str) -> list[Candidate]:
        """Every place for one member: allowed or why not, best first."""
        if member not in {one.name for one in self.spec.members}:
            known = ", ".join(one.name for one in self.spec.members[:8])
            raise InvalidRequest(f"no member {member!r} in {self.key}; there are {known}", path="member")
        return candidates(self.look().problem(), member)

    def bind(self, member: str, instance: str, at: Mapping[Level, str] | None = None) -> Observed:
        """Take a machine that was launched elsewhere as this member, if its cloud allows that.

        ``at`` says where it is, on clouds that cannot tell. Its note says where it is elsewhere than a new
        machine would go.
        """
        plan = self.planned(self.look())
        found = [placement for placement in plan.placements if placement.member == member]
        if not found:
            raise InvalidRequest(f"no place for a member {member!r} in {self.key}", path="member")
        placement = replace(found[0], domains=dict(at)) if at else found[0]  # it need not be where we planned
        seen = sight.backend_of(self.clouds, placement.cloud).bind(placement, instance)
        where = elsewhere(placement, seen)
        return replace(seen, note=f"{where}: verify says whether the rules hold") if where else seen

    def resolve(self, find: Callable[[str], str | None]) -> None:
        """Say what became of claims that were never bound: ``find(member)`` gives the id, or None.

        A claim with a machine is bound to it, one in doubt without a machine is released.
        """
        for backend in self.clouds.values():
            backend.resolve(self.key, find)

    def release(self, members: Sequence[str] | None = None) -> None:
        """Remove what we made for these members, or for the whole group; fine if gone.

        StillOccupied while machines are in it.
        """
        for backend in self.clouds.values():
            backend.release(self.key, members, self.spec.adopt)


def _delegates(means: Means, member: str) -> bool:
    return means.delegated and means.rule.concerns(member)


def _memberships(seen: Observed) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for ids in seen.memberships.values() for id_ in ids))


def _extra(machine: Observed, there: Mapping[str, Observed], named: set[str]) -> bool:
    return machine.member not in named or there.get(machine.member, machine) is not machine


def _with_ids(placement: Placement, ids: Mapping[tuple[str, Native], str]) -> Placement:
    found = (ids.get((placement.cloud, native)) for native in placement.natives)
    mine = tuple(id_ for id_ in found if id_)
    return replace(placement, native_ids=mine) if mine else placement


def _outlooks(plan: Plan, seen: Sight) -> tuple[RuleOutlook, ...]:
    """For each rule as written: what the planner counts of it, and the evidence to expect."""
    counted_here = {outlook.rule: outlook for outlook in plan.rules}
    outlooks = []
    for n, rule in enumerate(seen.spec.rules):
        means = [found[n] for found in seen.means.values()]
        promise = next((one.promise for one in means if one.promise), None)
        outlook = counted_here.get(str(rule)) or RuleOutlook(str(rule), rule.level, rule.hard, "fits")
        note = f"{promise.how}: {promise.mechanism or promise.level}" if promise else "verified only"
        outlooks.append(replace(outlook, evidence=promise.evidence if promise else "NONE", note=note))
    return tuple(outlooks)


def _notes(seen: Sight) -> list[Finding]:
    """What the clouds say of single machines, and rules that nothing carries."""
    found = [
        Finding("machine", f"{m.member or m.instance}: {m.note}", member=m.member)
        for m in seen.machines
        if m.note
    ]
    for cloud, means in seen.means.items():
        for one in means:
            if one.promise is None:
                found.append(
                    Finding(
                        "verified-only",
                        f"{one.rule}: nothing carries it here; it is verified only",
                        domain=cloud,
                    )
                )
    return found


def _preflight(plan: Plan, seen: Sight) -> None:
    """Quotas that can be known before anything is changed."""
    for key, topology in seen.topologies.items():
        new = [placement for placement in plan.new() if placement.cloud == key]
        left = topology.limits.instances_left
        if left is not None and len(new) > left:
            raise LimitExceeded(f"{len(new)} machines to launch, but the quota leaves {left}", path="members")
        there = {id_ for machine in seen.machines for id_ in _memberships(machine)}
        wanted = {native for placement in new for native in placement.natives}
        groups = topology.limits.native_groups_left
        if groups is not None and wanted and not there and not seen.spec.adopt and len(wanted) > groups:
            raise LimitExceeded(
                f"{len(wanted)} native groups to make, but the quota leaves {groups}", path="rules"
            )
