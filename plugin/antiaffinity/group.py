"""A group on connected clouds: what users hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from antiaffinity import given, keeping, placed, rollout, sight
from antiaffinity.binding import to_bind
from antiaffinity.errors import InvalidRequest
from antiaffinity.leftovers import elsewhere
from antiaffinity.looked import Look, by_looking
from antiaffinity.model import Finding, GroupKey, Level, Machine, Native, Observed, Placement
from antiaffinity.naming import check_known, chosen
from antiaffinity.planner.answer import Plan
from antiaffinity.planner.candidates import Candidate, candidates
from antiaffinity.planner.handing import hand_out, keep
from antiaffinity.planner.mechanism import Means
from antiaffinity.planner.plan import solve
from antiaffinity.planner.problem import holders, natural
from antiaffinity.planner.repair import repaired
from antiaffinity.planner.shrink import shrunk
from antiaffinity.preflight import check_fits, memberships, preflight
from antiaffinity.prospect import scene
from antiaffinity.report import Report
from antiaffinity.retry import patiently
from antiaffinity.run import Hands
from antiaffinity.sight import Clouds, Refusal, Sight
from antiaffinity.spec import Spec
from antiaffinity.standing import standing
from antiaffinity.steps import Step
from antiaffinity.verdict import judge, void


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
        """Every instance with the group's mark, as the clouds show it now; none of anybody else's.

        A script that deletes what this lists must not meet a stranger in our native group.
        """
        return [seen for seen in sight.observe(self.spec, self.clouds) if seen.member]

    def plan(self, *, shrink: int = 0, repair: bool = False) -> Plan:
        """Where each member would go; changes nothing, and never raises for "short".

        ``shrink`` names that many members to give up, from the fullest domains; ``repair`` proposes
        moves that mend broken hard rules.
        """
        given.check({"shrink": shrink, "repair": repair}, given.Proposed)
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
        groups = self.handed_out(plan, seen, layer)

        def carried(one: Placement) -> Placement:
            return self._carried(one, seen, groups.get((one.cloud, one.member), ()))

        placements = tuple(map(carried, plan.placements))
        natives = {native: None for placement in placements for native in placement.natives}
        return replace(
            plan,
            placements=placements,
            moves=tuple(replace(move, placement=carried(move.placement)) for move in plan.moves),
            natives=tuple(natives),
            rules=keeping.outlooks(plan, seen),
            findings=(
                *plan.findings,
                *keeping.notes(seen),
                *keeping.findings(seen, [one for one in placements if not one.existing]),
                *keeping.unproven(seen, placements),
            ),
            key=self.key,
        )

    def handed_out(self, plan: Plan, seen: Sight, layer: int) -> dict[tuple[str, str], tuple[Native, ...]]:
        """The native groups of members that are not there yet, by cloud and member; and what keeps all."""
        running = {machine.instance for machine in seen.machines if machine.instance}
        moving = {move.instance for move in plan.moves}
        every = (*plan.placements, *(move.placement for move in plan.moves))
        staying = [machine for machine in seen.machines if machine.instance not in moving]
        found = {}
        for key, means in seen.means.items():
            mine = [placement for placement in every if placement.cloud == key]
            new = [placement for placement in mine if placement.existing not in running]
            there = [machine for machine in staying if machine.cloud == key and machine.holds]
            natives = hand_out(means, new, there, layer)
            kept = keep(means, mine, there, self.spec.saturated)
            found.update({(key, p.member): natives.get(p.member, ()) + kept[p.member] for p in mine})
        return found

    def _carried(self, placement: Placement, seen: Sight, natives: tuple[Native, ...]) -> Placement:
        """The placement with what its cloud needs for the rules that it carries itself."""
        means = [one for one in seen.means[placement.cloud] if _delegates(one, placement.member)]
        there = seen.instances.get(placement.existing)
        return replace(
            placement,
            decided=placed.decided(placement, seen),
            labels=placed.labels(there, seen) if there else placement.labels,
            delegated={one.promise.level: one.promise.mechanism for one in means if one.promise},
            natives=natives,
            native_ids=memberships(there) if there else self._adopted(natives),
            past=seen.past.get(placement.member, ()),
            left_open=seen.left_open.get(placement.cloud, ()),
            inside=keeping.inside(seen, placement.member) if self._keeps_lists(placement) else (),
            key=self.key,
            arguments_of=self._arguments,
        )

    def _keeps_lists(self, placement: Placement) -> bool:
        return sight.backend_of(self.clouds, placement.cloud).cloud.keeps_lists

    def _adopted(self, natives: Sequence[Native]) -> tuple[str, ...]:
        levels = dict.fromkeys(native.level for native in natives)
        return tuple(self.spec.adopt[level] for level in levels if level in self.spec.adopt)

    def _arguments(self, placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
        if placement.natives and not (placement.native_ids or placement.existing):
            names = ", ".join(placement.delegated.values()) or "native group"
            raise InvalidRequest(f"its {names} is not made yet: call prepare() or roll_out() first")
        return sight.backend_of(self.clouds, placement.cloud).cloud.merges["sdk"](placement, own)

    def prepare(self) -> Plan:
        """Make what the launches need (native groups, claims) and give the plan that uses it."""
        seen = self.look()
        plan = self.planned(seen)
        check_fits(plan, seen)
        return self.prepared(plan, seen)

    def prepared(self, plan: Plan, seen: Sight) -> Plan:
        """The plan with the ids of its native groups, made or adopted now."""
        preflight(plan, seen)
        ids: dict[tuple[str, Native], str] = {}
        for key, backend in self.clouds.items():
            mine = tuple(p for p in plan.placements if p.cloud == key)
            part = replace(plan, placements=mine, natives=tuple({n: None for p in mine for n in p.natives}))
            made = patiently(backend, partial(backend.prepare, self.key, part, self.spec.adopt))
            ids.update({(key, native): id_ for native, id_ in made.items()})
        return replace(plan, placements=tuple(_with_ids(p, ids) for p in plan.placements))

    def roll_out(
        self,
        launch: Callable[[Placement], str],
        discard: Callable[[Machine], None] | None = None,
        start: Callable[[Machine], None] | None = None,
        *,
        find: Callable[[str], str | None] | None = None,
        repair: bool = False,
        progress: Callable[[Step], None] | None = None,
    ) -> Report:
        """Launch every member that is not there yet, in a safe order, and judge what came of it.

        ``launch`` makes one machine with ``placement.arguments(...)`` and returns its id; ``discard``
        removes a failed one; ``start`` powers one on where joining comes before that, and is fine if it
        runs already; ``find`` gives a member's machine, or None, where a launch of an earlier run never
        reported and only we know of it (a pool). ``repair`` first moves members so that broken hard rules
        are kept again: by the cloud where that can move machines, else one by one by ``discard`` and
        ``launch``. Interrupting
        anywhere and running again converges. Launches nobody where that would break a hard rule that is kept
        now (LimitExceeded, with ways out). Raises our errors, with ``.report``.
        """
        given.check_calls(launch, {"discard": discard, "start": start, "find": find, "progress": progress})
        return rollout.RollOut(self, Hands(launch, discard, start, find), progress, repair).run()

    def verify(self, *, look: Look | None = None) -> Report:
        """Judge the group as it stands; changes nothing.

        ``look`` tells the host of each member, where only what was reported is known (a pool).
        """
        return self.judged(self.standing()) if look is None else by_looking(self, look)

    def standing(self) -> Sight:
        """One look that tells all that a verdict needs, and no more."""
        return standing(self.spec, self.clouds)

    def judged(self, seen: Sight) -> Report:
        """The report that follows from one look."""
        there = holders(seen.machines)
        named = {member.name for member in self.spec.members}
        scenes = [scene(seen, n, seen.machines) for n in range(len(self.spec.rules))]
        stacks = [Finding("stacked", words) for words in map(void, scenes) if words]
        alive = {name for name, one in there.items() if one.state != "claimed"}
        return Report(
            key=self.key,
            rules=tuple(map(judge, scenes)),
            machines=seen.machines,
            surplus=tuple(m for m in seen.machines if m.member and _extra(m, there, named)),
            missing=natural(named - alive),
            findings=(*stacks, *keeping.notes(seen), *keeping.amiss(seen), *seen.topology.findings),
            words=seen.topology.words,
        )

    def candidates(self, member: str) -> list[Candidate]:
        """Every place for one member: allowed or why not, best first."""
        given.check({"member": member}, given.Asked)
        check_known(member, [*self.spec.named])
        return candidates(self.look().problem(), member)

    def bind(self, member: str, instance: str, at: Mapping[Level, str] | None = None) -> Observed:
        """Take a machine that was launched elsewhere as this member, if its cloud allows that.

        ``at`` says where it is, on clouds that cannot tell. Its note says where it is elsewhere than a new
        machine would go.
        """
        given.check({"member": member, "instance": instance, "at": at}, given.Bound)
        planned, placement = to_bind(self, member, instance, at)
        backend = sight.backend_of(self.clouds, placement.cloud)
        seen = patiently(backend, lambda: backend.bind(placement, instance))
        where = elsewhere(planned, seen)
        return replace(seen, note=f"{where}: verify says whether the rules hold") if where else seen

    def unmark(self, instance: str, cloud: str = "") -> None:
        """Take our mark away from a machine, which goes on running; ``cloud`` is its key in an estate."""
        given.check({"instance": instance, "cloud": cloud}, given.Unmarked)
        backend = sight.backend_of(self.clouds, cloud)
        patiently(backend, lambda: backend.unmark(self.key, instance))

    def resolve(self, find: Callable[[str], str | None]) -> None:
        """Say what became of claims that were never bound: ``find(member)`` gives the id, or None.

        A claim with a machine is bound to it, one in doubt without a machine is released.
        """
        given.check_needed(find, "find")
        for backend in self.clouds.values():
            backend.resolve(self.key, find)

    def release(self, members: Sequence[str] | None = None) -> None:
        """Remove what we made for these members, or for the whole group; fine if gone.

        InvalidRequest where ``chosen`` finds no such member, StillOccupied while machines are in it.
        """
        given.check({"members": members}, given.Released)
        names = None if members is None else self.chosen(members)
        for backend in self.clouds.values():
            patiently(backend, partial(backend.release, self.key, names, self.spec.adopt))

    def chosen(self, members: Sequence[str]) -> tuple[str, ...]:
        """Whom names and patterns mean, of SPEC's or the clouds'; InvalidRequest where one means nobody."""
        named = {member.name for member in self.spec.members}
        there = () if named.issuperset(members) else [seen.member for seen in self.machines()]
        return chosen(members, natural(named.union(there)))


def _delegates(means: Means, member: str) -> bool:
    return means.delegated and means.rule.concerns(member)


def _extra(machine: Observed, there: Mapping[str, Observed], named: set[str]) -> bool:
    return machine.member not in named or there.get(machine.member, machine) is not machine


def _with_ids(placement: Placement, ids: Mapping[tuple[str, Native], str]) -> Placement:
    found = (ids.get((placement.cloud, native)) for native in placement.natives)
    mine = tuple(id_ for id_ in found if id_)
    return replace(placement, native_ids=mine) if mine else placement
