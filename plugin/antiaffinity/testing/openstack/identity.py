"""Keystone v3: log-in by password or token, the catalog, the projects."""

from __future__ import annotations

from typing import Any

from antiaffinity.testing.openstack.http import Answer, Call, Routes
from antiaffinity.testing.openstack.nouns import PASSWORD, User, hexid
from antiaffinity.testing.openstack.state import State

SERVICES = {
    "identity": ("keystone", "/identity"),
    "compute": ("nova", "/compute/v2.1"),
    "image": ("glance", "/image"),
    "network": ("neutron", "/network"),
}

UNAUTHORIZED = Answer(
    {
        "error": {
            "code": 401,
            "title": "Unauthorized",
            "message": "The request you have made requires authentication.",
        }
    },
    401,
)


def unknown(what: str) -> Answer:
    message = f"Could not find {what}."
    return Answer({"error": {"code": 404, "title": "Not Found", "message": message}}, 404)


def versions(call: Call) -> Answer:
    return Answer({"versions": {"values": [_version(call.root)]}}, 300)


def version(call: Call) -> Answer:
    return Answer({"version": _version(call.root)})


def _version(root: str) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "media-types": [],
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{root}/identity/v3/"}],
    }


def log_in(call: Call) -> Answer:
    """A token for a user of the right password, or in exchange for another token."""
    auth = call.body.get("auth", {})
    user = _by_password(call.state, auth) or _by_token(call.state, auth)
    if user is None or not _in_scope(user, auth):
        return UNAUTHORIZED
    token = call.state.new_id().replace("-", "")
    call.state.tokens[token] = user
    return Answer({"token": _token(user, call)}, 201, {"X-Subject-Token": token})


def _by_password(state: State, auth: dict[str, Any]) -> User | None:
    given = auth.get("identity", {}).get("password", {}).get("user", {})
    who, right = given.get("name", given.get("id")), given.get("password") == PASSWORD
    return next((user for user in state.users.values() if right and who in (user.name, user.id)), None)


def _by_token(state: State, auth: dict[str, Any]) -> User | None:
    return state.tokens.get(auth.get("identity", {}).get("token", {}).get("id", ""))


def _in_scope(user: User, auth: dict[str, Any]) -> bool:
    """Whether the project asked for is the user's own; without one it is."""
    project: dict[str, str] = auth.get("scope", {}).get("project", {})
    by_name = project.get("name", user.project) == user.project
    return by_name and project.get("id", user.project_id) == user.project_id


def show_token(call: Call) -> Answer:
    user = call.state.tokens.get(call.request.headers.get("X-Subject-Token", ""))
    return Answer({"token": _token(user, call)}) if user else unknown("token")


def revoke(call: Call) -> Answer:
    gone = call.state.tokens.pop(call.request.headers.get("X-Subject-Token", ""), None)
    return Answer(None, 204) if gone else unknown("token")


def _token(user: User, call: Call) -> dict[str, Any]:
    domain = {"id": "default", "name": "Default"}
    roles = ("admin", "member", "reader") if user.admin else ("member", "reader")
    return {
        "methods": ["password"],
        "audit_ids": [hexid(f"audit.{user.name}")],
        "user": {"id": user.id, "name": user.name, "domain": domain, "password_expires_at": None},
        "project": {"id": user.project_id, "name": user.project, "domain": domain},
        "is_domain": False,
        "roles": [{"id": hexid(f"role.{role}"), "name": role} for role in roles],
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2100-01-01T00:00:00.000000Z",
        "catalog": _catalog(call),
    }


def _catalog(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "name": name,
            "id": hexid(f"service.{kind}"),
            "endpoints": [
                _endpoint(kind, interface, region, call.root + path)
                for region in call.state.settings.regions
                for interface in ("public", "internal", "admin")
            ],
        }
        for kind, (name, path) in SERVICES.items()
    ]


def _endpoint(kind: str, interface: str, region: str, url: str) -> dict[str, str]:
    id_ = hexid(f"endpoint.{kind}.{interface}.{region}")
    return {"id": id_, "interface": interface, "region": region, "region_id": region, "url": url}


def catalog(call: Call) -> Answer:
    return Answer({"catalog": _catalog(call), "links": {}})


def projects(call: Call) -> Answer:
    return Answer({"projects": list(_projects(call.state).values())})


def project(call: Call, id: str) -> Answer:
    known = _projects(call.state).get(id)
    return Answer({"project": known}) if known else unknown(f"project: {id}")


def _projects(state: State) -> dict[str, dict[str, Any]]:
    return {
        user.project_id: {
            "id": user.project_id,
            "name": user.project,
            "enabled": True,
            "domain_id": "default",
        }
        for user in state.users.values()
    }


OPEN: Routes = {
    "GET /": versions,
    "GET /v3": version,
    "POST /v3/auth/tokens": log_in,
}
"""What anybody may ask."""

ROUTES: Routes = {
    "GET /v3/auth/tokens": show_token,
    "DELETE /v3/auth/tokens": revoke,
    "GET /v3/auth/catalog": catalog,
    "GET /v3/projects": projects,
    "GET /v3/projects/<id>": project,
}
