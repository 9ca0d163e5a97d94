"""The records of all installed clouds: what they promise makes sense, and reading it costs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest

from antiaffinity.guarantee import Cloud, inward, outward, promises
from antiaffinity.model import LEVELS, GroupKey, Placement
from antiaffinity.registry import kinds, record, records
from core import aws_placements, vcenter_placements

CLOUDS = {cloud.kind: cloud for cloud in records()}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)

VENDORS = {
    "aws": {"docs.aws.amazon.com"},
    "azure": {"learn.microsoft.com"},
    "exoscale": {"www.exoscale.com", "community.exoscale.com"},
    "openstack": {"docs.openstack.org"},
    "vcenter": {"developer.broadcom.com"},
}
"""Whose pages a promise may rest on; a pool rests on nobody's but ours."""


def test_all_six_clouds_are_here() -> None:
    assert {"pool", *VENDORS} <= set(CLOUDS)


@every_cloud
def test_a_promise_rests_on_the_vendors_own_page(cloud: Cloud) -> None:
    for promise in cloud.guarantees:
        page = urlsplit(promise.page)
        if cloud.kind == "pool":
            assert promise.page == "README.md"
        else:
            assert page.scheme == "https", promise
            assert page.hostname in VENDORS[cloud.kind], promise
            assert len(page.path) > 1, promise


@every_cloud
def test_a_promise_says_by_what_and_for_how_long(cloud: Cloud) -> None:
    for promise in cloud.guarantees:
        assert promise.mechanism or promise.how == "chosen", promise
        assert promise.after_launch, promise
        assert promise.lapses, promise


@every_cloud
def test_what_is_not_shown_by_the_machines_says_so(cloud: Cloud) -> None:
    for promise in cloud.guarantees:
        assert promise.caveat or promise.evidence == "DOMAIN", promise


@every_cloud
def test_a_number_says_where_it_is_read(cloud: Cloud) -> None:
    for promise in cloud.guarantees:
        assert promise.limit is None or (promise.limit > 0 and promise.limit_read), promise
        assert promise.limit_per == "group" or promise.limit_per in outward(promise.level), promise
        assert promise.most_per_domain is None or promise.most_per_domain >= 1, promise


@every_cloud
def test_a_hard_promise_refuses(cloud: Cloud) -> None:
    assert [p for p in cloud.guarantees if p.hard and p.at_launch != "REFUSES"] == []


@every_cloud
def test_a_soft_promise_that_refuses_says_what_happens_then(cloud: Cloud) -> None:
    for promise in cloud.guarantees:
        assert promise.hard or promise.at_launch == "DEGRADES" or "outside" in promise.caveat, promise


@every_cloud
def test_what_is_chosen_is_what_the_cloud_lets_us_choose(cloud: Cloud) -> None:
    assert {promise.level for promise in cloud.guarantees if promise.how == "chosen"} == set(cloud.chosen)
    assert list(cloud.chosen) == [level for level in LEVELS if level in cloud.chosen]


@every_cloud
def test_every_level_has_the_clouds_own_word(cloud: Cloud) -> None:
    assert {promise.level for promise in cloud.guarantees} <= set(cloud.words)


@every_cloud
def test_no_promise_is_made_twice(cloud: Cloud) -> None:
    made = Counter((p.level, p.rule, p.hard, p.how, p.mechanism) for p in cloud.guarantees)
    assert set(made.values()) == {1}


@every_cloud
def test_what_is_kept_was_chosen_before(cloud: Cloud) -> None:
    for kept in (promise for promise in cloud.guarantees if promise.how == "kept"):
        assert promises(cloud.guarantees, kept.level, kept.rule, kept.hard, ("chosen",))


@every_cloud
def test_a_rule_that_counts_is_delegated_only_to_what_counts(cloud: Cloud) -> None:
    for promise in (promise for promise in cloud.guarantees if promise.how == "delegated"):
        if promise.rule == "survive" and promise.hard:
            assert promise.most_per_domain is None or promise.most_per_domain > 1
        assert promise.rule != "spread" or not promise.hard, "no native group refuses an uneven launch"


@every_cloud
def test_an_instance_takes_one_native_group_or_all_that_it_is_given(cloud: Cloud) -> None:
    for promise in (promise for promise in cloud.guarantees if promise.how == "delegated"):
        if promise.groups_per_instance is None:
            told = json.dumps(cloud.merges["sdk"](placed(native_ids=("group-1", "group-2")), {}))
            assert "group-1" in told
            assert "group-2" in told
        else:
            assert promise.groups_per_instance == 1


