"""Names are what was written, in one spelling, and nothing in them can fool a reader or a terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

import antiaffinity as aa
from antiaffinity.cli.common import show
from antiaffinity.cli.failures import told
from antiaffinity.cli.jsonout import emit
from antiaffinity.cli.progress import Progress
from antiaffinity.document import read
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Domain, Finding, Level, Placement
from antiaffinity.planner.answer import Plan
from antiaffinity.schema import SpecKeys
from antiaffinity.spec import parse_spec, read_spec
from antiaffinity.steps import Step
from antiaffinity.tables import table
from antiaffinity.terminal import one_line, printable, printable_json
from antiaffinity.topology import Topology
from antiaffinity_pool import lookalikes
from antiaffinity_pool.inventory import read as hosts_of

WRITTEN = [
    *("010", "8", "0x1F", "0o10", "0b11", "1_000", "+1", "-7"),
    *("12:30", "1:00:00", "1.10", "1e3", "1.", ".5", ".inf", ".nan"),
    *("on", "off", "yes", "no", "true", "False", "y"),
    *("2024-01-01", "2024-13-01", "2001-12-14t21:59:43.10-05:00"),
]
"""What YAML 1.1 reads as something else, or may."""


def inventory(tmp_path: Path, text: str) -> list[Any]:
    file = tmp_path / "hosts.yaml"
    file.write_text(text)
    return hosts_of(file)


# YAML


@pytest.mark.parametrize("text", WRITTEN)
def test_a_rack_is_called_what_was_written(tmp_path: Path, text: str) -> None:
    [host] = inventory(
        tmp_path, f"hosts: [{{name: h{text[0]}, rack: {text}, zone: z, labels: {{row: {text}}}}}]"
    )
    assert (host.rack, host.labels) == (text, {"row": text})


@pytest.mark.parametrize("text", WRITTEN)
def test_so_are_hosts_members_and_patterns(tmp_path: Path, text: str) -> None:
    assert inventory(tmp_path, f"hosts:\n- name: {text}\n  networks: [{text}]\n")[0].names() == {"host": text}
    file = tmp_path / "spec.yaml"
    file.write_text(f"group: {text}\nowner: {text}\nmembers: [{text}]\nnever: {{rack: [{text}]}}\n")
    spec = read_spec(file)
    assert [spec.key.name, spec.key.owner, spec.members[0].name, spec.never["rack"]] == [*[text] * 3, [text]]


def test_two_racks_that_yaml_would_take_for_one_are_two(tmp_path: Path) -> None:
    hosts = inventory(
        tmp_path,
        "hosts: [{name: a, rack: 010}, {name: b, rack: 8}, {name: c, rack: 1.10}, {name: d, rack: 1.1}]",
    )
    assert len({host.rack for host in hosts}) == 4


def test_numbers_stay_numbers_where_numbers_are_meant(tmp_path: Path) -> None:
    text = "hosts:\n- {name: h1, usable: no, capacity: {vcpus: 1.0e+3, memory_mb: 8}, used: {vcpus: 1.5}}\n"
    [host] = inventory(tmp_path, text)
    assert (host.usable, host.capacity, host.used) == (False, {"vcpus": 1000, "memory_mb": 8}, {"vcpus": 1.5})
    file = tmp_path / "spec.yaml"
    file.write_text(
        "group: db\nmembers: 3\nplanned: 12\nrules: [{spread: {level: zone, max_skew: 2, hard: off}}]"
    )
    spec = read_spec(file)
    assert (len(spec.members), spec.planned, spec.rules[0].hard) == (3, 12, False)


def test_what_nothing_is_written_for_stays_nothing(tmp_path: Path) -> None:
    [host] = inventory(tmp_path, "hosts: [{name: h1, rack: , zone: ~, region: null}]")
    assert host.names() == {"host": "h1"}


def test_aliases_and_merged_keys_are_read_as_their_place_asks(tmp_path: Path) -> None:
    first = "&one {name: 1, rack: 010, capacity: {vcpus: 8}}"
    text = f"hosts:\n- {first}\n- {{<<: *one, name: 2}}\n- {{<<: [*one], name: 3}}\n"
    hosts = inventory(tmp_path, text)
    assert [(host.host, host.rack, host.capacity) for host in hosts] == [
        (name, "010", {"vcpus": 8}) for name in "123"
    ]


def test_a_few_aliases_that_stand_for_many_nodes_take_no_time(tmp_path: Path) -> None:
    layers = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 7)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["l0: &l0 [1]", *layers]))
    assert isinstance(read(tmp_path / "bomb.yaml", dict[str, Any]), dict)
    assert isinstance(read(tmp_path / "bomb.yaml", SpecKeys), dict)


# One spelling

COMPOSED, PIECES = "Z\u00fcrich", "Zu\u0308rich"


@pytest.mark.parametrize("spelled", [COMPOSED, PIECES])
def test_an_inventory_has_one_spelling_of_a_name(tmp_path: Path, spelled: str) -> None:
    [host] = inventory(tmp_path, f"hosts: [{{name: h1, zone: {spelled}, networks: [{spelled}]}}]")
    assert (host.zone, host.networks) == (COMPOSED, [COMPOSED])
    for text in (
        json.dumps({"hosts": [{"name": "h1", "zone": spelled}]}, ensure_ascii=raw) for raw in (False, True)
    ):
        file = tmp_path / "hosts.json"
        file.write_text(text)
        assert hosts_of(file)[0].zone == COMPOSED


@pytest.mark.parametrize("asked", [COMPOSED, PIECES, "Z\u00fc*", "Zu\u0308*"])
@pytest.mark.parametrize("called", [COMPOSED, PIECES])
def test_a_list_finds_a_name_however_either_is_spelled(asked: str, called: str) -> None:
    topology = Topology([Domain(zone=called, host="h1"), Domain(zone="Bern", host="h2")])
    assert topology.within("zone", [asked]) == [True, False]


def test_one_host_in_two_spellings_is_there_twice(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"also the name of hosts\[0\]"):
        inventory(tmp_path, f"hosts: [{{name: {COMPOSED}}}, {{name: {PIECES}}}]")


@pytest.mark.parametrize("level", ["host", "rack", "zone", "region"])
def test_names_that_differ_only_in_case_are_told(level: Level) -> None:
    hosts = [Domain(**{"host": f"h{n}", level: name}) for n, name in enumerate(["r1", "R1", "r2"])]  # type: ignore[arg-type]
    [finding] = lookalikes.alike(hosts)
    assert (finding.kind, finding.severity) == ("look-alike", "note")
    assert finding.message.startswith(f"{level}s R1 and r1 differ only in case")


def test_names_that_differ_otherwise_are_not() -> None:
    assert (
        lookalikes.alike([Domain(host="h1", rack="r1"), Domain(host="h2", rack="r1"), Domain(host="r1")])
        == []
    )


# What reaches a terminal

NASTY = [
    "\x1b[31m",
    "\x00",
    "\x07",
    "\x9b31m",
    "\x85",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\ufeff",
    "\r",
]
"""Escape sequences of both kinds, what overwrites, and what turns text round."""


def is_safe(text: str) -> bool:
    return all(one.isprintable() or one in "\n\t" for one in text)


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
@pytest.mark.parametrize("way", [printable, one_line, printable_json])
def test_what_cannot_be_seen_is_shown_as_its_code(way: Any, nasty: str) -> None:
    assert is_safe(way(f"a{nasty}b"))
    assert way(f"a{nasty}b") != "ab"


def test_text_that_can_be_seen_is_left_alone() -> None:
    for text in ("plain", "Z\u00fcrich \u6771\u4eac \u2713", "two\nlines\tand a tab"):
        assert printable(text) == text
    assert printable("from Windows\r\n") == "from Windows\n"
    assert one_line("two\nlines") == "two\\nlines"


@pytest.mark.parametrize("nasty", [*NASTY, "\U000e0001"], ids=ascii)
def test_json_means_the_same(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": f"a{nasty}b"})
    said = capsys.readouterr().out
    assert is_safe(said)
    assert json.loads(said)["name"] == f"a{nasty}b"


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_no_way_to_a_terminal_lets_it_through(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, live = f"db{nasty}0", _Terminal()
    show(table(["member"], [[name]]))
    show([f"note: {name}"])
    told(InvalidRequest(name, path=name, ways_out=(name,)), as_json=False)
    told(RuntimeError(name), as_json=False)
    Progress(live)(Step("placed", name))
    plan = Plan((Placement(name, {"zone": name}, reason=name),), findings=(Finding("x", name),))
    said = capsys.readouterr()
    assert all(map(is_safe, (said.out, said.err, str(plan))))
    assert is_safe(live.getvalue().replace("\r\x1b[K", ""))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["z1 ", "\tz1", "z\x1b1", "z\u202e1"], ids=ascii)
def test_lists_of_a_program_are_checked_as_those_of_a_file(name: str) -> None:
    for keys in ({"only": {"zone": [name]}}, {"never": {"zone": [name]}}, {"needs": {"networks": [name]}}):
        with pytest.raises(InvalidRequest, match="remove it"):
            parse_spec({"group": "db", "members": 1, **keys})


@pytest.mark.parametrize("before", [COMPOSED, PIECES])
def test_a_claim_of_before_is_found_in_either_spelling(tmp_path: Path, before: str) -> None:
    for spelled in (before, COMPOSED):
        (tmp_path / "hosts.json").write_text(json.dumps({"hosts": [{"name": spelled}]}))
        pool = aa.connect("pool", inventory=tmp_path / "hosts.json")
        report = pool.group("db", members=1, rules="anti-affinity").roll_out(lambda placement: "vm-0")
        assert [one.domains for one in report.machines] == [{"host": COMPOSED}]
        assert not [finding for finding in report.findings if finding.kind == "host-gone"]
