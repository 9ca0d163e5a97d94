"""One request to EC2: moto's own handling of it, with our state and the caller's rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from antiaffinity.testing.aws.nouns import Refused, Settings
from antiaffinity.testing.aws.state import State

PENDING = "RunInstances.Reservation.Instances.Instance.State"
"""Where moto says "pending" whatever the state is; a repeated client token may meet any."""


class Ec2Request(EC2Response):
    """A subclass, so that moto itself stays as it is for whoever uses it beside this."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012 (moto's own name and type)
        path: change
        for path, change in EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
        if path != PENDING
    }

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    @property
    def settings(self) -> Settings:
        return self.state.settings

    def given(self, name: str) -> Any:
        """A parameter of the request; dotted names lead inwards."""
        return self._get_param(name)

    def filters(self) -> Mapping[str, Sequence[str]]:
        return self._filters_from_querystring()

    def authorize(self, *actions: str) -> None:
        """Refuse the caller who has not the right to do this too."""
        for action in actions:
            if self.settings.allowed is not None and f"ec2:{action}" not in self.settings.allowed:
                raise Refused(
                    "UnauthorizedOperation",
                    f"You are not authorized to perform this operation. User: "
                    f"arn:aws:iam::{self.state.account}:user/fake is not authorized to perform: ec2:{action} "
                    f"because no identity-based policy allows the ec2:{action} action",
                    403,
                )

    def serialized(self, action_result: ActionResult) -> Any:
        """moto answers every error with 400."""
        status, headers, body = super().serialized(action_result)
        if isinstance(action_result.result, Refused):
            status = action_result.result.status
        return status, headers, body
