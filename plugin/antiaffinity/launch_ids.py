"""The ids that launches give: each is checked before anything is done with the machine that it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from antiaffinity.backend import Backend
from antiaffinity.decode import show
from antiaffinity.errors import AntiaffinityError, InvalidRequest, NotBegun, SpentToken
from antiaffinity.model import Observed, Placement

HOW = "return the machine's id (a --launch command: print the machine's id as the last line)"

MOST_SPENT = 40
"""Tokens of one member and place that are tried in a row: AWS keeps one for a day, and shows for an hour that
its machine has ended, so that some two dozen may be spent."""


class LaunchIds:
    """What the launches of one run gave, and for whom.

    All are added to ``ours``; ``gone`` are those whose machines were discarded.
    """

    def __init__(self, launch: Callable[[Placement], object], ours: set[str], gone: Collection[str]) -> None:
        self._launch, self._ours, self._gone = launch, ours, gone
        self._given: dict[tuple[str, str], str] = {}
        self._last: dict[str, str] = {}

    def launch(self, placement: Placement) -> object:
        """What the user's launch gave, or the exception that it raised."""
        self._last.pop(placement.member, None)
        try:
            given = self._launch(placement)
        except Exception as error:
            return error
        if isinstance(given, str):
            self._last[placement.member] = given
        return given

    def last(self, placement: Placement) -> str | None:
        """The id that the member's latest launch gave, or None where it gave none."""
        return self._last.get(placement.member)

    def checked(
        self, backend: Backend, placement: Placement, given: object, machines: Sequence[Observed]
    ) -> str:
        """The id that a launch gave; ``machines`` are those that were there before it.

        Raises InvalidRequest, its path "launch", where it is no id, or that of another member.
        """
        fits = is_name if backend.cloud.reported else is_word  # a pool takes names of machines, too
        if not isinstance(given, str) or not fits(given):
            raise no_id(placement, given)
        at = placement.cloud, given
        there = {(seen.cloud, seen.instance): seen.member for seen in machines if seen.member}
        owner = there.get(at) or (None if given in self._gone else self._given.get(at))
        if owner not in (None, placement.member):
            raise _anothers(placement, given, str(owner))
        return given

    def settled(
        self, backend: Backend, placement: Placement, given: object, machines: Sequence[Observed]
    ) -> Observed:
        """What became of a launch, once what it gave is checked.

        One whose token is spent is asked for again with the next: every run tries the same ones in the same
        order, so that two at once, and one after a lost answer, come to the same machine.
        """
        for attempt in range(1, MOST_SPENT + 1):
            try:
                return self._settled(backend, placement, given, machines)
            except SpentToken as error:
                spent = error
            given = self.launch(replace(placement, attempt=attempt))
        raise _all_spent(placement, spent) from spent

    def _settled(
        self, backend: Backend, placement: Placement, given: object, machines: Sequence[Observed]
    ) -> Observed:
        if isinstance(given, NotBegun):
            raise given
        if isinstance(given, Exception):
            return backend.settle(placement, given)
        id_ = self.checked(backend, placement, given, machines)
        is_new = self._is_new(placement, id_)
        self._ours.add(id_)
        try:
            return backend.settle(placement, id_)
        except AntiaffinityError as error:
            if is_new or error.remains or error.path:
                raise
            raise _told_again(placement, id_, error) from error

    def _is_new(self, placement: Placement, id_: str) -> bool:
        """Whether this run is given it for the first time; from now on it is this member's."""
        at = placement.cloud, id_
        before = at in self._given and id_ not in self._gone
        self._given[at] = placement.member
        return not before


def _told_again(placement: Placement, id_: str, error: AntiaffinityError) -> InvalidRequest:
    said = f"launch gave {show(id_)} for {placement.member} twice, and no machine has it ({error.message})"
    return InvalidRequest(f"{said}: {HOW}", path="launch")


def _all_spent(placement: Placement, spent: SpentToken) -> InvalidRequest:
    return InvalidRequest(
        f"{MOST_SPENT} launches of {placement.member} in a row had a token of a machine that has ended "
        f"({spent.message}): let launch take arguments() of the placement that it is given, each time anew",
        path="launch",
    )


def no_id(placement: Placement, given: object) -> InvalidRequest:
    return InvalidRequest(f"launch gave {_shown(given)} for {placement.member}: {HOW}", path="launch")


def _shown(given: object) -> str:
    return show(given) if given is None or isinstance(given, str) else f"a {type(given).__name__}"


def is_word(text: str) -> bool:
    """Ids of clouds have neither blanks nor control characters."""
    return is_name(text) and " " not in text


def is_name(text: object) -> bool:
    """Names on one line that can be seen: the only blanks are single ones between words."""
    return isinstance(text, str) and bool(text) and text.isprintable() and " ".join(text.split()) == text


def _anothers(placement: Placement, id_: str, owner: str) -> InvalidRequest:
    return InvalidRequest(
        f"launch gave {show(id_)} for {placement.member}, which is the id of {owner}: {HOW}",
        path="launch",
        ways_out=[f"if {id_} is no machine's id: release {owner}, and bind its real machine"],
    )
