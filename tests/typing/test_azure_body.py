"""The body that Azure's SDK sends for a merge, against the SDK's own types and models."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import azure_examples
import msgspec
import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.compute import ComputeManagementClient, types
from azure.mgmt.compute.models import VirtualMachine
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from antiaffinity.model import Placement
from antiaffinity_azure import cloud
from antiaffinity_azure.arguments import PULUMI, sdk_arguments

ANSWER = b'{"properties": {"provisioningState": "Succeeded"}}'
PUBLISHED = json.loads(Path(__file__).with_name("pulumi_azure.json").read_text())
EXAMPLES = pytest.mark.parametrize(
    ("placement", "body"), azure_examples.EXAMPLES.values(), ids=list(azure_examples.EXAMPLES)
)


class Wire(HTTPAdapter):
    """Stands where the network is: keeps the bodies sent and answers that the machine is there."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[Any] = []

    def send(self, request: PreparedRequest, *args: Any, **settings: Any) -> Response:
        assert isinstance(request.body, str | bytes)
        self.bodies.append(json.loads(request.body))
        content, headers = BytesIO(ANSWER), {"Content-Type": "application/json"}
        raw = HTTPResponse(content, headers, 200, preload_content=False)
        return self.build_response(request, raw)


class Credential:
    """A token that no network ever sees."""

    def get_token(self, *scopes: str, **settings: Any) -> AccessToken:
        return AccessToken("none", 2**40)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def compute(wire: Wire) -> ComputeManagementClient:
    session = Session()
    session.mount("https://", wire)
    return ComputeManagementClient(Credential(), "s", transport=RequestsTransport(session=session))


def connected(placement: Placement) -> Placement:
    return msgspec.structs.replace(placement, arguments_of=sdk_arguments)


@EXAMPLES
def test_the_merge_makes_what_mypy_checked(placement: Placement, body: Any) -> None:
    assert sdk_arguments(placement, azure_examples.OWN) == body


def test_the_checked_keys_are_those_of_the_sdks_own_type() -> None:
    whole = types.VirtualMachine.__annotations__
    assert azure_examples.Body.__annotations__.keys() <= whole.keys()


@EXAMPLES
@pytest.mark.parametrize("launch", [azure_examples.launch, azure_examples.launch_model])
def test_the_body_leaves_the_client_as_it_was_merged(
    compute: ComputeManagementClient, wire: Wire, launch: Any, placement: Placement, body: Any
) -> None:
    launch(compute, connected(placement)).result()
    assert wire.bodies == [body]


def test_the_sdks_model_finds_our_place_in_the_body() -> None:
    model = VirtualMachine(**sdk_arguments(azure_examples.IN_DOMAIN, azure_examples.OWN))
    assert model.properties
    assert model.properties.platform_fault_domain == 1
    assert model.properties.virtual_machine_scale_set
    assert model.properties.virtual_machine_scale_set.id == azure_examples.SCALE_SET
    assert VirtualMachine(**sdk_arguments(azure_examples.IN_ZONE, azure_examples.OWN)).zones == ["2"]


def test_every_argument_set_for_pulumi_is_in_its_published_package() -> None:
    assert (PUBLISHED["package"], PUBLISHED["class"]) == ("pulumi-azure-native", "VirtualMachine")
    assert set(cloud.keys["pulumi"]) <= set(PUBLISHED["arguments"])


def test_every_argument_compared_for_pulumi_is_in_its_published_package() -> None:
    assert {path[0] for path in PULUMI.values()} <= set(PUBLISHED["arguments"])
    assert PUBLISHED["dicts"]["SubResourceArgsDict"] == ["id"]
