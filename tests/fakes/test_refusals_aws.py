"""Each refusal of EC2's, in the print of each tool, is one error of ours, with the domain that refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

import antiaffinity as aa
from antiaffinity.errors import Busy
from antiaffinity_aws import faults

HERE = {"region": "us-east-1", "zone": "us-east-1b", "host": "h-1"}
ZONE = {"region": "us-east-1", "zone": "us-east-1b"}
PLACEMENT = aa.Placement("db-0", dict(HERE))  # type: ignore[arg-type]

Example = tuple[str, str]
"""A code and its words."""

NO_ROOM_HERE: list[Example] = [
    (
        "InsufficientInstanceCapacity",
        "We currently do not have sufficient m5.large capacity in the Availability Zone you requested "
        "(us-east-1b). Our system will be working on provisioning additional capacity. You can currently get "
        "m5.large capacity by not specifying an Availability Zone in your request or choosing us-east-1a.",
    ),
    ("InsufficientCapacity", "There is not enough capacity to fulfill your request."),
    ("InsufficientCapacityOnHost", "There is not enough capacity on the Dedicated Host to launch it."),
    ("InvalidHostState", "The Dedicated Host must be in the available state to complete the operation."),
    ("IncompatibleHostRequirements", "There are no available or compatible Dedicated Hosts."),
    ("UnavailableHostRequirements", "There are no valid Dedicated Hosts on which you can launch it."),
]

NO_ROOM_IN_ZONE: list[Example] = [
    ("InsufficientHostCapacity", "There is not enough capacity to fulfill your Dedicated Host request."),
    ("UnfulfillableCapacity", "Unable to fulfill capacity due to your request configuration."),
    (
        "SpotMaxPriceTooLow",
        "Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price "
        "of 0.0413.",
    ),
    ("ReservationCapacityExceeded", "The targeted Capacity Reservation has no available capacity."),
    ("InsufficientReservedInstanceCapacity", "Not enough available Reserved Instances."),
    ("InsufficientReservedInstancesCapacity", "There is insufficient capacity for the Reserved Instances."),
    ("MaxScheduledInstanceCapacityExceeded", "You've attempted to launch more than you purchased."),
    ("InsufficientVolumeCapacity", "There is not enough capacity to fulfill your EBS volume request."),
    ("VolumeTypeNotAvailableInZone", "The volume type 'io2' is not available in zone us-east-1b."),
    ("InsufficientAddressCapacity", "Not enough available addresses to satisfy your minimum request."),
    ("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet 'subnet-0a'."),
    (
        "Unsupported",
        "Your requested instance type (m5.large) is not supported in your requested Availability Zone "
        "(us-east-1b). Please retry your request by not specifying an Availability Zone or choosing "
        "us-east-1a, us-east-1c.",
    ),
    ("InvalidInput", "No default subnet for availability zone: ''us-east-1b''."),
    ("MissingInput", "No default subnet for availability zone: 'us-east-1b'."),
    (
        "InvalidParameterValue",
        "Value (us-east-1b) for parameter availabilityZone is invalid. Subnet 'subnet-0a' is in the "
        "availability zone us-east-1a",
    ),
    ("InsufficientGpuCapacity", "a code of next year"),
]

LIMITS: list[Example] = [
    (
        "VcpuLimitExceeded",
        "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance "
        "bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
    ),
    ("InstanceLimitExceeded", "You have requested more instances (3) than your current instance limit of 2"),
    ("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded"),
    ("VolumeLimitExceeded", "Maximum number of active volumes, 20, exceeded."),
    ("NetworkInterfaceLimitExceeded", "You have reached the limit of 350 network interfaces."),
    ("HostLimitExceeded", "Your account has reached the limit of its Dedicated Hosts."),
    ("PlacementGroupLimitExceeded", "The maximum number of placement groups has been reached."),
    ("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."),
    ("ResourceCountExceeded", "You have exceeded the number of resources allowed for this request."),
    ("RequestResourceCountExceeded", "Details in your request exceed the numbers allowed."),
    ("InvalidInterface.IpAddressLimitExceeded", "too many private addresses for the type"),
    ("AddressLimitExceeded", "The maximum number of addresses has been reached."),
    ("MaxIOPSLimitExceeded", "You've reached the limit on your IOPS usage."),
    ("ServiceQuotaExceededException", "a quota"),
    ("SomethingNewLimitExceeded", "a code of next year"),
]

BUSY: list[Example] = [
    ("RequestLimitExceeded", "Request limit exceeded."),
    ("Throttling", "Rate exceeded"),
    ("ThrottlingException", "Rate exceeded"),
    ("ThrottledException", "Rate exceeded"),
    ("EC2ThrottledException", "Request limit exceeded."),
    ("BandwidthLimitExceeded", "slow down"),
    ("RequestThrottled", "slow down"),
    ("RequestThrottledException", "slow down"),
    ("TooManyRequestsException", "Too many requests"),
    ("SlowDown", "Please reduce your request rate."),
    ("PriorRequestNotComplete", "wait"),
    ("SnapshotCreationPerVolumeRateExceeded", "Wait at least 15 seconds."),
    ("UpdateLimitExceeded", "once in a rolling 5-minute period"),
    ("ServiceUnavailable", "Service is unavailable"),
    ("Unavailable", "The service is unavailable. Please try again shortly."),
]

LATER: list[Example] = [
    ("RequestTimeout", "Your socket connection was not read from within the timeout period."),
    ("InternalError", "An internal error has occurred"),
    ("InternalFailure", "The request processing has failed because of an unknown error."),
    ("ClientTokenInUse", "a request with this token is at work"),
]

RACES: list[Example] = [
    ("InvalidPlacementGroup.Unknown", "The Placement Group 'aa-1' is unknown."),
    ("InvalidPlacementGroup.Duplicate", "The placement group 'aa-1' already exists."),
    ("InvalidHostID.NotFound", "The Dedicated Host 'h-1' does not exist"),
    ("InvalidHostId.NotFound", "The Dedicated Host 'h-1' does not exist"),
    (
        "IdempotentInstanceTerminated",
        "The client token you have provided is associated with a terminated instance. Please use a different "
        "client token.",
    ),
    ("ConcurrentTagAccess", "You can't run simultaneous commands to modify a tag for a resource."),
    ("InvalidInstanceID.NotFound", "The instance ID 'i-0c31' does not exist"),
    ("IncorrectInstanceState", "The instance 'i-0c31' is not in the 'stopped' state."),
    ("InvalidInstanceState", "The instance must be in the stopped state."),
    ("InvalidNetworkInterface.InUse", "Interface: [eni-0a] in use."),
]

OCCUPIED: list[Example] = [
    ("InvalidPlacementGroup.InUse", "The placement group 'aa-1' is in use and may not be deleted."),
]

CREDENTIALS: list[Example] = [
    ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    ("InvalidClientTokenId", "The security token included in the request is invalid."),
    ("SignatureDoesNotMatch", "The request signature we calculated does not match."),
    ("UnrecognizedClientException", "The security token included in the request is invalid."),
    ("ExpiredToken", "The security token included in the request is expired"),
    ("ExpiredTokenException", "The security token included in the request is expired"),
    ("RequestExpired", "Request has expired."),
    ("InvalidSecurity.RequestHasExpired", "The difference is greater than 5 minutes."),
    ("IncompleteSignature", "The request signature does not conform to AWS standards."),
    ("InvalidIdentityToken", "The ID token provided is not a valid JWT."),
    ("MissingAuthenticationToken", "Request is missing Authentication Token"),
    ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
]

RIGHTS: list[Example] = [
    (
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to "
        "perform: iam:PassRole on resource: arn:aws:iam::1:role/r because no identity-based policy allows it",
    ),
    (
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. Encoded authorization failure message: wHjZ3",
    ),
    ("AccessDenied", "User is not authorized to perform: sts:AssumeRole on resource: r"),
    ("AccessDeniedException", "User is not authorized to perform: kms:CreateGrant on resource: k"),
    ("OptInRequired", "You are not subscribed to this service."),
    ("Blocked", "This account is currently blocked and not recognized as a valid account."),
    (
        "PendingVerification",
        "Your request for accessing resources in this region is being validated, and you will not be able to "
        "launch additional resources in this region until the validation is complete.",
    ),
    ("AccountDisabled", "The account is disabled."),
    ("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "The provided credentials lack the permission."),
    ("RegionDisabledException", "The region is not enabled."),
]

ARGUMENTS: list[tuple[str, str, str]] = [
    ("AuthFailure", "Not authorized for images: [ami-0a]", "ImageId"),
    ("UnsupportedInstanceTypeOnHost", "The instance type is not supported on the host.", "Placement"),
    ("ZonesMismatched", "The zone of the instance does not match that of the Dedicated Host.", "Placement"),
    ("Unsupported", "The requested configuration is currently not supported.", "InstanceType"),
    ("UnsupportedOperation", "The instance type does not support the boot mode.", "InstanceType"),
    ("UnsupportedTenancy", "The specified tenancy is unsupported.", "InstanceType"),
    (
        "InvalidPlacementGroup.InUse",
        "Placement group aa-1 is in use in another availability zone.",
        "Placement",
    ),
    ("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent", "ClientToken"),
    ("InvalidClientToken", "The specified client token is not valid.", "ClientToken"),
    ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "DryRun"),
    ("InvalidTagKey.Malformed", "Tag keys starting with 'aws:' are reserved", "TagSpecifications"),
    ("VPCIdNotSpecified", "No default VPC for this user.", "needs.networks"),
    ("DefaultVpcDoesNotExist", "There is no default VPC.", "needs.networks"),
    ("MissingInput", "An input parameter is missing.", "needs.networks"),
    ("VPCResourceNotSpecified", "The specified resource can be used only in a VPC.", "needs.networks"),
    ("InvalidSubnetID.NotFound", "The subnet ID 'subnet-0a' does not exist", "needs.networks"),
    ("InvalidAvailabilityZone", "The specified zone is not valid.", "zone"),
    ("InvalidZone.NotFound", "The zone 'us-east-1z' does not exist.", "zone"),
    ("InvalidAMIID.Unavailable", "The specified AMI has been deregistered.", "ImageId"),
    ("InvalidAMIID.NotFound", "The image id '[ami-0a]' does not exist", "ImageId"),
    ("InvalidAMIID.Malformed", 'Invalid id: "ami"', "ImageId"),
    ("InvalidKeyPair.NotFound", "The key pair 'ops' does not exist", "KeyName"),
    ("InvalidBlockDeviceMapping", "Volume of size 4GB is smaller than snapshot", "BlockDeviceMappings"),
    ("InvalidSnapshot.NotFound", "The snapshot 'snap-0a' does not exist.", "BlockDeviceMappings"),
    ("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.", "UserData"),
    ("InvalidGroup.NotFound", "The security group 'sg-0a' does not exist", "SecurityGroupIds"),
    ("InvalidLaunchTemplateId.NotFound", "The launch template does not exist.", "LaunchTemplate"),
    ("MissingParameter", "The request must contain the parameter ImageId", ""),
    ("FilterLimitExceeded", "The request uses too many filters.", ""),
    ("LimitPriceExceeded", "The cost is greater than the specified limit price.", "SpotPrice"),
    ("InvalidParameterValue", "Invalid value 'm99.large' for InstanceType.", ""),
    ("InvalidParameterCombination", "The parameter groupName cannot be used with subnet", ""),
    ("InvalidRequest", "The request received was invalid", ""),
    ("InvalidSomethingNew.NotFound", "a code of next year", ""),
]

MEANS: list[tuple[Example, type[aa.AntiaffinityError], dict[str, str], str]] = [
    *((example, aa.NoCapacity, HERE, "") for example in NO_ROOM_HERE),
    *((example, aa.NoCapacity, ZONE, "") for example in NO_ROOM_IN_ZONE),
    *((example, aa.LimitExceeded, {}, "") for example in LIMITS),
    *((example, aa.Unavailable, {}, "") for example in (*BUSY, *LATER)),
    *((example, aa.Conflict, {}, "") for example in RACES),
    *((example, aa.StillOccupied, {}, "") for example in OCCUPIED),
    *((example, aa.NotAuthorized, {}, "") for example in (*CREDENTIALS, *RIGHTS)),
    *(((code, words), aa.InvalidRequest, {}, path) for code, words, path in ARGUMENTS),
]


# As tools print it


def by_boto3(code: str, words: str) -> Exception:
    error: Exception = ClientError({"Error": {"Code": code, "Message": words}}, "RunInstances")
    return error


def by_boto3_in_text(code: str, words: str) -> Exception:
    told = {"RetryAttempts": 4, "MaxAttemptsReached": True}
    answer = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": told}
    return RuntimeError(str(ClientError(answer, "RunInstances")))


def by_a_command(text: str) -> Exception:
    """What ``--launch`` ran, and printed on stderr."""
    return subprocess.CalledProcessError(254, ["deploy"], stderr=text.encode())


def by_aws_cli(code: str, words: str) -> Exception:
    return by_a_command(f"\nAn error occurred ({code}) when calling the RunInstances operation: {words}\n")


def by_aws_cli_enhanced(code: str, words: str) -> Exception:
    said = f"An error occurred ({code}) when calling the RunInstances operation: {words}"
    return by_a_command(f"\naws: [ERROR]: {said}\n\nAdditional error details:\nType: User\n")


def by_aws_cli_json(code: str, words: str) -> Exception:
    return by_a_command(json.dumps({"Code": code, "Message": words}, indent=2))


def by_aws_cli_json_in_another_order(code: str, words: str) -> Exception:
    return by_a_command(json.dumps({"Message": words, "Type": "User", "Code": code}))


def by_aws_cli_yaml(code: str, words: str) -> Exception:
    return by_a_command(f"Code: {code}\nMessage: {words}\n")


def by_go_sdk_2(code: str, words: str) -> Exception:
    return RuntimeError(
        f"operation error EC2: RunInstances, exceeded maximum number of attempts, 3, https response error "
        f"StatusCode: 500, RequestID: 11-22, api error {code}: {words}"
    )


def by_go_sdk_1(code: str, words: str) -> Exception:
    return RuntimeError(f"{code}: {words}\n\tstatus code: 400, request id: e912-9")


def by_terraform_6(code: str, words: str) -> Exception:
    lines = f"""╷
