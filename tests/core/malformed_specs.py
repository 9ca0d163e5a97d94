"""Malformed SPECs: what is written, and how the error begins: the path, and words of the fix."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.good_specs import GOOD


class Malformed(NamedTuple):
    """A SPEC nobody may get away with; ``fix`` is part of the message."""

    text: str
    path: str
    fix: str


def _table(lines: str, before: str = "") -> Iterator[Malformed]:
    """One SPEC per line (a line break is written ↵), an arrow, the path and the words."""
    for line in lines.replace("=>\n", "=>").strip().splitlines():
        spec, _, answer = line.partition("=>")
        path, _, fix = answer.strip().partition(": ")
        yield Malformed(before + spec.strip().replace(" ↵ ", "\n"), path, fix)


WHOLE = [
    *_table(r"""
members: 3  =>  group: add it, for example group: db
group: "" ↵ members: 3  =>  group: is empty
group: ↵ members: 3  =>  group: nothing is written here
group: "db " ↵ members: 3  =>  group: blank
group: "d\tb" ↵ members: 3  =>  group: 'd\tb' holds
group: "d\u200bb" ↵ members: 3  =>  group: 'd\u200bb' holds
name: db ↵ members: 3  =>  name: in SPEC: group
group: db  =>  members: add it, for example 3 or [db-0, db-1]
group: db ↵ members:  =>  members: nothing is written here
group: db ↵ members: 0  =>  members: at least 1, not 0
group: db ↵ members: -2  =>  members: at least 1, not -2
group: db ↵ members: 2.5  =>  members: a number of members, or a list
group: db ↵ members: 3.0  =>  members: write 3
group: db ↵ members: "3"  =>  members: write 3 without quotes
group: db ↵ members: db-0  =>  members: write ['db-0']
group: db ↵ members: yes  =>  members: not true
group: db ↵ members: {db-0: {}}  =>  members: [db-0, db-1]
group: db ↵ members: []  =>  members: is empty
group: db ↵ members: 100001  =>  members: at most 100000
group: db ↵ members: [[a]]  =>  members[0]: a name or a mapping, not a list
group: db ↵ members: [a, '']  =>  members[1]: is empty
group: db ↵ members: [a, ' b']  =>  members[1]: remove it
group: db ↵ members: [a, {name: b, stay: {zone: ' z1'}}]  =>  members[1].stay.zone: blank
group: db ↵ members: [{name: a, only: {zone: ['z1 ']}}]  =>  members[0].only.zone[0]: blank
group: db ↵ members: [{name: a, never: {host: [h, "h\u202e"]}}]  =>  members[0].never.host[1]: 'h\u202e' holds
group: db ↵ members: ["a\nb"]  =>  members[0]: remove it
group: db ↵ members: [a, b, a]  =>  members[2]: is members[0] already
group: db ↵ members: [a, {name: a}]  =>  members[1]: members[0]
group: db ↵ members: [{size: {}}]  =>  members[0].name: name: db-0
group: db ↵ members: [{name: a, sise: {}}]  =>  members[0].sise: 'size'
group: db ↵ members: [{name: 'a '}]  =>  members[0].name: blank
group: db ↵ members: [a, b, {name: c, size: {vcpus: -4}}]  =>  members[2].size.vcpus: from 0
group: db ↵ members: [{name: a, only: {zone: []}}]  =>  members[0].only.zone: would admit nothing
group: db ↵ members: [{name: a, stay: {zne: z1}}]  =>  members[0].stay.zne: did you mean 'zone'?
group: db ↵ members: [{name: a, stay: {zone: [z1, z2]}}]  =>  members[0].stay.zone: expected text
group: db ↵ members: [{name: a, rules: affinity}]  =>
    members[0].rules: known: name, size, only, never, stay
"""),
]

EXTRA = [
    *_table(
        r"""
