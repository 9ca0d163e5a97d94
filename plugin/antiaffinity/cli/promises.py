"""``clouds --for SPEC``: what each cloud would promise for the rules of a SPEC, connected or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from antiaffinity.cli.clouds import carried_by, level_word
from antiaffinity.errors import InvalidRequest, LimitExceeded, NotOffered
from antiaffinity.guarantee import Cloud
from antiaffinity.planner.fitting import fit
from antiaffinity.planner.mechanism import Means, carry
from antiaffinity.spec import Spec, read_spec
from antiaffinity.tables import table

Answer = list[Means] | NotOffered | LimitExceeded


def carried(cloud: Cloud, spec: Spec) -> Answer:
    """How a cloud would carry each rule, or why it would refuse the group; nothing is connected."""
    levels = cloud.usual or cloud.chosen
    try:
        return fit(
            carry(spec.rules, cloud, levels), cloud, levels, spec.largest, None, saturated=spec.saturated
        )
    except (NotOffered, LimitExceeded) as refusal:
        return refusal


def promises_json(records: Sequence[Cloud], path: str) -> dict[str, Any]:
    """By cloud: a promise for each rule (null: verified only), or the refusal."""
    spec = _with_rules(path)
    return {
        "group": spec.key.name,
        "owner": spec.key.owner,
        "clouds": [_cloud_json(cloud, carried(cloud, spec)) for cloud in records],
    }


def _cloud_json(cloud: Cloud, answer: Answer) -> dict[str, Any]:
    import msgspec

    from antiaffinity.cli.failures import fields_of

    head = {"kind": cloud.kind, "connects": bool(cloud.connect_from)}
    if isinstance(answer, NotOffered | LimitExceeded):
        return {**head, "refuses": fields_of(answer)}
    rules = [
        {
            "rule": str(means.rule),
            "promise": msgspec.to_builtins(means.promise),
            "keeper": msgspec.to_builtins(means.keeper),
            "per": means.per,
        }
        for means in answer
    ]
    return {**head, "rules": rules}


def promises_text(records: Sequence[Cloud], path: str) -> Iterator[str]:
    """The same as a table."""
    spec = _with_rules(path)
    yield f"group {spec.key.name} of {spec.key.owner}, {len(spec.members)} members:"
    yield ""
    heads = ["cloud", "rule", "carried by", "at launch", "evidence", "after launch"]
    yield from table(heads, [line for cloud in records for line in _lines(cloud, carried(cloud, spec))])
    yield ""
    waiting = [cloud.title for cloud in records if not cloud.connect_from]
    if waiting:
        yield f"Cannot be connected yet: {', '.join(waiting)}."
    yield "Domains and quotas that are really there are known once a cloud is connected (plan). Levels that"
    yield "must be made or paid for first (Dedicated Hosts, fault domains) are not counted on here."


def _with_rules(path: str) -> Spec:
    spec = read_spec(Path(path))
    if not spec.rules:
        raise InvalidRequest("name a rule, e.g. rules: anti-affinity", path="rules")
    return spec


def _lines(cloud: Cloud, answer: Answer) -> Iterator[list[str]]:
    if isinstance(answer, NotOffered | LimitExceeded):
        yield [cloud.title, answer.path, f"{answer.kind}: {answer.message}", "", "", ""]
        return
    for means in answer:
        yield [cloud.title, str(means.rule), *_cells(cloud, means)]


def _cells(cloud: Cloud, means: Means) -> list[str]:
    promise = means.promise
    if promise is None:
        return ["nothing: verified only", "", "NONE", ""]
    where = level_word(promise.level, cloud)
    per = f", one per {means.per}" if means.per else ""
    kept = f", kept by {means.keeper.mechanism}" if means.keeper else ""
    after = means.keeper.after_launch if means.keeper else promise.after_launch
    return [f"{where}: {carried_by(promise)}{per}{kept}", promise.at_launch, promise.evidence, after]