│ \x1b[1mError: creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, RequestID: 11-22, api error {code}: {words}\x1b[0m
│ 
│   with aws_instance.a,
│   on main.tf line 1, in resource "aws_instance" "a":
│    1: resource "aws_instance" "a" {{
│ 
╵
"""  # noqa: E501, W291
    return by_a_command(lines)


def by_terraform_4(code: str, words: str) -> Exception:
    return by_a_command(
        f"╷\n│ Error: error creating EC2 Instance: {code}: {words}\n│ \tstatus code: 400, request id: e9\n"
        f"│ \n│   with aws_instance.a,\n│   on main.tf line 1\n╵\n"
    )


def by_terraform_2(code: str, words: str) -> Exception:
    return by_a_command(
        f"\nError: Error launching source instance: {code}: {words}\n\tstatus code: 400, request id: e912-9\n"
        f'\n  on main.tf line 1, in resource "aws_instance" "a":\n'
    )


def by_pulumi(code: str, words: str) -> Exception:
    return by_a_command(
        f"error: 1 error occurred:\n\t* creating urn:pulumi:d::p::aws:ec2/instance:Instance::a: 1 error "
        f"occurred:\n\t* creating EC2 Instance: operation error EC2: RunInstances, https response error "
        f"StatusCode: 500, RequestID: 1, api error {code}: {words}\n\n"
    )


def by_pulumi_5(code: str, words: str) -> Exception:
    return by_a_command(
        f"error: 1 error occurred:\n\t* creating EC2 Instance: {code}: {words}\n\tstatus code: 500, request "
        f"id: 1\n\n"
    )


def by_cloudformation(code: str, words: str) -> Exception:
    return RuntimeError(f"{words} (Service: AmazonEC2; Status Code: 500; Error Code: {code}; Request ID: 1)")


def by_cloudtrail(code: str, words: str) -> Exception:
    told = {"eventName": "RunInstances", "errorCode": f"Client.{code}", "errorMessage": words}
    return RuntimeError(json.dumps(told))


def by_the_query_api(code: str, words: str) -> Exception:
    return RuntimeError(f"<Errors><Error><Code>{code}</Code><Message>{words}</Message></Error></Errors>")


def by_a_reason_of_state(code: str, words: str) -> Exception:
    return RuntimeError(
        f"unexpected state 'terminated', wanted target 'running'. last error: Server.{code}: {words}"
    )


WRAPPINGS: list[Callable[[str, str], Exception]] = [
    by_boto3,
    by_boto3_in_text,
    by_aws_cli,
    by_aws_cli_enhanced,
    by_aws_cli_json,
    by_aws_cli_json_in_another_order,
    by_aws_cli_yaml,
    by_go_sdk_2,
    by_go_sdk_1,
    by_terraform_6,
    by_terraform_4,
    by_terraform_2,
    by_pulumi,
    by_pulumi_5,
    by_cloudformation,
    by_cloudtrail,
    by_the_query_api,
    by_a_reason_of_state,
]

OF_THE_SIDE = {("InternalError", "by_cloudtrail")}
"""Client.InternalError is another refusal than InternalError."""


@pytest.mark.parametrize("wrapped", WRAPPINGS, ids=lambda one: one.__name__)
def test_every_tool_prints_every_refusal_readably(wrapped: Callable[[str, str], Exception]) -> None:
    """One test for each tool, over all refusals: more than a thousand in all."""
    misread = {}
    for (code, words), kind, domain, path in MEANS:
        if (code, wrapped.__name__) not in OF_THE_SIDE:
            read = faults.of_launch(wrapped(code, words), PLACEMENT)
            told = (read.kind, read.domain, path and read.path) if read else None
            if told != (kind.__name__, domain, path):
                misread[code, words] = told
    assert misread == {}


@pytest.mark.parametrize("example", MEANS, ids=lambda one: f"{one[0][0]}-{one[0][1][:20]}")
def test_a_call_of_our_own_means_the_same_without_a_domain(
    example: tuple[Example, type[aa.AntiaffinityError], dict[str, str], str],
) -> None:
    (code, words), kind, _, _ = example
    answer = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    read = faults.of_ours(ClientError(answer, "CreatePlacementGroup"))
    assert (read.kind, read.domain) == (kind.__name__, {})
    assert code in read.message


REASONS = {
    "Server.InsufficientInstanceCapacity": aa.NoCapacity,
    "Server.SpotInstanceTermination": aa.NoCapacity,
    "Server.InternalError": aa.Unavailable,
    "Client.InternalError": aa.NotAuthorized,
    "Client.VolumeLimitExceeded": aa.LimitExceeded,
    "Client.InvalidSnapshot.NotFound": aa.InvalidRequest,
    "Client.UserInitiatedShutdown": None,
    "Client.InstanceInitiatedShutdown": None,
    "Client.InstanceTerminated": None,
}
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html."""


@pytest.mark.parametrize("code", REASONS)
def test_what_ended_an_instance_is_read_too(code: str) -> None:
    read = faults.of_end(code, "i-0c31 was ended", PLACEMENT)
    assert (read and type(read)) == REASONS[code]


WORDS_ALONE = {
    "New-EC2Instance : We currently do not have sufficient m5.large capacity in the Availability Zone you "
    "requested (us-east-1b).": aa.NoCapacity,
    "Your requested type (m5.large) is not supported in your requested\n Availability Zone": aa.NoCapacity,
    "New-EC2Instance : You have requested more vCPU capacity than your current vCPU limit": aa.LimitExceeded,
    "New-EC2Instance : Request limit exceeded.": Busy,
    "InsufficientInstanceCapacity: We currently do not have": aa.NoCapacity,
    "Error: InvalidAMIID.NotFound: no": aa.InvalidRequest,
    "Unable to locate credentials. You can configure credentials.": aa.NotAuthorized,
    "aws: [ERROR]: An error occurred (NoCredentials): Unable to locate credentials.": aa.NotAuthorized,
    "Error: No valid credential sources found": aa.NotAuthorized,
    "get credentials: failed to refresh cached credentials, no EC2 IMDS role found": aa.NotAuthorized,
    "The SSO session associated with this profile has expired or is otherwise invalid.": aa.NotAuthorized,
    "Error when retrieving token from sso: Token has expired and refresh failed": aa.NotAuthorized,
    "aws: [ERROR]: An error occurred (NoRegion): You must specify a region.": aa.InvalidRequest,
    "The config profile (prod) could not be found": aa.InvalidRequest,
    "Parameter validation failed:\nUnknown parameter in input: \"Typ\"": aa.InvalidRequest,
    'Could not connect to the endpoint URL: "https://ec2.us-east-1.amazonaws.com/"': aa.Unavailable,
    "You are not authorized to perform this operation.": aa.NotAuthorized,
}  # fmt: skip


@pytest.mark.parametrize("text", WORDS_ALONE)
def test_words_are_read_where_there_is_no_code(text: str) -> None:
    assert type(faults.of_launch(by_a_command(text), PLACEMENT)) is WORDS_ALONE[text]


@pytest.mark.parametrize("example", [*BUSY, ("ServiceUnavailable", "later")])
def test_what_aws_takes_later_is_told_from_what_failed(example: Example) -> None:
    assert type(faults.of_launch(by_boto3_in_text(*example[:2]), PLACEMENT)) is Busy


NOT_OF_AWS = (
    "409 Conflict",
    "500 Internal Server Error",
    "503 Service Unavailable",
    "ValidationError: 1 validation error for Server",
    "503: ServiceUnavailable: the kitchen is closed",
    "my-vault: AccessDenied: no such key for you",
    "InternalError: current transaction is aborted",
    "no space left on device: capacity is full",
    "the limit of my own script is reached",
)


@pytest.mark.parametrize("text", NOT_OF_AWS)
def test_what_aws_did_not_say_is_left_to_the_user(text: str) -> None:
    assert faults.of_launch(RuntimeError(text), PLACEMENT) is None


BEFORE: list[tuple[Exception, type[aa.AntiaffinityError], str]] = [
    (boto.NoCredentialsError(), aa.NotAuthorized, ""),
    (boto.PartialCredentialsError(provider="env", cred_var="x"), aa.NotAuthorized, ""),
    (boto.SSOTokenLoadError(error_msg="no token"), aa.NotAuthorized, ""),
    (boto.UnauthorizedSSOTokenError(), aa.NotAuthorized, ""),
    (boto.CredentialRetrievalError(provider="sso", error_msg="no"), aa.NotAuthorized, ""),
    (boto.TokenRetrievalError(provider="sso", error_msg="no"), aa.NotAuthorized, ""),
    (boto.ProfileNotFound(profile="prod"), aa.InvalidRequest, "profile_name"),
    (boto.NoRegionError(), aa.InvalidRequest, "region_name"),
    (
        boto.ParamValidationError(report='Unknown parameter in input: "Typ", must be one of: ImageId'),
        aa.InvalidRequest,
        "Typ",
    ),
    (
        boto.ParamValidationError(report="Invalid type for parameter Placement.HostId, value: 3"),
        aa.InvalidRequest,
        "Placement.HostId",
    ),
    (boto.EndpointConnectionError(endpoint_url="https://ec2"), aa.Unavailable, ""),
    (boto.ReadTimeoutError(endpoint_url="https://ec2"), aa.Unavailable, ""),
]


@pytest.mark.parametrize(("raised", "kind", "path"), BEFORE, ids=lambda one: type(one).__name__)
def test_what_boto3_says_before_any_request_is_read(
    raised: Exception, kind: type[aa.AntiaffinityError], path: str
) -> None:
    for read in (faults.of_launch(raised, PLACEMENT), faults.of_ours(raised)):
        assert (type(read), read and read.path) == (kind, path)


def test_the_right_is_that_of_the_message() -> None:
    named, encoded = (faults.of_launch(by_terraform_6(*example), PLACEMENT) for example in RIGHTS[:2])
    assert "iam:PassRole" in str(named)
    assert "ec2:RunInstances" in str(encoded)
    assert "decode-authorization-message" in str(encoded)


def test_a_message_is_one_line_without_what_the_tool_adds() -> None:
    for wrapped in WRAPPINGS:
        text = str(faults.of_launch(wrapped("VcpuLimitExceeded", "too many"), PLACEMENT))
        assert "VcpuLimitExceeded: too many)" in text.replace("Client.", "").replace("Server.", "")
