"""What EC2's refusals say of who asks and what was asked: rights, accounts, and arguments.

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. What stands before any
request is botocore's ``exceptions.py`` as the AWS CLI prints it, and the same of the SDK for Go.
"""

from __future__ import annotations

from antiaffinity.errors import InvalidRequest, NotAuthorized, Unavailable
from antiaffinity.meanings import Meaning, words

CHECK_KEYS = (
    "AWS refuses the credentials ({said}): check aws_access_key_id, aws_secret_access_key, "
    "aws_session_token or profile_name, and the clock"
)
NO_KEYS = (
    "no credentials for AWS ({said}): give aws_access_key_id and aws_secret_access_key, or profile_name, or "
    "set them in the environment; with single sign-on, run `aws sso login`"
)
NO_RIGHT = "the credentials lack the right to {right} ({said})"
ARGUMENT = "EC2 refuses {call} ({said}): change what it names"
UNREACHABLE = "AWS did not answer ({said}): check region_name and endpoint_url, or repeat"


def codes(*names: str) -> frozenset[str]:
    """Codes that are written one after the other."""
    return frozenset(" ".join(names).split())


RIGHTS = (
    Meaning(
        InvalidRequest,
        "the account may not use this image ({said}): have it shared, or name another one",
        codes("AuthFailure"),
        words("not authorized for images?"),
        path="ImageId",
    ),
    Meaning(
        NotAuthorized,
        CHECK_KEYS,
        codes(
            "AuthFailure InvalidClientTokenId SignatureDoesNotMatch UnrecognizedClientException ExpiredToken",
            "ExpiredTokenException RequestExpired InvalidSecurity.RequestHasExpired InvalidAccessKeyId",
            "MissingAuthenticationToken MissingAuthenticationTokenException IncompleteSignature",
            "InvalidIdentityToken InvalidSignatureException RequestTimeTooSkewed",
        ),
    ),
    Meaning(
        NotAuthorized,
        NO_RIGHT + "; `aws sts decode-authorization-message` tells what the encoded text says",
        codes("UnauthorizedOperation"),
        words("encoded authorization failure message"),
    ),
    Meaning(
        NotAuthorized,
        NO_RIGHT,
        codes(
            "UnauthorizedOperation AccessDenied AccessDeniedException AuthorizationError NotAuthorized",
            "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
        ),
    ),
    Meaning(
        NotAuthorized,
        "the account may not do this now ({said}): see to it in the console of AWS, or ask its support",
        codes("OptInRequired Blocked PendingVerification AccountDisabled RegionDisabledException"),
    ),
    Meaning(
        NotAuthorized,
        "EC2 ended {member} for a cause on our side ({said}): mostly the key of its volume may not be used; "
        "grant kms:CreateGrant and kms:Decrypt on it",
        codes("Client.InternalError CustomerKeyHasBeenRevoked"),
    ),
)


def _argument(path: str, *names: str) -> Meaning:
    """An argument of the user's that can never be right."""
    return Meaning(InvalidRequest, ARGUMENT, codes(*names), path=path)


