# mypy: untyped-calls-exclude="pyVmomi,antiaffinity.testing.vcenter"
"""Requests and answers in SOAP, by the tables of types and methods that pyVmomi ships.

What those tables do not name, or name with another type, is refused; so is an answer of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from io import StringIO
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from msgspec import Struct
from pyVmomi import vmodl
from pyVmomi.SoapAdapter import (
    NS_SEP,
    SOAP_END,
    SOAP_NSMAP,
    SOAP_START,
    XML_HEADER,
    SoapDeserializer,
    SoapSerializer,
)
from pyVmomi.VmomiSupport import (
    F_OPTIONAL,
    CheckField,
    GetVmodlType,
    GetWsdlMethod,
    GetWsdlName,
    GetWsdlType,
    ManagedObject,
    Object,
)

from antiaffinity.testing.vcenter.nouns import Fault

VERSION, NAMESPACE, NUMBER = "vim.version.v8_0_3_0", "urn:vim25", "8.0.3.0"
NAMES = {**SOAP_NSMAP, NAMESPACE: ""}
CONTENT = vmodl.query.PropertyCollector.ObjectContent

FETCH = Object(
    name="Fetch",
    wsdlName="Fetch",
    privId="System.Anonymous",
    faults=["vmodl.query.InvalidProperty"],
    params=(Object(name="prop", type=str, version=VERSION, flags=0, privId=None),),
    result=object,
    resultFlags=F_OPTIONAL,
)
"""What reads one property; every managed object has it, and no table names it."""


SEEN = {
    "CloneVM_Task": ("vim.fault.DuplicateName",),
    "RelocateVM_Task": ("vim.fault.TaskInProgress",),
    "ReconfigureComputeResource_Task": ("vim.fault.TaskInProgress",),
}
"""Faults that methods end with although the tables do not say so: the vendor's simulator has the first; the
others are what every other method declares that changes something which is busy."""


READING = re.compile(rb"<soapenv:Body><(?:Fetch|Retrieve)")


class Call(Struct, frozen=True):
    """One request: a method of a managed object, and its arguments by name."""

    method: Any
    kind: str
    id: str
    arguments: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.method.wsdlName)


def read(body: bytes) -> Call:
    """What a request asks; Fault where the tables know no such thing."""
    return _read_again(body) if READING.search(body) else _read(body)


def _read(body: bytes) -> Call:
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except ExpatError as wrong:
        raise Fault(vmodl.fault.InvalidRequest(), f"no XML: {wrong}") from wrong
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise Fault(vmodl.fault.InvalidRequest(), f"{reader.name}: {wrong}") from wrong
    return reader.call()


_read_again = lru_cache(maxsize=512)(_read)
"""What only reads is asked again and again, and nobody keeps or changes what it says."""


class _Reader:
    """Reads the body of an envelope: pyVmomi's deserializer does so for every argument."""

    def __init__(self) -> None:
        self.parser: Any = ParserCreate(namespace_separator=NS_SEP)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.name, self.receiver = "", None
        self._path: list[str] = []
        self._read: list[tuple[str, Any]] = []
        self._method: Any = None

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(NS_SEP)[2]
        if self._path[1:] == ["Body", self.name]:
            self._argument(name, tag, attributes)
            return
        self._path.append(name)
        if self._path[1:-1] == ["Body"]:
            self.name = name
            self._method = FETCH if name == "Fetch" else GetWsdlMethod(NAMESPACE, name).info

    def _end(self, tag: str) -> None:
        self._path.pop()

    def _argument(self, name: str, tag: str, attributes: dict[str, str]) -> None:
        """From here to the end of the argument the events are the deserializer's."""
        found = SoapDeserializer()
        found.Deserialize(self.parser, self._type(name), False, {None: [NAMESPACE]})
        found.StartElementHandler(tag, attributes)
        self._read.append((name, found))

    def _type(self, name: str) -> Any:
        if name == "_this":
            return ManagedObject
        known = {one.name: one.type for one in self._method.params}
        if name not in known:
            raise TypeError(f"there is no argument {name!r}")
        return getattr(known[name], "Item", known[name])

    def call(self) -> Call:
        """The request; every argument is of its type, and none that must be is missing."""
        read = [(name, found.GetResult()) for name, found in self._read]
        this = next((value for name, value in read if name == "_this"), None)
        if this is None:
            raise Fault(vmodl.fault.InvalidRequest(), f"{self.name}: no _this")
        given = {one.name: _gathered(one, read, self.name) for one in self._method.params}
        return Call(self._method, GetWsdlName(type(this)), this._moId, given)


