# mypy: untyped-calls-exclude=pyVmomi
"""The property collector: many properties of many objects in one request.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vmodl.query.PropertyCollector.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from pyVmomi import vmodl

from antiaffinity.testing.vcenter.fingerprints import fingerprint
from antiaffinity.testing.vcenter.nouns import Fault, Noun
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.sessions import shown_session
from antiaffinity.testing.vcenter.shown import to
from antiaffinity.testing.vcenter.shown_work import BY_KIND
from antiaffinity.testing.vcenter.soap import listed, type_of
from antiaffinity.testing.vcenter.state import SERVICES, State, not_found

Collector = vmodl.query.PropertyCollector

Whole = dict[str, Any]
"""The properties of one object by name, as far as somebody has asked for them."""

PART = re.compile(r'(?P<name>\w+)(?:\["(?P<key>[^"]*)"\])?\.?')
"""A part of a path: ``config.extraConfig["db"].value`` has three."""


def retrieve_ex(request: Request) -> Any:
    """As much as fits on a page, and a token for the rest; None where there is nothing."""
    options = request.given("options")
    most = min(options.maxObjects or request.state.settings.page, request.state.settings.page)
    return _page(request, _contents(request), most)


def retrieve(request: Request) -> Any:
    """All at once."""
    return listed("vmodl.query.PropertyCollector.ObjectContent", _contents(request))


def go_on(request: Request) -> Any:
    """The next page of a retrieval."""
    token = request.given("token")
    if request.state.settings.tokens_lost > 0:
        request.state.settings.tokens_lost -= 1
        request.state.pages.pop(token, None)
        if request.state.settings.tokens_lost_as == "ManagedObjectNotFound":
            raise not_found("PropertyCollector", request.id)
    if token not in request.state.pages:
        raise Fault(vmodl.fault.InvalidArgument(invalidProperty="token"), f"no such token: {token}")
    return _page(request, request.state.pages.pop(token), request.state.settings.page)


def give_up(request: Request) -> None:
    """Nobody wants the rest."""
    request.state.pages.pop(request.given("token"), None)


def fetch(request: Request) -> Any:
    """One property of one object: what reading an attribute asks."""
    noun = found(request.state, request.call.kind, request.id)
    return _of_session(request, noun, request.given("prop"), {})


def _page(request: Request, contents: list[Any], most: int) -> Any:
    if not contents:
        return None
    token = None
    if contents[most:]:
        token = request.state.new_id("token")
        request.state.pages[token] = contents[most:]
    return Collector.RetrieveResult(token=token, objects=contents[:most])


def _contents(request: Request) -> list[Any]:
    return [one for spec in request.given("specSet") for one in filtered(request, spec)]


def filtered(request: Request, spec: Any) -> Iterator[Any]:
    """What one filter shows now."""
    for noun in _selected(request.state, spec.objectSet):
        paths = [path for wanted in spec.propSet for path in _paths(wanted, noun)]
        if any(_is(noun, wanted) for wanted in spec.propSet):
            yield _content(request, noun, paths)


def _is(noun: Noun, wanted: Any) -> bool:
    return issubclass(type_of(noun.kind), wanted.type)


def _paths(wanted: Any, noun: Noun) -> list[str]:
    if not _is(noun, wanted):
        return []
    return list(BY_KIND.get(noun.kind, {})) if wanted.all else list(wanted.pathSet)


def _content(request: Request, noun: Noun, paths: Iterable[str]) -> Any:
    """Told anew only where something has changed: objects that stay as they are, are most."""
    state, wanted, now = request.state, (noun.id, *dict.fromkeys(paths)), fingerprint(request.state, noun)
    if now is None:
        return _told(request, noun, wanted[1:])
    if wanted not in state.told or state.told[wanted][0] != now:
        state.told[wanted] = (now, _told(request, noun, wanted[1:]))
    return state.told[wanted][1]


def _told(request: Request, noun: Noun, paths: Iterable[str]) -> Any:
    """What is unset is left out."""
    whole: Whole = {}
    told = ((path, _of_session(request, noun, path, whole)) for path in paths)
    properties = [vmodl.DynamicProperty(name=path, val=val) for path, val in told if val is not None]
    return Collector.ObjectContent(obj=to(noun), propSet=properties)


def _of_session(request: Request, noun: Noun, path: str, whole: Whole) -> Any:
    """One property depends on who asks."""
    if noun.kind == "SessionManager" and path == "currentSession":
        return shown_session(request)
    return _value(request.state, noun, path, whole)


# Which objects


def found(state: State, kind: str, id_: str) -> Noun:
    """The object of a moref; Fault where it is gone, or never was, or is of another kind."""
    if id_ in SERVICES:
        return Noun(id_, SERVICES[id_], id_)
    noun = state.nouns.get(id_)
    if noun is None or not issubclass(type_of(noun.kind), type_of(kind)):
        raise not_found(kind, id_)
    return noun


def _selected(state: State, objects: Iterable[Any]) -> list[Noun]:
    """The objects that a filter names and leads to, each once."""
    chosen: dict[str, Noun] = {}
    for one in objects:
        named = {each.name: each for each in one.selectSet if each.name}
        start = found(state, type(one.obj)._wsdlName, one.obj._moId)
        if not one.skip:
            chosen[start.id] = start
        _walk(state, start, one.selectSet, named, chosen)
    return list(chosen.values())


def _walk(state: State, noun: Noun, steps: Any, named: dict[str, Any], chosen: dict[str, Noun]) -> None:
    """Follow every step that begins at this kind of object."""
    for step in (named.get(one.name, one) if not hasattr(one, "path") else one for one in steps):
        if not hasattr(step, "path") or not _is(noun, step):
            continue
        value = _value(state, noun, str(step.path), {})
        for reference in value if isinstance(value, list) else [value]:
            if reference is not None and (there := state.nouns.get(reference._moId)):
                new = there.id not in chosen
                if not step.skip:
                    chosen[there.id] = there
                if new:
                    _walk(state, there, step.selectSet, named, chosen)


# Properties


def _value(state: State, noun: Noun, path: str, whole: Whole) -> Any:
    """What is at the end of a path; several paths may begin with one property."""
    (first, key), *parts = _parts(path)
    if first not in whole:
        whole[first] = _property(state, noun, first, path)
    value = _keyed(whole[first], key)
    for name, key in parts:
        value = _keyed(_inside(value, name, path), key)
    return value


@lru_cache
def _parts(path: str) -> list[tuple[str, str | None]]:
    return [(match["name"], match["key"]) for match in PART.finditer(path)] or [("", None)]


@lru_cache
def _properties(kind: Any) -> dict[str, Any]:
    """The properties that the tables give a type, by name."""
    return {one.name: one for one in kind._GetPropertyList()}


def _property(state: State, noun: Noun, name: str, path: str) -> Any:
    """A property of the object itself; Fault where the tables have none, or it is not played here."""
    table = BY_KIND.get(noun.kind, {})
    if name in table:
        return table[name](state, noun)
    if name not in _properties(type_of(noun.kind)):
        raise _invalid(path)
    raise Fault(vmodl.fault.NotSupported(), f"{noun.kind}.{name} is not played here")


def _inside(value: Any, name: str, path: str) -> Any:
    if value is None:
        return None
    kind: Any = type(value)
    info = _properties(kind).get(name)
    if info is None:
        raise _invalid(path)
    told = getattr(value, name)
    if isinstance(told, list):
        return info.type(told) if told else None
    return told


def _keyed(value: Any, key: str | None) -> Any:
    if key is None or value is None:
        return value
    return next((one for one in value if str(one.key) == key), None)


def _invalid(path: str) -> Fault:
    return Fault(vmodl.query.InvalidProperty(name=path), f"The property '{path}' does not exist.")
