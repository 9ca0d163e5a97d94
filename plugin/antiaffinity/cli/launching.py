"""The commands that lead to machines: prepare and roll-out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from antiaffinity.cli.common import cloud_of, opened, show, speaks_json, takes_spec

if TYPE_CHECKING:
    from antiaffinity.cli.hooks import Hooks
    from antiaffinity.cli.progress import Progress
    from antiaffinity.cli.stopping import Stopping
    from antiaffinity.group import Group
    from antiaffinity.model import Placement
    from antiaffinity.planner.answer import Plan
    from antiaffinity.report import Report
    from antiaffinity.steps import Step


@click.command(
    short_help="Make native groups or claim places; print launch arguments.",
    epilog="""\b
Example (a deploy script that launches by itself):
  antiaffinity prepare db.yaml --json | jq '.placements[] | {member, launch, argv}'
  ... launch each one with these arguments, then:
  antiaffinity bind db.yaml db-0 INSTANCE
  antiaffinity verify db.yaml

\b
Exit codes: 0 prepared; 1 somebody has no place, or this cloud can never do it; 2 and 3 as in
`antiaffinity --help`. SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@speaks_json
def prepare(spec: str, as_json: bool) -> int:
    """Make the native groups, or claim the places, and print each member's launch arguments.

    Repeating it is safe. `roll-out` does this by itself; a claim on a pool waits for its `bind`, or
    for `release SPEC MEMBER`.
    """
    group = opened(spec)
    ready = group.prepare()
    if as_json:
        _emit(group, ready)
    else:
        show([str(ready)])
        show(line for placement in ready.placements for line in _launch_lines(group, placement))
    return ready.exit_code


def _emit(group: Group, ready: Plan) -> None:
    from antiaffinity.cli.jsonout import emit, launch_json, placement_json, plan_json

    placements = [placement_json(p) | launch_json(p, cloud_of(group, p)) for p in ready.placements]
    emit(plan_json(group.key, ready) | {"placements": placements})


def _launch_lines(group: Group, placement: Placement) -> Iterator[str]:
    from antiaffinity.cli.jsonout import encode, launch_json

    cloud = cloud_of(group, placement)
    words = launch_json(placement, cloud)
    yield ""
    yield f"{placement.member}: {cloud.call} with"
    yield f"  {encode(words['launch'])}"
    if words["argv"] is not None:
        yield "or append to the launch command of its own CLI:"
        yield f"  {shlex.join(words['argv'])}"


