"""The methods that are played, by the names of the SDK's tables; all others are NotSupported here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiaffinity.testing.vcenter import (
    becoming,
    collector,
    editing,
    machines,
    moves,
    services,
    sessions,
    waiting,
)
from antiaffinity.testing.vcenter.request import Request

PLAYED: Mapping[str, Callable[[Request], Any]] = {
    "RetrieveServiceContent": services.content,
    "CurrentTime": services.now,
    "Login": sessions.log_in,
    "Logout": sessions.log_out,
    "HasPrivilegeOnEntities": sessions.has_privileges,
    "CreateContainerView": services.create_view,
    "DestroyView": services.destroy_view,
    "RetrievePropertiesEx": collector.retrieve_ex,
    "RetrieveProperties": collector.retrieve,
    "ContinueRetrievePropertiesEx": collector.go_on,
    "CancelRetrievePropertiesEx": collector.give_up,
    "Fetch": collector.fetch,
    "CreateFilter": waiting.create,
    "DestroyPropertyFilter": waiting.destroy,
    "WaitForUpdates": waiting.wait,
    "WaitForUpdatesEx": waiting.wait_ex,
    "FindByUuid": services.by_uuid,
    "FindByInventoryPath": services.by_path,
    "FindChild": services.child,
    "AddCustomFieldDef": services.add_field,
    "RemoveCustomFieldDef": services.remove_field,
    "RenameCustomFieldDef": services.rename_field,
    "SetField": services.set_field,
    "CreateVM_Task": machines.create,
    "CloneVM_Task": machines.clone,
    "PowerOnVM_Task": machines.power_on,
    "PowerOnMultiVM_Task": machines.power_on_many,
    "PowerOffVM_Task": machines.power_off,
    "ReconfigVM_Task": machines.reconfigure,
    "Destroy_Task": machines.destroy,
    "RelocateVM_Task": moves.relocate,
    "MarkAsTemplate": becoming.mark_as_template,
    "MarkAsVirtualMachine": becoming.mark_as_machine,
    "CreateSecondaryVM_Task": becoming.create_secondary,
    "EnterMaintenanceMode_Task": moves.enter_maintenance,
    "ExitMaintenanceMode_Task": moves.exit_maintenance,
    "FindRulesForVm": moves.find_rules,
    "ReconfigureComputeResource_Task": editing.reconfigure,
}