ruels: affinity  =>  ruels: did you mean 'rules'?
zzz: 1  =>  zzz: known: group, members, owner, rules, ha
7: 1  =>  7: a key is text
policies: [affinity]  =>  policies: in SPEC: rules
kind: pool  =>  kind: in SPEC: cloud: {kind
owner: ''  =>  owner: is empty
owner: [a]  =>  owner: expected a name, not a list
owner: "a\x07"  =>  owner: cannot be seen
rules:  =>  rules: nothing is written here
rules: antiaffinity  =>  rules: did you mean 'anti-affinity'?
rules: spread  =>  rules: needs keys of its own
rules: [survive]  =>  rules[0]: needs keys of its own
rules: [soft-afinity]  =>  rules[0]: 'soft-affinity'?
rules: {spread: {level: zone}}  =>  rules: [{spread: {level: zone}}]
rules: [1]  =>  rules[0]: unknown shorthand '1'
rules: [{}]  =>  rules[0]: names no rule
rules: [{spred: {level: zone}}]  =>  rules[0].spred: 'spread'?
rules: [{anti_affinity: {}}]  =>  rules[0].anti_affinity: 'anti-aff
rules: [{soft-anti-affinity: {level: zone}}]  =>
    rules[0].soft-anti-affinity: in SPEC: anti-affinity: {level: host, hard: false}
rules: [{affinity: {level: zone}, spread: {level: host}}]  =>  rules[0]: a dash of its own
rules: ↵ - spread: ↵   level: zone  =>  rules[0].spread: with the keys
rules: [{affinity: {}}]  =>  rules[0].affinity.level: one of provider
rules: [{spread: {level: racks}}]  =>  rules[0].spread.level: did you mean 'rack'?
rules: [{spread: {level: moon}}]  =>  rules[0].spread.level: known: provider, region, zone, rack, host
rules: [{affinity: {level: [zone]}}]  =>  rules[0].affinity.level: one of provider
rules: [{anti-affinity: {level: host, max_per_domain: 0}}]  =>
    rules[0].anti-affinity.max_per_domain: at least 1, not 0
rules: [{anti-affinity: {level: host, max_per_domain: "2"}}]  =>
    rules[0].anti-affinity.max_per_domain: write 2 without quotes
rules: [{anti-affinity: {level: host, max_server_per_host: 2}}]  =>
    rules[0].anti-affinity.max_server_per_host: in SPEC: max_per_domain
rules: [{anti-affinity: {level: host, hard: "false"}}]  =>  rules[0].anti-affinity.hard: true or false
rules: [{spread: {level: zone, max_skew: 0}}]  =>  rules[0].spread.max_skew: at least 1
rules: [{spread: {level: zone, min_domains: 0}}]  =>  rules[0].spread.min_domains: at least 1
rules: [{spread: {level: zone, max_skew: 99999999999}}]  =>  rules[0].spread.max_skew: at most 2147483647
rules: [{spread: {level: zone, maxSkew: 1}}]  =>  rules[0].spread.maxSkew: in SPEC: max_skew
rules: [{spread: {level: zone, minDomains: 1}}]  =>  rules[0].spread.minDomains: in SPEC: min_domains
rules: [{spread: {level: zone, whenUnsatisfiable: DoNotSchedule}}]  =>
    rules[0].spread.whenUnsatisfiable: in SPEC: hard: true
rules: [{spread: {topologyKey: zone}}]  =>  rules[0].spread.topologyKey: in SPEC: level
rules: [{affinity: {level: zone, max_skew: 1}}]  =>  rules[0].affinity.max_skew: known: level, hard, among
rules: [{affinity: {level: zone, labelSelector: {}}}]  =>  rules[0].affinity.labelSelector: in SPEC: among
rules: [{affinity: {level: zone, name: a}}]  =>  rules[0].affinity.name: known: level, hard
maxSkew: 1  =>  maxSkew: known: group
rules: [{survive: {level: rack, failures: 0, lose_at_most: 1}}]  =>  rules[0].survive.failures: at least 1
rules: [{survive: {level: rack, failures: 1, lose_at_most: 0}}]  =>
    rules[0].survive.lose_at_most: at least 1
rules: [{survive: {level: rack, failures: 2, lose_at_most: 1}}]  =>
    rules[0].survive.lose_at_most: give 2 or more
rules: [{survive: {level: rack, failures: 1}}]  =>  rules[0].survive.lose_at_most: is missing
rules: [affinity, {spread: {level: zone, among: ["db-*", "web-*"]}}]  =>
    rules[1].spread.among[1]: the members are 'db-0', 'db-1', 'db-2'
rules: [{spread: {level: zone, among: "db-*"}}]  =>  rules[0].spread.among: write ['db-*']
rules: [{spread: {level: zone, among: []}}]  =>  rules[0].spread.among: is empty
rules: [affinity, {affinity: {level: host}}]  =>  rules[1]: the same as rules[0]
rules: [{affinity: {level: host}}, {anti-affinity: {level: host}}]  =>  rules[1]: contradicts rules[0]
rules: [{anti-affinity: {level: zone}}, {affinity: {level: rack}}]  =>
    rules[1]: 3 members in one rack share one zone, which may hold 1
rules: [{affinity: {level: rack}}, {anti-affinity: {level: rack, max_per_domain: 2}}]  =>
    rules[1]: make one soft
rules: [{affinity: {level: host}}, {survive: {level: zone, failures: 1, lose_at_most: 2}}]  =>
    rules[1]: contradicts rules[0]
rules: affinity ↵ ha: {mode: active-active, min_alive: 1, level: zone}  =>  ha: contradicts rules
ha: {mode: active-active, min_alive: 1} ↵ rules: [{survive: {level: host, failures: 1, lose_at_most: 2}}]  =>
    ha: the same as rules[0]
ha:  =>  ha: {mode: active-standby, level: host}
ha: active-standby  =>  ha: {mode: active-standby, level: host}
ha: {level: host}  =>  ha.mode: is missing
ha: {mode: n-plus-n}  =>  ha.mode: did you mean 'n-plus-m'?
ha: {mode: n-plus-m, need: 2}  =>  ha.need: did you mean 'needed'?
ha: {mode: active-standby}  =>  ha.mode: exactly two
ha: {mode: active-active}  =>  ha.min_alive: a number
ha: {mode: active-active, min_alive: 3}  =>  ha.min_alive: give 1 to 2
ha: {mode: active-active, min_alive: 0}  =>  ha.min_alive: at least 1
ha: {mode: active-active, min_alive: 1, buffer: 1}  =>  ha.buffer: remove it
ha: {mode: active-active, min_alive: 1, failures: 2}  =>  ha.failures: n-plus-m
ha: {mode: n-plus-m, needed: 1, buffer: 1}  =>  ha.needed: is 2
ha: {mode: n-plus-m, needed: 2, buffer: 1, failures: 2}  =>  ha.buffer: at least 2
only: [z1]  =>  only: {zone: [z1, z2]}
only: {zonk: [z1]}  =>  only.zonk: did you mean 'zone'?
never: {hosts: [h1]}  =>  never.hosts: did you mean 'host'?
never: {1: [h1]}  =>  never.1: provider, region
only: {zone: []}  =>  only.zone: would admit nothing
never: {host: old-1}  =>  never.host: write ['old-1']
never: {host: ['']}  =>  never.host[0]: is empty
never: {host: [h1, 'h2 ']}  =>  never.host[1]: 'h2 ' starts or ends with a blank
only: {zone: ["z\t1"]}  =>  only.zone[0]: 'z\t1' holds
needs: {networks: [prod, 'db ']}  =>  needs.networks[1]: blank
needs: {datastores: ["\x9bds"]}  =>  needs.datastores[0]: '\x9bds' holds
adopt: {host: ' g1'}  =>  adopt.host: blank
rules: [{anti-affinity: {level: host, among: ['db-* ']}}]  =>  rules[0].anti-affinity.among[0]: blank
needs: {networks: prod}  =>  needs.networks: write ['prod']
needs: {network: [prod]}  =>  needs.network: did you mean 'networks'?
needs: {networks: ['']}  =>  needs.networks[0]: is empty
size: {vcpus: -1}  =>  size.vcpus: from 0
size: {vcpus: .nan}  =>  size.vcpus: from 0
size: {vcpus: .inf}  =>  size.vcpus: from 0
size: {vcpus: yes}  =>  size.vcpus: an amount, or the cloud's type, not true
size: {memory_mb: 8GB}  =>  size.memory_mb: a plain number
size: {vcpus: }  =>  size.vcpus: nothing is written here
size: {type: 4}  =>  size.type: quote it
size: {type: ''}  =>  size.type: own word
size: {'': 1}  =>  size['']: is empty
size: m1.large  =>  size: {vcpus: 2, memory_mb: 4096}
saturated: stak  =>  saturated: did you mean 'stack'?
saturated: no  =>  saturated: refuse, stack
planned: 0  =>  planned: at least 1
planned: 2  =>  planned: give 3 or more
planned: many  =>  planned: the number of members to come
adopt: {hosts: abc}  =>  adopt.hosts: did you mean 'host'?
cloud: pool  =>  cloud: {kind: ..., ...}
cloud: {inventory: hosts.yaml}  =>  cloud.kind: antiaffinity clouds
cloud: {kind: 1}  =>  cloud.kind: in text
clouds: {}  =>  clouds: is empty
clouds: [{kind: pool}]  =>  clouds: {dc: {kind: ...}}
clouds: {dc: {kind: pool}, eu: {}}  =>  clouds.eu.kind: which kind
clouds: {dc: pool}  =>  clouds.dc: {kind: ..., ...}
clouds: {'': {kind: pool}}  =>  clouds['']: is empty
clouds: {'a ': {kind: pool}}  =>  clouds['a ']: blank
cloud: {kind: pool} ↵ clouds: {dc: {kind: pool}}  =>  clouds: not both
owner: a ↵ owner: b  =>  owner: line 4: is written twice (first on line 3)
size: {vcpus: 1} ↵ rules: ↵ - spread: {level: zone, ↵   level: host}  =>  rules[0].spread.level: line 6
""",
        GOOD,
    ),
]

FILES = [
    Malformed(f"group: {'g' * 256}\nmembers: [a]", "group", "the most is 255"),
    Malformed(f"group: {'g' * 254}\nmembers: 3", "group", "256 letters"),
    Malformed(f"group: db\nmembers: [{'a' * 256}]", "members[0]", "the most is 255"),
    Malformed(f"group: db\nmembers: 1\n{'a' * 300}: 1", f"['{'a' * 37}...']", "unknown key"),
    Malformed("", "spec.yaml", "is empty"),
    Malformed("# group: db\n", "spec.yaml", "only comments"),
    Malformed("---\n", "", "a SPEC is a mapping"),
    Malformed("- group: db\n", "", "a SPEC is a mapping"),
    Malformed("hello\n", "", "a SPEC is a mapping"),
    Malformed("group: db\nmembers: [a\n", "spec.yaml", "line 3"),
    Malformed('{"group": "db",\n"members": 3', "spec.yaml", "line 3"),
    Malformed("group: db: x\n", "spec.yaml", "line 1"),
    Malformed("group: db\nsize:\n\tvcpus: 2\n", "spec.yaml", "with blanks, not tabs"),
    Malformed("group: db\nmembers: [a]\nnever: {host: [*old]}", "spec.yaml", '"*-db"'),
    Malformed("group: db\n---\ngroup: web\n", "spec.yaml", "single document"),
    Malformed("group: !!python/object:os.x 1\n", "spec.yaml", "line 1"),
    Malformed("group: \x01\n", "spec.yaml", "control characters"),
    Malformed("planned: 2024-13-01\n", "spec.yaml", "month must be in 1..12"),
    Malformed("planned: !!timestamp x\n", "spec.yaml", "quote it"),
    Malformed("planned: " + "9" * 5000, "spec.yaml", "integer"),
    Malformed("group: db\nmembers: &m [*m]\n", "members[0]", "contains itself"),
    Malformed("cloud: &c {kind: pool, of: *c}\n", "cloud.of", "contains itself"),
    Malformed("? [a]\n: b\n", "spec.yaml", "unhashable"),
    Malformed("group: " + "[" * 3000 + "]" * 3000, "spec.yaml", "nested too deeply"),
]
"""Files that are no SPEC."""

JSON = [
    Malformed("", "spec.json", "is empty"),
    Malformed("group: db\nmembers: 3", "spec.json", "line 1"),
    Malformed('{"group": "db",\n"members": 3', "spec.json", "line 2"),
    Malformed('{"group": "db", "members": 3, "group": "web"}', "group", "written twice"),
    Malformed('{"group": "db", "members": ["\\ud800"]}', "spec.json", "surrogates"),
    Malformed('{"group": "db", "members": ' + "9" * 5000 + "}", "spec.json", "integer"),
    Malformed('{"group": ' * 30000 + "1" + "}" * 30000, "spec.json", "nested too deeply"),
    Malformed('{"group": "db", "members": 1, "size": {"vcpus": NaN}}', "size.vcpus", "from 0"),
    Malformed('[{"group": "db"}]', "", "a SPEC is a mapping"),
]
"""Files that end in .json and are no SPEC."""

_DB: dict[object, object] = {"group": "db", "members": 1}
DATA: list[tuple[Mapping[object, object], str, str]] = [
    ({**_DB, "members": [object()]}, "members[0]", "a Python object"),
    ({**_DB, "rules": {"a"}}, "rules[0]", "unknown shorthand 'a'"),
    ({**_DB, "group": 7}, "group", 'quote it: "7"'),
    ({**_DB, "group": True}, "group", "YAML reads a bare yes, no, on or off"),
    ({**_DB, "members": ["a", 1]}, "members[1]", 'quote it: "1"'),
    ({**_DB, "never": {"host": ["h1", 7]}}, "never.host[1]", 'quote it: "7"'),
    ({**_DB, "adopt": {"host": 12}}, "adopt.host", 'quote it: "12"'),
    ({**_DB, "owner": datetime.date(2024, 1, 2)}, "owner", "2024-01-02"),
    ({**_DB, "size": {"vcpus": math.inf}}, "size.vcpus", "from 0"),
    ({**_DB, "size": {"vcpus": 10**5000}}, "size.vcpus", "a huge number"),
    ({**_DB, "members": 10**5000}, "members", "at most 100000"),
    ({**_DB, "group": b"db"}, "group", "a Python bytes"),
    ({**_DB, None: 1}, "None", "a key is text"),
    ({**_DB, "\ud800": 1}, "", "surrogate"),
    ({**_DB, "group": "\ud800"}, "group", "cannot be seen"),
    ({**_DB, "x` - at `$.members": 1}, "['x` - at `$.members']", "unknown key"),
    ({**_DB, "x` - at `$.members[7]": 1}, "['x` - at `$.members[7]']", "unknown key"),
    ({**_DB, "x` - at `$.group[...]": 1}, "['x` - at `$.group[...]']", "unknown key"),
    ({**_DB, "a\nb": 1}, "['a\\nb']", "unknown key"),
]
"""What only a program can give."""
