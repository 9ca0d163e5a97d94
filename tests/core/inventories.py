"""Inventories that must be refused: what is in the file, where the message points, what it says."""

from __future__ import annotations

from typing import NamedTuple


class Malformed(NamedTuple):
    """``path`` and ``says`` are what the user is told; ``{file}`` stands for the file's full name."""

    name: str
    text: str | bytes
    path: str
    says: str


def _host(rest: str) -> str:
    """A YAML inventory whose second host has something wrong."""
    return f"hosts:\n- {{name: h1}}\n- {{name: h2, {rest}}}\n"


def _json(rest: str) -> str:
    """The same as JSON."""
    return f'{{"hosts": [{{"name": "h1"}}, {{"name": "h2", {rest}}}]}}'


Row = tuple[str | bytes, str, str]

YAML: dict[str, Row] = {
    "empty file": ("", "{file}", "empty"),
    "only comments": ("# hosts: []\n", "{file}", "comments"),
    "a list": ("- name: h1\n", "", "a list"),
    "a word": ("h1\n", "", "not a text"),
    "no hosts": ("owner: shop\n", "owner", "hosts"),
    "nothing but an empty mapping": ("{}\n", "hosts", "is missing"),
    "hosts misspelt": ("host:\n- name: h1\n", "host", "'hosts'"),
    "hosts without a value": ("hosts:\n", "hosts", "list of hosts"),
    "hosts is empty": ("hosts: []\n", "hosts", "is empty"),
    "hosts is a mapping": ("hosts: {h1: {rack: r1}}\n", "hosts", "list of hosts"),
    "hosts are bare names": ("hosts: [h1, h2]\n", "hosts[0]", "name"),
    "a format key": ("format: 1\nhosts:\n- name: h1\n", "format", "unknown key"),
    "no name": ("hosts:\n- {name: h1}\n- {rack: r1}\n", "hosts[1].name", "is missing"),
    "empty name": ("hosts:\n- {name: ''}\n", "hosts[0].name", "is empty"),
    "blank before": ("hosts:\n- {name: ' h1'}\n", "hosts[0].name", "starts or ends with a blank"),
    "blank after": (_host("rack: 'R1 '"), "hosts[1].rack", "starts or ends with a blank"),
    "tab": (_host('rack: "R1\\t"'), "hosts[1].rack", "starts or ends with a blank"),
    "tab inside": (_host('zone: "z\\t1"'), "hosts[1].zone", "cannot be seen"),
    "escape": (_host('region: "eu\\e[31m"'), "hosts[1].region", "cannot be seen"),
    "nothing": (_host('rack: "R1\\0"'), "hosts[1].rack", "cannot be seen"),
    "bidi": (_host('rack: "R\\u202e1"'), "hosts[1].rack", "'R\\u202e1'"),
    "no width": (_host('rack: "R1\\u200b"'), "hosts[1].rack", "cannot be seen"),
    "hard blank": (_host('rack: "R\\u00a01"'), "hosts[1].rack", "cannot be seen"),
    "a network": (_host("networks: [prod, 'db ']"), "hosts[1].networks[1]", "blank"),
    "a datastore": (_host("datastores: [' ds']"), "hosts[1].datastores[0]", "blank"),
    "a label": (_host("labels: {row: '3 '}"), "hosts[1].labels.row", "blank"),
    "a label's key": (_host("labels: {' row': '3'}"), "hosts[1].labels[' row']", "blank"),
    "a resource": (_host("capacity: {'vcpus ': 3}"), "hosts[1].capacity['vcpus ']", "blank"),
    "what is used": (_host("used: {'vcpus ': 3}"), "hosts[1].used['vcpus ']", "blank"),
    "name is null": ("hosts:\n- {name: }\n", "hosts[0].name", "a name"),
    "name twice": ("hosts:\n- name: h1\n- name: h2\n- name: h1\n", "hosts[2].name", "hosts[0]"),
    "zone is empty": (_host("zone: ''"), "hosts[1].zone", "is empty"),
    "region is a list": (_host("region: [eu]"), "hosts[1].region", "a name"),
    "unknown key": (_host("rak: r1"), "hosts[1].rak", "'rack'"),
    "a field of the library's": (_host("provider: dc"), "hosts[1].provider", "unknown key"),
    "ids": (_host("ids: {host: i-1}"), "hosts[1].ids", "unknown key"),
    "why": (_host("why: broken"), "hosts[1].why", "unknown key"),
    "full": (_host("full: disk"), "hosts[1].full", "unknown key"),
    "host for name": ("hosts:\n- {host: h1}\n", "hosts[0].host", "known: name"),
    "capacity is a number": (_host("capacity: 32"), "hosts[1].capacity", "a mapping"),
    "capacity is text": (_host("capacity: {vcpus: many}"), "hosts[1].capacity.vcpus", "a number"),
    "capacity is quoted": (_host("capacity: {vcpus: '32'}"), "hosts[1].capacity.vcpus", "without quotes"),
    "negative capacity": (_host("capacity: {vcpus: -1}"), "hosts[1].capacity.vcpus", "0 or more"),
    "capacity is not a number": (_host("capacity: {vcpus: .nan}"), "hosts[1].capacity.vcpus", "0 or more"),
    "endless capacity": (_host("capacity: {vcpus: .inf}"), "hosts[1].capacity.vcpus", "0 or more"),
    "negative use": (_host("used: {memory_mb: -0.5}"), "hosts[1].used.memory_mb", "0 or more"),
    "no amount": (_host("used: {vcpus: }"), "hosts[1].used.vcpus", "0 or more"),
    "networks is a name": (_host("networks: prod"), "hosts[1].networks", "['prod']"),
    "datastores with free space": (
        _host("datastores: {ds1: 5}"),
        "hosts[1].datastores",
        "names, not a mapping",
    ),
    "usable is a word": (_host("usable: maintenance"), "hosts[1].usable", "true or false"),
    "a key twice": ("hosts:\n- {name: h1, rack: r1, rack: r2}\n", "hosts[0].rack", "twice"),
    "not YAML": ("hosts: [{name: h1}\n", "{file}", "line"),
    "not UTF-8": (b"hosts:\n- name: caf\xe9\n", "{file}", "UTF-8"),
    "UTF-16": ("hosts:\n- name: h1\n".encode("utf-16"), "{file}", "UTF-8"),
}

