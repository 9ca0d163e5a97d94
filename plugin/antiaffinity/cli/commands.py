"""The commands that look, and those that write down: plan, candidates, verify, bind, release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from antiaffinity.cli.common import cloud_of, looking, opened, show, speaks_json, takes_spec, words_of

if TYPE_CHECKING:
    from antiaffinity.group import Group
    from antiaffinity.model import Level
    from antiaffinity.planner.answer import Plan


@click.command(
    short_help="Where each member would go, and why; nothing is changed.",
    epilog="""\b
Examples:
  antiaffinity plan db.yaml
  antiaffinity plan db.yaml --repair         which moves would mend broken hard rules
  antiaffinity plan db.yaml --shrink 1       who should go, if one has to
  antiaffinity plan db.yaml --advise         the words to launch each one by hand

\b
--repair lists the moves, "the fewest possible" where that is proven; `roll-out --repair` makes
them. Where nothing is broken, and nobody is where it may not be (a place out of service or gone,
lists that exclude it now), there are none; moves for a soft rule are never proposed.

\b
Exit codes: 0 fits (--repair: once the moves are made); 1 a hard rule is broken or somebody has no
place; 4 a soft rule is short, or somebody is where it may not be; 2 and 3 as in
`antiaffinity --help`. SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.option("--repair", is_flag=True, help="Propose moves that mend broken hard rules.")
@click.option("--shrink", metavar="K", type=click.IntRange(min=1), help="Name K members to give up.")
@click.option("--advise", is_flag=True, help="Print how to launch each new member by hand.")
@speaks_json
def plan(spec: str, repair: bool, shrink: int | None, advise: bool, as_json: bool) -> int:
    """Show where each member would go, and why; nothing is changed."""
    if shrink and advise:
        raise click.UsageError("--shrink names who goes, --advise how others come: ask for one of them")
    if shrink and repair:
        raise click.UsageError("--shrink names who goes, --repair who moves: ask for one of them")
    group = opened(spec)
    found = group.plan(shrink=shrink or 0, repair=repair)
    if as_json:
        _emit_plan(group, found, advise)
    else:
        _show_plan(group, found, advise, spec)
    return found.exit_code


def _emit_plan(group: Group, found: Plan, advise: bool) -> None:
    from antiaffinity.cli.jsonout import emit, plan_json

    fields = plan_json(group.key, found)
    if advise:
        from antiaffinity.cli.advice import advice_json

        fields["advice"] = [advice_json(p, cloud_of(group, p)) for p in found.new()]
    emit(fields)


def _show_plan(group: Group, found: Plan, advise: bool, spec: str) -> None:
    from antiaffinity.text import plan_text

    show(plan_text(found, spec))
    if advise:
        from antiaffinity.cli.advice import advice_text

        for placement in found.new():
            show(advice_text(placement, cloud_of(group, placement), spec))