@click.command(
    name="roll-out",
    short_help="Launch who is missing, in a safe order, and verify.",
    epilog="""\b
Example:
  antiaffinity roll-out db.yaml --launch ./boot.sh --discard ./kill.sh
  antiaffinity roll-out db.yaml --launch ./boot.sh --discard ./kill.sh --repair

\b
  boot.sh:  #!/bin/sh
            exec openstack server create --image debian-12 --flavor m1.large --wait \\
                 -f value -c id $(jq -r '.argv | @sh' | xargs printf '%s ')

\b
CMD runs as `sh -c CMD`, one at a time, with one line of JSON on its stdin:
  --launch   {"format": 1, "member", "cloud", "domains", "ids", "delegated", "group", "owner",
             "launch": {arguments by the SDK's names}, "argv": [words for the vendor's own CLI]}
  --discard  {"format": 1, "id", "member", "cloud", "domains"}   also after a launch that gave no
             id (null): look for what bears the member's mark; fine if nothing is there
  --find     {"format": 1, "id": null, "member", "cloud", "domains", "group", "owner"}, and MEMBER in
             its environment
  --start    as --discard; once the machine has joined, where joining comes before power-on; fine if it
             runs already
The last line that --launch prints is the machine's id. Its exit status 75 (that of
--start too) says "no room here, try the next place"; after any other failure its stderr is read for
the cloud's own words.
What CMD prints on stderr is passed through.

\b
A pool's ledger knows who was being launched when a run was killed, but not what came of it. The next
run asks --find, which prints the machine's id or nothing; without --find, --discard is asked to
delete what bears the member's mark, and the member is launched anew. Without both the run ends with
exit 3 and says what to `bind` or `release`. Members whose launch had not begun are simply launched.
Two runs at once: the second waits for the first, and after a while exits with 3 and says who it is.

\b
--repair makes the moves that `plan --repair` lists, one by one, before anybody missing is launched.
After each it looks: where a move did not help, no further machine is touched, and it says why.
A cloud that can move machines moves them; on the others --discard deletes the machine and --launch
makes it anew elsewhere: what was on it is gone, and where the cloud finds no room for the new one
(exit 3) its member is missing until the next run.

\b
Ctrl-C (or SIGTERM) is passed on to CMD; we wait for its end and stop. Run the same command again:
it goes on from what is there.

\b
Exit codes: 0 all are there, held or promised; 1 a hard rule is broken, or there is no place;
2 mend the input; 3 not now, or a launch failed; 4 a soft rule is short or something is unproven;
130 interrupted (143: by SIGTERM). SPEC: `antiaffinity help-spec`.
""",
)
@takes_spec
@click.option("--launch", metavar="CMD", required=True, help="Launches one machine and prints its id.")
@click.option("--discard", metavar="CMD", help="Deletes what a failed launch left; without it the run stops.")
@click.option("--start", metavar="CMD", help="Powers one on after it has joined, where that is needed.")
@click.option("--find", metavar="CMD", help="Prints a member's machine, or nothing, after a run was killed.")
@click.option("--repair", is_flag=True, help="Move members so that broken hard rules are kept again.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@speaks_json
def roll_out(
    spec: str,
    launch: str,
    discard: str | None,
    start: str | None,
    find: str | None,
    repair: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Launch every member that is not there yet, in a safe order, and verify."""
    from antiaffinity.cli.hooks import Commands, Hooks
    from antiaffinity.cli.progress import Progress
    from antiaffinity.cli.stopping import Stopping

    group, progress = opened(spec), Progress(quiet=quiet)
    with Stopping() as stopping:
        hooks = Hooks(Commands(launch, discard, start, find), stopping, heard=progress.pause)
        try:
            report = _rolled_out(group, hooks, repair, progress)
        except BaseException as error:
            raise _explained(error, group, spec, stopping) from error.__cause__
        finally:
            progress.close()
    _show(group, report, as_json)
    return report.exit_code


def _rolled_out(group: Group, hooks: Hooks, repair: bool, progress: Progress) -> Report:
    def step(one: Step) -> None:
        if one.kind not in ("refused", "discard"):  # what a failed launch left is cleared first
            hooks.stopping.check()
        progress(one)

    def found(member: str) -> str | None:
        from antiaffinity.model import Machine

        seen = next(one for one in group.machines() if one.member == member)
        return hooks.find(Machine(None, member, seen.cloud, seen.domains), group.key)

    return group.roll_out(
        launch=lambda placement: hooks.launch(placement, cloud_of(group, placement), group.key),
        discard=hooks.discard if hooks.commands.discard else None,
        start=hooks.start if hooks.commands.start else None,
        find=found if hooks.commands.find else None,
        repair=repair,
        progress=step,
    )


def _explained(error: BaseException, group: Group, spec: str, stopping: Stopping) -> BaseException:
    """The error with what to do about launches that nobody knows the end of."""
    from antiaffinity.cli.failures import Interrupted, LaunchFailed
    from antiaffinity.errors import AntiaffinityError

    if stopping.number and not isinstance(error, Interrupted):
        error = Interrupted(stopping.number)
    if isinstance(error, AntiaffinityError) and isinstance(error.__context__, LaunchFailed):
        error.message = f"{error.message} ({error.__context__})"
    if isinstance(error, AntiaffinityError | Interrupted | LaunchFailed):
        error.ways_out = (*error.ways_out, *_doubts(group, spec))
    return error


def _doubts(group: Group, spec: str) -> Iterator[str]:
    """Claims that are left: on a pool nobody can see whether a machine came of them."""
    from antiaffinity.errors import AntiaffinityError
    from antiaffinity.reservations import reserving

    with suppress(AntiaffinityError):
        there = [one for cloud in reserving(group.clouds).values() for one in cloud.reservations(group.key)]
        for one in there:
            if one.standing not in ("free", "working"):
                words = shlex.join([spec, one.member])
                yield (
                    f"{one.member} may have been launched: if it was, antiaffinity bind {words} INSTANCE; "
                    f"if not, antiaffinity release {words}; then run again"
                )


def _show(group: Group, report: Report, as_json: bool) -> None:
    if as_json:
        from antiaffinity.cli.jsonout import emit, report_json

        emit(report_json(report))
    else:
        show([str(report)])
