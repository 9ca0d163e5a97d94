"""EC2 as a whole: every action that moto has, ours in place of some, and who may ask."""

from __future__ import annotations

from functools import cache
from typing import Any

import moto
from moto.core import responses
from moto.core.responses import ActionResult, EmptyResult

from antiaffinity.testing.aws.groups import Groups
from antiaffinity.testing.aws.launches import Launches
from antiaffinity.testing.aws.lives import Lives
from antiaffinity.testing.aws.looks import Looks
from antiaffinity.testing.aws.nouns import ACCESS_KEY, Refused

MADE_FOR = "5.2.5"
"""The moto whose methods these classes override; it documents none of them."""

if moto.__version__ != MADE_FOR:
    raise ImportError(
        f"the fake AWS is made for moto {MADE_FOR}, and moto {moto.__version__} is installed: "
        f"pip install 'antiaffinity[testing]'"
    )

# It lists a class's methods anew for every request, which takes as long as all the rest of one.
responses.method_names_from_class = cache(responses.method_names_from_class)  # type: ignore[attr-defined]


class Ec2(Lives, Launches, Groups, Looks):
    """One request's handler."""

    def answer(self, request: Any) -> Any:
        """Status, headers and body."""
        self.state.seed()
        self.setup_class(request)
        try:
            return self.call_action()
        except NotImplementedError:
            action = self._get_action()
            refused = Refused("InvalidAction", f"The action {action} is not valid for this web service.")
            return self.serialized_error(refused)

    def serialized_error(self, refused: Refused) -> Any:
        return self.serialized(ActionResult(refused))

    def call_action(self) -> Any:
        """What is refused before anything is looked at."""
        try:
            self._admit()
        except Refused as refused:
            return self.serialized_error(refused)
        return super().call_action()

    def _admit(self) -> None:
        if self.get_access_key() != ACCESS_KEY:
            raise Refused("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        if self.settings.throttled > 0:
            self.settings.throttled -= 1
            raise Refused("RequestLimitExceeded", "Request limit exceeded.", 503)
        self.authorize(self._get_action())

    def create_tags(self) -> Any:
        """Of placement groups too, which moto has not."""
        return self._tagged(lambda tags, given: tags | given, super().create_tags)

    def delete_tags(self) -> Any:
        return self._tagged(
            lambda tags, given: {key: value for key, value in tags.items() if key not in given},
            super().delete_tags,
        )

    def _tagged(self, change: Any, theirs: Any) -> Any:
        ids = self.given("Resources") or []
        given = {tag["Key"]: tag.get("Value", "") for tag in self.given("Tags") or []}
        ours = [self.state.groups[id_] for id_ in ids if id_ in self.state.groups]
        for group in ours:
            group.tags = change(group.tags, given)
        if len(ours) < len(ids):
            self.params["Resources"] = [id_ for id_ in ids if id_ not in self.state.groups]
            answer = theirs()
        else:
            answer = EmptyResult()
        self.state.show()
        return answer