@click.command(
    short_help="Every place for one member: allowed, or why not.",
    epilog="""\b
Example:
  antiaffinity candidates db.yaml db-2

\b
Exit codes: 0 at least one place is allowed; 1 none is; 2 and 3 as in `antiaffinity --help`.
SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.argument("member", metavar="MEMBER")
@speaks_json
def candidates(spec: str, member: str, as_json: bool) -> int:
    """Show every place for one member: allowed, best first, or why not."""
    group = opened(spec)
    found = group.candidates(member)
    if as_json:
        from antiaffinity.cli.jsonout import candidates_json, emit

        emit(candidates_json(group.key, member, found))
    else:
        from antiaffinity.text import candidates_text

        show(candidates_text(group.key, member, found, words_of(group)))
    return 0 if any(one.allowed for one in found) else 1


@click.command(
    short_help="Judge the group as it stands; nothing is changed.",
    epilog="""\b
Examples:
  antiaffinity verify db.yaml
  antiaffinity verify db.yaml --strict --json      in a monitor: only "held" is good enough
  antiaffinity verify db.yaml --look ./look.sh     where machines of a pool really are

\b
A pool knows what was reported of its machines. CMD looks (virsh, ssh, ...): it runs as `sh -c CMD`, and
prints a line "member host" for each machine that runs; GROUP and OWNER are in its environment. Rules
are then held or broken by what it saw. A member that it does not print, and a host that the inventory
does not list, are told (exit 4); any other line is an error (exit 2).

\b
Exit codes: 0 held or promised; 1 a hard rule is broken; 4 a soft rule is broken, a machine is
missing, or something is unproven (--strict: or only promised); 2 and 3 as in `antiaffinity --help`.
SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.option("--strict", is_flag=True, help='"promised" is not enough.')
@click.option("--look", metavar="CMD", help='Prints lines "member host": where machines of a pool are.')
@speaks_json
def verify(spec: str, strict: bool, look: str | None, as_json: bool) -> int:
    """Judge the group as it stands: each rule with its verdict and evidence; nothing is changed."""
    group = opened(spec)
    report = group.verify(look=looking(look, group.key) if look else None)
    if as_json:
        from antiaffinity.cli.jsonout import emit, report_json

        emit(report_json(report))
    else:
        show([str(report)])
    return report.strict_exit_code if strict else report.exit_code


@click.command(
    short_help="Make a machine launched elsewhere a member's machine.",
    epilog="""\b
Examples:
  antiaffinity bind db.yaml db-0 7c6a...                  a machine that you launched by hand
  antiaffinity bind db.yaml db-0 vm-17 --at host=h3       where the cloud (a pool) cannot tell

\b
Exit codes: 0 it is the member's machine now; 2 it was not launched into the group, where that is
needed; 3 somebody else holds the place. SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.argument("member", metavar="MEMBER")
@click.argument("instance", metavar="INSTANCE")
@click.option("--at", "places", metavar="LEVEL=NAME", multiple=True, help="Where it is; may be repeated.")
@speaks_json
def bind(spec: str, member: str, instance: str, places: tuple[str, ...], as_json: bool) -> int:
    """Make a machine that was launched elsewhere the machine of a member."""
    at = _places(places)
    group = opened(spec)
    seen = group.bind(member, instance, at)
    if as_json:
        from antiaffinity.cli.jsonout import bound_json, emit

        emit(bound_json(group.key, seen))
    else:
        from antiaffinity.text import place

        show([f"{member} is {seen.instance} in {place(seen.domains)}", *([seen.note] if seen.note else [])])
    return 0


def _places(given: tuple[str, ...]) -> dict[Level, str]:
    from antiaffinity.model import LEVELS

    found: dict[Level, str] = {}
    for text in given:
        word, equals, name = text.partition("=")
        level = next((level for level in LEVELS if level == word), None)
        if not (level and equals and name):
            raise click.BadParameter(
                f"{text!r} is not LEVEL=NAME; levels: {', '.join(LEVELS)}", param_hint="--at"
            )
        found[level] = name
    return found


@click.command(
    short_help="Take our keys away from a machine, which is nobody's then.",
    epilog="""\b
Examples:
  antiaffinity unmark db.yaml vm-17      a clone, or a restored backup, that bears a member's mark
  antiaffinity unmark db.yaml 7c6a...    a mark that was edited: bind the machine to its member after it

\b
Exit codes: 0 it bears no mark of the group any more, and goes on running; 1 the cloud has no marks
(a pool); 2 it bore none of this group; 3 as in `antiaffinity --help`. SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.argument("instance", metavar="INSTANCE")
@click.option("--cloud", metavar="KEY", default="", help="Its cloud, where SPEC names several.")
@speaks_json
def unmark(spec: str, instance: str, cloud: str, as_json: bool) -> int:
    """Take our keys away from a machine's tags, metadata, labels or extraConfig; it goes on running."""
    group = opened(spec)
    group.unmark(instance, cloud)
    if as_json:
        from antiaffinity.cli.jsonout import emit, unmarked_json

        emit(unmarked_json(group.key, instance))
    else:
        show([f"{instance} bears no mark of group {group.key.name} of {group.key.owner} any more"])
    return 0


@click.command(
    short_help="Give back what was made for members or the group.",
    epilog="""\b
Examples:
  antiaffinity release db.yaml db-2      the machine of db-2 is gone: give its place back
  antiaffinity release db.yaml 'db-*'    patterns as in `among`
  antiaffinity release db.yaml           the group is gone: remove what we made for it

\b
Exit codes: 0 done, or nothing was there; 2 neither SPEC nor its cloud knows such a member;
3 machines are still in it: delete them first. SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.argument("members", metavar="[MEMBER]...", nargs=-1)
@speaks_json
def release(spec: str, members: tuple[str, ...], as_json: bool) -> int:
    """Remove what was made for members, or for the whole group; machines are never deleted."""
    group = opened(spec)
    released = group.chosen(members)
    group.release(released or None)
    if as_json:
        from antiaffinity.cli.jsonout import emit, released_json

        emit(released_json(group.key, released))
    else:
        what = ", ".join(released) or "all that was made for it"
        show([f"group {group.key.name} of {group.key.owner}: released {what}"])
    return 0
