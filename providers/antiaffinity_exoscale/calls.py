"""Asking Exoscale: a client for each zone, timeouts, repeated reads, and operations followed to their end.

The SDK passes no timeout and repeats nothing; its ``wait`` gives up at the first 429 and drops the message
of an operation that failed. So operations are followed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Any, TypeVar
from uuid import UUID

from exoscale.api.exceptions import ExoscaleAPIException
from requests import PreparedRequest, Session

from antiaffinity import clock, odd_answers, retry
from antiaffinity.errors import Busy, Conflict, InvalidRequest, Unavailable
from antiaffinity.retry import USUAL
from antiaffinity_exoscale.faults import answered, of_operation
from antiaffinity_exoscale.tools import status_of

T = TypeVar("T")

Shown = dict[str, Any]
"""What Exoscale answers, in its own words."""

TIMEOUT = (10.0, 60.0)
"""Seconds for the connection, and for the answer."""

RETRIES = (0.5, 2.0)
"""Seconds before a read that failed is repeated; what changes something is for its verb to begin anew."""

PATIENCE = 600.0
"""Seconds for an operation to end; of a launch, where ``build_timeout`` does not say."""

POLL = 0.5


class _Patient:
    """The session of a client, with the timeout that the SDK never passes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def request(self, **asked: Any) -> Any:
        return self._session.request(timeout=TIMEOUT, **asked)


class Api:
    """One organization, through a client of any of its zones; ``wanted`` are the zones to use, all if empty.

    Every zone is asked through the user's own session: a signature holds for all of them.
    """

    def __init__(
        self, client: Any, wanted: Sequence[str] = (), path: str = "zones", patience: float = USUAL
    ) -> None:
        self.retry_timeout = patience
        self._session: Session = client.http_client
        self._client = copy(client)
        self._client.http_client = _Patient(self._session)
        self._wanted, self._path = tuple(wanted), path
        self._endpoints: dict[str, str] = {}

    @property
    def zones(self) -> list[str]:
        """The zones in use; asked for once, for they come and go with buildings."""
        if not self._endpoints:
            self._endpoints = self._chosen(self._repeated(self._all_zones))
        return list(self._endpoints)

    @property
    def is_told_zones(self) -> bool:
        """Whether the settings say which zones to use."""
        return bool(self._wanted)

    def _all_zones(self) -> dict[str, str]:
        """As the SDK's ``list_zones``, without credentials, but with its session and our timeout."""
        with answered("list-zones"):
            response = self._session.get(
                f"{self._client.endpoint}/zone", auth=_without_credentials, timeout=TIMEOUT
            )
            if not response.ok:
                raise ExoscaleAPIException(f"{response.status_code}: {response.text}", response)
            return {zone["name"]: zone["api-endpoint"] for zone in _told(response.json())["zones"]}

    def _chosen(self, known: Mapping[str, str]) -> dict[str, str]:
        for zone in self._wanted:
            if zone not in known:
                near = get_close_matches(zone, known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise InvalidRequest(
                    f"Exoscale has no zone {zone!r}: {hint}known: {', '.join(known)}", path=self._path
                )
        return {zone: known[zone] for zone in self._wanted or sorted(known)}

    def ask(self, operation: str, zone: str = "", **words: Any) -> Shown:
        """One request, in the zone's own endpoint where one is named; Exoscale's errors come out as ours."""
        client = self._client
        if zone:
            client = copy(client)
            client.endpoint = self._endpoint(zone)
        with answered(operation):
            return _told(getattr(client, operation.replace("-", "_"))(**words))

    def _endpoint(self, zone: str) -> str:
        if zone not in self.zones:
            raise InvalidRequest(
                f"zone {zone!r} is none of those in use: {', '.join(self.zones)}", path="zone"
            )
        return self._endpoints[zone]

    def read(self, operation: str, zone: str = "", **words: Any) -> Shown:
        """A request that changes nothing, and may be repeated."""
        return self._repeated(lambda: self.ask(operation, zone, **words))

    def _repeated(self, read: Callable[[], T]) -> T:
        """The answer of a read: a few times where it fails, and while Exoscale is busy."""
        for pause in RETRIES:
            try:
                return self._patiently(read)
            except Unavailable as error:
                if isinstance(error.__cause__, Busy):  # its patience has passed
                    raise
                clock.sleep(pause)
        return self._patiently(read)

    def _patiently(self, read: Callable[[], T]) -> T:
        return retry.repeated(read, self.retry_timeout, lambda error: isinstance(error, Busy))

    def find(self, operation: str, zone: str, id_: str) -> Shown | None:
        """One thing by its id; None where the zone has none of it."""
        if not is_uuid(id_):
            return None
        try:
            return self.read(operation, zone, id=id_)
        except Conflict as gone:
            if status_of(gone.__cause__) == 404:
                return None
            raise

    def change(self, operation: str, zone: str = "", **words: Any) -> str:
        """A request that changes something, followed to its end: the id of what it was about."""
        ended = self.ended(self.ask(operation, zone, **words), zone)
        if ended["state"] != "success":
            raise of_operation(ended, operation)
        return str(ended["reference"]["id"])

    def ended(self, operation: Shown, zone: str = "") -> Shown:
        """An operation at its end, in whichever state."""
        operation = self.followed(operation, zone, PATIENCE)
        if operation["state"] == "pending":
            raise Unavailable(
                f"Exoscale's operation {operation['id']} has not ended after {PATIENCE:.0f} s: repeat"
            )
        return operation

    def followed(self, operation: Shown, zone: str, patience: float) -> Shown:
        """An operation at its end; still pending where it takes longer than that."""
        started = clock.now()
        while operation["state"] == "pending" and clock.now() - started <= patience:
            clock.sleep(POLL)
            operation = self.read("get-operation", zone, id=operation["id"])
        return operation

    # What several verbs ask

    def instances(self) -> list[tuple[str, Shown]]:
        """Every instance with its zone; each zone knows only its own."""
        return [(zone, one) for zone in self.zones for one in self.read("list-instances", zone)["instances"]]

    def groups(self) -> list[Shown]:
        """Every anti-affinity group of the organization; all zones know the same."""
        found: list[Shown] = self.read("list-anti-affinity-groups")["anti-affinity-groups"]
        return found

    def members(self, group: str, zones: Sequence[str]) -> list[tuple[str, str]]:
        """The instances in a group, each with its zone: a zone shows only its own."""
        found = []
        for zone in zones:
            shown = self.find("get-anti-affinity-group", zone, group) or {}
            found += [(zone, str(one["id"])) for one in shown.get("instances", ())]
        return found


def _without_credentials(request: PreparedRequest) -> PreparedRequest:
    return request


def is_uuid(id_: str) -> bool:
    """Whether an id may stand in a path: the SDK does not quote it."""
    try:
        return str(UUID(id_)) == id_.lower()
    except ValueError:
        return False


def _told(answer: object) -> Shown:
    return odd_answers.Shown(answer, "Exoscale")