ARGUMENTS = (
    Meaning(
        InvalidRequest,
        "there is no default subnet ({said}): name the subnets to use, by id or Name",
        codes("VPCIdNotSpecified MissingInput DefaultVpcDoesNotExist VPCResourceNotSpecified"),
        path="needs.networks",
    ),
    Meaning(
        InvalidRequest,
        "the subnet of {member} cannot be used ({said})",
        codes(
            "InvalidSubnet InvalidSubnetID.NotFound InvalidSubnetId.NotFound InvalidSubnetID.Malformed",
            "InvalidSubnetId.Malformed",
        ),
        path="needs.networks",
    ),
    Meaning(
        InvalidRequest,
        "the client token was used for another launch, or is none ({said}): leave it to the placement",
        codes("IdempotentParameterMismatch InvalidClientToken"),
        path="ClientToken",
    ),
    Meaning(
        InvalidRequest,
        "DryRun tries the right to launch, and launches nothing ({said}): leave it out",
        codes("DryRunOperation"),
        path="DryRun",
    ),
    Meaning(
        InvalidRequest,
        "{member} can never be on that Dedicated Host ({said}): name one of its family in its zone",
        codes(
            "UnsupportedInstanceTypeOnHost ZonesMismatched UnsupportedHostConfiguration",
            "InvalidHostConfiguration",
        ),
        path="Placement",
    ),
    Meaning(
        InvalidRequest,
        "image, type, tenancy and placement group do not go together ({said}): change one of them",
        codes(
            "Unsupported UnsupportedOperation UnsupportedTenancy InvalidTenancy UnsupportedException",
            "UnsupportedHibernationConfiguration EncryptedVolumesNotSupported NonEBSInstance",
            "BootForVolumeTypeUnsupported InvalidInstanceType InvalidInstanceAttributeValue",
        ),
        path="InstanceType",
    ),
    _argument("zone", "InvalidAvailabilityZone InvalidZone.NotFound"),
    _argument(
        "ImageId",
        "InvalidAMIID.Unavailable InvalidAMIID.NotFound InvalidAMIID.Malformed InvalidManifest",
        "InvalidProductInfo",
    ),
    _argument("KeyName", "InvalidKeyPair.NotFound InvalidKeyPair.Format"),
    _argument(
        "BlockDeviceMappings",
        "InvalidBlockDeviceMapping InvalidSnapshot.NotFound InvalidSnapshotID.Malformed UnknownVolumeType",
        "InvalidVolume.NotFound InvalidVolume.ZoneMismatch InvalidVolumeID.ZoneMismatch",
    ),
    _argument("UserData", "InvalidUserData.Malformed"),
    _argument(
        "SecurityGroupIds",
        "InvalidGroup.NotFound InvalidGroupId.Malformed InvalidSecurityGroupID.NotFound",
        "InvalidSecurityGroupId.Malformed",
    ),
    _argument(
        "NetworkInterfaces",
        "InvalidNetworkInterfaceID.NotFound InvalidNetworkInterfaceId.Malformed",
        "NetworkInterfaceNotFoundException",
    ),
    _argument("IamInstanceProfile", "InvalidIamInstanceProfileArn.Malformed"),
    _argument(
        "LaunchTemplate",
        "InvalidLaunchTemplateId.NotFound InvalidLaunchTemplateId.Malformed",
        "InvalidLaunchTemplateId.VersionNotFound InvalidLaunchTemplateName.NotFoundException",
        "InvalidLaunchTemplateName.MalformedException",
    ),
    _argument("TagSpecifications", "InvalidTagKey.Malformed TagPolicyViolation"),
    _argument("SpotPrice", "LimitPriceExceeded"),
    _argument(
        "",
        "InvalidParameter InvalidParameterValue InvalidParameterCombination InvalidInput InvalidRequest",
        "MissingParameter UnknownParameter InvalidCharacter InvalidQueryParameter MalformedQueryString",
        "ValidationError FilterLimitExceeded InvalidFilter InvalidAction MissingAction InvalidID",
        "OperationNotPermitted",
    ),
)
"""What no place and no time makes right."""

BEFORE = (
    Meaning(
        NotAuthorized,
        NO_KEYS,
        words=words(
            "unable to locate credentials|partial credentials found|no valid credential sources|"
            "failed to refresh cached credentials|error when retrieving (token|credentials)|"
            "(sso session|token) .{0,60}has expired|error loading sso token|"
            "session is expired or invalid|NoCredentialProviders"
        ),
    ),
    Meaning(
        InvalidRequest,
        "no such profile ({said})",
        words=words(r"the config profile \(.*\) could not be found|failed to get shared config profile"),
        path="profile_name",
    ),
    Meaning(
        InvalidRequest,
        "nothing says which region ({said}): give region_name, or set AWS_DEFAULT_REGION",
        words=words("you must specify a region|invalid configuration: missing region|MissingRegion"),
        path="region_name",
    ),
    Meaning(InvalidRequest, ARGUMENT, words=words("parameter validation failed:")),
    Meaning(
        Unavailable,
        UNREACHABLE,
        words=words(
            "could not connect to the endpoint url|(connect|read) timeout on endpoint url|"
            "connection was closed before we received a valid response"
        ),
    ),
    Meaning(NotAuthorized, NO_RIGHT, words=words("you are not authorized to perform this operation")),
    Meaning(NotAuthorized, CHECK_KEYS, words=words("not able to validate the provided access credentials")),
)
"""What tools say in words alone, of what comes before the launch."""
