"""What is told about places: exactly what the record declares, and true in the World."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from antiaffinity.model import Level, Observed
from antiaffinity.testing.conformance.harness import Fresh
from antiaffinity.testing.conformance.stage import Stage
from antiaffinity.testing.conformance.trials import Trial, trials


def told_domains_are_the_worlds_and_others_are_not_told(fresh: Fresh) -> None:
    """Machines share a told domain exactly where they share one in the World."""
    stage = Stage(fresh)
    for trial in _every(stage):
        if trial.rule.kind == "anti-affinity":
            stage.roll_out(trial.wanted)
            _assert_told(stage, trial)
            stage.dismantle(trial.wanted)


def members_of_a_native_group_are_told_to_be_in_it(fresh: Fresh) -> None:
    stage = Stage(fresh)
    for trial in _every(stage):
        stage.roll_out(trial.wanted)
        seen = stage.observed(trial.wanted)
        told = {native for one in seen for ids in one.memberships.values() for native in ids}
        if trial.promise.how == "delegated":
            assert all(trial.promise.level in one.memberships for one in seen), f"{trial}: {seen}"
            assert told == set(stage.cloud.natives()), f"{trial}: {told}"
        else:
            assert told <= set(stage.cloud.natives()), f"{trial}: {told}"
        stage.dismantle(trial.wanted)


def _every(stage: Stage) -> list[Trial]:
    return list(trials(stage.record, stage.cloud.places(), hard=True))


def _assert_told(stage: Stage, trial: Trial) -> None:
    level = trial.promise.level
    seen = {one.instance: one for one in stage.observed(trial.wanted)}
    if trial.promise.evidence == "NONE":
        assert not any(level in one.domains for one in seen.values()), f"{trial}: {seen}"
    if trial.promise.how == "delegated" and trial.promise.evidence == "MEMBERSHIP":
        assert not any(level in one.domains for one in seen.values()), f"{trial}: {seen}"
    if trial.promise.evidence == "DOMAIN" or trial.promise.how == "chosen":
        really = {machine.id: machine.domain(level) for machine in stage.machines(trial.wanted)}
        told = {id_: _domain(one, level) for id_, one in seen.items()}
        assert _parts(told) == _parts(really), f"{trial}: {told} is told of {really}"


def _domain(seen: Observed, level: Level) -> Hashable:
    assert level in seen.domains, f"{seen.member}: its {level} is not told"
    return tuple(seen.domains.get(outer) for outer in ("region", "zone", level))


def _parts(where: Mapping[str, Hashable]) -> set[frozenset[str]]:
    """Who is with whom."""
    parts: dict[Hashable, set[str]] = {}
    for id_, domain in where.items():
        parts.setdefault(domain, set()).add(id_)
    return _frozen(parts.values())


def _frozen(parts: Iterable[set[str]]) -> set[frozenset[str]]:
    return {frozenset(part) for part in parts}
