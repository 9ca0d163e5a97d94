"""The body that Exoscale's SDK sends for a merge, against the OpenAPI document that the SDK brings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import exoscale_examples
import msgspec
import pytest
from exoscale.api.v2 import Client
from jsonschema import Draft4Validator, FormatChecker, ValidationError
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from antiaffinity.model import Placement
from antiaffinity_exoscale import cloud
from antiaffinity_exoscale.arguments import sdk_arguments

PUBLISHED = json.loads(Path(__file__).with_name("pulumi_exoscale.json").read_text())
EXAMPLES = pytest.mark.parametrize(
    ("placement", "own", "body"), exoscale_examples.EXAMPLES.values(), ids=list(exoscale_examples.EXAMPLES)
)


class Wire(BaseAdapter):
    """Stands where the network is: keeps the bodies sent and answers with an operation."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []

    def send(self, request: PreparedRequest, *args: Any, **settings: Any) -> Response:
        assert isinstance(request.body, bytes)
        self.bodies.append(json.loads(request.body))
        answer = Response()
        answer.request, answer.status_code = request, 200
        answer._content = b'{"id": "op-1", "state": "pending", "reference": {"id": "i-1"}}'
        return answer

    def close(self) -> None:
        """Nothing is open."""


def closed(schema: Any) -> Any:
    """The schema with every object closed: OpenAPI leaves them open, but a misspelling must fail."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner


@pytest.fixture(scope="module")
def create_instance() -> Draft4Validator:
    """The schema of create-instance's body; OpenAPI 3.0 is nearest to JSON Schema's draft 4."""
    document = json.loads((files("exoscale") / "openapi.json").read_text())
    body = document["paths"]["/instance"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = closed({**body, "components": {"schemas": document["components"]["schemas"]}})
    return Draft4Validator(schema, format_checker=FormatChecker())


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def client(wire: Wire) -> Any:
    client = Client("none", "none", zone="ch-gva-2")
    client.http_client.mount("https://", wire)
    return client


def connected(placement: Placement, merge: Any = sdk_arguments) -> Placement:
    return msgspec.structs.replace(placement, arguments_of=merge)


@EXAMPLES
def test_the_sdk_sends_the_groups_and_the_mark_in_a_valid_body(
    client: Any,
    wire: Wire,
    create_instance: Draft4Validator,
    placement: Placement,
    own: dict[str, Any],
    body: dict[str, Any],
) -> None:
    assert exoscale_examples.boot(client, connected(placement), own) == "i-1"
    (sent,) = wire.bodies
    create_instance.validate(sent)
    assert sent == body


@pytest.mark.parametrize(
    "wrong",
    [
        {"anti-affinity-group": [{"id": exoscale_examples.ONE}]},
        {"anti-affinity-groups": [exoscale_examples.ONE]},
        {"anti-affinity-groups": [{"id": "aa-db-1"}]},
        {"anti-affinity-groups": [{"name": "aa-db-1"}]},
        {"anti-affinity-groups": [{"id": exoscale_examples.ONE}, {"id": exoscale_examples.ONE}]},
        {"labels": {"antiaffinity-member": 0}},
    ],
)
def test_the_document_would_refuse_a_wrong_body(
    create_instance: Draft4Validator, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        create_instance.validate(deepcopy(exoscale_examples.BODY) | wrong)


def test_the_sdk_would_refuse_a_misspelt_argument(client: Any, wire: Wire) -> None:
    def misspelt(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
        return {**sdk_arguments(placement, own), "anti_affinity_group": []}

    with pytest.raises(TypeError, match="anti_affinity_group"):
        exoscale_examples.boot(
            client, connected(exoscale_examples.APART, misspelt), exoscale_examples.REQUIRED
        )
    assert wire.bodies == []


def test_every_argument_set_for_pulumi_is_in_its_published_package() -> None:
    assert (PUBLISHED["package"], PUBLISHED["class"]) == ("pulumiverse-exoscale", "ComputeInstance")
    assert set(cloud.keys["pulumi"]) <= set(PUBLISHED["arguments"])
