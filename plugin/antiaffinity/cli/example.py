"""``help-spec``: a SPEC that explains itself."""

from __future__ import annotations

import click

from antiaffinity.cli.common import show, speaks_json

SPEC = """\
# A SPEC: a group of machines, its rules, and the cloud it is on. YAML or JSON; only `group`,
# `members` and `cloud` are needed. A comment shows what else a key may be.

group: db
owner: shop/prod                  # whose group it is (default: default); two owners may both have a "db"
members: 3                        # = db-0, db-1, db-2; or a list of names, or of mappings such as
                                  #   {name: db-1, size: {vcpus: 4}, only: {zone: [z1]}, stay: {zone: z1}}
                                  #   (stay = its disk is there)

rules:                            # levels: provider > region > zone > rack > host
  - anti-affinity: {level: host}  # at most one member per host; max_per_domain: 2 allows two
  - spread: {level: zone, max_skew: 1, hard: false}   # even over zones; hard: false = a preference
                                  # - affinity: {level: zone}                       all in one zone
                                  # - survive: {level: rack, failures: 1, lose_at_most: 1}
                                  # each may say among: ["db-*"] (default: all members)
                                  # or one word: anti-affinity | soft-anti-affinity | affinity | soft-affinity

# ha: {mode: n-plus-m, needed: 2, buffer: 1, failures: 1, level: host}
#     {mode: active-standby, level: host} | {mode: active-active, min_alive: 1, level: zone}

# only: {zone: [z1, z2]}          # where members may be: names, ids or paths, with * and ?
never: {host: ["old-*"]}          # and where not
# needs: {networks: [prod], datastores: ["ssd-*"]}    # what each place must reach
size: {vcpus: 2, memory_mb: 4096} # what each member takes, or the cloud's own {type: m6i.large}
saturated: refuse                 # more members than places apart: refuse, or stack (share evenly)
# planned: 16                     # the largest size to come, where groups can be joined at creation only
# adopt: {host: 6f0c...}          # use a native group that somebody else made

cloud: {kind: pool, inventory: hosts.yaml}            # relative to this file; or
                                  # {kind: openstack, cloud: prod}                  see `antiaffinity clouds`
                                  # clouds: {dc: {kind: openstack, cloud: prod}, eu: {kind: aws, ...}}

# The inventory of a pool (hosts.yaml); of a host only `name` is needed:
#   hosts:
#     - {name: h1, zone: z1, rack: r1, capacity: {vcpus: 32, memory_mb: 131072}, used: {vcpus: 4}}
#     - {name: h2, zone: z2, rack: r2, networks: [prod], datastores: [ssd-1], usable: true}
"""


@click.command(
    name="help-spec",
    short_help="Print a SPEC with a comment for every key.",
    epilog="""\b
Examples:
  antiaffinity help-spec > db.yaml
  antiaffinity help-spec --json | jq .schema > spec.schema.json     for an editor that checks YAML
""",
)
@speaks_json
def help_spec(as_json: bool) -> int:
    """Print a SPEC with a comment for every key (--json: also its JSON Schema)."""
    if as_json:
        import msgspec

        from antiaffinity.cli.jsonout import emit
        from antiaffinity.schema import SpecKeys

        emit({"example": SPEC, "schema": msgspec.json.schema(SpecKeys)})
    else:
        show([SPEC.rstrip()])
    return 0