@every_cloud
def test_the_record_names_its_own_calls(cloud: Cloud) -> None:
    assert cloud.title
    assert cloud.sdk
    assert cloud.call
    assert len(set(cloud.settings)) == len(cloud.settings)
    if cloud.connect_from:
        assert cloud.connect_from.startswith(f"{kinds()[cloud.kind]}.")
        assert find_spec(cloud.connect_from)


def test_outward_and_inward_meet_at_the_level_itself() -> None:
    assert outward("zone") == ("zone", "region", "provider")
    assert inward("zone") == ("zone", "rack", "host")


# Launch arguments: which keys there are is known before any value is


def placed(**changes: Any) -> Placement:
    there: dict[str, Any] = {"domains": {"zone": "1", "host": "h1"}, "ids": {"zone": "1", "host": "h-0a"}}
    return Placement("db-0", key=GroupKey("shop/prod", "db"), **{**there, **changes})


SETS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
RICH: dict[str, tuple[Placement, ...]] = {
    "aws": aws_placements.EVERYWHERE,
    "azure": (
        placed(domains={"zone": "1"}),
        placed(domains={"zone": "1"}, native_ids=(f"{SETS}/virtualMachineScaleSets/a",)),
        placed(domains={"rack": "0"}, native_ids=(f"{SETS}/virtualMachineScaleSets/a",)),
        placed(domains={"region": "eu"}, native_ids=(f"{SETS}/availabilitySets/a",)),
    ),
    "exoscale": (placed(), placed(native_ids=("group-1", "group-2"))),
    "openstack": (placed(), placed(native_ids=("6f0c9a40-0000-4000-8000-000000000001",))),
    "pool": (placed(),),
    "vcenter": vcenter_placements.ALL,
}
OWN: dict[str, list[Mapping[str, Any]]] = {
    "aws": [{"ImageId": "ami-1", "NetworkInterfaces": [{"DeviceIndex": 0}]}],
    "azure": [{"location": "eu", "properties": {"hardwareProfile": {}}}],
    "openstack": [{"image_id": "i", "metadata": {"role": "db"}}],
}


@pytest.mark.parametrize("dialect", ["sdk", "pulumi"])
@every_cloud
def test_the_keys_of_a_launch_are_known_before(cloud: Cloud, dialect: Any) -> None:
    owns = [{}, *(OWN.get(cloud.kind, []) if dialect == "sdk" else [])]
    for placement in RICH[cloud.kind]:
        for own in owns:
            merged = cloud.merges[dialect](placement, own)
            assert set(merged) <= {*cloud.keys[dialect], *own}
            assert set(own) <= set(merged)


@every_cloud
def test_every_pulumi_key_is_set_by_some_placement(cloud: Cloud) -> None:
    merged = [cloud.merges["pulumi"](placement, {}) for placement in RICH[cloud.kind]]
    assert set(cloud.keys["pulumi"]) == {key for each in merged for key in each}


@every_cloud
def test_there_are_keys_for_every_dialect(cloud: Cloud) -> None:
    assert set(cloud.merges) == set(cloud.keys) == {"sdk", "pulumi"}


# Reading a record


COST = """
import json, sys, time
import antiaffinity.guarantee, antiaffinity.errors, antiaffinity.model
before = set(sys.modules)
start = time.process_time()
__import__(sys.argv[1])
print(json.dumps([time.process_time() - start, sorted(set(sys.modules) - before)]))
"""


def cost(package: str) -> tuple[float, set[str]]:
    """CPU seconds, and what else is imported, when a fresh interpreter reads a record."""
    told = subprocess.run([sys.executable, "-c", COST, package], check=True, capture_output=True, text=True)
    seconds, modules = json.loads(told.stdout)
    return seconds, {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("kind", sorted(CLOUDS))
def test_reading_a_record_costs_no_sdk_and_no_time(kind: str) -> None:
    package = kinds()[kind]
    seconds, modules = cost(package)
    assert modules - sys.stdlib_module_names <= {"antiaffinity", "msgspec", package}
    assert min(seconds, *(cost(package)[0] for _ in range(2) if seconds >= 0.02), 1) < 0.02


def test_a_record_is_read_by_its_kind() -> None:
    assert all(record(kind).kind == kind for kind in kinds())
