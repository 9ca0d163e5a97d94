"""``clouds``: what each cloud promises, printed from its own records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from antiaffinity.cli.common import show, speaks_json
from antiaffinity.tables import table

if TYPE_CHECKING:
    from antiaffinity.guarantee import Cloud, Guarantee
    from antiaffinity.model import Level


@click.command(
    short_help="What each cloud promises.",
    epilog="""\b
Examples:
  antiaffinity clouds                    every promise of every cloud, one line each
  antiaffinity clouds openstack          one cloud with limits, caveats, the vendor's pages and rights
  antiaffinity clouds --for db.yaml      what each cloud would promise for the rules of a SPEC

\b
Words: chosen = our spreader decides; delegated = the cloud's own group decides; REFUSES = a launch
that would break the rule fails; DEGRADES = it goes on somewhere worse. Evidence: DOMAIN = the cloud
shows the place, MEMBERSHIP = only that a machine is in the group, NONE = nothing.
""",
)
@click.argument("kind", metavar="[KIND]", required=False)
@click.option("--for", "spec", metavar="SPEC", help="What each cloud would promise for this SPEC's rules.")
@click.option("--markdown", is_flag=True, help="The table of README.")
@speaks_json
def clouds(kind: str | None, spec: str | None, markdown: bool, as_json: bool) -> int:
    """Show what each cloud promises: by level, kind of rule and strength."""
    from antiaffinity import registry

    records = [registry.record(kind)] if kind else registry.records()
    if spec:
        return _for_spec(records, spec, as_json)
    if as_json:
        from antiaffinity.cli.jsonout import emit

        emit({"clouds": [_json(cloud) for cloud in records]})
    elif markdown:
        show([markdown_table(records)])
    else:
        show(_details(records[0]) if kind else _overview(records))
    return 0


def _for_spec(records: Sequence[Cloud], spec: str, as_json: bool) -> int:
    from antiaffinity.cli.jsonout import emit
    from antiaffinity.cli.promises import promises_json, promises_text

    if as_json:
        emit(promises_json(records, spec))
    else:
        show(promises_text(records, spec))
    return 0


def _json(cloud: Cloud) -> dict[str, object]:
    import msgspec

    return {
        "kind": cloud.kind,
        "title": cloud.title,
        "sdk": cloud.sdk,
        "call": cloud.call,
        "connects": bool(cloud.connect_from),
        "words": cloud.words,
        "chosen": cloud.chosen,
        "settings": cloud.settings,
        "rights": dict(cloud.rights),
        "guarantees": msgspec.to_builtins(cloud.guarantees),
        "fleets": msgspec.to_builtins(cloud.fleets),
    }


class Row:
    """Promises that differ in level or kind of rule only, told in one line."""

    def __init__(self, promise: Guarantee) -> None:
        self.promise, self.levels, self.rules = promise, [promise.level], [str(promise.rule)]


def rows(promises: Iterable[Guarantee]) -> list[Row]:
    """The promises, joined: first over kinds of rule, then over levels."""
    by_rule: list[Row] = []
    for promise in promises:
        same = next((row for row in by_rule if _alike(row.promise, promise, rule=row.promise.rule)), None)
        if same:
            same.rules.append(promise.rule)
        else:
            by_rule.append(Row(promise))
    found: list[Row] = []
    for row in by_rule:
        same = next((one for one in found if _same_but_level(one, row)), None)
        if same:
            same.levels += row.levels
        else:
            found.append(row)
    return found


def _rows(cloud: Cloud) -> list[Row]:
    """All that a cloud promises; of machines that it launches by itself last."""
    return [*rows(cloud.guarantees), *rows(cloud.fleets)]


def _alike(one: Guarantee, other: Guarantee, **but: str) -> bool:
    from msgspec.structs import replace

    return one == replace(other, **but)


def _same_but_level(one: Row, other: Row) -> bool:
    level = one.promise.level
    return one.rules == other.rules and _alike(one.promise, other.promise, level=level, rule=one.promise.rule)


# For people


def _overview(records: Sequence[Cloud]) -> Iterator[str]:
    lines = [[cloud.title, *_short_cells(cloud, row)] for cloud in records for row in _rows(cloud)]
    heads = ["cloud", "level", "rules", "strength", "carried by", "at launch", "evidence", "limit", "joins"]
    yield from table(heads, lines)
    yield ""
    for cloud in records:
        yield f"{cloud.title}: {_connects(cloud)}"
    yield ""
    yield "More of one: antiaffinity clouds KIND. In the words of a SPEC: antiaffinity clouds --for SPEC."


def _short_cells(cloud: Cloud, row: Row) -> list[str]:
    promise = row.promise
    return [
        _levels(cloud, row),
        ", ".join(row.rules),
        "hard" if promise.hard else "soft",
        carried_by(promise),
        promise.at_launch,
        promise.evidence,
        limit(promise),
        promise.joins,
    ]


def _levels(cloud: Cloud, row: Row) -> str:
    return ", ".join(level_word(level, cloud) for level in row.levels)


def level_word(level: Level, cloud: Cloud) -> str:
    """A level with the cloud's own word for it."""
    word = cloud.words.get(level, level)
    return level if word == level else f"{level} ({word})"


