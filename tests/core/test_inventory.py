"""The inventory of a pool: what is read, what is refused, what is worth saying."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antiaffinity.backend import Need
from antiaffinity.errors import InvalidRequest
from antiaffinity.model import GroupKey, Needs
from antiaffinity.topology import Topology
from antiaffinity_pool.claims import Claim
from antiaffinity_pool.inventory import Host, Inventory, read
from antiaffinity_pool.occupancy import findings, occupied
from core.inventories import TABLE, Malformed

KEY = GroupKey("shop", "db")

H1 = {
    "name": "h1",
    "rack": "r1",
    "zone": "z1",
    "region": "eu",
    "capacity": {"vcpus": 32},
    "used": {"vcpus": 4},
    "networks": ["prod"],
    "datastores": [],
    "labels": {"sku": "a"},
    "usable": True,
}


def written(folder: Path, *hosts: dict[str, Any], name: str = "hosts.json") -> Path:
    file = folder / name
    file.write_text(json.dumps({"hosts": hosts}), encoding="utf-8")
    return file


def claim(host: str, size: dict[str, float | str], member: str = "db-0") -> Claim:
    return Claim(KEY, member, {"host": host}, size, claimed_at=0, claimant="run")


def said(file: Path, need: Need, *claims: Claim) -> dict[str, str]:
    """The findings on an inventory, by kind."""
    return {f.kind: f.message for f in findings(occupied(read(file), claims), claims, need)}


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_named_by_its_path_with_the_fix(tmp_path: Path, wrong: Malformed) -> None:
    file = tmp_path / wrong.name
    file.write_bytes(wrong.text if isinstance(wrong.text, bytes) else wrong.text.encode())
    with pytest.raises(InvalidRequest) as caught:
        read(file)
    assert caught.value.path == wrong.path.format(file=file)
    assert wrong.says in caught.value.message
    assert file.name in str(caught.value)
    assert str(caught.value).isascii()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for file, says in ((tmp_path / "none.yaml", "no such file"), (tmp_path, "directory")):
        with pytest.raises(InvalidRequest, match=says) as caught:
            read(file)
        assert caught.value.path == str(file)


def test_every_field_is_read_alike_from_json_and_yaml(tmp_path: Path) -> None:
    as_json = written(tmp_path, H1)
    as_yaml = tmp_path / "hosts.yaml"
    as_yaml.write_text(
        "hosts:\n- name: h1\n  rack: r1\n  zone: z1\n  region: eu\n  capacity: {vcpus: 32}\n"
        "  used: {vcpus: 4}\n  networks: [prod]\n  datastores: []\n  labels: {sku: a}\n  usable: true\n"
    )
    flow = tmp_path / "flow.yaml"
    flow.write_text("{hosts: [" + json.dumps(H1) + "]}")
    assert read(as_json) == read(as_yaml) == read(flow)
    host = read(as_json)[0]
    assert host.names() == {"region": "eu", "zone": "z1", "rack": "r1", "host": "h1"}
    assert (host.capacity, host.used, host.networks) == ({"vcpus": 32}, {"vcpus": 4}, ["prod"])
    assert (host.datastores, host.labels, host.usable) == ([], {"sku": "a"}, True)


def test_only_the_name_is_required(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"name": "h1"})) == [Host(host="h1")]


def test_null_is_the_same_as_not_stated(tmp_path: Path) -> None:
    stated = written(tmp_path, {"name": "h1", "rack": None, "networks": None})
    assert read(stated) == [Host(host="h1")]


def test_use_of_a_resource_without_capacity_is_fine(tmp_path: Path) -> None:
    hosts = occupied(read(written(tmp_path, {"name": "h1", "used": {"gpus": 3}})), [])
    assert hosts[0].full == ""


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = written(tmp_path, H1)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [host.host for host in read(file)] == ["h1"]


def test_json_is_told_by_its_text_whatever_the_file_is_called(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from antiaffinity_pool.inventory import read;"
        "print(len(read(Path(sys.argv[1]))), [name for name in ('json', 'yaml') if name in sys.modules])"
    )
    file = written(tmp_path, H1, name="hosts.txt")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(file)], env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "[]"], done.stderr


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(tmp_path: Path, enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        read(written(tmp_path, H1))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    file = written(tmp_path, H1)
    inventory = Inventory(file)
    first = inventory.hosts()
    assert inventory.hosts() is first
    written(tmp_path, H1, {"name": "h2"})
    assert [host.host for host in inventory.hosts()] == ["h1", "h2"]


def test_a_host_that_is_not_listed_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="did you mean 'h1'") as caught:
        Inventory(written(tmp_path, H1)).find("h11")
    assert caught.value.path == "host"


def test_claims_count_as_used_and_other_hosts_are_not_copied(tmp_path: Path) -> None:
    hosts = read(written(tmp_path, H1, {"name": "h2"}))
    there = [claim("h1", {"vcpus": 2}), claim("h1", {"vcpus": 3, "gpus": 1, "type": "m6i"}, "db-1")]
    found = occupied(hosts, there)
    assert found[0].used == {"vcpus": 9, "gpus": 1}
    assert found[1] is hosts[1]
    assert hosts[0].used == {"vcpus": 4}
    assert list(Topology(found).free("vcpus")) == [23, float("inf")]


def test_a_host_that_uses_more_than_it_has_is_full_and_said_to_be(tmp_path: Path) -> None:
    file = written(tmp_path, H1, {"name": "h2", "capacity": {"vcpus": 4, "disk": 9}, "used": {"vcpus": 5}})
    hosts = occupied(read(file), [])
    assert [bool(host.full) for host in hosts] == [False, True]
    assert said(file, Need(KEY))["overcommitted"] == "h2 uses 5 of 4 vcpus: takes nothing more"


def test_a_host_filled_to_the_brim_is_not_overcommitted(tmp_path: Path) -> None:
    file = written(tmp_path, H1)
    assert said(file, Need(KEY), claim("h1", {"vcpus": 28})) == {}
    assert "overcommitted" in said(file, Need(KEY), claim("h1", {"vcpus": 29}))


def test_a_host_out_of_use_says_why(tmp_path: Path) -> None:
    hosts = occupied(read(written(tmp_path, H1, {"name": "h2", "usable": False})), [])
    assert [(host.usable, host.why != "") for host in hosts] == [(True, False), (False, True)]


def test_an_unlimited_resource_is_worth_saying_only_where_members_ask_for_it(tmp_path: Path) -> None:
    silent = [{"name": f"h{n}", "capacity": {"disk": 1}} for n in range(2, 7)]
    out = {"name": "h9", "usable": False}
    file = written(tmp_path, H1, *silent, out)
    assert said(file, Need(KEY)) == {}
    found = said(file, Need(KEY, sizes=({"vcpus": 2},)))
    assert found == {"unlimited": "h2, h3 and 3 more: no capacity of vcpus stated, taken as unlimited"}


def test_a_type_says_nothing_to_a_pool(tmp_path: Path) -> None:
    assert (
        "m6i.large" in said(written(tmp_path, H1), Need(KEY, sizes=({"type": "m6i.large"},)))["unknown-size"]
    )


@pytest.mark.parametrize("what", ["networks", "datastores"])
def test_what_a_host_reaches_is_worth_saying_only_when_asked_for(tmp_path: Path, what: str) -> None:
    file = written(tmp_path, H1, {"name": "h2"})
    assert said(file, Need(KEY)) == {}
    asked = Needs(networks=["prod"]) if what == "networks" else Needs(datastores=["ssd-*"])
    assert list(said(file, Need(KEY, needs=asked))) == [f"unstated-{what}"]


def test_listed_networks_and_datastores_decide_who_is_reachable(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"name": "h1", "networks": ["prod"], "datastores": ["ssd-1"]},
        {"name": "h2", "networks": ["prod"], "datastores": []},
        {"name": "h3", "networks": ["mgmt"], "datastores": ["ssd-2"]},
    )
    needs = Needs(networks=["prod"], datastores=["ssd-*"])
    assert Topology(read(file)).reachable(needs) == [True, False, False]


def test_a_claim_on_a_host_that_is_gone_is_worth_saying(tmp_path: Path) -> None:
    found = said(written(tmp_path, H1), Need(KEY), claim("h7", {}))
    assert found["host-gone"].startswith("db-0 is claimed on h7 since 1970-01-01T00:00:00Z")


OTHER_FILES = ["root:x:0:0:root:/root:/bin/sh\nbin:x:1:1::/:/bin/false\n", "TOKEN=abc\nKEY=def\n", "hunter2"]


@pytest.mark.parametrize("text", OTHER_FILES)
def test_a_file_that_is_no_inventory_is_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(InvalidRequest) as error:
        read(tmp_path / "other")
    assert str(error.value) == "expected a mapping with the keys hosts, not a text (in other)"
