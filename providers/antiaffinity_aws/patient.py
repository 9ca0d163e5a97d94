"""A client of a service for us alone: a read that AWS throttles for longer than botocore waits is repeated.

botocore repeats by itself, four times within some seconds unless the user's configuration says otherwise
(https://docs.aws.amazon.com/boto3/latest/guide/retries.html), on a clock of its own. The user's own clients
stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from antiaffinity import retry
from antiaffinity.errors import Busy
from antiaffinity.odd_answers import Shown
from antiaffinity_aws import refusals
from antiaffinity_aws.printed_errors import said


def patient(client: Any, patience: float) -> Any:
    """The same client, with so many seconds of patience for each Describe.

    What changes something is for its verb to begin anew, from a look on.
    """
    mine = object.__new__(type(client))  # copy() asks it for attributes before it has any
    mine.__dict__.update(client.__dict__)

    def asked(operation: str, parameters: Mapping[str, Any]) -> Any:
        shown = retry.repeated(
            lambda: client._make_api_call(operation, parameters),
            patience,
            lambda error: operation.startswith("Describe") and is_later(error),
        )
        return Shown(shown, "AWS")

    mine._make_api_call = asked
    return mine


def is_later(error: BaseException) -> bool:
    """Whether AWS takes the same request, but not now."""
    row = refusals.meaning_of(said(error)) if isinstance(error, ClientError) else None
    return row is not None and row.error is Busy
