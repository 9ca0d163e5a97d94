# mypy: untyped-calls-exclude=pyVmomi
"""Who is logged in, and what they may do.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.SessionManager.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyVmomi import vim, vmodl

from antiaffinity.testing.vcenter import soap
from antiaffinity.testing.vcenter.nouns import IDLE, Fault, Filter, Principal, Session, View, stamp, uid
from antiaffinity.testing.vcenter.request import Request
from antiaffinity.testing.vcenter.state import State

NOT_IN_TABLES = {
    "CloneVM_Task": (
        "VirtualMachine.Provisioning.DeployTemplate",
        "VirtualMachine.Inventory.CreateFromExisting",
        "Datastore.AllocateSpace",
        "Resource.AssignVMToPool",
        "Network.Assign",
    ),
    "RelocateVM_Task": (),
    "Destroy_Task": ("VirtualMachine.Inventory.Delete",),
    "ReconfigVM_Task": ("VirtualMachine.Config.AdvancedConfig",),
    "SetField": ("Global.SetCustomField",),
    "CreateVM_Task": (
        "VirtualMachine.Inventory.Create",
        "Resource.AssignVMToPool",
        "Datastore.AllocateSpace",
    ),
}
"""What methods take whose privilege depends on their arguments, as they are played here.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.VirtualMachine.html#clone
"""

ANYBODY = ("System.Anonymous",)
EVERYBODY = ("System.Anonymous", "System.View", "System.Read")
"""What every role has."""


def log_in(request: Request) -> Any:
    """A session, whose cookie the answer carries."""
    state, user = request.state, request.given("userName")
    principal = state.principals.get(user)
    if principal is None or principal.password != request.given("password"):
        raise Fault(
            vim.fault.InvalidLogin(), "Cannot complete login due to an incorrect user name or password."
        )
    key = state.new_id("session")
    request.session = state.sessions[uid(key)] = Session(key, principal, state.world.now, state.world.now)
    request.cookie = uid(key)
    return shown_session(request)


def log_out(request: Request) -> None:
    """The session is over, and its views and filters with it."""
    state, key = request.state, _of(request).key
    state.sessions = {cookie: one for cookie, one in state.sessions.items() if one.key != key}
    for one in list(state.nouns.values()):
        if isinstance(one, View | Filter) and one.session == key:
            del state.nouns[one.id]


def shown_session(request: Request) -> Any:
    """The session that asks; None where nobody is logged in."""
    session = request.session
    if session is None:
        return None
    return vim.UserSession(
        key=session.key,
        userName=session.principal.user,
        fullName=session.principal.user,
        loginTime=stamp(session.began),
        lastActiveTime=stamp(session.last),
        locale="en",
        messageLocale="en",
        extensionSession=False,
        ipAddress="127.0.0.1",
        userAgent="",
        callCount=1,
    )


def _of(request: Request) -> Session:
    if request.session is None:
        raise _nobody(request, "System.View")
    return request.session


def recognized(state: State, cookie: str) -> Session | None:
    """The session of a cookie, unless it was idle for too long."""
    session = state.sessions.get(cookie)
    if session is None:
        return None
    if state.world.now - session.last > IDLE:
        del state.sessions[cookie]
        return None
    session.last = state.world.now
    return session


# Rights


def needed(request: Request) -> tuple[str, ...]:
    """The privileges that a method takes: those in the SDK's tables, and what these leave open."""
    name, privilege = request.call.name, request.call.method.privId
    return NOT_IN_TABLES.get(name, (privilege,) if privilege else ())


def check(request: Request) -> None:
    """Fault where nobody is logged in, or somebody who may not; it names the privilege."""
    for privilege in needed(request):
        if privilege not in ANYBODY:
            demand(request, privilege)


def demand(request: Request, privilege: str) -> None:
    """Fault where the session has not this privilege."""
    if request.session is None:
        raise _nobody(request, privilege)
    if not has(request.session.principal, privilege):
        raise _forbidden(request, privilege)


def has(principal: Principal, privilege: str) -> bool:
    return principal.allowed is None or privilege in principal.allowed or privilege in EVERYBODY


def _nobody(request: Request, privilege: str) -> Fault:
    return Fault(
        vim.fault.NotAuthenticated(object=_asked(request), privilegeId=privilege),
        "The session is not authenticated.",
    )


def _forbidden(request: Request, privilege: str) -> Fault:
    return Fault(
        vim.fault.NoPermission(object=_asked(request), privilegeId=privilege),
        "Permission to perform this operation was denied.",
    )


def _asked(request: Request) -> Any:
    return soap.reference(request.call.kind, request.id)


def has_privileges(request: Request) -> Any:
    """For each object, which of the privileges the session has."""
    session = _of(request)
    if request.given("sessionId") != session.key:
        raise Fault(vmodl.fault.InvalidArgument(invalidProperty="sessionId"), "no such session")
    entities = [_availability(entity, list(_told(request, session))) for entity in request.given("entity")]
    return soap.listed("vim.AuthorizationManager.EntityPrivilege", entities)


def _told(request: Request, session: Session) -> Iterator[Any]:
    for privilege in request.given("privId"):
        yield vim.AuthorizationManager.PrivilegeAvailability(
            privId=privilege, isGranted=has(session.principal, privilege)
        )


def _availability(entity: Any, told: list[Any]) -> Any:
    return vim.AuthorizationManager.EntityPrivilege(entity=entity, privAvailability=told)