def carried_by(promise: Guarantee) -> str:
    """Who decides, and with what."""
    return f"{promise.how}: {promise.mechanism}" if promise.mechanism else promise.how


def limit(promise: Guarantee) -> str:
    """How many members one native group takes."""
    if promise.limit is None:
        return "by quota" if promise.limit_read and promise.how != "chosen" else "none"
    running = ", running" if promise.running_only else ""
    return f"{promise.limit} per {promise.limit_per}{running}"


def _connects(cloud: Cloud) -> str:
    if cloud.connect_from:
        return f"kind {cloud.kind}, needs {cloud.sdk} (pip install 'antiaffinity[{cloud.kind}]')"
    return f"kind {cloud.kind}, its promises and launch arguments only: its calls are not written yet"


def _details(cloud: Cloud) -> Iterator[str]:
    yield f"{cloud.title}: {_connects(cloud)}"
    yield f"launch call: {cloud.call}"
    yield f"we choose:   {', '.join(cloud.chosen) or 'nothing'}"
    yield f"settings:    {', '.join(cloud.settings) or 'as its SDK takes them'}"
    for row in _rows(cloud):
        yield ""
        yield from _promise(cloud, row)
    if cloud.rights:
        yield ""
        yield "the least rights that each verb needs"
        yield from (f"  {verb.ljust(12)}  {', '.join(rights)}" for verb, rights in cloud.rights.items())


def _promise(cloud: Cloud, row: Row) -> Iterator[str]:
    promise = row.promise
    yield f"{'hard' if promise.hard else 'soft'} {', '.join(row.rules)} at {_levels(cloud, row)}"
    facts = {
        "carried by": carried_by(promise),
        "at launch": promise.at_launch,
        "after launch": promise.after_launch,
        "evidence": promise.evidence,
        "caveat": promise.caveat,
        "limit": f"{limit(promise)} ({promise.limit_read})" if promise.limit_read else limit(promise),
        "per domain": f"at most {promise.most_per_domain}" if promise.most_per_domain else "any number",
        "joins": promise.joins,
        "lapses": promise.lapses,
        "page": promise.page,
    }
    for name, text in facts.items():
        if text:
            yield f"  {name.ljust(12)}  {text}"


# For README

COLUMNS = (
    "Cloud",
    "Level",
    "Rules",
    "Strength",
    "Carried by",
    "At launch",
    "After launch",
    "Evidence",
    "Limit",
    "Joins",
    "Page",
)


def markdown_table(records: Sequence[Cloud]) -> str:
    """The guarantees of these clouds as a Markdown table: what README shows."""
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(_long_cells(cloud, row)) for cloud in records for row in _rows(cloud)]
    return "\n".join(lines)


def _long_cells(cloud: Cloud, row: Row) -> list[str]:
    promise = row.promise
    level, rules, strength, carried, at_launch, evidence, most, joins = _short_cells(cloud, row)
    told = f"{evidence}: {promise.caveat}" if promise.caveat else evidence
    read = f"{most}: {promise.limit_read}" if promise.limit_read else most
    page = f"[page]({promise.page})" if promise.page else ""
    return [
        cloud.title,
        level,
        rules,
        strength,
        carried,
        at_launch,
        promise.after_launch,
        told,
        read,
        joins,
        page,
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
