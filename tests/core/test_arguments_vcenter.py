# mypy: untyped-calls-exclude=pyVmomi
"""vCenter's launch arguments: the user's own spec, the place and the mark."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyVmomi import SoapAdapter, vim

from antiaffinity.errors import InvalidRequest
from antiaffinity.model import Placement
from antiaffinity_vcenter import cloud
from antiaffinity_vcenter.arguments import sdk_arguments
from core.vcenter_placements import ALL, IN_RULE, MARK, ON_HOST, ON_STORE, placed


def where(**named: Any) -> vim.vm.CloneSpec:
    return vim.vm.CloneSpec(location=vim.vm.RelocateSpec(**named))


def option(key: str, value: str) -> vim.option.OptionValue:
    return vim.option.OptionValue(key=key, value=value)


def extra(config: vim.vm.ConfigSpec | None) -> dict[str, str]:
    assert config
    return {each.key: str(each.value) for each in config.extraConfig}


def cloned(placement: Placement, spec: vim.vm.CloneSpec) -> vim.vm.CloneSpec:
    merged: vim.vm.CloneSpec = sdk_arguments(placement, {"spec": spec})["spec"]
    return merged


def sent(value: object) -> bytes:
    """What pyvmomi would put on the wire."""
    return bytes(SoapAdapter.Serialize(value))


def refused(placement: Placement, **own: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        sdk_arguments(placement, own)
    return error.value


# pyvmomi's CloneVM_Task


def test_a_clone_names_its_host_and_carries_the_mark() -> None:
    spec = cloned(ON_HOST, vim.vm.CloneSpec())
    assert b'<host type="HostSystem">host-12</host>' in sent(spec)
    assert extra(spec.config) == MARK


def test_the_datastore_and_the_pool_of_the_host_go_with_it() -> None:
    wire = sent(cloned(ON_STORE, vim.vm.CloneSpec()))
    assert b'<datastore type="Datastore">datastore-7</datastore>' in wire
    assert b'<pool type="ResourcePool">resgroup-1</pool>' in wire


def test_without_needs_the_datastore_is_the_users() -> None:
    own = vim.Datastore("datastore-9")
    assert cloned(ON_HOST, where(datastore=own)).location.datastore is own


def test_an_own_pool_is_kept_since_it_may_lie_inside_the_hosts() -> None:
    own = vim.ResourcePool("resgroup-77")
    assert cloned(ON_STORE, where(pool=own)).location.pool is own


def test_the_rest_of_the_spec_and_of_the_arguments_is_kept() -> None:
    folder = vim.Folder("group-v3")
    spec = vim.vm.CloneSpec(config=vim.vm.ConfigSpec(numCPUs=4, extraConfig=[option("role", "db")]))
    merged = sdk_arguments(ON_HOST, {"folder": folder, "name": "db-0", "spec": spec})
    assert (merged["folder"], merged["name"]) == (folder, "db-0")
    assert merged["spec"].config.numCPUs == 4
    assert extra(merged["spec"].config) == {"role": "db", **MARK}


def test_one_spec_serves_all_members() -> None:
    spec = where(pool=vim.ResourcePool("resgroup-1"))
    spec.config = vim.vm.ConfigSpec(extraConfig=[option("role", "db")])
    before = sent(spec)
    first = cloned(ON_HOST, spec)
    second = cloned(placed(ids={"host": "host-13"}), spec)
    assert sent(spec) == before
    assert first.location.host == vim.HostSystem("host-12")
    assert second.location.host == vim.HostSystem("host-13")


def test_the_users_own_objects_keep_their_connection() -> None:
    stub = SoapAdapter.SoapStubAdapter(host="127.0.0.1", port=1)
    host, pool = vim.HostSystem("host-12", stub), vim.ResourcePool("resgroup-1", stub)
    spec = cloned(ON_HOST, where(host=host, pool=pool))
    assert spec.location.host is host
    assert spec.location.pool is pool


def test_a_machine_of_a_drs_rule_is_not_started_by_its_clone() -> None:
    started = vim.vm.CloneSpec(powerOn=True)
    assert refused(IN_RULE, spec=started).path == "spec.powerOn"
    assert cloned(ON_HOST, started).powerOn


# pyvmomi's CreateVM_Task


def test_a_new_machine_names_its_host_beside_the_config() -> None:
    merged = sdk_arguments(ON_STORE, {"config": vim.vm.ConfigSpec(name="db-0")})
    assert merged["host"]._GetMoId() == "host-12"
    assert merged["pool"]._GetMoId() == "resgroup-1"
    assert merged["config"].name == "db-0"
    assert extra(merged["config"]) == MARK


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (None, "[fast]"),
        (vim.vm.FileInfo(logDirectory="logs"), "[fast]"),
        (vim.vm.FileInfo(vmPathName="[fast] db/db.vmx"), "[fast] db/db.vmx"),
    ],
)
def test_a_new_machines_datastore_is_named_in_its_path(files: vim.vm.FileInfo | None, path: str) -> None:
    own = vim.vm.ConfigSpec(files=files)
    before = sent(own)
    assert sdk_arguments(ON_STORE, {"config": own})["config"].files.vmPathName == path
    assert sent(own) == before


def test_without_a_place_nothing_is_named() -> None:
    merged = sdk_arguments(placed(domains={}, ids={}), {"config": vim.vm.ConfigSpec()})
    assert merged.keys() == {"config"}


# other places, the mark, wrong arguments

OTHER_HOST, OTHER_STORE = vim.HostSystem("host-99"), vim.Datastore("datastore-9")
ELSEWHERE: list[tuple[dict[str, Any], str]] = [
    ({"spec": where(host=OTHER_HOST)}, "spec.location.host"),
    ({"spec": where(datastore=OTHER_STORE)}, "spec.location.datastore"),
    ({"config": vim.vm.ConfigSpec(), "host": OTHER_HOST}, "host"),
    ({"config": vim.vm.ConfigSpec(), "host": "esx-3"}, "host"),
    (
        {"config": vim.vm.ConfigSpec(files=vim.vm.FileInfo(vmPathName="[slow]"))},
        "config.files.vmPathName",
    ),
]


@pytest.mark.parametrize(("own", "path"), ELSEWHERE)
def test_an_own_argument_that_names_another_place_is_refused(own: dict[str, Any], path: str) -> None:
    error = refused(ON_STORE, **own)
    assert error.path == path
    assert "leave it to the placement" in error.message


def test_saying_the_same_again_changes_nothing() -> None:
    own = where(host=vim.HostSystem("host-12"), datastore=vim.Datastore("datastore-7"))
    own.config = vim.vm.ConfigSpec(extraConfig=[option(*entry) for entry in MARK.items()])
    assert sent(cloned(ON_STORE, own)) == sent(cloned(ON_STORE, vim.vm.CloneSpec()))


def test_extra_config_that_overwrites_the_mark_is_refused() -> None:
    config = vim.vm.ConfigSpec(extraConfig=[option("antiaffinity-group", "mine")])
    path = "extraConfig.antiaffinity-group"
    assert refused(ON_HOST, spec=vim.vm.CloneSpec(config=config)).path == f"spec.config.{path}"
    assert refused(ON_HOST, config=config).path == f"config.{path}"


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"name": "db-0"}, "spec"),
        ({"spec": {"location": {}}}, "spec"),
        ({"spec": vim.vm.ConfigSpec()}, "spec"),
        ({"config": vim.vm.CloneSpec()}, "config"),
    ],
)
def test_a_missing_or_wrong_spec_is_named(own: dict[str, Any], path: str) -> None:
    assert refused(ON_HOST, **own).path == path


def test_without_own_arguments_the_place_comes_in_plain_words() -> None:
    assert sdk_arguments(ON_STORE, {}) == {
        "spec": {
            "location": {"host": "host-12", "datastore": "datastore-7", "pool": "resgroup-1"},
            "config": {"extraConfig": [{"key": key, "value": value} for key, value in MARK.items()]},
        }
    }


# for any arguments at all

TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=9)
ENTRIES = st.dictionaries(TEXT.filter(bool), TEXT, max_size=5)
SPECS = st.builds(
    lambda cpus, entries, pool, template: vim.vm.CloneSpec(
        location=vim.vm.RelocateSpec(pool=vim.ResourcePool(pool) if pool else None),
        config=vim.vm.ConfigSpec(numCPUs=cpus, extraConfig=[option(*entry) for entry in entries.items()]),
        template=template,
    ),
    st.integers(1, 64),
    ENTRIES,
    st.sampled_from(["", "resgroup-5"]),
    st.booleans(),
)


@given(st.sampled_from(ALL), SPECS)
def test_what_the_spec_said_survives_and_is_never_changed(
    placement: Placement, spec: vim.vm.CloneSpec
) -> None:
    before = sent(spec)
    merged = cloned(placement, spec)
    assert sent(spec) == before
    assert spec.config
    assert merged.config
    assert extra(merged.config) == {**extra(spec.config), **MARK}
    assert (merged.config.numCPUs, merged.template) == (spec.config.numCPUs, spec.template)


@given(st.sampled_from(ALL), SPECS)
def test_filling_a_spec_twice_is_filling_it_once(placement: Placement, spec: vim.vm.CloneSpec) -> None:
    once = cloned(placement, spec)
    assert sent(cloned(placement, once)) == sent(once)


def test_only_the_declared_arguments_are_set() -> None:
    set_ = {
        *sdk_arguments(ON_STORE, {"spec": where()}),
        *sdk_arguments(ON_STORE, {"config": vim.vm.ConfigSpec()}),
    }
    assert set_ == set(cloud.keys["sdk"])
