"""How long a run waits for a machine whose place is not decided yet: that is the user's to say.

Bare metal, or an image that a host has never used, takes 10 to 45 minutes; a machine is not broken because
it is slow, so at the end of the wait nothing is discarded, and the next run waits for the same machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from antiaffinity.errors import InvalidRequest, Unavailable

SETTING = "build_timeout"
"""The setting of every cloud whose machines are waited for, in seconds."""


class StillBuilding(Unavailable):
    """A machine's place was not decided in time: it is left as it is, whoever launched it."""

    @property
    def kind(self) -> str:
        """As ``--json`` prints it: repeat, as with every Unavailable."""
        return Unavailable.__name__


def still_building(machine: str, seconds: float) -> StillBuilding:
    """The error at the end of a wait for a machine, named in the cloud's own words."""
    return StillBuilding(
        f"{machine} has no place yet after {seconds:.0f} s: it is left as it is, and the next run waits for "
        f"it again; where that is usual, set {SETTING} of its cloud to more seconds"
    )


def build_timeout(settings: Mapping[str, object], usual: float) -> tuple[float, dict[str, object]]:
    """The seconds to wait for a machine, and all other settings; InvalidRequest for what is no time."""
    rest = dict(settings)
    said = rest.pop(SETTING, None)
    return (usual if said is None else seconds_in(said, SETTING)), rest


def seconds_in(said: object, setting: str) -> float:
    """A positive number, also where it was written as text; InvalidRequest, its path the setting, if not."""
    try:
        seconds = float(said) if isinstance(said, int | float | str) and not isinstance(said, bool) else 0.0
    except ValueError:
        seconds = 0.0
    if isfinite(seconds) and seconds > 0:
        return seconds
    raise InvalidRequest(f"must be a number of seconds above 0, not {said!r}", path=setting)
