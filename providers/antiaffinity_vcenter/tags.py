"""Tags of one category, by what they are attached to: vCenter's REST API alone tells them.

https://developer.broadcom.com/xapis/vsphere-automation-api/latest/cis/tagging/
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http.client import HTTPSConnection
from typing import Any

import msgspec

from antiaffinity.errors import InvalidRequest
from antiaffinity_vcenter.faults import answered, of_rest

TAGGING = "/rest/com/vmware/cis/tagging"
SESSION = "/rest/com/vmware/cis/session"
HEADER = "vmware-api-session-id"
PATIENCE = 60.0
"""Seconds for one answer."""

Attached = Mapping[str, Sequence[str]]
"""The names of the tags by the moref of what they are attached to."""


class Tags:
    """The tags of a category, with a session of their own; what they are called is asked once."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext, user: str, pwd: str, category: str
    ) -> None:
        self._host, self._port, self._context, self._category = host, port, context, category
        self._basic = b64encode(f"{user}:{pwd}".encode()).decode()
        self._token = ""
        self._names: dict[str, str] = {}

    def attached(self) -> Attached:
        """What each object is tagged with, as it is now."""
        if not self._names:
            self._names = self._called()
        asked = {"tag_ids": list(self._names)}
        found: dict[str, list[str]] = {}
        path = f"{TAGGING}/tag-association?~action=list-attached-objects-on-tags"
        for one in self._ask("POST", path, asked) or ():
            for each in one["object_ids"] or ():
                found.setdefault(each["id"], []).append(self._names[one["tag_id"]])
        return found

    def _called(self) -> dict[str, str]:
        """The names of the category's tags, by id."""
        id_ = self._category_id()
        path = f"{TAGGING}/tag/id:{id_}?~action=list-tags-for-category"
        tags = self._ask("POST", path, {"category_id": id_})
        if not tags:
            raise InvalidRequest(f"the category {self._category!r} has no tags", path="zone")
        return {tag: self._ask("GET", f"{TAGGING}/tag/id:{tag}")["name"] for tag in tags}

    def _category_id(self) -> str:
        names: dict[str, str] = {}
        for id_ in self._ask("GET", f"{TAGGING}/category") or ():
            names[self._ask("GET", f"{TAGGING}/category/id:{id_}")["name"]] = id_
        if self._category not in names:
            known = ", ".join(sorted(names)) or "none"
            raise InvalidRequest(
                f"no category of tags is called {self._category!r}; there are {known}", path="zone"
            )
        return names[self._category]

    # Asking

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """The value of an answer; a session that has ended is begun anew."""
        status, told = self._sent(method, path, body, {HEADER: self._logged_in()})
        if status == 401:
            self._token = ""
            status, told = self._sent(method, path, body, {HEADER: self._logged_in()})
        return _checked(status, told, path)

    def _logged_in(self) -> str:
        if not self._token:
            status, told = self._sent("POST", SESSION, None, {"Authorization": f"Basic {self._basic}"})
            self._token = str(_checked(status, told, "log-in"))
        return self._token

    def _sent(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> tuple[int, Any]:
        connection = HTTPSConnection(self._host, self._port, context=self._context, timeout=PATIENCE)
        sent = None if body is None else msgspec.json.encode(body)
        with answered(f"asking for tags ({path})"):
            try:
                connection.request(method, path, sent, {**headers, "Content-Type": "application/json"})
                response = connection.getresponse()
                return response.status, _read(response.read())
            finally:
                connection.close()


def _read(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return None


def _checked(status: int, told: Any, path: str) -> Any:
    """The value of an answer; an error of REST's is known by its type, its status is no guide."""
    if status >= 400:
        raise of_rest(told, status, f"reading tags ({path})")
    return told.get("value") if isinstance(told, dict) else told
