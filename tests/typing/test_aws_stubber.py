"""botocore's own model of RunInstances takes what the merge makes, and Pulumi's package its names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_examples
import boto3
import msgspec
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from antiaffinity.model import Placement
from antiaffinity_aws import cloud
from antiaffinity_aws.arguments import sdk_arguments

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

PUBLISHED = json.loads(Path(__file__).with_name("pulumi_aws.json").read_text())
ANSWER = {"Instances": [{"InstanceId": "i-1"}]}
EXAMPLES = pytest.mark.parametrize(
    ("placement", "own", "merged"), aws_examples.EXAMPLES.values(), ids=list(aws_examples.EXAMPLES)
)


@pytest.fixture(scope="module")
def ec2() -> Any:
    """A real client that never gets to a network."""
    return boto3.client(
        "ec2", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
    )


@pytest.fixture
def stub(ec2: Any) -> Iterator[Stubber]:
    with Stubber(ec2) as stub:
        yield stub


def connected(placement: Placement, merge: Any = sdk_arguments) -> Placement:
    return msgspec.structs.replace(placement, arguments_of=merge)


@EXAMPLES
def test_the_merge_makes_what_mypy_checked(
    placement: Placement, own: Mapping[str, Any], merged: Mapping[str, Any]
) -> None:
    assert sdk_arguments(placement, own) == merged


@EXAMPLES
def test_botocore_takes_the_merged_arguments(
    ec2: EC2Client, stub: Stubber, placement: Placement, own: Any, merged: dict[str, Any]
) -> None:
    stub.add_response("run_instances", ANSWER, expected_params=merged)
    assert aws_examples.boot(ec2, connected(placement), own) == "i-1"
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    "wrong",
    [
        {"Subnet": "subnet-a"},
        {"Placement": {"Group": "aa-db-1"}},
        {"Placement": {"PartitionNumber": "2"}},
        {"NetworkInterfaces": [{"DeviceIndex": 0, "Subnet": "subnet-a"}]},
        {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"key": "Name"}]}]},
    ],
)
def test_botocore_would_refuse_a_misspelt_argument(
    ec2: EC2Client, stub: Stubber, wrong: dict[str, Any]
) -> None:
    def misspelt(placement: Placement, own: Mapping[str, Any]) -> dict[str, Any]:
        return sdk_arguments(placement, own) | wrong

    stub.add_response("run_instances", ANSWER)
    with pytest.raises(ParamValidationError):
        aws_examples.boot(ec2, connected(aws_examples.SPREAD, misspelt), aws_examples.SPREAD_OWN)


def test_every_argument_set_for_pulumi_is_in_its_published_package() -> None:
    assert (PUBLISHED["package"], PUBLISHED["class"]) == ("pulumi-aws", "Instance")
    assert set(cloud.keys["pulumi"]) <= set(PUBLISHED["arguments"])
