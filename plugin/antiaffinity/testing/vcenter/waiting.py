# mypy: untyped-calls-exclude=pyVmomi
"""Filters of the property collector, and who waits for a change of what they show: ``WaitForTask`` does.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vmodl.query.PropertyCollector.html
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vmodl
from pyVmomi.SoapAdapter import SerializeToStr

from antiaffinity.testing.vcenter import collector
from antiaffinity.testing.vcenter.nouns import Filter, NotYet
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.shown import to

Collector = vmodl.query.PropertyCollector


def create(request: Request) -> Any:
    """A filter of this session; nothing of it has been told yet."""
    state = request.state
    owner = request.session.key if request.session else ""
    spec = request.given("spec")
    return to(state.add(Filter(state.new_id("filter"), "PropertyFilter", "", session=owner, spec=spec)))


def destroy(request: Request) -> None:
    del request.state.nouns[request.state.get(Filter, request.id).id]


def wait(request: Request) -> Any:
    """The changes since the last answer; NotYet while there are none."""
    updates = [one for filter_ in _ours(request) if (one := _update(request, filter_))]
    if not updates:
        raise NotYet
    return Collector.UpdateSet(version=request.state.new_id("v"), filterSet=updates)


def wait_ex(request: Request) -> Any:
    """The same, for so many seconds at most; None where nothing changed in them."""
    options = request.given("options")
    try:
        return wait(request)
    except NotYet as not_yet:
        if options is None or options.maxWaitSeconds is None:
            raise
        raise NotYet(options.maxWaitSeconds) from not_yet


def _ours(request: Request) -> list[Filter]:
    key = request.session.key if request.session else ""
    return [one for one in request.state.all(Filter) if one.session == key]


def _update(request: Request, filter_: Filter) -> Any:
    """What one filter shows otherwise than before."""
    now = {one.obj._moId: one for one in collector.filtered(request, filter_.spec)}
    changed = [_changed(filter_, id_, one) for id_, one in now.items()]
    gone = [_gone(filter_, id_) for id_ in list(filter_.told) if id_ not in now]
    objects = [one for one in (*changed, *gone) if one is not None]
    return Collector.FilterUpdate(filter=to(filter_), objectSet=objects) if objects else None


def _changed(filter_: Filter, id_: str, content: Any) -> Any:
    before = filter_.told.get(id_)
    texts = {one.name: SerializeToStr(one.val) for one in content.propSet}
    new = [one for one in content.propSet if (before or {}).get(one.name) != texts[one.name]]
    filter_.told[id_], filter_.objects[id_] = texts, content.obj
    if before is not None and not new:
        return None
    changes = [Collector.Change(name=one.name, op="assign", val=one.val) for one in new]
    return Collector.ObjectUpdate(
        kind="enter" if before is None else "modify", obj=content.obj, changeSet=changes
    )


def _gone(filter_: Filter, id_: str) -> Any:
    del filter_.told[id_]
    return Collector.ObjectUpdate(kind="leave", obj=filter_.objects.pop(id_))
