# mypy: untyped-calls-exclude=pyVmomi
"""The smaller services: the time, views, the search index, custom attributes."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import shown_work
from antiaffinity.testing.vcenter.collector import found
from antiaffinity.testing.vcenter.nouns import DATACENTER, Fault, Field, Noun, View, Vm, stamp, uid
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.shown import to
from antiaffinity.testing.vcenter.soap import reference


def content(request: Request) -> Any:
    return shown_work.content(request.state)


def now(request: Request) -> Any:
    """The World's time, as vCenter's own clock tells it."""
    return stamp(request.state.world.now)


# Views: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.view.ViewManager.html


def create_view(request: Request) -> Any:
    state, container = request.state, request.given("container")
    found(state, type(container)._wsdlName, container._moId)
    view = View(
        state.new_id("view"),
        "ContainerView",
        "",
        session=request.session.key if request.session else "",
        container=container._moId,
        types=tuple(one._wsdlName for one in request.given("type")),
        recursive=request.given("recursive"),
    )
    return to(state.add(view))


def destroy_view(request: Request) -> None:
    del request.state.nouns[request.state.get(View, request.id).id]


# Search: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.SearchIndex.html


def by_uuid(request: Request) -> Any:
    """A machine or template by its BIOS's UUID, or by that of its instance; None where there is none."""
    if not request.given("vmSearch"):
        raise Fault(vmodl.fault.NotSupported(), "hosts are not searched by uuid here")
    what = "{}" if request.given("instanceUuid") else "bios.{}"
    for vm in request.state.all(Vm):
        if uid(what.format(vm.id)) == request.given("uuid"):
            return to(vm)
    return None


def by_path(request: Request) -> Any:
    """``dc1/vm/db-0``; None where nothing is there."""
    noun: Noun | None = None
    for name in request.given("inventoryPath").strip("/").split("/"):
        parent = noun.id if noun else request.state.nouns[DATACENTER].parent
        noun = _child(request, parent, name)
        if noun is None:
            return None
    return to(noun) if noun else None


def child(request: Request) -> Any:
    there = _child(request, request.given("entity")._moId, request.given("name"))
    return to(there) if there else None


def _child(request: Request, parent: str, name: str) -> Noun | None:
    nouns = request.state.all(Noun)
    return next((one for one in nouns if (one.parent, one.name) == (parent, name)), None)


# Custom attributes: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.CustomFieldsManager.html


def add_field(request: Request) -> Any:
    """DuplicateName where the name is taken: of several who add one name at once, one succeeds."""
    state, name = request.state, request.given("name")
    if any(one.name == name for one in state.fields.values()):
        taken = reference("CustomFieldsManager", request.id)
        raise Fault(vim.fault.DuplicateName(name=name, object=taken), f"The name '{name}' already exists.")
    key = int(state.new_id("").lstrip("-"))
    state.fields[key] = Field(key, name, request.given("moType"))
    return shown_work.field(state.fields[key])


def remove_field(request: Request) -> None:
    """With every value of it."""
    state, key = request.state, _known(request)
    del state.fields[key]
    state.values = {where: value for where, value in state.values.items() if where[1] != key}


def rename_field(request: Request) -> None:
    key = _known(request)
    old = request.state.fields[key]
    request.state.fields[key] = Field(key, request.given("name"), old.type)


def set_field(request: Request) -> None:
    entity = request.given("entity")
    there = found(request.state, type(entity)._wsdlName, entity._moId)
    request.state.values[there.id, _known(request)] = request.given("value")


def _known(request: Request) -> int:
    key: int = request.given("key")
    if key not in request.state.fields:
        raise Fault(
            vmodl.fault.InvalidArgument(invalidProperty="key"), "A specified parameter was not correct: key"
        )
    return key