JSON: dict[str, Row] = {
    "not JSON": ('{"hosts": [{"name": "h1"}', "{file}", "line 1"),
    "a JSON list": ('[{"name": "h1"}]', "", "a list"),
    "JSON without hosts": ("{}", "hosts", "is missing"),
    "JSON with empty hosts": ('{"hosts": []}', "hosts", "is empty"),
    "JSON name twice": ('{"hosts": [{"name": "h1"}, {"name": "h1"}]}', "hosts[1].name", "hosts[0]"),
    "JSON name is a number": ('{"hosts": [{"name": 12}]}', "hosts[0].name", '"12"'),
    "JSON name is true": ('{"hosts": [{"name": true}]}', "hosts[0].name", "quote it"),
    "JSON rack is a number": (_json('"rack": 7'), "hosts[1].rack", '"7"'),
    "JSON a network is a number": (_json('"networks": ["prod", 12]'), "hosts[1].networks[1]", '"12"'),
    "JSON a label is a number": (_json('"labels": {"row": 3}'), "hosts[1].labels.row", '"3"'),
    "JSON blank": (_json('"rack": "r1 "'), "hosts[1].rack", "blank"),
    "JSON bell": (_json('"zone": "z\\u0007"'), "hosts[1].zone", "cannot be seen"),
    "JSON negative": (_json('"capacity": {"vcpus": -1}'), "hosts[1].capacity.vcpus", "0 or more"),
    "JSON NaN": (_json('"capacity": {"vcpus": NaN}'), "hosts[1].capacity.vcpus", "0 or more"),
    "JSON Infinity": (_json('"used": {"vcpus": Infinity}'), "hosts[1].used.vcpus", "0 or more"),
    "JSON 1e999": (_json('"used": {"vcpus": 1e999}'), "hosts[1].used.vcpus", "0 or more"),
    "JSON unknown key": (_json('"capacty": {}'), "hosts[1].capacty", "'capacity'"),
    "JSON full": (_json('"full": "x"'), "hosts[1].full", "unknown key"),
    "JSON usable": (_json('"usable": "no"'), "hosts[1].usable", "true or false"),
    "JSON key twice": (_json('"rack": "r1", "rack": "r2"'), "hosts[1].rack", "twice"),
    "JSON inner key twice": (_json('"used": {"gpu:a": 1, "gpu:a": 2}'), "hosts[1].used['gpu:a']", "twice"),
    "JSON hosts twice": (
        '{"hosts": [{"name": "h1", "rack": "r1", "rack": "r2"}], "hosts": [{"name": "h2"}]}',
        "hosts",
        "twice",
    ),
    "JSON not UTF-8": (b'{"hosts": [{"name": "caf\xe9"}]}', "{file}", "UTF-8"),
}

TABLE = [
    *(Malformed(f"{name}.yaml", *rest) for name, rest in YAML.items()),
    *(Malformed(f"{name}.json", *rest) for name, rest in JSON.items()),
]
