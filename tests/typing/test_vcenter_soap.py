# mypy: untyped-calls-exclude=pyVmomi
"""What pyvmomi sends for a merge, read from the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
import vcenter_examples
from pyVmomi import SoapAdapter, vim

from antiaffinity.model import Placement
from antiaffinity_vcenter import cloud
from antiaffinity_vcenter.arguments import sdk_arguments

PUBLISHED = json.loads(Path(__file__).with_name("pulumi_vcenter.json").read_text())
ENVELOPE = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
 <{0}Response xmlns="urn:vim25"><returnval type="Task">task-1</returnval></{0}Response>
</soapenv:Body></soapenv:Envelope>"""


class VCenter(HTTPServer):
    """Answers every call with a task and keeps what was asked."""

    asked: ElementTree.Element

    def text(self, path: str) -> str | None:
        """The text at a path of the last call's arguments."""
        return self.asked.findtext(path, namespaces={"": "urn:vim25"})

    def extra(self, path: str) -> dict[str | None, str | None]:
        names = {"": "urn:vim25"}
        options = self.asked.findall(f"{path}/extraConfig", names)
        return {each.findtext("key", None, names): each.findtext("value", None, names) for each in options}


class Call(BaseHTTPRequestHandler):
    server: VCenter

    def do_POST(self) -> None:
        envelope = ElementTree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = envelope[-1][0]
        answer = ENVELOPE.format(self.server.asked.tag.partition("}")[2]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def vcenter() -> Iterator[VCenter]:
    with VCenter(("127.0.0.1", 0), Call) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def stub(vcenter: VCenter) -> SoapAdapter.SoapStubAdapter:
    return SoapAdapter.SoapStubAdapter(host="127.0.0.1", port=-vcenter.server_port)  # negative: no TLS


def connected(placement: Placement) -> Placement:
    return msgspec.structs.replace(placement, arguments_of=sdk_arguments)


def test_a_clone_is_sent_with_its_place_and_mark(vcenter: VCenter, stub: Any) -> None:
    template, folder = vim.VirtualMachine("vm-1", stub), vim.Folder("group-v3", stub)
    task = vcenter_examples.clone(template, folder, connected(vcenter_examples.PLACED))
    assert task == vim.Task("task-1")
    assert vcenter.text("spec/location/host") == "host-12"
    assert vcenter.text("spec/location/datastore") == "datastore-7"
    assert vcenter.text("spec/location/pool") == "resgroup-1"
    assert vcenter.text("spec/config/numCPUs") == "4"
    assert vcenter.extra("spec/config") == vcenter_examples.MARK


def test_a_new_machine_is_sent_with_its_place_and_mark(vcenter: VCenter, stub: Any) -> None:
    task = vcenter_examples.create(vim.Folder("group-v3", stub), connected(vcenter_examples.PLACED))
    assert task == vim.Task("task-1")
    assert vcenter.text("host") == "host-12"
    assert vcenter.text("pool") == "resgroup-1"
    assert vcenter.text("config/files/vmPathName") == "[fast]"
    assert vcenter.text("config/numCPUs") == "4"
    assert vcenter.extra("config") == vcenter_examples.MARK


WRONG: list[Callable[[], object]] = [
    lambda: vim.vm.RelocateSpec(host="host-12"),
    lambda: vim.vm.RelocateSpec(host=vim.Datastore("datastore-7")),
    lambda: vim.vm.RelocateSpec(hosts=None),
    lambda: vim.vm.CloneSpec(location=vim.vm.ConfigSpec()),
    lambda: vim.vm.ConfigSpec(extraConfig=vcenter_examples.MARK),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_pyvmomi_would_refuse_a_wrong_type_or_name(wrong: Callable[[], object]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        wrong()


def test_every_argument_set_for_pulumi_is_in_its_published_package() -> None:
    assert (PUBLISHED["package"], PUBLISHED["class"]) == ("pulumi-vsphere", "VirtualMachine")
    assert {*cloud.keys["pulumi"], "datastore_cluster_id"} <= set(PUBLISHED["arguments"])
