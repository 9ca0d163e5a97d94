# mypy: untyped-calls-exclude="pyVmomi,pyVim"
"""The fake vCenter as its clients see it: log-in, rights, inventory, machines, tasks."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from pyVim.connect import Connect, Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from antiaffinity.testing import Turns, World
from antiaffinity.testing.vcenter import FakeVCenter
from fakes.vcenter_stage import Collector, Stage, hosts, stage


@pytest.fixture
def there() -> Iterator[Stage]:
    with stage([*hosts(2), *hosts(1, "c2")]) as there:
        yield there


def smart(there: Stage, **words: Any) -> Any:
    """A connection as people make it, over TLS."""
    plain = there.center.plain
    return SmartConnect(**{**{key: plain[key] for key in ("host", "port", "user", "pwd")}, **words})


# Log-in


def test_the_sdk_connects_over_tls_and_speaks_the_newest_version_of_both(there: Stage) -> None:
    si = smart(there)
    assert si._stub.version == "vim.version.v8_0_3_0"
    assert si.content.about.apiType == "VirtualCenter"
    Disconnect(si)


def test_the_certificate_is_checked_by_its_thumbprint(there: Stage) -> None:
    def connect(**words: Any) -> Any:
        return Connect(**{**there.center.plain, "sslContext": ssl.create_default_context(), **words})

    Disconnect(connect())
    with pytest.raises(Exception, match=r"(?i)thumbprint"):
        connect(thumbprint="ab" * 32)
    with pytest.raises(vim.fault.HostConnectFault, match="certificate verify failed"):
        connect(thumbprint=None)


def test_a_wrong_password_logs_nobody_in(there: Stage) -> None:
    with pytest.raises(vim.fault.InvalidLogin):
        smart(there, pwd="wrong")


def test_whoever_is_not_logged_in_sees_nothing(there: Stage) -> None:
    there.content.sessionManager.Logout()
    with pytest.raises(vim.fault.NotAuthenticated):
        there.look(vim.HostSystem, "name")
    assert there.content.sessionManager.currentSession is None


def test_a_session_that_asks_nothing_for_half_an_hour_is_over(there: Stage) -> None:
    there.wait(1700)
    there.si.CurrentTime()
    there.wait(1700)
    there.si.CurrentTime()
    there.wait(1900)
    with pytest.raises(vim.fault.NotAuthenticated):
        there.si.CurrentTime()


# Rights


def test_a_missing_privilege_is_named(there: Stage) -> None:
    vm = there.clone("one")
    si = there.center.client(allowed=["VirtualMachine.Interact.PowerOn"])
    limited: Any = vim.VirtualMachine(vm._GetMoId(), si._stub)
    there.done(limited.PowerOnVM_Task())
    with pytest.raises(vim.fault.NoPermission) as refused:
        limited.PowerOffVM_Task()
    assert refused.value.privilegeId == "VirtualMachine.Interact.PowerOff"
    with pytest.raises(vim.fault.NoPermission) as refused:
        limited.RelocateVM_Task(vim.vm.RelocateSpec(host=there.host("c1-h1")))
    assert refused.value.privilegeId == "Resource.HotMigrate"


def test_somebody_can_ask_what_they_may_do(there: Stage) -> None:
    si = there.center.client(allowed=["Host.Inventory.EditCluster"])
    content = si.RetrieveContent()
    asked = ["Host.Inventory.EditCluster", "Global.ManageCustomFields", "System.View"]
    (told,) = content.authorizationManager.HasPrivilegeOnEntities(
        [content.rootFolder], content.sessionManager.currentSession.key, asked
    )
    assert [one.isGranted for one in told.privAvailability] == [True, False, True]


# The inventory


def test_the_inventory_is_the_world(there: Stage) -> None:
    (center,) = there.content.rootFolder.childEntity
    clusters = {
        cluster.name: [host.name for host in cluster.host] for cluster in center.hostFolder.childEntity
    }
    assert clusters == {"c1": ["c1-h1", "c1-h2"], "c2": ["c2-h1"]}
    there.world.add(hosts(2, "c2")[1])
    assert [host.name for host in there.cluster("c2").host] == ["c2-h1", "c2-h2"]


def test_many_properties_come_in_pages(there: Stage) -> None:
    first = there.look(vim.HostSystem, "name", "parent", "runtime.connectionState", page=2)
    assert len(first.objects) == 2
    rest = there.content.propertyCollector.ContinueRetrievePropertiesEx(first.token)
    assert (len(rest.objects), rest.token) == (1, None)
    with pytest.raises(vmodl.fault.InvalidArgument):
        there.content.propertyCollector.ContinueRetrievePropertiesEx(first.token)


def test_what_is_unset_is_left_out_and_what_does_not_exist_is_refused(there: Stage) -> None:
    found = there.look(vim.ClusterComputeResource, "name", "configurationEx.rule")
    assert {one.name for each in found.objects for one in each.propSet} == {"name"}
    for path in ("nmae", "configurationEx.rulez"):
        with pytest.raises(vmodl.query.InvalidProperty):
            there.look(vim.ClusterComputeResource, path)


def test_a_setting_is_found_by_its_key(there: Stage) -> None:
    option = vim.option.OptionValue(key="antiaffinity-member", value="db-0")
    there.clone("one", config=vim.vm.ConfigSpec(extraConfig=[option]))
    there.clone("two")
    path = 'config.extraConfig["antiaffinity-member"].value'
    found = {
        one.obj.name: [each.val for each in one.propSet]
        for one in there.look(vim.VirtualMachine, path).objects
    }
    assert found == {"template": [], "one": ["db-0"], "two": []}


def test_a_property_tells_what_has_changed_since(there: Stage) -> None:
    vm = there.clone("one", "c1-h1")
    before = there.look(vim.VirtualMachine, "runtime.host").objects[-1]
    there.relocate(vm, "c1-h2")
    after = there.look(vim.VirtualMachine, "runtime.host").objects[-1]
    assert [one.propSet[0].val.name for one in (before, after)] == ["c1-h1", "c1-h2"]


def test_what_is_gone_is_not_found(there: Stage) -> None:
    vm = there.clone("one")
    there.destroy(vm)
    for ask in (lambda: vm.name, vm.PowerOnVM_Task, vm.Destroy_Task):
        with pytest.raises(vmodl.fault.ManagedObjectNotFound):
            ask()
    assert there.content.searchIndex.FindByInventoryPath("dc1/vm/one") is None


def test_machines_are_found_by_path_and_by_uuid(there: Stage) -> None:
    vm = there.clone("one")
    index, config = there.content.searchIndex, vm.config
    assert index.FindByInventoryPath("dc1/vm/one") == vm
    assert index.FindByUuid(None, config.instanceUuid, True, True) == vm
    assert index.FindByUuid(None, config.uuid, True) == vm
    assert index.FindByUuid(None, config.uuid, True, True) is None


# Machines


def test_a_machine_is_in_the_world_as_it_was_asked_for(there: Stage) -> None:
    option = vim.option.OptionValue(key="antiaffinity-member", value="db-0")
    config = vim.vm.ConfigSpec(numCPUs=4, memoryMB=512, extraConfig=[option])
    vm = there.clone("one", "c1-h2", config=config)
    machine = there.world.machines[vm._GetMoId()]
    assert (machine.member, machine.state, machine.domain("host")) == ("db-0", "stopped", "c1-h2")
    assert machine.size == {"vcpus": 4.0, "memory_mb": 512.0}


def test_a_new_machine_needs_a_name_a_store_and_a_pool(there: Stage) -> None:
    folder: Any = vim.Folder(there.center.folder, there.si._stub)
    files = vim.vm.FileInfo(vmPathName="[shared]")
    pool = there.cluster().resourcePool
    made = there.done(
        folder.CreateVM_Task(vim.vm.ConfigSpec(name="one", files=files), pool, there.host("c1-h1"))
    )
    assert there.where(made) == ["c1-h1"]
    with pytest.raises(vmodl.fault.InvalidArgument):
        folder.CreateVM_Task(vim.vm.ConfigSpec(files=files), pool)
    with pytest.raises(vim.fault.InvalidDatastore):
        folder.CreateVM_Task(vim.vm.ConfigSpec(name="two", files=vim.vm.FileInfo(vmPathName="[other]")), pool)


def test_a_name_is_taken_once(there: Stage) -> None:
    vm = there.clone("one")
    with pytest.raises(vim.fault.DuplicateName) as taken:
        there.clone("one")
    assert taken.value.object == vm


def test_a_host_outside_the_pools_cluster_is_refused(there: Stage) -> None:
    with pytest.raises(vmodl.fault.InvalidArgument):
        there.clone("one", "c2-h1")
    vm = there.clone("one")
    with pytest.raises(vmodl.fault.InvalidArgument) as refused:
        there.relocate(vm, "c2-h1")
    assert refused.value.invalidProperty == "spec.pool"


def test_a_running_machine_is_not_destroyed_and_none_starts_twice(there: Stage) -> None:
    vm = there.clone("one", on=True)
    for ask in (vm.Destroy_Task, vm.PowerOnVM_Task):
        with pytest.raises(vim.fault.InvalidPowerState):
            ask()
    there.stop(vm)
    there.destroy(vm)
    assert there.world.machines == {}


def test_a_machine_does_one_thing_at_a_time(there: Stage) -> None:
    vm = there.clone("one")
    task = vm.PowerOnVM_Task()
    with pytest.raises(vim.fault.TaskInProgress) as busy:
        vm.Destroy_Task()
    assert busy.value.task == task
    there.done(task)


def test_settings_are_changed_and_an_empty_value_takes_one_away(there: Stage) -> None:
    vm = there.clone("one")

    def set_(**words: Any) -> None:
        options = [vim.option.OptionValue(key=key, value=value) for key, value in words.items()]
        there.done(vm.ReconfigVM_Task(vim.vm.ConfigSpec(extraConfig=options)))

    set_(one="1", two="2")
    set_(one="")
    assert there.world.machines[vm._GetMoId()].tags == {"two": "2"}
    with pytest.raises(vim.fault.ConcurrentAccess):
        vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeVersion="1"))


# Tasks


def test_a_task_takes_its_time_and_tells_how_it_ended(there: Stage) -> None:
    vm = there.clone("one")
    task = vm.PowerOnVM_Task()
    assert (task.info.state, there.states(vm)) == ("running", ["stopped"])
    there.wait(1.5)
    assert (task.info.state, task.info.entity, there.states(vm)) == ("success", vm, ["running"])


def test_wait_for_task_waits_and_raises_what_the_task_ended_with(there: Stage) -> None:
    vm = there.clone("one")
    assert WaitForTask(vm.PowerOnVM_Task()) == "success"
    there.stop(vm)
    there.world.fill("c1-h1")
    there.world.fill("c1-h2")
    with pytest.raises(vim.fault.InsufficientMemoryResourcesFault):
        WaitForTask(vm.PowerOnVM_Task())


def test_who_waits_for_updates_waits_no_longer_than_they_like(there: Stage) -> None:
    began = there.clock.now()
    collector: Any = there.content.propertyCollector
    assert collector.WaitForUpdatesEx(None, Collector.WaitOptions(maxWaitSeconds=5)) is None
    assert 5 <= there.clock.now() - began < 7


# Custom attributes


def test_a_custom_attributes_name_is_taken_once(there: Stage) -> None:
    fields = there.content.customFieldsManager
    made = fields.AddCustomFieldDef(name="lock", moType=vim.ClusterComputeResource)
    with pytest.raises(vim.fault.DuplicateName):
        fields.AddCustomFieldDef(name="lock")
    fields.SetField(there.cluster(), made.key, "mine")
    assert [(one.key, one.value) for one in there.cluster().customValue] == [(made.key, "mine")]
    fields.RemoveCustomFieldDef(made.key)
    assert (list(fields.field), list(there.cluster().customValue)) == ([], [])
    with pytest.raises(vmodl.fault.InvalidArgument):
        fields.RemoveCustomFieldDef(made.key)


# What the tables do not know


def test_a_request_that_the_tables_do_not_know_is_refused(there: Stage) -> None:
    stub = there.si._stub
    whole = stub.SerializeRequest
    stub.SerializeRequest = lambda *given: (
        whole(*given).replace(b"<name", b"<nmae").replace(b"</name", b"</nmae")
    )
    with pytest.raises(vmodl.fault.InvalidRequest, match="no argument 'nmae'"):
        there.content.customFieldsManager.AddCustomFieldDef(name="lock")


def test_a_reset_empties_the_cloud_and_keeps_the_log_ins() -> None:
    with FakeVCenter(World(hosts(1), Turns())) as center:
        si = center.client()
        center.reset(World(hosts(2), Turns()))
        assert len(Stage(center).center.state.hosts) == 2
        assert si.RetrieveContent().sessionManager.currentSession is not None
