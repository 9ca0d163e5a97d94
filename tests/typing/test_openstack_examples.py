"""The request that openstacksdk sends for a merge: the hints beside the server, the rest inside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import openstack_examples
import pytest
from openstack.connection import Connection
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from antiaffinity.model import Placement
from antiaffinity_openstack import cloud
from antiaffinity_openstack.arguments import sdk_arguments

PUBLISHED = json.loads(Path(__file__).with_name("pulumi_openstack.json").read_text())
NOVA = "http://nova.invalid/v2.1"
VERSION = {"id": "v2.1", "status": "CURRENT", "version": "2.100", "min_version": "2.1"}
ANSWERS = {
    "GET": {"version": {**VERSION, "links": [{"rel": "self", "href": NOVA}]}},
    "POST": {"server": {"id": "s1"}},
}


class Wire(BaseAdapter):
    """Stands where the network is: keeps the bodies posted and answers as Nova does."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []

    def send(self, request: PreparedRequest, *args: Any, **settings: Any) -> Response:
        if request.method == "POST":
            assert isinstance(request.body, bytes | str)
            self.bodies.append(json.loads(request.body))
        answer = Response()
        answer.request, answer.status_code, answer.url = request, 200, str(request.url)
        answer.headers["Content-Type"] = "application/json"
        answer._content = json.dumps(ANSWERS[str(request.method)]).encode()
        return answer

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def conn(wire: Wire) -> Connection:
    conn = Connection(auth_type="none", compute_endpoint_override=NOVA)
    conn.session.session.mount("http://nova.invalid", wire)
    return conn


@pytest.mark.parametrize(
    ("placement", "own", "body"),
    openstack_examples.EXAMPLES.values(),
    ids=list(openstack_examples.EXAMPLES),
)
def test_the_sdk_sends_zone_group_and_mark(
    conn: Connection, wire: Wire, placement: Placement, own: dict[str, Any], body: dict[str, Any]
) -> None:
    connected = msgspec.structs.replace(placement, arguments_of=sdk_arguments)
    assert openstack_examples.boot(conn, connected, own) == "s1"
    assert wire.bodies == [body]


def test_every_argument_set_for_pulumi_is_in_its_published_package() -> None:
    assert (PUBLISHED["package"], PUBLISHED["class"]) == ("pulumi-openstack", "Instance")
    assert set(cloud.keys["pulumi"]) <= set(PUBLISHED["arguments"])
    assert "group" in PUBLISHED["dicts"]["InstanceSchedulerHintArgsDict"]
