"""The Wire under boto3: it carries every request of a session, named by its action."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.loaders import Loader

from antiaffinity.testing.aws.nouns import ACCESS_KEY, SECRET_KEY
from antiaffinity.testing.transport import Answering, answered
from antiaffinity.testing.wire import Wire


class Session(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A boto3 session whose clients talk to one address, and do not repeat by themselves.

    ``made`` are clients that other sessions of this address have made already: a new one takes botocore a
    tenth of a second.
    """

    def __init__(
        self, url: str, region: str, wire: Wire | None, answering: Answering, made: dict[Any, Any]
    ) -> None:
        core = botocore.session.Session()
        core.register_component("data_loader", _models())
        super().__init__(ACCESS_KEY, SECRET_KEY, region_name=region, botocore_session=core)
        self._url, self._made = url, made
        self._carrier = _Carrier(wire, answering) if wire else None

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        """As boto3's own, for the fake."""
        once = Config(retries={"total_max_attempts": 1})
        given = kwargs.pop("config", None)
        url = kwargs.pop("endpoint_url", None) or self._url
        key = (service_name, args, repr(sorted(kwargs.items())), url, given and given.user_agent_extra)
        if key not in self._made:
            config = once.merge(given) if given else once
            told = {"verify": False, **kwargs, "endpoint_url": url, "config": config}
            self._made[key] = super().client(service_name, *args, **told)
        return _through(self._carrier, self._made[key]) if self._carrier else self._made[key]


def _through(carrier: _Carrier, client: Any) -> Any:
    """The same client, with another transport."""
    mine = object.__new__(type(client))  # copy() asks it for attributes before it has any
    mine.__dict__.update(client.__dict__)
    mine._endpoint = copy(client._endpoint)
    mine._endpoint._event_emitter = copy(client._endpoint._event_emitter)
    mine._endpoint._event_emitter.register("before-send", carrier)
    return mine


@cache
def _models() -> Loader:
    """Every session of botocore reads the models of services anew; here they share them, to be quick."""
    return Loader(include_default_search_paths=True)


class _Carrier:
    """Answers botocore's event "before-send", and so stands in for its transport.

    The wire ends in the fake of this process. A lost connection is botocore's own error, as from a real
    network; Killed passes through.
    """

    def __init__(self, wire: Wire, answering: Answering) -> None:
        self.wire, self.answering = wire, answering

    def __call__(self, request: Any, event_name: str, **_: object) -> Any:
        action = event_name.rpartition(".")[2]
        try:
            return self.wire.carry(action, lambda: self._answer(request))
        except ConnectionError as lost:
            raise ConnectionClosedError(endpoint_url=request.url, error=lost) from lost

    def _answer(self, request: Any) -> AWSResponse:
        headers = [(name, _text(value)) for name, value in request.headers.items()]
        told = answered(self.answering(), request.method, request.url, headers, request.body)
        return AWSResponse(request.url, told.status, told.headers, told)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