def _gathered(parameter: Any, read: list[tuple[str, Any]], method: str) -> Any:
    values = [value for name, value in read if name == parameter.name]
    try:
        value = parameter.type(values) if issubclass(parameter.type, list) else next(iter(values), None)
        CheckField(parameter, value)
    except TypeError as wrong:
        path = f"{method}: {parameter.name}: {wrong}"
        raise Fault(vmodl.fault.InvalidRequest(), path) from wrong
    return value


# Answers


def answer(method: Any, value: Any) -> bytes:
    """What a method gives back."""
    info = Object(name="returnval", type=method.result, version=VERSION, flags=method.resultFlags)
    inside = "" if method.result is type(None) else _written(value, info)
    name = f"{method.wsdlName}Response"
    return f'{XML_HEADER}\n{SOAP_START}<{name} xmlns="{NAMESPACE}">{inside}</{name}>{SOAP_END}'.encode()


def fault(fault: Fault) -> bytes:
    """A method fault, as SOAP tells it."""
    kind = GetWsdlName(type(fault.fault))
    writer = StringIO()
    info = Object(name=f"{kind}Fault", type=object, version=VERSION, flags=0)
    told, told.msg = fault.fault, None
    _Serializer(writer, VERSION, NAMES).SerializeFaultDetail(told, info)
    told.msg = fault.message
    text = _written(fault.message, Object(name="faultstring", type=str, version=VERSION, flags=0))
    return (
        f"{XML_HEADER}\n{SOAP_START}<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
        f"{text}<detail>{writer.getvalue()}</detail></soapenv:Fault>{SOAP_END}"
    ).encode()


def _written(value: Any, info: Any) -> str:
    writer = StringIO()
    CheckField(info, value)
    _Serializer(writer, VERSION, NAMES).Serialize(value, info)
    return writer.getvalue()


class _Serializer(SoapSerializer):
    """A server may tell a list that is empty although it must be there: a rule whose machines are gone."""

    def _Serialize(self, val: Any, info: Any, defNS: str) -> None:
        if type(val) is CONTENT and self.outermostAttrs is None:
            self.writer.write(_text(val, info.name))
        elif not (isinstance(val, list) and not val and info.type is not object):
            super()._Serialize(val, info, defNS)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def _text(content: Any, name: str) -> str:
    """One object with its properties; the collector gives the same one again while nothing changes."""
    writer = StringIO()
    serializer: Any = _Serializer(writer, VERSION, NAMES)
    serializer.outermostAttrs = None
    serializer._SerializeDataObject(content, Object(name=name, type=CONTENT, flags=0), "", NAMESPACE)
    return writer.getvalue()


# The tables


def checked(method: Any, fault: Fault) -> Fault:
    """The fault where the method may end so: a fake that ends otherwise would teach its users a wrong API.

    The tables have every method's faults; those of the runtime are anybody's.
    """
    names = (*method.faults, *SEEN.get(method.wsdlName, ()), "vmodl.RuntimeFault")
    if isinstance(fault.fault, tuple(map(GetVmodlType, names))):
        return fault
    reason = f"the fake ends {method.wsdlName} with {type(fault.fault).__name__}, which is not declared"
    return Fault(vmodl.fault.SystemError(reason=reason), reason)


@lru_cache
def type_of(kind: str) -> Any:
    """The SDK's type of this name."""
    return GetWsdlType(NAMESPACE, kind)


def reference(kind: str, id_: str) -> Any:
    """A managed object of this name, as an answer carries it."""
    return type_of(kind)(id_)


def listed(kind: str, values: Any) -> Any:
    """A list as the SDK types it: ``vim.HostSystem[]``."""
    return GetVmodlType(f"{kind}[]")(values)


def names_of(types: Iterable[Any]) -> Any:
    """A list of types, which are told by their names."""
    return GetVmodlType("vmodl.TypeName[]")(types)
