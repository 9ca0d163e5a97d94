"""The commands that look at whole clouds: audit and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from antiaffinity.cli.common import hide, show, speaks_json

if TYPE_CHECKING:
    from antiaffinity.backend import Found
    from antiaffinity.cli.audits import Audit
    from antiaffinity.cli.fleets import FleetAudit


@click.command(
    short_help="Judge many SPECs, and name what no SPEC names.",
    epilog="""\b
Examples:
  antiaffinity audit *.yaml
  antiaffinity audit db.yaml web.yaml --json     e.g. every night, in CI
  antiaffinity audit db.yaml --look ./look.sh    machines of pools: see `verify --help`
  antiaffinity audit --cloud aws --asg web       machines that the cloud itself places

\b
Exit codes: the worst of all: 0 all held or promised, and nothing unnamed; 4 something is unproven,
or there are machines or groups that no SPEC names; 3 a cloud did not answer; 2 a SPEC is wrong;
1 a hard rule is broken. SPEC: `antiaffinity help-spec`.
""",
)
@click.argument("specs", metavar="[SPEC...]", nargs=-1)
@click.option("--cloud", "kind", metavar="KIND", help="With --asg: see `antiaffinity clouds`.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="With --asg: as in SPEC's cloud.")
@click.option("--look", metavar="CMD", help='Prints lines "member host": where machines of pools are.')
@click.option("--asg", metavar="NAME", help="An Auto Scaling group: where it is, and what is promised of it.")
@speaks_json
def audit(
    specs: tuple[str, ...],
    kind: str | None,
    settings: tuple[str, ...],
    look: str | None,
    asg: str | None,
    as_json: bool,
) -> int:
    """Judge every SPEC, and name each marked machine or group that no SPEC names."""
    found = _asked(specs, kind, settings, asg, look)
    if as_json:
        from antiaffinity.cli.jsonout import emit

        emit(found.json())
    else:
        show(found.text())
    return found.exit_code


def _asked(
    specs: tuple[str, ...], kind: str | None, settings: tuple[str, ...], asg: str | None, look: str | None
) -> Audit | FleetAudit:
    """SPECs, or one fleet of a cloud: either, and nothing else."""
    from antiaffinity.cli.audits import Audit
    from antiaffinity.cli.fleets import FleetAudit

    if asg and kind and not specs and not look:
        return FleetAudit(kind, "asg", asg, _settings(kind, settings))
    if asg or kind or settings:
        raise click.UsageError("--cloud, --set and --asg go together, without a SPEC: --cloud aws --asg NAME")
    if not specs:
        raise click.UsageError("Missing argument 'SPEC...': or --cloud aws --asg NAME.")
    return Audit(specs, look)


@click.command(
    short_help="List every group of ours on a cloud.",
    epilog="""\b
Examples:
  antiaffinity groups --cloud openstack --set cloud=prod
  antiaffinity groups --cloud pool --set inventory=hosts.yaml --owner shop/prod

\b
Exit codes: 0 listed (also when there are none); 2 and 3 as in `antiaffinity --help`.
""",
)
@click.option("--cloud", "kind", metavar="KIND", required=True, help="See `antiaffinity clouds`.")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="As in SPEC's cloud; VALUE is read as YAML."
)
@click.option("--owner", metavar="O", help="Only groups of this owner.")
@speaks_json
def groups(kind: str, settings: tuple[str, ...], owner: str | None, as_json: bool) -> int:
    """List every group of ours on a cloud: owner, name, machines, native groups."""
    from antiaffinity import registry
    from antiaffinity.estates import Estate

    estate = Estate({"": registry.backend(kind, None, _settings(kind, settings))}, owner or "default")
    found = [group for _, group in estate.groups(owner)]
    if as_json:
        from antiaffinity.cli.jsonout import emit, found_json

        emit({"groups": [found_json(kind, one) for one in found]})
    else:
        show(_table(kind, found))
    return 0


def _settings(kind: str, given: tuple[str, ...]) -> dict[str, object]:
    from yaml import YAMLError, safe_load

    found: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise click.BadParameter("give KEY=VALUE", param_hint="--set")
        try:
            found[key] = safe_load(value)
        except YAMLError as error:
            raise click.BadParameter(f"{key}: the value is not YAML; quote it", param_hint="--set") from error
    hide({"kind": kind, **found})
    return found


def _table(kind: str, found: Sequence[Found]) -> Iterator[str]:
    from antiaffinity.tables import table

    if not found:
        yield f"no groups of ours on {kind}"
        return
    yield from table(["owner", "group", "machines", "native groups"], [_row(one) for one in found])


def _row(one: Found) -> list[str]:
    from antiaffinity.text import listed

    owner, name = (one.key.owner, one.key.name) if one.key else ("not told", one.title)
    return [owner, name, listed(one.instances), ", ".join(one.natives)]
