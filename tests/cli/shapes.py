"""The public JSON of every answer, as schemas that admit no other key."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES: Schema = {"type": "boolean"}
LEVELS = ["provider", "region", "zone", "rack", "host"]
BY_LEVEL: Schema = {"type": "object", "additionalProperties": TEXT, "propertyNames": {"enum": LEVELS}}


def exact(optional: Schema | None = None, /, **keys: Schema) -> Schema:
    """An object with exactly these keys."""
    properties = keys | (optional or {})
    return {
        "type": "object",
        "properties": properties,
        "required": list(keys),
        "additionalProperties": False,
    }


def many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def answer(optional: Schema | None = None, /, **keys: Schema) -> Schema:
    """A whole answer: it says its format."""
    return exact(optional, format={"const": 1}, **keys)


def check(found: Any, schema: Schema) -> None:
    """Fail with the path of what does not fit."""
    Draft202012Validator(schema).validate(found)


CONFLICT = many(exact(requirement=TEXT, path=TEXT))
FINDING = exact(kind=TEXT, message=TEXT, member=TEXT, domain=TEXT)
SURPLUS = exact(member=TEXT, instance=TEXT)
PLACEMENT_KEYS: Schema = {
    "member": TEXT,
    "cloud": TEXT,
    "domains": BY_LEVEL,
    "delegated": BY_LEVEL,
    "reason": TEXT,
}
PLACEMENT = exact({"existing": TEXT}, **PLACEMENT_KEYS)
MOVE = exact(
    **{"from": BY_LEVEL},
    member=TEXT,
    instance=TEXT,
    to=BY_LEVEL,
    cloud=TEXT,
    delegated=BY_LEVEL,
    reason=TEXT,
)
ARGV: Schema = {"type": ["array", "null"], "items": TEXT}
PREPARED = exact({"existing": TEXT}, **PLACEMENT_KEYS, launch={"type": "object"}, argv=ARGV)
EVIDENCE = one_of("DOMAIN", "MEMBERSHIP", "NONE")
RULE_KEYS: Schema = {"rule": TEXT, "level": one_of(*LEVELS), "hard": YES, "evidence": EVIDENCE}
VERDICT = one_of("held", "promised", "unproven", "broken")
MACHINE = exact(member=TEXT, instance=TEXT, cloud=TEXT, state=TEXT, holds=YES, domains=BY_LEVEL, note=TEXT)

PLAN_KEYS: Schema = {
    "group": TEXT,
    "owner": TEXT,
    "verdict": one_of("fits", "short", "broken"),
    "moves": many(MOVE),
    "rules": many(exact(**RULE_KEYS, verdict=one_of("fits", "short", "broken"), why=TEXT)),
    "surplus": many(SURPLUS),
    "survives": many(exact(level=one_of(*LEVELS), domains=COUNT, lost=COUNT, left=COUNT)),
    "findings": many(FINDING),
    "short": many(exact(member=TEXT, message=TEXT, conflict=CONFLICT, ways_out=many(TEXT), limit=YES)),
}
ADVICE = exact(member=TEXT, first=many(TEXT), call=TEXT, launch={"type": "object"}, argv=ARGV)

PLAN = answer(**PLAN_KEYS, placements=many(PLACEMENT))
SHRUNK = answer(**PLAN_KEYS, placements=many(PLACEMENT), members=many(TEXT), victims=many(TEXT))
REPAIRED = answer(**PLAN_KEYS, placements=many(PLACEMENT), fewest=YES)
ADVISED = answer(**PLAN_KEYS, placements=many(PLACEMENT), advice=many(ADVICE))
PREPARE = answer(**PLAN_KEYS, placements=many(PREPARED))

REPORT_KEYS: Schema = {
    "group": TEXT,
    "owner": TEXT,
    "verdict": VERDICT,
    "rules": many(exact(**RULE_KEYS, verdict=VERDICT, note=TEXT)),
    "machines": many(MACHINE),
    "surplus": many(SURPLUS),
    "missing": many(TEXT),
    "launched": many(TEXT),
    "discarded": many(TEXT),
    "moved": many(MOVE),
    "findings": many(FINDING),
}
REPORT = answer(**REPORT_KEYS)

ERROR_KEYS: Schema = {
    "kind": TEXT,
    "message": {"type": "string", "minLength": 1},
    "path": TEXT,
    "where": TEXT,
    "conflict": CONFLICT,
    "ways_out": many(TEXT),
}
REMAINS = exact(id={"type": ["string", "null"]}, member=TEXT, cloud=TEXT, domains=BY_LEVEL)
ERROR = answer(
    error=exact({"domain": BY_LEVEL, "remains": REMAINS, "report": exact(**REPORT_KEYS)}, **ERROR_KEYS)
)

CANDIDATE = exact(
    domains=BY_LEVEL,
    allowed=YES,
    reason=TEXT,
    rank={"type": ["integer", "null"]},
    costs=many({"type": "integer"}),
    held={"type": "object", "additionalProperties": COUNT, "propertyNames": {"enum": LEVELS}},
)
CANDIDATES = answer(group=TEXT, owner=TEXT, member=TEXT, candidates=many(CANDIDATE))
BOUND = answer(group=TEXT, owner=TEXT, machine=MACHINE)
RELEASED = answer(group=TEXT, owner=TEXT, members={"type": ["array", "null"], "items": TEXT})

NAME: Schema = {"type": ["string", "null"]}
FOUND = exact(cloud=TEXT, group=NAME, owner=NAME, title=TEXT, natives=many(TEXT), machines=many(MACHINE))
GROUPS = answer(groups=many(FOUND))
JUDGED = exact(spec=TEXT, **REPORT_KEYS)
NOT_JUDGED = exact(spec=TEXT, error=exact(**ERROR_KEYS))
AUDIT = answer(
    groups=many({"oneOf": [JUDGED, NOT_JUDGED]}),
    skipped=many(TEXT),
    unnamed=many(FOUND),
    errors=many(exact(cloud=TEXT, **ERROR_KEYS)),
)

PLACEMENT_DOCUMENT = answer(
    **{key: PLACEMENT_KEYS[key] for key in ("member", "cloud", "domains", "delegated")},
    ids=BY_LEVEL,
    group=TEXT,
    owner=TEXT,
    launch={"type": "object"},
    argv=ARGV,
)
MACHINE_DOCUMENT = answer(id={"type": ["string", "null"]}, member=TEXT, cloud=TEXT, domains=BY_LEVEL)
